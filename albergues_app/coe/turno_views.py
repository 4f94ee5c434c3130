"""Pages of the shifts of a COE: take the first, come in, hand over, read and accept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.capturas.hoja import Hoja
from albergues_app.coe import entrega as entregas
from albergues_app.coe import turnos as shifts
from albergues_app.coe.blueprint import bp
from albergues_app.coe.entrega_paper import entrega_pdf
from albergues_app.coe.models import Coe
from albergues_app.coe.models_turno import CLASE_TURNO, CoeTurno, EntregaTurno, EstadoEntrega
from albergues_app.coe.panel import account_names, panel_of
from albergues_app.coe.paper import place_name
from albergues_app.coe.periods import next_period_end, turno_of
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.formats.engine import answers_to_json
from albergues_app.formats.outputs.web_form import unflatten
from albergues_app.ocupacion.bindings import avisos_of, check
from albergues_app.ocupacion.blueprint import places_by_departamento

_OF_THE_ACCOUNTS = {"saliente", "entrante", "acuse_entrante"}
"""Asked by the format and given by the accounts that sign."""


@bp.get("/<uuid:coe_id>/turnos")
@requires(Permiso.COE_VER)
def turnos(coe_id: UUID) -> ResponseReturnValue:
    """The shift at work, those before, and their hand-overs."""
    return _page(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), empty_form())


def _page(coe: Coe, envio: Envio) -> str:
    rows = list(
        db.session.scalars(
            select(CoeTurno).where(CoeTurno.coe_id == coe.id).order_by(CoeTurno.numero.desc()).limit(300)
        )
    )
    handed = list(
        db.session.scalars(
            select(EntregaTurno)
            .where(EntregaTurno.coe_id == coe.id)
            .order_by(EntregaTurno.firmada_en.desc())
            .limit(300)
        )
    )
    ids = {r.cuenta_id for r in rows} | {h.saliente_id for h in handed} | {h.entrante_id for h in handed}
    return render_template(
        "coe/turnos.html",
        coe=coe,
        lugar=place_name(coe),
        envio=envio,
        turnos=rows,
        entregas=handed,
        nombres=account_names(ids),
        **_frame(coe),
    )


def _frame(coe: Coe) -> dict[str, Any]:
    cuenta = current_cuenta()
    return {
        "panel": panel_of(coe, cuenta.id),
        "puede_anotar": coe.desactivado_en is None and permits(cuenta, Permiso.COE_ESCRIBIR, coe),
        "CLASE_TURNO": CLASE_TURNO,
    }


@bp.route("/<uuid:coe_id>/turnos/recibir", methods=["GET", "POST"])
@requires(Permiso.COE_ESCRIBIR)
def recibir_turno(coe_id: UUID) -> ResponseReturnValue:
    """Take the first shift, or the one of somebody who left without handing it over."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = shifts.TurnoNuevo(
                typed.op_id,
                typed.choice("clase", CLASE_TURNO, "Elija qué turno es."),
                typed.instant("hasta", ahead=shifts.LONGEST),
                typed.text("motivo", limit=500),
            )
            return lambda: {"id": str(shifts.take_turno(coe_id, datos).id)}

        envio = send("web.coe.turno", work, coe=coe_id)
        if envio.body:
            flash("Usted tiene el turno. La bitácora ya lo dice.", "bien")
            return redirect(url_for("coe.ver", coe_id=coe_id), 303)
        coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    now = clock.now()
    page = render_template(
        "coe/turno_recibir.html",
        coe=coe,
        lugar=place_name(coe),
        envio=envio,
        clases=list(CLASE_TURNO.items()),
        clase=turno_of(now),
        hasta_texto=wall_clock(next_period_end(now)),
        **_frame(coe),
    )
    return page, envio.status


