"""The person's own workbook back, with what to correct written beside each row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from albergues_app.formats.engine import Notice, Result
from albergues_app.formats.outputs.columns_in import ERRORS_HEADING as HEADING
from albergues_app.formats.outputs.columns_in import SUMMARY_SHEET, Grid, Sheets
from albergues_app.formats.outputs.flat import letter
from albergues_app.formats.outputs.xlsx import JOIN, set_page
from albergues_app.formats.outputs.xlsx_in import (
    ERRORS_COLUMN,
    Filled,
    FilledRecord,
    Place,
    read_sheets,
)

_ONLY_TOLD = frozenset({"columna_desconocida", "cabeza_distinta"})
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@dataclass(frozen=True)
class Finding:
    """One message and the cell it is about; warnings are shown in another colour and do not stop anything."""

    place: Place
    message: str
    warns: bool = False


def findings_of(filled: Filled, checked: Iterable[tuple[FilledRecord, Result]]) -> list[Finding]:
    """Return every message of a reading with its cell, in the order of the workbook's rows."""
    found = [
        Finding(place, notice.mensaje, warns=notice.codigo in _ONLY_TOLD)
        for notice, place in filled.notices
        if place is not None
    ]
    for record, result in checked:
        for notices, warns in ((result.errors, False), (result.warnings, True)):
            found += [_finding(record, notice, warns) for notice in notices]
    return found


def _finding(record: FilledRecord, notice: Notice, warns: bool) -> Finding:
    return Finding(record.locate(notice.campo) or Place("", 0), notice.mensaje, warns)


def write_errors(
    source: bytes | str | Path, target: str | Path | BytesIO, findings: Iterable[Finding]
) -> None:
    """Write the workbook again: the values of all its sheets, a summary, a column beside each bad row.

    Formulas come back as their last values. The hidden names stay, so the corrected file can be loaded.
    """
    write_errors_of(read_sheets(source), target, findings)


def write_errors_of(
    sheets: Sheets,
    target: str | Path | BytesIO,
    findings: Iterable[Finding],
    headings: Mapping[str, int] | None = None,
) -> None:
    """The same of tables already read, whatever they came in: a CSV becomes a workbook of one sheet.

    ``headings``: the last row of titles of each sheet, as Excel counts; there the new column gets its own.
    """
    import xlsxwriter

    by_sheet: dict[str, dict[int, list[Finding]]] = {}
    for finding in findings:
        by_sheet.setdefault(finding.place.sheet, {}).setdefault(finding.place.row, []).append(finding)
    book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, _OPTIONS)
    writer = _Copier(book)
    writer.write_summary(by_sheet)
    taken = {SUMMARY_SHEET.casefold()}
    for name, grid in sheets.items():
        if name != SUMMARY_SHEET:
            writer.copy_sheet(
                _free_name(name, taken), grid, by_sheet.get(name, {}), (headings or {}).get(name)
            )
    book.close()


def _free_name(name: str, taken: set[str]) -> str:
    """A name that Excel accepts: 31 letters, none of []:*?/\\, no quote at an end, unique in any case."""
    base = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '")[:31] or "Hoja"
    chosen, number = base, 2
    while chosen.casefold() in taken or chosen.casefold() == "history":
        chosen, number = f"{base[:27]} ({number})"[:31], number + 1
    taken.add(chosen.casefold())
    return chosen


