"""Bring a complete archive into an empty instance: the same rows, the same keys, checked table by table."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Table, func, insert, select, text

from albergues_app.core.db import Base, db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.instance import mark_training
from albergues_app.core.keys import Keyring
from albergues_app.core.unit_of_work import writer_lock
from albergues_app.exportaciones.archive import FORMAT, LEFT_OUT, Sum, from_plain, lines, open_header, tables
from albergues_app.exportaciones.sealed_file import FileAltered, open_private, read_parts

_ROWS = 1_000
_NOT_OURS = "No es una exportación completa de Albergues, o está cortada o alterada. No se cambió nada."


@dataclass(frozen=True)
class Traido:
    """What was brought in."""

    tablas: int
    filas: int
    capacitacion: bool


def import_archive(path: Path, passphrase: str) -> Traido:
    """All of it or nothing.

    :raises RuleBroken: `clave_no_abre`, `archivo_danado`, `otra_version`, `instancia_con_datos`, `no_coincide`.
    """
    instance = Path(current_app.config["INSTANCIA"])
    plain = instance / f".entrada-{os.getpid()}.zip"
    try:
        _unlock(path, passphrase, plain)
        with zipfile.ZipFile(plain) as book:
            manifest = _manifest(book)
            _prepare(manifest)
            keys = instance / "claves.json"
            before = keys.read_bytes()
            try:
                _put_keys(keys, book.read("claves.json"))
                _fill(book, manifest)
            except BaseException:
                _put_keys(keys, before)
                raise
            for name in book.namelist():
                if name.startswith("archivos/"):
                    _put_file(book, name, instance)
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RuleBroken("archivo_danado", _NOT_OURS) from error
    finally:
        plain.unlink(missing_ok=True)
    if manifest["capacitacion"]:
        mark_training()
    counts = [t["filas"] for t in manifest["tablas"].values()]
    return Traido(len(counts), sum(counts), bool(manifest["capacitacion"]))


def _unlock(path: Path, passphrase: str, plain: Path) -> None:
    with path.open("rb") as file:
        head = file.readline(4_096)
    if not head.endswith(b"\n") or FORMAT.encode() not in head:
        raise RuleBroken("archivo_danado", _NOT_OURS)
    try:
        key = open_header(head, passphrase)
    except ValueError:
        raise RuleBroken(
            "clave_no_abre",
            "Esa clave no abre este archivo. Revísela: no hay otra manera de abrirlo.",
            "clave",
        ) from None
    try:
        with open_private(plain) as out:
            for part in read_parts(path, key, len(head)):
                out.write(part)
    except FileAltered as error:
        raise RuleBroken("archivo_danado", _NOT_OURS) from error


def _manifest(book: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(book.read("manifiesto.json"))
    if manifest["formato"] != FORMAT:
        raise RuleBroken("archivo_danado", _NOT_OURS)
    return manifest


def _prepare(manifest: dict[str, Any]) -> None:
    """An empty database at the very schema the archive was written with."""
    from albergues_app.migrations import run

    if manifest["esquema"] != run.head():
        raise RuleBroken(
            "otra_version",
            f"El archivo es de la versión {manifest['esquema']} de la base y este programa usa la {run.head()}. "
            "Use la misma versión del programa. No se cambió nada.",
        )
    if set(manifest["tablas"]) != {t.name for t in tables()}:
        raise RuleBroken(
            "otra_version", "Las tablas del archivo no son las de este programa. No se cambió nada."
        )
    if run.current() is None:
        run.upgrade()
    elif run.current() != run.head() or _has_rows():
        raise RuleBroken(
            "instancia_con_datos",
            "Esta instancia ya tiene datos. Use una carpeta de instancia nueva (o una base vacía), sin correr antes "
            "«base actualizar». No se cambió nada.",
        )


def _has_rows() -> bool:
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name in LEFT_OUT or table.name in BORN_WITH_ROWS:
                continue
            if connection.execute(select(func.count()).select_from(table)).scalar_one():
                return True
    return False


BORN_WITH_ROWS = frozenset({"auditoria_cabeza", "formatos_serie", "pnr_version", "pnr_funcion"})
"""Tables in which the migrations themselves write their first rows."""


KEPT_BY_THE_DATABASE = frozenset({"resumen_lugar", "resumen_reparto"})
"""Tables that triggers fill while another is filled: they are compared with the manifest and not written."""


def _put_keys(path: Path, content: bytes) -> None:
    """The keys of the archive in place of the fresh ones, and the running program takes them."""
    draft = path.with_suffix(".nuevo")
    with open_private(draft) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    current_app.extensions["albergues_keyring"] = Keyring.load_or_create(path)
    current_app.extensions["albergues_seals"] = {}


def _fill(book: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Insert every table and compare what the database then holds with the manifest, in one transaction."""
    engine = db.engine
    db.session.remove()
    with writer_lock(), engine.connect() as connection, connection.begin():
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in reversed(tables()):
            if table.name in BORN_WITH_ROWS:
                connection.execute(table.delete())
        for table in tables():
            if table.name in KEPT_BY_THE_DATABASE:
                continue
            for part in _parts(book, table):
                connection.execute(insert(table), part)
            if not sqlite:
                _advance_serial(connection, table)
        for table in tables():
            summed = Sum()
            for line in lines(connection, table):
                summed.add(line)
            if summed.as_dict() != manifest["tablas"][table.name]:
                raise RuleBroken(
                    "no_coincide",
                    f"La tabla «{table.name}» no quedó igual que en el archivo. No se guardó nada.",
                )


