"""What is to be attended in a shelter: counts without names, and the list by family code for who attends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, or_, select, union_all

from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.derive import VIGENTE
from albergues_app.ocupacion.models import Familia, Persona
from albergues_app.ocupacion.models_derivadas import ResumenFamilia, Tramo
from albergues_app.ocupacion.models_necesidad import Necesidad
from albergues_app.ocupacion.services.necesidades import ATENCIONES, Atencion, of_these
from albergues_app.ocupacion.unidas import gather


class _DeClase:
    """Something of one kind of need: what the shelter does with it."""

    codigo: str

    @property
    def atencion(self) -> Atencion:
        return ATENCIONES[self.codigo]


@dataclass(frozen=True)
class Cuenta(_DeClase):
    """A kind of need in a shelter: how many wait, how many past their hour, and the first hour owed."""

    codigo: str
    por_atender: int
    vencidas: int
    primera: datetime


@dataclass(frozen=True)
class PorAtender(_DeClase):
    """One need that waits, as the family's page and the list of the shelter show it."""

    id: UUID
    familia_id: UUID
    familia: str
    persona_id: UUID | None
    codigo: str
    vence_en: datetime


def _waiting(activaciones: Any) -> Any:
    """(need, activation, family) of what waits in those activations: of a family where it is; of a person where that
    human being is, joined records too, with the family it belongs to now."""
    n, r, t, p = table_of(Necesidad), table_of(ResumenFamilia), table_of(Tramo), table_of(Persona)
    inside = (
        VIGENTE,
        t.c.clase == "dentro",
        t.c.hasta == clock.FOREVER,
        t.c.activacion_id.in_(activaciones),
        n.c.atendida_en.is_(None),
    )
    families = select(n.c.id, r.c.activacion_id, n.c.familia_id).where(
        n.c.familia_id == r.c.familia_id,
        func.coalesce(n.c.persona_id, n.c.familia_id)
        == n.c.familia_id,  # as IS NULL, SQLite began by every family's
        n.c.atendida_en.is_(None),
        r.c.activacion_id.in_(activaciones),
    )
    persons = select(n.c.id, t.c.activacion_id, t.c.familia_id).where(
        n.c.persona_id == t.c.persona_id, *inside
    )
    joined = select(n.c.id, t.c.activacion_id, t.c.familia_id).where(
        n.c.persona_id == p.c.id, p.c.unida_a == t.c.persona_id, *inside
    )
    return union_all(families, persons, joined).subquery("espera")


def counts_of(activacion_id: UUID, now: datetime) -> list[Cuenta]:
    """By kind, what is owed first at the top. A need of a whole family counts once."""
    n, here = table_of(Necesidad), _waiting([activacion_id])
    first = func.min(n.c.vence_en)
    stmt = (
        select(n.c.codigo, func.count(), func.sum(case((n.c.vence_en < now, 1), else_=0)), first)
        .join(here, here.c.id == n.c.id)
        .group_by(n.c.codigo)
        .order_by(first, n.c.codigo)
    )
    return [Cuenta(*row) for row in db.session.execute(stmt)]


def waiting_in(activacion_id: UUID, limit: int) -> list[PorAtender]:
    """The needs of a shelter one by one, the most owed first, by family code: no name is read."""
    n, f, here = table_of(Necesidad), table_of(Familia), _waiting([activacion_id])
    stmt = (
        select(
            n.c.id,
            f.c.id.label("familia_id"),
            f.c.codigo.label("familia"),
            n.c.persona_id,
            n.c.codigo,
            n.c.vence_en,
        )
        .join(here, here.c.id == n.c.id)
        .join(f, f.c.id == here.c.familia_id)
        .order_by(n.c.vence_en, n.c.id)
        .limit(limit)
    )
    return [PorAtender(*row) for row in db.session.execute(stmt)]


def late_by_shelter(activaciones: Any, now: datetime) -> dict[UUID, int]:
    """Needs past their hour, by activation, of those ids (a list, or a statement of them)."""
    n, here = table_of(Necesidad), _waiting(activaciones)
    stmt = (
        select(here.c.activacion_id, func.count())
        .join(n, n.c.id == here.c.id)
        .where(n.c.vence_en < now)
        .group_by(here.c.activacion_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(stmt)}


@dataclass(frozen=True)
class DeFamilia(_DeClase):
    """A need on the page of its family: waiting, or attended lately."""

    id: UUID
    persona_id: UUID | None
    codigo: str
    vence_en: datetime
    atendida_en: datetime | None
    como: str | None


def of_familia(familia_id: UUID, personas: Collection[UUID], now: datetime) -> list[DeFamilia]:
    """What a family and these of its members wait for, the most owed first, and what was attended in the last three
    days; of joined records, under the one that speaks."""
    n, speaks = table_of(Necesidad), gather(personas)
    stmt = (
        select(n.c.id, n.c.persona_id, n.c.codigo, n.c.vence_en, n.c.atendida_en, n.c.como)
        .where(
            of_these(familia_id, speaks),
            or_(n.c.atendida_en.is_(None), n.c.atendida_en > now - timedelta(days=3)),
        )
        .order_by(n.c.atendida_en.is_not(None), n.c.vence_en, n.c.id)
    )
    return [DeFamilia(row.id, speaks.get(row.persona_id), *row[2:]) for row in db.session.execute(stmt)]
