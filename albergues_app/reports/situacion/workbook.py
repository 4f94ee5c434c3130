"""A bulletin as a workbook: numbers as numbers, text as text, and under each header the row of HXL tags (dominio.md 10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from albergues_app.consolidados.body import Linea
from albergues_app.consolidados.models import CLASE_NOMBRE
from albergues_app.consolidados.sheets import PARTE_NOMBRE, code_of
from albergues_app.core import clock
from albergues_app.ocupacion.bandas import BANDAS, CODIGOS, SIN_DATO
from albergues_app.ocupacion.bandas import NOMBRE as BANDA_NOMBRE
from albergues_app.reports.situacion.layout import title_of
from albergues_app.reports.situacion.snapshot import body_of
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.data import to_pcode

HXL_CIFRA = {
    "personas": "#affected+sheltered", "solo_declaradas": "#affected+sheltered+declared",
    "familias": "#affected+sheltered+hh",
    "mujeres": "#affected+sheltered+f", "hombres": "#affected+sheltered+m", "capacidad": "#capacity+persons+num",
}  # fmt: skip
COUNTS = (
    ("Familias", "#affected+sheltered+hh", "familias"), ("Personas (registro)", "#affected+sheltered", "personas"),
    ("Mujeres", "#affected+sheltered+f", "mujeres"), ("Hombres", "#affected+sheltered+m", "hombres"),
    ("Sexo sin dato", "#affected+sheltered+no_sex", "no_registrado"),
    ("Solo declaradas", "#affected+sheltered+declared", "solo_declaradas"),
    ("Capacidad", "#capacity+persons+num", "capacidad"), ("Lugares", "#capacity+persons+free", "diferencia"),
)  # fmt: skip

Column = tuple[str, str]


def render_xlsx(datos: dict[str, Any], huella: str = "") -> bytes:
    """One sheet for each table. No formula, no link."""
    import xlsxwriter

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
    cut = clock.to_local(datetime.fromisoformat(datos["corte"]))
    book.set_properties({"title": title_of(datos), "created": cut.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    tags = book.add_format({"italic": True, "font_color": "#4A5B6B"})

    def page(name: str, columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> None:
        sheet = book.add_worksheet(name)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&LCifras sujetas a cambio&RPágina &P de &N")
        for column, (head, tag) in enumerate(columns):
            sheet.write_string(0, column, head, bold)
            sheet.write_string(1, column, tag, tags)
            longest = max(
                [len(head) // 2, *(len(str(r[column])) for r in rows[:60] if r[column] is not None)],
                default=8,
            )
            sheet.set_column(column, column, max(11, min(46, longest + 2)))
        sheet.freeze_panes(2, 1)
        for line, values in enumerate(rows, start=2):
            for column, value in enumerate(values):
                if isinstance(value, int) and not isinstance(value, bool):
                    sheet.write_number(line, column, value)
                elif value is not None:
                    sheet.write_string(line, column, str(value)[:32_000])

    page("Boletín", (("Dato", "#meta+name"), ("Valor", "#meta+value")), _cover(datos, huella))
    page(
        "Cifras",
        (
            ("Código", "#indicator+code"), ("Cifra", "#indicator+name+i_es"), ("Valor", "#indicator+value+num"),
            ("Marca HXL", "#meta+hxl"), ("Fuente", "#meta+source"), ("Ámbito", "#loc+name"), ("Corte", "#date+reported"),
        ),
        [
            [c["codigo"], c["nombre"], c["valor"], HXL_CIFRA.get(c["codigo"]), c["fuente"], c["ambito"], c["corte"]]
            for c in [*datos["cifras"], *datos["otras"]]
        ],
    )  # fmt: skip
    body = body_of(datos)
    page("Albergues", _shelter_columns(), [_shelter(r, datos) for r in body.lineas])
    page(
        "Municipios",
        (
            ("Departamento", "#adm1+name"), ("Código de departamento", "#adm1+code+v_pcode"), ("Municipio", "#adm2+name"),
            ("Código de municipio", "#adm2+code+v_pcode"), ("Albergues", "#indicator+shelters+num"),
            *((head, tag) for head, tag, _name in COUNTS), ("Corte", "#date+reported"),
        ),
        [
            [*_place(g.codigo), g.albergues, *(getattr(g, name) for _h, _t, name in COUNTS), datos["corte"]]
            for g in body.municipios
        ],
    )  # fmt: skip
    page(
        "Edades",
        (
            ("Edad al corte", "#indicator+name+i_es"), ("Marca HXL", "#meta+hxl"), ("Personas", "#affected+sheltered"),
            ("Corte", "#date+reported"),
        ),
        [[BANDA_NOMBRE[c], _band_tag(c), datos["bandas"][c], datos["corte"]] for c in CODIGOS],
    )  # fmt: skip
    _rest(page, datos)
    book.close()
    return target.getvalue()


def _rest(page: Any, datos: dict[str, Any]) -> None:
    known = catalogo()
    page(
        "Necesidades",
        (
            ("Albergue", "#loc+shelter+name"), ("Código", "#loc+shelter+code"), ("Municipio", "#adm2+name"),
            ("Qué", "#item+needed+type"), ("Falta", "#item+needed+num"), ("Texto", "#description+needed+i_es"),
            ("Cómo se contó", "#description+method+i_es"), ("Regla", "#description+rule+i_es"),
            ("Fuente de la regla", "#meta+source"),
        ),
        [
            [
                n["albergue"], "" if n["codigo"].startswith("R-") else n["codigo"],
                known.municipio_nombre(n["municipio"]), n["que"], n["falta"],
                n["texto"], n["cuenta"], n["regla"], n["fuente"],
            ]
            for n in datos["necesidades"]
        ],
    )  # fmt: skip
    page(
        "Acciones", (("Institución", "#org+impl+name"), ("Acción", "#activity+name+i_es")),
        [[a["institucion"], a["accion"]] for a in datos["acciones"]],
    )  # fmt: skip
    if datos["aportes"]:
        page(
            "Boletines que reúne",
            (("Lugar", "#loc+name"), ("Número", "#meta+num"), ("Corte", "#date+reported"),
             ("Albergues", "#indicator+shelters+num"), ("Familias", "#affected+sheltered+hh"),
             ("Personas (registro)", "#affected+sheltered"),
             ("Solo declaradas", "#affected+sheltered+declared"), ("Huella", "#meta+hash")),
            [
                [
                    a["lugar"], a["numero"], a["corte"], a["albergues"], a["familias"], a["personas"],
                    a["solo_declaradas"], a["huella"],
                ]
                for a in datos["aportes"]
            ],
        )  # fmt: skip
    if datos["difiere"]:
        page(
            "Donde difieren",
            (("Lugar", "#loc+name"), ("Cifra", "#indicator+name+i_es"), ("Quién lo dice", "#meta+source"),
             ("Hora", "#date+reported"), ("Dice", "#indicator+said+num"), ("Aquí", "#indicator+here+num"),
             ("Diferencia", "#indicator+diff+num")),
            [
                [d[k] for k in ("lugar", "que", "quien", "corte", "dice", "aqui", "diferencia")]
                for d in datos["difiere"]
            ],
        )  # fmt: skip
    if datos["corrige"]:
        page(
            "Celdas que cambiaron",
            (("Dónde", "#loc+name"), ("Qué", "#indicator+name+i_es"), ("Antes", "#meta+before"), ("Ahora", "#meta+after")),
            [[c[k] for k in ("donde", "que", "antes", "ahora")] for c in datos["corrige"]["celdas"]],
        )  # fmt: skip


def _cover(datos: dict[str, Any], huella: str) -> list[list[Any]]:
    texts = datos["textos"]
    rows = [
        ["Boletín", ("CAPACITACIÓN · " if datos["capacitacion"] else "") + title_of(datos)],
        ["Emergencia", datos["emergencia"]["nombre"]], ["Lugar", datos["lugar"]], ["Nivel", datos["nivel"]],
        ["Corte", datos["corte"]], ["Según lo que se sabía", datos["conocido_en"]], ["Emitido", datos["sellado_en"]],
        *[[f["papel"], f"{f['nombre']}, {f['rol']}"] for f in datos["firmas"]],
        ["Corrige al No.", datos["corrige"]["numero"] if datos["corrige"] else None],
        ["Motivo de la corrección", datos["corrige"]["motivo"] if datos["corrige"] else None],
        ["Situación", texts["situacion"]], ["Próximos pasos", texts["proximos"]],
        ["Otras necesidades", texts["necesidades"]], ["Recursos", texts["recursos"]],
        ["Huella de los datos (SHA-256)", huella], *[["Nota", note] for note in datos["notas"]],
    ]  # fmt: skip
    return [row for row in rows if row[1] not in (None, "")]


def _shelter_columns() -> list[Column]:
    return [
        ("Código", "#loc+shelter+code"), ("Albergue", "#loc+shelter+name"), ("Departamento", "#adm1+name"),
        ("Código de departamento", "#adm1+code+v_pcode"), ("Municipio", "#adm2+name"),
        ("Código de municipio", "#adm2+code+v_pcode"), ("Clase", "#status+official"),
        *((head, tag) for head, tag, _name in COUNTS), ("Reportó", "#status+reported"), ("Hora del dato", "#date+data"),
        ("Fuente del dato", "#meta+source"), ("Corte", "#date+reported"), ("Emergencia", "#crisis+name"),
    ]  # fmt: skip


def _shelter(line: Linea, datos: dict[str, Any]) -> list[Any]:
    return [
        code_of(line), line.nombre, *_place(line.municipio), CLASE_NOMBRE[line.clase],
        *(getattr(line, name) for _h, _t, name in COUNTS), "sí" if line.reporto else "no", line.corte_dato,
        PARTE_NOMBRE.get(line.fuente_dato or "", ""), datos["corte"], datos["emergencia"]["nombre"],
    ]  # fmt: skip


def _place(codigo: str) -> list[Any]:
    known = catalogo()
    return [
        known.departamento_nombre(codigo[:2]),
        to_pcode(codigo[:2]),
        known.municipio_nombre(codigo),
        to_pcode(codigo),
    ]


def _band_tag(code: str) -> str:
    if code == SIN_DATO:
        return "#affected+sheltered+no_age"
    low, high = next((a, b) for name, a, b in BANDAS if name == code)
    return f"#affected+sheltered+age_{low}_{'plus' if high is None else high - 1}"
