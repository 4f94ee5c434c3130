"""`/traslados`: people on the way who asked for an acknowledgement, and what their destination says of them.

A traslado is sent by `POST /movimientos` with `acuse: true`, and cancelled there by an `anulacion` of those still on
the way. Its id is the id of that operation.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response, current_app
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, read_query, write
from albergues_app.api.v1.shapes import AcuseIn, Pagina
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.ocupacion.services import AcuseNuevo, acknowledge_traslado
from albergues_app.ocupacion.traslados import counting, legs_of, on_the_way, said_missing, waiting_everywhere


def _visible_legs(traslado_id: UUID) -> list[Any]:
    """The legs of a traslado that starts or ends in one's territory.

    :raises NotFound: there is none, or neither of its shelters is for this account.
    """
    legs = legs_of(traslado_id)
    ends = {i for leg in legs for i in (leg.activacion_id, leg.contraparte_id)}
    stmt = visible(
        select(Activacion.id).where(Activacion.id.in_(ends)), Permiso.MOVIMIENTO_REGISTRAR, Activacion
    )
    if not legs or db.session.scalar(stmt.limit(1)) is None:
        raise NotFound()
    return legs


def _body(legs: list[Any]) -> dict[str, Any]:
    traslado_id = legs[0].operacion_id
    way = {one.persona_id for one in on_the_way(traslado=traslado_id)}
    missing = {persona for _t, persona in said_missing([traslado_id])} & way
    counted = counting(leg.id for leg in legs)
    people = [leg.persona_id for leg in legs]
    cancelled = {leg.persona_id for leg in legs if leg.id not in counted}
    return {
        "id": str(traslado_id),
        "activacion": str(legs[0].activacion_id),
        "activacion_destino": str(legs[0].contraparte_id),
        "personas": [str(p) for p in people],
        "en_camino": [str(p) for p in people if p in way],
        "no_llegaron": [str(p) for p in people if p in missing],
        "anuladas": [str(p) for p in people if p in cancelled],
        "ocurrido_en": clock.iso(legs[0].ocurrido_en),
        "registrado_en": clock.iso(legs[0].registrado_en),
    }


@bp.get("/traslados")
@documented(query=Pagina, tag="Traslados", answer=answers.Lista)
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def list_traslados() -> Response:
    """Traslados on the way now, from or to one's territory; `demorado` past the hours of the setting."""
    page = read_query(Pagina)
    mine = visible(select(Activacion.id), Permiso.MOVIMIENTO_REGISTRAR, Activacion)
    limit = timedelta(hours=current_app.config["TRASLADO_HORAS"])
    rows = sorted(waiting_everywhere(current_cuenta(), mine), key=lambda row: row.traslado_id)
    if page.despues is not None:
        rows = [row for row in rows if row.traslado_id > page.despues]
    more = len(rows) > page.limite
    rows = rows[: page.limite]
    filas = [
        {
            "id": str(row.traslado_id),
            "activacion": str(row.origen_id),
            "activacion_destino": str(row.destino_id),
            "en_camino": row.personas,
            "no_llegaron": row.dicen_no_llego,
            "ocurrido_en": clock.iso(row.desde),
            "demorado": clock.now() - row.desde > limit,
        }
        for row in rows
    ]
    return answer({"filas": filas, "siguiente": filas[-1]["id"] if more else None})


@bp.get("/traslados/<uuid:row_id>")
@documented(tag="Traslados")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def get_traslado(row_id: UUID) -> Response:
    """One traslado with acknowledgement: who left, who is still on the way, who did not arrive."""
    return answer({**_body(_visible_legs(row_id)), "avisos": []})


@bp.post("/traslados/<uuid:row_id>/acuse")
@documented(body=AcuseIn, created=True, tag="Traslados")
@requires(Permiso.INGRESO_REGISTRAR)
def post_acuse(row_id: UUID) -> Response:
    """The destination receives all or some; it needs rights over the destination only."""
    shape = read_body(AcuseIn)
    legs = legs_of(row_id)
    if not legs:
        raise NotFound()
    destino = get_visible_or_404(Activacion, legs[0].contraparte_id, Permiso.INGRESO_REGISTRAR)
    datos = AcuseNuevo(
        shape.id,
        row_id,
        None if shape.llegaron is None else list(shape.llegaron),
        list(shape.no_llegaron or []),
        shape.ocurrido_en,
        shape.capturado_en,
    )
    return write(
        shape.id, "acuse", shape, destino.emergencia_id, lambda: acknowledge_traslado(datos), traslado=row_id
    )
