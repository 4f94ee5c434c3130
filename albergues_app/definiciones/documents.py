"""The text of a definition: JSON of the closed schema, refused when it is anything else."""

from __future__ import annotations

import json
from typing import Any

from albergues_app.core.errors import Aviso, Invalid
from albergues_app.formats.engine import Formato
from albergues_app.formats.engine.serial import Malformed, from_json, to_json

MAX_BYTES = 1_000_000


def definition_text(formato: Formato) -> str:
    """The text under which an edition is kept: the same definition gives the same text."""
    return json.dumps(to_json(formato), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_definition(text: str) -> Formato:
    """The format of a text. :raises Malformed: it is not of the closed schema."""
    return from_json(json.loads(text))


def read_document(content: bytes) -> dict[str, Any]:
    """A definition that somebody sends as a file.

    :raises Invalid: too large, too deep, no JSON, or not of the closed schema; one Spanish sentence.
    """
    if len(content) > MAX_BYTES:
        raise _refused("definicion_grande", "El archivo pasa de 1 MB: no es una definición de formato.")
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _refused("no_es_definicion", "El archivo no es una definición de formato (JSON).") from error
    try:
        formato = from_json(data)
    except Malformed as error:
        where = f" ({error.problem.donde})" if error.problem.donde else ""
        raise _refused(error.problem.codigo, f"{error.problem.mensaje}{where}") from error
    document: dict[str, Any] = to_json(formato)
    return document


def _refused(codigo: str, mensaje: str) -> Invalid:
    return Invalid([Aviso(codigo, mensaje, "archivo")])
