"""The lists as workbooks: text as text, numbers as numbers, no data of persons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from albergues_app.entregas.municipios import Envio, Lista, detail
from albergues_app.entregas.queries import ESTADO_NOMBRE, Estado, edicion_texto
from albergues_app.territorio.catalogo import catalogo


@dataclass(frozen=True)
class Pagina:
    """One sheet: its name, headings and rows."""

    nombre: str
    titulos: Sequence[str]
    filas: Sequence[Sequence[Any]]


def list_book(lista: Lista) -> list[Pagina]:
    """One row per municipality, one per department, and the edition each municipality holds of each format."""
    known = catalogo()
    rows = [
        (
            s.codigo, known.municipio_nombre(s.codigo), known.departamento_nombre(s.codigo),
            ESTADO_NOMBRE[s.estado], len(s.al_dia), len(s.viejas), len(s.faltan), s.ultima,
        )
        for s in lista.filas
    ]  # fmt: skip
    counts = [
        (
            c.codigo, known.departamento_nombre(c.codigo), c.municipios,
            *(c.por_estado[Estado(e)] for e in ESTADO_NOMBRE), c.parte,
        )
        for c in lista.departamentos
    ]  # fmt: skip
    matrix = []
    for s in lista.filas:
        held = {f.code: str(f.version) for f in s.al_dia} | {f.code: edicion_texto(n) for f, n in s.viejas}
        cells = [held.get(f.code, "") for f in lista.pedidos]
        matrix.append((s.codigo, known.municipio_nombre(s.codigo), *cells))
    of_place = ("Código", "Municipio", "Departamento")
    return [
        Pagina(
            "Municipios", (*of_place, "Estado", "Al día", "Edición vieja", "Faltan", "Última entrega"), rows
        ),
        Pagina(
            "Departamentos",
            ("Código", "Departamento", "Municipios", *ESTADO_NOMBRE.values(), "Al día (%)"),
            counts,
        ),
        Pagina(
            "Edición que tiene",
            ("Código", "Municipio", *(f"{f.title} (rige la {f.version})" for f in lista.pedidos)),
            matrix,
        ),
    ]


def send_book(envio: Envio) -> list[Pagina]:
    """Every format of every municipality, and how many municipalities wait for each format."""
    known = catalogo()
    rows = [
        (
            fila.codigo,
            known.municipio_nombre(fila.codigo),
            known.departamento_nombre(fila.codigo),
            *what,
            None,
        )
        for fila in envio.filas
        for what in detail(fila)
    ]
    sums = [(f.title, f.version, count) for f, count in envio.por_formato]
    return [
        Pagina(
            "Por municipio",
            ("Código", "Municipio", "Departamento", "Formato", "Edición", "Ahora", "Ejemplares"),
            rows,
        ),
        Pagina("Por formato", ("Formato", "Edición", "Municipios que lo esperan"), sums),
    ]


def write_book(titulo: str, paginas: Sequence[Pagina]) -> bytes:
    """XLSX with a title that says scope and day on every sheet; no text becomes a formula or a link."""
    import xlsxwriter

    target = BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
    for pagina in paginas:
        sheet = book.add_worksheet(pagina.nombre)
        sheet.write_string(0, 0, titulo, bold)
        for column, name in enumerate(pagina.titulos):
            sheet.write_string(2, column, name, bold)
            sheet.set_column(column, column, max(9, min(34, len(name) + 2)))
        sheet.freeze_panes(3, 2)
        for line, values in enumerate(pagina.filas, start=3):
            for column, value in enumerate(values):
                if isinstance(value, date):
                    sheet.write_datetime(line, column, value, day)
                elif isinstance(value, int):
                    sheet.write_number(line, column, value)
                elif value is not None:
                    sheet.write_string(line, column, str(value))
    book.close()
    return target.getvalue()
