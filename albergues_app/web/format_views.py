"""The public shelf of official formats, without account: blank paper, fillable workbook, how each is filled in."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from flask import Blueprint, Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import public
from albergues_app.core.downloads import PDF, XLSX, download
from albergues_app.core.errors import Invalid, NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.turns import turn
from albergues_app.definiciones import official
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato
from albergues_app.formats.engine.definition import MOMENTS
from albergues_app.formats.outputs.pdf import Papel, PdfJob, read_papel, render_pdf
from albergues_app.formats.outputs.picture import light_picture
from albergues_app.formats.outputs.poster import Cartel, render_poster
from albergues_app.formats.outputs.xlsform import write_xlsform
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.web import format_kit as kits
from albergues_app.web import format_shelf as shelf
from albergues_app.web.format_files import kept_file
from albergues_app.web.format_fillable import fillable, sheets_asked
from albergues_app.web.mi_cuenta import qr

bp = Blueprint("formatos", __name__)

FOR_A_DAY = "public, max-age=86400"
FOR_TEN_MINUTES = "public, max-age=600"


def known_or_404(codigo: str) -> Formato:
    """The edition asked for by ``?edicion=``, else the one in use. :raises NotFound: there is none."""
    edicion = request.args.get("edicion", "")
    try:
        formato = formatos.get(codigo, int(edicion) if edicion.isdecimal() and len(edicion) < 5 else None)
        formatos.latest(codigo)
    except formatos.UnknownFormato as error:
        raise NotFound() from error
    if not formatos.is_public(codigo) and g.get("identity") is None:
        raise NotFound()
    return formato


@bp.after_request
def keep_reserved_private(response: Response) -> Response:
    """What an administrator keeps off the public shelf is stored by nobody on its way."""
    codigo = (request.view_args or {}).get("codigo")
    if codigo is not None and not formatos.is_public(codigo):
        response.headers["Cache-Control"] = "private, no-store"
    return response


def _papel() -> Papel:
    return read_papel(request.args.get("papel"))


@bp.get("/formatos")
@public
def estante() -> ResponseReturnValue:
    """The shelf; found by any word of title, sections, fields and options, and by moment."""
    q = " ".join(request.args.get("q", "")[:80].split())
    momento = request.args.get("momento", "")
    momento = momento if momento in MOMENTS else ""

    def render() -> str:
        return render_template(
            "formatos/estante.html",
            tarjetas=[shelf.card(f) for f in shelf.find(q, momento)],
            q=q,
            momento=momento,
            momentos=MOMENTS,
            cuantos=shelf.counts(q),
            vigentes=len(formatos.shelf()),
            qr=qr(url_for(".estante", _external=True)),
        )

    return shelf.kept_page(("estante", q, momento), render)


@bp.get("/formatos/<string:codigo>")
@public
def como_se_llena(codigo: str) -> ResponseReturnValue:
    """How a format is filled in: purpose, who, when, and every field of its paper."""
    formato = known_or_404(codigo)

    def render() -> str:
        return render_template(
            "formatos/como_se_llena.html",
            tarjeta=shelf.card(formato),
            formato=formato,
            partes=shelf.explain(formato),
            momento=MOMENTS.get(formato.moment, formato.moment),
            vigente=formatos.latest(codigo),
            ediciones=[f for f in formatos.editions() if f.code == codigo],
            hojas={papel: shelf.page_count(formato, papel) for papel in ("carta", "oficio")},
        )

    return shelf.kept_page(("como", formato.slug), render)


@bp.get("/formatos/<string:codigo>/en-blanco.pdf")
@public
def en_blanco(codigo: str) -> ResponseReturnValue:
    """The paper to print, in carta or oficio."""
    papel, formato = _papel(), known_or_404(codigo)
    job = PdfJob(formato=formato, papel=papel, gate=formato.at_gate, capacitacion=is_training())
    kept = kept_file(formato, f"{papel}.pdf", lambda: render_pdf(job, format_catalogos()))
    return _kept(kept, PDF, f"{formato.slug}_{papel}.pdf")


@bp.get("/formatos/<string:codigo>/para-llenar.pdf")
@public
def llenable(codigo: str) -> ResponseReturnValue:
    """The paper with fields to type in; with ``?hojas=3`` two continuations, with ``?hoja=2`` one alone."""
    formato, papel = known_or_404(codigo), _papel()
    hojas = sheets_asked(formato, request.args)
    content = fillable(formato, papel, hojas)
    tail = f"_hoja{hojas[0]}" if hojas[0] > 1 else f"_{len(hojas)}_hojas" if len(hojas) > 1 else ""
    response = download(content, PDF, f"{formato.slug}_{papel}_para_llenar{tail}.pdf")
    response.headers["Cache-Control"] = FOR_TEN_MINUTES
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/formatos/<string:codigo>/para-llenar.xlsx")
@public
def para_llenar(codigo: str) -> ResponseReturnValue:
    """The workbook to fill and load."""
    formato = known_or_404(codigo)
    kept = kept_file(formato, "para_llenar.xlsx", lambda: _book(write_workbook, formato))
    return _kept(kept, XLSX, f"{formato.slug}.xlsx")


@bp.get("/formatos/<string:codigo>/telefono.xlsx")
@public
def xlsform(codigo: str) -> ResponseReturnValue:
    """The form for telephones, to load in ODK Central or Kobo."""
    formato = known_or_404(codigo)
    kept = kept_file(formato, "odk.xlsx", lambda: _book(write_xlsform, formato))
    return _kept(kept, XLSX, f"{formato.slug}_odk.xlsx")


def _book(write: Callable[..., None], formato: Formato) -> bytes:
    target = BytesIO()
    write(formato, target, format_catalogos(), gate=formato.at_gate, training=is_training())
    return target.getvalue()


@bp.get("/formatos/<string:codigo>/hoja-oficial.pdf")
@public
def hoja_oficial(codigo: str) -> ResponseReturnValue:
    """The institution's own blank, as it was given."""
    known_or_404(codigo)
    holds = official.blank_of(codigo)
    if holds is None:
        raise NotFound()
    response = download(official.blank_content(codigo, holds.serie), PDF, f"{codigo}_oficial.pdf")
    response.set_etag(holds.huella)
    response.make_conditional(request)
    return response


