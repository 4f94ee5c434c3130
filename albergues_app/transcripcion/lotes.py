"""Batches of scanned sheets: taking them in, sealing them, opening one, and how far each is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from albergues_app.accounts.doors import get_visible_or_404
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.audit.listener import record_opening
from albergues_app.audit.sealing import seal_for
from albergues_app.capturas.places import Lugar, place_of
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing, Keyring, SealKey
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato
from albergues_app.interchange.errors import DAMAGED, TOO_HEAVY, ArchivoIlegible
from albergues_app.interchange.sandbox import run_limited
from albergues_app.ocupacion import dissociation
from albergues_app.transcripcion.models import (
    CampoDistinto,
    HojaEscaneada,
    LoteTranscripcion,
    RenglonTranscrito,
    SegundaTranscripcion,
)

_READER = "albergues_app.transcripcion.paginas:read_pages"
_CONTEXT = "hoja_escaneada.contenido"
PER_LIST = 200

HEAVY = (
    "Pide demasiada memoria o tiempo para leerse. Escanee la hoja a 200 puntos por pulgada, o tome la fotografía con "
    "menos resolución."
)
BROKEN = "Está dañado y no se pudo leer. Tome la fotografía o escanee la hoja otra vez."


@dataclass(frozen=True)
class Pagina:
    """A page read and drawn anew, not kept yet."""

    jpeg: bytes
    ancho_px: int
    alto_px: int
    huella_archivo: str
    pagina: int


def read_file(name: str, content: bytes) -> list[Pagina]:
    """The pages of one file, each read in a limited child.

    :raises Invalid: it cannot be read, or has too many pages; the sentence names the file.
    """
    huella = hashlib.sha256(content).hexdigest()
    most = int(current_app.config["TRANSCRIPCION_HOJAS"])
    found: list[Pagina] = []
    total = 1
    while len(found) < total:
        try:
            read = run_limited(_READER, content, len(found))
        except ArchivoIlegible as refused:
            sentence = {TOO_HEAVY: HEAVY, DAMAGED: BROKEN}.get(refused.mensaje, refused.mensaje)
            raise _refused("hoja_ilegible", f"«{clean(name)[:80]}»: {sentence}") from refused
        total = int(read["total"])
        if total > most:
            raise _refused(
                "demasiadas_hojas",
                f"«{clean(name)[:80]}» tiene {total} páginas; se toman {most} por envío. Divídalo.",
            )
        for page in read["paginas"]:
            jpeg = base64.b64decode(page["jpeg"])
            found.append(Pagina(jpeg, int(page["ancho"]), int(page["alto"]), huella, len(found) + 1))
        if not read["paginas"]:
            break
    return found


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, "hojas")])


def create_lote(lote_id: UUID, formato: Formato, lugar: Lugar, nombre: str) -> LoteTranscripcion:
    """A new batch without pages (flushes with the caller's unit of work)."""
    actor, moment = current_actor(), clock.now()
    row = LoteTranscripcion(
        id=lote_id,
        nombre=clean(nombre)[:120] or f"{formato.title}, {moment.astimezone(clock.LOCAL):%d/%m/%Y %H:%M}",
        formato=formato.code,
        edicion=formato.version,
        area=formato.area.value,
        emergencia_id=lugar.emergencia_id,
        activacion_id=lugar.activacion_id,
        albergue_id=lugar.albergue_id,
        departamento_codigo=lugar.departamento,
        municipio_codigo=lugar.municipio,
        albergue_codigo=lugar.albergue_codigo,
        cuenta_id=actor.cuenta_id if actor else None,
        creado_en=moment,
        semilla=None,
        muestra_pct=None,
        muestra_en=None,
    )
    db.session.add(row)
    db.session.flush()
    return row


def add_pages(lote: LoteTranscripcion, pages: Sequence[Pagina]) -> tuple[int, int]:
    """Seal the pages at the end of the batch; (new, there already). The caller's unit of work commits.

    :raises RuleBroken: `emergencia_disociada`.
    """
    key, actor, moment = _key(lote), current_actor(), clock.now()
    db.session.execute(select(LoteTranscripcion.id).where(LoteTranscripcion.id == lote.id).with_for_update())
    h = HojaEscaneada
    known = {
        (row.huella_archivo, row.pagina)
        for row in db.session.execute(select(h.huella_archivo, h.pagina).where(h.lote_id == lote.id))
    }
    last = db.session.scalar(select(func.max(h.numero)).where(h.lote_id == lote.id)) or 0
    fresh = {(p.huella_archivo, p.pagina): p for p in pages if (p.huella_archivo, p.pagina) not in known}
    for number, page in enumerate(fresh.values(), last + 1):
        db.session.add(
            HojaEscaneada(
                id=uuid7(),
                lote_id=lote.id,
                numero=number,
                contenido=key.seal(page.jpeg, _CONTEXT),
                ancho_px=page.ancho_px,
                alto_px=page.alto_px,
                peso=len(page.jpeg),
                huella=hashlib.sha256(page.jpeg).hexdigest(),
                huella_archivo=page.huella_archivo,
                pagina=page.pagina,
                duda=None,
                cuenta_id=actor.cuenta_id if actor else None,
                subida_en=moment,
                terminada_en=None,
                terminada_por=None,
            )
        )
    db.session.flush()
    return len(fresh), len(pages) - len(fresh)


def _key(lote: LoteTranscripcion) -> SealKey | Keyring:
    try:
        return seal_for(lote.emergencia_id)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos personales de esta emergencia ya se destruyeron, y con ellos las hojas escaneadas.",
            "hojas",
        ) from error