@bp.post("/<uuid:coe_id>/turnos/entrar")
@requires(Permiso.COE_ESCRIBIR)
def entrar_turno(coe_id: UUID) -> ResponseReturnValue:
    """Come into the shift at work."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)

    def work(_typed: Typed) -> Callable[[], dict[str, Any]]:
        return lambda: {"id": str(shifts.join_turno(coe_id).id)}

    envio = send("web.coe.turno.entrar", work, coe=coe_id)
    if envio.body:
        flash("Entró al turno: ya puede anotar.", "bien")
        return redirect(url_for("coe.ver", coe_id=coe_id), 303)
    return _page(get_visible_or_404(Coe, coe.id, Permiso.COE_ESCRIBIR), envio), envio.status


@bp.route("/<uuid:coe_id>/turnos/entregar", methods=["GET", "POST"])
@requires(Permiso.COE_ESCRIBIR)
def entregar_turno(coe_id: UUID) -> ResponseReturnValue:
    """The guided hand-over: what the system knows is filled in; who leaves writes the rest and signs."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    frame = _frame(coe)
    panel = frame["panel"]
    if coe.desactivado_en is not None or not panel.mio or panel.espera is not None:
        return redirect(url_for("coe.turnos", coe_id=coe_id), 303)
    cuenta, now = current_cuenta(), clock.now()
    sheet, envio = Hoja(entregas.formato(), gate=False), empty_form()
    receivers = entregas.may_receive(coe, cuenta.id)
    figures = entregas.figures_at(coe, now)
    outgoing = panel.turno.clase
    if request.method == "POST":
        sheet.valores = {k: v[:20_000] for k, v in request.form.items() if k != "csrf_token"}
        sheet.mas = request.form.get("mas", "")
        if sheet.mas:
            envio = Envio(Typed(request.form.to_dict(flat=False)))
            envio.op_id = envio.typed.op_id
        else:
            envio = send(
                "web.coe.entrega",
                lambda typed: _signed(coe, typed, receivers, outgoing),
                coe.emergencia_id,
                coe=coe_id,
            )
            if envio.body:
                flash("Firmado. El turno sigue siendo suyo hasta que lo acepten.", "bien")
                return redirect(url_for("coe.entrega_turno", coe_id=coe_id, relevo_id=envio.body["id"]), 303)
            coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
            frame = _frame(coe)
            sheet.errores = envio.errores
    else:
        sheet.valores = entregas.proposal(coe, now, figures)
    page = render_template(
        "coe/turno_entregar.html",
        coe=coe,
        lugar=place_name(coe),
        envio=envio,
        hoja=sheet,
        descrita=entregas.described(sheet.descrita),
        lugares_=places_by_departamento(),
        reciben=receivers,
        clases=list(CLASE_TURNO.items()),
        clase="nocturno" if outgoing == "diurno" else "diurno",
        hasta_texto=wall_clock(next_period_end(now)),
        cifras=figures,
        ahora_=now,
        **frame,
    )
    return page, envio.status


def _signed(
    coe: Coe, typed: Typed, receivers: list[tuple[str, str]], outgoing: str
) -> Callable[[], dict[str, Any]]:
    """What was typed as a hand-over to sign; the figures of its hour are counted before anything is written."""
    formato, coe_id = entregas.formato(), coe.id
    entrante = typed.choice("entrante_cuenta", dict(receivers), "Elija quién recibe el turno.")
    clase = typed.choice("clase_entrante", CLASE_TURNO, "Elija qué turno empieza.")
    hasta = typed.instant("hasta", ahead=shifts.LONGEST)
    if not typed.yes("informo"):
        typed.fault("falta_informo", "Marque que informó todo a quien recibe, y firme.", "informo")
    raw = {
        **unflatten(formato, {k: v[:1] for k, v in typed.raw.items()}),
        "turno_saliente": outgoing,
        "turno_entrante": clase,
        "saliente": current_cuenta().nombre,
        "entrante": dict(receivers).get(entrante, ""),
        "acuse_saliente": "Sí",
    }
    result = check(formato, raw, False, "firma")
    typed.errores += [e for e in avisos_of(result.errors) if e.campo not in _OF_THE_ACCOUNTS]
    typed.check()
    when = min(clock.as_utc(result.answers["ocurrido_en"]), clock.now())
    datos = shifts.EntregaNueva(
        id=typed.op_id,
        entrante_id=UUID(entrante),
        clase=clase,
        hasta=hasta,
        ocurrido_en=when,
        edicion=formato.version,
        respuestas=answers_to_json(result.answers),
        cifras=entregas.figures_at(coe, when),
    )
    return lambda: {"id": str(shifts.sign_entrega(coe_id, datos).id)}


