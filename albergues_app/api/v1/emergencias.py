"""`/emergencias`: declare, list, read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import selectinload

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, write
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import EmergenciaIn, Pagina
from albergues_app.core import clock
from albergues_app.core.errors import NotFound
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
from albergues_app.territorio.catalogo import catalogo


def body_of(row: Emergencia) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "nombre": row.nombre,
        "tipo": row.tipo,
        "inicio": clock.iso(row.inicio),
        "fin": clock.iso(row.fin),
        "departamentos": row.departamentos,
        "registrada_en": clock.iso(row.registrada_en),
    }


@bp.post("/emergencias")
@documented(body=EmergenciaIn, created=True, tag="Emergencias")
@requires(Permiso.EMERGENCIA_DECLARAR)
def post_emergencia() -> Response:
    """Declare an emergency in departments of one's territory."""
    shape = read_body(EmergenciaIn)
    cuenta = current_cuenta()
    for codigo in shape.departamentos:
        known = catalogo().municipios_de(codigo)
        if known and not any(cuenta.covers_municipio(m.codigo) for m in known):
            raise NotFound()

    def work() -> dict[str, Any]:
        row = declare_emergencia(
            EmergenciaNueva(shape.id, shape.nombre, shape.tipo, shape.inicio, shape.departamentos)
        )
        return {**body_of(row), "avisos": []}

    return write(shape.id, "emergencia", shape, None, work)


@bp.get("/emergencias")
@documented(query=Pagina, tag="Emergencias", answer=answers.Lista)
@requires(Permiso.EMERGENCIA_VER)
def list_emergencias() -> Response:
    """Emergencies, all of them: what they say is public knowledge."""
    load = [selectinload(Emergencia.territorio)]
    return list_rows(Emergencia, Permiso.EMERGENCIA_VER, body_of, load=load)


@bp.get("/emergencias/<uuid:row_id>")
@documented(tag="Emergencias")
@requires(Permiso.EMERGENCIA_VER)
def get_emergencia(row_id: UUID) -> Response:
    return answer({**body_of(get_visible_or_404(Emergencia, row_id, Permiso.EMERGENCIA_VER)), "avisos": []})
