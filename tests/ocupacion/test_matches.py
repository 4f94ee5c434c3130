"""Possible matches: the reason in words, nothing of another territory, by indexes only, and logged."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.audit.models import Lectura
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion import clave_search
from albergues_app.ocupacion.matches import ELSEWHERE, Busqueda, find_matches
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.ingreso import count_inside
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, make_identity
from tests.ocupacion.desk_help import hidden

CUI = "2000000121413"


@pytest.fixture
def shelters(app):
    emergencia = make_emergencia(("14", "09"))
    return (
        make_activacion(make_albergue(), emergencia),
        make_activacion(make_albergue("1413", nombre="Escuela de Tzalbal"), emergencia),
        make_activacion(make_albergue("0901", nombre="Escuela de Xela"), emergencia),
    )


@pytest.fixture
def nebaj(shelters):
    return make_identity("registro", municipio="1413")


def juana(**changes):
    return persona(nombres="Juana", apellidos="Raimundo Brito", edad=38, **changes)


def test_a_name_that_sounds_the_same_is_found_with_its_reason(shelters, nebaj):
    ingreso(shelters[1], juana())
    (found,) = find_matches(nebaj, Busqueda("Juana", "Raymundo Brito", "mujer", 38))
    assert found.nombre == "Juana Raimundo Brito"
    assert found.presente
    assert found.albergue == "Escuela de Tzalbal"
    assert "El nombre suena igual" in found.razones
    assert "Misma edad" in found.razones


def test_swapped_surnames_and_three_years_apart(shelters, nebaj):
    ingreso(shelters[1], persona(nombres="Pedro", apellidos="Cobo Ramírez", sexo="hombre", edad=41))
    (found,) = find_matches(nebaj, Busqueda("Pedro", "Ramirez Cobo", "hombre", 42))
    assert "Mismo nombre, en otro orden" in found.razones
    assert find_matches(nebaj, Busqueda("Pedro", "Ramirez Cobo", "hombre", 60)) == []


def test_the_same_cui_is_found_whatever_the_name(shelters, nebaj):
    ingreso(shelters[1], juana(cui=CUI))
    (found,) = find_matches(nebaj, Busqueda("María", "López", cui=CUI))
    assert found.razones[0] == "Mismo CUI"


def test_where_the_household_comes_from_tells_two_of_one_name_apart(shelters, nebaj):
    """Only the last family counts; who says no municipality is compared with none."""
    from albergues_app.core import clock
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.ocupacion.services.correccion import move_to_familia

    here = persona(nombres="Petrona", apellidos="Chávez", sexo="mujer", edad=38)
    there = persona(nombres="Petrona", apellidos="Chaves", sexo="mujer", edad=38)
    ingreso(shelters[1], there, municipio_procedencia="1201")
    body = ingreso(shelters[1], here, municipio_procedencia="1405")
    typed = ("Petrona", "Chavez", "mujer", 37)

    def told(municipio):
        found = find_matches(nebaj, Busqueda(*typed, municipio=municipio))
        return [(f.nombre.split()[-1], f.razones[-1]) for f in found]

    assert told("1405") == [("Chávez", "Del mismo municipio"), ("Chaves", "Consta de otro municipio")]
    assert told("1201") == [("Chaves", "Del mismo municipio"), ("Chávez", "Consta de otro municipio")]
    assert {why for _name, why in told("")} == {"1 año de diferencia"}
    ingreso(shelters[0], persona(), municipio_procedencia="1201", familia_id=(moved := uuid7()))
    with unit_of_work(SISTEMA):
        move_to_familia(UUID(body["personas"][0]["id"]), moved, clock.now(), None)
    assert {why for _name, why in told("1201")} == {"Del mismo municipio"}


def test_the_screen_sends_where_the_household_comes_from(shelters, entra):
    ingreso(shelters[1], juana(), municipio_procedencia="1405")
    client = entra("registro", municipio="1413")
    page = client.get(f"/activaciones/{shelters[0].id}/ingresos/nuevo").text
    assert 'name="municipio_procedencia"' in page
    data = {"nombres": "Juana", "apellidos": "Raymundo Brito", "municipio_procedencia": "1405"}
    url, token = f"/activaciones/{shelters[0].id}/coincidencias", {"X-CSRFToken": hidden(page)["csrf_token"]}
    (found,) = client.post(url, json=data, headers=token).json["filas"]
    assert found["razones"][-1] == "Del mismo municipio"
    (found,) = client.post(url, json={**data, "municipio_procedencia": "'9'"}, headers=token).json["filas"]
    assert "municipio" not in " ".join(found["razones"])


def test_of_another_territory_only_that_there_is_something_to_ask(shelters, nebaj):
    ingreso(shelters[2], juana())
    (found,) = find_matches(nebaj, Busqueda("Juana", "Raimundo Brito", "mujer", 38))
    assert (found.persona_id, found.nombre, found.albergue, found.familia) == (None, "", "", "")
    assert found.razones == (ELSEWHERE,)


def test_nobody_is_searched_without_a_name(shelters, nebaj):
    ingreso(shelters[1], persona(), persona())
    assert find_matches(nebaj, Busqueda("N/N", "", "mujer", 30)) == []


def test_who_is_shown_is_logged(shelters, nebaj):
    body = ingreso(shelters[1], juana())
    find_matches(nebaj, Busqueda("Juana", "Raimundo Brito"))
    assert db.session.scalars(select(Lectura.persona_id)).all() == [UUID(body["personas"][0]["id"])]


def test_the_screen_searches_by_post_and_shows_five_at_most(shelters, entra):
    for _ in range(7):
        ingreso(shelters[1], juana())
    client = entra("registro", municipio="1413")
    url = f"/activaciones/{shelters[0].id}/coincidencias"
    data = {"nombres": "Juana", "apellidos": "Raymundo Brito", "sexo": "mujer", "edad": "38", "cui": ""}
    token = hidden(client.get(f"/activaciones/{shelters[0].id}/ingresos/nuevo").text)["csrf_token"]
    answer = client.post(url, json=data, headers={"X-CSRFToken": token})
    assert len(answer.json["filas"]) == 5
    assert client.get(url).status_code == 405
    for broken in ("[]", "{", '{"nombres": {"a": 1}, "ya": 3, "edad": "x"}', "null"):
        headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
        assert client.post(url, data=broken, headers=headers).status_code in {200, 404}


def test_the_same_person_is_brought_with_her_family_by_a_traslado(shelters, entra):
    body = ingreso(shelters[1], juana(), persona(nombres="Miguel", edad=11))
    client = entra("registro", municipio="1413")
    token = hidden(client.get(f"/activaciones/{shelters[0].id}/ingresos/nuevo").text)["csrf_token"]
    data = {
        "csrf_token": token,
        "origen": str(shelters[1].id),
        "persona": body["personas"][0]["id"],
        "familia": "si",
    }
    url = f"/activaciones/{shelters[0].id}/traslados-hacia-aqui"
    assert client.post(url, data=data).status_code == 303
    assert (count_inside(shelters[0].id), count_inside(shelters[1].id)) == (2, 0)


def test_a_person_of_a_shelter_outside_the_territory_cannot_be_brought(shelters, entra):
    body = ingreso(shelters[2], juana())
    client = entra("registro", municipio="1413")
    token = hidden(client.get(f"/activaciones/{shelters[0].id}/ingresos/nuevo").text)["csrf_token"]
    data = {"csrf_token": token, "origen": str(shelters[2].id), "persona": body["personas"][0]["id"]}
    assert client.post(f"/activaciones/{shelters[0].id}/traslados-hacia-aqui", data=data).status_code == 404
    assert db.session.query(Estancia).count() == 1


def test_who_left_is_shown_as_gone(shelters, nebaj):
    body = ingreso(shelters[1], juana())
    movimiento(shelters[1], "egreso", UUID(body["personas"][0]["id"]), ocurrido_en=OPENED.replace(hour=20))
    (found,) = find_matches(nebaj, Busqueda("Juana", "Raimundo Brito"))
    assert not found.presente


def test_a_search_uses_the_indexes(shelters, nebaj):
    names = ("Ana", "Luis", "Marta", "Tomás", "Rosa", "Elías")
    for n in range(30):
        people = [
            persona(nombres=name, apellidos=f"Cobo{'abcdefghijklmnopqrstuvwxyzáéíó'[n]} Brito")
            for name in names
        ]
        ingreso(shelters[n % 2], *people)
    ingreso(shelters[1], juana(cui=CUI))
    wanted = Busqueda("Juana", "Raymundo Brito", "mujer", 38, cui=CUI)
    assert find_matches(nebaj, wanted)
    if db.engine.dialect.name == "sqlite":
        for template in (clave_search._SIZES, clave_search._FOUND["sqlite"]):
            plan = " ".join(
                row[3]
                for row in db.session.execute(
                    db.text(f"EXPLAIN QUERY PLAN {clave_search.statement(template, 'sqlite')}"),
                    {"preguntas": '[[0, "jn rmnd", "jn rmnd", 1980, 1990]]'},
                )
            )
            assert "SEARCH k USING PRIMARY KEY (clave>? AND clave<?)" in plan, plan
            assert "SCAN v" not in plan and "SCAN k" not in plan, plan
