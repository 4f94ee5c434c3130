"""The whole is the sum of its parts on every page that shows it; and how long people have been where they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.figures import cuadros
from albergues_app.ocupacion.lengths import lengths_inside, lengths_of_who_left
from albergues_app.ocupacion.sums import LEVELS, sums_of
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import logged_in, make_identity

NOW = OPENED + timedelta(days=40)


@pytest.fixture
def country(app):
    """Five inside in three municipalities of two departments, one on the way, a family in two shelters."""
    with clock.frozen(NOW):
        emergencia = make_emergencia(("14", "12"))
        nebaj, chajul, lejos = (
            make_activacion(make_albergue(m), emergencia) for m in ("1413", "1405", "1201")
        )
        split, people = uuid7(), [persona() for _ in range(3)]
        ingreso(nebaj, people[0], people[2], familia_id=split, ocurrido_en=NOW - timedelta(days=35))
        ingreso(chajul, people[1], familia_id=split, ocurrido_en=NOW - timedelta(days=9))
        ingreso(lejos, persona(), persona(), persona(), ocurrido_en=NOW - timedelta(hours=5))
        gone = persona()
        ingreso(nebaj, gone, ocurrido_en=NOW - timedelta(days=10))
        movimiento(nebaj, "egreso", gone.id, ocurrido_en=NOW - timedelta(hours=3))
        movimiento(
            nebaj, "traslado", people[2].id, ocurrido_en=NOW - timedelta(hours=2), acuse=True,
            activacion_destino=lejos.id,
        )  # fmt: skip
        yield emergencia.id


def test_each_level_adds_up_to_the_same_and_a_residue_is_said(country):
    sums = sums_of(cuadros(make_identity(), LEVELS, NOW))
    assert (sums.albergues, sums.municipios, sums.departamentos, sums.total, sums.en_transito) == (
        5,
        5,
        5,
        5,
        1,
    )
    assert sums.texto == "Σ albergues 5 = Σ municipios 5 = Σ departamentos 5 = total 5; aparte, 1 en tránsito"
    assert (sums.familias_albergues, sums.familias, sums.familias_repartidas) == (3, 2, 1)
    wrong = replace(sums, municipios=4)
    assert wrong.residuo == 1 and wrong.texto.startswith(
        "No cuadra, residuo de 1: Σ albergues 5 · Σ municipios 4"
    )
    own = sums_of(cuadros(make_identity("sede", departamento="14"), LEVELS, NOW))
    assert (own.albergues, own.total, own.residuo) == (2, 2, 0)


def test_stays_are_told_by_how_long_they_last(country):
    who = make_identity()
    inside = lengths_inside(who, NOW)
    assert (inside.hasta_72_h, inside.hasta_30_d, inside.mas, inside.total) == (3, 1, 1, 5)
    assert inside.mas_larga == timedelta(days=35)
    before = lengths_inside(who, NOW - timedelta(days=8))
    assert (before.hasta_72_h, before.hasta_30_d, before.mas) == (2, 2, 0)
    left = lengths_of_who_left(who, NOW - timedelta(days=1), NOW)
    assert (left.hasta_72_h, left.hasta_30_d, left.mas) == (0, 1, 1), "the traslado ended a stay too"
    far = make_identity("sede", departamento="12")
    assert (lengths_inside(far, NOW).total, lengths_of_who_left(far, OPENED, NOW).total) == (3, 0)
    assert lengths_inside(who, NOW, "12").total == 3 and lengths_inside(far, OPENED).mas_larga is None


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_every_page_and_export_with_a_total_says_that_it_adds_up(app, country):
    mando = logged_in(app, "mando")
    said = "Σ albergues 5 = Σ municipios 5 = Σ departamentos 5 = total 5; aparte, 1 en tránsito"
    for path in ("/mapa", f"/emergencias/{country}", "/activaciones", "/cuadre"):
        assert said in mando.get(path).text, path
    assert "No cuadra" not in mando.get("/cuadre").text
    page = " ".join(mando.get("/cuadre").text.split())
    assert "1 de más son familias repartidas" in page and "Más de 30 días" in page and "35 días" in page
    sheet = CalamineWorkbook.from_filelike(BytesIO(mando.get("/mapa/tabla.xlsx").data)).get_sheet_by_index(0)
    assert said in str(sheet.to_python()[2][0])
    sede = logged_in(app, "sede", departamento="14")
    assert "Σ albergues 2 = Σ municipios 2" in sede.get("/cuadre").text
