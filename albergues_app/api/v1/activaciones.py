"""`/activaciones`, their moves and their check-ins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, refuse_invisible, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue, Modalidad
from albergues_app.albergues.reserve import looks_from_afar
from albergues_app.albergues.services import ActivacionNueva, create_activacion
from albergues_app.albergues.states import EstadoActivacion
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, read_query, write
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import ActivacionIn, IngresoIn, Pagina, TransicionIn
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.queries import ingreso_bodies, ingreso_ids
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    PersonaNueva,
    activacion_row,
    prepare_ingreso,
    register_ingreso,
    transition_activacion,
)
from albergues_app.ocupacion.visibility import refuse_foreign_ingreso


def is_reserved(row: Activacion) -> bool:
    """Its site has a reserved location, and the account looks from afar: free text about it is not told."""
    return looks_from_afar(current_cuenta()) and row.albergue.ubicacion_reservada


def body_of(row: Activacion) -> dict[str, Any]:
    hidden = is_reserved(row)
    return {
        "id": str(row.id),
        "albergue": str(row.albergue_id),
        "emergencia": str(row.emergencia_id),
        "municipio": row.municipio_codigo,
        "estado": row.estado,
        "modalidad": row.modalidad,
        "abierta_en": clock.iso(row.abierta_en),
        "cerrada_en": clock.iso(row.cerrada_en),
        "administrador": None if hidden else row.administrador,
        "acta": {"numero": row.acta_apertura} if row.acta_apertura and not hidden else None,
        "acta_cierre": {"numero": row.acta_cierre} if row.acta_cierre and not hidden else None,
        "reactiva_a": str(row.reactiva_a) if row.reactiva_a else None,
        "creada_en": clock.iso(row.creada_en),
    }


def transition_body(row: ActivacionTransicion, hidden: bool = False) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "activacion": str(row.activacion_id),
        "de": row.de,
        "a": row.a,
        "ocurrida_en": clock.iso(row.ocurrida_en),
        "registrado_en": clock.iso(row.registrado_en),
        "motivo": None if hidden else row.motivo,
        "acta": {"numero": row.acta_numero} if row.acta_numero and not hidden else None,
    }


@bp.post("/activaciones")
@documented(body=ActivacionIn, created=True, tag="Activaciones")
@requires(Permiso.ACTIVACION_EDITAR)
def post_activacion() -> Response:
    """Put a site of one's territory to work for an emergency."""
    shape = read_body(ActivacionIn)
    get_visible_or_404(Albergue, shape.albergue, Permiso.ALBERGUE_EDITAR)
    get_visible_or_404(Emergencia, shape.emergencia, Permiso.EMERGENCIA_VER)

    def work() -> dict[str, Any]:
        row, avisos = create_activacion(
            ActivacionNueva(
                shape.id,
                shape.albergue,
                shape.emergencia,
                shape.abierta_en,
                shape.administrador,
                shape.acta.numero if shape.acta else None,
                modalidad=shape.modalidad or Modalidad.CONTINUA,
            )
        )
        return {**body_of(row), "avisos": [a.as_dict() for a in avisos]}

    return write(shape.id, "activacion", shape, None, work)


@bp.get("/activaciones")
@documented(query=Pagina, tag="Activaciones", answer=answers.Lista)
@requires(Permiso.ACTIVACION_VER)
def list_activaciones() -> Response:
    return list_rows(Activacion, Permiso.ACTIVACION_VER, body_of)


@bp.get("/activaciones/<uuid:row_id>")
@documented(tag="Activaciones")
@requires(Permiso.ACTIVACION_VER)
def get_activacion(row_id: UUID) -> Response:
    return answer({**body_of(get_visible_or_404(Activacion, row_id, Permiso.ACTIVACION_VER)), "avisos": []})


@bp.post("/activaciones/<uuid:row_id>/transiciones")
@documented(body=TransicionIn, created=True, tag="Activaciones")
@requires(Permiso.ACTIVACION_EDITAR)
def post_transicion_activacion(row_id: UUID) -> Response:
    """Move an activation: preparacion → activa → en_cierre → cerrada, or anulada."""
    shape = read_body(TransicionIn)
    if shape.a not in set(EstadoActivacion):
        raise Invalid([Aviso("valor_desconocido", f"Estados posibles: {', '.join(EstadoActivacion)}.", "a")])
    get_visible_or_404(Activacion, row_id, Permiso.ACTIVACION_EDITAR)

    def work() -> dict[str, Any]:
        return transition_activacion(
            row_id,
            shape.a,
            shape.ocurrida_en,
            shape.motivo,
            shape.acta.numero if shape.acta else None,
            shape.id,
        )

    return write(shape.id, "activacion.transicion", shape, None, work, activacion=row_id)


