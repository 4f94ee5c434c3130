"""«Por aprobar»: what waits for this account, one request with what it will do, and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.aprobaciones import queries, services
from albergues_app.aprobaciones.models import Aprobacion, Respuesta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work

bp = Blueprint("aprobaciones", __name__, url_prefix="/aprobaciones", template_folder="templates")


@bp.get("")
@requires(Permiso.APROBACION_VER)
def lista() -> ResponseReturnValue:
    """What waits for this account, and what it asked itself."""
    cuenta, now = current_cuenta(), clock.now()
    waiting = queries.waiting_for(cuenta, now)
    return render_template(
        "aprobaciones/lista.html",
        esperan=[(row, _name_of(row.cuenta_id)) for row in waiting],
        mias=queries.asked_by(cuenta),
        clases={c.codigo: c.nombre for c in services.clases()},
        ahora_=now,
    )


@bp.get("/<uuid:aprobacion_id>")
@requires(Permiso.APROBACION_VER)
def ver(aprobacion_id: UUID) -> ResponseReturnValue:
    """One request: what exactly will be done, who asks and why, and its answer."""
    return _page(aprobacion_id, empty_form())


@bp.post("/<uuid:aprobacion_id>/respuesta")
@requires(Permiso.APROBACION_RESPONDER)
def responder(aprobacion_id: UUID) -> ResponseReturnValue:
    """Approve or refuse; approved, it is done in the same go."""
    row = get_visible_or_404(Aprobacion, aprobacion_id, Permiso.APROBACION_RESPONDER)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        chosen = typed.choice("respuesta", set(Respuesta), "Elija «Aprobar» o «Rechazar».")
        note = typed.text("nota", limit=300)
        return lambda: services.answer(aprobacion_id, chosen, note)

    envio = send("web.aprobacion", work, row.emergencia_id, aprobacion=aprobacion_id)
    if envio.body is None:
        return _page(aprobacion_id, envio)
    done = envio.body["efecto"].get("dice", "Aprobada: ya quedó hecho.")
    flash(done if envio.body["respuesta"] == Respuesta.APROBADA else "Quedó rechazada.", "bien")
    return redirect(url_for("aprobaciones.lista"), 303)


def _page(aprobacion_id: UUID, envio: Envio) -> ResponseReturnValue:
    cuenta = current_cuenta()
    row = get_visible_or_404(Aprobacion, aprobacion_id, Permiso.APROBACION_VER)
    clase = services.clase_of(row.clase)
    may = permits(cuenta, clase.permiso, row)
    opened, lines = None, []
    if may or row.cuenta_id == cuenta.id:
        with unit_of_work(cuenta.as_actor("web")):
            row = db.session.get_one(Aprobacion, aprobacion_id)
            opened = services.contents(row)
            lines = clase.describe(row, opened[1]) if opened else []
        row = db.session.get_one(Aprobacion, aprobacion_id)
    given, now = queries.answer_of(row), clock.now()
    page = render_template(
        "aprobaciones/ver.html",
        a=row,
        clase=clase,
        motivo=opened[0] if opened else None,
        lineas=lines,
        pidio=_name_of(row.cuenta_id),
        respuesta=given,
        respondio=_name_of(given.cuenta_id) if given else None,
        nota=services.note_of(row, given) if given and opened else None,
        caducada=given is None and row.caduca_en <= now,
        responde=may and given is None and row.caduca_en > now and row.cuenta_id != cuenta.id,
        propia=row.cuenta_id == cuenta.id,
        ahora_=now,
        envio=envio,
    )
    return page, envio.status


def _name_of(cuenta_id: UUID) -> str:
    row = db.session.get(Cuenta, cuenta_id)
    return row.nombre if row else "cuenta desconocida"
