"""Families outside shelters have totals of their own, enter a shelter with their code, and their animals are counted."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.matches import Busqueda, find_matches
from albergues_app.ocupacion.models import Familia, Pertenencia
from albergues_app.ocupacion.models_fuera import FamiliaFuera
from albergues_app.ocupacion.outside import animals_inside, animals_of, outside_figures
from albergues_app.ocupacion.services.animales import note_animals
from albergues_app.ocupacion.services.fuera import (
    EstimacionNueva,
    FamiliaFueraNueva,
    note_estimate,
    register_outside,
)
from albergues_app.ocupacion.verify import differences
from tests.conftest import expect_refused
from tests.factories.albergues import OPENED, ingreso, make_activacion, make_emergencia, movimiento, persona
from tests.factories.cuentas import SISTEMA, csrf_of, logged_in, make_identity


def outside(emergencia_id, municipio="1413", *people, **more):
    members = list(people) or [persona(edad=30), persona(edad=4)]
    familia = uuid7()
    with unit_of_work(SISTEMA):
        register_outside(
            FamiliaFueraNueva(
                uuid7(),
                emergencia_id,
                familia,
                municipio,
                "auto_albergue",
                "En la cancha",
                members,
                OPENED,
                **more,
            )
        )
    return familia, [p.id for p in members]


def estimate(emergencia_id, municipio, personas, hour, modalidad="auto_albergue", **more):
    with unit_of_work(SISTEMA):
        note_estimate(
            EstimacionNueva(
                uuid7(),
                emergencia_id,
                municipio,
                modalidad,
                personas,
                "COCODE",
                OPENED + timedelta(hours=hour),
                **more,
            )
        )


def test_who_was_outside_is_found_by_sound_once_in_a_shelter(app):
    emergencia = make_emergencia(("14",))
    who = persona(nombres="Carmen", apellidos="Ixcoy Batz", edad=33)
    familia, _ids = outside(emergencia.id, "1413", who)
    desk, asked = make_identity("registro", municipio="1413"), Busqueda("Karmen", "Ixcoi Batz", "mujer", 33)
    assert find_matches(desk, asked) == [], "no sede to be asked about them"
    assert differences() == []
    ingreso(make_activacion(emergencia=emergencia), who, familia_id=familia)
    assert [c.persona_id for c in find_matches(desk, asked)] == [who.id]
    assert differences() == []


def test_their_totals_stand_apart_by_municipality_and_department(app):
    emergencia_id = make_emergencia(("14", "12")).id
    outside(emergencia_id, "1413")
    outside(emergencia_id, "1420", persona())
    outside(emergencia_id, "1201")
    estimate(emergencia_id, "1413", 200, 1, familias=40)
    estimate(emergencia_id, "1413", 120, 5, familias=30)
    estimate(emergencia_id, "1413", 60, 2, "casa_acogiente")
    found = outside_figures(make_identity("nacional"), emergencia_id)
    assert [(m.codigo, m.familias, m.personas, m.estimadas) for m in found.municipios] == [
        ("1201", 1, 2, None),
        ("1413", 1, 2, 180),
        ("1420", 1, 1, None),
    ]
    assert [(d.codigo, d.personas, d.estimadas) for d in found.departamentos] == [
        ("12", 2, None),
        ("14", 3, 180),
    ]
    assert (found.total.familias, found.total.personas, found.total.estimadas) == (3, 5, 180)
    assert found.total.estimacion_mas_vieja == OPENED + timedelta(hours=2)
    mine = outside_figures(make_identity("municipal", municipio="1420"), emergencia_id)
    assert (mine.total.personas, mine.total.estimadas) == (1, None)
    assert cuadro(make_identity("nacional"), "pais").total.personas == 0


def test_who_enters_a_shelter_counts_there_and_no_longer_outside(app):
    emergencia = make_emergencia()
    emergencia_id = emergencia.id
    familia, people = outside(emergencia_id)
    activacion = make_activacion(emergencia=emergencia)
    identity = make_identity("nacional")
    assert outside_figures(identity, emergencia_id).total.personas == 2
    ingreso(activacion, persona(id=people[0]), familia_id=familia, ocurrido_en=OPENED + timedelta(hours=3))
    assert outside_figures(identity, emergencia_id).total.personas == 1
    assert cuadro(identity, "pais").total.personas == 1
    movimiento(activacion, "egreso", people[0], ocurrido_en=OPENED + timedelta(hours=9))
    assert outside_figures(identity, emergencia_id).total.personas == 1, "who left home is not outside again"


def test_numbers_that_cannot_be_are_refused(app):
    emergencia_id = make_emergencia().id
    with expect_refused("familias_de_mas"):
        estimate(emergencia_id, "1413", 3, 1, familias=9)
    with expect_refused("municipio_desconocido"):
        estimate(emergencia_id, "9999", 3, 1)
    familia, _people = outside(emergencia_id)
    with expect_refused("numero_negativo"), unit_of_work(SISTEMA):
        note_animals(familia, {"perro": -1})


def test_animals_count_where_most_of_the_family_is_and_the_last_word_holds(app):
    emergencia = make_emergencia()
    one = make_activacion(emergencia=emergencia)
    two = make_activacion(emergencia=emergencia)
    one_id, two_id = one.id, two.id
    people = [persona(), persona(), persona()]
    body = ingreso(one, *people, animales={"perro": 2, "aves": 6})
    familia = UUID(body["familia"]["id"])
    ingreso(two, persona(), animales={"gato": 1})
    assert animals_inside(one_id) == [("Perros", 2), ("Aves", 6)]
    assert animals_inside(two_id) == [("Gatos", 1)]
    with unit_of_work(SISTEMA):
        note_animals(familia, {"perro": 1, "aves": 0})
    assert animals_of(familia) == {"perro": 1, "aves": 0}
    assert animals_inside(one_id) == [("Perros", 1)]
    ids = [p.id for p in people]
    movimiento(one, "traslado", *ids[:2], ocurrido_en=OPENED + timedelta(hours=9), activacion_destino=two_id)
    assert animals_inside(one_id) == []
    assert animals_inside(two_id) == [("Perros", 1), ("Gatos", 1)]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_registered_outside_on_the_page_and_let_in_with_the_code(app):
    emergencia = make_emergencia(inicio=clock.now() - timedelta(days=1))
    emergencia_id = emergencia.id
    activacion = make_activacion(emergencia=emergencia, abierta_en=clock.now() - timedelta(hours=9))
    activacion_id, codigo_sitio = activacion.id, activacion.albergue_codigo
    office = logged_in(app, "municipal", municipio="1413")
    page = office.get(f"/fuera-de-albergue/familias?emergencia={emergencia_id}").text
    form = {
        "csrf_token": csrf_of(page), "op_id": str(uuid7()), "emergencia": str(emergencia_id), "municipio": "1413",
        "modalidad": "casa_acogiente", "lugar": "Con su tía en Cotzal", "desde": "2026-11-18T08:00",
        "nombres_0": "Juana", "apellidos_0": "Raymundo", "sexo_0": "mujer", "edad_0": "33", "unidad_0": "anios",
        "nombres_1": "Ana", "sexo_1": "mujer", "edad_1": "4", "unidad_1": "anios", "animales_perro": "1",
    }  # fmt: skip
    bad = office.post("/fuera-de-albergue/familias", data={**form, "municipio": ""})
    assert bad.status_code == 422 and "Raymundo" in bad.text
    assert office.post("/fuera-de-albergue/familias", data={**form, "op_id": str(uuid7())}).status_code == 303
    shown = office.get(f"/emergencias/{emergencia_id}/fuera-de-albergue").text
    assert "Con su tía en Cotzal" in shown and "Juana" not in shown
    told = {
        "csrf_token": form["csrf_token"], "op_id": str(uuid7()), "emergencia": str(emergencia_id), "municipio": "1413",
        "modalidad": "auto_albergue", "personas": "120", "fuente": "COCODE", "corte": "2026-11-18T09:00",
    }  # fmt: skip
    assert office.post("/fuera-de-albergue/estimaciones", data=told).status_code == 303
    event = office.get(f"/emergencias/{emergencia_id}").text
    assert "No entran en los totales de albergues" in event and "<b>120</b> estimadas" in event
    row = db.session.scalars(select(FamiliaFuera)).one()
    familia, codigo = row.familia_id, db.session.get_one(Familia, row.familia_id).codigo
    desk = logged_in(app, "registro", albergue=codigo_sitio)
    assert desk.get(f"/emergencias/{emergencia_id}/fuera-de-albergue").status_code == 200
    place = f"/activaciones/{activacion_id}/familias/{familia}"
    page = desk.get(place)
    assert page.status_code == 200 and "Juana" in page.text and codigo in page.text
    members = [str(p) for p in db.session.scalars(select(Pertenencia.persona_id))]
    sent = {
        "csrf_token": csrf_of(page.text),
        "id": str(uuid7()),
        "accion": "ingreso",
        "personas": members,
        "nadie": members,
    }
    assert desk.post(place, data=sent).status_code == 303
    db.session.rollback()
    assert outside_figures(make_identity("nacional"), emergencia_id).total.personas == 0
    far = logged_in(app, "registro", municipio="1201")
    assert far.get(place).status_code == 404
