"""A known family at the door: found by its card, its code or half of it; in, out and back by one touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, NotFound, RuleBroken
from albergues_app.core.ids import SPEAKABLE, uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import door, gate
from albergues_app.ocupacion.avisos_puerta import SIN_CONSULTAR, boxes_for
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import Hoja, parse_id
from albergues_app.ocupacion.family_history import history_of
from albergues_app.ocupacion.known_family import (
    PREFIX,
    Miembro,
    Sugerida,
    TarjetaAnulada,
    TarjetaLibre,
    find_for,
    miembros,
    open_stays,
    people_here,
    suggest,
)
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.necesidades import of_familia
from albergues_app.ocupacion.outside import animals_of
from albergues_app.ocupacion.persona_views import ASKED, TIPO_NOMBRE, refusals, tell
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of
from albergues_app.ocupacion.services.animales import ESPECIES
from albergues_app.ocupacion.services.necesidades import ATENCIONES
from albergues_app.ocupacion.visibility import sees_familia

BRIEF = ("salida_temporal", "retorno")
"""Out for a while and back, fifty times a day: what the control sheet would also like to know is not asked for."""


@bp.route("/activaciones/<uuid:activacion_id>/familia-conocida", methods=["GET", "POST"])
@requires(Permiso.INGRESO_REGISTRAR)
def conocida(activacion_id: UUID) -> ResponseReturnValue:
    """A family by the code of its card: typed, read by a reader or by the camera; with half of it, suggestions."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    codigo = request.form.get("codigo", "")[:20]
    if request.method == "POST" and request.accept_mimetypes.best == "application/json":
        return _say(activacion, codigo)
    found: list[Sugerida] = []
    error: AppError | None = None
    if request.method == "POST":
        signs = "".join(s for s in codigo.upper() if s.isalnum())
        if PREFIX <= len(signs) < 6 and set(signs) <= set(SPEAKABLE):
            found, error = _suggested(activacion_id, signs)
        else:
            try:
                return redirect(_page_of(activacion_id, _find(activacion, codigo)), 303)
            except AppError as refused:
                if refused.status != 422:
                    raise
                error = refused
        if len(found) == 1:
            return redirect(_page_of(activacion_id, found[0].familia_id), 303)
        activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    page = render_template(
        "ocupacion/conocida.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        codigo=codigo,
        error=error,
        sugeridas=found,
        anulada=error.familia_id if isinstance(error, TarjetaAnulada) else None,
        libre=error.tarjeta if isinstance(error, TarjetaLibre) else None,
    )
    return page, 422 if error else 200


def _may_advise(activacion: Activacion, familia_id: UUID) -> bool:
    """May this account put an advice about this family here: one that is, or was, in this shelter?"""
    may = permits(current_cuenta(), Permiso.AVISO_PUERTA_PONER, activacion)
    return may and bool(people_here(activacion.id, familia_id))


def _page_of(activacion_id: UUID, familia_id: UUID) -> str:
    return url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=familia_id)


def _find(activacion: Activacion, codigo: str) -> UUID:
    return find_for(current_cuenta(), activacion.emergencia_id, codigo)


def _suggested(activacion_id: UUID, signs: str) -> tuple[list[Sugerida], AppError | None]:
    with unit_of_work(current_cuenta().as_actor("web")):
        found = suggest(db.session.get_one(Activacion, activacion_id), signs)
    if found:
        return found, None
    said = (
        f"Ninguna familia de este albergue tiene un código que empieza con {signs}. Escriba los seis signos."
    )
    return [], RuleBroken("codigo_no_encontrado", said, "codigo")


@dataclass(frozen=True)
class EnOtro:
    """Members inside another shelter; ``origen`` None: it is not for this account to move them, nor to know where."""

    origen: UUID | None
    nombre: str
    quienes: list[Miembro]


