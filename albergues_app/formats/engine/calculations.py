"""What a format works out by itself, as data: differences, balances, totals, scores. ``validate`` computes them.

A value is worked out only when everything it needs was answered; what is unknown stays unknown, never 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP
from decimal import Decimal as Number
from typing import Any

from albergues_app.formats.engine.conditions import Condition
from albergues_app.formats.engine.field_type import Answers

Value = int | Number | None


@dataclass(frozen=True, kw_only=True)
class Calculo:
    """Base of all. ``campo`` is where the value stands: in each row of ``repetible``, or on the sheet.

    ``when``: worked out only where it holds for the sheet.
    """

    campo: str
    repetible: str = ""
    when: Condition | None = None

    def values(self, root: Answers, now: dt.datetime) -> list[Value]:
        """The value of each row of the repeating section in order, or the one of the sheet; None: unknown."""
        rows = rows_of(root, self.repetible) if self.repetible else (root,)
        if self.when is not None and not self.when.holds(root, root, now):
            return [None] * len(rows)
        return self.of_rows(rows, root, now)

    def of_rows(self, rows: Sequence[Answers], root: Answers, now: dt.datetime) -> list[Value]:
        """The values of these rows, already known to be asked for."""
        return [self.of_row(row, root, now) for row in rows]

    def of_row(self, row: Answers, root: Answers, now: dt.datetime) -> Value:
        """The value of one row."""
        raise NotImplementedError(type(self).__name__)

    def describe(self) -> dict[str, Any]:
        """It as JSON, for the screen: ``{"calc": "Difference", "campo": …}``."""
        return {"calc": type(self).__name__} | {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def _plain(value: object) -> object:
    if isinstance(value, Condition):
        return value.describe()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Number) else value


def number_of(value: object) -> int | Number | None:
    """The number of an answer; None where there is none or it is of another kind."""
    return value if isinstance(value, (int, Number)) and not isinstance(value, bool) else None


def rows_of(root: Answers, repetible: str) -> tuple[Answers, ...]:
    return tuple(row for row in root.get(repetible) or () if isinstance(row, Mapping))


@dataclass(frozen=True, kw_only=True)
class Difference(Calculo):
    """``first`` less ``second``."""

    first: str
    second: str

    def of_row(self, row: Answers, root: Answers, now: dt.datetime) -> Value:
        first, second = number_of(row.get(self.first)), number_of(row.get(self.second))
        return None if first is None or second is None else first - second


@dataclass(frozen=True, kw_only=True)
class Balance(Calculo):
    """What there is after each row: ``amount`` comes in or goes out by what ``kind`` says.

    A row of another kind carries the balance that was written in it (the card before this one, an adjustment
    in words); where none was, it is unknown from there on.
    """

    amount: str
    kind: str
    enters: tuple[str, ...]
    leaves: tuple[str, ...]

    def of_rows(self, rows: Sequence[Answers], root: Answers, now: dt.datetime) -> list[Value]:
        found: list[Value] = []
        balance: Value = 0
        for row in rows:
            kind, amount = row.get(self.kind), number_of(row.get(self.amount))
            if kind not in self.enters and kind not in self.leaves:
                balance = number_of(row.get(self.campo))
            elif balance is not None:
                moved = None if amount is None else amount if kind in self.enters else -amount
                balance = None if moved is None else balance + moved
            found.append(balance)
        return found


@dataclass(frozen=True, kw_only=True)
class RowsSum(Calculo):
    """The sum of ``amount`` over the rows of ``rows`` (that meet ``where``); unknown without rows or with a blank."""

    rows: str
    amount: str
    where: Condition | None = None

    def of_row(self, row: Answers, root: Answers, now: dt.datetime) -> Value:
        rows = rows_of(root, self.rows)
        met = [r for r in rows if self.where is None or self.where.holds(r, root, now)]
        numbers = [number_of(r.get(self.amount)) for r in met]
        if not rows or any(number is None for number in numbers):
            return None
        return sum(number for number in numbers if number is not None)


@dataclass(frozen=True, kw_only=True)
class RowsCount(Calculo):
    """How many rows of ``rows`` (meet ``where``); unknown without rows."""

    rows: str
    where: Condition | None = None

    def of_row(self, row: Answers, root: Answers, now: dt.datetime) -> Value:
        rows = rows_of(root, self.rows)
        if not rows:
            return None
        return sum(1 for r in rows if self.where is None or self.where.holds(r, root, now))


@dataclass(frozen=True, kw_only=True)
class AnswersCount(Calculo):
    """How many of the fields ``among`` have one of ``values``; unknown while none is answered."""

    among: tuple[str, ...]
    values_counted: tuple[str, ...]

    def of_row(self, row: Answers, root: Answers, now: dt.datetime) -> Value:
        given = [row[name] for name in self.among if row.get(name) is not None]
        return sum(1 for answer in given if answer in self.values_counted) if given else None


@dataclass(frozen=True, kw_only=True)
class Score(Calculo):
    """From 0 to 100: the mean of what the answers ``among`` are worth; an answer not in ``worth`` does not count.

    ``worth`` pairs an answer with hundredths (100, 50, 0); one decimal, halves up.
    """

    among: tuple[str, ...]
    worth: tuple[tuple[str, int], ...]

    def of_row(self, row: Answers, root: Answers, now: dt.datetime) -> Value:
        worth = dict(self.worth)
        counted = [worth[row[name]] for name in self.among if row.get(name) in worth]
        if not counted:
            return None
        return (Number(sum(counted)) / len(counted)).quantize(Number("0.1"), ROUND_HALF_UP)
