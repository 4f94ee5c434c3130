"""A condition or a calculation in words, for lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from albergues_app.definiciones.condition_forms import SHEET, value_text
from albergues_app.formats.engine import (
    AddUp,
    AgeBetween,
    AnswersCount,
    Balance,
    Blank,
    Calculo,
    Condition,
    Difference,
    Every,
    FartherThan,
    Given,
    In,
    Matches,
    Not,
    NotAfter,
    OnSheet,
    RatioBetween,
    RowsAddUp,
    RowsAre,
    RowsCount,
    RowsSum,
    Score,
    Some,
    SumIs,
    WithinHours,
)


def say(piece: Condition | Calculo | None, labels: Mapping[str, str]) -> str:
    """A condition, or what a calculation takes together, in words."""
    return "" if piece is None else _Words(labels).say(piece)


class _Words:
    """Labels in quotes, and the words of what stands inside."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels

    def say(self, piece: Condition | Calculo) -> str:
        words = WORDS[type(piece)](piece, self)
        when = piece.when if isinstance(piece, Calculo) else None
        return words if when is None else f"{words}; solo cuando {self.say(when)}"

    def name(self, name: str) -> str:
        return f"«{self.labels.get(name, name)}»"

    def names(self, names: Iterable[str], word: str) -> str:
        return word.join(self.name(name) for name in names)

    def several(self, ones: Iterable[Condition], word: str) -> str:
        return word.join(self.say(one) for one in ones)

    def where(self, condition: Condition | None) -> str:
        return "" if condition is None else f" (donde {self.say(condition)})"

    def on_sheet(self) -> _Words:
        return _Words({key.removeprefix(SHEET): label for key, label in self.labels.items()})


def _sum(c: AddUp, w: _Words) -> str:
    total = c.equal_to if isinstance(c.equal_to, int) else w.name(c.equal_to)
    minus = "".join(f" − {w.name(name)}" for name in c.minus)
    return f"{w.names(c.parts, ' + ')}{minus} {'≤' if c.at_most else '='} {total}"


def _rows(c: RowsAre, w: _Words) -> str:
    many = (
        f"tantas filas como {w.name(c.equal_to)}" if c.equal_to else f"de {c.minimum:,} a {c.maximum:,} filas"
    )
    return f"{w.name(c.repetible)}{w.where(c.where)} tiene {many}"


def _values(values: Iterable[object]) -> str:
    return " o ".join(value_text(value) for value in values)


WORDS: dict[type, Callable[[Any, _Words], str]] = {
    In: lambda c, w: f"{w.name(c.campo)} es {_values(c.values)}",
    Given: lambda c, w: f"{w.name(c.campo)} tiene respuesta",
    Blank: lambda c, w: f"{w.name(c.campo)} está en blanco",
    Every: lambda c, w: w.several(c.conditions, " y "),
    Some: lambda c, w: w.several(c.conditions, " o "),
    Not: lambda c, w: f"no ({w.say(c.condition)})",
    OnSheet: lambda c, w: f"en la hoja, {w.on_sheet().say(c.condition)}",
    AgeBetween: lambda c, w: f"la edad va de {c.minimum} a {c.maximum} años",
    NotAfter: lambda c, w: f"{w.name(c.first)} no pasa de {w.name(c.second)}",
    WithinHours: lambda c, w: (
        f"{w.name(c.second)} llega a lo sumo {c.hours} horas después de {w.name(c.first)}"
    ),
    Matches: lambda c, w: f"{w.name(c.campo)} tiene {c.digits} dígitos",
    FartherThan: lambda c, w: f"{w.name(c.counted)} se aleja de {w.name(c.expected)} más de {c.percent} %",
    RatioBetween: lambda c, w: (
        f"{w.name(c.first)} por cada {w.name(c.second)} va de {c.minimum:g} a {c.maximum:g}"
    ),
    SumIs: lambda c, w: f"las clases de {w.name(c.counts)} suman {w.name(c.equal_to)}",
    AddUp: _sum,
    RowsAre: _rows,
    RowsAddUp: lambda c, w: (
        f"{w.name(c.campo)} de {w.name(c.repetible)}{w.where(c.where)} suma {w.name(c.equal_to)}"
    ),
    Difference: lambda c, w: f"{w.name(c.first)} − {w.name(c.second)}",
    Balance: lambda c, w: (
        f"{w.name(c.amount)} entra si {w.name(c.kind)} es {_values(c.enters)} y sale si es {_values(c.leaves)}"
    ),
    RowsSum: lambda c, w: f"la suma de {w.name(c.amount)} en las filas de {w.name(c.rows)}{w.where(c.where)}",
    RowsCount: lambda c, w: f"cuántas filas tiene {w.name(c.rows)}{w.where(c.where)}",
    AnswersCount: lambda c, w: (
        f"en cuántos de {w.names(c.among, ', ')} se respondió {_values(c.values_counted)}"
    ),
    Score: lambda c, w: (
        f"el promedio de {w.names(c.among, ', ')}, con "
        + ", ".join(f"{value} = {worth}" for value, worth in c.worth)
    ),
}
"""Every condition and calculation of the engine."""
