"""The boundaries in use, and an operator's own in their place."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import typed_form
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.errors import AppError, Aviso
from albergues_app.core.tasks import start_task
from albergues_app.core.text import clean
from albergues_app.core.typed import Typed
from albergues_app.maps.limits_task import BUILT_IN, current_editions, keep_limits
from albergues_app.maps.served import FrameMissing, ServedFrame
from albergues_app.territorio.points import map_folder
from albergues_app.web.import_views import bp, refusals

LEVELS = {"1": "Departamentos (22)", "2": "Municipios (340)"}


@bp.route("/limites", methods=["GET", "POST"])
@requires(Permiso.LIMITES_ADMINISTRAR)
def limites() -> ResponseReturnValue:
    """Which boundaries the map shows, where they come from, and the form for others."""
    errores: list[Aviso] = []
    typed = typed_form()
    if request.method == "POST":
        try:
            return redirect(_take(typed), 303)
        except AppError as error:
            errores = refusals(error)
    page = render_template(
        "importaciones/limites.html",
        errores_=errores,
        v=typed,
        niveles=list(LEVELS.items()),
        ediciones=current_editions(),
        mapa=_built_map(),
        base=BUILT_IN,
    )
    return page, 422 if errores else 200


def _take(typed: Typed) -> str:
    """:raises Invalid: something is missing. :raises RuleBroken: not a kind that is read"""
    nivel = typed.choice("nivel", LEVELS, "Diga si son departamentos o municipios.")
    fuente = typed.text("fuente", "Escriba quién publica estos límites.")
    texts = {name: typed.text(name) for name in ("columna_codigo", "columna_nombre", "fecha", "licencia")}
    file = request.files.get("archivo")
    if file is None or not file.filename:
        typed.fault("falta_archivo", "Elija el archivo de los límites.", "archivo")
    typed.check()
    name = clean((file.filename or "") if file else "").replace("\\", "/").rsplit("/", 1)[-1][:120]
    kept = keep_limits(file.read() if file else b"", name)
    arguments: dict[str, Any] = {
        "archivo": kept, "nombre": name, "nivel": nivel, "fuente": fuente, **texts,
        "titulo": f"Tomar los límites de «{name}»", "vuelve": url_for("importaciones.limites"),
    }  # fmt: skip
    task = start_task("limites_tomar", arguments, current_cuenta().as_actor("web"))
    return url_for("web.tarea", tarea_id=task)


def _built_map() -> dict[str, Any] | None:
    """The credit of the map in use and the checksum of its municipalities, as its own manifest says."""
    try:
        frame = ServedFrame.load(map_folder())
    except FrameMissing:
        return None
    return {"credito": frame.credito, "sha256": frame.manifest["archivos"].get("municipios.wkb", "")}
