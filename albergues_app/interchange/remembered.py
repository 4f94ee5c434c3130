"""Columns that an account explained once are known the next time: by account, format and municipality.

A file without titles has persons in its first row, so of a title only its blind index is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from albergues_app.audit.sealing import keyring
from albergues_app.capturas.places import Lugar
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats.engine import Formato, fold
from albergues_app.formats.outputs.columns_in import SheetMap
from albergues_app.interchange.models import ColumnaRecordada

_OURS = frozenset({"nombre", "etiqueta"})


class Recordadas(Mapping[str, str]):
    """Folded title → path, or "" for a column that is not read. It iterates over indexes: no title is kept."""

    def __init__(self, by_index: dict[str, str]) -> None:
        self._by_index = by_index

    def __getitem__(self, title: str) -> str:
        return self._by_index[_index(title)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_index)

    def __len__(self) -> int:
        return len(self._by_index)


def _index(title: str) -> str:
    return keyring().index(title[:80], "columna_recordada.titulo")


def recall(cuenta_id: UUID, formato: Formato, lugar: Lugar) -> Mapping[str, str]:
    """What an account said of the columns of this format there."""
    c = ColumnaRecordada
    rows = db.session.execute(
        select(c.titulo, c.campo).where(
            c.cuenta_id == cuenta_id,
            c.formato == formato.code,
            c.lugar == (lugar.municipio or lugar.departamento),
        )
    )
    return Recordadas({row.titulo: row.campo for row in rows})


def remember(cuenta_id: UUID, formato: Formato, lugar: Lugar, maps: Sequence[SheetMap]) -> None:
    """Keep what was said of each title that our own words do not say. The caller's unit of work commits."""
    place = lugar.municipio or lugar.departamento
    said: dict[str, str] = {}
    for one in maps:
        for index, title in one.titles.items():
            taken = one.columns.get(index)
            if (key := fold(title)) and (taken is None or taken.why not in _OURS):
                said[_index(key)] = taken.path if taken else ""
    c, now = ColumnaRecordada, clock.now()
    mine = (c.cuenta_id == cuenta_id, c.formato == formato.code, c.lugar == place)
    rows = {row.titulo: row for row in db.session.scalars(select(c).where(*mine))}
    for title, path in said.items():
        row = rows.get(title)
        if row is None:
            row = c(id=uuid7(), cuenta_id=cuenta_id, formato=formato.code, lugar=place, titulo=title)
            db.session.add(row)
        row.campo, row.usada_en = path, now
