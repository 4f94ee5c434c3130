"""A list of sites through the browser: upload → columns → dry run → written, all of it or nothing."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import PurePath
from typing import Any
from uuid import UUID, uuid5

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.downloads import XLSX
from albergues_app.core.errors import AppError, Aviso, Invalid, RuleBroken
from albergues_app.core.tasks import recent, run_here, start_task
from albergues_app.interchange import containers, upload_stages
from albergues_app.interchange.site_fields import SITE_FIELDS
from albergues_app.interchange.uploads import KEEP, Carga, drop_upload, keep_upload, open_upload, uploads_of
from albergues_app.interchange.waiting import count_waiting, departments_of
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("importaciones", __name__, url_prefix="/importaciones")


def refusals(error: AppError) -> list[Aviso]:
    """What a form shows of a refusal. Only 422 stays on the page; the rest goes on."""
    if error.status != 422:
        raise error
    if isinstance(error, Invalid):
        return list(error.errores)
    return [Aviso(error.codigo, error.mensaje, error.campo)]


# --- upload ----------------------------------------------------------------------------------------


@bp.route("/", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_IMPORTAR)
def subir() -> ResponseReturnValue:
    """Choose a file; below, the lists one has on the way."""
    errores: list[Aviso] = []
    if request.method == "POST":
        try:
            return redirect(_take_file(), 303)
        except AppError as error:
            errores = refusals(error)
    identity = current_cuenta()
    page = render_template(
        "importaciones/subir.html",
        errores_=errores,
        cargas=[(c, _next_step(c)) for c in uploads_of(identity.id)],
        guardadas=_saved_lists(identity.id),
        por_resolver=count_waiting(identity),
    )
    return page, 422 if errores else 200


def _take_file() -> str:
    """Keep the file and read it; gives the address of what comes next. :raises AppError: with one sentence"""
    file = request.files.get("archivo")
    if file is None or not file.filename:
        raise RuleBroken("falta_archivo", "Elija el archivo de la lista.", "archivo")
    content = file.read(containers.MAX_BYTES + 1)
    containers.check_size(len(content))
    identity = current_cuenta()
    carga = keep_upload(identity.id, file.filename, content)
    if len(content) > upload_stages.SMALL_BYTES:
        arguments = _arguments(carga, f"Leer «{carga.archivo}»", "importaciones.columnas")
        task = start_task("lista_leer", arguments, identity.as_actor("web"))
        return url_for("web.tarea", tarea_id=task)
    try:
        upload_stages.read_upload(carga)
    except AppError:
        drop_upload(carga)
        raise
    return url_for("importaciones.columnas", carga_id=carga.id)


def _arguments(carga: Carga, titulo: str, siguiente: str, vuelve: str | None = None) -> dict[str, Any]:
    back = url_for(vuelve, carga_id=carga.id) if vuelve else url_for("importaciones.subir")
    return {
        "carga": str(carga.id),
        "titulo": titulo,
        "siguiente": url_for(siguiente, carga_id=carga.id),
        "vuelve": back,
    }


def _next_step(carga: Carga) -> tuple[str, str] | None:
    """(words, address) of where a list on the way stands."""
    if carga.has("ensayo"):
        return "Ver la revisión", url_for("importaciones.ensayo", carga_id=carga.id)
    if carga.has("columnas"):
        return "Elegir columnas", url_for("importaciones.columnas", carga_id=carga.id)
    return None


def _saved_lists(cuenta_id: UUID) -> list[Any]:
    from albergues_app.core import clock

    return [t for t in recent(cuenta_id, clock.now() - KEEP) if t.clase.startswith("lista_")]


# --- columns ---------------------------------------------------------------------------------------


@bp.route("/<uuid:carga_id>/columnas", methods=["GET", "POST"])
@requires(Permiso.ALBERGUE_IMPORTAR)
def columnas(carga_id: UUID) -> ResponseReturnValue:
    """Which column is what, as proposed and as the person says."""
    carga = open_upload(current_cuenta().id, carga_id)
    datos = carga.get_json("columnas")
    errores: list[Aviso] = []
    if request.method == "POST":
        try:
            return redirect(_take_columns(carga, datos), 303)
        except AppError as error:
            errores = refusals(error)
    page = render_template("importaciones/columnas.html", **_columns_page(carga, datos), errores_=errores)
    return page, 422 if errores else 200


def _take_columns(carga: Carga, datos: dict[str, Any]) -> str:
    identity = current_cuenta()
    hoja = datos["hojas"][_sheet(datos)]
    mapeo = upload_stages.choose_columns(hoja, _chosen(), _fixed())
    carga.drop("ensayo", "errores")
    carga.put_json("mapeo", mapeo.to_dict())
    there = url_for("importaciones.ensayo", carga_id=carga.id)
    if hoja["filas"] > upload_stages.SMALL_ROWS:
        arguments = _arguments(
            carga, f"Revisar «{carga.archivo}»", "importaciones.ensayo", "importaciones.columnas"
        )
        task = start_task("lista_revisar", arguments, identity.as_actor("web"))
        return url_for("web.tarea", tarea_id=task)
    upload_stages.rehearse(carga, identity)
    return there


def _sheet(datos: dict[str, Any]) -> int:
    number = request.values.get("hoja", type=int)
    valid = number is not None and 0 <= number < len(datos["hojas"])
    return number if valid and number is not None else int(datos["elegida"])


def _chosen() -> dict[str, int | None]:
    raw = {f.name: request.form.get(f"columna-{f.name}", "") for f in SITE_FIELDS}
    return {n: int(v) if v.isascii() and v.isdigit() and len(v) < 6 else None for n, v in raw.items()}


def _fixed() -> dict[str, str]:
    return {n: request.form.get(f"fijo-{n}", "").strip() for n in upload_stages.FIJOS}


def _columns_page(carga: Carga, datos: dict[str, Any]) -> dict[str, Any]:
    identity = current_cuenta()
    number = _sheet(datos)
    hoja = datos["hojas"][number]
    proposed = hoja["mapeo"]["columnas"]
    municipios = [c for c in catalogo().municipios if identity.covers_municipio(c)]
    fixed: dict[str, str] = {}
    if request.method == "POST":
        chosen, fixed = _chosen(), _fixed()
    else:
        chosen = {n: a["columna"] for n, a in proposed.items()}
        if carga.has("mapeo") and (kept := carga.get_json("mapeo"))["hoja"] == hoja["nombre"]:
            chosen = {n: a["columna"] for n, a in kept["columnas"].items()}
            fixed = kept["fijos"]
        elif len(municipios) == 1 and not {"municipio", "codigo_municipio"} & set(chosen):
            fixed = {"codigo_municipio": municipios[0]}
    departments = sorted(catalogo().departamentos if identity.nacional else departments_of(identity))
    return {
        "carga": carga, "datos": datos, "hoja": hoja, "numero": number, "campos": SITE_FIELDS,
        "elegidas": chosen, "propuestas": proposed, "fijos": fixed,
        "por_numero": {c["numero"]: c for c in hoja["columnas"]},
        "departamentos": [(c, catalogo().departamento_nombre(c)) for c in departments],
        "municipios": [(c, catalogo().lugar_texto(c)) for c in municipios],
    }  # fmt: skip


# --- dry run and writing ---------------------------------------------------------------------------


@bp.get("/<uuid:carga_id>/ensayo")
@requires(Permiso.ALBERGUE_IMPORTAR)
def ensayo(carga_id: UUID) -> ResponseReturnValue:
    """What would be written, and what is to be corrected first."""
    carga = open_upload(current_cuenta().id, carga_id)
    return render_template("importaciones/ensayo.html", carga=carga, ensayo=carga.get_json("ensayo"))


@bp.get("/<uuid:carga_id>/errores.xlsx")
@requires(Permiso.ALBERGUE_IMPORTAR)
def errores(carga_id: UUID) -> ResponseReturnValue:
    """The person's own workbook with what was found beside each row."""
    carga = open_upload(current_cuenta().id, carga_id)
    stem = PurePath(carga.archivo).stem[:80] or "lista"
    return send_file(
        BytesIO(carga.get("errores")), XLSX, as_attachment=True, download_name=f"{stem} (revisado).xlsx"
    )


