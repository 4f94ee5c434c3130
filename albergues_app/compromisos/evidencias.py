"""A file that shows what was done: known by its real bytes, without the data a camera adds, sealed, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.sealing import seal_for
from albergues_app.compromisos.models import Compromiso, CompromisoEvidencia
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.images import without_metadata
from albergues_app.core.keys import KeyMissing
from albergues_app.core.scans import fingerprint, recognise
from albergues_app.core.unit_of_work import current_actor

_SEAL = "compromiso_evidencia.contenido"


@dataclass(frozen=True)
class Archivo:
    """A file as it will be kept."""

    tipo: str
    contenido: bytes


@dataclass(frozen=True)
class Evidencia:
    """A file as the page tells it."""

    id: UUID
    orden: int
    tipo: str
    peso: int
    huella: str


def check_evidence(content: bytes) -> Archivo:
    """:raises Invalid: too large, of another kind, or cut; the sentence stands at the field ``archivo``."""
    try:
        tipo = recognise(content, "de lo que se hizo")
        return Archivo(tipo, content if tipo == "pdf" else without_metadata(content, tipo))
    except Invalid as refused:
        raise Invalid([Aviso(e.codigo, e.mensaje, "archivo") for e in refused.errores]) from refused


def keep_evidence(row: Compromiso, archivo: Archivo) -> None:
    """Keep it with the step just written; the same file again is the same evidence. Flushes."""
    huella, actor = fingerprint(archivo.contenido), current_actor()
    e = CompromisoEvidencia
    if db.session.scalar(select(e.id).where(e.compromiso_id == row.id, e.huella == huella)) is not None:
        return
    try:
        sealed = seal_for(row.emergencia_id).seal(archivo.contenido, _SEAL)
    except KeyMissing as error:
        raise RuleBroken("emergencia_disociada", "Los datos de esta emergencia ya se destruyeron.") from error
    db.session.add(
        CompromisoEvidencia(
            id=uuid7(),
            compromiso_id=row.id,
            orden=row.pasos,
            tipo=archivo.tipo,
            peso=len(archivo.contenido),
            huella=huella,
            contenido=sealed,
            cuenta_id=actor.cuenta_id if actor else None,
            adjuntado_en=clock.now(),
        )
    )
    db.session.flush()


def evidence_of(compromiso_id: UUID) -> list[Evidencia]:
    """The files of a commitment, the first one first."""
    e = CompromisoEvidencia
    stmt = select(e.id, e.orden, e.tipo, e.peso, e.huella).where(e.compromiso_id == compromiso_id)
    return [Evidencia(*row) for row in db.session.execute(stmt.order_by(e.orden, e.id))]


def open_evidence(row: Compromiso, evidencia_id: UUID) -> tuple[str, bytes]:
    """A file and what it is. :raises NotFound: it is of no such commitment, or the emergency's key was destroyed."""
    found = db.session.get(CompromisoEvidencia, evidencia_id)
    if found is None or found.compromiso_id != row.id:
        raise NotFound()
    try:
        return found.tipo, seal_for(row.emergencia_id).open(found.contenido, _SEAL)
    except KeyMissing as error:
        raise NotFound() from error
