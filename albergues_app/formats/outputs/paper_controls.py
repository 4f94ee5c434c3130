"""The controls of a fillable paper: which field stands in each cell, under our flat names, and what it holds.

Names are those of the screen: ``motivo``, ``motivo_otro``, ``necesidades_agua``, ``personas-0-nombres``.
Three kinds of control hold more than one of them, because a narrow cell has room for one box only:

- a drop-down that also says which other one, as «Otro: leña» (``Control.other``);
- a box for the numbers of several options, as «1, 4» (``Control.choices`` and ``kind`` ``text``);
- the box of «Otro» in a list of several, ``necesidades_otro_casilla``, which has no column in a spreadsheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from albergues_app.formats.engine import (
    Campo,
    Catalogos,
    Cui,
    Date,
    Formato,
    FromCatalogo,
    Instant,
    LongText,
    Mark,
    MultiChoice,
    NoAnswer,
    Option,
    Phone,
    Repetible,
    Text,
    Time,
    YesNo,
    fold,
)
from albergues_app.formats.engine.field_type import FieldType, Part
from albergues_app.formats.engine.list_types import OTRO, find_option
from albergues_app.formats.outputs.web_form import flatten

OTHER_BOX = "otro_casilla"
NO_ANSWER_SHORT = {NoAnswer.DESCONOCIDO: "No sabe", NoAnswer.NO_RESPONDE: "No responde"}
_ROOM_FOR_TWO = 5
"""Columns of the paper, of 8 to 11 mm, from which a drop-down leaves room for «¿cuál?» beside it."""
_YES_NO = YesNo().options_shown(gate=False)
_MASKS: tuple[tuple[type[FieldType], str, str], ...] = (
    (Date, "día/mes/año", "día/mes/año, por ejemplo 20/11/2026"),
    (Time, "00:00 a 23:59", "hora de 00:00 a 23:59, por ejemplo 18:05"),
    (Instant, "día/mes/año hora:minutos", "día/mes/año y hora, por ejemplo 20/11/2026 18:05"),
    (Phone, "8 dígitos", "8 dígitos"),
    (Cui, "13 dígitos", "13 dígitos"),
)

Kind = Literal["text", "combo", "radio", "check"]


@dataclass(frozen=True)
class Control:
    """One field of the fillable document.

    ``choices`` are the lines of a drop-down or the states of a group of boxes; ``options`` what they mean, or
    ``labels`` by code where they come from a catalogue. ``other`` is the name of the free text that it also
    holds; ``editable`` lets a person type what the list does not have.
    """

    name: str
    kind: Kind
    tip: str
    required: bool = False
    choices: tuple[str, ...] = ()
    options: tuple[Option, ...] = field(default=(), repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    editable: bool = False
    multiline: bool = False
    max_length: int = 0
    other: str = ""


class FormControls:
    """Collects the controls of a paper while it is laid out; ``row`` gives the same for one row."""

    def __init__(self, formato: Formato, catalogos: Catalogos, gate: bool) -> None:
        self.formato, self.catalogos, self.gate = formato, catalogos, gate
        self.controls: dict[str, Control] = {}
        self.prefix, self.where, self.asked = "", "", True

    def row(self, repetible: Repetible, number: int) -> FormControls:
        """Return the collector of one row; the same controls, names with the row's number."""
        inner = FormControls(self.formato, self.catalogos, self.gate)
        inner.controls = self.controls
        inner.prefix, inner.asked = f"{repetible.name}-{number}-", number < repetible.min_rows
        inner.where = f"{repetible.singular.capitalize()} {number + 1}. "
        return inner

    def name_controls(self, cell: dict[str, Any], campo: Campo, compact: bool) -> None:
        """Say in a cell which control each of its boxes is, and keep what the control is like."""
        options = campo.type.options_shown(self.gate)
        if cell["kind"] == "options" and isinstance(campo.type, YesNo) and len(cell["options"]) < 2:
            self._areas(cell, (1.0, self._list(campo, campo.name, _YES_NO, "")))
        elif cell["kind"] == "options" and isinstance(campo.type, MultiChoice):
            for drawn, option in zip(cell["options"], options, strict=True):
                suffix = OTHER_BOX if option.code == OTRO else option.code
                drawn["nombre"] = self._box(campo, suffix, option)
        elif cell["kind"] == "options":
            self._group(cell, campo, options)
        elif cell["kind"] == "counts":
            number = {part.suffix: part for part in campo.parts(self.gate)}
            for drawn, option in zip(cell["options"], options, strict=True):
                part = number["otro_numero" if option.code == OTRO else option.code]
                drawn["nombre"] = self._part(campo, part)
        elif cell["kind"] == "document":
            kind, number_part = campo.parts(self.gate)
            kinds = self._list(campo, campo.key(kind.suffix), options, kind.label)
            self._areas(cell, (0.42, kinds), (0.58, self._part(campo, number_part)))
        elif cell["kind"] == "code":
            self._code(cell, campo, options)
        else:
            part = campo.parts(self.gate)[0]
            self._areas(cell, (1.0, self._part(campo, part)))
            mask = next((m for kind, m, _ in _MASKS if isinstance(campo.type, kind)), "")
            cell["mascara"] = "" if mask in cell["label"] else mask
        if "other" in cell:
            cell["otro_nombre"] = self._other(campo)

    @staticmethod
    def _areas(cell: dict[str, Any], *parts: tuple[float, str]) -> None:
        start, cell["areas"], cell["kind"] = 0.0, [], "line"
        for share, name in parts:
            cell["areas"].append({"nombre": name, "desde": start, "parte": share})
            start += share

    def _code(self, cell: dict[str, Any], campo: Campo, options: tuple[Option, ...]) -> None:
        has_other = any(option.code == OTRO for option in options)
        if isinstance(campo.type, MultiChoice):
            numbered = "; ".join(f"{n} {o.brief}" for n, o in enumerate(options, start=1))
            tail = ". Si es otro, «Otro: cuál»" if has_other else ""
            tip = self._tip(campo, "", f"números separados por coma: {numbered}{tail}")
            name = self._keep(campo, Control(self.prefix + campo.name, "text", tip, options=options,
                                             other=self.prefix + campo.key(OTRO)))  # fmt: skip
            self._areas(cell, (1.0, name))
        elif has_other and cell["span"] < _ROOM_FOR_TWO:
            self._areas(cell, (1.0, self._list(campo, campo.name, options, "", other=campo.key(OTRO))))
        elif has_other:
            self._areas(cell, (0.6, self._list(campo, campo.name, options, "")), (0.4, self._other(campo)))
        else:
            self._areas(cell, (1.0, self._list(campo, campo.name, options, "")))

    def _group(self, cell: dict[str, Any], campo: Campo, options: tuple[Option, ...]) -> None:
        states = [option.code for option in options]
        if campo.unknown:
            said = {drawn["label"] for drawn in cell["options"]}
            cell["options"] += [
                {"label": label, "on": False} for label in NO_ANSWER_SHORT.values() if label not in said
            ]
            states += [value.value for value in NO_ANSWER_SHORT]
        name = self.prefix + campo.name
        labels = "; ".join(str(drawn["label"]) for drawn in cell["options"])
        self._keep(
            campo,
            Control(name, "radio", self._tip(campo, "", labels), choices=tuple(states), options=options),
        )
        for drawn, state in zip(cell["options"], states, strict=True):
            drawn["nombre"] = f"{name}={state}"

    def _list(self, campo: Campo, name: str, options: tuple[Option, ...], about: str, other: str = "") -> str:
        briefs = [option.brief for option in options]
        short = self.prefix and len({fold(text) for text in briefs}) == len(options)
        lines = briefs if short else [option.label for option in options]
        if campo.unknown:
            lines += [value.label for value in NoAnswer]
        tail = "si es otro, escriba «Otro: cuál»" if other else ""
        return self._keep(
            campo,
            Control(self.prefix + name, "combo", self._tip(campo, about, tail), choices=tuple(lines),
                    options=options, editable=bool(other), other=self.prefix + other if other else ""),
        )  # fmt: skip

    def _box(self, campo: Campo, suffix: str, option: Option) -> str:
        tip = self._tip(campo, option.label, "")
        return self._keep(
            campo, Control(self.prefix + campo.key(suffix), "check", tip, choices=("si",)), False
        )

    def _other(self, campo: Campo) -> str:
        return self._part(campo, next(p for p in campo.parts(self.gate) if p.suffix == OTRO))

    def _part(self, campo: Campo, part: Part) -> str:
        """Keep the control of a part that is typed, or chosen from a catalogue."""
        name, kind = self.prefix + campo.key(part.suffix), part.type
        about = part.label if part.suffix else ""
        tail = next((text for one, _, text in _MASKS if isinstance(kind, one)), "")
        tip = self._tip(campo, about, tail)
        required = not part.suffix
        known = self.catalogos.get(kind.catalogo) if isinstance(kind, FromCatalogo) else None
        if known is not None:
            lines = [*sorted(known.labels.values(), key=fold), *(v.label for v in NoAnswer if campo.unknown)]
            control = Control(name, "combo", tip, choices=tuple(lines), labels=known.labels, editable=True)
        else:
            length = kind.max_length if isinstance(kind, Text) else 0
            control = Control(name, "text", tip, multiline=isinstance(kind, LongText), max_length=length)
        return self._keep(campo, control, required)

    def _keep(self, campo: Campo, control: Control, main: bool = True) -> str:
        required = main and self.asked and campo.required is Mark.R and not campo.auto
        self.controls[control.name] = replace(control, required=required)
        return control.name

    def _tip(self, campo: Campo, about: str, tail: str) -> str:
        words = f"{self.where}{campo.label}{': ' + about if about else ''}"
        words += " (obligatorio)" if campo.required is Mark.R and not campo.auto and not about else ""
        hint = f". {campo.hint}" if campo.hint and not about else ""
        return f"{words}{hint}{'. ' + tail[:1].upper() + tail[1:] if tail else ''}"[:500]


