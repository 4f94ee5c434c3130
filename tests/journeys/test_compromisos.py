"""What the COE asks of a municipality, in two real browsers: from the log to its verification, on a telephone too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from albergues_app.core import clock
from tests.factories.coe import make_coe
from tests.factories.compromisos import make_compromiso
from tests.journeys.test_roles import World, browser, world
from tests.journeys.walk import Walk

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["browser", "world"]


def test_an_entry_of_the_log_is_carried_out_and_verified(world: World, browser: Any) -> None:
    coe = make_coe("14").id
    make_compromiso(vence_en=clock.now() - timedelta(days=9), descripcion="Enviar el punto de acta del salón")
    her = Walk(world, browser, "sede")
    his = Walk(world, browser, "municipal")
    tomorrow = clock.local_day(clock.now() + timedelta(days=1)).isoformat()

    her.go(f"/coe/{coe}")
    her.follow("Crear compromiso")
    her.press("Crear compromiso")
    her.says("Escriba para cuándo", "Escriba quién responde")
    her.small()
    her.fill(
        descripcion="Cisterna de agua para Playa Grande", institucion="Municipalidad", correo=world.correos["municipal"],
        fecha=tomorrow, hora="18:00", prioridad="urgente",
    )  # fmt: skip
    her.press("Crear compromiso")
    her.says("Compromisos por hacer 1", "Cisterna de agua para Playa Grande", "Por vencer")
    her.small()

    his.follow("Compromisos", "nav")
    his.says("Vencidos", "Enviar el punto de acta del salón", "Llegó a oficina central")
    his.small()
    his.follow("Mis compromisos")
    his.follow("Cisterna de agua")
    his.small()
    his.fill(evidencia="Llegó a las 16:30, 5,000 litros; lo firma el COCODE")
    his.press("Dar por cumplido")
    his.says("Por verificar", "Llegó a las 16:30")

    her.follow("Compromisos", "nav")
    her.follow("Resumen")
    her.small()
    her.go("/compromisos?estado=por_verificar")
    her.follow("Cisterna de agua")
    her.press("Verificar: está cumplido")
    her.says("Verificado", "Se dio por cumplido", "Se anotó")
    her.go("/compromisos/recordatorio")
    her.says("Enviar el punto de acta del salón")
    her.small()
    her.go("/compromisos/calendario")
    her.press("Crear dirección")
    her.says("Se muestra una sola vez")
    her.small()