@bp.get("/formatos/<string:codigo>/primera-pagina.png")
@public
def primera_pagina(codigo: str) -> ResponseReturnValue:
    """The first page to look at: drawn once for each edition, then read from the instance's folder."""
    formato = known_or_404(codigo)
    job = PdfJob(formato=formato, gate=formato.at_gate)
    kept = kept_file(formato, "primera.png", lambda: light_picture(job, format_catalogos(), ppi=96))
    return _kept(kept, "image/png", f"{formato.slug}.png")


@bp.get("/formatos/kit")
@public
def kit() -> ResponseReturnValue:
    """What a shelter needs on paper: formats and quantities, by its families."""
    return _kit_page(kits.read(request.args), 200)


@bp.get("/formatos/kit.pdf")
@public
def kit_pdf() -> ResponseReturnValue:
    """The chosen blanks in one PDF, without numbers."""
    chosen = kits.read(request.args)
    try:
        chosen.check()
    except Invalid as refused:
        return _kit_page(chosen, 422, refused)
    with turn("kit", "Ahora mismo se preparan otros juegos. Espere un minuto y vuelva a pedirlo."):
        content = kits.render(chosen, format_catalogos(), is_training())
    return download(content, PDF, f"kit_albergue_{chosen.papel}.pdf", inline=True)


def _kit_page(chosen: kits.Kit, status: int, refused: Invalid | None = None) -> ResponseReturnValue:
    page = render_template(
        "formatos/kit.html",
        kit=chosen,
        grupos=kits.groups(chosen),
        limite=kits.MAX_PAGES,
        errores=refused.errores if refused else [],
    )
    return page, status


@bp.get("/formatos/cartel.pdf")
@public
def cartel() -> ResponseReturnValue:
    """One sheet for the wall: the QR of the shelf."""
    poster = Cartel(
        titulo="Formatos oficiales de albergues",
        codigos=((url_for(".estante", _external=True), "Formatos en blanco", "No necesita cuenta."),),
        papel=_papel(),
        capacitacion=is_training(),
    )
    return download(render_poster(poster), PDF, f"cartel_formatos_{poster.papel}.pdf", inline=True)


def _kept(kept: tuple[bytes, str], kind: str, name: str) -> Response:
    content, tag = kept
    response = download(content, kind, name, inline=kind != XLSX)
    response.set_etag(tag)
    response.headers["Cache-Control"] = FOR_A_DAY
    response.make_conditional(request)
    return response