def _entrega(coe: Coe, relevo_id: UUID) -> EntregaTurno:
    row = db.session.get(EntregaTurno, relevo_id)
    if row is None or row.coe_id != coe.id:
        raise NotFound()
    return row


@bp.get("/<uuid:coe_id>/entregas-de-turno/<uuid:relevo_id>")
@requires(Permiso.COE_VER)
def entrega_turno(coe_id: UUID, relevo_id: UUID) -> ResponseReturnValue:
    """A hand-over: to read, and to accept or send back when it is for this account."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    return _entrega_page(coe, _entrega(coe, relevo_id), empty_form(), empty_form())


def _entrega_page(coe: Coe, row: EntregaTurno, acepta: Envio, devuelve: Envio) -> str:
    seen, cuenta = entregas.open_entrega(coe, row), current_cuenta()
    waits = row.estado == EstadoEntrega.FIRMADA and coe.desactivado_en is None
    return render_template(
        "coe/turno_entrega.html",
        coe=coe,
        lugar=place_name(coe),
        e=row,
        dicho=seen,
        partes=entregas.parts_of(row.edicion, seen.respuestas) if seen.respuestas is not None else [],
        acepta=acepta,
        devuelve=devuelve,
        puede_aceptar=waits and row.entrante_id == cuenta.id and permits(cuenta, Permiso.COE_ESCRIBIR, coe),
        puede_devolver=waits and cuenta.id in {row.entrante_id, row.saliente_id},
        la_firme=row.saliente_id == cuenta.id,
        CLASE_TURNO=CLASE_TURNO,
    )


@bp.post("/<uuid:coe_id>/entregas-de-turno/<uuid:relevo_id>/aceptar")
@requires(Permiso.COE_ESCRIBIR)
def aceptar_entrega(coe_id: UUID, relevo_id: UUID) -> ResponseReturnValue:
    """The incoming account accepts: the shift is its own."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    row = _entrega(coe, relevo_id)
    summary = entregas.summary(row, entregas.open_entrega(coe, row))

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        nota = typed.text("nota", limit=500)
        return lambda: {"folio": shifts.accept_entrega(relevo_id, nota, summary).folio}

    envio = send("web.coe.entrega.aceptar", work, coe.emergencia_id, coe=coe_id, entrega=relevo_id)
    if envio.body:
        flash(f"El turno es suyo. La bitácora lo dice en el folio {envio.body['folio']}.", "bien")
        return redirect(url_for("coe.ver", coe_id=coe_id), 303)
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    return _entrega_page(coe, _entrega(coe, relevo_id), envio, empty_form()), envio.status


@bp.post("/<uuid:coe_id>/entregas-de-turno/<uuid:relevo_id>/devolver")
@requires(Permiso.COE_ESCRIBIR)
def devolver_entrega(coe_id: UUID, relevo_id: UUID) -> ResponseReturnValue:
    """Send it back, or withdraw it: the shift stays where it was."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    _entrega(coe, relevo_id)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        motivo = typed.text("motivo", "Escriba por qué se devuelve.", 500)
        return lambda: {"estado": shifts.return_entrega(relevo_id, motivo).estado}

    envio = send("web.coe.entrega.devolver", work, coe=coe_id, entrega=relevo_id)
    if envio.body:
        flash("La entrega quedó sin efecto: el turno sigue con quien lo tenía.", "bien")
        return redirect(url_for("coe.turnos", coe_id=coe_id), 303)
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    return _entrega_page(coe, _entrega(coe, relevo_id), empty_form(), envio), envio.status


@bp.get("/<uuid:coe_id>/entregas-de-turno/<uuid:relevo_id>/pdf")
@requires(Permiso.COE_VER)
def entrega_en_pdf(coe_id: UUID, relevo_id: UUID) -> ResponseReturnValue:
    """The hand-over on paper, with both signatures."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    row = _entrega(coe, relevo_id)
    return download(
        entrega_pdf(coe, row), PDF, f"entrega-de-turno-{clock.to_local(row.firmada_en):%Y%m%d-%H%M}.pdf"
    )
