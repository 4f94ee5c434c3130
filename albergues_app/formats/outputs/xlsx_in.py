"""Read a filled workbook back: raw answers for ``validate``, and where each of them stands."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from albergues_app.formats.engine import Catalogos, Formato, Mode, Notice, Result, fold, validate
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.flat import columns_of, letter, record_sheet, row_sheet
from albergues_app.formats.outputs.xlsx import JOIN, join_label, usable

MAX_UNPACKED, MAX_RATIO, MAX_ENTRIES = 80_000_000, 200, 1000
ERRORS_COLUMN = "_revisar"
_HEADER_SEARCH = 15

Grid = Sequence[Sequence[Any]]


class UnreadableWorkbook(ValueError):
    """The file is not a workbook that we can read; the message says what to do."""


@dataclass(frozen=True)
class Place:
    """A cell of the person's workbook; ``row`` as Excel counts it, ``column`` as a letter or empty."""

    sheet: str
    row: int
    column: str = ""

    def __str__(self) -> str:
        cell = f"celda {self.column}{self.row}" if self.column else f"fila {self.row}"
        return f"hoja «{self.sheet}», {cell}"


@dataclass
class FilledRecord:
    """One record of the workbook: raw answers, and the place of each path."""

    number: int
    raw: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    def locate(self, path: str) -> Place | None:
        """Return where a path such as ``personas[2].edad`` stands; its row where the cell was empty."""
        if path in self.places:
            return self.places[path]
        near = next((place for key, place in self.places.items() if key.startswith(f"{path}_")), None)
        if near is not None:
            return near
        row = self.places.get(path.partition(".")[0]) if "." in path else None
        return row or self.places.get("")


@dataclass
class Filled:
    """Everything that was read: records in sheet order, and what could not be placed."""

    records: list[FilledRecord] = field(default_factory=list)
    notices: list[tuple[Notice, Place | None]] = field(default_factory=list)


@dataclass(frozen=True)
class _Sheet:
    name: str
    grid: Grid
    columns: Mapping[int, str]
    first_row: int


