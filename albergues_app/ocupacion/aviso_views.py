"""The advices for a shelter's gate: which stand, one more, one with its reason, its withdrawal."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import record_opening, record_reading
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import read_code
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.aviso_lista import AvisoEnLista, advice_of, advices_of, reason_of, withdrawal_of
from albergues_app.ocupacion.avisos_puerta import CLASE_NOMBRE
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.known_family import members_of, people_here
from albergues_app.ocupacion.models import Familia, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services.aviso_puerta import (
    LONGEST,
    MOST_LETTERS,
    MOST_REASON,
    PROPOSED,
    AvisoNuevo,
    put_aviso,
    withdraw_aviso,
)
from albergues_app.ocupacion.shelter_page import PESTANAS
from albergues_app.ocupacion.unidas import speakers

QUE_HACE: dict[str, str] = {
    "no_pasa": "Se consulta antes, y se marca «Ya lo consulté». A nadie se le niega la entrada ni la cama.",
    "instruccion": "Hay algo que hacer o que decirle.",
    "avisar": "Entra o sale como siempre, y se avisa a quien diga el texto.",
}
_WHOLE = "familia"


@bp.get("/activaciones/<uuid:activacion_id>/avisos-puerta")
@requires(Permiso.AVISO_PUERTA_VER)
def avisos_puerta(activacion_id: UUID) -> ResponseReturnValue:
    """What stands at this gate, without reasons; the reading of names is logged."""
    get_visible_or_404(Activacion, activacion_id, Permiso.AVISO_PUERTA_VER)
    return _list_page(activacion_id, empty_form())


@bp.post("/activaciones/<uuid:activacion_id>/avisos-puerta/familia")
@requires(Permiso.AVISO_PUERTA_PONER)
def aviso_de_familia(activacion_id: UUID) -> ResponseReturnValue:
    """By the code of its card, the family an advice will be about."""
    get_visible_or_404(Activacion, activacion_id, Permiso.AVISO_PUERTA_PONER)
    typed = Typed(request.form.to_dict(flat=False))
    familia_id = _family_here(activacion_id, read_code(typed.get("codigo")[:20]))
    if familia_id is None:
        typed.fault(
            "codigo_no_encontrado", "Ninguna familia que esté o haya estado aquí tiene ese código.", "codigo"
        )
        return _list_page(activacion_id, Envio(typed, typed.errores)), 422
    return redirect(url_for(".aviso_nuevo", activacion_id=activacion_id, familia=familia_id), 303)


@bp.route("/activaciones/<uuid:activacion_id>/avisos-puerta/nuevo", methods=["GET", "POST"])
@requires(Permiso.AVISO_PUERTA_PONER)
def aviso_nuevo(activacion_id: UUID) -> ResponseReturnValue:
    """An advice about a person, or about a whole family, that is or was here."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.AVISO_PUERTA_PONER)
    emergencia_id, municipio = activacion.emergencia_id, activacion.municipio_codigo
    persona_id, familia_id = parse_id(request.args.get("persona")), parse_id(request.args.get("familia"))
    if persona_id is None and familia_id is None:
        return redirect(url_for(".avisos_puerta", activacion_id=activacion_id), 303)
    subject = _subject(activacion_id, persona_id, familia_id)
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            options = {_WHOLE, *(str(p) for p in subject.personas)}
            whom = typed.choice("de_quien", options, "Elija de quién es el aviso.")
            clase = typed.choice("clase", CLASE_NOMBRE, "Elija qué hace la puerta.")
            texto = typed.text("texto", "Escriba qué debe hacer quien está en la puerta.", MOST_LETTERS)
            motivo = typed.text("motivo", "Escriba por qué. No se muestra en la puerta.", MOST_REASON)
            desde = typed.instant("desde", ahead=LONGEST)
            hasta = typed.instant("hasta", "Escriba hasta cuándo vale.", ahead=None)

            def run() -> dict[str, Any]:
                whole = whom == _WHOLE
                return put_aviso(
                    AvisoNuevo(
                        typed.op_id, activacion_id, clase, texto, motivo, hasta or clock.now(), desde,
                        None if whole else parse_id(whom), subject.familia_id if whole else None,
                    )
                )  # fmt: skip

            return run

        envio = send("web.aviso_puerta", work, emergencia_id, activacion=activacion_id)
        if envio.body is not None:
            flash("El aviso ya se ve en la puerta.", "bien")
            return redirect(url_for(".avisos_puerta", activacion_id=activacion_id), 303)
    with unit_of_work(current_cuenta().as_actor("web")):
        people = personas_by_id(subject.personas, "web:persona", municipio)
    activacion = db.session.get_one(Activacion, activacion_id)
    now = clock.now()
    page = render_template(
        "ocupacion/aviso_nuevo.html",
        activacion=activacion,
        albergue=activacion.albergue.nombre,
        envio=envio,
        codigo=db.session.get_one(Familia, subject.familia_id).codigo,
        de_quien=[
            *((str(p.id), p.nombre) for p in sorted(people.values(), key=_head_first)),
            (_WHOLE, "Toda la familia"),
        ],
        elegida=str(subject.persona_id) if subject.persona_id else _WHOLE,
        clases=[(clase, f"{nombre}. {QUE_HACE[clase]}") for clase, nombre in CLASE_NOMBRE.items()],
        hasta=wall_clock(now + PROPOSED),
        letras=MOST_LETTERS,
        letras_motivo=MOST_REASON,
        dias=LONGEST.days,
    )
    return page, envio.status


