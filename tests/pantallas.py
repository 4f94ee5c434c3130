"""`make pantallas`: pictures of the main screens, at 1280 and 360 px, into docs/pantallas.

A throw-away instance with the scenario eta-iota, served on loopback, walked by Debian's Chromium. Synthetic people.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.server import free_port, our_server, serving

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "pantallas"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"1280": (1280, 800), "360": (360, 740)}
SCREENS: tuple[tuple[str, str, str], ...] = (
    # name, role, path ("{…}" is filled from the instance)
    ("entrar", "", "/entrar"),
    ("formatos", "", "/formatos"),
    ("hoy-sede", "sede", "/"),
    ("hoy-registro", "registro", "/"),
    ("albergues", "sede", "/albergues"),
    ("albergue", "sede", "/albergues/{albergue}"),
    ("activacion", "sede", "/activaciones/{activacion}"),
    ("ingreso", "registro", "/activaciones/{activacion}/ingresos/nuevo"),
    ("personas", "registro", "/activaciones/{activacion}/personas"),
    ("parte", "albergue", "/activaciones/{activacion}/partes/nuevo"),
    ("partes-mensaje", "sede", "/partes/mensaje"),
    ("llamadas", "sede", "/llamadas"),
    ("diferencias", "sede", "/diferencias"),
    ("cuadre", "sede", "/cuadre"),
    ("compromisos", "sede", "/compromisos"),
    ("mando", "mando", "/mapa"),
    ("emergencias", "nacional", "/emergencias"),
    ("cuentas", "administracion", "/cuentas"),
    ("importar", "nacional", "/importaciones/"),
    ("buscar", "sede", "/buscar?q=escuela"),
)


@contextmanager
def demo(instance: Path) -> Iterator[tuple[int, str]]:
    """A prepared and served demo; gives the port and the passphrase of its accounts."""
    env = {"ALBERGUES_INSTANCIA": str(instance)}
    albergues = str(Path(sys.executable).parent / "albergues")
    subprocess.run([albergues, "demo", "--solo-preparar"], env={**os.environ, **env}, check=True)
    accounts = (instance / "cuentas-demo.txt").read_text(encoding="utf-8")
    clave = accounts.split("\n")[0].split()[1]
    port = free_port()
    with serving(our_server(instance, port), env, "/salud/vivo", port):
        yield port, clave


def filling(instance: Path) -> dict[str, str]:
    """Ids of a busy shelter, as the accounts of the demo see it."""
    os.environ["ALBERGUES_INSTANCIA"] = str(instance)
    from sqlalchemy import select

    from albergues_app import create_app
    from albergues_app.accounts.models import CuentaTerritorio
    from albergues_app.albergues.models import Activacion
    from albergues_app.core.db import db

    with create_app().app_context():
        code = db.session.scalar(select(CuentaTerritorio.codigo).where(CuentaTerritorio.clase == "albergue"))
        row = db.session.scalars(select(Activacion).where(Activacion.albergue_codigo == code)).first()
        assert row is not None
        return {"activacion": str(row.id), "albergue": str(row.albergue_id)}


def log_in(page: Any, base: str, rol: str, clave: str) -> None:
    page.goto(f"{base}/entrar")
    page.fill("input[name=correo]", f"{rol}@demo.gt")
    page.fill("input[name=clave]", clave)
    page.click("button:has-text('Entrar')")
    page.wait_for_load_state("networkidle")


def main(out: Path = OUT, only: set[str] | None = None, instance: Path | None = None) -> None:
    """Take the pictures."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        home = instance or Path(folder)
        with demo(home) as (port, clave):
            ids, base = filling(home), f"http://127.0.0.1:{port}"
            browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for size, (width, height) in SIZES.items():
                pages: dict[str, Any] = {}
                for name, rol, path in SCREENS:
                    if only and name not in only:
                        continue
                    if rol not in pages:
                        pages[rol] = browser.new_context(
                            viewport={"width": width, "height": height}, locale="es-GT"
                        ).new_page()
                        if rol:
                            log_in(pages[rol], base, rol, clave)
                    page = pages[rol]
                    answer = page.goto(base + path.format(**ids), wait_until="networkidle")
                    page.wait_for_timeout(700 if name == "mando" else 100)
                    tall = min(2200, page.evaluate("document.documentElement.scrollHeight"))
                    clip = {"x": 0, "y": 0, "width": width, "height": tall}
                    page.screenshot(path=out / f"{name}-{size}.png", full_page=True, clip=clip)
                    print(name, size, answer.status if answer else "?")
                for page in pages.values():
                    page.context.close()
            browser.close()


if __name__ == "__main__":
    main()
