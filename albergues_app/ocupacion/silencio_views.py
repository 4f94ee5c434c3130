"""Who is late with the parte: the call list, the attempts, and at which hours a shelter reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Contacto
from albergues_app.albergues.site_page import PAPELES
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.ritmo import Callado, default_horas, horas_of, horas_text, read_horas, silent
from albergues_app.ocupacion.services.ritmo import RESULTADOS, note_llamada, set_ritmo

SHOWN = 200


@dataclass(frozen=True)
class PorLlamar:
    """A silent shelter with the people one can call."""

    callado: Callado
    contactos: list[Contacto]
    op_id: UUID


@bp.get("/llamadas")
@requires(Permiso.PARTE_REGISTRAR)
def llamadas() -> ResponseReturnValue:
    """Open shelters that owe a parte, the longest silent first, with whom to call."""
    return _list(empty_form(), None)


def _list(envio: Envio, typed_for: UUID | None) -> str:
    now = clock.now()
    late = silent(current_cuenta(), now, Permiso.PARTE_REGISTRAR)
    contactos = _contactos([c.albergue_id for c in late[:SHOWN]])
    return render_template(
        "ocupacion/llamadas.html",
        filas=[PorLlamar(c, contactos.get(c.albergue_id, []), uuid7()) for c in late[:SHOWN]],
        cuantos=len(late),
        momento=now,
        PAPELES=PAPELES,
        RESULTADOS=RESULTADOS,
        envio=envio,
        escrito_en=typed_for,
    )


def _contactos(albergues: list[UUID]) -> dict[UUID, list[Contacto]]:
    order = {papel: n for n, papel in enumerate(("encargado_noche", "encargado_dia", *PAPELES))}
    found: dict[UUID, list[Contacto]] = {}
    stmt = select(Contacto).where(
        Contacto.albergue_id.in_(albergues), Contacto.activo, Contacto.telefono.is_not(None)
    )
    for row in sorted(db.session.scalars(stmt), key=lambda c: (order.get(c.papel, 99), c.nombre)):
        found.setdefault(row.albergue_id, []).append(row)
    return found


@bp.post("/activaciones/<uuid:activacion_id>/llamadas")
@requires(Permiso.PARTE_REGISTRAR)
def llamada(activacion_id: UUID) -> ResponseReturnValue:
    """Note an attempt and its result."""
    get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_REGISTRAR)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        resultado = typed.choice("resultado", RESULTADOS, "Elija qué resultó de la llamada.")
        nota, contacto = typed.optional("nota", 300), typed.get("contacto")
        op_id, when = typed.op_id, clock.now()
        try:
            contacto_id = UUID(contacto) if contacto else None
        except ValueError:
            contacto_id = None
        return lambda: note_llamada(op_id, activacion_id, resultado, nota, contacto_id, when)

    envio = send("web.llamada", work, activacion=activacion_id)
    if envio.body is None:
        return _list(envio, activacion_id), 422
    flash("La llamada quedó anotada.", "bien")
    return redirect(url_for("ocupacion.llamadas", _anchor=f"a-{activacion_id}"), 303)


@bp.route("/activaciones/<uuid:activacion_id>/horas-de-parte", methods=["GET", "POST"])
@requires(Permiso.ACTIVACION_EDITAR)
def ritmo(activacion_id: UUID) -> ResponseReturnValue:
    """At which hours this shelter reports; a night shelter has others."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.ACTIVACION_EDITAR)
    held = horas_of([activacion_id]).get(activacion_id)
    usual, envio = default_horas(), empty_form()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        op_id, wanted = typed.op_id, typed.get("turno")
        try:
            text = {"comun": horas_text(usual), "noche": current_app.config["PARTE_CORTES_NOCHE"]}.get(wanted)
            horas = read_horas(typed.get("horas") if text is None else text)
        except Invalid as error:
            typed.errores += error.errores
            return dict
        return lambda: set_ritmo(op_id, activacion_id, horas)

    if request.method == "POST":
        envio = send("web.ritmo", work, activacion=activacion_id)
        if envio.body:
            flash(f"Se espera el parte a las {envio.body['horas'].replace(',', ', ')}.", "bien")
            return redirect(url_for("activaciones.ver", activacion_id=activacion_id), 303)
        activacion = get_visible_or_404(Activacion, activacion_id, Permiso.ACTIVACION_EDITAR)
    page = render_template(
        "ocupacion/horas.html",
        activacion=activacion,
        albergue=activacion.albergue,
        envio=envio,
        horas=horas_text(held or usual).replace(",", ", "),
        propias=held is not None,
        comun=horas_text(usual).replace(",", ", "),
        noche=horas_text(read_horas(current_app.config["PARTE_CORTES_NOCHE"])).replace(",", ", "),
    )
    return page, envio.status
