"""What a person writes in a bulletin: what a machine cannot know. Text stays text, line by line."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from albergues_app.core import clock
from albergues_app.core.text import clean
from albergues_app.core.typed import Typed
from albergues_app.reports.situacion.models import CONCEPTOS

TEXTOS: dict[str, tuple[str, int]] = {
    "situacion": ("Situación", 1200),
    "acciones": ("Acciones por institución", 4000),
    "necesidades": ("Otras necesidades y brechas", 2000),
    "recursos": ("Recursos solicitados y recibidos", 2000),
    "proximos": ("Próximos pasos", 1000),
}
"""Name, and how many letters fit. The first and the last stand on the first page."""


_AFTER_NAME = re.compile(r"(?<![0-9]):|:(?![0-9])")
"""The colon after an institution; that of an hour (18:00) stands between figures."""


def empty() -> dict[str, Any]:
    """A bulletin in which nobody wrote yet."""
    return {**dict.fromkeys(TEXTOS, ""), "otras": {}, "quitadas": []}


def read(typed: Typed, corte: datetime, proposed: list[dict[str, Any]]) -> dict[str, Any]:
    """The form of a draft. Faults stay in ``typed``: a figure without who gives it, a text too long."""
    written: dict[str, Any] = {
        name: _lines(typed, name, words, limit) for name, (words, limit) in TEXTOS.items()
    }
    others: dict[str, dict[str, Any]] = {}
    for code, name in CONCEPTOS.items():
        value = typed.integer(f"v-{code}", 0, 99_999_999)
        source = typed.optional(f"f-{code}", 120)
        when = typed.instant(f"h-{code}") or corte
        if value is None:
            if source:
                typed.fault("falta_valor", f"{name}: escriba el número, o borre la fuente.", f"v-{code}")
            continue
        if not source:
            typed.fault("falta_fuente", f"{name}: escriba quién da la cifra.", f"f-{code}")
            continue
        others[code] = {"valor": value, "fuente": source, "corte": clock.iso(when)}
    written["otras"] = others
    kept = set(typed.all("necesidad"))
    written["quitadas"] = sorted(g["clave"] for g in proposed if g["clave"] not in kept)
    return written


def _lines(typed: Typed, name: str, words: str, limit: int) -> str:
    text = "\n".join(clean(line) for line in typed.get(name).splitlines()).strip()
    if len(text) > limit:
        typed.fault("texto_largo", f"{words}: son {len(text):,} letras y caben {limit:,}. Abrévielo.", name)
    return text[:limit]


def actions_of(text: str) -> list[dict[str, str]]:
    """One a line, «Institución: lo que hizo»; a line without institution belongs to the one above."""
    found: list[dict[str, str]] = []
    for line in filter(None, text.split("\n")):
        who, *what = _AFTER_NAME.split(line, maxsplit=1)
        if what and who.strip() and what[0].strip() and len(who) <= 80:
            found.append({"institucion": who.strip(), "accion": what[0].strip()})
        elif found:
            found[-1] = {**found[-1], "accion": f"{found[-1]['accion']} {line.strip()}"}
        else:
            found.append({"institucion": "", "accion": line.strip()})
    return found
