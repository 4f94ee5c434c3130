"""The tray «por resolver»: rows of lists whose municipality nobody knew; a person says which it is."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import PorResolver
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.interchange import waiting
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.import_views import bp

PAGE = 25


@bp.get("/por-resolver")
@requires(Permiso.ALBERGUE_IMPORTAR)
def por_resolver() -> ResponseReturnValue:
    """The rows that wait for this account, oldest first."""
    return _page()


@bp.post("/por-resolver/<uuid:fila_id>")
@requires(Permiso.ALBERGUE_IMPORTAR)
def resolver(fila_id: UUID) -> ResponseReturnValue:
    """Place one row in a municipality, with everything it said; or mark it as no shelter of ours."""
    identity = current_cuenta()
    municipio = request.form.get("otro") or request.form.get("municipio") or ""
    waiting.waiting_row(identity, fila_id)  # whoever may not see it learns nothing more
    try:
        with unit_of_work(identity.as_actor("web")):
            if request.form.get("accion") == "descartar":
                waiting.discard(identity, fila_id)
                said = "La fila se descartó. Queda guardada en el historial de cambios."
            else:
                code = waiting.place(identity, fila_id, municipio)
                said = f"Quedó en {catalogo().lugar_texto(municipio)}, como {code}."
    except AppError as error:
        if error.status not in {403, 422}:
            raise
        sentence = error.mensaje if municipio else "Elija el municipio de la fila."
        return _page(fila_id, sentence), error.status
    flash(said, "bien")
    return redirect(url_for("importaciones.por_resolver"), 303)


def _page(fila_id: UUID | None = None, sentence: str = "") -> str:
    identity = current_cuenta()
    total = waiting.count_waiting(identity)
    pages = max((total + PAGE - 1) // PAGE, 1)
    number = min(max(request.args.get("pagina", 1, type=int), 1), pages)
    stmt = waiting.waiting_for(identity).order_by(
        PorResolver.registrado_en, PorResolver.archivo, PorResolver.fila
    )
    rows = db.session.scalars(stmt.offset((number - 1) * PAGE).limit(PAGE))
    return render_template(
        "importaciones/por_resolver.html",
        filas=[_shown(row) for row in rows],
        total=total,
        pagina=number,
        paginas=pages,
        fila_mala=fila_id,
        rechazo=sentence,
    )


def _shown(row: PorResolver) -> dict[str, Any]:
    datos = json.loads(row.datos)
    candidates, rest = waiting.places_for(current_cuenta(), row)
    return {
        "id": row.id,
        "nombre": row.nombre,
        "archivo": row.archivo,
        "fila": row.fila,
        "motivo": row.motivo,
        "departamento": row.departamento_codigo,
        "desde": row.registrado_en,
        "original": datos["original"],
        "candidatos": [(c, catalogo().lugar_texto(c)) for c in candidates],
        "otros": [(c, catalogo().lugar_texto(c)) for c in rest],
    }
