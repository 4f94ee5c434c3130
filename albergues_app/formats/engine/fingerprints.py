"""The fingerprint of an edition: a published paper does not change."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from albergues_app.formats.engine.formato import Formato

_KNOWN = "_huella"


def describe(value: Any) -> Any:
    """Return a definition, or a piece of it, as plain JSON data; classes are named."""
    if is_dataclass(value) and not isinstance(value, type):
        given = {
            f.name: describe(getattr(value, f.name))
            for f in fields(value)
            if f.metadata.get("en_papel", True)
        }
        return {"clase": type(value).__name__} | given
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [describe(item) for item in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


def fingerprint(formato: Formato) -> str:
    """Return the SHA-256 of everything the definition says; worked out once for each definition."""
    known = vars(formato).get(_KNOWN)
    if known is None:
        known = vars(formato)[_KNOWN] = _sha256(formato)
    return str(known)


def _sha256(formato: Formato) -> str:
    text = json.dumps(describe(formato), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
