"""The same answers through JSON, the web form, Excel and the fillable PDF give the same verdict."""

from __future__ import annotations

import datetime as dt
import json
from io import BytesIO
from typing import Any

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Catalogos, Formato, answers_to_json, validate
from albergues_app.formats.outputs.acroform import render_fillable
from albergues_app.formats.outputs.acroform_in import read_pdf
from albergues_app.formats.outputs.pdf import PdfJob
from albergues_app.formats.outputs.web_form import flatten, unflatten
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.formats.outputs.xlsx_in import read_filled

JEFA = {"nombres": "Juana", "apellidos": "Raymundo Brito", "sexo": "mujer", "edad": 38, "edad_unidad": "a",
        "parentesco": "jefe", "cui": "1587 56444 0904"}  # fmt: skip
MINIMA = {"ocurrido_en": "2026-11-20T18:05", "personas": [{"nombres": "N/N", "sexo": "no_registrado"}]}
COMPLETA = {
    "ocurrido_en": "2026-11-20T18:05:00-06:00",
    "integrantes_declarados": 3,
    "grupos_declarados": {"mujeres": 1, "hombres": 1, "ninos": 1},
    "departamento_procedencia": "14",
    "municipio_procedencia": "1413",
    "comunidad_procedencia": "Aldea Acul",
    "motivo": "otro",
    "motivo_otro": "El río se llevó el puente",
    "vivienda_danio": "severo",
    "zona_riesgo": True,
    "medios_vida_perdidos": ["cultivo", "animales"],
    "telefono": "5500-0134",
    "contacto_telefono": "+1 305 555 0134",
    "idioma_atencion": "ixl",
    "necesita_interprete": False,
    "animales": {"perro": 1, "otro": 2},
    "animales_otro": "patos",
    "necesidades": ["agua", "rampa"],
    "otros_integrantes": [{"nombre": "Ana Brito", "situacion": "con_familiares", "lugar": "desconocido"}],
    "personas": [
        JEFA | {"pueblo": "maya", "idioma_materno": "ixl", "habilidades": ["cocina"]},
        {"nombres": "Pedro", "apellidos": "Cobo", "sexo": "hombre", "fecha_nacimiento": "05/03/1985",
         "parentesco": "conyuge", "documento_tipo": "dpi", "documento_numero": "2000 00020 1413"},
        {"nombres": "Diego José", "sexo": "hombre", "edad": 8, "edad_unidad": "meses", "parentesco": "hijo",
         "acompanado_por": "1", "necesidades": ["panales"]},
    ],
}  # fmt: skip


