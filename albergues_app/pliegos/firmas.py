"""Sign a filled format on paper (F57): who signed, when, and where the paper is: its folio, its scan or both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from albergues_app.accounts.models import Cuenta
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import open_json, seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.scans import fingerprint, recognise
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Formato
from albergues_app.pliegos.models_firma import HojaFirmada

PAPEL = "de la hoja firmada"
SEAL = "registro_escaneo.contenido"
"""Of the scan. Its name is that of the table where the first scans stood: they are opened with it still."""
_SEAL_NAMES = "hoja_firmada.firmantes"
AHEAD = timedelta(hours=24)
NAME_LENGTH, FOLIO_LENGTH = 120, 40


@dataclass(frozen=True)
class Firmante:
    """Who signed on a line of the format («Responsable del parte»)."""

    linea: str
    nombre: str


@dataclass(frozen=True)
class FirmaNueva:
    """A signed paper to note. With a scan the rest may be left out; without it, folio, hour and who are needed."""

    content: bytes = b""
    folio: str = ""
    firmada_en: datetime | None = None
    firmantes: Sequence[Firmante] = ()
    reservado: bool = False

    @property
    def names(self) -> list[Firmante]:
        """Those that somebody wrote."""
        cleaned = (Firmante(f.linea, clean(f.nombre)) for f in self.firmantes)
        return [f for f in cleaned if f.nombre]


@dataclass(frozen=True)
class Firma:
    """What is known of the signature of one version, of everything noted of it; nothing: it is not signed."""

    huella: str = ""
    folio: str = ""
    firmada_en: datetime | None = None
    firmantes: tuple[Firmante, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.huella or self.folio)

    @property
    def words(self) -> str:
        """One line for the foot of the paper."""
        said = [
            f"Hoja firmada, folio {self.folio}" if self.folio else "",
            f"Firmada el {clock.to_local(self.firmada_en):%d/%m/%Y %H:%M}" if self.firmada_en else "",
            f"Escaneo de la hoja firmada, SHA-256 {self.huella}" if self.huella else "",
        ]
        return " · ".join(part for part in said if part)

    def as_body(self) -> dict[str, Any] | None:
        """As the API answers it; None: not signed."""
        if not self:
            return None
        return {
            "folio": self.folio or None,
            "firmada_en": clock.iso(self.firmada_en) if self.firmada_en else None,
            "escaneo": self.huella or None,
            "firmantes": [{"linea": f.linea, "nombre": f.nombre} for f in self.firmantes],
        }


def check_firma(formato: Formato, datos: FirmaNueva) -> str:
    """What its scan is by its bytes; "" without one.

    :raises Invalid: no file one can keep, or neither a scan nor all that a signature by reference needs.
    """
    errores: list[Aviso] = []
    tipo = ""
    if datos.content:
        try:
            tipo = recognise(datos.content, PAPEL)
        except Invalid as refused:
            errores += refused.errores
    elif not clean(datos.folio):
        errores.append(
            Aviso(
                "falta_hoja_firmada",
                "Adjunte el escaneo de la hoja firmada, o escriba el folio con que quedó archivada.",
                "escaneo",
            )
        )
    else:
        errores += _without_scan(formato, datos)
    known = set(formato.signatures)
    said: set[str] = set()
    for one in datos.names:
        if one.linea in said:
            errores.append(
                Aviso("linea_repetida", f"«{one.linea[:80]}» va una sola vez, con un nombre.", "firmantes")
            )
        said.add(one.linea)
        if one.linea not in known:
            where = f"Son: {'; '.join(formato.signatures)}." if known else "No lleva ninguna."
            errores.append(
                Aviso(
                    "linea_desconocida",
                    f"«{one.linea[:80]}» no es una línea de firma de este formato. {where}",
                    "firmantes",
                )
            )
        if len(one.nombre) > NAME_LENGTH:
            errores.append(
                Aviso("texto_largo", f"Un nombre lleva hasta {NAME_LENGTH} letras. Abrévielo.", "firmantes")
            )
    if len(clean(datos.folio)) > FOLIO_LENGTH:
        errores.append(Aviso("texto_largo", f"El folio lleva hasta {FOLIO_LENGTH} letras.", "folio"))
    if datos.firmada_en is not None and datos.firmada_en > clock.now() + AHEAD:
        errores.append(
            Aviso("fecha_futura", "La hora de la firma está en el futuro. Revísela.", "firmada_en")
        )
    if errores:
        raise Invalid(errores)
    return tipo


def _without_scan(formato: Formato, datos: FirmaNueva) -> Iterable[Aviso]:
    """Who has no scan says who signed and when: it is all there is to find the paper by."""
    if datos.firmada_en is None:
        yield Aviso("falta_firmada_en", "Sin escaneo, escriba cuándo se firmó la hoja.", "firmada_en")
    if formato.signatures and not datos.names:
        yield Aviso("falta_firmante", "Sin escaneo, escriba el nombre de quien firmó.", "firmantes")


def sign(captura: Captura, formato: Formato, datos: FirmaNueva) -> HojaFirmada:
    """Note the signed paper of a version, in the caller's unit of work.

    :raises Invalid: as ``check_firma``. :raises RuleBroken: `escaneo_repetido`, `emergencia_disociada`.
    """
    tipo = check_firma(formato, datos)
    huella = fingerprint(datos.content) if tipo else None
    if huella and scan_of(captura.id, huella) is not None:
        raise RuleBroken("escaneo_repetido", "Ese mismo archivo ya está adjunto a esta hoja.", "escaneo")
    objeto_id = captura.objeto_id or captura.id
    last = db.session.scalar(select(func.max(HojaFirmada.serie)).where(HojaFirmada.objeto_id == objeto_id))
    actor = current_actor()
    try:
        key = seal_for(captura.emergencia_id)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos personales de esta emergencia ya se destruyeron, y con ellos los de sus hojas.",
            "escaneo",
        ) from error
    names = [[f.linea, f.nombre] for f in datos.names]
    row = HojaFirmada(
        id=uuid7(),
        captura_id=captura.id,
        objeto_id=objeto_id,
        serie=(last or 0) + 1,
        firmantes=seal_json(key, names, _SEAL_NAMES) if names else None,
        firmada_en=datos.firmada_en,
        folio=clean(datos.folio) or None,
        tipo=tipo or None,
        peso=len(datos.content) if tipo else None,
        huella=huella,
        contenido=key.seal(datos.content, SEAL) if tipo else None,
        reservado=datos.reservado,
        cuenta_id=actor.cuenta_id if actor else None,
        adjuntado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def scan_of(captura_id: UUID, huella: str) -> HojaFirmada | None:
    """The signed paper of a version with that very file."""
    return db.session.scalar(
        select(HojaFirmada).where(HojaFirmada.captura_id == captura_id, HojaFirmada.huella == huella)
    )


def firmas_of(captura_ids: Iterable[UUID]) -> dict[UUID, Firma]:
    """What is known of the signature of each version: of each thing, the last that was said."""
    wanted = list(captura_ids)
    stmt = (
        select(HojaFirmada, Captura.emergencia_id)
        .join(Captura, Captura.id == HojaFirmada.captura_id)
        .where(HojaFirmada.captura_id.in_(wanted))
        .order_by(HojaFirmada.serie)
    )
    found = dict.fromkeys(wanted, Firma())
    for row, emergencia_id in db.session.execute(stmt):
        known = found[row.captura_id]
        found[row.captura_id] = Firma(
            row.huella or known.huella,
            row.folio or known.folio,
            row.firmada_en or known.firmada_en,
            _names(row, emergencia_id) or known.firmantes,
        )
    return found


def _names(row: HojaFirmada, emergencia_id: UUID | None) -> tuple[Firmante, ...]:
    if row.firmantes is None:
        return ()
    try:
        return tuple(
            Firmante(*pair) for pair in open_json(seal_for(emergencia_id), row.firmantes, _SEAL_NAMES)
        )
    except KeyMissing:
        return ()


@dataclass(frozen=True)
class Hoja:
    """A signed paper as the page tells it: no content, and who noted it."""

    serie: int
    captura_id: UUID
    folio: str | None
    firmada_en: datetime | None
    firmantes: tuple[Firmante, ...]
    tipo: str | None
    peso: int | None
    huella: str | None
    reservado: bool
    adjuntado_en: datetime
    por: str


def hojas_of(objeto_id: UUID) -> list[Hoja]:
    """The signed papers of a record or a family, the latest first."""
    h = HojaFirmada
    stmt = (
        select(h, Captura.emergencia_id, func.coalesce(Cuenta.nombre, "sistema"))
        .join(Captura, Captura.id == h.captura_id)
        .outerjoin(Cuenta, Cuenta.id == h.cuenta_id)
        .where(h.objeto_id == objeto_id)
        .order_by(h.serie.desc())
    )
    return [
        Hoja(
            row.serie, row.captura_id, row.folio, row.firmada_en, _names(row, emergencia_id), row.tipo,
            row.peso, row.huella, row.reservado, row.adjuntado_en, por,
        )
        for row, emergencia_id, por in db.session.execute(stmt)
    ]  # fmt: skip


def open_scan(
    objeto_id: UUID, serie: int, emergencia_id: UUID | None, gate: bool
) -> tuple[HojaFirmada, bytes]:
    """A signed paper and its file as it was given. ``gate``: who asks does not see what is off the gate.

    :raises NotFound: there is none with that number for this account, or the emergency's key was destroyed.
    """
    row = db.session.scalar(
        select(HojaFirmada)
        .where(HojaFirmada.objeto_id == objeto_id, HojaFirmada.serie == serie)
        .options(undefer(HojaFirmada.contenido))
    )
    if row is None or row.contenido is None or (row.reservado and gate):
        raise NotFound()
    try:
        return row, seal_for(emergencia_id).open(row.contenido, SEAL)
    except KeyMissing as error:
        raise NotFound() from error
