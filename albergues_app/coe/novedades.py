"""What a page of the log that stays open asks every few seconds: has anything been written, has anything been proposed.

The answer «nothing» costs one statement: the head of the log, and the count of all that was ever written. Proposals are
read from the facts themselves, which costs more; so they are read anew only once something was written anywhere, or an
hour came at which time alone makes one (a parte that is owed, a commitment overdue).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from albergues_app.accounts.doors import current_cuenta
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.coe import propuestas
from albergues_app.coe.cambios import Cambios, changes_of
from albergues_app.coe.hechos import Propuesta, facts_of
from albergues_app.coe.models import Coe
from albergues_app.coe.queries import head_of
from albergues_app.compromisos.models import Compromiso
from albergues_app.compromisos.queries import LIVE
from albergues_app.core import clock
from albergues_app.core.db import db, run, table_of
from albergues_app.ocupacion.models_parte import RitmoParte
from albergues_app.ocupacion.ritmo import cuts_between, default_horas, read_horas, tolerance

REST = timedelta(seconds=15)
"""How long facts stand before what others write makes them be read again for a page that is open already."""
CHANGES_STAND = timedelta(minutes=1)
"""How long «changed in the last hour» stands: it reads the occupancy twice."""
_READING = threading.Lock()


@dataclass(frozen=True)
class _Leidos:
    """Facts of a log as they were read by this process, answered or not; ``marca`` of those that were not."""

    pulso: int
    leidos_en: datetime
    hasta: datetime
    hechos: list[Propuesta]
    marca: str


def state_of(head: Any, coe_id: UUID) -> str:
    """The ETag of a log for the account that asks: equal while its page would show the same.

    :param head: the row of ``queries.head_of``.
    """
    if head.desactivado_en is not None:
        return f"{head.cabeza}-fin"
    if not permits(current_cuenta(), Permiso.COE_ESCRIBIR, head):
        return str(head.cabeza)
    return _with_mark(head.cabeza, _mark(coe_id, head.pulso, clock.now()))


def state_with(coe: Coe, shown: Sequence[Propuesta] | None) -> str:
    """The ETag of a page that was just drawn with these proposals; None: to an account that is shown none."""
    if coe.desactivado_en is not None:
        return f"{coe.cabeza}-fin"
    return coe.cabeza if shown is None else _with_mark(coe.cabeza, _mark_of(shown))


def proposals_of(coe: Coe, *, rested: bool = False) -> list[Propuesta]:
    """What waits for an answer in a log; whoever asks next compares with it.

    :param rested: the facts may be as old as ``REST``: many pages that are open ask for the same.
    """
    if coe.desactivado_en is not None:
        return []
    now, known, pulso = clock.now(), _kept().get(coe.id), head_of(coe.id).pulso
    if known is not None and _stands(known, pulso, now, rested):
        facts, pulso, read_at, until = known.hechos, known.pulso, known.leidos_en, known.hasta
    else:
        facts, read_at, until = facts_of(coe, now), now, _next_by_clock(now)
    found = propuestas.unanswered(coe, facts)
    _kept()[coe.id] = _Leidos(pulso, read_at, until, facts, _mark_of(found))
    return found


def changes_beside(coe: Coe) -> Cambios | None:
    """The shelters that changed in the last hour, for every page of the log; None in a COE that ended."""
    if coe.desactivado_en is not None:
        return None
    kept: dict[UUID, tuple[datetime, Cambios]] = current_app.extensions.setdefault(
        "albergues_coe_cambios", {}
    )
    now, known = clock.now(), kept.get(coe.id)
    if known is None or not timedelta(0) <= now - known[0] < CHANGES_STAND:
        known = kept[coe.id] = (now, changes_of(coe, now))
    return known[1]


def _stands(known: _Leidos, pulso: int, now: datetime, rested: bool) -> bool:
    same = known.pulso == pulso or (rested and now - known.leidos_en < REST)
    return same and known.leidos_en <= now < known.hasta


def _with_mark(cabeza: str, marca: str) -> str:
    return f"{cabeza}-{marca}" if marca else cabeza


def _mark_of(shown: Sequence[Propuesta]) -> str:
    keys = sorted(p.clave for p in shown)
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16] if keys else ""


def _kept() -> dict[UUID, _Leidos]:
    kept: dict[UUID, _Leidos] = current_app.extensions.setdefault("albergues_coe_propuestas", {})
    return kept


def _mark(coe_id: UUID, pulso: int, now: datetime) -> str:
    known = _kept().get(coe_id)
    if known is not None and _stands(known, pulso, now, rested=True):
        return known.marca
    if not _READING.acquire(blocking=False):
        return known.marca if known is not None else ""  # somebody is reading them: the next time
    try:
        proposals_of(db.session.get_one(Coe, coe_id), rested=True)
    finally:
        _READING.release()
    return _kept()[coe_id].marca


def _next_by_clock(now: datetime) -> datetime:
    """The next instant at which a proposal may appear although nobody writes: a late parte, an overdue commitment."""
    r, c = table_of(RitmoParte).c, table_of(Compromiso).c
    hours = {default_horas(), *(read_horas(text) for text in run(select(r.horas).distinct()).scalars())}
    late = tolerance()
    cuts = [cut + late for one in hours for cut in cuts_between(one, now - late, now + timedelta(days=1))[:1]]
    due = run(select(func.min(c.vence_en)).where(LIVE, c.vence_en > now)).scalar()
    return min([*cuts, *([due] if due is not None else []), now + timedelta(days=1)])
