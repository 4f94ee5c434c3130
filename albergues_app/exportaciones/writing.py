"""Write an export as XLSX or as CSV, in constant memory, with the mark of its copy on every row and every sheet."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albergues_app.core.text import csv_text
from albergues_app.exportaciones.archive import Unseekable
from albergues_app.exportaciones.columns import Columna
from albergues_app.exportaciones.coverage import ENCABEZADO, Cobertura
from albergues_app.exportaciones.rows import Fila
from albergues_app.exportaciones.sealed_file import PART, SealedWriter

Said = Callable[[int], None]


@dataclass(frozen=True)
class Marca:
    """The watermark of a copy: who, when, why, for whom; what it is of, and which shelters of it reported."""

    copia: str
    lineas: Sequence[tuple[str, str]]
    titulo: str
    quien: str
    cuando: str
    cobertura: Cobertura


def write_xlsx(
    target: SealedWriter,
    columns: Sequence[Columna],
    parts: Iterable[list[Fila]],
    mark: Marca,
    folder: Path,
    said: Said,
) -> int:
    """A workbook row by row (xlsxwriter, constant memory): text as text, no formula, no link. Returns the rows.

    xlsxwriter needs a plain file while it works: it stands in the instance's own folder and goes at the end.
    """
    import xlsxwriter

    plain = folder / f".{mark.copia}.xlsx"
    plain.touch(mode=0o600)
    try:
        book = xlsxwriter.Workbook(
            str(plain),
            {
                "constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False,
                "strings_to_urls": False, "strings_to_numbers": False,
            },
        )  # fmt: skip
        bold = book.add_format({"bold": True})
        quoted = book.add_format({"quote_prefix": True})
        control = _sheet(book, "Control", mark)
        control.set_column(0, 0, 26)
        control.set_column(1, 1, 80)
        for line, (name, value) in enumerate(mark.lineas):
            control.write_string(line, 0, name, bold)
            control.write_string(line, 1, value, quoted)
        scope = _sheet(book, "Cobertura", mark)
        scope.freeze_panes(1, 0)
        for n, name in enumerate(ENCABEZADO):
            scope.set_column(n, n, max(14, len(name) + 2))
            scope.write_string(0, n, name, bold)
        for line, values in enumerate(mark.cobertura.albergues, start=1):
            for n, said_of_it in enumerate(values):
                if isinstance(said_of_it, int):
                    scope.write_number(line, n, said_of_it)
                else:
                    formula = csv_text(said_of_it) != said_of_it
                    scope.write_string(line, n, said_of_it, quoted if formula else None)
        sheet = _sheet(book, "Datos", mark)
        sheet.freeze_panes(1, 0)
        for n, column in enumerate(columns):
            sheet.set_column(n, n, max(10, min(32, len(column.titulo) + 4)))
            sheet.write_string(0, n, column.titulo, bold)
        sheet.write_string(0, len(columns), "Copia", bold)
        row = 0
        for part in parts:
            for cells in part:
                row += 1
                for n, column in enumerate(columns):
                    value = cells[column.codigo]
                    if isinstance(value, int):
                        sheet.write_number(row, n, value)
                    elif value:
                        sheet.write_string(row, n, value, quoted if csv_text(value) != value else None)
                sheet.write_string(row, len(columns), mark.copia)
            said(row)
        book.close()
        with plain.open("rb") as file:
            while block := file.read(PART):
                target.write(block)
        return row
    finally:
        plain.unlink(missing_ok=True)


def _sheet(book: Any, name: str, mark: Marca) -> Any:
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_header(f"&L{_amp(mark.copia)}&C{_amp(mark.titulo)[:90]}&R{_amp(mark.quien)[:60]}")
    sheet.set_footer(f"&LDatos de personas: no se publican&C{_amp(mark.cuando)}&RPágina &P de &N")
    return sheet


def _amp(text: str) -> str:
    """In a header of Excel an ampersand begins a code."""
    return text.replace("&", "&&")


def write_csv(
    target: SealedWriter, columns: Sequence[Columna], parts: Iterable[list[Fila]], mark: Marca, said: Said
) -> int:
    """A ZIP with the CSV, which any program reads as it is; beside it the note of the copy and the shelters it is of.

    Returns the rows.
    """
    row = 0
    with zipfile.ZipFile(Unseekable(target), "w", zipfile.ZIP_DEFLATED) as book:
        note = "\r\n".join(f"{name}: {value}" for name, value in mark.lineas) + "\r\n"
        book.writestr(_entry("LEAME.txt"), "\ufeff" + note)
        scope = io.StringIO(newline="")
        shelters = csv.writer(scope, lineterminator="\r\n")
        shelters.writerow(ENCABEZADO)
        shelters.writerows([csv_text(value) for value in values] for values in mark.cobertura.albergues)
        book.writestr(_entry("cobertura.csv"), "\ufeff" + scope.getvalue())
        with book.open(_entry("datos.csv"), "w", force_zip64=True) as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="", write_through=False)
            writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
            writer.writerow([c.codigo for c in columns] + ["copia"])
            for part in parts:
                writer.writerows(
                    [*(csv_text(cells[c.codigo]) for c in columns), mark.copia] for cells in part
                )
                row += len(part)
                said(row)
            text.flush()
            text.detach()
    return row


def _entry(name: str) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    found.compress_type = zipfile.ZIP_DEFLATED
    return found
