"""Filling a format in on its page, correcting what was kept, and the drafts of what is being typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.writing import write_once
from albergues_app.capturas import adjuntos
from albergues_app.capturas import hoja as hojas
from albergues_app.capturas.bindings import working_page
from albergues_app.capturas.blueprint import (
    bp,
    formato_or_404,
    opened,
    registro_or_404,
)
from albergues_app.capturas.gate import behind_the_gate
from albergues_app.capturas.hoja import Hoja
from albergues_app.capturas.intake import correction_of, judge_correction, may_write, work_of
from albergues_app.capturas.models import Registro
from albergues_app.capturas.place_page import PLACES, named_place, place_or_page
from albergues_app.capturas.places import Lugar, place_args, place_of, place_of_row
from albergues_app.capturas.rows import flat_ids
from albergues_app.capturas.services import (
    edition_of,
    typed_with_ids,
)
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats.engine import Attachment, Formato, Mode
from albergues_app.formats.outputs.web_form import flatten, unflatten
from albergues_app.ocupacion.bindings import avisos_of
from albergues_app.ocupacion.blueprint import places_by_departamento
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.persona_views import refusals


@bp.route("/nuevo/<string:codigo>", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def nuevo(codigo: str) -> ResponseReturnValue:
    """Fill in a format for a place; without a place, choose it first."""
    formato, cuenta = formato_or_404(codigo), current_cuenta()
    given = named_place()
    page = working_page(formato, given.get("activacion") or "")
    if page is not None:
        return redirect(page, 303)
    sheet = Hoja(formato, gate=behind_the_gate(cuenta, formato))
    draft = hojas.open_draft(cuenta, parse_id(request.args.get("borrador")) or sheet.op_id, formato)
    if draft is not None:
        sheet.op_id, sheet.valores = draft[0].id, draft[1]
        given = {**given, **place_args(draft[0].lugar, draft[0].emergencia_id)}
    lugar = place_or_page(formato, given)
    if not isinstance(lugar, Lugar):
        return lugar
    may_write(cuenta, formato, lugar)
    if request.method == "GET":
        sheet.valores = {**lugar.known_answers, **sheet.valores}
        return _form(sheet, lugar, None)
    sheet.op_id = parse_id(request.form.get("op_id")) or sheet.op_id
    sheet.valores = _typed(formato)
    bad_files = _keep_files(sheet, lugar)
    if request.form.get("mas"):
        sheet.mas, sheet.errores = request.form["mas"], bad_files
        return _form(sheet, lugar, None)
    firma = request.form.get("accion") == "firma"
    result = sheet.judge("firma" if firma else "rapido")
    sheet.errores += bad_files
    if not sheet.errores:
        work = work_of(formato, lugar, result, sheet.op_id, completo=firma)
        body = _write(sheet, f"web.registro.{formato.code}", lugar, work)
        if body is not None:
            _tell(body, f"{formato.title}: guardado.")
            return redirect(url_for(".ver", registro_id=body["id"]), 303)
    return _form(sheet, lugar, None), 422


def _typed(formato: Formato) -> dict[str, str]:
    skip = {
        "csrf_token",
        "op_id",
        "accion",
        "mas",
        "motivo_correccion",
        *(() if _asks_place(formato) else PLACES),
    }
    return {k: v[:20_000] for k, v in request.form.items() if k not in skip and not k.startswith("_")}


def _keep_files(sheet: Hoja, lugar: Lugar) -> list[Aviso]:
    """Keep the files that came with the form, each in its field; what is wrong with the others."""
    for name in request.form.getlist("_quitar"):
        sheet.valores.pop(name, None)
    cuenta, refused, good = current_cuenta(), [], []
    for name, file in request.files.items():
        campo = adjuntos.file_campo(sheet.formato, name, sheet.gate)
        if campo is None or not file.filename:
            continue
        content = file.read(adjuntos.limit_bytes() + 1)
        file.close()
        try:
            good.append((name, *adjuntos.check_file(campo, name, content)))
        except Invalid as error:
            refused += error.errores
    if good:
        with unit_of_work(cuenta.as_actor("web")):
            for name, tipo, content in good:
                try:
                    key = adjuntos.keep_file(cuenta.id, sheet.op_id, lugar.emergencia_id, name, tipo, content)
                except Invalid as error:
                    refused += error.errores
                else:
                    sheet.valores[name] = str(key)
    return refused


def _asks_place(formato: Formato) -> bool:
    """Its own fields are called as the place is: they come with the sheet."""
    return any(c.name in PLACES for c in formato.campos)


def _write(
    sheet: Hoja, clase: str, lugar: Lugar, work: Callable[[], dict[str, Any]]
) -> dict[str, Any] | None:
    pressed = {"_accion": request.form.get("accion"), "_motivo": request.form.get("motivo_correccion")}
    content = {"lugar": lugar.clave, "formato": sheet.formato.slug, **pressed, **sheet.valores}
    cuenta = current_cuenta()

    def and_drop_draft() -> dict[str, Any]:
        body = work()
        hojas.drop_draft(cuenta, sheet.op_id)
        return body

    try:
        outcome = write_once(
            cuenta.as_actor("web"), sheet.op_id, clase, content, lugar.emergencia_id, and_drop_draft
        )
    except AppError as error:
        if error.status != 422:
            raise
        sheet.errores = refusals(error)
        return None
    if outcome.status == 409:
        sheet.errores = [
            Aviso("id_ya_usado", "Esta hoja ya se había guardado con otros datos. Ábrala y corríjala.", None)
        ]
        return None
    return outcome.body


_TOLD_BY_THE_PAGE = {"pendiente", "surtira_efecto"}
"""The first as a number, below; the second stands on the record's page as long as it holds."""


