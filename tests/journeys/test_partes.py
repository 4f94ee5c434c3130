"""The screens of the daily count in a real browser: by keyboard alone, on a telephone, on paper, 0 violations on each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from albergues_app.albergues.services import add_contacto
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.models_parte import Descuadre, Llamada, Parte
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import SISTEMA
from tests.journeys.test_desk import look
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import NARROW, WIDE, Walk

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.parametrize("base", ["sqlite"], indirect=True),
]
__all__ = ["browser", "world"]


@pytest.fixture
def silent(world: World) -> World:
    """Beside the shelter of five, one that has sent nothing for a day, with a telephone; and one whose count differs."""
    event = db.session.scalars(select(Emergencia)).one()
    quiet = make_albergue("1413", nombre="Escuela de Tzalbal")
    make_activacion(quiet, event, clock.now() - timedelta(hours=30))
    with unit_of_work(SISTEMA):
        add_contacto(quiet, "encargado_dia", "Tomasa Cobo", "5555 1234")
        register_parte(
            ParteNuevo(uuid7(), world.activacion_id, clock.now() - timedelta(hours=1), "conteo_fisico", 9, 2)
        )
    return world


def reach(page: Any, name: str, most: int = 80) -> None:
    """Only with Tab, from where the focus is, to the field or button of that name."""
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate("[document.activeElement.name, document.activeElement.textContent.trim()]")
        if name in here:
            return
    raise AssertionError(f"Tab does not reach {name}")


def on_paper(page: Any, *wanted: str) -> None:
    """What the sheet says; nothing to press on it, and it fits the width of the paper."""
    size = page.viewport_size
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 710, "height": 900})
    text = " ".join(page.inner_text("main").split())
    for part in wanted:
        assert part in text, (part, text)
    shown = "nodes => nodes.filter(n => n.offsetParent !== null).map(n => n.textContent.trim())"
    assert page.eval_on_selector_all("main button", shown) == []
    assert page.eval_on_selector_all("main input, main select, main textarea", shown) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 720, "else the sheet is shrunk"
    page.emulate_media(media="screen")
    page.set_viewport_size(size)


def test_the_parte_is_filled_and_sent_without_a_mouse(silent: World, browser: Any) -> None:
    her = Walk(silent, browser, "albergue")
    page, keys = her.page, her.page.keyboard
    her.go(f"/activaciones/{silent.activacion_id}/partes/nuevo")
    her.small()
    keys.press("Tab")
    reach(page, "personas")
    keys.press("Control+a")
    keys.type("7")
    for name, value in (("familias", "2"), ("mujeres", "4"), ("hombres", "2")):
        reach(page, name)
        keys.press("Control+a")
        keys.type(value)
    reach(page, "Enviar parte")
    with page.expect_navigation():
        keys.press("Enter")
    her.look()
    assert page.locator("#errores").count() == 1, "women and men do not add up, or the source is missing"
    her.small()
    focused = page.evaluate("document.activeElement.id || document.activeElement.className")
    assert focused, "the focus stands where there is something to correct"
    page.locator("main [name=fuente]").select_option("conteo_fisico")
    her.fill(hombres="3")
    reach(page, "Enviar parte")
    with page.expect_navigation():
        keys.press("Enter")
    her.says("Partes enviados", "7")
    her.small()
    on_paper(page, "Partes de este albergue", "7")
    assert db.session.scalars(select(Parte.personas).order_by(Parte.registrado_en.desc())).first() == 7
    her.end()


def test_witnesses_differences_and_the_balance_read_aloud_and_print(silent: World, browser: Any) -> None:
    he = Walk(silent, browser, "sede")
    page = he.page
    place = f"/activaciones/{silent.activacion_id}"
    for path, words in (
        (place, ("Cinco testigos", "Difieren en +4")),
        ("/diferencias", ("Salón de Nebaj", "+4")),
        ("/cuadre", ("Presentes", "Noches servidas")),
        (f"{place}/horas-de-parte", ("A qué horas",)),
        ("/partes/mensaje", ("Pegue el mensaje",)),
    ):
        he.go(path)
        he.says(*words)
        page.set_viewport_size(NARROW)
        look(page, f"360 {path}")
        page.set_viewport_size(WIDE)
    he.go("/diferencias")
    on_paper(page, "Salón de Nebaj", "+4")
    he.go(place)
    on_paper(page, "Cinco testigos", "Salón de Nebaj")
    page.focus("#c-nota-dif")
    page.keyboard.type("Cuatro salieron a trabajar")
    reach(page, "Explicar y cerrar", 4)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    he.says("Diferencia explicada", "Cuatro salieron a trabajar")
    he.small()
    assert db.session.scalars(select(Descuadre.explicada)).one() == 4
    he.go("/partes/mensaje")
    page.focus("#c-texto")
    page.keyboard.type("PARTE 1413-001 F2 P5 M5 H0")
    reach(page, "Leer texto")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    he.look()
    he.says("Esto se entendió", "Salón de Nebaj")
    he.small()
    he.end()


def test_who_is_silent_is_called_from_a_printed_list_or_by_keyboard(silent: World, browser: Any) -> None:
    she = Walk(silent, browser, "sede")
    page = she.page
    she.go("/llamadas")
    she.says("1 albergue debe su parte", "Escuela de Tzalbal", "Tomasa Cobo")
    she.small()
    on_paper(page, "Escuela de Tzalbal", "Tomasa Cobo", "5555 1234")
    page.focus("main select[name=resultado]")
    page.keyboard.press("ArrowDown")
    reach(page, "nota", 5)
    page.keyboard.type("Prometió mandarlo a las seis")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    she.look()
    she.says("Prometió mandarlo a las seis")
    assert db.session.scalars(select(Llamada.nota)).one() == "Prometió mandarlo a las seis"
    she.go("/")
    she.small()
    she.end()
