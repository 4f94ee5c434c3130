"""One commitment: what was promised, every step of it, and what one may do with it now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.compromisos import services
from albergues_app.compromisos.blueprint import bp
from albergues_app.compromisos.evidencias import Archivo, check_evidence, evidence_of, open_evidence
from albergues_app.compromisos.formulario import read_encargado, read_plazo
from albergues_app.compromisos.models import (
    ESTADO_NOMBRE,
    ORIGEN_NOMBRE,
    PASO_NOMBRE,
    PRIORIDAD_NOMBRE,
    Compromiso,
    Paso,
)
from albergues_app.compromisos.queries import ESCALA_NOMBRE, fila_of, history_of
from albergues_app.compromisos.semaforo import due_day
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.scans import ENDINGS, TIPOS
from albergues_app.core.typed import Typed
from albergues_app.emergencias.models import Emergencia

LLEVAR, CUMPLIR, VERIFICAR = (
    Permiso.COMPROMISO_LLEVAR,
    Permiso.COMPROMISO_CUMPLIR,
    Permiso.COMPROMISO_VERIFICAR,
)


@bp.get("/<uuid:compromiso_id>")
@requires(Permiso.COMPROMISO_VER)
def ver(compromiso_id: UUID) -> ResponseReturnValue:
    """One commitment and its history."""
    return _page(compromiso_id, Permiso.COMPROMISO_VER, "", empty_form())


def _page(compromiso_id: UUID, permiso: Permiso, accion: str, envio: Envio) -> ResponseReturnValue:
    row = get_visible_or_404(Compromiso, compromiso_id, permiso)
    cuenta, fila = current_cuenta(), fila_of(row)
    emergencia = db.session.get(Emergencia, row.emergencia_id) if row.emergencia_id else None
    files: dict[int, list[Any]] = {}
    for file in evidence_of(row.id):
        files.setdefault(file.orden, []).append(file)
    page = render_template(
        "compromisos/ver.html",
        f=fila,
        historia=history_of(row),
        archivos=files,
        emergencia=emergencia,
        accion=accion,
        envio=envio,
        vacio=empty_form,
        cumple=fila.abierto and permits(cuenta, CUMPLIR, row),
        lleva=fila.abierto and permits(cuenta, LLEVAR, row),
        verifica=fila.por_verificar and permits(cuenta, VERIFICAR, row),
        es_de_otra=services.may_verify(row, cuenta.id),
        dia=due_day,
        ESTADO_NOMBRE=ESTADO_NOMBRE,
        ORIGEN_NOMBRE=ORIGEN_NOMBRE,
        PASO_NOMBRE=PASO_NOMBRE,
        PRIORIDAD_NOMBRE=PRIORIDAD_NOMBRE,
        ESCALA_NOMBRE=ESCALA_NOMBRE,
        ahora_=clock.now(),
    )
    return page, envio.status


Work = Callable[[Typed], Callable[[], Compromiso]]


def _act(compromiso_id: UUID, permiso: Permiso, accion: Paso, work: Work, done: str) -> ResponseReturnValue:
    """Send one of the forms of the page; refused, the page comes back with it open."""
    row = get_visible_or_404(Compromiso, compromiso_id, permiso)

    def reading(typed: Typed) -> Callable[[], dict[str, Any]]:
        run = work(typed)
        return lambda: {"id": str(run().id)}

    envio = send(f"web.compromiso.{accion}", reading, row.emergencia_id, compromiso=compromiso_id)
    if envio.body is None:
        return _page(compromiso_id, permiso, accion, envio)
    flash(done, "bien")
    if not permits(current_cuenta(), Permiso.COMPROMISO_VER, db.session.get_one(Compromiso, compromiso_id)):
        return redirect(url_for("compromisos.mios"), 303)
    return redirect(url_for("compromisos.ver", compromiso_id=compromiso_id), 303)


@bp.post("/<uuid:compromiso_id>/avances")
@requires(CUMPLIR)
def avanzar(compromiso_id: UUID) -> ResponseReturnValue:
    """Say how it goes."""

    def work(typed: Typed) -> Callable[[], Compromiso]:
        said = typed.text("avance", "Escriba qué se ha hecho.", 2000)
        return lambda: services.note_progress(compromiso_id, said)

    return _act(compromiso_id, CUMPLIR, Paso.AVANCE, work, "Avance anotado.")


@bp.post("/<uuid:compromiso_id>/cumplimiento")
@requires(CUMPLIR)
def cumplir(compromiso_id: UUID) -> ResponseReturnValue:
    """Say that it was done, with what shows it."""

    def work(typed: Typed) -> Callable[[], Compromiso]:
        said = typed.text("evidencia", "Escriba qué se hizo y cómo se comprueba.", 2000)
        sent = request.files.get("archivo")
        file: Archivo | None = check_evidence(sent.read()) if sent is not None and sent.filename else None
        return lambda: services.fulfil(compromiso_id, said, file)

    return _act(
        compromiso_id,
        CUMPLIR,
        Paso.CUMPLIDO,
        work,
        "Quedó como cumplido. Falta que otra persona lo verifique.",
    )


@bp.post("/<uuid:compromiso_id>/fechas")
@requires(LLEVAR)
def reprogramar(compromiso_id: UUID) -> ResponseReturnValue:
    """Another date, with its reason."""

    def work(typed: Typed) -> Callable[[], Compromiso]:
        plazo = read_plazo(typed)
        why = typed.text("motivo_fecha", "Escriba por qué se cambia la fecha.", 2000)
        return lambda: services.reschedule(compromiso_id, plazo, why)

    return _act(
        compromiso_id, LLEVAR, Paso.REPROGRAMADO, work, "Fecha cambiada. La que tenía queda en la historia."
    )


@bp.post("/<uuid:compromiso_id>/responsables")
@requires(LLEVAR)
def reasignar(compromiso_id: UUID) -> ResponseReturnValue:
    """Give it to somebody else."""

    def work(typed: Typed) -> Callable[[], Compromiso]:
        who = read_encargado(typed, current_cuenta())
        why = typed.text("motivo_responsable", "Escriba por qué cambia el responsable.", 2000)
        return lambda: services.entrust(compromiso_id, who, why)

    return _act(compromiso_id, LLEVAR, Paso.REASIGNADO, work, "Cambió el responsable.")


@bp.post("/<uuid:compromiso_id>/verificacion")
@requires(VERIFICAR)
def verificar(compromiso_id: UUID) -> ResponseReturnValue:
    """Confirm that it was done, or give it back."""
    confirmed = request.form.get("resultado") != "falta"

    def work(typed: Typed) -> Callable[[], Compromiso]:
        said = typed.text("nota", "" if confirmed else "Escriba qué falta.", 2000)
        return lambda: (
            services.verify(compromiso_id, said) if confirmed else services.give_back(compromiso_id, said)
        )

    done = "Verificado: sale de la lista." if confirmed else "Devuelto: sigue en proceso."
    return _act(compromiso_id, VERIFICAR, Paso.VERIFICADO, work, done)


@bp.post("/<uuid:compromiso_id>/cancelacion")
@requires(LLEVAR)
def cancelar(compromiso_id: UUID) -> ResponseReturnValue:
    """It will not be done."""

    def work(typed: Typed) -> Callable[[], Compromiso]:
        why = typed.text("motivo_cancelar", "Escriba por qué se cancela.", 2000)
        return lambda: services.cancel(compromiso_id, why)

    return _act(compromiso_id, LLEVAR, Paso.CANCELADO, work, "Cancelado. Se sigue leyendo con su motivo.")


@bp.get("/<uuid:compromiso_id>/evidencias/<uuid:evidencia_id>")
@requires(Permiso.COMPROMISO_VER)
def evidencia(compromiso_id: UUID, evidencia_id: UUID) -> ResponseReturnValue:
    """A file that shows what was done."""
    row = get_visible_or_404(Compromiso, compromiso_id, Permiso.COMPROMISO_VER)
    tipo, content = open_evidence(row, evidencia_id)
    name = f"{row.folio}_{str(evidencia_id)[-6:]}.{ENDINGS[tipo]}"
    return download(content, TIPOS[tipo], name, inline=tipo != "pdf")
