"""Conditions as a person writes them: lines of field, comparison and value, and rules from a closed list of sentences.

Everything here goes both ways: what was typed becomes a condition of the engine, and a condition becomes what
would have been typed, or None where it is more involved than the page (it is then kept as it stands).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from albergues_app.core.text import clean
from albergues_app.formats.engine import (
    AddUp,
    AgeBetween,
    Blank,
    Campo,
    Condition,
    CountByKind,
    Date,
    Decimal,
    Every,
    FartherThan,
    FieldType,
    Formato,
    Given,
    In,
    Instant,
    Matches,
    Not,
    NotAfter,
    OnSheet,
    RatioBetween,
    RowsAddUp,
    RowsAre,
    Some,
    SumIs,
    Time,
    Whole,
    WithinHours,
    YesNo,
    fold,
)
from albergues_app.formats.engine.definition import Scope, keys_of

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
        known = {**(self.scope.sheet if both else {}), **self.scope.row}
        return [
            (n, self.labels.get(n, n)) for n, kind in known.items() if not kinds or isinstance(kind, kinds)
        ]


def names_of(formato: Formato, section: str = "") -> Names:
    """What the conditions of the sheet, or of the rows of a section, may name."""
    return names_among(formato.campos, {r.name: r.campos for r in formato.repetibles}, section)


def names_among(sheet: Iterable[Campo], rows: Mapping[str, Iterable[Campo]], section: str = "") -> Names:
    """The same for a draft whose pieces do not make a format yet."""
    on_sheet = keys_of(sheet)
    in_rows = {name: keys_of(campos) for name, campos in rows.items()}
    scope = Scope(in_rows.get(section, on_sheet), on_sheet, in_rows)
    labels: dict[str, str] = {}
    for prefix, campos in (("", rows.get(section, sheet)), (SHEET, sheet)):
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
        if not low.strip().isdigit() or (high.strip() and not high.strip().isdigit()):
            raise Unclear("Escriba la edad en años, por ejemplo 0-4 o 18-200.", f"{line}-valor")
        between = AgeBetween(int(low), int(high or low))
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
        elif isinstance(kind, (Whole, Decimal)) and text.lstrip("-").isdigit():
            found.append(int(text))
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
            f"{line}-valor": ", ".join(_value(v) for v in condition.values),
        }  # fmt: skip
    if isinstance(condition, (Given, Blank)):
        op = "tiene" if isinstance(condition, Given) else "vacio"
        return {f"{line}-campo": before + condition.campo, f"{line}-op": op}
    return None


def _value(value: object) -> str:
    return "Sí" if value is True else "No" if value is False else str(value)


# -- sentences --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Param:
    """One input of a sentence: ``kind`` is campo, campos, fila, repetible, numero, valor, casilla or donde."""

    name: str
    label: str
    kind: str
    types: tuple[type[FieldType], ...] = ()
    both: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Sentence:
    """What a rule may say. ``read`` makes the condition, ``write`` gives back what was typed, or None."""

    code: str
    label: str
    params: tuple[Param, ...]
    read: Callable[[Reader], Condition]
    write: Callable[[Any], dict[str, Any] | None]
    makes: tuple[type[Condition], ...]
    sheet_only: bool = False
    example: str = field(default="", compare=False)


class Reader:
    """The inputs of a sentence, read with their errors."""

    def __init__(self, form: Typed, many: Callable[[str], list[str]], names: Names) -> None:
        self.form, self.many, self.names = form, many, names

    def text(self, name: str) -> str:
        return clean(self.form.get(name, ""))

    def campo(self, name: str, said: str = "Elija el campo.") -> str:
        value = self.text(name)
        if not value:
            raise Unclear(said, name)
        return value

    def campos(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(v for v in self.many(name) if v))

    def number(self, name: str, default: int | None = None) -> int:
        text = self.text(name).replace(",", "")
        if not text and default is not None:
            return default
        if not text.lstrip("-").isdigit() or len(text) > 12:
            raise Unclear("Escriba un número entero.", name)
        return int(text)

    def decimal(self, name: str) -> float:
        try:
            value = float(self.text(name).replace(",", ""))
        except ValueError:
            raise Unclear("Escriba un número; use punto para los decimales.", name) from None
        if not abs(value) <= 10**12:
            raise Unclear("El número es demasiado grande.", name)
        return value

    def where(self) -> Condition | None:
        if not self.form.get("donde-0-campo"):
            return None
        rows = self.names.scope.rows.get(self.text("repetible"), {})
        return read_line(
            self.form, "donde-0", Names(Scope(rows, self.names.scope.sheet, self.names.scope.rows), {})
        )


_NUMBERS = (Whole, Decimal)
_ORDERED = (Whole, Date, Time, Instant)


def _read_rows(r: Reader) -> Condition:
    where = r.where()
    if r.text("total"):
        return RowsAre(r.campo("repetible"), equal_to=r.text("total"), where=where)
    return RowsAre(
        r.campo("repetible"),
        minimum=r.number("minimo", 0),
        maximum=r.number("maximo", 1_000_000),
        where=where,
    )


def _write_rows(c: RowsAre) -> dict[str, Any] | None:
    return _with_where(
        c.where,
        {"repetible": c.repetible, "total": c.equal_to}
        | ({} if c.equal_to else {"minimo": str(c.minimum), "maximo": str(c.maximum)}),
    )


def _with_where(where: Condition | None, typed: dict[str, Any]) -> dict[str, Any] | None:
    if where is None:
        return typed
    line = write_line(where, "donde-0")
    return None if line is None else typed | line


def _read_sum(r: Reader) -> Condition:
    parts = r.campos("campos")
    if not parts:
        raise Unclear("Marque los campos que se suman.", "campos")
    number = r.text("numero")
    total: str | int = (
        r.number("numero") if number else r.campo("total", "Elija el campo del total, o escriba un número.")
    )
    minus = r.campos("menos")
    loose = (*parts, *minus) if r.text("en_blanco_cero") else ()
    return AddUp(parts, total, minus, loose, bool(r.text("a_lo_sumo")))


def _write_sum(c: AddUp) -> dict[str, Any] | None:
    if c.zero_if_blank and set(c.zero_if_blank) != {*c.parts, *c.minus}:
        return None
    total = {"numero": str(c.equal_to)} if isinstance(c.equal_to, int) else {"total": c.equal_to}
    return {
        "campos": list(c.parts), "menos": list(c.minus), **total,
        "en_blanco_cero": "1" if c.zero_if_blank else "", "a_lo_sumo": "1" if c.at_most else "",
    }  # fmt: skip


def _read_any(r: Reader) -> Condition:
    campos = r.campos("campos")
    if len(campos) < 2:
        raise Unclear("Marque dos campos o más.", "campos")
    return Some(tuple(Given(name) for name in campos))


def _write_any(c: Some) -> dict[str, Any] | None:
    if len(c.conditions) < 2 or not all(isinstance(one, Given) for one in c.conditions):
        return None
    return {"campos": [one.campo for one in c.conditions if isinstance(one, Given)]}


def _read_in(r: Reader) -> In:
    name = r.campo("campo_a")
    kind = r.names.scope.row.get(name)
    if kind is None:
        raise Unclear("Elija el campo de la lista.", "campo_a")
    return In(name, read_values(r.text("valores"), kind, "valores"))


def _write_in(c: In) -> dict[str, Any]:
    return {"campo_a": c.campo, "valores": ", ".join(_value(v) for v in c.values)}


_A = Param("campo_a", "Campo", "campo")
_TOTAL = Param("total", "Campo del total", "campo", _NUMBERS)
_WHERE = Param("donde", "Solo las filas donde", "donde", optional=True)

SENTENCES: tuple[Sentence, ...] = (
    Sentence("dado", "Un campo debe tener respuesta", (_A,),
             lambda r: Given(r.campo("campo_a")), lambda c: {"campo_a": c.campo}, (Given,)),
    Sentence("vacio", "Un campo debe quedar en blanco", (_A,),
             lambda r: Blank(r.campo("campo_a")), lambda c: {"campo_a": c.campo}, (Blank,)),
    Sentence("alguno", "Al menos uno de varios campos tiene respuesta", (Param("campos", "Campos", "campos"),),
             _read_any, _write_any, (Some,)),
    Sentence("es", "La respuesta es una de estas", (_A, Param("valores", "Valores, separados con comas", "valor")),
             _read_in, _write_in, (In,)),
    Sentence("no_es", "La respuesta no es ninguna de estas",
             (_A, Param("valores", "Valores, separados con comas", "valor")),
             lambda r: Not(_read_in(r)),
             lambda c: _write_in(c.condition) if isinstance(c.condition, In) else None, (Not,)),
    Sentence("no_despues", "Una fecha, hora o cantidad no pasa de otra",
             (Param("campo_a", "El primero (menor o antes)", "campo", _ORDERED, True),
              Param("campo_b", "El segundo (mayor o después)", "campo", _ORDERED, True)),
             lambda r: NotAfter(r.campo("campo_a"), r.campo("campo_b")),
             lambda c: {"campo_a": c.first, "campo_b": c.second}, (NotAfter,)),
    Sentence("dentro_de", "Una hora llega a lo sumo tantas horas después de otra",
             (Param("campo_a", "La primera", "campo", (Instant,), True),
              Param("campo_b", "La segunda", "campo", (Instant,)), Param("numero", "Horas", "numero")),
             lambda r: WithinHours(r.campo("campo_a"), r.campo("campo_b"), r.number("numero")),
             lambda c: {"campo_a": c.first, "campo_b": c.second, "numero": str(c.hours)}, (WithinHours,)),
    Sentence("suma", "Varios números suman otro",
             (Param("campos", "Se suman", "campos", _NUMBERS),
              Param("menos", "Se restan", "campos", _NUMBERS, optional=True), _TOTAL,
              Param("numero", "o este número", "numero", optional=True),
              Param("en_blanco_cero", "Lo que quede en blanco cuenta como cero", "casilla"),
              Param("a_lo_sumo", "Pueden sumar menos, no más", "casilla")),
             _read_sum, _write_sum, (AddUp,)),
    Sentence("suma_clases", "Las clases de un conteo suman un número",
             (Param("campo_a", "Conteo por clases", "campo", (CountByKind,)),
              Param("total", "Campo del total", "campo", (Whole,))),
             lambda r: SumIs(r.campo("campo_a"), r.campo("total")),
             lambda c: {"campo_a": c.counts, "total": c.equal_to}, (SumIs,)),
    Sentence("suma_filas", "Un número de las filas suma uno de la hoja",
             (Param("repetible", "Sección que se repite", "repetible"),
              Param("campo_a", "Campo de sus filas", "fila", _NUMBERS), _TOTAL, _WHERE),
             lambda r: RowsAddUp(r.campo("repetible"), r.campo("campo_a"), r.campo("total"), r.where()),
             lambda c: _with_where(c.where, {"repetible": c.repetible, "campo_a": c.campo, "total": c.equal_to}),
             (RowsAddUp,), sheet_only=True),
    Sentence("filas", "Cuántas filas hay",
             (Param("repetible", "Sección que se repite", "repetible"),
              Param("total", "Tantas como dice este campo", "campo", (Whole,), optional=True),
              Param("minimo", "o al menos", "numero", optional=True),
              Param("maximo", "y a lo sumo", "numero", optional=True), _WHERE),
             _read_rows, _write_rows, (RowsAre,), sheet_only=True),
    Sentence("digitos", "Un texto tiene tantos dígitos", (_A, Param("numero", "Dígitos", "numero")),
             lambda r: Matches(r.campo("campo_a"), r.number("numero")),
             lambda c: {"campo_a": c.campo, "numero": str(c.digits)}, (Matches,)),
    Sentence("cerca", "Un número no se aleja de otro más que un porcentaje",
             (Param("campo_a", "El que se cuenta", "campo", _NUMBERS),
              Param("campo_b", "El que se espera", "campo", _NUMBERS), Param("numero", "Por ciento", "numero")),
             lambda r: Not(FartherThan(r.campo("campo_a"), r.campo("campo_b"), r.number("numero"))),
             lambda c: {"campo_a": c.condition.counted, "campo_b": c.condition.expected,
                        "numero": str(c.condition.percent)} if isinstance(c.condition, FartherThan) else None,
             (Not, FartherThan)),
    Sentence("razon", "Un número por cada otro queda entre dos límites",
             (Param("campo_a", "El número", "campo", _NUMBERS), Param("campo_b", "por cada", "campo", _NUMBERS),
              Param("minimo", "de", "decimal"), Param("maximo", "a", "decimal")),
             lambda r: RatioBetween(r.campo("campo_a"), r.campo("campo_b"), r.decimal("minimo"), r.decimal("maximo")),
             lambda c: {"campo_a": c.first, "campo_b": c.second, "minimo": f"{c.minimum:g}", "maximo": f"{c.maximum:g}"},
             (RatioBetween,)),
    Sentence("edad", "La edad en años queda entre dos límites",
             (Param("minimo", "de", "numero"), Param("maximo", "a", "numero")),
             lambda r: AgeBetween(r.number("minimo"), r.number("maximo")),
             lambda c: {"minimo": str(c.minimum), "maximo": str(c.maximum)}, (AgeBetween,)),
)  # fmt: skip
"""The closed list. With the lines of «solo cuando», they reach every condition of the engine."""


def sentence(code: str) -> Sentence | None:
    """The sentence with that code, or None."""
    return next((s for s in SENTENCES if s.code == code), None)


def read_rule(form: Typed, many: Callable[[str], list[str]], names: Names) -> Condition:
    """The condition of a rule: its sentence, and the lines that say when it is asked at all.

    :raises Unclear: something is missing.
    """
    said = sentence(form.get("clase", ""))
    if said is None:
        raise Unclear("Elija qué revisa la regla.", "clase")
    claim = said.read(Reader(form, many, names))
    when = read_lines(form, "cuando", names)
    return claim if when is None else Some((Not(when), claim))


def write_rule(condition: Condition) -> dict[str, Any] | None:
    """What would have been typed for a rule, or None where no sentence says it."""
    if (
        isinstance(condition, Some)
        and len(condition.conditions) == 2
        and isinstance(condition.conditions[0], Not)
    ):
        when = write_lines(condition.conditions[0].condition, "cuando")
        claim = write_claim(condition.conditions[1])
        return None if when is None or claim is None else claim | when
    return write_claim(condition)


def write_claim(condition: Condition) -> dict[str, Any] | None:
    """What would have been typed for the sentence alone, or None."""
    for said in SENTENCES:
        if isinstance(condition, said.makes[0]):
            typed = said.write(condition)
            if typed is not None:
                return {"clase": said.code, **typed}
    return None


# -- words ------------------------------------------------------------------------------------------------


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
        return f"{n(c.campo)} es {' o '.join(_value(v) for v in c.values)}"
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
