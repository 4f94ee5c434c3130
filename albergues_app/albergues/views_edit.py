"""Pages that change a site: facts, what splits figures, state, capacity, contacts, blocks; and opening it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues import capacity, site_forms, site_page
from albergues_app.albergues.models import INMUEBLE_NOMBRE, MODALIDAD_NOMBRE, Albergue
from albergues_app.albergues.services import (
    ActivacionNueva,
    activation_warnings,
    add_capacidad,
    add_contacto,
    change_albergue,
    create_activacion,
    transition_sitio,
)
from albergues_app.albergues.site_edit import block_sitio, confirm_contacto, edit_sitio
from albergues_app.albergues.views import bp, own_municipios, visible_sitio
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, NotFound
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import emergencias_en_curso

Reader = Callable[[Typed], Callable[[Albergue], list[Aviso]]]


def change(albergue_id: UUID, clase: str, reader: Reader) -> Envio:
    """Read the form and write it on the site, which is loaded anew and locked inside the unit of work."""

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        apply = reader(typed)

        def run() -> dict[str, Any]:
            avisos = apply(db.session.get_one(Albergue, albergue_id, with_for_update=True))
            return {"id": str(albergue_id), "avisos": [a.as_dict() for a in avisos]}

        return run

    return send(f"web.albergue.{clase}", work, albergue=albergue_id)


def back(albergue_id: UUID, mensaje: str) -> ResponseReturnValue:
    flash(mensaje, "bien")
    return redirect(url_for("albergues.ver", albergue_id=albergue_id), 303)


@bp.route("/<uuid:albergue_id>/editar", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def editar(albergue_id: UUID) -> ResponseReturnValue:
    """Correct name, kind, point, address, owner."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    if request.method == "POST":

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            datos = site_forms.read_datos(typed)
            return lambda row: edit_sitio(row, datos)

        envio = change(albergue_id, "editar", reader)
        if envio.body:
            return back(albergue_id, "Los datos del sitio quedaron guardados.")
    inmuebles = list(INMUEBLE_NOMBRE.items())
    return render_template(
        "albergues/editar.html", albergue=albergue, envio=envio, inmuebles=inmuebles
    ), envio.status


