"""How fast a shelter fills or empties, and what that pace would make of it. Pure: a projection, never a figure.

The net pace of a shelter is the smallest of its paces over the last 6, 12 and 24 hours when the three go the same way,
else none: one bus neither makes nor hides a trend. It is taken to fade by half every four hours, as surges do; held
against a known series (``consolidados.projection.backtest``), an unfading pace was twice as wrong at 24 hours as saying
that nothing changes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from statistics import median

WINDOWS = (6, 12, 24)
FADES_H = 6.0
"""The pace fades as exp(-h / FADES_H): half of it is left after 4.2 hours."""
HORIZON_H = 72


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


def pace(
    arrivals: Iterable[datetime], departures: Iterable[datetime], at: datetime, since: datetime
) -> Ritmo:
    """The pace at an instant from the hours people came and went; a window never reaches before ``since``."""
    came, left = sorted(arrivals), sorted(departures)
    came_rates, left_rates, nets = [], [], []
    for window in WINDOWS:
        start = max(at - timedelta(hours=window), since)
        hours = max(1.0, (at - start).total_seconds() / 3600)
        a = (count(came, at) - count(came, start)) / hours
        d = (count(left, at) - count(left, start)) / hours
        came_rates.append(a)
        left_rates.append(d)
        nets.append(a - d)
    return Ritmo(median(came_rates), median(left_rates), _agreed(nets))


def _agreed(nets: Sequence[float]) -> float:
    """The smallest of the paces that all go the same way; 0 when they do not."""
    if min(nets) > 0:
        return min(nets)
    return max(nets) if max(nets) < 0 else 0.0


def count(moments: Sequence[datetime], at: datetime) -> int:
    """How many of these instants, in order, are not after ``at``."""
    return bisect_right(moments, at)
