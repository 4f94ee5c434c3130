"""The only way in: raw cells of any door become answers, errors, warnings and what is still pending."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from albergues_app.formats.engine.calculations import Calculo, number_of
from albergues_app.formats.engine.catalogs import Catalogos
from albergues_app.formats.engine.field_type import (
    Answers,
    Context,
    Invalid,
    Notice,
    Parsed,
    is_blank,
    read_no_answer,
    value_to_json,
)
from albergues_app.formats.engine.formato import Campo, Formato, Repetible, Rule, Warn, shown
from albergues_app.formats.engine.marks import Mark, Mode
from albergues_app.formats.engine.text import clean, fold

PENDIENTE = "pendiente"
OBLIGATORIO = "obligatorio"


@dataclass(frozen=True)
class Result:
    """What ``validate`` found.

    ``answers`` holds typed values by name; a repeating section is a list of such rows, without empty
    ones, and ``row_numbers`` says which row of the raw list each of them was. Paths count rows from 0, as in
    ``personas[2].edad``.
    """

    answers: dict[str, Any]
    errors: tuple[Notice, ...] = ()
    warnings: tuple[Notice, ...] = ()
    pending: tuple[Notice, ...] = ()
    row_numbers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it may be saved."""
        return not self.errors


class _Run:
    """One validation: collects notices while it walks the format."""

    def __init__(self, catalogos: Catalogos, mode: Mode, now: dt.datetime, gate: bool) -> None:
        self.catalogos, self.mode, self.now, self.gate = catalogos, mode, now, gate
        self.errors: list[Notice] = []
        self.warnings: list[Notice] = []
        self.pending: list[Notice] = []
        self.bad: set[str] = set()

    def fail(self, codigo: str, mensaje: str, path: str) -> None:
        self.errors.append(Notice(codigo, mensaje, path))
        self.bad.add(path)

    def read_row(self, campos: Iterable[Campo], raw: Mapping[str, object], path: str) -> dict[str, Any]:
        """Read every field of a row; what cannot be read becomes an error and leaves no answer."""
        context = Context(self.catalogos, raw, self.now, self.gate)
        answers: dict[str, Any] = {}
        for campo in campos:
            if campo.known_keys.isdisjoint(raw):
                continue
            cells = gather(campo, raw)
            if all(is_blank(cell) for cell in cells.values()):
                continue
            if self.gate and not campo.gate:
                message = f"«{campo.label}» no se anota en la puerta; se toma aparte. No se guardó."
                self.warnings.append(Notice("no_va_en_la_puerta", message, path + campo.name))
                continue
            try:
                parsed = _parse(campo, cells, context)
            except Invalid as problem:
                self.fail(problem.codigo, problem.mensaje, path + campo.key(problem.suffix))
                self.bad.add(path + campo.name)
                continue
            for suffix, value in parsed.values.items():
                answers[campo.key(suffix)] = value
            self.warnings += [replace(w, campo=path + campo.name) for w in parsed.warnings]
            for suffix, message in parsed.missing:
                self.lack(message, path + campo.key(suffix), campo, quick=False)
        return answers

    def lack(self, message: str, path: str, campo: Campo, quick: bool) -> None:
        """Note that something is missing: an error or, in modo rápido, pending."""
        if self.mode != "rapido" or quick:
            self.fail(OBLIGATORIO, message, path)
        else:
            self.pending.append(Notice(PENDIENTE, message, path))

    def calculate(
        self, calculo: Calculo, campo: Campo, answers: dict[str, Any], ruled: bool, paths: Sequence[str]
    ) -> None:
        """Put what is worked out in its field. What was written otherwise gives way where the system writes it."""
        rows = answers[calculo.repetible] if calculo.repetible else [answers]
        context = Context(self.catalogos, {}, self.now, self.gate)
        for row, path, value in zip(rows, paths, calculo.values(answers, self.now), strict=True):
            where = path + campo.name
            if value is None or where in self.bad:
                continue
            written = row.get(campo.name)
            try:
                row_value = campo.type.read(value, context)
            except Invalid:
                row.pop(campo.name, None)
                self.warnings.append(
                    Notice(
                        "calculo_imposible",
                        f"«{campo.label}» da {value:,}: no puede ser. Revise los números.",
                        where,
                    )
                )
                continue
            if written is None or campo.auto:
                row[campo.name] = row_value
            if written is not None and written != row_value and not ruled:
                kept = "Se guardó" if campo.auto else "Según lo anotado es"
                message = f"«{campo.label}» dice {_said(written)}. {kept} {row_value:,}."
                self.warnings.append(Notice("no_es_lo_calculado", message, where))

    def require(self, campos: Iterable[Campo], row: Answers, root: Answers, path: str) -> None:
        """Ask for what the mode needs and the row does not have."""
        for campo in campos:
            if path + campo.name in self.bad or not needs(campo, row, root, self.now, self.gate):
                continue
            if campo.required is Mark.S and self.mode != "firma":
                continue
            if not answered(campo, row):
                when = f" ({campo.required_text})" if campo.required_text else ""
                self.lack(f"Falta «{campo.label}»{when}.", path + campo.name, campo, campo.quick)

    def apply(self, rules: Iterable[Rule], row: Answers, root: Answers, path: str) -> None:
        """Check rules between answers; a rule whose field could not be read waits."""
        for rule in rules:
            where = path + rule.campo
            if self.mode not in rule.modes or where in self.bad or rule.holds.holds(row, root, self.now):
                continue
            if isinstance(rule, Warn):
                self.warnings.append(Notice(rule.code, rule.message, where))
            else:
                self.fail(rule.code, rule.message, where)

    def note_unknown_keys(self, campos: Iterable[Campo], raw: Mapping[Any, object], path: str) -> None:
        """Warn about names that the format does not have, so that nothing is lost in silence."""
        strange = {k for k in list(raw)[:2000] if isinstance(k, str) and not k.startswith("_")} - {"id"}
        for campo in campos:
            strange -= campo.known_keys
        for key in sorted(k for k in strange if not is_blank(raw[k]))[:10]:
            name = clean(key)[:60]
            self.warnings.append(
                Notice("campo_desconocido", f"«{name}» no es de este formato. No se guardó.", path)
            )


