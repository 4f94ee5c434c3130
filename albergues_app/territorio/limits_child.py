"""The check of an operator's boundaries in a limited process of its own: what a stranger's file does stays there.

Arguments: file, level, column of codes, column of names, where the clean layer goes. Answer: one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

MEMORY: Final = 1536 * 1024 * 1024
"""Above what the process has at its start; GDAL and its friends are large."""
CPU_S: Final = 90
WALL_S: Final = 150
_TOO_HEAVY = (
    "El archivo pide demasiada memoria o tiempo para leerse: simplifique la capa en su programa de mapas y "
    "guárdela como GPKG."
)


def check_limits(path: Path, nivel: int, codigo: str, nombre: str, out: Path) -> dict[str, Any]:
    """Check the file and write the clean layer to ``out``, beside the other level if ``out`` holds it.

    :raises LimitsRefused: with one sentence
    """
    from albergues_app.territorio.limits_file import LimitsRefused

    order = [sys.executable, "-m", "albergues_app.territorio.limits_child"]
    order += [str(path), str(nivel), codigo, nombre, str(out)]
    env = {k: v for k, v in os.environ.items() if k in {"PATH", "TMPDIR", "TEMP", "SYSTEMROOT"}}
    try:
        done = subprocess.run(
            order,
            capture_output=True,
            text=True,
            timeout=WALL_S,
            check=False,
            env={**env, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd=Path(__file__).resolve().parents[2],
        )
        answer = json.loads(done.stdout.strip().splitlines()[-1]) if done.stdout.strip() else {}
    except (subprocess.TimeoutExpired, ValueError):
        answer = {}
    if "aceptado" in answer:
        accepted: dict[str, Any] = answer["aceptado"]
        return accepted
    raise LimitsRefused(str(answer.get("rechazado", _TOO_HEAVY)))


def main(arguments: list[str]) -> None:
    """The child."""
    import geopandas  # noqa: F401 - loaded before the limits, so that they bound the file and not the library

    from albergues_app.territorio.limits_file import LimitsRefused, read_limits, write_gpkg

    _limit()
    path, nivel, codigo, nombre, out = arguments
    try:
        result = read_limits(Path(path), 1 if nivel == "1" else 2, codigo or None, nombre or None)
        write_gpkg(result, Path(out))
    except LimitsRefused as refused:
        print(json.dumps({"rechazado": refused.mensaje}))
        return
    except MemoryError:
        print(json.dumps({"rechazado": _TOO_HEAVY}))
        return
    said = {"filas": len(result.capa), "avisos": result.avisos, "sha256": result.sha256}
    print(json.dumps({"aceptado": said}))


def _limit() -> None:
    try:
        import resource
    except ImportError:
        return
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        base = pages * resource.getpagesize()
    except (OSError, ValueError):
        base = 2 * MEMORY
    for name, value in (("RLIMIT_AS", base + MEMORY), ("RLIMIT_CPU", CPU_S), ("RLIMIT_CORE", 0)):
        limit = getattr(resource, name)
        _, hard = resource.getrlimit(limit)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (allowed, allowed))


if __name__ == "__main__":
    main(sys.argv[1:])
