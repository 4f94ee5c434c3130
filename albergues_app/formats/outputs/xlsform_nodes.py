"""What each answer is called in the form of a telephone: one plan for the form and for reading what it sends.

A name is used once in the whole form, because ``${name}`` says nothing about sections: a field of a repeating
section whose name stands elsewhere too takes the section's name before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from albergues_app.formats.engine import (
    Campo,
    Coordinate,
    FieldType,
    Formato,
    FromCatalogo,
    MultiChoice,
    NoAnswer,
    Option,
    Question,
    Repetible,
    Seccion,
    YesNo,
    options,
)
from albergues_app.formats.engine.conditions import AgeBetween, Condition
from albergues_app.formats.engine.field_type import Part
from albergues_app.formats.engine.list_types import OTRO

OTRO_NUMERO = "otro_numero"
SIN_DATO = options(*((value.value, value.label) for value in NoAnswer))
_WITH_WORDS = frozenset(["text", "choice"])
"""Kinds that can say «desconocido» themselves."""


@dataclass(frozen=True)
class Node:
    """One element of the form. ``keys`` are the answers it gives; none for what only helps to fill.

    ``no_answer`` marks the small question «no se sabe» beside a number, a date or a place; ``other`` is the
    longitude's type of a point.
    """

    name: str
    kind: str
    label: str
    campo: Campo
    section: str = ""
    keys: tuple[str, ...] = ()
    suffix: str = ""
    type: FieldType | None = None
    options: tuple[Option, ...] = ()
    no_answer: bool = False
    other: FieldType | None = None

    @property
    def question(self) -> Question:
        """How its type is asked."""
        return (self.type.question() if self.type is not None else None) or Question(self.kind)


@dataclass
class Block:
    """A section of the format with its nodes. ``rows`` is the name of a repeating one."""

    section: Seccion | Repetible
    name: str
    rows: str = ""
    nodes: list[Node] = field(default_factory=list)
    age: str = ""
    filled: str = ""


class Plan:
    """Every node of a format as one door shows it."""

    def __init__(self, formato: Formato, gate: bool) -> None:
        self.formato, self.gate = formato, gate
        self._used: set[str] = {key for c in formato.campos for key in _names(c)}
        self._used |= {r.name for r in formato.repetibles} | {"meta", "instanceID"}
        self.blocks: list[Block] = []
        self.by_key: dict[tuple[str, str], list[Node]] = {}
        aged = {section for section, condition in conditions_of(formato) if isinstance(condition, AgeBetween)}
        for section in formato.secciones:
            if isinstance(section, Repetible):
                block = Block(section, section.name, section.name)
            else:
                block = Block(section, self.fresh(f"s_{section.code}"))
            repeated = block.rows
            for campo in section.campos:
                if not campo.auto and (campo.gate or not gate):
                    self._add(block, repeated, campo)
            self._join_points(block, repeated)
            if block.nodes:
                self.blocks.append(block)
            for node in block.nodes:
                for key in {node.campo.name, *node.keys}:
                    self.by_key.setdefault((repeated, key), []).append(node)
            if repeated:
                block.filled = self.fresh(f"{repeated}_llena")
            if repeated in aged and {"edad", "fecha_nacimiento"} & {n.campo.name for n in block.nodes}:
                block.age = self.fresh(f"{repeated}_edad_en_anios".strip("_"))

    def fresh(self, wanted: str) -> str:
        """Return a name that stands nowhere else in the form."""
        while wanted in self._used:
            wanted += "_"
        self._used.add(wanted)
        return wanted

    def find(self, section: str, key: str) -> Node | None:
        """Return the node that gives an answer; None where this form does not ask it."""
        found = self.by_key.get((section, key), ())
        return next((n for n in found if key in n.keys and not n.no_answer), None)

    def no_answer(self, section: str, key: str) -> Node | None:
        """Return the question «no se sabe» of an answer, where it has one apart."""
        return next((n for n in self.by_key.get((section, key), ()) if n.no_answer), None)

    def whole(self, section: str, name: str) -> tuple[Node, ...]:
        """Return every node that answers a field or a part of it."""
        found = self.by_key.get((section, name), ())
        return tuple(n for n in found if n.keys or n.no_answer)

    def nodes(self) -> Iterator[Node]:
        """Yield every node in order."""
        for block in self.blocks:
            yield from block.nodes

    def _add(self, block: Block, section: str, campo: Campo) -> None:
        own = campo.type.question()
        parts = [p for p in campo.parts(self.gate) if own is None or p.suffix in ("", OTRO)]
        if isinstance(campo.type, MultiChoice):
            parts.insert(0, Part("", "", campo.type))
        for part in parts:
            question = part.type.question()
            assert question is not None
            self._add_part(block, section, campo, part, question)

    def _add_part(self, block: Block, section: str, campo: Campo, part: Part, question: Question) -> None:
        label = campo.part_label(part) if part.suffix else campo.label
        key = campo.key(part.suffix)
        if isinstance(part.type, FromCatalogo) and question.kind == "catalogo" and not part.suffix:
            within = part.type.within
            above = next((n for n in block.nodes if n.campo.name == within and n.keys), None)
            if part.type.catalogo == "municipio" and above is None:
                name = self._name(section, f"{key}_departamento")
                block.nodes.append(Node(name, "catalogo", f"{label}: departamento", campo, section))
        choices = part.type.options_shown(self.gate)
        if campo.unknown and not part.suffix and question.kind == "choice":
            choices += tuple(o for o in SIN_DATO if o.code not in {c.code for c in choices})
        block.nodes.append(
            Node(
                self._name(section, key), question.kind, label, campo, section,
                (key,), part.suffix, part.type, choices,
            )
        )  # fmt: skip
        if campo.unknown and not part.suffix and question.kind not in _WITH_WORDS:
            name, label = self._name(section, f"{key}_sin_dato"), f"{label}: si no se sabe"
            block.nodes.append(Node(name, "choice", label, campo, section, options=SIN_DATO, no_answer=True))

    def _join_points(self, block: Block, section: str) -> None:
        """Make one point of a latitude that a longitude follows."""
        for index in range(len(block.nodes) - 1, 0, -1):
            lat, lon = block.nodes[index - 1 : index + 1]
            if isinstance(lat.type, Coordinate) and isinstance(lon.type, Coordinate):
                keys, name = lat.keys + lon.keys, self.fresh("punto")
                point = Node(
                    name, "geopoint", "Ubicación", lat.campo, section, keys, type=lat.type, other=lon.type
                )
                block.nodes[index - 1 : index + 1] = [point]

    def _name(self, section: str, key: str) -> str:
        if not section:
            self._used.add(key)
            return key
        return self.fresh(key if key not in self._used else f"{section}_{key}")


def _names(campo: Campo) -> set[str]:
    return {
        campo.name,
        *(key for _, key in campo.cells),
        f"{campo.name}_sin_dato",
        f"{campo.name}_departamento",
    }


def conditions_of(formato: Formato) -> Iterator[tuple[str, Condition]]:
    """Yield every condition of a format, inner ones too, with the section it looks at."""
    for section, campo in formato.walk():
        for condition in (campo.asked_when, campo.required_when):
            if condition is not None:
                yield from walk_condition(condition, section)
    for rule in formato.rules:
        yield from walk_condition(rule.holds, "")
    for repetible in formato.repetibles:
        for rule in repetible.rules:
            yield from walk_condition(rule.holds, repetible.name)


def walk_condition(condition: Condition, section: str) -> Iterator[tuple[str, Condition]]:
    """Yield a condition and those inside it, with the section each looks at."""
    yield section, condition
    for name in condition.__dataclass_fields__:
        inner = getattr(condition, name)
        if name == "where" and inner is not None:
            yield from walk_condition(inner, getattr(condition, "repetible"))  # noqa: B009 -- only rows have `where`
        elif isinstance(inner, Condition):
            yield from walk_condition(inner, "" if type(condition).__name__ == "OnSheet" else section)
        elif isinstance(inner, tuple):
            for one in inner:
                if isinstance(one, Condition):
                    yield from walk_condition(one, section)


def is_yes_no(node: Node) -> bool:
    """Tell whether its answer is yes or no."""
    return isinstance(node.type, YesNo)
