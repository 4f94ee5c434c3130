"""The list of defined formats, one format, its cover, trying it out, publishing it, ending its validity."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from uuid import uuid4

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.hoja import Hoja
from albergues_app.core.downloads import PDF, XLSX, download
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.text import whole_number
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.definiciones import official, services
from albergues_app.definiciones.blueprint import (
    TITLES,
    back,
    blank_document,
    bp,
    definido_or_404,
    draft_or_404,
    keep,
    moved,
    names_in,
    read_move,
    write,
)
from albergues_app.definiciones.calculation_views import without_calculation
from albergues_app.definiciones.condition_words import say
from albergues_app.definiciones.documents import MAX_BYTES, read_document
from albergues_app.definiciones.forms import Sheet, cover_values, read_cover
from albergues_app.definiciones.models import FormatoDefinido
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Calculo, Condition, Formato
from albergues_app.formats.engine.definition import MOMENTS
from albergues_app.formats.engine.serial import Problem, piece_from_json, to_json
from albergues_app.formats.outputs.pdf import PdfJob, read_papel, render_pdf
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.ocupacion.bindings import avisos_of
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.territorio.catalogo import catalogo

AREAS = (("general", "De todo el albergue"), ("salud", "Solo de salud"), ("proteccion", "Solo de protección"))
AMBITOS = (
    ("albergue", "Un albergue abierto"),
    ("sitio", "Un sitio, abierto o no"),
    ("lugar", "Un municipio o departamento"),
)


@bp.get("")
@requires(Permiso.FORMATO_DEFINIR)
def lista() -> ResponseReturnValue:
    """Formats defined here, and every format with its official number and blank."""
    return _list(Sheet())


def _list(sheet: Sheet) -> str:
    numbers = services.edition_counts()
    return render_template(
        "definiciones/lista.html",
        hoja=sheet,
        filas=[
            (row, state_of(row, numbers), numbers.get(row.codigo, 0)) for row in services.list_definitions()
        ],
        formatos=formatos.all(),
        bases=[(f.code, f.title) for f in formatos.all()],
        titulos={f.code: f.title for f in formatos.editions()},
        codigos={f.code: formatos.official_code(f.code) for f in formatos.all()},
        hojas=official.blanks_in_force(),
        ESTADOS=TITLES,
    )


def state_of(row: FormatoDefinido, numbers: dict[str, int]) -> str:
    """`borrador` (never published), `vigente` or `retirado`."""
    if row.codigo not in numbers:
        return "borrador"
    return "vigente" if row.retirado_en is None else "retirado"


@bp.post("")
@requires(Permiso.FORMATO_DEFINIR)
def crear() -> ResponseReturnValue:
    """Begin a format: empty, from another one, or from the file of a definition."""
    codigo = request.form.get("codigo", "").strip()
    sheet = Sheet(dict(request.form))
    try:
        document = _first_document(request.form.get("titulo", "").strip())
        with unit_of_work(current_cuenta().as_actor("web")):
            services.create_definition(codigo, document)
    except NotFound:
        raise
    except AppError as refused:
        sheet.errores = _faults(refused)
        return _list(sheet), 422
    return back(codigo, "Borrador creado. Complete la portada y las secciones; se guarda cada paso.")


def _first_document(title: str) -> dict[str, Any]:
    given, base = request.files.get("archivo"), request.form.get("base", "")
    if given is not None and given.filename:
        document = read_document(given.stream.read(MAX_BYTES + 1))
    elif base:
        try:
            document = to_json(formatos.latest(base))
        except formatos.UnknownFormato as error:
            raise Invalid([Aviso("base_desconocida", "Elija el formato de la lista.", "base")]) from error
    elif not title:
        raise Invalid([Aviso("falta_titulo", "Escriba el título del formato.", "titulo")])
    else:
        document = blank_document(title[:120])
    return {**document, "title": title[:120]} if title else document


def _faults(refused: AppError) -> list[Any]:
    from albergues_app.definiciones.condition_forms import Unclear

    found = refused.errores if isinstance(refused, Invalid) else [Aviso(refused.codigo, refused.mensaje)]
    return [Unclear(one.mensaje, one.campo or "") for one in found]


@bp.get("/<string:definido>")
@requires(Permiso.FORMATO_DEFINIR)
def ver(definido: str) -> ResponseReturnValue:
    """One format: what it lacks, its parts, trying it out, its editions."""
    return _page(definido_or_404(definido), [])


def _page(row: FormatoDefinido, faults: list[Any]) -> str:
    formato, found = services.check_document(row) if row.borrador is not None else (None, [])
    document = services.document_of(row) if row.borrador is not None else None
    numbers = services.edition_counts()
    return render_template(
        "definiciones/ver.html",
        definido=row,
        doc=document,
        titulo=document["title"] if document else formatos.get(row.codigo, numbers[row.codigo]).title,
        estado=state_of(row, numbers),
        edicion=numbers.get(row.codigo, 0),
        ediciones=services.editions_of(row.codigo),
        faltas=found,
        lugar_de=link_of,
        probable=formato is not None and not blocks(found),
        frase=lambda rule, section: say(_condition(rule["holds"]), names_in(document or {}, section).labels),
        calculado=lambda one: say(piece_from_json(Calculo, one), _labels(document or {}, one)),
        rotulo=lambda one: names_in(document or {}, one["repetible"]).labels.get(one["campo"], one["campo"]),
        errores=faults,
        ESTADOS=TITLES,
        MOMENTOS=MOMENTS,
    )


def _labels(document: dict[str, Any], calculo: dict[str, Any]) -> dict[str, str]:
    """What the fields of a calculation are called: those of its rows, or of the rows that it takes together."""
    rows = {s["name"]: s["title"] for s in document["secciones"] if s["clase"] == "Repetible"}
    inside = names_in(document, calculo.get("rows", "")).labels if calculo.get("rows") else {}
    return {**rows, **inside, **names_in(document, calculo["repetible"]).labels}


def _condition(data: Any) -> Condition | None:
    return None if data is None else piece_from_json(Condition, data)


def blocks(found: list[Problem]) -> bool:
    """Whether something in the parts keeps the draft from being drawn; what lacks on the cover does not."""
    return any(p.donde.startswith(("secciones", "rules", "calculos")) or not p.donde for p in found)


def link_of(definido: str, problem: Problem) -> str:
    """The page where a problem is solved."""
    numbers = [int(n) for n in _digits(problem.donde)]
    if problem.donde.startswith("secciones[") and ".campos[" in problem.donde:
        return url_for(".campo", definido=definido, seccion=numbers[0], campo=numbers[1])
    if problem.donde.startswith("secciones[") and ".rules[" in problem.donde:
        return url_for(".regla", definido=definido, en=numbers[0] + 1, regla=numbers[1])
    if problem.donde.startswith("secciones["):
        return url_for(".seccion", definido=definido, seccion=numbers[0])
    if problem.donde.startswith("rules["):
        return url_for(".regla", definido=definido, en=0, regla=numbers[0])
    if problem.donde.startswith("calculos["):
        return url_for(".calculo", definido=definido, calculo=numbers[0])
    return url_for(".portada", definido=definido)


def _digits(where: str) -> list[str]:
    return [piece.partition("]")[0] for piece in where.split("[")[1:]]


@bp.route("/<string:definido>/portada", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def portada(definido: str) -> ResponseReturnValue:
    """Title, issuer, purpose, who and when, signatures: what the paper says around its fields."""
    row, document = draft_or_404(definido)
    sheet, status = Sheet(cover_values(document)), 200
    if request.method == "POST":
        changed, sheet.errores = read_cover(request.form, document)
        sheet.valores, status = dict(request.form), 422
        refused = None if sheet.errores else keep(definido, changed)
        if refused is not None:
            sheet.errores = _faults(refused)
        elif not sheet.errores:
            return back(definido, "Portada guardada.")
    return render_template(
        "definiciones/portada.html", definido=row, hoja=sheet, AREAS=AREAS, AMBITOS=AMBITOS,
        MOMENTOS=list(MOMENTS.items()),
    ), status  # fmt: skip


@bp.post("/<string:definido>/partes")
@requires(Permiso.FORMATO_DEFINIR)
def partes(definido: str) -> ResponseReturnValue:
    """Add a section, or move or take away a section or a rule."""
    _row, document = draft_or_404(definido)
    sections = document["secciones"]
    move = request.form.get("seccion", "")
    if move:
        sections = moved(sections, *read_move(move))
    elif request.form.get("calculo"):
        left = moved(document["calculos"], *read_move(request.form["calculo"]))
        document = without_calculation(document, left)
        sections = document["secciones"]
    elif request.form.get("regla"):
        where, _, rest = request.form["regla"].partition("/")
        n = whole_number(where)
        document = _without_rule(document, -1 if n is None else n, *read_move(rest))
        sections = document["secciones"]
    refused = keep(definido, {**document, "secciones": sections})
    if refused is not None:
        return _page(definido_or_404(definido), _faults(refused)), 422
    part = next((p for p in ("regla", "calculo") if request.form.get(p)), "seccione")
    return back(definido, fragment=f"{part}s")


def _without_rule(document: dict[str, Any], en: int, n: int, where: str) -> dict[str, Any]:
    if en == 0:
        return {**document, "rules": moved(document["rules"], n, where)}
    sections = [
        {**s, "rules": moved(s["rules"], n, where)} if at == en - 1 and s["clase"] == "Repetible" else s
        for at, s in enumerate(document["secciones"])
    ]
    return {**document, "secciones": sections}


# -- trying it out ----------------------------------------------------------------------------------------


def _drawable(definido: str) -> Formato:
    row = definido_or_404(definido)
    if row.borrador is None:
        number = services.edition_counts().get(row.codigo)
        if number is None:
            raise NotFound()
        return formatos.get(row.codigo, number)
    formato, found = services.check_document(row)
    if formato is None or blocks(found):
        raise NotFound()
    return formato


@bp.route("/<string:definido>/probar", methods=["GET", "POST"])
@requires(Permiso.FORMATO_DEFINIR)
def probar(definido: str) -> ResponseReturnValue:
    """The form as people will see it; what is typed is judged and kept nowhere."""
    formato = _drawable(definido)
    sheet = Hoja(formato, gate=formato.at_gate)
    verdict = None
    if request.method == "POST":
        sheet.op_id = parse_id(request.form.get("op_id")) or uuid4()
        for key in list(request.form)[:4000]:
            sheet.valores[key] = ", ".join(request.form.getlist(key))
        sheet.mas = request.form.get("mas", "")
        if not sheet.mas:
            verdict = sheet.judge("firma" if request.form.get("accion") == "firma" else "rapido")
    known = catalogo()
    return render_template(
        "definiciones/probar.html",
        definido=definido,
        formato=formato,
        hoja=sheet,
        descrita=sheet.descrita,
        veredicto=verdict,
        avisos=avisos_of([*verdict.warnings, *verdict.pending]) if verdict else [],
        lugares_=[
            {"codigo": d.codigo, "nombre": d.nombre,
             "municipios": [{"codigo": m.codigo, "nombre": m.nombre} for m in known.municipios_de(d.codigo)]}
            for d in known.departamentos.values()
        ],
    ), 200 if not sheet.errores else 422  # fmt: skip


@bp.get("/<string:definido>/en-blanco.pdf")
@requires(Permiso.FORMATO_DEFINIR)
def en_blanco(definido: str) -> ResponseReturnValue:
    """The paper of the draft, marked as one."""
    formato = _drawable(definido)
    papel = read_papel(request.args.get("papel"))
    job = PdfJob(
        formato=formato, papel=papel, gate=formato.at_gate, capacitacion=is_training(), estado="borrador"
    )
    content = render_pdf(job, format_catalogos())
    return download(content, PDF, f"{formato.slug}_borrador.pdf", inline=True)


@bp.get("/<string:definido>/para-llenar.xlsx")
@requires(Permiso.FORMATO_DEFINIR)
def para_llenar(definido: str) -> ResponseReturnValue:
    """The workbook of the draft."""
    formato, target = _drawable(definido), BytesIO()
    write_workbook(formato, target, format_catalogos(), gate=formato.at_gate, training=is_training())
    return download(target.getvalue(), XLSX, f"{formato.slug}_borrador.xlsx")


@bp.get("/<string:definido>/definicion.json")
@requires(Permiso.FORMATO_DEFINIR)
def definicion(definido: str) -> ResponseReturnValue:
    """The definition, to keep or to load in another instance."""
    row = definido_or_404(definido)
    document = services.document_of(row) if row.borrador is not None else to_json(_drawable(definido))
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return download(text, "application/json", f"{row.codigo}.json")


# -- publishing -------------------------------------------------------------------------------------------


@bp.post("/<string:definido>/estado")
@requires(Permiso.FORMATO_DEFINIR)
def estado(definido: str) -> ResponseReturnValue:
    """Publish, begin the next edition, throw the draft away, end the validity or take it up again."""
    action = request.form.get("accion", "")
    work = _ACTIONS.get(action)
    if work is None:
        raise NotFound()
    try:
        said = write(definido, work)
    except NotFound:
        raise
    except AppError as refused:
        return _page(definido_or_404(definido), _faults(refused)), 422
    flash(said, "bien")
    if services.find(definido) is None:
        return redirect(url_for(".lista"), 303)
    return back(definido)


def _publish(row: FormatoDefinido) -> str:
    edition = services.publish(row)
    return f"Publicada la edición {edition.edicion}. Ya está en «Formatos», en «Registros» y en la interfaz."


def _begin(row: FormatoDefinido) -> str:
    services.begin_edition(row)
    return "Borrador de la edición siguiente. La publicada sigue vigente hasta que publique esta."


def _drop(row: FormatoDefinido) -> str:
    services.drop_draft(row)
    return "Borrador descartado."


def _retire(row: FormatoDefinido) -> str:
    services.retire(row)
    return "Formato retirado: ya no se ofrece. Los llenos se siguen viendo e imprimiendo en su edición."


def _restore(row: FormatoDefinido) -> str:
    services.restore(row)
    return "Formato vigente otra vez."


def _public(row: FormatoDefinido) -> str:
    services.set_public(row, True)
    return "Ya está en el estante público."


def _reserve(row: FormatoDefinido) -> str:
    services.set_public(row, False)
    return "Ya no está en el estante público; se llena con cuenta."


_ACTIONS = {
    "publicar": _publish, "edicion": _begin, "descartar": _drop, "retirar": _retire, "reponer": _restore,
    "publico": _public, "reservado": _reserve,
}  # fmt: skip
