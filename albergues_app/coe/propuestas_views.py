"""Proposed entries on the page of a log: accepted with one press, edited on a page of their own, or dismissed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import get_visible_or_404, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.coe import log_page, propuestas
from albergues_app.coe.blueprint import bp
from albergues_app.coe.hechos import Propuesta
from albergues_app.coe.models import TIPO_NOMBRE, Coe
from albergues_app.coe.paper import place_name
from albergues_app.coe.services import write_entrada
from albergues_app.core import clock
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed, wall_clock

SHOWN = 2
"""Proposals in sight; the rest open below them, so that the form stays near."""


def on_page(pending: Sequence[Propuesta]) -> dict[str, Any]:
    """What the page of a log shows of them; each with the id of its own form."""
    waiting = [(p, uuid7()) for p in pending]
    return {"propuestas": waiting[:SHOWN], "propuestas_mas": waiting[SHOWN:]}


@bp.post("/<uuid:coe_id>/propuestas")
@requires(Permiso.COE_ESCRIBIR)
def responder_propuesta(coe_id: UUID) -> ResponseReturnValue:
    """Accept a proposal as it is, or dismiss it."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        accion = typed.choice("accion", ("aceptar", "descartar"), "Elija aceptar o descartar.")
        clave, op_id = typed.get("clave")[:120], typed.op_id

        def run() -> dict[str, Any]:
            found = propuestas.find_pending(coe, clave, clock.now())
            if accion == "descartar":
                return propuestas.dismiss(coe_id, found)
            entrada = found.as_entrada(op_id)
            return propuestas.accept(coe_id, found, lambda: write_entrada(coe_id, entrada), editada=False)

        return run

    envio = send("web.coe.propuesta", work, coe.emergencia_id, coe=coe_id)
    if envio.errores:
        flash(envio.errores[0].mensaje, "aviso")
    elif envio.body and "folio" in envio.body:
        flash(f"Anotado con el folio {envio.body['folio']}.", "bien")
    else:
        flash("La propuesta quedó descartada.", "bien")
    return redirect(url_for("coe.ver", coe_id=coe_id), 303)


@bp.route("/<uuid:coe_id>/propuestas/editar", methods=["GET", "POST"])
@requires(Permiso.COE_ESCRIBIR)
def editar_propuesta(coe_id: UUID) -> ResponseReturnValue:
    """Change a proposal before it is written."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    clave, envio = request.args.get("clave", "")[:120], empty_form()
    try:
        found = propuestas.find_pending(coe, clave, clock.now())
    except RuleBroken as gone:
        flash(gone.mensaje, "aviso")
        return redirect(url_for("coe.ver", coe_id=coe_id), 303)
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            write = log_page.read_entrada(coe, typed)
            return lambda: propuestas.accept(coe_id, found, write, editada=True)

        envio = send("web.coe.propuesta.editada", work, coe.emergencia_id, coe=coe_id)
        if envio.body:
            flash(f"Anotado con el folio {envio.body['folio']}.", "bien")
            return redirect(url_for("coe.ver", coe_id=coe_id), 303)
        coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    return _page(coe, found, envio), envio.status


def _page(coe: Coe, found: Propuesta, envio: Any) -> str:
    return render_template(
        "coe/propuesta.html",
        coe=coe,
        lugar=place_name(coe),
        p=found,
        envio=envio,
        cuando_texto=wall_clock(found.ocurrido_en),
        tipos=list(TIPO_NOMBRE.items()),
        medios=list(log_page.MEDIOS.items()),
        prioridades=list(log_page.PRIORIDAD_NOMBRE.items()),
        municipios=log_page.places_of(coe),
    )
