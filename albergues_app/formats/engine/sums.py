"""Conditions between numbers: parts that add up to a total, rows that do, and plausible ratios."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from albergues_app.formats.engine.calculations import number_of
from albergues_app.formats.engine.conditions import Condition
from albergues_app.formats.engine.field_type import Answers


@dataclass(frozen=True)
class AddUp(Condition):
    """``parts`` less ``minus`` are as much as ``equal_to``: an answer, or a number.

    Holds where the total or a part is missing, save those in ``zero_if_blank``. With ``at_most`` they may be
    fewer, and what is missing counts as none: too much is wrong however little is known.
    """

    parts: tuple[str, ...]
    equal_to: str | int
    minus: tuple[str, ...] = ()
    zero_if_blank: tuple[str, ...] = ()
    at_most: bool = False

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        total = self.equal_to if isinstance(self.equal_to, int) else number_of(row.get(self.equal_to))
        given = {name: number_of(row.get(name)) for name in (*self.parts, *self.minus)}
        missing = {name for name, number in given.items() if number is None}
        if total is None or len(missing) == len(given):
            return True
        if not self.at_most and missing - set(self.zero_if_blank):
            return True
        added = sum(given[name] or 0 for name in self.parts) - sum(given[name] or 0 for name in self.minus)
        return added <= total if self.at_most else added == total


@dataclass(frozen=True)
class RowsAddUp(Condition):
    """``campo`` of the rows (that meet ``where``) adds up to an answer; holds where a number is missing."""

    repetible: str
    campo: str
    equal_to: str
    where: Condition | None = None

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        total = number_of(row.get(self.equal_to))
        rows = [r for r in row.get(self.repetible) or () if isinstance(r, Mapping)]
        met = [r for r in rows if self.where is None or self.where.holds(r, root, now)]
        numbers = [number_of(r.get(self.campo)) for r in met]
        if total is None or any(number is None for number in numbers):
            return True
        return sum(number or 0 for number in numbers) == total


@dataclass(frozen=True)
class RatioBetween(Condition):
    """``first`` for each ``second`` lies in the limits; holds where one is missing or ``second`` is none."""

    first: str
    second: str
    minimum: float
    maximum: float

    def holds(self, row: Answers, root: Answers, now: dt.datetime) -> bool:
        first, second = number_of(row.get(self.first)), number_of(row.get(self.second))
        if first is None or not second:
            return True
        return self.minimum <= float(first) / float(second) <= self.maximum
