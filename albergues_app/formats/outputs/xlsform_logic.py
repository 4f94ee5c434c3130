"""Our conditions said in the XPath of ODK. Each means what ``holds`` means, as far as the form asks the answers.

Written only with functions that ODK Collect, Enketo and Kobo share. What the form does not ask is blank, as it
is for ``validate`` when the form arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from albergues_app.formats.engine import (
    AddUp,
    AgeBetween,
    Blank,
    Campo,
    Condition,
    Every,
    FartherThan,
    Given,
    In,
    Matches,
    NoAnswer,
    Not,
    NotAfter,
    OnSheet,
    RatioBetween,
    RowsAddUp,
    RowsAre,
    Rule,
    Some,
    SumIs,
    WithinHours,
)
from albergues_app.formats.outputs.xlsform_nodes import Node, Plan, is_yes_no, walk_condition

TRUE, FALSE = "true()", "false()"
_TINY = "0.000001"
_SECONDS = "0.0001"
"""Days: what a moment loses in a count of days."""
_NAMES = (
    "campo",
    "first",
    "second",
    "counts",
    "equal_to",
    "counted",
    "expected",
    "parts",
    "minus",
    "repetible",
)


def every(texts: Iterable[str]) -> str:
    """All of them."""
    return " and ".join(f"({text})" for text in texts if text != TRUE) or TRUE


def some(texts: Iterable[str]) -> str:
    """At least one of them."""
    return " or ".join(f"({text})" for text in texts if text != FALSE) or FALSE


def literal(value: object) -> str:
    """A text between the quotes it does not have; of one with both, ``"`` becomes ``'``."""
    text = str(value)
    if "'" in text and '"' in text:
        text = text.replace('"', "'")
    return f'"{text}"' if "'" in text else f"'{text}'"


@dataclass(frozen=True)
class Scope:
    """Where an expression stands: a section, or (``inside``) the rows of one, seen from outside."""

    plan: Plan
    section: str = ""
    inside: bool = False

    def named(self, name: str) -> str:
        """A reference to an element by its name."""
        return f"./{name}" if self.inside else f"${{{name}}}"

    def node(self, key: str, *, or_root: bool = False) -> tuple[Node | None, str]:
        """The node of an answer and its reference; with ``or_root`` the sheet's where the row has none."""
        node = self.plan.find(self.section, key)
        if node is not None or not or_root or not self.section:
            return node, "''" if node is None else self.named(node.name)
        node = self.plan.find("", key)
        return node, "''" if node is None else f"${{{node.name}}}"

    def number(self, key: str) -> str:
        """The number of an answer; of a point, its latitude or longitude."""
        node, ref = self.node(key)
        if node is not None and node.kind == "geopoint":
            return f"selected-at({ref}, {node.keys.index(key)})"
        return ref

    def blank(self, key: str) -> str:
        """That there is no answer: neither of the field nor of «no se sabe»."""
        whole = self.plan.whole(self.section, key)
        nodes = [n for n in whole if n.no_answer or key in n.keys]
        if not nodes and any(n.kind == "integer" for n in whole):
            return f"({self.counted(key)}) = 0"
        nodes = nodes or list(whole)
        return every(f"{self.named(node.name)} = ''" for node in nodes)

    def counted(self, key: str) -> str:
        """What the kinds of a count add up to."""
        nodes = [n for n in self.plan.whole(self.section, key) if n.kind == "integer"]
        return " + ".join(_or_zero(self.named(n.name)) for n in nodes) or "0"

    def rows(self, repetible: str, where: Condition | None, also: str = TRUE) -> str:
        """The rows of a section that hold something and meet the condition."""
        block = next(b for b in self.plan.blocks if b.rows == repetible)
        inner = Scope(self.plan, repetible, inside=True)
        met = holds(where, inner) if where is not None else TRUE
        return f"${{{repetible}}}[{every((f'./{block.filled} = 1', met, also))}]"


def _or_zero(ref: str) -> str:
    return f"if({ref} = '', 0, {ref})"


def holds(condition: Condition, scope: Scope) -> str:
    """Return the condition as an expression that is true where it holds."""
    write = _WRITERS.get(type(condition))
    if write is None:
        raise NotImplementedError(f"{type(condition).__name__} has no XPath yet")
    return write(condition, scope)


def _in(c: In, scope: Scope) -> str:
    node, ref = scope.node(c.campo)
    texts: list[str] = []
    apart = scope.plan.no_answer(scope.section, c.campo)
    if apart is not None:
        words = {value.value for value in NoAnswer}
        texts += [f"{scope.named(apart.name)} = {literal(v)}" for v in c.values if v in words]
    if node is None:
        return some(texts)
    for value in c.values:
        if is_yes_no(node) and isinstance(value, bool):
            texts.append(f"{ref} = '{'si' if value else 'no'}'")
        elif node.kind == "choices":
            texts.append(f"selected({ref}, {literal(value)})")
        elif isinstance(value, int):
            texts.append(f"{scope.number(c.campo)} = {int(value)}")
        else:
            texts.append(f"{ref} = {literal(value)}")
    return some(texts)


