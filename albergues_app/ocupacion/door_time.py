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
from albergues_app.ocupacion.models import TiempoPuerta
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
    """The median of a day and of how many check-ins it is."""

    dia: date
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
    """The last seven days with measured check-ins of a shelter, the newest first."""
    t = TiempoPuerta.__table__
    since = clock.local_day(now) - timedelta(days=DAYS_SHOWN - 1)
    rows = run(
        select(t.c.dia, t.c.segundos, t.c.personas).where(
            t.c.activacion_id == activacion_id, t.c.dia >= since
        )
    )
    days: dict[date, list[tuple[int, int]]] = {}
    for row in rows:
        days.setdefault(row.dia, []).append((row.segundos, row.personas))
    return [
        DiaPuerta(day, round(median(s for s, _ in kept)), len(kept), sum(n for _, n in kept))
        for day, kept in sorted(days.items(), reverse=True)
    ]
