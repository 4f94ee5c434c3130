"""Filling a format in on its page, correcting what was kept, and the drafts of what is being typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.writing import write_once
from albergues_app.capturas import hoja as hojas
from albergues_app.capturas import shelf
from albergues_app.capturas.bindings import bind, working_page
from albergues_app.capturas.blueprint import (
    bp,
    formato_or_404,
    opened,
    place_of_row,
    registro_or_404,
    typed_answers,
)
from albergues_app.capturas.hoja import Hoja, behind_the_gate
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar, place_of
from albergues_app.capturas.services import (
    RegistroNuevo,
    correct_registro,
    edition_of,
    save_registro,
)
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.queries import emergencias_en_curso
from albergues_app.formats.engine import Ambito, Formato
from albergues_app.formats.outputs.web_form import flatten, unflatten
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.persona_views import refusals
from albergues_app.territorio.catalogo import catalogo

PLACES = ("activacion", "albergue", "municipio", "departamento", "emergencia")


@bp.route("/nuevo/<string:codigo>", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def nuevo(codigo: str) -> ResponseReturnValue:
    """Fill in a format for a place; without a place, choose it first."""
    formato, cuenta = formato_or_404(codigo), current_cuenta()
    given = {name: request.values.get(name, "") for name in PLACES}
    page = working_page(formato, given.get("activacion") or "")
    if page is not None:
        return redirect(page, 303)
    sheet = Hoja(formato, gate=behind_the_gate(cuenta, formato))
    draft = hojas.open_draft(cuenta, parse_id(request.args.get("borrador")) or sheet.op_id)
    if draft is not None:
        sheet.op_id, sheet.valores = draft[0].id, draft[1]
        kind, _, key = draft[0].lugar.partition(":")
        given = {**given, kind: key}
    if not any(given[name] for name in PLACES[:-1]):
        return _choose_place(formato, [])
    try:
        lugar = place_of(formato, given, Permiso.REGISTRO_EDITAR)
    except Invalid as refused:
        return _choose_place(formato, list(refused.errores)), 422
    if request.method == "GET":
        sheet.valores = {**lugar.known_answers, **sheet.valores}
        return _form(sheet, lugar, None)
    sheet.op_id = parse_id(request.form.get("op_id")) or sheet.op_id
    sheet.valores = _typed(formato)
    if request.form.get("mas"):
        sheet.mas = request.form["mas"]
        return _form(sheet, lugar, None)
    firma = request.form.get("accion") == "firma"
    result = sheet.judge("firma" if firma else "rapido")
    if result.ok:
        datos = RegistroNuevo(sheet.op_id, formato, lugar, result, firmado=firma)

        def work() -> dict[str, Any]:
            body = save_registro(datos)
            body["avisos"] += [a.as_dict() for a in bind(datos)]
            hojas.drop_draft(cuenta, sheet.op_id)
            return body

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
    return {k: v[:20_000] for k, v in request.form.items() if k not in skip}


def _asks_place(formato: Formato) -> bool:
    """Its own fields are called as the place is: they come with the sheet."""
    return any(c.name in PLACES for c in formato.campos)


def _write(sheet: Hoja, clase: str, lugar: Lugar, work: Any) -> dict[str, Any] | None:
    content = {"lugar": lugar.clave, "formato": sheet.formato.slug, **sheet.valores}
    try:
        outcome = write_once(
            current_cuenta().as_actor("web"), sheet.op_id, clase, content, lugar.emergencia_id, work
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


def _tell(body: dict[str, Any], sentence: str) -> None:
    flash(sentence, "bien")
    pending = [a for a in body["avisos"] if a["codigo"] == "pendiente"]
    for aviso in body["avisos"]:
        if aviso["codigo"] != "pendiente":
            flash(aviso["mensaje"], "aviso")
    if pending:
        flash(f"Quedan {len(pending)} datos pendientes; puede completarlos cuando los tenga.", "aviso")


def _choose_place(formato: Formato, errores: list[Aviso]) -> str:
    cuenta, known = current_cuenta(), catalogo()
    return render_template(
        "capturas/lugar.html",
        formato=formato,
        errores=errores,
        abiertos=shelf.open_places(cuenta) if formato.ambito is Ambito.ALBERGUE else [],
        sitios=shelf.sites(cuenta) if formato.ambito is Ambito.SITIO else [],
        municipios=[(c, known.lugar_texto(c)) for c in known.municipios if cuenta.covers_municipio(c)]
        if formato.ambito is Ambito.LUGAR else [],
        departamentos=[
            (d.codigo, d.nombre) for d in known.departamentos.values()
            if cuenta.covers_departamento(d.codigo) or d.codigo in cuenta.departamentos_sede
        ] if formato.ambito is Ambito.LUGAR else [],
        emergencias=emergencias_en_curso(clock.now()),
    )  # fmt: skip


def _form(sheet: Hoja, lugar: Lugar, registro: Registro | None) -> str:
    return render_template(
        "capturas/formulario.html",
        hoja=sheet,
        formato=sheet.formato,
        descrita=sheet.descrita,
        lugar=lugar,
        registro=registro,
        lugares_=_places_for_select(),
        escondidos={n: v for n, v in _place_args(lugar).items() if not _has_campo(sheet.formato, n)},
    )


def _has_campo(formato: Formato, name: str) -> bool:
    return any(c.name == name for c in formato.campos)


def _place_args(lugar: Lugar) -> dict[str, str]:
    kind, _, key = lugar.clave.partition(":")
    args = {kind: key}
    if lugar.emergencia_id and kind != "activacion":
        args["emergencia"] = str(lugar.emergencia_id)
    return args


def _places_for_select() -> list[dict[str, Any]]:
    known = catalogo()
    return [
        {
            "codigo": d.codigo, "nombre": d.nombre,
            "municipios": [
                {"codigo": c, "nombre": known.municipio_nombre(c)} for c in known.municipios if c[:2] == d.codigo
            ],
        }
        for d in known.departamentos.values()
    ]  # fmt: skip


@bp.route("/<uuid:registro_id>/corregir", methods=["GET", "POST"])
@requires(Permiso.REGISTRO_EDITAR)
def corregir(registro_id: UUID) -> ResponseReturnValue:
    """A new version with its reason; the one before stays."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    cuenta, formato = current_cuenta(), edition_of(row)
    lugar, sheet = place_of_row(row), Hoja(formato, gate=behind_the_gate(cuenta, formato))
    before = typed_answers(row, formato, opened(row, "web:registro_corregir"))
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    if request.method == "GET":
        sheet.valores = flatten(formato, before)
        draft = hojas.open_draft(cuenta, parse_id(request.args.get("borrador")) or sheet.op_id)
        if draft is not None:
            sheet.op_id, sheet.valores = draft[0].id, draft[1]
        return _form(sheet, lugar, row)
    sheet.op_id = parse_id(request.form.get("op_id")) or sheet.op_id
    sheet.valores = _typed(formato)
    if request.form.get("mas"):
        sheet.mas = request.form["mas"]
        return _form(sheet, lugar, row)
    firma, motivo = request.form.get("accion") == "firma", request.form.get("motivo_correccion", "")
    raw = unflatten(formato, sheet.valores)
    shown = hojas.judge(formato, raw, sheet.gate, "firma" if firma else "rapido")
    sheet.errores = hojas.notices_as_avisos(shown.errors)
    result = shown
    if shown.ok and sheet.gate:
        result = hojas.judge(formato, hojas.with_hidden(formato, raw, before), False)
        sheet.errores = hojas.notices_as_avisos(result.errors)
    if result.ok:
        datos = RegistroNuevo(registro_id, formato, lugar, result, firmado=firma)

        def work() -> dict[str, Any]:
            fresh = db.session.get_one(Registro, registro_id)
            body = correct_registro(fresh, datos, motivo)
            hojas.drop_draft(cuenta, sheet.op_id)
            return body

        body = _write(sheet, "web.registro.corregir", lugar, work)
        if body is not None:
            _tell(body, "Corrección guardada. La versión anterior queda en la historia.")
            return redirect(url_for(".ver", registro_id=registro_id), 303)
    return _form(sheet, lugar, registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)), 422


@bp.post("/borradores")
@requires(Permiso.REGISTRO_EDITAR)
def borrador() -> ResponseReturnValue:
    """Keep what is being typed: asked by the page every few seconds, or by its button."""
    formato, cuenta = formato_or_404(request.form.get("_formato", "")), current_cuenta()
    op_id, registro_id = parse_id(request.form.get("op_id")), parse_id(request.form.get("_registro"))
    if op_id is None:
        raise NotFound()
    if registro_id is not None:
        lugar = place_of_row(registro_or_404(registro_id, Permiso.REGISTRO_EDITAR))
    else:
        lugar = place_of(
            formato, {name: request.form.get(name, "") for name in PLACES}, Permiso.REGISTRO_EDITAR
        )
    values = {k: v for k, v in _typed(formato).items() if not k.startswith("_")}
    with unit_of_work(cuenta.as_actor("web")):
        kept = hojas.keep_draft(cuenta, op_id, formato, lugar.clave, lugar.emergencia_id, registro_id, values)
    if not kept:
        raise NotFound()
    return Response(status=204)


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
