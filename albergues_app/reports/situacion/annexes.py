"""The annexes of a bulletin as tables, in order and lettered. PDF, DOCX and screen draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from albergues_app.consolidados.body import Cuerpo, Grupo, Linea
from albergues_app.consolidados.models import CLASE_NOMBRE
from albergues_app.consolidados.sheets import code_of, cuadre_text, families_text, moment, number, signed
from albergues_app.emergencias.models import SIGNO_ALERTA
from albergues_app.ocupacion.bandas import CODIGOS
from albergues_app.ocupacion.bandas import NOMBRE as BANDA_NOMBRE
from albergues_app.reports.situacion.snapshot import body_of
from albergues_app.territorio.catalogo import catalogo


@dataclass
class Anexo:
    """A table with its title. ``anchos``: shares of the width; the first ``izquierda`` columns are text."""

    titulo: str
    encabezado: Sequence[str]
    filas: list[list[str]]
    anchos: Sequence[float]
    izquierda: int = 1
    pie: list[str] = field(default_factory=list)
    nota: str = ""
    letra: str = ""


def annexes(datos: dict[str, Any]) -> list[Anexo]:
    """Everything else, in order, lettered; what is empty is left out."""
    body = body_of(datos)
    found = [
        _shelters(body), _needs(datos), _places(body), _ages(datos, body), _others(datos), _actions(datos),
        _resources(datos), _below(datos), _differs(datos), _given(datos), _changed(datos), _alerts(datos),
        _acts(datos), _sources(datos, body),
    ]  # fmt: skip
    kept = [a for a in found if a.filas]
    for i, annex in enumerate(kept):
        annex.letra = chr(ord("A") + i)
    return kept


def _shelters(body: Cuerpo) -> Anexo:
    known, country, t = catalogo(), body.place.nivel == "pais", body.total
    return Anexo(
        "Albergues abiertos",
        ("Albergue", "Municipio", "Clase", "Familias", "Personas", "Muj.", "Hom.", "Decl.", "Capac.", "Lugares", "Dato de"),
        [
            [
                " ".join(filter(None, (r.nombre, "" if r.reservada else f"({code_of(r)})"))),
                known.lugar_texto(r.municipio) if country else known.municipio_nombre(r.municipio),
                CLASE_NOMBRE[r.clase].removesuffix("es"), number(r.familias), number(r.personas), number(r.mujeres),
                number(r.hombres), number(r.solo_declaradas), number(r.capacidad), signed(r.diferencia),
                moment(r.corte_dato) + ("" if r.reporto else " (no reportó)"),
            ]
            for r in body.lineas
        ],
        (4.4, 2.3, 1.5, 1.1, 1.2, 0.9, 0.9, 0.9, 1.1, 1.1, 2.3),
        3,
        [
            "Total", "", "", *(number(v) for v in (
                t.familias, t.personas, t.mujeres, t.hombres, t.solo_declaradas, t.capacidad,
            )), signed(t.diferencia), f"{t.albergues - t.sin_reporte:,} de {t.albergues:,}",
        ],
        f"{cuadre_text(body.cuadre)}. {families_text(body.cuadre)}",
    )  # fmt: skip


def _needs(datos: dict[str, Any]) -> Anexo:
    known = catalogo()
    return Anexo(
        "Necesidades y brechas",
        ("Dónde", "Falta", "Cómo se contó", "Regla", "Fuente de la regla"),
        [
            [f"{n['albergue']} ({known.municipio_nombre(n['municipio'])})", n["texto"], n["cuenta"], n["regla"], n["fuente"]]
            for n in datos["necesidades"]
        ],
        (3, 2.2, 3, 2.6, 2.2),
        5,
        nota="Lo propone el sistema con lo que se midió en cada sitio; la norma pide adaptarla al lugar."
        + (f" La redacción quitó {datos['necesidades_quitadas']}." if datos["necesidades_quitadas"] else ""),
    )  # fmt: skip


def _places(body: Cuerpo) -> Anexo:
    country = body.place.nivel == "pais"
    groups: list[Grupo] = body.departamentos if country else body.municipios
    word = "departamento" if country else "municipio"
    rows = [] if body.place.nivel == "municipio" else [[g.nombre, *_sums(g)] for g in groups]
    return Anexo(
        f"Por {word}",
        (
            word.capitalize(), "Albergues", "Familias", "Personas", "Muj.", "Hom.", "Decl.", "Capac.", "Lugares",
            "Sin reporte",
        ),
        rows, (3, 1.2, 1.1, 1.2, 1, 1, 1, 1.1, 1.1, 1.4), 1, ["Total", *_sums(body.total)],
    )  # fmt: skip


def _sums(g: Grupo | Linea) -> list[str]:
    return [
        number(g.albergues), number(g.familias), number(g.personas), number(g.mujeres), number(g.hombres),
        number(g.solo_declaradas), number(g.capacidad), signed(g.diferencia), number(g.sin_reporte),
    ]  # fmt: skip


def _ages(datos: dict[str, Any], body: Cuerpo) -> Anexo:
    t, bands = body.total, datos["bandas"]
    rows = [[BANDA_NOMBRE[c], number(bands[c]), _share(bands[c], t.personas)] for c in CODIGOS]
    return Anexo(
        "Personas del registro por edad y sexo",
        ("Edad al corte", "Personas", "%"),
        rows if t.personas else [],
        (3, 1, 1),
        1,
        ["Total", number(t.personas), _share(t.personas, t.personas)],
        f"Mujeres {t.mujeres:,} · hombres {t.hombres:,} · sexo no registrado {t.no_registrado:,}.",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}" if whole else "0"


def _others(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Otras cifras, con quien las da",
        ("Cifra", "Valor", "Fuente", "Ámbito", "Hora"),
        [
            [o["nombre"], number(o["valor"]), o["fuente"], o["ambito"], moment(o["corte"])]
            for o in datos["otras"]
        ],
        (3, 1, 4, 2.4, 1.9),
    )


def _actions(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Acciones por institución",
        ("Institución", "Acción"),
        [[a["institucion"], a["accion"]] for a in datos["acciones"]],
        (2, 7),
        2,
    )


def _resources(datos: dict[str, Any]) -> Anexo:
    lines = [line for line in datos["textos"]["recursos"].split("\n") if line]
    return Anexo("Recursos solicitados y recibidos", ("Recurso",), [[line] for line in lines], (1,), 1)


def _below(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Boletines que reúne",
        ("Lugar", "No.", "Corte", "Albergues", "Personas", "Decl.", "Situación que describe"),
        [
            [
                a["lugar"], str(a["numero"]), moment(a["corte"]), number(a["albergues"]), number(a["personas"]),
                number(a["solo_declaradas"]), a["situacion"],
            ]
            for a in datos["aportes"]
        ],
        (2.4, 0.7, 1.9, 1.2, 1.2, 1, 5),
        1,
    )  # fmt: skip


def _differs(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Donde difieren",
        ("Lugar", "Cifra", "Quién lo dice", "A qué hora", "Dice", "Aquí", "Diferencia"),
        [
            [
                d["lugar"], d["que"], d["quien"], moment(d["corte"]), number(d["dice"]), number(d["aqui"]),
                signed(d["diferencia"]),
            ]
            for d in datos["difiere"]
        ],
        (2.2, 2.2, 3, 1.9, 1, 1, 1.2),
        4,
        nota="«Aquí» es la cifra de este boletín, a su hora de corte. Ninguna se cambia para que coincidan.",
    )  # fmt: skip


def _given(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Totales dados por otros, junto al calculado",
        ("Lugar", "Clase", "Fuente", "Hora", "Dado", "Calculado", "Diferencia"),
        [
            [
                d["lugar"], d["clase"], d["fuente"], moment(d["corte"]), number(d["dado"]), number(d["calculado"]),
                signed(d["diferencia"]),
            ]
            for d in datos["dados"]
        ],
        (2.4, 2.2, 1.6, 1.9, 1, 1.2, 1.2),
        4,
    )  # fmt: skip


def _changed(datos: dict[str, Any]) -> Anexo:
    fixed = datos["corrige"]
    return Anexo(
        f"Celdas que cambiaron frente al No. {fixed['numero']}" if fixed else "Celdas que cambiaron",
        ("Dónde", "Qué", "Antes", "Ahora"),
        [[c["donde"], c["que"], c["antes"], c["ahora"]] for c in fixed["celdas"]] if fixed else [],
        (3, 2.4, 2.6, 2.6),
        4,
        nota=f"Motivo: {fixed['motivo']}" if fixed else "",
    )


def _alerts(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Alertas vigentes en el corte",
        ("Color", "Ámbito", "Nivel", "Lugares", "Autoridad", "Desde"),
        [
            [
                f"{SIGNO_ALERTA[a['color']]} {a['color'].capitalize()}", a["ambito"], a["nivel"],
                ", ".join(a["lugares"]) or "todo el país", a["autoridad"], moment(a["desde"]),
            ]
            for a in datos["alertas"]
        ],
        (1.3, 1.4, 1.4, 3, 3, 1.9),
        6,
    )  # fmt: skip


def _acts(datos: dict[str, Any]) -> Anexo:
    return Anexo(
        "Actas y documentos",
        ("Acta o documento", "De qué es", "Autoridad", "Desde"),
        [
            [a["acta"], a["de"], a["autoridad"] or "sin dato", moment(a["desde"])]
            for a in datos.get("actas", ())
        ],
        (2.6, 2.6, 3.4, 1.9),
        4,
    )


def _sources(datos: dict[str, Any], body: Cuerpo) -> Anexo:
    heard = (
        ""
        if body.con_reporte_pct is None
        else f" Con reportes de no más de {body.reporte_horas} h: {body.con_reporte_pct} % de las personas."
    )
    return Anexo(
        "Fuente, ámbito y hora de cada cifra",
        ("Cifra", "Valor", "Fuente", "Ámbito", "Hora"),
        [
            [c["nombre"], number(c["valor"]), c["fuente"], c["ambito"], moment(c["corte"])]
            for c in datos["cifras"]
        ],
        (3.6, 1, 3.6, 2.4, 1.9),
        nota=f"Según lo que se sabía el {moment(datos['conocido_en'])}. {datos['notas'][1]}{heard}",
    )
