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


def span_text(desde: datetime, hasta: datetime) -> str:
    """`20/11/2026 06:00 a 18:00`; the second date only when it is another."""
    begins, ends = clock.to_local(desde), clock.to_local(hasta)
    last = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%d/%m/%Y %H:%M}"
    return f"{begins:%d/%m/%Y %H:%M} a {last}"


def period_end(when: datetime) -> datetime:
    """The last 06:00 or 18:00 at or before an instant: where a period ended."""
    local = clock.to_local(when)
    hour = _NIGHT_BEGINS if local.hour >= _NIGHT_BEGINS else _DAY_BEGINS
    end = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if local.hour < _DAY_BEGINS:
        end = end.replace(hour=_NIGHT_BEGINS) - timedelta(days=1)
    return clock.as_utc(end)


def next_period_end(when: datetime) -> datetime:
    """The first 06:00 or 18:00 at least two hours after an instant: until when a shift that begins now is meant to last."""
    return period_end(when + timedelta(hours=2)) + timedelta(hours=12)
