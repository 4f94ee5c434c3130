"""Write a definition step by step, publish it as an edition that never changes, end its validity."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.definiciones.documents import MAX_BYTES, definition_text, read_definition
from albergues_app.definiciones.models import FormatoDefinido, FormatoEdicion
from albergues_app.definiciones.source import note_change
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, fingerprint
from albergues_app.formats.engine.definition import RESERVED_CODES, name_problem, problems
from albergues_app.formats.engine.serial import Malformed, Problem, from_json, to_json

Document = dict[str, Any]


def create_definition(codigo: str, document: Document) -> FormatoDefinido:
    """Begin a format. :raises Invalid: the code cannot be one, or is taken."""
    wrong = name_problem(codigo, "El código interno")
    if wrong:
        raise Invalid([Aviso("codigo_invalido", wrong, "codigo")])
    if codigo in RESERVED_CODES:
        raise Invalid(
            [Aviso("codigo_reservado", f"«{codigo}» es palabra del sistema. Use otro código.", "codigo")]
        )
    if codigo in {f.code for f in formatos.of_code()} or find(codigo) is not None:
        raise Invalid([Aviso("codigo_repetido", f"Ya hay un formato «{codigo}». Use otro código.", "codigo")])
    now, actor = clock.now(), current_actor()
    row = FormatoDefinido(
        id=uuid7(), codigo=codigo, vuelta=0, publico=True, retirado_en=None, creado_en=now, actualizado_en=now,
        cuenta_id=actor.cuenta_id if actor else None,
        borrador=_text({**document, "code": codigo, "version": 1}),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


def find(codigo: str) -> FormatoDefinido | None:
    """The format defined here with that code, or None."""
    return db.session.scalar(select(FormatoDefinido).where(FormatoDefinido.codigo == codigo))


def document_of(row: FormatoDefinido) -> Document:
    """The draft. :raises RuleBroken: `sin_borrador`."""
    if row.borrador is None:
        raise RuleBroken("sin_borrador", "Este formato no tiene borrador. Empiece una edición nueva.")
    document: Document = json.loads(row.borrador)
    return document


def save_document(row: FormatoDefinido, document: Document, vuelta: int) -> None:
    """Keep a step of the draft. :raises RuleBroken: `borrador_cambiado`, somebody else saved in between."""
    document_of(row)
    if vuelta != row.vuelta:
        raise RuleBroken(
            "borrador_cambiado",
            "Este borrador se guardó desde otra ventana mientras usted escribía. Abra el borrador y repita el cambio.",
        )
    text = _text(document)
    if len(text.encode()) > MAX_BYTES:
        raise RuleBroken("definicion_grande", "La definición pasa de 1 MB. Haga dos formatos.")
    row.borrador, row.actualizado_en = text, clock.now()
    row.vuelta += 1
    db.session.flush()


def _text(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def check_document(row: FormatoDefinido) -> tuple[Formato | None, list[Problem]]:
    """The draft as a format, where it is one, and everything that keeps it from being published."""
    try:
        formato = from_json(document_of(row))
    except Malformed as error:
        return None, [error.problem]
    return formato, problems(formato, {f.code for f in formatos.of_code()})


def publish(row: FormatoDefinido) -> FormatoEdicion:
    """Freeze the draft as the next edition, in force from today.

    :raises Invalid: what is missing. :raises RuleBroken: `sin_borrador`, `sin_cambios`.
    """
    formato, found = check_document(row)
    if formato is None or found:
        raise Invalid([Aviso(p.codigo, p.mensaje, p.donde or None) for p in found])
    last = last_edition(row.codigo)
    number = last.edicion + 1 if last else 1
    now, actor = clock.now(), current_actor()
    formato = replace(formato, code=row.codigo, version=number, valid_from=clock.local_day(now))
    if last is not None and _same(read_definition(last.definicion), formato):
        raise RuleBroken(
            "sin_cambios", f"El borrador es igual a la edición {last.edicion}. Nada que publicar."
        )
    edition = FormatoEdicion(
        id=uuid7(), codigo=row.codigo, edicion=number, definicion=definition_text(formato),
        huella=fingerprint(formato), publicado_en=now, cuenta_id=actor.cuenta_id if actor else None,
    )  # fmt: skip
    db.session.add(edition)
    row.borrador, row.retirado_en, row.actualizado_en = None, None, now
    row.vuelta += 1
    db.session.flush()
    note_change()
    return edition


def _same(one: Formato, two: Formato) -> bool:
    return replace(one, version=two.version, valid_from=two.valid_from) == two


def last_edition(codigo: str) -> FormatoEdicion | None:
    """The newest edition of a format defined here."""
    stmt = select(FormatoEdicion).where(FormatoEdicion.codigo == codigo)
    return db.session.scalar(stmt.order_by(FormatoEdicion.edicion.desc()).limit(1))


def begin_edition(row: FormatoDefinido) -> None:
    """Draft the next edition from the last. :raises RuleBroken: `hay_borrador`, `sin_edicion`."""
    if row.borrador is not None:
        raise RuleBroken("hay_borrador", "Ya hay un borrador de la edición siguiente. Ábralo.")
    last = last_edition(row.codigo)
    if last is None:
        raise RuleBroken("sin_edicion", "Este formato no se ha publicado.")
    row.borrador = _text(to_json(replace(read_definition(last.definicion), version=last.edicion + 1)))
    row.vuelta += 1
    row.actualizado_en = clock.now()
    db.session.flush()


def drop_draft(row: FormatoDefinido) -> None:
    """Throw the draft away; a format that was never published goes with it."""
    if last_edition(row.codigo) is None:
        db.session.delete(row)
    else:
        row.borrador, row.actualizado_en = None, clock.now()
        row.vuelta += 1
    db.session.flush()


def retire(row: FormatoDefinido) -> None:
    """End the validity: it is offered nowhere; filled ones stay and print as taken. :raises RuleBroken: `sin_edicion`."""
    if last_edition(row.codigo) is None:
        raise RuleBroken("sin_edicion", "Este formato no se ha publicado: descarte el borrador.")
    row.retirado_en = clock.now()
    db.session.flush()
    note_change()


def restore(row: FormatoDefinido) -> None:
    """Put the last edition in force again."""
    row.retirado_en = None
    db.session.flush()
    note_change()


def set_public(row: FormatoDefinido, publico: bool) -> None:
    """Whether it stands on the shelf that needs no account."""
    row.publico = publico
    db.session.flush()
    note_change()


def list_definitions() -> Sequence[FormatoDefinido]:
    """Every format defined here, by code."""
    return db.session.scalars(select(FormatoDefinido).order_by(FormatoDefinido.codigo)).all()


def editions_of(codigo: str) -> Sequence[FormatoEdicion]:
    """Editions of a format, the newest first."""
    stmt = select(FormatoEdicion).where(FormatoEdicion.codigo == codigo)
    return db.session.scalars(stmt.order_by(FormatoEdicion.edicion.desc())).all()


def edition_counts() -> dict[str, int]:
    """The number of the last edition of each format defined here."""
    e = FormatoEdicion
    found = db.session.execute(select(e.codigo, func.max(e.edicion)).group_by(e.codigo))
    return {row[0]: row[1] for row in found}
