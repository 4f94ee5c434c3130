"""`/ocupacion` and `/mapa/albergues`: figures, never names."""

from __future__ import annotations

from flask import Response, request

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_query
from albergues_app.api.v1.shapes import OcupacionQuery
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.feed import map_feed
from albergues_app.ocupacion.figures import cuadro


@bp.get("/ocupacion")
@documented(query=OcupacionQuery, tag="Ocupación", answer=answers.Ocupacion)
@requires(Permiso.OCUPACION_VER)
def get_ocupacion() -> Response:
    """Occupancy now, or at any past hour, or as it was known at an hour."""
    query = read_query(OcupacionQuery)
    if query.emergencia is not None:
        get_visible_or_404(Emergencia, query.emergencia, Permiso.EMERGENCIA_VER)
    table = cuadro(current_cuenta(), query.por, query.corte, query.conocido_en, query.emergencia)
    return answer(table.as_dict())


@bp.get("/mapa/albergues")
@documented(tag="Mapa", answer=answers.Mapa)
@requires(Permiso.MAPA_VER)
def get_mapa() -> Response:
    """All open shelters in compact columns, with ETag and 304."""
    return map_feed(current_cuenta()).respond(request)