def _given(c: Given, scope: Scope) -> str:
    return _not(Not(Blank(c.campo)), scope)


def _not(c: Not, scope: Scope) -> str:
    inner = holds(c.condition, scope)
    return {TRUE: FALSE, FALSE: TRUE}.get(inner, f"not({inner})")


def _age(c: AgeBetween, scope: Scope) -> str:
    block = next((b for b in scope.plan.blocks if b.rows == scope.section and b.age), None)
    if block is None:
        return FALSE
    years = scope.named(block.age)
    return f"{years} != '' and {years} >= {c.minimum} and {years} <= {c.maximum}"


def _not_after(c: NotAfter, scope: Scope) -> str:
    (first, a), (second, b) = (scope.node(name, or_root=True) for name in (c.first, c.second))
    if first is None or second is None:
        return TRUE
    kinds = (first.kind, second.kind)
    if kinds == ("dateTime", "dateTime"):
        compared = f"decimal-date-time({a}) <= decimal-date-time({b}) + {_SECONDS}"
    elif set(kinds) <= {"date", "dateTime"}:
        compared = f"format-date({a}, '%Y%m%d') <= format-date({b}, '%Y%m%d')"
    elif kinds == ("time", "time"):
        compared = f"decimal-time({a}) <= decimal-time({b}) + {_SECONDS}"
    elif kinds == ("integer", "integer"):
        compared = f"{a} <= {b}"
    else:
        return TRUE
    return some((f"{a} = ''", f"{b} = ''", compared))


def _rows_are(c: RowsAre, scope: Scope) -> str:
    count = f"count({scope.rows(c.repetible, c.where)})"
    if c.equal_to:
        _node, ref = scope.node(c.equal_to)
        return some((f"{ref} = ''", f"{count} = {ref}"))
    limits = [f"{count} >= {c.minimum}"] if c.minimum else []
    return every([*limits, *([f"{count} <= {c.maximum}"] if c.maximum < 1_000_000 else [])])


def _sum_is(c: SumIs, scope: Scope) -> str:
    total, (_node, ref) = scope.counted(c.counts), scope.node(c.equal_to)
    return some((f"{ref} = ''", f"({total}) = 0", f"({total}) = {ref}"))


def _matches(c: Matches, scope: Scope) -> str:
    _node, ref = scope.node(c.campo)
    return some((f"{ref} = ''", f"regex({ref}, '^[^0-9]*([0-9][^0-9]*){{{c.digits}}}$')"))


def _on_sheet(c: OnSheet, scope: Scope) -> str:
    return holds(c.condition, Scope(scope.plan))


def _within_hours(c: WithinHours, scope: Scope) -> str:
    (_first, a), (_second, b) = scope.node(c.first, or_root=True), scope.node(c.second)
    hours = f"decimal-date-time({b}) - decimal-date-time({a}) <= {c.hours} div 24 + {_SECONDS}"
    return some((f"{a} = ''", f"{b} = ''", hours))


def _farther(c: FartherThan, scope: Scope) -> str:
    a, b = scope.number(c.counted), scope.number(c.expected)
    far = f"abs({a} - {b}) * 100 > {c.percent} * abs({b})"
    return every((f"{a} != ''", f"{b} != ''", far))


def _add_up(c: AddUp, scope: Scope) -> str:
    total = str(c.equal_to) if isinstance(c.equal_to, int) else scope.number(c.equal_to)
    names = (*c.parts, *c.minus)
    texts = [] if isinstance(c.equal_to, int) else [f"{total} = ''"]
    blanks = {name: f"{scope.number(name)} = ''" for name in names}
    if c.at_most:
        texts.append(every(blanks.values()))
        return some((*texts, f"{added(c, scope)} <= {total} + {_TINY}"))
    needed = [blank for name, blank in blanks.items() if name not in c.zero_if_blank]
    texts += needed if needed else [every(blanks.values())]
    return some((*texts, f"abs({added(c, scope)} - {total}) < {_TINY}"))


def _rows_add_up(c: RowsAddUp, scope: Scope) -> str:
    _node, total = scope.node(c.equal_to)
    column = scope.plan.find(c.repetible, c.campo)
    if column is None:
        return TRUE
    missing = f"count({scope.rows(c.repetible, c.where, f'./{column.name} = ' + chr(39) * 2)}) > 0"
    return some((f"{total} = ''", missing, f"abs({added(c, scope)} - {total}) < {_TINY}"))


def _ratio(c: RatioBetween, scope: Scope) -> str:
    a, b = scope.number(c.first), scope.number(c.second)
    low, high = (format(Decimal(str(limit)), "f") for limit in (c.minimum, c.maximum))
    within = f"{a} div {b} >= {low} and {a} div {b} <= {high}"
    return some((f"{a} = ''", f"{b} = ''", f"{b} = 0", within))