def gather(campo: Campo, raw: Mapping[str, object]) -> dict[str, object]:
    """Return the raw cells of a field by suffix, wherever the door put them."""
    cells = {"": raw.get(campo.name)}
    for alias in campo.aliases:
        if is_blank(cells[""]):
            cells[""] = raw.get(alias)
    for suffix, key in campo.cells:
        cells[suffix] = raw.get(key)
    return cells


def _parse(campo: Campo, cells: Mapping[str, object], context: Context) -> Parsed:
    if campo.unknown:
        value = read_no_answer(cells[""])
        own = campo.type.options_shown(False)
        if value is not None and value.value not in {option.code for option in own}:
            return Parsed({"": value})
    return campo.type.parse(cells, context)


def answered(campo: Campo, row: Answers) -> bool:
    """Tell whether a field, or one that stands in for it, has an answer."""
    return any(row.get(key) is not None for key in (*campo.answer_keys, *campo.satisfied_by))


def needs(campo: Campo, row: Answers, root: Answers, now: dt.datetime, gate: bool = True) -> bool:
    """Tell whether the field must have an answer some day, given the others."""
    if campo.auto or (gate and not campo.gate) or campo.required is Mark.O:
        return False
    return campo.required_when is None or campo.required_when.holds(row, root, now)


def is_empty_row(repetible: Repetible, raw: Mapping[str, object]) -> bool:
    """Tell whether a row holds nothing but what the screen fills by itself."""
    return all(
        is_blank(cell)
        for campo in repetible.campos
        if campo.name not in repetible.ignored_alone and not campo.known_keys.isdisjoint(raw)
        for cell in gather(campo, raw).values()
    )


def _read_rows(
    run: _Run, repetible: Repetible, given: object
) -> tuple[list[dict[str, Any]], tuple[int, ...]]:
    if is_blank(given):
        given = []
    if not isinstance(given, (list, tuple)):
        run.fail("filas_invalidas", f"Envíe «{repetible.title}» como una lista de filas.", repetible.name)
        return [], ()
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, raw in enumerate(given):
        if raw is None or (isinstance(raw, Mapping) and is_empty_row(repetible, raw)):
            continue
        path = f"{repetible.name}[{number}]"
        if len(rows) == repetible.max_rows:
            run.fail(
                "demasiadas_filas", f"Son más de {repetible.max_rows} filas. Use otra hoja.", repetible.name
            )
            break
        if not isinstance(raw, Mapping):
            run.fail("fila_invalida", "Envíe cada fila con sus campos.", path)
            continue
        rows.append(run.read_row(repetible.campos, raw, path + "."))
        run.note_unknown_keys(repetible.campos, raw, path)
        numbers.append(number)
    return rows, tuple(numbers)


