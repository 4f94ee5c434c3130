"""`/albergues` and their moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Albergue, SitioTransicion
from albergues_app.albergues.queries import CapacidadVigente, capacidades_at, next_capacidad
from albergues_app.albergues.reserve import is_hidden
from albergues_app.albergues.services import AlbergueNuevo, CapacidadNueva, create_albergue, transition_sitio
from albergues_app.albergues.states import EstadoSitio
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import (
    answer,
    answer_text,
    as_text,
    bp,
    documented,
    read_body,
    read_query,
    write,
)
from albergues_app.api.v1.pages import list_rows, page_of
from albergues_app.api.v1.shapes import AlbergueIn, Pagina, TransicionIn
from albergues_app.audit.changes import kept
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.territorio.catalogo import catalogo


def bodies_of(rows: list[Albergue]) -> Callable[[Albergue], dict[str, Any]]:
    """How each of these sites is shown, with the capacities of all read once."""
    now = clock.now()
    capacities = capacidades_at(now, now, [row.id for row in rows])
    return lambda row: body_of(row, capacities)


def body_of(row: Albergue, capacities: Mapping[UUID, CapacidadVigente] | None = None) -> dict[str, Any]:
    """A site. A reserved location has no name and no point for those who look from afar."""
    now = clock.now()
    capacity = (capacities if capacities is not None else capacidades_at(now, now, [row.id])).get(row.id)
    hidden = is_hidden(current_cuenta(), row)
    return {
        "id": str(row.id),
        "codigo": row.codigo,
        "nombre": "Ubicación reservada" if hidden else row.nombre,
        "municipio": row.municipio_codigo,
        "tipo_inmueble": row.tipo_inmueble,
        "lat": None if hidden else row.lat,
        "lon": None if hidden else row.lon,
        "oficial": row.oficial,
        "ubicacion_reservada": row.ubicacion_reservada,
        "estado": row.estado,
        "capacidad": (
            {"personas": capacity.personas, "fuente": capacity.fuente, "fecha": capacity.fecha}
            if capacity
            else None
        ),
        "registrado_en": clock.iso(row.registrado_en),
    }


def transition_body(row: SitioTransicion, hidden: bool = False) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "albergue": str(row.albergue_id),
        "de": row.de,
        "a": row.a,
        "ocurrida_en": clock.iso(row.ocurrida_en),
        "registrado_en": clock.iso(row.registrado_en),
        "motivo": None if hidden else row.motivo,
        "acta": {"numero": row.acta_numero} if row.acta_numero and not hidden else None,
    }


@bp.post("/albergues")
@documented(body=AlbergueIn, created=True, tag="Albergues")
@requires(Permiso.ALBERGUE_EDITAR)
def post_albergue() -> Response:
    """Register a site in a municipality of one's territory."""
    shape = read_body(AlbergueIn)
    if shape.municipio in catalogo().municipios and not current_cuenta().covers_municipio(shape.municipio):
        raise NotFound()
    capacity = shape.capacidad

    def work() -> dict[str, Any]:
        row, avisos = create_albergue(
            AlbergueNuevo(
                shape.id,
                shape.nombre,
                shape.municipio,
                shape.tipo_inmueble,
                shape.lat,
                shape.lon,
                bool(shape.oficial),
                bool(shape.ubicacion_reservada),
                CapacidadNueva(capacity.personas, capacity.fuente, capacity.fecha) if capacity else None,
            )
        )
        return {**body_of(row), "avisos": [a.as_dict() for a in avisos]}

    return write(shape.id, "albergue", shape, None, work)


@bp.get("/albergues")
@documented(query=Pagina, tag="Albergues", answer=answers.Lista)
@requires(Permiso.ALBERGUE_VER)
def list_albergues() -> Response:
    page, now = read_query(Pagina), clock.now()

    def make() -> tuple[bytes, datetime]:
        body = page_of(page, Albergue, Permiso.ALBERGUE_VER, body_of, gather=bodies_of)
        return as_text(body), next_capacidad(now)

    key = (current_cuenta().door_key, page.despues, page.limite)
    return answer_text(kept("api.albergues", key, _LISTED, now, make))


_LISTED = frozenset({"albergue", "capacidad"})
"""What a list of sites is made of."""


@bp.get("/albergues/<uuid:row_id>")
@documented(tag="Albergues")
@requires(Permiso.ALBERGUE_VER)
def get_albergue(row_id: UUID) -> Response:
    return answer({**body_of(get_visible_or_404(Albergue, row_id, Permiso.ALBERGUE_VER)), "avisos": []})


@bp.post("/albergues/<uuid:row_id>/transiciones")
@documented(body=TransicionIn, created=True, tag="Albergues")
@requires(Permiso.ALBERGUE_EDITAR)
def post_transicion_albergue(row_id: UUID) -> Response:
    """Move a site to another state of dominio.md 2.2 A."""
    shape = read_body(TransicionIn)
    if shape.a not in set(EstadoSitio):
        raise Invalid([Aviso("valor_desconocido", f"Estados posibles: {', '.join(EstadoSitio)}.", "a")])
    get_visible_or_404(Albergue, row_id, Permiso.ALBERGUE_EDITAR)

    def work() -> dict[str, Any]:
        row, avisos = transition_sitio(
            db.session.get_one(Albergue, row_id, with_for_update=True),
            shape.a,
            shape.ocurrida_en,
            shape.motivo,
            shape.acta.numero if shape.acta else None,
            shape.id,
        )
        return {**transition_body(row), "avisos": [a.as_dict() for a in avisos]}

    return write(shape.id, "albergue.transicion", shape, None, work, albergue=row_id)


@bp.get("/albergues/<uuid:row_id>/transiciones")
@documented(query=Pagina, tag="Albergues", answer=answers.Lista)
@requires(Permiso.ALBERGUE_VER)
def list_transiciones_albergue(row_id: UUID) -> Response:
    row = get_visible_or_404(Albergue, row_id, Permiso.ALBERGUE_VER)
    hidden = is_hidden(current_cuenta(), row)
    return list_rows(
        SitioTransicion,
        Permiso.ALBERGUE_VER,
        lambda one: transition_body(one, hidden),
        SitioTransicion.albergue_id == row.id,
        scoped=False,
    )


@bp.get("/albergues/<uuid:row_id>/transiciones/<uuid:transicion_id>")
@documented(tag="Albergues")
@requires(Permiso.ALBERGUE_VER)
def get_transicion_albergue(row_id: UUID, transicion_id: UUID) -> Response:
    row = get_visible_or_404(Albergue, row_id, Permiso.ALBERGUE_VER)
    found = db.session.get(SitioTransicion, transicion_id)
    if found is None or found.albergue_id != row.id:
        raise NotFound()
    return answer({**transition_body(found, is_hidden(current_cuenta(), row)), "avisos": []})
