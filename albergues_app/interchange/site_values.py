"""Single cells of a list of sites: what a person wrote, as a value, with what to warn of or refuse.

Each reader takes a cell and gives ``Leido``: value, warnings, errors. Sentences are Spanish and say what to
do.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from albergues_app.core.text import clean, normalize
from albergues_app.interchange.tables import Celda

Mensaje = tuple[str, str]
"""Code and sentence."""


@dataclass
class Leido:
    """A value read from a cell."""

    valor: Any = None
    avisos: list[Mensaje] = field(default_factory=list)
    errores: list[Mensaje] = field(default_factory=list)


def as_text(cell: Celda) -> str:
    """The cell as clean text; empty for a blank."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "sí" if cell else "no"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return clean(str(cell))


def shown(cell: Celda) -> str:
    """A cell quoted inside a sentence."""
    return as_text(cell)[:40]


# --- numbers ---------------------------------------------------------------------------------------

BLANKS: Final = frozenset(
    (
        "",
        "nd",
        "n d",
        "na",
        "n a",
        "no disponible",
        "sin dato",
        "sin datos",
        "s d",
        "sd",
        "desconocido",
        "no se sabe",
        "pendiente",
        "ninguno",
        "nulo",
        "null",
        "none",
    )
)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[,. \u00a0\u202f']\d{3})+")
MAX_PERSONAS: Final = 1_000_000


def read_count(cell: Celda, what: str, *, zero_is_unknown: bool) -> Leido:
    """A whole number of persons, families or services. A blank is unknown; words beside it are warned of."""
    if isinstance(cell, bool):
        return Leido(
            errores=[("numero_invalido", f"{what}: «{shown(cell)}» no es un número. Escriba solo la cifra.")]
        )
    if isinstance(cell, int | float):
        number: float = cell
        avisos: list[Mensaje] = []
    else:
        text = as_text(cell)
        if normalize(text) in BLANKS:
            return Leido()
        wrong = Leido(
            errores=[
                ("numero_invalido", f"{what}: «{shown(cell)}» no es un número claro. Escriba solo la cifra.")
            ]
        )
        found = re.findall(r"[+-]?\d[\d,. \u00a0\u202f']*", text)
        if len(found) != 1:
            return wrong
        digits = found[0].rstrip(",. \u00a0\u202f'")
        avisos = []
        if digits != text:
            avisos.append(("numero_con_palabras", f"{what}: de «{shown(cell)}» se tomó el número {digits}."))
        if _THOUSANDS.fullmatch(digits):
            digits = re.sub(r"\D", "", digits)
        try:
            number = float(digits.replace(",", "."))
        except ValueError:
            return wrong
    if number < 0 or number != int(number) or number > MAX_PERSONAS:
        return Leido(
            errores=[
                (
                    "numero_fuera",
                    f"{what}: {shown(cell)} debe ser un número entero entre 0 y {MAX_PERSONAS:,}.",
                )
            ]
        )
    if number == 0 and zero_is_unknown:
        return Leido(
            None,
            [("capacidad_cero", f"{what}: dice 0; se anotó como desconocida. Escríbala cuando se sepa.")],
        )
    return Leido(int(number), avisos)


# --- dates -----------------------------------------------------------------------------------------

_MESES: Final = {
    name: number
    for number, names in enumerate(
        ("enero ene jan", "febrero feb", "marzo mar", "abril abr apr", "mayo may", "junio jun", "julio jul",
         "agosto ago aug", "septiembre setiembre sep set sept", "octubre oct", "noviembre nov",
         "diciembre dic dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NO_DATE: Final = BLANKS | {"s f", "sf", "sin fecha", "0000 00 00"}
FIRST_YEAR: Final = 1900


@dataclass(frozen=True)
class FechaLeida:
    """What was written, and the first day it can mean."""

    texto: str
    dia: date


def read_date(cell: Celda) -> Leido:
    """A date as people write it. A month or a year alone: the text stays, its first day stands for it."""
    if isinstance(cell, datetime):
        return _dated(cell.date(), cell.date().isoformat())
    if isinstance(cell, date):
        return _dated(cell, cell.isoformat())
    text = as_text(cell)
    plain = normalize(text)
    if plain in _NO_DATE:
        return Leido()
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if 1900 <= cell <= 2100 and cell == int(cell):
            return _partial(text, int(cell), 1)
        if 20_000 <= cell <= 80_000:  # Excel's day number in a cell that was not formatted as a date
            dia = date.fromordinal(date(1899, 12, 30).toordinal() + int(cell))
            return Leido(
                FechaLeida(dia.isoformat(), dia),
                [("fecha_numero", f"La fecha {text} se leyó como {_dmy(dia)}.")],
            )
    plain = re.sub(r"\b(?:de|del|dia|lunes|martes|miercoles|jueves|viernes|sabado|domingo)\b", " ", plain)
    with_hour = re.match(r"(\d+ \d+ \d+)[t ]\d{1,2} \d\d\b", " ".join(plain.split()))
    parts = (with_hour[1] if with_hour else plain).split()
    numbers = [_MESES.get(p, int(p) if p.isdecimal() and len(p) <= 4 else -1) for p in parts[:3]]
    wrong = Leido(
        errores=[
            (
                "fecha_invalida",
                f"No se entiende la fecha «{shown(cell)}». Escríbala como día/mes/año, p. ej. 10/06/2018.",
            )
        ]
    )
    if -1 in numbers or len(parts) > 3:
        return wrong
    if len(numbers) == 1 and len(parts[0]) == 4 and parts[0].isdecimal():
        return _partial(text, numbers[0], 1) if FIRST_YEAR <= numbers[0] <= 2100 else wrong
    if len(numbers) == 2:
        return _month(text, numbers, parts) or wrong
    if len(numbers) == 3:
        return _full(text, numbers, parts) or wrong
    return wrong


def _month(text: str, numbers: list[int], parts: list[str]) -> Leido | None:
    year, month = (
        (numbers[0], numbers[1]) if len(parts[0]) == 4 and parts[0].isdecimal() else (numbers[1], numbers[0])
    )
    if FIRST_YEAR <= year <= 2100 and 1 <= month <= 12:
        return _partial(text, year, month)
    return None


def _full(text: str, numbers: list[int], parts: list[str]) -> Leido | None:
    a, b, c = numbers
    if len(parts[0]) == 4 and parts[0].isdecimal():
        year, month, day = a, b, c
    else:
        year, month, day = c, b, a
        if parts[0] in _MESES:  # «junio 10 2018»
            month, day = a, b
        if year < 100:
            year += 2000
    avisos: list[Mensaje] = []
    if month > 12 >= day and parts[1].isdecimal():
        month, day = day, month
        avisos.append(
            ("fecha_mes_dia", f"«{text[:30]}» se leyó como mes/día/año: {day:02}/{month:02}/{year}.")
        )
    try:
        read = _dated(date(year, month, day), text)
    except ValueError:
        return None
    read.avisos[:0] = avisos
    return read


def _partial(text: str, year: int, month: int) -> Leido:
    dia = date(year, month, 1)
    return Leido(
        FechaLeida(text, dia),
        [
            (
                "fecha_parcial",
                f"La fecha «{text[:30]}» no dice el día: se ordena como {_dmy(dia)} y se guarda como vino.",
            )
        ],
    )


def _dated(dia: date, text: str) -> Leido:
    if not FIRST_YEAR <= dia.year <= 2100:
        return Leido(
            errores=[("fecha_fuera", f"La fecha {_dmy(dia)} está fuera de lo posible. Revise el año.")]
        )
    return Leido(FechaLeida(text, dia))


def _dmy(dia: date) -> str:
    return f"{dia.day:02}/{dia.month:02}/{dia.year}"


def last_day_of_month(dia: date) -> date:
    """The last day of the month of a partial date."""
    return dia.replace(day=calendar.monthrange(dia.year, dia.month)[1])


# --- yes or no -------------------------------------------------------------------------------------

_YES: Final = frozenset(
    ("si", "s", "x", "1", "yes", "y", "true", "verdadero", "oficial", "oficializado", "v", "✓", "✔")
)
_NO: Final = frozenset(("no", "n", "0", "false", "falso", "no oficial", "f", "improvisado"))


def read_yes_no(cell: Celda, what: str) -> Leido:
    """Yes or no in the words of a list; a blank is unknown."""
    if isinstance(cell, bool):
        return Leido(cell)
    text = as_text(cell)
    plain = normalize(text) or text.strip()
    if plain in _YES:
        return Leido(True)
    if plain in _NO:
        return Leido(False)
    if plain in BLANKS or not text:
        return Leido()
    return Leido(errores=[("si_no_invalido", f"{what}: «{shown(cell)}» debe ser sí o no.")])
