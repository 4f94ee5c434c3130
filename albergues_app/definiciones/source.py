"""Published formats as the catalogue wants them: read once, and again when the number in the database has grown."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from flask import current_app, has_app_context, has_request_context, request
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError, ProgrammingError

from albergues_app.core.db import db, run, table_of
from albergues_app.core.unit_of_work import is_writing
from albergues_app.definiciones.documents import read_definition
from albergues_app.definiciones.models import (
    CodigoOficial,
    FormatoDefinido,
    FormatoEdicion,
    FormatosSerie,
    HojaOficial,
)
from albergues_app.formats.catalogo import NOTHING, Publicado
from albergues_app.formats.engine import Formato, fingerprint

log = logging.getLogger("albergues.formatos")

_KEY, _SEEN = "albergues_formatos_publicados", "albergues.formatos_publicados"
_LIFETIME_S = 1.0
"""How long a process that serves no request goes on without asking again."""


@dataclass(frozen=True)
class _Kept:
    serie: int
    asked: float
    given: Publicado
    editions: dict[tuple[str, int, str], Formato]


def published() -> Publicado:
    """What administrators published, as of this request."""
    if not has_app_context():
        return NOTHING
    if has_request_context():
        seen: Publicado | None = request.environ.get(_SEEN)
        if seen is None:
            seen = request.environ[_SEEN] = _current(0.0)
        return seen
    return _current(_LIFETIME_S)


def _current(lifetime_s: float) -> Publicado:
    kept: _Kept | None = current_app.extensions.get(_KEY)
    now = time.monotonic()
    if kept is not None and now - kept.asked < lifetime_s:
        return kept.given
    s = table_of(FormatosSerie)
    try:
        serie = run(select(s.c.serie).where(s.c.id == 1)).scalar() or 0
    except (OperationalError, ProgrammingError):
        if is_writing():
            raise
        db.session.rollback()  # a database that is not prepared yet: the formats of the code are there all the same
        return NOTHING
    if kept is None or kept.serie != serie:
        kept = _read(serie, kept)
    current_app.extensions[_KEY] = _Kept(serie, now, kept.given, kept.editions)
    return kept.given


def _read(serie: int, before: _Kept | None) -> _Kept:
    e, d, c = table_of(FormatoEdicion), table_of(FormatoDefinido), table_of(CodigoOficial)
    known = before.editions if before else {}
    editions: dict[tuple[str, int, str], Formato] = {}
    for codigo, edicion, huella in run(select(e.c.codigo, e.c.edicion, e.c.huella)).all():
        key = (codigo, edicion, huella)
        editions[key] = known.get(key) or _open(codigo, edicion, huella)
    retired = run(select(d.c.codigo).where(d.c.retirado_en.is_not(None))).scalars()
    reserved = run(select(d.c.codigo).where(d.c.publico.is_(False))).scalars()
    numbers = run(select(c.c.formato, c.c.codigo).order_by(c.c.formato, c.c.serie)).all()
    official = {row.formato: row.codigo for row in numbers}
    h = table_of(HojaOficial)
    sizes = run(select(h.c.formato, h.c.peso).order_by(h.c.formato, h.c.serie)).all()
    blanks = {row.formato: row.peso for row in sizes}
    given = Publicado(
        tuple(editions.values()),
        frozenset(retired),
        frozenset(reserved),
        {formato: codigo for formato, codigo in official.items() if codigo},
        frozenset(formato for formato, peso in blanks.items() if peso),
    )
    return _Kept(serie, 0.0, given, editions)


def _open(codigo: str, edicion: int, huella: str) -> Formato:
    e = table_of(FormatoEdicion)
    text = run(select(e.c.definicion).where(e.c.codigo == codigo, e.c.edicion == edicion)).scalar_one()
    formato = read_definition(text)
    if fingerprint(formato) != huella:
        log.error("edition %s_v%s differs from its fingerprint", codigo, edicion)
    return formato


def note_change() -> None:
    """Tell every process that something it holds has changed (in the caller's unit of work)."""
    s = table_of(FormatosSerie)
    run(update(s).where(s.c.id == 1).values(serie=s.c.serie + 1))
    forget()


def forget() -> None:
    """Ask again the next time: this request, or this process, has just changed something."""
    kept: _Kept | None = current_app.extensions.get(_KEY)
    if kept is not None:
        current_app.extensions[_KEY] = _Kept(-1, 0.0, kept.given, kept.editions)
    if has_request_context():
        request.environ.pop(_SEEN, None)
