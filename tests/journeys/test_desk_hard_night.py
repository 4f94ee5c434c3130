"""The desk when it goes wrong: the paper order to its end, somebody already inside, no places left, wrong inputs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, look, page, shelter

pytestmark = pytest.mark.navegador
__all__ = ["page", "shelter"]


def write_person(page: Any, row: int, nombres: str, apellidos: str, sexo: str, edad: str) -> None:
    page.fill(f"[name=personas-{row}-nombres]", nombres)
    page.fill(f"[name=personas-{row}-apellidos]", apellidos)
    page.select_option(f"[name=personas-{row}-sexo]", sexo)
    page.fill(f"[name=personas-{row}-edad]", edad)


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_enter_goes_from_the_household_to_the_first_person(shelter: tuple[str, str, Any], page: Any) -> None:
    base, correo, activacion_id = shelter
    log_in(page, base, correo)
    page.goto(f"{base}/activaciones/{activacion_id}/ingresos/nuevo")
    assert page.evaluate("document.activeElement.name") == "departamento_procedencia"
    page.keyboard.type("Qui")
    page.keyboard.press("Enter")
    page.keyboard.type("Santa M")
    for _ in range(7):
        page.keyboard.press("Enter")
    assert page.input_value("[name=municipio_procedencia]") == "1413"
    assert page.evaluate("document.activeElement.name") == "personas-0-nombres"


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_who_is_already_here_leaves_the_sheet_and_the_others_stay_on_it(
    shelter: tuple[str, str, Any], page: Any
) -> None:
    base, correo, activacion_id = shelter
    log_in(page, base, correo)
    desk = f"{base}/activaciones/{activacion_id}/ingresos/nuevo"
    page.goto(desk)
    write_person(page, 0, "Juana", "Raymundo Brito", "mujer", "38")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ultima")
    write_person(page, 0, "Juana", "Raymundo Brito", "mujer", "38")
    write_person(page, 1, "Pedro", "Cobo Ramírez", "hombre", "41")
    page.get_by_role("button", name="Es la misma").click()
    assert "Ya está dentro de este albergue" in page.inner_text("#coincidencias")
    page.get_by_role("button", name="Quitarla de esta hoja").click()
    assert page.input_value("[name=personas-0-nombres]") == ""
    assert page.input_value("[name=personas-1-nombres]") == "Pedro"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ultima:has-text('1 persona')")
    assert page.complaints == []


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_transfer_from_the_desk_keeps_what_was_typed_of_the_others(
    app: Any, shelter: Any, page: Any
) -> None:
    base = shelter[0]
    emergencia = make_emergencia(nombre="Otra tormenta")
    there = make_activacion(make_albergue("1413", nombre="Escuela de Acul"), emergencia)
    here = make_activacion(make_albergue("1413", nombre="Salón de Acul"), emergencia)
    ingreso(there, persona(nombres="Juana", apellidos="Raymundo Brito", edad=38))
    here_id = here.id
    log_in(page, base, make_cuenta("sede", sede="S14").correo)
    page.goto(f"{base}/activaciones/{here_id}/ingresos/nuevo")
    write_person(page, 0, "Juana", "Raymundo Brito", "mujer", "38")
    write_person(page, 1, "Pedro", "Cobo Ramírez", "hombre", "41")
    page.get_by_role("button", name="Es la misma").click()
    page.get_by_role("button", name="Trasladar aquí a la persona").click()
    page.wait_for_selector("text=Traslado de 1 persona a este albergue: guardado.")
    assert page.input_value("[name=personas-0-nombres]") == ""
    assert page.input_value("[name=personas-1-nombres]") == "Pedro"
    page.goto(f"{base}/activaciones/{here_id}/personas")
    assert "Juana Raymundo Brito" in page.inner_text("main")


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_over_capacity_asks_the_reason_once_and_never_twice(app: Any, shelter: Any, page: Any) -> None:
    base = shelter[0]
    small = make_activacion(make_albergue("1413", 1, nombre="Casa pequeña"), make_emergencia(nombre="Frío"))
    small_id = small.id
    log_in(page, base, make_cuenta("registro", albergue=small.albergue_codigo).correo)
    page.goto(f"{base}/activaciones/{small_id}/ingresos/nuevo")
    write_person(page, 0, "Juana", "Raymundo", "mujer", "38")
    write_person(page, 1, "Pedro", "Cobo", "hombre", "41")
    page.keyboard.press("Control+Enter")
    assert page.evaluate("document.activeElement.name") == "motivo_cupo"
    assert page.is_visible("#sobre-pide")
    look(page, "asked for the reason")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ultima")
    assert "2 de 1" in page.inner_text(".ultima")
    assert "Hay 2 personas de 1" in page.inner_text("#sobre")


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_summary_of_errors_says_which_field_of_whom(shelter: tuple[str, str, Any], page: Any) -> None:
    base, correo, activacion_id = shelter
    log_in(page, base, correo)
    page.goto(f"{base}/activaciones/{activacion_id}/ingresos/nuevo")
    write_person(page, 0, "Juana", "Raymundo", "mujer", "38")
    write_person(page, 1, "Pedro", "Cobo", "hombre", "999")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#errores")
    assert "Edad, persona 2: " in page.inner_text("#errores")
    page.goto(f"{base}/activaciones/{activacion_id}")
    assert page.get_attribute(".secciones [aria-current]", "href") == "/albergues"


@pytest.mark.parametrize("page", [1280], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_keyboard_sees_where_it_is_on_every_button(shelter: tuple[str, str, Any], page: Any) -> None:
    base, correo, activacion_id = shelter
    log_in(page, base, correo)
    page.goto(f"{base}/activaciones/{activacion_id}/ingresos/nuevo")
    page.keyboard.press("Tab")
    for selector in ("main .btn-primary", "main .encab .btn", "main summary", ".secciones a", "#q"):
        page.locator(selector).first.focus()
        style = page.evaluate(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
        )
        assert style == ["solid", "3px"], selector


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_who_is_left_as_no_se_is_answered_from_hoy(
    shelter: tuple[str, str, Any], page: Any, app: Any
) -> None:
    base, _correo, activacion_id = shelter
    known = make_activacion(make_albergue("1413", nombre="Escuela de Acul"), make_emergencia(nombre="Frío"))
    ingreso(known, persona(nombres="Juana", apellidos="Raimundo Brito", edad=38))
    ingreso(known, persona(nombres="Pedro", apellidos="Cobo Ramirez", sexo="hombre", edad=41))
    log_in(page, base, make_cuenta("sede", sede="S14").correo)
    page.goto(f"{base}/activaciones/{activacion_id}/ingresos/nuevo")
    write_person(page, 0, "Juana", "Raymundo Brito", "mujer", "38")
    page.get_by_role("button", name="No sé").click()
    write_person(page, 1, "Pedro", "Cobo Ramírez", "hombre", "41")
    page.wait_for_selector("#coincidencias :text('1 por revisar')")
    write_person(page, 2, "Juana", "Raymundo Brito", "mujer", "38")
    page.wait_for_selector("#coincidencias :text('2 por revisar')")
    page.fill("[name=personas-2-nombres]", "")
    page.fill("[name=personas-2-apellidos]", "")
    page.select_option("[name=personas-2-sexo]", "")
    page.fill("[name=personas-2-edad]", "")
    page.wait_for_selector("#coincidencias :text('1 por revisar')")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ultima:has-text('2 personas')")
    page.goto(f"{base}/")
    assert "Ingreso posible duplicado (2)" in page.inner_text("main")
    page.get_by_role("link", name="Ingreso posible duplicado (2)").click()
    look(page, "possible duplicates")
    assert "2 por revisar, 1 con «No sé»" in page.inner_text("main")
    page.locator("section:has(h2:has-text('Juana Raymundo Brito')) button:has-text('No es')").click()
    page.locator("section:has(h2:has-text('Pedro Cobo Ramírez')) button:has-text('No es')").click()
    page.wait_for_function("document.querySelectorAll('[data-par][data-hecho]').length === 2")
    page.reload()
    page.wait_for_selector("text=No hay posibles duplicados por revisar")
    assert page.complaints == []
