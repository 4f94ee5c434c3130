"""A file of a filled format through the browser: upload → columns → row by row → written, all of it or the good rows."""

from __future__ import annotations

import hashlib
import json
import re
from io import BytesIO
from pathlib import PurePath
from typing import Any
from uuid import UUID, uuid5

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.blueprint import formato_or_404
from albergues_app.capturas.gate import behind_the_gate
from albergues_app.capturas.place_page import named_place, place_or_page
from albergues_app.capturas.places import Lugar
from albergues_app.core.downloads import XLSX
from albergues_app.core.errors import AppError, Aviso, RuleBroken
from albergues_app.core.tasks import run_here, start_task
from albergues_app.formats.engine import Formato
from albergues_app.formats.outputs.columns_in import targets
from albergues_app.formats.outputs.readers import FILES
from albergues_app.interchange import containers
from albergues_app.interchange import format_stages as stages
from albergues_app.interchange.format_import import Encargo, check_doors
from albergues_app.interchange.uploads import (
    Carga,
    CargaVencida,
    drop_upload,
    keep_upload,
    open_upload,
    uploads_of,
)
from albergues_app.ocupacion.persona_views import refusals

bp = Blueprint("importar", __name__, url_prefix="/registros/importar")

_FIELD = re.compile(r"c-(\d{1,2})-(\d{1,3})")


# --- upload ----------------------------------------------------------------------------------------


@bp.route("/<string:codigo>", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def subir(codigo: str) -> ResponseReturnValue:
    """Choose a file of this format for a place; without a place, choose it first."""
    formato, cuenta = formato_or_404(codigo), current_cuenta()
    lugar = place_or_page(formato, named_place())
    if not isinstance(lugar, Lugar):
        return lugar
    check_doors(cuenta, formato, lugar)
    errores: list[Aviso] = []
    if request.method == "POST":
        try:
            return redirect(_take_file(Encargo(formato, lugar, behind_the_gate(cuenta, formato))), 303)
        except AppError as error:
            errores = refusals(error)
    page = render_template(
        "importar/subir.html",
        formato=formato,
        lugar=lugar,
        lugar_args=lugar.args,
        errores_=errores,
        finales=[".xlsx", ".ods", ".xls", ".csv", ".txt", *(one.end for one in FILES)],
        otros=[one.label for one in FILES],
        cargas=_on_the_way(cuenta, formato),
    )
    return page, 422 if errores else 200


def _form_of(encargo: Encargo) -> str:
    """The page to choose a file of this format for this place."""
    args: dict[str, Any] = encargo.lugar.args
    return url_for("importar.subir", codigo=encargo.formato.code, **args)


def _take_file(encargo: Encargo) -> str:
    """Keep the file and read it; gives the address of what comes next. :raises AppError: with one sentence"""
    files = [one for one in request.files.getlist("archivo") if one.filename]
    if not files:
        raise RuleBroken("falta_archivo", "Elija el archivo lleno.", "archivo")
    given = [(one.filename or "", one.read(containers.MAX_BYTES + 1)) for one in files]
    content, size = given[0][1], sum(len(one) for _name, one in given)
    containers.check_size(size)
    stages.check_no_picture(content)
    if len(given) > 1:
        stages.check_together(given)
    identity = current_cuenta()
    carga = keep_upload(identity.id, _name_of([name for name, _content in given]), content, stages.CLASE)
    stages.keep_encargo(carga, encargo)
    stages.keep_papers(carga, given)
    there = url_for("importar.seguir", carga_id=carga.id)
    if size > stages.SMALL_BYTES:
        back = _form_of(encargo)
        return _in_background("registros_leer", carga, f"Leer «{carga.archivo}»", there, back)
    try:
        if stages.read_upload(carga, identity):
            stages.rehearse(carga, identity)
    except AppError:
        drop_upload(carga)
        raise
    return there


def _name_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} y {len(names) - 1} más"


def _in_background(kind: str, carga: Carga, titulo: str, siguiente: str, vuelve: str) -> str:
    arguments = {"carga": str(carga.id), "titulo": titulo, "siguiente": siguiente, "vuelve": vuelve}
    task = start_task(kind, arguments, current_cuenta().as_actor("web"))
    return url_for("web.tarea", tarea_id=task)


def _on_the_way(cuenta: Identity, formato: Formato) -> list[tuple[Carga, bool]]:
    """Files of this format that wait for their owner, and whether they can be gone on with."""
    found = [c for c in uploads_of(cuenta.id, stages.CLASE) if c.has("leido") or c.has("archivo")]
    mine = []
    for carga in found:
        try:
            if stages.encargo_of(carga, cuenta).formato.code == formato.code:
                mine.append(carga)
        except CargaVencida:
            continue
    return [(c, c.has("leido")) for c in mine[:20]]


def _opened(carga_id: UUID) -> tuple[Carga, Encargo]:
    """The account's own file, and what it is for, if it still may. :raises NotFound: :raises Forbidden:"""
    cuenta = current_cuenta()
    carga = open_upload(cuenta.id, carga_id, stages.CLASE)
    encargo = stages.encargo_of(carga, cuenta)
    check_doors(cuenta, encargo.formato, encargo.lugar)
    return carga, encargo


@bp.get("/cargas/<uuid:carga_id>")
@requires(Permiso.REGISTRO_EDITAR)
def seguir(carga_id: UUID) -> ResponseReturnValue:
    """Lead to where a file stands."""
    carga, encargo = _opened(carga_id)
    if carga.has("ensayo"):
        return redirect(url_for(".revision", carga_id=carga_id), 303)
    if carga.has("leido"):
        return redirect(url_for(".columnas", carga_id=carga_id), 303)
    return redirect(_form_of(encargo), 303)


