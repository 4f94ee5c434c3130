"""What the cells of a series of shelter reports say: hours in any dress, counts, capacities, states, places."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import lru_cache
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.interchange.places import Lugares
from albergues_app.interchange.site_values import BLANKS, FIRST_YEAR, MAX_PERSONAS

_SIN_DATO: Final = BLANKS | {
    "unknown",
    "unk",
    "nan",
    "not reported",
    "not available",
    "tbd",
    "sin informacion",
}


def is_blank(text: str) -> bool:
    """Nothing, a dash, «N/A», «unknown», «sin dato»."""
    return normalize(text) in _SIN_DATO


# --- hours -----------------------------------------------------------------------------------------

_CLOCK = (
    r"(?:(?:\s*T|\s*,)?\s*(?P<h>\d{1,2})(?::(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"(?:\s*h(?:oras|rs)?\.?)?\s*(?P<pm>[ap]\.?\s?m\.?)?\s*(?P<z>Z|UTC|GMT|[AECMP][SD]T|[+-]\d{2}(?::?\d{2})?)?)?"
)
_ZONES: Final = {
    f"{zone}{kind}": -hours + (kind == "DT")
    for zone, hours in (("A", 4), ("E", 5), ("C", 6), ("M", 7), ("P", 8))
    for kind in ("ST", "DT")
}
"""EST, CDT…: the zones that series of the continent name, as hours from UTC."""
_YEAR_FIRST: Final = re.compile(
    r"(?P<y>\d{4})(?P<sep>[-/.])(?P<a>\d{1,2})(?P=sep)(?P<b>\d{1,2})" + _CLOCK, re.IGNORECASE
)
_YEAR_LAST: Final = re.compile(
    r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4}|(?<=/)\d{2}(?!\d))" + _CLOCK,
    re.IGNORECASE,
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan ene",
            "feb",
            "mar",
            "apr abr",
            "may",
            "jun",
            "jul",
            "aug ago",
            "sep set",
            "oct",
            "nov",
            "dec dic",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = r"(?P<mes>[a-z]{3,10})\.?"
_WEEKDAY = r"(?:[a-záéíóú]{3,9}\.?,?\s+)?"
_DAY_MONTH: Final = re.compile(
    _WEEKDAY + r"(?P<b>\d{1,2})(?:\s+de\s+|[\s/-])" + _MONTH + r"(?:\s+del?\s+|,?\s+|[/-])(?P<y>\d{4}|(?<=[/-])\d{2}(?!\d))"
    + _CLOCK, re.IGNORECASE,
)  # fmt: skip
_MONTH_DAY: Final = re.compile(
    _WEEKDAY + _MONTH + r"\s+(?P<b>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>\d{4})" + _CLOCK, re.IGNORECASE
)
"""«10 de septiembre de 2017 18:00», «10-Sep-17 6:00», «Sep 10, 2017 6:00 PM»."""
_COMPACT: Final = re.compile(
    r"(?P<y>(?:19|20)\d{2})(?P<a>[01]\d)(?P<b>[0-3]\d)"
    r"(?:T?(?P<h>[0-2]\d)(?P<m>[0-5]\d)(?P<s>[0-5]\d)?(?P<z>Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_EPOCH: Final = re.compile(r"(\d{9,10}|\d{13}|\d{16})(?:\.(\d{1,9}))?")
_DIGITS_OF_A_SECOND: Final = 10


@dataclass(frozen=True)
class LectorHora:
    """Reads hours. ``zona`` is of those without offset; ``mes_primero``: 09/10/2017 is the 10th of September."""

    zona: tzinfo
    mes_primero: bool = False

    def read(self, text: str) -> datetime | None:
        """The instant, aware and UTC, or None: it cannot be understood."""
        return _read_hour(text.strip(), self.zona, self.mes_primero)


@lru_cache(4096)
def _read_hour(text: str, zona: tzinfo, mes_primero: bool) -> datetime | None:
    try:
        if found := _COMPACT.fullmatch(text):
            return _instant(found, int(found["a"]), int(found["b"]), zona)
        if found := _EPOCH.fullmatch(text):
            return _from_epoch(found[1], found[2] or "")
        if found := _YEAR_FIRST.fullmatch(text):
            return _instant(found, int(found["a"]), int(found["b"]), zona)
        if found := _YEAR_LAST.fullmatch(text):
            day, month = int(found["a"]), int(found["b"])
            if mes_primero and found["sep"] == "/":
                day, month = month, day
            return _instant(found, month, day, zona)
        if found := _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text):
            return _instant(found, _MONTHS[found["mes"][:3].lower()], int(found["b"]), zona)
    except (ValueError, OverflowError, KeyError):
        return None
    return None


def _from_epoch(whole: str, fraction: str) -> datetime:
    """Seconds, milliseconds or microseconds since 1970, told apart by their length."""
    shift = max(0, len(whole) - _DIGITS_OF_A_SECOND)
    micros = int(whole) * 10 ** (6 - shift) + (
        int(fraction.ljust(6, "0")[:6]) if not shift and fraction else 0
    )
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _instant(found: re.Match[str], month: int, day: int, zona: tzinfo) -> datetime | None:
    parts = found.groupdict()
    hour = int(parts.get("h") or 0)
    if half := parts.get("pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    micro = int((parts.get("f") or "").ljust(6, "0")[:6])
    minute, second = int(parts.get("m") or 0), int(parts.get("s") or 0)
    offset = parts.get("z")
    instant = datetime(
        _year(found["y"]), month, day, hour, minute, second, micro, tzinfo=_offset(offset) if offset else zona
    )
    return instant.astimezone(UTC) if instant.year >= FIRST_YEAR else None


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _offset(text: str) -> tzinfo:
    if text.upper() in _ZONES:
        return timezone(timedelta(hours=_ZONES[text.upper()]))
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


class OrdenFecha:
    """Day or month first in 09/10/2017: decided once for the file, by its dates that can be read one way only."""

    def __init__(self) -> None:
        self.mes_primero_en: str = ""
        self.dia_primero_en: str = ""

    def see(self, hora: str) -> None:
        """Look at one hour as written."""
        found = _YEAR_LAST.match(hora)
        if found is None or found["sep"] != "/":
            return
        if int(found["b"]) > 12 >= int(found["a"]):
            self.mes_primero_en = self.mes_primero_en or hora
        elif int(found["a"]) > 12 >= int(found["b"]):
            self.dia_primero_en = self.dia_primero_en or hora

    @property
    def mes_primero(self) -> bool:
        """Only when some date asks for it and none forbids it: in Guatemala the day goes first."""
        return bool(self.mes_primero_en) and not self.dia_primero_en


# --- counts ----------------------------------------------------------------------------------------

_WHOLE: Final = re.compile(r"[+-]?\d{1,12}")
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*")
_POINT_ZERO: Final = re.compile(r"([+-]?\d{1,12})[.,]0+")


def read_whole(text: str) -> int | None:
    """«1200», «1,200», «1.200», «12.0»; None for anything else."""
    text = text.strip()
    if _WHOLE.fullmatch(text):
        return int(text)
    if _GROUPED.fullmatch(text):
        return int(re.sub(r"[^\d+-]", "", text))
    found = _POINT_ZERO.fullmatch(text)
    return int(found[1]) if found else None


def read_capacidad(text: str) -> tuple[int | None, bool]:
    """The capacity, or None, and whether it was understood. Blank, «unknown», -1 and 0 are honest ways of not knowing."""
    if is_blank(text):
        return None, True
    number = read_whole(text)
    if number in (-1, 0):
        return None, True
    if number is None or not 0 < number <= MAX_PERSONAS:
        return None, False
    return number, True


# --- states ----------------------------------------------------------------------------------------


class Estado(StrEnum):
    """What a series says a shelter is doing."""

    ABIERTO = "abierto"
    EN_ESPERA = "en_espera"
    CERRADO = "cerrado"


_ESTADOS: Final[dict[Estado, str]] = {
    Estado.ABIERTO: "open|opened|full|active|activated|occupied|at capacity|abierto|abierta|lleno|llena|activo|activa"
    "|activado|activada|habilitado|habilitada|en uso|en operacion|a capacidad|o",
    Estado.EN_ESPERA: "alert|standby|stand by|on standby|pending|planned|ready|opening|alerta|en alerta|en espera"
    "|disponible|preparacion|en preparacion|listo|identificado|pre activated|s",
    Estado.CERRADO: "closed|close|closing|inactive|deactivated|demobilized|cerrado|cerrada|en cierre|inactivo|inactiva"
    "|inhabilitado|inhabilitada|desactivado|desactivada|c",
}
_PALABRAS: Final = {word: estado for estado, words in _ESTADOS.items() for word in words.split("|")}


def read_estado(text: str) -> Estado | None:
    """The state; open when nothing is said; None for a word nobody knows."""
    return Estado.ABIERTO if is_blank(text) else _PALABRAS.get(normalize(text))


# --- places ----------------------------------------------------------------------------------------

REGLA_LUGAR: Final = (
    "un lugar que no está en el catálogo recibe el municipio número SHA-256(lugar sin tildes ni mayúsculas) "
    "módulo 340, en orden de código INE; un nombre de varios municipios, el de código menor"
)


@dataclass(frozen=True)
class LugarAsignado:
    """The municipality of a place of the series. ``por``: catalogo | nombre_repetido | regla."""

    municipio: str
    por: str


def assign_place(lugares: Lugares, lugar: str, clave: str) -> LugarAsignado:
    """The municipality of a place, the same every time; ``clave`` stands for a shelter that says no place."""
    text = "" if is_blank(lugar) else lugar
    if re.fullmatch(r"(?:GT-?)?\d{3,4}", text.strip(), re.IGNORECASE):
        if found := lugares.read_code(text, None, pcode_column=False):
            return LugarAsignado(found[0], "catalogo")
    elif text:
        said = lugares.resolve(municipio=text)
        if said.municipio:
            return LugarAsignado(said.municipio, "catalogo")
        if said.candidatos:
            only = len(said.candidatos) == 1
            return LugarAsignado(min(said.candidatos), "catalogo" if only else "nombre_repetido")
    codes = sorted(lugares.municipios)
    number = int.from_bytes(hashlib.sha256((normalize(text) or clave).encode()).digest(), "big")
    return LugarAsignado(codes[number % len(codes)], "regla")
