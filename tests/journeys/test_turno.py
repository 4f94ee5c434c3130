"""A shift changes hands: who leaves fills in and signs on a computer, who comes reads and accepts on a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.coe import make_coe
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, look
from tests.journeys.test_roles import at_home, browser, new_page
from tests.served import served

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["browser"]


@pytest.fixture
def room(app: Any) -> Iterator[tuple[str, str, list[str]]]:
    """A COE of Quiché with seven persons in a shelter, and two accounts of its sede."""
    emergencia = make_emergencia(nombre="Tormenta de práctica")
    emergencia_id = emergencia.id
    ingreso(
        make_activacion(make_albergue(nombre="Salón de Nebaj"), emergencia), *(persona() for _ in range(7))
    )
    coe_id = make_coe("14", emergencia_id).id
    correos = [make_cuenta("sede", departamento="14").correo for _ in range(2)]
    with served(app) as base:
        yield base, f"/coe/{coe_id}", correos


def press(page: Any, text: str) -> None:
    with page.expect_navigation():
        page.locator("main button:visible, main a.btn:visible", has_text=text).first.click()


def said(page: Any) -> str:
    return " ".join(page.inner_text("main").split())


def test_a_shift_is_handed_over_and_accepted(room: Any, browser: Any) -> None:
    base, coe, (leaves, comes) = room
    ana, beto = new_page(browser), new_page(browser, 360)
    log_in(ana, base, leaves)
    log_in(beto, base, comes)
    ana.goto(f"{base}{coe}")
    look(ana, "bitácora sin turnos")
    with ana.expect_navigation():
        ana.click("text=Recibir el primer turno")
    look(ana, "recibir")
    press(ana, "Recibir el turno")
    assert "cambio de turno" in said(ana).lower()
    beto.goto(f"{base}{coe}")
    assert "entre al turno en curso" in said(beto) and beto.locator("#nueva").count() == 0
    look(beto, "bitácora fuera del turno")
    press(ana, "Entregar turno")
    look(ana, "entregar")
    assert ana.input_value("[name=personas_albergadas]") == "7"
    assert ana.input_value("[name=albergues_abiertos]") == "1"
    press(ana, "Firmar y entregar el turno")
    assert ana.locator("#errores").is_visible()
    ana.select_option("[name=entrante_cuenta]", index=1)
    ana.fill("[name=situacion_actual]", "Sigue lloviendo.\nFalta agua en Nebaj.")
    ana.fill("[name='compromisos_12h-0-descripcion']", "Cisterna a las 20:00")
    ana.fill("[name='equipo-0-objeto']", "Radio portátil <b>")
    ana.check("[name=informo]")
    press(ana, "Firmar y entregar el turno")
    look(ana, "entrega firmada")
    beto.goto(base)
    with beto.expect_navigation():
        beto.click("text=Leer y aceptar")
    assert "Falta agua en Nebaj." in said(beto) and "Radio portátil <b>" in said(beto)
    look(beto, "entrega por aceptar")
    beto.fill("[name=nota]", "Todo completo")
    press(beto, "Aceptar el turno")
    assert "Entrega de turno: " in said(beto)
    beto.fill("[name=asunto]", "Primera del turno")
    beto.fill("[name=detalle]", "Se recibió la cisterna")
    beto.select_option("#nueva [name=tipo]", "radio")
    press(beto, "Anotar en la bitácora")
    assert "Primera del turno" in said(beto)
    ana.goto(f"{base}{coe}/turnos")
    assert "Con entrega firmada" in said(ana)
    look(ana, "turnos")
    for path in ("asistencia", "grado", "periodos"):
        beto.goto(f"{base}{coe}/{path}")
        look(beto, path)
    for path in ("/coe/integrantes?lugar=14", "/coe/integrantes/nuevo?lugar=14", "/coe/pnr"):
        beto.goto(f"{base}{path}")
        look(beto, path)
    for page in (ana, beto):
        page.complaints = [c for c in page.complaints if "status of 4" not in c]
        at_home(page, base)
