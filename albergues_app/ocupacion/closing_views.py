"""The guided page that closes a shelter: begin, let every household go to its destination, sign the act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.avisos_puerta import AvisoDe, AvisoVisto, boxes, in_force
from albergues_app.ocupacion.closing import (
    CRITERIOS,
    FamiliaDentro,
    add_names,
    familias_inside,
    register_departures,
)
from albergues_app.ocupacion.services import transition_activacion
from albergues_app.ocupacion.services.movimiento import DESTINOS
from albergues_app.ocupacion.shelter_views import bp, visible_activacion

LEAVING = [(c, n) for c, n in DESTINOS.items() if c != "otro_albergue"] + [
    ("otro_albergue", "Otro albergue, ya recibida allá")
]


@bp.get("/<uuid:activacion_id>/cierre")
@requires(Permiso.ACTIVACION_EDITAR)
def cierre(activacion_id: UUID) -> ResponseReturnValue:
    """The three steps, with who is still inside."""
    return wizard(activacion_id)


@bp.post("/<uuid:activacion_id>/cierre/iniciar")
@requires(Permiso.ACTIVACION_EDITAR)
def cierre_iniciar(activacion_id: UUID) -> ResponseReturnValue:
    """Step 1: from now on people only leave."""

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        when = _when(typed)
        return lambda: transition_activacion(activacion_id, "en_cierre", when)

    visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR)
    envio = send("web.cierre.iniciar", work, activacion=activacion_id)
    return _next(activacion_id, envio, "El cierre quedó iniciado. Registre a dónde va cada familia.")


@bp.post("/<uuid:activacion_id>/cierre/egresos")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def cierre_egresos(activacion_id: UUID) -> ResponseReturnValue:
    """Step 2: whole households leave, each to its destination."""
    activacion = visible_activacion(activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        when = _when(typed)
        rest = typed.choice("destino_todas", DESTINOS)
        chosen = {f: typed.choice(f"destino_{f}", DESTINOS) or rest for f in _families(typed)}
        return lambda: register_departures(activacion_id, chosen, when)

    envio = send("web.cierre.egresos", work, activacion.emergencia_id, activacion=activacion_id)
    count = envio.body["personas"] if envio.body else 0
    return _next(activacion_id, envio, f"{count:,} personas salieron con su destino.")


@bp.post("/<uuid:activacion_id>/cierre/cerrar")
@requires(Permiso.ACTIVACION_EDITAR)
def cierre_cerrar(activacion_id: UUID) -> ResponseReturnValue:
    """Step 3: nobody is inside; the act is signed and the shelter closes."""

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        when = _when(typed)
        criterios = typed.choices("criterios", CRITERIOS)
        if not criterios:
            typed.fault("falta_criterio", "Marque por qué se cierra.", "criterios")
        acta = typed.text("acta", "Escriba el número del acta de cierre.")
        note = typed.optional("nota", 500)
        motivo = ". ".join([*(CRITERIOS[c] for c in criterios), *([note] if note else [])])
        return lambda: transition_activacion(activacion_id, "cerrada", when, motivo, acta)

    visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR)
    envio = send("web.cierre.cerrar", work, activacion=activacion_id)
    if envio.body:
        flash("El albergue quedó cerrado. Emita el acta de cierre para firmarla.", "bien")
        return redirect(url_for("activaciones.ver", activacion_id=activacion_id), 303)
    return wizard(activacion_id, envio)


def _when(typed: Typed) -> datetime:
    return typed.instant("ocurrido_en", "Escriba la fecha y hora.") or clock.now()


def _families(typed: Typed) -> list[UUID]:
    """The households on the page that was sent."""
    found = []
    for raw in typed.all("familia"):
        try:
            found.append(UUID(raw))
        except ValueError:
            typed.fault("valor_desconocido", "Recargue la página: la lista de familias cambió.", None)
    return found


def _next(activacion_id: UUID, envio: Envio, mensaje: str) -> ResponseReturnValue:
    if envio.errores:
        return wizard(activacion_id, envio)
    flash(mensaje, "bien")
    return redirect(url_for("activaciones.cierre", activacion_id=activacion_id), 303)


def _said_of(familia: FamiliaDentro, advices: Mapping[UUID, Sequence[AvisoVisto]]) -> list[AvisoDe]:
    """What the gate is to do with its people, who are about to leave."""
    mine = {p.id: advices[p.id] for p in familia.vistas if p.id in advices}
    return boxes(mine, {p.id: p.nombre for p in familia.vistas})


def wizard(activacion_id: UUID, envio: Envio | None = None) -> ResponseReturnValue:
    """The page itself. Names only for those who may see persons, and each reading is logged."""
    activacion = visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR)
    cuenta, municipio = current_cuenta(), activacion.municipio_codigo
    named = permits(cuenta, Permiso.PERSONA_VER, activacion)
    if named:
        with unit_of_work(cuenta.as_actor("web")):
            familias, families, persons = familias_inside(activacion_id)
            add_names(familias, municipio)
        db.session.refresh(activacion)
    else:
        familias, families, persons = familias_inside(activacion_id)
    advices = in_force(p for f in familias for p in f.personas) if named else {}
    envio = envio or empty_form()
    page = render_template(
        "activaciones/cierre.html",
        activacion=activacion,
        albergue=activacion.albergue,
        envio=envio,
        familias=familias,
        avisos={f.id: _said_of(f, advices) for f in familias},
        cuantas=families,
        personas=persons,
        con_nombres=named,
        destinos=LEAVING,
        criterios=list(CRITERIOS.items()),
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status
