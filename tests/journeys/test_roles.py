"""A first day of each role in a real browser: every section it has, its own job, no violation, no foreign request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import CLAVE, make_cuenta
from tests.journeys.test_desk import log_in, look
from tests.served import served

pytestmark = pytest.mark.navegador

PLACES: dict[str, dict[str, str]] = {
    "administracion": {},
    "nacional": {},
    "sede": {"sede": "S14"},
    "municipal": {"municipio": "1413"},
    "albergue": {"albergue": "1413-001"},
    "registro": {"albergue": "1413-001"},
    "mando": {},
    "proteccion": {},
    "salud": {},
    "institucion": {"departamento": "14"},
    "auditoria": {},
}


LOOKED_AT = {"administracion", "nacional", "municipal", "registro", "mando", "proteccion"}
"""Whose sections axe goes through: between them they have every one, large and small."""


class World:
    """A served instance with a shelter of five persons, and one account per role."""

    base: str

    def __init__(self, app: Any) -> None:
        emergencia = make_emergencia(nombre="Tormenta de práctica")
        self.activacion = make_activacion(make_albergue(capacidad=4, nombre="Salón de Nebaj"), emergencia)
        ingreso(self.activacion, *(persona(nombres=f"Persona {n}") for n in range(5)))
        self.activacion_id, self.albergue_id = self.activacion.id, self.activacion.albergue_id
        self.correos = {rol: make_cuenta(rol, **places).correo for rol, places in PLACES.items()}


@pytest.fixture
def world(app: Any) -> Iterator[World]:
    made = World(app)
    with served(app) as made.base:
        yield made


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    yield chromium
    for context in chromium.contexts:
        context.close()


def new_page(browser: Any, width: int = 1280) -> Any:
    """A page that notes every request and every complaint."""
    page = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True).new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    return page


def at_home(page: Any, base: str) -> None:
    """Nothing left the origin, and the browser had nothing to complain about."""
    foreign = [u for u in page.asked if urlsplit(u).scheme in {"http", "https"} and not u.startswith(base)]
    assert foreign == []
    assert page.complaints == []


@pytest.mark.parametrize("rol", list(PLACES))
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_every_section_of_a_role_opens_clean(world: World, browser: Any, rol: str) -> None:
    page = new_page(browser, 360 if rol in {"registro", "municipal", "albergue"} else 1280)
    log_in(page, world.base, world.correos[rol])
    look(page, f"{rol} hoy")
    links = page.eval_on_selector_all(".secciones a", "nodes => nodes.map(n => n.getAttribute('href'))")
    assert links, "a role without sections"
    for link in links:
        answer = page.goto(world.base + link)
        assert answer.status == 200, link
        if rol in LOOKED_AT:
            look(page, f"{rol} {link}")
    at_home(page, world.base)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_command_reads_the_same_figures_on_map_and_table(world: World, browser: Any) -> None:
    page = new_page(browser)
    log_in(page, world.base, world.correos["mando"])
    page.goto(f"{world.base}/mapa", wait_until="networkidle")
    page.wait_for_selector("#mapa-mando path[data-codigo='14']")
    described = page.get_attribute("#mapa-mando path[data-codigo='14']", "aria-label")
    assert re.match(r"Quiché: 5 personas, 1 albergue, 125 % de 4 lugares", described), described
    cells = page.eval_on_selector_all(
        "tr[data-departamento='14'] td", "nodes => nodes.map(n => n.textContent.trim())"
    )
    assert cells[:5] == ["1", "5", "0", "4", "−1"]
    assert page.text_content(".cinco li:first-child .val").strip() == "5"
    page.focus("#mapa-mando path[data-codigo='14']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#mapa-mando path.mun")
    assert page.is_visible("tr[data-departamento='14']")
    assert not re.search(r"Persona \d", page.content()), "a name reached the command's page"
    at_home(page, world.base)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_sede_gives_a_volunteer_an_account_that_works_at_once(world: World, browser: Any) -> None:
    page = new_page(browser)
    log_in(page, world.base, world.correos["sede"])
    page.goto(f"{world.base}/cuentas")
    page.click("a:has-text('Crear')")
    page.fill("[name=correo]", "voluntaria@ejemplo.gt")
    page.fill("[name=nombre]", "Voluntaria de noche")
    page.select_option("[name=rol]", "registro")
    page.fill("[name=lugar-1]", "1413-001")
    page.click("main button.btn-primary")
    page.wait_for_load_state("networkidle")
    found = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", page.text_content("main"))
    assert found, page.text_content("main")
    volunteer = new_page(browser, 360)
    volunteer.goto(f"{world.base}/entrar")
    volunteer.fill("[name=correo]", "voluntaria@ejemplo.gt")
    volunteer.fill("[name=clave]", found.group(0))
    volunteer.keyboard.press("Enter")
    volunteer.wait_for_load_state("networkidle")
    for field in volunteer.locator("main input[type=password]").all():
        field.fill(CLAVE + " nueva")
    volunteer.click("main button.btn-primary")
    volunteer.wait_for_load_state("networkidle")
    answer = volunteer.goto(f"{world.base}/activaciones/{world.activacion_id}/ingresos/nuevo")
    assert answer.status == 200
    assert "Ingreso de familia" in volunteer.text_content("h1")
