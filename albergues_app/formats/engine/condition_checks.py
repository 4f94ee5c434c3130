"""What a condition may name and compare: whether those of a definition make sense where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from albergues_app.formats.engine.composite_types import CountByKind
from albergues_app.formats.engine.conditions import (
    AgeBetween,
    Condition,
    FartherThan,
    In,
    Matches,
    NotAfter,
    OnSheet,
    RowsAre,
    SumIs,
    WithinHours,
)
from albergues_app.formats.engine.field_type import FieldType
from albergues_app.formats.engine.formato import Campo, Formato, Repetible
from albergues_app.formats.engine.list_types import Choice, MultiChoice, YesNo
from albergues_app.formats.engine.number_types import Date, Decimal, Instant, Time, Whole
from albergues_app.formats.engine.sums import AddUp, RatioBetween, RowsAddUp
from albergues_app.formats.engine.text_types import Cui, Phone, Text

NUMBERS = (Whole, Decimal)
ORDERED = (Whole, Date, Time, Instant)


@dataclass(frozen=True)
class Scope:
    """What a condition may name: the answers of its row, those of the sheet, and the repeating sections."""

    row: Mapping[str, FieldType]
    sheet: Mapping[str, FieldType]
    rows: Mapping[str, Mapping[str, FieldType]]

    @property
    def is_sheet(self) -> bool:
        return self.row is self.sheet


def keys_of(campos: Iterable[Campo]) -> dict[str, FieldType]:
    """Return the kind of every answer of some fields, by its name."""
    found: dict[str, FieldType] = {}
    for campo in campos:
        parts = {part.suffix: part.type for part in campo.type.parts()}
        for suffix in campo.type.schema():
            found[campo.key(suffix)] = parts.get(suffix, campo.type) if suffix else campo.type
    return found


def scope_of(formato: Formato, repetible: Repetible | None = None) -> Scope:
    """Return what the conditions of the sheet, or of the rows of a section, may name."""
    sheet = keys_of(formato.campos)
    rows = {r.name: keys_of(r.campos) for r in formato.repetibles}
    return Scope(sheet if repetible is None else rows[repetible.name], sheet, rows)


def inner(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that one is made of."""
    found: list[Condition] = []
    for f in fields(condition):
        value = getattr(condition, f.name)
        if isinstance(value, Condition):
            found.append(value)
        elif isinstance(value, tuple):
            found += [item for item in value if isinstance(item, Condition)]
    return tuple(found)


def named(condition: Condition) -> Iterator[str]:
    """Yield every name that a condition looks at in its own row."""
    if isinstance(condition, OnSheet):
        return
    if isinstance(condition, AgeBetween):
        yield from ("fecha_nacimiento", "edad", "edad_unidad")
    for name, value in ((f.name, getattr(condition, f.name)) for f in fields(condition)):
        if name in _NAMES and value:
            yield from (value,) if isinstance(value, str) else () if isinstance(value, int) else value
    if not isinstance(condition, (RowsAre, RowsAddUp)):
        for one in inner(condition):
            yield from named(one)


_NAMES = frozenset(
    (
        *("campo", "first", "second", "counts", "counted", "expected", "equal_to", "parts", "minus"),
        "repetible",
    )
)


def condition_problems(condition: Condition, scope: Scope) -> Iterator[str]:
    """Yield, in Spanish, what a condition names that is not there or is of another kind."""
    if isinstance(condition, OnSheet):
        yield from condition_problems(condition.condition, Scope(scope.sheet, scope.sheet, scope.rows))
        return
    if isinstance(condition, (RowsAre, RowsAddUp)):
        yield from _of_rows(condition, scope)
        return
    for one in inner(condition):
        yield from condition_problems(one, scope)
    if isinstance(condition, AgeBetween):
        if not ("fecha_nacimiento" in scope.row or {"edad", "edad_unidad"} <= set(scope.row)):
            yield "la edad necesita el campo fecha_nacimiento, o edad y edad_unidad."
        return
    both = isinstance(condition, (NotAfter, WithinHours))
    known = {**scope.sheet, **scope.row} if both else scope.row
    absent = sorted({name for name in named_here(condition) if name not in known})
    if absent:
        yield f"no hay campo «{absent[0]}»."
        return
    yield from _kinds(condition, known)


