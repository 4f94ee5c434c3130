"""The scan of a signed act: known by its real bytes, sealed with the emergency's key, superseded and never changed."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from albergues_app.accounts.models import Cuenta
from albergues_app.albergues.models import Acta, ActaEscaneo, Activacion
from albergues_app.audit.sealing import seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.unit_of_work import current_actor

TIPOS = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png"}
_CONTEXT = "acta_escaneo.contenido"
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class Escaneo:
    """A scan as the page tells it: no content, and who attached it."""

    acta_id: UUID
    serie: int
    tipo: str
    peso: int
    huella: str
    adjuntado_en: datetime
    por: str


def limit_bytes() -> int:
    """The largest scan that is taken."""
    return int(current_app.config["ESCANEO_MB"]) * 1024 * 1024


def recognise(content: bytes) -> str:
    """What a file is by its bytes, whole to its end; its name and what the browser says of it count for nothing.

    :raises Invalid: empty, too large, of another kind, or cut.
    """
    if not content:
        raise _refused("falta_escaneo", "Elija el escaneo o la fotografía del acta firmada.")
    if len(content) > limit_bytes():
        size = current_app.config["ESCANEO_MB"]
        raise _refused("escaneo_grande", f"El archivo pasa de {size} MB. Escanéelo con menos resolución.")
    if content.startswith(b"%PDF-"):
        whole = b"startxref" in content[-4096:] and b"%%EOF" in content[-4096:]
        tipo = "pdf"
    elif content.startswith(b"\xff\xd8\xff"):
        whole = _jpeg_is_whole(content)
        tipo = "jpeg"
    elif content.startswith(_PNG):
        whole = content[12:16] == b"IHDR" and _PNG_END in content[-4096:]
        tipo = "png"
    else:
        raise _refused(
            "escaneo_de_otra_clase",
            "El archivo no es PDF, JPEG ni PNG. Guarde el escaneo como PDF, o tome la fotografía en JPEG.",
        )
    if not whole:
        raise _refused("escaneo_cortado", "El archivo está cortado o dañado. Vuelva a escanear el acta.")
    return tipo


def _jpeg_is_whole(content: bytes) -> bool:
    """Its segments can be walked to the image, which has a size, and the image ends."""
    for marker, start, end in _jpeg_segments(content):
        if marker in {0xC0, 0xC1, 0xC2}:
            height, width = struct.unpack(">HH", content[start + 1 : start + 5].ljust(4, b"\0"))
            return bool(height and width) and b"\xff\xd9" in content[end:]
    return False


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, where its data start, where they end) of each segment before the image data."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xDA or size < 2:
            return
        yield marker, at + 4, at + 2 + size
        at += 2 + size


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, "escaneo")])


def fingerprint(content: bytes) -> str:
    """SHA-256 of the file as it was given: anybody who holds it can compare."""
    return hashlib.sha256(content).hexdigest()


def attach_escaneo(acta: Acta, content: bytes) -> ActaEscaneo:
    """Attach the signed act; it supersedes the one before, which stays. Flushes; the caller commits.

    :raises Invalid: not a file one can keep. :raises RuleBroken: `escaneo_repetido`, `emergencia_disociada`.
    """
    tipo, huella = recognise(content), fingerprint(content)
    db.session.execute(select(Acta.id).where(Acta.id == acta.id).with_for_update())
    if db.session.scalar(_of(acta.id).where(ActaEscaneo.huella == huella)) is not None:
        raise RuleBroken("escaneo_repetido", "Ese mismo archivo ya está adjunto a esta acta.", "escaneo")
    last = db.session.scalar(select(func.max(ActaEscaneo.serie)).where(ActaEscaneo.acta_id == acta.id)) or 0
    actor = current_actor()
    row = ActaEscaneo(
        id=uuid7(),
        acta_id=acta.id,
        serie=last + 1,
        tipo=tipo,
        peso=len(content),
        huella=huella,
        contenido=_key(acta).seal(content, _CONTEXT),
        cuenta_id=actor.cuenta_id if actor else None,
        adjuntado_en=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _of(acta_id: UUID) -> Any:
    return select(ActaEscaneo.id).where(ActaEscaneo.acta_id == acta_id)


def _key(acta: Acta) -> Any:
    activacion = db.session.get_one(Activacion, acta.activacion_id)
    try:
        return seal_for(activacion.emergencia_id)
    except KeyMissing as error:
        raise RuleBroken(
            "emergencia_disociada",
            "Los datos personales de esta emergencia ya se destruyeron, y con ellos los escaneos de sus actas.",
            "escaneo",
        ) from error


def escaneos_of(acta_ids: Collection[UUID]) -> dict[UUID, list[Escaneo]]:
    """Scans of each act, the one in force first."""
    if not acta_ids:
        return {}
    e = ActaEscaneo
    stmt = (
        select(
            e.acta_id, e.serie, e.tipo, e.peso, e.huella, e.adjuntado_en, func.coalesce(Cuenta.nombre, "sistema")
        )
        .outerjoin(Cuenta, Cuenta.id == e.cuenta_id)
        .where(e.acta_id.in_(acta_ids))
        .order_by(e.serie.desc())
    )  # fmt: skip
    found: dict[UUID, list[Escaneo]] = {i: [] for i in acta_ids}
    for row in db.session.execute(stmt):
        found[row.acta_id].append(Escaneo(*row))
    return found


def open_escaneo(acta: Acta, serie: int) -> tuple[ActaEscaneo, bytes]:
    """A scan and the file as it was given.

    :raises NotFound: there is none with that number. :raises RuleBroken: `emergencia_disociada`.
    """
    row = db.session.scalar(
        select(ActaEscaneo).where(ActaEscaneo.acta_id == acta.id, ActaEscaneo.serie == serie)
    )
    if row is None:
        raise NotFound()
    return row, _key(acta).open(row.contenido, _CONTEXT)
