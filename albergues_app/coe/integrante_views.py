"""The accredited list of the COE of a place, and the functions of the PNR."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import (
    current_cuenta,
    get_visible_or_404,
    refuse_invisible,
    requires,
)
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.coe import integrantes, pnr
from albergues_app.coe.blueprint import bp
from albergues_app.coe.models_integrantes import SECCION_NOMBRE, CoeIntegrante, PnrFuncion, PnrVersion
from albergues_app.consolidados.scope import PAIS, Ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed
from albergues_app.emergencias.scope import departamentos_of, municipios_of
from albergues_app.territorio.catalogo import catalogo

_LONG = timedelta(days=366 * 10)


def _known_place(lugar: str, permiso: Permiso) -> str:
    known = catalogo()
    if lugar != PAIS and lugar not in known.departamentos and lugar not in known.municipios:
        raise NotFound()
    refuse_invisible(Ambito(lugar), permiso)
    return lugar


@bp.get("/integrantes")
@requires(Permiso.COE_VER)
def integrantes_lista() -> ResponseReturnValue:
    """The places with a list; with ``lugar``, its accredited institutions."""
    cuenta = current_cuenta()
    lugar = request.args.get("lugar", "")
    if not lugar:
        return render_template(
            "coe/integrantes_lugares.html",
            lugares=[
                (codigo, integrantes.place_of_members(codigo), total, expired)
                for codigo, total, expired in integrantes.places_with_members(cuenta)
            ],
            elegibles=_places_for(Permiso.COE_VER),
        )
    _known_place(lugar, Permiso.COE_VER)
    return render_template(
        "coe/integrantes.html",
        lugar=lugar,
        nombre=integrantes.place_of_members(lugar),
        filas=integrantes.members_of(lugar),
        funciones=_function_names(),
        SECCION_NOMBRE=SECCION_NOMBRE,
        hoy=clock.local_day(clock.now()),
        edita=permits(cuenta, Permiso.COE_ACTIVAR, Ambito(lugar)),
    )


def _places_for(permiso: Permiso) -> list[tuple[str, str]]:
    cuenta = current_cuenta()
    codes = [
        PAIS,
        *(d.codigo for d in departamentos_of(cuenta)),
        *(m.codigo for m in municipios_of(cuenta)),
    ]
    return [(c, integrantes.place_of_members(c)) for c in codes if permits(cuenta, permiso, Ambito(c))]


def _function_names() -> dict[UUID, str]:
    return {f.id: pnr.function_name(f) for f in db.session.scalars(select(PnrFuncion))}


@bp.route("/integrantes/nuevo", methods=["GET", "POST"])
@requires(Permiso.COE_ACTIVAR)
def integrante_nuevo() -> ResponseReturnValue:
    """Accredit an institution in the COE of a place."""
    places = _places_for(Permiso.COE_ACTIVAR)
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = _member(typed, typed.choice("lugar", dict(places), "Elija de qué COE es."))
            return lambda: {"lugar": integrantes.lugar_of(integrantes.accredit(datos))}

        envio = send("web.coe.integrante", work)
        if envio.body:
            flash("Acreditación anotada.", "bien")
            return redirect(url_for("coe.integrantes_lista", lugar=envio.body["lugar"]), 303)
    return _member_form(None, envio, places, request.args.get("lugar", "")), envio.status


@bp.route("/integrantes/<uuid:integrante_id>", methods=["GET", "POST"])
@requires(Permiso.COE_ACTIVAR)
def integrante_editar(integrante_id: UUID) -> ResponseReturnValue:
    """Correct an accreditation, or withdraw it."""
    row = get_visible_or_404(CoeIntegrante, integrante_id, Permiso.COE_ACTIVAR)
    lugar, envio = integrantes.lugar_of(row), empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            if typed.has("retirar"):
                return lambda: {"id": str(integrantes.withdraw(integrante_id).id)}
            datos = _member(typed, lugar)
            return lambda: {"id": str(integrantes.correct_member(integrante_id, datos).id)}

        envio = send("web.coe.integrante.editar", work, integrante=integrante_id)
        if envio.body:
            flash("Lista actualizada.", "bien")
            return redirect(url_for("coe.integrantes_lista", lugar=lugar), 303)
        row = get_visible_or_404(CoeIntegrante, integrante_id, Permiso.COE_ACTIVAR)
    return _member_form(row, envio, [], lugar), envio.status


def _member_form(row: CoeIntegrante | None, envio: Envio, places: list[tuple[str, str]], lugar: str) -> str:
    version = pnr.version_in_force()
    functions = pnr.funciones_of(version.id) if version else []
    options = [(str(f.id), pnr.function_name(f)) for f in functions]
    if row is not None and row.funcion_id is not None and str(row.funcion_id) not in dict(options):
        options.append((str(row.funcion_id), _function_names().get(row.funcion_id, "")))
    return render_template(
        "coe/integrante.html",
        fila=row,
        envio=envio,
        lugares=places,
        lugar=lugar,
        nombre=integrantes.place_of_members(lugar) if row else "",
        edicion=version,
        funciones=options,
        listado_secciones=list(SECCION_NOMBRE.items()),
        hoy=clock.local_day(clock.now()).isoformat(),
    )


def _member(typed: Typed, lugar: str) -> integrantes.IntegranteNuevo:
    funcion = typed.choice("funcion", {str(key) for key in _function_names()})
    accredited = typed.day("acreditado_en", "Escriba la fecha de acreditación.")
    return integrantes.IntegranteNuevo(
        id=typed.op_id,
        lugar=lugar,
        institucion=typed.text("institucion", "Escriba la institución.", 120),
        titular=typed.text("titular", "Escriba el nombre de quien es titular.", 120),
        suplente=typed.optional("suplente", 120),
        telefono=typed.optional("telefono", 40),
        correo=typed.optional("correo", 160),
        funcion_id=UUID(funcion) if funcion else None,
        seccion=typed.choice("seccion", SECCION_NOMBRE) or None,
        acreditado_en=accredited or clock.local_day(clock.now()),
        vence_en=typed.day("vence_en", ahead=_LONG),
    )


@bp.get("/pnr")
@requires(Permiso.TERRITORIO_VER)
def plan() -> ResponseReturnValue:
    """The functions of a version of the PNR, and what of them is verified."""
    versions = pnr.versiones()
    in_force = pnr.version_in_force()
    asked = request.args.get("version", "")
    version = next((v for v in versions if v.numero == asked), in_force)
    return render_template(
        "coe/pnr.html",
        versiones=versions,
        edicion=version,
        vigente=in_force,
        funciones=pnr.funciones_of(version.id) if version else [],
        SECCION_NOMBRE=SECCION_NOMBRE,
    )


@bp.route("/pnr/versiones/nueva", methods=["GET", "POST"])
@requires(Permiso.PNR_EDITAR)
def pnr_version_nueva() -> ResponseReturnValue:
    """A new version of the plan, with the functions of the one before to verify."""
    envio, versions = empty_form(), pnr.versiones()
    if request.method == "POST":
        by_number = {v.numero: v.id for v in versions}

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            copied = typed.choice("copia", by_number)
            datos = pnr.VersionNueva(
                typed.op_id,
                typed.text("numero", "Escriba el número de la versión.", 8),
                typed.text("publicada", "Escriba cuándo se publicó, por ejemplo «septiembre de 2022».", 80),
                typed.day("vigente_desde", ahead=_LONG),
                typed.optional("fuente", 300),
                by_number.get(copied),
            )
            return lambda: {"numero": pnr.add_version(datos).numero}

        envio = send("web.pnr.version", work)
        if envio.body:
            flash("Versión agregada. Compare cada función con el plan y márquela verificada.", "bien")
            return redirect(url_for("coe.plan", version=envio.body["numero"]), 303)
    return render_template("coe/pnr_version.html", envio=envio, versiones=versions), envio.status


@bp.route("/pnr/versiones/<uuid:pnr_version_id>/funciones", methods=["GET", "POST"])
@requires(Permiso.PNR_EDITAR)
def pnr_funcion_nueva(pnr_version_id: UUID) -> ResponseReturnValue:
    """Add a function to a version."""
    version = db.session.get(PnrVersion, pnr_version_id)
    if version is None:
        raise NotFound()
    numero, envio = version.numero, empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = _function(typed)
            return lambda: {"id": str(pnr.add_funcion(pnr_version_id, datos).id)}

        envio = send("web.pnr.funcion", work, version=pnr_version_id)
        if envio.body:
            flash("Función agregada.", "bien")
            return redirect(url_for("coe.plan", version=numero), 303)
    return _function_form(None, numero, envio), envio.status


@bp.route("/pnr/funciones/<uuid:funcion_id>", methods=["GET", "POST"])
@requires(Permiso.PNR_EDITAR)
def pnr_funcion_editar(funcion_id: UUID) -> ResponseReturnValue:
    """Correct a function from the plan itself, and say that it is verified."""
    row = db.session.get(PnrFuncion, funcion_id)
    if row is None:
        raise NotFound()
    numero, envio = db.session.get_one(PnrVersion, row.version_id).numero, empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = _function(typed)
            return lambda: {"id": str(pnr.correct_funcion(funcion_id, datos).id)}

        envio = send("web.pnr.funcion.editar", work, funcion=funcion_id)
        if envio.body:
            flash("Función corregida.", "bien")
            return redirect(url_for("coe.plan", version=numero), 303)
        row = db.session.get_one(PnrFuncion, funcion_id)
    return _function_form(row, numero, envio), envio.status


def _function_form(row: PnrFuncion | None, numero: str, envio: Envio) -> str:
    return render_template(
        "coe/pnr_funcion.html",
        fila=row,
        numero=numero,
        envio=envio,
        listado_secciones=list(SECCION_NOMBRE.items()),
    )


def _function(typed: Typed) -> pnr.FuncionNueva:
    return pnr.FuncionNueva(
        id=typed.op_id,
        numero=typed.integer("numero", 1, 200),
        nombre=typed.text("nombre", "Escriba el nombre de la función.", 160),
        seccion=typed.choice("seccion", SECCION_NOMBRE) or None,
        responsable=typed.optional("responsable", 160),
        apoyo=typed.optional("apoyo", 500),
        verificada=typed.yes("verificada"),
        nota=typed.optional("nota", 500),
    )
