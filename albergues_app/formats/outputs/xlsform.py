"""The form for telephones (XLSForm) of a format: what ODK Collect and Kobo ask, with our codes and our words.

Rules between answers become questions that only appear where a rule is broken: an error cannot be passed, a
warning is only read. They stand after the last answer they look at, so nobody is stopped before giving it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from albergues_app.formats.engine import (
    Campo,
    Catalogos,
    Formato,
    FromCatalogo,
    Mark,
    Option,
    Repetible,
    Rule,
    Warn,
    fingerprint,
)
from albergues_app.formats.engine.list_types import OTRO
from albergues_app.formats.outputs.xlsform_logic import (
    FALSE,
    TRUE,
    Scope,
    added,
    age_expression,
    circular,
    every,
    holds,
    literal,
    mentions,
    needed,
    unsaid,
)
from albergues_app.formats.outputs.xlsform_nodes import Block, Node, Plan, is_yes_no

LANGUAGE = "Español (es)"
SURVEY = (
    "type", "name", "label", "hint", "required", "required_message", "relevant", "constraint",
    "constraint_message", "calculation", "choice_filter", "appearance", "default",
    "parameters",
)  # fmt: skip
_SHOWN = frozenset(["label", "hint", "required_message", "constraint_message"])
_UNKNOWN_WORDS = "^([Dd]esconocid[oa]|[Nn]o sabe|[Nn]o responde|[Pp]refiere no responder)$"
_FEW = 8
_MAX_PIXELS = "max-pixels=1600"
"""Enough to read a page by; a photograph of a telephone would not leave a shelter with bad signal."""

Row = dict[str, str]


def form_id(formato: Formato) -> str:
    """Return the id of the form: the code of the format."""
    return formato.code


def form_version(formato: Formato) -> str:
    """Return edition and short fingerprint, as in ``1-9f3a52c1``."""
    return f"{formato.version}-{fingerprint(formato)[:8]}"


def write_xlsform(
    formato: Formato,
    target: str | Path | BytesIO,
    catalogos: Catalogos | None = None,
    *,
    gate: bool = True,
    training: bool = False,
) -> None:
    """Write the workbook: survey, choices and settings."""
    import xlsxwriter

    form = Form(formato, catalogos or Catalogos(), gate)
    survey, choices = form.survey(training), form.choices()
    title = f"{formato.title} · CAPACITACIÓN" if training else formato.title
    hour = f"format-date-time(${{{form.begun}}}, '%Y-%m-%d %H:%M')"
    settings = {
        "form_title": _plain(title),
        "form_id": form_id(formato),
        "version": form_version(formato),
        "default_language": LANGUAGE,
        "instance_name": f"concat({literal(_plain(title) + ' · ')}, {hour})",
    }
    book = xlsxwriter.Workbook(
        str(target) if isinstance(target, Path) else target,
        {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False,
         "constant_memory": True},
    )  # fmt: skip
    book.set_properties({"title": title, "author": "", "comments": ""})
    bold = book.add_format({"bold": True})
    extra = ("departamento",) if form.has_municipios else ()
    for name, headings, rows in (
        ("survey", SURVEY, survey),
        ("choices", ("list_name", "name", "label", *extra), choices),
        ("settings", tuple(settings), [settings]),
    ):
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(headings) - 1, 22)
        for column, heading in enumerate(headings):
            shown = f"{heading}::{LANGUAGE}" if heading in _SHOWN else heading
            sheet.write_string(0, column, shown, bold)
        for number, row in enumerate(rows, start=1):
            for column, heading in enumerate(headings):
                if row.get(heading):
                    sheet.write_string(number, column, row[heading])
    book.close()


class Form:
    """The rows of a form in the making. ``rule_of`` says which rule each check stands for."""

    def __init__(self, formato: Formato, catalogos: Catalogos, gate: bool) -> None:
        self.formato, self.catalogos = formato, catalogos
        self.plan = Plan(formato, gate)
        self.lists: dict[tuple[tuple[str, str], ...], str] = {}
        self.has_municipios = False
        self._checks = 0
        self._circular = circular(self.plan)
        self.rule_of: dict[str, Rule] = {}
        self.begun, self.ended = self.plan.fresh("inicio"), self.plan.fresh("fin")

    def survey(self, training: bool = False) -> list[Row]:
        """Return the rows of the sheet ``survey``."""
        rows: list[Row] = [{"type": "start", "name": self.begun}, {"type": "end", "name": self.ended}]
        notice = "CAPACITACIÓN: no escriba datos de personas reales." if training else ""
        for text in (notice, self.formato.notice):
            if text:
                rows.append({"type": "note", "name": self.plan.fresh("aviso"), "label": _plain(text)})
        later = self._rules_by_block()
        for number, block in enumerate(self.plan.blocks):
            rows += self._block(block, later.get(number, []))
        return rows

    def choices(self) -> list[Row]:
        """Return the rows of the sheet ``choices``; asked after ``survey``, which says which lists are used."""
        rows = [
            {"list_name": name, "name": code, "label": _plain(label)}
            for entries, name in self.lists.items()
            for code, label in entries
        ]
        if self.has_municipios:
            known = self.catalogos.get("municipio")
            for row in rows:
                if row["list_name"] == "municipio" and known is not None and row["name"] in known.labels:
                    row |= {"departamento": row["name"][:2], "label": row["label"].partition(",")[0]}
        return rows

    def _block(self, block: Block, rules: list[tuple[Rule, str]]) -> Iterator[Row]:
        section, repeated = block.section, bool(block.rows)
        kind = "repeat" if repeated else "group"
        title = _plain(section.title)
        yield {"type": f"begin_{kind}", "name": block.name, "label": title, "appearance": "field-list"}
        if section.hint:
            yield {
                "type": "note",
                "name": self.plan.fresh(f"{block.name}_nota"),
                "label": _plain(section.hint),
            }
        scope = Scope(self.plan, block.rows)
        asked: set[str] = set()
        for node in block.nodes:
            yield self._question(node, scope, first=node.campo.name not in asked and bool(node.keys))
            if node.keys and node.campo.name not in asked:
                asked.add(node.campo.name)
                if (block.rows, node.campo.name) in self._circular and node.campo.required in (
                    Mark.R,
                    Mark.C,
                ):
                    yield self._missing(node, scope)
        if block.age:
            yield {"type": "calculate", "name": block.age, "calculation": age_expression(scope)}
        if repeated:
            assert isinstance(section, Repetible)
            counted = [n for n in block.nodes if n.campo.name not in section.ignored_alone]
            joined = ", ".join(f"${{{n.name}}}" for n in counted)
            filled = f"if(concat({joined}, '') != '', 1, 0)"
            yield {"type": "calculate", "name": block.filled, "calculation": filled}
            for rule in section.rules:
                if not unsaid(rule, section.name, self.plan):
                    yield from self._check(rule, scope)
            yield {"type": "end_repeat"}
            yield from self._limits(section)
        for rule, where in rules:
            yield from self._check(rule, Scope(self.plan, where))
        if not repeated:
            yield {"type": "end_group"}

    def _question(self, node: Node, scope: Scope, *, first: bool) -> Row:
        campo, question = node.campo, node.question
        row: Row = {"name": node.name, "label": _plain(node.label), "type": self._type(node)}
        if node.kind == "catalogo" and row["type"] == "text":
            question = FromCatalogo(catalogo="", free=True).question() or question
        row["appearance"] = question.appearance or ("minimal" if self._is_long(node, row["type"]) else "")
        conditions = [holds(campo.asked_when, scope)] if campo.asked_when is not None else []
        if node.suffix == OTRO:
            conditions.append(self._other_chosen(node, scope))
            row |= {"required": "yes", "required_message": "Escriba cuál es el otro."}
        if (relevant := every(conditions)) != TRUE:
            row["relevant"] = relevant
        if first:
            row["hint"] = _plain(" ".join(t for t in (campo.hint, _example(campo)) if t))
            row |= self._required(node, scope)
            row["default"] = self._default(node)
        if row["type"] == "image":
            row["parameters"] = _MAX_PIXELS
        row |= self._constraint(node)
        if node.kind == "catalogo" and row["type"] == "select_one municipio":
            row["choice_filter"] = f"departamento = {self._above(node, scope)}"
        return row

    def _type(self, node: Node) -> str:
        if node.kind == "choice":
            codes = tuple((o.code, _plain(o.label)) for o in node.options)
            return f"select_one {self._list('si_no' if is_yes_no(node) and len(codes) == 2 else node.name, codes)}"
        if node.kind == "choices":
            return f"select_multiple {self._list(node.name, _pairs(node.options))}"
        if node.kind == "catalogo":
            name = node.type.catalogo if isinstance(node.type, FromCatalogo) else "departamento"
            known = self.catalogos.get(name)
            if known is None or not known.labels:
                return "text"
            self.has_municipios |= name == "municipio"
            return f"select_one {self._list(name, tuple(known.labels.items()))}"
        return node.kind

    def _list(self, wanted: str, entries: tuple[tuple[str, str], ...]) -> str:
        if entries not in self.lists:
            taken = set(self.lists.values())
            while wanted in taken or (wanted in ("departamento", "municipio") and entries[0][0].isalpha()):
                wanted += "_"
            self.lists[entries] = wanted
        return self.lists[entries]

    def _is_long(self, node: Node, kind: str) -> bool:
        return kind.startswith("select_one") and (node.kind == "catalogo" or len(node.options) > _FEW)

    def _other_chosen(self, node: Node, scope: Scope) -> str:
        campo = node.campo
        number = self.plan.find(node.section, campo.key("otro_numero"))
        if number is not None:
            return f"{scope.named(number.name)} > 0"
        main = self.plan.find(node.section, campo.name)
        assert main is not None
        ref = scope.named(main.name)
        return f"selected({ref}, '{OTRO}')" if main.kind == "choices" else f"{ref} = '{OTRO}'"

    def _required(self, node: Node, scope: Scope) -> Row:
        campo = node.campo
        when = needed(campo, scope)
        if when == FALSE or (node.section, campo.name) in self._circular:
            return {}
        rest = [
            f"{scope.named(other.name)} = ''"
            for other in self.plan.whole(node.section, campo.name)
            if other is not node and other.suffix != OTRO
        ]
        expression = every([when, *rest])
        return {
            "required": "yes" if expression == TRUE else expression,
            "required_message": _missing_text(campo),
        }

    def _missing(self, node: Node, scope: Scope) -> Row:
        """Ask for a field whose need hangs from itself: as a rule between answers."""
        lacks = every((needed(node.campo, scope), scope.blank(node.campo.name)))
        return self._stop(_missing_text(node.campo), f"not({lacks})", warns=False)

    def _default(self, node: Node) -> str:
        return node.campo.default if node.kind in ("choice", "text", "integer") else ""

    def _constraint(self, node: Node) -> Row:
        question = node.question
        if node.kind == "geopoint" and node.type is not None and node.other is not None:
            limits = [t.question() for t in (node.type, node.other)]
            texts = [q.constraint.replace(". ", f"selected-at(., {i}) ") for i, q in enumerate(limits) if q]
            message = " ".join(
                f"{w}: {q.message}" for w, q in zip(("Latitud", "Longitud"), limits, strict=True) if q
            )
            return {"constraint": every(texts), "constraint_message": message}
        if node.no_answer or not question.constraint:
            return {}
        constraint = question.constraint
        if node.campo.unknown and "regex" in constraint:
            constraint = f"{constraint} or regex(., '{_UNKNOWN_WORDS}')"
        return {"constraint": constraint, "constraint_message": _plain(question.message)}

    def _above(self, node: Node, scope: Scope) -> str:
        within = node.type.within if isinstance(node.type, FromCatalogo) else ""
        above = self.plan.find(node.section, within)
        if above is None:
            helpers = self.plan.by_key[node.section, node.campo.name]
            above = next(n for n in helpers if not n.keys and not n.no_answer)
        return scope.named(above.name)

    def _rules_by_block(self) -> dict[int, list[tuple[Rule, str]]]:
        """Each rule of the sheet under the last section that it looks at."""
        positions: dict[tuple[str, str], int] = {}
        for number, block in enumerate(self.plan.blocks):
            positions[block.rows, ""] = number
            for node in block.nodes:
                positions |= {(block.rows, key): number for key in {node.campo.name, *node.keys}}
        found: dict[int, list[tuple[Rule, str]]] = {}
        for rule in self.formato.rules:
            if not unsaid(rule, "", self.plan):
                known = [positions[m] for m in mentions(rule.holds, "") if m in positions and m != ("", "")]
                found.setdefault(max(known, default=len(self.plan.blocks) - 1), []).append((rule, ""))
        return found

    def _check(self, rule: Rule, scope: Scope) -> Iterator[Row]:
        expression = holds(rule.holds, scope)
        if expression == TRUE:
            return
        label = _plain(rule.message)
        total = added(rule.holds, scope)
        if total:
            self._checks += 1
            name = self.plan.fresh(f"suma_{self._checks}")
            yield {"type": "calculate", "name": name, "calculation": total}
            label = f"{label} Suma: ${{{name}}}."
        stop = self._stop(label, expression, warns=isinstance(rule, Warn))
        self.rule_of[stop["name"]] = rule
        yield stop

    def _limits(self, section: Repetible) -> Iterator[Row]:
        """How many rows there must and may be."""
        count = f"count({Scope(self.plan).rows(section.name, None)})"
        if section.min_rows:
            rows = "una fila" if section.min_rows == 1 else f"{section.min_rows} filas"
            label = f"Anote al menos {rows} de «{section.title}»."
            yield self._stop(_plain(label), f"{count} >= {section.min_rows}", warns=False)
        label = f"Son más de {section.max_rows} filas. Use otra hoja."
        yield self._stop(_plain(label), f"{count} <= {section.max_rows}", warns=False)

    def _stop(self, label: str, expression: str, *, warns: bool) -> Row:
        self._checks += 1
        name = self.plan.fresh(f"revise_{self._checks}")
        row = {"type": "note" if warns else "acknowledge", "name": name, "label": label}
        row["relevant"] = f"not({expression})"
        if warns:
            return row
        return row | {
            "required": "yes", "required_message": "Corrija lo que dice antes de enviar.",
            "constraint": expression, "constraint_message": "Corrija lo que dice antes de enviar.",
        }  # fmt: skip


def _pairs(options: Iterable[Option]) -> tuple[tuple[str, str], ...]:
    return tuple((option.code, _plain(option.label)) for option in options)


def _plain(text: str) -> str:
    """Keep text from being read as a reference to an answer."""
    return text.replace("${", "$ {")


def _missing_text(campo: Campo) -> str:
    text = f" ({campo.required_text})" if campo.required_text else ""
    return _plain(f"Falta «{campo.label}»{text}.")


def _example(campo: Campo) -> str:
    example = f"Ejemplo: {campo.example}" if campo.example else ""
    unsure = "Si no se sabe, escriba «Desconocido»." if campo.unknown and _is_text(campo) else ""
    return " ".join(text for text in (example, unsure) if text)


def _is_text(campo: Campo) -> bool:
    question = campo.type.question()
    return question is not None and question.kind == "text"


def said_rules(formato: Formato, gate: bool) -> tuple[list[Rule], list[tuple[Rule, str]]]:
    """Return the rules that the form says, and those it cannot with the reason in Spanish."""
    plan = Plan(formato, gate)
    said: list[Rule] = []
    apart: list[tuple[Rule, str]] = []
    owned = [("", rule) for rule in formato.rules]
    owned += [(r.name, rule) for r in formato.repetibles for rule in r.rules]
    for section, rule in owned:
        reason = unsaid(rule, section, plan)
        if not reason and holds(rule.holds, Scope(plan, section)) == TRUE:
            reason = "compara respuestas que XLSForm no sabe comparar"
        if reason:
            apart.append((rule, reason))
        else:
            said.append(rule)
    return said, apart
