"""The map in a real browser: drawn, local, safe, usable by keyboard; times are printed and not asserted."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.served import served

pytestmark = pytest.mark.navegador

PAGINA = runpy.run_path(str(Path(__file__).with_name("pagina_mapa.py")))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    app = PAGINA["make_app"](tmp_path_factory.mktemp("mapa"), 17)
    with served(app) as base:
        yield base, app


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page that notes every request and every complaint of the browser."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.requests_seen = []
    page.complaints = []
    page.on("request", lambda r: page.requests_seen.append(r.url))
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    page.add_init_script(
        "const on = (name, f) => document.addEventListener(name, e => f(e.detail)); window.sucesos = [];"
        "on('mapa:listo', d => { window.listo = d; window.listoEn = performance.now(); });"
        "on('mapa:departamento', d => window.sucesos.push(d));"
    )
    yield page
    context.close()


def open_map(page: Any, base: str, n: int) -> dict[str, Any]:
    page.goto(f"{base}/?n={n}")
    page.wait_for_selector("#mapa-mando[data-listo]", timeout=60_000)
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    return dict(page.evaluate("() => ({...window.listo, total: Math.round(window.listoEn)})"))


def painted_pixels(page: Any) -> int:
    return int(
        page.evaluate(
            "() => { const c = document.querySelector('.leaflet-albergues-pane canvas');"
            "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; }"
        )
    )


def test_departamentos_and_shelters_are_drawn_and_nothing_leaves_the_origin(
    page: Any, server: tuple[str, Any]
) -> None:
    base, _ = server
    assert open_map(page, base, 17)["albergues"] == 17
    assert page.locator("path.dep").count() == 22
    assert page.locator("path.lago").count() == 3
    assert page.locator("path.dep.c3").count() == 2, "Quiché and Alta Verapaz, 500 to 999 people"
    assert painted_pixels(page) > 2000
    assert page.locator(".rotulo.activo:not(.tapado)").all_inner_texts() == ["Quiché 702", "Alta Verapaz 742"]
    assert "Corte 20/11/2026 18:00" in page.inner_text(".mapa-corte")
    assert "ubicación reservada (2)" in page.inner_text(".mapa-corte")
    assert [url for url in page.requests_seen if not url.startswith((base, "data:"))] == []
    assert page.complaints == []


def test_a_departamento_opens_by_keyboard_and_tells_the_page(page: Any, server: tuple[str, Any]) -> None:
    open_map(page, server[0], 17)
    quiche = page.locator('path.dep[data-codigo="14"]')
    label = quiche.get_attribute("aria-label")
    assert label.startswith("Quiché: 702 personas, 11 albergues")
    assert "2 en ubicación reservada" in label
    quiche.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("path.mun")
    assert page.locator("path.mun").count() == 21
    page.locator(".mapa-volver").click()
    assert page.locator("path.mun").count() == 0
    assert [s["codigo"] for s in page.evaluate("window.sucesos")] == ["14", None]
    assert page.complaints == []


def test_a_click_on_a_departamento_opens_it_and_on_a_shelter_shows_its_card(
    page: Any, server: tuple[str, Any]
) -> None:
    open_map(page, server[0], 17)
    where = page.evaluate(
        "() => { const p = window.map_mando.latLngToContainerPoint([15.81, -90.29]);"
        "const b = window.map_mando.getContainer().getBoundingClientRect();"
        "return [p.x + b.left, p.y + b.top]; }"
    )
    page.mouse.click(*where)
    card = page.locator(".mapa-ficha")
    assert "Escuela Chisec" in card.inner_text()
    assert "84 personas · de 130 lugares (65 %)" in card.inner_text()
    assert page.locator(".leaflet-popup-close-button").get_attribute("aria-label") == "Cerrar"
    assert card.locator("a").get_attribute("href") == "/albergues/codigo/A-015"
    page.keyboard.press("Escape")
    peten = page.locator('path.dep[data-codigo="17"]').bounding_box()
    page.mouse.click(peten["x"] + peten["width"] * 0.6, peten["y"] + peten["height"] * 0.4)
    page.wait_for_selector("path.mun")
    assert page.evaluate("window.sucesos.at(-1).nombre") == "Petén"


def test_occupancy_paints_with_words_and_signs_beside_the_colour(page: Any, server: tuple[str, Any]) -> None:
    open_map(page, server[0], 17)
    page.locator("input[value=ocupacion]").check(force=True)
    assert page.locator("path.dep.ca").count() == 2
    assert page.locator(".rotulo.activo:not(.tapado)").all_inner_texts() == [
        "Quiché ▲ 84 %",
        "Alta Verapaz ▲ 93 %",
    ]
    assert page.locator(".solo-personas").is_hidden()
    assert page.locator(".solo-ocupacion").is_visible()


def test_a_hostile_name_is_shown_as_text(page: Any, server: tuple[str, Any]) -> None:
    open_map(page, server[0], 100)
    page.evaluate("document.dispatchEvent(new CustomEvent('mapa:ir', {detail: {albergue: 'A-00000'}}))")
    page.wait_for_selector(".mapa-ficha")
    assert page.inner_text(".mapa-ficha h3") == PAGINA["XSS"]
    assert page.locator(".mapa-ficha img").count() == 0
    assert page.evaluate("window.ataque") is None
    assert page.complaints == []


def test_a_lost_connection_keeps_the_data_and_says_its_hour(page: Any, server: tuple[str, Any]) -> None:
    base, app = server
    open_map(page, base, 17)
    app.config["CAIDO"] = True
    try:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_selector(".mapa-aviso:not([hidden])")
        assert page.inner_text(".mapa-aviso") == "▲ Sin conexión. Estos datos son del corte 20/11/2026 18:00."
    finally:
        app.config["CAIDO"] = False
    with page.expect_response("**/mapa/datos.json*") as answer:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.status == 304
    page.wait_for_selector(".mapa-aviso", state="hidden")
    assert page.locator("path.dep.activo").count() == 2


def test_an_empty_country_says_why(page: Any, server: tuple[str, Any]) -> None:
    open_map(page, server[0], 0)
    assert page.inner_text(".mapa-aviso") == "Ningún albergue abierto. Los que se abran aparecerán aquí."
    assert page.complaints == []


def test_nothing_is_wider_than_a_telephone(page: Any, server: tuple[str, Any]) -> None:
    page.set_viewport_size({"width": 320, "height": 740})
    open_map(page, server[0], 17)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


SIZES = [
    (5_000, 1),
    (20_000, 6),
    pytest.param(5_000, 6, marks=pytest.mark.largo),
    pytest.param(20_000, 1, marks=pytest.mark.largo),
]


@pytest.mark.parametrize(("n", "slower"), SIZES)
def test_thousands_of_shelters_are_clustered(page: Any, server: tuple[str, Any], n: int, slower: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.request.get(f"{server[0]}/mapa/datos.json?n={n}")  # made beforehand: the server is not measured
    ready = open_map(page, server[0], n)
    nodes = page.evaluate("document.querySelectorAll('*').length")
    print(f"\n{n:,} albergues, CPU ÷{slower}: listo en {ready['total']} ms, {nodes} nodos")
    assert page.locator(".cumulo").count() > 5
    assert nodes < 2_500
    assert page.complaints == []
