"""Before the season, in a real browser: the sede delivers the formats, the municipality confirms, the map turns green."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import NARROW, WIDE, Walk

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.parametrize("base", ["sqlite"], indirect=True),
]
__all__ = ["browser", "world"]


def test_the_sede_delivers_and_the_municipality_confirms(world: World, browser: Any) -> None:
    her = Walk(world, browser, "sede")
    her.page.click(".secciones .mas summary")
    her.follow("Entregas de formatos", ".secciones")
    her.says("Nunca recibió", "de 21 municipios")
    her.small()
    her.follow("Anotar entrega")
    her.fill(municipio="1413")
    her.press("Seguir")
    her.press("Guardar entrega")
    her.says("Anote al menos un formato")
    her.fill(
        recibe_nombre="Ana Cobo", recibe_cargo="Directora de la DMM", recibe_telefono="5550 1234", todos="40"
    )
    her.small()
    her.press("Guardar entrega")
    her.says("Entrega guardada con el folio EF-1413-", "22 formatos", "Sin constancia firmada", "Ana Cobo")
    assert her.file("Constancia para firmar").startswith(b"%PDF")
    her.small()
    delivery = her.page.url.removeprefix(world.base)
    her.follow("Corregir con otra")
    her.fill(motivo="Eran 30 boletas", **{"n-boleta_ingreso": "30"})
    her.press("Guardar entrega")
    her.says("Corrige a la entrega")
    corrected = her.page.url.removeprefix(world.base)
    her.go(delivery)
    her.says("Anulada", "Eran 30 boletas")
    her.go("/entregas/municipios/1413")
    her.says("22 de 22", "Al día")
    her.small()
    her.go("/entregas/por-enviar")
    her.says("Todo el juego")
    her.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    her.page.click("[data-copiar]")
    her.page.wait_for_function("document.querySelector('[data-copiado]').textContent !== ''")
    assert "Todo el juego: 22 formatos" in her.page.evaluate("navigator.clipboard.readText()")
    her.small()
    for path in ("/entregas/libro", "/entregas/ediciones"):
        her.go(path)
        her.small()
    her.end()
    he = Walk(world, browser, "municipal")
    he.go(corrected)
    he.press("Confirmar que los recibimos")
    he.says("Confirmada")
    he.refused("/entregas/municipios/1405", 404)
    he.refused("/entregas/nueva")
    he.end()


def test_the_map_opens_a_department_and_leads_to_a_municipality_by_keyboard(
    world: World, browser: Any
) -> None:
    from tests.factories.entregas import make_entrega

    make_entrega("1413", ("boleta_ingreso", 0, 5))
    he = Walk(world, browser, "nacional")
    he.go("/entregas/mapa")
    he.page.wait_for_selector("#mapa-formatos[data-listo]")
    said = he.page.get_attribute("#mapa-formatos path[data-codigo='14']", "aria-label")
    assert said == (
        "Quiché: 0 % al día; 0 de 21 municipios, 0 con formatos que faltan, 1 con edición vieja, 20 que nunca recibieron"
    )
    cells = he.page.eval_on_selector_all(
        "tr:has(a[href*='departamento=14']) td", "nodes => nodes.map(n => n.textContent.trim())"
    )
    assert cells == ["0", "0", "1", "20", "0 %"]
    he.page.focus("#mapa-formatos path[data-codigo='14']")
    he.page.keyboard.press("Enter")
    he.page.wait_for_selector("#mapa-formatos path.mun.e-vieja")
    assert he.page.locator("#mapa-formatos path.mun").count() == 21
    he.page.set_viewport_size(NARROW)
    he.page.set_viewport_size(WIDE)
    he.page.keyboard.press("Escape")
    he.page.wait_for_selector("#mapa-formatos path.mun", state="detached")
    he.page.keyboard.press("Enter")
    he.page.wait_for_selector("#mapa-formatos path.mun.e-vieja")
    he.page.focus("#mapa-formatos path[data-codigo='1413']")
    with he.page.expect_navigation():
        he.page.keyboard.press("Enter")
    he.says("Nebaj", "Entregar la 1")
    he.end()


def test_what_was_typed_in_another_form_of_the_page_is_still_there(world: World, browser: Any) -> None:
    from tests.factories.entregas import make_entrega

    entrega = make_entrega("1413", ("boleta_ingreso", 1, 5))
    he = Walk(world, browser, "nacional")
    he.go(f"/entregas/{entrega.id}")
    he.page.locator("summary", has_text="Anular").click()
    he.fill(motivo="Se contó dos veces")
    he.press("Adjuntar constancia firmada")
    he.says("Elija")
    assert he.page.input_value("[name=motivo]") == "Se contó dos veces"
    assert he.page.is_visible("[name=motivo]")
    assert he.page.evaluate("sessionStorage.length") == 0
    he.page.fill("[name=motivo]", "n" * 3)
    he.page.eval_on_selector("[name=motivo]", "e => { e.maxLength = 900; e.value = 'n'.repeat(600); }")
    he.press("Anular entrega")
    he.says("600 letras")
    he.press("Adjuntar constancia firmada")
    assert len(he.page.input_value("[name=motivo]")) == 600, "also what was refused before"
    he.go(f"/entregas/{entrega.id}")
    assert he.page.input_value("[name=motivo]") == ""
    he.page.locator("summary", has_text="Anular").click()
    he.page.fill("[name=motivo]", "De quien se va")
    he.page.context.clear_cookies()
    he.press("Adjuntar constancia firmada")
    he.says("El formulario venció")
    he.page.goto(f"{world.base}/entrar")
    assert he.page.evaluate("sessionStorage.length") == 0, "nothing for whoever comes after"
    he.end()
