"""The cases: each builds its own instance in a folder, measures, and returns plain values."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from albergues_app.core.ids import uuid7
from bench import machine, wire
from bench.server import Client, free_port, in_parallel, our_server, serving

OPENED = "2026-01-05T08:00:00-06:00"


class World:
    """A prepared SQLite instance with an account, a token, an emergency and open shelters."""

    def __init__(self, folder: Path, shelters: int) -> None:
        from albergues_app import create_app
        from albergues_app.accounts.services import create_cuenta, create_ficha_api
        from albergues_app.albergues.services import (
            ActivacionNueva,
            AlbergueNuevo,
            CapacidadNueva,
            create_activacion,
            create_albergue,
        )
        from albergues_app.cli.context import SISTEMA
        from albergues_app.core.instance import mark_training
        from albergues_app.core.unit_of_work import unit_of_work
        from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
        from albergues_app.maps.child import ensure_map
        from albergues_app.migrations import run
        from albergues_app.territorio.catalogo import catalogo
        from albergues_app.territorio.loader import load_catalogo

        self.folder = folder
        self.env = {"ALBERGUES_INSTANCIA": str(folder), "ALBERGUES_SECRET_KEY": "x" * 40}
        os.environ.update(self.env)
        self.app = create_app({"INSTANCIA": str(folder)})
        opened = dt.datetime.fromisoformat(OPENED)
        with self.app.app_context():
            run.upgrade()
            with unit_of_work(SISTEMA):
                load_catalogo()
            mark_training()
            ensure_map()
            with unit_of_work(SISTEMA):
                cuenta, _ = create_cuenta(
                    "medida@ejemplo.gt", "Medida", "nacional", [], "tres volcanes verdes"
                )
                self.token = create_ficha_api(cuenta)
                emergencia = uuid4()
                codes = list(catalogo().municipios)
                declare_emergencia(
                    EmergenciaNueva(emergencia, "Medida", "tormenta", opened, sorted({c[:2] for c in codes}))
                )
            self.shelters: list[dict[str, Any]] = []
            for start in range(0, shelters, 500):
                with unit_of_work(SISTEMA):
                    for n in range(start, min(start + 500, shelters)):
                        municipio = codes[n % len(codes)]
                        lat, lon = 14.2 + (n * 7919 % 3300) / 1000, -91.9 + (n * 104729 % 3300) / 1000
                        albergue, _ = create_albergue(
                            AlbergueNuevo(uuid4(), f"Escuela de medida {n}", municipio, "escuela", lat, lon, n % 3 > 0, False,
                                          CapacidadNueva(150, "acta", opened.date()))
                        )  # fmt: skip
                        activacion, _ = create_activacion(
                            ActivacionNueva(uuid4(), albergue.id, emergencia, opened)
                        )
                        self.shelters.append(
                            {"activacion": activacion.id.hex, "emergencia": emergencia.hex, "municipio": municipio,
                             "codigo": albergue.codigo, "id": str(activacion.id)}
                        )  # fmt: skip
            from albergues_app.core.db import db

            db.session.remove()
            db.engine.dispose()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def database(self) -> Path:
        return self.folder / "albergues.sqlite"


def family(now: dt.datetime) -> dict[str, Any]:
    """A household of four with full names."""
    people = [
        ("Juana María", "mujer", 38),
        ("Pedro", "hombre", 41),
        ("Elena", "mujer", 15),
        ("Miguel", "hombre", 6),
    ]
    return {
        "id": str(uuid7()),
        "ocurrido_en": now.isoformat(),
        "familia": {"id": str(uuid7()), "municipio_procedencia": "1413"},
        "personas": [
            {"id": str(uuid7()), "nombres": n, "apellidos": "Raymundo Brito", "sexo": s, "edad": e, "edad_unidad": "anios",
             "parentesco": "otro_pariente"}
            for n, s, e in people
        ],
    }  # fmt: skip


def cold_start(folder: Path, largo: bool) -> dict[str, Any]:
    """Import of the application, first answer of a served worker, memory per worker, and what must be absent."""
    code = (
        "import time,sys; t=time.perf_counter(); from albergues_app import create_app; create_app(); "
        "print(time.perf_counter()-t); print([m for m in ('geopandas','folium','pandas','xlsxwriter','typst') if m in sys.modules])"
    )
    peer = "import time; t=time.perf_counter(); import flask, sqlalchemy.orm, flask_sqlalchemy; print(time.perf_counter()-t)"
    env = {**os.environ, "ALBERGUES_INSTANCIA": str(folder)}

    def run(source: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", source], env=env, capture_output=True, text=True, check=True
        )
        return done.stdout.split("\n")

    ours = sorted(float(run(code)[0]) for _ in range(5))[2]
    theirs = sorted(float(run(peer)[0]) for _ in range(5))[2]
    world = World(folder / "instancia", 5)
    port = free_port()
    start = time.perf_counter()
    with serving(our_server(world.folder, port), world.env, "/salud/vivo", port) as process:
        first = time.perf_counter() - start
        client = Client(port, world.headers)
        for _ in range(50):
            client.ask("GET", "/api/v1/ocupacion?por=departamento")
            client.ask("GET", "/api/v1/mapa/albergues")
            client.ask(
                "POST",
                f"/api/v1/activaciones/{world.shelters[0]['id']}/ingresos",
                family(dt.datetime.now(dt.UTC)),
            )
        workers = [rss_mb(int(p)) for p in children(process.pid)]
    return {
        "crear_aplicacion_s": round(ours, 3),
        "flask_mas_sqlalchemy_s": round(theirs, 3),
        "razon": round(ours / theirs, 2),
        "presentes_que_no_deben": run(code)[1],
        "orden_a_primera_respuesta_s": round(first, 2),
        "memoria_por_proceso_mb": workers,
    }


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used, of its own and of the system for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def check_in(folder: Path, largo: bool) -> dict[str, Any]:
    """Families of four over HTTP with 1 and 8 clients, ours and bare, in one run."""
    world = World(folder / "instancia", 50)
    seconds = 20 if largo else 8
    out: dict[str, Any] = {"fsync_por_s": machine.fsyncs_per_second(folder)}
    port = free_port()
    with serving(our_server(world.folder, port), world.env, "/salud/vivo", port):
        for clients in (1, 8):
            out[f"nuestro_{clients}"] = _check_ins(world, port, clients, seconds)
    bare_port, bare_base = free_port(), folder / "pelado.sqlite"
    order = [
        str(Path(sys.executable).parent / "gunicorn"), "-w", "2", "--threads", "2", "-k", "gthread", "--bind",
        f"127.0.0.1:{bare_port}", "--no-control-socket", f"bench.bare:make('{bare_base}')",
    ]  # fmt: skip
    with serving(order, {}, "/salud/vivo", bare_port):
        for clients in (1, 8):

            def make(n: int) -> Any:
                client = Client(bare_port, {})
                return lambda: client.ask(
                    "POST", "/ingreso", {**family(dt.datetime.now(dt.UTC)), "lugar": str(n)}
                )

            samples, rate = in_parallel(clients, seconds / 2, make)
            out[f"pelado_{clients}"] = {"por_s": round(rate, 1), **machine.quantiles(samples)}
            ours = out[f"nuestro_{clients}"]
            ours["parte_del_pelado"] = round(ours["por_s"] / rate, 3)
    with world.app.app_context():
        from albergues_app.ocupacion.verify import differences

        out["diferencias_al_verificar"] = len(differences())
    return out


def _check_ins(world: World, port: int, clients: int, seconds: float) -> dict[str, Any]:
    def make(n: int) -> Any:
        client = Client(port, world.headers)
        path = f"/api/v1/activaciones/{world.shelters[n]['id']}/ingresos"

        def go() -> None:
            status, body, _ = client.ask("POST", path, family(dt.datetime.now(dt.UTC)))
            if status != 201:
                raise RuntimeError(f"{status} {body[:300]!r}")

        return go

    in_parallel(clients, 1, make)
    samples, rate = in_parallel(clients, seconds, make)
    return {"por_s": round(rate, 1), **machine.quantiles(samples)}


def occupancy(folder: Path, largo: bool) -> dict[str, Any]:
    """Occupancy now and as of any hour by department; with --largo also at 200,000 and 2,000,000 movements."""
    sizes = {"250k": (250_000, 200)}
    if largo:
        sizes = {"50k": (50_000, 200), "250k": (250_000, 200), "500k": (500_000, 200)}
    return {name: _occupancy(folder / name, persons, days) for name, (persons, days) in sizes.items()}


def _occupancy(folder: Path, persons: int, days: int) -> dict[str, Any]:
    from bench.volume import fill

    world = World(folder, 1_000)
    now = dt.datetime.now(dt.UTC)
    made = fill(world.database, world.shelters, "", persons, days, now)
    out: dict[str, Any] = {**made}
    with world.app.app_context():
        from albergues_app.accounts.identity import load_identity
        from albergues_app.accounts.services import find_cuenta
        from albergues_app.core.db import db
        from albergues_app.ocupacion.figures import cuadro

        cuenta = find_cuenta("medida@ejemplo.gt")
        assert cuenta is not None
        who = load_identity(cuenta.id)
        assert who is not None
        week = now - dt.timedelta(days=7)
        cases = {
            "ahora_departamento": lambda: cuadro(who, "departamento"),
            "ahora_departamento_bandas": lambda: cuadro(who, "departamento", bandas=True),
            "hace_una_semana": lambda: cuadro(who, "departamento", week),
            "a_mitad_de_la_historia": lambda: cuadro(who, "departamento", now - dt.timedelta(days=days / 2)),
            "hace_una_semana_como_se_sabia": lambda: cuadro(who, "departamento", week, week),
        }
        from albergues_app.ocupacion.daily import series

        last_days = [now.date() - dt.timedelta(days=n) for n in range(1, 7)]
        samples = []
        for _ in range(15):
            db.session.rollback()
            start = time.perf_counter()
            series(None, last_days)
            samples.append(time.perf_counter() - start)
        out["seis_dias_sin_corte_guardado"] = machine.quantiles(samples)
        for name, ask in cases.items():
            samples = []
            for _ in range(15):
                db.session.rollback()
                start = time.perf_counter()
                table = ask()
                samples.append(time.perf_counter() - start)
            out[name] = {"personas": table.total.personas, **machine.quantiles(samples)}
        db.session.remove()
        db.engine.dispose()
    return out


def map_data(folder: Path, largo: bool) -> dict[str, Any]:
    """Bytes and speed of the map's data for 5,000 and 20,000 shelters."""
    out: dict[str, Any] = {}
    for count in (5_000, 20_000) if largo else (5_000,):
        world = World(folder / str(count), count)
        port = free_port()
        with serving(our_server(world.folder, port), world.env, "/salud/vivo", port):
            client = Client(port, {**world.headers, "Accept-Encoding": "gzip"})
            start = time.perf_counter()
            _, body, headers = client.ask("GET", "/api/v1/mapa/albergues")
            first = time.perf_counter() - start
            etag = headers["ETag"]

            def plain(_n: int, port: int = port, world: World = world) -> Any:
                mine = Client(port, {**world.headers, "Accept-Encoding": "gzip"})
                return lambda: mine.ask("GET", "/api/v1/mapa/albergues")

            def conditional(_n: int, port: int = port, world: World = world, etag: str = etag) -> Any:
                mine = Client(port, {**world.headers, "Accept-Encoding": "gzip", "If-None-Match": etag})
                return lambda: mine.ask("GET", "/api/v1/mapa/albergues")

            full, full_rate = in_parallel(8, 5, plain)
            same, same_rate = in_parallel(8, 5, conditional)
        out[str(count)] = {
            "kb_gzip": round(len(body) / 1024, 1),
            "kb": round(len(gzip.decompress(body)) / 1024, 1),
            "primera_s": round(first, 3),
            "por_s_8": round(full_rate, 1),
            "p95_ms": machine.quantiles(full)["p95_ms"],
            "304_por_s_8": round(same_rate, 1),
            "304_p95_ms": machine.quantiles(same)["p95_ms"],
        }
    return out


