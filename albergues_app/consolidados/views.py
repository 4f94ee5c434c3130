"""Pages of the consolidated figures: the cut-offs, one of them, its frozen versions. Also ``views_*``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.consolidados import services
from albergues_app.consolidados.asking import (
    asked,
    asked_emergencia,
    emergencias,
    instant_of,
    question_of,
)
from albergues_app.consolidados.blueprint import bp
from albergues_app.consolidados.models import (
    Consolidado,
)
from albergues_app.consolidados.pages import (
    frozen_page,
    preliminary_page,
    visible_consolidado,
)
from albergues_app.consolidados.queries import (
    states_of,
    versions_at,
)
from albergues_app.consolidados.scope import Ambito, own_ambitos, recent_cuts
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.ocupacion.figures import cuadro


@bp.get("")
@requires(Permiso.CONSOLIDADO_VER)
def lista() -> ResponseReturnValue:
    """The cut-offs and the state of each place in one of them."""
    cuenta, now = current_cuenta(), clock.now()
    emergencia = asked_emergencia()
    cuts = recent_cuts(now)
    corte = instant_of("corte", cuts[0])
    if emergencia is None:
        return render_template("consolidados/lista.html", emergencia=None, emergencias=[])
    places = own_ambitos(cuenta)
    versions = versions_at(cuenta, emergencia.id, [*cuts, corte])
    states = states_of([v.id for v in versions.values()])
    counted = _counted(places, emergencia.id, corte)
    return render_template(
        "consolidados/lista.html",
        emergencia=emergencia,
        emergencias=emergencias(),
        corte=corte,
        cortes=cuts,
        lugares=[
            (p, counted.get(p.codigo), versions.get((p.codigo, corte)))
            for p in places
            if p.nivel != "departamento"
            or not cuenta.nacional
            or counted.get(p.codigo)
            or (p.codigo, corte) in versions
        ],
        estados=states,
        versiones=versions,
        escrito=wall_clock(corte),
        valida=role_may(cuenta.rol, Permiso.CONSOLIDADO_VALIDAR),
    )


def _counted(places: list[Ambito], emergencia_id: UUID, corte: Any) -> dict[str, Any]:
    """Persons of each place at the cut-off, from the one table of occupancy."""
    from albergues_app.consolidados.build import WHOLE_COUNTRY

    found = {}
    for level in ("pais", "departamento", "municipio"):
        if any(p.nivel == level for p in places):
            table = cuadro(WHOLE_COUNTRY, level, corte, None, emergencia_id)
            found.update({f.codigo: f for f in table.filas if f.albergues})
    return found


@bp.get("/corte")
@requires(Permiso.CONSOLIDADO_VER)
def corte() -> ResponseReturnValue:
    """The preliminary figures of a cut-off, as known now or at an hour; to validate them."""
    question, emergencia = asked()
    return preliminary_page(question, emergencia.nombre, empty_form())


@bp.post("/validar")
@requires(Permiso.CONSOLIDADO_VALIDAR)
def validar() -> ResponseReturnValue:
    """Freeze what the page showed."""
    question, emergencia = asked(Permiso.CONSOLIDADO_VALIDAR)
    nombre = emergencia.nombre

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        motivo = typed.optional("motivo", 500)

        def run() -> dict[str, Any]:
            row = services.validate(typed.op_id, question, motivo)
            return {"id": str(row.id), "folio": row.folio}

        return run

    envio = send("web.consolidado.validar", work)
    if envio.body:
        flash(f"Consolidado {envio.body['folio']} validado: sus cifras ya no cambian.", "bien")
        return redirect(url_for(".ver", consolidado_id=envio.body["id"]), 303)
    return preliminary_page(question, nombre, envio)


@bp.get("/<uuid:consolidado_id>")
@requires(Permiso.CONSOLIDADO_VER)
def ver(consolidado_id: UUID) -> ResponseReturnValue:
    """A frozen version, and beside it what is known today of the same cut-off."""
    return frozen_page(visible_consolidado(consolidado_id), empty_form())


def _act(
    row: Consolidado, clase: str, read: Callable[[Typed], Callable[[Consolidado], UUID]], said: str
) -> ResponseReturnValue:
    """Read the form and write it on the version, loaded anew inside the unit of work."""
    key = row.id

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        apply = read(typed)
        return lambda: {"id": str(apply(db.session.get_one(Consolidado, key)))}

    envio = send(f"web.consolidado.{clase}", work, consolidado=key)
    if envio.body:
        flash(said, "bien")
        return redirect(url_for(".ver", consolidado_id=envio.body["id"]), 303)
    return frozen_page(visible_consolidado(key), envio)


@bp.post("/<uuid:consolidado_id>/enviar")
@requires(Permiso.CONSOLIDADO_VALIDAR)
def enviar(consolidado_id: UUID) -> ResponseReturnValue:
    """Note to whom it was sent."""
    row = visible_consolidado(consolidado_id, Permiso.CONSOLIDADO_VALIDAR)

    def read(typed: Typed) -> Callable[[Consolidado], UUID]:
        to = typed.text("destinatario", "Escriba a quién se envió.", 200)
        motivo = typed.optional("nota", 500)

        def apply(fresh: Consolidado) -> UUID:
            services.send_consolidado(fresh, to, motivo)
            return fresh.id

        return apply

    return _act(row, "enviar", read, "Envío anotado.")


@bp.post("/<uuid:consolidado_id>/rectificar")
@requires(Permiso.CONSOLIDADO_VALIDAR)
def rectificar(consolidado_id: UUID) -> ResponseReturnValue:
    """Another version with what is known now, and the list of the cells that changed."""
    row = visible_consolidado(consolidado_id, Permiso.CONSOLIDADO_VALIDAR)
    seen = replace(question_of(row), conocido_en=instant_of("conocido_en", clock.now()))

    def read(typed: Typed) -> Callable[[Consolidado], UUID]:
        motivo = typed.text("motivo", "Escriba por qué se rectifica.", 500)
        key = typed.op_id
        return lambda fresh: services.rectify(key, fresh, seen, motivo).id

    return _act(
        row, "rectificar", read, "Rectificado: esta versión sustituye a la anterior, que se conserva."
    )


from albergues_app.consolidados import (  # noqa: E402, F401 - their views stand on the same blueprint; the sheet on paper tells its totals
    hoja,
    views_dados,
    views_detalle,
    views_hojas,
)
