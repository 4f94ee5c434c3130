"""What the institution adds to any format: its official number, typed with its source, and its own blank as PDF."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from albergues_app.accounts.models import Cuenta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.definiciones.models import CodigoOficial, HojaOficial
from albergues_app.definiciones.source import note_change
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.sandbox import run_limited

MAX_PAGES = 100


@dataclass(frozen=True)
class CodigoVigente:
    """The official number of a format, and which document says so."""

    codigo: str
    fuente: str
    fecha: date | None


@dataclass(frozen=True)
class Hoja:
    """The institution's blank, without its content."""

    formato: str
    serie: int
    nombre: str
    peso: int
    paginas: int
    huella: str
    fuente: str
    fecha: date | None
    registrado_en: datetime
    por: str


def codigo_oficial_of(formato: str) -> CodigoVigente | None:
    """The official number of a format; None where no administrator typed one."""
    row = _last(CodigoOficial, formato)
    return CodigoVigente(row.codigo, row.fuente, row.fecha) if row is not None and row.codigo else None


def blank_of(formato: str) -> Hoja | None:
    """The institution's blank of a format that holds; None where there is none."""
    return blanks_in_force().get(formato)


def blanks_in_force() -> dict[str, Hoja]:
    """The institution's blank of each format that has one, by the format's code."""
    h = HojaOficial
    newest = select(h.formato, func.max(h.serie).label("serie")).group_by(h.formato).subquery()
    stmt = _described().join(newest, (newest.c.formato == h.formato) & (newest.c.serie == h.serie))
    return {row.formato: Hoja(*row) for row in db.session.execute(stmt.where(h.peso > 0))}


def blank_history(formato: str) -> list[Hoja]:
    """Every blank there ever was, the newest first; one of no size says that it was withdrawn."""
    stmt = _described().where(HojaOficial.formato == formato).order_by(HojaOficial.serie.desc())
    return [Hoja(*row) for row in db.session.execute(stmt)]


def code_history(formato: str) -> Sequence[Any]:
    """Every official number there ever was, the newest first, with who typed it."""
    c = CodigoOficial
    stmt = (
        select(
            c.codigo, c.fuente, c.fecha, c.registrado_en, func.coalesce(Cuenta.nombre, "sistema").label("por")
        )
        .outerjoin(Cuenta, Cuenta.id == c.cuenta_id)
        .where(c.formato == formato)
        .order_by(c.serie.desc())
    )
    return db.session.execute(stmt).all()


def blank_content(formato: str, serie: int) -> bytes:
    """The file as it was given. :raises NotFound: there is none with that number."""
    stmt = select(HojaOficial.contenido).where(HojaOficial.formato == formato, HojaOficial.serie == serie)
    content = db.session.scalar(stmt)
    if content is None:
        raise NotFound()
    return bytes(content)


def set_codigo_oficial(formato: str, codigo: str, fuente: str, fecha: date | None) -> None:
    """Keep the official number; an empty one withdraws what there is. :raises Invalid: without source, too long."""
    codigo, fuente = clean(codigo), clean(fuente)
    if len(codigo) > 60:
        raise Invalid([Aviso("texto_largo", "El código oficial tiene hasta 60 letras.", "codigo_oficial")])
    if codigo and not fuente:
        raise Invalid(
            [
                Aviso(
                    "falta_fuente",
                    "Escriba qué documento da ese código: acuerdo, circular, oficio.",
                    "fuente",
                )
            ]
        )
    if len(fuente) > 300:
        raise Invalid([Aviso("texto_largo", "La fuente tiene hasta 300 letras.", "fuente")])
    before = _last(CodigoOficial, formato)
    if before is None and not codigo:
        raise Invalid([Aviso("falta_codigo", "Escriba el código oficial.", "codigo_oficial")])
    if before is not None and (before.codigo, before.fuente, before.fecha) == (codigo, fuente, fecha):
        return
    actor = current_actor()
    db.session.add(
        CodigoOficial(
            id=uuid7(), formato=formato, serie=before.serie + 1 if before else 1, codigo=codigo, fuente=fuente,
            fecha=fecha, registrado_en=clock.now(), cuenta_id=actor.cuenta_id if actor else None,
        )
    )  # fmt: skip
    db.session.flush()
    note_change()


