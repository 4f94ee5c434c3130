"""Types that choose from a list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from albergues_app.formats.engine.catalogs import Catalogos
from albergues_app.formats.engine.field_type import (
    Answers,
    Cell,
    Context,
    FieldType,
    Invalid,
    Option,
    Paper,
    Parsed,
    Part,
    Question,
    Widget,
    as_text,
    is_blank,
)
from albergues_app.formats.engine.text import clean, fold
from albergues_app.formats.engine.text_types import Text

OTRO = "otro"
ESPECIFIQUE = "Especifique cuál"
MISSING_OTRO = ((OTRO, "Escriba cuál es el otro."),)


def options(*pairs: str | tuple[str, str] | Option) -> tuple[Option, ...]:
    """Build a list from ``("code", "Label")`` pairs; ``"otro"`` alone adds «Otro (especifique)»."""
    built = []
    for pair in pairs:
        if isinstance(pair, Option):
            built.append(pair)
        elif pair == OTRO:
            built.append(Option(OTRO, "Otro (especifique)", "Otro", aliases=("otra",)))
        elif isinstance(pair, tuple):
            built.append(Option(pair[0], pair[1]))
        else:
            raise ValueError(f"write ('{pair}', 'Label')")
    return tuple(built)


def find_option(text: str, choices: Sequence[Option], gate: bool) -> str | None:
    """Return the code that a code, label, short form or alias means."""
    wanted = fold(text)
    if not wanted:
        return None
    for option in choices:
        if gate and not option.gate:
            continue
        if wanted in {fold(s) for s in (option.code, option.label, option.short, *option.aliases) if s}:
            return option.code
    return None


def not_in_list(raw: object, has_other: bool) -> Invalid:
    """Return the error of a text that no option means."""
    shown = clean(raw)[:40] if isinstance(raw, str) else "Ese valor"
    tail = " o «Otro» y escriba cuál" if has_other else ""
    return Invalid("fuera_de_lista", f"«{shown}» no está en la lista. Elija una opción{tail}.")


def read_other(raw: Mapping[str, object], chosen: bool, context: Context) -> tuple[dict[str, object], bool]:
    """Return the free text of «otro» where it was chosen, and whether it is missing."""
    if not chosen:
        return {}, False
    if is_blank(raw.get(OTRO)):
        return {}, True
    try:
        return {OTRO: Text().read(raw[OTRO], context)}, False
    except Invalid as problem:
        raise Invalid(problem.codigo, problem.mensaje, OTRO) from None


@dataclass(frozen=True, kw_only=True)
class Choice(FieldType):
    """One option of a closed list; with the option ``otro`` a free text says which."""

    options: tuple[Option, ...]
    width: int = 8
    code_on_paper: bool = False

    @property
    def has_other(self) -> bool:
        """Whether the list ends in «Otro (especifique)»."""
        return any(option.code == OTRO for option in self.options)

    def parse(self, raw: Mapping[str, object], context: Context) -> Parsed:
        given = raw.get("")
        if is_blank(given):
            given = OTRO if self.has_other and not is_blank(raw.get(OTRO)) else given
        code = find_option(as_text(given)[:200], self.options, context.gate) if is_plain(given) else None
        if code is None:
            raise not_in_list(given, self.has_other)
        extra, missing = read_other(raw, code == OTRO, context)
        return Parsed({"": code, **extra}, missing=MISSING_OTRO if missing else ())

    def parts(self) -> tuple[Part, ...]:
        other = (Part(OTRO, ESPECIFIQUE, Text()),) if self.has_other else ()
        return (Part("", "", self), *other)

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        code = values.get("")
        if code == OTRO and values.get(OTRO):
            return f"Otro: {values[OTRO]}"
        return next((option.label for option in self.options if option.code == code), str(code or ""))

    def schema(self) -> dict[str, dict[str, Any]]:
        main = {"": {"type": "string", "enum": [option.code for option in self.options]}}
        return main | ({OTRO: Text().schema()[""]} if self.has_other else {})

    def widget(self) -> Widget:
        return Widget("radio" if len(self.options) <= 4 else "select")

    def cell(self) -> Cell:
        return Cell("list", options=tuple(option.label for option in self.options), width=20)

    def question(self) -> Question | None:
        return Question("choice")

    def paper(self) -> Paper:
        return Paper("code" if self.code_on_paper else "options", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.gate or not gate)


def is_plain(raw: object) -> bool:
    """Tell whether a cell is text or a number."""
    return isinstance(raw, (str, int, float)) and not isinstance(raw, bool)


_YES = Option("si", "Sí", "Sí", aliases=("s", "x", "1", "verdadero", "true", "yes", "v", "on"))
_NO = Option("no", "No", "No", aliases=("n", "0", "falso", "false", "f"))


@dataclass(frozen=True, kw_only=True)
class YesNo(FieldType):
    """Yes or no; an empty box on paper is no answer, not a no."""

    width: int = 5

    def read(self, raw: object, context: Context) -> object:
        if isinstance(raw, bool):
            return raw
        code = find_option(as_text(raw)[:40], (_YES, _NO), gate=False) if is_plain(raw) else None
        if code is None:
            raise Invalid("si_o_no", "Responda Sí o No.")
        return code == "si"

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        value = values.get("")
        return "" if value is None else "Sí" if value is True else "No"

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "boolean"}}

    def widget(self) -> Widget:
        return Widget("yesno")

    def cell(self) -> Cell:
        return Cell("list", options=("Sí", "No"), width=9)

    def question(self) -> Question | None:
        return Question("choice")

    def paper(self) -> Paper:
        return Paper("options", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return (_YES, _NO)


_MARK = YesNo()


@dataclass(frozen=True, kw_only=True)
class MultiChoice(FieldType):
    """Any number of options. In XLSX each option is a column with «Sí»; elsewhere a list."""

    options: tuple[Option, ...]
    width: int = 24

    @property
    def has_other(self) -> bool:
        """Whether the list ends in «Otro (especifique)»."""
        return any(option.code == OTRO for option in self.options)

    def parse(self, raw: Mapping[str, object], context: Context) -> Parsed:
        chosen: set[str] = set()
        given = raw.get("")
        if not is_blank(given):
            items: Sequence[object] = re.split(r"[;,\n]", given[:2000]) if isinstance(given, str) else ()
            if isinstance(given, (list, tuple)):
                items = given[:200]
            elif not isinstance(given, str):
                raise not_in_list(given, self.has_other)
            for item in items:
                if is_blank(item):
                    continue
                code = (
                    find_option(as_text(item)[:200], self.options, context.gate) if is_plain(item) else None
                )
                if code is None:
                    raise not_in_list(item, self.has_other)
                chosen.add(code)
        for option in self.options_shown(context.gate):
            mark = raw.get(_option_suffix(option))
            if option.code != OTRO and not is_blank(mark) and self._marked(mark, option, context):
                chosen.add(option.code)
        if self.has_other and not is_blank(raw.get(OTRO)):
            chosen.add(OTRO)
        extra, missing = read_other(raw, OTRO in chosen, context)
        ordered = tuple(option.code for option in self.options if option.code in chosen)
        return Parsed({"": ordered, **extra} if ordered else {}, missing=MISSING_OTRO if missing else ())

    @staticmethod
    def _marked(mark: object, option: Option, context: Context) -> bool:
        try:
            return bool(_MARK.read(mark, context))
        except Invalid as problem:
            raise Invalid(problem.codigo, problem.mensaje, _option_suffix(option)) from None

    def parts(self) -> tuple[Part, ...]:
        marks = tuple(Part(_option_suffix(o), o.label, _MARK) for o in self.options if o.code != OTRO)
        return (*marks, *((Part(OTRO, ESPECIFIQUE, Text()),) if self.has_other else ()))

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        codes = values.get("") or ()
        labels = [o.label for o in self.options if o.code in codes and o.code != OTRO]
        if OTRO in codes:
            labels.append(f"Otro: {values[OTRO]}" if values.get(OTRO) else "Otro")
        return ", ".join(labels)

    def schema(self) -> dict[str, dict[str, Any]]:
        codes = [option.code for option in self.options]
        main = {"": {"type": "array", "items": {"type": "string", "enum": codes}, "uniqueItems": True}}
        return main | ({OTRO: Text().schema()[""]} if self.has_other else {})

    def widget(self) -> Widget:
        return Widget("checkboxes")

    def cell(self) -> Cell:
        return Cell("none")

    def question(self) -> Question | None:
        return Question("choices")

    def paper(self) -> Paper:
        return Paper("options", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.gate or not gate)


def _option_suffix(option: Option) -> str:
    return option.code
