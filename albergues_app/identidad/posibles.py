"""Possible matches that wait for somebody: those of whom the account may know both persons."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, permits, role_may, visible
from albergues_app.albergues.models import Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.ocupacion.matches import reasons_between, visible_stays
from albergues_app.ocupacion.models import Persona, PersonaVersion, PosibleDuplicado
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services.duplicado import WAITING
from albergues_app.ocupacion.services.union import Cruzadas, cross, stays_of
from albergues_app.ocupacion.unidas import speakers
from albergues_app.ocupacion.visibility import seen_personas

MOST_COUNTED = 1000
ORIGENES = {"registro": "Del registro", "libro": "De un libro cargado"}
ESTADOS = {"sin_responder": "Sin responder", "no_se": "Con «No sé»", "misma": "La misma, sin unir"}


@dataclass(frozen=True)
class Filtro:
    """What part of the queue is looked at. Anything else shows all."""

    estado: str = ""
    origen: str = ""
    albergue: str = ""

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filtro:
        estado, origen = args.get("estado", ""), args.get("origen", "")
        return cls(
            estado if estado in ESTADOS else "",
            origen if origen in ORIGENES else "",
            args.get("albergue", "")[:12],
        )

    def __bool__(self) -> bool:
        return bool(self.estado or self.origen or self.albergue)


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
    cruces: tuple[tuple[str, str], ...] = ()
    """What may be said of their stays at the same time, in words; empty: they do not cross."""
    lejos: bool = False
    """They cross where this account may not look: the national office joins them."""

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


_ONE, _OTHER = aliased(Persona), aliased(Persona)
_UNA = func.coalesce(_ONE.unida_a, _ONE.id)
_OTRA = func.coalesce(_OTHER.unida_a, _OTHER.id)


def _waiting(identity: Identity, filtro: Filtro | None = None) -> Any:
    """Unanswered, «No sé», or the same person and not yet one; both known to the account, none dissociated.

    Who may not join waits for a pair said to be the same only while it is inside twice.
    """
    d = PosibleDuplicado

    def inside(column: Any) -> Any:
        return exists().where(Estancia.persona_id == column, Estancia.egreso_en.is_(None))

    joins = role_may(identity.rol, Permiso.IDENTIDAD_UNIR)
    twice = and_(d.respuesta == "misma", true() if joins else and_(inside(_UNA), inside(_OTRA)))
    stmt: Any = (
        select(d.id, d.respuesta, d.encontrado_en)
        .join(_ONE, _ONE.id == d.persona_id)
        .join(_OTHER, _OTHER.id == d.otra_id)
        .where(or_(d.respuesta.in_(WAITING), twice), _UNA != _OTRA)
    )
    for column in (_UNA, _OTRA):
        stay: Any = select(Estancia.id).where(Estancia.persona_id == column).correlate(d, _ONE, _OTHER)
        held = exists().where(PersonaVersion.persona_id == column, PersonaVersion.actual)
        stmt = stmt.where(held, visible(stay, identity, Permiso.PERSONA_VER, Estancia).exists())
    if filtro is not None and filtro.estado:
        stmt = stmt.where(d.respuesta == filtro.estado)
    if filtro is not None and filtro.origen:
        stmt = stmt.where(d.origen == filtro.origen)
    if filtro is not None and filtro.albergue:
        here = Estancia.albergue_codigo == filtro.albergue
        stmt = stmt.where(
            exists().where(or_(Estancia.persona_id == _UNA, Estancia.persona_id == _OTRA), here)
        )
    return stmt


def pending(identity: Identity, filtro: Filtro | None = None) -> Pendientes:
    """How many wait for this account, in one statement; beyond a thousand nobody needs the exact number."""
    rows = _waiting(identity, filtro).limit(MOST_COUNTED).subquery()
    count, unsure, oldest = db.session.execute(
        select(
            func.count(),
            func.count().filter(rows.c.respuesta == "no_se"),
            func.min(rows.c.encontrado_en),
        ).select_from(rows)
    ).one()
    return Pendientes(int(count), int(unsure), oldest)


def pairs(identity: Identity, limit: int, filtro: Filtro | None = None) -> list[Par]:
    """The oldest that wait, with both persons; the reading is logged. Inside ``unit_of_work``."""
    d = PosibleDuplicado
    stmt = _waiting(identity, filtro).order_by(d.encontrado_en, d.id).limit(limit)
    return _pairs(identity, list(db.session.scalars(stmt)))


def pair(identity: Identity, duplicado_id: UUID) -> Par | None:
    """One of them, to show it again; None when it no longer waits. Inside ``unit_of_work``."""
    stmt = _waiting(identity).where(PosibleDuplicado.id == duplicado_id)
    found = _pairs(identity, list(db.session.scalars(stmt)))
    return found[0] if found else None


def _pairs(identity: Identity, ids: list[UUID]) -> list[Par]:
    d = PosibleDuplicado
    found = list(db.session.scalars(select(d).where(d.id.in_(ids)).order_by(d.encontrado_en, d.id)))
    speaks = speakers(i for row in found for i in (row.persona_id, row.otra_id))
    people = personas_by_id(speaks.values(), "web:coincidencias")
    stays = visible_stays(identity, list(people))
    reasons = _reasons(people)
    joins = role_may(identity.rol, Permiso.IDENTIDAD_UNIR)
    all_stays = stays_of(people) if joins else {i: [] for i in people}
    crossing = {
        row.id: cross(all_stays[speaks[row.persona_id]], all_stays[speaks[row.otra_id]]) for row in found
    }
    names = _shelter_names(c for one in crossing.values() for c in one)
    shown = []
    for row in found:
        one, other, crossed = speaks[row.persona_id], speaks[row.otra_id], crossing[row.id]
        far = len(crossed) > 1 or not may_see(identity, crossed)
        shown.append(
            Par(
                row.id,
                Lado(people[one], stays[one]),
                Lado(people[other], stays[other]),
                reasons_between(reasons[one], reasons[other]),
                row.respuesta,
                row.encontrado_en,
                () if far or not crossed else in_words(crossed[0], names),
                far,
            )
        )
    return shown


def _shelter_names(crossing: Iterable[Cruzadas]) -> dict[str, str]:
    codes = {stay.albergue_codigo for c in crossing for stay in (c.primera, c.segunda)}
    rows = db.session.execute(select(Albergue.codigo, Albergue.nombre).where(Albergue.codigo.in_(codes)))
    return {row.codigo: row.nombre for row in rows}


def may_see(identity: Identity, crossing: Collection[Cruzadas]) -> bool:
    """Are the stays that cross all of the account's territory?"""
    return all(
        permits(identity, Permiso.PERSONA_VER, stay) for c in crossing for stay in (c.primera, c.segunda)
    )


