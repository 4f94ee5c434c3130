"""Figures of families outside shelters, with totals of their own: never in a row or a total of those in shelters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.core.db import db
from albergues_app.ocupacion.models import Familia, Persona, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia, ResumenFamilia
from albergues_app.ocupacion.models_fuera import AnimalesFamilia, EstimacionFuera, FamiliaFuera
from albergues_app.ocupacion.services.animales import ESPECIES

MODALIDAD_NOMBRE = {
    "auto_albergue": "Auto-albergue (por su cuenta)",
    "casa_acogiente": "Con familia acogiente",
}


@dataclass
class FilaFuera:
    """A place: registered by name, and estimated, side by side. They may be the same people: they do not add up."""

    codigo: str
    familias: int = 0
    personas: int = 0
    estimadas: int | None = None
    por_modalidad: dict[str, int] = field(default_factory=dict)
    estimacion_mas_vieja: datetime | None = None

    def add(self, other: FilaFuera) -> None:
        self.familias += other.familias
        self.personas += other.personas
        if other.estimadas is not None:
            self.estimadas = (self.estimadas or 0) + other.estimadas
            hours = [h for h in (self.estimacion_mas_vieja, other.estimacion_mas_vieja) if h is not None]
            self.estimacion_mas_vieja = min(hours)


@dataclass
class CuadroFuera:
    """Municipalities, their departments and the whole of the account's territory."""

    municipios: list[FilaFuera]
    departamentos: list[FilaFuera]
    total: FilaFuera


def outside_figures(identity: Identity, emergencia_id: UUID) -> CuadroFuera:
    """Who is outside now: registered families with their members who are in no shelter, and the last estimates."""
    rows: dict[str, FilaFuera] = {}
    for codigo, families, persons in _registered(identity, emergencia_id):
        row = rows.setdefault(codigo, FilaFuera(codigo))
        row.familias, row.personas = families, persons
    for one in last_estimates(identity, emergencia_id):
        row = rows.setdefault(one.municipio_codigo, FilaFuera(one.municipio_codigo))
        row.add(FilaFuera("", estimadas=one.personas, estimacion_mas_vieja=one.corte))
        row.por_modalidad[one.modalidad] = one.personas
    departments: dict[str, FilaFuera] = {}
    total = FilaFuera("total")
    for codigo in sorted(rows):
        departments.setdefault(codigo[:2], FilaFuera(codigo[:2])).add(rows[codigo])
        total.add(rows[codigo])
    return CuadroFuera([rows[c] for c in sorted(rows)], list(departments.values()), total)


def _registered(identity: Identity, emergencia_id: UUID) -> list[tuple[str, int, int]]:
    """(municipality, families, persons) outside; who is in a shelter, or entered one since, does not count here.

    A human being counts once, with the family that went there last; those whose members were forgotten, by their count.
    """
    f, p, e, who = FamiliaFuera, Pertenencia.__table__, Estancia.__table__, Persona.__table__
    human = func.coalesce(who.c.unida_a, who.c.id)
    rank = func.row_number().over(
        partition_by=p.c.persona_id,
        order_by=(p.c.vigente_desde.desc(), p.c.registrado_en.desc(), p.c.id.desc()),
    )
    ever = (
        select(p.c.persona_id).join(f, f.familia_id == p.c.familia_id).where(f.emergencia_id == emergencia_id)
    )
    latest = (
        select(p.c.persona_id, p.c.familia_id, rank.label("n")).where(p.c.persona_id.in_(ever)).subquery()
    )
    came_in = or_(e.c.egreso_en.is_(None), e.c.ingreso_en >= f.desde)
    inside = select(e.c.id).where(e.c.persona_id == human, came_in).correlate(f, who).exists()
    once = func.row_number().over(partition_by=human, order_by=(f.desde.desc(), f.id.desc()))
    people = (
        select(f.id, once.label("n"))
        .join(latest, (latest.c.familia_id == f.familia_id) & (latest.c.n == 1))
        .join(who, who.c.id == latest.c.persona_id)
        .where(f.emergencia_id == emergencia_id, f.hasta.is_(None), f.mujeres.is_(None), ~inside)
        .subquery()
    )
    stmt: Any = (
        select(f.municipio_codigo, func.count(func.distinct(f.familia_id)), func.count())
        .join(people, (people.c.id == f.id) & (people.c.n == 1))
        .group_by(f.municipio_codigo)
    )
    kept = f.mujeres + f.hombres + f.no_registrado
    forgotten: Any = (
        select(f.municipio_codigo, func.count(), func.sum(kept))
        .where(f.emergencia_id == emergencia_id, f.hasta.is_(None), kept > 0)
        .group_by(f.municipio_codigo)
    )
    found: dict[str, tuple[int, int]] = {}
    for one in (stmt, forgotten):
        for codigo, families, persons in db.session.execute(visible(one, identity, Permiso.FUERA_CONTAR, f)):
            before = found.get(codigo, (0, 0))
            found[codigo] = before[0] + int(families), before[1] + int(persons)
    return [(codigo, *counts) for codigo, counts in found.items()]