def named_here(condition: Condition) -> tuple[str, ...]:
    """Return the names of fields that stand in the condition itself."""
    found: list[str] = []
    for f in fields(condition):
        value = getattr(condition, f.name)
        if f.name in {*_NAMES, "zero_if_blank"} and value:
            found += [value] if isinstance(value, str) else [] if isinstance(value, int) else list(value)
    return tuple(found)


def _of_rows(condition: RowsAre | RowsAddUp, scope: Scope) -> Iterator[str]:
    rows = scope.rows.get(condition.repetible)
    if not scope.is_sheet or rows is None:
        yield f"no hay sección que se repite «{condition.repetible}»."
        return
    if condition.equal_to and not isinstance(scope.sheet.get(condition.equal_to), NUMBERS):
        yield f"«{condition.equal_to}» no es un número de la hoja."
    if isinstance(condition, RowsAddUp) and not isinstance(rows.get(condition.campo), NUMBERS):
        yield f"«{condition.campo}» no es un número de las filas."
    if isinstance(condition, RowsAre) and condition.minimum > condition.maximum:
        yield "el mínimo no puede pasar del máximo."
    if condition.where is not None:
        yield from condition_problems(condition.where, Scope(rows, scope.sheet, scope.rows))


def _kinds(condition: Condition, known: Mapping[str, FieldType]) -> Iterator[str]:
    def wants(names: Iterable[str], kinds: tuple[type[FieldType], ...], said: str) -> Iterator[str]:
        for name in names:
            if not isinstance(known[name], kinds):
                yield f"«{name}» no es {said}."

    if isinstance(condition, In):
        yield from _values(condition, known[condition.campo])
    elif isinstance(condition, NotAfter):
        first, second = known[condition.first], known[condition.second]
        days = (Date, Instant)
        same = isinstance(first, days) and isinstance(second, days)
        same = same or any(isinstance(first, k) and isinstance(second, k) for k in ORDERED)
        if not same:
            yield (
                f"«{condition.first}» y «{condition.second}» no se comparan: "
                "use dos fechas, dos horas o dos números enteros."
            )
    elif isinstance(condition, WithinHours):
        yield from wants((condition.first, condition.second), (Instant,), "fecha con hora")
        if condition.hours < 0:
            yield "las horas van de cero en adelante."
    elif isinstance(condition, SumIs):
        yield from wants((condition.counts,), (CountByKind,), "conteo por clases")
        yield from wants((condition.equal_to,), (Whole,), "número entero")
    elif isinstance(condition, Matches):
        yield from wants((condition.campo,), (Text, Phone, Cui), "texto")
    elif isinstance(condition, FartherThan):
        yield from wants((condition.counted, condition.expected), NUMBERS, "número")
    elif isinstance(condition, RatioBetween):
        yield from wants((condition.first, condition.second), NUMBERS, "número")
        if condition.minimum > condition.maximum:
            yield "el mínimo no puede pasar del máximo."
    elif isinstance(condition, AddUp):
        yield from wants(named_here(condition), NUMBERS, "número")
        if not condition.parts or set(condition.zero_if_blank) - {*condition.parts, *condition.minus}:
            yield "diga qué campos se suman."


def _values(condition: In, kind: FieldType) -> Iterator[str]:
    if not condition.values:
        yield f"diga con qué valores se compara «{condition.campo}»."
    codes = {o.code for o in getattr(kind, "options", ())} | {"desconocido", "no_responde"}
    for value in condition.values:
        if isinstance(kind, YesNo):
            right = isinstance(value, bool) or value in {"desconocido", "no_responde"}
        elif isinstance(kind, (Choice, MultiChoice)):
            right = isinstance(value, str) and value in codes
        elif isinstance(kind, NUMBERS):
            right = (isinstance(value, int) and not isinstance(value, bool)) or value in codes
        else:
            right = isinstance(value, str)
        if not right:
            yield f"«{str(value)[:40]}» no es una respuesta posible de «{condition.campo}»."
