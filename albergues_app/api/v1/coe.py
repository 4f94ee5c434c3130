"""`/coe`: activations of the committee and the entries of its log."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import get_visible_or_404, refuse_invisible, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, read_query, write
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import CoeIn, EntradaIn, Pagina
from albergues_app.coe.acciones import Accion, write_with_action
from albergues_app.coe.grados import acts_of
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.queries import entrada_of, entradas_of
from albergues_app.coe.services import (
    CoeNuevo,
    EntradaNueva,
    activate_coe,
    body_of,
    check_place,
)
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.emergencias.models import Emergencia


def coe_body(row: Coe) -> dict[str, Any]:
    acta = acts_of([row])[row.id]
    return {
        "id": str(row.id),
        "emergencia": str(row.emergencia_id),
        "nivel": row.nivel,
        "departamento": row.departamento_codigo,
        "municipio": row.municipio_codigo,
        "activado_en": clock.iso(row.activado_en),
        "desactivado_en": clock.iso(row.desactivado_en),
        "acta": {"numero": acta} if acta else None,
        "ultimo_folio": row.ultimo_folio,
        "registrado_en": clock.iso(row.registrado_en),
    }


@bp.post("/coe")
@documented(body=CoeIn, created=True, tag="COE")
@requires(Permiso.COE_ACTIVAR)
def post_coe() -> Response:
    """Activate the COE of the country, a department or a municipality of one's territory."""
    shape = read_body(CoeIn)
    departamento, municipio = check_place(shape.nivel, shape.departamento, shape.municipio)
    refuse_invisible(
        SimpleNamespace(departamento_codigo=departamento, municipio_codigo=municipio, albergue_codigo=None),
        Permiso.COE_ACTIVAR,
    )
    if db.session.get(Emergencia, shape.emergencia) is None:
        raise NotFound()

    def work() -> dict[str, Any]:
        row, avisos = activate_coe(
            CoeNuevo(
                shape.id,
                shape.emergencia,
                str(shape.nivel),
                departamento,
                municipio,
                shape.activado_en,
                shape.acta.numero if shape.acta else None,
            )
        )
        return {**coe_body(row), "avisos": [a.as_dict() for a in avisos]}

    return write(shape.id, "coe", shape, None, work)


@bp.get("/coe")
@documented(query=Pagina, tag="COE", answer=answers.Lista)
@requires(Permiso.COE_VER)
def list_coe() -> Response:
    return list_rows(Coe, Permiso.COE_VER, coe_body)


@bp.get("/coe/<uuid:row_id>")
@documented(tag="COE")
@requires(Permiso.COE_VER)
def get_coe(row_id: UUID) -> Response:
    return answer({**coe_body(get_visible_or_404(Coe, row_id, Permiso.COE_VER)), "avisos": []})


@bp.post("/coe/<uuid:row_id>/entradas")
@documented(body=EntradaIn, created=True, tag="COE")
@requires(Permiso.COE_ESCRIBIR)
def post_entrada_coe(row_id: UUID) -> Response:
    """Write an entry; the server gives its folio, from 1, without gaps.

    With `requiere_accion` it makes the commitment too, and answers its id and folio in `compromiso`.
    """
    shape = read_body(EntradaIn)
    coe = get_visible_or_404(Coe, row_id, Permiso.COE_ESCRIBIR)
    emergencia_id = coe.emergencia_id
    asked = {"accion_responsable", "accion_institucion", "accion_plazo"}
    given = shape.model_dump(exclude=asked)
    datos = EntradaNueva(**{**given, "tipo": str(shape.tipo), "prioridad": str(shape.prioridad)})
    accion = Accion(shape.accion_responsable, shape.accion_institucion, shape.accion_plazo)
    return write(
        shape.id,
        "coe_entrada",
        shape,
        emergencia_id,
        lambda: write_with_action(row_id, datos, accion),
        coe=row_id,
    )


@bp.get("/coe/<uuid:row_id>/entradas")
@documented(query=Pagina, tag="COE", answer=answers.Lista)
@requires(Permiso.COE_VER)
def list_entradas_coe(row_id: UUID) -> Response:
    """Entries of a log in the order of their folios; `despues` is the id of the last one read."""
    coe, page = get_visible_or_404(Coe, row_id, Permiso.COE_VER), read_query(Pagina)
    table, after = EntradaCoe.__table__, 0
    if page.despues is not None:
        last = entrada_of(coe, page.despues)
        after = last.folio if last is not None else 0
    rows = entradas_of(coe, table.c.folio > after, limit=page.limite + 1)
    more = len(rows) > page.limite
    rows = rows[: page.limite]
    bodies = [body_of(entry.row, entry.textos) for entry in rows]
    return answer({"filas": bodies, "siguiente": bodies[-1]["id"] if more else None})


@bp.get("/coe/<uuid:row_id>/entradas/<uuid:entrada_id>")
@documented(tag="COE")
@requires(Permiso.COE_VER)
def get_entrada_coe(row_id: UUID, entrada_id: UUID) -> Response:
    coe = get_visible_or_404(Coe, row_id, Permiso.COE_VER)
    entry = entrada_of(coe, entrada_id)
    if entry is None:
        raise NotFound()
    return answer({**body_of(entry.row, entry.textos), "avisos": []})
