"""Reads with names in them: each one notes who read, in the same transaction. Call them inside ``unit_of_work``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.audit.listener import record_reading
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.bandas import age_on
from albergues_app.ocupacion.models import Familia, Movimiento, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia


@dataclass(frozen=True)
class PersonaVista:
    """A person as a screen shows it."""

    id: UUID
    nombres: str
    apellidos: str | None
    sexo: str
    edad: int | None
    edad_unidad: str | None
    nacimiento: date | None
    parentesco: str | None
    grupos: int

    @property
    def nombre(self) -> str:
        return f"{self.nombres} {self.apellidos or ''}".strip()

    def edad_texto(self, day: date) -> str:
        """Age on a day as people say it: months and days for the small ones."""
        if self.nacimiento is None:
            return "sin dato"
        years = age_on(self.nacimiento, day)
        if years >= 2:
            return f"{years} años"
        days = max(0, (day - self.nacimiento).days)
        return f"{days // 30} meses" if days >= 60 else f"{days} días"


def personas_by_id(
    ids: Iterable[UUID], pantalla: str, municipio: str | None = None
) -> dict[UUID, PersonaVista]:
    """What is held of these persons now; the reading is logged."""
    wanted = list(dict.fromkeys(ids))
    v = PersonaVersion.__table__
    rows = db.session.execute(
        select(
            v.c.persona_id, v.c.nombres, v.c.apellidos, v.c.sexo, v.c.edad, v.c.edad_unidad, v.c.nacimiento,
            v.c.parentesco, v.c.grupos,
        ).where(v.c.persona_id.in_(wanted), v.c.actual)
    )  # fmt: skip
    found = {row.persona_id: PersonaVista(*row) for row in rows}
    record_reading(db.session(), list(found), pantalla, municipio)
    return found


def ingreso_ids(activacion_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
    """Client ids of the check-ins of an activation, in order of id."""
    m = Movimiento.__table__
    stmt = select(m.c.operacion_id).where(
        m.c.activacion_id == activacion_id, m.c.tipo.in_(("ingreso", "nacimiento"))
    )
    if after is not None:
        stmt = stmt.where(m.c.operacion_id > after)
    return list(db.session.scalars(stmt.distinct().order_by(m.c.operacion_id).limit(limit)))


def ingreso_bodies(activacion_id: UUID, ids: Sequence[UUID], pantalla: str) -> list[dict[str, Any]]:
    """Check-ins as the API shows them, with the people as they are known now."""
    m, f = Movimiento.__table__, Familia.__table__
    stmt = (
        select(
            m.c.operacion_id, m.c.tipo, m.c.persona_id, m.c.ocurrido_en, m.c.capturado_en, m.c.registrado_en,
            f.c.id.label("familia_id"), f.c.codigo, f.c.municipio_procedencia,
        )
        .join_from(m, f, f.c.id == m.c.familia_id)
        .where(m.c.activacion_id == activacion_id, m.c.operacion_id.in_(ids), m.c.tipo.in_(("ingreso", "nacimiento")))
        .order_by(m.c.operacion_id, m.c.id)
    )  # fmt: skip
    rows = db.session.execute(stmt).all()
    people = personas_by_id((r.persona_id for r in rows), pantalla)
    bodies: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        body = bodies.setdefault(
            row.operacion_id,
            {
                "id": str(row.operacion_id),
                "clase": row.tipo,
                "activacion": str(activacion_id),
                "familia": {
                    "id": str(row.familia_id),
                    "codigo": row.codigo,
                    "municipio_procedencia": row.municipio_procedencia,
                },
                "personas": [],
                "ocurrido_en": clock.iso(row.ocurrido_en),
                "capturado_en": clock.iso(row.capturado_en),
                "registrado_en": clock.iso(row.registrado_en),
            },
        )
        person = people.get(row.persona_id)
        if person is not None:
            body["personas"].append(
                {
                    "id": str(person.id),
                    "nombres": person.nombres,
                    "apellidos": person.apellidos,
                    "sexo": person.sexo,
                    "edad": person.edad,
                    "edad_unidad": person.edad_unidad,
                    "parentesco": person.parentesco,
                }
            )
    return list(bodies.values())


@dataclass(frozen=True)
class Presente:
    """A person inside an activation now."""

    persona: PersonaVista
    familia_id: UUID
    familia_codigo: str
    ingreso_en: Any
    fuera: bool


def presentes(activacion_id: UUID, pantalla: str, limit: int = 200, offset: int = 0) -> list[Presente]:
    """Who is inside, by household; the reading of each is logged."""
    e, f = Estancia.__table__, Familia.__table__
    stmt = (
        select(e.c.persona_id, e.c.familia_id, f.c.codigo, e.c.ingreso_en, e.c.fuera, e.c.municipio_codigo)
        .join_from(e, f, f.c.id == e.c.familia_id)
        .where(e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None))
        .order_by(f.c.codigo, e.c.ingreso_en, e.c.id)
        .limit(limit)
        .offset(offset)
    )
    rows = db.session.execute(stmt).all()
    people = personas_by_id(
        (r.persona_id for r in rows), pantalla, rows[0].municipio_codigo if rows else None
    )
    return [
        Presente(people[r.persona_id], r.familia_id, r.codigo, r.ingreso_en, r.fuera)
        for r in rows
        if r.persona_id in people
    ]


def count_present(activacion_id: UUID) -> int:
    e = Estancia.__table__
    stmt = (
        select(func.count()).select_from(e).where(e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None))
    )
    return int(db.session.scalar(stmt) or 0)
