"""A relative who asks is told the same whether the person is registered or not; the person is asked first."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text

from albergues_app.accounts import budget
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad import busqueda_views
from albergues_app.identidad.models import AvisoBusqueda, Busqueda
from albergues_app.identidad.services.busqueda import distribute, task_distribute
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.web.test_hoy import counted, text_of

ASKS = {
    "pide_nombre": "Tomás Raimundo", "pide_documento": "DPI", "pide_telefono": "5550 1234",
    "pide_parentesco": "hermano", "motivo": "No sé de ella desde la tormenta",
}  # fmt: skip
HERE = {
    "nombres": "Juana",
    "apellidos": "Raymundo Brito",
    "sexo": "mujer",
    "edad": "38",
    "procedencia": "Nebaj",
}
NOBODY = {
    "nombres": "Nadia",
    "apellidos": "Inexistente Pa",
    "sexo": "mujer",
    "edad": "38",
    "procedencia": "Nebaj",
}


@pytest.fixture
def shelters(app, monkeypatch):
    """The comparison is a process of its own; here it runs when a test says so."""
    monkeypatch.setattr(busqueda_views, "start_task", lambda *_: None)
    emergencia = make_emergencia(("14", "09"))
    return (
        make_activacion(make_albergue("1413", nombre="Salón de Nebaj"), emergencia),
        make_activacion(make_albergue("0901", nombre="Escuela de Xela"), emergencia),
    )


@pytest.fixture
def juana(shelters):
    who = persona(nombres="Juana", apellidos="Raimundo Brito", edad=38)
    ingreso(shelters[0], who)
    return who.id


def compare():
    db.session.rollback()
    return task_distribute({}, SISTEMA, lambda *_: None)


def request(client, who, **changes):
    page = client.get("/identidad/busquedas/nueva").text
    emergencia = re.search(r'<option value="([0-9a-f-]{36})"', page)[1]
    data = {
        "csrf_token": csrf_of(page),
        "op_id": str(uuid7()),
        "emergencia": emergencia,
        **ASKS,
        **who,
        **changes,
    }
    return client.post("/identidad/busquedas/nueva", data=data)


def bare(answer):
    """Status, headers and body without what is drawn anew for every page."""
    fresh = {"Set-Cookie", "Date", "Content-Security-Policy"}
    headers = sorted((k, v) for k, v in answer.headers if k not in fresh)
    body = re.sub(r'name="csrf_token" value="[^"]+"|"X-CSRFToken": "[^"]+"|\d\d:\d\d', "", answer.text)
    return answer.status_code, headers, re.sub(r"nonce-[^']+|nonce=\"[^\"]+\"", "", body)


def test_the_answer_is_the_same_whether_she_is_registered_or_not(shelters, juana, entra):
    """Same bytes, and the same statements: nothing of the register is read while the relative waits."""
    client = entra("registro", municipio="0901")
    request(client, NOBODY)
    with counted() as for_her:
        here = request(client, HERE)
    with counted() as for_nobody:
        nobody = request(client, NOBODY)
    assert here.status_code == 303 and bare(here) == bare(nobody)
    assert [s.split(" WHERE ")[0] for s in for_her] == [s.split(" WHERE ")[0] for s in for_nobody]
    assert not any("persona_version" in s for s in for_her)
    told = [bare(client.get(answer.location)) for answer in (here, nobody)]
    assert told[0] == told[1]
    assert "a nadie se le dice si una persona está o no" in told[0][2]
    assert compare() == {"busquedas": 3, "avisos": 1} and compare() == {"busquedas": 0, "avisos": 0}
    assert bare(client.get(here.location)) == told[0], "nor afterwards"


def test_what_is_typed_is_sealed(shelters, juana, entra):
    request(entra("registro", municipio="0901"), HERE)
    compare()
    with db.engine.connect() as plain:
        for table in ("busqueda", "aviso_busqueda", "auditoria"):
            rows = str(plain.execute(text(f"SELECT * FROM {table}")).all())
            for word in ("Raimundo", "Raymundo", "Tomás", "5550 1234", "No sé de ella"):
                assert word not in rows, (table, word)


def answer(client, respuesta, nota=""):
    db.session.rollback()
    row = db.session.scalars(select(AvisoBusqueda)).one().id
    data = {
        "csrf_token": csrf_of(client.get("/mi-cuenta").text),
        "op_id": str(uuid7()),
        "respuesta": respuesta,
        "nota": nota,
    }
    return client.post(f"/identidad/busquedas/avisos/{row}/respuesta", data=data)


def test_the_sede_asks_her_before_anything_is_told(shelters, juana, entra):
    request(entra("registro", municipio="0901"), HERE)
    compare()
    sede = entra("sede", departamento="14")
    assert "Un familiar busca a 1 persona" in text_of(sede)
    page = sede.get("/identidad/busquedas").text
    for words in (
        "Juana Raimundo Brito",
        "Presente en Salón de Nebaj",
        "Tomás Raimundo",
        "hermano",
        "Nombre parecido",
    ):
        assert words in page, words
    assert "5550 1234" not in page, "no telephone to call before she accepts"
    answer(sede, "no_se_pudo")
    assert "No se le pudo preguntar: 1 vez" in sede.get("/identidad/busquedas").text
    answer(sede, "acepta")
    assert "Escriba qué autoriza la persona" in sede.get("/identidad/busquedas").text
    answer(sede, "acepta", "Que está bien y que llamará")
    page = sede.get("/identidad/busquedas").text
    assert "5550 1234" in page and "Que está bien y que llamará" in page
    answer(sede, "no_acepta")
    assert "ya tiene respuesta" in sede.get("/identidad/busquedas").text
    assert "familiar busca" not in text_of(sede)


@pytest.mark.parametrize("said", ["no_acepta", "no_es"])
def test_when_she_does_not_want_it_nothing_is_left_to_tell(shelters, juana, entra, said):
    request(entra("registro", municipio="0901"), HERE)
    compare()
    sede = entra("sede", departamento="14")
    answer(sede, said)
    page = sede.get("/identidad/busquedas").text
    assert "Juana Raimundo" not in page and "5550 1234" not in page


def test_only_the_sede_of_where_she_is_sees_it(shelters, juana, entra):
    request(entra("registro", municipio="0901"), HERE)
    compare()
    other = entra("sede", departamento="09")
    assert "Nadie busca ahora" in other.get("/identidad/busquedas").text
    assert answer(other, "acepta", "x").status_code == 404
    assert entra("registro", municipio="1413").get("/identidad/busquedas").status_code == 403
    assert entra("mando").get("/identidad/busquedas/nueva").status_code == 403


def test_a_request_with_faults_comes_back_as_it_was_and_is_counted(shelters, entra, app):
    client = entra("registro", municipio="0901")
    back = request(client, HERE, motivo="", edad="mucha")
    assert back.status_code == 422 and "Raymundo Brito" in back.text and "Tomás Raimundo" in back.text
    assert "Escriba por qué la busca" in request(client, HERE, motivo="").text
    assert db.session.scalars(select(Busqueda)).all() == []
    app.config[budget.BUSQUEDA] = 3
    assert request(client, HERE).status_code == 303
    assert request(client, HERE).status_code == 429


def test_a_stopped_comparison_is_started_again_by_the_national_office(shelters, juana, entra):
    request(entra("registro", municipio="0901"), HERE)
    client = entra("nacional")
    page = client.get("/identidad/busquedas").text
    assert "1 búsqueda espera a ser comparada" in page
    sent = client.post("/identidad/busquedas/reparto", data={"csrf_token": csrf_of(page)})
    assert sent.status_code == 303
    row = db.session.scalars(select(Busqueda.id)).one()
    db.session.rollback()
    for made in (1, 0):
        with unit_of_work(SISTEMA):
            assert distribute(row) == made
