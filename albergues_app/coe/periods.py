"""The shift and the operational period in force at an hour, when nobody says another (dominio.md 1.9: 12 h)."""

from __future__ import annotations

from datetime import datetime, timedelta

from albergues_app.core import clock

_DAY_BEGINS, _NIGHT_BEGINS = 6, 18


def turno_of(when: datetime) -> str:
    """`diurno` from 06:00 to 18:00 of Guatemala, else `nocturno`."""
    return "diurno" if _DAY_BEGINS <= clock.to_local(when).hour < _NIGHT_BEGINS else "nocturno"


def periodo_of(when: datetime) -> str:
    """The twelve hours in which an instant falls: `20/11/2026 06:00 a 18:00`."""
    local = clock.to_local(when)
    if turno_of(when) == "diurno":
        return f"{local:%d/%m/%Y} 06:00 a 18:00"
    began = local if local.hour >= _NIGHT_BEGINS else local - timedelta(days=1)
    return f"{began:%d/%m/%Y} 18:00 a {began + timedelta(days=1):%d/%m/%Y} 06:00"
