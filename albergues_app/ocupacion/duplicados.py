"""Possible matches that wait for somebody: those of whom the account may know both persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.ocupacion.matches import reasons_between, visible_stays
from albergues_app.ocupacion.models import Estancia, PersonaVersion, PosibleDuplicado
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services.duplicado import WAITING
from albergues_app.ocupacion.visibility import seen_personas

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Lado:
    """One of the two persons: what is held of it, and its stay in the account's territory."""

    persona: PersonaVista
    estancia: Any

    @property
    def presente(self) -> bool:
        return self.estancia.egreso_en is None


@dataclass(frozen=True)
class Par:
    """Two persons who may be one, with the reasons in words."""

    id: UUID
    nueva: Lado
    conocida: Lado
    razones: tuple[str, ...]
    respuesta: str
    encontrado_en: datetime

    @property
    def cuenta_doble(self) -> bool:
        """Said to be one, and inside twice."""
        return self.respuesta == "misma" and self.nueva.presente and self.conocida.presente


@dataclass(frozen=True)
class Pendientes:
    """What «Hoy» says of them."""

    cuantos: int
    no_se: int
    mas_viejo: datetime | None


def _waiting(identity: Identity) -> Any:
    """Unanswered, «No sé», or the same person still inside twice; both known to the account, none dissociated."""
    d = PosibleDuplicado

    def inside(column: Any) -> Any:
        return exists().where(Estancia.persona_id == column, Estancia.egreso_en.is_(None))

    twice = and_(d.respuesta == "misma", inside(d.persona_id), inside(d.otra_id))
    stmt = select(d.id, d.respuesta, d.encontrado_en).where(or_(d.respuesta.in_(WAITING), twice))
    for column in (d.persona_id, d.otra_id):
        stay = select(Estancia.id).where(Estancia.persona_id == column).correlate(d)
        held = exists().where(PersonaVersion.persona_id == column, PersonaVersion.actual)
        stmt = stmt.where(held, visible(stay, identity, Permiso.PERSONA_VER, Estancia).exists())
    return stmt


def pending(identity: Identity) -> Pendientes:
    """How many wait for this account, in one statement; beyond a thousand nobody needs the exact number."""
    rows = _waiting(identity).limit(MOST_COUNTED).subquery()
    count, unsure, oldest = db.session.execute(
        select(
            func.count(),
            func.count().filter(rows.c.respuesta == "no_se"),
            func.min(rows.c.encontrado_en),
        ).select_from(rows)
    ).one()
    return Pendientes(int(count), int(unsure), oldest)


def pairs(identity: Identity, limit: int) -> list[Par]:
    """The oldest that wait, with both persons; the reading is logged. Inside ``unit_of_work``."""
    d = PosibleDuplicado
    ids = list(db.session.scalars(_waiting(identity).order_by(d.encontrado_en, d.id).limit(limit)))
    found = list(db.session.scalars(select(d).where(d.id.in_(ids)).order_by(d.encontrado_en, d.id)))
    wanted = [i for row in found for i in (row.persona_id, row.otra_id)]
    people = personas_by_id(wanted, "web:coincidencias")
    stays = visible_stays(identity, list(people))
    reasons = _reasons(found)
    return [
        Par(
            row.id,
            Lado(people[row.persona_id], stays[row.persona_id]),
            Lado(people[row.otra_id], stays[row.otra_id]),
            reasons[row.id],
            row.respuesta,
            row.encontrado_en,
        )
        for row in found
    ]


def _reasons(found: list[PosibleDuplicado]) -> dict[UUID, tuple[str, ...]]:
    v = PersonaVersion.__table__
    ids = {i for row in found for i in (row.persona_id, row.otra_id)}
    rows = db.session.execute(select(v).where(v.c.persona_id.in_(ids), v.c.actual))
    held = {row.persona_id: row for row in rows}
    return {row.id: reasons_between(held[row.persona_id], held[row.otra_id]) for row in found}


def visible_pair(identity: Identity, duplicado_id: UUID) -> PosibleDuplicado:
    """:raises NotFound: absent, or one of the two is of another territory."""
    row = db.session.get(PosibleDuplicado, duplicado_id)
    if row is None or len(seen_personas(identity, (row.persona_id, row.otra_id))) < 2:
        raise NotFound()
    return row
