"""The fillable workbook of a format: lists, ranges, locked headings, and no formula ever."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from albergues_app.formats.engine import (
    Catalogos,
    Formato,
    Mark,
    NoAnswer,
    Repetible,
    Seccion,
    fingerprint,
    shown,
)
from albergues_app.formats.engine.field_type import Cell
from albergues_app.formats.outputs.flat import (
    Column,
    cell_text,
    columns_of,
    record_sheet,
    row_sheet,
    spread,
)
from albergues_app.formats.outputs.flat import (
    letter as column_letter,
)

CELLS = frozenset(["text", "whole", "decimal", "list", "catalogo", "date", "time", "instant", "none"])
LISTS_SHEET, META_SHEET, GUIDE_SHEET = "_listas", "_formato", "Instrucciones"
JOIN = "familia"
NAME_ROW, TITLE_ROW, LABEL_ROW, FIRST_ROW = 0, 1, 2, 3
BLANK_RECORDS, BLANK_ROWS = 300, 1500

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "constant_memory": True,
}
_TYPED = {
    "instant": "día/mes/año hora:minutos",
    "date": "día/mes/año",
    "time": "hora:minutos, de 00:00 a 23:59",
}


def join_label(formato: Formato) -> str:
    """Return the heading of the column that joins the sheets."""
    return f"{formato.record.capitalize()} n.º"


def write_workbook(
    formato: Formato,
    target: str | Path | BytesIO,
    catalogos: Catalogos | None = None,
    records: Sequence[Mapping[str, Any]] = (),
    *,
    gate: bool = True,
    context: Mapping[str, str] | None = None,
    training: bool = False,
) -> None:
    """Write the workbook, blank or with ``records`` (raw or validated answers) already in it.

    ``context`` is printed on the instructions sheet (albergue, emergencia). ``training`` writes CAPACITACIÓN.
    """
    import xlsxwriter

    book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, _OPTIONS)
    book.set_properties({"title": formato.title, "author": "", "comments": ""})
    writer = _Writer(book, formato, catalogos or Catalogos(), gate)
    writer.write_guide(context or {}, training)
    writer.write_main(records)
    for repetible in formato.repetibles:
        writer.write_rows(repetible, records)
    writer.write_lists()
    writer.write_meta()
    book.close()


class _Slot:
    """Where a column stands and what its codes are called; worked out once, not for every cell."""

    def __init__(self, index: int, column: Column) -> None:
        self.index, self.cell = index, column.type.cell()
        self.labels = {option.code: option.label for option in column.type.options_shown(False)}


class _Writer:
    """One workbook in the making."""

    def __init__(self, book: Any, formato: Formato, catalogos: Catalogos, gate: bool) -> None:
        self.book, self.formato, self.catalogos, self.gate = book, formato, catalogos, gate
        self.lists: dict[tuple[str, ...], int] = {}
        base = {"font_name": "Arial", "font_size": 10, "valign": "vcenter"}
        self.plain = book.add_format(base | {"text_wrap": True, "valign": "top"})
        self.line = book.add_format(base)
        self.title = book.add_format(base | {"bold": True, "font_size": 15})
        self.strong = book.add_format(base | {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.name = book.add_format(base | {"font_color": "#808080", "font_size": 8})
        self.band = book.add_format(base | {"bold": True, "bg_color": "#16222E", "font_color": "#FFFFFF"})
        heading = base | {
            "bold": True,
            "text_wrap": True,
            "border": 1,
            "border_color": "#4A5B6B",
            "valign": "top",
        }
        self.needed = book.add_format(heading | {"bg_color": "#BFD3EA"})
        self.optional = book.add_format(heading | {"bg_color": "#EEF2F6"})
        cell = base | {"locked": False, "border": 1, "border_color": "#D5DDE5"}
        self.open_text = book.add_format(cell | {"num_format": "@"})
        self.open_number = book.add_format(cell | {"num_format": "0"})
        self.open_decimal = book.add_format(cell | {"num_format": "0.00"})

    def format_of(self, cell: Cell) -> Any:
        """Return the cell format: dates, codes and telephones are text, so that no locale turns them over."""
        return {"whole": self.open_number, "decimal": self.open_decimal}.get(cell.kind, self.open_text)

    def write_guide(self, context: Mapping[str, str], training: bool) -> None:
        """Write what it is, how to fill it, and every column with its meaning."""
        sheet = self.book.add_worksheet(GUIDE_SHEET)
        sheet.hide_gridlines(2)
        set_page(sheet)
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 1, 40)
        sheet.set_column(2, 2, 22)
        sheet.set_column(3, 3, 64)
        lines = [f"{label}: {text}" for label, text in context.items() if text]
        if training:
            lines.insert(0, "CAPACITACIÓN: no escriba datos de personas reales.")
        lines += [
            f"Edición {self.formato.version}. {self.formato.issuer}.",
            f"Quién lo llena: {self.formato.who_fills}. Cuándo: {self.formato.when_filled}.",
        ]
        steps = [f"En «{record_sheet(self.formato)}» una fila por {self.formato.record}; numérelas 1, 2, 3."]
        if self.formato.repetibles:
            names = ", ".join(f"«{row_sheet(r)}»" for r in self.formato.repetibles)
            steps.append(f"En las hojas {names} repita ese número en la primera columna.")
        steps += [
            "Los encabezados azules son obligatorios al completar. Lo que no sepa, déjelo en blanco.",
            "Escriba las fechas como día/mes/año. Puede pegar filas; no cambie los encabezados.",
            "Guarde y cargue este mismo archivo. Si algo falta, se lo devolvemos marcado en su fila.",
        ]
        lines += [f"{number}. {step}" for number, step in enumerate(steps, start=1)]
        if self.formato.notice:
            lines.append(self.formato.notice)
        sheet.write_string(0, 0, self.formato.title, self.title)
        for number, line in enumerate(lines, start=1):
            sheet.write_string(number, 0, line, self.line)
        row = len(lines) + 2
        for column, text in enumerate(("Hoja", "Columna", "¿Es obligatorio?", "Cómo se llena")):
            sheet.write_string(row, column, text, self.strong)
        for heading, campos in self._sheets():
            for campo in shown(campos, self.gate):
                if campo.auto or (campo.type.cell().kind == "none" and not campo.parts(self.gate)[0].suffix):
                    continue
                row += 1
                sheet.set_row(row, 26 if len(_guidance(campo)) > 60 else 14)
                for column, text in enumerate((heading, campo.label, _mark_text(campo), _guidance(campo))):
                    sheet.write_string(row, column, text, self.plain)
        sheet.protect()

    def _sheets(self) -> list[tuple[str, tuple[Any, ...]]]:
        repeated = [(row_sheet(r), r.campos) for r in self.formato.repetibles]
        return [(record_sheet(self.formato), self.formato.campos), *repeated]

    def write_main(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write the sheet with one row for each record."""
        sections = [(s.title, s.campos) for s in self.formato.secciones if isinstance(s, Seccion)]
        rows = ((number, spread(self.formato.campos, record)) for number, record in enumerate(records, 1))
        also = self.formato.calculados() if records else {}
        height = max(BLANK_RECORDS, len(records))
        self._write_sheet(record_sheet(self.formato), sections, rows, height, also)

    def write_rows(self, repetible: Repetible, records: Sequence[Mapping[str, Any]]) -> None:
        """Write the sheet of a repeating section, joined by the number of its record."""
        rows = [
            (number, spread(repetible.campos, row))
            for number, record in enumerate(records, 1)
            for row in record.get(repetible.name) or ()
            if isinstance(row, Mapping)
        ]
        also = self.formato.calculados(repetible.name) if records else {}
        sections = [(repetible.title, repetible.campos)]
        self._write_sheet(row_sheet(repetible), sections, rows, max(BLANK_ROWS, len(rows)), also)

    def _write_sheet(
        self,
        heading: str,
        sections: Iterable[tuple[str, tuple[Any, ...]]],
        rows: Iterable[tuple[int, Mapping[str, Any]]],
        height: int,
        also: Container[str],
    ) -> None:
        """``also``: fields worked out by the system that stand as values, where there are records to show."""
        sheet = self.book.add_worksheet(heading)
        set_page(sheet)
        sheet.repeat_rows(TITLE_ROW, LABEL_ROW)
        groups = [(title, usable(columns_of(campos, self.gate, also=also))) for title, campos in sections]
        columns = [column for _, group in groups for column in group]
        sheet.set_column(0, 0, 10, self.open_number)
        for index, column in enumerate(columns, start=1):
            cell = column.type.cell()
            sheet.set_column(index, index, max(cell.width, 13), self.format_of(cell))
            self._validate_column(sheet, index, column, cell, height)
        sheet.data_validation(
            FIRST_ROW, 0, FIRST_ROW + height - 1, 0,
            {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": 1_000_000,
             "error_title": join_label(self.formato), "error_message": "Escriba un número entero: 1, 2, 3…"},
        )  # fmt: skip
        sheet.freeze_panes(FIRST_ROW, 3 if len(columns) > 4 else 1)
        sheet.set_row(NAME_ROW, None, None, {"hidden": True})
        sheet.set_row(TITLE_ROW, 18)
        sheet.set_row(LABEL_ROW, 68)
        sheet.write_string(NAME_ROW, 0, JOIN, self.name)
        for index, column in enumerate(columns, start=1):
            sheet.write_string(NAME_ROW, index, column.name, self.name)
        sheet.write_string(TITLE_ROW, 0, "", self.band)
        index = 1
        for title, group in groups:
            for offset in range(len(group)):
                sheet.write_string(TITLE_ROW, index, title if offset == 0 else "", self.band)
                index += 1
        sheet.write_string(LABEL_ROW, 0, join_label(self.formato), self.needed)
        for index, column in enumerate(columns, start=1):
            needed = column.is_main and column.campo.required in (Mark.R, Mark.C)
            sheet.write_string(LABEL_ROW, index, column.label, self.needed if needed else self.optional)
        slots = {column.name: _Slot(index, column) for index, column in enumerate(columns, start=1)}
        for number, (record, cells) in enumerate(rows, start=FIRST_ROW):
            sheet.write_number(number, 0, record, self.open_number)
            for name, value in cells.items():
                if name in slots:
                    self._write_cell(sheet, number, slots[name], value)
        sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})

    def _write_cell(self, sheet: Any, row: int, slot: _Slot, value: Any) -> None:
        index, cell = slot.index, slot.cell
        is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        if is_number and cell.kind in ("whole", "decimal") and abs(value) < 1e15:
            sheet.write_number(row, index, float(value), self.format_of(cell))
            return
        if cell.kind == "catalogo" and isinstance(value, str) and not isinstance(value, NoAnswer):
            text = self._catalogue_label(cell.catalogo, value)
        else:
            text = slot.labels.get(str(value)) or cell_text(value)
        sheet.write_string(row, index, text, self.format_of(cell))

    def _catalogue_label(self, name: str, code: str) -> str:
        catalogo = self.catalogos.get(name)
        return f"{code} {catalogo.labels[code]}" if catalogo and code in catalogo.labels else code

    def _validate_column(self, sheet: Any, index: int, column: Column, cell: Cell, height: int) -> None:
        rule = self._rule(column, cell)
        prompt = column.campo.hint or _TYPED.get(cell.kind, "")
        if rule is None and not prompt:
            return
        rule = {"validate": "any"} if rule is None else rule
        if prompt:
            rule |= {"input_title": column.label[:32], "input_message": prompt[:255]}
        message = f"Revise «{column.label}»"[:200]
        rule |= {"error_title": "Dato por revisar", "error_message": message, "ignore_blank": True}
        sheet.data_validation(FIRST_ROW, index, FIRST_ROW + height - 1, index, rule)

    def _rule(self, column: Column, cell: Cell) -> dict[str, Any] | None:
        if cell.kind in ("whole", "decimal"):
            kind = "integer" if cell.kind == "whole" else "decimal"
            free = "warning" if column.campo.unknown else "stop"
            limits = {"minimum": cell.minimum, "maximum": cell.maximum}
            return {"validate": kind, "criteria": "between", "error_type": free} | limits
        entries = self._entries(column, cell)
        if not entries:
            return None
        position = self.lists.setdefault(entries, len(self.lists))
        letter = column_letter(position)
        source = f"={LISTS_SHEET}!${letter}$1:${letter}${len(entries)}"
        free = "information" if column.type.widget().attrs.get("free") else "stop"
        return {"validate": "list", "source": source, "error_type": free}

    def _entries(self, column: Column, cell: Cell) -> tuple[str, ...]:
        if cell.kind == "catalogo":
            catalogo = self.catalogos.get(cell.catalogo)
            entries = tuple(f"{code} {label}" for code, label in catalogo.labels.items()) if catalogo else ()
        elif cell.kind == "list":
            shown_options = column.type.options_shown(self.gate)
            entries = tuple(option.label for option in shown_options)
        else:
            return ()
        if entries and column.campo.unknown and column.is_main:
            entries += tuple(v.label for v in NoAnswer if v.label not in entries)
        return entries

    def write_lists(self) -> None:
        """Write the hidden sheet that the drop-downs read."""
        sheet = self.book.add_worksheet(LISTS_SHEET)
        for row in range(max((len(entries) for entries in self.lists), default=0)):
            for entries, position in self.lists.items():
                if row < len(entries):
                    sheet.write_string(row, position, entries[row])
        sheet.protect()
        sheet.hide()

    def write_meta(self) -> None:
        """Write which format and edition this workbook is."""
        sheet = self.book.add_worksheet(META_SHEET)
        facts = (
            ("formato", self.formato.code),
            ("edicion", str(self.formato.version)),
            ("huella", fingerprint(self.formato)),
            ("puerta", "si" if self.gate else "no"),
        )
        for row, (key, value) in enumerate(facts):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, 1, value)
        sheet.protect()
        sheet.hide()


def set_page(sheet: Any) -> None:
    """Print on carta, lying, one page wide."""
    sheet.set_landscape()
    sheet.set_paper(1)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.fit_to_pages(1, 0)


def usable(columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns that Excel can hold (no files)."""
    return tuple(column for column in columns if column.type.cell().kind != "none")


def _mark_text(campo: Any) -> str:
    when = f", {campo.required_text}" if campo.required_text else ""
    words = {Mark.R: "Sí", Mark.C: f"Sí{when}", Mark.S: f"Para firmar{when}", Mark.O: "No"}
    return words[campo.required] + (" (lo primero)" if campo.quick else "")


def _guidance(campo: Any) -> str:
    example = f"Ejemplo: {campo.example}" if campo.example else ""
    return " ".join(text for text in (campo.hint, _TYPED.get(campo.type.cell().kind, ""), example) if text)
