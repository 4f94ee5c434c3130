"""Pages of a COE beside its log: its level with its history and alerts, its closed periods, and who came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.coe import integrantes
from albergues_app.coe.blueprint import bp
from albergues_app.coe.cierres import cierres_of, close_period
from albergues_app.coe.entrega import alert_places, alerts_of
from albergues_app.coe.grados import GradoNuevo, change_grado, grados_of, in_force_since
from albergues_app.coe.models import GRADO_NOMBRE, Coe
from albergues_app.coe.models_integrantes import CoeAsistencia
from albergues_app.coe.panel import account_names
from albergues_app.coe.paper import place_name
from albergues_app.coe.periods import period_end
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.emergencias.models import SIGNO_ALERTA


@bp.get("/<uuid:coe_id>/grado")
@requires(Permiso.COE_VER)
def grado(coe_id: UUID) -> ResponseReturnValue:
    """The level now and before, the alerts under which it works, and the form that changes it."""
    return _grado_page(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), empty_form())


@bp.post("/<uuid:coe_id>/grado")
@requires(Permiso.COE_ACTIVAR)
def grado_cambiar(coe_id: UUID) -> ResponseReturnValue:
    """Change the level."""
    get_visible_or_404(Coe, coe_id, Permiso.COE_ACTIVAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        datos = GradoNuevo(
            typed.op_id,
            typed.choice("grado", GRADO_NOMBRE, "Elija el grado."),
            typed.instant("desde", "Escriba desde cuándo rige.") or clock.now(),
            typed.optional("acta"),
            typed.optional("autoridad"),
            typed.text("motivo", "Escriba por qué cambia.", 500),
        )
        return lambda: {"id": str(change_grado(coe_id, datos).id)}

    envio = send("web.coe.grado", work, coe=coe_id)
    if envio.body:
        flash("El grado quedó anotado en la historia del COE.", "bien")
        return redirect(url_for("coe.grado", coe_id=coe_id), 303)
    return _grado_page(get_visible_or_404(Coe, coe_id, Permiso.COE_ACTIVAR), envio), envio.status


def _grado_page(coe: Coe, envio: Envio) -> str:
    now = clock.now()
    history = grados_of(coe.id)
    return render_template(
        "coe/grado.html",
        coe=coe,
        lugar=place_name(coe),
        envio=envio,
        historia=history,
        vigente_desde=in_force_since(history),
        nombres=account_names(g.cuenta_id for g in history),
        alertas=[(a, alert_places(a)) for a in alerts_of(coe, min(coe.desactivado_en or now, now))],
        al_activarse=[(a, alert_places(a)) for a in alerts_of(coe, coe.activado_en)],
        SIGNO_ALERTA=SIGNO_ALERTA,
        GRADO_NOMBRE=GRADO_NOMBRE,
        cambia=coe.desactivado_en is None and permits(current_cuenta(), Permiso.COE_ACTIVAR, coe),
        ahora_texto=wall_clock(now),
        ahora_=now,
    )


@bp.get("/<uuid:coe_id>/periodos")
@requires(Permiso.COE_VER)
def periodos(coe_id: UUID) -> ResponseReturnValue:
    """The closed periods of the log, and the form that closes the next."""
    return _periodos_page(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), empty_form())


@bp.post("/<uuid:coe_id>/periodos")
@requires(Permiso.COE_ACTIVAR)
def periodo_cerrar(coe_id: UUID) -> ResponseReturnValue:
    """Close a period."""
    get_visible_or_404(Coe, coe_id, Permiso.COE_ACTIVAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        hasta = typed.instant("hasta", "Escriba hasta cuándo se cierra.") or clock.now()
        key = typed.op_id

        def run() -> dict[str, Any]:
            row = close_period(coe_id, key, hasta)
            return {"numero": row.numero, "folios": f"{row.folio_desde} a {row.folio_hasta}"}

        return run

    envio = send("web.coe.cerrar", work, coe=coe_id)
    if envio.body:
        flash(f"Período {envio.body['numero']} cerrado: folios {envio.body['folios']}.", "bien")
        return redirect(url_for("coe.periodos", coe_id=coe_id), 303)
    return _periodos_page(get_visible_or_404(Coe, coe_id, Permiso.COE_ACTIVAR), envio), envio.status


def _periodos_page(coe: Coe, envio: Envio) -> str:
    rows, now = cierres_of(coe.id), clock.now()
    first = rows[-1].folio_hasta + 1 if rows else 1
    proposed = period_end(now)
    if proposed <= (rows[-1].hasta if rows else coe.activado_en):
        proposed = now
    return render_template(
        "coe/periodos.html",
        coe=coe,
        lugar=place_name(coe),
        envio=envio,
        cierres=list(reversed(rows)),
        nombres=account_names(r.cuenta_id for r in rows),
        desde_folio=first,
        abiertas=coe.ultimo_folio - first + 1,
        cierra=permits(current_cuenta(), Permiso.COE_ACTIVAR, coe),
        propuesta=wall_clock(proposed),
    )


@bp.get("/<uuid:coe_id>/asistencia")
@requires(Permiso.COE_VER)
def asistencia(coe_id: UUID) -> ResponseReturnValue:
    """Who is in the COE and who was, and the form that notes an arrival."""
    return _attendance_page(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), empty_form())


@bp.post("/<uuid:coe_id>/asistencia")
@requires(Permiso.COE_ESCRIBIR)
def asistencia_anotar(coe_id: UUID) -> ResponseReturnValue:
    """Note that somebody came."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    listed = {str(m.id): m for m in _members(coe)}

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        member = typed.choice("integrante", listed)
        datos = integrantes.LlegadaNueva(
            typed.op_id,
            typed.instant("llego_en", "Escriba a qué hora llegó.") or clock.now(),
            typed.text("nombre", limit=120),
            typed.text("institucion", limit=120),
            UUID(member) if member else None,
        )
        return lambda: {"id": str(integrantes.arrive(coe_id, datos).id)}

    envio = send("web.coe.llegada", work, coe=coe_id)
    if envio.body:
        flash("Llegada anotada.", "bien")
        return redirect(url_for("coe.asistencia", coe_id=coe_id), 303)
    return _attendance_page(get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR), envio), envio.status