@bp.route("/<uuid:albergue_id>/cambiar", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def cambiar(albergue_id: UUID) -> ResponseReturnValue:
    """Correct what splits figures (official, municipality, reserved), with reason and since when."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    if request.method == "POST":
        cuenta = current_cuenta()

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            motivo = typed.text("motivo", "Escriba el motivo del cambio.", 500)
            desde = typed.instant("vigente_desde")
            municipio = site_forms.read_municipio(typed, cuenta)
            oficial = typed.choice("oficial", {"si", "no"}, "Diga si es oficial.") == "si"
            reserved = typed.yes("ubicacion_reservada")

            def apply(row: Albergue) -> list[Aviso]:
                change_albergue(
                    row,
                    motivo=motivo,
                    vigente_desde=desde,
                    oficial=oficial,
                    municipio=municipio,
                    ubicacion_reservada=reserved,
                )
                return []

            return apply

        envio = change(albergue_id, "cambiar", reader)
        if envio.body:
            return back(albergue_id, "El cambio quedó guardado. Las cifras lo siguen desde su fecha.")
    page = render_template(
        "albergues/cambiar.html",
        albergue=albergue,
        envio=envio,
        municipios=own_municipios(),
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


@bp.route("/<uuid:albergue_id>/estado", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def estado(albergue_id: UUID) -> ResponseReturnValue:
    """Move the site to another state; only legal moves are offered, and only they are taken."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    moves = site_page.legal_moves(albergue)
    if request.method == "POST":

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            a = typed.choice("a", site_page.NOMBRE_SITIO, "Elija el nuevo estado.")
            when = site_forms.read_when(typed, "ocurrida_en", "Escriba la fecha y hora del cambio.")
            motivo, acta = typed.optional("motivo", 500), typed.optional("acta")
            return lambda row: transition_sitio(row, a, when, motivo, acta)[1]

        envio = change(albergue_id, "estado", reader)
        if envio.body:
            return back(albergue_id, "El nuevo estado quedó guardado.")
    page = render_template(
        "albergues/estado.html",
        albergue=albergue,
        envio=envio,
        moves=moves,
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


@bp.route("/<uuid:albergue_id>/capacidad", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def capacidad(albergue_id: UUID) -> ResponseReturnValue:
    """Say how many persons fit; earlier statements stay."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    if request.method == "POST":

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            datos = site_forms.read_capacidad(typed)

            def apply(row: Albergue) -> list[Aviso]:
                add_capacidad(row.id, datos)
                return []

            return apply

        envio = change(albergue_id, "capacidad", reader)
        if envio.body:
            return back(albergue_id, "La capacidad quedó guardada con su fuente y fecha.")
    page = render_template(
        "albergues/capacidad.html",
        albergue=albergue,
        envio=envio,
        regimenes=list(site_page.REGIMEN_NOMBRE.items()),
        hoy=site_forms.today(),
    )
    return page, envio.status


@bp.route("/<uuid:albergue_id>/medidas", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def medidas(albergue_id: UUID) -> ResponseReturnValue:
    """Note what was measured; the computed capacity follows from it."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    normas = capacity.Normas.from_settings(current_app.config)
    if request.method == "POST":

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            datos = site_forms.read_medida(typed)
            return lambda row: capacity.add_medida(row.id, datos, normas)

        envio = change(albergue_id, "medidas", reader)
        if envio.body:
            return back(albergue_id, "Las medidas quedaron guardadas.")
    page = render_template(
        "albergues/medidas.html",
        albergue=albergue,
        envio=envio,
        normas=normas,
        medida=capacity.latest_medida(albergue_id),
        hoy=site_forms.today(),
    )
    return page, envio.status


@bp.route("/<uuid:albergue_id>/contacto", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def contacto(albergue_id: UUID) -> ResponseReturnValue:
    """Note who answers for the site in a role."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    if request.method == "POST":

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            papel = typed.choice("papel", site_page.PAPELES, "Elija el papel.")
            nombre, telefono = typed.get("nombre")[:200], typed.get("telefono")[:30]

            def apply(row: Albergue) -> list[Aviso]:
                add_contacto(row, papel, nombre, telefono)
                return []

            return apply

        envio = change(albergue_id, "contacto", reader)
        if envio.body:
            return back(albergue_id, "El contacto quedó guardado.")
    papeles = list(site_page.PAPELES.items())
    return render_template(
        "albergues/contacto.html", albergue=albergue, envio=envio, papeles=papeles
    ), envio.status


@bp.post("/<uuid:albergue_id>/contacto/<uuid:contacto_id>/confirmar")
@requires(Permiso.ALBERGUE_EDITAR)
def contacto_confirmar(albergue_id: UUID, contacto_id: UUID) -> ResponseReturnValue:
    """The contact answered today."""
    visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR)

    def work(_typed: Typed) -> Callable[[], dict[str, Any]]:
        def run() -> dict[str, Any]:
            if not confirm_contacto(albergue_id, contacto_id):
                raise NotFound()
            return {"id": str(contacto_id)}

        return run

    send("web.albergue.contacto.confirmar", work, albergue=albergue_id, contacto=contacto_id)
    return back(albergue_id, "El contacto quedó confirmado con fecha de hoy.")


@bp.route("/<uuid:albergue_id>/bloqueo", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_EDITAR)
def bloqueo(albergue_id: UUID) -> ResponseReturnValue:
    """Block the places of a site with a reason and an until-date, or unblock them."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ALBERGUE_EDITAR), empty_form()
    if request.method == "POST":

        def reader(typed: Typed) -> Callable[[Albergue], list[Aviso]]:
            motivo = typed.optional("bloqueado_motivo", 500)
            hasta = typed.day("bloqueado_hasta", ahead=None)

            def apply(row: Albergue) -> list[Aviso]:
                block_sitio(row, motivo, hasta)
                return []

            return apply

        envio = change(albergue_id, "bloqueo", reader)
        if envio.body:
            return back(albergue_id, "El bloqueo quedó guardado.")
    return render_template("albergues/bloqueo.html", albergue=albergue, envio=envio), envio.status


@bp.route("/<uuid:albergue_id>/abrir", methods=["GET", "POST"])
@requires(Permiso.ACTIVACION_EDITAR)
def abrir(albergue_id: UUID) -> ResponseReturnValue:
    """Put the site to work for an emergency; what is missing is said, and does not stop it."""
    albergue, envio = visible_sitio(albergue_id, Permiso.ACTIVACION_EDITAR), empty_form()
    emergencias = emergencias_en_curso(clock.now())
    if request.method == "POST":
        known = {str(e.id) for e in emergencias}

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = site_forms.read_apertura(typed, typed.op_id, albergue_id, known)

            def run() -> dict[str, Any]:
                row, avisos = create_activacion(datos)
                return {"id": str(row.id), "avisos": [a.as_dict() for a in avisos]}

            return run

        envio = send("web.activacion", work, albergue=albergue_id)
        if envio.body:
            opened = envio.typed.get("modo") != "preparar"
            flash("El albergue quedó abierto." if opened else "El albergue quedó en preparación.", "bien")
            return redirect(url_for("activaciones.ver", activacion_id=envio.body["id"]), 303)
    chosen = request.values.get("emergencia", "") or (str(emergencias[0].id) if emergencias else "")
    page = render_template(
        "albergues/abrir.html",
        albergue=albergue,
        envio=envio,
        emergencias=[(e.id, e.nombre) for e in emergencias],
        elegida=chosen,
        modalidades=list(MODALIDAD_NOMBRE.items()),
        nocturna=any(str(e.id) == chosen and e.tipo == "frio" for e in emergencias),
        avisos=_look_at(albergue, emergencias, chosen),
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


def _look_at(albergue: Albergue, emergencias: list[Emergencia], chosen: str) -> list[Aviso]:
    """What to look at before opening: said on the form, before anybody types."""
    emergencia = next((e for e in emergencias if str(e.id) == chosen), None)
    if emergencia is None:
        return []
    blank = ActivacionNueva(albergue.id, albergue.id, emergencia.id, None, administrador="·", acta_numero="·")
    avisos = activation_warnings(albergue, emergencia, blank)
    if site_page.is_blocked(albergue):
        avisos.append(Aviso("bloqueado", f"Tiene lugares bloqueados: {albergue.bloqueado_motivo}", None))
    return avisos
