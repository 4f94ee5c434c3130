"""The consolidated figures on paper (carta, horizontal) and as a workbook. Same figures, same bytes, for ever.

A reserved site is counted and never named in what leaves the system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from albergues_app.consolidados.body import Cuadre, Cuerpo, Grupo, Linea, Noches
from albergues_app.consolidados.changes import Celda
from albergues_app.consolidados.given import contrast
from albergues_app.consolidados.models import CLASE_DADA, CLASE_NOMBRE, FUENTE_NOMBRE, MEDIO_NOMBRE
from albergues_app.core import clock
from albergues_app.core.documents import render_apart, render_typst
from albergues_app.core.instance import is_training
from albergues_app.territorio.catalogo import catalogo

RESERVADA = "Ubicación reservada"
LONG = 60
"""Shelters from which a sheet is drawn in a child process."""
NOTAS = (
    "Las cifras están sujetas a cambio. Cada una lleva su fuente: registro nominal, o solo declarada en un parte.",
    "Oficiales, no oficiales y fuera de albergue se cuentan por aparte. Lo declarado no entra en la suma del registro.",
)
NOTA_FUERA = (
    "Lo registrado por familia y lo estimado pueden ser las mismas personas: van lado a lado y no se suman. Ninguno entra "
    "en el total de albergues."
)
NOTA_NOCHES = (
    "Desde el inicio de la emergencia. Personas distintas y noches servidas son dos cuentas: una persona que vuelve es una "
    "persona y varias noches."
)
PARTE_NOMBRE = {
    "conteo_fisico": "conteo físico",
    "registro_nominal": "registro nominal",
    "estimacion": "estimación",
}


@dataclass(frozen=True)
class Caratula:
    """What a sheet says besides its figures. Nothing of it changes once the version is frozen."""

    estado: str
    folio: str = ""
    huella: str = ""
    validado: str = ""
    rectifica: str = ""
    motivo: str = ""
    cambios: Sequence[Celda] = ()


def number(value: int | None) -> str:
    return "sin dato" if value is None else f"{value:,}"


def signed(value: int | None) -> str:
    if value is None:
        return "sin dato"
    return f"+{value:,}" if value > 0 else f"−{-value:,}" if value < 0 else "0"


def moment(value: str | None) -> str:
    """An instant of the stored text as people read it."""
    return f"{clock.to_local(datetime.fromisoformat(value)):%d/%m/%Y %H:%M}" if value else "nunca"


def name_of(line: Linea) -> str:
    return RESERVADA if line.reservada else line.nombre


def code_of(line: Linea) -> str:
    return "" if line.reservada else line.codigo


def cuadre_text(cuadre: Cuadre) -> str:
    """«Σ albergues 1,204 = Σ municipios 1,204 = …», or the residue."""
    parts = (
        f"Σ albergues {cuadre.albergues:,}", f"Σ municipios {cuadre.municipios:,}",
        f"Σ departamentos {cuadre.departamentos:,}", f"total {cuadre.total:,}",
        f"personas distintas en el libro {cuadre.personas_distintas:,}",
    )  # fmt: skip
    if cuadre.residuo:
        return f"NO CUADRA, residuo de {cuadre.residuo:,}: " + " · ".join(parts)
    return " = ".join(parts)


def families_text(cuadre: Cuadre) -> str:
    if not cuadre.familias_repartidas:
        return f"Familias: Σ albergues {cuadre.familias_albergues:,} = total {cuadre.familias_total:,}"
    n = cuadre.familias_repartidas
    return (
        f"Familias: Σ albergues {cuadre.familias_albergues:,}, total {cuadre.familias_total:,}. Las {n:,} de más son "
        "familias repartidas entre varios albergues: cada una cuenta en cada albergue y una sola vez en el total."
    )


def coverage_text(body: Cuerpo) -> str:
    """Of how many shelters a parte came in time, and which share of the persons is in them."""
    open_ = len(body.lineas)
    heard = f"Reportaron {open_ - body.total.sin_reporte:,} de {open_:,} albergues"
    if body.con_reporte_pct is None:
        return f"{heard} en {body.reporte_horas} h." if open_ else ""
    return f"{heard}: con reportes de no más de {body.reporte_horas} h, {body.con_reporte_pct} % de las personas."


def room_text(body: Cuerpo) -> str:
    """What «Diferencia» leaves out, for whoever subtracts the persons from the capacity and gets another number."""
    without = [line for line in body.lineas if line.capacidad is None]
    persons = sum(line.personas for line in without)
    if not persons:
        return ""
    sites = "1 sitio no la tiene" if len(without) == 1 else f"{len(without):,} sitios no la tienen"
    return (
        f"Diferencia: capacidad menos personas, solo donde se conoce la capacidad; {sites}, y las {persons:,} personas "
        "que están ahí no restan."
    )


def _figures(g: Any) -> list[str]:
    return [
        number(g.albergues), number(g.familias), number(g.personas), number(g.mujeres), number(g.hombres),
        number(g.no_registrado), number(g.solo_declaradas), number(g.capacidad), signed(g.diferencia), number(g.sin_reporte),
    ]  # fmt: skip


def lay_out(body: Cuerpo, cover: Caratula) -> dict[str, Any]:
    """What the template draws: plain values, text of people as text."""
    known = catalogo()
    country = body.place.nivel == "pais"
    return {
        "titulo": body.place.titulo,
        "lugar": body.place.nombre,
        "emergencia": body.emergencia_nombre,
        "corte": moment(body.corte),
        "conocido": moment(body.conocido_en),
        "estado": cover.estado,
        "folio": cover.folio,
        "huella": cover.huella,
        "validado": cover.validado,
        "rectifica": cover.rectifica,
        "motivo": cover.motivo,
        "capacitacion": is_training(),
        "total": _figures(body.total),
        "transito": number(body.en_transito),
        "clases": [[g.nombre, *_figures(g)] for g in body.clases],
        "cuadre": cuadre_text(body.cuadre),
        "cuadra": body.cuadre.residuo == 0,
        "familias": families_text(body.cuadre),
        "oido": coverage_text(body),
        "lugar_libre": room_text(body),
        "lugares": [
            [g.nombre, *_figures(g)] for g in (body.departamentos if country else body.municipios)
        ],
        "lugares_rotulo": "Departamento" if country else "Municipio",
        "filas": [
            [
                name_of(r), code_of(r), known.lugar_texto(r.municipio) if country else known.municipio_nombre(r.municipio),
                CLASE_NOMBRE[r.clase], "Sí" if r.reporto else "No", moment(r.corte_dato), number(r.familias),
                number(r.personas), number(r.mujeres), number(r.hombres), number(r.no_registrado),
                number(r.solo_declaradas), number(r.capacidad), signed(r.diferencia),
            ]
            for r in body.lineas
        ],
        "fuera": [_outside_text(r) for r in body.fuera],
        "nota_fuera": NOTA_FUERA,
        "noches": [
            [name, *(number(v) for v in values)] for name, *values in _night_rows(body)
        ],
        "nota_noches": NOTA_NOCHES,
        "callan": [[name_of(r), known.municipio_nombre(r.municipio), moment(r.corte_dato)] for r in body.callan],
        "dados": [
            [
                c.nombre, CLASE_DADA[c.dado["clase"]], FUENTE_NOMBRE[c.dado["fuente"]], moment(c.dado["corte"]),
                number(c.dado["personas"]), number(c.calculado), signed(c.diferencia), c.dado["nota"] or "",
            ]
            for c in contrast(body)
        ],
        "cambios": [[c.donde, c.que, _plain(c.antes), _plain(c.ahora)] for c in cover.cambios],
        "notas": list(NOTAS),
    }  # fmt: skip


def _place(line: Linea) -> str:
    return line.nombre.removeprefix("Fuera de albergue: ")


def _outside_text(r: Linea) -> list[str]:
    return [
        _place(r), number(r.familias), number(r.personas), number(r.mujeres), number(r.hombres), number(r.no_registrado),
        number(r.declaradas), moment(r.corte_dato) if r.declaradas is not None else "", r.fuente_dato or "",
    ]  # fmt: skip


def _night_rows(body: Cuerpo) -> list[list[Any]]:
    """Each night shelter, the places below, and all of them: name, shelters, persons, returning, nights, refusals."""

    def row(name: str, n: Noches) -> list[Any]:
        return [name, n.albergues, n.personas, n.vuelven, n.noches, n.rechazos]

    if body.noches is None:
        return []
    return [
        *(row(RESERVADA if n.reservada else n.nombre, n) for n in body.nocturnos),
        *(row(n.nombre, n) for n in body.noches_lugares),
        row("Todos", body.noches),
    ]


def _plain(value: Any) -> str:
    if value is None:
        return "sin dato"
    return f"{value:,}" if isinstance(value, int) else str(value)


def render_pdf(body: Cuerpo, cover: Caratula) -> bytes:
    """The sheet to print and sign."""
    draw = render_apart if len(body.lineas) > LONG else render_typst
    return draw("albergues_app.consolidados", "consolidado.typ", lay_out(body, cover))


HEADS = (
    "Sitios", "Familias", "Personas (registro)", "Mujeres", "Hombres", "Sexo sin dato", "Solo declaradas", "Capacidad",
    "Diferencia", "Sin reporte",
)  # fmt: skip


def _row(g: Grupo | Linea) -> list[Any]:
    return [
        g.albergues, g.familias, g.personas, g.mujeres, g.hombres, g.no_registrado, g.solo_declaradas, g.capacidad,
        g.diferencia, g.sin_reporte,
    ]  # fmt: skip


def render_xlsx(body: Cuerpo, cover: Caratula) -> bytes:
    """The same as a workbook: numbers as numbers, text as text, no formula and no link."""
    import xlsxwriter

    known, place = catalogo(), body.place
    target = BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    cut = clock.to_local(datetime.fromisoformat(body.corte))
    book.set_properties({"title": place.titulo, "created": cut.replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    title = f"{place.titulo} · {place.nombre} · {body.emergencia_nombre} · corte {moment(body.corte)} · {cover.estado}"

    def page(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        sheet = book.add_worksheet(name)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_header(f"&L{_amp(place.titulo)} {_amp(place.nombre)}&R{_amp(cover.folio or cover.estado)}")
        sheet.set_footer("&LCifras sujetas a cambio&RPágina &P de &N")
        sheet.write_string(0, 0, ("CAPACITACIÓN · " if is_training() else "") + title, bold)
        sheet.write_string(1, 0, f"{coverage_text(body)} {cuadre_text(body.cuadre)}".strip())
        for column, head in enumerate(heads):
            sheet.write_string(2, column, head, bold)
            sheet.set_column(column, column, max(10, min(34, len(head) + 3)))
        sheet.freeze_panes(3, 1)
        for line, values in enumerate(rows, start=3):
            for column, value in enumerate(values):
                if isinstance(value, int):
                    sheet.write_number(line, column, value)
                else:
                    sheet.write_string(line, column, "sin dato" if value is None else str(value))

    facts: list[list[Any]] = [
        ["Estado", cover.estado], ["Folio", cover.folio], ["Corte", moment(body.corte)],
        ["Según lo que se sabía el", moment(body.conocido_en)], ["Validado", cover.validado],
        ["Rectifica a", cover.rectifica], ["Motivo de la rectificación", cover.motivo],
        ["En tránsito", body.en_transito],
        ["Cuadre nacional" if place.nivel == "pais" else "Cuadre", cuadre_text(body.cuadre)],
        ["Residuo", body.cuadre.residuo], ["Familias", families_text(body.cuadre)],
        ["Capacidad", room_text(body)],
        ["Personas en albergues que reportaron (%)", body.con_reporte_pct], ["Cobertura", coverage_text(body)],
        ["SHA-256 de los datos", cover.huella],
        *[["Nota", note] for note in NOTAS],
        ["Fuera de albergue", NOTA_FUERA if body.fuera else ""],
        ["Albergues nocturnos", NOTA_NOCHES if body.noches else ""],
    ]  # fmt: skip
    page("Resumen", ("Dato", "Valor"), [f for f in facts if f[1] != ""])
    page("Por clase", ("Clase", *HEADS), [[g.nombre, *_row(g)] for g in (*body.clases, body.total)])
    if place.nivel == "pais":
        page(
            "Departamentos",
            ("Código", "Departamento", *HEADS),
            [[g.codigo, g.nombre, *_row(g)] for g in body.departamentos],
        )
    page(
        "Municipios", ("Código", "Municipio", "Departamento", *HEADS),
        [[g.codigo, g.nombre, known.departamento_nombre(g.codigo), *_row(g)] for g in body.municipios],
    )  # fmt: skip
    page(
        "Albergues",
        ("Código", "Albergue", "Municipio", "Departamento", "Clase", "Reportó", "Hora del dato", "Fuente del dato", *HEADS),
        [
            [
                code_of(r), name_of(r), known.municipio_nombre(r.municipio), known.departamento_nombre(r.municipio),
                CLASE_NOMBRE[r.clase], "Sí" if r.reporto else "No", moment(r.corte_dato),
                PARTE_NOMBRE.get(r.fuente_dato or "", ""), *_row(r),
            ]
            for r in body.lineas
        ],
    )  # fmt: skip
    if body.callan:
        page(
            "No reportaron",
            ("Albergue", "Municipio", "Departamento", "Último parte"),
            [
                [
                    name_of(r),
                    known.municipio_nombre(r.municipio),
                    known.departamento_nombre(r.municipio),
                    moment(r.corte_dato),
                ]
                for r in body.callan
            ],
        )
    if body.fuera:
        page(
            "Fuera de albergue",
            ("Código", "Lugar", "Familias registradas", "Personas registradas", "Mujeres", "Hombres", "Sexo sin dato",
             "Familias estimadas", "Personas estimadas", "Hora de la estimación", "Quién la da"),
            [
                [
                    r.codigo, _place(r), r.familias, r.personas, r.mujeres, r.hombres, r.no_registrado,
                    None if r.declaradas is None else r.familias_declaradas, r.declaradas,
                    moment(r.corte_dato) if r.declaradas is not None else "", r.fuente_dato or "",
                ]
                for r in body.fuera
            ],
        )  # fmt: skip
    if body.noches is not None:
        page(
            "Albergues nocturnos",
            (
                "Albergue o lugar",
                "Albergues",
                "Personas distintas",
                "Vuelven",
                "Noches servidas",
                "No recibidas",
            ),
            _night_rows(body),
        )
    page(
        "Totales dados",
        ("Lugar", "Clase", "Fuente", "Medio", "Hora", "Personas dadas", "Personas calculadas", "Diferencia", "Nota"),
        [
            [
                c.nombre, CLASE_DADA[c.dado["clase"]], FUENTE_NOMBRE[c.dado["fuente"]], MEDIO_NOMBRE[c.dado["medio"]],
                moment(c.dado["corte"]), c.dado["personas"], c.calculado, c.diferencia, c.dado["nota"] or "",
            ]
            for c in contrast(body)
        ],
    )  # fmt: skip
    if cover.cambios:
        page(
            "Celdas que cambiaron", ("Dónde", "Qué", "Antes", "Ahora"),
            [[c.donde, c.que, c.antes, c.ahora] for c in cover.cambios],
        )  # fmt: skip
    book.close()
    return target.getvalue()


def _amp(text: str) -> str:
    """In a header of Excel an ampersand begins a code."""
    return text.replace("&", "&&")
