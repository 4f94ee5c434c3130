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
            origin.backup(copy)  # in one step: in parts, it would start again after every write
        copy.close()
        origin.close()
        _check_database(temporary)
        digest, size = _digest(temporary, temporary.stat().st_size)
        with temporary.open("ab") as file:
            file.write(_trailer(digest, size))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)
    return destination


def restore(backup: Path) -> Path | None:
    """Put the backup in place of the database; returns where the earlier one was kept.

    The content is written into the file that is there, in one transaction: a process that has it open goes on with
    the restored data. A file too damaged for that is replaced.

    :raises BackupRefused: cut, altered, not a backup, of another instance or of a newer program; the present data
        stay as they are.
    """
    target = database_file()
    db.session.remove()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restaurar-") as folder:
        fresh = Path(folder) / "base.sqlite"
        _unpack(backup, fresh)
        _check_database(fresh)
        _check_fits(fresh)
        with writer_lock():
            db.engine.dispose()
            kept = _keep(target)
            if kept is None or not _write_into(fresh, target):
                for suffix in ("-wal", "-shm"):
                    target.with_name(target.name + suffix).unlink(missing_ok=True)
                fresh.chmod(0o600)
                fresh.replace(target)
            target.chmod(0o600)
    return kept


def _keep(target: Path) -> Path | None:
    """A copy of the present database beside it, whole or as damaged as it is; None when there is none."""
    if not target.exists():
        return None
    try:
        present = sqlite3.connect(target)
        try:
            present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            present.close()
    except sqlite3.Error:
        pass  # damaged: that is why somebody restores; its bytes are kept all the same
    stem = f"{target.name}.antes-{clock.to_local(clock.now()):%Y%m%d-%H%M%S-%f}"
    kept = target.with_name(stem)
    shutil.copy2(target, kept)
    kept.chmod(0o600)
    return kept


def _write_into(fresh: Path, target: Path) -> bool:
    """Overwrite the content of the present database; False when its file is not one any more."""
    try:
        origin, present = sqlite3.connect(fresh), sqlite3.connect(target, timeout=10)
        try:
            present.execute("PRAGMA schema_version").fetchone()
            origin.backup(present)
            ok = present.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            present.execute("PRAGMA journal_mode=WAL")
            present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            origin.close()
            present.close()
    except sqlite3.DatabaseError:
        return False
    return bool(ok)


def _check_fits(fresh: Path) -> None:
    """The keys of this instance open it, and this program knows its version."""
    from alembic.script import ScriptDirectory

    from albergues_app.core.keys import KeyMissing, Keyring

    ring: Keyring = current_app.extensions["albergues_keyring"]

    migrations = Path(__file__).parent.parent / "migrations"
    known = {s.revision for s in ScriptDirectory(str(migrations)).walk_revisions()}
    connection = sqlite3.connect(fresh)
    try:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if version is None or version[0] not in known:
            raise BackupRefused(
                "respaldo_mas_nuevo",
                "El respaldo es de una versión más nueva del programa. Actualice primero. No se cambió nada.",
            )
        for table, column in (("sello", "clave"), ("persona_version", "cui")):
            row = connection.execute(
                f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1"  # noqa: S608
            ).fetchone()
            if row is not None:
                ring.open(row[0], f"{table}.{column}")
    except KeyMissing as error:
        raise BackupRefused(
            "respaldo_de_otra_instancia",
            "El respaldo es de otra instancia: sus datos sellados no se abren con estas claves. Copie también el "
            "claves.json de esa instancia y repita. No se cambió nada.",
        ) from error
    except sqlite3.Error as error:
        raise BackupRefused(
            "respaldo_danado", "El archivo no es una base sana de Albergues. No se cambió nada."
        ) from error
    finally:
        connection.close()


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
    if not trailer.startswith(_MARK) or trailer != _trailer(*_digest(backup, size)):
        raise refused
    with backup.open("rb") as source, destination.open("wb") as target:
        remaining = size
        while remaining:
            block = source.read(min(1 << 20, remaining))
            target.write(block)
            remaining -= len(block)
        target.flush()
        os.fsync(target.fileno())


def _trailer(digest: str, size: int) -> bytes:
    return _MARK + digest.encode() + b" " + f"{size:020d}".encode()


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
