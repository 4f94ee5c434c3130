"""F50: how many to cook for, by age and special food, from who is present; no name, nothing of health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.models import GRUPO_BIT
from albergues_app.ocupacion.raciones import next_meal, raciones_of
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from tests.factories.albergues import ingreso, make_activacion, make_albergue, movimiento, persona
from tests.factories.cuentas import SISTEMA
from tests.ocupacion.desk_help import HIJO, MADRE, household, send

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
"""20/11/2026 10:00 in Guatemala."""
SPECIAL = GRUPO_BIT["dieta"]


@pytest.fixture
def here(app):
    with clock.frozen(NOW):
        yield make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


def test_the_meal_that_comes_next_is_by_the_clock_of_guatemala(app):
    day = datetime(2026, 11, 20, tzinfo=clock.LOCAL)
    for hours, meal, at in (
        (0, "desayuno", 7), (6.99, "desayuno", 7), (7, "almuerzo", 12), (12, "cena", 18), (18, "desayuno", 31)
    ):  # fmt: skip
        assert next_meal(day + timedelta(hours=hours)) == (meal, day + timedelta(hours=at))


def test_who_is_present_eats_and_who_is_out_is_told_apart(here):
    out, gone = persona(edad=40, grupos=SPECIAL), persona(edad=70)
    people = [
        persona(edad=8, edad_unidad="meses"), persona(edad=9, grupos=SPECIAL), persona(edad=30), persona(edad=None)
    ]  # fmt: skip
    ingreso(here, *people, out, gone, ocurrido_en=NOW - timedelta(hours=9))
    movimiento(here, "salida_temporal", out.id, ocurrido_en=NOW - timedelta(hours=1))
    movimiento(here, "egreso", gone.id, ocurrido_en=NOW - timedelta(hours=1))
    found = raciones_of(here.id, NOW)
    assert (found.tiempo, found.presentes, found.fuera, found.dieta) == ("almuerzo", 4, 1, 1)
    assert found.filas == [
        ("Menos de 1 año", 1, 0), ("5 a 12 años", 1, 1), ("30 a 59 años", 1, 0), ("Edad sin dato", 1, 0)
    ]  # fmt: skip
    before = raciones_of(here.id, NOW - timedelta(hours=2))
    assert (before.presentes, before.fuera, before.dieta) == (6, 0, 2)


def test_the_sheet_of_the_desk_says_who_needs_special_food_and_the_kitchen_reads_the_number(here, entra):
    desk = entra("registro", albergue=here.albergue_codigo)
    typed = household(MADRE, HIJO) | {
        "personas-1-necesidades_dieta": "Sí",
        "personas-0-necesidades_rampa": "Sí",
    }
    assert send(desk, here.id, typed).status_code == 303
    with unit_of_work(SISTEMA):
        register_parte(ParteNuevo(uuid7(), here.id, NOW - timedelta(minutes=5), "estimacion", 50))
    boss = entra("albergue", albergue=here.albergue_codigo)
    text = boss.get(f"/activaciones/{here.id}/raciones").text
    assert "Almuerzo: 2 raciones" in text and "Con comida especial" in text
    assert "48 más que las que tienen nombre" in text
    assert "Juana" not in text and "rampa" not in text.lower()
    sheet = boss.get(f"/activaciones/{here.id}/partes/nuevo").text
    assert "Para la cocina, almuerzo: <b>2</b> raciones, 1 con comida especial" in sheet
    assert entra("municipal", municipio="1401").get(f"/activaciones/{here.id}/raciones").status_code == 404
