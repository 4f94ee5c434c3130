"""Check sealed evidence: the hash of each filled format and conflict is over the sealed bytes, so no key is needed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from albergues_app.audit.models import Captura, Conflicto
from albergues_app.audit.sealing import digest


def altered_rows(session: Session) -> list[str]:
    """`tabla id` of every row whose bytes no longer give its hash."""
    wrong = []
    for table, column in ((Captura.__table__, "respuestas"), (Conflicto.__table__, "contenido")):
        stmt = select(table.c.id, table.c[column], table.c.huella).execution_options(yield_per=1000)
        wrong.extend(f"{table.name} {row[0]}" for row in session.execute(stmt) if digest(row[1]) != row[2])
    return wrong
