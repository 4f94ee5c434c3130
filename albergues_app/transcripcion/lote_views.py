"""Pages of a batch: the list, sending sheets, how far it is, and the picture of a page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.writing import write_once
from albergues_app.capturas.bindings import HOUSEHOLDS
from albergues_app.capturas.blueprint import fillable, formato_or_404
from albergues_app.capturas.intake import may_write
from albergues_app.capturas.place_page import named_place, place_or_page
from albergues_app.capturas.places import Lugar
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.persona_views import refusals
from albergues_app.transcripcion import lotes, muestra, renglones
from albergues_app.transcripcion.blueprint import bp, fresh_lote, open_lote
from albergues_app.transcripcion.lotes import NOMBRE_ESTADO, Pagina
from albergues_app.transcripcion.models import HojaEscaneada, LoteTranscripcion, RenglonTranscrito
from albergues_app.transcripcion.tasas import field_labels, rates_of


@bp.get("")
@requires(Permiso.TRANSCRIPCION_HACER)
def lista() -> ResponseReturnValue:
    """Batches of the account's territory, and where a new one begins."""
    cuenta = current_cuenta()
    rows = lotes.list_lotes(
        cuenta, parse_id(request.args.get("activacion")), request.args.get("formato", "")[:40]
    )
    pages = lotes.pages_of([row.id for row in rows])
    return render_template(
        "transcripcion/lista.html",
        lotes=rows,
        hojas=pages,
        tasas={row.id: rates_of(row.id, lotes.formato_of(row)) for row in rows if row.muestra_en is not None},
        titulos={f.code: f.title for f in formatos.all()},
        formatos=fillable(),
    )


@bp.route("/nuevo/<string:codigo>", methods=["GET", "POST"])
@requires(Permiso.TRANSCRIPCION_HACER)
def nuevo(codigo: str) -> ResponseReturnValue:
    """Send the pictures of filled sheets of a format for a place."""
    formato = formato_or_404(codigo)
    given = named_place()
    lugar = place_or_page(formato, given)
    if not isinstance(lugar, Lugar):
        return lugar
    may_write(current_cuenta(), formato, lugar)
    op_id, errores = parse_id(request.form.get("op_id")) or uuid7(), []
    if request.method == "POST":
        nombre = request.form.get("nombre", "")
        try:
            pages = _read_sent()

            def work() -> dict[str, Any]:
                row = lotes.create_lote(op_id, formato, lugar, nombre)
                fresh, _again = lotes.add_pages(row, pages)
                return {"id": str(row.id), "hojas": fresh, "avisos": []}

            body = _write(
                op_id, "web.transcripcion.lote", lugar.clave + formato.slug, lugar.emergencia_id, pages, work
            )
            flash(f"Se guardaron {body['hojas']} hojas. Ya puede transcribirlas.", "bien")
            return redirect(url_for(".ver", lote_id=body["id"]), 303)
        except AppError as error:
            if error.status != 422:
                raise
            errores = refusals(error)
    page = render_template(
        "transcripcion/nuevo.html",
        formato=formato,
        lugar=lugar,
        op_id=op_id,
        errores=errores,
        lugar_dado={k: v for k, v in given.items() if v},
    )
    return page, 422 if errores else 200


_BAD_NAMED = 5
"""Files that cannot be read are named together up to here; each costs the time of trying."""


def _read_sent() -> list[Pagina]:
    """Every page of every file sent, in order.

    :raises Invalid: no file, one that cannot be read, or too many pages: then none is kept.
    """
    files = [f for f in request.files.getlist("hojas") if f.filename]
    if not files:
        raise Invalid([Aviso("faltan_hojas", "Elija las fotografías o el PDF de las hojas.", "hojas")])
    found: list[Pagina] = []
    bad: list[Aviso] = []
    most = int(current_app.config["TRANSCRIPCION_HOJAS"])
    try:
        for file in files:
            try:
                found += lotes.read_file(file.filename or "", file.stream.read())
            except Invalid as refused:
                bad += refused.errores
            if len(found) > most:
                many = f"Son más de {most} hojas. Envíelas en dos partes."
                raise Invalid([Aviso("demasiadas_hojas", many, "hojas")])
            if len(bad) == _BAD_NAMED:
                break
    finally:
        for file in files:
            file.close()
    if bad and len(files) > 1:
        said = f"No se guardó ninguna de las {len(files)}: elíjalas otra vez, sin lo que no se pudo leer."
        bad.append(Aviso("ninguna_guardada", said, "hojas"))
    if bad:
        raise Invalid(bad)
    return found


def _write(
    op_id: UUID, clase: str, where: str, emergencia_id: UUID | None, pages: list[Pagina], work: Any
) -> dict[str, Any]:
    content = {"lugar": where, "hojas": [f"{p.huella_archivo}/{p.pagina}" for p in pages]}
    outcome = write_once(current_cuenta().as_actor("web"), op_id, clase, content, emergencia_id, work)
    if outcome.status == 409:
        raise Invalid([Aviso("id_ya_usado", "Ese envío ya se había guardado con otras hojas.", "hojas")])
    return outcome.body


@bp.get("/<uuid:lote_id>")
@requires(Permiso.TRANSCRIPCION_HACER)
def ver(lote_id: UUID) -> ResponseReturnValue:
    """How far a batch is: its pages, its records, its doubts, its sample and its error."""
    return _page(lote_id, [])