# --- columns ---------------------------------------------------------------------------------------


@bp.route("/cargas/<uuid:carga_id>/columnas", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def columnas(carga_id: UUID) -> ResponseReturnValue:
    """Which column is what, as proposed and as the person says."""
    carga, encargo = _opened(carga_id)
    errores: list[Aviso] = []
    if request.method == "POST":
        try:
            return redirect(_take_columns(carga, encargo), 303)
        except AppError as error:
            errores = refusals(error)
    lectura, maps = stages.lectura_of(carga, encargo), stages.maps_of(carga)
    page = render_template(
        "importar/columnas.html",
        carga=carga,
        encargo=encargo,
        lugar_args=encargo.lugar.args,
        hojas=stages.describe_columns(encargo, lectura, maps),
        opciones=_options(encargo),
        errores_=errores,
        elegidas={f"c-{s}-{i}": path for (s, i), path in _chosen().items()},
    )
    return page, 422 if errores else 200


def _options(encargo: Encargo) -> list[tuple[str, list[tuple[str, str]]]]:
    """Fields by group, for the lists of the page."""
    formato = encargo.formato
    titles = {r.name: r.title for r in formato.repetibles}
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in ("", *titles)}
    for path, label in targets(formato, encargo.gate).items():
        section = path.partition(".")[0] if "." in path else ""
        groups[section].append((path, label.removeprefix(f"{titles.get(section, '')}: ")))
    return [(titles.get(name, "De todo el registro"), paths) for name, paths in groups.items() if paths]


def _chosen() -> dict[tuple[int, int], str]:
    found = {}
    for name, value in request.form.items():
        if match := _FIELD.fullmatch(name):
            found[int(match[1]), int(match[2])] = value[:120]
    return found


def _take_columns(carga: Carga, encargo: Encargo) -> str:
    identity = current_cuenta()
    stages.choose_columns(carga, encargo, identity, _chosen())
    there = url_for(".revision", carga_id=carga.id)
    if stages.rows_of(stages.lectura_of(carga, encargo)) > stages.SMALL_ROWS:
        back = url_for(".columnas", carga_id=carga.id)
        return _in_background("registros_revisar", carga, f"Revisar «{carga.archivo}»", there, back)
    stages.rehearse(carga, identity)
    return there


# --- dry run and writing ---------------------------------------------------------------------------


@bp.get("/cargas/<uuid:carga_id>/revision")
@requires(Permiso.REGISTRO_EDITAR)
def revision(carga_id: UUID) -> ResponseReturnValue:
    """What would be written, and what is to be corrected first."""
    carga, encargo = _opened(carga_id)
    return _preview(carga, encargo)


def _preview(carga: Carga, encargo: Encargo, rechazo: str = "") -> str:
    return render_template(
        "importar/revision.html",
        carga=carga,
        encargo=encargo,
        lugar_args=encargo.lugar.args,
        ensayo=carga.get_json("ensayo"),
        hojas=stages.papers_of(carga),
        columnas=bool(stages.maps_of(carga)),
        rechazo=rechazo,
    )


@bp.get("/cargas/<uuid:carga_id>/errores.xlsx")
@requires(Permiso.REGISTRO_EDITAR)
def errores(carga_id: UUID) -> ResponseReturnValue:
    """The person's own file as a workbook, with what was found beside each row."""
    carga, _encargo = _opened(carga_id)
    stem = PurePath(carga.archivo).stem[:80] or "registros"
    return send_file(
        BytesIO(carga.get("errores")), XLSX, as_attachment=True, download_name=f"{stem} (revisado).xlsx"
    )


@bp.post("/cargas/<uuid:carga_id>/guardar")
@requires(Permiso.REGISTRO_EDITAR)
def guardar(carga_id: UUID) -> ResponseReturnValue:
    """Write what was shown: everything, or only the good rows. Pressed twice it is once."""
    identity = current_cuenta()
    carga, encargo = _opened(carga_id)
    only_good = request.form.get("modo") == "buenas"
    if not carga.has("leido"):
        return redirect(_form_of(encargo), 303)
    known = carga.get_json("ensayo")
    if known["errores"] and not only_good:
        text = "Hay filas con error y no se guardó nada. Corríjalas, o elija guardar solo las buenas."
        return _preview(carga, encargo, text), 422
    mapping = json.dumps([carga.get_json("columnas"), only_good], sort_keys=True)
    task_id = uuid5(carga.id, hashlib.sha256(mapping.encode("utf-8", "replace")).hexdigest())
    back = url_for(".seguir", carga_id=carga.id)
    arguments = {
        "carga": str(carga.id), "titulo": f"Guardar «{carga.archivo}»", "siguiente": back, "vuelve": back,
        "solo_buenas": only_good,
    }  # fmt: skip
    small = known["total"] + known["personas"] <= stages.SMALL_ROWS
    (run_here if small else start_task)("registros_guardar", arguments, identity.as_actor("web"), task_id)
    return redirect(url_for("web.tarea", tarea_id=task_id), 303)


@bp.post("/cargas/<uuid:carga_id>/descartar")
@requires(Permiso.REGISTRO_EDITAR)
def descartar(carga_id: UUID) -> ResponseReturnValue:
    """Forget an uploaded file; what was written of it stays written."""
    carga, encargo = _opened(carga_id)
    drop_upload(carga)
    return redirect(_form_of(encargo), 303)
