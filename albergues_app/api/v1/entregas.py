"""`/entregas`: deliveries of formats, their annulment, and the municipality's confirmation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, write
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import AnulacionIn, ConfirmacionIn, EntregaIn, Pagina, Shape
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.entregas.places import destino_of, visible_entrega
from albergues_app.entregas.resource import bodies_of, body_of
from albergues_app.entregas.services import (
    EntregaNueva,
    LineaNueva,
    annul_entrega,
    confirm_entrega,
    register_entrega,
)


@bp.post("/entregas")
@documented(body=EntregaIn, created=True, tag="Entregas de formatos")
@requires(Permiso.ENTREGA_REGISTRAR)
def post_entrega() -> Response:
    """Note a delivery to a municipality or shelter of one's territory; with `corrige` it replaces another."""
    shape = read_body(EntregaIn)
    named = {"municipio": shape.municipio, "albergue": shape.albergue, "visita": shape.visita}
    destino = destino_of({name: str(value) for name, value in named.items() if value})
    if destino is None or destino.municipio != shape.municipio:
        raise NotFound()
    if shape.corrige is not None:
        visible_entrega(shape.corrige, Permiso.ENTREGA_REGISTRAR)
    datos = _datos(shape)

    def work() -> dict[str, Any]:
        row, avisos = register_entrega(datos)
        return {**body_of(row), "avisos": [a.as_dict() for a in avisos]}

    return write(shape.id, "entrega", shape, None, work)


def _datos(shape: EntregaIn) -> EntregaNueva:
    received, training = shape.recibe, shape.capacitacion
    return EntregaNueva(
        id=shape.id,
        municipio=shape.municipio,
        albergue_id=shape.albergue,
        fecha=shape.fecha,
        entrega=shape.entrega,
        recibe_nombre=(received and received.nombre) or "",
        recibe_cargo=(received and received.cargo) or "",
        recibe_telefono=(received and received.telefono) or "",
        capacitacion=training is not None,
        capacitacion_minutos=training.minutos if training else None,
        capacitacion_personas=training.personas if training else None,
        observaciones=shape.observaciones or "",
        visita_id=shape.visita,
        corrige_id=shape.corrige,
        motivo=shape.motivo or "",
        lineas=[LineaNueva(x.formato, x.edicion, x.cantidad, x.medio, x.quedaban) for x in shape.lineas],
    )


@bp.get("/entregas")
@documented(query=Pagina, tag="Entregas de formatos", answer=answers.Lista)
@requires(Permiso.ENTREGA_VER)
def list_entregas() -> Response:
    return list_rows(EntregaFormatos, Permiso.ENTREGA_VER, body_of, gather=bodies_of)


@bp.get("/entregas/<uuid:row_id>")
@documented(tag="Entregas de formatos")
@requires(Permiso.ENTREGA_VER)
def get_entrega(row_id: UUID) -> Response:
    return answer({**body_of(visible_entrega(row_id)), "avisos": []})


@bp.post("/entregas/<uuid:row_id>/anulacion")
@documented(body=AnulacionIn, created=True, tag="Entregas de formatos")
@requires(Permiso.ENTREGA_REGISTRAR)
def post_anulacion_entrega(row_id: UUID) -> Response:
    """It counts no more; it stays readable with its reason."""
    shape = read_body(AnulacionIn)
    visible_entrega(row_id, Permiso.ENTREGA_REGISTRAR)
    motivo = shape.motivo
    return _change(row_id, shape, shape.id, "anulacion", lambda row: annul_entrega(row, motivo))


@bp.post("/entregas/<uuid:row_id>/confirmacion")
@documented(body=ConfirmacionIn, created=True, tag="Entregas de formatos")
@requires(Permiso.ENTREGA_CONFIRMAR)
def post_confirmacion_entrega(row_id: UUID) -> Response:
    """The municipality says that it received them."""
    shape = read_body(ConfirmacionIn)
    visible_entrega(row_id, Permiso.ENTREGA_CONFIRMAR)
    return _change(row_id, shape, shape.id, "confirmacion", confirm_entrega)


def _change(
    row_id: UUID, shape: Shape, op_id: UUID, clase: str, apply: Callable[[EntregaFormatos], None]
) -> Response:
    def work() -> dict[str, Any]:
        row = db.session.get_one(EntregaFormatos, row_id)
        apply(row)
        return {**body_of(row), "avisos": []}

    return write(op_id, f"entrega.{clase}", shape, None, work, entrega=row_id)
