"""From an entry of the log to the one list of commitments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.coe.acciones import place_of
from albergues_app.coe.blueprint import bp
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.paper import place_name
from albergues_app.coe.queries import Leida, entradas_of
from albergues_app.compromisos.formulario import read_compromiso
from albergues_app.compromisos.models import PRIORIDAD_NOMBRE
from albergues_app.compromisos.queries import of_origins
from albergues_app.compromisos.services import Origen, create_compromiso
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed


@bp.route("/<uuid:coe_id>/entradas/<int:folio>/compromiso", methods=["GET", "POST"])
@requires(Permiso.COMPROMISO_LLEVAR)
def compromiso(coe_id: UUID, folio: int) -> ResponseReturnValue:
    """What an entry asks somebody to do: who, and by when."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COMPROMISO_LLEVAR)
    entry = _entry(coe, folio)
    cuenta, envio = current_cuenta(), empty_form()
    if request.method == "POST":
        place = place_of(coe, entry.row["territorio"], entry.row["albergue_codigo"], cuenta)
        emergencia_id = coe.emergencia_id
        origen = Origen("coe", entry.row["id"], f"{place_name(coe)}, folio {folio}", coe_id)

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = read_compromiso(typed, cuenta, origen, emergencia_id=emergencia_id, **place)

            def run() -> dict[str, Any]:
                row, avisos = create_compromiso(datos)
                return {"folio": row.folio, "avisos": [a.as_dict() for a in avisos]}

            return run

        envio = send("web.coe.compromiso", work, emergencia_id, coe=coe_id, entrada=entry.row["id"])
        if envio.body:
            flash(f"Compromiso {envio.body['folio']} anotado, del folio {folio}.", "bien")
            return redirect(url_for("coe.ver", coe_id=coe_id), 303)
        coe = get_visible_or_404(Coe, coe_id, Permiso.COMPROMISO_LLEVAR)
    page = render_template(
        "coe/compromiso.html",
        envio=envio,
        coe=coe,
        lugar=place_name(coe),
        entrada=entry,
        ya=of_origins("coe", [entry.row["id"]]).get(entry.row["id"], []),
        descripcion=entry.asunto,
        prioridades=list(PRIORIDAD_NOMBRE.items()),
    )
    return page, envio.status


def _entry(coe: Coe, folio: int) -> Leida:
    found = entradas_of(coe, EntradaCoe.__table__.c.folio == folio)
    if not found:
        raise NotFound()
    return found[0]
