"""A telephone for the tests: fills the XForm that pyxform makes, and refuses what ODK Collect would refuse.

It reads the finished XForm, not our workbook: what is evaluated are the expressions that a telephone gets.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any

from lxml import etree
from pyxform.xls2xform import convert

from albergues_app.formats.engine import HORA_LOCAL, Catalogos, CountByKind, Formato, NoAnswer
from albergues_app.formats.outputs.xlsform import Form, write_xlsform
from albergues_app.formats.outputs.xlsform_nodes import Node

H = "{http://www.w3.org/2002/xforms}"
_NAN = float("nan")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass
class Converted:
    """A format as pyxform leaves it."""

    form: Form
    rows: dict[str, dict[str, str]]
    warnings: list[str]
    xform: str
    workbook: bytes


def convert_formato(formato: Formato, catalogos: Catalogos) -> Converted:
    """Write the workbook, convert it, and keep both."""
    target = BytesIO()
    write_xlsform(formato, target, catalogos, gate=formato.at_gate)
    warnings: list[str] = []
    made = convert(xlsform=BytesIO(target.getvalue()), warnings=warnings, validate=False, file_type=".xlsx")
    form = Form(formato, catalogos, formato.at_gate)
    rows = {row["name"]: row for row in form.survey() if "name" in row}
    return Converted(form, rows, warnings, made.xform, target.getvalue())


@dataclass
class Bind:
    path: str
    relevant: Any = None
    required: Any = None
    constraint: Any = None
    calculate: Any = None


@dataclass(frozen=True)
class Refusal:
    """Why the telephone does not send: ``required``, ``constraint``; which element and which row (-1: none)."""

    why: str
    name: str
    row: int = -1


@dataclass
class Phone:
    """One form open on one telephone, at one hour."""

    converted: Converted
    now: dt.datetime
    binds: list[Bind] = field(default_factory=list)

    def __post_init__(self) -> None:
        root = etree.fromstring(self.converted.xform.encode())
        (self.blank,) = (e for e in root.iter(f"{H}instance") if e.get("id") is None)
        self.repeats = {e.get("nodeset") for e in root.iter(f"{H}repeat")}
        for one in root.iter(f"{H}bind"):
            parts = [one.get(a) for a in ("relevant", "required", "constraint", "calculate")]
            self.binds.append(Bind(one.get("nodeset"), *(self.compile(p) if p else None for p in parts)))

    def compile(self, text: str) -> Any:
        """An expression with the functions of ODK, at this telephone's hour."""
        return etree.XPath(text, extensions={(None, n): call for n, call in self._functions().items()})

    def open(self, answers: dict[str, Any]) -> Filling:
        """Fill in a whole sheet: text by name of element, rows as lists of the same."""
        data = _without_namespace(copy.deepcopy(self.blank[0]))
        for one in data.iter():
            one.text = None  # what the form fills by itself has been rubbed out
        for path in self.repeats:
            name = path.rpartition("/")[2]
            found = data.findall(f".//{name}")
            pattern, parent = copy.deepcopy(found[-1]), found[0].getparent()
            place = parent.index(found[0])
            for one in found:
                parent.remove(one)
            for offset, row in enumerate(answers.get(name, ())):
                made = copy.deepcopy(pattern)
                for key, value in row.items():
                    made.find(key).text = value
                parent.insert(place + offset, made)
        for key, value in answers.items():
            if isinstance(value, str):
                data.find(f".//{key}").text = value
        filling = Filling(self, data)
        filling.settle()
        return filling

    def _functions(self) -> dict[str, Any]:
        moment = self.now.astimezone(HORA_LOCAL)
        return {
            "today": lambda _c: moment.date().isoformat(),
            "now": lambda _c: moment.isoformat(),
            "selected": lambda _c, value, code: code in _text(value).split(),
            "selected-at": lambda _c, value, i: (_text(value).split() + [""] * 9)[int(i)],
            "regex": lambda _c, value, pattern: re.search(_text(pattern), _text(value)) is not None,
            "if": lambda _c, test, yes, no: _plain(yes) if _true(test) else _plain(no),
            "int": lambda _c, value: float(int(n)) if (n := _number(value)) == n else _NAN,
            "abs": lambda _c, value: abs(_number(value)),
            "format-date": lambda _c, value, form: _format(_text(value), _text(form)),
            "format-date-time": lambda _c, value, form: _format(_text(value), _text(form)),
            "decimal-date-time": lambda _c, value: _days(_text(value)),
            "decimal-time": lambda _c, value: _day_part(_text(value)),
        }


