"""The registry of official formats: every edition, and the latest of each."""

from __future__ import annotations

from functools import cache

from albergues_app.formats.engine import Formato
from albergues_app.formats.official.boleta_ingreso_v1 import BOLETA_INGRESO_V1
from albergues_app.formats.official.control_ingresos_egresos_v1 import CONTROL_INGRESOS_EGRESOS_V1
from albergues_app.formats.official.ficha_persona_v1 import FICHA_PERSONA_V1

EDITIONS: tuple[Formato, ...] = (BOLETA_INGRESO_V1, FICHA_PERSONA_V1, CONTROL_INGRESOS_EGRESOS_V1)


class UnknownFormato(LookupError):
    """There is no such format or edition."""


@cache
def _index() -> dict[tuple[str, int], Formato]:
    return {(formato.code, formato.version): formato for formato in EDITIONS}


def all() -> tuple[Formato, ...]:
    """Return the latest edition of every format, in catalogue order."""
    return tuple(latest(code) for code in dict.fromkeys(formato.code for formato in EDITIONS))


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
    editions = [formato for formato in EDITIONS if formato.code == code]
    if not editions:
        raise UnknownFormato(f"no hay formato {code}")
    return max(editions, key=lambda formato: formato.version)
