"""A filled file from the desk: columns confirmed, rows seen, the good ones saved, the book back; at two widths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from albergues_app.core.db import db
from albergues_app.ocupacion.services.ingreso import count_inside
from tests.factories.cuentas import make_cuenta
from tests.journeys.test_desk import log_in, look, page, shelter

pytestmark = pytest.mark.navegador
__all__ = ["page", "shelter"]

LIST = (
    "N.º;Fecha y hora;Nombre completo;Es;Edad\n"
    "1;19/11/2026 18:05;Ana Cobo;mujer;34\n"
    "1;19/11/2026 18:05;Luis Cobo;hombre;8\n"
    "2;19/11/2026 18:40;Petrona Raymundo;mujer;mil\n"
    "3;19/11/2026 19:10;Diego Brito;hombre;51\n"
)


def shoot(page: Any, name: str) -> None:
    look(page, name)
    if folder := os.environ.get("ALBERGUES_FOTOS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_list_of_somebodys_own_comes_in_through_the_columns_page(app: Any, shelter: Any, page: Any) -> None:
    base, here = shelter[0], shelter[2]
    wide = page.viewport_size["width"]
    log_in(page, base, make_cuenta("albergue", municipio="1413").correo)
    page.goto(f"{base}/activaciones/{here}/ingresos/nuevo")
    with page.expect_navigation():
        page.locator("a", has_text="Subir boletas llenas").click()
    shoot(page, f"importar-subir-{wide}")
    page.set_input_files("#c-archivo", {"name": "lista.csv", "mimeType": "text/csv", "buffer": LIST.encode()})
    with page.expect_navigation():
        page.locator("button", has_text="Revisar el archivo").click()
    shoot(page, f"importar-columnas-{wide}")
    for index, path in enumerate(
        ("familia", "ocurrido_en", "personas.nombres", "personas.sexo", "personas.edad")
    ):
        box = page.locator(f"[name='c-0-{index}']")
        if box.count():
            box.select_option(path)
    with page.expect_navigation():
        page.locator("button", has_text="Revisar las filas").click()
    shoot(page, f"importar-revision-{wide}")
    assert "Hay filas que corregir" in page.locator("h1").inner_text()
    with page.expect_download() as saved:
        page.locator("a", has_text="Bajar mi libro revisado").first.click()
    assert saved.value.suggested_filename == "lista (revisado).xlsx"
    with page.expect_navigation():
        page.locator("button", has_text="Guardar solo las buenas").click()
    shoot(page, f"importar-guardado-{wide}")
    assert "2 familias nuevas con 3 personas" in page.inner_text("main")
    db.session.rollback()
    assert count_inside(here) == 3
