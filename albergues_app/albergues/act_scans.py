"""The scan of a signed act: known by its real bytes, sealed with the emergency's key, superseded and never changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.models import Cuenta
from albergues_app.albergues.models import Acta, ActaEscaneo, Activacion
from albergues_app.audit.sealing import seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.scans import fingerprint, recognise
from albergues_app.core.unit_of_work import current_actor

_CONTEXT = "acta_escaneo.contenido"


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
