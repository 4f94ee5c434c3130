"""Read a filled workbook back: raw answers for ``validate``, and where each of them stands."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from albergues_app.formats.engine import Catalogos, Formato, Mode, Notice, Result, validate
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.columns_in import Grid, SheetMap, Sheets, propose
from albergues_app.formats.outputs.flat import letter
from albergues_app.formats.outputs.xlsx import JOIN

MAX_UNPACKED, MAX_RATIO, MAX_ENTRIES = 80_000_000, 200, 1000
ERRORS_COLUMN = "_revisar"
PAGE = "página"


class UnreadableWorkbook(ValueError):
    """The file is not a workbook that we can read; the message says what to do."""


class Place(NamedTuple):
    """A cell of the person's workbook; ``row`` as Excel counts it, ``column`` as a letter or empty.

    Of a PDF, ``sheet`` is its page, ``row`` the number printed beside a row (0 outside), ``column`` a label.
    """

    sheet: str
    row: int
    column: str = ""

    def __str__(self) -> str:
        if self.sheet.startswith(f"{PAGE} "):
            row = f", fila {self.row}" if self.row else ""
            return f"{self.sheet}{row}{f', «{self.column}»' if self.column else ''}"
        cell = f"celda {self.column}{self.row}" if self.column else f"fila {self.row}"
        return f"hoja «{self.sheet}», {cell}"


@dataclass
class FilledRecord:
    """One record of the workbook: raw answers, and the place of each path.

    ``key`` is the id that its sender gave it, where it has one: sent again it is the same record.
    """

    number: int
    raw: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    key: str = ""

    def locate(self, path: str) -> Place | None:
        """Return where a path such as ``personas[2].edad`` stands; its row where the cell was empty."""
        if path in self.places:
            return self.places[path]
        near = next((place for key, place in self.places.items() if key.startswith(f"{path}_")), None)
        if near is not None:
            return near
        row = self.places.get(path.partition(".")[0]) if "." in path else None
        return row or self.places.get("")


@dataclass(frozen=True)
class PaperRead:
    """One of the documents that were read together: the sheet it is (1 the form, more its continuations) and its rows."""

    sheet: int
    folio: str
    rows: int


@dataclass
class Filled:
    """Everything that was read: records in sheet order, and what could not be placed.

    ``papers``: of documents of a fixed number of rows, each as it was given.
    """

    records: list[FilledRecord] = field(default_factory=list)
    notices: list[tuple[Notice, Place | None]] = field(default_factory=list)
    papers: list[PaperRead] = field(default_factory=list)


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
    accents and capitals; then by content. Rows of a repeating section join their record by the ``familia``
    column; where the workbook has a single record that column may be empty.

    Raises
    ------
    UnreadableWorkbook
        If the file is not a workbook, or none of its sheets is of this format.
    """
    return read_tables(formato, read_sheets(source), gate)


def read_tables(formato: Formato, sheets: Sheets, gate: bool = True) -> Filled:
    """Read tables as ``propose`` understands them. :raises UnreadableWorkbook: nothing in them is of this format."""
    maps = propose(formato, sheets, gate)
    if not any(one.columns for one in maps):
        raise UnreadableWorkbook(
            f"Ninguna columna del archivo es de «{formato.title}». Use los nombres del Excel de este formato."
        )
    return read_mapped(sheets, maps)


def read_mapped(sheets: Sheets, maps: Sequence[SheetMap]) -> Filled:
    """Read the rows of the sheets as their maps say.

    A sheet of records has one on each row; one of a section hangs its rows from them by ``familia``; one with
    columns of both is flat: rows with the same number are one record, and its own answers are said once.
    """
    filled, records = Filled(), dict[int, FilledRecord]()
    used = [one for one in maps if one.columns]
    alone = not any(one.has_main for one in used)
    numbers = _Numbers(sheets, used)
    for one in sorted(used, key=lambda one: not one.has_main):
        grid = sheets[one.sheet]
        _note_strangers(filled, one, grid)
        if one.has_main and not one.sections:
            _read_records(filled, records, one, grid, numbers)
        elif len(one.sections) == 1 and not one.has_main:
            _attach_rows(filled, records, one, grid, numbers, alone=alone)
        else:
            _read_flat(filled, records, one, grid, numbers)
    filled.records = list(records.values())
    return filled


