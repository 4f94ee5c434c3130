"""Generic sheets in a real browser: rows by keyboard, what is worked out while typing, the same after saving."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, look, page, shelter

pytestmark = pytest.mark.navegador
__all__ = ["page", "shelter"]


def shoot(page: Any, name: str) -> None:
    """A picture for whoever looks, where `ALBERGUES_RETRATOS` names a folder."""
    folder = os.environ.get("ALBERGUES_RETRATOS")
    if folder:
        width = page.viewport_size["width"]
        page.screenshot(path=str(Path(folder) / f"{name}_{width}.png"), full_page=True)


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_card_of_stock_shows_its_balance_while_it_is_typed(shelter: Any, page: Any) -> None:
    base, _correo, activacion_id = shelter
    log_in(page, base, make_cuenta("albergue", municipio="1413").correo)
    page.goto(f"{base}/registros/nuevo/kardex?activacion={activacion_id}")
    look(page, "kardex blank")
    page.fill("[name=articulo]", "Frijol")
    page.fill("[name=unidad]", "libra")
    for row, (kind, amount, balance) in enumerate(
        [("entrada_compra", "1,200.5", "1200.5"), ("salida_entrega", "200", "1000.5")]
    ):
        if row:
            page.click("[data-repetible=movimientos] [data-mas]")
        page.select_option(f"[name=movimientos-{row}-tipo]", kind)
        page.fill(f"[name=movimientos-{row}-cantidad]", amount)
        if row:
            page.fill(f"[name=movimientos-{row}-fecha]", "20/11/2026")
        shown = page.locator("[data-repetible=movimientos] output").nth(row)
        assert shown.evaluate("e => e.value") == balance
    page.fill("[name=movimientos-0-cantidad]", "1000")
    assert page.locator("[data-repetible=movimientos] output").nth(1).evaluate("e => e.value") == "800"
    look(page, "kardex typed")
    shoot(page, "kardex")
    page.click("button[value=guardar]")
    page.wait_for_selector("#errores")
    assert "Movimiento 1: Falta «Fecha»" in page.locator("#errores").inner_text()
    look(page, "kardex refused")
    shoot(page, "kardex_errores")
    page.fill("[name=movimientos-0-fecha]", "20/11/2026")
    page.click("button[value=guardar]")
    page.wait_for_selector("text=Versiones")
    look(page, "kardex kept")
    shoot(page, "kardex_guardado")
    assert "800" in page.locator("main").inner_text()
    assert [c for c in page.complaints if "422" not in c] == []


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_daily_count_says_the_difference_of_its_two_counts(shelter: Any, page: Any) -> None:
    base, _correo, activacion_id = shelter
    log_in(page, base, make_cuenta("albergue", municipio="1413").correo)
    page.goto(f"{base}/registros/nuevo/parte_diario?activacion={activacion_id}")
    page.fill("[name=conteo_nominal]", "12")
    page.fill("[name=conteo_fisico]", "10")
    assert page.locator("output[data-calculo]").evaluate("e => e.value") == "2"
    look(page, "parte typed")
    shoot(page, "parte_diario")
    assert page.complaints == []
