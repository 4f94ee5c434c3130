"""The pages of the desk: one blueprint, its views split by subject."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app

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


@bp.context_processor
def words_and_pages() -> dict[str, Any]:
    """Labels of the format, ids made at render, and whether there is a page of the shelter to link to."""
    labels = {c.name: c for _, c in bindings.boleta().walk()}["parentesco"].type.options_shown(True)
    known = {o.code: o.label for o in labels}
    return {
        "hay_ficha": "activaciones.ficha" in current_app.view_functions,
        "uuid_nuevo": uuid7,
        "parentesco_texto": lambda code: known.get(code or "", "sin dato"),
    }
