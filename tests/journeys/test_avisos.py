"""An advice for the gate in a real browser: put by the encargado, met by who registers while typing and at the door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from tests.factories.albergues import OPENED, ingreso, persona
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import NARROW, Walk

__all__ = ["browser", "world"]  # fixtures

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]


def test_it_is_met_while_typing_and_the_door_asks_one_tick(world: World, browser: Any) -> None:
    here = f"/activaciones/{world.activacion_id}"
    made = ingreso(
        db.session.get_one(Activacion, world.activacion_id),
        persona(nombres="Juana", apellidos="Raymundo Brito", edad=38, parentesco="jefe"),
        persona(nombres="Elena", apellidos="Cobo Raymundo", edad=20, parentesco="hijo"),
        ocurrido_en=OPENED + timedelta(hours=2),
    )
    familia = f"{here}/familias/{made['familia']['id']}"
    db.session.rollback()

    boss = Walk(world, browser, "albergue")
    boss.go(here)
    boss.follow("Avisos para la puerta")
    boss.fill(codigo=made["familia"]["codigo"])
    boss.press("Seguir")
    boss.press("Poner el aviso")
    boss.says("Elija qué hace la puerta", "Escriba por qué")
    boss.small()
    boss.fill(
        de_quien=made["personas"][0]["id"],
        clase="no_pasa",
        texto="Llame al encargado: 5555-0000",
        motivo="Orden de alejamiento",
    )
    boss.press("Poner el aviso")
    boss.says("El aviso ya se ve en la puerta", "Juana Raymundo Brito", "Llame al encargado: 5555-0000")
    boss.small()

    clerk = Walk(world, browser, "registro")
    page = clerk.page
    page.set_viewport_size(NARROW)
    page.goto(f"{world.base}{here}/ingresos/nuevo")
    assert page.locator("#hay-aviso").is_hidden()
    clerk.fill(
        **{"personas-0-nombres": "Juana", "personas-0-apellidos": "Raymundo Brito", "personas-0-edad": "38"}
    )
    page.wait_for_selector("#coincidencias [role=alert]")
    said = page.inner_text("#coincidencias [role=alert]")
    assert "No pasa sin consultar" in said and "Llame al encargado: 5555-0000" in said
    page.click("#hay-aviso")
    assert page.locator("#coincidencias [role=alert]").is_visible()
    clerk.small()
    page.evaluate("delete document.getElementById('hoja').dataset.escrito")

    added = f"{here}/ingresos/nuevo?familia={made['familia']['id']}"
    for path, begins in ((added, "departamento_procedencia"), (familia, "accion")):
        clerk.go(path)
        page.wait_for_function("name => document.activeElement.name === name", arg=begins)
        assert page.evaluate("document.querySelector('.aviso-puerta').getBoundingClientRect().top") > 0, path
        assert page.evaluate("scrollY") == 0, "what to do is read before anything is pressed"
    clerk.press("Salida de 2")
    clerk.says(
        "Después marque «Ya lo consulté» y guarde otra vez.", "No pasa sin consultar: Juana Raymundo Brito"
    )
    clerk.small()
    page.check("#c-consultado")
    clerk.press("Salida de 2")
    clerk.says("Salida temporal de 2 personas")
    clerk.hides("alejamiento")

    boss.follow("Ver por qué, o retirarlo")
    boss.says("Orden de alejamiento", "Queda anotado que usted lo leyó.")
    boss.small()
    boss.fill(motivo_retiro="Se levantó la orden")
    boss.press("Retirar el aviso")
    boss.says("No hay avisos vigentes", "Los que ya no valen: 1")
    clerk.go(familia)
    clerk.hides("Llame al encargado")
    for who in (boss, clerk):
        who.end()
