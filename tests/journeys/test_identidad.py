"""The sede in a real browser: the queue by one key each, a question answered, a relative, who looked at whom."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.identidad.models import UnionPersonas
from albergues_app.identidad.services.busqueda import take_down, task_distribute
from albergues_app.identidad.services.consulta import ask_elsewhere
from albergues_app.ocupacion.matches import Busqueda
from albergues_app.ocupacion.models import PosibleDuplicado, RespuestaDuplicado
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.ingreso import count_inside
from tests.factories.albergues import OPENED, ingreso, make_activacion, make_albergue, persona
from tests.factories.cuentas import SISTEMA, make_identity
from tests.journeys.test_desk import log_in
from tests.journeys.test_roles import World, at_home, browser, new_page, world
from tests.journeys.walk import Walk

__all__ = ["browser", "world"]  # fixtures

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]

NAMES = ("Juana", "Pedro", "María", "Diego", "Catarina", "Tomás", "Ana", "Gaspar", "Magdalena", "Jacinto")


def make_pairs(world: World, count: int) -> Any:
    """Persons registered in Tzalbal and again in Nebaj a day later, unanswered; the second shelter's id."""
    emergencia = db.session.get_one(Activacion, world.activacion_id).emergencia_id
    other = make_activacion(
        make_albergue("1413", nombre="Escuela de Tzalbal"), db.session.get_one(Emergencia, emergencia)
    )
    found = {}
    for n in range(count):
        name = {"nombres": NAMES[n % 10], "apellidos": f"Raimundo {NAMES[n // 10]}", "edad": 20 + n % 60}
        one, two = persona(**name), persona(**name)
        ingreso(other, one, ocurrido_en=OPENED + timedelta(hours=1))
        ingreso(
            db.session.get_one(Activacion, world.activacion_id), two, ocurrido_en=OPENED + timedelta(hours=9)
        )
        found[(two.id, one.id)] = RespuestaDuplicado.SIN_RESPONDER
    with unit_of_work(SISTEMA):
        note_duplicados(world.activacion_id, "registro", found)
    return other.id


def current(page: Any) -> str:
    """The pair in hand."""
    return str(page.evaluate("document.activeElement.closest('[data-par]')?.id || ''"))


def answer_all(page: Any) -> None:
    """By keyboard alone: every third is the same (its stays cross), the others are not, or nobody knows."""
    for n in range(page.locator("[data-par]").count()):
        before = current(page)
        page.keyboard.press("213"[n % 3])
        if n % 3 == 1:
            page.keyboard.press("Space")  # «pasó de un albergue al otro»
            page.keyboard.press("1")
        page.wait_for_function("id => !document.getElementById(id)", arg=before)


def test_the_queue_is_worked_through_by_one_key_each(world: World, browser: Any) -> None:
    other = make_pairs(world, 6)
    her = Walk(world, browser, "sede")
    her.go("/identidad/posibles")
    page = her.page
    answer_all(page)
    assert page.locator("[data-hecho]").count() == 6
    her.look()
    db.session.rollback()
    said = sorted(db.session.scalars(select(PosibleDuplicado.respuesta)))
    assert said == ["distinta", "distinta", "misma", "misma", "no_se", "no_se"]
    assert (count_inside(other), count_inside(world.activacion_id)) == (4, 11)
    page.locator("[data-hecho] a", has_text="Deshacer").first.click()
    her.look()
    page.locator("summary", has_text="Separar").first.click()
    page.keyboard.press("Tab")
    page.keyboard.type("Era su prima")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Separadas")
    her.small()
    db.session.rollback()
    assert (count_inside(other), count_inside(world.activacion_id)) == (5, 11)
    at_home(page, world.base)


def test_every_page_of_who_is_who_is_clean_on_both_screens(world: World, browser: Any) -> None:
    xela = make_activacion(
        make_albergue("0901", nombre="Escuela de Xela"),
        db.session.get_one(Emergencia, db.session.get_one(Activacion, world.activacion_id).emergencia_id),
    )
    juana = persona(nombres="Juana", apellidos="Raimundo Brito", edad=38)
    ingreso(db.session.get_one(Activacion, world.activacion_id), juana)
    emergencia, there = xela.emergencia_id, xela.id
    desk = make_identity("registro", municipio="0901")
    with unit_of_work(SISTEMA):
        place = db.session.get_one(Activacion, there)
        ask_elsewhere(desk, place, Busqueda("Juana", "Raymundo Brito", "mujer", 38), uuid7())
    with unit_of_work(SISTEMA):
        take_down(
            emergencia,
            {
                "nombres": "Juana", "apellidos": "Raymundo Brito", "edad": "38", "pide_nombre": "Tomás",
                "pide_telefono": "5550 1234", "pide_parentesco": "hermano", "motivo": "No sé de ella",
            },
        )  # fmt: skip
    task_distribute({}, SISTEMA, lambda *_: None)
    db.session.rollback()
    person = f"/activaciones/{world.activacion_id}/personas/{juana.id}"
    her = Walk(world, browser, "sede")
    for path in ("/identidad/consultas", "/identidad/busquedas", "/identidad/busquedas/nueva", person,
                 f"/identidad{person}/quien-vio", "/identidad/lecturas"):  # fmt: skip
        her.go(path)
        her.small()
    at_home(her.page, world.base)
    central = Walk(world, browser, "nacional")
    central.go(person)
    assert "¿Por qué abre estos datos?" in central.page.inner_text("h1")
    central.page.select_option("[name=motivo]", "correccion")
    central.press("Ver a la persona")
    assert "Juana Raimundo Brito" in central.page.inner_text("h1")


def test_the_desk_asks_the_sede_of_a_record_elsewhere(world: World, browser: Any) -> None:
    """From the card of the hint, without leaving the sheet."""
    xela = make_activacion(
        make_albergue("0901"),
        db.session.get_one(Emergencia, db.session.get_one(Activacion, world.activacion_id).emergencia_id),
    )
    ingreso(xela, persona(nombres="Juana", apellidos="Raimundo Brito", edad=38))
    page = new_page(browser)
    page.set_default_timeout(20_000)
    page.on("dialog", lambda dialog: dialog.accept())  # leaving a sheet half filled asks once
    log_in(page, world.base, world.correos["registro"])
    page.goto(f"{world.base}/activaciones/{world.activacion_id}/ingresos/nuevo")
    for name, text in (("nombres", "Juana"), ("apellidos", "Raimundo Brito"), ("edad", "38")):
        page.fill(f"[name=personas-0-{name}]", text)
    page.wait_for_selector("#coincidencias :text('Preguntar a su sede')")
    page.click("text=Preguntar a su sede")
    page.wait_for_selector("text=Se preguntó a la sede que corresponde")
    assert page.input_value("[name=personas-0-nombres]") == "Juana", "what was typed is still there"
    page.goto(f"{world.base}/identidad/consultas")
    assert "Sin respuesta aún" in page.inner_text("main")
    page.close()


@pytest.mark.largo
def test_a_hundred_pairs_in_minutes(world: World, browser: Any, capsys: Any) -> None:
    """A batch of a hundred by keyboard; how long the machine takes is printed, not judged."""
    make_pairs(world, 100)
    her = Walk(world, browser, "sede")
    her.go("/identidad/posibles")
    started = time.monotonic()
    answer_all(her.page)
    with capsys.disabled():
        print(f"\n100 pairs answered by keyboard in {time.monotonic() - started:.0f} s")
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(UnionPersonas)) == 33
