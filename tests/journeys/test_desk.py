"""A night at the desk in a real browser, large and small: a family by keyboard, a departure, a transfer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import CLAVE, make_cuenta
from tests.served import served

pytestmark = pytest.mark.navegador

AXE = Path(__file__).parents[2] / "frontend" / "build" / "axe.min.js"
FAMILY = (
    ("Juana", "Raymundo Brito", "m", "38", ""),
    ("Pedro", "Cobo Ramírez", "h", "41", "c"),
    ("Elena", "Cobo Raymundo", "m", "15", "h"),
    ("Miguel", "", "h", "11", "h"),
    ("Catarina", "", "m", "6", "h"),
    ("Diego", "", "h", "8m", "h"),
)


@pytest.fixture
def shelter(app: Any) -> Iterator[tuple[str, str, Any]]:
    """A server on a free port, an open shelter and the address of a registro account."""
    emergencia = make_emergencia(nombre="Tormenta de práctica")
    here = make_activacion(make_albergue(capacidad=20, nombre="Salón de Nebaj"), emergencia)
    make_activacion(make_albergue("1413", 40, nombre="Escuela de Tzalbal"), emergencia)
    codigo, activacion_id = here.albergue_codigo, here.id
    correo = make_cuenta("registro", albergue=codigo).correo
    with served(app) as base:
        yield base, correo, activacion_id


@pytest.fixture
def page(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Any]:
    """A page of the asked width that notes every request and every complaint."""
    context = chromium.new_context(viewport={"width": request.param, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    yield page
    context.close()


def look(page: Any, name: str) -> None:
    """No violation of axe-core, and no sideways scroll."""
    if not AXE.exists():
        missing("navegador", "falta frontend/build/axe.min.js")
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], preload: false})"  # half the time of telling all it found well
        ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html)]))"
    )
    assert found == [], (name, found)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name


def log_in(page: Any, base: str, correo: str) -> None:
    page.goto(f"{base}/entrar")
    page.fill("[name=correo]", correo)
    page.fill("[name=clave]", CLAVE)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")


def type_family(page: Any) -> None:
    """Only the keyboard: Enter goes on, one key says sex, the next row opens by itself."""
    keys = page.keyboard
    page.focus("[name=personas-0-nombres]")
    for nombres, apellidos, sexo, edad, parentesco in FAMILY:
        keys.type(nombres)
        keys.press("Enter")
        if apellidos:
            keys.type(apellidos)
        keys.press("Enter")
        keys.press(sexo)
        keys.type(edad)
        keys.press("Enter")
        if parentesco:
            keys.press(parentesco)
        for _ in range(3):
            keys.press("Enter")


@pytest.mark.parametrize(
    ("base", "page"), [("sqlite", 1280), ("sqlite", 360), ("postgres", 360)], indirect=True
)
def test_a_night_at_the_desk(shelter: tuple[str, str, Any], page: Any) -> None:
    base, correo, activacion_id = shelter
    log_in(page, base, correo)
    page.goto(f"{base}/registro")
    page.wait_for_url(f"{base}/activaciones/{activacion_id}/ingresos/nuevo")
    look(page, "blank desk")
    type_family(page)
    assert page.evaluate("document.activeElement.name") == "personas-6-nombres"
    assert page.input_value("[name=personas-3-apellidos]") == "Cobo Raymundo"
    assert page.input_value("[name=personas-5-edad_unidad]") == "meses"
    assert "6 personas · 3 mujeres, 3 hombres · 4 menores" in page.inner_text("#cuenta-personas")
    assert "Registro mínimo completo" in page.inner_text("#minimo")
    page.wait_for_timeout(500)
    look(page, "typed desk")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ultima")
    saved = page.inner_text(".ultima")
    assert "6 personas" in saved
    assert "14 lugares libres" in saved
    look(page, "saved desk")

    page.goto(f"{base}/activaciones/{activacion_id}/personas")
    assert page.locator("input[name=personas]").count() == 6
    look(page, "people")
    page.locator("input[name=personas]").nth(1).check()
    page.select_option("#c-tipo", "egreso")
    page.select_option("#c-destino", "familiar")
    page.fill("#c-motivo", "Regresa a su casa")
    page.get_by_role("button", name="Registrar movimiento").click()
    page.wait_for_selector(".mensaje")
    assert "Egreso de 1 persona" in page.inner_text(".mensaje >> nth=0")

    for n in (0, 1):
        page.locator("input[name=personas]").nth(n).check()
    page.select_option("#c-tipo", "traslado_sale")
    page.select_option("#c-activacion_destino", index=1)
    page.get_by_role("button", name="Registrar movimiento").click()
    page.wait_for_selector(".mensaje")
    assert page.locator("input[name=personas]").count() == 3
    assert "3 personas dentro" in page.inner_text(".bajada")
    look(page, "people after moving")

    outside = [url for url in page.asked if not url.startswith((base, "data:", "blob:"))]
    assert outside == []
    assert page.complaints == []


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_an_error_keeps_what_was_typed_and_gets_the_focus(shelter: tuple[str, str, Any], page: Any) -> None:
    base, correo, activacion_id = shelter
    log_in(page, base, correo)
    page.goto(f"{base}/activaciones/{activacion_id}/ingresos/nuevo")
    page.fill("[name=personas-0-nombres]", "Juana")
    page.fill("[name=personas-0-edad]", "999")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#errores")
    assert page.evaluate("document.activeElement.id") == "errores"
    assert page.input_value("[name=personas-0-nombres]") == "Juana"
    assert page.input_value("[name=personas-0-edad]") == "999"
    page.click("#errores a >> nth=0")
    look(page, "desk with errors")
