"""The formats of sites, acts, counts and nights: their tables of cases, and what they ask for to sign."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import AddUp, Attachment, RatioBetween, RowsAddUp, validate
from albergues_app.formats.official.common_verificacion import CRITICOS
from tests.formats.cases_sitio import CASES, CIERRE, CONSOLIDADO, EVALUACION, FICHA, INVENTARIO, NOCHE, PARTE
from tests.formats.cases_sitio import CRITICOS as LISTED

ALL = [
    pytest.param(c, raw, e, id=f"{c}-{n}") for c, cases in CASES.items() for n, (raw, e) in enumerate(cases)
]
NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def codes(found: Any) -> set[tuple[str, str]]:
    return {(notice.campo, notice.codigo) for notice in found}


@pytest.mark.parametrize(("code", "raw", "errors"), ALL)
def test_each_case_has_its_errors(code, raw, errors, catalogos, ahora):
    assert codes(validate(catalogo.get(code), raw, catalogos, "rapido", ahora).errors) == errors


@pytest.mark.parametrize("code", CASES)
def test_the_complete_case_lacks_only_its_files_to_be_signed(code, catalogos, ahora):
    formato = catalogo.get(code)
    result = validate(formato, CASES[code][0][0], catalogos, "firma", ahora)
    files = {campo.name for campo in formato.campos if isinstance(campo.type, Attachment)}
    assert not [e for e in result.errors if e.codigo != "obligatorio" or e.campo not in files]
    assert not [w for w in result.warnings if w.codigo == "campo_desconocido"]


@pytest.mark.parametrize("code", CASES)
def test_the_least_is_saved_and_the_rest_waits(code, catalogos, ahora):
    result = validate(catalogo.get(code), CASES[code][1][0], catalogos, "rapido", ahora)
    assert result.ok and result.pending
    assert not validate(catalogo.get(code), CASES[code][1][0], catalogos, "completo", ahora).ok


def errors_of(code, raw, catalogos, mode="completo"):
    return codes(validate(catalogo.get(code), raw, catalogos, mode, NOW).errors)


def warnings_of(code, raw, catalogos):
    return {w.codigo for w in validate(catalogo.get(code), raw, catalogos, "rapido", NOW).warnings}


def test_critical_items_are_those_of_the_checklist(catalogos):
    assert tuple(LISTED) == CRITICOS
    without = {key: value for key, value in EVALUACION.items() if key != "salidas_libres"}
    assert ("salidas_libres", "obligatorio") in errors_of("evaluacion_sitio", without, catalogos)


def test_conditions_ask_for_a_commitment(catalogos):
    without = EVALUACION | {"compromisos": []}
    assert errors_of("evaluacion_sitio", without, catalogos) == {("compromisos", "sin_compromisos")}
    assert "sin_compromisos" in warnings_of("evaluacion_sitio", without, catalogos)
    clean = without | {"resultado": "apto", "inodoros": "cumple"}
    assert not errors_of("evaluacion_sitio", clean, catalogos)


def test_a_sanitary_opinion_is_asked_for_only_once_it_is_out(catalogos):
    out = EVALUACION | {"dictamen_sanitario": "favorable"}
    assert {path for path, _ in errors_of("evaluacion_sitio", out, catalogos, "firma")} == {
        "dictamen_numero", "dictamen_fecha", "dictamen_archivo",
    }  # fmt: skip
    assert not errors_of("evaluacion_sitio", out, catalogos)


def test_an_authorised_capacity_above_the_computed_one_needs_its_reason(catalogos):
    more = FICHA | {"capacidad_calculada": 20}
    assert errors_of("ficha_sitio", more, catalogos) == {("capacidad_justificacion", "obligatorio")}
    assert not errors_of("ficha_sitio", more | {"capacidad_justificacion": "Solo de noche"}, catalogos)


def test_a_parte_is_signed_only_when_ages_add_up(catalogos):
    fewer = PARTE | {"mujeres_30_59": 7}
    assert not errors_of("parte_diario", fewer, catalogos)
    assert "edades_mujeres_de_menos" in warnings_of("parte_diario", fewer, catalogos)
    assert errors_of("parte_diario", fewer, catalogos, "firma") == {("mujeres", "edades_mujeres_de_menos")}


def test_a_parte_warns_of_what_is_odd(catalogos):
    assert warnings_of("parte_diario", PARTE, catalogos) == set()
    odd = PARTE | {"familias": 2, "ingresos": 40, "adultos_mayores": 9, "no_registrado": 0}
    assert warnings_of("parte_diario", odd, catalogos) == {
        "familias_dudosas", "movimientos_no_cuadran", "mayores_distintos", "suma_menor",
    }  # fmt: skip
    unexplained = {key: value for key, value in PARTE.items() if key != "diferencia_explicacion"}
    assert errors_of("parte_diario", unexplained, catalogos) == {("diferencia_explicacion", "obligatorio")}


def test_the_count_of_children_alone_is_not_for_the_gate(catalogos):
    formato = catalogo.get("parte_diario")
    raw = PARTE | {"nna_no_acompanados": 1}
    assert "nna_no_acompanados" not in validate(formato, raw, catalogos, now=NOW).answers
    assert validate(formato, raw, catalogos, now=NOW, gate=False).answers["nna_no_acompanados"] == 1


def test_a_closing_act_says_where_everybody_went(catalogos):
    nowhere = CIERRE | {"destinos": []}
    assert errors_of("acta_cierre", nowhere, catalogos) == {("destinos", "destinos_personas")}
    assert not errors_of("acta_cierre", nowhere, catalogos, "rapido")
    nobody = nowhere | {"personas_total": 0, "familias_total": 0, "maximo_personas": 0}
    assert not errors_of("acta_cierre", nobody, catalogos)
    handed = {key: value for key, value in CIERRE.items() if key != "proteccion_entregada"}
    assert errors_of("acta_cierre", handed, catalogos) == {("proteccion_entregada", "obligatorio")}
    assert not errors_of("acta_cierre", handed | {"pendientes_proteccion": 0}, catalogos)
    assert errors_of("acta_cierre", CIERRE | {"saldos": []}, catalogos) == {("saldos", "faltan_saldos")}


def test_totals_of_a_department_are_held_against_its_lines(catalogos):
    assert warnings_of("consolidado_departamental", CONSOLIDADO, catalogos) == set()
    wrong = CONSOLIDADO | {"oficiales_personas": 60, "no_oficiales_sitios": 2, "sin_reporte": 0}
    assert warnings_of("consolidado_departamental", wrong, catalogos) == {
        "personas_no_suman", "sitios_no_suman", "sin_reporte_no_suma",
    }  # fmt: skip


def test_at_closing_each_thing_is_given_back_or_explained(catalogos):
    row = {"bien": "Silla", "cantidad": 20, "estado_recibir": "bueno", "responsable": "Ana"}
    opening = INVENTARIO | {"momento": "apertura", "bienes": [row]}
    assert not errors_of("inventario_bienes", opening, catalogos, "firma")
    closing = opening | {"momento": "cierre"}
    assert errors_of("inventario_bienes", closing, catalogos) == {("bienes", "falta_devolucion")}
    missing = closing | {"bienes": [row | {"cantidad_devuelta": 18, "estado_devolver": "bueno"}]}
    assert errors_of("inventario_bienes", missing, catalogos) == {
        ("bienes[0].diferencia_explicacion", "obligatorio")
    }


def test_who_is_not_let_in_is_referred_and_never_asked_when_they_left(catalogos):
    refused = {"nombre": "N/N", "sexo": "hombre", "edad": 40, "hora_ingreso": "20:00", "sobrio": False}
    assert errors_of("registro_nocturno", NOCHE | {"personas": [refused]}, catalogos, "firma") == {
        ("personas[0].referido_a", "obligatorio"), ("personas[0].referido_hora", "obligatorio"),
    }  # fmt: skip
    inside = refused | {"sobrio": True}
    assert errors_of("registro_nocturno", NOCHE | {"personas": [inside]}, catalogos, "firma") == {
        ("personas[0].hora_salida", "obligatorio")
    }


@pytest.mark.parametrize(
    ("row", "equal", "at_most"),
    [
        ({"total": 5, "a": 2, "b": 3}, True, True),
        ({"total": 5, "a": 2, "b": 4}, False, False),
        ({"total": 5, "a": 2, "b": 2}, False, True),
        ({"total": 5, "a": 6}, True, False),
        ({"a": 6, "b": 1}, True, True),
        ({"total": 5}, True, True),
        ({"total": Decimal("2.5"), "a": Decimal("1.5"), "b": 1}, True, True),
        ({"total": 1, "a": True, "b": "3"}, True, True),
    ],
)
def test_parts_add_up(row, equal, at_most):
    assert AddUp(("a", "b"), "total").holds(row, row, NOW) is equal
    assert AddUp(("a", "b"), "total", at_most=True).holds(row, row, NOW) is at_most


def test_parts_may_be_taken_away_or_blank():
    left = AddUp(("a", "b"), 3, minus=("c",), zero_if_blank=("b",))
    assert left.holds({"a": 5, "c": 2}, {}, NOW)
    assert not left.holds({"a": 5, "b": 1, "c": 2}, {}, NOW)


def test_rows_add_up_and_ratios():
    rows = RowsAddUp("filas", "n", "total")
    assert rows.holds({"total": 3, "filas": [{"n": 1}, {"n": 2}]}, {}, NOW)
    assert not rows.holds({"total": 3, "filas": []}, {}, NOW)
    assert rows.holds({"total": 3, "filas": [{"n": 9}, {}]}, {}, NOW)
    ratio = RatioBetween("p", "f", 1.5, 12)
    assert [ratio.holds({"p": 58, "f": f}, {}, NOW) for f in (12, 2, 58, 0, None)] == [
        True, False, False, True, True,
    ]  # fmt: skip
