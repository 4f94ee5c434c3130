"""Conditions as a person writes them: lines of field, comparison and value.

Everything here and in ``rule_sentences`` goes both ways: what was typed becomes a condition of the engine, and a
condition becomes what would have been typed, or None where it is more involved than the page (it is then kept as it
stands).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from albergues_app.core.text import clean, whole_number
from albergues_app.formats.engine import (
    AgeBetween,
    Blank,
    Campo,
    Condition,
    Decimal,
    Every,
    FieldType,
    Formato,
    Given,
    In,
    Not,
    OnSheet,
    Some,
    Whole,
    YesNo,
    fold,
)
from albergues_app.formats.engine.condition_checks import Scope, keys_of

LINES = 4
SHEET = "hoja:"
"""Before the name of a field of the sheet, in a condition of a row."""
OPERATORS = {
    "es": "es",
    "no_es": "no es",
    "tiene": "tiene respuesta",
    "vacio": "está en blanco",
}
AGE = "edad_en_anios"

Typed = Mapping[str, str]


class Unclear(ValueError):
    """A line that cannot be read: what to do, and in which input."""

    def __init__(self, mensaje: str, campo: str) -> None:
        super().__init__(mensaje)
        self.mensaje, self.campo = mensaje, campo


@dataclass(frozen=True)
class Names:
    """The fields that a condition may name, with their labels and kinds."""

    scope: Scope
    labels: Mapping[str, str]

    @property
    def choices(self) -> list[tuple[str, str]]:
        """For a list on the page: the fields of the row, its age, and the sheet's."""
        found = [(name, self.labels.get(name, name)) for name in self.scope.row]
        if "fecha_nacimiento" in self.scope.row or {"edad", "edad_unidad"} <= set(self.scope.row):
            found.append((AGE, "Edad en años"))
        if not self.scope.is_sheet:
            found += [(SHEET + n, f"De la hoja: {self.labels.get(SHEET + n, n)}") for n in self.scope.sheet]
        return found

    def of(self, kinds: tuple[type[FieldType], ...], both: bool = False) -> list[tuple[str, str]]:
        """The fields of some kinds; ``both`` adds those of the sheet, which these conditions find by themselves."""
        found = [(n, self.labels.get(n, n), kind) for n, kind in self.scope.row.items()]
        if both and not self.scope.is_sheet:
            sheet = self.scope.sheet.items()
            found += [
                (n, f"De la hoja: {self.labels.get(SHEET + n, n)}", kind)
                for n, kind in sheet if n not in self.scope.row
            ]  # fmt: skip
        return [(n, label) for n, label, kind in found if not kinds or isinstance(kind, kinds)]

    def of_rows(self, section: str, kinds: tuple[type[FieldType], ...] = ()) -> list[tuple[str, str]]:
        """The fields of the rows of a section, of some kinds."""
        known = self.scope.rows[section].items()
        return [
            (n, self.labels.get(f"{section}/{n}", n)) for n, kind in known
            if not kinds or isinstance(kind, kinds)
        ]  # fmt: skip


def names_of(formato: Formato, section: str = "") -> Names:
    """What the conditions of the sheet, or of the rows of a section, may name."""
    return names_among(formato.campos, {r.name: r.campos for r in formato.repetibles}, section)


def names_among(sheet: Iterable[Campo], rows: Mapping[str, Iterable[Campo]], section: str = "") -> Names:
    """The same for a draft whose pieces do not make a format yet."""
    on_sheet = keys_of(sheet)
    in_rows = {name: keys_of(campos) for name, campos in rows.items()}
    scope = Scope(in_rows.get(section, on_sheet), on_sheet, in_rows)
    labels: dict[str, str] = {}
    places = [("", rows.get(section, sheet)), (SHEET, sheet), *((f"{r}/", rows[r]) for r in rows)]
    for prefix, campos in places:
        for campo in campos:
            for key in campo.answer_keys:
                tail = f" ({key.removeprefix(campo.name + '_')})" if key != campo.name else ""
                labels[prefix + key] = campo.brief + tail
    return Names(scope, labels)


# -- lines ------------------------------------------------------------------------------------------------


def read_lines(form: Typed, prefix: str, names: Names) -> Condition | None:
    """The condition of the lines ``prefix-0-campo``, ``prefix-0-op``, ``prefix-0-valor``; None where all are empty.

    :raises Unclear: a line that cannot be read.
    """
    simple = [
        read_line(form, f"{prefix}-{n}", names) for n in range(LINES) if form.get(f"{prefix}-{n}-campo")
    ]
    if len(simple) < 2:
        return simple[0] if simple else None
    return Some(tuple(simple)) if form.get(f"{prefix}-union") == "alguna" else Every(tuple(simple))