def _page(lote_id: UUID, errores: list[Aviso]) -> str:
    lote, formato, lugar = open_lote(lote_id)
    cuenta = current_cuenta()
    pages, lines = lotes.pages_of([lote.id])[lote.id], renglones.lines_of(lote.id)
    seconds = muestra.seconds_of(lote.id)
    different = muestra.differences([s.id for s in seconds])
    labels = field_labels(formato)
    by_line = {s.renglon_id: s for s in seconds}
    return render_template(
        "transcripcion/lote.html",
        lote=lote,
        formato=formato,
        lugar=lugar,
        hojas=pages,
        renglones=lines,
        segundas=by_line,
        distintos=different,
        dudas=[(line, number, [_label(labels, n) for n in line.dudosos]) for line, number in lines if line.dudosos],
        pendientes_mias=muestra.pending_for(cuenta, lote.id),
        tasas=rates_of(lote.id, formato) if seconds else None,
        pct=lote.muestra_pct or current_app.config["TRANSCRIPCION_MUESTRA_PCT"],
        falta_muestra=bool(lines) and len(seconds) < muestra.size_of(
            len(lines), lote.muestra_pct or current_app.config["TRANSCRIPCION_MUESTRA_PCT"]
        ),
        siguiente=next((h.numero for h in pages if h.terminada_en is None), None),
        NOMBRE_ESTADO=NOMBRE_ESTADO,
        nombres=muestra.account_names(lines, seconds),
        en_casa=formato.code in HOUSEHOLDS,
        op_id=uuid7(),
        errores=errores,
    )  # fmt: skip


def _label(labels: dict[str, str], flat: str) -> str:
    parts = flat.split("-")
    name = labels.get(muestra.field_key(flat), flat)
    return f"{name}, fila {int(parts[1]) + 1}" if len(parts) == 3 else name


@bp.post("/<uuid:lote_id>/hojas")
@requires(Permiso.TRANSCRIPCION_HACER)
def subir(lote_id: UUID) -> ResponseReturnValue:
    """More pages at the end of a batch; those already there are not taken twice."""
    lote, _formato, _lugar = open_lote(lote_id)
    emergencia_id, op_id = lote.emergencia_id, parse_id(request.form.get("op_id")) or uuid7()
    try:
        pages = _read_sent()

        def work() -> dict[str, Any]:
            fresh, again = lotes.add_pages(fresh_lote(lote_id), pages)
            return {"id": str(lote_id), "hojas": fresh, "repetidas": again, "avisos": []}

        body = _write(op_id, "web.transcripcion.hojas", str(lote_id), emergencia_id, pages, work)
    except AppError as error:
        if error.status != 422:
            raise
        return _page(lote_id, refusals(error)), 422
    flash(f"Se agregaron {body['hojas']} hojas.", "bien")
    if body["repetidas"]:
        flash(f"{body['repetidas']} ya estaban en este lote y no se repitieron.", "aviso")
    return redirect(url_for(".ver", lote_id=lote_id), 303)


@bp.get("/<uuid:lote_id>/hojas/<int:numero>/imagen")
@requires(Permiso.TRANSCRIPCION_HACER)
def imagen(lote_id: UUID, numero: int) -> ResponseReturnValue:
    """The picture of a page; who opened it stands in the trail."""
    lote, _formato, _lugar = open_lote(lote_id)
    hoja_id = lotes.page_or_404(lote, numero).id
    with unit_of_work(current_cuenta().as_actor("web")):
        hoja = db.session.get_one(HojaEscaneada, hoja_id)
        content = lotes.open_page(hoja, db.session.get_one(LoteTranscripcion, lote_id), "web:transcripcion")
    return download(content, "image/jpeg", f"hoja-{numero}.jpg", inline=True)


@bp.post("/<uuid:lote_id>/hojas/<int:numero>/terminar")
@requires(Permiso.TRANSCRIPCION_HACER)
def terminar(lote_id: UUID, numero: int) -> ResponseReturnValue:
    """Nothing more to type on this page, or again something; with what has to be asked of it."""
    lote, _formato, _lugar = open_lote(lote_id)
    hoja_id, finished = lotes.page_or_404(lote, numero).id, request.form.get("accion") != "reabrir"
    with unit_of_work(current_cuenta().as_actor("web")):
        lotes.finish_page(db.session.get_one(HojaEscaneada, hoja_id), finished, request.form.get("duda", ""))
    flash(f"Hoja {numero}: {'terminada' if finished else 'abierta de nuevo'}.", "bien")
    return redirect(url_for(".ver", lote_id=lote_id), 303)


@bp.post("/<uuid:lote_id>/renglones/<uuid:renglon_id>/resuelto")
@requires(Permiso.TRANSCRIPCION_HACER)
def resuelto(lote_id: UUID, renglon_id: UUID) -> ResponseReturnValue:
    """What could not be read in a record was asked, and the record corrected if it had to be."""
    open_lote(lote_id)
    with unit_of_work(current_cuenta().as_actor("web")):
        line = db.session.get(RenglonTranscrito, renglon_id)
        if line is None or line.lote_id != lote_id:
            raise NotFound()
        renglones.settle(line)
        number = line.renglon
    flash(f"Renglón {number}: ya no queda nada por preguntar.", "bien")
    return redirect(url_for(".ver", lote_id=lote_id), 303)
