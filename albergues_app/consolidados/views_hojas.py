"""The consolidated figures on paper, as a workbook and as flat rows."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.consolidados import sheets
from albergues_app.consolidados.asking import (
    asked,
)
from albergues_app.consolidados.blueprint import bp
from albergues_app.consolidados.body import load
from albergues_app.consolidados.build import build
from albergues_app.consolidados.flat import render_csv
from albergues_app.consolidados.models import (
    Consolidado,
)
from albergues_app.consolidados.pages import changes_between, shown_to, visible_consolidado
from albergues_app.consolidados.queries import (
    moves_of,
)
from albergues_app.consolidados.scope import Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import CSV, PDF, XLSX, download


def _cover(row: Consolidado) -> sheets.Caratula:
    """The cover of a frozen version: only what never changes again."""
    moved = moves_of(row)[0]
    before = db.session.get(Consolidado, row.rectifica_id) if row.rectifica_id else None
    return sheets.Caratula(
        estado="Validado",
        folio=row.folio,
        huella=row.huella,
        validado=f"{moved.quien}, {sheets.moment(clock.iso(moved.cuando))}",
        rectifica=before.folio if before else "",
        motivo=row.motivo or "",
        cambios=changes_between(before, row) if before else (),
    )


_DRAFT = sheets.Caratula(estado="Preliminar")


def _name(question: Pregunta) -> str:
    return f"consolidado-{question.ambito.codigo}-{clock.to_local(question.corte):%Y%m%d-%H%M}-preliminar"


@bp.get("/corte.pdf")
@requires(Permiso.CONSOLIDADO_VER)
def corte_pdf() -> Response:
    """The preliminary sheet, marked so."""
    question, emergencia = asked()
    return download(
        sheets.render_pdf(shown_to(build(question, emergencia.nombre)), _DRAFT),
        PDF,
        f"{_name(question)}.pdf",
        inline=True,
    )


@bp.get("/corte.xlsx")
@requires(Permiso.CONSOLIDADO_VER)
def corte_xlsx() -> Response:
    """The preliminary figures as a workbook."""
    question, emergencia = asked()
    return download(
        sheets.render_xlsx(shown_to(build(question, emergencia.nombre)), _DRAFT),
        XLSX,
        f"{_name(question)}.xlsx",
    )


@bp.get("/corte.csv")
@requires(Permiso.CONSOLIDADO_VER)
def corte_csv() -> Response:
    """The preliminary figures as flat rows, for another program."""
    question, emergencia = asked()
    return download(
        render_csv(shown_to(build(question, emergencia.nombre)), _DRAFT), CSV, f"{_name(question)}.csv"
    )


@bp.get("/<uuid:consolidado_id>/hoja.pdf")
@requires(Permiso.CONSOLIDADO_VER)
def hoja_pdf(consolidado_id: UUID) -> Response:
    """The sheet of a frozen version: the same bytes for ever."""
    row = visible_consolidado(consolidado_id)
    return download(
        sheets.render_pdf(shown_to(load(row.datos)), _cover(row)), PDF, f"{row.folio}.pdf", inline=True
    )


@bp.get("/<uuid:consolidado_id>/libro.xlsx")
@requires(Permiso.CONSOLIDADO_VER)
def libro_xlsx(consolidado_id: UUID) -> Response:
    """The workbook of a frozen version."""
    row = visible_consolidado(consolidado_id)
    return download(sheets.render_xlsx(shown_to(load(row.datos)), _cover(row)), XLSX, f"{row.folio}.xlsx")


@bp.get("/<uuid:consolidado_id>/filas.csv")
@requires(Permiso.CONSOLIDADO_VER)
def filas_csv(consolidado_id: UUID) -> Response:
    """The flat rows of a frozen version."""
    row = visible_consolidado(consolidado_id)
    return download(render_csv(shown_to(load(row.datos)), _cover(row)), CSV, f"{row.folio}.csv")
