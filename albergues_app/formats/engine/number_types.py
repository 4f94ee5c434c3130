"""Types that hold numbers and moments."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from decimal import Decimal as Number
from decimal import InvalidOperation
from typing import Any

from albergues_app.formats.engine.catalogs import Catalogos
from albergues_app.formats.engine.field_type import (
    HORA_LOCAL,
    Answers,
    Cell,
    Context,
    FieldType,
    Invalid,
    Paper,
    Question,
    Widget,
)
from albergues_app.formats.engine.text import clean

EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 -- a spreadsheet's count of days has no zone
FECHA_FUTURA = "La fecha no puede ser después de hoy. Revísela."
INSTANTE_FUTURO = "La fecha y la hora están muy adelante. Revíselas."
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$")


def _number(raw: object, message: str) -> Number:
    """Read a number from any cell, or raise Invalid with the message."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str, Number)):
        raise Invalid("numero_invalido", message)
    if isinstance(raw, str):
        text = clean(raw)
        if len(text) > 40:
            raise Invalid("numero_invalido", message)
        raw = text.replace(",", "") if _THOUSANDS.match(text) else text
    elif isinstance(raw, int) and abs(raw) > 10**30:
        raise Invalid("numero_invalido", message)
    try:
        number = Number(str(raw))
    except InvalidOperation:
        raise Invalid("numero_invalido", message) from None
    if not number.is_finite() or abs(number) > Number(10) ** 15:
        raise Invalid("numero_invalido", message)
    return number


def _range_text(minimum: float, maximum: float) -> str:
    return f"Escriba un número de {minimum:,} a {maximum:,}."


def _range_xpath(minimum: float, maximum: float) -> str:
    low, high = (format(Number(str(limit)), "f") for limit in (minimum, maximum))
    return f". >= {low} and . <= {high}"


def _years_xpath(first: int, last: int) -> str:
    return f"format-date(., '%Y') >= {first} and format-date(., '%Y') <= {last}"


@dataclass(frozen=True, kw_only=True)
class Whole(FieldType):
    """A count."""

    minimum: int = 0
    maximum: int = 1_000_000
    width: int = 3

    def read(self, raw: object, context: Context) -> object:
        number = _number(raw, "Escriba un número entero.")
        if number != number.to_integral_value():
            raise Invalid("numero_invalido", "Escriba un número entero.")
        value = int(number)
        if not self.minimum <= value <= self.maximum:
            raise Invalid("numero_fuera_de_rango", _range_text(self.minimum, self.maximum))
        return value

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        value = values.get("")
        return "" if value is None else f"{value:,}"

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}}

    def widget(self) -> Widget:
        return Widget("number", {"min": self.minimum, "max": self.maximum, "step": 1, "inputmode": "numeric"})

    def cell(self) -> Cell:
        return Cell("whole", self.minimum, self.maximum, width=9)

    def question(self) -> Question | None:
        limits = (self.minimum, self.maximum)
        return Question("integer", _range_xpath(*limits), _range_text(*limits))

    def paper(self) -> Paper:
        return Paper("line", self.width)


@dataclass(frozen=True, kw_only=True)
class Decimal(FieldType):
    """A quantity with decimals, exact."""

    minimum: float = 0
    maximum: float = 1_000_000_000
    places: int = 2
    width: int = 4

    def read(self, raw: object, context: Context) -> object:
        number = _number(raw, "Escriba un número; use punto para los decimales.")
        # As written: the float 13.73 is a little more than 13.73, and would refuse its own limit.
        if not Number(str(self.minimum)) <= number <= Number(str(self.maximum)):
            raise Invalid("numero_fuera_de_rango", _range_text(self.minimum, self.maximum))
        rounded = round(number, self.places)
        if abs(rounded - number) > Number(10) ** -9:
            raise Invalid("numero_invalido", f"Escriba como máximo {self.places} decimales.")
        return rounded

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        value = values.get("")
        return "" if value is None else f"{value:,}"

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": ["number", "string"], "minimum": self.minimum, "maximum": self.maximum}}

    def widget(self) -> Widget:
        return Widget(
            "number", {"min": self.minimum, "max": self.maximum, "step": "any", "inputmode": "decimal"}
        )

    def cell(self) -> Cell:
        return Cell("decimal", self.minimum, self.maximum, width=11)

    def question(self) -> Question | None:
        moved = f". * {10**self.places}"
        rounded = f"abs({moved} - round({moved})) < 0.001"
        text = f"{_range_text(self.minimum, self.maximum)} Como máximo {self.places} decimales."
        return Question("decimal", f"{_range_xpath(self.minimum, self.maximum)} and {rounded}", text)

    def paper(self) -> Paper:
        return Paper("line", self.width)


