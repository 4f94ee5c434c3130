"""Families outside shelters: who is registered, what is estimated, and their own totals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion import outside
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.models_fuera import FamiliaFuera
from albergues_app.ocupacion.outside import MODALIDAD_NOMBRE
from albergues_app.ocupacion.services.animales import ESPECIES
from albergues_app.ocupacion.services.fuera import (
    EstimacionNueva,
    FamiliaFueraNueva,
    end_outside,
    note_estimate,
    register_outside,
)
from albergues_app.ocupacion.services.ingreso_rows import PersonaNueva
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("fuera", __name__, template_folder="templates")

ROWS = 8
SEXOS = [("mujer", "Mujer"), ("hombre", "Hombre"), ("no_registrado", "No se sabe")]
UNIDADES = [("anios", "años"), ("meses", "meses"), ("dias", "días")]


@bp.get("/emergencias/<uuid:emergencia_id>/fuera-de-albergue")
@requires(Permiso.EMERGENCIA_VER)
def resumen(emergencia_id: UUID) -> ResponseReturnValue:
    """Totals by municipality and department, apart from those of shelters."""
    return _page(emergencia_id, empty_form())


def _emergencia() -> Emergencia | None:
    """The emergency that the page or the form names, if there is one."""
    key = parse_id(request.values.get("emergencia"))
    return db.session.get(Emergencia, key) if key else None


def _choose() -> ResponseReturnValue:
    flash("Elija primero la emergencia.", "aviso")
    return redirect(url_for("emergencias.lista"), 303)


@bp.post("/fuera-de-albergue/estimaciones")
@requires(Permiso.FUERA_VER)
def estimar() -> ResponseReturnValue:
    """A number with its source and hour."""
    emergencia = _emergencia()
    if emergencia is None:
        return _choose()
    emergencia_id = emergencia.id
    own = dict(_own_municipios())

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        datos = EstimacionNueva(
            id=typed.op_id,
            emergencia_id=emergencia_id,
            municipio=typed.choice("municipio", own, "Elija el municipio."),
            modalidad=typed.choice("modalidad", MODALIDAD_NOMBRE, "Elija cómo están."),
            personas=typed.integer("personas", needed="Escriba cuántas personas.") or 0,
            familias=typed.integer("familias"),
            fuente=typed.text("fuente", "Escriba quién da el número."),
            corte=typed.instant("corte", "Escriba de qué hora es el número.") or clock.now(),
        )
        return lambda: {"id": str(datos.id), "avisos": [a.as_dict() for a in note_estimate(datos)]}

    envio = send("web.fuera.estimacion", work, emergencia=emergencia_id)
    if envio.body is None:
        return _page(emergencia_id, envio)
    flash("Estimación guardada. La anterior se conserva.", "bien")
    return redirect(url_for("fuera.resumen", emergencia_id=emergencia_id), 303)


@bp.route("/fuera-de-albergue/familias", methods=["GET", "POST"])
@requires(Permiso.FUERA_VER)
def familia() -> ResponseReturnValue:
    """Register a family that is in no shelter; if it enters one later, it enters with its code."""
    emergencia = _emergencia()
    if emergencia is None:
        return _choose()
    emergencia_id = emergencia.id
    envio, own = empty_form(), _own_municipios()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = _read(typed, emergencia_id, dict(own))
            return lambda: register_outside(datos)

        envio = send("web.fuera.familia", work, emergencia_id, emergencia=emergencia_id)
        if envio.body is not None:
            flash(f"Familia {envio.body['codigo']} registrada fuera de albergue.", "bien")
            return redirect(url_for("fuera.resumen", emergencia_id=emergencia_id), 303)
    page = render_template(
        "fuera/familia.html",
        emergencia=db.session.get_one(Emergencia, emergencia_id),
        envio=envio,
        municipios=own,
        modalidades=list(MODALIDAD_NOMBRE.items()),
        sexos=SEXOS,
        unidades=UNIDADES,
        especies=list(ESPECIES.items()),
        filas=ROWS,
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


def _read(typed: Typed, emergencia_id: UUID, own: dict[str, str]) -> FamiliaFueraNueva:
    people = []
    for n in range(ROWS):
        nombres = typed.text(f"nombres_{n}", limit=120)
        if not nombres and not typed.get(f"apellidos_{n}") and not typed.get(f"edad_{n}"):
            continue
        edad = typed.integer(f"edad_{n}", high=3650)
        people.append(
            PersonaNueva(
                uuid5(typed.op_id, f"persona/{n}"),
                nombres or "N/N",
                typed.optional(f"apellidos_{n}", 120),
                typed.choice(f"sexo_{n}", dict(SEXOS)) or "no_registrado",
                edad,
                (typed.choice(f"unidad_{n}", dict(UNIDADES)) or "anios") if edad is not None else None,
                parentesco="jefe" if n == 0 else None,
            )
        )
    if not people:
        typed.fault("falta_persona", "Anote al menos una persona; el nombre puede ser N/N.", "nombres_0")
    return FamiliaFueraNueva(
        id=typed.op_id,
        emergencia_id=emergencia_id,
        familia_id=uuid5(typed.op_id, "familia"),
        municipio=typed.choice("municipio", own, "Elija el municipio donde está."),
        modalidad=typed.choice("modalidad", MODALIDAD_NOMBRE, "Elija cómo está."),
        lugar=typed.text("lugar", "Escriba dónde está, con palabras."),
        personas=people,
        desde=typed.instant("desde", "Escriba desde cuándo.") or clock.now(),
        telefono=typed.optional("telefono", 20),
        animales={k: c for k in ESPECIES if (c := typed.integer(f"animales_{k}", high=10_000)) is not None},
    )


@bp.post("/fuera-de-albergue/<uuid:fuera_id>/fin")
@requires(Permiso.FUERA_VER)
def terminar(fuera_id: UUID) -> ResponseReturnValue:
    """The family is no longer there."""
    emergencia_id = get_visible_or_404(FamiliaFuera, fuera_id, Permiso.FUERA_VER).emergencia_id

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        def run() -> dict[str, Any]:
            end_outside(db.session.get_one(FamiliaFuera, fuera_id, with_for_update=True), clock.now())
            return {"id": str(fuera_id)}

        return run

    envio = send("web.fuera.fin", work, fuera=fuera_id)
    if envio.errores:
        flash(envio.errores[0].mensaje, "error")
    else:
        flash("Anotado: la familia ya no sigue ahí.", "bien")
    return redirect(url_for("fuera.resumen", emergencia_id=emergencia_id), 303)


def _own_municipios() -> list[tuple[str, str]]:
    known, cuenta = catalogo(), current_cuenta()
    return [(c, known.lugar_texto(c)) for c in known.municipios if cuenta.covers_municipio(c)]


def _page(emergencia_id: UUID, envio: Envio) -> ResponseReturnValue:
    emergencia = get_visible_or_404(Emergencia, emergencia_id, Permiso.EMERGENCIA_VER)
    cuenta, now = current_cuenta(), clock.now()
    writes = role_may(cuenta.rol, Permiso.FUERA_VER)
    page = render_template(
        "fuera/resumen.html",
        emergencia=emergencia,
        c=outside.outside_figures(cuenta, emergencia_id),
        estimaciones=outside.last_estimates(cuenta, emergencia_id),
        familias=outside.families_outside(cuenta, emergencia_id) if writes else [],
        escribe=writes,
        municipios=_own_municipios() if writes else [],
        MODALIDAD=MODALIDAD_NOMBRE,
        ahora_=now,
        ahora_texto=wall_clock(now),
        envio=envio,
    )
    return page, envio.status
