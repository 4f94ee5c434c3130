"""The door of the night, quick on a telephone; and the figures: different persons, and services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.text import normalize
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.noches import queries, services
from albergues_app.noches.models import MOTIVO_NOMBRE, REFERIDO_NOMBRE, SERVICIO_NOMBRE
from albergues_app.noches.queries import NOCTURNA, Usuaria, night_of, same_name
from albergues_app.noches.services import EntradaNueva, RechazoNuevo
from albergues_app.ocupacion.avisos_puerta import SIN_CONSULTAR, in_force, note_asked, refuse_unasked
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of

bp = Blueprint("noches", __name__, template_folder="templates")

SEXOS = [("mujer", "Mujer"), ("hombre", "Hombre"), ("no_registrado", "No se sabe")]
OTRA = "otra"
MOST = 60
"""Users of the season offered with one tap; the others are found by name."""


@bp.get("/activaciones/<uuid:activacion_id>/noche")
@requires(Permiso.INGRESO_REGISTRAR)
def puerta(activacion_id: UUID) -> ResponseReturnValue:
    """The door: who comes in, who is inside, who leaves, who is not received."""
    return _door(activacion_id, empty_form())


@bp.post("/activaciones/<uuid:activacion_id>/noche/entradas")
@requires(Permiso.INGRESO_REGISTRAR)
def entrada(activacion_id: UUID) -> ResponseReturnValue:
    """Somebody comes in: a user of the season by one tap, or by name."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    users = _users(activacion_id) if request.form.get("nombre") or request.form.get("persona") else []

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        datos = _read_entrada(typed, activacion_id, users)
        typed.check()
        asked = refuse_unasked([datos.persona_id] if datos.persona_id else [], typed.yes("consultado"))

        def run() -> dict[str, Any]:
            note_asked(asked)
            return services.enter_night(datos)

        return run

    envio = send("web.noche.entrada", work, activacion.emergencia_id, activacion=activacion_id)
    if envio.body is None:
        return _door(activacion_id, envio)
    flash(f"{envio.body['personas'][0]['nombres']}: entró.", "bien")
    return _back(activacion_id)


def _read_entrada(typed: Typed, activacion_id: UUID, users: list[Usuaria]) -> EntradaNueva:
    known = {str(u.persona.id): u for u in users}
    said = typed.get("persona")
    if said in known and known[said].dentro_desde is not None:
        typed.fault("ya_esta_dentro", f"{known[said].persona.nombre} ya está dentro.", "persona")
    name = typed.text("nombre", "" if said in known else "Escriba cómo se llama o cómo le dicen; o N/N.", 120)
    sexo = "no_registrado" if said in known else typed.choice("sexo", dict(SEXOS), "Elija el sexo.")
    edad = typed.integer("edad", high=130)
    alike = same_name(users, name) if said not in known else []
    alike = [u for u in alike if u.persona.id != services.new_person(typed.op_id)]  # a double click
    if alike and said != OTRA:
        came = "Ya vino" if alike[0].dentro_desde is None else "Ya está dentro"
        typed.fault(
            "quien_es",
            f"{came} alguien que se llama así: diga si es «{alike[0].persona.nombre}».",
            "persona",
        )
    con = typed.get("con")
    inside = {key for key, u in known.items() if u.dentro_desde is not None}
    return EntradaNueva(
        id=typed.op_id,
        activacion_id=activacion_id,
        ocurrido_en=clock.now(),
        persona_id=known[said].persona.id if said in known else None,
        nombre=name or "N/N",
        sexo=sexo or "no_registrado",
        edad=edad,
        procedencia=typed.optional("procedencia", 120),
        con=UUID(con) if con in inside else None,
        servicios=typed.choices("servicios", SERVICIO_NOMBRE),
    )


@bp.post("/activaciones/<uuid:activacion_id>/noche/salidas")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def salida(activacion_id: UUID) -> ResponseReturnValue:
    """One leaves, or everybody does in the morning."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        raw = typed.get("persona")
        people = None if typed.yes("todas") else [UUID(raw)] if raw in _inside_texts(activacion_id) else []
        op_id = typed.op_id
        going = services.inside_of(activacion_id) if people is None else people
        asked = refuse_unasked(going, typed.yes("consultado"))

        def run() -> dict[str, Any]:
            note_asked(asked)
            return services.leave_night(op_id, activacion_id, people, clock.now())

        return run

    envio = send("web.noche.salida", work, activacion.emergencia_id, activacion=activacion_id)
    if envio.body is None:
        return _door(activacion_id, envio)
    count = len(envio.body["personas"])
    flash("1 persona salió." if count == 1 else f"{count} personas salieron.", "bien")
    return _back(activacion_id)


@bp.post("/activaciones/<uuid:activacion_id>/noche/servicios")
@requires(Permiso.INGRESO_REGISTRAR)
def servicio(activacion_id: UUID) -> ResponseReturnValue:
    """Services given to somebody inside."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        raw, given = typed.get("persona"), typed.choices("servicios", SERVICIO_NOMBRE)
        if raw not in _inside_texts(activacion_id):
            typed.fault("no_esta_dentro", "Esa persona ya no está dentro.", None)
            raw = str(activacion_id)

        def run() -> dict[str, Any]:
            row = services.night_activation(activacion_id)
            return {"nuevos": services.give_services(row, UUID(raw), night_of(clock.now()), given)}

        return run

    envio = send("web.noche.servicio", work, activacion.emergencia_id, activacion=activacion_id)
    return _door(activacion_id, envio) if envio.body is None else _back(activacion_id)


