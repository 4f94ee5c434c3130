"""Records that came in no table (JSON, PDF), laid out as our workbook's sheets: so that errors have a cell to stand in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from albergues_app.formats.engine import Formato
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.columns_in import Grid, Sheets
from albergues_app.formats.outputs.flat import columns_of, letter, record_sheet, row_sheet, spread
from albergues_app.formats.outputs.xlsx import JOIN, join_label, usable
from albergues_app.formats.outputs.xlsx_in import Filled, Place

_PLAIN = str | int | float | bool


def lay_out(formato: Formato, filled: Filled, gate: bool) -> tuple[Sheets, Filled]:
    """Sheets with one row for each record and each row of its sections, and the same records with those cells."""
    main = _Sheet(record_sheet(formato), formato, formato.campos, gate)
    sections = {r.name: _Sheet(row_sheet(r), formato, r.campos, gate) for r in formato.repetibles}
    placed = []
    for record in filled.records:
        places = {"": Place(main.name, main.next_row)}
        main.add(record.number, record.raw, "", places)
        for name, sheet in sections.items():
            rows = record.raw.get(name)
            if isinstance(rows, list) and rows:
                places[name] = Place(sheet.name, sheet.next_row)
                for index, row in enumerate(rows):
                    path = f"{name}[{index}]"
                    places[path] = Place(sheet.name, sheet.next_row)
                    sheet.add(record.number, row if isinstance(row, Mapping) else {}, f"{path}.", places)
        placed.append(replace(record, places=places))
    sheets = [main, *(s for s in sections.values() if s.rows)]
    return {sheet.name: sheet.grid for sheet in sheets}, replace(filled, records=placed)


class _Sheet:
    """One sheet in the making: a row of names, one of labels, then the data."""

    def __init__(self, name: str, formato: Formato, campos: Any, gate: bool) -> None:
        self.name, self.campos = name, campos
        columns = usable(columns_of(campos, gate, auto=True))
        self.names = [JOIN, *(column.name for column in columns)]
        self.labels = [join_label(formato), *(column.label for column in columns)]
        self.rows: list[list[Any]] = []

    @property
    def next_row(self) -> int:
        return len(self.rows) + 3

    @property
    def grid(self) -> Grid:
        return [self.names, self.labels, *self.rows]

    def add(self, number: int, raw: Mapping[str, Any], prefix: str, places: dict[str, Place]) -> None:
        cells = spread(self.campos, raw)
        row: list[Any] = [number]
        for index, name in enumerate(self.names[1:], start=1):
            value = cells.get(name)
            row.append(value if isinstance(value, _PLAIN) or is_blank(value) else str(value)[:2000])
            if not is_blank(value):
                places[f"{prefix}{name}"] = Place(self.name, self.next_row, letter(index))
        self.rows.append(row)
