"""Closing a shelter: who is still inside by household, their departure together, the figures of its life."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from albergues_app.albergues.models import Activacion, ActivacionTransicion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.models import Familia, Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services import MovimientoNuevo, register_movimiento
from albergues_app.ocupacion.services.movimiento import DESTINOS
from albergues_app.ocupacion.services.nna import NeedsTwoPersons, held_back

AT_ONCE = 100
"""Households shown on one page; when these have left, the next come."""

CRITERIOS: dict[str, str] = {
    "riesgo": "El riesgo se evaluó y quedó superado",
    "clases": "La escuela pide el inmueble para volver a clases",
    "alternativa": "Queda poca gente y tiene una alternativa viable inmediata",
    "inseguro": "El inmueble dejó de ser seguro",
}
"""dominio.md 2.2: closing criteria, after El Salvador's guide."""

NOMBRADO = {"fallecimiento": "Fallecimiento", "traslado_sale": "Otro albergue"}


@dataclass
class FamiliaDentro:
    """A household with members still inside."""

    id: UUID
    codigo: str
    personas: list[UUID] = field(default_factory=list)
    vistas: list[PersonaVista] = field(default_factory=list)


def familias_inside(activacion_id: UUID) -> tuple[list[FamiliaDentro], int, int]:
    """The first households still inside, how many households there are, and how many persons. No names."""
    e, f = Estancia.__table__, Familia.__table__
    inside = (e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None))
    persons, families = db.session.execute(
        select(func.count(), func.count(func.distinct(e.c.familia_id))).where(*inside)
    ).one()
    first = (
        select(f.c.id, f.c.codigo)
        .where(f.c.id.in_(select(e.c.familia_id).where(*inside)))
        .order_by(f.c.codigo)
        .limit(AT_ONCE)
    )
    found = {row.id: FamiliaDentro(row.id, row.codigo) for row in db.session.execute(first)}
    members = select(e.c.persona_id, e.c.familia_id).where(*inside, e.c.familia_id.in_(list(found)))
    for row in db.session.execute(members.order_by(e.c.ingreso_en, e.c.id)):
        found[row.familia_id].personas.append(row.persona_id)
    return list(found.values()), int(families), int(persons)


def add_names(familias: list[FamiliaDentro], municipio: str) -> None:
    """Put names to them; each reading is logged. Call inside a unit of work."""
    people = personas_by_id((p for f in familias for p in f.personas), "activaciones:cierre", municipio)
    for familia in familias:
        familia.vistas = [people[p] for p in familia.personas if p in people]


def register_departures(
    activacion_id: UUID, destinos: Mapping[UUID, str], ocurrido_en: datetime
) -> dict[str, Any]:
    """The departure of whole households, each to its destination. Those without destination stay inside.

    :raises Invalid: nobody has a destination.
    """
    e = Estancia.__table__
    chosen = {familia: destino for familia, destino in destinos.items() if destino in DESTINOS}
    stmt = select(e.c.persona_id, e.c.familia_id).where(
        e.c.activacion_id == activacion_id, e.c.egreso_en.is_(None), e.c.familia_id.in_(list(chosen))
    )
    rows = db.session.execute(stmt.order_by(e.c.persona_id)).all()
    if not rows:
        raise Invalid([Aviso("falta_destino", "Elija el destino de al menos una familia.", "destino_todas")])
    held = held_back([row.persona_id for row in rows], ocurrido_en)
    stay = {row.familia_id for row in rows if row.persona_id in held}
    groups: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.familia_id not in stay:
            groups[chosen[row.familia_id]].append(row.persona_id)
    if not groups:
        raise NeedsTwoPersons()
    for destino, personas in sorted(groups.items()):
        register_movimiento(
            MovimientoNuevo(
                id=uuid7(),
                tipo="egreso",
                activacion_id=activacion_id,
                personas=personas,
                ocurrido_en=ocurrido_en,
                destino=destino,
                motivo="Cierre del albergue",
            )
        )
    count = sum(len(p) for p in groups.values())
    left = len({row.familia_id for row in rows} - stay)
    avisos = [_still_inside(len(stay)).as_dict()] if stay else []
    return {"id": str(activacion_id), "personas": count, "familias": left, "avisos": avisos}


def _still_inside(count: int) -> Aviso:
    who = "1 familia sigue" if count == 1 else f"{count} familias siguen"
    return Aviso(
        "requiere_dos_personas",
        f"{who} dentro: la salida de alguien menor de 18 años necesita dos personas. Pídala en «Personas».",
    )


