"""A bulletin as files: sheet, picture, data, workbook, copy to edit, text."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.downloads import DOCX, PDF, XLSX, download
from albergues_app.core.errors import NotFound
from albergues_app.reports.situacion import copia, queries, sheet, workbook
from albergues_app.reports.situacion.blueprint import bp
from albergues_app.reports.situacion.message import message_of
from albergues_app.reports.situacion.models import Boletin
from albergues_app.reports.situacion.views import datos_of, visible_boletin


def name_of(row: Boletin, numero: int | None) -> str:
    """«boletin-14-006»: nothing that a person typed."""
    return f"boletin-{row.ambito}-{numero:03d}" if numero else f"boletin-{row.ambito}-borrador"


@bp.get("/<uuid:boletin_id>/hoja.pdf")
@requires(Permiso.BOLETIN_VER)
def hoja_pdf(boletin_id: UUID) -> Response:
    """The issued sheet, byte for byte; or the draft, marked so."""
    row = visible_boletin(boletin_id)
    sealed = queries.sealed_of(row.id)
    content = sealed.pdf if sealed else sheet.render_pdf(datos_of(row)[0])
    return download(content, PDF, f"{name_of(row, sealed.numero if sealed else None)}.pdf", inline=True)


@bp.get("/<uuid:boletin_id>/hoja.png")
@requires(Permiso.BOLETIN_VER)
def hoja_png(boletin_id: UUID) -> Response:
    """The first page as it will be printed."""
    row = visible_boletin(boletin_id)
    datos, huella = datos_of(row)
    return download(
        sheet.render_picture(datos, huella), "image/png", f"{name_of(row, None)}.png", inline=True
    )


@bp.get("/<uuid:boletin_id>/libro.xlsx")
@requires(Permiso.BOLETIN_VER)
def libro_xlsx(boletin_id: UUID) -> Response:
    """The tables as a workbook with HXL tags."""
    row = visible_boletin(boletin_id)
    datos, huella = datos_of(row)
    return download(workbook.render_xlsx(datos, huella), XLSX, f"{name_of(row, datos['numero'])}.xlsx")


@bp.get("/<uuid:boletin_id>/copia.docx")
@requires(Permiso.BOLETIN_VER)
def copia_docx(boletin_id: UUID) -> Response:
    """A copy to edit, without seal."""
    row = visible_boletin(boletin_id)
    datos, _huella = datos_of(row)
    return download(copia.render_docx(datos), DOCX, f"{name_of(row, datos['numero'])}-copia.docx")


@bp.get("/<uuid:boletin_id>/datos.json")
@requires(Permiso.BOLETIN_VER)
def datos_json(boletin_id: UUID) -> Response:
    """The data of an issued bulletin with their hash: the same that travel inside the PDF."""
    row = visible_boletin(boletin_id)
    sealed = queries.sealed_of(row.id)
    if sealed is None:
        raise NotFound()
    text = '{"datos":' + sealed.datos + f',"huella":"{sealed.huella}"' + "}\n"
    return download(text, "application/json", f"{name_of(row, sealed.numero)}.json")


@bp.get("/<uuid:boletin_id>/mensaje")
@requires(Permiso.BOLETIN_VER)
def mensaje_txt(boletin_id: UUID) -> Response:
    """The text for messaging groups."""
    row = visible_boletin(boletin_id)
    datos, huella = datos_of(row)
    return download(
        message_of(datos, huella), "text/plain; charset=utf-8", f"{name_of(row, datos['numero'])}.txt"
    )