def values_of(formato: Formato, raw: Mapping[str, Any], controls: Mapping[str, Control]) -> dict[str, str]:
    """Return what each control holds for raw or validated answers; empty ones are left out.

    A state of boxes is its code, and ``si`` for a box alone; what no option means stays as the text it was.
    """
    flat = flatten(formato, raw)
    flat |= {f"{name}_{OTHER_BOX}": "si" for name in _others_chosen(formato, raw)}
    found = {name: _value(control, flat) for name, control in controls.items()}
    return {name: text for name, text in found.items() if text}


def _others_chosen(formato: Formato, raw: Mapping[str, Any]) -> list[str]:
    """Names of the lists of several where «otro» was chosen; a spreadsheet has no column for it."""
    rows: list[tuple[str, Any, tuple[Campo, ...]]] = [("", raw, formato.campos)]
    for r in formato.repetibles:
        rows += [(f"{r.name}-{n}-", row, r.campos) for n, row in enumerate(raw.get(r.name) or ())]
    return [
        prefix + campo.name
        for prefix, row, campos in rows
        if isinstance(row, Mapping)
        for campo in campos
        if isinstance(campo.type, MultiChoice)
        and isinstance(row.get(campo.name), (list, tuple))
        and OTRO in row[campo.name]
    ]


