"""The public shelf of official formats: blank paper and fillable workbook, without account."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import public
from albergues_app.core.errors import NotFound
from albergues_app.core.instance import is_training
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, fold, search_text
from albergues_app.formats.outputs.pdf import Papel, PdfJob, render_pdf
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.ocupacion.format_catalogs import format_catalogos

bp = Blueprint("formatos", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def known_or_404(codigo: str) -> Formato:
    """The edition in use of a format. :raises NotFound: there is none with that code."""
    try:
        return formatos.latest(codigo)
    except formatos.UnknownFormato as error:
        raise NotFound() from error


@bp.get("/formatos")
@public
def estante() -> ResponseReturnValue:
    """The shelf; found by any word of title, sections and fields."""
    q = request.args.get("q", "")[:80]
    words = [fold(word) for word in q.split()]
    found = [f for f in formatos.all() if all(word in search_text(f) for word in words)]
    return render_template("formatos/estante.html", formatos=found, q=q)


@bp.get("/formatos/<string:codigo>/en-blanco.pdf")
@public
def en_blanco(codigo: str) -> ResponseReturnValue:
    """The paper to print, in carta or oficio."""
    papel: Papel = "oficio" if request.args.get("papel") == "oficio" else "carta"
    formato = known_or_404(codigo)
    job = PdfJob(formato=formato, papel=papel, gate=formato.at_gate, capacitacion=is_training())
    content = render_pdf(job, format_catalogos())
    return _file(content, "application/pdf", f"{formato.slug}_{papel}.pdf", "inline")


@bp.get("/formatos/<string:codigo>/para-llenar.xlsx")
@public
def para_llenar(codigo: str) -> ResponseReturnValue:
    """The workbook to fill and load."""
    formato = known_or_404(codigo)
    target = BytesIO()
    write_workbook(formato, target, format_catalogos(), gate=formato.at_gate, training=is_training())
    return _file(target.getvalue(), XLSX, f"{formato.slug}.xlsx", "attachment")


def _file(content: bytes, kind: str, name: str, how: str) -> Response:
    response = Response(content, mimetype=kind)
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response
