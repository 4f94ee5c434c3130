"""Accounts on screen: made from above with a printed code, watched, and ended at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from albergues_app.accounts import hierarchy, second_factor, services
from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible_select
from albergues_app.accounts.hierarchy import CREATES
from albergues_app.accounts.models import ROL_NOMBRE, Cuenta, CuentaTerritorio, Rol, Sesion
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.accounts.territory_text import parse_place, place_text, suggestions
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, Forbidden, Invalid, NotFound
from albergues_app.core.text import normalize
from albergues_app.core.unit_of_work import unit_of_work

bp = Blueprint("cuentas", __name__, url_prefix="/cuentas", template_folder="templates")

LUGARES = 4
"""Fields for places in the form; an account of more places takes a department or a sede."""


@dataclass(frozen=True)
class Formulario:
    """What was typed about an account, given back as it was when something is wrong."""

    correo: str = ""
    nombre: str = ""
    rol: str = ""
    lugares: tuple[str, ...] = ("",) * LUGARES

    @classmethod
    def read(cls) -> Formulario:
        form = request.form
        typed = [form.get(f"lugar-{n}", "")[:120] for n in range(1, LUGARES + 1)]
        return cls(
            form.get("correo", "")[:160], form.get("nombre", "")[:120], form.get("rol", "")[:16], tuple(typed)
        )

    @property
    def territorios(self) -> list[tuple[str, str]]:
        return list(dict.fromkeys(p for p in map(parse_place, self.lugares) if p is not None))


def roles_below() -> list[tuple[str, str]]:
    """Roles this account may give, as choices."""
    mine = CREATES.get(current_cuenta().rol, frozenset())
    return [(rol, nombre) for rol, nombre in ROL_NOMBRE.items() if rol in mine]


@bp.get("")
@requires(Permiso.CUENTA_VER)
def lista() -> ResponseReturnValue:
    """The accounts below one's own (all, for administration and audit)."""
    wanted = normalize(request.args.get("q", "")[:80])
    rows = [
        c
        for c in db.session.scalars(
            visible_select(Cuenta, Permiso.CUENTA_VER).order_by(Cuenta.nombre, Cuenta.id)
        )
        if wanted in normalize(f"{c.nombre} {c.correo} {ROL_NOMBRE[Rol(c.rol)]}")
    ]
    ids = [c.id for c in rows]
    places: dict[UUID, list[str]] = {}
    for piece in db.session.scalars(select(CuentaTerritorio).where(CuentaTerritorio.cuenta_id.in_(ids))):
        places.setdefault(piece.cuenta_id, []).append(place_text(piece.clase, piece.codigo))
    last = (
        select(Sesion.cuenta_id, func.max(Sesion.vista_en))
        .where(Sesion.cuenta_id.in_(ids))
        .group_by(Sesion.cuenta_id)
    )
    seen: dict[UUID, datetime] = {}
    for row in db.session.execute(last):
        seen[row[0]] = row[1]
    return render_template(
        "cuentas/lista.html",
        filas=rows,
        lugares=places,
        vista=seen,
        roles=ROL_NOMBRE,
        q=request.args.get("q", "")[:80],
        ahora_=clock.now(),
    )


@bp.route("/nueva", methods=["GET", "POST"])
@requires(Permiso.CUENTA_ADMINISTRAR)
def nueva() -> ResponseReturnValue:
    """Make an account; the answer is the sheet to print, with the code that is shown once."""
    form, errors, status = Formulario(), [], 200
    if request.method == "POST":
        form, me = Formulario.read(), current_cuenta()
        try:
            hierarchy.refuse_outside(me, form.rol, form.territorios)
            with unit_of_work(me.as_actor("web")):
                cuenta, code = services.create_cuenta(form.correo, form.nombre, form.rol, form.territorios)
                cuenta_id = cuenta.id
            return _sheet(cuenta_id, code or "", 201)
        except AppError as error:
            errors, status = _errors(error), error.status
    return _form_page("cuentas/nueva.html", form, errors), status


@bp.get("/<uuid:cuenta_id>")
@requires(Permiso.CUENTA_VER)
def ficha(cuenta_id: UUID) -> ResponseReturnValue:
    """One account: what it may do, where, and its open sessions."""
    cuenta = get_visible_or_404(Cuenta, cuenta_id, Permiso.CUENTA_VER)
    me, now = current_cuenta(), clock.now()
    open_ones = db.session.scalars(
        select(Sesion)
        .where(Sesion.cuenta_id == cuenta_id, Sesion.revocada_en.is_(None), Sesion.caduca_en > now)
        .order_by(Sesion.vista_en.desc())
    )
    maker = db.session.get(Cuenta, cuenta.creada_por) if cuenta.creada_por else None
    return render_template(
        "cuentas/ficha.html",
        c=cuenta,
        rol=ROL_NOMBRE[Rol(cuenta.rol)],
        lugares=[place_text(*piece) for piece in hierarchy.territory_of(cuenta_id)],
        sesiones=list(open_ones),
        administra=cuenta.id != me.id and permits(me, Permiso.CUENTA_ADMINISTRAR, cuenta),
        propia=cuenta.id == me.id,
        creador=maker.nombre if maker else None,
        ahora_=now,
    )


