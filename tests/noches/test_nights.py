"""A season of cold nights: the same person is one, each night counts, who is not received has no name."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.noches.models import RechazoNocturno, ServicioNocturno
from albergues_app.noches.queries import night_of, night_shelters, nights_in, season
from albergues_app.noches.services import EntradaNueva, RechazoNuevo, enter_night, leave_night, refuse_night
from albergues_app.ocupacion.models import Persona
from albergues_app.ocupacion.models_nna import CasoNna
from tests.conftest import expect_refused
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, csrf_of, logged_in, make_identity

FIRST = datetime(2026, 11, 18, 18, tzinfo=UTC) + timedelta(hours=6)
"""18/11/2026 18:00 in Guatemala."""


def night(n: int, hours: float = 0) -> datetime:
    """An hour of the nth night, counted from its 18:00."""
    return FIRST + timedelta(days=n, hours=hours)


def shelter(emergencia=None, municipio="1413", **more):
    place = make_albergue(municipio, nombre=f"Albergue nocturno {municipio}")
    chosen = emergencia or make_emergencia(tipo="frio", inicio=FIRST - timedelta(days=1))
    return make_activacion(place, chosen, FIRST - timedelta(hours=6), modalidad="nocturna", **more)


def enter(activacion_id, when, **data):
    with clock.frozen(when), unit_of_work(SISTEMA):
        body = enter_night(EntradaNueva(uuid7(), activacion_id, when, **data))
    return UUID(body["personas"][0]["id"])


def leave(activacion_id, when, *people):
    with clock.frozen(when), unit_of_work(SISTEMA):
        return leave_night(uuid7(), activacion_id, list(people) or None, when)


def refuse(activacion_id, when, **data):
    said = {"motivo": "sin_lugar", "referido_a": "conred_119", **data}
    with clock.frozen(when), unit_of_work(SISTEMA):
        refuse_night(RechazoNuevo(uuid7(), activacion_id, when, **said))


def entrance(page):
    form = re.search(r"<h2>Entra</h2>.*?</form>", page, re.S).group()
    return re.sub(r'(name="(csrf_token|op_id)" value=")[^"]*', r"\1", form)


def test_a_night_begins_in_the_evening_and_lasts_past_midnight():
    assert night_of(night(0, 2)) == night_of(night(0, 11)) == date(2026, 11, 18)
    assert nights_in(night(0, 1), night(0, 12)) == {date(2026, 11, 18)}
    assert nights_in(night(0, 7), night(0, 12)) == {date(2026, 11, 18)}
    assert nights_in(night(0, 1), night(2, 12)) == {date(2026, 11, 18 + n) for n in range(3)}


def test_persons_and_services_are_two_numbers(app):
    emergencia = make_emergencia(("14", "01"), tipo="frio", inicio=FIRST - timedelta(days=1))
    one, two = shelter(emergencia).id, shelter(emergencia, "0101").id
    emergencia_id = emergencia.id
    chepe = enter(one, night(0, 1), nombre="Don Chepe", sexo="hombre", edad=61, servicios=["cena", "ducha"])
    lola = enter(one, night(0, 1.5), nombre="Lola", sexo="mujer", edad=40, servicios=["cena"])
    leave(one, night(0, 12))
    assert enter(one, night(1, 1), persona_id=chepe, servicios=["cena", "cena"]) == chepe
    leave(one, night(1, 3), chepe)
    enter(one, night(1, 5), persona_id=chepe)
    leave(one, night(1, 12))
    enter(two, night(2, 1), persona_id=lola)
    now = night(2, 4)
    with clock.frozen(now):
        mine = season([one], now)
        assert (mine.distintas, mine.servicios, mine.vuelven) == (2, 3, 1)
        assert [(n.noche.day, n.personas, n.nuevas) for n in mine.noches] == [(19, 1, 0), (18, 2, 2)]
        assert dict(mine.noches[1].servicios) == {"cena": 2, "ducha": 1}
        listed, total = night_shelters(make_identity("nacional"), emergencia_id, now)
        assert [(a.codigo[:4], a.temporada.distintas, a.temporada.servicios) for a in listed] == [
            ("0101", 1, 1),
            ("1413", 2, 3),
        ]
        assert (total.distintas, total.servicios, total.vuelven) == (2, 4, 2)
        only = night_shelters(make_identity("sede", departamento="01"), emergencia_id, now)[1]
        assert (only.distintas, only.servicios) == (1, 1)
    assert db.session.query(Persona).count() == 2


def test_a_child_who_comes_with_its_mother_is_of_her_family(app):
    place = shelter().id
    mother = enter(place, night(0, 1), nombre="Rosa", sexo="mujer", edad=28)
    enter(place, night(0, 1.1), nombre="Mía", sexo="mujer", edad=3, con=mother)
    assert db.session.query(CasoNna).count() == 0
    enter(place, night(0, 1.2), nombre="Beto", sexo="hombre", edad=15)
    assert db.session.query(CasoNna).count() == 1


def test_who_is_not_received_is_an_event_without_name(app):
    place = shelter().id

    def refuse(**data):
        with unit_of_work(SISTEMA):
            refuse_night(RechazoNuevo(uuid7(), place, night(0, 8), **data))

    with expect_refused("falta_referido"):
        refuse(motivo="no_sobria", referido_a="nadie")
    refuse(motivo="no_sobria", referido_a="bomberos", sexo="hombre")
    row = db.session.scalars(select(RechazoNocturno)).one()
    assert (row.noche, row.referido_a, row.referido_en) == (date(2026, 11, 18), "bomberos", night(0, 8))
    assert season([place], night(1)).rechazos == 1


def test_only_night_shelters_have_nights(app):
    ordinary = make_activacion().id
    with expect_refused("no_es_nocturno"), unit_of_work(SISTEMA):
        enter_night(EntradaNueva(uuid7(), ordinary, night(0, 1), nombre="Ana", sexo="mujer"))


on_sqlite = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@on_sqlite
def test_the_door_of_the_night(app):
    place = shelter().id
    with clock.frozen(night(0, 1)):
        browser = logged_in(app, "registro", municipio="1413")
        page = browser.get(f"/activaciones/{place}/noche").text
        assert "Noche del 18/11/2026" in page and "Es la primera noche" in page
        sent = {
            "csrf_token": csrf_of(page),
            "nombre": "Don Chepe",
            "sexo": "hombre",
            "edad": "61",
            "servicios": "cena",
        }
        door = f"/activaciones/{place}/noche"
        form = {**sent, "op_id": str(uuid7())}
        assert browser.post(f"{door}/entradas", data=form).status_code == 303
        assert browser.post(f"{door}/entradas", data=form).status_code == 303, "a double click is one entry"
        again = browser.post(f"{door}/entradas", data={**sent, "nombre": "don chepe", "op_id": str(uuid7())})
        assert again.status_code == 422 and "Ya está dentro alguien que se llama así" in again.text
        page = browser.get(door).text
        assert "Dentro ahora: 1" in page and "cena" in page
        assert (
            browser.post(f"{door}/entradas", data={**sent, "nombre": "", "op_id": str(uuid7())}).status_code
            == 422
        )
        refused = {
            "csrf_token": sent["csrf_token"],
            "op_id": str(uuid7()),
            "motivo": "no_sobria",
            "referido_a": "nadie",
        }
        answer = browser.post(f"{door}/rechazos", data=refused)
        assert answer.status_code == 422
        assert entrance(answer.text) == entrance(browser.get(door).text), "the other form stays as it was"
        refused |= {"op_id": str(uuid7()), "referido_a": "bomberos"}
        assert browser.post(f"{door}/rechazos", data=refused).status_code == 303
    with clock.frozen(night(0, 12)):
        browser = logged_in(app, "registro", municipio="1413")
        token = csrf_of(browser.get(door).text)
        out = {"csrf_token": token, "op_id": str(uuid7()), "todas": "1"}
        assert browser.post(f"{door}/salidas", data=out).status_code == 303
        assert "Dentro ahora: 0" in browser.get(door).text
    with clock.frozen(night(1, 1)):
        browser = logged_in(app, "registro", municipio="1413")
        page = browser.get(door).text
        sent["csrf_token"] = csrf_of(page)
        asked = browser.post(f"{door}/entradas", data={**sent, "nombre": "don chepe", "op_id": str(uuid7())})
        assert asked.status_code == 422 and "¿Es alguna de estas personas?" in asked.text
        who = str(db.session.scalars(select(Persona.id)).one())
        yes = {**sent, "nombre": "don chepe", "op_id": str(uuid7()), "persona": who}
        assert browser.post(f"{door}/entradas", data=yes).status_code == 303
        other = {**sent, "nombre": "Don Chepe", "op_id": str(uuid7()), "persona": "otra"}
        assert browser.post(f"{door}/entradas", data=other).status_code == 303
        assert "Chepe" in browser.get(door).text
        report = browser.get(f"/activaciones/{place}/noches").text
        assert "Chepe" not in report and "Personas distintas" in report
        assert season([place], clock.now()).distintas == 2


@on_sqlite
def test_the_paper_of_the_night_writes_what_the_register_does_not_hold(app, client, ficha):
    place = shelter().id
    known = enter(place, night(0, 1), nombre="Lola", sexo="mujer", edad=40)
    leave(place, night(0, 12))
    lines = [
        {"nombre": "Lola", "sexo": "mujer", "edad": 40, "hora_ingreso": "18:40", "sobrio": True, "servicios": ["cena"],
         "hora_salida": "05:45"},
        {"nombre": "N/N", "sexo": "hombre", "edad": 50, "hora_ingreso": "01:10", "sobrio": True},
        {"nombre": "N/N", "sexo": "hombre", "edad": 30, "hora_ingreso": "20:00", "sobrio": False, "referido_a": "bomberos",
         "referido_hora": "20:10"},
    ]  # fmt: skip
    body = {
        "id": str(uuid7()),
        "activacion": str(place),
        "respuestas": {"noche": "2026-11-19", "personas": lines},
    }
    with clock.frozen(night(2)):
        headers = ficha("registro", municipio="1413")
        first = client.post("/api/v1/formatos/registro_nocturno/capturas", json=body, headers=headers)
        assert first.status_code == 201, first.json
        found = season([place], clock.now())
        assert (found.distintas, found.rechazos) == (2, 1)
        assert [n.personas for n in found.noches if n.noche.day == 19] == [2]
        assert db.session.scalars(select(ServicioNocturno.persona_id)).all() == [known]
        again = {**body, "id": str(uuid7())}
        second = client.post("/api/v1/formatos/registro_nocturno/capturas", json=again, headers=headers)
        told = [a["codigo"] for a in second.json["avisos"]]
        assert told.count("ya_constaba") == 2, told
        assert season([place], clock.now()).rechazos == 1
