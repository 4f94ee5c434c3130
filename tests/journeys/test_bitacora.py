"""The log of a COE in two browsers: what one writes the other sees, links while typing, a photograph made smaller."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from albergues_app.coe.adjuntos import open_file
from albergues_app.coe.models import Coe
from albergues_app.coe.queries import entradas_of
from albergues_app.core.db import db
from tests.factories.coe import make_coe
from tests.journeys.test_desk import log_in, look
from tests.journeys.test_registros import shoot
from tests.journeys.test_roles import World, at_home, browser, new_page, world

pytestmark = [pytest.mark.navegador, pytest.mark.parametrize("base", ["sqlite"], indirect=True)]
__all__ = ["browser", "world"]
PERIOD_MS = 9_000
"""The page asks every five seconds; the rest is for a slow machine."""


def photograph(path: Path, width: int = 2400, height: int = 1800) -> Path:
    """A whole PNG, as large as a telephone's."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\x30\x60\x90" * width) * height, 1)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def size_of(jpeg: bytes) -> tuple[int, int]:
    at = 2
    while jpeg[at + 1] not in {0xC0, 0xC1, 0xC2}:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
    return width, height


def write(page: Any, **fields: str) -> None:
    """Type an entry and save it with the keyboard."""
    page.select_option("#c-tipo", fields.pop("tipo", "llamada"))
    if "prioridad" in fields:
        page.select_option("#c-prioridad", fields.pop("prioridad"))
    for name, value in fields.items():
        page.fill(f"#c-{name}", value)
    with page.expect_navigation():
        page.press("#c-detalle", "Control+Enter")


def test_two_browsers_see_each_others_entries_without_touching_anything(
    world: World, browser: Any, tmp_path: Path
) -> None:
    coe_id = make_coe("14", entries=2).id
    codigo = "1413-001"
    one, other = new_page(browser), new_page(browser, 360)
    for page, rol in ((one, "sede"), (other, "institucion")):
        log_in(page, world.base, world.correos[rol])
        page.goto(f"{world.base}/coe/{coe_id}")
        look(page, f"log {rol}")
    urgent = other.context.new_page()
    urgent.goto(f"{world.base}/coe/{coe_id}?prioridad=urgente")

    one.fill("#c-asunto", f"Agua para {codigo}")
    one.fill("#c-detalle", "Según el folio 1, Nebaj pide agua. No hay 1413-999.")
    one.wait_for_selector("[data-enlazados] a:has-text('Nebaj')")
    chips = one.locator("[data-enlazados] li").all_inner_texts()
    assert chips[0].startswith(f"{codigo} Salón de Nebaj · 1 persona sobre la capacidad"), chips
    assert chips[1] == "folio 1 Asunto 1" and chips[3].startswith("1413-999 No hay albergue"), chips
    look(one, "log typing")
    one.set_input_files("#c-adjuntos", photograph(tmp_path / "puente.png"))
    assert not one.is_visible("#c-accion_plazo")
    one.check("#c-requiere_accion")
    assert one.is_visible("#c-accion_plazo")
    shoot(one, "bitacora_escribiendo")
    write(one, destino="COMRED de Nebaj", detalle="Según el folio 1, Nebaj pide agua. No hay 1413-999.")
    assert one.locator("#folio-3 a[href^='/compromisos/']").count() == 1
    assert "lo lleva el COE departamental de Quiché" in one.inner_text("main")
    other.wait_for_selector("#folio-3", timeout=PERIOD_MS)
    assert "puente.jpg" in other.inner_text("#folio-3") and "Requiere acción" in other.inner_text("#folio-3")
    assert other.inner_text("[data-cuenta=accion]") == "1"
    db.session.rollback()
    coe = db.session.get_one(Coe, coe_id)
    (file,) = entradas_of(coe)[-1].archivos
    assert size_of(open_file(coe, UUID(file["id"]))[1]) == (1600, 1200)
    assert file["peso"] < 200_000

    write(other, asunto="Se corrige", detalle="Son dos cisternas", prioridad="urgente", rectifica_a="3")
    one.wait_for_selector("#folio-4.urgente", timeout=PERIOD_MS)
    assert "Rectificada por el folio 4" in one.inner_text("#folio-3.rectificada")
    urgent.wait_for_selector("#folio-4", timeout=PERIOD_MS)
    assert urgent.locator("#folio-3").count() == 0, "not of the filter"
    one.click("#folio-3 a:has-text('folio 4')")
    assert one.evaluate("document.activeElement.id") == "folio-4"
    for page, name in ((one, "bitacora"), (other, "bitacora")):
        look(page, "log with entries")
        shoot(page, name)
    one.click("summary:has-text('Más filtros')")
    look(one, "log filters")
    shoot(one, "bitacora_filtros")
    with one.expect_navigation():
        one.check("[name=accion]")
        one.click("details button:has-text('Filtrar')")
    assert "accion=1" in one.url and one.locator("li.entrada").count() == 1
    at_home(one, world.base)
    at_home(other, world.base)


def test_a_page_that_slept_comes_back_to_all_that_was_missed(world: World, browser: Any) -> None:
    coe_id = make_coe("14", entries=1).id
    page = new_page(browser)
    log_in(page, world.base, world.correos["sede"])
    page.goto(f"{world.base}/coe/{coe_id}")
    page.context.set_offline(True)
    page.wait_for_selector("[data-vivo]:has-text('Sin conexión')", timeout=PERIOD_MS)
    from tests.coe.test_log_page import fill

    fill({"id": str(coe_id)}, 220)
    page.context.set_offline(False)
    page.wait_for_selector("#folio-221", timeout=PERIOD_MS)
    page.wait_for_function("document.querySelectorAll('li.entrada').length === 221", timeout=PERIOD_MS)
    folios = page.eval_on_selector_all("li.entrada", "all => all.map((e) => Number(e.dataset.folio))")
    assert folios == list(range(221, 0, -1))
