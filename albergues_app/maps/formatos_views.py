"""The map of who has which edition: departments by their share of municipalities up to date, and the same in a table."""

from __future__ import annotations

import json

from flask import Response, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.entregas.municipios import Filtro, list_municipios
from albergues_app.entregas.queries import Estado, in_force, today
from albergues_app.maps.served import FrameMissing
from albergues_app.maps.views import bp, served_frame

_ORDER = (Estado.AL_DIA, Estado.INCOMPLETA, Estado.VIEJA, Estado.NUNCA)


@bp.get("/entregas/mapa")
@requires(Permiso.ENTREGA_VER)
def formatos() -> ResponseReturnValue:
    """Map and table of the same reading, for all the formats needed or for one."""
    filtro = Filtro(formato=Filtro.read(request.args).formato)
    return render_template(
        "mapa/formatos.html",
        lista=list_municipios(current_cuenta(), filtro),
        filtro=filtro,
        formatos=in_force(),
        marco=_frame(filtro),
        hoy=today(),
    )


@bp.get("/entregas/mapa/datos.json")
@requires(Permiso.ENTREGA_VER)
def formatos_datos() -> Response:
    """Counts by department and the state of each municipality of the account's territory; ETag and 304."""
    found = list_municipios(current_cuenta(), Filtro(formato=Filtro.read(request.args).formato))
    body = {
        "departamentos": {d.codigo: [d.por_estado[e] for e in _ORDER] for d in found.departamentos},
        "municipios": {s.codigo: s.estado for s in found.filas},
    }
    response = Response(json.dumps(body, separators=(",", ":")), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def _frame(filtro: Filtro) -> object:
    try:
        frame = served_frame()
    except FrameMissing:
        return None
    if not frame.formatos:
        return None
    return frame.render(
        nonce=g.nonce,
        static_url=lambda name: url_for("static", filename=name),
        datos_url=url_for("mapa.formatos_datos", formato=filtro.formato or None),
        archivos_url=url_for("mapa.limites", nombre="x").removesuffix("x"),
        ficha_url=url_for("entregas.municipio", municipio="9999").replace("9999", "__CODIGO__"),
        template=frame.formatos,
    )
