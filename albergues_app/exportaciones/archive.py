"""The complete archive: every table, row by row, and the instance's keys, in one file that only its passphrase opens.

Inside: ``manifiesto.json`` (schema version, rows and hash of each table), one ``tablas/NOMBRE.jsonl`` per table and
``claves.json``. The keys travel because names of fields, documents and filled formats are sealed with them: without
them the copy would hold people nobody can read. That is why two people ask for it and a passphrase closes it.

Left out: open sessions, failed log-ins and background tasks, which belong to the machine and not to the emergency.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import secrets
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from flask import current_app
from sqlalchemy import Table, func, select

from albergues_app import __version__
from albergues_app.core import clock
from albergues_app.core.db import Base, UTCDateTime, db
from albergues_app.core.instance import is_training
from albergues_app.core.tasks import Report

LEFT_OUT: Final = frozenset({"sesion", "intento", "tarea"})
FORMAT: Final = "albergues-completo-1"
COST: Final = {"n": 1 << 15, "r": 8, "p": 1}
SHORTEST_PASSPHRASE: Final = 12
_ROWS = 1_000
_MODULUS = 1 << 256


def tables() -> list[Table]:
    """Every table that travels, those that others point to first."""
    return [t for t in Base.metadata.sorted_tables if t.name not in LEFT_OUT]


def to_plain(value: Any) -> Any:
    """A value as JSON carries it; ``from_plain`` gives back the same by the type of its column."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return clock.as_utc(value).isoformat(timespec="microseconds")
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def from_plain(value: Any, column: Any) -> Any:
    """Back to the value of a column."""
    if value is None:
        return None
    if isinstance(column.type, UTCDateTime):
        return datetime.fromisoformat(value)
    kind = column.type.python_type
    if kind is UUID:
        return UUID(value)
    if kind is bytes:
        return base64.b64decode(value)
    return date.fromisoformat(value) if kind is date else value


def line_of(row: Any) -> bytes:
    """One row as a line: its values in the order of the columns."""
    return json.dumps([to_plain(v) for v in row], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Sum:
    """The hash of a set of rows: the same in whatever order a database gives them."""

    def __init__(self) -> None:
        self.rows, self._total = 0, 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._total = (self._total + int.from_bytes(hashlib.sha256(line).digest(), "big")) % _MODULUS

    def as_dict(self) -> dict[str, Any]:
        return {"filas": self.rows, "huella": f"{self._total:064x}"}


def lines(connection: Any, table: Table) -> Iterator[bytes]:
    """The rows of a table as lines, in the order of its key."""
    stmt = select(table).order_by(*table.primary_key.columns)
    stream = connection.execution_options(stream_results=True, yield_per=_ROWS).execute(stmt)
    for part in stream.partitions(_ROWS):
        for row in part:
            yield line_of(row)


def write_archive(target: Any, report: Report) -> dict[str, Any]:
    """Write the content in clear as a ZIP into a stream that is not sought; gives the manifest. One snapshot."""
    from albergues_app.migrations.run import current

    engine = db.engine
    db.session.rollback()
    revision = current()
    found: dict[str, Any] = {}
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    with connection, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:
        wanted = tables()
        total = sum(int(connection.execute(select(func.count()).select_from(t)).scalar_one()) for t in wanted)
        done = 0
        for table in wanted:
            summed = Sum()
            with book.open(f"tablas/{table.name}.jsonl", "w", force_zip64=True) as raw:
                raw.write(json.dumps([c.name for c in table.columns]).encode() + b"\n")
                for line in lines(connection, table):
                    summed.add(line)
                    raw.write(line)
                    done += 1
                    if done % _ROWS == 0:
                        report(done, total, "Copiando filas")
            found[table.name] = summed.as_dict()
        instance = Path(current_app.config["INSTANCIA"])
        book.writestr("claves.json", (instance / "claves.json").read_bytes())
        manifest = {
            "formato": FORMAT, "programa": __version__, "esquema": revision, "capacitacion": is_training(),
            "hecho_en": clock.iso(clock.now()), "tablas": found,
        }  # fmt: skip
        for name in _operator_files(instance):
            book.write(instance / name, f"archivos/{name}")
        book.writestr("manifiesto.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _operator_files(instance: Path) -> list[str]:
    """Files of the instance that no table holds: the operator's own boundaries."""
    from albergues_app.territorio.points import map_folder

    found = map_folder().parent / "limites.gpkg"
    return [str(found.relative_to(instance))] if found.is_file() and found.is_relative_to(instance) else []


# --- the passphrase --------------------------------------------------------------------------------


def lock_header(passphrase: str, key: bytes) -> bytes:
    """The first line of the file: the key of its content, closed with the passphrase."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    wrapped = AESGCM(_derive(passphrase, salt, COST)).encrypt(nonce, key, FORMAT.encode())
    plain = {
        "formato": FORMAT, "sal": salt.hex(), "nonce": nonce.hex(), "clave": wrapped.hex(), "costo": COST,
    }  # fmt: skip
    return json.dumps(plain).encode() + b"\n"


def open_header(line: bytes, passphrase: str) -> bytes:
    """The key of the content. :raises ValueError: not such a file, or another passphrase."""
    from cryptography.exceptions import InvalidTag

    try:
        head = json.loads(line)
        if head["formato"] != FORMAT:
            raise ValueError("format")
        cost = {name: min(int(head["costo"][name]), 1 << 20) for name in ("n", "r", "p")}
        key = _derive(passphrase, bytes.fromhex(head["sal"]), cost)
        return AESGCM(key).decrypt(
            bytes.fromhex(head["nonce"]), bytes.fromhex(head["clave"]), FORMAT.encode()
        )
    except (KeyError, TypeError, InvalidTag, UnicodeDecodeError) as error:
        raise ValueError("closed") from error


def _derive(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return Scrypt(salt=salt, length=32, **cost).derive(passphrase.encode())


class Unseekable(io.RawIOBase):
    """What ``zipfile`` writes to without going back."""

    def __init__(self, target: Any) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return int(self._target.write(bytes(data)))
