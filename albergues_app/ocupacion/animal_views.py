"""The animals of a family, noted at the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.services.animales import ESPECIES, note_animals
from albergues_app.ocupacion.visibility import sees_familia


@bp.post("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/animales")
@requires(Permiso.INGRESO_REGISTRAR)
def animales(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """The animals the family has now; what is left blank stays as it was."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    if db.session.get(Familia, familia_id) is None or not sees_familia(current_cuenta(), familia_id):
        raise NotFound()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        told = {k: n for k in ESPECIES if (n := typed.integer(f"animales_{k}", high=10_000)) is not None}

        def run() -> dict[str, Any]:
            note_animals(familia_id, told)
            return {"id": str(familia_id)}

        return run

    envio = send("web.animales", work, activacion.emergencia_id, activacion=activacion_id, familia=familia_id)
    if envio.errores:
        flash(envio.errores[0].mensaje, "error")
    else:
        flash("Animales de la familia: guardado.", "bien")
    return redirect(url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=familia_id), 303)
