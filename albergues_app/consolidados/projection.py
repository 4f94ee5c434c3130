"""Hours until full, by the pace of arrivals and departures: a projection with its method, never a figure.

The net pace of a shelter is the smallest of its paces over the last 6, 12 and 24 hours when the three go the same way,
else none: one bus neither makes nor hides a trend. It is taken to fade by half every four hours, as surges do; held
against a known series (``backtest``), an unfading pace was twice as wrong at 24 hours as saying that nothing changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from statistics import median
from uuid import UUID

from sqlalchemy import select, text

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.consolidados.scope import Ambito
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Tramo

WINDOWS = (6, 12, 24)
FADES_H = 6.0
"""The pace fades as exp(-h / FADES_H): half of it is left after 4.2 hours."""
HORIZON_H = 72
METODO = (
    "Proyección, no es un dato. El ritmo de cada albergue (entradas menos salidas por hora, según el libro) es el menor "
    "de los de las últimas 6, 12 y 24 horas, si los tres van hacia el mismo lado; si no, ninguno. Se supone que se apaga: "
    "cada 4 horas queda la mitad. Si así no llena el albergue en 72 horas, no se dice cuándo."
)


@dataclass(frozen=True)
class Ritmo:
    """Persons per hour, arriving and leaving, and the net pace used to project."""

    entran: float
    salen: float
    neto: float

    def hours_to(self, free: int | None) -> float | None:
        """Hours until ``free`` places are taken; None: unknown capacity, full already, or never at this pace."""
        if free is None or free <= 0 or self.neto * FADES_H <= free:
            return None
        hours = -FADES_H * log(1 - free / (self.neto * FADES_H))
        return hours if hours <= HORIZON_H else None

    def persons_in(self, now: int, hours: float) -> int:
        """Persons expected after some hours, never below 0."""
        return max(0, round(now + self.neto * FADES_H * (1 - exp(-hours / FADES_H))))


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


def pace(
    arrivals: Iterable[datetime], departures: Iterable[datetime], at: datetime, since: datetime
) -> Ritmo:
    """The pace at an instant from the hours people came and went; a window never reaches before ``since``."""
    came, left = sorted(arrivals), sorted(departures)
    came_rates, left_rates, nets = [], [], []
    for window in WINDOWS:
        start = max(at - timedelta(hours=window), since)
        hours = max(1.0, (at - start).total_seconds() / 3600)
        a = sum(start < t <= at for t in came) / hours
        d = sum(start < t <= at for t in left) / hours
        came_rates.append(a)
        left_rates.append(d)
        nets.append(a - d)
    return Ritmo(median(came_rates), median(left_rates), _agreed(nets))


def _agreed(nets: Sequence[float]) -> float:
    """The smallest of the paces that all go the same way; 0 when they do not."""
    if min(nets) > 0:
        return min(nets)
    return max(nets) if max(nets) < 0 else 0.0


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


def project(emergencia_id: UUID, ambito: Ambito, now: datetime) -> list[Proyeccion]:
    """The open shelters of a place, what is full or fills first on top."""
    from albergues_app.consolidados.build import WHOLE_COUNTRY

    table = cuadro(WHOLE_COUNTRY, "albergue", now, None, emergencia_id)
    moved = comings_and_goings(emergencia_id, now - timedelta(hours=max(WINDOWS)), now)
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
    return found


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


@dataclass(frozen=True)
class Error:
    """How wrong projections of one horizon were: persons per shelter."""

    horas: int
    casos: int
    medio: float
    p90: float
    medio_sin_cambio: float
    """The mean error of saying «the same as now», to compare with."""


def backtest(
    emergencia_id: UUID, start: datetime, end: datetime, horizons: Sequence[int] = (6, 12, 24)
) -> list[Error]:
    """Project every shelter every six hours of a known series and compare with what came."""
    moved = comings_and_goings(emergencia_id, start - timedelta(days=400), end)
    sites = db.session.execute(select(Albergue.id)).scalars().all()
    opened = _opened(emergencia_id)
    errors: dict[int, list[tuple[float, float]]] = {h: [] for h in horizons}
    for site in sites:
        came, left = moved.get(site, ([], []))
        if not came or site not in opened:
            continue
        came, left = sorted(came), sorted(left)
        at = max(start, opened[site]) + timedelta(hours=6)
        while at <= end:
            inside = _count(came, at) - _count(left, at)
            rate = pace(came, left, at, opened[site])
            for h in horizons:
                later = at + timedelta(hours=h)
                if later <= end:
                    real = _count(came, later) - _count(left, later)
                    errors[h].append((abs(rate.persons_in(inside, h) - real), abs(inside - real)))
            at += timedelta(hours=6)
    return [_error(h, found) for h, found in errors.items() if found]


def _count(moments: list[datetime], at: datetime) -> int:
    from bisect import bisect_right

    return bisect_right(moments, at)


def _error(horas: int, found: list[tuple[float, float]]) -> Error:
    ours = sorted(e for e, _ in found)
    return Error(
        horas, len(ours), round(sum(ours) / len(ours), 2), ours[int(0.9 * (len(ours) - 1))],
        round(sum(b for _, b in found) / len(found), 2),
    )  # fmt: skip
