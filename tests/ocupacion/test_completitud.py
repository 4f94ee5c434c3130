"""F22, F28: what is missing of who is inside, counted by shelter; who needs an interpreter, where it is acted on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.completitud import completeness_of
from tests.factories.albergues import OPENED, ingreso, make_activacion, make_albergue, movimiento, persona
from tests.ocupacion.desk_help import HIJO, MADRE, household, send

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


def test_who_is_inside_is_complete_without_a_document_and_who_left_does_not_count(here):
    whole = {"nombres": "Ana", "apellidos": "Brito", "parentesco": "jefe", "edad": 30}
    gone = persona()
    ingreso(here, persona(**whole), persona(**whole, cui="2547896321413"), municipio_procedencia="1413")
    ingreso(here, persona(**{**whole, "edad": None}), gone, municipio_procedencia="1413")
    ingreso(here, persona(**whole))
    movimiento(here, "egreso", gone.id, ocurrido_en=OPENED.replace(hour=18) + timedelta(hours=2))
    found = completeness_of(here.id)
    assert (found.personas, found.completas, found.porcentaje) == (4, 2, 50)
    assert found.faltan == [("Sin edad", 1), ("Sin lugar de procedencia", 1), ("Sin CUI anotado", 3)]
    assert completeness_of(uuid7()).porcentaje == 100


def test_the_page_of_the_shelter_says_both(here, entra):
    desk = entra("registro", albergue=here.albergue_codigo)
    sheet = household(MADRE, HIJO) | {"necesita_interprete": "si", "idioma_atencion": "ixil"}
    assert send(desk, here.id, sheet).status_code == 303
    send(desk, here.id, household(("N/N", "", "no_registrado", "")))
    text = " ".join(
        re.sub("<[^>]+>", " ", entra("sede", departamento="14").get(f"/activaciones/{here.id}").text).split()
    )
    assert "Necesitan intérprete 2" in text
    assert "0 % : 0 de 3 con nombre, sexo, edad, parentesco y procedencia." in text
    assert "Sin nombre (N/N) 1" in text and "Sin sexo 1" in text and "Sin lugar de procedencia 3" in text