def _members(coe: Coe) -> list[Any]:
    return integrantes.members_of(integrantes.lugar_of(coe), clock.local_day(clock.now()))


def _attendance_page(coe: Coe, envio: Envio, line: UUID | None = None) -> str:
    """``line``: the attendance whose own form came back; None: the form of an arrival."""
    rows = integrantes.attendance_of(coe.id)
    return render_template(
        "coe/asistencia.html",
        coe=coe,
        lugar=place_name(coe),
        envio=empty_form() if line else envio,
        errores_=envio.errores,
        linea_mal=line,
        de_linea=envio,
        presentes=[a for a in rows if a.salio_en is None and a.motivo is None],
        pasados=[a for a in rows if a.salio_en is not None or a.motivo is not None],
        lista=[(str(m.id), f"{m.institucion}: {m.titular}") for m in _members(coe)],
        lugar_codigo=integrantes.lugar_of(coe),
        anota=coe.desactivado_en is None and permits(current_cuenta(), Permiso.COE_ESCRIBIR, coe),
        ahora_texto=wall_clock(clock.now()),
    )


@bp.post("/<uuid:coe_id>/asistencia/<uuid:asistencia_id>")
@requires(Permiso.COE_ESCRIBIR)
def asistencia_cambiar(coe_id: UUID, asistencia_id: UUID) -> ResponseReturnValue:
    """Note that somebody left, or annul a line noted by mistake."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    row = db.session.get(CoeAsistencia, asistencia_id)
    if row is None or row.coe_id != coe.id:
        raise NotFound()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        if typed.has("anular"):
            motivo = typed.text("motivo", "Escriba por qué se anula.", 300)
            return lambda: {"id": str(integrantes.annul_attendance(asistencia_id, motivo).id)}
        when = typed.instant("salio_en", "Escriba a qué hora salió.", ahead=timedelta()) or clock.now()
        return lambda: {"id": str(integrantes.leave(asistencia_id, when).id)}

    envio = send("web.coe.asistencia", work, coe=coe_id, asistencia=asistencia_id)
    if envio.body:
        flash("Anotado.", "bien")
        return redirect(url_for("coe.asistencia", coe_id=coe_id), 303)
    page = _attendance_page(get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR), envio, asistencia_id)
    return page, envio.status
