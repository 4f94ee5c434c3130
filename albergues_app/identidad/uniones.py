"""The history of unions of a territory: who joined which records, when, why, and what was undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core.db import db
from albergues_app.core.keys import KeyMissing
from albergues_app.identidad.models import UnionPersonas
from albergues_app.identidad.services.union import CONTEXTO
from albergues_app.ocupacion.matches import visible_stays
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.unidas import gather

CRUCE = {
    "paso": "Pasó de un albergue al otro",
    "queda_primera": "Se anuló el segundo ingreso",
    "queda_segunda": "Se anuló el primer ingreso",
}


@dataclass(frozen=True)
class Union:
    """One union as a page shows it. Names are None once the data were destroyed."""

    id: UUID
    habla: PersonaVista | None
    unida: PersonaVista | None
    activacion_id: UUID | None
    cruce: str
    motivo: str
    cuenta: str
    registrado_en: datetime
    separada_en: datetime | None
    separada_por: str
    por_que: str


def list_uniones(identity: Identity, limit: int, persona_id: UUID | None = None) -> list[Union]:
    """The newest of the account's territory, or those of one person; the reading is logged. In ``unit_of_work``."""
    u = UnionPersonas
    stmt: Any = select(u).where(u.clase == "union").order_by(u.registrado_en.desc(), u.id).limit(limit)
    if persona_id is not None:
        records = list(gather([persona_id]))
        stmt = stmt.where(or_(u.habla_id.in_(records), u.unida_id.in_(records)))
    rows = list(db.session.scalars(visible(stmt, identity, Permiso.IDENTIDAD_UNIR, u)))
    undone = {
        row.deshace_id: row
        for row in db.session.scalars(select(u).where(u.deshace_id.in_([row.id for row in rows])))
    }
    people = personas_by_id((i for row in rows for i in (row.habla_id, row.unida_id)), "web:uniones")
    stays = visible_stays(identity, list(people))
    names = _names([*rows, *undone.values()])
    return [_shown(row, undone.get(row.id), people, stays, names) for row in rows]


def _shown(
    row: UnionPersonas,
    undone: UnionPersonas | None,
    people: dict[UUID, PersonaVista],
    stays: dict[UUID, Any],
    names: dict[UUID | None, str],
) -> Union:
    stay = stays.get(row.habla_id)
    return Union(
        row.id,
        people.get(row.habla_id),
        people.get(row.unida_id),
        stay.activacion_id if stay else None,
        CRUCE.get(row.cruce or "", ""),
        _motivo(row),
        names.get(row.cuenta_id, "el sistema"),
        row.registrado_en,
        undone.registrado_en if undone else None,
        names.get(undone.cuenta_id, "el sistema") if undone else "",
        _motivo(undone) if undone else "",
    )


def _motivo(row: UnionPersonas) -> str:
    if row.motivo is None:
        return ""
    try:
        return str(open_json(seal_for(row.emergencia_id), row.motivo, CONTEXTO))
    except KeyMissing:
        return ""


def _names(rows: Sequence[UnionPersonas]) -> dict[UUID | None, str]:
    ids = {row.cuenta_id for row in rows if row.cuenta_id is not None}
    found = db.session.execute(select(Cuenta.id, Cuenta.nombre).where(Cuenta.id.in_(ids)))
    return {row.id: row.nombre for row in found}
