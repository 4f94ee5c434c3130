"""Rooms of a site, who sleeps where tonight, and the sheet for each door."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.alojamiento.models import PARA, TIPOS
from albergues_app.alojamiento.queries import Noche, ambientes_of, changes, night, occupied, places_of_person
from albergues_app.alojamiento.services import AmbienteNuevo, assign_places, save_ambiente
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.history_views import APARTES
from albergues_app.ocupacion.places_left import OPEN_STATES
from albergues_app.ocupacion.shelter_page import PESTANAS

bp = Blueprint("alojamiento", __name__, template_folder="templates")

MOST_PLACES = 2_000
TOP_FLOOR = 20


def planta_texto(planta: int) -> str:
    """The floor as people say it."""
    return "planta baja" if planta == 0 else f"nivel {planta + 1}"


@bp.context_processor
def words() -> dict[str, Any]:
    return {"planta_texto": planta_texto, "TIPOS": TIPOS, "PARA": PARA, "uuid_nuevo": uuid7}


@bp.route("/albergues/<uuid:albergue_id>/ambientes", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def sitio(albergue_id: UUID) -> ResponseReturnValue:
    """The rooms of a site: add one, change one, block it with its reason, retire it."""
    albergue, envio = get_visible_or_404(Albergue, albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Any:
            key = parse_id(typed.get("ambiente")) or typed.op_id
            datos = AmbienteNuevo(
                typed.text("nombre", "Escriba el nombre del ambiente, por ejemplo «Aula 3».", 60),
                typed.choice("tipo", TIPOS, "Elija qué es."),
                typed.integer("planta", 0, TOP_FLOOR) or 0,
                typed.integer("lugares", 0, MOST_PLACES, "Escriba cuántas personas caben.") or 0,
                typed.choice("para", PARA) or "cualquiera",
                typed.yes("accesible"),
                typed.optional("bloqueado_motivo", 200),
                typed.yes("retirado"),
            )
            return lambda: save_ambiente(db.session.get_one(Albergue, albergue_id), key, datos)

        envio = send("web.ambiente", work, albergue=albergue_id)
        if envio.body:
            flash(f"{envio.body['nombre']}: guardado.", "bien")
            return redirect(url_for("alojamiento.sitio", albergue_id=albergue_id), 303)
        albergue = get_visible_or_404(Albergue, albergue_id, Permiso.ALBERGUE_EDITAR)
    rooms = ambientes_of(albergue_id)
    page = render_template(
        "alojamiento/sitio.html",
        albergue=albergue,
        ambientes=rooms,
        ocupados=occupied([a.id for a in rooms]),
        envio=envio,
        editado=parse_id(request.form.get("ambiente")) if envio.errores else None,
    )
    return page, envio.status


@bp.get("/activaciones/<uuid:activacion_id>/ambientes")
@requires(Permiso.PERSONA_VER)
def noche(activacion_id: UUID) -> ResponseReturnValue:
    """Who sleeps where, who has no place yet, and where each family might go."""
    return _page(activacion_id, empty_form())


def _night(activacion_id: UUID, pantalla: str) -> tuple[Activacion, Noche]:
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER)
    site = activacion.albergue_id
    with unit_of_work(current_cuenta().as_actor("web")):
        found = night(activacion_id, site, pantalla, clock.local_day(clock.now()))
        for room in found.habitaciones:
            db.session.refresh(room.ambiente)
            db.session.expunge(room.ambiente)
    return db.session.get_one(Activacion, activacion_id), found


def _page(activacion_id: UUID, envio: Envio) -> str:
    cuenta, moving = current_cuenta(), envio.valor("modo") == "mover"
    activacion, found = _night(activacion_id, "web:ambientes")
    return render_template(
        "alojamiento/noche.html",
        activacion=activacion,
        albergue=activacion.albergue,
        noche=found,
        envio=envio,
        movidas=envio.typed.all("personas") if moving else [],
        eligio=bool(envio.errores) and not moving,
        cambios=changes(activacion_id),
        mueve=permits(cuenta, Permiso.MOVIMIENTO_REGISTRAR, activacion) and activacion.estado in OPEN_STATES,
        edita=permits(cuenta, Permiso.ALBERGUE_EDITAR, activacion.albergue),
        hoy=clock.local_day(clock.now()),
    )


@bp.post("/activaciones/<uuid:activacion_id>/ambientes/lugares")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def asignar(activacion_id: UUID) -> ResponseReturnValue:
    """Give places: the rooms chosen for families without one, or one room for those marked."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)

    def work(typed: Typed) -> Any:
        known = typed.yes("excede")
        wanted: dict[UUID | None, list[UUID]] = {}
        if typed.get("modo") == "mover":
            people = [i for raw in typed.all("personas") if (i := parse_id(raw))]
            target = typed.get("ambiente")
            if not people:
                typed.fault("falta_persona", "Elija al menos una persona.", "personas")
            if target != "ninguno" and parse_id(target) is None:
                typed.fault("falta_ambiente", "Elija a qué ambiente pasan.", "ambiente")
            wanted[parse_id(target)] = people
        else:
            for name in typed.raw:
                room = parse_id(typed.get(name)) if name.startswith("familia-") else None
                if room is not None:
                    ids = [i for raw in typed.get(f"de-{name[8:]}").split() if (i := parse_id(raw))]
                    wanted.setdefault(room, []).extend(ids)
            if not wanted:
                typed.fault("falta_ambiente", "Elija un ambiente por lo menos para una familia.", None)

        def run() -> dict[str, Any]:
            place = db.session.get_one(Activacion, activacion_id)
            done = [
                assign_places(place, room, people, known) for room, people in sorted(wanted.items(), key=str)
            ]
            return {"personas": sum(len(one["personas"]) for one in done), "avisos": []}

        return run

    envio = send("web.lugares", work, activacion.emergencia_id, activacion=activacion_id)
    if envio.body is None:
        return _page(activacion_id, envio), 422
    count = envio.body["personas"]
    flash(f"{'1 persona' if count == 1 else f'{count} personas'} con su nuevo lugar.", "bien")
    return redirect(url_for("alojamiento.noche", activacion_id=activacion_id), 303)


@bp.get("/activaciones/<uuid:activacion_id>/ambientes/hoja")
@requires(Permiso.PERSONA_VER)
def hoja(activacion_id: UUID) -> ResponseReturnValue:
    """A sheet for each door, to print: names and ages, and nothing of anybody's needs."""
    activacion, found = _night(activacion_id, "web:hoja_ambientes")
    return render_template(
        "alojamiento/hoja.html",
        activacion=activacion,
        albergue=activacion.albergue,
        habitaciones=[h for h in found.habitaciones if h.gente],
        ahora_=clock.now(),
        hoy=clock.local_day(clock.now()),
    )


def _tab(identity: Identity, activacion: Activacion) -> tuple[str, str] | None:
    may = permits(identity, Permiso.PERSONA_VER, activacion) and activacion.estado in OPEN_STATES
    return (url_for("alojamiento.noche", activacion_id=activacion.id), "Quién duerme dónde") if may else None


def _slept(activacion_id: UUID, persona_id: UUID) -> tuple[str, list[tuple[str, datetime, datetime | None]]]:
    """The rooms of a person, on its page: a move is history."""
    rows = places_of_person(persona_id, activacion_id)
    return "Dónde ha dormido", [(row.nombre, row.desde, row.hasta) for row in rows]


PESTANAS.append(_tab)
APARTES.append(_slept)
