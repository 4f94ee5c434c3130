"""A night at the COE in a real browser: an alert comes as a CAP message, the log proposes it, and it is written once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.cap import cap_xml
from tests.factories.coe import make_coe
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import Walk

pytestmark = [
    pytest.mark.navegador,
    pytest.mark.parametrize("base", ["sqlite"], indirect=True),
]
__all__ = ["browser", "world"]


def test_an_alert_that_came_by_message_ends_in_the_log(world: World, browser: Any) -> None:
    coe_id = make_coe("14", world.activacion.emergencia_id, entries=2).id
    her = Walk(world, browser, "sede")
    her.go("/emergencias/alertas")
    her.follow("Propuestas")
    her.says("Ningún mensaje por revisar")
    bad = {
        "name": "viejo.cap",
        "mimeType": "application/xml",
        "buffer": cap_xml(expires=timedelta(minutes=1)),
    }
    her.page.set_input_files("[name=archivo]", bad)
    her.press("Revisar el mensaje")
    her.says("El mensaje venció el")
    good = {
        "name": "aviso.cap",
        "mimeType": "application/xml",
        "buffer": cap_xml(signed=True, severity="Extreme"),
    }
    her.page.set_input_files("[name=archivo]", good)
    her.press("Revisar el mensaje")
    her.says("Lluvia intensa", "Quiché", "Sin verificar", "Alerta que se propone")
    her.small()
    her.go("/")
    her.says("1 alerta recibida por revisar")
    her.follow("Revisar")
    her.press("Aceptar y declarar la alerta")
    her.says("La alerta quedó declarada.", "CAP insivumeh-1")
    her.go("/emergencias/cap")
    her.says("Aceptada")
    her.small()

    her.go(f"/coe/{coe_id}")
    her.says("Entradas propuestas", "Alerta roja poblacional: Quiché", "Sobre capacidad: Salón de Nebaj")
    her.small()
    her.page.locator(".propuestas li", has_text="Alerta roja").locator("summary").click()
    with her.page.expect_navigation():
        her.page.locator(".propuestas li", has_text="Alerta roja").get_by_role(
            "button", name="Aceptar"
        ).click()
    her.look()
    her.says("Anotado con el folio 3.")
    with her.page.expect_navigation():
        her.page.locator(".propuestas li", has_text="Sobre capacidad").get_by_role(
            "link", name="Editar"
        ).click()
    her.look()
    her.small()
    her.fill(asunto="", detalle="Se buscan lugares en Cotzal.")
    her.press("Anotar en la bitácora")
    her.says("Escriba el asunto en una línea.")
    her.fill(asunto="El Salón de Nebaj pasa su capacidad")
    her.press("Anotar en la bitácora")
    her.says("Anotado con el folio 4.", "El Salón de Nebaj pasa su capacidad")
    with her.page.expect_navigation():
        her.page.locator(".propuestas li", has_text="Abre:").get_by_role("button", name="Descartar").click()
    her.says("La propuesta quedó descartada.")
    assert "Abre:" not in her.page.inner_text("main")
    her.end()
