"""Filled formats by the thousand: the workbook written and read, and a file of households from upload to written."""

from __future__ import annotations

import datetime as dt
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import machine
from bench.cases import World, family
from bench.server import Client, free_port, our_server, serving

FAMILIES, PEOPLE = 2_500, 10_000
WHEN = "%d/%m/%Y %H:%M"


def households(count: int) -> list[dict[str, Any]]:
    """Raw answers of boletas, four persons each, no two alike."""
    now = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=7)).strftime(WHEN)
    names = [p for _ in range(count) for p in family(dt.datetime.now(dt.UTC))["personas"]]
    return [
        {
            "ocurrido_en": now,
            "comunidad_procedencia": f"Aldea {n}",
            "municipio_procedencia": "1413",
            "personas": [
                {
                    "nombres": p["nombres"], "apellidos": f"{p['apellidos']} {word(n)}", "sexo": p["sexo"],
                    "edad": p["edad"], "edad_unidad": "anios",
                }
                for p in names[4 * n : 4 * n + 4]
            ],
        }
        for n in range(count)
    ]  # fmt: skip


def word(n: int) -> str:
    """Letters for a number: names hold no digits."""
    return "".join("aeioulnrst"[int(d)] for d in str(n)).capitalize()


def filled_formats(folder: Path, largo: bool) -> dict[str, Any]:
    """20,000 rows of a workbook written and read; 10,000 persons from upload to written beside a busy desk."""
    world = World(folder / "instancia", 20)
    with world.app.app_context():
        return {"libro_20000": workbook_rows(), "boletas_10000": whole_import(world)}


def workbook_rows() -> dict[str, Any]:
    """The workbook of boletas with 20,000 rows of persons."""
    from albergues_app.formats import catalogo
    from albergues_app.formats.outputs.xlsx import write_workbook
    from albergues_app.formats.outputs.xlsx_in import read_filled, read_sheets
    from albergues_app.ocupacion.format_catalogs import format_catalogos

    formato, known, records = catalogo.latest("boleta_ingreso"), format_catalogos(), households(5_000)
    out: dict[str, Any] = {}
    target = BytesIO()
    out["escribir_s"] = timed(lambda: write_workbook(formato, target, known, records))
    content = target.getvalue()
    out["kb"] = len(content) // 1024
    out["leer_celdas_s"] = timed(lambda: read_sheets(content))
    out["leer_registros_s"] = timed(lambda: read_filled(formato, content))
    return out


def whole_import(world: Any) -> dict[str, Any]:
    """The three steps of the page, as its tasks do them, while somebody checks in by the API."""
    from albergues_app.accounts.identity import load_identity
    from albergues_app.accounts.services import find_cuenta
    from albergues_app.capturas.places import lugar_of_activacion
    from albergues_app.formats import catalogo
    from albergues_app.formats.outputs.xlsx import write_workbook
    from albergues_app.interchange import format_stages as stages
    from albergues_app.interchange.format_import import Encargo
    from albergues_app.interchange.uploads import keep_upload
    from albergues_app.ocupacion.format_catalogs import format_catalogos

    formato, target = catalogo.latest("boleta_ingreso"), BytesIO()
    write_workbook(formato, target, format_catalogos(), households(FAMILIES))
    account = find_cuenta("medida@ejemplo.gt")
    identity = load_identity(account.id) if account else None
    if identity is None:
        raise RuntimeError("no account")
    lugar = lugar_of_activacion(UUID(world.shelters[1]["id"]))
    port = free_port()
    waits: list[float] = []
    stop = threading.Event()

    def desk() -> None:
        client = Client(port, world.headers)
        while not stop.is_set():
            start = time.perf_counter()
            path = f"/api/v1/activaciones/{world.shelters[0]['id']}/ingresos"
            status, body, _ = client.ask("POST", path, family(dt.datetime.now(dt.UTC)))
            if status != 201:
                raise RuntimeError(body[:200])
            waits.append(time.perf_counter() - start)
            time.sleep(0.02)

    with serving(our_server(world.folder, port), world.env, "/salud/vivo", port):
        thread = threading.Thread(target=desk)
        thread.start()
        steps: dict[str, Any] = {}
        carga = keep_upload(identity.id, "boletas.xlsx", target.getvalue(), stages.CLASE)
        stages.keep_encargo(carga, Encargo(formato, lugar, True))
        steps["leer_s"] = timed(lambda: stages.read_upload(carga, identity))
        steps["revisar_s"] = timed(lambda: stages.rehearse(carga, identity))
        shown = carga.get_json("ensayo")
        if shown["errores"] or shown["nuevos"] != FAMILIES:
            raise RuntimeError(shown["grupos"][0])
        actor = identity.as_actor("web")
        steps["guardar_s"] = timed(lambda: stages.save(carga, identity, actor, False, lambda *_: None))
        stop.set()
        thread.join()
    steps["total_s"] = round(sum(steps.values()), 2)
    return {"personas": PEOPLE, **steps, "espera_del_ingreso": machine.quantiles(waits)}


def timed(work: Any) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)
