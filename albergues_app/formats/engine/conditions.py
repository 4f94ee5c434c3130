"""Conditions as data: the server checks them, the screen may ask them early, the fingerprint covers them.

Every condition answers ``holds(row, root, now)``: ``row`` are the answers of the row, ``root`` those of the
whole format (the same thing outside repeating sections).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal as Number
from typing import Any

from albergues_app.formats.engine.field_type import Answers
from albergues_app.formats.engine.number_types import local_today


@dataclass(frozen=True)
class Condition:
    """Base of all conditions."""

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        """Tell whether it holds for these answers."""
        raise NotImplementedError(type(self).__name__)

    def describe(self) -> dict[str, Any]:
        """Return it as JSON: ``{"cond": "In", "campo": …}``."""
        return {"cond": type(self).__name__} | {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: object) -> object:
    if isinstance(value, Condition):
        return value.describe()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True)
class In(Condition):
    """The answer is one of ``values`` (or, for several answers, contains one)."""

    campo: str
    values: tuple[str | bool | int, ...]

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        answer = row.get(self.campo)
        return any(v in self.values for v in answer) if isinstance(answer, tuple) else answer in self.values


@dataclass(frozen=True)
class Blank(Condition):
    """There is no answer."""

    campo: str

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        return row.get(self.campo) is None


@dataclass(frozen=True)
class Given(Condition):
    """There is an answer."""

    campo: str

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        return row.get(self.campo) is not None


@dataclass(frozen=True)
class Every(Condition):
    """All of them hold."""

    conditions: tuple[Condition, ...]

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        return all(condition.holds(row, root, now) for condition in self.conditions)


@dataclass(frozen=True)
class Some(Condition):
    """At least one holds."""

    conditions: tuple[Condition, ...]

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        return any(condition.holds(row, root, now) for condition in self.conditions)


@dataclass(frozen=True)
class Not(Condition):
    """It does not hold."""

    condition: Condition

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        return not self.condition.holds(row, root, now)


def age_in_years(row: Answers, root: Answers, now: dt.datetime) -> int | None:
    """Return the age in whole years on the day of the fact, or None where it is not known."""
    moment = root.get("ocurrido_en")
    day = local_today(moment if isinstance(moment, dt.datetime) else now)
    born = row.get("fecha_nacimiento")
    if isinstance(born, dt.date):
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    age, unit = row.get("edad"), row.get("edad_unidad")
    if not isinstance(age, int) or isinstance(age, bool):
        return None
    return (
        age if unit == "anios" else age // 12 if unit == "meses" else age // 365 if unit == "dias" else None
    )


@dataclass(frozen=True)
class AgeBetween(Condition):
    """The age in years is known and within both limits, ends included."""

    minimum: int
    maximum: int

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        years = age_in_years(row, root, now)
        return years is not None and self.minimum <= years <= self.maximum


@dataclass(frozen=True)
class NotAfter(Condition):
    """``first`` is not later (or greater) than ``second``; holds where one is missing or of another kind.

    Each is looked up in the row, and where the row does not have it in the whole format.
    """

    first: str
    second: str

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        first, second = (row.get(name, root.get(name)) for name in (self.first, self.second))
        if isinstance(first, dt.datetime) and isinstance(second, dt.datetime):
            return first <= second
        if isinstance(first, dt.date) and isinstance(second, dt.datetime):
            return first <= local_today(second)
        if isinstance(first, dt.datetime) and isinstance(second, dt.date):
            return local_today(first) <= second
        if isinstance(first, int) and isinstance(second, int):
            return first <= second
        if type(first) is dt.date and type(second) is dt.date:
            return first <= second
        if isinstance(first, dt.time) and isinstance(second, dt.time):
            return first <= second
        return True


@dataclass(frozen=True)
class RowsAre(Condition):
    """The number of rows of ``repetible`` (that meet ``where``) equals the answer, or lies in the limits."""

    repetible: str
    equal_to: str = ""
    minimum: int = 0
    maximum: int = 1_000_000
    where: Condition | None = None

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        rows = [r for r in row.get(self.repetible) or () if isinstance(r, Mapping)]
        count = sum(1 for r in rows if self.where is None or self.where.holds(r, root, now))
        if self.equal_to:
            expected = row.get(self.equal_to)
            return count == expected if isinstance(expected, int) else True
        return self.minimum <= count <= self.maximum


@dataclass(frozen=True)
class SumIs(Condition):
    """The counts of a CountByKind add up to the answer; holds where one is missing."""

    counts: str
    equal_to: str

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        counts, expected = row.get(self.counts), row.get(self.equal_to)
        if not isinstance(counts, Mapping) or not isinstance(expected, int):
            return True
        return sum(counts.values()) == expected


@dataclass(frozen=True)
class Matches(Condition):
    """The text answer has this many digits; holds where it is missing."""

    campo: str
    digits: int

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        answer = row.get(self.campo)
        return not isinstance(answer, str) or sum(char.isdigit() for char in answer) == self.digits


@dataclass(frozen=True)
class OnSheet(Condition):
    """It holds for the answers of the whole sheet; asked from one of its rows."""

    condition: Condition

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        return self.condition.holds(root, root, now)


@dataclass(frozen=True)
class WithinHours(Condition):
    """``second`` comes at most ``hours`` after ``first``; holds where one is missing."""

    first: str
    second: str
    hours: int

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        first, second = row.get(self.first, root.get(self.first)), row.get(self.second)
        if not isinstance(first, dt.datetime) or not isinstance(second, dt.datetime):
            return True
        return second - first <= dt.timedelta(hours=self.hours)


@dataclass(frozen=True)
class FartherThan(Condition):
    """``counted`` lies farther from ``expected`` than this percentage of it; not where one is missing."""

    counted: str
    expected: str
    percent: int

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        counted, expected = row.get(self.counted), row.get(self.expected)
        if not isinstance(counted, (int, Number)) or not isinstance(expected, (int, Number)):
            return False
        return abs(Number(counted) - Number(expected)) * 100 > self.percent * abs(Number(expected))