def open_page(hoja: HojaEscaneada, lote: LoteTranscripcion, pantalla: str) -> bytes:
    """The picture, and in the trail who opened it (inside the caller's unit of work).

    :raises RuleBroken: `emergencia_disociada`.
    """
    content = _key(lote).open(hoja.contenido, _CONTEXT)
    record_opening(db.session(), "hoja_escaneada", hoja.id, pantalla)
    return content


def lote_or_404(lote_id: UUID) -> LoteTranscripcion:
    """A batch through its door. :raises NotFound: absent, of another place or profession."""
    return get_visible_or_404(LoteTranscripcion, lote_id, Permiso.TRANSCRIPCION_HACER)


def page_or_404(lote: LoteTranscripcion, numero: int) -> HojaEscaneada:
    """A page of a batch already seen."""
    row = db.session.scalar(
        select(HojaEscaneada).where(HojaEscaneada.lote_id == lote.id, HojaEscaneada.numero == numero)
    )
    if row is None:
        raise NotFound()
    return row


def formato_of(lote: LoteTranscripcion) -> Formato:
    """The edition printed on its sheets."""
    return formatos.get(lote.formato, lote.edicion)


def lugar_of(lote: LoteTranscripcion) -> Lugar:
    """Its place, through its doors again. :raises NotFound: a reserved location that is not for this account."""
    given = {
        "activacion": str(lote.activacion_id or ""), "albergue": str(lote.albergue_id or ""),
        "municipio": lote.municipio_codigo or "", "departamento": lote.departamento_codigo,
        "emergencia": str(lote.emergencia_id or "") if lote.activacion_id is None else "",
    }  # fmt: skip
    return place_of(formato_of(lote), given)


@dataclass(frozen=True)
class HojaVista:
    """A page as the list shows it: no picture, no answer."""

    numero: int
    registros: int
    dudas: int
    """Fields that cannot be read, and the question about the whole page."""
    duda: str | None
    terminada_en: datetime | None
    elegidos: int
    verificados: int
    """Of the records of the sample: typed again and without a difference to decide."""

    @property
    def estado(self) -> str:
        """por_transcribir | dudosa | verificada | transcrita"""
        if self.terminada_en is None:
            return "por_transcribir"
        if self.dudas:
            return "dudosa"
        return "verificada" if self.elegidos and self.elegidos == self.verificados else "transcrita"


NOMBRE_ESTADO = {
    "por_transcribir": "Por transcribir",
    "transcrita": "Transcrita",
    "dudosa": "Con dudas",
    "verificada": "Verificada",
}


