"""«Mi cuenta»: own data, password, open sessions, second factor; on the telephone, all sections too."""

from __future__ import annotations

import io
from uuid import UUID

import segno
from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import select

from albergues_app.accounts import hierarchy, second_factor, services
from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.models import ROL_NOMBRE, Cuenta, Rol, Sesion
from albergues_app.accounts.permissions import Permiso
from albergues_app.accounts.territory_text import place_text
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, Invalid
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.web.views import bp

_PENDING = "totp_nuevo"


@bp.get("/mi-cuenta")
@requires(Permiso.SESION_PROPIA)
def mi_cuenta() -> ResponseReturnValue:
    """Own data and sessions."""
    return _page([])


@bp.post("/mi-cuenta/clave")
@requires(Permiso.SESION_PROPIA)
def cambiar_clave() -> ResponseReturnValue:
    """Change the password: the current one is asked again, and every other session ends."""
    me = current_cuenta()
    try:
        nueva = _new_password()
        services.confirm_password(me.id, request.form.get("actual", "")[:200])
        with unit_of_work(me.as_actor("web")):
            services.set_password(db.session.get_one(Cuenta, me.id), nueva, keep=me.sesion_id)
    except AppError as error:
        return _page(_errors(error)), error.status
    flash("Su clave cambió. Las demás sesiones de su cuenta quedaron cerradas.", "bien")
    return redirect(url_for("web.mi_cuenta"), 303)


@bp.route("/elegir-clave", methods=["GET", "POST"])
@requires(Permiso.SESION_PROPIA)
def elegir_clave() -> ResponseReturnValue:
    """After a one-time code: choose a password. Nothing else opens until it is done."""
    me = current_cuenta()
    if not me.debe_cambiar:
        return redirect(url_for("web.mi_cuenta"), 303)
    errors: list[Aviso] = []
    if request.method == "POST":
        try:
            nueva = _new_password()
            with unit_of_work(me.as_actor("web")):
                services.set_password(db.session.get_one(Cuenta, me.id), nueva, keep=me.sesion_id)
            flash("Su clave quedó guardada. La próxima vez entre con ella.", "bien")
            return redirect(url_for("web.hoy"), 303)
        except AppError as error:
            errors = _errors(error)
    return render_template("cuenta/elegir_clave.html", errores=errors), 422 if errors else 200


@bp.post("/mi-cuenta/sesiones/<uuid:sesion_id>/cerrar")
@requires(Permiso.SESION_PROPIA)
def cerrar_sesion_propia(sesion_id: UUID) -> ResponseReturnValue:
    """End one of one's own sessions, for instance on a borrowed telephone."""
    get_visible_or_404(Sesion, sesion_id, Permiso.SESION_PROPIA)
    with unit_of_work(current_cuenta().as_actor("web")):
        services.end_session(db.session.get_one(Sesion, sesion_id))
    flash("La sesión quedó cerrada.", "bien")
    return redirect(url_for("web.mi_cuenta"), 303)


@bp.route("/mi-cuenta/segundo-factor", methods=["GET", "POST"])
@requires(Permiso.SESION_PROPIA)
def segundo_factor() -> ResponseReturnValue:
    """Switch the second factor on: QR, first code, and eight spare codes printed once."""
    me = current_cuenta()
    cuenta = db.session.get_one(Cuenta, me.id)
    if cuenta.totp_secreto is not None:
        return redirect(url_for("web.mi_cuenta"), 303)
    secret = str(session.setdefault(_PENDING, second_factor.new_secret()))
    errors: list[Aviso] = []
    if request.method == "POST":
        try:
            services.confirm_password(me.id, request.form.get("actual", "")[:200])
            with unit_of_work(me.as_actor("web")):
                spare = second_factor.confirm(
                    db.session.get_one(Cuenta, me.id), secret, request.form.get("codigo", "")[:40]
                )
            if spare is not None:
                session.pop(_PENDING, None)
                return render_template("cuenta/respaldo.html", codigos=spare)
            errors = [Aviso("codigo_incorrecto", "El código no coincide. Espere el siguiente.", "codigo")]
        except AppError as error:
            errors = _errors(error)
    return render_template(
        "cuenta/segundo_factor.html",
        errores=errors,
        secreto=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        qr=qr(second_factor.uri(db.session.get_one(Cuenta, me.id), secret)),
    ), 422 if errors else 200


@bp.post("/mi-cuenta/segundo-factor/quitar")
@requires(Permiso.SESION_PROPIA)
def quitar_segundo_factor_propio() -> ResponseReturnValue:
    """Switch it off, with the password."""
    me = current_cuenta()
    try:
        services.confirm_password(me.id, request.form.get("actual", "")[:200])
        with unit_of_work(me.as_actor("web")):
            second_factor.switch_off(db.session.get_one(Cuenta, me.id))
    except AppError as error:
        return _page([Aviso(error.codigo, error.mensaje, "actual-quitar")]), error.status
    flash("El segundo factor quedó apagado.", "aviso")
    return redirect(url_for("web.mi_cuenta"), 303)


def qr(text: str) -> Markup:
    """A QR as inline SVG, drawn on white so that it reads in every theme."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, nl=False, border=3, light="#fff", scale=5, omitsize=True
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - made by segno from modules, no text of people inside


def _new_password() -> str:
    """The new password, typed twice. :raises Invalid: they differ."""
    nueva = request.form.get("nueva", "")[:200]
    if nueva != request.form.get("repetida", "")[:200]:
        raise Invalid([Aviso("claves_distintas", "Las dos claves nuevas no son iguales.", "repetida")])
    return nueva


def _errors(error: AppError) -> list[Aviso]:
    found = error.errores if isinstance(error, Invalid) else [Aviso(error.codigo, error.mensaje, error.campo)]
    return [Aviso(e.codigo, e.mensaje, "nueva" if e.campo == "clave" else e.campo) for e in found]


def _page(errores: list[Aviso]) -> str:
    me, now = current_cuenta(), clock.now()
    cuenta = db.session.get_one(Cuenta, me.id)
    open_ones = db.session.scalars(
        select(Sesion)
        .where(Sesion.cuenta_id == me.id, Sesion.revocada_en.is_(None), Sesion.caduca_en > now)
        .order_by(Sesion.vista_en.desc())
    )
    return render_template(
        "cuenta/mi_cuenta.html",
        errores=errores,
        c=cuenta,
        rol=ROL_NOMBRE[Rol(cuenta.rol)],
        nacional=me.nacional,
        lugares=[place_text(*piece) for piece in hierarchy.territory_of(me.id)],
        sesiones=list(open_ones),
        esta=me.sesion_id,
        ahora_=now,
        repuestos=len([c for c in (cuenta.totp_respaldo or "").split("\n") if c]),
    )
