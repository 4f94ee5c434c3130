"""The boletas of a family with their signed papers: note one, take a scan down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import record_opening, record_reading
from albergues_app.core import scans
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.boletas import (
    boleta_to_sign,
    edition_of,
    read_boletas,
    seen_boletas,
    sign_boleta,
    signs,
)
from albergues_app.ocupacion.known_family import members_of
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.places_left import cupo_of
from albergues_app.pliegos.firma_forms import read_firma, sent_scan
from albergues_app.pliegos.firmas import firmas_of, hojas_of, open_scan


@bp.get("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/boletas")
@requires(Permiso.PERSONA_VER)
def boletas(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """Each boleta of a family with its state, and the form that notes its signed paper."""
    return _page(activacion_id, familia_id, {})


def _page(activacion_id: UUID, familia_id: UUID, envios: dict[UUID, Envio]) -> str:
    municipio = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER).municipio_codigo
    with unit_of_work(current_cuenta().as_actor("web")):
        taken = read_boletas(current_cuenta(), familia_id, "web:boletas", municipio)
    activacion = db.session.get_one(Activacion, activacion_id)
    signed = firmas_of(row.id for row in taken)
    return render_template(
        "ocupacion/boletas.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        familia=db.session.get_one(Familia, familia_id),
        boletas=taken,
        firmas=signed,
        lugares={row.id: cupo_of(db.session.get_one(Activacion, row.activacion_id)).nombre for row in taken},
        edita={row.id for row in taken if signs(current_cuenta(), row)},
        lineas={row.id: edition_of(row).signatures for row in taken},
        hojas=hojas_of(familia_id),
        envios=envios | {row.id: empty_form() for row in taken if row.id not in envios},
        errores_=[
            replace(e, campo=f"{e.campo}-{key}") for key, envio in envios.items() for e in envio.errores
        ],
        limite_mb=current_app.config["ESCANEO_MB"],
    )


@bp.post("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/boletas/<uuid:boleta_id>/firmas")
@requires(Permiso.INGRESO_REGISTRAR)
def firmar_boleta(activacion_id: UUID, familia_id: UUID, boleta_id: UUID) -> ResponseReturnValue:
    """Note the signed paper of a boleta, where it was taken."""
    get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    captura = boleta_to_sign(current_cuenta(), familia_id, boleta_id)
    formato, content = edition_of(captura), sent_scan()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        datos = read_firma(typed, formato, content, False)
        return lambda: sign_boleta(boleta_id, datos)

    envio = send("web.boleta.firmar", work, captura.emergencia_id, boleta=boleta_id)
    if envio.errores:
        return _page(activacion_id, familia_id, {boleta_id: envio}), 422
    flash("Boleta firmada: ya lo dice su PDF.", "bien")
    return redirect(url_for(".boletas", activacion_id=activacion_id, familia_id=familia_id), 303)


@bp.get("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/boletas/escaneos/<int:serie>")
@requires(Permiso.PERSONA_VER)
def boleta_escaneo(activacion_id: UUID, familia_id: UUID, serie: int) -> ResponseReturnValue:
    """The file as it was given: always to keep, never shown inside our own pages; the trail says who opened it."""
    municipio = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER).municipio_codigo
    mine = {row.id: row.emergencia_id for row in seen_boletas(current_cuenta(), familia_id)}
    sheet = next((h for h in hojas_of(familia_id) if h.serie == serie and h.captura_id in mine), None)
    if sheet is None:
        raise NotFound()
    with unit_of_work(current_cuenta().as_actor("web")):
        row, content = open_scan(familia_id, serie, mine[sheet.captura_id], gate=True)
        tipo, key = row.tipo or "", row.id
        record_reading(db.session(), list(members_of(familia_id)), "web:boleta_escaneo", municipio)
        record_opening(db.session(), "hoja_firmada", key, "web:boleta_escaneo")
    codigo = db.session.get_one(Familia, familia_id).codigo
    return download(content, scans.TIPOS[tipo], f"boleta_{codigo}-firmada-{serie}.{scans.ENDINGS[tipo]}")
