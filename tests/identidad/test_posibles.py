"""«¿Es la misma persona?»: what was left open comes back on «Hoy» of who may know both, and a book tells its matches."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.audit.models import Lectura
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.matches import ELSEWHERE, Busqueda, find_many, find_matches
from albergues_app.ocupacion.models import Persona, PersonaVersion, PosibleDuplicado, RespuestaDuplicado
from albergues_app.ocupacion.services.duplicado import note_duplicados
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
from tests.factories.cuentas import SISTEMA, csrf_of, make_identity
from tests.ocupacion.desk_help import MADRE, household, send
from tests.ocupacion.test_workbook import WHEN, book, browser
from tests.ocupacion.test_workbook import person as row
from tests.web.test_hoy import counted, text_of


@pytest.fixture
def shelters(app):
    emergencia = make_emergencia(("14", "09"))
    return (
        make_activacion(make_albergue(nombre="Salón de Nebaj"), emergencia),
        make_activacion(make_albergue("1413", nombre="Escuela de Tzalbal"), emergencia),
        make_activacion(make_albergue("0901", nombre="Escuela de Xela"), emergencia),
    )


@pytest.fixture
def juana(shelters):
    """Known already in Tzalbal."""
    someone = persona(nombres="Juana", apellidos="Raimundo Brito", edad=38)
    ingreso(shelters[1], someone)
    return someone.id


def check_in(client, activacion, otra, answer, **more):
    typed = household(MADRE, **{"departamento_procedencia": "14", "municipio_procedencia": "1413", **more})
    return send(client, activacion.id, {**typed, "coincidencia": f"0:{otra}:{answer}"})


def pair():
    db.session.rollback()
    return db.session.query(PosibleDuplicado).one()


def answer(client, row_id, respuesta):
    token = csrf_of(client.get("/mi-cuenta").text)
    data = {"csrf_token": token, "op_id": str(uuid7()), "respuesta": respuesta}
    return client.post(f"/identidad/posibles/{row_id}/respuesta", data=data)


@pytest.mark.parametrize(
    ("typed", "kept", "waits"),
    [("sin_responder", "sin_responder", True), ("no_se", "no_se", True), ("distinta", "distinta", False),
     ("misma", "misma", True), ("cualquiera", "sin_responder", True)],
)  # fmt: skip
def test_what_the_desk_leaves_open_is_on_hoy_and_what_it_answers_is_not(
    shelters, juana, entra, typed, kept, waits
):
    client = entra("registro", municipio="1413")
    assert "posible duplicado" not in text_of(client)
    assert check_in(client, shelters[0], juana, typed).status_code == 303
    found = pair()
    assert (found.otra_id, found.respuesta, found.origen) == (juana, kept, "registro")
    assert ("Ingreso posible duplicado (1)" in text_of(client)) is waits
    page = client.get("/identidad/posibles").text
    assert ("Juana Raimundo Brito" in page) is waits
    assert ("La misma: cuenta dos veces" in page) is (kept == "misma")


@pytest.mark.parametrize("respuesta", ["misma", "distinta", "no_se"])
def test_it_is_answered_from_hoy(shelters, juana, entra, respuesta):
    client = entra("registro", municipio="1413")
    check_in(client, shelters[0], juana, "no_se")
    page = client.get("/identidad/posibles").text
    assert "Presente en Escuela de Tzalbal" in page and "El nombre suena igual" in page
    assert answer(client, pair().id, respuesta).status_code == 303
    found = pair()
    assert found.respuesta == respuesta and found.cuenta_id and found.respondido_en
    assert ("posible duplicado" in text_of(client)) is (respuesta != "distinta")
    assert count_inside(shelters[0].id) == count_inside(shelters[1].id) == 1, "nothing moves by an answer"


def test_the_same_person_waits_until_she_counts_once(shelters, juana, entra):
    client = entra("registro", municipio="1413")
    check_in(client, shelters[0], juana, "misma")
    assert "Ingreso posible duplicado (1)" in text_of(client)
    movimiento(shelters[1], "egreso", juana, ocurrido_en=OPENED.replace(hour=20))
    assert "posible duplicado" not in text_of(client)


def test_an_answer_that_is_none_changes_nothing_and_says_so(shelters, juana, entra):
    client = entra("registro", municipio="1413")
    check_in(client, shelters[0], juana, "no_se")
    assert answer(client, pair().id, "quizas").status_code == 303
    assert "Elija uno de la lista" in client.get("/identidad/posibles").text
    assert pair().respuesta == "no_se"


def test_only_who_may_know_both_persons_sees_or_answers(shelters, entra):
    here, there = persona(nombres="Ana", apellidos="Cobo"), persona(nombres="Ana", apellidos="Cobo")
    ingreso(shelters[0], here)
    ingreso(shelters[2], there)
    with unit_of_work(SISTEMA):
        note_duplicados(
            shelters[0].id, "libro", {(here.id, there.id): RespuestaDuplicado.SIN_RESPONDER}
        )  # fmt: skip
    found = pair().id
    for rol, place in (("registro", {"municipio": "1413"}), ("sede", {"departamento": "09"})):
        client = entra(rol, **place)
        assert "posible duplicado" not in text_of(client), rol
        assert "Ana Cobo" not in client.get("/identidad/posibles").text, rol
        assert answer(client, found, "distinta").status_code == 404, rol
    assert answer(entra("mando"), found, "distinta").status_code == 403
    assert pair().respuesta == "sin_responder"
    assert "Ingreso posible duplicado (1)" in text_of(entra("nacional"))
    assert answer(entra("nacional"), found, "distinta").status_code == 303


def test_a_person_the_account_may_not_know_is_not_kept_from_a_forged_sheet(shelters, entra):
    far = persona(nombres="Juana", apellidos="Raymundo Brito")
    ingreso(shelters[2], far)
    client = entra("registro", municipio="1413")
    for forged in (f"0:{far.id}:no_se", f"0:{uuid7()}:no_se", f"7:{far.id}:no_se", "x", "0:x:y", "٣:::"):
        sheet = household(MADRE, departamento_procedencia="14", municipio_procedencia="1413")
        assert send(client, shelters[0].id, {**sheet, "coincidencia": forged}).status_code == 303
    assert db.session.query(PosibleDuplicado).count() == 0


def test_a_sheet_with_faults_comes_back_with_its_answers(shelters, juana, entra):
    client = entra("registro", municipio="1413")
    answered = check_in(client, shelters[0], juana, "no_se", **{"personas-0-edad": "mucho"})
    assert answered.status_code == 422
    assert f'name="coincidencia" value="0:{juana}:no_se"' in answered.text
    assert db.session.query(PosibleDuplicado).count() == 0


def test_who_is_shown_is_logged_and_a_dissociated_person_is_not_shown(shelters, juana, entra):
    client = entra("registro", municipio="1413")
    check_in(client, shelters[0], juana, "no_se")
    client.get("/identidad/posibles")
    stmt = select(Lectura.persona_id).where(Lectura.pantalla == "web:coincidencias")
    assert set(db.session.scalars(stmt)) == {juana, pair().persona_id}
    with unit_of_work(SISTEMA):
        for version in db.session.query(PersonaVersion).filter_by(persona_id=juana):
            db.session.delete(version)
    assert "Juana" not in client.get("/identidad/posibles").text
    assert "posible duplicado" not in text_of(client)


def test_hoy_asks_once_however_many_wait(shelters, juana, entra):
    client = entra("sede", departamento="14")

    def more(count):
        for _ in range(count):
            new = persona(nombres="Juana", apellidos="Raimundo Brito")
            ingreso(shelters[0], new)
            with unit_of_work(SISTEMA):
                note_duplicados(shelters[0].id, "libro", {(new.id, juana): RespuestaDuplicado.NO_SE})

    more(1)
    client.get("/")
    with counted() as few:
        client.get("/")
    more(8)
    client.get("/")
    with counted() as many:
        assert "Ingreso posible duplicado (9)" in client.get("/").text
    assert len(few) == len(many)


SEARCHES = (
    Busqueda("Juana", "Raymundo Brito", "mujer", 38),
    Busqueda("Juana", "Brito Raimundo", "mujer", 40),
    Busqueda("Juana", "Raimundo Brito"),
    Busqueda("Juana", "Raimundo Brito", "mujer", 60),
    Busqueda("María", "López", cui="2000000121413"),
    Busqueda("N/N", "", "mujer", 38),
    Busqueda("Pedro", "Cobo Ramírez", "hombre", 41),
    Busqueda("Nadie", "Conocido", "hombre", 20),
)


def test_many_at_once_find_what_one_by_one_finds(shelters, juana):
    ingreso(shelters[1], persona(nombres="Otra", apellidos="Cosa", cui="2000000121413"))
    ingreso(shelters[2], persona(nombres="Pedro", apellidos="Cobo Ramirez", sexo="hombre", edad=41))
    ingreso(shelters[0], persona(nombres="Juana", apellidos="Raimundo Brito", edad=None, edad_unidad=None))
    nebaj = make_identity("registro", municipio="1413")
    one_by_one = [find_matches(nebaj, b) for b in SEARCHES]
    assert find_many(nebaj, SEARCHES) == one_by_one
    assert [len(f) for f in one_by_one] == [2, 2, 2, 1, 1, 0, 1, 0]
    assert one_by_one[6][0].razones == (ELSEWHERE,)
    assert find_many(nebaj, SEARCHES[:1], [juana])[0][0].persona_id != juana


def test_many_at_once_cost_the_same_number_of_questions(shelters, juana):
    nebaj = make_identity("registro", municipio="1413")
    with counted() as few:
        find_many(nebaj, SEARCHES[:2])
    with counted() as many:
        find_many(nebaj, [Busqueda("Juana", "Raimundo Brito", "mujer", n % 90) for n in range(400)])
    assert len(many) <= len(few) + 1, "the BEGIN of the first"


def test_the_hint_of_elsewhere_has_its_budget_in_a_book_too(app, shelters):
    for n in range(3):
        ingreso(shelters[2], persona(nombres=f"Lejana{'abc'[n]}", apellidos="Cobo"))
    app.config["INDICIOS_HORA"] = 2
    nebaj = make_identity("registro", municipio="1413")
    found = find_many(nebaj, [Busqueda(f"Lejana{c}", "Cobo") for c in "abc"])
    assert [len(f) for f in found] == [1, 1, 0]


def test_a_book_tells_who_may_be_registered_already_and_leaves_it_to_be_answered(shelters, juana, entra):
    far = persona(nombres="Pedro", apellidos="Cobo", sexo="hombre", edad=41)
    ingreso(shelters[2], far)
    client = entra("registro", municipio="1413")
    content = book(
        {"ocurrido_en": WHEN, "personas": [row("Juana", apellidos="Raymundo Brito")]},
        {"ocurrido_en": WHEN, "personas": [row("Pedro", "hombre", 41)]},
        {"ocurrido_en": WHEN, "personas": [row("Petrona")]},
    )
    person_at = browser(client, shelters[0])
    home, page = person_at.shown(content)
    assert "2 familias tienen" in page and "puede estar ya en el registro" in page
    assert "puede ser Juana Raimundo Brito" in page and "presente en Escuela de Tzalbal" in page
    assert ELSEWHERE in page and "Escuela de Xela" not in page
    assert db.session.query(PosibleDuplicado).count() == 0, "the preview writes nothing of it"
    page = person_at.save(home).text
    assert "1 persona se parece a otras ya registradas" in page, "of elsewhere, no count"
    db.session.rollback()
    kept = {(d.otra_id, d.respuesta, d.origen) for d in db.session.query(PosibleDuplicado)}
    assert kept == {(juana, "sin_responder", "libro"), (far.id, "sin_responder", "libro")}
    assert "Ingreso posible duplicado (1)" in text_of(client)
    assert "Ingreso posible duplicado (2)" in text_of(entra("nacional"))
    assert db.session.query(PosibleDuplicado).count() == 2 and "Nuevas" not in person_at.save(home).text, (
        "the book was taken: it is gone"
    )


def test_a_pair_is_kept_once(shelters, juana):
    new = persona()
    ingreso(shelters[0], new)
    for wanted in (RespuestaDuplicado.DISTINTA, RespuestaDuplicado.NO_SE):
        with unit_of_work(SISTEMA):
            note_duplicados(shelters[0].id, "registro", {(new.id, juana): wanted, (juana, juana): wanted})
    assert pair().respuesta == "distinta"
    assert isinstance(pair().persona_id, UUID) and db.session.get(Persona, pair().persona_id) is not None
