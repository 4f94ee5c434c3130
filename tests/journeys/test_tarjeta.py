"""The card at the door in a real browser: read by a reader, by the camera, from a bad photocopy; and one-hand exits."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sqlalchemy import select

from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats.outputs.cards import Tarjetas, render_cards
from albergues_app.ocupacion.cards import codes_of_families
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_parte import TiempoPuerta
from albergues_app.tarjetas.models import Tarjeta
from albergues_app.tarjetas.services import build_lote, create_lote
from tests.conftest import CHROMIUM, FLAGS
from tests.factories.albergues import ingreso, make_activacion, make_albergue, persona
from tests.factories.cuentas import SISTEMA, make_cuenta
from tests.journeys.test_desk import log_in, look
from tests.puerta import scan
from tests.served import served

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.navegador,
    pytest.mark.parametrize("base", ["sqlite"], indirect=True),
]

FRAME = (640, 480)


def picture_of(codigo: str, ppi: int) -> Image.Image:
    """The first card of a printed sheet, cut out."""
    sheet = Tarjetas(codigos=[(codigo, "Lote K7QM4 · 001")], lugar="Escuela de Tzalbal")
    page = Image.open(io.BytesIO(render_cards(sheet, picture_ppi=ppi))).convert("L")
    mm = ppi / 25.4
    left, top = (215.9 - 170) / 2 * mm, (279.4 - 260) / 2 * mm
    return page.crop((int(left), int(top), int(left + 85 * mm), int(top + 52 * mm)))


def photocopy(card: Image.Image, seed: int = 7) -> Image.Image:
    """Copied twice on a tired machine and photographed: blurred, grainy, uneven, turned, a fold across the QR."""
    rng = random.Random(seed)
    grain = np.random.default_rng(seed)
    for _ in range(2):
        card = card.filter(ImageFilter.GaussianBlur(1.6))
        values = np.asarray(card, dtype=float) + grain.normal(0, 38, (card.height, card.width))
        card = Image.fromarray(np.where(values > 128, 235, 25).astype("uint8"))
    values = np.asarray(card, dtype=float)
    fold = int(card.width * 0.2)
    values[:, fold : fold + 5] = 215
    values *= np.linspace(0.62, 1.0, card.width)[None, :]
    card = Image.fromarray(values.astype("uint8")).rotate(rng.choice([-7, 6]), expand=True, fillcolor=190)
    return card.filter(ImageFilter.GaussianBlur(0.8))


def video_of(codigo: str, target: Path) -> None:
    """What a telephone held over the card sees: the copy on a grey table, as raw video."""
    card = photocopy(picture_of(codigo, 150))
    card.thumbnail((FRAME[0] - 60, FRAME[1] - 60))
    table = Image.new("L", FRAME, 150)
    table.paste(card, ((FRAME[0] - card.width) // 2, (FRAME[1] - card.height) // 2))
    grey = bytes([128]) * (FRAME[0] * FRAME[1] // 4)
    frame = b"FRAME\n" + table.tobytes() + grey + grey
    target.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % FRAME + frame * 20)


@pytest.fixture
def place(app: Any) -> Iterator[dict[str, Any]]:
    """A served shelter with one family inside and a lot of three cards."""
    here = make_activacion(make_albergue(nombre="Escuela de Tzalbal"))
    body = ingreso(here, *(persona(nombres=n, apellidos="Cobo") for n in ("Juana", "Pedro", "Elena")))
    lote_id, site = uuid7(), here.albergue
    with unit_of_work(SISTEMA):
        create_lote(build_lote(lote_id, 3, "1413", site.id, site.codigo), codes_of_families)
    stmt = select(Tarjeta.codigo).where(Tarjeta.lote_id == lote_id).order_by(Tarjeta.numero)
    data = {
        "activacion": f"/activaciones/{here.id}",
        "familia": body["familia"]["id"],
        "codigo": body["familia"]["codigo"],
        "libres": list(db.session.scalars(stmt)),
        "correo": make_cuenta("registro", albergue=here.albergue_codigo).correo,
    }
    with served(app) as base:
        yield {**data, "base": base}


@pytest.fixture
def browse(place: dict[str, Any], tmp_path: Path, player: Any) -> Iterator[Any]:
    """``browse(camara=…)``: a page that has logged in, under the true CSP, with a camera that shows a card."""
    opened = []

    def start(camara: str = "", width: int = 1280, bypass: bool = False) -> Any:
        more = []
        if camara:
            video_of(camara, tmp_path / "camara.y4m")
            more = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                    f"--use-file-for-fake-video-capture={tmp_path / 'camara.y4m'}"]  # fmt: skip
        chromium = player.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *more])
        opened.append(chromium)
        context = chromium.new_context(viewport={"width": width, "height": 800}, bypass_csp=bypass)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.complaints, page.asked = [], []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.complaints.append(str(e)))
        page.on("request", lambda r: page.asked.append(r.url))
        log_in(page, place["base"], place["correo"])
        return page

    yield start
    for chromium in opened:
        chromium.close()


def test_a_reader_opens_a_family_from_anywhere_and_one_key_lets_it_out(
    place: dict[str, Any], browse: Any
) -> None:
    page = browse()
    page.goto(place["base"] + place["activacion"] + "/ingresos/nuevo")
    page.focus("[name=personas-0-nombres]")
    scan(page, place["codigo"].replace("-", "").lower())
    page.wait_for_url("**/familias/*")
    assert "3 de 3 dentro" in page.inner_text(".encab")
    assert page.evaluate("document.activeElement.value") == "salida_temporal"
    page.keyboard.press("Enter")
    page.wait_for_selector(".mensaje")
    assert "Salida temporal de 3 personas" in page.inner_text(".mensaje >> nth=0")
    # the next card, read while a button has the focus, opens it and presses nothing
    scan(page, place["codigo"].replace("-", "'"))
    playwright.expect(page.locator(".mensaje")).to_have_count(0)
    assert "0 de 3 dentro, 3 fuera por un rato" in page.inner_text(".encab")
    assert page.evaluate("document.activeElement.value") == "retorno"
    page.locator("input[name=personas]").nth(2).uncheck()
    page.click("button[value=retorno]")
    page.wait_for_selector(".mensaje")
    assert "2 de 3 dentro, 1 fuera" in page.inner_text(".encab")
    assert page.complaints == []


def test_a_reader_puts_a_free_card_on_the_sheet_and_spoils_nothing(
    place: dict[str, Any], browse: Any
) -> None:
    page = browse()
    page.goto(place["base"] + place["activacion"] + "/ingresos/nuevo")
    page.focus("[name=personas-0-nombres]")
    page.keyboard.type("Catarina", delay=60)
    page.keyboard.press("Enter")
    page.keyboard.type("Brito", delay=60)
    page.keyboard.press("Enter")
    free = place["libres"][0]
    scan(page, free.replace("-", ""))
    playwright.expect(page.locator("#c-tarjeta")).to_have_value(free)
    assert page.evaluate("document.activeElement.name") == "personas-0-sexo"
    assert page.input_value("[name=personas-0-sexo]") == ""
    assert page.input_value("[name=personas-0-edad]") == ""
    page.keyboard.press("m")
    page.keyboard.type("31", delay=60)
    # a known family read now would lose the sheet: it is offered, not opened
    scan(page, place["codigo"].replace("-", ""))
    page.wait_for_selector("#a-codigo a")
    assert page.input_value("[name=personas-0-nombres]") == "Catarina"
    assert page.input_value("[name=personas-0-edad]") == "31"
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".ultima")
    assert f"Familia {free}" in page.inner_text(".ultima")
    db.session.rollback()
    assert db.session.scalars(select(Familia.codigo).where(Familia.codigo == free)).one() == free
    took = db.session.scalars(select(TiempoPuerta.segundos)).one()
    assert 1 <= took <= 60
    # somebody else's hands: the same card again is refused, and the sheet stays
    page.fill("[name=personas-0-nombres]", "Otra")
    page.select_option("[name=personas-0-sexo]", "mujer")
    page.fill("#c-tarjeta", free)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#errores")
    assert "ya es de una familia registrada" in page.inner_text("#errores")
    assert page.input_value("[name=personas-0-nombres]") == "Otra"
    assert [c for c in page.complaints if "status of 422" not in c] == []


def test_the_camera_reads_a_photocopy_with_our_own_reader_and_a_strict_policy(
    place: dict[str, Any], browse: Any
) -> None:
    page = browse(camara=place["codigo"], width=360)
    answer = page.goto(place["base"] + place["activacion"] + "/familia-conocida")
    assert "wasm" not in answer.headers["content-security-policy"]
    assert not [u for u in page.asked if "zxing" in u], (
        "nothing of the reader is fetched before it is asked for"
    )
    page.click("#leer-camara")
    page.wait_for_url("**/familias/*")
    assert page.inner_text("h1") == f"Familia {place['codigo']}"
    assert [u for u in page.asked if u.endswith("zxing_reader.wasm")]
    assert [u for u in page.asked if not u.startswith((place["base"], "data:", "blob:"))] == []
    assert page.complaints == []
    db.session.rollback()
    assert len(db.session.scalars(select(Estancia).where(Estancia.egreso_en.is_(None))).all()) == 3


def test_bad_photocopies_of_cards_are_read_from_a_photograph(
    place: dict[str, Any], browse: Any, tmp_path: Path
) -> None:
    page = browse()
    for n, codigo in enumerate([*place["libres"], place["codigo"]]):
        page.goto(place["base"] + place["activacion"] + "/familia-conocida")
        shot = tmp_path / f"copia-{n}.png"
        photocopy(picture_of(codigo, 150), n).save(shot)
        page.set_input_files("#leer-foto input", str(shot))
        if n < 3:
            page.wait_for_selector("#a-codigo a")
            assert codigo in page.inner_text("#a-codigo")
        else:
            page.wait_for_url("**/familias/*")
    Image.new("L", (300, 300), 180).save(tmp_path / "nada.png")
    page.goto(place["base"] + place["activacion"] + "/familia-conocida")
    page.set_input_files("#leer-foto input", str(tmp_path / "nada.png"))
    playwright.expect(page.locator("#a-codigo")).to_contain_text("no se ve")
    assert page.complaints == []


@pytest.mark.parametrize("width", [1280, 360])
def test_the_pages_of_cards_are_sound(place: dict[str, Any], browse: Any, width: int) -> None:
    page = browse(width=width, bypass=True)
    base, here = place["base"], place["activacion"]
    for path, name in (
        (f"{here}/ingresos/nuevo", "desk"),
        (f"{here}/familia-conocida", "known"),
        (f"{here}/familias/{place['familia']}", "family"),
        (f"{here}/familias/{place['familia']}/reponer-tarjeta", "replace"),
        ("/tarjetas", "lots"),
        ("/tarjetas/nuevo", "new lot"),
        (here, "shelter"),
    ):
        page.goto(base + path)
        look(page, name)
    page.goto(f"{base}/tarjetas")
    page.locator("table a.cod").first.click()
    page.wait_for_selector("h1 .cod")
    look(page, "lot")
    page.goto(f"{base}{here}/familia-conocida")
    page.fill("#c-codigo", place["codigo"][:3])
    page.keyboard.press("Enter")
    page.wait_for_url("**/familias/*")
