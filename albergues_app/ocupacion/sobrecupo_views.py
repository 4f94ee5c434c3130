"""The page where it is said why a shelter is over its capacity, and its line on the shelter's own page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.typed import Typed
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.places_left import OPEN_STATES
from albergues_app.ocupacion.services.sobrecupo import explain_sobrecupo
from albergues_app.ocupacion.shelter_page import CAJAS, Caja
from albergues_app.ocupacion.sobrecupo import exceso_of

REMEMBERED = timedelta(hours=48)
"""How long after it ended an excess without a reason is still asked for."""


@bp.route("/activaciones/<uuid:activacion_id>/sobrecupo", methods=["GET", "POST"])
@requires(Permiso.INGRESO_REGISTRAR)
def sobrecupo(activacion_id: UUID) -> ResponseReturnValue:
    """Since when the shelter is over its capacity, why, and one more reason."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            motivo = typed.get("motivo")
            return lambda: explain_sobrecupo(activacion_id, motivo)

        envio = send("web.sobrecupo", work, activacion.emergencia_id, activacion=activacion_id)
        if not envio.errores:
            flash("Motivo anotado.", "bien")
            return redirect(url_for(".sobrecupo", activacion_id=activacion_id), 303)
        activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    now = clock.now()
    page = render_template(
        "ocupacion/sobrecupo.html",
        activacion=activacion,
        albergue=activacion.albergue.nombre,
        exceso=exceso_of(activacion, now),
        envio=envio,
        momento=now,
    )
    return page, envio.status


def _box(identity: Identity, activacion: Activacion, now: datetime) -> Caja | None:
    if activacion.estado not in OPEN_STATES:
        return None
    found = exceso_of(activacion, now)
    if found is None or (found.hasta is not None and (found.motivos or now - found.hasta > REMEMBERED)):
        return None
    may = permits(identity, Permiso.INGRESO_REGISTRAR, activacion)
    url = url_for("ocupacion.sobrecupo", activacion_id=activacion.id) if may else None
    hours = found.horas(now)
    lasted = "desde hace menos de una hora" if not hours else f"desde hace {hours:,} h"
    if found.hasta is not None:
        title = f"Pasó de su capacidad: hasta {found.mayor:,} de más"
        return Caja("aviso", "aviso", title, "Ya no. Nadie anotó por qué.", "Anotar el motivo", url)
    people = "1 persona" if found.ahora == 1 else f"{found.ahora:,} personas"
    said = "Motivo anotado." if found.motivos else "Sin motivo anotado."
    action = "Ver el motivo" if found.motivos else "Anotar el motivo"
    level = "aviso" if found.motivos else "alto"
    return Caja(level, "aviso", f"{people} sobre la capacidad, {lasted}", said, action, url)


CAJAS.append(_box)
