"""Questions between sedes: a desk asks about a possible record elsewhere, its sede answers yes, no or «llame»."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, NotFound
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad import consultas as lists
from albergues_app.identidad.blueprint import bp
from albergues_app.identidad.models import Consulta, RespuestaConsulta
from albergues_app.identidad.services.consulta import answer_consulta, ask_elsewhere
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.desk_views import typed_search

SAID = {
    "si": "Respondido: es la misma persona.",
    "no": "Respondido: no es la misma persona.",
    "llame": "Respondido: que llamen a su sede. La consulta sigue abierta.",
}


@bp.post("/activaciones/<uuid:activacion_id>/consultas")
@requires(Permiso.INGRESO_REGISTRAR)
def preguntar(activacion_id: UUID) -> ResponseReturnValue:
    """Ask about what is being typed. It travels in the body, never in the address; the answer comes to «Consultas»."""
    get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or (nueva_id := parse_id(body.get("id"))) is None:
        raise NotFound()
    busqueda, cuenta = typed_search(body), current_cuenta()
    try:
        with unit_of_work(cuenta.as_actor("web")):
            place = db.session.get_one(Activacion, activacion_id)
            return jsonify(mensaje=ask_elsewhere(cuenta, place, busqueda, nueva_id)["mensaje"])
    except AppError as refused:
        if refused.status not in {422, 429}:
            raise
        return jsonify(mensaje=refused.mensaje), refused.status


@bp.get("/consultas")
@requires(Permiso.INGRESO_REGISTRAR)
def consultas() -> ResponseReturnValue:
    """What others ask of this territory, and what was asked from here."""
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        received, sent = lists.received(cuenta), lists.sent(cuenta)
    return render_template(
        "identidad/consultas.html",
        recibidas=received,
        enviadas=sent,
        limite=lists.LIMIT,
        hoy=clock.local_day(clock.now()),
    )


@bp.post("/consultas/<uuid:consulta_id>/respuesta")
@requires(Permiso.CONSULTA_RESPONDER)
def contestar(consulta_id: UUID) -> ResponseReturnValue:
    """Yes, no, or «llame»: nothing of the person goes with it."""
    get_visible_or_404(Consulta, consulta_id, Permiso.CONSULTA_RESPONDER)

    def work(typed: Typed, unir: bool = True) -> Callable[[], dict[str, Any]]:
        answer = typed.choice("respuesta", set(RespuestaConsulta), "Elija «Sí», «No» o «Que llamen».")
        return lambda: answer_consulta(consulta_id, RespuestaConsulta(answer), unir)

    envio = send("web.consulta", work, consulta=consulta_id)
    if envio.errores and envio.typed.get("respuesta") == "si" and envio.errores[0].codigo != "ya_respondida":
        envio = send("web.consulta", lambda typed: work(typed, False), consulta=consulta_id)
    if envio.body:
        joined = " Los dos registros quedaron unidos." if envio.body.get("unida") else ""
        flash(SAID[envio.body["respuesta"]] + joined, "bien")
    else:
        flash(envio.errores[0].mensaje, "error")
    return redirect(url_for("identidad.consultas"), 303)