def validate(
    formato: Formato,
    raw: object,
    catalogos: Catalogos | None = None,
    mode: Mode = "rapido",
    now: dt.datetime | None = None,
    gate: bool = True,
) -> Result:
    """Check raw answers of any door (JSON, flat web text, spreadsheet cells). Never raises on any input.

    Parameters
    ----------
    raw : object
        A mapping by field name; repeating sections are lists of mappings. Anything else is one error.
    mode : {"rapido", "completo", "firma"}
        In ``rapido`` only quick fields block and the rest is pending; ``completo`` asks for R and C;
        ``firma`` also for S.
    now : aware datetime, optional
        The hour that "future" is measured from. The caller's clock; the machine's where it is left out.
    gate : bool
        True for the gate's doors: answers of ``salud`` and ``proteccion`` are dropped with a warning.
    """
    run = _Run(catalogos or Catalogos(), mode, now or dt.datetime.now(dt.UTC), gate)
    if not isinstance(raw, Mapping):
        return Result({}, (Notice("forma_invalida", "Envíe las respuestas del formato con sus nombres."),))
    answers = run.read_row(formato.campos, raw, "")
    names = {repetible.name for repetible in formato.repetibles}
    run.note_unknown_keys(formato.campos, {k: v for k, v in list(raw.items())[:2000] if k not in names}, "")
    numbers: dict[str, tuple[int, ...]] = {}
    for repetible in formato.repetibles:
        answers[repetible.name], numbers[repetible.name] = _read_rows(run, repetible, raw.get(repetible.name))
    for calculo in formato.calculos:
        campo, ruled = _place_of(formato, calculo)
        rows = numbers[calculo.repetible] if calculo.repetible else ()
        paths = [f"{calculo.repetible}[{number}]." for number in rows] if calculo.repetible else [""]
        run.calculate(calculo, campo, answers, ruled, paths)
    run.require(formato.campos, answers, answers, "")
    for repetible in formato.repetibles:
        for number, row in zip(numbers[repetible.name], answers[repetible.name], strict=True):
            path = f"{repetible.name}[{number}]."
            run.require(repetible.campos, row, answers, path)
            run.apply(repetible.rules, row, answers, path)
        if len(answers[repetible.name]) < repetible.min_rows and repetible.name not in run.bad:
            run.fail("faltan_filas", f"Anote al menos {_at_least(repetible)}.", repetible.name)
    run.apply(formato.rules, answers, answers, "")
    return Result(answers, tuple(run.errors), tuple(run.warnings), tuple(run.pending), numbers)


def _place_of(formato: Formato, calculo: Calculo) -> tuple[Campo, bool]:
    """The field of a calculation, and whether a rule of the format already tells what is written otherwise."""
    group = next((r for r in formato.repetibles if r.name == calculo.repetible), None)
    campos, rules = (formato.campos, formato.rules) if group is None else (group.campos, group.rules)
    campo = next(c for c in campos if c.name == calculo.campo)
    return campo, any(rule.campo == campo.name for rule in rules)


def _said(value: object) -> str:
    return f"{value:,}" if number_of(value) is not None else str(value)


def _at_least(repetible: Repetible) -> str:
    return (
        f"{repetible.min_rows} fila de «{repetible.title}»"
        if repetible.min_rows == 1
        else (f"{repetible.min_rows} filas de «{repetible.title}»")
    )


def completeness(
    formato: Formato, answers: Answers, now: dt.datetime | None = None, gate: bool = True
) -> int:
    """Return the percentage of needed fields (R, C that applies) that have an answer, 0 to 100."""
    now = now or dt.datetime.now(dt.UTC)
    rows: list[tuple[tuple[Campo, ...], Answers]] = [(shown(formato.campos, gate), answers)]
    for repetible in formato.repetibles:
        given = answers.get(repetible.name) or ([{}] if repetible.min_rows else [])
        rows += [(shown(repetible.campos, gate), row) for row in given]
    needed = done = 0
    for campos, row in rows:
        for campo in campos:
            if campo.required is not Mark.S and needs(campo, row, answers, now, gate):
                needed += 1
                done += answered(campo, row)
    return 100 * done // needed if needed else 100


def answers_to_json(answers: Answers) -> dict[str, Any]:
    """Return answers as JSON; ``validate`` reads them back to the same answers."""
    return {key: value_to_json(value) for key, value in answers.items()}


def search_text(formato: Formato) -> str:
    """Return the folded words of title, sections and labels, for the public shelf's search."""
    words = [formato.title, formato.purpose, *(s.title for s in formato.secciones)]
    return " ".join(fold(word) for word in (*words, *(campo.label for _, campo in formato.walk())))
