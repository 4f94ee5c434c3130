"""The step of a draft that says what the system works out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.errors import NotFound
from albergues_app.core.text import whole_number
from albergues_app.definiciones.blueprint import back, bp, draft_or_404, keep, names_in
from albergues_app.definiciones.calculation_sentences import (
    CALCULATIONS,
    calculation,
    read_calculation,
    write_calculation,
)
from albergues_app.definiciones.condition_forms import LINES, OPERATORS, Names, Unclear
from albergues_app.definiciones.forms import Sheet
from albergues_app.formats.engine import Calculo
from albergues_app.formats.engine.condition_checks import NUMBERS
from albergues_app.formats.engine.serial import piece_from_json, to_json

Document = dict[str, Any]


@bp.route("/<string:definido>/calculos/<int:calculo>", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def calculo(definido: str, calculo: int) -> ResponseReturnValue:
    """One thing that is worked out; one past the last is new. Where it stands and what it is are chosen first."""
    row, document = draft_or_404(definido)
    known: list[Document] = document["calculos"]
    if calculo > len(known):
        raise NotFound()
    before = known[calculo] if calculo < len(known) else None
    section = before["repetible"] if before else _section(document)
    names, taken = names_in(document, section), {c["campo"] for c in known if c["repetible"] == section}
    own = {c["name"] for s in document["secciones"] if _of_section(s, section) for c in s["campos"]}
    free = (own - taken) | ({before["campo"]} if before else set())
    targets = [one for one in names.of(NUMBERS) if one[0] in free]
    sheet, status = Sheet(_typed(before, document)), 200
    if request.method == "POST":
        made = None
        try:
            made = _read(before, names, names_in(document), section, [name for name, _label in targets])
        except Unclear as fault:
            sheet.errores = [fault]
        sheet.valores, status = {**dict(request.form), "campos": request.form.getlist("campos")}, 422
        if made is not None:
            changed = {**document, "calculos": [*known[:calculo], made, *known[calculo + 1 :]]}
            changed = _written_by(changed, before, automatic=False)
            refused = keep(definido, _written_by(changed, made, automatic=bool(request.form.get("auto"))))
            if refused is None:
                return back(definido, "Cálculo guardado.", "calculos")
            sheet.errores = [Unclear(refused.mensaje, "")]
    said = calculation(request.values.get("clase") or sheet.get("clase"))
    offered = [one for one in CALCULATIONS if one.place != ("hoja" if section else "filas")]
    return render_template(
        "definiciones/calculo.html", definido=row, doc=document, n=calculo, calculo=before, hoja=sheet,
        seccion=section, frase=said if said in offered else None, FRASES=offered, campos=targets, nombres=names,
        de_hoja=names_in(document), OPERADORES=list(OPERATORS.items()), LINEAS=LINES,
        repetibles=list(names.scope.rows),
    ), status  # fmt: skip


def _section(document: Document) -> str:
    """Where a new one stands, as `en` says: the rows of a section, or the sheet. :raises NotFound: it says another."""
    given = request.values.get("en", "0")
    number = whole_number(given)
    sections: list[Document] = document["secciones"]
    if number is None or number > len(sections):
        raise NotFound()
    if number == 0:
        return ""
    if sections[number - 1]["clase"] != "Repetible":
        raise NotFound()
    return str(sections[number - 1]["name"])


def _typed(before: Document | None, document: Document) -> dict[str, Any]:
    """What would have been typed; ``fija`` where the page cannot say it."""
    if before is None:
        return {"auto": "1"}
    typed = write_calculation(piece_from_json(Calculo, before))
    campo = _campo(document, before)
    automatic = {"auto": "1" if campo is not None and campo["auto"] else ""}
    return ({"fija": "1", "campo": before["campo"]} if typed is None else typed) | automatic


def _read(
    before: Document | None, names: Names, sheet: Names, section: str, targets: list[str]
) -> Document | None:
    form = request.form
    if form.get("campo") not in targets:
        raise Unclear("Elija en qué campo queda: uno de número que no se calcule ya.", "campo")
    if form.get("fija") and before is not None:
        return {**before, "campo": form["campo"]}
    made: Document = to_json(read_calculation(form, form.getlist, names, sheet, section))
    return made


def _of_section(section: Mapping[str, Any], repetible: str) -> bool:
    if section["clase"] == "Repetible":
        return bool(section["name"] == repetible)
    return not repetible


def _campo(document: Document, calculo: Document) -> Document | None:
    """The field where a calculation stands."""
    found = (
        c
        for s in document["secciones"]
        if _of_section(s, calculo["repetible"])
        for c in s["campos"]
        if c["name"] == calculo["campo"]
    )
    return next(found, None)


def _written_by(document: Document, calculo: Document | None, automatic: bool) -> Document:
    """The draft where nobody, or again a person, writes the field of a calculation."""
    if calculo is None or _campo(document, calculo) is None:
        return document
    free = {"required": "O", "required_when": None, "required_text": "", "quick": False} if automatic else {}
    sections = [
        {
            **s,
            "campos": [
                {**c, "auto": automatic, **free} if c["name"] == calculo["campo"] else c for c in s["campos"]
            ],
        }
        if _of_section(s, calculo["repetible"])
        else s
        for s in document["secciones"]
    ]
    return {**document, "secciones": sections}


def without_calculation(document: Document, calculos: list[Document]) -> Document:
    """The draft with these calculations alone; the fields of those that went are written by people again."""
    for gone in document["calculos"]:
        if gone not in calculos:
            document = _written_by(document, gone, automatic=False)
    return {**document, "calculos": calculos}