def closing_figures(activacion: Activacion) -> dict[str, Any]:
    """What the closing act says of the shelter's life; destinations sum to the persons attended."""
    if activacion.abierta_en is None or activacion.cerrada_en is None:
        raise ValueError("the shelter has not closed")
    destinations = _destinations(activacion.id)
    persons = {p for people in destinations.values() for p, _f in people}
    families = {f for people in destinations.values() for _p, f in people}
    peak, peak_when, nights = _life(activacion.id, activacion.cerrada_en)
    days = (clock.local_day(activacion.cerrada_en) - clock.local_day(activacion.abierta_en)).days + 1
    return {
        "corte": clock.now(),
        "fuente": "registro nominal del albergue",
        "personas": len(persons),
        "familias": len(families),
        "destinos": [
            {"destino": d, "personas": len({p for p, _f in people}), "familias": len({f for _p, f in people})}
            for d, people in sorted(destinations.items())
        ],
        "grandes": [
            _big("Personas atendidas", len(persons), f"{len(families):,} familias"),
            _big(
                "Máximo a la vez", peak, f"el {clock.to_local(peak_when):%d/%m/%Y %H:%M}" if peak_when else ""
            ),
            _big("Noches-persona", nights, "personas dentro a cada medianoche"),
            _big("Días abierto", days, "contados el primero y el último"),
        ],
        "motivo": db.session.scalar(
            select(ActivacionTransicion.motivo).where(
                ActivacionTransicion.activacion_id == activacion.id, ActivacionTransicion.a == "cerrada"
            )
        ),
    }


def _big(rotulo: str, value: int, alcance: str) -> dict[str, str]:
    return {"rotulo": rotulo, "valor": f"{value:,}", "alcance": alcance}


def _destinations(activacion_id: UUID) -> dict[str, set[tuple[UUID, UUID]]]:
    """(person, family) by where the person's last stay here ended."""
    e, m = Estancia.__table__, Movimiento.__table__
    stmt = (
        select(e.c.persona_id, e.c.familia_id, e.c.egreso_tipo, m.c.destino)
        .join_from(e, m, m.c.id == e.c.egreso_movimiento, isouter=True)
        .where(e.c.activacion_id == activacion_id)
        .order_by(e.c.ingreso_en, e.c.id)
    )
    last: dict[UUID, tuple[UUID, str]] = {}
    for row in db.session.execute(stmt):
        name = NOMBRADO.get(row.egreso_tipo) or DESTINOS.get(row.destino, "Sin destino")
        last[row.persona_id] = (row.familia_id, name)
    found: dict[str, set[tuple[UUID, UUID]]] = defaultdict(set)
    for persona, (familia, name) in last.items():
        found[name].add((persona, familia))
    return found


def _life(activacion_id: UUID, end: datetime) -> tuple[int, datetime | None, int]:
    """(most persons at once, since when, person-nights), from the intervals inside."""
    t = Tramo.__table__
    steps: dict[datetime, int] = defaultdict(int)
    nights = 0
    stmt = select(t.c.desde, t.c.hasta).where(
        text("vigente"), t.c.activacion_id == activacion_id, t.c.clase == "dentro"
    )
    for since, until in db.session.execute(stmt):
        until = min(until, end)
        steps[since] += 1
        steps[until] -= 1
        nights += _midnights(since, until)
    inside = peak = 0
    peak_when: datetime | None = None
    for when in sorted(steps):
        inside += steps[when]
        if inside > peak:
            peak, peak_when = inside, when
    return peak, peak_when, nights


def _midnights(since: datetime, until: datetime) -> int:
    """Local midnights m with since <= m < until."""
    days = (clock.local_day(until) - clock.local_day(since)).days
    starts_on_one = clock.day_start(clock.local_day(since)) == since
    ends_on_one = clock.day_start(clock.local_day(until)) == until
    return max(0, days + int(starts_on_one) - int(ends_on_one))


def opening_figures(activacion: Activacion) -> dict[str, Any]:
    """Persons inside when the opening act is issued; the declared count beside them, never mixed."""
    from albergues_app.ocupacion.services.ingreso import count_inside
    from albergues_app.ocupacion.shelter_page import last_parte

    now = clock.now()
    declared = last_parte(activacion.id, now, now)
    e = Estancia.__table__
    families = db.session.scalar(
        select(func.count(func.distinct(e.c.familia_id))).where(
            e.c.activacion_id == activacion.id, e.c.egreso_en.is_(None)
        )
    )
    count = _big("Personas registradas", count_inside(activacion.id), f"{int(families or 0):,} familias")
    if declared is None:
        beside = {"rotulo": "Personas declaradas", "valor": "sin dato", "alcance": "sin parte todavía"}
    else:
        when = f"{clock.to_local(declared.corte):%d/%m/%Y %H:%M}"
        beside = _big("Personas declaradas", declared.personas, f"parte de las {when}, aparte del registro")
    return {"corte": now, "fuente": "registro nominal del albergue", "grandes": [count, beside]}