_WRITERS: dict[type, Callable[[Any, Scope], str]] = {
    In: _in,
    Blank: lambda c, scope: scope.blank(c.campo),
    Given: _given,
    Every: lambda c, scope: every(holds(one, scope) for one in c.conditions),
    Some: lambda c, scope: some(holds(one, scope) for one in c.conditions),
    Not: _not,
    AgeBetween: _age,
    NotAfter: _not_after,
    RowsAre: _rows_are,
    SumIs: _sum_is,
    Matches: _matches,
    OnSheet: _on_sheet,
    WithinHours: _within_hours,
    FartherThan: _farther,
    AddUp: _add_up,
    RowsAddUp: _rows_add_up,
    RatioBetween: _ratio,
}


def added(condition: Condition, scope: Scope) -> str:
    """Return the sum that a condition compares, for those that compare one; else nothing."""
    if isinstance(condition, AddUp):
        plus = " + ".join(_or_zero(scope.number(name)) for name in condition.parts)
        less = "".join(f" - {_or_zero(scope.number(name))}" for name in condition.minus)
        return f"({plus}{less})"
    if isinstance(condition, RowsAddUp):
        column = scope.plan.find(condition.repetible, condition.campo)
        if column is None:
            return ""
        filled = f"./{column.name} != ''"
        return f"sum({scope.rows(condition.repetible, condition.where, filled)}/{column.name})"
    return f"({scope.counted(condition.counts)})" if isinstance(condition, SumIs) else ""


def age_expression(scope: Scope) -> str:
    """Return the age in whole years on the day of the fact, empty where it is not known."""
    happened, at = Scope(scope.plan).node("ocurrido_en")
    day = "today()"
    if happened is not None and happened.kind == "dateTime":
        day = f"if({at} = '', today(), {at})"
    born, birth = scope.node("fecha_nacimiento")
    edad, age = scope.node("edad")
    unit_node, unit = scope.node("edad_unidad")
    years = "''"
    if edad is not None and unit_node is not None:
        years = f"if({unit} = 'dias', int({age} div 365), '')"
        years = f"if({unit} = 'meses', int({age} div 12), {years})"
        years = f"if({age} = '', '', if({unit} = 'anios', {age}, {years}))"
    if born is not None:
        span = f"(format-date({day}, '%Y%m%d') - format-date({birth}, '%Y%m%d')) div 10000"
        years = f"if({birth} != '', if({span} < 0, -1, int({span})), {years})"
    return years


def needed(campo: Campo, scope: Scope) -> str:
    """Return when a field must be answered, given the others: ``FALSE`` where never."""
    if campo.auto or campo.required.value not in "RC":
        return FALSE
    when = TRUE if campo.required_when is None else holds(campo.required_when, scope)
    others = every(scope.blank(name) for name in campo.satisfied_by)
    return when if others == TRUE else every((when, others))


def mentions(condition: Condition, section: str) -> set[tuple[str, str]]:
    """Return what a condition looks at: answers as (section, name), and repeating sections as (name, "")."""
    found: set[tuple[str, str]] = set()
    for where, one in walk_condition(condition, section):
        if isinstance(one, AgeBetween):
            found |= {(where, "edad"), (where, "fecha_nacimiento")}
        for name in _NAMES:
            value = getattr(one, name, ())
            for text in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
                if name == "repetible":
                    found.add((text, ""))
                elif text and name == "campo" and isinstance(one, RowsAddUp):
                    found.add((one.repetible, text))
                elif text:
                    found.add((where, text))
    return found


def circular(plan: Plan) -> frozenset[tuple[str, str]]:
    """Return the fields, as (section, name), whose need hangs from itself through others.

    «If one of the four is given, all are needed»: the telephones refuse a form that says so of the fields.
    """
    looks: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for section, campo in plan.formato.walk():
        found = looks.setdefault((section, campo.name), {(section, name) for name in campo.satisfied_by})
        for condition in (campo.required_when, campo.asked_when):
            if condition is not None:
                found |= mentions(condition, section)

    def reaches(start: tuple[str, str]) -> bool:
        seen: set[tuple[str, str]] = set()
        left = set(looks[start])
        while left:
            one = left.pop()
            if one == start:
                return True
            if one not in seen:
                seen.add(one)
                left |= looks.get(one, set())
        return False

    return frozenset(one for one in looks if reaches(one))


def unsaid(rule: Rule, section: str, plan: Plan) -> str:
    """Return why the form cannot say a rule, in Spanish; empty where it does."""
    if "completo" not in rule.modes:
        return "solo se pide al firmar"
    asked = plan.by_key
    for where, name in sorted(mentions(rule.holds, section)):
        if not name:
            if all(block.rows != where for block in plan.blocks):
                return f"usa «{where}», que el formulario no pregunta"
        elif (
            (where, name) not in asked
            and ("", name) not in asked
            and name not in ("edad", "fecha_nacimiento")
        ):
            return f"usa «{name}», que el formulario no pregunta"
    return ""
