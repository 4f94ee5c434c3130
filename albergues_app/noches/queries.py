"""Persons and nights: the same stays counted in two ways that are never one number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.text import normalize, phonetic
from albergues_app.noches.models import RechazoNocturno, ServicioNocturno
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.whole_stays import held_at, whole_stays

NOCTURNA = "nocturna"
_NOON = timedelta(hours=12)


def night_of(when: datetime) -> date:
    """The night an instant belongs to, by the day on which it began: until noon it is still the night before."""
    return clock.local_day(when - _NOON)


def nights_in(desde: datetime, hasta: datetime) -> set[date]:
    """The nights of a stay: the one in which it began, and each whose midnight it saw."""
    found = {night_of(desde)}
    day = clock.local_day(desde)
    while (midnight := clock.day_end(day)) < hasta:
        if midnight > desde:
            found.add(day)
        day += timedelta(days=1)
    return found


def nights_by_person(
    activaciones: Iterable[UUID], now: datetime, known: datetime | None = None
) -> dict[UUID, dict[UUID, set[date]]]:
    """Activation → person → nights up to ``now``, from what the register held at ``known`` (None: holds now)."""
    t = Tramo.__table__
    found: dict[UUID, dict[UUID, set[date]]] = defaultdict(lambda: defaultdict(set))
    stmt = select(t.c.activacion_id, t.c.persona_id, t.c.desde, t.c.hasta).where(
        *held_at(known), t.c.clase == "dentro", t.c.activacion_id.in_(list(activaciones)), t.c.desde <= now
    )
    for stay in whole_stays(db.session.execute(stmt)):
        found[stay.activacion_id][stay.persona_id] |= nights_in(stay.desde, min(stay.hasta, now))
    return found


@dataclass
class Noche:
    """One night of one shelter, or of several."""

    noche: date
    personas: int = 0
    nuevas: int = 0
    rechazos: int = 0
    servicios: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class Temporada:
    """What a season adds up to: different persons, and services (nights of each person)."""

    noches: list[Noche]
    distintas: int
    servicios: int
    vuelven: int
    rechazos: int


def season(activaciones: Sequence[UUID], now: datetime) -> Temporada:
    """The nights of these activations together; a person is one, wherever and however often it slept."""
    by_person: dict[UUID, set[date]] = defaultdict(set)
    for people in nights_by_person(activaciones, now).values():
        for persona, nights in people.items():
            by_person[persona] |= nights
    rows: dict[date, Noche] = {}

    def row(night: date) -> Noche:
        return rows.setdefault(night, Noche(night))

    for nights in by_person.values():
        for night in nights:
            row(night).personas += 1
        row(min(nights)).nuevas += 1
    given, refused = ServicioNocturno.__table__, RechazoNocturno.__table__
    ids = list(activaciones)
    for one in db.session.execute(
        select(given.c.noche, given.c.servicio).where(given.c.activacion_id.in_(ids))
    ):
        row(one.noche).servicios[one.servicio] += 1
    for one in db.session.execute(select(refused.c.noche).where(refused.c.activacion_id.in_(ids))):
        row(one.noche).rechazos += 1
    return Temporada(
        noches=[rows[night] for night in sorted(rows, reverse=True)],
        distintas=len(by_person),
        servicios=sum(len(nights) for nights in by_person.values()),
        vuelven=sum(len(nights) > 1 for nights in by_person.values()),
        rechazos=sum(one.rechazos for one in rows.values()),
    )


@dataclass(frozen=True)
class AlbergueNocturno:
    """One night shelter of an emergency, with its own season."""

    activacion_id: UUID
    nombre: str
    codigo: str
    municipio: str
    temporada: Temporada


def night_shelters(
    identity: Identity, emergencia_id: UUID, now: datetime
) -> tuple[list[AlbergueNocturno], Temporada]:
    """The night shelters of the account's territory, and all of them together. No names of persons."""
    stmt: Any = (
        select(
            Activacion.id,
            Albergue.nombre,
            Albergue.codigo,
            Activacion.municipio_codigo,
            Albergue.ubicacion_reservada,
        )
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(
            Activacion.emergencia_id == emergencia_id,
            Activacion.modalidad == NOCTURNA,
            Activacion.abierta_en.is_not(None),
        )
        .order_by(Albergue.codigo)
    )
    rows = db.session.execute(visible(stmt, identity, Permiso.OCUPACION_VER, Activacion)).all()
    listed = [
        AlbergueNocturno(
            row.id,
            "Ubicación reservada" if row.ubicacion_reservada and identity.from_afar else row.nombre,
            row.codigo,
            row.municipio_codigo,
            season([row.id], now),
        )
        for row in rows
    ]
    return listed, season([row.id for row in rows], now)


@dataclass(frozen=True)
class Usuaria:
    """A person of the season of this shelter."""

    persona: PersonaVista
    noches: int
    ultima: date
    dentro_desde: datetime | None


def users_of(activacion: Activacion, now: datetime) -> list[Usuaria]:
    """Everybody of the season of this site in this emergency, who came last first; each reading is logged."""
    a, e = Activacion.__table__, Estancia.__table__
    same = select(a.c.id).where(
        a.c.albergue_id == activacion.albergue_id, a.c.emergencia_id == activacion.emergencia_id
    )
    nights: dict[UUID, set[date]] = defaultdict(set)
    for slept in nights_by_person(db.session.scalars(same).all(), now).values():
        for persona, found in slept.items():
            nights[persona] |= found
    inside = {
        row.persona_id: row.ingreso_en
        for row in db.session.execute(
            select(e.c.persona_id, e.c.ingreso_en).where(
                e.c.activacion_id == activacion.id, e.c.egreso_en.is_(None)
            )
        )
    }
    people = personas_by_id(nights, "web:noche", activacion.municipio_codigo)
    listed = [
        Usuaria(people[p], len(found), max(found), inside.get(p))
        for p, found in nights.items()
        if p in people
    ]
    return sorted(listed, key=lambda u: (-u.ultima.toordinal(), u.persona.nombre))


def same_name(users: Iterable[Usuaria], nombre: str) -> list[Usuaria]:
    """Those of the season who are called or sound like that, who is not inside first."""
    plain, sound = normalize(nombre), phonetic(nombre)
    if not plain or plain == normalize("N/N"):
        return []
    alike = [u for u in users if normalize(u.persona.nombre) == plain or phonetic(u.persona.nombre) == sound]
    return sorted(alike, key=lambda u: u.dentro_desde is not None)


def services_given(activacion_id: UUID, noche: date) -> dict[UUID, set[str]]:
    """Person → services of a night."""
    s = ServicioNocturno.__table__
    found: dict[UUID, set[str]] = defaultdict(set)
    stmt = select(s.c.persona_id, s.c.servicio).where(s.c.activacion_id == activacion_id, s.c.noche == noche)
    for row in db.session.execute(stmt):
        found[row.persona_id].add(row.servicio)
    return found


def refusals_of(activacion_id: UUID, noche: date) -> list[RechazoNocturno]:
    """Who was not received in a night, the newest first."""
    stmt = select(RechazoNocturno).where(
        RechazoNocturno.activacion_id == activacion_id, RechazoNocturno.noche == noche
    )
    return list(db.session.scalars(stmt.order_by(RechazoNocturno.ocurrido_en.desc())))
