"""One reader for every table people send: XLSX, ODS, XLS, CSV in any dress, GeoJSON of points.

``read_table`` parses what strangers send, so the program never calls it in its own process: ``open_table``
runs it in a limited child (``sandbox.py``) and rebuilds the result. Cells are values (text, numbers, dates);
no formula is executed or kept.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from albergues_app.interchange import containers, delimited, geojson_points
from albergues_app.interchange.errors import DAMAGED, ArchivoIlegible

Celda = str | int | float | bool | date | datetime | time | None

MAX_COLUMNS: Final = 1_000
MAX_SHEETS: Final = 64
MAX_TEXT: Final = 20_000_000
"""Letters in all cells together: one shared string repeated in every cell is a bomb no zip limit sees."""


@dataclass
class Hoja:
    """One sheet. ``filas`` begins at the first row of the sheet: index + 1 is the number a person sees."""

    nombre: str
    filas: list[list[Celda]]
    combinadas: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged ranges: first row, first column, last row, last column; the value is in the first cell."""
    oculta: bool = False


@dataclass
class Tabla:
    """A file as values."""

    hojas: list[Hoja]
    tipo: str
    archivo: str = ""
    avisos: list[str] = field(default_factory=list)

    def hoja(self, nombre: str) -> Hoja:
        """The sheet of that name. Raises KeyError."""
        for hoja in self.hojas:
            if hoja.nombre == nombre:
                return hoja
        raise KeyError(nombre)


def open_table(source: Path | bytes, filename: str, expected: Collection[str] = ()) -> Tabla:
    """Read a stranger's file in a limited child process.

    :param expected: normalised names of columns one hopes for; they decide the separator of a CSV in doubt
    :raises ArchivoIlegible: with one Spanish sentence that says what to do
    """
    from albergues_app.interchange.sandbox import run_limited

    containers.check_size(len(source) if isinstance(source, bytes) else source.stat().st_size)
    given = source if isinstance(source, bytes) else str(source.resolve())
    plain = run_limited("albergues_app.interchange.tables:read_plain", given, filename, sorted(expected))
    return from_plain(plain)


def read_plain(source: str | bytes, filename: str, expected: Collection[str] = ()) -> dict[str, Any]:
    """``read_table`` with a result of plain JSON types: what the child runs."""
    return to_plain(read_table(Path(source) if isinstance(source, str) else source, filename, expected))


def read_table(
    source: Path | bytes, filename: str, expected: Collection[str] = (), *, folders: bool = False
) -> Tabla:
    """Read a table of any known kind. The kind is recognised by content; ``filename`` is only for showing.

    :param folders: whether a packed folder of CSV is taken, each a sheet
    :raises ArchivoIlegible: damaged, of another kind, or beyond the limits
    """
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(containers.MAX_BYTES + 1)
    containers.check_size(len(source))
    kind = containers.kind_of(source)
    if kind == "zip":
        kind, avisos = containers.check_zip(source)
        if kind == "csv" and not folders:
            raise ArchivoIlegible(containers.FOLDER)
        hojas = _read_folder(source, expected) if kind == "csv" else _read_workbook(source)
        tabla = Tabla(hojas, kind, filename, avisos)
    elif kind == "xls":
        containers.check_xls(source)
        tabla = Tabla(_read_workbook(source), kind, filename)
    elif kind == "json":
        filas, avisos = geojson_points.read_features(delimited.decode(source))
        tabla = Tabla(
            [Hoja("lugares", [[_value(c) for c in fila] for fila in filas])], "geojson", filename, avisos
        )
    else:
        rows, _ = delimited.read_rows(delimited.decode(source), frozenset(expected))
        tabla = Tabla([Hoja("lista", [list(r) for r in rows])], "csv", filename)
    for hoja in tabla.hojas:
        trim(hoja)
    _check_volume(tabla)
    return tabla


