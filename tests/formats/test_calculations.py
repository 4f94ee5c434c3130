"""What a format works out by itself: from what was answered, never from what is unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import validate
from albergues_app.formats.official.common_verificacion import CRITICOS


def check(code: str, raw: dict[str, Any]) -> Any:
    formato = catalogo.latest(code)
    return validate(formato, raw, gate=formato.at_gate)


def told(result: Any) -> set[tuple[str, str]]:
    return {(w.codigo, w.campo) for w in result.warnings}


@pytest.mark.parametrize(
    ("nominal", "fisico", "diferencia"),
    [(58, 55, 3), (55, 58, -3), (0, 0, 0), (58, None, None), (None, None, None)],
)
def test_the_difference_of_the_two_counts(nominal, fisico, diferencia):
    given = {"conteo_nominal": nominal, "conteo_fisico": fisico}
    assert check("parte_diario", given).answers.get("diferencia") == diferencia


def test_what_the_system_writes_wins_over_what_was_written_and_says_so():
    result = check("parte_diario", {"conteo_nominal": 1200, "conteo_fisico": 10, "diferencia": 7})
    assert result.answers["diferencia"] == 1190
    warning = next(w for w in result.warnings if w.codigo == "no_es_lo_calculado")
    assert warning.campo == "diferencia"
    assert "dice 7" in warning.mensaje and "1,190" in warning.mensaje
    same = check("parte_diario", {"conteo_nominal": 12, "conteo_fisico": 10, "diferencia": "2"})
    assert same.answers["diferencia"] == 2 and not told(same)


def test_each_line_of_the_inventory_has_its_own_difference():
    lines = [{"bien": "Silla", "cantidad": 20, "cantidad_devuelta": 18}, {"bien": "Mesa", "cantidad": 4}]
    rows = check("inventario_bienes", {"bienes": lines}).answers["bienes"]
    assert [row.get("diferencia") for row in rows] == [-2, None]


def card(*moves: tuple[Any, ...]) -> dict[str, Any]:
    return {"movimientos": [dict(zip(("tipo", "cantidad", "saldo"), m, strict=False)) for m in moves]}


def test_a_card_keeps_its_balance_row_after_row():
    moves = [("entrada_compra", "10.5"), ("salida_entrega", "0.25"), ("baja_daniado", 1), ("ajuste_mas", 2)]
    rows = check("kardex", card(*moves)).answers["movimientos"]
    assert [row["saldo"] for row in rows] == [Decimal(n) for n in ("10.50", "10.25", "9.25", "11.25")]


def test_a_balance_is_unknown_after_a_row_that_says_neither_in_nor_out_unless_it_is_written():
    moves = [("otro", 5), ("entrada_compra", 3), ("otro", 1, 40), ("salida_entrega", 15)]
    rows = check("kardex", card(*moves)).answers["movimientos"]
    assert [row.get("saldo") for row in rows] == [None, None, 40, 25]


def test_more_going_out_than_there_is_warns_and_leaves_no_negative_balance():
    result = check("kardex", card(("entrada_compra", 5), ("salida_entrega", 9)))
    assert [row.get("saldo") for row in result.answers["movimientos"]] == [5, None]
    assert ("calculo_imposible", "movimientos[1].saldo") in told(result)


def test_paths_of_warnings_count_the_empty_rows_too():
    raw = {"movimientos": [None, {"tipo": "entrada_compra", "cantidad": 5, "saldo": 6}]}
    assert ("no_es_lo_calculado", "movimientos[1].saldo") in told(check("kardex", raw))


def test_the_score_counts_what_was_seen():
    answers = {"rampa": "cumple", "bodega": "parcial", "perimetro": "no", "botiquin": "no_aplica"}
    assert check("lista_verificacion", answers).answers["puntaje"] == Decimal("50.0")
    two = {"rampa": "cumple", "bodega": "cumple", "perimetro": "no", "senal": "no_observado"}
    assert check("lista_verificacion", two).answers["puntaje"] == Decimal("66.7")
    assert "puntaje" not in check("lista_verificacion", {"rampa": "no_aplica"}).answers
    critical = dict(zip(CRITICOS, ["no", "parcial", "cumple", "no_aplica"], strict=False))
    assert check("lista_verificacion", critical).answers["criticos_pendientes"] == 2
    assert "criticos_pendientes" not in check("lista_verificacion", {"rampa": "no"}).answers


def test_totals_left_blank_are_those_of_the_rows_and_written_ones_stay_with_a_warning():
    rows = [
        {"albergue": "A", "clase": "oficial", "personas": 20, "familias": 5, "reporto": True},
        {"albergue": "B", "clase": "oficial", "personas": 22, "reporto": False},
        {"albergue": "C", "clase": "no_oficial", "personas": 7, "familias": 2, "reporto": False},
    ]
    result = check("consolidado_departamental", {"albergues": rows})
    got = result.answers
    name = next(c.campo for c in catalogo.latest("consolidado_departamental").calculos).rsplit("_", 1)[0]
    assert (got[f"{name}_sitios"], got[f"{name}_personas"], got["sin_reporte"]) == (2, 42, 2)
    assert f"{name}_familias" not in got  # one line did not say
    written = check("consolidado_departamental", {"albergues": rows, f"{name}_personas": 40})
    assert written.answers[f"{name}_personas"] == 40
    assert [c for c, campo in told(written) if campo == f"{name}_personas"] == ["personas_no_suman"]
    assert f"{name}_sitios" not in check("consolidado_departamental", {}).answers


def test_who_received_is_counted_when_help_goes_by_family():
    rows = [{"persona": "A", "integrantes": 5}, {"persona": "B", "integrantes": 3}]
    given = check("entrega_ayuda", {"criterio": "familia", "entregas": rows}).answers
    assert (given["total_familias"], given["total_personas"]) == (2, 8)
    by_person = check("entrega_ayuda", {"criterio": "persona", "entregas": rows}).answers
    assert "total_familias" not in by_person
    other = check("entrega_ayuda", {"criterio": "familia", "entregas": rows, "total_personas": 9})
    assert other.answers["total_personas"] == 9
    assert ("no_es_lo_calculado", "total_personas") in told(other)


@pytest.mark.parametrize("formato", [f for f in catalogo.all() if f.calculos], ids=lambda f: f.code)
def test_stored_answers_read_again_say_nothing_new(formato):
    """Reading back what was worked out is the same sheet: no warning, no other number."""
    first = check(formato.code, {"movimientos": [{"tipo": "entrada_compra", "cantidad": 5}], "rampa": "cumple",
                                 "conteo_nominal": 3, "conteo_fisico": 2})  # fmt: skip
    known = {k: v for k, v in first.answers.items() if v}
    again = check(formato.code, known)
    assert {k: v for k, v in again.answers.items() if v} == known
    assert "no_es_lo_calculado" not in {w.codigo for w in again.warnings}
