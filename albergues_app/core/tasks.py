"""Work that takes longer than a page may: a row to come back to, and a child process of our own command.

``start_task(kind, arguments, actor)`` answers at once; ``albergues tarea ejecutar ID`` does the work. The child
inherits a locked file: while it lives the lock is held, whatever becomes of the one who started it, and a lock
without holder beside a row in progress means a dead child. How far the work is stands in a file, not in the
database: one that writes in a single transaction could not say it there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlalchemy import Index, String, Text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.core import clock
from albergues_app.core.db import Base, HasId, db, utc_instant
from albergues_app.core.errors import AppError, NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work

log = logging.getLogger("albergues.tareas")

KINDS: dict[str, str] = {
    "lista_leer": "albergues_app.interchange.upload_stages:task_read",
    "lista_revisar": "albergues_app.interchange.upload_stages:task_rehearse",
    "lista_guardar": "albergues_app.interchange.upload_stages:task_save",
    "registros_leer": "albergues_app.interchange.format_stages:task_read",
    "registros_revisar": "albergues_app.interchange.format_stages:task_rehearse",
    "registros_guardar": "albergues_app.interchange.format_stages:task_save",
    "busquedas_repartir": "albergues_app.identidad.services.busqueda:task_distribute",
    "personas_exportar": "albergues_app.exportaciones.work:task_export",
    "todo_exportar": "albergues_app.exportaciones.work:task_archive",
    "limites_tomar": "albergues_app.maps.limits_task:task_take",
}
"""Where the work of each kind lives; imported only by the process that does it."""

KEEP: Final = timedelta(days=3)
"""How long the files of a task stay; its row stays for good."""

DIED = (
    "La tarea se detuvo antes de terminar: el servidor se reinició o le faltó memoria. Nada quedó a medias. "
    "Empiécela de nuevo; repetirla no duplica nada."
)

Report = Callable[[int, int, str], None]
"""``report(done, total, message)``: what the waiting person reads."""

Work = Callable[[dict[str, Any], Actor, Report], dict[str, Any]]
"""What a kind does: its arguments, who asked, where to say how far it is; the result is kept as JSON."""


class EstadoTarea(StrEnum):
    """A dead child's row stays ``en_curso``: ``progress`` tells the difference."""

    EN_CURSO = "en_curso"
    TERMINADA = "terminada"
    FALLIDA = "fallida"


class Tarea(HasId, Base):
    """One piece of long work: who asked for it, what, and what came of it."""

    __tablename__ = "tarea"
    __table_args__ = (Index("ix_tarea_cuenta", "cuenta_id", "creada_en"),)

    cuenta_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(String(16))
    clase: Mapped[str] = mapped_column(String(40))
    estado: Mapped[str] = mapped_column(String(16))
    hecho: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    mensaje: Mapped[str] = mapped_column(Text, default="")
    argumentos: Mapped[str] = mapped_column(Text, doc="JSON. Never personal data: ids and choices.")
    resultado: Mapped[str | None] = mapped_column(Text, doc="JSON. Never personal data: counts and ids.")
    creada_en: Mapped[utc_instant]
    terminada_en: Mapped[utc_instant | None]


@dataclass(frozen=True)
class Avance:
    """A task as its page shows it."""

    estado: EstadoTarea
    hecho: int
    total: int
    mensaje: str
    argumentos: dict[str, Any]
    resultado: dict[str, Any]

    @property
    def terminada(self) -> bool:
        return self.estado is EstadoTarea.TERMINADA

    @property
    def en_curso(self) -> bool:
        return self.estado is EstadoTarea.EN_CURSO


# --- asking for work -------------------------------------------------------------------------------


def start_task(kind: str, arguments: Mapping[str, Any], actor: Actor, task_id: UUID | None = None) -> UUID:
    """Write the row and start the child. The same ``task_id`` again starts nothing, unless it had failed."""
    return _begin(kind, arguments, actor, task_id or uuid7(), _spawn)


