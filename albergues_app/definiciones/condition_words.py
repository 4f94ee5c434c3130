"""A condition in words, for lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from albergues_app.definiciones.condition_forms import SHEET, value_text
from albergues_app.formats.engine import (
    AddUp,
    AgeBetween,
    Blank,
    Condition,
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
    Some,
    SumIs,
    WithinHours,
)


def say(condition: Condition | None, labels: Mapping[str, str]) -> str:
    """A condition in words, for lists."""
    if condition is None:
        return ""
    return _say(condition, labels)


def _say(c: Any, labels: Mapping[str, str]) -> str:
    def n(name: str) -> str:
        return f"«{labels.get(name, name)}»"

    def several(ones: Iterable[Any], word: str) -> str:
        return f" {word} ".join(_say(one, labels) for one in ones)

    if isinstance(c, In):
        return f"{n(c.campo)} es {' o '.join(value_text(v) for v in c.values)}"
    if isinstance(c, Given):
        return f"{n(c.campo)} tiene respuesta"
    if isinstance(c, Blank):
        return f"{n(c.campo)} está en blanco"
    if isinstance(c, Every):
        return several(c.conditions, "y")
    if isinstance(c, Some):
        return several(c.conditions, "o")
    if isinstance(c, Not):
        return f"no ({_say(c.condition, labels)})"
    if isinstance(c, OnSheet):
        return f"en la hoja, {_say(c.condition, {k.removeprefix(SHEET): v for k, v in labels.items()})}"
    if isinstance(c, AgeBetween):
        return f"la edad va de {c.minimum} a {c.maximum} años"
    if isinstance(c, NotAfter):
        return f"{n(c.first)} no pasa de {n(c.second)}"
    if isinstance(c, WithinHours):
        return f"{n(c.second)} llega a lo sumo {c.hours} horas después de {n(c.first)}"
    if isinstance(c, Matches):
        return f"{n(c.campo)} tiene {c.digits} dígitos"
    if isinstance(c, FartherThan):
        return f"{n(c.counted)} se aleja de {n(c.expected)} más de {c.percent} %"
    if isinstance(c, RatioBetween):
        return f"{n(c.first)} por cada {n(c.second)} va de {c.minimum:g} a {c.maximum:g}"
    if isinstance(c, SumIs):
        return f"las clases de {n(c.counts)} suman {n(c.equal_to)}"
    if isinstance(c, AddUp):
        total = c.equal_to if isinstance(c.equal_to, int) else n(c.equal_to)
        minus = "".join(f" − {n(name)}" for name in c.minus)
        return f"{' + '.join(n(p) for p in c.parts)}{minus} {'≤' if c.at_most else '='} {total}"
    if isinstance(c, (RowsAre, RowsAddUp)):
        where = f" (donde {_say(c.where, labels)})" if c.where is not None else ""
        if isinstance(c, RowsAddUp):
            return f"{n(c.campo)} de {n(c.repetible)}{where} suma {n(c.equal_to)}"
        if c.equal_to:
            return f"{n(c.repetible)}{where} tiene tantas filas como {n(c.equal_to)}"
        return f"{n(c.repetible)}{where} tiene de {c.minimum:,} a {c.maximum:,} filas"
    raise TypeError(type(c).__name__)
