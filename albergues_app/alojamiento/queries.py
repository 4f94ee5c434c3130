"""Rooms with who sleeps in them now, and what changed lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from albergues_app.alojamiento.models import Ambiente, LugarAsignado
from albergues_app.alojamiento.propose import Cuarto, Propuesta, Quien, Unidad, propose
from albergues_app.core.db import db
from albergues_app.ocupacion.models import GRUPO_BIT, Familia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.unidas import gather

_L, _E = LugarAsignado.__table__, Estancia.__table__
LIVE = and_(
    _L.c.hasta.is_(None),
    _E.c.ingreso_movimiento == _L.c.ingreso_movimiento,
    _E.c.egreso_en.is_(None),
)
"""A place counts while it is not given up and its stay is open: an egress frees it by itself.

By the check-in and not by the record: who turns out to be somebody else goes on sleeping there.
"""


def occupied(ambiente_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Persons with a place in each room now."""
    rows = db.session.execute(
        select(_L.c.ambiente_id, func.count())
        .join_from(_L, _E, LIVE)
        .where(_L.c.ambiente_id.in_(list(ambiente_ids)))
        .group_by(_L.c.ambiente_id)
    )
    return {row[0]: int(row[1]) for row in rows}


def ambientes_of(albergue_id: UUID, retirados: bool = False) -> list[Ambiente]:
    """The rooms of a site, ground floor first."""
    stmt = select(Ambiente).where(Ambiente.albergue_id == albergue_id)
    if not retirados:
        stmt = stmt.where(Ambiente.retirado.is_(False))
    return list(db.session.scalars(stmt.order_by(Ambiente.planta, Ambiente.nombre)))


@dataclass
class Durmiente:
    """A person inside, with its place if it has one."""

    persona: PersonaVista
    familia_id: UUID
    codigo: str
    ambiente_id: UUID | None
    desde: datetime | None

    @property
    def movilidad(self) -> bool:
        return bool(self.persona.grupos & GRUPO_BIT["discapacidad"])


@dataclass
class Habitacion:
    """A room with who sleeps in it."""

    ambiente: Ambiente
    gente: list[Durmiente] = field(default_factory=list)

    @property
    def libres(self) -> int:
        """Signed: negative when there are more people than places."""
        return self.ambiente.lugares - len(self.gente)

    @property
    def familias(self) -> list[list[Durmiente]]:
        return _by_family(self.gente)


@dataclass
class Noche:
    """Who sleeps where in an activation, who has no place, and where each of them might go."""

    habitaciones: list[Habitacion]
    sin_lugar: list[list[Durmiente]]
    propuestas: dict[UUID, Propuesta]
    dentro: int

    @property
    def asignadas(self) -> int:
        return self.dentro - sum(map(len, self.sin_lugar))

    @property
    def libres(self) -> int:
        return sum(max(0, h.libres) for h in self.habitaciones if not h.ambiente.bloqueado_motivo)

    @property
    def sobrellenas(self) -> list[Habitacion]:
        return [h for h in self.habitaciones if h.libres < 0]


def night(activacion_id: UUID, albergue_id: UUID, pantalla: str, today: date) -> Noche:
    """Read the people inside (logged) and their places. Inside ``unit_of_work``."""
    people = _sleepers(activacion_id, pantalla)
    rooms = [Habitacion(a) for a in ambientes_of(albergue_id, retirados=True)]
    by_id = {h.ambiente.id: h for h in rooms}
    for one in people:
        if one.ambiente_id in by_id:
            by_id[one.ambiente_id].gente.append(one)
    rooms = [h for h in rooms if h.gente or not h.ambiente.retirado]
    loose = _by_family([one for one in people if one.ambiente_id is None])
    units = [Unidad(group[0].familia_id, tuple(_who(one, today) for one in group)) for group in loose]
    found = propose(units, [_room(h, today) for h in rooms if _usable(h.ambiente)])
    return Noche(rooms, loose, {p.familia_id: p for p in found}, len(people))


def _usable(ambiente: Ambiente) -> bool:
    return not (ambiente.retirado or ambiente.bloqueado_motivo)


def _sleepers(activacion_id: UUID, pantalla: str) -> list[Durmiente]:
    f = Familia.__table__
    live = (
        select(_E.c.persona_id, _L.c.ambiente_id, _L.c.desde)
        .join_from(_L, _E, LIVE)
        .where(_L.c.activacion_id == activacion_id)
        .subquery()
    )
    rows = db.session.execute(
        select(_E.c.persona_id, _E.c.familia_id, f.c.codigo, live.c.ambiente_id, live.c.desde)
        .join_from(_E, f, f.c.id == _E.c.familia_id)
        .join(live, live.c.persona_id == _E.c.persona_id, isouter=True)
        .where(_E.c.activacion_id == activacion_id, _E.c.egreso_en.is_(None))
        .order_by(f.c.codigo, _E.c.ingreso_en, _E.c.id)
    ).all()
    known = personas_by_id((r.persona_id for r in rows), pantalla)
    return [
        Durmiente(known[r.persona_id], r.familia_id, r.codigo, r.ambiente_id, r.desde)
        for r in rows
        if r.persona_id in known
    ]


def _by_family(people: Sequence[Durmiente]) -> list[list[Durmiente]]:
    found: dict[UUID, list[Durmiente]] = {}
    for one in people:
        found.setdefault(one.familia_id, []).append(one)
    for group in found.values():
        group.sort(key=lambda one: (one.persona.parentesco != "jefe", one.persona.nacimiento or date.max))
    return list(found.values())


def _who(one: Durmiente, today: date) -> Quien:
    from albergues_app.ocupacion.bandas import age_on

    born = one.persona.nacimiento
    return Quien(one.persona.id, one.persona.sexo, age_on(born, today) if born else None, one.movilidad)


def _room(h: Habitacion, today: date) -> Cuarto:
    units = [Unidad(g[0].familia_id, tuple(_who(one, today) for one in g)) for g in h.familias]
    a = h.ambiente
    return Cuarto(
        a.id,
        a.nombre,
        a.planta,
        h.libres,
        a.para,
        a.accesible,
        {u.familia_id for u in units},
        sum(p.es_hombre for u in units for p in u.personas),
        sum(u.mujeres_solas for u in units),
    )


def changes(activacion_id: UUID, limit: int = 12) -> list[Any]:
    """The newest changes of place, without names: when, to which room, how many."""
    a = Ambiente.__table__
    return list(
        db.session.execute(
            select(_L.c.desde, a.c.nombre, func.count().label("personas"))
            .join_from(_L, a, a.c.id == _L.c.ambiente_id)
            .where(_L.c.activacion_id == activacion_id)
            .group_by(_L.c.desde, a.c.nombre)
            .order_by(_L.c.desde.desc())
            .limit(limit)
        )
    )


def places_of_person(persona_id: UUID, activacion_id: UUID) -> list[Any]:
    """Every room a human being had in an activation, under any of its records, the newest first."""
    a = Ambiente.__table__
    return list(
        db.session.execute(
            select(a.c.nombre, _L.c.desde, _L.c.hasta)
            .join_from(_L, a, a.c.id == _L.c.ambiente_id)
            .where(_L.c.activacion_id == activacion_id, _L.c.persona_id.in_(gather([persona_id])))
            .order_by(_L.c.desde.desc())
        )
    )