@bp.get("/activaciones/<uuid:activacion_id>/avisos-puerta/<uuid:aviso_puerta_id>")
@requires(Permiso.AVISO_PUERTA_PONER)
def aviso_puerta(activacion_id: UUID, aviso_puerta_id: UUID) -> ResponseReturnValue:
    """One advice with its reason; the reading is logged."""
    return _one_page(activacion_id, aviso_puerta_id, empty_form())


@bp.post("/activaciones/<uuid:activacion_id>/avisos-puerta/<uuid:aviso_puerta_id>/retiro")
@requires(Permiso.AVISO_PUERTA_PONER)
def retirar_aviso(activacion_id: UUID, aviso_puerta_id: UUID) -> ResponseReturnValue:
    """It goes from the gate at once."""
    found = _one_or_404(activacion_id, aviso_puerta_id)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        motivo = typed.text("motivo_retiro", "Escriba por qué se retira.", MOST_REASON)
        return lambda: withdraw_aviso(aviso_puerta_id, motivo)

    envio = send("web.aviso_puerta.retiro", work, found.fila.emergencia_id, aviso=aviso_puerta_id)
    if envio.body is None:
        return _one_page(activacion_id, aviso_puerta_id, envio)
    flash("El aviso ya no se ve en la puerta.", "bien")
    return redirect(url_for(".avisos_puerta", activacion_id=activacion_id), 303)


# --- pages ---


def _list_page(activacion_id: UUID, envio: Envio) -> str:
    cuenta, now = current_cuenta(), clock.now()
    with unit_of_work(cuenta.as_actor("web")):
        activacion = db.session.get_one(Activacion, activacion_id)
        puts = permits(cuenta, Permiso.AVISO_PUERTA_PONER, activacion)
        avisos = advices_of(activacion_id, now)
        pasados = advices_of(activacion_id, now, past=True) if puts else []
        ids = [one.fila.persona_id for one in (*avisos, *pasados) if one.fila.persona_id is not None]
        people = personas_by_id(ids, "web:personas", activacion.municipio_codigo)
    activacion = db.session.get_one(Activacion, activacion_id)
    return render_template(
        "ocupacion/avisos_puerta.html",
        activacion=activacion,
        albergue=activacion.albergue.nombre,
        avisos=avisos,
        pasados=pasados,
        personas=people,
        pone=puts,
        ve_personas=permits(cuenta, Permiso.PERSONA_VER, activacion),
        ahora_=now,
        envio=envio,
    )


def _one_or_404(activacion_id: UUID, aviso_id: UUID) -> AvisoEnLista:
    get_visible_or_404(Activacion, activacion_id, Permiso.AVISO_PUERTA_PONER)
    found = advice_of(activacion_id, aviso_id)
    if found is None:
        raise NotFound()
    return found


def _one_page(activacion_id: UUID, aviso_id: UUID, envio: Envio) -> ResponseReturnValue:
    fila = _one_or_404(activacion_id, aviso_id).fila
    about, whole, municipio = fila.persona_id, fila.familia_id, fila.municipio_codigo
    person: PersonaVista | None = None
    with unit_of_work(current_cuenta().as_actor("web")):
        record_opening(db.session(), "aviso_puerta", aviso_id, "por qué")
        if about is not None:
            person = personas_by_id([about], "web:persona", municipio).get(about)
        elif whole is not None:
            record_reading(db.session(), list(members_of(whole)), "web:persona", municipio)
    found, activacion = _one_or_404(activacion_id, aviso_id), db.session.get_one(Activacion, activacion_id)
    page = render_template(
        "ocupacion/aviso_puerta.html",
        activacion=activacion,
        albergue=activacion.albergue.nombre,
        aviso=found,
        persona=person,
        motivo=reason_of(found.fila),
        retiro=withdrawal_of(found.fila),
        ahora_=clock.now(),
        letras_motivo=MOST_REASON,
        envio=envio,
    )
    return page, envio.status


# --- whom it may be about ---


@dataclass(frozen=True)
class Sujeto:
    """A family, those of its people who are or were here, and the one that the page was opened for."""

    familia_id: UUID
    personas: Set[UUID]
    persona_id: UUID | None


def _subject(activacion_id: UUID, persona_id: UUID | None, familia_id: UUID | None) -> Sujeto:
    """:raises NotFound: neither is, nor was, in this shelter."""
    m = Pertenencia
    if persona_id is not None:
        persona_id = speakers([persona_id])[persona_id]
        latest = m.vigente_desde.desc(), m.registrado_en.desc(), m.id.desc()
        stmt = select(m.familia_id).where(m.persona_id == persona_id).order_by(*latest).limit(1)
        familia_id = db.session.scalar(stmt)
    if familia_id is None:
        raise NotFound()
    found = people_here(activacion_id, familia_id)
    if not found or persona_id not in {None, *found}:
        raise NotFound()
    return Sujeto(familia_id, found, persona_id)


def _head_first(p: PersonaVista) -> tuple[bool, date]:
    return p.parentesco != "jefe", p.nacimiento or date.max


def _family_here(activacion_id: UUID, codigo: str | None) -> UUID | None:
    if codigo is None:
        return None
    stmt = select(Familia.id).join(Estancia, Estancia.familia_id == Familia.id)
    stmt = stmt.where(Familia.codigo == codigo, Estancia.activacion_id == activacion_id)
    found = db.session.scalar(stmt.limit(1))
    return found if found is not None and people_here(activacion_id, found) else None


def _tab(identity: Identity, activacion: Activacion) -> tuple[str, str] | None:
    may = permits(identity, Permiso.AVISO_PUERTA_VER, activacion)
    return (
        (url_for("ocupacion.avisos_puerta", activacion_id=activacion.id), "Avisos para la puerta")
        if may
        else None
    )


PESTANAS.append(_tab)
