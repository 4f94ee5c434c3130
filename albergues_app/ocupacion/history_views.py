"""One person: what was known and when, where it has been; its correction and its move to another family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.listener import record_reading
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats.outputs.web_form import describe_form, flatten, unflatten
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.avisos_puerta import boxes, in_force
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import Hoja, parse_id
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.known_family import find_for
from albergues_app.ocupacion.matches import visible_stays
from albergues_app.ocupacion.models import Familia, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.persona_views import refusals, tell
from albergues_app.ocupacion.reading_reason import MOTIVOS, asks_reason
from albergues_app.ocupacion.services.correccion import correct_persona, current_version, move_to_familia
from albergues_app.ocupacion.unidas import gather, speakers

CORREGIBLES = ("nombres", "apellidos", "sexo", "edad", "edad_unidad", "fecha_nacimiento", "parentesco", "cui")


APARTES: list[Callable[[UUID, UUID], tuple[str, list[tuple[str, datetime, datetime | None]]]]] = []
"""What packages above add to a person's page: (activation, person) → title, and (what, since, until) of each line."""


def stay_or_404(activacion_id: UUID, persona_id: UUID) -> Activacion:
    """The activation through its door, and the person only if it has, or had, a stay there.

    :raises NotFound: either is not for this account.
    """
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER)
    stmt = select(Estancia.id).where(
        Estancia.persona_id == persona_id, Estancia.activacion_id == activacion_id
    )
    if db.session.scalar(stmt.limit(1)) is None:
        raise NotFound()
    return activacion


@bp.get("/activaciones/<uuid:activacion_id>/personas/<uuid:persona_id>")
@requires(Permiso.PERSONA_VER)
def persona(activacion_id: UUID, persona_id: UUID) -> ResponseReturnValue:
    """What is held of a person, every version of it, and its stays."""
    speaker = speakers([persona_id])[persona_id]
    if speaker != persona_id:  # joined to another record: the page of who speaks for both
        stay = visible_stays(current_cuenta(), [speaker]).get(speaker)
        if stay is None:
            raise NotFound()
        return redirect(url_for(".persona", activacion_id=stay.activacion_id, persona_id=speaker), 302)
    activacion = stay_or_404(activacion_id, persona_id)
    if asks_reason(current_cuenta(), activacion, persona_id):
        return _ask_reason(activacion, persona_id, empty_form())
    return _page(activacion_id, persona_id, None)


@bp.post("/activaciones/<uuid:activacion_id>/personas/<uuid:persona_id>/motivo")
@requires(Permiso.PERSONA_VER)
def motivo_de_lectura(activacion_id: UUID, persona_id: UUID) -> ResponseReturnValue:
    """Say why this person is looked at; then its page opens for a shift."""
    activacion = stay_or_404(activacion_id, persona_id)
    municipio = activacion.municipio_codigo

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        code = typed.choice("motivo", MOTIVOS, "Elija por qué abre estos datos.")
        other = typed.text("otro", "Escriba el motivo." if code == "otro" else "", 200)
        reason = other if code == "otro" else MOTIVOS.get(code, "")

        def note() -> dict[str, Any]:
            record_reading(db.session(), [persona_id], "web:persona", municipio, reason)
            return {"id": str(persona_id)}

        return note

    envio = send("web.motivo_lectura", work, persona=persona_id)
    if envio.body is None:
        again = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER)
        return _ask_reason(again, persona_id, envio), 422
    return redirect(url_for(".persona", activacion_id=activacion_id, persona_id=persona_id), 303)


def _ask_reason(activacion: Activacion, persona_id: UUID, envio: Envio) -> str:
    nombre = select(Albergue.nombre).where(Albergue.id == activacion.albergue_id)
    return render_template(
        "ocupacion/motivo.html",
        activacion=activacion,
        albergue=db.session.scalar(nombre),
        persona_id=persona_id,
        envio=envio,
        motivos=list(MOTIVOS.items()),
    )


@bp.post("/activaciones/<uuid:activacion_id>/personas/<uuid:persona_id>/correcciones")
@requires(Permiso.INGRESO_REGISTRAR)
def corregir(activacion_id: UUID, persona_id: UUID) -> ResponseReturnValue:
    """A new version, with its reason; the one before stays in the history."""
    activacion = stay_or_404(activacion_id, persona_id)
    formato = bindings.ficha()
    raw = {k: v for k, v in unflatten(formato, request.form).items() if k in CORREGIBLES}
    hoja = Hoja(parse_id(request.form.get("id")) or uuid7(), persona_id, valores=dict(request.form))
    result = bindings.check(formato, raw)
    if not result.ok:
        hoja.errores = bindings.avisos_of(result.errors)
        return _page(activacion_id, persona_id, hoja), 422
    motivo = request.form.get("motivo", "")[:300]
    grupos = current_version(persona_id).grupos
    datos = bindings.persona_from(result.answers, persona_id, grupos)

    def work() -> dict[str, Any]:
        known = current_version(persona_id)
        kept = datos if "nacionalidad" in raw else replace(datos, grupos=known.grupos)
        _version, avisos = correct_persona(kept, motivo)
        notes = [*avisos, *bindings.avisos_of(result.warnings)]
        return {"id": str(persona_id), "avisos": [a.as_dict() for a in notes]}

    try:
        content = {"persona": persona_id, "motivo": motivo, **{k: str(v) for k, v in raw.items()}}
        outcome = write_once(
            current_cuenta().as_actor("web"),
            hoja.op_id,
            "web.correccion",
            content,
            activacion.emergencia_id,
            work,
        )
    except AppError as error:
        if error.status != 422:
            raise
        hoja.errores = refusals(error)
        return _page(activacion_id, persona_id, hoja), 422
    tell(
        {"avisos": outcome.body.get("avisos", [])},
        "Corrección guardada. La versión anterior queda en la historia.",
    )
    return redirect(url_for("ocupacion.persona", activacion_id=activacion_id, persona_id=persona_id), 303)


