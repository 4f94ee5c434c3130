"""Protection's pages: the open cases with their clock, one of them, the notice to PGN, its closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import record_opening
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import nna_cases
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_nna import CasoNna
from albergues_app.ocupacion.nna_cases import CONDICION_NOMBRE, ORIGEN_NOMBRE, RESOLUCION_NOMBRE
from albergues_app.ocupacion.queries import personas_by_id
from albergues_app.ocupacion.services.nna import case_for_update, close_case, note_notice

bp = Blueprint("proteccion", __name__, url_prefix="/proteccion", template_folder="templates")

FORMATO = "registro_nna"


@bp.get("")
@requires(Permiso.NNA_VER)
def lista() -> ResponseReturnValue:
    """The open cases by their clock; the closed ones when asked. Without names."""
    closed = request.args.get("cerrados") == "1"
    now = clock.now()
    return render_template(
        "proteccion/lista.html",
        casos=nna_cases.list_cases(current_cuenta(), closed),
        cerrados=closed,
        cuenta_=nna_cases.count_cases(current_cuenta(), now),
        condiciones=CONDICION_NOMBRE,
        resoluciones=RESOLUCION_NOMBRE,
        ahora_=now,
        hoy=clock.local_day(now),
    )


@bp.get("/<uuid:caso_id>")
@requires(Permiso.NNA_VER)
def ver(caso_id: UUID) -> ResponseReturnValue:
    """One case, with the name; the reading is logged."""
    return _page(caso_id, empty_form())


@bp.post("/<uuid:caso_id>/aviso")
@requires(Permiso.NNA_VER)
def avisar(caso_id: UUID) -> ResponseReturnValue:
    """PGN was told: when, to whom, how."""
    get_visible_or_404(CasoNna, caso_id, Permiso.NNA_VER)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        when = typed.instant("avisado_en", "Escriba cuándo se avisó.")
        who = typed.text("aviso", "Escriba a quién se avisó y por qué medio.", limit=300)

        def run() -> dict[str, Any]:
            caso = case_for_update(caso_id)
            note_notice(caso, when or clock.now(), nna_cases.sealed_details(caso, aviso=who))
            return {"id": str(caso_id)}

        return run

    return _done(caso_id, "web.nna.aviso", work, "Quedó anotado el aviso a la PGN.")


@bp.post("/<uuid:caso_id>/cierre")
@requires(Permiso.NNA_VER)
def cerrar(caso_id: UUID) -> ResponseReturnValue:
    """How it was resolved."""
    get_visible_or_404(CasoNna, caso_id, Permiso.NNA_VER)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        chosen = typed.choice("resolucion", RESOLUCION_NOMBRE, "Elija cómo se resolvió.")
        when = typed.instant("cerrado_en", "Escriba cuándo se resolvió.")
        note = typed.text("cierre", "Escriba con quién quedó y con qué orden o autorización.", limit=500)

        def run() -> dict[str, Any]:
            caso = case_for_update(caso_id)
            close_case(caso, chosen, when or clock.now(), nna_cases.sealed_details(caso, cierre=note))
            return {"id": str(caso_id)}

        return run

    return _done(caso_id, "web.nna.cierre", work, "El caso quedó cerrado.")


def _done(
    caso_id: UUID, clase: str, work: Callable[[Typed], Callable[[], dict[str, Any]]], said: str
) -> ResponseReturnValue:
    envio = send(clase, work, db.session.get_one(CasoNna, caso_id).emergencia_id, caso=caso_id)
    if envio.body is None:
        return _page(caso_id, envio)
    flash(said, "bien")
    return redirect(url_for("proteccion.ver", caso_id=caso_id), 303)


def _page(caso_id: UUID, envio: Envio) -> ResponseReturnValue:
    caso = get_visible_or_404(CasoNna, caso_id, Permiso.NNA_VER)
    persona_id, municipio = caso.persona_id, caso.municipio_codigo
    person = None
    with unit_of_work(current_cuenta().as_actor("web")):
        record_opening(db.session(), "caso_nna", caso_id, "web:proteccion")
        if persona_id is not None:
            person = personas_by_id([persona_id], "web:proteccion", municipio).get(persona_id)
    caso, now = db.session.get_one(CasoNna, caso_id), clock.now()
    site = db.session.query(Albergue).filter(Albergue.codigo == caso.albergue_codigo).one()
    listed = [
        c for c in nna_cases.list_cases(current_cuenta(), caso.cerrado_en is not None) if c.caso.id == caso_id
    ]
    page = render_template(
        "proteccion/ver.html",
        caso=caso,
        persona=person,
        dentro=bool(listed and listed[0].dentro),
        familia=db.session.get(Familia, caso.familia_id) if caso.familia_id else None,
        albergue=site,
        detalle=nna_cases.details_of(caso),
        condiciones=CONDICION_NOMBRE,
        origenes=ORIGEN_NOMBRE,
        resoluciones=list(RESOLUCION_NOMBRE.items()),
        ahora_=now,
        ahora_texto=wall_clock(now),
        hoy=clock.local_day(now),
        formato=FORMATO,
        envio=envio,
    )
    return page, envio.status
