"""A few at a time: heavy work inside a request takes a turn, shared by every process of the instance."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app

from albergues_app.core.errors import AppError


class Busy(AppError):
    """Every turn is taken (503)."""

    status = 503

    def __init__(self, mensaje: str) -> None:
        super().__init__("ocupado", mensaje)


@contextmanager
def turn(name: str, mensaje: str, places: int = 2) -> Iterator[None]:
    """Hold one of ``places`` locked files while the work lasts; a dead process lets go of its own.

    :raises Busy: all are taken. ``mensaje`` says what to do, in Spanish.
    """
    folder = Path(current_app.config["INSTANCIA"])
    for place in range(places):
        handle = os.open(folder / f"{name}-{place}.turno", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        try:
            yield
        finally:
            os.close(handle)
        return
    raise Busy(mensaje)
