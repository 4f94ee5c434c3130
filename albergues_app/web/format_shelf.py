"""What the public shelf says of each format, and its page kept ready for whoever has no account."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Response, current_app, g, request, session

from albergues_app.core.instance import is_training
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Campo, Formato, Mark, Repetible, fold, search_text, shown
from albergues_app.formats.engine.definition import MOMENTS
from albergues_app.formats.outputs.pdf import Papel, PdfJob, count_pages
from albergues_app.ocupacion.format_catalogs import format_catalogos

CARDS = Path(__file__).parent.parent / "static" / "formatos"
"""Pictures of the cards and the number of pages of each paper; ``python -m tests.formatos`` makes them."""

_FRESH_S = 300
_KEPT = 64
_MARKS = {Mark.R: "Obligatorio", Mark.C: "Obligatorio", Mark.S: "Para firmar", Mark.O: "Opcional"}


@dataclass(frozen=True)
class Tarjeta:
    """One format on the shelf. ``foto`` is a static file, or "" where its picture was not made yet."""

    formato: Formato
    foto: str
    apaisado: bool
    hojas: int
    anteriores: int
    codigo_oficial: str
    hoja_oficial: bool


@cache
def pages() -> dict[str, dict[str, int]]:
    """Pages of each blank by edition and paper: ``{"boleta_ingreso_v1": {"carta": 2, "oficio": 2}}``."""
    try:
        known: dict[str, dict[str, int]] = json.loads((CARDS / "paginas.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return known


def page_count(formato: Formato, papel: Papel) -> int:
    """Pages of a blank: counted beforehand for the formats of the code, drawn once for those defined in the web."""
    known = pages().get(formato.slug)
    return known.get(papel, 1) if known else _drawn_pages(formato, papel)


@cache
def _drawn_pages(formato: Formato, papel: Papel) -> int:
    return count_pages(PdfJob(formato=formato, papel=papel, gate=formato.at_gate), format_catalogos())


def card(formato: Formato) -> Tarjeta:
    """A format as the shelf shows it."""
    name = f"formatos/{formato.slug}.png"
    older = sum(1 for f in formatos.editions() if f.code == formato.code) - 1
    has_picture = (CARDS.parent / name).exists()
    return Tarjeta(
        formato, name if has_picture else "", formato.landscape, page_count(formato, "carta"), older,
        formatos.official_code(formato.code), formatos.has_official_blank(formato.code),
    )  # fmt: skip


@cache
def _words(formato: Formato) -> str:
    """Everything a person may look for: titles, labels, and the options that the paper offers."""
    options = (o.label for _, c in formato.walk() for o in c.type.options_shown(formato.at_gate))
    return " ".join((search_text(formato), fold(formato.who_fills), *(fold(label) for label in options)))


def find(q: str, momento: str = "") -> list[Formato]:
    """Formats with every word of ``q``, without accents, ñ or apostrophes; of one moment if it is given."""
    words = [word for word in map(fold, q.split()) if word]
    return [
        f
        for f in formatos.shelf()
        if (not momento or f.moment == momento) and all(word in _words(f) for word in words)
    ]


def counts(q: str) -> dict[str, int]:
    """How many of those found are used at each moment."""
    found = [f.moment for f in find(q)]
    return {code: found.count(code) for code in MOMENTS}


@dataclass(frozen=True)
class Explicado:
    """One field on the page «Cómo se llena»."""

    rotulo: str
    marca: str
    cuando: str
    guia: str
    ejemplo: str
    opciones: tuple[str, ...]


@dataclass(frozen=True)
class Parte:
    """One section of that page; ``cada`` is what repeats in it («persona»), or ""."""

    titulo: str
    guia: str
    cada: str
    campos: tuple[Explicado, ...]


def explain(formato: Formato) -> list[Parte]:
    """Every field that the paper has, with how it is filled in."""
    parts = []
    for section in formato.secciones:
        campos = tuple(
            _explained(c, formato.at_gate)
            for c in shown(section.campos, formato.at_gate)
            if c.type.paper().kind != "none"
        )
        if campos:
            each = section.singular if isinstance(section, Repetible) else ""
            parts.append(Parte(section.title, section.hint, each, campos))
    return parts


def _explained(campo: Campo, gate: bool) -> Explicado:
    mark = "Lo escribe el sistema" if campo.auto else _MARKS[campo.required]
    options = tuple(option.label for option in campo.type.options_shown(gate))
    return Explicado(campo.label, mark, campo.required_text, campo.hint, campo.example, options)


def kept_page(key: Sequence[str], render: Callable[[], str]) -> Response:
    """Answer a public page: made once for whoever has no account, with a strong ETag, 304 and gzip.

    The page of an account holds its own frame and is made each time, for it alone.
    """
    if g.get("identity") is not None or session:
        return Response(render(), mimetype="text/html")
    kept: dict[tuple[str, ...], tuple[bytes, bytes, str]] = current_app.extensions.setdefault("estante", {})
    full = (*key, request.url_root, str(is_training()), str(formatos.stamp()))
    found = kept.get(full)
    if found is None:
        content = render().encode()
        found = content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:32]
        if len(kept) >= _KEPT:
            kept.clear()
        kept[full] = found
    content, packed, tag = found
    zipped = "gzip" in request.accept_encodings
    response = Response(packed if zipped else content, mimetype="text/html")
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(f"{tag}-gz" if zipped else tag)
    response.headers["Cache-Control"] = f"public, max-age={_FRESH_S}"
    response.vary.add("Accept-Encoding")
    response.vary.add("Cookie")
    response.make_conditional(request)
    return response
