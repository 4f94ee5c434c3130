"""The closed list of sentences that a rule may be, each read from its inputs and written back into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from albergues_app.core.text import clean, whole_number
from albergues_app.definiciones.condition_forms import (
    Names,
    Typed,
    Unclear,
    read_line,
    read_lines,
    read_values,
    value_text,
    write_line,
    write_lines,
)
from albergues_app.formats.engine import (
    AddUp,
    AgeBetween,
    Blank,
    Condition,
    CountByKind,
    FartherThan,
    FieldType,
    Given,
    In,
    Instant,
    Matches,
    Not,
    NotAfter,
    RatioBetween,
    RowsAddUp,
    RowsAre,
    Some,
    SumIs,
    Whole,
    WithinHours,
)
from albergues_app.formats.engine.condition_checks import NUMBERS, ORDERED, Scope


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
        number = whole_number(text, 12)
        if number is None:
            raise Unclear("Escriba un número entero.", name)
        return number

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
    return with_where(
        c.where,
        {"repetible": c.repetible, "total": c.equal_to}
        | ({} if c.equal_to else {"minimo": str(c.minimum), "maximo": str(c.maximum)}),
    )


def with_where(where: Condition | None, typed: dict[str, Any]) -> dict[str, Any] | None:
    """What was typed and the line of «solo las filas donde»; None where the line cannot say it."""
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
    return {"campo_a": c.campo, "valores": ", ".join(value_text(v) for v in c.values)}


_A = Param("campo_a", "Campo", "campo")
_TOTAL = Param("total", "Campo del total", "campo", NUMBERS)
WHERE = Param("donde", "Solo las filas donde", "donde", optional=True)

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
             (Param("campo_a", "El primero (menor o antes)", "campo", ORDERED, True),
              Param("campo_b", "El segundo (mayor o después)", "campo", ORDERED, True)),
             lambda r: NotAfter(r.campo("campo_a"), r.campo("campo_b")),
             lambda c: {"campo_a": c.first, "campo_b": c.second}, (NotAfter,)),
    Sentence("dentro_de", "Una hora llega a lo sumo tantas horas después de otra",
             (Param("campo_a", "La primera", "campo", (Instant,), True),
              Param("campo_b", "La segunda", "campo", (Instant,)), Param("numero", "Horas", "numero")),
             lambda r: WithinHours(r.campo("campo_a"), r.campo("campo_b"), r.number("numero")),
             lambda c: {"campo_a": c.first, "campo_b": c.second, "numero": str(c.hours)}, (WithinHours,)),
    Sentence("suma", "Varios números suman otro",
             (Param("campos", "Se suman", "campos", NUMBERS),
              Param("menos", "Se restan", "campos", NUMBERS, optional=True), _TOTAL,
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
              Param("campo_a", "Campo de sus filas", "fila", NUMBERS), _TOTAL, WHERE),
             lambda r: RowsAddUp(r.campo("repetible"), r.campo("campo_a"), r.campo("total"), r.where()),
             lambda c: with_where(c.where, {"repetible": c.repetible, "campo_a": c.campo, "total": c.equal_to}),
             (RowsAddUp,), sheet_only=True),
    Sentence("filas", "Cuántas filas hay",
             (Param("repetible", "Sección que se repite", "repetible"),
              Param("total", "Tantas como dice este campo", "campo", (Whole,), optional=True),
              Param("minimo", "o al menos", "numero", optional=True),
              Param("maximo", "y a lo sumo", "numero", optional=True), WHERE),
             _read_rows, _write_rows, (RowsAre,), sheet_only=True),
    Sentence("digitos", "Un texto tiene tantos dígitos", (_A, Param("numero", "Dígitos", "numero")),
             lambda r: Matches(r.campo("campo_a"), r.number("numero")),
             lambda c: {"campo_a": c.campo, "numero": str(c.digits)}, (Matches,)),
    Sentence("cerca", "Un número no se aleja de otro más que un porcentaje",
             (Param("campo_a", "El que se cuenta", "campo", NUMBERS),
              Param("campo_b", "El que se espera", "campo", NUMBERS), Param("numero", "Por ciento", "numero")),
             lambda r: Not(FartherThan(r.campo("campo_a"), r.campo("campo_b"), r.number("numero"))),
             lambda c: {"campo_a": c.condition.counted, "campo_b": c.condition.expected,
                        "numero": str(c.condition.percent)} if isinstance(c.condition, FartherThan) else None,
             (Not, FartherThan)),
    Sentence("razon", "Un número por cada otro queda entre dos límites",
             (Param("campo_a", "El número", "campo", NUMBERS), Param("campo_b", "por cada", "campo", NUMBERS),
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