@bp.route("/<uuid:cuenta_id>/cambiar", methods=["GET", "POST"])
@requires(Permiso.CUENTA_ADMINISTRAR)
def cambiar(cuenta_id: UUID) -> ResponseReturnValue:
    """Change name, role or territory: the trail keeps who did it and what it was."""
    cuenta = _below(cuenta_id)
    pieces = [place_text(*piece) for piece in hierarchy.territory_of(cuenta_id)][:LUGARES]
    form = Formulario(cuenta.correo, cuenta.nombre, cuenta.rol, (*pieces, *[""] * (LUGARES - len(pieces))))
    errors: list[Aviso] = []
    status = 200
    if request.method == "POST":
        form, me = Formulario.read(), current_cuenta()
        try:
            hierarchy.refuse_outside(me, form.rol, form.territorios)
            with unit_of_work(me.as_actor("web")):
                services.change_cuenta(
                    db.session.get_one(Cuenta, cuenta_id), form.nombre, form.rol, form.territorios
                )
            flash("Los cambios de la cuenta ya rigen.", "bien")
            return redirect(url_for("cuentas.ficha", cuenta_id=cuenta_id), 303)
        except AppError as error:
            errors, status = _errors(error), error.status
    return _form_page("cuentas/cambiar.html", form, errors, c=db.session.get_one(Cuenta, cuenta_id)), status


@bp.post("/<uuid:cuenta_id>/codigo")
@requires(Permiso.CUENTA_ADMINISTRAR)
def codigo(cuenta_id: UUID) -> ResponseReturnValue:
    """A new one-time code, printed: the password and the sessions of before end."""
    _below(cuenta_id)
    with unit_of_work(current_cuenta().as_actor("web")):
        code = services.renew_code(db.session.get_one(Cuenta, cuenta_id))
    return _sheet(cuenta_id, code)


@bp.post("/<uuid:cuenta_id>/activa")
@requires(Permiso.CUENTA_ADMINISTRAR)
def activa(cuenta_id: UUID) -> ResponseReturnValue:
    """Disable the account (its sessions end at once), or enable it."""
    _below(cuenta_id)
    on = request.form.get("activa") == "si"
    with unit_of_work(current_cuenta().as_actor("web")):
        services.set_active(db.session.get_one(Cuenta, cuenta_id), on)
    flash(
        "La cuenta quedó activa." if on else "La cuenta quedó desactivada y sus sesiones, cerradas.", "bien"
    )
    return redirect(url_for("cuentas.ficha", cuenta_id=cuenta_id), 303)


@bp.post("/<uuid:cuenta_id>/sesiones/cerrar")
@requires(Permiso.CUENTA_ADMINISTRAR)
def cerrar_sesiones(cuenta_id: UUID) -> ResponseReturnValue:
    """End every open session of the account."""
    _below(cuenta_id)
    with unit_of_work(current_cuenta().as_actor("web")):
        ended = services.end_sessions(cuenta_id)
    flash("Se cerró 1 sesión." if ended == 1 else f"Se cerraron {ended} sesiones.", "bien")
    return redirect(url_for("cuentas.ficha", cuenta_id=cuenta_id), 303)


@bp.post("/<uuid:cuenta_id>/sesiones/<uuid:sesion_id>/cerrar")
@requires(Permiso.CUENTA_ADMINISTRAR)
def cerrar_sesion(cuenta_id: UUID, sesion_id: UUID) -> ResponseReturnValue:
    """End one session of the account."""
    _below(cuenta_id)
    with unit_of_work(current_cuenta().as_actor("web")):
        sesion = db.session.get(Sesion, sesion_id)
        if sesion is None or sesion.cuenta_id != cuenta_id:
            raise NotFound()
        services.end_session(sesion)
    flash("La sesión quedó cerrada.", "bien")
    return redirect(url_for("cuentas.ficha", cuenta_id=cuenta_id), 303)


@bp.post("/<uuid:cuenta_id>/segundo-factor/quitar")
@requires(Permiso.CUENTA_ADMINISTRAR)
def quitar_segundo_factor(cuenta_id: UUID) -> ResponseReturnValue:
    """The telephone was lost: the account enters with its password until it sets another."""
    _below(cuenta_id)
    with unit_of_work(current_cuenta().as_actor("web")):
        second_factor.switch_off(db.session.get_one(Cuenta, cuenta_id))
    flash("El segundo factor quedó apagado. Pida que active otro.", "aviso")
    return redirect(url_for("cuentas.ficha", cuenta_id=cuenta_id), 303)


def _below(cuenta_id: UUID) -> Cuenta:
    """The account, when one may administer it. One's own is looked after in «Mi cuenta» only."""
    cuenta = get_visible_or_404(Cuenta, cuenta_id, Permiso.CUENTA_ADMINISTRAR)
    if cuenta.id == current_cuenta().id:
        raise Forbidden("Su propia cuenta se cambia en «Mi cuenta», no aquí.")
    return cuenta


def _errors(error: AppError) -> list[Aviso]:
    return error.errores if isinstance(error, Invalid) else [Aviso(error.codigo, error.mensaje, error.campo)]


def _form_page(template: str, form: Formulario, errors: list[Aviso], **more: object) -> str:
    me = current_cuenta()
    return render_template(
        template,
        form=form,
        errores=errors,
        roles=roles_below(),
        sugerencias=suggestions(me),
        nacional=me.nacional,
        **more,
    )


def _sheet(cuenta_id: UUID, code: str, status: int = 200) -> ResponseReturnValue:
    """The page that is printed and handed over; the code is nowhere else."""
    cuenta = db.session.get_one(Cuenta, cuenta_id)
    page = render_template(
        "cuentas/hoja.html",
        c=cuenta,
        codigo=code,
        rol=ROL_NOMBRE[Rol(cuenta.rol)],
        lugares=[place_text(*piece) for piece in hierarchy.territory_of(cuenta_id)],
        horas=current_app.config["CODIGO_INICIAL_HORAS"],
    )
    return page, status
