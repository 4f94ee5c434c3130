"""The count without names: declared beside nominal, never mixed with it."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.formats.outputs.web_form import describe_form
from albergues_app.ocupacion import parte_form
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import Hoja, parse_id
from albergues_app.ocupacion.persona_views import refusals, tell
from albergues_app.ocupacion.places_left import cupo_of


@bp.route("/activaciones/<uuid:activacion_id>/partes/nuevo", methods=["GET", "POST"])
@requires(Permiso.PARTE_REGISTRAR)
def parte(activacion_id: UUID) -> ResponseReturnValue:
    """Send a count; the same fields as last time, always empty."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_REGISTRAR)
    hoja = Hoja(uuid7(), activacion_id)
    if request.method == "POST":
        try:
            body = parte_form.save_parte(current_cuenta(), activacion_id, request.form)
            tell(body, f"Parte guardado: {body['personas']:,} personas.")
            return redirect(url_for("ocupacion.parte", activacion_id=activacion_id), 303)
        except AppError as error:
            if error.status != 422:
                raise
            hoja = Hoja(
                parse_id(request.form.get("id")) or uuid7(),
                activacion_id,
                valores=dict(request.form),
                errores=refusals(error),
            )
            activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_REGISTRAR)
    return _page(activacion, hoja), 422 if hoja.errores else 200


@bp.get("/activaciones/<uuid:activacion_id>/partes")
@requires(Permiso.PARTE_VER)
def partes(activacion_id: UUID) -> ResponseReturnValue:
    """The counts sent, newest first."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_VER)
    return _page(activacion, None)


def _page(activacion: Activacion, hoja: Hoja | None) -> str:
    rows = parte_form.last_partes(activacion.id)
    last = rows[0] if rows else None
    if hoja is not None and last is not None and not hoja.errores:
        hoja.valores = {"fuente": last.fuente}
    return render_template(
        "ocupacion/parte.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        hoja=hoja,
        campos=describe_form(parte_form.PARTE)["sections"][0]["campos"],
        partes=rows,
        ultimo=last,
        ve_personas=permits(current_cuenta(), Permiso.PERSONA_VER, activacion),
        FUENTE={o.code: o.label for c in parte_form.PARTE.campos for o in c.type.options_shown(True)},
    )
