"""The person's own workbook back, with what is wrong written beside each row; always XLSX, whatever came in.

Text stays text: every string is written as a string, and one that begins like a formula also carries Excel's
quote mark, so that it stays text when somebody edits the cell (T10).
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from albergues_app.interchange.tables import Celda, Hoja, Tabla, trim

SUMMARY_SHEET: Final = "Revisión"
SUMMARY_TITLE: Final = "Revisión de la lista de albergues"
ERRORS_TITLE: Final = "Errores"
WARNINGS_TITLE: Final = "Avisos"
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_MAX_LISTED: Final = 2_000
_MAX_MERGED_CELLS: Final = 20_000
_FIRST_EXCEL_DAY: Final = date(1900, 3, 1)
"""Before it Excel counts a 29 February 1900 that never was."""


@dataclass(frozen=True)
class Marca:
    """What to say of a row (``fila`` as a person counts) and, if known, of a cell (``columna`` from 0)."""

    hoja: str
    fila: int
    mensaje: str
    columna: int | None = None
    es_aviso: bool = False


def write_errors(
    tabla: Tabla,
    marcas: Sequence[Marca],
    out: Path | io.BytesIO,
    *,
    header_rows: Mapping[str, int] | None = None,
    resumen: Mapping[str, object] | None = None,
) -> None:
    """Write all sheets with their values, and the marks beside their rows.

    :param header_rows: index of the header row of a sheet, where the titles of our two columns go
    :param resumen: lines for the first sheet: what was counted
    """
    import xlsxwriter

    by_sheet: dict[str, dict[int, list[Marca]]] = defaultdict(lambda: defaultdict(list))
    for marca in marcas:
        by_sheet[marca.hoja][marca.fila].append(marca)
    # Made in memory: a path that cannot be written then leaves no temporary file behind.
    content = out if isinstance(out, io.BytesIO) else io.BytesIO()
    book = xlsxwriter.Workbook(
        content,
        {
            "constant_memory": not any(h.combinadas for h in tabla.hojas),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "in_memory": True,
        },
    )
    styles = _Styles(book)
    hojas = strip_marks(tabla).hojas
    names = _sheet_names([h.nombre for h in hojas])
    _write_summary(
        book, styles, marcas, resumen or {}, dict(zip((h.nombre for h in hojas), names, strict=True))
    )
    for hoja, name in zip(hojas, names, strict=True):
        header = (header_rows or {}).get(hoja.nombre)
        _write_sheet(book.add_worksheet(name), styles, hoja, by_sheet[hoja.nombre], header)
    book.close()
    if isinstance(out, Path):
        out.write_bytes(content.getvalue())


class _Styles:
    def __init__(self, book: Any) -> None:
        self.plain = book.add_format()
        self.quoted = book.add_format({"quote_prefix": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bottom": 1})
        self.wrong = book.add_format({"bg_color": "#F8D7DA"})
        self.wrong_quoted = book.add_format({"bg_color": "#F8D7DA", "quote_prefix": True})
        self.error = book.add_format({"bg_color": "#F8D7DA", "font_color": "#7A0B17", "text_wrap": True})
        self.warning = book.add_format({"bg_color": "#FFF3CD", "font_color": "#664D03", "text_wrap": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.hour = book.add_format({"num_format": "hh:mm"})


def _write_summary(
    book: Any,
    styles: _Styles,
    marcas: Sequence[Marca],
    resumen: Mapping[str, object],
    names: Mapping[str, str],
) -> None:
    sheet = book.add_worksheet(_sheet_names([SUMMARY_SHEET], taken=set(names.values()))[0])
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 10)
    sheet.set_column(2, 2, 10)
    sheet.set_column(3, 3, 110)
    sheet.write_string(0, 0, SUMMARY_TITLE, styles.title)
    errors = sum(not m.es_aviso for m in marcas)
    sheet.write_string(
        1,
        0,
        "Corrija las celdas marcadas en rojo y vuelva a importar este mismo libro. No se guardó nada."
        if errors
        else "No hay errores. Revise los avisos, en amarillo.",
    )
    row = 3
    for label, value in resumen.items():
        sheet.write_string(row, 0, label, styles.head)
        _write_cell(sheet, row, 1, value if isinstance(value, int) else str(value), styles)
        row += 1
    row += 1
    for column, label in enumerate(("Hoja", "Fila", "Clase", "Qué revisar")):
        sheet.write_string(row, column, label, styles.head)
    for marca in sorted(marcas, key=lambda m: m.es_aviso)[:_MAX_LISTED]:
        row += 1
        _write_cell(sheet, row, 0, names.get(marca.hoja, marca.hoja), styles)
        sheet.write_number(row, 1, marca.fila)
        sheet.write_string(row, 2, "Aviso" if marca.es_aviso else "Error")
        _write_cell(sheet, row, 3, marca.mensaje, styles)
    if len(marcas) > _MAX_LISTED:
        sheet.write_string(row + 1, 0, f"… y {len(marcas) - _MAX_LISTED:,} más, en sus filas.")


def _write_sheet(
    sheet: Any, styles: _Styles, hoja: Hoja, marks: Mapping[int, list[Marca]], header: int | None
) -> None:
    width = max((len(f) for f in hoja.filas), default=0)
    sheet.set_column(0, max(width - 1, 0), 18)
    if marks:
        sheet.set_column(width, width + 1, 60)
    if header is not None:
        sheet.freeze_panes(header + 1, 0)
    if hoja.oculta:
        sheet.hide()
    for index, fila in enumerate(hoja.filas):
        mine = marks.get(index + 1, ())
        wrong = {m.columna for m in mine if not m.es_aviso}
        for column in range(width if wrong else len(fila)):
            value = fila[column] if column < len(fila) else None
            _write_cell(sheet, index, column, value, styles, wrong=column in wrong)
        if marks and index == header:
            sheet.write_string(index, width, ERRORS_TITLE, styles.head)
            sheet.write_string(index, width + 1, WARNINGS_TITLE, styles.head)
        for offset, is_warning, style in ((0, False, styles.error), (1, True, styles.warning)):
            if said := "\n".join(dict.fromkeys(m.mensaje for m in mine if m.es_aviso is is_warning)):
                sheet.write_string(index, width + offset, said[:32_000], style)
    _merge_again(sheet, hoja, styles)


def _merge_again(sheet: Any, hoja: Hoja, styles: _Styles) -> None:
    """A merged department holds for all its rows: without the merge the list would not mean the same."""
    from xlsxwriter.exceptions import OverlappingRange

    for top, left, bottom, right in hoja.combinadas:
        bottom = min(bottom, len(hoja.filas) - 1)
        area = (bottom - top + 1) * (right - left + 1)
        if not 2 <= area <= _MAX_MERGED_CELLS or bottom < top:
            continue
        covered = [
            c for fila in hoja.filas[top : bottom + 1] for c in fila[left : right + 1] if c is not None
        ]
        if len(covered) > 1:
            continue  # Excel shows one value of a merge: the others would be lost
        try:
            sheet.merge_range(top, left, bottom, right, "", styles.plain)
        except OverlappingRange:
            continue
        value = hoja.filas[top][left] if left < len(hoja.filas[top]) else None
        _write_cell(sheet, top, left, value, styles)


def _write_cell(
    sheet: Any, row: int, column: int, value: Celda, styles: _Styles, *, wrong: bool = False
) -> None:
    plain = styles.wrong if wrong else styles.plain
    if value is None or value == "":
        if wrong:
            sheet.write_blank(row, column, None, plain)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, plain)
    elif isinstance(value, int | float) and abs(value) < 2**53:
        sheet.write_number(row, column, value, plain)
    elif isinstance(value, datetime) and value.tzinfo is None and value.date() >= _FIRST_EXCEL_DAY:
        sheet.write_datetime(row, column, value, plain if wrong else styles.instant)
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= _FIRST_EXCEL_DAY:
        sheet.write_datetime(row, column, value, styles.day)
    elif isinstance(value, time) and value.tzinfo is None:
        sheet.write_datetime(row, column, value, styles.hour)
    else:
        text = str(value)
        if text.startswith(_DANGEROUS):
            plain = styles.wrong_quoted if wrong else styles.quoted
        sheet.write_string(row, column, text, plain)


def strip_marks(tabla: Tabla) -> Tabla:
    """A workbook of ours that comes back corrected loses our sheet and our two columns."""
    hojas = [_without_our_marks(h) for h in tabla.hojas if not _is_our_summary(h)]
    return Tabla(hojas, tabla.tipo, tabla.archivo, tabla.avisos)


def _is_our_summary(hoja: Hoja) -> bool:
    return bool(hoja.filas and hoja.filas[0] and hoja.filas[0][0] == SUMMARY_TITLE)


def _without_our_marks(hoja: Hoja) -> Hoja:
    for index, fila in enumerate(hoja.filas[:30]):
        if fila[-2:] == [ERRORS_TITLE, WARNINGS_TITLE]:
            width = len(fila) - 2
            kept = [f if i < index else f[:width] for i, f in enumerate(hoja.filas)]
            stripped = Hoja(hoja.nombre, kept, hoja.combinadas, hoja.oculta)
            trim(stripped)
            return stripped
    return hoja


def _sheet_names(names: Sequence[str], taken: set[str] | None = None) -> list[str]:
    """Names that Excel accepts: 31 letters, no []:*?/\\, no quote at an end, unique in any case."""
    used = {n.casefold() for n in taken or ()} | ({SUMMARY_SHEET.casefold()} if taken is None else set())
    result = []
    for name in names:
        base = re.sub(r"[\[\]:*?/\\\x00-\x1f\ufffe\uffff]", " ", name).strip(" '")[:31] or "Hoja"
        if base.casefold() == "history":
            base = "Hoja history"
        chosen, number = base, 2
        while chosen.casefold() in used:
            suffix = f" ({number})"
            chosen, number = base[: 31 - len(suffix)] + suffix, number + 1
        used.add(chosen.casefold())
        result.append(chosen)
    return result
