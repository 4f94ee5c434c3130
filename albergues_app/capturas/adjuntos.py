"""Files of a filled format: photographs and PDF, sealed with the emergency's key, read by who may read the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from flask import current_app
from sqlalchemy import case, func, select, update

from albergues_app.audit.sealing import seal_for
from albergues_app.capturas.models import Adjunto, Borrador
from albergues_app.config import PREFIX
from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.core.images import without_metadata
from albergues_app.core.keys import KeyMissing
from albergues_app.core.scans import ENDINGS, TIPOS, fingerprint, limit_bytes, recognise
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import Attachment, Campo, Formato

__all__ = ["ENDINGS", "TIPOS", "limit_bytes"]

_SEAL = "adjunto.contenido"
_ROW = re.compile(r"^([a-z0-9_]+)-\d{1,4}-([a-z0-9_]+)$")
_FORGOTTEN = timedelta(days=30)


@dataclass(frozen=True)
class Archivo:
    """A file as the page tells it."""

    id: UUID
    tipo: str
    peso: int


def file_campo(formato: Formato, name: str, gate: bool) -> Campo | None:
    """The field of files with this flat name, if this door shows one."""
    row = _ROW.match(name)
    section, own = (row[1], row[2]) if row else ("", name)
    for place, campo in formato.walk():
        if (place, campo.name) == (section, own) and isinstance(campo.type, Attachment):
            return campo if campo.gate or not gate else None
    return None


def check_file(campo: Campo, name: str, content: bytes) -> tuple[str, bytes]:
    """What the file is, and the bytes to keep.

    :raises Invalid: too large, of another kind, or cut; the sentence stands at the field.
    """
    try:
        tipo = recognise(content)
        if tipo == "pdf" and not getattr(campo.type, "pdf", False):
            raise Invalid([Aviso("archivo_de_otra_clase", "", None)])
        return tipo, content if tipo == "pdf" else without_metadata(content, tipo)
    except Invalid as refused:
        codigo = refused.errores[0].codigo.replace("escaneo", "archivo")
        kinds = "PDF, JPEG o PNG" if getattr(campo.type, "pdf", False) else "JPEG o PNG"
        size = current_app.config["ESCANEO_MB"]
        words = {
            "archivo_grande": f"El archivo pasa de {size} MB. Tome la fotografía con menos resolución.",
            "archivo_de_otra_clase": f"El archivo no es {kinds}. Elija otro, o tome la fotografía.",
            "archivo_cortado": "El archivo está cortado o dañado. Vuelva a tomarlo.",
            "falta_archivo": "El archivo está vacío. Elija otro.",
        }
        sentence = words.get(codigo, refused.errores[0].mensaje)
        raise Invalid([Aviso(codigo, f"«{campo.label}»: {sentence}", name)]) from refused


def keep_file(
    cuenta_id: UUID, hoja_id: UUID, emergencia_id: UUID | None, name: str, tipo: str, content: bytes
) -> UUID:
    """Keep a file of a sheet that is being filled in (in the caller's unit of work); sent twice it is one.

    :raises Invalid: `archivos_al_limite`; nothing was written
    """
    huella = fingerprint(content)
    key = uuid5(hoja_id, f"{name}/{huella}")
    _forget_old(cuenta_id)
    if db.session.get(Adjunto, key) is None:
        _check_room(cuenta_id, emergencia_id, len(content), name)
        db.session.add(
            Adjunto(
                id=key, hoja_id=hoja_id, registro_id=None, emergencia_id=emergencia_id, tipo=tipo,
                peso=len(content), huella=huella, contenido=seal_for(emergencia_id).seal(content, _SEAL),
                cuenta_id=cuenta_id, adjuntado_en=clock.now(),
            )
        )  # fmt: skip
        db.session.flush()
    return key


def _check_room(cuenta_id: UUID, emergencia_id: UUID | None, more: int, name: str) -> None:
    """What all the files of an emergency may weigh, and those of one account in it.

    :raises Invalid: `archivos_al_limite`
    """
    a, own = Adjunto, case((Adjunto.cuenta_id == cuenta_id, Adjunto.peso), else_=0)
    stmt = select(func.coalesce(func.sum(a.peso), 0), func.coalesce(func.sum(own), 0))
    there = a.emergencia_id.is_(None) if emergencia_id is None else a.emergencia_id == emergencia_id
    everybody, mine = db.session.execute(stmt.where(there)).one()
    for weight, setting, whose in (
        (mine, "ADJUNTOS_CUENTA_MB", "Los archivos que su cuenta adjuntó en esta emergencia"),
        (everybody, "ADJUNTOS_EMERGENCIA_MB", "Los archivos adjuntos de esta emergencia"),
    ):
        most = int(current_app.config[setting])
        if most and weight + more > most * 1024 * 1024:
            sentence = (
                f"{whose} llegarían a más de {most:,} MB y este no se guardó. Guarde la hoja sin él, y pida a "
                f"administración que suba el límite ({PREFIX}{setting})."
            )
            raise Invalid([Aviso("archivos_al_limite", sentence, name)])


def _forget_old(cuenta_id: UUID) -> None:
    """Files of sheets that were neither saved nor kept as a draft, after a month."""
    stmt = select(Adjunto).where(
        Adjunto.cuenta_id == cuenta_id,
        Adjunto.registro_id.is_(None),
        Adjunto.adjuntado_en < clock.now() - _FORGOTTEN,
        Adjunto.hoja_id.not_in(select(Borrador.id)),
    )
    for row in db.session.scalars(stmt):
        db.session.delete(row)


def drop_files(cuenta_id: UUID, hoja_id: UUID) -> None:
    """With a draft that is thrown away go its files (in the caller's unit of work)."""
    stmt = select(Adjunto).where(
        Adjunto.cuenta_id == cuenta_id, Adjunto.hoja_id == hoja_id, Adjunto.registro_id.is_(None)
    )
    for row in db.session.scalars(stmt):
        db.session.delete(row)


def link_files(registro_id: UUID, formato: Formato, answers: Mapping[str, Any]) -> None:
    """The files that a sheet names belong to its record from now on: those that its own author kept, no others."""
    keys, actor = list(ids_in(formato, answers)), current_actor()
    if keys and actor is not None and actor.cuenta_id is not None:
        a = table_of(Adjunto)
        db.session.execute(
            update(a)
            .where(a.c.id.in_(keys), a.c.registro_id.is_(None), a.c.cuenta_id == actor.cuenta_id)
            .values(registro_id=registro_id)
        )


def ids_in(formato: Formato, answers: Mapping[str, Any]) -> Iterator[UUID]:
    """The files that the answers name."""
    for section, campo in formato.walk():
        if not isinstance(campo.type, Attachment):
            continue
        for row in (answers.get(section) or ()) if section else (answers,):
            try:
                yield UUID(str(row.get(campo.name)))
            except ValueError:
                continue


def files_of(registro_id: UUID) -> dict[str, Archivo]:
    """The files of a record, by the text that answers name them with."""
    stmt = select(Adjunto.id, Adjunto.tipo, Adjunto.peso).where(Adjunto.registro_id == registro_id)
    return {str(row.id): Archivo(*row) for row in db.session.execute(stmt)}


def open_file(registro_id: UUID, key: UUID) -> tuple[Adjunto, bytes]:
    """A file of a record. :raises NotFound: it is of no such record, or its emergency's key was destroyed."""
    row = db.session.get(Adjunto, key)
    if row is None or row.registro_id != registro_id:
        raise NotFound()
    try:
        return row, seal_for(row.emergencia_id).open(row.contenido, _SEAL)
    except KeyMissing as error:
        raise NotFound() from error