@bp.post("/activaciones/<uuid:activacion_id>/personas/<uuid:persona_id>/familia")
@requires(Permiso.INGRESO_REGISTRAR)
def cambiar_familia(activacion_id: UUID, persona_id: UUID) -> ResponseReturnValue:
    """From now on the person belongs to another family; what was before stays as it was."""
    activacion = stay_or_404(activacion_id, persona_id)
    hoja = Hoja(parse_id(request.form.get("id")) or uuid7(), persona_id)
    codigo = request.form.get("codigo", "")[:20]
    parentesco = request.form.get("parentesco_nuevo") or None
    try:
        familia_id = find_for(current_cuenta(), activacion.emergencia_id, codigo)
        known = {
            o.code
            for c in bindings.ficha().campos
            if c.name == "parentesco"
            for o in c.type.options_shown(True)
        }
        kin = parentesco if parentesco in known else None

        def work() -> dict[str, Any]:
            move_to_familia(persona_id, familia_id, clock.now(), kin)
            return {"id": str(persona_id), "avisos": []}

        content = {"persona": persona_id, "familia": familia_id, "parentesco": kin}
        write_once(
            current_cuenta().as_actor("web"),
            hoja.op_id,
            "web.cambio_familia",
            content,
            activacion.emergencia_id,
            work,
        )
    except AppError as error:
        if error.status != 422:
            raise
        hoja.errores = [Aviso(e.codigo, e.mensaje, "codigo") for e in refusals(error)]
        return _page(activacion_id, persona_id, hoja), 422
    tell({"avisos": []}, "La persona pertenece desde ahora a esa familia.")
    return redirect(url_for("ocupacion.persona", activacion_id=activacion_id, persona_id=persona_id), 303)


def _page(activacion_id: UUID, persona_id: UUID, hoja: Hoja | None) -> str:
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        municipio = db.session.get_one(Activacion, activacion_id).municipio_codigo
        record_reading(db.session(), [persona_id], "web:persona", municipio)
    activacion = db.session.get_one(Activacion, activacion_id)
    v = PersonaVersion
    versions = list(
        db.session.scalars(
            select(v)
            .where(v.persona_id == persona_id)
            .order_by(v.vigente_desde.desc(), v.registrado_en.desc())
        )
    )
    now = current_version(persona_id)
    campos = {
        c["name"]: c
        for s in describe_form(bindings.ficha(), format_catalogos())["sections"]
        for c in s["campos"]
    }
    values = {
        "nombres": now.nombres,
        "apellidos": now.apellidos,
        "sexo": now.sexo,
        "edad": now.edad,
        "edad_unidad": now.edad_unidad,
        "parentesco": now.parentesco,
        "fecha_nacimiento": None if now.nacimiento_estimado else now.nacimiento,
    }
    current = Hoja(uuid7(), persona_id, valores=flatten(bindings.ficha(), values))
    return render_template(
        "ocupacion/persona.html",
        activacion=activacion,
        albergue=db.session.scalar(
            select(Albergue.nombre).where(Albergue.codigo == activacion.albergue_codigo)
        ),
        ahora_=now,
        avisos=boxes(in_force([persona_id])),
        avisa=permits(cuenta, Permiso.AVISO_PUERTA_PONER, activacion),
        versiones=versions,
        apartes=[said(activacion_id, persona_id) for said in APARTES],
        estancias=_stays(persona_id),
        familias=_memberships(persona_id),
        hoja=hoja if hoja and hoja.valores else replace(current, errores=hoja.errores if hoja else []),
        mueve_id=uuid7(),
        campos=campos,
        corregibles=CORREGIBLES,
        unidas=len(gather([persona_id])) - 1,
    )


def _stays(persona_id: UUID) -> list[Any]:
    """Stays in the account's territory, newest first."""
    stmt: Any = (
        select(Estancia.ingreso_en, Estancia.egreso_en, Estancia.egreso_tipo, Estancia.fuera, Albergue.nombre)
        .join(Albergue, Albergue.codigo == Estancia.albergue_codigo)
        .where(Estancia.persona_id == persona_id)
        .order_by(Estancia.ingreso_en.desc())
    )
    return list(db.session.execute(visible(stmt, Permiso.PERSONA_VER, Estancia)))


def _memberships(persona_id: UUID) -> list[Any]:
    stmt = (
        select(
            Pertenencia.vigente_desde,
            Pertenencia.registrado_en,
            Pertenencia.parentesco,
            Familia.codigo,
            Familia.id,
        )
        .join(Familia, Familia.id == Pertenencia.familia_id)
        .where(Pertenencia.persona_id == persona_id)
        .order_by(Pertenencia.vigente_desde.desc(), Pertenencia.registrado_en.desc())
    )
    return list(db.session.execute(stmt))
