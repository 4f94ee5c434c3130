"""The registry of official formats: those of the code, those an administrator published, and the latest of each.

The formats of the code are modules of ``official``. What an administrator adds comes from a source that the
application hands in with ``provide``; without one (a test, a script, a child process) the code's stand alone.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from albergues_app.formats import official
from albergues_app.formats.engine import Formato


class UnknownFormato(LookupError):
    """There is no such format or edition."""


@dataclass(frozen=True, eq=False)
class Publicado:
    """What administrators added: editions, formats whose validity ended, those off the public shelf, official codes."""

    editions: tuple[Formato, ...] = ()
    retired: frozenset[str] = frozenset()
    reserved: frozenset[str] = frozenset()
    official_codes: Mapping[str, str] = field(default_factory=dict)
    official_blanks: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class _Shelf:
    """All of it, put in order once for each thing the source gave."""

    given: Publicado
    editions: tuple[Formato, ...]
    index: Mapping[tuple[str, int], Formato]
    in_force: Mapping[str, Formato]
    stamp: int


NOTHING = Publicado()
"""No source, or nothing published."""
_source: Callable[[], Publicado] = lambda: NOTHING  # noqa: E731
_kept: _Shelf | None = None
_stamps = itertools.count(1)


def provide(source: Callable[[], Publicado]) -> None:
    """Say where published formats come from; it answers with the same object while nothing changed."""
    global _source
    _source = source


@cache
def of_code() -> tuple[Formato, ...]:
    """Every edition of the code: the Formato of each module of ``official`` that is named as its slug."""
    found: list[Formato] = []
    for module in iter_modules(official.__path__):
        values = vars(import_module(f"{official.__name__}.{module.name}")).values()
        found += [v for v in values if isinstance(v, Formato) and v.slug == module.name]
    return tuple(found)


def _shelf() -> _Shelf:
    global _kept
    given, kept = _source(), _kept
    if kept is not None and kept.given is given:
        return kept
    known = sorted(
        (*of_code(), *given.editions), key=lambda formato: (formato.order, formato.code, formato.version)
    )
    latest: dict[str, Formato] = {}
    for formato in known:
        if formato.code not in latest or latest[formato.code].version < formato.version:
            latest[formato.code] = formato
    in_force = {code: formato for code, formato in latest.items() if code not in given.retired}
    _kept = _Shelf(given, tuple(known), {(f.code, f.version): f for f in known}, in_force, next(_stamps))
    return _kept


def editions() -> tuple[Formato, ...]:
    """Every edition there ever was, in catalogue order."""
    return _shelf().editions


def all() -> tuple[Formato, ...]:
    """Return the latest edition of every format in force, in catalogue order."""
    return tuple(_shelf().in_force.values())


def shelf() -> tuple[Formato, ...]:
    """Return ``all`` without those that an administrator keeps off the public shelf."""
    found = _shelf()
    return tuple(f for f in found.in_force.values() if f.code not in found.given.reserved)


def is_public(code: str) -> bool:
    """Tell whether a format stands on the public shelf."""
    return code not in _shelf().given.reserved


def get(code: str, version: int | None = None) -> Formato:
    """Return one edition, in force or not (the latest in force where ``version`` is left out).

    :raises UnknownFormato: there is none.
    """
    if version is None:
        return latest(code)
    try:
        return _shelf().index[code, version]
    except KeyError:
        raise UnknownFormato(f"no hay formato {code} edición {version}") from None


def latest(code: str) -> Formato:
    """Return the newest edition of a format in force. :raises UnknownFormato: there is none, or it was retired."""
    try:
        return _shelf().in_force[code]
    except KeyError:
        raise UnknownFormato(f"no hay formato {code}") from None


def in_force(day: dt.date) -> tuple[Formato, ...]:
    """Return the edition of every format that is in force on ``day``, in catalogue order: the newest that began."""
    newest: dict[str, Formato] = {}
    retired = _shelf().given.retired
    for formato in editions():
        known = newest.get(formato.code)
        if formato.code in retired:
            continue
        if formato.valid_from <= day and (known is None or formato.version > known.version):
            newest[formato.code] = formato
    return tuple(newest.values())


def stamp() -> int:
    """Return a number that changes whenever anything here does: for whoever keeps what was made of it."""
    return _shelf().stamp


def official_code(code: str) -> str:
    """Return the official number that an administrator typed for a format; nothing where nobody did."""
    return _shelf().given.official_codes.get(code, "")


def has_official_blank(code: str) -> bool:
    """Tell whether the institution's own blank of a format was attached."""
    return code in _shelf().given.official_blanks