def _parts(book: zipfile.ZipFile, table: Table) -> Iterator[list[dict[str, Any]]]:
    columns = {c.name: c for c in table.columns}
    with book.open(f"tablas/{table.name}.jsonl") as raw:
        names = json.loads(raw.readline())
        if set(names) != set(columns):
            raise RuleBroken(
                "otra_version", f"La tabla «{table.name}» tiene otras columnas. No se cambió nada."
            )
        rows = (
            {n: from_plain(v, columns[n]) for n, v in zip(names, json.loads(line), strict=True)}
            for line in raw
        )
        if own := _points_to_itself(table):
            yield from _in_parts(_parents_first(list(rows), table, own))
        else:
            yield from _in_parts(rows)


def _in_parts(rows: Any) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    for row in rows:
        part.append(row)
        if len(part) == _ROWS:
            yield part
            part = []
    if part:
        yield part


def _points_to_itself(table: Table) -> list[str]:
    return [k.parent.name for k in table.foreign_keys if k.column.table is table]


def _parents_first(rows: list[dict[str, Any]], table: Table, own: list[str]) -> list[dict[str, Any]]:
    """A row after those of its own table that it points to."""
    (key,) = (c.name for c in table.primary_key.columns)
    waiting, written, found = rows, set[Any](), []
    while waiting:
        later = []
        for row in waiting:
            if all(row[name] is None or row[name] in written for name in own):
                written.add(row[key])
                found.append(row)
            else:
                later.append(row)
        if len(later) == len(waiting):
            raise RuleBroken("archivo_danado", _NOT_OURS)
        waiting = later
    return found


def _advance_serial(connection: Any, table: Table) -> None:
    """PostgreSQL goes on counting after the rows that came in."""
    column = table.autoincrement_column
    if column is None:
        return
    name = connection.execute(
        text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name}
    ).scalar()
    top = connection.execute(select(func.max(column))).scalar()
    if name and top:
        connection.execute(text("SELECT setval(CAST(:s AS regclass), :n)"), {"s": name, "n": top})


def _put_file(book: zipfile.ZipFile, name: str, instance: Path) -> None:
    relative = Path(name).relative_to("archivos")
    if relative.is_absolute() or ".." in relative.parts:
        raise RuleBroken("archivo_danado", _NOT_OURS)
    target = instance / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    with book.open(name) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out)