class _Numbers:
    """What joins rows: 1, 2, 3…, or any other word, which gets a number of its own."""

    def __init__(self, sheets: Sheets, maps: Sequence[SheetMap]) -> None:
        joins = [(one, i) for one in maps for i, taken in one.columns.items() if taken.path == JOIN]
        cells = (row[i] for one, i in joins for row in sheets[one.sheet][one.first_row :] if i < len(row))
        self._words: dict[str, int] = {}
        self._next = max((join_number(cell) or 0 for cell in cells), default=0) + 1

    def of(self, value: Any) -> int | None:
        """The number of a cell; None where it is empty."""
        number = join_number(value)
        if number is None and not is_blank(value):
            word = str(value).strip().casefold()
            number = self._words.get(word) or self._words.setdefault(word, self.free())
        return number

    def free(self) -> int:
        """A number that nothing in the file has."""
        self._next += 1
        return self._next - 1


def _read_records(
    filled: Filled, records: dict[int, FilledRecord], one: SheetMap, grid: Grid, numbers: _Numbers
) -> None:
    for row_number, number, cells in _rows(one, grid, numbers):
        key = number if number is not None and number not in records else numbers.free()
        if number in records:
            notice = Notice("numero_repetido", f"El número {number} ya se usó. Escriba otro en esta fila.")
            filled.notices.append((notice, Place(one.sheet, row_number, "A")))
        record = records[key] = FilledRecord(key)
        record.places[""] = Place(one.sheet, row_number)
        for name, (column, value) in cells.items():
            record.raw[name] = value
            record.places[name] = Place(one.sheet, row_number, column)


def _attach_rows(
    filled: Filled,
    records: dict[int, FilledRecord],
    one: SheetMap,
    grid: Grid,
    numbers: _Numbers,
    *,
    alone: bool,
) -> None:
    (section,) = one.sections
    for row_number, number, cells in _rows(one, grid, numbers):
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
                filled.notices.append((notice, Place(one.sheet, row_number, "A")))
                continue
            records[number] = FilledRecord(number, places={"": Place(one.sheet, row_number)})
        _add_row(records[number], section, one.sheet, row_number, cells)


def _add_row(
    record: FilledRecord, section: str, sheet: str, row_number: int, cells: Mapping[str, tuple[str, Any]]
) -> None:
    rows = record.raw.setdefault(section, [])
    path = f"{section}[{len(rows)}]"
    rows.append({name.partition(".")[2]: value for name, (_, value) in cells.items()})
    record.places.setdefault(section, Place(sheet, row_number))
    record.places[path] = Place(sheet, row_number)
    for name, (column, _) in cells.items():
        record.places[f"{path}.{name.partition('.')[2]}"] = Place(sheet, row_number, column)


def _read_flat(
    filled: Filled, records: dict[int, FilledRecord], one: SheetMap, grid: Grid, numbers: _Numbers
) -> None:
    for row_number, number, cells in _rows(one, grid, numbers):
        key = number if number is not None else numbers.free()
        record = records.setdefault(key, FilledRecord(key, places={"": Place(one.sheet, row_number)}))
        rows: dict[str, dict[str, tuple[str, Any]]] = {}
        for name, (column, value) in cells.items():
            section, dot, _rest = name.partition(".")
            if dot:
                rows.setdefault(section, {})[name] = (column, value)
            elif name not in record.raw:
                record.raw[name] = value
                record.places[name] = Place(one.sheet, row_number, column)
            elif record.raw[name] != value:
                notice = Notice(
                    "cabeza_distinta", f"El número {key} ya dijo otra cosa en esta columna. No se leyó."
                )
                filled.notices.append((notice, Place(one.sheet, row_number, column)))
        for section, mine in rows.items():
            _add_row(record, section, one.sheet, row_number, mine)


def _note_strangers(filled: Filled, one: SheetMap, grid: Grid) -> None:
    for index, title in one.titles.items():
        if index not in one.columns:
            text = f"No se reconoce la columna «{title[:60]}». No se leyó."
            filled.notices.append(
                (Notice("columna_desconocida", text), Place(one.sheet, one.first_row, letter(index)))
            )


def _rows(
    one: SheetMap, grid: Grid, numbers: _Numbers
) -> Iterator[tuple[int, int | None, dict[str, tuple[str, Any]]]]:
    """Yield the Excel row number, the joining number and the cells by path; empty rows are left out."""
    columns = [(index, letter(index), taken.path) for index, taken in one.columns.items()]
    for row_number, row in enumerate(grid[one.first_row :], start=one.first_row + 1):
        number: int | None = None
        cells: dict[str, tuple[str, Any]] = {}
        for index, column, path in columns:
            value = row[index] if index < len(row) else ""
            if value == "" or is_blank(value):  # most cells are empty, and that needs no call
                continue
            if path == JOIN:
                number = numbers.of(value)
            else:
                cells[path] = (column, value)
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
