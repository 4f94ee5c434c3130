"""Hours until full of each shelter of a place, and how wrong that was lately: a projection, never a figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.consolidados.scope import Ambito
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models_derivadas import Tramo
from albergues_app.ocupacion.pace import Ritmo, count, pace

HORIZONS = (6, 12, 24)
TRIED = timedelta(days=3)
"""How far back the page tries its own projection."""
LONGEST = timedelta(days=400)
METODO = (
    "Proyección, no es un dato. El ritmo de cada albergue (entradas menos salidas por hora, según el libro) es el menor "
    "de los de las últimas 6, 12 y 24 horas, si los tres van hacia el mismo lado; si no, ninguno. Se supone que se apaga: "
    "cada 4 horas queda la mitad. Si así no llena el albergue en 72 horas, no se dice cuándo."
)


@dataclass(frozen=True)
class Proyeccion:
    """One shelter with its pace."""

    codigo: str
    nombre: str
    municipio: str
    reservada: bool
    personas: int
    capacidad: int | None
    libres: int | None
    ritmo: Ritmo
    horas: float | None


def comings_and_goings(
    emergencia_id: UUID, start: datetime, end: datetime
) -> Mapping[UUID, tuple[list[datetime], list[datetime]]]:
    """By site: when people entered and left between two instants, from the intervals held now.

    An interval that begins where another of the same person in the same shelter ends is a change of data, not a move.
    """
    t, a = table_of(Tramo), table_of(Activacion)
    stmt = (
        select(a.c.albergue_id, t.c.persona_id, t.c.desde, t.c.hasta)
        .select_from(t.join(a, a.c.id == t.c.activacion_id))
        .where(
            text("tramo.vigente"),
            t.c.clase == "dentro",
            a.c.emergencia_id == emergencia_id,
            t.c.hasta >= start,
            t.c.desde <= end,
        )
    )
    begins: dict[tuple[UUID, UUID], set[datetime]] = defaultdict(set)
    ends: dict[tuple[UUID, UUID], set[datetime]] = defaultdict(set)
    for albergue, persona, desde, hasta in db.session.execute(stmt):
        begins[(albergue, persona)].add(desde)
        ends[(albergue, persona)].add(hasta)
    found: dict[UUID, tuple[list[datetime], list[datetime]]] = defaultdict(lambda: ([], []))
    for key, moments in begins.items():
        came, left = found[key[0]]
        came.extend(m for m in moments - ends[key] if start < m <= end)
        left.extend(m for m in ends[key] - moments if start < m <= end)
    return found


@dataclass(frozen=True)
class Error:
    """How wrong projections of one horizon were: persons per shelter."""

    horas: int
    casos: int
    medio: float
    p90: float
    medio_sin_cambio: float
    """The mean error of saying «the same as now», to compare with."""


@dataclass(frozen=True)
class Proyecciones:
    """The open shelters of a place, what is full or fills first on top; and how wrong it was of them lately."""

    filas: list[Proyeccion]
    errores: list[Error]


def project(emergencia_id: UUID, ambito: Ambito, now: datetime) -> Proyecciones:
    """Project every open shelter of a place, and try the same on its last days, as they are known today."""
    from albergues_app.consolidados.build import WHOLE_COUNTRY

    table = cuadro(WHOLE_COUNTRY, "albergue", now, None, emergencia_id)
    moved = comings_and_goings(emergencia_id, now - LONGEST, now)
    opened = _opened(emergencia_id)
    found = []
    for fila in table.filas:
        if not ambito.covers(fila.municipio) or fila.id is None or fila.solo_declaradas:
            continue  # a shelter without names has no pace in the ledger
        came, left = moved.get(fila.id, ([], []))
        rate = pace(came, left, now, opened.get(fila.id, now - timedelta(hours=1)))
        found.append(
            Proyeccion(
                fila.codigo, fila.nombre, fila.municipio or "", fila.reservada, fila.personas, fila.capacidad,
                fila.diferencia, rate, rate.hours_to(fila.diferencia),
            )
        )  # fmt: skip
    found.sort(key=_soonest)
    sites = [f.id for f in table.filas if f.id is not None and ambito.covers(f.municipio)]
    return Proyecciones(found, _errors(moved, opened, sites, now - TRIED, now, HORIZONS))


def _soonest(p: Proyeccion) -> tuple[int, float, float, str]:
    """What is full, then what fills first, then the rest by its pace."""
    if p.libres is not None and p.libres <= 0:
        return 0, float(p.libres), 0.0, p.codigo
    return (2, 0.0, -p.ritmo.neto, p.codigo) if p.horas is None else (1, p.horas, 0.0, p.codigo)


def _opened(emergencia_id: UUID) -> dict[UUID, datetime]:
    a = table_of(Activacion)
    stmt = select(a.c.albergue_id, a.c.abierta_en).where(
        a.c.emergencia_id == emergencia_id, a.c.abierta_en.is_not(None)
    )
    return {row.albergue_id: row.abierta_en for row in db.session.execute(stmt.order_by(a.c.abierta_en))}


def backtest(
    emergencia_id: UUID, start: datetime, end: datetime, horizons: Sequence[int] = HORIZONS
) -> list[Error]:
    """Project every shelter every six hours of a known series and compare with what came."""
    moved = comings_and_goings(emergencia_id, start - LONGEST, end)
    sites = db.session.execute(select(Albergue.id)).scalars().all()
    return _errors(moved, _opened(emergencia_id), sites, start, end, horizons)


def _errors(
    moved: Mapping[UUID, tuple[list[datetime], list[datetime]]],
    opened: Mapping[UUID, datetime],
    sites: Collection[UUID],
    start: datetime,
    end: datetime,
    horizons: Sequence[int],
) -> list[Error]:
    errors: dict[int, list[tuple[float, float]]] = {h: [] for h in horizons}
    for site in sites:
        came, left = moved.get(site, ([], []))
        if not came or site not in opened:
            continue
        came, left = sorted(came), sorted(left)
        at = max(start, opened[site]) + timedelta(hours=6)
        while at <= end:
            inside = count(came, at) - count(left, at)
            rate = pace(came, left, at, opened[site])
            for h in horizons:
                later = at + timedelta(hours=h)
                if later <= end:
                    real = count(came, later) - count(left, later)
                    errors[h].append((abs(rate.persons_in(inside, h) - real), abs(inside - real)))
            at += timedelta(hours=6)
    return [_error(h, found) for h, found in errors.items() if found]


def _error(horas: int, found: list[tuple[float, float]]) -> Error:
    ours = sorted(e for e, _ in found)
    return Error(
        horas, len(ours), round(sum(ours) / len(ours), 2), ours[int(0.9 * (len(ours) - 1))],
        round(sum(b for _, b in found) / len(found), 2),
    )  # fmt: skip
