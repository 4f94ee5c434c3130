"""A night in the COE of a department, in a real browser: a resource comes and goes, a message is answered below."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from tests.factories.coe import make_coe
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import NARROW, WIDE, Walk
from tests.pdf import text_of

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["browser", "world"]


def look(who: Walk, name: str) -> None:
    """On a telephone too; a picture of both for whoever looks, where `ALBERGUES_RETRATOS` names a folder."""
    folder = os.environ.get("ALBERGUES_RETRATOS")
    for size in (WIDE, NARROW) if folder else ():
        who.page.set_viewport_size(size)
        who.page.screenshot(path=str(Path(folder or "") / f"{name}_{size['width']}.png"), full_page=True)
    who.small()


def at(hours_ago: float) -> str:
    """A wall-clock time of Guatemala as the field wants it."""
    return clock.to_local(clock.now() - timedelta(hours=hours_ago)).strftime("%Y-%m-%dT%H:%M")


def test_a_resource_comes_and_goes_and_a_message_is_answered_below(world: World, browser: Any) -> None:
    emergencia_id = db.session.get_one(Activacion, world.activacion_id).emergencia_id
    above, below = make_coe("14", emergencia_id).id, make_coe("1413", emergencia_id).id
    db.session.rollback()
    her = Walk(world, browser, "sede")
    her.go(f"/coe/{above}")
    her.follow("Recursos", ".pestanas")
    her.says("Todavía no hay recursos")
    her.follow("Registrar recurso")
    her.fill(estado="llego", ocurrido_en=at(3), tipo="Cisterna de 10,000 L")
    her.press("Registrar recurso")
    her.says("Falta «Clase de recurso»")
    look(her, "recurso_error")
    her.fill(clase="vehiculo", institucion="Ejército", personas="2", contacto_nombre="Ana Cobo",
             contacto_telefono="5550 1234")  # fmt: skip
    her.press("Registrar recurso")
    her.says("Llegó", "Ejército", "55501234", "sin asignar")
    her.fill(estado="asignado", ocurrido_en=at(2), asignacion="Repartir agua", albergue="1413-001")
    her.press("Anotar")
    her.says("Asignado desde", "2 pasos")
    look(her, "recurso")
    her.go(f"/coe/{above}/recursos")
    her.says("Repartir agua", "1 asignado")
    look(her, "recursos")
    assert "Cisterna de 10,000 L" in text_of(her.file("SCI-211 en PDF"))
    her.go(f"/coe/{above}/desactivar")
    her.says("Queda 1 recurso sin desmovilizar")
    look(her, "desactivar")
    her.go(f"/coe/{above}/mensajes/nuevo")
    look(her, "mensaje_nuevo")
    her.fill(para=f"coe:{below}", asunto="Agua para el salón", mensaje="¿Cuántos litros faltan?\nPara hoy.")
    her.press("Enviar mensaje")
    her.says("Sin respuesta", "Lo responde el COE municipal de Santa María Nebaj")
    look(her, "mensaje_enviado")
    he = Walk(world, browser, "municipal")
    he.go(f"/coe/{below}")
    he.says("Agua para el salón", "COE departamental de Quiché")
    he.follow("Mensajes", ".pestanas")
    he.says("Por responder 1")
    look(he, "mensajes")
    he.follow("Agua para el salón")
    look(he, "mensaje_recibido")
    he.fill(respuesta="Faltan 1,240 litros.", respuesta_cargo="Alcaldía")
    he.press("Responder mensaje")
    he.says("Respondido", "Faltan 1,240 litros.")
    look(he, "mensaje_respondido")
    he.end()
    her.page.reload()
    her.says("Faltan 1,240 litros.", "Respondido")
    her.page.locator("main a", has_text=re.compile(r"^folio \d+$")).first.click()
    her.says("Agua para el salón")
    her.go(f"/coe/{above}/sci-201/nueva")
    her.says("Preparar resumen")
    assert her.page.input_value("[name='recursos-0-recurso']") == "Cisterna de 10,000 L"
    look(her, "resumen_nuevo")
    her.press("Guardar resumen")
    her.says("Versión 1", "Cisterna de 10,000 L")
    look(her, "resumen")
    her.go(f"/coe/{above}/sci-214")
    her.says("Agua para el salón")
    look(her, "actividades")
    assert "Agua para el salón" in text_of(her.file("SCI-214 en PDF"))
    her.end()
