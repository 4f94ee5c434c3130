"""Text tables: any separator, any of the encodings that offices in Guatemala really send."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.interchange.errors import ArchivoIlegible

SEPARATORS: Final = (",", ";", "\t", "|")
MAX_CELL_CHARS: Final = 32_767
"""Excel's own limit for one cell."""
MAX_ROWS: Final = 100_000
_SAMPLE_CHARS: Final = 65_536
_SAMPLE_ROWS: Final = 200
_LAST_RESORTS: Final = ("cp1252", "latin-1")
_CONTROL: Final = re.compile("[\x01-\x08\x0e-\x1b]")


def decode(data: bytes) -> str:
    """Bytes to text: by byte order mark, UTF-16 by its zeros, UTF-8 if it holds, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = _try(data, "utf-16")
    elif data.startswith(b"\xef\xbb\xbf"):
        text = _try(data, "utf-8-sig")
    elif encoding := _utf16_by_zeros(data):
        text = _try(data, encoding)
    else:
        text = _try(data, "utf-8")
    for last_resort in _LAST_RESORTS:
        if text is None:
            text = _try(data, last_resort)
    return check_text(text)


def check_text(text: str | None, kinds: str = ".xlsx, .ods o .csv") -> str:
    """The text, if it may be that of a table; ``kinds``: as what the caller takes it.

    :raises ArchivoIlegible: it is None, or has the bytes of something else
    """
    if text is None or "\0" in text or len(_CONTROL.findall(text)) > max(64, len(text) // 100):
        raise ArchivoIlegible(
            "El archivo no es una tabla que se pueda leer. Ábralo en Excel o LibreOffice y guárdelo como "
            f"{kinds}."
        )
    return text


def encoding_of(path: Path) -> str:
    """The encoding by the same signs as ``decode``, for a file that is read piece by piece.

    :raises ArchivoIlegible: the file is empty
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise ArchivoIlegible("El archivo está vacío. Elija el archivo que tiene la lista.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if encoding := _utf16_by_zeros(head):
        return encoding
    candidates = ("utf-8-sig", *_LAST_RESORTS)
    return next(c for c in candidates if c == candidates[-1] or _holds(path, c))


def _holds(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while file.read(_SAMPLE_CHARS):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _utf16_by_zeros(data: bytes) -> str | None:
    head = data[:4096]
    half = len(head) // 2
    if half < 4 or len(data) % 2:
        return None
    if head[1::2].count(0) > half * 0.6 and head[0::2].count(0) < half * 0.1:
        return "utf-16-le"
    if head[0::2].count(0) > half * 0.6 and head[1::2].count(0) < half * 0.1:
        return "utf-16-be"
    return None


def read_rows(
    text: str, expected: Collection[str] = (), max_rows: int = MAX_ROWS
) -> tuple[list[list[str]], str]:
    """Rows of a text table and its separator. ``expected``: normalised column names that decide in doubt."""
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if declared:
        # Excel's own line; it is no row, but stays one so that row numbers are those a person sees.
        separator, text = declared[1], "\n" + text[declared.end() :]
    else:
        separator = find_separator(text, expected)
    return _parse(text, separator, max_rows), separator


def find_separator(text: str, expected: Collection[str] = ()) -> str:
    """The separator that shows the most expected names, then the most even rows."""
    sample = text[:_SAMPLE_CHARS]
    cut = len(sample) < len(text)
    best, best_score = ",", (-1, -1.0)
    for separator in SEPARATORS:
        rows: list[list[str]] = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator):
                if row:
                    rows.append(row)
                if len(rows) > _SAMPLE_ROWS:
                    break
        except csv.Error:
            continue
        if cut and len(rows) > 1:
            rows.pop()
        score = _score(rows, expected)
        if score > best_score:
            best, best_score = separator, score
    return best


def _score(rows: list[list[str]], expected: Collection[str]) -> tuple[int, float]:
    known = max((sum(normalize(c) in expected for c in row) for row in rows[:20]), default=0)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return known, 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return known, (count / len(rows)) * (1 - 1 / width)


def _parse(text: str, separator: str, max_rows: int) -> list[list[str]]:
    csv.field_size_limit(MAX_CELL_CHARS)
    for strict in (True, False):
        rows: list[list[str]] = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=strict):
                rows.append(row)
                if len(rows) > max_rows:
                    raise ArchivoIlegible(
                        f"El archivo tiene más de {max_rows:,} filas. Divida la lista en varios archivos."
                    )
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise ArchivoIlegible(
                    f"Hay comillas que se abren y no se cierran después de la fila {len(rows)}. Corríjalas, "
                    "o guarde la lista como .xlsx."
                ) from error
            if "field larger" in str(error):
                raise ArchivoIlegible(
                    f"Una celda después de la fila {len(rows)} tiene más de {MAX_CELL_CHARS:,} letras. "
                    "Revise si "
                    "faltan unas comillas de cierre."
                ) from error
            if not strict:
                raise ArchivoIlegible(
                    f"No se pudo leer después de la fila {len(rows)}. Guarde la lista como .xlsx y vuelva a "
                    "intentarlo."
                ) from error
        else:
            break
    return rows
