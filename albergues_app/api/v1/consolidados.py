"""`/consolidados`: the frozen figures of each cut-off, to read. Their rows are those of the CSV."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import Pagina
from albergues_app.consolidados.body import load
from albergues_app.consolidados.flat import flat_rows
from albergues_app.consolidados.models import Consolidado
from albergues_app.consolidados.pages import shown_to
from albergues_app.consolidados.queries import states_of
from albergues_app.core import clock


def _body_of(row: Consolidado, estado: str) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "folio": row.folio,
        "emergencia": str(row.emergencia_id),
        "ambito": row.ambito,
        "corte": clock.iso(row.corte),
        "conocido_en": clock.iso(row.conocido_en),
        "version": row.version,
        "rectifica": str(row.rectifica_id) if row.rectifica_id else None,
        "estado": estado,
        "huella": row.huella,
        "registrado_en": clock.iso(row.registrado_en),
    }


@bp.get("/consolidados")
@documented(query=Pagina, tag="Consolidados", answer=answers.Lista)
@requires(Permiso.CONSOLIDADO_VER)
def list_consolidados() -> Response:
    """The validated versions of every cut-off of one's places, without their figures."""

    def gather(rows: list[Consolidado]) -> Any:
        states = states_of([row.id for row in rows])
        return lambda row: _body_of(row, states[row.id])

    return list_rows(Consolidado, Permiso.CONSOLIDADO_VER, lambda row: {}, gather=gather)


@bp.get("/consolidados/<uuid:row_id>")
@documented(tag="Consolidados")
@requires(Permiso.CONSOLIDADO_VER)
def get_consolidado(row_id: UUID) -> Response:
    """One version with its figures, as they were validated."""
    row = get_visible_or_404(Consolidado, row_id, Permiso.CONSOLIDADO_VER)
    stored, state = load(row.datos), states_of([row.id])[row.id]
    head = _body_of(row, state)
    body = shown_to(stored)
    return answer(
        {
            **head,
            "filas": flat_rows(body),
            "en_transito": body.en_transito,
            "reporte_horas": body.reporte_horas,
            "con_reporte_pct": body.con_reporte_pct,
            "residuo": body.cuadre.residuo,
            "avisos": [],
        }
    )
