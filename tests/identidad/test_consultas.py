"""Across departments a desk learns only that a record may exist; its sede answers yes, no or «llame»."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.identidad.models import Consulta, UnionPersonas
from albergues_app.ocupacion.models import PosibleDuplicado
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import csrf_of
from tests.web.test_hoy import text_of

TYPED = {
    "nombres": "Juana",
    "apellidos": "Raymundo Brito",
    "sexo": "mujer",
    "edad": "38",
    "edad_unidad": "anios",
}


@pytest.fixture
def shelters(app):
    emergencia = make_emergencia(("14", "09"))
    return (
        make_activacion(make_albergue("1413", nombre="Salón de Nebaj"), emergencia),
        make_activacion(make_albergue("0901", nombre="Escuela de Xela"), emergencia),
    )


@pytest.fixture
def juana(shelters):
    """Registered in Quetzaltenango."""
    who = persona(nombres="Juana", apellidos="Raimundo Brito", edad=38)
    ingreso(shelters[1], who, ocurrido_en=OPENED.replace(hour=14))
    return who.id


def ask(client, shelter, nueva, **changes):
    token = csrf_of(client.get("/mi-cuenta").text)
    url = f"/identidad/activaciones/{shelter.id}/consultas"
    body = {**TYPED, "id": str(nueva), **changes}
    return client.post(url, json=body, headers={"X-CSRFToken": token})


def the_question():
    db.session.rollback()
    return db.session.scalars(select(Consulta)).one()


def reply(client, respuesta):
    token = csrf_of(client.get("/mi-cuenta").text)
    data = {"csrf_token": token, "op_id": str(uuid7()), "respuesta": respuesta}
    return client.post(f"/identidad/consultas/{the_question().id}/respuesta", data=data)


def register_here(shelters, nueva):
    ingreso(shelters[0], persona(id=nueva, nombres="Juana", apellidos="Raymundo Brito"),
            ocurrido_en=OPENED.replace(hour=18))  # fmt: skip


def test_the_desk_asks_and_is_told_nothing_but_the_answer(shelters, juana, entra):
    desk, nueva = entra("registro", municipio="1413"), uuid7()
    answer = ask(desk, shelters[0], nueva)
    assert answer.status_code == 200 and "Se preguntó a la sede que corresponde" in answer.json["mensaje"]
    ask(desk, shelters[0], nueva)
    assert the_question().persona_id == juana, "asked once"
    register_here(shelters, nueva)
    page = desk.get("/identidad/consultas").text
    assert "Sin respuesta aún" in page and "Juana Raymundo Brito" in page
    other = entra("sede", departamento="09")
    assert "1 consulta de otra sede por responder" in text_of(other)
    asked = other.get("/identidad/consultas").text
    assert "Juana Raimundo Brito" in asked and "Pregunta una mesa de Quiché" in asked
    assert "Presente en Escuela de Xela" in asked and "Salón de Nebaj" not in asked
    assert reply(other, "llame").status_code == 303
    page = desk.get("/identidad/consultas").text
    assert "Llame" in page and "Cuenta sede" in page, "that sede chose to be known"
    assert reply(other, "si").status_code == 303
    assert "Los dos registros quedaron unidos" in other.get("/identidad/consultas").text
    page = desk.get("/identidad/consultas").text
    assert "Sí, es la misma" in page
    for told in ("Xela", "Quetzaltenango", "Raimundo Brito", "Cuenta sede"):
        assert told not in page.split("<main")[1], told
    assert (count_inside(shelters[0].id), count_inside(shelters[1].id)) == (1, 0)
    assert db.session.scalars(select(UnionPersonas)).one().habla_id == nueva
    assert differences() == [] and "consulta" not in text_of(other)


def test_a_no_leaves_two_persons_and_is_final(shelters, juana, entra):
    desk, nueva = entra("registro", municipio="1413"), uuid7()
    ask(desk, shelters[0], nueva)
    register_here(shelters, nueva)
    other = entra("sede", departamento="09")
    reply(other, "no")
    assert "No es" in desk.get("/identidad/consultas").text
    reply(other, "si")
    assert "ya tiene respuesta" in other.get("/identidad/consultas").text
    assert the_question().respuesta == "no" and count_inside(shelters[1].id) == 1


def test_what_cannot_be_joined_waits_for_the_national_office(shelters, juana, entra):
    desk, nueva = entra("registro", municipio="1413"), uuid7()
    ask(desk, shelters[0], nueva)
    ingreso(
        shelters[0], persona(id=nueva, nombres="Juana"), ocurrido_en=OPENED.replace(hour=13)
    )  # before hers
    movimiento(shelters[1], "egreso", juana, ocurrido_en=OPENED.replace(hour=20))
    reply(entra("sede", departamento="09"), "si")
    assert the_question().respuesta == "si" and db.session.scalars(select(UnionPersonas)).all() == []
    pair = db.session.scalars(select(PosibleDuplicado)).one()
    assert (pair.persona_id, pair.otra_id, pair.respuesta) == (nueva, juana, "misma")
    assert "Ingreso posible duplicado (1)" in text_of(entra("nacional"))


def test_nobody_asks_without_a_hint_nor_answers_for_another(shelters, juana, entra, app):
    desk = entra("registro", municipio="1413")
    answer = ask(desk, shelters[0], uuid7(), nombres="Nadie", apellidos="Conocido")
    assert answer.status_code == 422 and "Ya no hay un posible registro" in answer.json["mensaje"]
    assert ask(desk, shelters[1], uuid7()).status_code == 404
    assert ask(entra("mando"), shelters[0], uuid7()).status_code == 403
    token = csrf_of(desk.get("/mi-cuenta").text)
    url = f"/identidad/activaciones/{shelters[0].id}/consultas"
    for body in ([], {"id": "x"}, "x"):
        assert desk.post(url, json=body, headers={"X-CSRFToken": token}).status_code == 404
    ask(desk, shelters[0], uuid7())
    assert reply(entra("sede", departamento="14"), "si").status_code == 404
    assert reply(entra("registro", municipio="0901"), "si").status_code == 403
    assert the_question().respuesta is None
    app.config["INDICIOS_HORA"] = 1
    assert ask(entra("registro", municipio="1413"), shelters[0], uuid7()).status_code == 200
    assert ask(desk, shelters[0], uuid7()).status_code == 429
