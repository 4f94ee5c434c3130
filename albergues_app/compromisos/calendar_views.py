"""The private address of one's calendar: made, shown once, ended; and what it answers."""

from __future__ import annotations

import hashlib

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, public, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.compromisos import calendario
from albergues_app.compromisos.blueprint import bp
from albergues_app.core.errors import NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.unit_of_work import unit_of_work

_SHOWN_ONCE = "calendario_nuevo"


@bp.get("/calendario")
@requires(Permiso.COMPROMISO_VER)
def mi_calendario() -> ResponseReturnValue:
    """Whether one has an address, since when, and of what."""
    token = session.pop(_SHOWN_ONCE, None)
    return render_template(
        "compromisos/calendario.html",
        privado=calendario.calendar_of(current_cuenta().id),
        direccion=url_for("compromisos.calendario_ics", ficha=token, _external=True) if token else None,
        ALCANCE=calendario.ALCANCE,
    )


@bp.post("/calendario")
@requires(Permiso.COMPROMISO_VER)
def abrir_calendario() -> ResponseReturnValue:
    """A new address; the one before ends."""
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        session[_SHOWN_ONCE] = calendario.open_calendar(cuenta.id, request.form.get("alcance", ""))
    return redirect(url_for("compromisos.mi_calendario"), 303)


@bp.post("/calendario/revocacion")
@requires(Permiso.COMPROMISO_VER)
def revocar_calendario() -> ResponseReturnValue:
    """The address stops answering."""
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        calendario.close_calendar(cuenta.id)
    flash("La dirección ya no responde.", "bien")
    return redirect(url_for("compromisos.mi_calendario"), 303)


@bp.get("/calendario/<string:ficha>.ics")
@public
def calendario_ics(ficha: str) -> ResponseReturnValue:
    """What a calendar reads: only by who has the address, and nothing that somebody typed."""
    found = calendario.read_calendar(ficha)
    if found is None:
        raise NotFound()
    content = calendario.as_ical(
        found[1],
        lambda f: url_for("compromisos.ver", compromiso_id=f.id, _external=True),
        is_training(),
    )
    response = make_response(content)
    response.mimetype = "text/calendar"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(content).hexdigest())
    return response.make_conditional(request)
