"""The paper: one page warm, a register of 1,000 persons in a child, and the public shelf under load."""

from __future__ import annotations

import http.client
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from albergues_app.formats import catalogo
from albergues_app.formats.outputs.pdf import Encabezado, PdfJob, render_many, render_pdf
from bench.server import free_port, serving

PERSONS, REGISTERS, CLIENTS = 1000, 20, 4


def paper(folder: Path, largo: bool) -> dict[str, Any]:
    """Milliseconds of a page, seconds and memory of a register, growth of the process that asked for it."""
    return {**_one_page(), **_register(REGISTERS if largo else 3), **_shelf(folder)}


def _one_page() -> dict[str, Any]:
    formato = catalogo.get("acta_apertura")
    blank = PdfJob(formato=formato)
    filled = PdfJob(
        formato=formato, answers={"lugar": "Nebaj"}, encabezado=Encabezado(folio="AP-1413-2026-001")
    )
    return {"blanco_ms": _warm(blank), "lleno_ms": _warm(filled)}


def _warm(job: PdfJob) -> float:
    render_pdf(job)
    times = []
    for _ in range(20):
        start = time.perf_counter()
        render_pdf(job)
        times.append(time.perf_counter() - start)
    return round(1000 * median(times), 1)


def _register(times: int) -> dict[str, Any]:
    rows = [
        {"nombre": f"María José Raymundo Brito {n}", "sexo": "mujer", "edad": 20 + n % 60, "procedencia": "Nebaj"}
        for n in range(PERSONS)
    ]  # fmt: skip
    formato = catalogo.get("registro_nocturno")
    job = PdfJob(formato=formato, answers={"personas": rows})
    render_many([PdfJob(formato=formato)])
    before, taken = _rss_mb(), []
    for _ in range(times):
        start = time.perf_counter()
        render_many([job])
        taken.append(time.perf_counter() - start)
    return {
        "registro_1000_s": round(median(taken), 2),
        "registro_hijo_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        f"crece_tras_{times}_mb": _rss_mb() - before,
    }


def _rss_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024**2


def _shelf(folder: Path) -> dict[str, Any]:
    """Pages a second of the public shelf, by one process of ours on this machine."""
    env = {**os.environ, "ALBERGUES_INSTANCIA": str(folder / "instancia")}
    order = [str(Path(sys.executable).parent / "albergues")]
    subprocess.run([*order, "base", "actualizar"], env=env, check=True, capture_output=True)
    port = free_port()
    served = serving([*order, "servir", "--puerto", str(port)], env, "/salud/vivo", port)
    with served, ThreadPoolExecutor(CLIENTS) as pool:
        counts = list(pool.map(lambda _: _ask(port, 5.0), range(CLIENTS)))
    return {"estante_por_s": round(sum(counts) / 5.0)}


def _ask(port: int, seconds: float) -> int:
    connection, done, end = http.client.HTTPConnection("127.0.0.1", port), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        connection.request("GET", "/formatos", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"/formatos: {answer.status}")
        done += 1
    return done
