"""Filled formats as CSV and JSON: read to the same records as the workbook, so that one verdict serves all."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from io import StringIO

from albergues_app.formats.engine import Formato
from albergues_app.formats.outputs.columns_in import propose
from albergues_app.formats.outputs.readers import FILES
from albergues_app.formats.outputs.xlsx_in import (
    Filled,
    FilledRecord,
    Place,
    UnreadableWorkbook,
    read_filled,
    read_tables,
)

MAX_BYTES, MAX_ROWS = 40_000_000, 100_000
_SHEET = "archivo"


def read_any(formato: Formato, content: bytes, name: str, *, gate: bool = True) -> Filled:
    """Read a filled .xlsx, .csv, .json or .pdf of a format by the end of its name.

    Raises
    ------
    UnreadableWorkbook
        If it cannot be read at all; the message says what to do.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableWorkbook("El archivo es demasiado grande. Divídalo en varios.")
    reader = next((one for one in FILES if name.lower().endswith(one.end)), None)
    if reader is not None:
        return reader.load()(formato, content, gate)
    end = name.lower().rpartition(".")[2]
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
    The separator is the one that shows most of them.
    """
    text, best = _decode(content), (0, dict[str, list[list[str]]]())
    for delimiter in ",;\t|":
        sheets = {_SHEET: _table(text, delimiter)}
        score = max((len(one.columns) for one in propose(formato, sheets, gate)), default=0)
        best = max(best, (score, sheets), key=lambda found: found[0])
    return read_tables(formato, best[1], gate)


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