def run_here(kind: str, arguments: Mapping[str, Any], actor: Actor, task_id: UUID | None = None) -> UUID:
    """The same for what is known to be short: the work is done in this process before it returns."""
    return _begin(kind, arguments, actor, task_id or uuid7(), lambda key, _lock: execute(key))


def _begin(
    kind: str, arguments: Mapping[str, Any], actor: Actor, task_id: UUID, start: Callable[[UUID, int], None]
) -> UUID:
    if kind not in KINDS:
        raise KeyError(kind)
    lock = _take_lock(task_id)
    if lock is None:
        _await_row(task_id)
        return task_id
    try:
        # The lock comes first: nobody ever sees a row in progress without a holder.
        if _claim(kind, arguments, actor, task_id):
            start(task_id, lock)
    finally:
        os.close(lock)
    return task_id


def _claim(kind: str, arguments: Mapping[str, Any], actor: Actor, task_id: UUID) -> bool:
    try:
        with unit_of_work(actor):
            row = db.session.get(Tarea, task_id, with_for_update=True)
            if row is None:
                row = Tarea(id=task_id)
                db.session.add(row)
            elif row.estado == EstadoTarea.TERMINADA:
                return False
            row.cuenta_id, row.actor, row.via = actor.cuenta_id, actor.nombre, actor.via
            row.clase, row.argumentos = kind, json.dumps(dict(arguments), default=str)
            row.estado, row.hecho, row.total, row.mensaje = EstadoTarea.EN_CURSO, 0, 0, ""
            row.creada_en, row.terminada_en, row.resultado = clock.now(), None, None
    except IntegrityError:  # another node was quicker
        return False
    _progress_file(task_id).unlink(missing_ok=True)
    return True


def _await_row(task_id: UUID) -> None:
    """Somebody else holds the lock: in a moment the row is there."""
    for _ in range(100):
        db.session.rollback()
        if db.session.get(Tarea, task_id) is not None:
            return
        time.sleep(0.05)