def with_(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return base | changes


def persona(**changes: Any) -> dict[str, Any]:
    return with_(MINIMA, personas=[JEFA | changes])


# name, raw answers, codes of the errors with their paths
BOLETA = [
    ("minima", MINIMA, []),
    ("completa", COMPLETA, []),
    ("vacia", {}, [("obligatorio", "ocurrido_en"), ("faltan_filas", "personas")]),
    ("fila_vacia_no_cuenta", with_(MINIMA, personas=[JEFA, {"edad_unidad": "anios"}]), []),
    ("edad_negativa", persona(edad=-1), [("numero_fuera_de_rango", "personas[0].edad")]),
    ("edad_con_letras", persona(edad="doce"), [("numero_invalido", "personas[0].edad")]),
    ("edad_con_decimal", persona(edad=1.5), [("numero_invalido", "personas[0].edad")]),
    ("sexo_fuera_de_lista", persona(sexo="marciano"), [("fuera_de_lista", "personas[0].sexo")]),
    ("sexo_por_letra", persona(sexo="M"), []),
    ("sin_sexo", with_(MINIMA, personas=[{"nombres": "Ana"}]), [("obligatorio", "personas[0].sexo")]),
    ("segunda_fila_mal", with_(MINIMA, personas=[JEFA, {"nombres": "Eva", "sexo": "mujer", "edad": 200}]),
     [("numero_fuera_de_rango", "personas[1].edad")]),
    ("nombre_sin_letras", persona(nombres="=1+1"), [("nombre_sin_letras", "personas[0].nombres")]),
    ("nombre_con_guion", persona(apellidos="-Pérez"), []),
    ("nombre_maya", persona(nombres="Xpꞌajil", apellidos="Tzꞌi’ Kꞌo'"), []),
    ("fecha_imposible", persona(fecha_nacimiento="31/02/2000"),
     [("fecha_invalida", "personas[0].fecha_nacimiento")]),
    ("fecha_futura", persona(fecha_nacimiento="01/01/2027"),
     [("fecha_futura", "personas[0].fecha_nacimiento")]),
    ("ingreso_sin_hora", with_(MINIMA, ocurrido_en="20/11/2026"), [("fecha_hora_invalida", "ocurrido_en")]),
    ("ingreso_en_papel", with_(MINIMA, ocurrido_en="20/11/2026 18:05"), []),
    ("ingreso_muy_adelante", with_(MINIMA, ocurrido_en="25/11/2026 18:05"),
     [("fecha_futura", "ocurrido_en")]),
    ("cui_malo_solo_avisa", persona(cui="1680 35224 0101"), []),
    ("cui_corto_solo_avisa", persona(cui="123"), []),
    ("telefono_corto", with_(MINIMA, telefono="1234"), [("telefono_invalido", "telefono")]),
    ("telefono_con_prefijo", with_(MINIMA, telefono="+502 5500 0134"), []),
    ("municipio_por_nombre", with_(MINIMA, municipio_procedencia="nebaj"), []),
    ("municipio_repetido", with_(MINIMA, municipio_procedencia="La Democracia"),
     [("lugar_ambiguo", "municipio_procedencia")]),
    ("municipio_con_departamento",
     with_(MINIMA, municipio_procedencia="La Democracia", departamento_procedencia="Huehuetenango"), []),
    ("municipio_de_otro", with_(MINIMA, municipio_procedencia="1413", departamento_procedencia="13"),
     [("lugar_de_otro_departamento", "municipio_procedencia")]),
    ("municipio_desconocido", with_(MINIMA, municipio_procedencia="desconocido"), []),
    ("animales_negativos", with_(MINIMA, animales={"perro": -2}),
     [("numero_fuera_de_rango", "animales_perro")]),
    ("necesidades_por_columna", with_(MINIMA, necesidades_agua="x", necesidades_otro="leña"), []),
    ("si_o_no_mal", with_(MINIMA, necesita_interprete="tal vez"), [("si_o_no", "necesita_interprete")]),
    ("documento_fuera_de_lista", persona(documento_tipo="licencia"),
     [("fuera_de_lista", "personas[0].documento_tipo")]),
    ("nacio_despues", persona(fecha_nacimiento="20/11/2026") | {"ocurrido_en": "19/11/2026 10:00"},
     [("nacimiento_despues", "personas[0].fecha_nacimiento")]),
    ("texto_largo", with_(MINIMA, comunidad_procedencia="a" * 121),
     [("texto_largo", "comunidad_procedencia")]),
]  # fmt: skip

SALIDA = {"ocurrido_en": "20/11/2026 18:05", "persona": "Juana Raymundo", "tipo": "salida_temporal",
          "motivo": "Trabajo", "retorno_previsto": "20/11/2026 20:00"}  # fmt: skip
CONTROL = [
    ("salida", {"movimientos": [SALIDA]}, []),
    ("egreso", {"movimientos": [SALIDA | {"tipo": "egreso", "destino": "familiar"}]}, []),
    ("por_codigo", {"movimientos": [{"ocurrido_en": "20/11/2026 18:05", "codigo_familia": "QK7-4M2",
                                     "familia_completa": "Sí", "tipo": "Retorno"}]}, []),
    ("sin_nada", {}, [("faltan_filas", "movimientos")]),
    ("sin_tipo", {"movimientos": [{"ocurrido_en": "20/11/2026 18:05", "persona": "Ana"}]},
     [("obligatorio", "movimientos[0].tipo")]),
    ("tipo_inventado", {"movimientos": [SALIDA, SALIDA | {"tipo": "fuga"}]},
     [("fuera_de_lista", "movimientos[1].tipo")]),
    ("vuelve_antes", {"movimientos": [SALIDA | {"retorno_previsto": "20/11/2026 17:00"}]},
     [("retorno_antes", "movimientos[0].retorno_previsto")]),
]  # fmt: skip

FICHA = [
    ("minima", {"nombres": "Ana", "sexo": "mujer"}, []),
    (
        "completa",
        JEFA | {"ocupacion": "tejedora", "necesidades": ["rampa", "otro"], "necesidades_otro": "lupa"},
        [],
    ),
    ("vacia", {"observaciones": "llegó de noche"}, [("obligatorio", "nombres"), ("obligatorio", "sexo")]),
    ("edad_mala", JEFA | {"edad": 500}, [("numero_fuera_de_rango", "edad")]),
]
CASES = [
    pytest.param(code, raw, errors, id=f"{code}-{name}")
    for code, cases in (
        ("boleta_ingreso", BOLETA),
        ("control_ingresos_egresos", CONTROL),
        ("ficha_persona", FICHA),
    )
    for name, raw, errors in cases
]


def by_json(formato: Formato, raw: dict[str, Any]) -> object:
    return json.loads(json.dumps(raw))


def by_web(formato: Formato, raw: dict[str, Any]) -> object:
    return unflatten(formato, flatten(formato, raw))


def by_xlsx(formato: Formato, raw: dict[str, Any], catalogos: Catalogos) -> object:
    workbook = BytesIO()
    write_workbook(formato, workbook, catalogos, [raw])
    filled = read_filled(formato, workbook.getvalue())
    assert filled.notices == []
    return filled.records[0].raw if filled.records else {}


def by_pdf(formato: Formato, raw: dict[str, Any], catalogos: Catalogos) -> object:
    filled = read_pdf(formato, render_fillable(PdfJob(formato=formato), catalogos, raw=raw))
    assert filled.notices == []
    return filled.records[0].raw if filled.records else {}


@pytest.mark.parametrize(("code", "raw", "errors"), CASES)
def test_every_door_gives_the_same_result(code, raw, errors, catalogos, ahora):
    formato = catalogo.get(code)
    given = by_json(formato, raw)
    doors = by_web(formato, raw), by_xlsx(formato, raw, catalogos), by_pdf(formato, raw, catalogos)
    for mode in ("rapido", "completo", "firma"):
        expected = validate(formato, given, catalogos, mode, ahora)
        for read in doors:
            assert validate(formato, read, catalogos, mode, ahora) == expected
        if mode == "rapido":
            assert [(e.codigo, e.campo) for e in expected.errors] == errors


@pytest.mark.parametrize(("code", "raw", "errors"), [case for case in CASES if not case.values[2]])
def test_stored_answers_are_read_back_to_the_same_answers(code, raw, errors, catalogos, ahora):
    formato = catalogo.get(code)
    first = validate(formato, raw, catalogos, now=ahora)
    stored = json.loads(json.dumps(answers_to_json(first.answers)))
    assert validate(formato, stored, catalogos, now=ahora).answers == first.answers


def test_complete_boleta_is_complete_in_modo_completo_and_waits_for_signatures(catalogos, ahora):
    formato = catalogo.get("boleta_ingreso")
    completo = validate(formato, COMPLETA, catalogos, "completo", ahora)
    assert (completo.errors, completo.pending) == ((), ())
    firma = validate(formato, COMPLETA, catalogos, "firma", ahora)
    assert {e.campo for e in firma.errors} == {
        "consentimiento", "consentimiento_fecha", "declarante_firma", "registrador", "supervisor",
    }  # fmt: skip


def test_excel_dates_numbers_and_booleans_mean_the_same_as_text(catalogos, ahora):
    formato = catalogo.get("boleta_ingreso")
    born, arrived = dt.datetime(1988, 3, 5), dt.datetime(2026, 11, 20, 18, 5)  # noqa: DTZ001 -- Excel has no zone
    typed = persona(edad=38.0, fecha_nacimiento=born, cui=1587564440904.0, edad_estimada=True)
    typed |= {"ocurrido_en": arrived, "municipio_procedencia": 1413.0}
    written = persona(edad="38", fecha_nacimiento="5/3/1988", cui="1587-56444-0904", edad_estimada="Sí")
    written |= {"ocurrido_en": "20/11/2026 18:05", "municipio_procedencia": "1413 Nebaj, Quiché"}
    assert validate(formato, typed, catalogos, now=ahora) == validate(formato, written, catalogos, now=ahora)
