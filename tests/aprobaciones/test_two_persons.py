"""What one account asks, a different one answers, once: services, database and page."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from albergues_app.accounts.models import Cuenta
from albergues_app.aprobaciones.models import AprobacionRespuesta
from albergues_app.aprobaciones.queries import summary_for, waiting_for
from albergues_app.aprobaciones.services import PeticionNueva, answer, approved, ask
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Forbidden
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from tests.conftest import expect_refused
from tests.factories.aprobaciones import HECHOS, make_aprobacion
from tests.factories.cuentas import SISTEMA, csrf_of, logged_in, make_cuenta, make_identity


@pytest.fixture(autouse=True)
def nothing_done():
    HECHOS.clear()


def say(cuenta_id: UUID, aprobacion_id: UUID, respuesta: str = "aprobada", nota: str = ""):
    with unit_of_work(Actor("responde", "web", cuenta_id)):
        return answer(aprobacion_id, respuesta, nota)


def asked(**cuerpo):
    asker = make_cuenta("albergue", municipio="1413").id
    return asker, make_aprobacion(asker, **cuerpo)


def test_another_account_approves_and_the_effect_happens_once(app):
    asker, row = asked()
    row_id, objeto = row.id, row.objeto_id
    other = make_cuenta("sede", departamento="14").id
    with expect_refused("misma_persona"):
        say(asker, row_id)
    assert HECHOS == [] and not approved("prueba", objeto)
    assert say(other, row_id)["respuesta"] == "aprobada"
    assert HECHOS == ["<b>hecho</b>"] and approved("prueba", objeto)
    with expect_refused("ya_respondida"):
        say(make_cuenta("municipal", municipio="1413").id, row_id)
    assert len(HECHOS) == 1


def test_a_refusal_says_why_and_does_nothing(app):
    _asker, row = asked()
    row_id, objeto = row.id, row.objeto_id
    other = make_cuenta("municipal", municipio="1413").id
    with expect_refused("falta_nota"):
        say(other, row_id, "rechazada")
    say(other, row_id, "rechazada", "No es su tío")
    assert HECHOS == [] and not approved("prueba", objeto)
    with expect_refused("ya_respondida"):
        say(other, row_id)


def test_an_effect_that_cannot_be_leaves_the_request_as_it_was(app):
    _asker, row = asked(falla=True)
    row_id = row.id
    with expect_refused("ya_no_se_puede"):
        say(make_cuenta("sede", departamento="14").id, row_id)
    assert db.session.query(AprobacionRespuesta).count() == 0


def test_who_may_not_answers_nothing(app):
    asker, row = asked()
    row_id = row.id
    elsewhere = make_cuenta("sede", departamento="12").id
    with expect_refused("no_encontrado"):
        say(elsewhere, row_id)
    with expect_refused("no_encontrado"):
        say(make_cuenta("registro", municipio="1413").id, row_id)
    disabled = make_cuenta("sede", departamento="14").id
    with unit_of_work(SISTEMA):
        db.session.get_one(Cuenta, disabled).activa = False
    with pytest.raises(Forbidden):
        say(disabled, row_id)
    puppet = make_cuenta("municipal", municipio="1413").id
    with unit_of_work(SISTEMA):
        db.session.get_one(Cuenta, puppet).creada_por = asker
    with expect_refused("cuenta_propia"):
        say(puppet, row_id)
    with unit_of_work(SISTEMA):
        db.session.get_one(Cuenta, asker).activa = False
    with expect_refused("pidio_sin_derecho"):
        say(make_cuenta("sede", departamento="14").id, row_id)
    assert HECHOS == []


def test_a_request_expires(app):
    _asker, row = asked()
    row_id, limit = row.id, row.caduca_en
    assert limit - row.pedida_en == timedelta(hours=24)
    other = make_identity("sede", departamento="14")
    with clock.frozen(limit - timedelta(minutes=1)):
        assert [r.id for r in waiting_for(other, clock.now())] == [row_id]
    with clock.frozen(limit):
        assert waiting_for(other, clock.now()) == []
        with expect_refused("caducada"):
            say(other.id, row_id)
    assert HECHOS == []


def test_of_two_who_answer_at_once_one_counts(app):
    _asker, row = asked()
    row_id = row.id
    accounts = [make_cuenta("sede", departamento="14").id for _ in range(4)]
    db.session.rollback()
    seen: list[str] = []
    start = threading.Barrier(len(accounts))

    def one(cuenta_id: UUID) -> None:
        with app.app_context():
            start.wait()
            try:
                seen.append(say(cuenta_id, row_id)["respuesta"])
            except AppError as refused:
                seen.append(refused.codigo)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(c,)) for c in accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["aprobada", "ya_respondida", "ya_respondida", "ya_respondida"]
    assert len(HECHOS) == 1


def test_the_database_itself_refuses_the_same_person_and_a_second_answer(app):
    asker, row = asked()
    row_id = row.id
    other = make_cuenta("sede", departamento="14").id

    def insert(cuenta_id: UUID) -> None:
        with unit_of_work(SISTEMA):
            db.session.add(
                AprobacionRespuesta(
                    id=uuid7(), aprobacion_id=row_id, respuesta="aprobada", pedida_por=asker, cuenta_id=cuenta_id,
                    nota=None, respondida_en=clock.now(),
                )
            )  # fmt: skip

    with pytest.raises(Exception, match=r"(?i)otra_persona|check"):
        insert(asker)
    insert(other)
    with pytest.raises(Exception, match=r"(?i)unique"):
        insert(make_cuenta("nacional").id)


def test_a_request_without_municipality_is_of_the_department_or_the_country(app):
    asker = make_cuenta("nacional").id
    country = make_aprobacion(asker, municipio=None).id
    department_id = uuid7()
    with unit_of_work(Actor("pide", "web", asker)):
        ask(
            PeticionNueva(
                department_id, "prueba", uuid7(), "Algo", {"texto": "x"}, "porque sí", departamento="14"
            )
        )
    now = clock.now()
    assert {r.id for r in waiting_for(make_identity("nacional"), now)} == {country, department_id}
    assert {r.id for r in waiting_for(make_identity("sede", departamento="14"), now)} == {department_id}
    assert summary_for(make_identity("sede", departamento="12"), now).cuantas == 0
    assert summary_for(make_identity("registro", municipio="1413"), now).cuantas == 0


def test_what_is_asked_is_sealed_and_stays_out_of_the_trail(app):
    asked(texto="Niña Ixchel")
    stored = db.session.execute(text("SELECT cuerpo FROM aprobacion")).scalar_one()
    assert b"Ixchel" not in bytes(stored)
    trail = (
        db.session.execute(text("SELECT cambios FROM auditoria WHERE tabla = 'aprobacion'")).scalars().all()
    )
    assert trail and not any("Ixchel" in line or "Hace falta" in line for line in trail)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_page_shows_it_to_another_and_does_it(app):
    _asker, row = asked()
    row_id = row.id
    browser = logged_in(app, "municipal", municipio="1413")
    hoy = browser.get("/").text
    assert "1 solicitud por aprobar" in hoy and "/aprobaciones" in hoy
    page = browser.get(f"/aprobaciones/{row_id}").text
    assert "&lt;b&gt;hecho&lt;/b&gt;" in page and "Hace falta" in page and "Aprobar y hacerlo" in page
    sent = {"csrf_token": csrf_of(page), "op_id": str(uuid7()), "respuesta": "aprobada"}
    assert (
        browser.post(f"/aprobaciones/{row_id}/respuesta", data={**sent, "respuesta": ""}).status_code == 422
    )
    sent["op_id"] = str(uuid7())
    assert browser.post(f"/aprobaciones/{row_id}/respuesta", data=sent).status_code == 303
    assert browser.post(f"/aprobaciones/{row_id}/respuesta", data=sent).status_code == 303
    assert len(HECHOS) == 1
    assert "1 solicitud" not in browser.get("/").text
