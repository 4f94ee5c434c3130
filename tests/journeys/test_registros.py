"""Generic sheets in a real browser: rows by keyboard, what is worked out while typing, the same after saving."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.albergues.test_act_scans import PDF
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


@pytest.mark.parametrize("page", [360, pytest.param(1280, marks=pytest.mark.largo)], indirect=True)
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
    page.click("#errores a")
    assert page.evaluate("document.activeElement.name") == "movimientos-0-fecha"
    with page.expect_navigation():
        page.click("button[value=guardar]")
    page.wait_for_load_state("load")
    assert page.evaluate("document.activeElement.id") == "errores", "each time the form comes back"
    page.fill("[name=movimientos-0-fecha]", "20/11/2026")
    page.click("button[value=guardar]")
    page.wait_for_selector("text=Versiones")
    look(page, "kardex kept")
    shoot(page, "kardex_guardado")
    assert "800" in page.locator("main").inner_text()
    page.set_input_files("#c-escaneo", {"name": "hoja.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.click("text=Anotar hoja firmada")
    page.wait_for_selector("text=Vale esta")
    look(page, "kardex signed")
    shoot(page, "kardex_firmado")
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


@pytest.mark.parametrize("page", [360, pytest.param(1280, marks=pytest.mark.largo)], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_photograph_is_made_small_and_kept_with_the_draft(shelter: Any, page: Any, tmp_path: Path) -> None:
    base, _correo, activacion_id = shelter
    log_in(page, base, make_cuenta("albergue", municipio="1413").correo)
    page.goto(f"{base}/registros/nuevo/inventario_bienes?activacion={activacion_id}")
    big = page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(4000, 3000);
            canvas.getContext("2d").fillRect(0, 0, 2000, 1500);
            const blob = await canvas.convertToBlob({ type: "image/jpeg" });
            return [...new Uint8Array(await blob.arrayBuffer())];
        }"""
    )
    photo = tmp_path / "IMG_0001.jpg"
    photo.write_bytes(bytes(big))
    page.select_option("[name=momento]", "apertura")
    page.fill("[name=bienes-0-bien]", "Silla plástica")
    page.fill("[name=bienes-0-cantidad]", "20")
    field = page.locator("input[type=file][name=bienes-0-foto]")
    field.set_input_files(str(photo))
    page.wait_for_function("big => document.querySelector('[type=file]').files[0]?.size < big", arg=len(big))
    with page.expect_response("**/registros/borradores?*") as reply:
        page.fill("[name=bienes-0-bien]", "Silla de plástico")
    assert reply.value.status == 200
    page.wait_for_selector("text=Ya hay un archivo adjunto")
    assert field.evaluate("e => e.files.length") == 0
    look(page, "with a photograph")
    shoot(page, "inventario_foto")
    page.click("button[value=guardar]")
    page.wait_for_selector("text=Versiones")
    image = page.locator("a.archivo img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('a.archivo img').naturalWidth > 0")
    assert image.evaluate("e => Math.max(e.naturalWidth, e.naturalHeight)") == 1600
    look(page, "kept with a photograph")
    shoot(page, "inventario_guardado")
