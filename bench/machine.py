"""The facts of the machine a figure was measured on, and where results are written."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "mediciones"


def facts() -> dict[str, Any]:
    """CPU, memory, versions, load at the start, and what one fsync costs here."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    names = ("flask", "sqlalchemy", "gunicorn", "geopandas", "folium", "typst", "pydantic")
    return {
        "sistema": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "nucleos": os.cpu_count(),
        "memoria_mb": memory,
        "carga_al_empezar": os.getloadavg(),
        "versiones": {name: version(name) for name in names},
    }


def fsyncs_per_second(folder: Path, seconds: float = 1.0) -> float:
    """How many 4 KiB writes with fsync the disk takes in a second."""
    path = folder / "fsync.prueba"
    with path.open("wb") as file:
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            count += 1
    path.unlink()
    return round(count / seconds, 1)


def save(name: str, results: dict[str, Any]) -> Path:
    """Write `docs/mediciones/<date>-<name>.json`."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{datetime.now().astimezone():%Y-%m-%d}-{name}.json"
    path.write_text(json.dumps(results, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    return path


def quantiles(samples: list[float]) -> dict[str, float]:
    """Milliseconds: p50, p95, p99, max."""
    ordered = sorted(samples)

    def at(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)

    return {"n": len(ordered), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1.0)}
