"""Age on a day, and the bands of it. Bands are derived at the date of the figure, never stored as truth.

Band set `operativa` of dominio.md 4.1: it nests in every legal cut point (NNA < 18, adulto mayor 60+).
"""

from __future__ import annotations

from datetime import date, timedelta

BANDAS: tuple[tuple[str, int, int | None], ...] = (
    ("0", 0, 1),
    ("1_4", 1, 5),
    ("5_12", 5, 13),
    ("13_17", 13, 18),
    ("18_29", 18, 30),
    ("30_59", 30, 60),
    ("60_mas", 60, None),
)
SIN_DATO = "sin_dato"
CODIGOS: tuple[str, ...] = (*(b[0] for b in BANDAS), SIN_DATO)
NOMBRE: dict[str, str] = {
    "0": "Menos de 1 año",
    "1_4": "1 a 4 años",
    "5_12": "5 a 12 años",
    "13_17": "13 a 17 años",
    "18_29": "18 a 29 años",
    "30_59": "30 a 59 años",
    "60_mas": "60 años o más",
    SIN_DATO: "Edad sin dato",
}


def minus_years(day: date, years: int) -> date:
    """The same day of the year, ``years`` before; 29 February becomes 28 where there is none."""
    try:
        return day.replace(year=max(1, day.year - years))
    except ValueError:
        return day.replace(year=max(1, day.year - years), day=28)


def birth_from_age(edad: int, unidad: str, said_on: date) -> date:
    """The birth date an age implies on the day it was said: the age is right that day and grows with the calendar."""
    if unidad == "dias":
        return said_on - timedelta(days=edad)
    if unidad == "meses":
        years, months = divmod(edad, 12)
        month, year = said_on.month - months, said_on.year - years
        if month < 1:
            month, year = month + 12, year - 1
        for day in (said_on.day, 30, 29, 28):
            try:
                return date(year, month, min(day, said_on.day))
            except ValueError:
                continue
    return minus_years(said_on, edad)


def age_on(nacimiento: date, day: date) -> int:
    """Completed years on ``day``; 0 before birth."""
    years = day.year - nacimiento.year - ((day.month, day.day) < (nacimiento.month, nacimiento.day))
    return max(0, years)


def banda_on(nacimiento: date | None, day: date) -> str:
    """The band on ``day``."""
    if nacimiento is None:
        return SIN_DATO
    age = age_on(nacimiento, day)
    return next(code for code, low, high in BANDAS if age >= low and (high is None or age < high))


def leaves_band_on(nacimiento: date | None, day: date) -> date | None:
    """The birthday on which the person leaves the band of ``day``; None if never or unknown."""
    if nacimiento is None:
        return None
    age = age_on(nacimiento, day)
    for _code, low, high in BANDAS:
        if high is not None and low <= age < high:
            try:
                return nacimiento.replace(year=nacimiento.year + high)
            except ValueError:  # born on 29 February: the year they complete counts from 1 March
                return date(nacimiento.year + high, 3, 1)
    return None
