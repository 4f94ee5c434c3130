"""The hash chain: how one entry is hashed, how links are added in order, how the whole is verified."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from albergues_app.audit.models import Auditoria, AuditoriaCabeza
from albergues_app.core.clock import as_utc
from albergues_app.core.db import Question, insert_rows, table_of

GENESIS = "0" * 64

_T = table_of(AuditoriaCabeza)
_HEAD = Question(select(_T.c.seq, _T.c.huella).with_for_update())
_MOVE_HEAD = Question(update(_T).values(seq=bindparam("new_seq"), huella=bindparam("new_huella")))


@dataclass(frozen=True)
class Entry:
    """What happened to one row, before it becomes a link."""

    accion: str
    tabla: str
    fila_id: str
    cambios: str


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def link_hash(anterior: str, row: dict[str, Any]) -> str:
    """SHA-256 over the previous hash and every column of the row, in a fixed order."""
    cuenta = row["cuenta_id"]
    parts = (
        anterior,
        str(row["seq"]),
        as_utc(row["registrado_en"]).isoformat(timespec="microseconds"),
        cuenta.hex if isinstance(cuenta, UUID) else "",
        row["actor"],
        row["via"],
        row["accion"],
        row["tabla"],
        row["fila_id"],
        row["cambios"],
    )
    return hashlib.sha256(_encode(parts).encode()).hexdigest()


def append(
    session: Session, entries: Sequence[Entry], moment: datetime, cuenta: UUID | None, actor: str, via: str
) -> int:
    """Write the entries as the next links; returns the last number.

    The head row is locked until commit (PostgreSQL), or the writer lock is held (SQLite): links never fork.
    """
    # Plain columns, read past the identity map: the head changes under other sessions.
    (head,) = _HEAD.rows()
    seq, anterior = head.seq, head.huella
    rows: list[dict[str, Any]] = []
    for entry in entries:
        seq += 1
        row: dict[str, Any] = {
            "seq": seq,
            "registrado_en": moment,
            "cuenta_id": cuenta,
            "actor": actor,
            "via": via,
            "accion": entry.accion,
            "tabla": entry.tabla,
            "fila_id": entry.fila_id,
            "cambios": entry.cambios,
        }
        row["anterior"] = anterior
        row["huella"] = anterior = link_hash(anterior, row)
        rows.append(row)
    insert_rows(Auditoria, rows)
    _MOVE_HEAD.rows(new_seq=seq, new_huella=anterior)
    return int(seq)


@dataclass(frozen=True)
class Verdict:
    """Outcome of a verification. ``altered`` is the number of the first wrong link, or None."""

    links: int
    altered: int | None
    head: str

    @property
    def intact(self) -> bool:
        return self.altered is None


def verify(session: Session) -> Verdict:
    """Recompute every link from the first to the head. Any changed, missing or added byte is found."""
    anterior, expected = GENESIS, 0
    with closing(_stream(session)) as rows:
        for row in rows:
            expected += 1
            if (
                row["seq"] != expected
                or row["anterior"] != anterior
                or link_hash(anterior, row) != row["huella"]
            ):
                return Verdict(expected, min(expected, row["seq"]), anterior)
            anterior = row["huella"]
    head = session.execute(select(AuditoriaCabeza.seq, AuditoriaCabeza.huella)).one_or_none()
    if head is None or head.seq != expected or head.huella != anterior:
        return Verdict(expected, expected + 1, anterior)
    return Verdict(expected, None, anterior)


def _stream(session: Session) -> Generator[dict[str, Any], None, None]:
    table = table_of(Auditoria)
    result = session.execute(select(table).order_by(table.c.seq).execution_options(yield_per=5000))
    try:
        for row in result.mappings():
            yield dict(row)
    finally:
        result.close()  # a cursor of the server stays open otherwise when the first links are wrong already
