"""`python -m tests.puerta`: how long the door and the parte take, in a real browser, typed as a person types.

A throw-away instance with the practice scenario, served on loopback by the ordinary command. Between keys 60 to 90 ms,
between fields a pause to think, between persons a longer one to ask. From the first key to the page that says it was
saved. The parte: on a telephone of 360 px with a slow processor, by touch, from the open page to the page that says it
was sent. Writes ``docs/mediciones/<date>-puerta.json`` and ``docs/puerta.md``. Synthetic people.

``python -m tests.puerta [rounds] [instance] [parte]``: with «parte», that alone.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.machine import facts, save
from tests.pantallas import CHROMIUM, FLAGS, ROOT, demo, filling, log_in

SEED = 20261121
KEY_MS, THINK_MS, ASK_MS = (60, 90), (200, 600), (700, 1500)
TOUCH_MS, FIND_MS = (140, 260), (600, 1800)
"""On glass: between keys, and to look for the next field, which may have to be scrolled to."""
FAMILY = (
    ("Juana", "Raymundo Brito", "m", "38", "", "2547896321413"),
    ("Pedro", "Cobo Ramírez", "h", "41", "c", "1987456321413"),
    ("Elena", "Cobo Raymundo", "m", "15", "h", ""),
    ("Miguel", "", "h", "11", "h", ""),
    ("Catarina", "", "m", "6", "h", ""),
    ("Diego", "", "h", "8m", "h", ""),
)
"""Name, surnames (empty: what the sheet carries down), sex, age with its unit, key of the kinship, CUI."""
SURNAMES = (
    "Brito Cobo",
    "Ceto Raymundo",
    "Ramírez Toma",
    "Chávez Bernal",
    "Santiago Marcos",
    "De Paz Gallego",
)

LIMITS = {
    "familia_de_seis": ("Familia de seis, solo con el teclado", 90.0),
    "registro_minimo": ("Registro mínimo: nombre o N/N, sexo y edad", 30.0),
    "conocida_por_codigo": ("Familia conocida: código escrito, y su salida", 10.0),
    "conocida_por_tres_signos": ("Familia conocida: tres signos, y su retorno", 10.0),
    "conocida_por_lector": ("Familia conocida: tarjeta con lector USB, y su salida", 10.0),
}


class Hand:
    """A person at a keyboard."""

    def __init__(self, page: Any, seed: int) -> None:
        self.page, self.rng, self.keys = page, random.Random(seed), 0

    def wait(self, span: tuple[int, int]) -> None:
        self.page.wait_for_timeout(self.rng.uniform(*span))

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys += 1
        self.wait(KEY_MS)

    def type(self, text: str) -> None:
        for sign in text:
            self.page.keyboard.type(sign)
            self.keys += 1
            self.wait(KEY_MS)

    def field(self, text: str) -> None:
        """What goes into a field, Enter, and a look at the next one."""
        self.type(text)
        self.press("Enter")
        self.wait(THINK_MS)

    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.name || ''"))


def family_of_six(hand: Hand, surnames: str) -> None:
    """The household and six persons, with two documents; the place of origin stands from the shift, or is typed."""
    if hand.focused() == "departamento_procedencia":
        for text in ("Qui", "Chaj", "Aldea Xix", "Viv", "", "", "", ""):
            hand.field(text)
    assert hand.focused() == "personas-0-nombres", hand.focused()
    for n, (nombres, apellidos, sexo, edad, parentesco, cui) in enumerate(FAMILY):
        if n:
            hand.wait(ASK_MS)
        hand.field(nombres)
        hand.field(surnames if n == 0 else apellidos)
        hand.press(sexo)
        hand.wait(THINK_MS)
        hand.field(edad)
        hand.field(parentesco)
        hand.field("D" if cui else "")
        hand.field(cui)
    save_sheet(hand)


def save_sheet(hand: Hand) -> None:
    """Ctrl+Enter, until the next sheet says that this one was saved."""
    page = hand.page
    sheet = page.input_value("#hoja [name=id]")
    hand.press("Control+Enter")
    page.wait_for_selector(f"#hoja [name=id]:not([value='{sheet}']), #errores", state="attached")
    if page.locator("#errores").count():
        raise RuntimeError(f"it was not saved: {page.inner_text('#errores')}")


def ready(page: Any, names: tuple[str, ...]) -> None:
    """The page has loaded and the cursor stands where the clerk begins."""
    while page.evaluate("document.readyState !== 'complete' || !document.activeElement.name") or (
        page.evaluate("document.activeElement.name") not in names
    ):
        page.wait_for_timeout(20)
    page.wait_for_timeout(200)


DESK = ("departamento_procedencia", "personas-0-nombres")


def minimum(hand: Hand) -> None:
    assert hand.focused() == "personas-0-nombres", hand.focused()
    for text in ("N/N", ""):
        hand.field(text)
    hand.press("h")
    hand.wait(THINK_MS)
    hand.type("40")
    save_sheet(hand)


def by_code(hand: Hand, code: str) -> None:
    """From the desk: F2, the code, a look at who they are, and the button that has the focus."""
    hand.press("F2")
    hand.field(code)
    _act(hand)


def by_reader(hand: Hand, code: str) -> None:
    scan(hand.page, code)
    _act(hand)


def scan(page: Any, code: str) -> None:
    """A USB reader: keys six milliseconds apart by the clock of the machine, however slow the page is."""
    session = page.context.new_cdp_session(page)
    at = time.time()
    for sign in [*code, "\r"]:
        key = (
            {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13} if sign == "\r" else {"key": sign}
        )
        session.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": sign, "timestamp": at, **key})
        session.send("Input.dispatchKeyEvent", {"type": "keyUp", "timestamp": at + 0.003, **key})
        at += 0.006
    session.detach()


def _act(hand: Hand) -> None:
    page = hand.page
    page.wait_for_url("**/familias/*")
    while hand.focused() != "accion":
        page.wait_for_timeout(20)
    hand.wait(ASK_MS)
    hand.press("Enter")
    page.wait_for_selector(".mensaje")


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def measure(page: Any, base: str, desk: str, rounds: int) -> dict[str, Any]:
    """Every task ``rounds`` times at the same desk, and the keys of the longest."""
    found: dict[str, list[float]] = {name: [] for name in LIMITS}
    keys = 0
    for turn in range(rounds):
        hand = Hand(page, SEED + turn)
        page.goto(base + desk)
        ready(page, DESK)
        found["familia_de_seis"].append(
            timed(lambda h=hand, t=turn: family_of_six(h, SURNAMES[t % len(SURNAMES)]))
        )
        keys = hand.keys
        code = re.search(r"Familia (\w{3}-\w{3})", page.inner_text(".ultima"))
        assert code
        signs = code[1].replace("-", "")
        ready(page, DESK)
        found["registro_minimo"].append(timed(lambda h=hand: minimum(h)))
        for name, way, typed in (
            ("conocida_por_codigo", by_code, signs),
            ("conocida_por_tres_signos", by_code, signs[:3]),
            ("conocida_por_lector", by_reader, signs),
        ):
            page.goto(base + desk)
            ready(page, DESK)
            found[name].append(timed(lambda h=hand, w=way, s=typed: w(h, s)))
    return {
        "teclas_familia_de_seis": keys,
        "tareas": summed(LIMITS, found),
    }


PARTE_LIMITS = {
    "parte_seis_casillas": ("Parte: las seis casillas, contadas de nuevo", 120.0),
    "parte_completo": (
        "Parte: además conteo, camas, raciones y servicios, y todo lo propuesto confirmado",
        120.0,
    ),
}
COUNTED = {"fuente": "conteo_fisico", "personas": 3, "familias": 1, "mujeres": 2, "hombres": 1}
"""What differs from the proposal: so many more than the register holds."""
SERVICES = {
    "pernoctaron": "{personas}", "conteo_fisico": "{personas}", "agua_litros": "9000", "duchas": "6",
    "raciones_desayuno": "{personas}", "raciones_almuerzo": "{personas}", "raciones_cena": "{personas}",
    "consultas_medicas": "4",
}  # fmt: skip


class Thumb(Hand):
    """A person with a telephone: taps, and a keyboard of glass."""

    def wait(self, span: tuple[int, int]) -> None:
        super().wait(TOUCH_MS if span == KEY_MS else span)

    def tap(self, selector: str) -> None:
        """Look for it, bring it into sight, tap it."""
        self.wait(FIND_MS)
        self.page.locator(selector).first.scroll_into_view_if_needed()
        self.page.locator(selector).first.tap()

    def write(self, name: str, value: str) -> None:
        self.tap(f"#hoja [name={name}]")
        self.page.locator(f"#hoja [name={name}]").select_text()
        self.type(value)


def send_parte(hand: Thumb, whole: bool) -> None:
    """The first part counted anew; ``whole``: every folded part opened, its proposals confirmed, the services typed."""
    page = hand.page
    hand.tap("#hoja [name=fuente]")
    hand.wait(FIND_MS)
    page.locator("#hoja [name=fuente]").select_option(str(COUNTED["fuente"]))
    people = 0
    for name in ("personas", "familias", "mujeres", "hombres"):
        value = int(page.input_value(f"#hoja [name={name}]") or 0) + int(COUNTED[name])
        people = value if name == "personas" else people
        hand.write(name, str(value))
    if whole:
        for n in range(page.locator("#hoja details.panel > summary").count()):
            part = f"#hoja details.panel >> nth={n}"
            hand.tap(f"{part} >> summary")
            mark = page.locator(part).locator("[name=confirma]")
            if mark.count() and mark.first.is_visible():
                hand.tap(f"{part} >> [name=confirma]")
            for name, value in SERVICES.items():
                if page.locator(part).locator(f"[name={name}]").count():
                    hand.write(name, value.format(personas=people))
    hand.tap("button:has-text('Enviar parte')")
    page.wait_for_selector(".mensaje, #errores")
    if page.locator("#errores").count():
        raise RuntimeError(f"it was not sent: {page.inner_text('#errores')}")


def measure_parte(page: Any, base: str, path: str, rounds: int) -> dict[str, Any]:
    """Both partes ``rounds`` times from the page as it opens."""
    found: dict[str, list[float]] = {name: [] for name in PARTE_LIMITS}
    for turn in range(rounds):
        for name, whole in (("parte_seis_casillas", False), ("parte_completo", True)):
            page.goto(base + path)
            page.wait_for_load_state("networkidle")
            hand = Thumb(page, SEED + turn)
            found[name].append(timed(lambda h=hand, w=whole: send_parte(h, w)))
    return summed(PARTE_LIMITS, found)


def summed(limits: dict[str, tuple[str, float]], found: dict[str, list[float]]) -> dict[str, Any]:
    return {
        name: {
            "limite_s": limit, "n": len(values), "mediana_s": round(median(values), 2), "maximo_s": max(values),
            "cumple": max(values) < limit, "todas_s": values,
        }
        for name, (_, limit) in limits.items() for values in [found[name]]
    }  # fmt: skip


def written(results: dict[str, Any], source: str) -> str:
    """The page of the figures, in Spanish."""
    equipos = results["equipos"]
    lines = [
        "# El tiempo en la puerta",
        "",
        f"Lo escribe `python -m tests.puerta`; los números completos están en `{source}`. Medido el",
        f"{results['dia']} en una máquina de {results['maquina']['nucleos']} núcleos con Chromium de verdad, la",
        "emergencia de práctica y el servidor de siempre.",
        "",
        "Un guion teclea como una persona: de {} a {} ms entre teclas, de {} a {} ms para pensar entre campos y de {} a {} "
        "ms para preguntar entre una persona y otra. Se cuenta desde la primera tecla hasta la página que dice que quedó "
        "guardado.".format(*KEY_MS, *THINK_MS, *ASK_MS),
        "",
        "| Qué | Límite | " + " | ".join(f"{e['nombre']}: mediana (máximo)" for e in equipos) + " |",
        "|---|---|" + "---|" * len(equipos),
    ]
    for name, (words, limit) in LIMITS.items():
        cells = [e["tareas"][name] for e in equipos]
        said = " | ".join(f"{c['mediana_s']:.1f} s ({c['maximo_s']:.1f} s), n = {c['n']}" for c in cells)
        lines.append(f"| {words} | {limit:.0f} s | {said} |")
    lines += [
        "",
        f"La familia de seis son unas {equipos[0]['teclas_familia_de_seis']} teclas: nombre, apellidos (los hijos los "
        "heredan de la fila de arriba), sexo, edad, parentesco y el CUI de los dos adultos. La primera del turno escribe "
        "además de dónde vienen; las siguientes lo traen puesto.",
        "",
        "Lo que aquí no está: la conversación, los nombres que hay que deletrear, el papel mojado. Por eso la página de "
        "cada albergue muestra además la mediana de lo que de verdad tomó cada ingreso, por día y con su número: ver "
        "«Tiempo en la puerta». Ese tiempo lo cuenta la pantalla con un reloj que nadie ajusta, sin las pausas de más "
        "de 5 minutos, y se guarda solo como un número de segundos, sin persona ni cuenta. Sin JavaScript no se envía nada.",
        "",
        "## El parte en el teléfono",
        "",
        "Con el dedo, en una pantalla de 360 px y con el procesador 4 veces más lento: de {} a {} ms entre teclas, y de {} "
        "a {} ms para hallar cada casilla, desplazar la página incluido. Se cuenta desde que la página está abierta hasta "
        "la que dice que el parte quedó guardado. No está lo que toma contar a la gente.".format(
            *TOUCH_MS, *FIND_MS
        ),
        "",
        "| Qué | Límite | Mediana (máximo) |",
        "|---|---|---|",
    ]
    for name, (words, limit) in PARTE_LIMITS.items():
        c = results["telefono"]["tareas"][name]
        lines.append(
            f"| {words} | {limit:.0f} s | {c['mediana_s']:.1f} s ({c['maximo_s']:.1f} s), n = {c['n']} |"
        )
    lines.append("")
    return "\n".join(lines)


def main(rounds: int, instance: Path | None = None, only_parte: bool = False) -> int:
    """Measure on this machine as it is, and once with its processor slowed four times, as an old laptop.

    ``instance``: a folder where the practice scenario may be prepared already, and stays. ``only_parte``: the figures
    of the door stay those of the last time.
    """
    from playwright.sync_api import sync_playwright

    spans = {
        "ms_por_tecla": KEY_MS, "ms_entre_campos": THINK_MS, "ms_entre_personas": ASK_MS,
        "ms_por_tecla_telefono": TOUCH_MS, "ms_hallar_casilla": FIND_MS,
    }  # fmt: skip
    results: dict[str, Any]
    if only_parte:
        last = max((ROOT / "docs" / "mediciones").glob("*-puerta.json"))
        results = {**json.loads(last.read_text(encoding="utf-8")), **spans}
    else:
        results = {
            "dia": time.strftime("%d/%m/%Y"),
            "maquina": facts(),
            "semilla": SEED,
            **spans,
            "equipos": [],
        }
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        os.environ["ALBERGUES_INDICIOS_HORA"] = os.environ["ALBERGUES_BUSQUEDAS_HORA"] = "500"
        home = instance or Path(folder)
        with demo(home) as (port, clave):
            base, shelter = f"http://127.0.0.1:{port}", f"/activaciones/{filling(home)['activacion']}"
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            if not only_parte:
                results["equipos"] = _at_the_desk(browser, base, clave, f"{shelter}/ingresos/nuevo", rounds)
            results["telefono"] = _on_a_telephone(browser, base, clave, f"{shelter}/partes/nuevo", rounds)
            browser.close()
    saved = save("puerta", results)
    (ROOT / "docs" / "puerta.md").write_text(
        written(results, f"docs/mediciones/{saved.name}"), encoding="utf-8"
    )
    good = True
    for equipo in (*results["equipos"], results["telefono"]):
        for name, found in equipo["tareas"].items():
            print(equipo["nombre"], name, found["mediana_s"], found["maximo_s"], found["limite_s"])
            good = good and found["cumple"]
    return 0 if good else 1


def _at_the_desk(browser: Any, base: str, clave: str, desk: str, rounds: int) -> list[dict[str, Any]]:
    found = []
    for name, slower, times in (("Este equipo", 1, rounds), ("4 veces más lento", 4, 1)):
        page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-GT").new_page()
        log_in(page, base, "registro", clave)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        found.append({"nombre": name, "cpu_entre": slower, **measure(page, base, desk, times)})
        page.context.close()
    return found


def _on_a_telephone(browser: Any, base: str, clave: str, path: str, rounds: int) -> dict[str, Any]:
    size = {"width": 360, "height": 740}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True, locale="es-GT")
    page = context.new_page()
    log_in(page, base, "albergue", clave)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tasks = measure_parte(page, base, path, rounds)
    context.close()
    return {"nombre": "Teléfono", "cpu_entre": 4, "carga_al_terminar": os.getloadavg(), "tareas": tasks}


if __name__ == "__main__":
    given = [a for a in sys.argv[1:] if a != "parte"]
    sys.exit(
        main(
            int(given[0]) if given else 3, Path(given[1]) if len(given) > 1 else None, "parte" in sys.argv[1:]
        )
    )
