"""Exports of 100,000 stays as XLSX and CSV in a child, its seconds and memory; and how wrong the projection was."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

STAYS = 100_000
ASKED = """
import json, sys, time
from albergues_app import create_app
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import Actor
from uuid import UUID
app = create_app()
with app.app_context():
    from albergues_app.exportaciones.models import Exportacion
    from albergues_app.exportaciones import services, work
    row = db.session.get(Exportacion, UUID(sys.argv[1]))
    actor = Actor("medida", "cli", row.cuenta_id)
    import xlsxwriter
    def top():  # ru_maxrss begins at what the parent held
        text = open("/proc/self/status").read()
        return int(text.split("VmHWM:")[1].split()[0]) / 1024
    before = top()
    start = time.perf_counter()
    made = work.make_file(row.id, actor, lambda *_: None)
    taken = time.perf_counter() - start
    print(json.dumps({"filas": made["filas"], "s": round(taken, 2), "mb": round(made["peso"] / 1e6, 1),
                      "memoria_mb": round(top(), 1), "crece_mb": round(top() - before, 1)}))
"""


def big_exports(folder: Path, largo: bool) -> dict[str, Any]:
    """10,000, 100,000 and 200,000 stays with names, each in its own process: time, and memory, which ends growing
    once SQLite has filled its two page caches of 32 MB (the one that reads and the one that notes the readings).
    """
    out: dict[str, Any] = {}
    for stays in (10_000, STAYS, 2 * STAYS):
        out[str(stays)] = _exports(folder / str(stays), stays)
    return out


def _exports(folder: Path, stays: int) -> dict[str, Any]:
    from albergues_app.accounts.identity import load_identity
    from albergues_app.accounts.services import create_cuenta
    from albergues_app.aprobaciones.services import answer
    from albergues_app.cli.context import SISTEMA
    from albergues_app.core.db import db
    from albergues_app.core.ids import uuid7
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.exportaciones.services import Pedido, request_export
    from bench.cases import World
    from bench.volume import fill

    world = World(folder, 200)
    now = dt.datetime.now(dt.UTC)
    fill(world.database, world.shelters, "", stays, 60, now)
    keys: dict[str, str] = {}
    with world.app.app_context():
        who = []
        for name in ("uno", "dos"):
            with unit_of_work(SISTEMA):
                cuenta, _ = create_cuenta(f"{name}@ejemplo.gt", name, "nacional", [], "tres volcanes verdes")
                key = cuenta.id
            identity = load_identity(key)
            assert identity is not None
            who.append(identity)
        for formato in ("xlsx", "csv"):
            asked = Pedido(
                uuid7(), "estancias", formato, now, "Medida", "Medida", desde=now - dt.timedelta(days=400),
                columnas=["nombres", "apellidos", "albergue_codigo", "albergue", "municipio"],
            )  # fmt: skip
            with unit_of_work(who[0].as_actor("cli")):
                row = request_export(asked, who[0])
                keys[formato], request = str(row.id), row.aprobacion_id
            assert request is not None
            with unit_of_work(who[1].as_actor("cli")):
                answer(request, "aprobada")
        db.session.remove()
        db.engine.dispose()
    env = {**os.environ, **world.env}
    return {
        formato: json.loads(
            subprocess.run(
                [sys.executable, "-c", ASKED, key], env=env, capture_output=True, text=True, check=True
            ).stdout
        )
        for formato, key in keys.items()
    }


def projection(folder: Path, largo: bool) -> dict[str, Any]:
    """The projection of every shelter of the practice emergency, every six hours of it, against what came."""
    env = {**os.environ, "ALBERGUES_INSTANCIA": str(folder), "ALBERGUES_SECRET_KEY": "x" * 40}
    albergues = str(Path(sys.executable).parent / "albergues")
    subprocess.run(
        [albergues, "base", "actualizar", "--capacitacion"], env=env, check=True, capture_output=True
    )
    subprocess.run([albergues, "escenario", "cargar", "eta-iota"], env=env, check=True, capture_output=True)
    os.environ.update({"ALBERGUES_INSTANCIA": str(folder), "ALBERGUES_SECRET_KEY": "x" * 40})
    from albergues_app import create_app
    from albergues_app.consolidados.projection import backtest
    from albergues_app.core.db import db
    from albergues_app.emergencias.models import Emergencia

    with create_app().app_context():
        emergencia = db.session.scalars(db.select(Emergencia)).one()
        end = emergencia.inicio + dt.timedelta(days=12)
        found = backtest(emergencia.id, emergencia.inicio, end)
        db.session.remove()
        db.engine.dispose()
    return {
        f"{e.horas} h": {
            "casos": e.casos, "error_medio_personas": e.medio, "error_p90_personas": e.p90,
            "error_medio_si_nada_cambia": e.medio_sin_cambio,
        }
        for e in found
    }  # fmt: skip
