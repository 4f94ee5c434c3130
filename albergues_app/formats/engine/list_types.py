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
    Widget,
    as_text,
    is_blank,
)
from albergues_app.formats.engine.marks import NoAnswer
from albergues_app.formats.engine.number_types import Whole
from albergues_app.formats.engine.text import clean, fold
from albergues_app.formats.engine.text_types import Text

OTRO = "otro"
ESPECIFIQUE = "Especifique cuál"
_MISSING_OTRO = ((OTRO, "Escriba cuál es el otro."),)


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


def _find(text: str, choices: Sequence[Option], gate: bool) -> str | None:
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


def _not_in_list(raw: object, has_other: bool) -> Invalid:
    shown = clean(raw)[:40] if isinstance(raw, str) else "Ese valor"
    tail = " o «Otro» y escriba cuál" if has_other else ""
    return Invalid("fuera_de_lista", f"«{shown}» no está en la lista. Elija una opción{tail}.")


def _other_text(raw: Mapping[str, object], chosen: bool, context: Context) -> tuple[dict[str, object], bool]:
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
        code = _find(as_text(given)[:200], self.options, context.gate) if _is_plain(given) else None
        if code is None:
            raise _not_in_list(given, self.has_other)
        extra, missing = _other_text(raw, code == OTRO, context)
        return Parsed({"": code, **extra}, missing=_MISSING_OTRO if missing else ())

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

    def paper(self) -> Paper:
        return Paper("code" if self.code_on_paper else "options", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.gate or not gate)


def _is_plain(raw: object) -> bool:
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
        code = _find(as_text(raw)[:40], (_YES, _NO), gate=False) if _is_plain(raw) else None
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
                raise _not_in_list(given, self.has_other)
            for item in items:
                if is_blank(item):
                    continue
                code = _find(as_text(item)[:200], self.options, context.gate) if _is_plain(item) else None
                if code is None:
                    raise _not_in_list(item, self.has_other)
                chosen.add(code)
        for option in self.options_shown(context.gate):
            mark = raw.get(_option_suffix(option))
            if option.code != OTRO and not is_blank(mark) and self._marked(mark, option, context):
                chosen.add(option.code)
        if self.has_other and not is_blank(raw.get(OTRO)):
            chosen.add(OTRO)
        extra, missing = _other_text(raw, OTRO in chosen, context)
        ordered = tuple(option.code for option in self.options if option.code in chosen)
        return Parsed({"": ordered, **extra} if ordered else {}, missing=_MISSING_OTRO if missing else ())

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

    def paper(self) -> Paper:
        return Paper("options", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.gate or not gate)


def _option_suffix(option: Option) -> str:
    return option.code


