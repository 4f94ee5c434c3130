"""The only clock. Instants are aware and UTC inside; people see America/Guatemala (UTC-06:00, no DST)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, timezone

LOCAL = timezone(timedelta(hours=-6), "America/Guatemala")
"""Guatemala has had no daylight saving since 2006: a fixed offset is the zone."""

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
"""Valid from the beginning: for facts that were never otherwise (sex, birth date)."""

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Not ended yet. A value, not NULL, so that one index range finds what lasts past an instant."""

_frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)


def now() -> datetime:
    """The present instant, aware, UTC."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Stop the clock (tests and scenarios only)."""
    token = _frozen.set(as_utc(instant))
    try:
        yield
    finally:
        _frozen.reset(token)


def as_utc(instant: datetime) -> datetime:
    """Convert to UTC. Raises ValueError for a naive instant."""
    if instant.tzinfo is None:
        raise ValueError("naive datetime")
    return instant.astimezone(UTC)


def to_local(instant: datetime) -> datetime:
    """The same instant on Guatemala's wall clock."""
    return as_utc(instant).astimezone(LOCAL)


def local_day(instant: datetime) -> date:
    """The day it is in Guatemala at that instant."""
    return to_local(instant).date()


def day_start(day: date) -> datetime:
    """Local midnight that begins ``day``, as UTC."""
    return datetime.combine(day, time(0), LOCAL).astimezone(UTC)


def day_end(day: date) -> datetime:
    """Local midnight that ends ``day``, as UTC."""
    return day_start(day + timedelta(days=1))


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 with -06:00, as the API answers; None stays None."""
    if instant is None or instant >= FOREVER:
        return None
    local = to_local(instant)
    return local.isoformat(timespec="microseconds" if local.microsecond else "seconds")