def in_words(cruce: Cruzadas, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Code and sentence of each thing that may be said of two stays at the same time."""
    first, second = names[cruce.primera.albergue_codigo], names[cruce.segunda.albergue_codigo]
    since = [f"{clock.to_local(s.ingreso_en):%d/%m/%Y %H:%M}" for s in (cruce.primera, cruce.segunda)]
    if cruce.mismo_albergue:
        words = {
            "queda_primera": f"Se registró dos veces: queda el ingreso del {since[0]} y se anula el del {since[1]}",
            "queda_segunda": f"Se registró dos veces: queda el ingreso del {since[1]} y se anula el del {since[0]}",
        }
    else:
        words = {
            "paso": f"Pasó de {first} a {second}: salió de {first} el {since[1]}",
            "queda_primera": f"Queda en {first}: el ingreso en {second} fue un error y se anula",
            "queda_segunda": f"Queda en {second}: el ingreso en {first} fue un error y se anula",
        }
    return tuple((choice.value, words[choice.value]) for choice in cruce.choices())


def _reasons(ids: Collection[UUID]) -> dict[UUID, Any]:
    v = PersonaVersion.__table__
    rows = db.session.execute(select(v).where(v.c.persona_id.in_(list(ids)), v.c.actual))
    return {row.persona_id: row for row in rows}


def shelters_waiting(identity: Identity) -> list[tuple[str, str]]:
    """Code and name of the shelters that have a person in the queue, for the filter."""
    rows = _waiting(identity).with_only_columns(_UNA.label("una"), _OTRA.label("otra")).limit(MOST_COUNTED)
    waiting = rows.subquery()
    stmt: Any = (
        select(Albergue.codigo, Albergue.nombre)
        .join(Estancia, Estancia.albergue_codigo == Albergue.codigo)
        .where(
            or_(
                Estancia.persona_id.in_(select(waiting.c.una)),
                Estancia.persona_id.in_(select(waiting.c.otra)),
            )
        )
        .distinct()
        .order_by(Albergue.nombre, Albergue.codigo)
    )
    return [
        (codigo, nombre)
        for codigo, nombre in db.session.execute(visible(stmt, identity, Permiso.PERSONA_VER, Estancia))
    ]


def visible_pair(identity: Identity, duplicado_id: UUID) -> PosibleDuplicado:
    """:raises NotFound: absent, or one of the two is of another territory."""
    row = db.session.get(PosibleDuplicado, duplicado_id)
    if row is None or len(seen_personas(identity, (row.persona_id, row.otra_id))) < 2:
        raise NotFound()
    return row
