"""How much of a COE works, since when, by which act and authority: every change is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.listener import bulk_insert
from albergues_app.coe.models import GRADO_NOMBRE, Coe
from albergues_app.coe.models_turno import CoeGrado
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor


@dataclass(frozen=True)
class GradoNuevo:
    """A change of level as it was decided. The same level with an act completes what was pending."""

    id: UUID
    grado: str
    desde: datetime
    acta_numero: str | None
    autoridad: str | None
    motivo: str


def open_history(coe: Coe) -> None:
    """The first line of the history: the activation itself."""
    _keep(coe, coe.id, coe.grado, coe.activado_en, coe.acta_numero, coe.autoridad, None)


def change_grado(coe_id: UUID, datos: GradoNuevo) -> CoeGrado:
    """Change the level from an hour on.

    :raises RuleBroken: `coe_desactivado`, `antes_del_ultimo`, `nada_cambia`, `falta_motivo`.
    """
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    if coe.desactivado_en is not None:
        raise RuleBroken("coe_desactivado", "Este COE ya se desactivó: su grado ya no cambia.")
    last = grados_of(coe_id)[-1]
    if datos.desde < last.desde:
        said = f"{clock.to_local(last.desde):%d/%m/%Y %H:%M}"
        raise RuleBroken(
            "antes_del_ultimo",
            f"El grado anterior rige desde el {said}: escriba una hora posterior.",
            "desde",
        )
    motivo, acta, autoridad = (
        clean(datos.motivo),
        clean(datos.acta_numero or ""),
        clean(datos.autoridad or ""),
    )
    if datos.grado == coe.grado and not (acta or autoridad):
        raise RuleBroken(
            "nada_cambia",
            "Ese grado ya rige. Elija otro, o escriba el acta o la autoridad que faltaba.",
            "grado",
        )
    if not motivo:
        raise RuleBroken("falta_motivo", "Escriba por qué cambia el grado.", "motivo")
    coe.grado = datos.grado
    db.session.flush()
    _keep(coe, datos.id, datos.grado, datos.desde, acta or None, autoridad or None, motivo)
    return db.session.get_one(CoeGrado, datos.id)


def grados_of(coe_id: UUID) -> list[CoeGrado]:
    """The history of the level, the first one first."""
    stmt = select(CoeGrado).where(CoeGrado.coe_id == coe_id)
    return list(db.session.scalars(stmt.order_by(CoeGrado.desde, CoeGrado.registrado_en)))


def in_force_since(history: Sequence[CoeGrado]) -> datetime:
    """The hour from which the last level of a history holds: a line that only completes its act does not move it."""
    since = history[-1].desde
    for line in reversed(history):
        if line.grado != history[-1].grado:
            break
        since = line.desde
    return since


def acts_of(coes: Sequence[Coe], known: datetime | None = None) -> dict[UUID, str | None]:
    """By activation its act: the one given then, else the one noted later for the level with which it began.

    :param known: only what was noted up to this instant; None: all.
    """
    found: dict[UUID, str | None] = {coe.id: coe.acta_numero for coe in coes}
    pending = [key for key, acta in found.items() if acta is None]
    if not pending:
        return found
    history: dict[UUID, list[CoeGrado]] = {}
    stmt = select(CoeGrado).where(CoeGrado.coe_id.in_(pending))
    if known is not None:
        stmt = stmt.where(CoeGrado.registrado_en <= known)
    for line in db.session.scalars(stmt.order_by(CoeGrado.desde, CoeGrado.registrado_en)):
        history.setdefault(line.coe_id, []).append(line)
    for key, lines in history.items():
        for line in lines:
            if line.grado != lines[0].grado or found[key]:
                break
            found[key] = line.acta_numero
    return found


def _keep(
    coe: Coe,
    key: UUID,
    grado: str,
    desde: datetime,
    acta: str | None,
    autoridad: str | None,
    motivo: str | None,
) -> None:
    actor = current_actor()
    assert grado in GRADO_NOMBRE
    row = {
        "id": key,
        "coe_id": coe.id,
        "grado": grado,
        "desde": desde,
        "acta_numero": acta,
        "autoridad": autoridad,
        "motivo": motivo,
        "registrado_en": clock.now(),
        "cuenta_id": actor.cuenta_id if actor else None,
    }
    bulk_insert(db.session, CoeGrado, [row])