def check_blank(content: bytes) -> int:
    """How many pages a PDF has that can be offered to print; read in a limited child.

    :raises Invalid: none given, too large, not PDF, cut, locked, or with something in it that acts by itself.
    """
    if not content:
        raise _refused("falta_hoja", "Elija el PDF de la institución.")
    limit = int(current_app.config["HOJA_OFICIAL_MB"])
    if len(content) > limit * 1024 * 1024:
        raise _refused("hoja_grande", f"El archivo pasa de {limit} MB. Guárdelo con menos resolución.")
    if not content.startswith(b"%PDF-"):
        raise _refused("hoja_no_pdf", "El archivo no es PDF. Guarde la hoja como PDF y vuelva a elegirla.")
    try:
        found = run_limited("albergues_app.definiciones.official_child:inspect", content)
    except ArchivoIlegible as error:
        raise _refused("hoja_danada", "El PDF está dañado o no se puede leer. Guárdelo de nuevo.") from error
    if found["activo"]:
        raise _refused(
            "hoja_con_programas",
            "El PDF lleva programas, archivos adjuntos o contraseña. Imprímalo a PDF y elija esa copia.",
        )
    if not 1 <= found["paginas"] <= MAX_PAGES:
        raise _refused("hoja_paginas", f"La hoja tiene de 1 a {MAX_PAGES} páginas.")
    return int(found["paginas"])


def attach_blank(
    formato: str, content: bytes, paginas: int, nombre: str, fuente: str, fecha: date | None
) -> None:
    """Keep the institution's blank; it takes the place of the one before, which stays in the history.

    :raises RuleBroken: `hoja_repetida`. :raises Invalid: without source.
    """
    fuente = clean(fuente)[:300]
    if not fuente:
        raise Invalid([Aviso("falta_fuente", "Escriba de dónde viene esta hoja.", "fuente_hoja")])
    huella = hashlib.sha256(content).hexdigest()
    before = _last(HojaOficial, formato)
    if before is not None and before.huella == huella:
        raise RuleBroken("hoja_repetida", "Ese mismo archivo ya es la hoja oficial de este formato.", "hoja")
    name = clean(nombre.replace("\\", "/").rsplit("/", 1)[-1])[:120] or "hoja.pdf"
    _add(formato, before, nombre=name, peso=len(content), paginas=paginas, huella=huella, contenido=content,
         fuente=fuente, fecha=fecha)  # fmt: skip


def withdraw_blank(formato: str) -> None:
    """Offer it no more; it stays in the history. :raises NotFound: there is none."""
    before = _last(HojaOficial, formato)
    if before is None or not before.peso:
        raise NotFound()
    _add(formato, before, nombre="", peso=0, paginas=0, huella="", contenido=None, fuente="", fecha=None)


def _add(formato: str, before: Any, **values: Any) -> None:
    actor = current_actor()
    db.session.add(
        HojaOficial(
            id=uuid7(), formato=formato, serie=before.serie + 1 if before else 1, registrado_en=clock.now(),
            cuenta_id=actor.cuenta_id if actor else None, **values,
        )
    )  # fmt: skip
    db.session.flush()
    note_change()


def _last(model: Any, formato: str) -> Any:
    stmt = select(model).where(model.formato == formato).order_by(model.serie.desc()).limit(1)
    return db.session.scalar(stmt)


def _described() -> Any:
    h = HojaOficial
    return select(
        h.formato, h.serie, h.nombre, h.peso, h.paginas, h.huella, h.fuente, h.fecha, h.registrado_en,
        func.coalesce(Cuenta.nombre, "sistema").label("por"),
    ).outerjoin(Cuenta, Cuenta.id == h.cuenta_id)  # fmt: skip


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, "hoja")])
