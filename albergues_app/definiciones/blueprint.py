"""What the pages of definitions share: the format that is named, its draft as pieces, saving a step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta
from albergues_app.core.errors import AppError, NotFound
from albergues_app.core.text import whole_number
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.definiciones.condition_forms import Names, names_among
from albergues_app.definiciones.models import FormatoDefinido
from albergues_app.definiciones.services import Document, document_of, find, save_document
from albergues_app.formats.engine import Campo, Formato
from albergues_app.formats.engine.serial import Malformed, piece_from_json, to_json
from albergues_app.formats.official.common import SOSEP, encabezado, firmas

bp = Blueprint("definiciones", __name__, url_prefix="/definir-formatos", template_folder="templates")

TITLES = {"borrador": "Borrador", "vigente": "Publicado", "retirado": "Retirado"}


def definido_or_404(definido: str) -> FormatoDefinido:
    """The format defined here with that code. :raises NotFound: there is none."""
    row = find(definido)
    if row is None:
        raise NotFound()
    return row


def draft_or_404(definido: str) -> tuple[FormatoDefinido, Document]:
    """It and its draft. :raises NotFound: there is none, or nothing is being written."""
    row = definido_or_404(definido)
    if row.borrador is None:
        raise NotFound()
    return row, document_of(row)


def write(definido: str, work: Callable[[FormatoDefinido], Any]) -> Any:
    """Do something with a format in one unit of work. :raises AppError: what was refused; nothing is written."""
    with unit_of_work(current_cuenta().as_actor("web")):
        return work(definido_or_404(definido))


def keep(definido: str, document: Document) -> AppError | None:
    """Keep a step of the draft as the page had it; what was refused, or None."""
    vuelta = whole_number(request.form.get("vuelta", ""))
    try:
        write(definido, lambda row: save_document(row, document, -1 if vuelta is None else vuelta))
    except NotFound:
        raise
    except AppError as refused:
        return refused
    return None


def back(definido: str, said: str = "", fragment: str = "") -> ResponseReturnValue:
    """To the page of the format."""
    if said:
        flash(said, "bien")
    return redirect(url_for(".ver", definido=definido, _anchor=fragment or None), 303)


def names_in(document: Document, section: str = "") -> Names:
    """What the conditions of a draft may name, as far as its pieces can be read."""
    sheet: list[Campo] = []
    rows: dict[str, list[Campo]] = {}
    for one in document["secciones"]:
        found = [c for c in map(_campo, one["campos"]) if c is not None]
        if one["clase"] == "Repetible":
            rows[one["name"]] = found
        else:
            sheet += found
    return names_among(sheet, rows, section)


def _campo(data: Document) -> Campo | None:
    try:
        made: Campo = piece_from_json(Campo, data)
    except Malformed:
        return None
    return made


def section_name(section: Document) -> str:
    """Its name, of either kind."""
    return str(section["name"] if section["clase"] == "Repetible" else section["code"])


def taken_names(document: Document, section: int, campo: int | None = None) -> set[str]:
    """Names that a field of the section may not have: those of its sheet or of its rows."""
    chosen = document["secciones"][section]
    together = (
        [chosen]
        if chosen["clase"] == "Repetible"
        else [s for s in document["secciones"] if s["clase"] == "Seccion"]
    )
    found = {
        c["name"] for s in together for n, c in enumerate(s["campos"]) if not (s is chosen and n == campo)
    }
    if chosen["clase"] == "Seccion":
        found |= {s["name"] for s in document["secciones"] if s["clase"] == "Repetible"}
    return found


def blank_document(title: str) -> Document:
    """What a new format begins with: the heading that the system fills in, and who signs."""
    formato = Formato(
        code="nuevo_formato", version=1, title=title, issuer=SOSEP, source="", valid_from=dt.date(2026, 1, 1),
        who_fills="", when_filled="", purpose="", moment="operacion", record="hoja",
        secciones=(encabezado(ocurrido_label="Fecha y hora"), firmas(registrador="Quién anota", supervisor=False)),
        signatures=("Quién anota",),
    )  # fmt: skip
    document: Document = to_json(formato)
    return document


def moved(items: list[Any], n: int, where: str) -> list[Any]:
    """The list with one item a place up or down, or without it."""
    if not 0 <= n < len(items):
        return items
    rest = items[:n] + items[n + 1 :]
    if where == "quitar":
        return rest
    at = max(0, n - 1) if where == "subir" else min(len(rest), n + 1)
    return [*rest[:at], items[n], *rest[at:]]


def read_move(text: str) -> tuple[int, str]:
    """`3:subir` → (3, "subir"); what cannot be read moves nothing."""
    number, _, where = text.partition(":")
    n = whole_number(number)
    return (n, where) if n is not None and where in {"subir", "bajar", "quitar"} else (-1, "")
