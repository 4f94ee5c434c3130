"""Check what only grows without any key: sealed evidence against its hash, the ledger against the trail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from albergues_app.audit.listener import canonical, plain
from albergues_app.audit.models import Auditoria, Captura, Conflicto
from albergues_app.audit.sealing import digest
from albergues_app.core.db import Base, table_of

LEDGER = "movimiento"
_BATCH = 1000


def altered_rows(session: Session) -> list[str]:
    """`tabla id` of every row whose bytes no longer give its hash, or that the trail tells otherwise."""
    wrong: list[str] = []
    for table, column in ((table_of(Captura), "respuestas"), (table_of(Conflicto), "contenido")):
        stmt = select(table.c.id, table.c[column], table.c.huella).execution_options(yield_per=_BATCH)
        wrong.extend(f"{table.name} {row[0]}" for row in session.execute(stmt) if digest(row[1]) != row[2])
    return wrong + _altered_ledger(session)


def _altered_ledger(session: Session) -> list[str]:
    """Rows of the ledger that are not as the trail, whose chain holds, says they were written."""
    table, told = Base.metadata.tables[LEDGER], 0
    wrong: list[str] = []
    for batch in _told(session):
        told += len(batch)
        ids = [UUID(fila_id) for fila_id, _ in batch]
        held = {r.id: r._mapping for r in session.execute(select(table).where(table.c.id.in_(ids)))}
        for key, (fila_id, cambios) in zip(ids, batch, strict=True):
            row = held.get(key)
            if row is None or not _agrees(row, json.loads(cambios)):
                wrong.append(f"{LEDGER} {fila_id}")
    held_in_all = session.execute(select(func.count()).select_from(table)).scalar_one()
    if held_in_all > told:
        wrong.append(f"{LEDGER}: {held_in_all - told} filas sin rastro")
    return wrong


def _told(session: Session) -> Iterator[Sequence[tuple[str, str]]]:
    a = table_of(Auditoria)
    after = 0
    while True:
        rows = session.execute(
            select(a.c.seq, a.c.fila_id, a.c.cambios)
            .where(a.c.tabla == LEDGER, a.c.accion == "alta", a.c.seq > after)
            .order_by(a.c.seq)
            .limit(_BATCH)
        ).all()
        if not rows:
            return
        yield [(r.fila_id, r.cambios) for r in rows]
        after = rows[-1].seq


def _agrees(row: Any, told: dict[str, Any]) -> bool:
    """What was told is what is held; what was not told had no value then (or its column came later)."""
    as_json = json.loads(canonical({name: plain(value) for name, value in row.items() if name != "id"}))
    nullable = {c.name for c in Base.metadata.tables[LEDGER].columns if c.nullable}
    return all(as_json.get(name) == value for name, value in told.items()) and all(
        name in told or as_json[name] is None for name in nullable
    )
