"""`/movimientos` and `/partes`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, read_query, write
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import MovimientoIn, Pagina, ParteIn
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.keys import KeyMissing
from albergues_app.ocupacion import visibility
from albergues_app.ocupacion.avisos_puerta import as_avisos
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.services import MovimientoNuevo, ParteNuevo, register_movimiento, register_parte

_LEGS = {"traslado_sale": "traslado", "traslado_entra": "traslado"}
_BY_INGRESOS = ("ingreso", "nacimiento")
"""What is posted and read at `/activaciones/{id}/ingresos`."""


def seen_personas(ids: list[UUID]) -> set[UUID] | None:
    """Of these persons, the ones the account may know of: those with a stay in its territory. None: all."""
    identity = current_cuenta()
    return None if identity.nacional else visibility.seen_personas(identity, ids)


@bp.post("/movimientos")
@documented(body=MovimientoIn, created=True, tag="Movimientos")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def post_movimiento() -> Response:
    """Move people of an activation; a traslado needs rights over the origin only.

    What the gate is to do with somebody of them is among the ``avisos``; it never stops the movement.
    """
    shape = read_body(MovimientoIn)
    activacion = get_visible_or_404(Activacion, shape.activacion, Permiso.MOVIMIENTO_REGISTRAR)
    personas = list(shape.personas or [])
    datos = MovimientoNuevo(
        id=shape.id,
        tipo=shape.tipo,
        activacion_id=shape.activacion,
        personas=personas,
        ocurrido_en=shape.ocurrido_en,
        capturado_en=shape.capturado_en,
        activacion_destino=shape.activacion_destino,
        motivo=shape.motivo,
        destino=shape.destino,
        acuse=bool(shape.acuse),
        anula=shape.anula,
    )

    def work() -> dict[str, Any]:
        body = register_movimiento(datos, seen_personas(personas))
        moved = [UUID(one) for one in body["personas"]]  # of an annulment, not whom the body names
        body["avisos"] += [aviso.as_dict() for aviso in as_avisos(moved)]
        return body

    return write(shape.id, "movimiento", shape, activacion.emergencia_id, work)


def _motivo(row: Any) -> str | None:
    """The reason, opened with the key of its emergency; None when there is none, or the key was destroyed."""
    if row.detalle is None:
        return None
    try:
        detail = open_json(seal_for(row.emergencia_id), row.detalle, "movimiento.detalle")
    except KeyMissing:
        return None
    motivo = detail.get("motivo")
    return str(motivo) if motivo else None


def _bodies(ids: list[UUID]) -> list[dict[str, Any]]:
    m, a = Movimiento.__table__, Activacion.__table__
    stmt = select(m, a.c.emergencia_id).join_from(m, a, a.c.id == m.c.activacion_id)
    stmt = visible(
        stmt.where(m.c.operacion_id.in_(ids), m.c.tipo.not_in(_BY_INGRESOS)),
        Permiso.ACTIVACION_VER,
        Movimiento,
    )
    sent = select(m.c.operacion_id).where(m.c.operacion_id.in_(ids), m.c.tipo == "traslado_sale")
    traslados = set(db.session.scalars(sent))
    bodies: dict[UUID, dict[str, Any]] = {}
    for row in db.session.execute(stmt.order_by(m.c.operacion_id, m.c.tipo.desc(), m.c.id)):
        body = bodies.setdefault(
            row.operacion_id,
            {
                "id": str(row.operacion_id),
                "tipo": _LEGS.get(row.tipo, row.tipo),
                "personas": [],
                "activacion": str(row.activacion_id),
                "activacion_destino": str(row.contraparte_id) if row.tipo == "traslado_sale" else None,
                "motivo": _motivo(row),
                "destino": row.destino if row.tipo == "egreso" else None,
                "acuse": row.acuse,
                "anula": str(row.anula_id) if row.anula_id else None,
                "ocurrido_en": clock.iso(row.ocurrido_en),
                "capturado_en": clock.iso(row.capturado_en),
                "registrado_en": clock.iso(row.registrado_en),
            },
        )
        if row.tipo == "traslado_entra" and row.operacion_id not in traslados:
            # an acknowledgement: an operation of its own, beside the traslado that sent these people
            body["tipo"], body["activacion"] = "acuse", str(row.contraparte_id)
            body["activacion_destino"] = str(row.activacion_id)
        if row.tipo == "traslado_sale":
            body["activacion"], body["activacion_destino"] = str(row.activacion_id), str(row.contraparte_id)
        if str(row.persona_id) not in body["personas"]:
            body["personas"].append(str(row.persona_id))
    return list(bodies.values())


@bp.get("/movimientos")
@documented(query=Pagina, tag="Movimientos", answer=answers.Lista)
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def list_movimientos() -> Response:
    """The ledger, by operation, without names."""
    page = read_query(Pagina)
    m = Movimiento.__table__
    stmt = select(m.c.operacion_id).where(m.c.tipo.not_in(_BY_INGRESOS))
    stmt = visible(stmt, Permiso.MOVIMIENTO_REGISTRAR, Movimiento)
    after = page.despues
    if after is not None:
        stmt = stmt.where(m.c.operacion_id > after)
    ids = list(db.session.scalars(stmt.distinct().order_by(m.c.operacion_id).limit(page.limite + 1)))
    more = len(ids) > page.limite
    ids = ids[: page.limite]
    return answer({"filas": _bodies(ids), "siguiente": str(ids[-1]) if more else None})


@bp.get("/movimientos/<uuid:row_id>")
@documented(tag="Movimientos")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def get_movimiento(row_id: UUID) -> Response:
    bodies = _bodies([row_id])
    if not bodies:
        raise NotFound()
    return answer({**bodies[0], "avisos": []})


def parte_body(row: Parte) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "activacion": str(row.activacion_id),
        "corte": clock.iso(row.corte),
        "fuente": row.fuente,
        "personas": row.personas,
        "familias": row.familias,
        "mujeres": row.mujeres,
        "hombres": row.hombres,
        "registrado_en": clock.iso(row.registrado_en),
    }


@bp.post("/partes")
@documented(body=ParteIn, created=True, tag="Partes")
@requires(Permiso.PARTE_REGISTRAR)
def post_parte() -> Response:
    """The declared count of an activation at an hour."""
    shape = read_body(ParteIn)
    get_visible_or_404(Activacion, shape.activacion, Permiso.PARTE_REGISTRAR)
    datos = ParteNuevo(
        shape.id,
        shape.activacion,
        shape.corte,
        shape.fuente,
        shape.personas,
        shape.familias,
        shape.mujeres,
        shape.hombres,
    )
    return write(shape.id, "parte", shape, None, lambda: register_parte(datos))


@bp.get("/partes")
@documented(query=Pagina, tag="Partes", answer=answers.Lista)
@requires(Permiso.PARTE_VER)
def list_partes() -> Response:
    return list_rows(Parte, Permiso.PARTE_VER, parte_body)


@bp.get("/partes/<uuid:row_id>")
@documented(tag="Partes")
@requires(Permiso.PARTE_VER)
def get_parte(row_id: UUID) -> Response:
    return answer({**parte_body(get_visible_or_404(Parte, row_id, Permiso.PARTE_VER)), "avisos": []})
