"""Filled formats as CSV and JSON: read to the same records as the workbook, so that one verdict serves all."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

from albergues_app.formats.engine import Formato, Notice, fold
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.flat import letter
from albergues_app.formats.outputs.xlsx import JOIN
from albergues_app.formats.outputs.xlsx_in import (
    Filled,
    FilledRecord,
    Place,
    UnreadableWorkbook,
    join_number,
    known_names,
    read_filled,
)

MAX_BYTES, MAX_ROWS = 40_000_000, 100_000
_SHEET = "archivo"


def read_any(formato: Formato, content: bytes, name: str, *, gate: bool = True) -> Filled:
    """Read a filled .xlsx, .csv or .json of a format by the end of its name.

    Raises
    ------
    UnreadableWorkbook
        If it cannot be read at all; the message says what to do.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableWorkbook("El archivo es demasiado grande. Divídalo en varios.")
    end = name.lower().rpartition(".")[2]
    if end == "json":
        return read_json(formato, content)
    if end in {"csv", "txt", "tsv"}:
        return read_csv(formato, content, gate=gate)
    return read_filled(formato, content, gate=gate)


def read_json(formato: Formato, content: bytes, gate: bool = True) -> Filled:
    """One object of answers, or a list of them; each may stand under ``respuestas``."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise UnreadableWorkbook("El archivo no es JSON en UTF-8. Revise cómo se guardó.") from problem
    rows = data if isinstance(data, list) else [data]
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise UnreadableWorkbook("El JSON debe ser un objeto de respuestas, o una lista de ellos.")
    filled = Filled()
    for number, row in enumerate(rows, start=1):
        raw = row.get("respuestas", row)
        place = {"": Place(_SHEET, number)}
        filled.records.append(FilledRecord(number, dict(raw) if isinstance(raw, Mapping) else {}, place))
    return filled


def read_csv(formato: Formato, content: bytes, *, gate: bool = True) -> Filled:
    """A flat table: the head repeated on each line, lines of one sheet joined by the column ``familia``.

    Columns are recognised by name, label or alias; those of a repeating section also as ``personas.nombres``.
    """
    text = _decode(content)
    best: tuple[int, list[list[str]], dict[int, tuple[str, str]]] | None = None
    for delimiter in ",;\t|":
        grid = _table(text, delimiter)
        columns = _columns(formato, grid[0] if grid else [], gate)
        if columns and (best is None or len(columns) > best[0]):
            best = (len(columns), grid, columns)
    if best is None:
        raise UnreadableWorkbook(
            f"Ninguna columna de la primera línea es de «{formato.title}». Use los nombres del Excel de este formato."
        )
    _count, grid, columns = best
    filled = Filled()
    for index, heading in enumerate(grid[0]):
        if index not in columns and heading.strip():
            notice = Notice(
                "columna_desconocida", f"No se reconoce la columna «{heading.strip()[:60]}». No se leyó."
            )
            filled.notices.append((notice, Place(_SHEET, 1, letter(index))))
    _gather(filled, grid, columns)
    return filled


def _gather(filled: Filled, grid: Sequence[Sequence[str]], columns: Mapping[int, tuple[str, str]]) -> None:
    records: dict[int, FilledRecord] = {}
    for line, row in enumerate(grid[1:], start=2):
        cells = [(columns[i], letter(i), row[i]) for i in columns if i < len(row) and not is_blank(row[i])]
        number = next((join_number(value) for (_s, name), _c, value in cells if name == JOIN), None)
        cells = [cell for cell in cells if cell[0][1] != JOIN]
        if not cells:
            continue
        key = number if number is not None else max(records, default=0) + 1
        record = records.setdefault(key, FilledRecord(key, places={"": Place(_SHEET, line)}))
        added: dict[str, tuple[str, dict[str, Any]]] = {}
        for (section, name), column, value in cells:
            place = Place(_SHEET, line, column)
            if not section:
                record.raw.setdefault(name, value)
                record.places.setdefault(name, place)
                continue
            if section not in added:
                rows = record.raw.setdefault(section, [])
                added[section] = (f"{section}[{len(rows)}]", {})
                rows.append(added[section][1])
                record.places.setdefault(section, place)
                record.places[added[section][0]] = Place(_SHEET, line)
            path, one = added[section]
            one[name] = value
            record.places[f"{path}.{name}"] = place
    filled.records = list(records.values())


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _table(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(StringIO(text.replace("\x00", "")), delimiter=delimiter))
    except csv.Error:
        return []
    if len(rows) > MAX_ROWS:
        raise UnreadableWorkbook("El archivo tiene demasiadas líneas. Divídalo en varios.")
    return rows


def _columns(formato: Formato, heading: Sequence[str], gate: bool) -> dict[int, tuple[str, str]]:
    """Index → (repeating section or "", name) of the columns that are recognised."""
    head = known_names(formato, None, gate)
    sections = {r.name: known_names(formato, r.name, gate) for r in formato.repetibles}
    found: dict[int, tuple[str, str]] = {}
    for index, cell in enumerate(heading):
        words = cell.strip().rstrip(" *")
        prefix, dot, rest = words.partition(".")
        if dot and prefix.strip() in sections:
            names = sections[prefix.strip()].get(fold(rest), set())
            hits = {(prefix.strip(), name) for name in names}
        else:
            hits = {("", name) for name in head.get(fold(words), set())}
            hits = hits or {
                (s, name) for s, known in sections.items() for name in known.get(fold(words), set())
            }
        hits = {hit for hit in hits if hit[1] == words} or hits
        if len(hits) == 1:
            found[index] = hits.pop()
    return found
