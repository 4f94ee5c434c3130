"""The screen of a format: a description that a template or our JavaScript draws, and its flat text back.

Names of inputs: ``motivo``, ``motivo_otro``, ``necesidades_agua``, ``personas-0-nombres``. Nothing here
states a rule: what was typed goes as text through ``unflatten`` to ``validate``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from albergues_app.formats.engine import (
    Calculo,
    Campo,
    Catalogos,
    Formato,
    NoAnswer,
    Repetible,
    Rule,
    Seccion,
    Warn,
    shown,
)
from albergues_app.formats.engine.field_type import FieldType
from albergues_app.formats.outputs.flat import cell_text, spread

WIDGETS = frozenset(
    (
        *("text", "textarea", "tel", "cui", "number", "date", "time", "instant", "yesno", "radio", "select"),
        *("checkboxes", "counts", "document", "catalogo", "file"),
    )
)
_ROW_NAME = re.compile(r"^([a-z0-9_]+)-(\d{1,4})-([a-z0-9_A-Z]+)$")
MAX_INDEX = 3000


def describe_form(
    formato: Formato, catalogos: Catalogos | None = None, *, gate: bool = True, quick: bool = False
) -> dict[str, Any]:
    """Return everything a screen needs, as JSON data.

    Parameters
    ----------
    gate : bool
        True leaves out the fields and options of ``salud`` and ``proteccion``.
    quick : bool
        True keeps only the fields of modo rápido.
    """
    catalogos = catalogos or Catalogos()
    used = {str(c.type.widget().attrs.get("catalogo", "")) for _, c in formato.walk()} - {""}
    lists = {name: catalogos.get(name) for name in sorted(used)}
    return {
        "code": formato.code,
        "version": formato.version,
        "title": formato.title,
        "purpose": formato.purpose,
        "notice": formato.notice,
        "sections": [_section(formato, section, gate, quick) for section in formato.secciones],
        "rules": _rules(formato.rules, formato.campos, gate),
        "catalogos": {
            name: [{"code": code, "label": label} for code, label in lst.labels.items()]
            for name, lst in lists.items()
            if lst is not None
        },
    }


def _section(formato: Formato, section: Seccion | Repetible, gate: bool, quick: bool) -> dict[str, Any]:
    campos = [c for c in shown(section.campos, gate) if not quick or c.quick or c.auto]
    calculos = formato.calculados("" if isinstance(section, Seccion) else section.name)
    described = {
        "title": section.title,
        "hint": section.hint,
        "campos": [_campo(c, gate, calculos.get(c.name)) for c in campos],
    }
    if isinstance(section, Seccion):
        return {"kind": "seccion", "code": section.code} | described
    return (
        {"kind": "repetible", "code": section.name, "singular": section.singular}
        | described
        | {
            "min_rows": section.min_rows,
            "max_rows": section.max_rows,
            "rules": _rules(section.rules, section.campos, gate),
        }
    )


def _rules(rules: Iterable[Rule], campos: tuple[Campo, ...], gate: bool) -> list[dict[str, Any]]:
    """Describe the rules of the fields that this door shows."""
    hidden = {c.name for c in campos} - {c.name for c in shown(campos, gate)}
    return [_rule(rule) for rule in rules if rule.campo not in hidden]


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "campo": rule.campo,
        "message": rule.message,
        "warns": isinstance(rule, Warn),
        "holds": rule.holds.describe(),
    }


def _campo(campo: Campo, gate: bool, calculo: Calculo | None) -> dict[str, Any]:
    return {
        "name": campo.name,
        "label": campo.label,
        "short": campo.brief,
        "hint": campo.hint,
        "example": campo.example,
        "required": campo.required.value,
        "required_text": campo.required_text,
        "required_when": campo.required_when.describe() if campo.required_when else None,
        "asked_when": campo.asked_when.describe() if campo.asked_when else None,
        "satisfied_by": list(campo.satisfied_by),
        "quick": campo.quick,
        "auto": campo.auto,
        "calculo": calculo.describe() if calculo else None,
        "sensitive": campo.sensitive,
        "level": campo.level.name,
        "default": campo.default,
        **_widget(campo.type, gate),
        "no_answer": [{"code": v.value, "label": v.label} for v in NoAnswer] if campo.unknown else [],
        "parts": [
            {"name": campo.key(part.suffix), "label": part.label, **_widget(part.type, gate)}
            for part in campo.parts(gate)
            if part.suffix
        ],
    }


def _widget(field_type: FieldType, gate: bool) -> dict[str, Any]:
    widget = field_type.widget()
    return {
        "widget": widget.kind,
        "attrs": dict(widget.attrs),
        "options": [
            {"code": o.code, "label": o.label, "short": o.brief} for o in field_type.options_shown(gate)
        ],
    }


def flat_name(path: str) -> str:
    """`personas[2].edad` as the form names it: `personas-2-edad`."""
    return path.replace("[", "-").replace("].", "-").replace("]", "").replace(".", "-")


def unflatten(formato: Formato, form: Mapping[str, Any]) -> dict[str, Any]:
    """Turn flat form data (a dict, or any MultiDict with ``getlist``) into raw answers for ``validate``."""
    raw: dict[str, Any] = {}
    known = {"": _names(formato.campos)} | {r.name: _names(r.campos) for r in formato.repetibles}
    rows: dict[str, dict[int, dict[str, Any]]] = {}
    for key in form:
        if key in known[""]:
            raw[key] = _value(form, key)
            continue
        found = _ROW_NAME.match(key)
        if found and found[3] in known.get(found[1], ()) and int(found[2]) <= MAX_INDEX:
            rows.setdefault(found[1], {}).setdefault(int(found[2]), {})[found[3]] = _value(form, key)
    for name, by_index in rows.items():
        raw[name] = [by_index.get(index) for index in range(max(by_index) + 1)]
    return raw


def _names(campos: Iterable[Campo]) -> set[str]:
    names: set[str] = {"id"}
    for campo in campos:
        names |= {campo.name, *campo.aliases} | {campo.key(part.suffix) for part in campo.type.parts()}
    return names


def _value(form: Mapping[str, Any], key: str) -> Any:
    getlist = getattr(form, "getlist", None)
    values = getlist(key) if getlist is not None else form[key]
    if isinstance(values, (list, tuple)):
        return values[0] if len(values) == 1 else list(values)
    return values


def flatten(formato: Formato, raw: Mapping[str, Any]) -> dict[str, str]:
    """Turn raw or validated answers into the flat text of the inputs, to show them again."""
    flat = {name: cell_text(value) for name, value in spread(formato.campos, raw).items()}
    for repetible in formato.repetibles:
        for index, row in enumerate(raw.get(repetible.name) or ()):
            if isinstance(row, Mapping):
                cells = spread(repetible.campos, row)
                flat |= {
                    f"{repetible.name}-{index}-{name}": cell_text(value) for name, value in cells.items()
                }
    return flat