@dataclass
class Filling:
    """A sheet on the telephone."""

    phone: Phone
    data: Any

    def settle(self) -> None:
        """Calculate and hide until nothing changes; what is hidden is empty, as for the telephone."""
        self.hidden: set[Any] = set()
        kept = {node: node.text for _bind, node in self._bound()}
        for _ in range(8):
            before = etree.tostring(self.data), len(self.hidden)
            for bind, node in self._bound():
                if bind.calculate is not None:
                    node.text = _text(bind.calculate(node))
                if bind.relevant is not None:
                    if _true(bind.relevant(node)):
                        if node in self.hidden:
                            self.hidden.discard(node)
                            node.text = kept[node]
                    else:
                        self.hidden.add(node)
                        node.text = None
            if before == (etree.tostring(self.data), len(self.hidden)):
                return
        raise AssertionError("the form never settles")

    def refusals(self) -> list[Refusal]:
        """Everything that keeps the telephone from sending."""
        return list(self._refusals())

    def _refusals(self) -> Iterator[Refusal]:
        for bind, node in self._bound():
            if node in self.hidden:
                continue
            name, row = node.tag, self._row(node)
            if not node.text:
                if bind.required is not None and _true(bind.required(node)):
                    yield Refusal("required", name, row)
            elif bind.constraint is not None and not _true(bind.constraint(node)):
                yield Refusal("constraint", name, row)

    def shown(self) -> set[tuple[str, int]]:
        """Elements that are asked, with their row."""
        return {(n.tag, self._row(n)) for _b, n in self._bound() if n not in self.hidden}

    def _bound(self) -> Iterator[tuple[Bind, Any]]:
        tree = etree.ElementTree(self.data)
        for bind in self.phone.binds:
            for node in tree.xpath(bind.path):
                yield bind, node

    def _row(self, node: Any) -> int:
        parent = node.getparent()
        if parent is None or f"/data/{parent.tag}" not in self.phone.repeats:
            return -1
        return [e for e in parent.getparent() if e.tag == parent.tag].index(parent)


def _without_namespace(node: Any) -> Any:
    for one in node.iter():
        one.tag = etree.QName(one).localname
    etree.cleanup_namespaces(node)
    return node


def _plain(value: Any) -> Any:
    return _text(value) if isinstance(value, list) else value


def _text(value: Any) -> str:
    if isinstance(value, list):
        return (getattr(value[0], "text", value[0]) or "") if value else ""
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _number(value: Any) -> float:
    try:
        return float(_text(value))
    except ValueError:
        return _NAN


def _true(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value)
    return bool(value) and value == value


def _moment(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=HORA_LOCAL)


def _format(text: str, form: str) -> str:
    moment = _moment(text)
    return "" if moment is None else moment.astimezone(HORA_LOCAL).strftime(form)


def _days(text: str) -> float:
    moment = _moment(text)
    return _NAN if moment is None else (moment - _EPOCH).total_seconds() / 86400


def _day_part(text: str) -> float:
    found = re.match(r"(\d\d):(\d\d)", text)
    return _NAN if found is None else (int(found[1]) * 60 + int(found[2])) / 1440


# --- what a person would have typed ---------------------------------------------------------------


def as_typed(converted: Converted, answers: dict[str, Any]) -> dict[str, Any]:
    """Validated answers as the texts that the telephone keeps, by name of element."""
    plan = converted.form.plan
    typed: dict[str, Any] = _texts(plan.nodes(), "", answers)
    for repetible in plan.formato.repetibles:
        rows = answers.get(repetible.name) or []
        typed[repetible.name] = [_texts(plan.nodes(), repetible.name, row) for row in rows]
    return typed


def _texts(nodes: Iterator[Node], section: str, row: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in nodes:
        if node.section != section:
            continue
        if node.no_answer:
            value = row.get(node.campo.name)
            text = value.value if isinstance(value, NoAnswer) else ""
        elif not node.keys:
            text = str(row.get(node.campo.name) or "")[:2]
        elif node.kind == "geopoint":
            both = [row.get(key) for key in node.keys]
            text = f"{both[0]} {both[1]} 0 0" if None not in both else ""
        elif isinstance(node.campo.type, CountByKind) and node.kind == "integer":
            code = "otro" if node.suffix == "otro_numero" else node.suffix
            text = _typed((row.get(node.campo.name) or {}).get(code), node)
        else:
            text = _typed(row.get(node.keys[0]), node)
        if text:
            found[node.name] = text
    return found


def _typed(value: Any, node: Node) -> str:
    if value is None:
        return ""
    if isinstance(value, NoAnswer):
        return value.value if node.kind == "choice" else value.label if node.kind == "text" else ""
    if isinstance(value, bool):
        return "si" if value else "no"
    if isinstance(value, tuple | list):
        return " ".join(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(HORA_LOCAL).isoformat(timespec="milliseconds")
    if isinstance(value, dt.time):
        return f"{value:%H:%M}:00.000-06:00"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
