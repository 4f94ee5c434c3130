"""Columns that an account explained once are known the next time: by account, format and municipality."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from albergues_app.capturas.places import Lugar
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats.engine import Formato, fold
from albergues_app.formats.outputs.columns_in import SheetMap
from albergues_app.interchange.models import ColumnaRecordada

_OURS = frozenset({"nombre", "etiqueta"})


def recall(cuenta_id: UUID, formato: Formato, lugar: Lugar) -> dict[str, str]:
    """Folded title → path, or "" for a column that is not read."""
    c = ColumnaRecordada
    rows = db.session.execute(
        select(c.titulo, c.campo).where(
            c.cuenta_id == cuenta_id,
            c.formato == formato.code,
            c.lugar == (lugar.municipio or lugar.departamento),
        )
    )
    return {row.titulo: row.campo for row in rows}


def remember(cuenta_id: UUID, formato: Formato, lugar: Lugar, maps: Sequence[SheetMap]) -> None:
    """Keep what was said of each title that our own words do not say. The caller's unit of work commits."""
    place = lugar.municipio or lugar.departamento
    said: dict[str, str] = {}
    for one in maps:
        for index, title in one.titles.items():
            taken = one.columns.get(index)
            if (key := fold(title)[:80]) and (taken is None or taken.why not in _OURS):
                said[key] = taken.path if taken else ""
    c, now = ColumnaRecordada, clock.now()
    mine = (c.cuenta_id == cuenta_id, c.formato == formato.code, c.lugar == place)
    rows = {row.titulo: row for row in db.session.scalars(select(c).where(*mine))}
    for title, path in said.items():
        row = rows.get(title)
        if row is None:
            row = c(id=uuid7(), cuenta_id=cuenta_id, formato=formato.code, lugar=place, titulo=title)
            db.session.add(row)
        row.campo, row.usada_en = path, now
