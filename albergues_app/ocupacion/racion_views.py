"""The sheet of the kitchen: rations of the next meal, to print."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.core import clock
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.places_left import cupo_of
from albergues_app.ocupacion.raciones import raciones_of
from albergues_app.ocupacion.shelter_views import visible_activacion


@bp.get("/activaciones/<uuid:activacion_id>/raciones")
@requires(Permiso.PARTE_VER)
def raciones(activacion_id: UUID) -> ResponseReturnValue:
    """How many to cook for, by age and special food; no names."""
    activacion = visible_activacion(activacion_id, Permiso.PARTE_VER)
    now = clock.now()
    return render_template(
        "ocupacion/raciones.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        r=raciones_of(activacion_id, now),
        momento=now,
        envia=permits(current_cuenta(), Permiso.PARTE_REGISTRAR, activacion),
    )
