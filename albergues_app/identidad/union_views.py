"""What was joined, and its undoing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad import uniones as history
from albergues_app.identidad.blueprint import bp
from albergues_app.identidad.models import UnionPersonas
from albergues_app.identidad.services.union import part_personas
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.visibility import seen_personas

PER_PAGE = 50


@bp.get("/uniones")
@requires(Permiso.IDENTIDAD_UNIR)
def uniones() -> ResponseReturnValue:
    """The newest unions of the territory, or those of one person."""
    cuenta = current_cuenta()
    persona_id = parse_id(request.args.get("persona"))
    with unit_of_work(cuenta.as_actor("web")):
        if persona_id is not None and not seen_personas(cuenta, [persona_id]):
            raise NotFound()
        found = history.list_uniones(cuenta, PER_PAGE, persona_id)
    return render_template("identidad/uniones.html", uniones=found, persona_id=persona_id, limite=PER_PAGE)


@bp.post("/uniones/<uuid:union_id>/separacion")
@requires(Permiso.IDENTIDAD_UNIR)
def separar(union_id: UUID) -> ResponseReturnValue:
    """Undo a union: each record has again what it had."""
    get_visible_or_404(UnionPersonas, union_id, Permiso.IDENTIDAD_UNIR)
    op_id = uuid7()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        motivo = typed.text("motivo", "Escriba por qué se separan.", 300)
        return lambda: part_personas(union_id, op_id, motivo)

    envio = send("web.separacion", work, union=union_id)
    if envio.body:
        flash("Separadas: cada registro tiene otra vez lo suyo. El par volvió a la cola.", "bien")
    else:
        flash(envio.errores[0].mensaje, "error")
    return redirect(url_for("identidad.uniones"), 303)