def read_sheets(source: bytes | str | Path) -> dict[str, Grid]:
    """Return the cells of every sheet, hidden ones too, or raise UnreadableWorkbook."""
    from python_calamine import CalamineError, CalamineWorkbook

    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    _check_package(content)
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        return {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except (CalamineError, ValueError, OSError, KeyError, IndexError) as problem:
        raise UnreadableWorkbook(
            "No se pudo leer el archivo. Ábralo en Excel y guárdelo como .xlsx."
        ) from problem


def _check_package(content: bytes) -> None:
    """Refuse what is not a workbook, or one that unpacks to far more than it weighs."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise UnreadableWorkbook(
            "El archivo no es un libro de Excel (.xlsx). Guárdelo como .xlsx."
        ) from problem
    size = sum(entry.file_size for entry in entries)
    if not any(entry.filename == "[Content_Types].xml" for entry in entries):
        raise UnreadableWorkbook("El archivo no es un libro de Excel (.xlsx). Guárdelo como .xlsx.")
    if len(entries) > MAX_ENTRIES or size > MAX_UNPACKED or size > MAX_RATIO * max(len(content), 1000):
        raise UnreadableWorkbook("El libro es demasiado grande. Divídalo en varios archivos.")


def read_filled(formato: Formato, source: bytes | str | Path, *, gate: bool = True) -> Filled:
    """Read a filled workbook of a format.

    Columns are recognised by the hidden row of names; without it by label, short label or alias, whatever the
    accents and capitals. Rows of a repeating section join their record by the ``familia`` column; where the
    workbook has a single record that column may be empty.

    Raises
    ------
    UnreadableWorkbook
        If the file is not a workbook, or none of its sheets is of this format.
    """
    sheets = read_sheets(source)
    filled = Filled()
    main_names = known_names(formato, None, gate)
    main = _find_sheet(sheets, record_sheet(formato), main_names)
    found = {
        r.name: _find_sheet(sheets, row_sheet(r), known_names(formato, r.name, gate))
        for r in formato.repetibles
    }
    if main is None and not any(found.values()):
        raise UnreadableWorkbook(
            f"Ninguna hoja del archivo es de «{formato.title}». Use el Excel de este formato."
        )
    records: dict[int, FilledRecord] = {}
    if main is not None:
        _note_strangers(filled, main)
        for row_number, number, cells in _rows(main):
            key = number if number is not None and number not in records else _free_number(records, number)
            if number in records:
                notice = Notice(
                    "numero_repetido", f"El número {number} ya se usó. Escriba otro en esta fila."
                )
                filled.notices.append((notice, Place(main.name, row_number, "A")))
            record = records[key] = FilledRecord(key)
            record.places[""] = Place(main.name, row_number)
            for name, (column, value) in cells.items():
                record.raw[name] = value
                record.places[name] = Place(main.name, row_number, column)
    for name, sheet in found.items():
        if sheet is not None:
            _note_strangers(filled, sheet)
            _attach_rows(filled, records, name, sheet, alone=main is None)
    filled.records = list(records.values())
    return filled


def _attach_rows(
    filled: Filled, records: dict[int, FilledRecord], name: str, sheet: _Sheet, *, alone: bool
) -> None:
    for row_number, number, cells in _rows(sheet):
        if number is None and len(records) == 1:
            number = next(iter(records))
        if number is None and not records:
            number = 1
        if number not in records:
            if number is None or not (alone or not records):
                text = (
                    "Falta el número en la primera columna." if number is None else f"No hay número {number}."
                )
                notice = Notice("fila_sin_familia", f"{text} Escriba el de la hoja principal.")
                filled.notices.append((notice, Place(sheet.name, row_number, "A")))
                continue
            records[number] = FilledRecord(number, places={"": Place(sheet.name, row_number)})
        record = records[number]
        rows = record.raw.setdefault(name, [])
        path = f"{name}[{len(rows)}]"
        rows.append({key: value for key, (_, value) in cells.items()})
        record.places.setdefault(name, Place(sheet.name, row_number))
        record.places[path] = Place(sheet.name, row_number)
        for key, (column, _) in cells.items():
            record.places[f"{path}.{key}"] = Place(sheet.name, row_number, column)


def _free_number(records: Mapping[int, Any], wanted: int | None) -> int:
    return max([*records, 0 if wanted is None else 1_000_000]) + 1


def known_names(formato: Formato, repetible: str | None, gate: bool) -> dict[str, set[str]]:
    """Return folded spelling -> column names, for one sheet."""
    campos = (
        formato.campos
        if repetible is None
        else next(r.campos for r in formato.repetibles if r.name == repetible)
    )
    known: dict[str, set[str]] = {fold(JOIN): {JOIN}, fold(join_label(formato)): {JOIN}}
    for column in usable(columns_of(campos, gate, auto=True)):
        spellings = [column.name, column.label]
        if column.is_main:
            spellings += [column.campo.short, column.campo.label, *column.campo.aliases]
        for spelling in spellings:
            if spelling:
                known.setdefault(fold(spelling), set()).add(column.name)
    for campo in campos:
        if all(part.suffix for part in campo.type.parts()):
            known.setdefault(fold(campo.label), set()).add(campo.name)
            known.setdefault(fold(campo.name), set()).add(campo.name)
    return known


def _find_sheet(sheets: Mapping[str, Grid], wanted: str, known: Mapping[str, set[str]]) -> _Sheet | None:
    """Return the sheet with the wanted name; else the one that recognises most columns, at least two."""
    best: tuple[int, _Sheet] | None = None
    for name, grid in sheets.items():
        if name.startswith("_"):
            continue
        columns, first_row = _header(grid, known)
        score = sum(1 for column in columns.values() if not column.startswith("?"))
        if fold(name) == fold(wanted) and score:
            return _Sheet(name, grid, columns, first_row)
        if score >= 3 and (best is None or score > best[0]):
            best = (score, _Sheet(name, grid, columns, first_row))
    return best[1] if best else None


def _header(grid: Grid, known: Mapping[str, set[str]]) -> tuple[dict[int, str], int]:
    """Return column index -> name (``?text`` for a stranger) and the first row of data."""
    best: dict[int, str] = {}
    first_row = best_score = 0
    for number, row in enumerate(grid[:_HEADER_SEARCH]):
        columns: dict[int, str] = {}
        for index, cell in enumerate(row):
            if not isinstance(cell, str) or is_blank(cell):
                continue
            names = known.get(fold(cell.rstrip(" *")), set())
            exact = {name for name in names if name == cell}
            meant = exact or names
            columns[index] = next(iter(meant)) if len(meant) == 1 else f"?{cell}"
        score = sum(1 for name in columns.values() if not name.startswith("?"))
        if score > best_score:
            best, best_score, first_row = columns, score, number + 1
        elif score and 2 * score >= best_score and number <= first_row + 2:
            first_row = number + 1
    return best, first_row


def _note_strangers(filled: Filled, sheet: _Sheet) -> None:
    for index, name in sheet.columns.items():
        if name.startswith("?") and not name.startswith("?_"):
            text = f"No se reconoce la columna «{name[1:61]}». No se leyó."
            filled.notices.append(
                (Notice("columna_desconocida", text), Place(sheet.name, sheet.first_row, letter(index)))
            )


def _rows(sheet: _Sheet) -> Iterator[tuple[int, int | None, dict[str, tuple[str, Any]]]]:
    """Yield the Excel row number, the joining number and the cells by name; empty rows are left out."""
    for row_number, row in enumerate(sheet.grid[sheet.first_row :], start=sheet.first_row + 1):
        number: int | None = None
        cells: dict[str, tuple[str, Any]] = {}
        for index, name in sheet.columns.items():
            if name.startswith("?") or index >= len(row) or is_blank(row[index]):
                continue
            if name == JOIN:
                number = join_number(row[index])
            else:
                cells[name] = (letter(index), row[index])
        if cells:
            yield row_number, number, cells


def join_number(value: Any) -> int | None:
    try:
        number = int(float(value)) if not isinstance(value, (dt.date, dt.time, dt.timedelta)) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and 0 < number < 1_000_000 else None


def check_filled(
    formato: Formato,
    filled: Filled,
    catalogos: Catalogos | None = None,
    mode: Mode = "rapido",
    now: dt.datetime | None = None,
    gate: bool = True,
) -> list[tuple[FilledRecord, Result]]:
    """Validate every record that was read."""
    return [(record, validate(formato, record.raw, catalogos, mode, now, gate)) for record in filled.records]