def pages_of(lote_ids: Sequence[UUID]) -> dict[UUID, list[HojaVista]]:
    """The pages of each batch in order, with what is known of each."""
    found: dict[UUID, list[HojaVista]] = {key: [] for key in lote_ids}
    if not found:
        return found
    h, r, s, d = HojaEscaneada, RenglonTranscrito, SegundaTranscripcion, CampoDistinto
    lines: dict[UUID, list[Any]] = {}
    for line in db.session.execute(
        select(r.hoja_id, r.id, r.no_se_lee, s.id.label("segunda"), s.hecha_en)
        .outerjoin(s, s.renglon_id == r.id)
        .where(r.lote_id.in_(found))
    ):
        lines.setdefault(line.hoja_id, []).append(line)
    open_ones = set(
        db.session.scalars(
            select(d.segunda_id)
            .join(s, s.id == d.segunda_id)
            .where(s.lote_id.in_(found), d.decision.is_(None))
        )
    )
    stmt = select(h.id, h.lote_id, h.numero, h.duda, h.terminada_en).where(h.lote_id.in_(found))
    for row in db.session.execute(stmt.order_by(h.lote_id, h.numero)):
        mine = lines.get(row.id, [])
        chosen = [line for line in mine if line.segunda is not None]
        found[row.lote_id].append(
            HojaVista(
                row.numero,
                len(mine),
                sum(len(line.no_se_lee.split()) for line in mine) + bool(row.duda),
                row.duda,
                row.terminada_en,
                len(chosen),
                sum(line.hecha_en is not None and line.segunda not in open_ones for line in chosen),
            )
        )
    return found


def list_lotes(
    cuenta: Identity, activacion: UUID | None = None, formato: str = ""
) -> list[LoteTranscripcion]:
    """The batches of the account's territory, newest first."""
    stmt = visible(select(LoteTranscripcion), cuenta, Permiso.TRANSCRIPCION_HACER, LoteTranscripcion)
    if activacion is not None:
        stmt = stmt.where(LoteTranscripcion.activacion_id == activacion)
    if formato:
        stmt = stmt.where(LoteTranscripcion.formato == formato)
    stmt = stmt.order_by(LoteTranscripcion.creado_en.desc(), LoteTranscripcion.id.desc())
    return list(db.session.scalars(stmt.limit(PER_LIST)))


def finish_page(hoja: HojaEscaneada, finished: bool, duda: str) -> None:
    """Nothing more to type on a page, or again something; and what has to be asked of it."""
    actor = current_actor()
    hoja.terminada_en = clock.now() if finished else None
    hoja.terminada_por = actor.cuenta_id if actor and finished else None
    hoja.duda = clean(duda)[:300] or None
    db.session.flush()


def finish_pages(lote_id: UUID, first: int, last: int) -> None:
    """Nothing more to type on these pages; what was asked of each stays."""
    h = HojaEscaneada
    for row in db.session.scalars(select(h).where(h.lote_id == lote_id, h.numero.between(first, last))):
        if row.terminada_en is None:
            finish_page(row, True, row.duda or "")


def count_pages(lote_id: UUID) -> int:
    """How many pages a batch has."""
    h = HojaEscaneada
    return db.session.scalar(select(func.count()).select_from(h).where(h.lote_id == lote_id)) or 0


def forget_pages(emergencia_id: UUID) -> None:
    """With the key of an emergency go the pictures themselves, and what people wrote about them."""
    lotes = list(
        db.session.scalars(select(LoteTranscripcion).where(LoteTranscripcion.emergencia_id == emergencia_id))
    )
    for lote in lotes:
        lote.nombre = ""
        for hoja in db.session.scalars(select(HojaEscaneada).where(HojaEscaneada.lote_id == lote.id)):
            hoja.contenido, hoja.duda = b"", None
        for second in db.session.scalars(
            select(SegundaTranscripcion).where(SegundaTranscripcion.lote_id == lote.id)
        ):
            second.respuestas = None
    db.session.flush()


dissociation.ALSO.append(forget_pages)
dissociation.WIPED += [LoteTranscripcion, HojaEscaneada]
