"""What may be kept between requests, because the trail tells when it changed.

The head of the chain moves in the transaction of every audited write, whoever writes and from whichever process; the
links since the last look tell which tables were written. So a value made of audited tables alone stands until one of
them has a newer link. There is no other sign to keep in step, and no time during which an old value would pass.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy import bindparam, select

from albergues_app.audit.models import Auditoria, AuditoriaCabeza
from albergues_app.core.clock import FOREVER
from albergues_app.core.db import Question, table_of
from albergues_app.core.unit_of_work import is_writing

T = TypeVar("T")

MOST_LINKS = 2_000
"""Of more links than these since the last look it is not asked which tables they touched: all, then."""
MOST_KEYS = 48
"""Values of one kind that are kept; with more, that kind begins anew."""

_H, _A = table_of(AuditoriaCabeza), table_of(Auditoria)
_HEAD = Question(select(_H.c.seq, _H.c.huella))
_SINCE = Question(
    select(_A.c.seq, _A.c.tabla, _A.c.anterior)
    .where(_A.c.seq > bindparam("known"))
    .order_by(_A.c.seq)
    .limit(MOST_LINKS + 1)
)


class Changes:
    """How far this process has read the trail, and the last link of each table."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: tuple[int, str] = (-1, "")
        self._last: dict[str, int] = {}
        self._all = 0

    def look(self) -> int | None:
        """The number of the last link that the open transaction sees.

        None: it sees less than another thread already saw, or the database was put back to an earlier day.
        """
        (head,) = _HEAD.rows()
        known = self._known
        if (head.seq, head.huella) == known:
            return known[0]
        if head.seq <= known[0]:
            if head.seq == known[0]:  # as many links, but others
                with self._lock:
                    self._all, self._known = head.seq + 1, (-1, "")
            return None
        rows = _SINCE.rows(known=known[0]) if known[0] >= 0 else ()
        follows = 0 < len(rows) <= MOST_LINKS and (rows[0].seq, rows[0].anterior) == (known[0] + 1, known[1])
        with self._lock:
            if follows:
                for row in rows:
                    self._last[row.tabla] = max(row.seq, self._last.get(row.tabla, 0))
            else:
                self._all = max(self._all, head.seq)
            if head.seq > self._known[0]:
                self._known = (head.seq, head.huella)
        return int(head.seq)

    def stand(self, tables: frozenset[str], seq: int) -> bool:
        """Has none of these tables a link after ``seq``?"""
        return seq >= self._all and all(seq >= self._last.get(table, 0) for table in tables)


@dataclass(frozen=True)
class _Kept:
    value: Any
    seq: int
    since: datetime
    until: datetime


class Keeper:
    """The kept values of one application in one process."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.values: dict[str, dict[Hashable, _Kept]] = {}


def keeper() -> Keeper:
    """That of the running application."""
    found: Keeper | None = current_app.extensions.get("albergues_guardado")
    return found or current_app.extensions.setdefault("albergues_guardado", Keeper())


def kept(
    kind: str,
    key: Hashable,
    tables: frozenset[str],
    now: datetime,
    make: Callable[[], tuple[T, datetime]],
) -> T:
    """What ``make`` gives, or what it gave while none of ``tables`` had changed since.

    Parameters
    ----------
    kind, key
        Names the value. The key holds all that it depends on beside the tables: who looks, what was asked.
    tables
        Every table that ``make`` reads. All audited.
    now
        The instant the value is of.
    make
        Gives the value, which nobody may change, and the instant from which the clock alone makes it another
        (``FOREVER``: never), for example when a capacity written beforehand begins to count.

    Inside a unit of work nothing is kept and nothing kept is used: it holds what may yet be rolled back.
    """
    if is_writing():
        return make()[0]
    here = keeper()
    seq = here.changes.look()
    if seq is None:
        return make()[0]
    values = here.values.setdefault(kind, {})
    found = values.get(key)
    if found is not None and found.since <= now < found.until and here.changes.stand(tables, found.seq):
        value: T = found.value
        return value
    value, until = make()
    if len(values) >= MOST_KEYS and key not in values:
        values.clear()
    values[key] = _Kept(value, seq, now, until)
    return value


__all__ = ["FOREVER", "MOST_LINKS", "Changes", "Keeper", "keeper", "kept"]
