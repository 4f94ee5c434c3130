"""The consolidated figures as flat rows, for programs: one row per shelter, class, municipality, department and the place.

``nivel`` says what a row is of. The rows of one level add up to the place; rows of different levels are never added.
A reserved site is counted and never named in what leaves the system.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from albergues_app.consolidados.body import Cifra, Cuerpo, Linea
from albergues_app.consolidados.sheets import Caratula, code_of, name_of
from albergues_app.core.instance import is_training
from albergues_app.core.text import csv_text
from albergues_app.territorio.catalogo import catalogo

FIGURES = (
    "albergues", "familias", "personas", "fuera_temporal", "mujeres", "hombres", "no_registrado", "declaradas",
    "solo_declaradas", "capacidad", "capacidad_sin_dato", "diferencia", "sobre_capacidad", "sin_reporte",
)  # fmt: skip
"""None where nothing is known, never 0. ``declaradas`` is said of shelters alone: it is no part of a sum."""
COLUMNS = (
    "nivel", "codigo", "nombre", "municipio_codigo", "municipio", "departamento_codigo", "departamento", "clase",
    *FIGURES, "reporto", "dato_de", "fuente_dato",
)  # fmt: skip
HEADING = ("emergencia", "ambito", "corte", "conocido_en", "estado", "folio", "instancia")
"""What every row of the CSV repeats before its own columns, so that a row says what it is wherever it is pasted."""


def flat_rows(body: Cuerpo) -> list[dict[str, Any]]:
    """Rows by level: albergue, fuera, clase, municipio, departamento (of the country), total."""
    rows = [_shelter("albergue", line) for line in body.lineas]
    rows += [_shelter("fuera", line) for line in body.fuera]
    rows += [_row("clase", g, g.codigo, g.nombre, clase=g.codigo) for g in body.clases]
    rows += [_row("municipio", g, g.codigo, g.nombre, g.codigo) for g in body.municipios]
    if body.place.nivel == "pais":
        rows += [_row("departamento", g, g.codigo, g.nombre, g.codigo) for g in body.departamentos]
    place = "" if body.place.nivel == "pais" else body.ambito
    return [*rows, _row("total", body.total, body.ambito, body.place.nombre, place)]


def _shelter(nivel: str, line: Linea) -> dict[str, Any]:
    row = _row(nivel, line, code_of(line), name_of(line), line.municipio, line.clase)
    row |= {"declaradas": line.declaradas, "dato_de": line.corte_dato, "fuente_dato": line.fuente_dato}
    return row | ({"reporto": line.reporto} if nivel == "albergue" else {})


def _row(
    nivel: str, figures: Cifra, codigo: str, nombre: str, place: str = "", clase: str = ""
) -> dict[str, Any]:
    known = catalogo()
    town = place if len(place) == 4 else ""
    return dict.fromkeys(COLUMNS) | {
        "nivel": nivel,
        "codigo": codigo or None,
        "nombre": nombre,
        "municipio_codigo": town or None,
        "municipio": known.municipio_nombre(town) if town else None,
        "departamento_codigo": place[:2] if place[:2].isdigit() else None,
        "departamento": known.departamento_nombre(place[:2]) if place[:2].isdigit() else None,
        "clase": clase or None,
        **{name: getattr(figures, name) for name in FIGURES if name != "declaradas"},
    }


def render_csv(body: Cuerpo, cover: Caratula) -> bytes:
    """The same rows as a CSV (UTF-8 with its mark, so that Excel reads the accents). No cell is a formula."""
    heading = (
        body.emergencia_nombre, body.ambito, body.corte, body.conocido_en, cover.estado, cover.folio,
        "capacitacion" if is_training() else "operacion",
    )  # fmt: skip
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow((*HEADING, *COLUMNS))
    first = [csv_text(value) for value in heading]
    writer.writerows([*first, *(_cell(row[name]) for name in COLUMNS)] for row in flat_rows(body))
    return ("\ufeff" + target.getvalue()).encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "si" if value else "no"
    return str(value) if isinstance(value, int) else csv_text(value)
