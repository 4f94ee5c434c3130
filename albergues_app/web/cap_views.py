"""Alerts that come and go as CAP messages: brought in, answered by a person, and ours given out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.errors import AppError, Aviso, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.instance import is_training
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias import cap
from albergues_app.emergencias.models import Alerta
from albergues_app.emergencias.models_cap import AlertaCap, CalidadCap, ClaseCap
from albergues_app.emergencias.views import alerta_choices, names, typed_alerta
from albergues_app.interchange import cap_message
from albergues_app.interchange.cap_export import alerta_to_cap, exports_cap
from albergues_app.interchange.cap_import import read_cap, spoken
from albergues_app.web.import_views import refusals

bp = Blueprint("cap", __name__, url_prefix="/emergencias/cap")

CAP_XML = "application/cap+xml; charset=utf-8"
CLASE_NOMBRE = {"alerta": "Alerta", "actualizacion": "Actualización", "cancelacion": "Cancelación"}
ESTADO_NOMBRE = {
    "pendiente": "Por revisar",
    "aceptada": "Aceptada",
    "descartada": "Descartada",
    "reemplazada": "Reemplazada por otro mensaje",
}
SEVERIDAD_NOMBRE = {
    "Extreme": "Extrema", "Severe": "Severa", "Moderate": "Moderada", "Minor": "Menor", "Unknown": "No la dice",
}  # fmt: skip
URGENCIA_NOMBRE = {
    "Immediate": "Inmediata", "Expected": "Esperada (dentro de 1 h)", "Future": "Futura", "Past": "Ya pasó",
    "Unknown": "No la dice",
}  # fmt: skip
CERTEZA_NOMBRE = {
    "Observed": "Observado", "Likely": "Probable", "Very Likely": "Muy probable", "Possible": "Posible",
    "Unlikely": "Poco probable", "Unknown": "No la dice",
}  # fmt: skip


@bp.route("", methods=["GET", "POST"])
@requires(Permiso.EMERGENCIA_DECLARAR)
def lista() -> ResponseReturnValue:
    """The messages that wait for an answer, the answered ones, and the form that brings one in."""
    errores: list[Aviso] = []
    if request.method == "POST":
        try:
            return redirect(url_for("cap.ver", cap_id=_receive()), 303)
        except AppError as error:
            errores = refusals(error)
    cuenta, now = current_cuenta(), clock.now()
    page = render_template(
        "cap/lista.html",
        errores_=errores,
        pendientes=cap.pending_for(cuenta, now),
        respondidas=cap.past_for(cuenta, now),
        **_words(),
    )
    return page, 422 if errores else 200


def _receive() -> UUID:
    file = request.files.get("archivo")
    if file is None or not file.filename:
        raise RuleBroken("falta_archivo", "Elija el archivo del mensaje CAP.", "archivo")
    data = file.read(cap_message.MAX_BYTES + 1)
    datos = read_cap(uuid7(), data, clock.now(), is_training())
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        row, new = cap.receive_cap(datos)
        if not cap.sees(cuenta, row):
            raise RuleBroken(
                "fuera_de_territorio",
                "El mensaje es de otro territorio. Lo recibe la sede de allí o la oficina central.",
                "archivo",
            )
        row_id = row.id
    if new:
        flash("El mensaje quedó como alerta propuesta. Nada rige hasta que una persona la acepta.", "bien")
    else:
        flash("Este mensaje ya se había recibido.", "aviso")
    return row_id


@bp.route("/<uuid:cap_id>", methods=["GET", "POST"])
@requires(Permiso.EMERGENCIA_DECLARAR)
def ver(cap_id: UUID) -> ResponseReturnValue:
    """One message: what it says, what it proposes, and the form that accepts it as it is or as one leaves it."""
    row = _row(cap_id)
    envio = empty_form()
    if request.method == "POST":
        if not cap.answers(current_cuenta(), row):
            raise NotFound()
        envio = send("web.cap.aceptar", _accepting(row), cap=cap_id)
        if envio.body:
            flash(envio.body["dicho"], "bien")
            return redirect(url_for("emergencias.alertas"), 303)
        row = _row(cap_id)
    return _page(row, envio, empty_form()), envio.status


def _accepting(row: AlertaCap) -> Callable[[Typed], Callable[[], dict[str, Any]]]:
    cap_id, cancels = row.id, row.clase == ClaseCap.CANCELACION

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        if cancels:
            when = typed.instant("desde", "Escriba desde cuándo ya no rige.") or clock.now()
            said = "El mensaje quedó aceptado: lo que cancelaba ya no rige."
            return lambda: {"id": str(cap.accept_cancel(cap_id, when).id), "dicho": said}
        datos = typed_alerta(typed)
        said = "La alerta quedó declarada."
        return lambda: {"id": str(cap.accept_cap(cap_id, datos).id), "dicho": said}

    return work


@bp.post("/<uuid:cap_id>/descartar")
@requires(Permiso.EMERGENCIA_DECLARAR)
def descartar(cap_id: UUID) -> ResponseReturnValue:
    """Not taken, and why."""
    row = _row(cap_id)
    if not cap.answers(current_cuenta(), row):
        raise NotFound()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        motivo = typed.text("motivo", "Escriba por qué se descarta.", 300)
        return lambda: {"id": str(cap.dismiss_cap(cap_id, motivo).id)}

    envio = send("web.cap.descartar", work, cap=cap_id)
    if envio.body:
        flash("El mensaje quedó descartado, con su motivo.", "bien")
        return redirect(url_for("cap.lista"), 303)
    return _page(_row(cap_id), empty_form(), envio), envio.status


@bp.get("/<uuid:cap_id>/archivo")
@requires(Permiso.EMERGENCIA_DECLARAR)
def archivo(cap_id: UUID) -> ResponseReturnValue:
    """The message as it came, with its signature if it has one."""
    row = _row(cap_id)
    return download(cap.content_of(row), CAP_XML, f"mensaje-{row.huella[:12]}.cap.xml")


@bp.get("/alertas/<uuid:alerta_id>")
@requires(Permiso.EMERGENCIA_VER)
def exportar(alerta_id: UUID) -> ResponseReturnValue:
    """One of our alerts as a CAP 1.2 message. :raises NotFound: the instance does not export."""
    if not exports_cap():
        raise NotFound()
    alerta = get_visible_or_404(Alerta, alerta_id, Permiso.EMERGENCIA_VER)
    return download(alerta_to_cap(alerta, clock.now()), CAP_XML, f"alerta-{alerta.id}.cap.xml")


def _row(cap_id: UUID) -> AlertaCap:
    """:raises NotFound: absent, or of another territory."""
    row = get_visible_or_404(AlertaCap, cap_id, Permiso.EMERGENCIA_DECLARAR)
    if not cap.sees(current_cuenta(), row):
        raise NotFound()
    return row


def _page(row: AlertaCap, envio: Envio, descarta: Envio) -> str:
    message = cap_message.parse_message(cap.content_of(row))
    choices = alerta_choices()
    under_way = [key for key, _nombre in choices["emergencias"]]
    inicial = {
        "color": row.color or "", "ambito": row.ambito, "nivel": row.nivel, "amenaza": row.amenaza,
        "desde": wall_clock(row.desde), "hasta": wall_clock(row.hasta), "autoridad": row.autoridad,
        "documento": f"CAP {row.identificador}"[:200], "lugares": row.codigos,
        "emergencia": under_way[0] if len(under_way) == 1 else "",
    }  # fmt: skip
    return render_template(
        "cap/ver.html",
        mensaje=row,
        envio=envio,
        descarta=descarta,
        infos=spoken(message.infos),
        bloques=len(message.infos),
        nota=message.nota,
        alcance=message.alcance,
        anteriores=cap.earlier_of(row),
        posteriores=cap.later_of(row) if row.pendiente else [],
        responde=row.pendiente and cap.answers(current_cuenta(), row),
        personas=_names([row.recibida_por, row.resuelta_por]),
        inicial=inicial,
        ahora_texto=wall_clock(clock.now()),
        **{**choices, **_words()},
    )  # fmt: skip


def _names(ids: list[UUID | None]) -> dict[UUID, str]:
    wanted = [i for i in ids if i is not None]
    return {
        r.id: r.nombre
        for r in db.session.execute(select(Cuenta.id, Cuenta.nombre).where(Cuenta.id.in_(wanted)))
    }


def _words() -> dict[str, Any]:
    return {
        **names(),
        "CLASE_NOMBRE": CLASE_NOMBRE, "ESTADO_NOMBRE": ESTADO_NOMBRE, "SEVERIDAD_NOMBRE": SEVERIDAD_NOMBRE,
        "URGENCIA_NOMBRE": URGENCIA_NOMBRE, "CERTEZA_NOMBRE": CERTEZA_NOMBRE,
        "REAL": CalidadCap.REAL, "CANCELACION": ClaseCap.CANCELACION, "MB": cap_message.MAX_BYTES // 1024 // 1024,
    }  # fmt: skip