def _spawn(task_id: UUID, lock: int) -> None:
    """`albergues tarea ejecutar ID`, in a session of its own, with the lock in its hands."""
    env = {**os.environ, "ALBERGUES_INSTANCIA": current_app.config["INSTANCIA"]}
    if current_app.config.get("DATABASE_URL"):
        env["ALBERGUES_DATABASE_URL"] = current_app.config["DATABASE_URL"]
    child = subprocess.Popen(
        [sys.executable, "-m", "albergues_app.cli", "tarea", "ejecutar", str(task_id)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None,  # its log goes where the service's goes
        env=env,
        pass_fds=(lock,),
        start_new_session=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    threading.Thread(target=child.wait, daemon=True).start()  # nobody else would bury it


# --- doing it --------------------------------------------------------------------------------------


def execute(task_id: UUID) -> None:
    """Do the work of a row in progress and write what came of it."""
    db.session.rollback()
    row = db.session.get(Tarea, task_id)
    if row is None or row.estado != EstadoTarea.EN_CURSO:
        return
    actor = Actor(row.actor, row.via, row.cuenta_id)
    kind, arguments = row.clase, json.loads(row.argumentos)
    db.session.rollback()
    last: list[Any] = [0, 0, ""]
    estado, mensaje, result = EstadoTarea.FALLIDA, "", None
    try:
        result = _work_of(kind)(arguments, actor, _reporter(task_id, last))
        estado = EstadoTarea.TERMINADA
    except AppError as refused:
        mensaje = refused.mensaje
    except Exception as error:
        reference = secrets.token_hex(4)
        log.error("tarea %s, fallo %s: %s", kind, reference, type(error).__name__, exc_info=error)
        mensaje = (
            "Algo falló en el servidor y no se guardó nada. Pruebe de nuevo; si sigue, avise con la "
            f"referencia {reference}."
        )
    db.session.rollback()
    with unit_of_work(actor):
        row = db.session.get_one(Tarea, task_id)
        row.estado, row.mensaje, row.terminada_en = estado, mensaje, clock.now()
        row.hecho, row.total = last[0], last[1]
        row.resultado = json.dumps(result, default=str) if result is not None else None


def _work_of(kind: str) -> Work:
    module, name = KINDS[kind].split(":")
    work: Work = getattr(import_module(module), name)
    return work


def _reporter(task_id: UUID, last: list[Any]) -> Report:
    """Write how far the work is, a few times a second at most."""
    path, spoken = _progress_file(task_id), 0.0

    def report(done: int, total: int, message: str) -> None:
        nonlocal spoken
        same, last[:] = message == last[2], [done, total, message]
        if same and time.monotonic() - spoken < 0.2:
            return
        spoken = time.monotonic()
        draft = path.with_suffix(".nuevo")
        draft.write_text(json.dumps({"hecho": done, "total": total, "mensaje": message}), encoding="utf-8")
        draft.replace(path)

    return report


# --- looking at it ---------------------------------------------------------------------------------


def progress(task_id: UUID) -> Avance:
    """How far a task is. :raises NotFound: there is none."""
    alive = is_alive(task_id)
    row = db.session.get(Tarea, task_id)
    if row is not None and row.estado == EstadoTarea.EN_CURSO and not alive:
        # It may have ended since this request began to read: look again before calling it dead.
        db.session.rollback()
        row = db.session.get(Tarea, task_id)
    if row is None:
        raise NotFound()
    estado, mensaje = EstadoTarea(row.estado), row.mensaje
    hecho, total = row.hecho, row.total
    if estado is EstadoTarea.EN_CURSO and not alive:
        estado, mensaje = EstadoTarea.FALLIDA, DIED
    elif estado is EstadoTarea.EN_CURSO:
        hecho, total, mensaje = _spoken(task_id)
    return Avance(
        estado, hecho, total, mensaje, json.loads(row.argumentos), json.loads(row.resultado or "{}")
    )


def recent(cuenta_id: UUID, since: datetime) -> list[Tarea]:
    """The tasks an account asked for, newest first."""
    stmt = db.select(Tarea).where(Tarea.cuenta_id == cuenta_id, Tarea.creada_en >= since)
    return list(db.session.scalars(stmt.order_by(Tarea.creada_en.desc()).limit(50)))


def is_alive(task_id: UUID) -> bool:
    """Does anybody hold the lock?"""
    path = _lock_file(task_id)
    if not path.exists():
        return False
    lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _spoken(task_id: UUID) -> tuple[int, int, str]:
    try:
        said = json.loads(_progress_file(task_id).read_text(encoding="utf-8"))
        return int(said["hecho"]), int(said["total"]), str(said["mensaje"])
    except (OSError, ValueError, KeyError):
        return 0, 0, "Empezando"


# --- files -----------------------------------------------------------------------------------------


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Wait until no other process of this instance does the same."""
    lock = os.open(_folder() / f"{name}.turno", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def clean_tasks() -> int:
    """Remove the files of tasks that ended long ago; the rows stay."""
    limit, gone = (clock.now() - KEEP).timestamp(), 0
    for path in [*_folder().glob("*.candado"), *_folder().glob("*.avance")]:
        with contextlib.suppress(OSError, ValueError):
            if path.stat().st_mtime < limit and not is_alive(UUID(path.stem)):
                path.unlink()
                gone += 1
    return gone


def _take_lock(task_id: UUID) -> int | None:
    path = _lock_file(task_id)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    os.utime(path)
    return lock


def _folder() -> Path:
    folder = Path(current_app.config["INSTANCIA"]) / "tareas"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _lock_file(task_id: UUID) -> Path:
    return _folder() / f"{task_id}.candado"


def _progress_file(task_id: UUID) -> Path:
    return _folder() / f"{task_id}.avance"