def read_line(form: Typed, line: str, names: Names) -> Condition:
    """One line. :raises Unclear: its field or value is not there."""
    campo, op = form.get(f"{line}-campo", ""), form.get(f"{line}-op", "es")
    given = clean(form.get(f"{line}-valor", ""))
    if campo == AGE:
        low, _, high = given.replace(" a ", "-").partition("-")
        first, last = whole_number(low), whole_number(high or low)
        if first is None or last is None:
            raise Unclear("Escriba la edad en años, por ejemplo 0-4 o 18-200.", f"{line}-valor")
        between = AgeBetween(first, last)
        return Not(between) if op == "no_es" else between
    on_sheet = campo.startswith(SHEET)
    name = campo.removeprefix(SHEET)
    known = names.scope.sheet if on_sheet else names.scope.row
    if name not in known:
        raise Unclear("Elija el campo de la lista.", f"{line}-campo")
    made: Condition
    if op == "tiene":
        made = Given(name)
    elif op == "vacio":
        made = Blank(name)
    else:
        made = In(name, read_values(given, known[name], f"{line}-valor"))
        made = Not(made) if op == "no_es" else made
    return OnSheet(made) if on_sheet else made


def read_values(given: str, kind: FieldType, campo: str) -> tuple[str | bool | int, ...]:
    """Values separated by commas, by code or by label. :raises Unclear: one is no answer of the field."""
    texts = [t for t in (clean(t) for t in given.split(",")) if t]
    if not texts:
        raise Unclear("Escriba con qué valor se compara; si son varios, sepárelos con comas.", campo)
    found: list[str | bool | int] = []
    listed: Any = getattr(kind, "options", ())
    options = {fold(s): o.code for o in listed for s in (o.code, o.label, o.short) if s} | {
        "desconocido": "desconocido",
        "noresponde": "no_responde",
        "prefierenoresponder": "no_responde",
    }
    for text in texts:
        if isinstance(kind, YesNo) and fold(text) in {"si", "no"}:
            found.append(fold(text) == "si")
        elif isinstance(kind, (Whole, Decimal)) and (number := whole_number(text, 12)) is not None:
            found.append(number)
        elif fold(text) in options:
            found.append(options[fold(text)])
        elif isinstance(kind, (YesNo, Whole, Decimal)) or listed:
            raise Unclear(f"«{text[:40]}» no es una respuesta de ese campo. Revise la lista.", campo)
        else:
            found.append(text)
    return tuple(found)


def write_lines(condition: Condition | None, prefix: str) -> dict[str, str] | None:
    """What would have been typed for a condition; None where the lines cannot say it."""
    if condition is None:
        return {}
    simple: Sequence[Condition] = (condition,)
    typed: dict[str, str] = {}
    if isinstance(condition, (Some, Every)):
        simple = condition.conditions
        typed[f"{prefix}-union"] = "alguna" if isinstance(condition, Some) else "todas"
    if not 1 <= len(simple) <= LINES:
        return None
    for n, one in enumerate(simple):
        line = write_line(one, f"{prefix}-{n}")
        if line is None:
            return None
        typed |= line
    return typed


def write_line(condition: Condition, line: str) -> dict[str, str] | None:
    """What would have been typed for one line, or None."""
    before, op = "", "es"
    if isinstance(condition, OnSheet):
        before, condition = SHEET, condition.condition
    if isinstance(condition, Not):
        op, condition = "no_es", condition.condition
        if not isinstance(condition, (In, AgeBetween)):
            return None
    if isinstance(condition, AgeBetween) and not before:
        return {
            f"{line}-campo": AGE,
            f"{line}-op": op,
            f"{line}-valor": f"{condition.minimum}-{condition.maximum}",
        }
    if isinstance(condition, In):
        return {
            f"{line}-campo": before + condition.campo, f"{line}-op": op,
            f"{line}-valor": ", ".join(value_text(v) for v in condition.values),
        }  # fmt: skip
    if isinstance(condition, (Given, Blank)):
        op = "tiene" if isinstance(condition, Given) else "vacio"
        return {f"{line}-campo": before + condition.campo, f"{line}-op": op}
    return None


def value_text(value: object) -> str:
    """A value of a condition as it is typed and read."""
    return "Sí" if value is True else "No" if value is False else str(value)
