"""`python -m tests.puerta`: how long the door takes, in a real browser, typed as a person types.

A throw-away instance with the practice scenario, served on loopback by the ordinary command. Between keys 60 to 90 ms,
between fields a pause to think, between persons a longer one to ask. From the first key to the page that says it was
saved. Writes ``docs/mediciones/<date>-puerta.json`` and ``docs/puerta.md``. Synthetic people.
"""

from __future__ import annotations

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
        "tareas": {
            name: {
                "limite_s": limit, "n": len(values), "mediana_s": round(median(values), 2),
                "maximo_s": max(values), "cumple": max(values) < limit, "todas_s": values,
            }
            for name, (_, limit) in LIMITS.items() for values in [found[name]]
        },
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
    ]
    return "\n".join(lines)


def main(rounds: int, instance: Path | None = None) -> int:
    """Measure on this machine as it is, and once with its processor slowed four times, as an old laptop.

    ``instance``: a folder where the practice scenario may be prepared already, and stays.
    """
    from playwright.sync_api import sync_playwright

    results: dict[str, Any] = {
        "dia": time.strftime("%d/%m/%Y"), "maquina": facts(), "semilla": SEED,
        "ms_por_tecla": KEY_MS, "ms_entre_campos": THINK_MS, "ms_entre_personas": ASK_MS, "equipos": [],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        os.environ["ALBERGUES_INDICIOS_HORA"] = os.environ["ALBERGUES_BUSQUEDAS_HORA"] = "500"
        home = instance or Path(folder)
        with demo(home) as (port, clave):
            base = f"http://127.0.0.1:{port}"
            desk = f"/activaciones/{filling(home)['activacion']}/ingresos/nuevo"
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name, slower, times in (("Este equipo", 1, rounds), ("4 veces más lento", 4, 1)):
                page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-GT").new_page()
                log_in(page, base, "registro", clave)
                page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
                equipo = {"nombre": name, "cpu_entre": slower, **measure(page, base, desk, times)}
                results["equipos"].append(equipo)
                page.context.close()
            browser.close()
    path = save("puerta", results)
    (ROOT / "docs" / "puerta.md").write_text(
        written(results, f"docs/mediciones/{path.name}"), encoding="utf-8"
    )
    good = True
    for equipo in results["equipos"]:
        for name, found in equipo["tareas"].items():
            print(equipo["nombre"], name, found["mediana_s"], found["maximo_s"], found["limite_s"])
            good = good and found["cumple"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    )