@dataclass(frozen=True, kw_only=True)
class Coordinate(Decimal):
    """Degrees WGS84 as a telephone gives them: decimals beyond 6 (a tenth of a metre) are rounded off."""

    places: int = 6

    def read(self, raw: object, context: Context) -> object:
        number = _number(raw, "Escriba la coordenada en grados con punto, por ejemplo 14.634915.")
        return super().read(round(number, self.places), context)

    def question(self) -> Question | None:
        limits = (self.minimum, self.maximum)
        return Question("decimal", _range_xpath(*limits), _range_text(*limits))


def _excel_moment(raw: object) -> dt.datetime | None:
    """Return the moment of a spreadsheet's count of days, for counts between 1900 and 2199."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        return None
    if not 1 <= raw < 109_575:
        return None
    return EXCEL_EPOCH + dt.timedelta(minutes=round(raw * 1440))


_DATE = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})$|^(\d{4})-(\d{2})-(\d{2})$", re.ASCII)
_TIME = re.compile(r"^(\d{1,2})[:.h](\d{2})(?::\d{2}(?:\.\d+)?)?$|^(\d{2})(\d{2})$", re.ASCII)


def _date_from_text(text: str) -> dt.date | None:
    found = _DATE.match(text)
    if not found:
        return None
    groups = found.groups()
    day, month, year = groups[:3] if groups[2] is not None else (groups[5], groups[4], groups[3])
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _time_from_text(text: str) -> dt.time | None:
    found = _TIME.match(text)
    if not found:
        return None
    hour, minute = (g for g in found.groups() if g is not None)
    return dt.time(int(hour), int(minute)) if int(hour) < 24 and int(minute) < 60 else None


def local_today(now: dt.datetime) -> dt.date:
    """Return the calendar day in Guatemala."""
    return now.astimezone(HORA_LOCAL).date()


@dataclass(frozen=True, kw_only=True)
class Date(FieldType):
    """A calendar day."""

    future: bool = False

    def read(self, raw: object, context: Context) -> object:
        value: dt.date | None = None
        moment = _excel_moment(raw)
        if isinstance(raw, dt.datetime):
            aware = raw.tzinfo is not None and 1 < raw.year < 9999
            value = raw.astimezone(HORA_LOCAL).date() if aware else raw.date()
        elif isinstance(raw, dt.date):
            value = raw
        elif moment is not None:
            value = moment.date()
        elif isinstance(raw, str):
            text = clean(raw)
            value = _date_from_text(re.sub(r"[T ]00:00(:00)?$", "", text))
        if value is None:
            raise Invalid("fecha_invalida", "Escriba la fecha como día/mes/año, por ejemplo 20/11/2026.")
        if value.year < 1900 or value.year > 2199:
            raise Invalid("fecha_fuera_de_rango", "Revise el año de la fecha.")
        if not self.future and value > local_today(context.now):
            raise Invalid("fecha_futura", FECHA_FUTURA)
        return value

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        value = values.get("")
        return value.strftime("%d/%m/%Y") if isinstance(value, dt.date) else ""

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "string", "format": "date"}}

    def widget(self) -> Widget:
        return Widget("date", {"inputmode": "numeric", "placeholder": "día/mes/año", "future": self.future})

    def cell(self) -> Cell:
        return Cell("date", width=12)

    def question(self) -> Question | None:
        if self.future:
            return Question("date", _years_xpath(1900, 2199), "Revise el año de la fecha.")
        not_after_today = "format-date(., '%Y%m%d') <= format-date(today(), '%Y%m%d')"
        return Question("date", f"{_years_xpath(1900, 2199)} and {not_after_today}", FECHA_FUTURA)

    def paper(self) -> Paper:
        return Paper("digits", 6, boxes=(2, 2, 4), marks=("/", "/"))


@dataclass(frozen=True, kw_only=True)
class Time(FieldType):
    """An hour of the day, 24 hours."""

    def read(self, raw: object, context: Context) -> object:
        value: dt.time | None = None
        if isinstance(raw, dt.datetime):
            value = raw.time()
        elif isinstance(raw, dt.time):
            value = raw
        elif isinstance(raw, dt.timedelta) and dt.timedelta() <= raw < dt.timedelta(days=1):
            value = (EXCEL_EPOCH + raw).time()
        elif isinstance(raw, float) and 0 <= raw < 1:
            value = (EXCEL_EPOCH + dt.timedelta(minutes=round(raw * 1440) % 1440)).time()
        elif isinstance(raw, str):
            value = _time_from_text(clean(raw))
        if value is None:
            raise Invalid("hora_invalida", "Escriba la hora de 00:00 a 23:59, por ejemplo 18:05.")
        return value.replace(second=0, microsecond=0, tzinfo=None)

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        value = values.get("")
        return value.strftime("%H:%M") if isinstance(value, dt.time) else ""

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}}

    def widget(self) -> Widget:
        return Widget("time", {"inputmode": "numeric", "placeholder": "18:05"})

    def cell(self) -> Cell:
        return Cell("time", width=9)

    def question(self) -> Question | None:
        return Question("time")

    def paper(self) -> Paper:
        return Paper("digits", 4, boxes=(2, 2), marks=(":",))


@dataclass(frozen=True, kw_only=True)
class Instant(FieldType):
    """A day with its hour, aware. What has no zone was written in Guatemala."""

    max_hours_ahead: int = 24

    def read(self, raw: object, context: Context) -> object:
        value = self._moment(raw)
        if value is None:
            message = "Escriba día/mes/año y hora, por ejemplo 20/11/2026 18:05."
            raise Invalid("fecha_hora_invalida", message)
        if not 1900 < value.year < 2199:
            raise Invalid("fecha_fuera_de_rango", "Revise el año de la fecha.")
        value = (value if value.tzinfo else value.replace(tzinfo=HORA_LOCAL)).astimezone(HORA_LOCAL)
        if value > context.now + dt.timedelta(hours=self.max_hours_ahead):
            raise Invalid("fecha_futura", INSTANTE_FUTURO)
        return value

    def _moment(self, raw: object) -> dt.datetime | None:
        if isinstance(raw, dt.datetime):
            return raw
        if isinstance(raw, float) and not raw.is_integer():
            return _excel_moment(raw)
        if not isinstance(raw, str):
            return None
        text = clean(raw)
        if len(text) > 40:
            return None
        day, _, hour = text.partition(" ")
        date, time = _date_from_text(day), _time_from_text(hour)
        if date and time:
            return dt.datetime.combine(date, time)
        try:
            return dt.datetime.fromisoformat(text) if ":" in text else None
        except ValueError:
            return None

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        value = values.get("")
        return (
            value.astimezone(HORA_LOCAL).strftime("%d/%m/%Y %H:%M") if isinstance(value, dt.datetime) else ""
        )

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "string", "format": "date-time"}}

    def widget(self) -> Widget:
        return Widget("instant", {"inputmode": "numeric", "placeholder": "día/mes/año hora"})

    def cell(self) -> Cell:
        return Cell("instant", width=18)

    def question(self) -> Question | None:
        ahead = f"decimal-date-time(.) <= decimal-date-time(now()) + {self.max_hours_ahead} div 24"
        return Question("dateTime", f"{_years_xpath(1901, 2198)} and {ahead}", INSTANTE_FUTURO)

    def paper(self) -> Paper:
        return Paper("digits", 9, boxes=(2, 2, 4, 2, 2), marks=("/", "/", "", ":"))
