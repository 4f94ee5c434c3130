"""The page of a long piece of work: how far it is, that it may be left, and what came of it."""

from __future__ import annotations

import zlib
from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.tasks import Avance, Tarea, progress
from albergues_app.web.views import bp

OUTCOME: dict[str, str] = {
    "lista_guardar": "importaciones/_guardada.html",
    "registros_guardar": "importar/_guardados.html",
    "limites_tomar": "importaciones/_limites_tomados.html",
}
"""How the result of a kind is told; a kind without one leads on to ``siguiente``."""


@bp.get("/tareas/<uuid:tarea_id>")
@requires(Permiso.SESION_PROPIA)
def tarea(tarea_id: UUID) -> ResponseReturnValue:
    """One's own task; when it is done and leads somewhere, one is led there."""
    row = get_visible_or_404(Tarea, tarea_id, Permiso.SESION_PROPIA)
    kind = row.clase
    avance = progress(tarea_id)
    if avance.terminada and (there := _onward(kind, avance)):
        return redirect(there, 303)
    return render_template("importaciones/tarea.html", **_shown(tarea_id, kind, avance))


@bp.get("/tareas/<uuid:tarea_id>/avance")
@requires(Permiso.SESION_PROPIA)
def tarea_avance(tarea_id: UUID) -> ResponseReturnValue:
    """The moving part of that page, asked for every second: 204 while nothing changed."""
    row = get_visible_or_404(Tarea, tarea_id, Permiso.SESION_PROPIA)
    kind = row.clase
    avance = progress(tarea_id)
    if request.args.get("v") == version(avance):
        return Response(status=204)
    if avance.terminada and (there := _onward(kind, avance)):
        return Response(status=200, headers={"HX-Redirect": there})
    return render_template("importaciones/_avance.html", **_shown(tarea_id, kind, avance))


def version(avance: Avance) -> str:
    """Changes whenever the page would look different."""
    text = f"{avance.estado}|{avance.hecho}|{avance.total}|{avance.mensaje}"
    return f"{zlib.crc32(text.encode()):08x}"


def _onward(kind: str, avance: Avance) -> str | None:
    there = avance.argumentos.get("siguiente")
    return str(there) if there and kind not in OUTCOME else None


def _shown(tarea_id: UUID, kind: str, avance: Avance) -> dict[str, Any]:
    return {
        "avance": avance,
        "titulo": avance.argumentos.get("titulo", "Trabajo en curso"),
        "vuelve": avance.argumentos.get("vuelve") or url_for("web.hoy"),
        "desenlace": OUTCOME.get(kind),
        "pregunta": url_for("web.tarea_avance", tarea_id=tarea_id, v=version(avance)),
    }