@bp.get("/activaciones/<uuid:row_id>/transiciones")
@documented(query=Pagina, tag="Activaciones", answer=answers.Lista)
@requires(Permiso.ACTIVACION_VER)
def list_transiciones_activacion(row_id: UUID) -> Response:
    row = get_visible_or_404(Activacion, row_id, Permiso.ACTIVACION_VER)
    condition, hidden = ActivacionTransicion.activacion_id == row.id, is_reserved(row)
    return list_rows(
        ActivacionTransicion,
        Permiso.ACTIVACION_VER,
        lambda one: transition_body(one, hidden),
        condition,
        scoped=False,
    )


@bp.get("/activaciones/<uuid:row_id>/transiciones/<uuid:transicion_id>")
@documented(tag="Activaciones")
@requires(Permiso.ACTIVACION_VER)
def get_transicion_activacion(row_id: UUID, transicion_id: UUID) -> Response:
    row = get_visible_or_404(Activacion, row_id, Permiso.ACTIVACION_VER)
    found = db.session.get(ActivacionTransicion, transicion_id)
    if found is None or found.activacion_id != row.id:
        raise NotFound()
    return answer({**transition_body(found, is_reserved(row)), "avisos": []})


@bp.post("/activaciones/<uuid:row_id>/ingresos")
@documented(body=IngresoIn, created=True, tag="Ingresos")
@requires(Permiso.INGRESO_REGISTRAR)
def post_ingreso(row_id: UUID) -> Response:
    """Let a household in."""
    shape = read_body(IngresoIn)
    activacion = activacion_row(row_id)
    refuse_invisible(activacion, Permiso.INGRESO_REGISTRAR)
    refuse_foreign_ingreso(current_cuenta(), row_id, shape.familia.id, [p.id for p in shape.personas])
    datos = IngresoNuevo(
        id=shape.id,
        activacion_id=row_id,
        ocurrido_en=shape.ocurrido_en,
        capturado_en=shape.capturado_en,
        clase=shape.clase,
        familia_id=shape.familia.id,
        municipio_procedencia=shape.familia.municipio_procedencia,
        personas=[PersonaNueva(**p.model_dump()) for p in shape.personas],
    )
    preparadas = prepare_ingreso(datos)
    return write(
        shape.id,
        "ingreso",
        shape,
        activacion.emergencia_id,
        lambda: register_ingreso(datos, preparadas, puerta=True),
        activacion=row_id,
    )


@bp.get("/activaciones/<uuid:row_id>/ingresos")
@documented(query=Pagina, tag="Ingresos", answer=answers.Lista)
@requires(Permiso.PERSONA_VER)
def list_ingresos(row_id: UUID) -> Response:
    """Check-ins of an activation with their people; each reading is logged."""
    activacion = get_visible_or_404(Activacion, row_id, Permiso.PERSONA_VER)
    activacion_id, page = activacion.id, read_query(Pagina)
    with unit_of_work(current_cuenta().as_actor("api")):
        ids = ingreso_ids(activacion_id, page.despues, page.limite + 1)
        bodies = ingreso_bodies(activacion_id, ids[: page.limite], "api:ingresos")
    more = len(ids) > page.limite
    return answer({"filas": bodies, "siguiente": str(ids[page.limite - 1]) if more else None})


@bp.get("/activaciones/<uuid:row_id>/ingresos/<uuid:ingreso_id>")
@documented(tag="Ingresos")
@requires(Permiso.PERSONA_VER)
def get_ingreso(row_id: UUID, ingreso_id: UUID) -> Response:
    activacion_id = get_visible_or_404(Activacion, row_id, Permiso.PERSONA_VER).id
    with unit_of_work(current_cuenta().as_actor("api")):
        bodies = ingreso_bodies(activacion_id, [ingreso_id], "api:ingreso")
    if not bodies:
        raise NotFound()
    return answer({**bodies[0], "avisos": []})
