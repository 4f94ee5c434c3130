"""How long a check-in takes at the door, measured in silence: numbers of seconds, of no person and of no account.

The screen counts with a clock that nobody sets; the server keeps what is plausible and drops the rest. Without
JavaScript nothing is sent, and nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from uuid import UUID

from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import insert_rows, run
from albergues_app.ocupacion.models_parte import TiempoPuerta
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo

SECONDS_MAX = 4 * 3600
"""More than this is no family at a desk: the page was left open."""
DAYS_SHOWN = 7


def note_door_time(datos: IngresoNuevo, typed_ms: str) -> None:
    """Keep how long this check-in took, in the caller's unit of work; what is no plausible number is not kept."""
    if not (typed_ms.isascii() and typed_ms.isdigit()):
        return
    seconds = round(int(typed_ms) / 1000)
    if not 1 <= seconds <= SECONDS_MAX:
        return
    insert_rows(
        TiempoPuerta,
        [
            {
                "id": datos.id,
                "activacion_id": datos.activacion_id,
                "dia": clock.local_day(clock.now()),
                "segundos": seconds,
                "personas": len(datos.personas),
            }
        ],
    )


@dataclass(frozen=True)
class DiaPuerta:
    """A median and of how many check-ins it is: of a day, or of all those shown (``dia`` None)."""

    dia: date | None
    mediana_s: int
    ingresos: int
    personas: int

    @property
    def mediana(self) -> str:
        """«1 min 12 s»."""
        return spoken(self.mediana_s)


def spoken(seconds: int) -> str:
    """«48 s», «1 min 12 s»."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def door_days(activacion_id: UUID, now: datetime) -> list[DiaPuerta]:
    """A shelter's median of the last seven days, where they are several, and that of each, the newest first."""
    t = TiempoPuerta.__table__
    since = clock.local_day(now) - timedelta(days=DAYS_SHOWN - 1)
    rows = run(
        select(t.c.dia, t.c.segundos, t.c.personas).where(
            t.c.activacion_id == activacion_id, t.c.dia >= since
        )
    )
    days: dict[date | None, list[tuple[int, int]]] = {}
    for row in rows:
        for key in (None, row.dia):
            days.setdefault(key, []).append((row.segundos, row.personas))
    newest = sorted((day for day in days if day is not None), reverse=True)
    return [
        DiaPuerta(day, round(median(s for s, _ in days[day])), len(days[day]), sum(n for _, n in days[day]))
        for day in ((None, *newest) if len(newest) > 1 else newest)
    ]