class _Copier:
    """One workbook being copied."""

    def __init__(self, book: Any) -> None:
        self.book = book
        base = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        self.plain = book.add_format(base)
        self.strong = book.add_format(base | {"bold": True, "bottom": 1})
        self.title = book.add_format(base | {"bold": True, "font_size": 14})
        red, amber = {"bg_color": "#FDECEA"}, {"bg_color": "#FFF4D9"}
        self.rows = {False: book.add_format(base | red), True: book.add_format(base | amber)}
        wrap = base | {"text_wrap": True, "bold": True}
        self.notes = {
            False: book.add_format(wrap | red | {"font_color": "#A3201A"}),
            True: book.add_format(wrap | amber | {"font_color": "#8A5A00"}),
        }
        self.cells = {
            False: book.add_format(base | {"bg_color": "#F4B9B5", "border": 1, "border_color": "#A3201A"}),
            True: book.add_format(base | {"bg_color": "#FFE19A", "border": 1, "border_color": "#8A5A00"}),
        }

    def write_summary(self, by_sheet: Mapping[str, Mapping[int, list[Finding]]]) -> None:
        """Write the first sheet: how many, and each message with its cell."""
        sheet = self.book.add_worksheet(SUMMARY_SHEET)
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 10)
        sheet.set_column(2, 2, 12)
        sheet.set_column(3, 3, 90)
        listed = [f for rows in by_sheet.values() for fs in rows.values() for f in fs]
        errors = sum(1 for finding in listed if not finding.warns)
        counted = f"Por corregir: {errors:,} · Avisos: {len(listed) - errors:,}"
        sheet.write_string(0, 0, counted, self.title)
        advice = f"Corrija en cada hoja lo marcado en rojo (columna «{HEADING}») y cargue el archivo."
        sheet.write_string(1, 0, advice, self.plain)
        set_page(sheet)
        for column, text in enumerate(("Hoja", "Celda", "Tipo", HEADING)):
            sheet.write_string(3, column, text, self.strong)
        for number, finding in enumerate(
            sorted(listed, key=lambda f: (f.warns, f.place.sheet, f.place.row)), 4
        ):
            place = finding.place
            sheet.write_string(number, 0, place.sheet, self.plain)
            sheet.write_string(number, 1, f"{place.column}{place.row}" if place.row else "", self.plain)
            sheet.write_string(number, 2, "Aviso" if finding.warns else "Corregir", self.notes[finding.warns])
            sheet.write_string(number, 3, finding.message, self.plain)

    def copy_sheet(
        self, name: str, grid: Grid, findings: Mapping[int, list[Finding]], heading: int | None = None
    ) -> None:
        """Copy values, row after row; colour the rows with messages and write them in one more column."""
        sheet = self.book.add_worksheet(name)
        set_page(sheet)
        names_row = bool(grid) and any(cell == JOIN for cell in grid[0]) and heading != 1
        ours = (i for row in grid[:16] for i, cell in enumerate(row) if cell in (ERRORS_COLUMN, HEADING))
        width = next(ours, max((len(row) for row in grid), default=0))
        if name.startswith("_"):
            sheet.hide()
        else:
            sheet.set_column(0, max(width - 1, 0), 16)
        if findings:
            sheet.set_column(width, width, 60)
            first = min(findings) - 1
            heading = heading if heading is not None else min(3, first) if names_row else first
        if names_row:
            sheet.set_row(0, None, None, {"hidden": True})
            sheet.freeze_panes(heading or 3, 1)
        for number, row in enumerate(grid, start=1):
            here = findings.get(number, [])
            only_warns = all(finding.warns for finding in here)
            marked = {finding.place.column: finding.warns for finding in here}
            for index, value in enumerate(row[:width]):
                style = self.rows[only_warns] if here else self.plain
                if letter(index) in marked:
                    style = self.cells[marked[letter(index)]]
                if here or (value is not None and value != ""):
                    self._write(sheet, number - 1, index, value, style)
            if here:
                note = "\n".join(finding.message for finding in here)
                sheet.write_string(number - 1, width, note[:32_000], self.notes[only_warns])
            elif number == 1 and names_row:
                sheet.write_string(0, width, ERRORS_COLUMN)
            elif number == heading:
                sheet.write_string(number - 1, width, HEADING, self.strong)

    def _write(self, sheet: Any, row: int, column: int, value: Any, style: Any) -> None:
        if value is None or value == "":
            sheet.write_blank(row, column, None, style)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, style)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value, style)
        elif isinstance(value, dt.datetime):
            sheet.write_string(row, column, value.strftime("%d/%m/%Y %H:%M"), style)
        elif isinstance(value, dt.date):
            sheet.write_string(row, column, value.strftime("%d/%m/%Y"), style)
        elif isinstance(value, dt.time):
            sheet.write_string(row, column, value.strftime("%H:%M"), style)
        else:
            sheet.write_string(row, column, str(value)[:32_767], style)
