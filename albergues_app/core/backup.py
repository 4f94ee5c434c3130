"""Backup of SQLite while people write (the online backup API), checked for integrity; restore that refuses bad copies.

A backup is one file: the database, and a trailer with its size and SHA-256. A cut or altered one is recognised
before anything is touched. PostgreSQL is backed up with its own tools (README).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from flask import current_app
from sqlalchemy import text

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.unit_of_work import writer_lock

_MARK = b"\nALBERGUES-RESPALDO-1 "
_TRAILER = len(_MARK) + 64 + 1 + 20


class BackupRefused(RuleBroken):
    """The backup is cut, altered or not one."""


def database_file() -> Path:
    """The SQLite file. :raises RuleBroken: the database is PostgreSQL."""
    url = db.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        raise RuleBroken("solo_sqlite", "Con PostgreSQL use pg_dump y pg_restore; el LEAME dice cómo.")
    return Path(url.database)


def integrity_problems() -> list[str]:
    """What the engine itself finds wrong, as Spanish sentences."""
    if db.engine.dialect.name != "sqlite":
        return []
    problems = []
    with db.engine.connect() as connection:
        rows = [r[0] for r in connection.execute(text("PRAGMA integrity_check"))]
        if rows != ["ok"]:
            problems.append(f"SQLite encontró daños: {rows[0]}")
        orphans = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
        if orphans:
            problems.append(f"{len(orphans)} filas apuntan a filas que no existen (tabla {orphans[0][0]}).")
    return problems


def back_up(destination: Path | None = None) -> Path:
    """Write a checked backup and return its path.

    :raises BackupRefused: the copy does not pass the integrity check.
    """
    source = database_file()
    if destination is None:
        folder = Path(current_app.config["INSTANCIA"]) / "respaldos"
        destination = folder / f"albergues-{clock.to_local(clock.now()):%Y%m%d-%H%M%S}.respaldo"
    destination.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=destination.parent, prefix=".respaldo-")
    os.close(descriptor)
    temporary = Path(name)
    try:
        with sqlite3.connect(source) as origin, sqlite3.connect(temporary) as copy:
            origin.backup(copy, pages=2000)
        copy.close()
        origin.close()
        _check_database(temporary)
        digest, size = _digest(temporary, temporary.stat().st_size)
        with temporary.open("ab") as file:
            file.write(_MARK + digest.encode() + b" " + f"{size:020d}".encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)
    return destination


def restore(backup: Path) -> Path | None:
    """Put the backup in place of the database; returns where the earlier one was kept.

    :raises BackupRefused: cut, altered, or not a backup; the present data stay as they are.
    """
    target = database_file()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fresh = Path(folder) / "base.sqlite"
        _unpack(backup, fresh)
        _check_database(fresh)
        kept: Path | None = None
        with writer_lock():
            db.engine.dispose()
            if target.exists():
                with sqlite3.connect(target) as present:
                    present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                present.close()
                kept = target.with_name(f"{target.name}.antes-{clock.to_local(clock.now()):%Y%m%d-%H%M%S}")
                shutil.copy2(target, kept)
            for suffix in ("-wal", "-shm"):
                target.with_name(target.name + suffix).unlink(missing_ok=True)
            fresh.replace(target)
    return kept


def _unpack(backup: Path, destination: Path) -> None:
    refused = BackupRefused(
        "respaldo_danado", "El respaldo está cortado o alterado. No se cambió nada; use otro."
    )
    size = backup.stat().st_size - _TRAILER
    if size <= 0:
        raise refused
    with backup.open("rb") as file:
        file.seek(size)
        trailer = file.read()
    if not trailer.startswith(_MARK) or not trailer[-20:].isdigit() or int(trailer[-20:]) != size:
        raise refused
    digest, _ = _digest(backup, size)
    if digest.encode() != trailer[len(_MARK) : len(_MARK) + 64]:
        raise refused
    with backup.open("rb") as source, destination.open("wb") as target:
        remaining = size
        while remaining:
            block = source.read(min(1 << 20, remaining))
            target.write(block)
            remaining -= len(block)
        target.flush()
        os.fsync(target.fileno())


def _digest(path: Path, size: int) -> tuple[str, int]:
    hasher, remaining = hashlib.sha256(), size
    with path.open("rb") as file:
        while remaining and (block := file.read(min(1 << 20, remaining))):
            hasher.update(block)
            remaining -= len(block)
    return hasher.hexdigest(), size


def _check_database(path: Path) -> None:
    try:
        connection = sqlite3.connect(path)
        try:
            ok = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            known = connection.execute("SELECT count(*) FROM auditoria_cabeza").fetchone()[0] == 1
        finally:
            connection.close()
    except sqlite3.Error:
        ok = known = False
    if not (ok and known):
        raise BackupRefused(
            "respaldo_danado", "El archivo no es una base sana de Albergues. No se cambió nada."
        )