@dataclass(frozen=True, kw_only=True)
class CountByKind(FieldType):
    """A number for each kind, such as animals. A kind nobody counted is absent, not zero."""

    options: tuple[Option, ...]
    maximum: int = 999
    width: int = 24

    @property
    def has_other(self) -> bool:
        """Whether the kinds end in «Otro (especifique)»."""
        return any(option.code == OTRO for option in self.options)

    def parse(self, raw: Mapping[str, object], context: Context) -> Parsed:
        given = raw.get("")
        cells: dict[str, object] = {}
        if not is_blank(given):
            if not isinstance(given, Mapping):
                raise Invalid("conteo_invalido", "Escriba el número de cada clase.")
            for key, value in list(given.items())[:100]:
                code = _find(key, self.options, context.gate) if isinstance(key, str) else None
                if code is None:
                    raise _not_in_list(key, self.has_other)
                cells[code] = value
        for option in self.options:
            suffix = self._suffix(option)
            if not is_blank(raw.get(suffix)):
                cells[option.code] = raw[suffix]
        counts: dict[str, int] = {}
        for option in self.options:
            if is_blank(cells.get(option.code)):
                continue
            try:
                number = Whole(maximum=self.maximum).read(cells[option.code], context)
            except Invalid as problem:
                raise Invalid(problem.codigo, problem.mensaje, self._suffix(option)) from None
            if isinstance(number, int) and number > 0:
                counts[option.code] = number
        extra, missing = _other_text(raw, self.has_other and OTRO in counts, context)
        return Parsed({"": counts, **extra} if counts else {}, missing=_MISSING_OTRO if missing else ())

    @staticmethod
    def _suffix(option: Option) -> str:
        return "otro_numero" if option.code == OTRO else option.code

    def parts(self) -> tuple[Part, ...]:
        number = Whole(maximum=self.maximum)
        counts = tuple(Part(self._suffix(o), o.brief, number) for o in self.options)
        return (*counts, *((Part(OTRO, ESPECIFIQUE, Text()),) if self.has_other else ()))

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        counts = values.get("") or {}
        named = []
        for option in self.options:
            if option.code in counts:
                label = values.get(OTRO) or option.brief if option.code == OTRO else option.label
                named.append(f"{label}: {counts[option.code]:,}")
        return ", ".join(named)

    def schema(self) -> dict[str, dict[str, Any]]:
        number = {"type": "integer", "minimum": 0, "maximum": self.maximum}
        kinds = {option.code: number for option in self.options}
        main = {"": {"type": "object", "properties": kinds, "additionalProperties": False}}
        return main | ({OTRO: Text().schema()[""]} if self.has_other else {})

    def widget(self) -> Widget:
        return Widget("counts", {"min": 0, "max": self.maximum})

    def cell(self) -> Cell:
        return Cell("none")

    def paper(self) -> Paper:
        return Paper("counts", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return self.options


@dataclass(frozen=True, kw_only=True)
class Document(FieldType):
    """A kind of document and its number. Nobody is refused for having none."""

    options: tuple[Option, ...]
    width: int = 9

    def parse(self, raw: Mapping[str, object], context: Context) -> Parsed:
        values: dict[str, object] = {}
        if not is_blank(raw.get("")):
            raise Invalid("documento_invalido", "Elija el tipo de documento y escriba el número aparte.")
        kind = raw.get("tipo")
        if not is_blank(kind):
            code = _find(as_text(kind)[:200], self.options, context.gate) if _is_plain(kind) else None
            if code is None:
                problem = _not_in_list(kind, False)
                raise Invalid(problem.codigo, problem.mensaje, "tipo")
            values["tipo"] = code
        if not is_blank(raw.get("numero")):
            try:
                values["numero"] = Text(max_length=40).read(raw["numero"], context)
            except Invalid as problem:
                raise Invalid(problem.codigo, problem.mensaje, "numero") from None
        return Parsed(values)

    def parts(self) -> tuple[Part, ...]:
        return (
            Part("tipo", "tipo", Choice(options=self.options)),
            Part("numero", "número", Text(max_length=40)),
        )

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        label = next((o.label for o in self.options if o.code == values.get("tipo")), "")
        return " ".join(text for text in (label, str(values.get("numero") or "")) if text)

    def schema(self) -> dict[str, dict[str, Any]]:
        kinds = [option.code for option in self.options]
        return {"tipo": {"type": "string", "enum": kinds}, "numero": Text(max_length=40).schema()[""]}

    def widget(self) -> Widget:
        return Widget("document")

    def cell(self) -> Cell:
        return Cell("none")

    def paper(self) -> Paper:
        return Paper("document", self.width)

    def options_shown(self, gate: bool) -> tuple[Option, ...]:
        return self.options


@dataclass(frozen=True, kw_only=True)
class FromCatalogo(FieldType):
    """One code of a catalogue handed in. ``within`` names the sibling whose code must begin it.

    A name alone chooses only where it has one meaning. With ``free`` a text outside the catalogue is kept.
    """

    catalogo: str
    within: str = ""
    free: bool = False
    width: int = 8

    def read(self, raw: object, context: Context) -> object:
        text = str(Text().read(raw, context))
        catalogo = context.catalogos.get(self.catalogo)
        if catalogo is None:
            if self.free:
                return text
            raise Invalid(
                "catalogo_ausente", "Falta la lista de lugares. Avise a quien administra el sistema."
            )
        prefix = self._prefix(context)
        found = catalogo.find(text, prefix) or catalogo.find(_zero_padded(text, catalogo.labels), prefix)
        if len(found) == 1:
            return found[0]
        if self.free:
            return text
        if found:
            raise Invalid(
                "lugar_ambiguo", f"Hay {len(found)} lugares llamados «{text[:40]}». Elija uno de la lista."
            )
        if prefix and catalogo.find(text):
            raise Invalid(
                "lugar_de_otro_departamento", "Ese municipio es de otro departamento. Revise los dos."
            )
        raise _not_in_list(text, False)

    def _prefix(self, context: Context) -> str:
        above = context.row.get(self.within) if self.within else None
        catalogo = context.catalogos.get("departamento")
        if catalogo is None or is_blank(above) or not _is_plain(above):
            return ""
        text = clean(as_text(above))[:120]
        found = catalogo.find(text) or catalogo.find(_zero_padded(text, catalogo.labels))
        return found[0] if len(found) == 1 else ""

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        code = values.get("")
        return (
            NoAnswer(code).label
            if isinstance(code, NoAnswer)
            else catalogos.label(self.catalogo, str(code or ""))
        )

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "string", "maxLength": 120, "x-catalogo": self.catalogo}}

    def widget(self) -> Widget:
        return Widget("catalogo", {"catalogo": self.catalogo, "within": self.within, "free": self.free})

    def cell(self) -> Cell:
        return Cell("catalogo", catalogo=self.catalogo, width=26)

    def paper(self) -> Paper:
        return Paper("line", self.width)


def _zero_padded(text: str, labels: Mapping[str, str]) -> str:
    """Give back the zero that a spreadsheet takes from codes such as 0101."""
    size = len(next(iter(labels), ""))
    return text.zfill(size) if text.isdigit() and 0 < size <= 6 and text.isascii() else text
