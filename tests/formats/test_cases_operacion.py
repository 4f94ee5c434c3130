"""The formats of the daily work: what each accepts, refuses, warns about, and asks for to be signed."""

from __future__ import annotations

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Mark, completeness, validate

from .cases_operacion import CASES, ENTREGA, MENOR_JEFE, PLANILLA_COMPLETA, WARNED

JUDGED = [
    pytest.param(code, raw, errors, id=f"{code}-{number}")
    for code, cases in CASES.items()
    for number, (raw, errors) in enumerate(cases)
]


def judge(code, raw, catalogos, ahora, mode="completo"):
    formato = catalogo.get(code)
    return validate(formato, raw, catalogos, mode, ahora, formato.at_gate)


@pytest.mark.parametrize(("code", "raw", "errors"), JUDGED)
def test_the_errors_are_those_of_the_table(code, raw, errors, catalogos, ahora):
    assert {(e.campo, e.codigo) for e in judge(code, raw, catalogos, ahora).errors} == errors


@pytest.mark.parametrize("code", CASES)
def test_a_complete_sheet_may_be_signed_and_nothing_in_it_is_strange(code, catalogos, ahora):
    raw = CASES[code][0][0]
    result = judge(code, raw, catalogos, ahora, "firma")
    assert (result.errors, result.pending) == ((), ())
    assert "campo_desconocido" not in {w.codigo for w in result.warnings}
    formato = catalogo.get(code)
    assert completeness(formato, result.answers, ahora, formato.at_gate) == 100


@pytest.mark.parametrize("code", CASES)
def test_of_each_format_two_sheets_are_good_and_three_bad(code):
    errors = [errors for _, errors in CASES[code]]
    assert not errors[0] and not errors[1] and sum(bool(e) for e in errors) >= 3
    if any(r.min_rows for r in catalogo.get(code).repetibles):
        assert any("[" in path for found in errors for path, _ in found), "a bad row"


@pytest.mark.parametrize(("code", "raw", "codes"), WARNED)
def test_what_is_odd_is_warned_about_and_saved(code, raw, codes, catalogos, ahora):
    result = judge(code, raw, catalogos, ahora)
    assert not result.errors
    assert codes <= {w.codigo for w in result.warnings}


def test_every_warning_of_these_formats_has_a_case():
    from albergues_app.formats.engine import Warn

    for code in CASES:
        formato = catalogo.get(code)
        rules = [*formato.rules, *(rule for r in formato.repetibles for rule in r.rules)]
        warns = {rule.code for rule in rules if isinstance(rule, Warn)}
        assert warns <= {c for slug, _, codes in WARNED if slug == code for c in codes} | {"prensa_sin_aviso"}


def test_a_minor_signs_only_as_head_of_household(catalogos, ahora):
    child = ENTREGA | {"recibe_firma": "firma", "recibe_menor": True}
    for row, errors in ((child, [("menor_firma", "entregas[0].recibe_menor")]), (MENOR_JEFE, [])):
        result = judge("entrega_ayuda", PLANILLA_COMPLETA | {"entregas": [row]}, catalogos, ahora, "firma")
        assert [(e.codigo, e.campo) for e in result.errors] == errors


def test_a_case_of_health_or_protection_never_passes_the_gate(catalogos, ahora):
    for code in ("registro_nna", "ficha_medica", "hoja_referencia"):
        formato = catalogo.get(code)
        assert not formato.at_gate
        result = validate(formato, CASES[code][0][0], catalogos, "rapido", ahora)
        kept = {name for name, value in result.answers.items() if value} - {"ocurrido_en"}
        assert not kept & {c.name for _, c in formato.walk() if not c.gate}
        assert "nombres" not in kept and "persona" not in kept


def test_names_in_violence_have_their_own_place_off_the_gate(catalogos, ahora):
    raw = {"ocurrido_en": "20/11/2026 18:05", "clase": "incidente", "tipo": "violencia",
           "involucrados_reservado": "Ana"}  # fmt: skip
    formato = catalogo.get("incidente")
    assert "involucrados_reservado" not in validate(formato, raw, catalogos, now=ahora).answers
    assert validate(formato, raw, catalogos, now=ahora, gate=False).answers["involucrados_reservado"] == "Ana"


def test_what_the_system_writes_is_never_asked_for():
    for code in CASES:
        for _, campo in catalogo.get(code).walk():
            assert not (campo.auto and campo.required is not Mark.O), campo.name
