"""The formats of the advisory visits refuse what they must, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from io import BytesIO

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Attachment, Mark, NotAfter, answers_to_json, validate
from albergues_app.formats.official.common_verificacion import CRITICOS, PUNTOS
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.formats.outputs.xlsx_in import read_filled
from tests.formats import cases_asesoria as cases
from tests.formats.cases_asesoria import CASES

TABLE = [
    pytest.param(code, raw, expected, id=f"{code}-{number}")
    for code, rows in CASES.items()
    for number, (raw, expected) in enumerate(rows)
]


@pytest.mark.parametrize(("code", "raw", "expected"), TABLE)
def test_verdict(code, raw, expected, catalogos, ahora):
    found = validate(catalogo.get(code), raw, catalogos, "completo", ahora)
    assert {(e.campo, e.codigo) for e in found.errors} == expected
    assert not any(w.codigo == "campo_desconocido" for w in found.warnings)
    quick = validate(catalogo.get(code), raw, catalogos, "rapido", ahora)
    assert {(e.campo, e.codigo) for e in quick.errors} <= expected


def warned(code, raw, catalogos, ahora):
    found = validate(catalogo.get(code), raw, catalogos, "completo", ahora)
    assert found.ok
    return {(w.campo, w.codigo) for w in found.warnings}


def test_a_visit_without_commitments_is_warned_about(catalogos, ahora):
    assert warned("visita_asesoria", cases.VISITA, catalogos, ahora) == {("compromisos", "sin_compromisos")}
    assert warned("visita_asesoria", cases.VISITA_COMPLETA, catalogos, ahora) == set()


def test_dates_and_hours_that_go_back_are_warned_about(catalogos, ahora):
    raw = cases.VISITA | {
        "hora_fin": "08:00",
        "proxima_visita": "01/11/2026",
        "motivo": "socializacion_formatos",
        "compromisos": [cases.COMPROMISO | {"fecha_compromiso": "19/11/2026"}],
        "compromisos_anteriores": [{"descripcion": "Rampa", "estado": "cumplido"}],
    }
    assert warned("visita_asesoria", raw, catalogos, ahora) == {
        ("hora_fin", "termina_antes"),
        ("proxima_visita", "proxima_antes"),
        ("formatos_entregados", "sin_formatos"),
        ("compromisos[0].fecha_compromiso", "compromiso_antes"),
        ("compromisos_anteriores[0].verificado_por", "cumplido_sin_comprobar"),
    }


def test_the_checklist_has_every_point_and_names_the_critical_ones_unmet(catalogos, ahora):
    assert (len(PUNTOS), len(CRITICOS)) == (62, 13)
    campos = {c.name: c for c in catalogo.get("lista_verificacion").campos}
    assert all(campos[name].required is Mark.R and "CRÍTICO" in campos[name].label for name in CRITICOS)
    raw = cases.LISTA | {"inodoros": "no", "punto_acta": "parcial", "rampa": "no"}
    assert warned("lista_verificacion", raw, catalogos, ahora) == {
        ("inodoros", "critico_sin_cumplir"),
        ("punto_acta", "critico_sin_cumplir"),
    }


def test_a_signed_visit_needs_the_scan(catalogos, ahora):
    formato = catalogo.get("visita_asesoria")
    raw = {k: v for k, v in cases.VISITA_COMPLETA.items() if k != "acta_escaneada"}
    assert validate(formato, raw, catalogos, "completo", ahora).ok
    found = validate(formato, raw, catalogos, "firma", ahora)
    assert [(e.campo, e.codigo) for e in found.errors] == [("acta_escaneada", "obligatorio")]


def test_decimals_are_exact_through_json_and_excel(catalogos, ahora):
    formato = catalogo.get("visita_asesoria")
    found = validate(formato, cases.VISITA_COMPLETA, catalogos, "completo", ahora)
    assert found.answers["lon"] == Decimal("-91.1468")
    stored = json.loads(json.dumps(answers_to_json(found.answers)))
    assert validate(formato, stored, catalogos, "completo", ahora).answers == found.answers
    book = BytesIO()
    write_workbook(formato, book, catalogos, [found.answers])
    (record,) = read_filled(formato, book.getvalue()).records
    again = validate(formato, record.raw, catalogos, "completo", ahora)
    assert again.ok and again.answers["lon"] == found.answers["lon"]
    assert again.answers["capacitacion_horas"] == Decimal("1.5")


def test_hours_are_compared_and_a_row_may_be_held_against_the_sheet(ahora):
    early, late = dt.time(8), dt.time(9)
    assert NotAfter("a", "b").holds({"a": early, "b": late}, {}, ahora)
    assert not NotAfter("a", "b").holds({"a": late, "b": early}, {}, ahora)
    assert not NotAfter("a", "b").holds({"b": dt.date(2026, 1, 1)}, {"a": dt.date(2026, 1, 2)}, ahora)


def test_the_screen_offers_pdf_only_where_the_format_says_so():
    assert "application/pdf" in str(Attachment(pdf=True).widget().attrs["accept"])
    assert "pdf" not in str(Attachment().widget().attrs["accept"])
