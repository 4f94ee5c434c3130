"""How many requests a minute a program may make: by its ficha and by its address, counted in memory.

A guard against a program that runs wild, not a wall for a municipality that sends its backlog. Nothing is written
to the database. Each process counts its own, so with N processes up to N times the limit may pass.
"""

from __future__ import annotations

import math
from threading import Lock

from flask import current_app, request

from albergues_app.core import clock
from albergues_app.core.errors import TooMany

MINUTE = 60_000_000
"""In microseconds: whole numbers, so that many small steps add up exactly."""

_MOST_KEYS = 10_000


class Rhythm:
    """A token bucket per key, kept as one number: the microsecond at which the bucket is full again."""

    def __init__(self) -> None:
        self._full_at: dict[str, int] = {}
        self._lock = Lock()

    def take(self, key: str, per_minute: int, moment: float) -> float:
        """Take one of ``per_minute``; 0 when there was one, else the seconds until there is."""
        if per_minute <= 0:
            return 0.0
        now, step = int(moment * 1_000_000), MINUTE // per_minute
        with self._lock:
            taken = max(0, min(self._full_at.get(key, now) - now, MINUTE))
            wait = taken + step - MINUTE
            if wait > 0:
                return wait / 1_000_000
            if len(self._full_at) >= _MOST_KEYS and key not in self._full_at:
                self._forget_idle(now)
            self._full_at[key] = now + taken + step
        return 0.0

    def _forget_idle(self, now: int) -> None:
        """Full buckets say nothing; when too many are in use all the same, all start anew."""
        self._full_at = {k: full for k, full in self._full_at.items() if full > now}
        if len(self._full_at) >= _MOST_KEYS:
            self._full_at = {}


def rhythm() -> Rhythm:
    """The buckets of this process."""
    found: Rhythm | None = current_app.extensions.get("albergues_ritmo")
    return found or current_app.extensions.setdefault("albergues_ritmo", Rhythm())


def limit_address() -> None:
    """:raises TooMany: this address asks more than its limit (429)."""
    _take(f"d:{request.remote_addr}", "API_POR_MINUTO_DIRECCION", "su dirección")


def limit_ficha(hashed: str) -> None:
    """Only for a ficha that is valid: an invented one has no bucket.

    :raises TooMany: it asks more than its limit (429).
    """
    _take(f"f:{hashed}", "API_POR_MINUTO_FICHA", "su ficha")


def _take(key: str, setting: str, whose: str) -> None:
    limit = int(current_app.config[setting])
    wait = rhythm().take(key, limit, clock.now().timestamp())
    if wait:
        seconds = max(1, math.ceil(wait))
        raise TooMany(
            f"Demasiadas peticiones con {whose}: pasan {limit} por minuto. No se guardó nada; espere {seconds} "
            "segundos y envíe lo mismo con el mismo id.",
            seconds,
        )
