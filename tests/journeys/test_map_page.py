"""The command's page on a screen and on paper: no name cut by the edge, what is opened fills the map, one sheet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, page, shelter
from tests.journeys.test_paper import first_sheet

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["page", "shelter"]
WEST = "Escuela Oficial Rural Mixta de la frontera"
INSIDE = """() => {
  const map = map_mando.getContainer().getBoundingClientRect();
  return [...document.querySelectorAll(".rotulo.aviso:not(.tapado)")].map((n) => {
    const r = n.getBoundingClientRect();
    return [n.textContent, r.left >= map.left && r.right <= map.right];
  });
}"""
FILLS = """(codigo) => {
  const map = map_mando.getContainer().getBoundingClientRect();
  const r = document.querySelector(`path.dep[data-codigo="${codigo}"]`).getBoundingClientRect();
  const whole = r.left >= map.left && r.right <= map.right && r.top >= map.top && r.bottom <= map.bottom;
  return [whole, Math.max(r.width / map.width, r.height / map.height)];
}"""


@pytest.fixture
def command(shelter: tuple[str, str, Any], page: Any) -> Any:
    """The map, with a shelter at the western border and another far away, both silent."""
    emergencia = make_emergencia(nombre="Lluvias")
    for nombre, municipio, lat, lon in ((WEST, "1217", 14.68, -92.13), ("Salón", "1601", 15.47, -90.37)):
        make_activacion(make_albergue(municipio, nombre=nombre, lat=lat, lon=lon), emergencia)
    log_in(page, shelter[0], make_cuenta("mando").correo)
    page.goto(f"{shelter[0]}/mapa")
    page.wait_for_selector("#mapa-mando[data-listo]")
    page.wait_for_timeout(300)
    return page


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_the_name_of_a_shelter_at_the_border_is_not_cut(command: Any) -> None:
    labels = command.evaluate(INSIDE)
    assert any(text.startswith(WEST[:20]) for text, _ in labels), labels
    assert all(inside for _, inside in labels), labels


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
def test_a_department_with_few_shelters_fills_the_map(command: Any) -> None:
    command.focus("path[data-codigo='12']")
    command.keyboard.press("Enter")
    command.wait_for_selector("path.mun")
    command.wait_for_timeout(400)
    whole, share = command.evaluate(FILLS, "12")
    assert whole and share > 0.6, share
    size = command.viewport_size
    command.set_viewport_size({"width": size["width"] + 240, "height": 900})
    command.wait_for_timeout(400)
    whole, share = command.evaluate(FILLS, "12")
    assert whole and share > 0.6, ("after turning the telephone", share)


@pytest.mark.parametrize("page", [710], indirect=True)
def test_figures_map_and_legend_print_on_one_sheet(command: Any) -> None:
    sheet = first_sheet(command)
    for wanted in (
        "Mapa de mando",
        "Solo declaradas",
        "100 km",
        "menos de 80 %",
        "capacidad sin dato",
        "Límites",
    ):
        assert wanted in sheet, (wanted, sheet)
    command.emulate_media(media="print")
    command.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert command.evaluate("document.documentElement.scrollWidth") <= 720, "else the sheet is shrunk"
