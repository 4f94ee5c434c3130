"""Pages of emergencies and alerts; that of one emergency shows its shelters and lives in ``ocupacion``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.emergencias import forms
from albergues_app.emergencias.cap import pending_for
from albergues_app.emergencias.models import COLORES, SIGNO_ALERTA, Alerta, Emergencia
from albergues_app.emergencias.queries import (
    alertas_vigentes,
    alertas_without_force,
    emergencias_en_curso,
    emergencias_terminadas,
)
from albergues_app.emergencias.scope import departamentos_of, municipios_of, reaches_all
from albergues_app.emergencias.services import (
    AlertaNueva,
    declare_alerta,
    declare_emergencia,
    end_alerta,
    end_emergencia,
)
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("emergencias", __name__, url_prefix="/emergencias", template_folder="templates")


@bp.get("")
@requires(Permiso.EMERGENCIA_VER)
def lista() -> ResponseReturnValue:
    """Emergencies under way and ended, and the alerts in force, the highest first."""
    now = clock.now()
    return render_template(
        "emergencias/lista.html",
        en_curso=emergencias_en_curso(now),
        terminadas=emergencias_terminadas(now),
        alertas=alertas_vigentes(now),
        corte=now,
        declara=role_may(current_cuenta().rol, Permiso.EMERGENCIA_DECLARAR),
        **names(),
    )


@bp.route("/nueva", methods=["GET", "POST"])
@requires(Permiso.EMERGENCIA_DECLARAR)
def nueva() -> ResponseReturnValue:
    """Declare an emergency in departments of one's territory."""
    lugares = departamentos_of(current_cuenta())
    envio = empty_form()
    if request.method == "POST":
        known = {d.codigo for d in lugares}

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = forms.read_emergencia(typed, typed.op_id, known)
            return lambda: {"id": str(declare_emergencia(datos).id)}

        envio = send("web.emergencia", work)
        if envio.body:
            flash("La emergencia quedó declarada. Ya puede abrir albergues y declarar alertas.", "bien")
            return redirect(url_for("emergencias.ver", emergencia_id=envio.body["id"]), 303)
    page = render_template(
        "emergencias/nueva.html",
        envio=envio,
        lugares=[(d.codigo, d.nombre) for d in lugares],
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


@bp.route("/<uuid:emergencia_id>/terminar", methods=["GET", "POST"])
@requires(Permiso.EMERGENCIA_DECLARAR)
def terminar(emergencia_id: UUID) -> ResponseReturnValue:
    """Say that it ended; its open shelters go on until each closes."""
    emergencia = declarable(emergencia_id)
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            fin = typed.instant("fin", "Escriba cuándo terminó.") or clock.now()

            def run() -> dict[str, Any]:
                end_emergencia(db.session.get_one(Emergencia, emergencia_id), fin)
                return {"id": str(emergencia_id)}

            return run

        envio = send("web.emergencia.terminar", work, emergencia=emergencia_id)
        if envio.body:
            flash("La emergencia quedó terminada. Los albergues abiertos siguen hasta su cierre.", "bien")
            return redirect(url_for("emergencias.lista"), 303)
    page = render_template(
        "emergencias/terminar.html", envio=envio, emergencia=emergencia, ahora_texto=wall_clock(clock.now())
    )
    return page, envio.status


@bp.get("/alertas")
@requires(Permiso.EMERGENCIA_VER)
def alertas() -> ResponseReturnValue:
    """All alerts: in force with the highest first, then those to come and those lifted."""
    now = clock.now()
    codigo = request.args.get("departamento", "")
    codigo = codigo if codigo in catalogo().departamentos else ""
    return render_template(
        "emergencias/alertas.html",
        vigentes=alertas_vigentes(now, codigo or None),
        otras=alertas_without_force(now),
        departamento=codigo,
        departamentos=sorted(catalogo().departamentos.values(), key=lambda d: d.nombre),
        levantables={a.id for a in alertas_vigentes(now) if may_lift(a)},
        declara=role_may(current_cuenta().rol, Permiso.EMERGENCIA_DECLARAR),
        propuestas=len(pending_for(current_cuenta(), now)),
        exporta=bool(current_app.config["CAP_REMITENTE"]),
        corte=now,
        **names(),
    )


@bp.route("/alertas/nueva", methods=["GET", "POST"])
@requires(Permiso.EMERGENCIA_DECLARAR)
def alerta_nueva() -> ResponseReturnValue:
    """Declare an alert: scope, colour, level, places, dates, authority, document."""
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = typed_alerta(typed)
            return lambda: {"id": str(declare_alerta(datos).id)}

        envio = send("web.alerta", work)
        if envio.body:
            flash("La alerta quedó declarada.", "bien")
            return redirect(url_for("emergencias.alertas"), 303)
    inicial = {"emergencia": request.args.get("emergencia", ""), "desde": wall_clock(clock.now())}
    page = render_template("emergencias/alerta_nueva.html", envio=envio, inicial=inicial, **alerta_choices())
    return page, envio.status


def typed_alerta(typed: Typed) -> AlertaNueva:
    """An alert of the account's territory, as typed; its faults stay in ``typed``. :raises NotFound: its emergency."""
    cuenta = current_cuenta()
    known = {p.codigo for p in (*departamentos_of(cuenta), *municipios_of(cuenta))}
    datos = forms.read_alerta(typed, typed.op_id, known)
    if datos.nivel == "nacional" and not cuenta.nacional:
        typed.fault("nivel_no_permitido", "La alerta nacional la declara la oficina central.", "nivel")
    if datos.emergencia_id is not None:
        get_visible_or_404(Emergencia, datos.emergencia_id, Permiso.EMERGENCIA_VER)
    return datos


def alerta_choices() -> dict[str, Any]:
    """What the fields of an alert offer to the account."""
    cuenta = current_cuenta()
    return {
        "lugares": [(d.codigo, d.nombre) for d in departamentos_of(cuenta)],
        "municipios": [(m.codigo, catalogo().lugar_texto(m.codigo)) for m in municipios_of(cuenta)],
        "emergencias": [(e.id, e.nombre) for e in emergencias_en_curso(clock.now())],
        "colores": [(c, f"{SIGNO_ALERTA[c]} {forms.COLOR_NOMBRE[c]}") for c in COLORES],
        **names(),
    }


@bp.route("/alertas/<uuid:alerta_id>/levantar", methods=["GET", "POST"])
@requires(Permiso.EMERGENCIA_DECLARAR)
def levantar(alerta_id: UUID) -> ResponseReturnValue:
    """Lift an alert at an hour."""
    alerta = get_visible_or_404(Alerta, alerta_id, Permiso.EMERGENCIA_DECLARAR)
    if not may_lift(alerta):
        raise NotFound()
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            hasta = typed.instant("hasta", "Escriba desde cuándo ya no rige.") or clock.now()

            def run() -> dict[str, Any]:
                end_alerta(db.session.get_one(Alerta, alerta_id), hasta)
                return {"id": str(alerta_id)}

            return run

        envio = send("web.alerta.levantar", work, alerta=alerta_id)
        if envio.body:
            flash("La alerta quedó levantada.", "bien")
            return redirect(url_for("emergencias.alertas"), 303)
    page = render_template(
        "emergencias/levantar.html",
        envio=envio,
        alerta=alerta,
        ahora_texto=wall_clock(clock.now()),
        **names(),
    )
    return page, envio.status


def declarable(emergencia_id: UUID) -> Emergencia:
    """The emergency, when every department of it is reached by the account. :raises NotFound: otherwise."""
    emergencia = get_visible_or_404(Emergencia, emergencia_id, Permiso.EMERGENCIA_DECLARAR)
    if not reaches_all(current_cuenta(), emergencia.departamentos):
        raise NotFound()
    return emergencia


def may_lift(alerta: Alerta) -> bool:
    """True when the account may declare, and every place of the alert is in its reach."""
    cuenta = current_cuenta()
    if not role_may(cuenta.rol, Permiso.EMERGENCIA_DECLARAR):
        return False
    return reaches_all(cuenta, [p.codigo for p in alerta.lugares])


def names() -> dict[str, Any]:
    """Labels of the closed lists, for the templates."""
    return {
        "AMBITOS": forms.AMBITOS,
        "NIVELES": forms.NIVELES,
        "COLOR_NOMBRE": forms.COLOR_NOMBRE,
        "COLORES": COLORES,
    }
