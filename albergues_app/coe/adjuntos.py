"""Files of an entry of the log: photographs and PDF, sealed with the emergency's key, chained by their SHA-256."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from flask import current_app
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from albergues_app.audit.sealing import seal_for
from albergues_app.coe.models import AdjuntoCoe, Coe
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.core.images import without_metadata
from albergues_app.core.keys import KeyMissing
from albergues_app.core.scans import fingerprint, limit_bytes, recognise
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor

MAX = 6
"""Files of one entry."""

_CONTENT, _NAME = "coe_adjunto.contenido", "coe_adjunto.nombre"
_FORGOTTEN = timedelta(days=30)


@dataclass(frozen=True)
class Archivo:
    """A file as the page tells it."""

    id: UUID
    nombre: str
    tipo: str
    peso: int
    huella: str = ""


def read_file(file: FileStorage) -> tuple[str, str, bytes]:
    """(name, kind, bytes to keep) of a file that was sent; a photograph without what the camera wrote in it.

    :raises Invalid: too large, of another kind, or cut.
    """
    name = clean(file.filename or "").replace("\\", "/").rsplit("/", 1)[-1][-120:] or "archivo"
    content = file.read(limit_bytes() + 1)
    file.close()
    try:
        tipo = recognise(content)
        return name, tipo, content if tipo == "pdf" else without_metadata(content, tipo)
    except Invalid as refused:
        codigo = refused.errores[0].codigo.replace("escaneo", "archivo")
        sentence = {
            "archivo_grande": f"pasa de {current_app.config['ESCANEO_MB']} MB. Tome la fotografía con menos resolución.",
            "archivo_de_otra_clase": "no es PDF, JPEG ni PNG. Elija otro, o tome la fotografía.",
            "archivo_cortado": "está cortado o dañado. Vuelva a elegirlo.",
            "falta_archivo": "está vacío. Elija otro.",
        }.get(codigo, refused.errores[0].mensaje)
        raise Invalid([Aviso(codigo, f"«{name}» {sentence}", "adjuntos")]) from refused


def keep_file(coe: Coe, form_id: UUID, name: str, tipo: str, content: bytes) -> UUID:
    """Keep a file until its entry is written (in the caller's unit of work); of one form, sent twice it is one."""
    actor, huella, key = current_actor(), fingerprint(content), seal_for(coe.emergencia_id)
    assert actor is not None and actor.cuenta_id is not None
    _forget_old(actor.cuenta_id)
    file_id = uuid5(form_id, f"{name}/{huella}")
    if db.session.get(AdjuntoCoe, file_id) is None:
        db.session.add(
            AdjuntoCoe(
                id=file_id, coe_id=coe.id, entrada_id=None, tipo=tipo, peso=len(content), huella=huella,
                nombre=key.seal(name.encode(), _NAME), contenido=key.seal(content, _CONTENT),
                cuenta_id=actor.cuenta_id, adjuntado_en=clock.now(),
            )
        )  # fmt: skip
        db.session.flush()
    return file_id


def _forget_old(cuenta_id: UUID) -> None:
    """Files whose entry was never written, after a month."""
    stmt = select(AdjuntoCoe).where(
        AdjuntoCoe.cuenta_id == cuenta_id,
        AdjuntoCoe.entrada_id.is_(None),
        AdjuntoCoe.adjuntado_en < clock.now() - _FORGOTTEN,
    )
    for row in db.session.scalars(stmt):
        db.session.delete(row)


def waiting(coe: Coe, cuenta_id: UUID | None, ids: Iterable[UUID]) -> list[AdjuntoCoe]:
    """The files that this account kept for an entry of this log and are of none yet, in the order asked for."""
    asked = list(dict.fromkeys(ids))
    if not asked or cuenta_id is None:
        return []
    stmt = select(AdjuntoCoe).where(
        AdjuntoCoe.id.in_(asked), AdjuntoCoe.coe_id == coe.id, AdjuntoCoe.cuenta_id == cuenta_id,
        AdjuntoCoe.entrada_id.is_(None),
    )  # fmt: skip
    found = {row.id: row for row in db.session.scalars(stmt)}
    return [found[key] for key in asked if key in found]


def named(coe: Coe, rows: Sequence[AdjuntoCoe]) -> list[Archivo]:
    """Those files with their names."""
    key = seal_for(coe.emergencia_id)
    return [Archivo(r.id, key.open(r.nombre, _NAME).decode(), r.tipo, r.peso, r.huella) for r in rows]


def chained_files(rows: Sequence[AdjuntoCoe]) -> list[dict[str, Any]]:
    """The files as the chain holds them."""
    return [{"id": str(r.id), "tipo": r.tipo, "peso": r.peso, "huella": r.huella} for r in rows]


def told(chained: str | None, names: Sequence[str] | None) -> list[dict[str, Any]]:
    """The files of an entry as pages, API and exports tell them; nameless once their texts were destroyed."""
    files = json.loads(chained) if chained else []
    return [{**file, "nombre": names[n] if names else None} for n, file in enumerate(files)]


def open_file(coe: Coe, file_id: UUID) -> tuple[str, bytes]:
    """(kind, bytes) of a file of the log.

    :raises NotFound: it is of no entry of this log, or the emergency's key was destroyed.
    """
    row = db.session.get(AdjuntoCoe, file_id)
    if row is None or row.coe_id != coe.id or row.entrada_id is None:
        raise NotFound()
    try:
        return row.tipo, seal_for(coe.emergencia_id).open(row.contenido, _CONTENT)
    except KeyMissing as error:
        raise NotFound() from error


def file_of(coe: Coe, file_id: UUID) -> AdjuntoCoe | None:
    """A file that was sent to this COE, of an entry or not yet."""
    row = db.session.get(AdjuntoCoe, file_id)
    return row if row is not None and row.coe_id == coe.id else None


def file_is_whole(coe: Coe, told: dict[str, Any]) -> bool:
    """Is the file that an entry names there, with the bytes of its hash? A destroyed key leaves nothing to compare."""
    row = db.session.get(AdjuntoCoe, UUID(told["id"]))
    if row is None or row.coe_id != coe.id or (row.huella, row.tipo, row.peso) != (
        told["huella"], told["tipo"], told["peso"],
    ):  # fmt: skip
        return False
    try:
        key = seal_for(coe.emergencia_id)
    except KeyMissing:
        return True
    try:
        return fingerprint(key.open(row.contenido, _CONTENT)) == row.huella
    except KeyMissing:
        return False
