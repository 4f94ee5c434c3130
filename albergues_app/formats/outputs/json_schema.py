"""JSON Schema (2020-12) of a format. A description for programs; ``validate`` still decides."""

from __future__ import annotations

from typing import Any

from albergues_app.formats.engine import Campo, Formato, Mark, NoAnswer, Repetible, shown

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def build_schema(formato: Formato, gate: bool = True) -> dict[str, Any]:
    """Return the schema of the answers as the API takes them in modo rápido.

    ``x-`` keys carry what JSON Schema has no word for: mark, level, HXL tag, condition.
    """
    properties = _properties(formato.campos, gate)
    for repetible in formato.repetibles:
        properties[repetible.name] = _rows(repetible, gate)
    return {
        "$schema": DIALECT,
        "$id": f"urn:albergues:formato:{formato.code}:{formato.version}",
        "title": formato.title,
        "description": formato.purpose,
        "type": "object",
        "properties": properties,
        "required": _required(shown(formato.campos, gate))
        + [r.name for r in formato.repetibles if r.min_rows],
        "additionalProperties": False,
    }


def _rows(repetible: Repetible, gate: bool) -> dict[str, Any]:
    item = {
        "type": "object",
        "properties": {"id": {"type": "string"}} | _properties(repetible.campos, gate),
        "required": _required(shown(repetible.campos, gate)),
        "additionalProperties": False,
    }
    return {
        "type": "array",
        "title": repetible.title,
        "items": item,
        "minItems": repetible.min_rows,
        "maxItems": repetible.max_rows,
    }


def _required(campos: tuple[Campo, ...]) -> list[str]:
    return [c.name for c in campos if c.quick and c.required is Mark.R and not c.satisfied_by]


def _properties(campos: tuple[Campo, ...], gate: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for campo in shown(campos, gate):
        hidden = {o.code for o in campo.type.options_shown(False)} - {
            o.code for o in campo.type.options_shown(gate)
        }
        for suffix, fragment in campo.type.schema().items():
            fragment = _without(fragment, hidden)
            if campo.unknown and not suffix:
                words = [v.value for v in NoAnswer]
                fragment = {"anyOf": [fragment, {"type": "string", "enum": words}]}
            properties[campo.key(suffix)] = _annotated(campo, suffix, fragment)
    return properties


def _without(fragment: dict[str, Any], hidden: set[str]) -> dict[str, Any]:
    if not hidden:
        return fragment
    if "enum" in fragment:
        return fragment | {"enum": [code for code in fragment["enum"] if code not in hidden]}
    if "items" in fragment:
        return fragment | {"items": _without(fragment["items"], hidden)}
    return fragment


def _annotated(campo: Campo, suffix: str, fragment: dict[str, Any]) -> dict[str, Any]:
    labels = {part.suffix: campo.part_label(part) for part in campo.type.parts()}
    extra: dict[str, Any] = {
        "title": labels.get(suffix, campo.label),
        "x-requerido": campo.required.value,
        "x-nivel": campo.level.name,
    }
    if campo.required_when is not None:
        extra |= {"x-requerido-si": campo.required_text, "x-condicion": campo.required_when.describe()}
    if campo.hint:
        extra["description"] = campo.hint
    if campo.example and not suffix:
        extra["examples"] = [campo.example]
    if campo.hxl and not suffix:
        extra["x-hxl"] = campo.hxl
    if campo.auto:
        extra["readOnly"] = True
    return extra | fragment