def _elsewhere(people: Sequence[Miembro]) -> list[EnOtro]:
    """Members who are inside other shelters, by shelter: those of the account's own may be brought here."""
    away = [m for m in people if m.otro_albergue]
    stays = open_stays([m.persona.id for m in away])
    found: dict[UUID | None, EnOtro] = {}
    for member in away:
        stay = stays.get(member.persona.id)
        place = db.session.get(Activacion, stay.activacion_id) if stay else None
        mine = place is not None and permits(current_cuenta(), Permiso.MOVIMIENTO_REGISTRAR, place)
        key, name = (place.id, place.albergue.nombre) if place is not None and mine else (None, "")
        found.setdefault(key, EnOtro(key, name, [])).quienes.append(member)
    return list(found.values())


def _say(activacion: Activacion, codigo: str) -> ResponseReturnValue:
    """What a code is, for the desk that read it: a family to open, a free card, or what is wrong with it."""
    activacion_id = activacion.id
    try:
        return jsonify(clase="familia", url=_page_of(activacion_id, _find(activacion, codigo)))
    except TarjetaAnulada as void:
        return jsonify(clase="anulada", mensaje=void.mensaje, url=_page_of(activacion_id, void.familia_id))
    except TarjetaLibre as free:
        place = url_for("ocupacion.ingreso", activacion_id=activacion_id, tarjeta=free.tarjeta)
        return jsonify(clase="libre", mensaje=free.mensaje, codigo=free.tarjeta, url=place)
    except AppError as refused:
        if refused.status not in {422, 429}:
            raise
        return jsonify(clase="no", mensaje=refused.mensaje), refused.status


@bp.route("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>", methods=["GET", "POST"])
@requires(Permiso.INGRESO_REGISTRAR)
def familia(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """A family and what it can do now: come in, come back, go out. POST does it for those marked."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    row = db.session.get(Familia, familia_id)
    if row is None or not sees_familia(current_cuenta(), familia_id):
        raise NotFound()
    errores: list[Aviso] = []
    if request.method == "POST":
        codigo = row.codigo
        try:
            body = door.act(current_cuenta(), activacion, familia_id, request.form)
            number = len(body["personas"])
            name = TIPO_NOMBRE[body.get("tipo", "ingreso")]
            who = "persona" if number == 1 else "personas"
            if request.form.get("accion") in BRIEF:
                body = {
                    **body,
                    "avisos": [a for a in body["avisos"] if not a["mensaje"].startswith("Falta «")],
                }
            if "pedida" in body:
                flash(ASKED, "aviso")
            else:
                tell(body, f"{name} de {number} {who} de la familia {codigo}: guardado.")
            return redirect(_page_of(activacion_id, familia_id), 303)
        except AppError as error:
            if error.status != 422:
                raise
            errores = [
                replace(e, campo="destino_egreso") if e.campo == "destino" else e for e in refusals(error)
            ]
    with unit_of_work(current_cuenta().as_actor("web")):
        place = db.session.get_one(Activacion, activacion_id)
        people = miembros(current_cuenta(), familia_id, place, "web:familia")
    advices = boxes_for(m.persona for m in people)
    activacion = db.session.get_one(Activacion, activacion_id)
    sent = parse_id(request.form.get("id"))
    page = render_template(
        "ocupacion/familia.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        familia=db.session.get_one(Familia, familia_id),
        miembros=people,
        en_otros=_elsewhere(people),
        avisos=advices,
        consulta=any(one.aviso.detiene for one in advices) or any(e.codigo == SIN_CONSULTAR for e in errores),
        avisa=_may_advise(activacion, familia_id),
        historia=history_of(current_cuenta(), familia_id),
        animales=animals_of(familia_id),
        especies=list(ESPECIES.items()),
        animales_id=uuid7(),
        necesidades=of_familia(familia_id, [m.persona.id for m in people], clock.now()),
        nombres={m.persona.id: m.persona.nombre for m in people},
        atenciones=ATENCIONES,
        momento=clock.now(),
        marcadas=set(request.form.getlist("personas")) if errores else {str(m.persona.id) for m in people},
        destino=request.form.get("destino_egreso", ""),
        errores_=errores,
        hoja=Hoja(uuid7(), familia_id, valores=request.form.to_dict() if errores else {}, errores=errores),
        campos=gate.gate_campos(),
        op_id=sent if errores and sent else uuid7(),
        hoy=clock.local_day(clock.now()),
        abierto=activacion.estado in OPEN_STATES,
    )
    return page, 422 if errores else 200