@bp.post("/<uuid:carga_id>/guardar")
@requires(Permiso.ALBERGUE_IMPORTAR)
def guardar(carga_id: UUID) -> ResponseReturnValue:
    """Write the list as it was rehearsed. The same columns confirmed twice are one import."""
    identity = current_cuenta()
    carga = open_upload(identity.id, carga_id)
    known = carga.get_json("ensayo")
    if known["con_errores"]:
        page = render_template(
            "importaciones/ensayo.html",
            carga=carga,
            ensayo=known,
            rechazo="Corrija primero las filas con error.",
        )
        return page, 422
    arguments = _arguments(
        carga, f"Guardar «{carga.archivo}»", "importaciones.ensayo", "importaciones.ensayo"
    )
    mapping = json.dumps(carga.get_json("mapeo"), sort_keys=True)
    task_id = uuid5(carga.id, hashlib.sha256(mapping.encode("utf-8", "replace")).hexdigest())
    small = known["resumen"]["filas"] <= upload_stages.SMALL_ROWS
    (run_here if small else start_task)("lista_guardar", arguments, identity.as_actor("web"), task_id)
    return redirect(url_for("web.tarea", tarea_id=task_id), 303)


@bp.post("/<uuid:carga_id>/descartar")
@requires(Permiso.ALBERGUE_IMPORTAR)
def descartar(carga_id: UUID) -> ResponseReturnValue:
    """Forget an uploaded list; what was written of it stays written."""
    drop_upload(open_upload(current_cuenta().id, carga_id))
    return redirect(url_for("importaciones.subir"), 303)


from albergues_app.web import import_limits_views, import_tray_views, task_views  # noqa: E402

__all__ = ["bp", "import_limits_views", "import_tray_views", "task_views"]
