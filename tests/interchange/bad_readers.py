"""Readers that do what a reader taken over by its input would do."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def eat_memory() -> int:
    hoard = [bytearray(64 * 1024 * 1024) for _ in range(64)]
    return len(hoard)


def burn() -> None:
    while True:
        pass


def crash() -> None:
    os.kill(os.getpid(), 11)


def write_file(path: str) -> str:
    Path(path).write_text("x" * 100_000)
    return "escrito"


def what_is_loaded() -> dict[str, bool]:
    heavy = ("flask", "geopandas", "sqlalchemy", "folium", "pandas", "numpy")
    return {name: name in sys.modules for name in heavy}


def environment() -> list[str]:
    return sorted(os.environ)


def chatter() -> str:
    print("esto no es la respuesta")
    os.write(1, b"tampoco")
    return "la respuesta"


def fail() -> None:
    raise KeyError("secreto de la fila")