@bp.post("/activaciones/<uuid:activacion_id>/noche/rechazos")
@requires(Permiso.INGRESO_REGISTRAR)
def rechazo(activacion_id: UUID) -> ResponseReturnValue:
    """Somebody is not received: why, and who was told. No name."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        datos = RechazoNuevo(
            id=typed.op_id,
            activacion_id=activacion_id,
            ocurrido_en=clock.now(),
            motivo=typed.choice("motivo", MOTIVO_NOMBRE, "Elija por qué no se recibe."),
            referido_a=typed.choice("referido_a", REFERIDO_NOMBRE, "Elija a quién se avisó."),
            sexo=typed.choice("rechazo_sexo", dict(SEXOS)) or "no_registrado",
        )
        return lambda: {"id": str(services.refuse_night(datos).id)}

    envio = send("web.noche.rechazo", work, activacion.emergencia_id, activacion=activacion_id)
    if envio.body is None:
        return _door(activacion_id, envio)
    flash("Quedó anotado, sin su nombre.", "bien")
    return _back(activacion_id)


@bp.get("/activaciones/<uuid:activacion_id>/noches")
@requires(Permiso.OCUPACION_VER)
def informe(activacion_id: UUID) -> ResponseReturnValue:
    """The nights of one shelter: counts without names."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.OCUPACION_VER)
    if activacion.albergue.ubicacion_reservada and current_cuenta().from_afar:
        return redirect(url_for("noches.informe_emergencia", emergencia_id=activacion.emergencia_id))
    return render_template(
        "noches/informe.html",
        activacion=activacion,
        albergue=activacion.albergue,
        t=queries.season([activacion_id], clock.now()),
        albergues=None,
        servicios=SERVICIO_NOMBRE,
        ahora_=clock.now(),
    )


@bp.get("/emergencias/<uuid:emergencia_id>/noches")
@requires(Permiso.EMERGENCIA_VER)
def informe_emergencia(emergencia_id: UUID) -> ResponseReturnValue:
    """Every night shelter of one's territory: by shelter and by night, persons and services apart."""
    emergencia = get_visible_or_404(Emergencia, emergencia_id, Permiso.EMERGENCIA_VER)
    listed, total = queries.night_shelters(current_cuenta(), emergencia_id, clock.now())
    return render_template(
        "noches/informe.html",
        emergencia=emergencia,
        t=total,
        albergues=listed,
        servicios=SERVICIO_NOMBRE,
        ahora_=clock.now(),
    )


def _inside_texts(activacion_id: UUID) -> set[str]:
    return {str(p) for p in services.inside_of(activacion_id)}


def _users(activacion_id: UUID) -> list[Usuaria]:
    with unit_of_work(current_cuenta().as_actor("web")):
        return queries.users_of(db.session.get_one(Activacion, activacion_id), clock.now())


def _back(activacion_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("noches.puerta", activacion_id=activacion_id), 303)


def _door(activacion_id: UUID, envio: Envio) -> ResponseReturnValue:
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    if activacion.modalidad != NOCTURNA:
        flash("Este albergue no es nocturno.", "aviso")
        return redirect(url_for("activaciones.ver", activacion_id=activacion_id), 303)
    users, now = _users(activacion_id), clock.now()
    activacion = db.session.get_one(Activacion, activacion_id)
    asked = normalize(request.args.get("q", "")[:80])
    inside = sorted((u for u in users if u.dentro_desde is not None), key=lambda u: u.dentro_desde or now)
    outside = [u for u in users if u.dentro_desde is None]
    wanted = [u for u in outside if all(w in normalize(u.persona.nombre) for w in asked.split())]
    alike = same_name(users, envio.valor("nombre")) if _asks_who(envio) else []
    night = night_of(now)
    page = render_template(
        "noches/puerta.html",
        activacion=activacion,
        albergue=activacion.albergue,
        abierto=activacion.estado in OPEN_STATES and activacion.abierta_en is not None,
        cupo=cupo_of(activacion),
        noche=night,
        dentro=inside,
        fuera=wanted[:MOST],
        mas=max(0, len(wanted) - MOST),
        temporada=len(users),
        q=request.args.get("q", "")[:80],
        parecidas=alike,
        avisos=in_force(u.persona.id for u in (*inside, *wanted[:MOST], *alike)),
        dados=queries.services_given(activacion_id, night),
        rechazos=queries.refusals_of(activacion_id, night),
        servicios=list(SERVICIO_NOMBRE.items()),
        SERVICIO=SERVICIO_NOMBRE,
        MOTIVO=MOTIVO_NOMBRE,
        REFERIDO=REFERIDO_NOMBRE,
        sexos=SEXOS,
        hoy=clock.local_day(now),
        nuevo_id=uuid7,
        envio=envio,
        entra=envio if request.endpoint == "noches.entrada" else empty_form(),
        rechaza=envio if request.endpoint == "noches.rechazo" else empty_form(),
    )
    return page, envio.status


def _asks_who(envio: Envio) -> bool:
    return any(e.codigo in {"quien_es", SIN_CONSULTAR} for e in envio.errores)
