"""Types with several cells, or with a catalogue that is handed in."""

from __future__ import annotations

from collections.abc import Mapping
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
from albergues_app.formats.engine.list_types import (
    ESPECIFIQUE,
    MISSING_OTRO,
    OTRO,
    Choice,
    find_option,
    is_plain,
    not_in_list,
    read_other,
)
from albergues_app.formats.engine.marks import NoAnswer
from albergues_app.formats.engine.number_types import Whole
from albergues_app.formats.engine.text import clean
from albergues_app.formats.engine.text_types import Text


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
                code = find_option(key, self.options, context.gate) if isinstance(key, str) else None
                if code is None:
                    raise not_in_list(key, self.has_other)
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
        extra, missing = read_other(raw, self.has_other and OTRO in counts, context)
        return Parsed({"": counts, **extra} if counts else {}, missing=MISSING_OTRO if missing else ())

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

    def question(self) -> Question | None:
        return None

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
            code = find_option(as_text(kind)[:200], self.options, context.gate) if is_plain(kind) else None
            if code is None:
                problem = not_in_list(kind, False)
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

    def question(self) -> Question | None:
        return None

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
        raise not_in_list(text, False)

    def _prefix(self, context: Context) -> str:
        above = context.row.get(self.within) if self.within else None
        catalogo = context.catalogos.get("departamento")
        if catalogo is None or is_blank(above) or not is_plain(above):
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

    def question(self) -> Question | None:
        return Question("text" if self.free else "catalogo")

    def paper(self) -> Paper:
        return Paper("line", self.width)


def _zero_padded(text: str, labels: Mapping[str, str]) -> str:
    """Give back the zero that a spreadsheet takes from codes such as 0101."""
    size = len(next(iter(labels), ""))
    return text.zfill(size) if text.isdigit() and 0 < size <= 6 and text.isascii() else text