def last_estimates(identity: Identity, emergencia_id: UUID) -> list[EstimacionFuera]:
    """The newest estimate of each municipality and way of sheltering."""
    x = EstimacionFuera
    stmt = visible(select(x).where(x.emergencia_id == emergencia_id), identity, Permiso.FUERA_CONTAR, x)
    newest: dict[tuple[str, str], EstimacionFuera] = {}
    for row in db.session.scalars(stmt.order_by(x.corte, x.registrado_en, x.id)):
        newest[row.municipio_codigo, row.modalidad] = row
    return [newest[key] for key in sorted(newest)]


def families_outside(
    identity: Identity, emergencia_id: UUID, limit: int = 200
) -> list[tuple[FamiliaFuera, str, int]]:
    """Families still outside: the row, the code of the family, and its members. Without names."""
    f, p, e, who = FamiliaFuera, Pertenencia, Estancia, Persona
    human = func.coalesce(who.unida_a, who.id)
    came_in = or_(e.egreso_en.is_(None), e.ingreso_en >= f.desde)
    stayed = ~select(e.id).where(e.persona_id == human, came_in).correlate(f, who).exists()
    members = (
        select(func.count(func.distinct(human)))
        .select_from(p)
        .join(who, who.id == p.persona_id)
        .where(p.familia_id == f.familia_id, stayed)
        .correlate(f)
        .scalar_subquery()
    )
    stmt: Any = (
        select(f, Familia.codigo, members)
        .join(Familia, Familia.id == f.familia_id)
        .where(f.emergencia_id == emergencia_id, f.hasta.is_(None))
        .order_by(f.municipio_codigo, f.desde.desc(), f.id)
    )
    rows = db.session.execute(visible(stmt, identity, Permiso.FUERA_VER, f).limit(limit))
    return [(row[0], row[1], int(row[2])) for row in rows if row[2]]


def _latest_animals() -> Any:
    a = AnimalesFamilia.__table__
    rank = func.row_number().over(
        partition_by=(a.c.familia_id, a.c.especie), order_by=(a.c.registrado_en.desc(), a.c.id.desc())
    )
    return select(a.c.familia_id, a.c.especie, a.c.cantidad, rank.label("n")).subquery()


def animals_of(familia_id: UUID) -> dict[str, int]:
    """Kind → how many, as the family said last."""
    latest = _latest_animals()
    stmt = select(latest.c.especie, latest.c.cantidad).where(
        latest.c.familia_id == familia_id, latest.c.n == 1
    )
    return {row.especie: row.cantidad for row in db.session.execute(stmt)}


def animals_inside(activacion_id: UUID) -> list[tuple[str, int]]:
    """(kind, how many) of the families with somebody inside; a split family's count where most of it is."""
    latest, r = _latest_animals(), ResumenFamilia.__table__
    here = r.alias("here")
    rank = func.row_number().over(
        partition_by=r.c.familia_id, order_by=(r.c.personas.desc(), r.c.activacion_id)
    )
    families = select(here.c.familia_id).where(here.c.activacion_id == activacion_id, here.c.personas > 0)
    where_most = (
        select(r.c.familia_id, r.c.activacion_id, rank.label("n"))
        .where(r.c.personas > 0, r.c.familia_id.in_(families))
        .subquery()
    )
    stmt = (
        select(latest.c.especie, func.sum(latest.c.cantidad))
        .join(where_most, where_most.c.familia_id == latest.c.familia_id)
        .where(latest.c.n == 1, where_most.c.n == 1, where_most.c.activacion_id == activacion_id)
        .group_by(latest.c.especie)
    )
    counts = {row[0]: int(row[1]) for row in db.session.execute(stmt)}
    return [(name, counts[kind]) for kind, name in ESPECIES.items() if counts.get(kind)]
