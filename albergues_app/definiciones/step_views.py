"""The steps of a draft that have a page each: a section, a field, a rule."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.errors import NotFound
from albergues_app.definiciones.blueprint import (
    back,
    bp,
    draft_or_404,
    keep,
    moved,
    names_in,
    read_move,
    section_name,
    taken_names,
)
from albergues_app.definiciones.condition_forms import LINES, OPERATORS, Unclear
from albergues_app.definiciones.forms import (
    LEVELS,
    MARKS,
    MODE_NAMES,
    TYPE_NAMES,
    Sheet,
    field_values,
    read_field,
    read_rule_form,
    read_section,
    rule_values,
    section_values,
    type_options,
)
from albergues_app.definiciones.rule_sentences import SENTENCES, sentence

Document = dict[str, Any]
NEW_SECTION: dict[str, Document] = {
    "Seccion": {"clase": "Seccion", "code": "", "title": "", "campos": [], "hint": ""},
    "Repetible": {
        "clase": "Repetible", "name": "", "title": "", "singular": "", "campos": [], "rules": [], "min_rows": 0,
        "max_rows": 60, "paper_rows": 8, "ignored_alone": [], "hint": "",
    },
}  # fmt: skip


def _refused(error: Any) -> list[Unclear]:
    return [Unclear(error.mensaje, "")]


@bp.route("/<string:definido>/secciones/<int:seccion>", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def seccion(definido: str, seccion: int) -> ResponseReturnValue:
    """The heading of a section and the order of its fields; one past the last is a new one."""
    row, document = draft_or_404(definido)
    sections: list[Document] = document["secciones"]
    if seccion > len(sections):
        raise NotFound()
    new = seccion == len(sections)
    kind = "Repetible" if request.values.get("clase") == "Repetible" else "Seccion"
    chosen = NEW_SECTION[kind] if new else sections[seccion]
    sheet, status = Sheet(section_values(chosen)), 200
    if request.method == "POST" and request.form.get("mover") and not new:
        changed = {**chosen, "campos": moved(chosen["campos"], *read_move(request.form["mover"]))}
        sheet.errores = _kept(definido, document, seccion, changed)
        if not sheet.errores:
            return redirect(url_for(".seccion", definido=definido, seccion=seccion, _anchor="campos"), 303)
        status = 422
    elif request.method == "POST":
        taken = {section_name(s) for n, s in enumerate(sections) if n != seccion}
        if chosen["clase"] == "Repetible":
            taken |= {c["name"] for s in sections if s["clase"] == "Seccion" for c in s["campos"]}
        changed, sheet.errores = read_section(request.form, chosen, taken)
        sheet.valores, status = dict(request.form), 422
        if not sheet.errores and new:
            seccion = _before_signatures(sections)
            document = {**document, "secciones": [*sections[:seccion], changed, *sections[seccion:]]}
        if not sheet.errores:
            sheet.errores = _kept(definido, document, seccion, changed)
        if not sheet.errores:
            return redirect(url_for(".seccion", definido=definido, seccion=seccion), 303)
    return render_template(
        "definiciones/seccion.html", definido=row, doc=document, n=seccion, seccion=chosen, nueva=new, hoja=sheet,
        TIPOS=TYPE_NAMES, MARCAS=dict(MARKS),
        calculados=_worked_out(document, chosen["name"] if chosen["clase"] == "Repetible" else ""),
    ), status  # fmt: skip


def _worked_out(document: Document, section: str) -> set[str]:
    """Fields of the sheet, or of the rows of a section, that the system works out."""
    return {c["campo"] for c in document["calculos"] if c["repetible"] == section}


def _before_signatures(sections: list[Document]) -> int:
    """Where a new section goes."""
    last = len(sections) - 1
    return last if last >= 0 and section_name(sections[last]) == "firmas" else last + 1


def _kept(definido: str, document: Document, n: int, section: Document) -> list[Unclear]:
    """Keep the draft with that section; what was refused."""
    sections = list(document["secciones"])
    sections[n] = section
    refused = keep(definido, {**document, "secciones": sections})
    return [] if refused is None else _refused(refused)


@bp.route("/<string:definido>/secciones/<int:seccion>/campos/<int:campo>", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def campo(definido: str, seccion: int, campo: int) -> ResponseReturnValue:
    """One field; one past the last is a new one. The kind is chosen first, its options come with it."""
    row, document = draft_or_404(definido)
    sections: list[Document] = document["secciones"]
    if seccion >= len(sections) or campo > len(sections[seccion]["campos"]):
        raise NotFound()
    chosen = sections[seccion]
    before: Document | None = chosen["campos"][campo] if campo < len(chosen["campos"]) else None
    section = chosen["name"] if chosen["clase"] == "Repetible" else ""
    if before is not None and before["auto"] and before["name"] not in _worked_out(document, section):
        raise NotFound()
    names = names_in(document, section)
    sheet, status = Sheet(field_values(before) if before else {"marca": "O", "nivel": "2"}), 200
    if request.method == "POST":
        made, sheet.errores = read_field(request.form, before, names, taken_names(document, seccion, campo))
        sheet.valores, status = dict(request.form), 422
        if not sheet.errores:
            campos = [*chosen["campos"][:campo], made, *chosen["campos"][campo + 1 :]]
            sheet.errores = _kept(definido, document, seccion, {**chosen, "campos": campos})
        if not sheet.errores:
            following = request.form.get("accion") == "otro"
            target = (
                url_for(".campo", definido=definido, seccion=seccion, campo=campo + 1)
                if following and campo + 1 >= len(chosen["campos"])
                else url_for(".seccion", definido=definido, seccion=seccion, _anchor="campos")
            )
            return redirect(target, 303)
    kind = request.values.get("tipo") or sheet.get("tipo")
    return render_template(
        "definiciones/campo.html", definido=row, doc=document, n=seccion, m=campo, seccion=chosen, campo=before,
        hoja=sheet, tipo=kind if kind in TYPE_NAMES else "", TIPOS=list(TYPE_NAMES.items()), MARCAS=MARKS,
        NIVELES=LEVELS, opciones=type_options(kind) if kind in TYPE_NAMES else [], nombres=names,
        OPERADORES=list(OPERATORS.items()), LINEAS=LINES,
    ), status  # fmt: skip


@bp.route("/<string:definido>/reglas/<int:en>/<int:regla>", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def regla(definido: str, en: int, regla: int) -> ResponseReturnValue:
    """One rule of the sheet (``en`` 0) or of the rows of a section (its number, from 1)."""
    row, document = draft_or_404(definido)
    sections: list[Document] = document["secciones"]
    if en > len(sections) or (en and sections[en - 1]["clase"] != "Repetible"):
        raise NotFound()
    rules: list[Document] = sections[en - 1]["rules"] if en else document["rules"]
    if regla > len(rules):
        raise NotFound()
    before = rules[regla] if regla < len(rules) else None
    names = names_in(document, sections[en - 1]["name"] if en else "")
    sheet, status = Sheet(rule_values(before) if before else {"modo": "siempre"}), 200
    if request.method == "POST":
        taken = {r["code"] for n, r in enumerate(rules) if n != regla}
        made, sheet.errores = read_rule_form(request.form, request.form.getlist, before, names, taken)
        sheet.valores = {**dict(request.form), "campos": request.form.getlist("campos"),
                         "menos": request.form.getlist("menos")}  # fmt: skip
        status = 422
        if made is not None and not sheet.errores:
            changed = [*rules[:regla], made, *rules[regla + 1 :]]
            refused = keep(definido, _with_rules(document, en, changed))
            sheet.errores = [] if refused is None else _refused(refused)
        if not sheet.errores:
            return back(definido, "Regla guardada.", "reglas")
    said = sentence(request.values.get("clase") or sheet.get("clase"))
    return render_template(
        "definiciones/regla.html", definido=row, doc=document, en=en, n=regla, regla=before, hoja=sheet,
        frase=said, FRASES=[s for s in SENTENCES if not (en and s.sheet_only)], nombres=names, MODOS=MODE_NAMES,
        OPERADORES=list(OPERATORS.items()), LINEAS=LINES, repetibles=list(names.scope.rows),
    ), status  # fmt: skip


def _with_rules(document: Document, en: int, rules: list[Document]) -> Document:
    if en == 0:
        return {**document, "rules": rules}
    sections = [{**s, "rules": rules} if n == en - 1 else s for n, s in enumerate(document["secciones"])]
    return {**document, "secciones": sections}