def _value(control: Control, flat: Mapping[str, str]) -> str:
    given = flat.get(control.name, "")
    if control.kind == "check":
        code = find_option(given, _YES_NO, gate=False)
        return {"si": "si", "no": "", None: given}[code]
    if control.kind == "text" and control.options:
        return _numbers(control, flat)
    if control.kind == "radio":
        options = control.options
        return given if not given else _state(control, given, find_option(given, options, gate=False))
    if control.kind == "combo" and control.options:
        code = find_option(given, control.options, gate=False)
        other = flat.get(control.other, "") if control.other else ""
        if other and (code == OTRO or not given):
            return f"Otro: {other}"
        at = next((n for n, option in enumerate(control.options) if option.code == code), None)
        return given if at is None else control.choices[at]
    return control.labels.get(given, given)


def _state(control: Control, given: str, code: str | None) -> str:
    if code is None:
        code = next((v.value for v in NoAnswer if given in (v.label, v.value)), given)
    return code


def _numbers(control: Control, flat: Mapping[str, str]) -> str:
    """Return the numbers of the options that were chosen, as the paper prints them."""
    given = flat.get(control.name, "")
    chosen = [given] if given else []
    for number, option in enumerate(control.options, start=1):
        mark = flat.get(f"{control.name}_{option.code}", "")
        if option.code == OTRO:
            words = flat.get(control.other, "")
            if words or flat.get(f"{control.name}_{OTHER_BOX}"):
                chosen.append(f"Otro: {words}" if words else "Otro")
        elif mark and find_option(mark, _YES_NO, gate=False) != "no":
            chosen.append(str(number))
    return ", ".join(chosen)