def _read_folder(data: bytes, expected: Collection[str]) -> list[Hoja]:
    """Every CSV of a folder that is already held against the limits: a sheet each, called as its file."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [n for n in archive.namelist() if n.lower().endswith(".csv") and "__MACOSX" not in n]
        if len(names) > MAX_SHEETS:
            raise ArchivoIlegible(
                f"La carpeta tiene más de {MAX_SHEETS} listas. Deje solo las de un formato."
            )
        hojas = []
        for name in names:
            rows, _ = delimited.read_rows(delimited.decode(archive.read(name)), frozenset(expected))
            hojas.append(Hoja(PurePosixPath(name).stem, [list(r) for r in rows]))
    return hojas


def _read_workbook(data: bytes) -> list[Hoja]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        wanted = [m for m in book.sheets_metadata if m.typ == calamine.SheetTypeEnum.WorkSheet]
        if len(wanted) > MAX_SHEETS:
            raise ArchivoIlegible(f"El libro tiene más de {MAX_SHEETS} hojas. Deje solo las de la lista.")
        hojas = []
        for meta in wanted:
            sheet = book.get_sheet_by_name(meta.name)
            filas = [[_value(c) for c in row] for row in sheet.to_python(skip_empty_area=False)]
            merged = [(a, b, c, d) for (a, b), (c, d) in sheet.merged_cell_ranges or []]
            hojas.append(Hoja(meta.name, filas, merged, meta.visible != calamine.SheetVisibleEnum.Visible))
    except calamine.PasswordError as error:
        raise ArchivoIlegible(containers.LOCKED) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise ArchivoIlegible(DAMAGED) from error
    return hojas


def _value(cell: Any) -> Celda:
    if isinstance(cell, str):
        # A lone surrogate can be neither stored nor sent.
        return cell.encode("utf-8", "replace").decode() if cell else None
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            return str(cell)
        # A spreadsheet has only floats: 701 written by a person arrives as 701.0.
        return int(cell) if cell.is_integer() and abs(cell) < 2**53 else cell
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, datetime | date | time | bool | int) or cell is None:
        return cell
    return str(cell)


def trim(hoja: Hoja) -> None:
    """Cut empty cells at the end of rows and empty rows at the end; formatted but empty areas are common."""
    for fila in hoja.filas:
        while fila and (fila[-1] is None or fila[-1] == ""):
            fila.pop()
    while hoja.filas and not hoja.filas[-1]:
        hoja.filas.pop()


def _check_volume(tabla: Tabla) -> None:
    letters = 0
    for hoja in tabla.hojas:
        if len(hoja.filas) > delimited.MAX_ROWS:
            raise ArchivoIlegible(
                f"La hoja «{hoja.nombre[:40]}» tiene más de {delimited.MAX_ROWS:,} filas. Divida la lista "
                "en varios "
                "archivos."
            )
        for number, fila in enumerate(hoja.filas, start=1):
            if len(fila) > MAX_COLUMNS:
                raise ArchivoIlegible(
                    f"La fila {number} de «{hoja.nombre[:40]}» tiene más de {MAX_COLUMNS:,} columnas. Deje "
                    "solo las "
                    "columnas de la lista."
                )
            for cell in fila:
                if isinstance(cell, str):
                    letters += len(cell)
                    if len(cell) > delimited.MAX_CELL_CHARS:
                        raise ArchivoIlegible(
                            f"Una celda de la fila {number} tiene más de {delimited.MAX_CELL_CHARS:,} "
                            "letras. Acórtela."
                        )
        if letters > MAX_TEXT:
            raise ArchivoIlegible("El archivo tiene demasiado texto. Divida la lista en varios archivos.")
    if not any(hoja.filas for hoja in tabla.hojas):
        tabla.avisos.append("El archivo no tiene ninguna fila con datos.")


# --- plain JSON types, for the pipe between processes and for a table kept between two screens -----


def to_plain(tabla: Tabla) -> dict[str, Any]:
    """As JSON types: dates and times become one-key objects."""
    return {
        "tipo": tabla.tipo,
        "archivo": tabla.archivo,
        "avisos": tabla.avisos,
        "hojas": [
            {
                "nombre": h.nombre,
                "oculta": h.oculta,
                "combinadas": h.combinadas,
                "filas": [[_cell_to_plain(c) for c in fila] for fila in h.filas],
            }
            for h in tabla.hojas
        ],
    }


def from_plain(plain: dict[str, Any]) -> Tabla:
    """The inverse of ``to_plain``."""
    return Tabla(
        [
            Hoja(
                h["nombre"],
                [[_cell_from_plain(c) for c in fila] for fila in h["filas"]],
                [(a, b, c, d) for a, b, c, d in h["combinadas"]],
                h["oculta"],
            )
            for h in plain["hojas"]
        ],
        plain["tipo"],
        plain["archivo"],
        list(plain["avisos"]),
    )


def _cell_to_plain(cell: Celda) -> Any:
    if isinstance(cell, datetime):
        return {"instante": cell.isoformat()}
    if isinstance(cell, date):
        return {"fecha": cell.isoformat()}
    if isinstance(cell, time):
        return {"hora": cell.isoformat()}
    return cell


def _cell_from_plain(cell: Any) -> Celda:
    if isinstance(cell, dict):
        [(kind, text)] = cell.items()
        readers: dict[str, type[datetime | date | time]] = {"instante": datetime, "fecha": date, "hora": time}
        return readers[kind].fromisoformat(text)
    return cell
