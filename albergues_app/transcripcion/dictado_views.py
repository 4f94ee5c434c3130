"""The screen of typing: the picture of a page beside the form, record after record; and the blind second typing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.listener import record_opening
from albergues_app.audit.writing import write_once
from albergues_app.capturas.bindings import HOUSEHOLDS
from albergues_app.capturas.gate import behind_the_gate
from albergues_app.capturas.hoja import Hoja
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, NotFound, RuleBroken
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats.engine import Formato
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.blueprint import places_by_departamento
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.persona_views import refusals
from albergues_app.transcripcion import borradores, decisiones, lotes, muestra, renglones
from albergues_app.transcripcion.blueprint import bp, fresh_lote, open_lote, tell, typed_sheet
from albergues_app.transcripcion.models import (
    NOMBRE_DECISION,
    Decision,
    HojaEscaneada,
    LoteTranscripcion,
    RenglonTranscrito,
    SegundaTranscripcion,
)
from albergues_app.transcripcion.tasas import field_labels


@bp.route("/<uuid:lote_id>/hojas/<int:numero>", methods=["GET", "POST"])
@requires(Permiso.TRANSCRIPCION_HACER)
def hoja(lote_id: UUID, numero: int) -> ResponseReturnValue:
    """Type the records of one page, one after another."""
    lote, formato, lugar = open_lote(lote_id)
    page = lotes.page_or_404(lote, numero)
    hoja_id, emergencia_id = page.id, lote.emergencia_id
    seguir = request.values.get("seguir") or ("hoja" if formato.code in HOUSEHOLDS else "renglon")
    if request.method == "GET":
        sheet = renglones.blank_sheet(formato, lugar, behind_the_gate(current_cuenta(), formato))
        draft = _draft(hoja_id, formato)
        if draft is not None:
            sheet.op_id, sheet.valores = draft.op_id or sheet.op_id, {**sheet.valores, **draft.respuestas}
            typed = draft.escrito.get
            return _typing_page(
                lote, page, formato, sheet, typed("renglon", ""), typed("seguir", seguir), draft=draft
            )
        sheet.valores[renglones.folio_field(formato)] = renglones.last_folio(hoja_id)
        return _typing_page(lote, page, formato, sheet, str(renglones.next_line(hoja_id)), seguir)
    sheet, raw = typed_sheet(formato), request.form.get("renglon", "").strip()
    total = lotes.count_pages(lote_id)
    last, too_far = renglones.last_page(numero, request.form.get("hasta", "").strip(), total)
    sheet.op_id = parse_id(request.form.get("op_id")) or sheet.op_id
    if sheet.mas:
        return _typing_page(lote, page, formato, sheet, raw, seguir)
    result = sheet.judge("rapido")
    known = db.session.get(RenglonTranscrito, sheet.op_id)  # the same form sent twice stands on its own line
    line, refused = (known.renglon, None) if known is not None else renglones.line_error(hoja_id, raw)
    wrong = [one for one in (refused, too_far) if one is not None]
    sheet.errores = [*wrong, *sheet.errores]
    if result.ok and not wrong:
        marks = renglones.read_marks(request.form, formato)
        try:
            write = renglones.typing_work(
                lote, hoja_id, line, last - numero + 1, formato, lugar, result, sheet.op_id, marks
            )  # fmt: skip

            def work() -> dict[str, Any]:
                body = write()
                if seguir == "hoja":
                    lotes.finish_pages(lote_id, numero, last)
                borradores.drop(current_cuenta(), hoja_id)
                return body

            content = {
                "hoja": str(hoja_id),
                "renglon": line,
                "hasta": last,
                "no_se_lee": marks,
                **sheet.valores,
            }
            actor, clase = current_cuenta().as_actor("web"), f"web.transcripcion.{formato.code}"
            outcome = write_once(actor, sheet.op_id, clase, content, emergencia_id, work)
            if outcome.status != 409:
                tell(outcome.body, f"Hoja {numero}, renglón {line}: guardado.")
                return redirect(_after(lote_id, numero, last, seguir), 303)
            sheet.errores = [
                Aviso("id_ya_usado", "Este registro ya se había guardado con otros datos.", None)
            ]
        except AppError as error:
            if error.status != 422:
                raise
            sheet.errores = refusals(error)
    lote = lotes.lote_or_404(lote_id)
    return _typing_page(lote, lotes.page_or_404(lote, numero), formato, sheet, raw, seguir), 422


def _after(lote_id: UUID, numero: int, last: int, seguir: str) -> str:
    if seguir != "hoja":
        return url_for(".hoja", lote_id=lote_id, numero=numero, seguir=seguir)
    pages = lotes.pages_of([lote_id])[lote_id]
    waiting = [p.numero for p in pages if p.terminada_en is None]
    following = next((n for n in waiting if n > last), waiting[0] if waiting else None)
    if following is None:
        flash("Esa era la última hoja por transcribir de este lote.", "bien")
        return url_for(".ver", lote_id=lote_id)
    return url_for(".hoja", lote_id=lote_id, numero=following, seguir=seguir)


def _typing_page(
    lote: LoteTranscripcion,
    page: HojaEscaneada,
    formato: Formato,
    sheet: Hoja,
    renglon: str,
    seguir: str,
    segunda: SegundaTranscripcion | None = None,
    draft: borradores.Escrito | None = None,
) -> str:
    escrito = draft.escrito if draft is not None else request.form
    pages = lotes.pages_of([lote.id])[lote.id]
    numbers = [p.numero for p in pages]
    folio = renglones.folio_field(formato)
    described = sheet.descrita
    campo_folio = next((c for s in described["sections"] for c in s["campos"] if c["name"] == folio), None)
    return render_template(
        "transcripcion/hoja.html",
        lote=lote,
        pagina=page,
        formato=formato,
        hoja=sheet,
        descrita=described,
        campo_folio=campo_folio,
        folio=folio,
        lugares_=places_by_departamento(),
        renglon=renglon,
        seguir=seguir,
        segunda=segunda,
        marcas=set(renglones.read_marks(escrito, formato)),
        de_antes=draft,
        total=len(numbers),
        hasta=escrito.get("hasta") or min(len(numbers), page.numero + renglones.usual_pages(lote.id) - 1),
        anterior=next((n for n in reversed(numbers) if n < page.numero), None),
        posterior=next((n for n in numbers if n > page.numero), None),
        giro=request.args.get("giro", "0") if request.args.get("giro") in {"90", "180", "270"} else "0",
        hechos=0 if segunda is not None else next(p.registros for p in pages if p.numero == page.numero),
        op_id=sheet.op_id,
    )


def _draft(donde_id: UUID, formato: Formato) -> borradores.Escrito | None:
    """What this account left unsaved here, unless it asked to begin anew."""
    return None if request.args.get("en_blanco") else borradores.recall(current_cuenta(), donde_id, formato)


@bp.post("/<uuid:lote_id>/hojas/<int:numero>/borrador")
@requires(Permiso.TRANSCRIPCION_HACER)
def borrador(lote_id: UUID, numero: int) -> ResponseReturnValue:
    """Keep what is being typed of a page: asked by the page every few seconds."""
    lote, formato, _lugar = open_lote(lote_id)
    return _keep_draft(lote, lotes.page_or_404(lote, numero).id, formato)


@bp.post("/<uuid:lote_id>/muestra/<uuid:segunda_id>/borrador")
@requires(Permiso.TRANSCRIPCION_HACER)
def borrador_muestra(lote_id: UUID, segunda_id: UUID) -> ResponseReturnValue:
    """Keep what is being typed of a record of the sample."""
    lote, formato, _lugar = open_lote(lote_id)
    second, _line = _second(lote, segunda_id)
    muestra.may_type_blind(current_cuenta(), second)
    return _keep_draft(lote, segunda_id, formato)


def _keep_draft(lote: LoteTranscripcion, donde_id: UUID, formato: Formato) -> ResponseReturnValue:
    emergencia_id = lote.emergencia_id
    with unit_of_work(current_cuenta().as_actor("web")):
        borradores.keep(current_cuenta(), donde_id, formato, emergencia_id, request.form)
    return "", 204


@bp.post("/<uuid:lote_id>/muestra")
@requires(Permiso.TRANSCRIPCION_HACER)
def sortear(lote_id: UUID) -> ResponseReturnValue:
    """Draw the sample, or what it lacks for the records typed since."""
    open_lote(lote_id)
    raw = request.form.get("pct", "").strip()
    try:
        with unit_of_work(current_cuenta().as_actor("web")):
            fresh = muestra.draw_sample(
                fresh_lote(lote_id), int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 0
            )
        told = f"Se eligieron {fresh} registros al azar." if fresh else "La muestra ya está completa."
        flash(told, "bien" if fresh else "aviso")
    except AppError as error:
        if error.status != 422:
            raise
        flash(error.mensaje, "error")
    return redirect(url_for(".ver", lote_id=lote_id) + "#t-muestra", 303)


def _second(lote: LoteTranscripcion, segunda_id: UUID) -> tuple[SegundaTranscripcion, RenglonTranscrito]:
    row = db.session.get(SegundaTranscripcion, segunda_id)
    if row is None or row.lote_id != lote.id:
        raise NotFound()
    return row, db.session.get_one(RenglonTranscrito, row.renglon_id)


@bp.route("/<uuid:lote_id>/muestra/<uuid:segunda_id>", methods=["GET", "POST"])
@requires(Permiso.TRANSCRIPCION_HACER)
def verificar(lote_id: UUID, segunda_id: UUID) -> ResponseReturnValue:
    """Type a record of the sample again without seeing what was typed first."""
    lote, formato, lugar = open_lote(lote_id)
    cuenta = current_cuenta()
    second, line = _second(lote, segunda_id)
    try:
        muestra.may_type_blind(cuenta, second)
    except RuleBroken as refused:
        if request.method == "POST":
            raise
        flash(refused.mensaje, "aviso")
        return redirect(url_for(".ver", lote_id=lote_id) + "#t-muestra", 303)
    page = db.session.get_one(HojaEscaneada, line.hoja_id)
    renglon, emergencia_id = str(line.renglon), lote.emergencia_id
    if request.method == "GET":
        sheet = renglones.blank_sheet(formato, lugar, behind_the_gate(cuenta, formato))
        draft = _draft(segunda_id, formato)
        if draft is not None:
            sheet.op_id, sheet.valores = draft.op_id or sheet.op_id, {**sheet.valores, **draft.respuestas}
        return _typing_page(lote, page, formato, sheet, renglon, "muestra", second, draft)
    sheet = typed_sheet(formato)
    sheet.op_id = parse_id(request.form.get("op_id")) or sheet.op_id
    if sheet.mas:
        return _typing_page(lote, page, formato, sheet, renglon, "muestra", second)
    result = sheet.judge("rapido")
    if result.ok:

        def work() -> dict[str, Any]:
            fresh, _line = _second(fresh_lote(lote_id), segunda_id)
            muestra.may_type_blind(cuenta, fresh)
            borradores.drop(cuenta, segunda_id)
            return muestra.keep_second(fresh_lote(lote_id), fresh, formato, result)

        content = {"segunda": str(segunda_id), **sheet.valores}
        try:
            outcome = write_once(
                cuenta.as_actor("web"), sheet.op_id, "web.transcripcion.segunda", content, emergencia_id, work
            )
            flash(f"Guardado: {outcome.body.get('comparados', 0)} campos comparados.", "bien")
            waiting = muestra.pending_for(cuenta, lote_id)
            if waiting:
                return redirect(url_for(".verificar", lote_id=lote_id, segunda_id=waiting[0].id), 303)
            return redirect(url_for(".ver", lote_id=lote_id) + "#t-muestra", 303)
        except AppError as error:
            if error.status != 422:
                raise
            sheet.errores = refusals(error)
    lote = lotes.lote_or_404(lote_id)
    second, line = _second(lote, segunda_id)
    page = db.session.get_one(HojaEscaneada, line.hoja_id)
    return _typing_page(lote, page, formato, sheet, renglon, "muestra", second), 422


@bp.route("/<uuid:lote_id>/muestra/<uuid:segunda_id>/comparar", methods=["GET", "POST"])
@requires(Permiso.TRANSCRIPCION_HACER)
def comparar(lote_id: UUID, segunda_id: UUID) -> ResponseReturnValue:
    """The two typings side by side before the paper, and which is right."""
    lote, formato, lugar = open_lote(lote_id)
    cuenta, errores = current_cuenta(), []
    second, _line = _second(lote, segunda_id)
    if second.hecha_en is None:
        raise NotFound()
    emergencia_id = lote.emergencia_id
    if request.method == "POST":
        chosen = {
            name.removeprefix("decision-"): Decision(value)
            for name, value in request.form.items()
            if name.startswith("decision-") and value in set(Decision)
        }

        def work() -> dict[str, Any]:
            fresh = fresh_lote(lote_id)
            again, its_line = _second(fresh, segunda_id)
            return decisiones.decide(cuenta, fresh, its_line, again, formato, lugar, chosen)

        op_id = parse_id(request.form.get("op_id"))
        if op_id is None:
            raise NotFound()
        content = {"segunda": str(segunda_id), "decisiones": sorted((k, v.value) for k, v in chosen.items())}
        try:
            outcome = write_once(
                cuenta.as_actor("web"), op_id, "web.transcripcion.decidir", content, emergencia_id, work
            )
            if outcome.status != 409:
                fixed = outcome.body["corregidos"]
                tell(outcome.body, f"Decidido. Campos corregidos en el registro: {fixed}.")
                return redirect(url_for(".ver", lote_id=lote_id) + "#t-muestra", 303)
        except AppError as error:
            if error.status != 422:
                raise
            errores = refusals(error)
    page = _compare_page(lote_id, segunda_id, errores)
    return page, 422 if errores else 200


def _compare_page(lote_id: UUID, segunda_id: UUID, errores: list[Aviso]) -> str:
    from albergues_app.core.ids import uuid7

    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        lote = fresh_lote(lote_id)
        second, line = _second(lote, segunda_id)
        formato = lotes.formato_of(lote)
        one = flatten(formato, muestra.typed(formato, muestra.first_answers(lote, line)))
        two = flatten(formato, muestra.typed(formato, muestra.second_answers(lote, second)))
        record_opening(db.session(), "segunda_transcripcion", segunda_id, "web:transcripcion_comparar")
    lote, formato, _lugar = open_lote(lote_id)
    second, line = _second(lote, segunda_id)
    labels = field_labels(formato)
    page = db.session.get_one(HojaEscaneada, line.hoja_id)
    rows = [
        (
            d,
            labels.get(muestra.field_key(d.campo), d.campo),
            _row_of(d.campo),
            one.get(d.campo),
            two.get(d.campo),
        )
        for d in muestra.differences([second.id])[second.id]
    ]
    return render_template(
        "transcripcion/comparar.html",
        lote=lote,
        formato=formato,
        pagina=page,
        renglon=line,
        segunda=second,
        filas=rows,
        decide=decisiones.may_decide(cuenta, line, second),
        nombres=muestra.account_names([(line, page.numero)], [second]),
        NOMBRE_DECISION=NOMBRE_DECISION,
        giro="0",
        total=lotes.count_pages(lote.id),
        op_id=uuid7(),
        errores=errores,
    )


def _row_of(flat: str) -> int | None:
    parts = flat.split("-")
    return int(parts[1]) + 1 if len(parts) == 3 else None