def browser_session(world: World, port: int) -> dict[str, str]:
    """Cookies of a person who logged in through the page."""
    import re

    client = Client(port, {})
    _, body, headers = client.ask("GET", "/entrar")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body.decode())
    assert token is not None
    cookie = headers["Set-Cookie"].split(";")[0]
    import http.client
    import urllib.parse

    form = urllib.parse.urlencode(
        {"correo": "medida@ejemplo.gt", "clave": "tres volcanes verdes", "csrf_token": token.group(1)}
    )
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(
        "POST", "/entrar", form, {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    )
    answer = connection.getresponse()
    answer.read()
    if answer.status != 303:
        raise RuntimeError(f"log-in answered {answer.status}")
    return {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}


def list_page(folder: Path, largo: bool) -> dict[str, Any]:
    """The list of shelters, 50 rows, with 5,000 in the catalogue; and the first page."""
    world = World(folder / "instancia", 5_000)
    port = free_port()
    out: dict[str, Any] = {}
    with serving(our_server(world.folder, port), world.env, "/salud/vivo", port):
        cookies = browser_session(world, port)
        for name, path in {"albergues": "/albergues", "hoy": "/", "mapa": "/mapa"}.items():
            status, body, _ = Client(port, {**cookies, "Accept-Encoding": "gzip"}).ask("GET", path)
            if status != 200:
                out[name] = {"estado": status}
                continue

            def make(_n: int, path: str = path) -> Any:
                client = Client(port, cookies)
                return lambda: client.ask("GET", path)

            out[name] = {"kb": round(len(body) / 1024, 1)}
            for clients in (1, 8):
                samples, rate = in_parallel(clients, 4, make)
                out[name][f"con_{clients}"] = {"por_s": round(rate, 1), **machine.quantiles(samples)}
    return out


def import_persons(folder: Path, largo: bool) -> dict[str, Any]:
    """10,000 persons in families by the batch service, while somebody checks in at a desk."""
    from albergues_app.ocupacion.services import IngresoNuevo, PersonaNueva
    from albergues_app.ocupacion.services.lote import register_ingresos

    world = World(folder / "instancia", 20)
    port = free_port()
    with world.app.app_context():
        from albergues_app.core.unit_of_work import Actor, unit_of_work

        now = dt.datetime.now(dt.UTC)
        batch = []
        for n in range(2_500):
            body = family(now)
            people = [
                PersonaNueva(
                    uuid4(), p["nombres"], f"{p['apellidos']} {n % 700}", p["sexo"], p["edad"], "anios"
                )
                for p in body["personas"]
            ]
            from uuid import UUID

            batch.append(
                IngresoNuevo(
                    uuid4(),
                    UUID(world.shelters[n % 20]["id"]),
                    now,
                    people,
                    uuid4(),
                    municipio_procedencia="1413",
                )
            )
        waits: list[float] = []
        with serving(our_server(world.folder, port), world.env, "/salud/vivo", port):
            import threading

            stop = threading.Event()

            def desk() -> None:
                client = Client(port, world.headers)
                while not stop.is_set():
                    start = time.perf_counter()
                    status, body, _ = client.ask(
                        "POST",
                        f"/api/v1/activaciones/{world.shelters[0]['id']}/ingresos",
                        family(dt.datetime.now(dt.UTC)),
                    )
                    if status != 201:
                        raise RuntimeError(body[:200])
                    waits.append(time.perf_counter() - start)

            thread = threading.Thread(target=desk)
            thread.start()
            time.sleep(1)
            start = time.perf_counter()
            with unit_of_work(Actor("medida", "cli")):
                register_ingresos(batch)
            seconds = time.perf_counter() - start
            time.sleep(0.5)
            stop.set()
            thread.join()
    return {
        "personas": 10_000,
        "segundos_escribir": round(seconds, 2),
        "espera_del_ingreso": machine.quantiles(waits),
    }


def mixed_surge(folder: Path, largo: bool) -> dict[str, Any]:
    """70 writes and 550 reads a second for ten minutes on one SQLite node; reads as rendimiento.md part 9 mixes them."""
    world = World(folder / "instancia", 1_500)
    port = free_port()
    seconds = float(os.environ.get("ALBERGUES_MEZCLA_S", "600"))
    packed = {**world.headers, "Accept-Encoding": "gzip"}

    def writer(n: int) -> wire.Paced:
        path = f"/api/v1/activaciones/{world.shelters[n]['id']}/ingresos"

        def ask(_last: wire.Answer | None) -> bytes:
            return wire.request(
                "POST", path, world.headers, json.dumps(family(dt.datetime.now(dt.UTC))).encode()
            )

        return wire.Paced(port, 7.0, ask, expected=(201,))

    def reader(n: int) -> wire.Paced:
        state = {"etag": "", "n": n}
        sites = wire.request("GET", "/api/v1/albergues?limite=50", packed)
        figures = wire.request("GET", "/api/v1/ocupacion?por=departamento", packed)

        def ask(last: wire.Answer | None) -> bytes:
            state["n"] += 1
            if last is not None and last.etag:
                state["etag"] = last.etag
            turn = state["n"] % 10
            if turn < 7:
                known = {"If-None-Match": state["etag"]} if state["etag"] else {}
                return wire.request("GET", "/api/v1/mapa/albergues", {**packed, **known})
            return sites if turn < 9 else figures

        return wire.Paced(port, 27.5, ask)

    writers, readers = [writer(n) for n in range(10)], [reader(n) for n in range(20)]
    with serving(our_server(world.folder, port), world.env, "/salud/vivo", port) as process:
        deadline = time.monotonic() + 20
        while len(workers := [int(p) for p in children(process.pid)]) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)  # the first answers while the second is still to be born
        before, spent = [rss_mb(p) for p in workers], sum(map(cpu_seconds, workers))
        mine = time.process_time()
        lasted = wire.run([*writers, *readers], seconds)
        mine, spent = time.process_time() - mine, sum(map(cpu_seconds, workers)) - spent
        after = [rss_mb(p) for p in workers]
    writes = [d for one in writers for d in one.durations]
    reads = [d for one in readers for d in one.durations]
    errors = [e for one in (*writers, *readers) for e in one.errors]
    return {
        "segundos_pedidos": seconds,
        "segundos": round(lasted, 1),
        "escrituras_por_s": round(len(writes) / lasted, 1),
        "lecturas_por_s": round(len(reads) / lasted, 1),
        "escrituras": machine.quantiles(writes),
        "lecturas": machine.quantiles(reads),
        "errores": len(errors),
        "primeros_errores": errors[:5],
        "memoria_mb": {"antes": before, "despues": after},
        "cpu_ms_por_pedido": {
            "servidor": round(1000 * spent / (len(writes) + len(reads)), 2),
            "cliente": round(1000 * mine / (len(writes) + len(reads)), 2),
        },
    }


__all__ = ["check_in", "cold_start", "import_persons", "list_page", "map_data", "mixed_surge", "occupancy"]
