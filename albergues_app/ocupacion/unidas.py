"""Records that are one human being: who speaks for each. Joined and parted by ``services.union``, read everywhere.

Each record keeps its id, its versions and its movements, so that links, programs and papers that name it go on
working; stays, intervals and figures are derived for the human being, under the record that speaks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, union_all

from albergues_app.core.db import run, table_of
from albergues_app.ocupacion.models import Movimiento, Persona
from albergues_app.ocupacion.models_derivadas import Estancia

_P, _SPEAKS, _JOINED = table_of(Persona), table_of(Persona).alias("habla"), table_of(Persona).alias("unida")
_IDS: Any = bindparam("ids", expanding=True)
_ANCHOR = (
    select(func.coalesce(_P.c.unida_a, _P.c.id).label("id")).where(_P.c.id.in_(_IDS)).distinct().subquery()
)
_GATHER = union_all(
    select(_SPEAKS.c.id, _SPEAKS.c.id.label("habla")).join_from(
        _ANCHOR, _SPEAKS, _SPEAKS.c.id == _ANCHOR.c.id
    ),
    select(_JOINED.c.id, _JOINED.c.unida_a).join_from(_ANCHOR, _JOINED, _JOINED.c.unida_a == _ANCHOR.c.id),
)
_ONLY_JOINED = select(_P.c.id, _P.c.unida_a).where(_P.c.id.in_(_IDS), _P.c.unida_a.is_not(None))


def speakers(ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each of these records, the one that speaks for it: itself, unless it was joined to another."""
    wanted = list(dict.fromkeys(ids))
    found = {i: i for i in wanted}
    if wanted:
        found.update((row.id, row.unida_a) for row in run(_ONLY_JOINED, {"ids": wanted}))
    return found


def gather(ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Every record of these human beings, with the one that speaks for it. An id without row stands for itself."""
    found = {i: i for i in ids}
    if found:
        found.update((row.id, row.habla) for row in run(_GATHER, {"ids": list(found)}))
    return found


def records_by_stay(ids: Sequence[UUID], activacion_id: UUID, when: datetime) -> dict[UUID, UUID]:
    """On which record a movement out of this shelter is written: the one whose check-in it follows.

    So that parting two records later leaves to each the whole of its own stays.
    """
    all_of = gather(ids)
    several = {speaker for record, speaker in all_of.items() if record != speaker}
    found = {i: i for i in ids}
    if not several:
        return found
    e, m = table_of(Estancia), table_of(Movimiento)
    rows = run(
        select(e.c.persona_id, m.c.persona_id.label("registro"))
        .join_from(e, m, m.c.id == e.c.ingreso_movimiento)
        .where(e.c.persona_id.in_(several), e.c.activacion_id == activacion_id, e.c.ingreso_en <= when)
        .order_by(e.c.ingreso_en)
    )
    last = {row.persona_id: row.registro for row in rows}
    return {i: last.get(all_of[i], i) for i in ids}
