"""The registry of official formats: every edition that has a module, and the latest of each."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from albergues_app.formats import official
from albergues_app.formats.engine import Formato


class UnknownFormato(LookupError):
    """There is no such format or edition."""


@cache
def editions() -> tuple[Formato, ...]:
    """Every edition, in catalogue order: the Formato of each module of ``official`` that is named as its slug."""
    found: list[Formato] = []
    for module in iter_modules(official.__path__):
        values = vars(import_module(f"{official.__name__}.{module.name}")).values()
        found += [v for v in values if isinstance(v, Formato) and v.slug == module.name]
    return tuple(sorted(found, key=lambda formato: (formato.order, formato.code, formato.version)))


@cache
def _index() -> dict[tuple[str, int], Formato]:
    return {(formato.code, formato.version): formato for formato in editions()}


def all() -> tuple[Formato, ...]:
    """Return the latest edition of every format, in catalogue order."""
    return tuple(latest(code) for code in dict.fromkeys(formato.code for formato in editions()))


def get(code: str, version: int | None = None) -> Formato:
    """Return one edition (the latest where ``version`` is left out), or raise UnknownFormato."""
    if version is None:
        return latest(code)
    try:
        return _index()[code, version]
    except KeyError:
        raise UnknownFormato(f"no hay formato {code} edición {version}") from None


def latest(code: str) -> Formato:
    """Return the newest edition of a format, or raise UnknownFormato."""
    known = [formato for formato in editions() if formato.code == code]
    if not known:
        raise UnknownFormato(f"no hay formato {code}")
    return max(known, key=lambda formato: formato.version)


def in_force(day: dt.date) -> tuple[Formato, ...]:
    """Return the edition of every format that is in force on ``day``, in catalogue order: the newest that began."""
    newest: dict[str, Formato] = {}
    for formato in editions():
        known = newest.get(formato.code)
        if formato.valid_from <= day and (known is None or formato.version > known.version):
            newest[formato.code] = formato
    return tuple(newest.values())
