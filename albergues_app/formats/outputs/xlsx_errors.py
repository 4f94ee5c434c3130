"""The person's own workbook back, with what to correct written beside each row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from albergues_app.formats.engine import Notice, Result
from albergues_app.formats.outputs.columns_in import Grid
from albergues_app.formats.outputs.flat import letter
from albergues_app.formats.outputs.xlsx import set_page
from albergues_app.formats.outputs.xlsx_in import (
    ERRORS_COLUMN,
    Filled,
    FilledRecord,
    Place,
    read_sheets,
)

SUMMARY_SHEET = "Resumen"
HEADING = "Qué revisar"
_OPTIONS = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}


@dataclass(frozen=True)
class Finding:
    """One message and the cell it is about; warnings are shown in another colour and do not stop anything."""

    place: Place
    message: str
    warns: bool = False


def findings_of(filled: Filled, checked: Iterable[tuple[FilledRecord, Result]]) -> list[Finding]:
    """Return every message of a reading with its cell, in the order of the workbook's rows."""
    found = [
        Finding(place, notice.mensaje, warns=notice.codigo == "columna_desconocida")
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
    import xlsxwriter

    by_sheet: dict[str, dict[int, list[Finding]]] = {}
    for finding in findings:
        by_sheet.setdefault(finding.place.sheet, {}).setdefault(finding.place.row, []).append(finding)
    sheets = {name: grid for name, grid in read_sheets(source).items() if name != SUMMARY_SHEET}
    book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, _OPTIONS)
    writer = _Copier(book)
    writer.write_summary(by_sheet)
    for name, grid in sheets.items():
        writer.copy_sheet(name, grid, by_sheet.get(name, {}))
    book.close()


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

    def copy_sheet(self, name: str, grid: Grid, findings: Mapping[int, list[Finding]]) -> None:
        """Copy values; colour the rows with messages and write them in one more column."""
        sheet = self.book.add_worksheet(name)
        set_page(sheet)
        names_row = bool(grid) and any(cell == "familia" for cell in grid[0])
        old = next((i for row in grid[:1] for i, cell in enumerate(row) if cell == ERRORS_COLUMN), None)
        width = max((len(row) for row in grid), default=0) if old is None else old
        for number, row in enumerate(grid, start=1):
            here = findings.get(number, [])
            only_warns = all(finding.warns for finding in here)
            marked = {finding.place.column: finding.warns for finding in here}
            for index, value in enumerate(row[:width]):
                style = self.rows[only_warns] if here else self.plain
                if letter(index) in marked:
                    style = self.cells[marked[letter(index)]]
                self._write(sheet, number - 1, index, value, style)
            if here:
                note = "\n".join(finding.message for finding in here)
                sheet.write_string(number - 1, width, note, self.notes[only_warns])
        if name.startswith("_"):
            sheet.hide()
            return
        sheet.set_column(0, max(width - 1, 0), 16)
        if findings:
            sheet.set_column(width, width, 60)
            head = min(3, min(findings) - 1) if names_row else max(min(findings) - 1, 0)
            if head:
                sheet.write_string(head - 1, width, HEADING, self.strong)
        if names_row:
            sheet.write_string(0, width, ERRORS_COLUMN)
            sheet.set_row(0, None, None, {"hidden": True})
            sheet.freeze_panes(3, 1)

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