def _tell(body: dict[str, Any], sentence: str) -> None:
    flash(sentence, "bien")
    pending = [a for a in body["avisos"] if a["codigo"] == "pendiente"]
    for aviso in body["avisos"]:
        if aviso["codigo"] not in _TOLD_BY_THE_PAGE:
            flash(aviso["mensaje"], "aviso")
    if pending:
        lacks = "Queda 1 dato pendiente" if len(pending) == 1 else f"Quedan {len(pending)} datos pendientes"
        flash(f"{lacks}; puede completarlo cuando lo tenga.", "aviso")


def _form(sheet: Hoja, lugar: Lugar, registro: Registro | None) -> str:
    return render_template(
        "capturas/formulario.html",
        hoja=sheet,
        formato=sheet.formato,
        descrita=sheet.descrita,
        lugar=lugar,
        registro=registro,
        con_archivos=any(isinstance(c.type, Attachment) for _, c in sheet.formato.walk()),
        lugares_=places_by_departamento(),
        escondidos={n: v for n, v in lugar.args.items() if not _has_campo(sheet.formato, n)},
    )


def _has_campo(formato: Formato, name: str) -> bool:
    return any(c.name == name for c in formato.campos)


@bp.route("/<uuid:registro_id>/corregir", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def corregir(registro_id: UUID) -> ResponseReturnValue:
    """A new version with its reason; the one before stays."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    cuenta, formato = current_cuenta(), edition_of(row)
    lugar, sheet = place_of_row(row, formato), Hoja(formato, gate=behind_the_gate(cuenta, formato))
    stored = opened(row, "web:registro_corregir")
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    before, ids = typed_with_ids(row, formato, stored)
    if request.method == "GET":
        sheet.valores, sheet.version = flatten(formato, before) | flat_ids(ids), row.version
        asked = parse_id(request.args.get("borrador")) or sheet.op_id
        draft = hojas.open_draft(cuenta, asked, formato, registro_id)
        if draft is not None:
            sheet.op_id, sheet.valores = draft[0].id, draft[1]
            sheet.version = int(sheet.valores.pop("_version", row.version))
        return _form(sheet, lugar, row)
    sheet.version = request.form.get("_version", 0, type=int)
    sheet.op_id = parse_id(request.form.get("op_id")) or sheet.op_id
    sheet.valores = _typed(formato)
    bad_files = _keep_files(sheet, lugar)
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    if request.form.get("mas"):
        sheet.mas, sheet.errores = request.form["mas"], bad_files
        return _form(sheet, lugar, row)
    firma, motivo = request.form.get("accion") == "firma", request.form.get("motivo_correccion", "")
    mode: Mode = "firma" if firma else "rapido"
    judged = judge_correction(formato, unflatten(formato, sheet.valores), before, ids, mode, sheet.gate)
    sheet.errores = avisos_of(judged.result.errors) + bad_files
    if not sheet.errores:
        work = correction_of(
            cuenta, registro_id, formato, lugar, judged, before, motivo, sheet.version, completo=firma
        )
        body = _write(sheet, "web.registro.corregir", lugar, work)
        if body is not None:
            _tell(body, "Corrección guardada. La versión anterior queda en la historia.")
            return redirect(url_for(".ver", registro_id=registro_id), 303)
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    if any(e.codigo == "version_cambiada" for e in sheet.errores):
        sheet.version = row.version  # told who was faster: what is saved next is on purpose
    return _form(sheet, lugar, row), 422


@bp.post("/borradores")
@requires(Permiso.REGISTRO_EDITAR)
def borrador() -> ResponseReturnValue:
    """Keep what is being typed: asked by the page every few seconds, or by its button."""
    formato, cuenta = formato_or_404(request.form.get("_formato", "")), current_cuenta()
    op_id, registro_id = parse_id(request.form.get("op_id")), parse_id(request.form.get("_registro"))
    if op_id is None:
        raise NotFound()
    if registro_id is not None:
        lugar = place_of_row(registro_or_404(registro_id, Permiso.REGISTRO_EDITAR), formato)
    else:
        lugar = place_of(formato, named_place())
        may_write(cuenta, formato, lugar)
    sheet = Hoja(formato, op_id, _typed(formato), gate=behind_the_gate(cuenta, formato))
    bad_files = _keep_files(sheet, lugar)
    values = sheet.valores
    if registro_id is not None:
        values["_version"] = str(request.form.get("_version", 0, type=int))
    with unit_of_work(cuenta.as_actor("web")):
        kept = hojas.keep_draft(cuenta, op_id, formato, lugar.clave, lugar.emergencia_id, registro_id, values)
    if not kept:
        raise NotFound()
    if not request.files:
        return Response(status=204)
    kept_files = {name: values[name] for name in request.files if values.get(name)}
    return {"archivos": kept_files, "errores": {e.campo: e.mensaje for e in bad_files}}


@bp.post("/borradores/quitar")
@requires(Permiso.REGISTRO_EDITAR)
def quitar_borrador() -> ResponseReturnValue:
    """Throw a draft of one's own away."""
    op_id = parse_id(request.form.get("borrador"))
    if op_id is not None:
        with unit_of_work(current_cuenta().as_actor("web")):
            hojas.drop_draft(current_cuenta(), op_id)
        flash("Borrador quitado.", "bien")
    return redirect(url_for(".lista"), 303)
