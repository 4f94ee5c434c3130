"""Recompute the chain of a log, raw from the database: a million entries in seconds.

The rows come from the driver as text, are spelled as `verificador.hash_of_entry` spells them, and never become
objects. A long log is cut among the processors: each piece stands on the hash it says, and the pieces are joined.
Nothing is written and no key is needed: the sealed texts have a hash of their own, but those of edition 1.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any
from uuid import UUID

LONG = 200_000
"""A shorter log is checked before another process has begun."""

_CHUNK = 10_000
_SPELLED = {
    # how a column becomes text: of an id, of an instant (UTC with microseconds); and how a value is given.
    # What SQLite holds is text already: spelling it here takes a third of what SQLite needs for it.
    "sqlite": ("{0}", "{0}", "?"),
    "postgresql": (
        "{0}::text", """to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')""", "%s",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Tramo:
    """A stretch of a log: where it begins and ends, the folio of its first entry that does not hold, the files that its
    entries tell, and its last entry of edition 1."""

    empieza: str
    termina: str
    ultimo: int
    alterada: int | None
    archivos: tuple[tuple[int, str], ...]
    de_antes: int


def check_chain(coe_id: UUID, begin: str, last: int) -> Tramo:
    """The entries of a log up to a folio, from the hash of its activation."""
    # Not above: the processes that check a piece load this module, and that one takes them half a second.
    from albergues_app.core.db import connection

    if not last:
        return Tramo(begin, begin, 0, None, (), 0)
    here = connection()
    workers = min(os.cpu_count() or 1, 8)
    target = here.engine.url.render_as_string(hide_password=False)
    if last < LONG or workers < 2:
        cursor = here.connection.cursor()
        try:
            pieces = [_check(cursor, here.dialect.name, coe_id, 0, last)]
        finally:
            cursor.close()
    else:
        step = -(-last // (4 * workers))
        ranges = [(target, coe_id, after, min(after + step, last)) for after in range(0, last, step)]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            pieces = pool.starmap(_check_apart, ranges, chunksize=1)
    return _joined(pieces, begin)


def _joined(pieces: Sequence[Tramo], begin: str) -> Tramo:
    anterior, folio, before = begin, 0, 0
    files: tuple[tuple[int, str], ...] = ()
    for piece in pieces:
        broken = folio + 1 if piece.empieza != anterior else piece.alterada
        if broken is not None:
            return Tramo(begin, anterior, broken, broken, files, before)
        anterior, folio, files = piece.termina, piece.ultimo, files + piece.archivos
        before = max(before, piece.de_antes)
    return Tramo(begin, anterior, folio, None, files, before)


def _check_apart(target: str, coe_id: UUID, after: int, until: int) -> Tramo:
    """As ``_check``, in a process of its own with a connection of its own, that only reads."""
    if target.startswith("sqlite"):
        here: Any = sqlite3.connect(f"file:{target.removeprefix('sqlite:///')}?mode=ro", uri=True)
        name, cursor = "sqlite", here.cursor()
    else:
        import psycopg

        here = psycopg.connect(target.replace("postgresql+psycopg://", "postgresql://", 1))
        name, cursor = "postgresql", here.cursor(binary=True)  # the sealed texts come as they are
    try:
        return _check(cursor, name, coe_id, after, until)
    finally:
        here.close()


def _check(cursor: Any, name: str, coe_id: UUID, after: int, until: int) -> Tramo:
    sha, sqlite, folio, begins, anterior, old = hashlib.sha256, name == "sqlite", after, "", "", 0
    files: list[tuple[int, str]] = []
    for row in _rows(cursor, name, coe_id, after, until):
        folio += 1
        (
            number, key, when, written, tipo, prioridad, medio, turno, periodo, albergue, territorio, rectifica,
            tardio, cuenta, texto, requiere, adjuntos, sellado, before, huella, contenido,
        ) = row  # fmt: skip
        if not begins:
            begins = anterior = before
        if sqlite:
            key = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
            when, written = f"{when[:10]}T{when[11:]}+00:00", f"{written[:10]}T{written[11:]}+00:00"
            cuenta = cuenta and f"{cuenta[:8]}-{cuenta[8:12]}-{cuenta[12:16]}-{cuenta[16:20]}-{cuenta[20:]}"
        spelled = (
            f'["{before}",{number},"{key}","{when}","{written}",{quoted(tipo)},{quoted(prioridad)},'
            f"{'null' if medio is None else quoted(medio)},{quoted(turno)},{quoted(periodo)},"
            f"{'null' if albergue is None else quoted(albergue)},{'null' if territorio is None else quoted(territorio)},"
            f"{'null' if rectifica is None else rectifica},{'true' if tardio else 'false'},"
            f'{"null" if cuenta is None else quoted(cuenta)},"{texto}"'
        )
        if sellado is None:
            right, old = not requiere and adjuntos is None, folio
            spelled += "]"
        else:
            right = sha(contenido).hexdigest() == sellado
            spelled += f',"{sellado}",{"true" if requiere else "false"},{adjuntos or "null"}]'
        if not right or number != folio or before != anterior or sha(spelled.encode()).hexdigest() != huella:
            return Tramo(begins, anterior, folio, folio, tuple(files), old)
        if adjuntos:
            files.append((folio, adjuntos))
        anterior = huella
    if folio != until:
        return Tramo(begins, anterior, folio, folio + 1, tuple(files), old)
    return Tramo(begins, anterior, folio, None, tuple(files), old)


def _rows(cursor: Any, name: str, coe_id: UUID, after: int, until: int) -> Iterator[Sequence[Any]]:
    key, instant, mark = _SPELLED[name]
    sql = (
        f"SELECT folio, {key.format('id')}, {instant.format('ocurrido_en')}, {instant.format('registrado_en')}, "  # noqa: S608 - names of ours
        "tipo, prioridad, medio, turno, periodo, albergue_codigo, territorio, rectifica_a, tardio, "
        f"{key.format('cuenta_id')}, texto, requiere_accion, adjuntos, sellado, anterior, huella, contenido "
        f"FROM coe_entrada WHERE coe_id = {mark} AND folio > {mark} AND folio <= {mark} ORDER BY folio LIMIT {_CHUNK}"
    )
    owner: Any = coe_id.hex if name == "sqlite" else coe_id
    while True:
        cursor.execute(sql, (owner, after, until))
        rows = cursor.fetchall()
        yield from rows
        if len(rows) < _CHUNK:
            return
        after = rows[-1][0]
