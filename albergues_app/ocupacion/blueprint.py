"""The pages of the desk: one blueprint, its views split by subject."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, url_for

from albergues_app.core.ids import uuid7
from albergues_app.ocupacion import bindings
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("ocupacion", __name__, template_folder="templates")


def places_by_departamento() -> list[dict[str, Any]]:
    """Departments with their municipalities, for lists that work without JavaScript."""
    known = catalogo()
    return [
        {"codigo": code, "nombre": place.nombre, "municipios": known.municipios_de(code)}
        for code, place in known.departamentos.items()
    ]


def shelter_page(activacion_id: UUID) -> str:
    return url_for("activaciones.ver", activacion_id=activacion_id)


@bp.context_processor
def words_and_pages() -> dict[str, Any]:
    """Labels of the format, ids made at render, and the address of the shelter's page."""
    labels = {c.name: c for _, c in bindings.boleta().walk()}["parentesco"].type.options_shown(True)
    known = {o.code: o.label for o in labels}
    return {
        "ficha": shelter_page,
        "uuid_nuevo": uuid7,
        "parentesco_texto": lambda code: known.get(code or "", "sin dato"),
    }
