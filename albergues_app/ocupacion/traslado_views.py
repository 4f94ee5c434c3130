"""«Llegan» and «Salieron»: the two ends of a traslado that asked for an acknowledgement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import gate
from albergues_app.ocupacion.avisos_puerta import boxes_for
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.persona_views import refusals, tell
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of
from albergues_app.ocupacion.queries import personas_by_id
from albergues_app.ocupacion.services.movimiento import DESTINOS
from albergues_app.ocupacion.shelter_page import CAJAS, Caja
from albergues_app.ocupacion.traslados import on_the_way, traslados_of


@bp.get("/activaciones/<uuid:activacion_id>/traslados")
@requires(Permiso.INGRESO_REGISTRAR)
def traslados(activacion_id: UUID) -> ResponseReturnValue:
    """Who is on the way here and who left here and was not received, by traslado; each reading is logged."""
    return _page(activacion_id, [])


def _page(activacion_id: UUID, errores: list[Aviso]) -> str:
    cuenta, now = current_cuenta(), clock.now()
    get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    with unit_of_work(cuenta.as_actor("web")):
        coming, going = on_the_way(destino=activacion_id), on_the_way(origen=activacion_id)
        names = personas_by_id((one.persona_id for one in (*coming, *going)), "web:en_transito")
    advices = boxes_for(names.values())
    activacion = db.session.get_one(Activacion, activacion_id)
    hours = current_app.config["TRASLADO_HORAS"]
    return render_template(
        "ocupacion/traslados.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        llegan=traslados_of(cuenta, coming, arriving=True, now=now, hours=hours),
        salieron=traslados_of(cuenta, going, arriving=False, now=now, hours=hours),
        nombres=names,
        avisos=advices,
        hoy=clock.local_day(now),
        ahora_=now,
        horas=hours,
        errores_=errores,
        abierto=activacion.estado in OPEN_STATES,
        DESTINOS=DESTINOS,
    )


@bp.post("/activaciones/<uuid:activacion_id>/recepciones")
@requires(Permiso.INGRESO_REGISTRAR)
def recibir(activacion_id: UUID) -> ResponseReturnValue:
    """Accept who was on the way here: all, or some; of the rest, that they did not arrive."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    try:
        body = gate.receive(current_cuenta(), activacion, request.form)
    except AppError as error:
        if error.status != 422:
            raise
        return _page(activacion_id, refusals(error)), 422
    came, lost = len(body["llegaron"]), len(body["no_llegaron"])
    if came:
        told = "1 persona recibida. Ya cuenta" if came == 1 else f"{came} personas recibidas. Ya cuentan"
        tell(body, f"{told} en este albergue.")
    if lost:
        flash(
            f"Quedó dicho que {lost} no {'llegó' if lost == 1 else 'llegaron'}: sigue en tránsito hasta que quien "
            "envió diga dónde está.",
            "aviso",
        )
    page = "traslados" if on_the_way(destino=activacion_id) else "personas"
    return redirect(url_for(f"ocupacion.{page}", activacion_id=activacion_id), 303)


@bp.post("/activaciones/<uuid:activacion_id>/traslados/<uuid:traslado_id>/cancelacion")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def cancelar_traslado(activacion_id: UUID, traslado_id: UUID) -> ResponseReturnValue:
    """Those marked, still on the way, come back to the shelter that sent them."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    try:
        body = gate.cancel_traslado(current_cuenta(), activacion, traslado_id, request.form)
    except AppError as error:
        if error.status != 422:
            raise
        return _page(activacion_id, refusals(error)), 422
    number = len(body["personas"])
    said = "1 persona vuelve a contar" if number == 1 else f"{number} personas vuelven a contar"
    tell(body, f"Traslado cancelado: {said} en este albergue.")
    return redirect(url_for("ocupacion.personas", activacion_id=activacion_id), 303)


def _box(
    identity: Identity, activacion: Activacion, people: list[Any], now: datetime, arriving: bool
) -> Caja | None:
    if not people:
        return None
    count, hours = len(people), current_app.config["TRASLADO_HORAS"]
    who = "1 persona" if count == 1 else f"{count} personas"
    one = count == 1
    late = now - people[0].salio_en > timedelta(hours=hours)
    if arriving:
        title = f"{who} {'viene' if one else 'vienen'} en traslado"
        detail = "Cuentan en tránsito hasta que este albergue las reciba."
    else:
        title = f"{who} {'salió' if one else 'salieron'} en traslado y el destino no {'la' if one else 'las'} ha recibido"
        detail = "Cuentan una sola vez, en tránsito."
    if late:
        detail = f"Pasaron más de {hours} horas. {detail}"
    may = permits(identity, Permiso.INGRESO_REGISTRAR, activacion)
    url = url_for("ocupacion.traslados", activacion_id=activacion.id) if may else None
    action = "Ver quién llega y recibir" if arriving else "Ver quiénes son"
    return Caja("alto" if late else "aviso", "traslado", title, detail, action, url)


def _arriving(identity: Identity, activacion: Activacion, now: datetime) -> Caja | None:
    return _box(identity, activacion, on_the_way(destino=activacion.id), now, True)


def _leaving(identity: Identity, activacion: Activacion, now: datetime) -> Caja | None:
    return _box(identity, activacion, on_the_way(origen=activacion.id), now, False)


CAJAS += [_arriving, _leaving]
