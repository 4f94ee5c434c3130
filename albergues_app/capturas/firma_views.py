"""Note the signed paper of a sheet, and take its scan down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.listener import record_opening
from albergues_app.capturas import firma
from albergues_app.capturas.blueprint import bp, registro_or_404
from albergues_app.capturas.gate import sees_off_the_gate
from albergues_app.capturas.read_views import show
from albergues_app.capturas.services import edition_of
from albergues_app.core import scans
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.pliegos.firma_forms import read_firma, sent_scan
from albergues_app.pliegos.firmas import open_scan


@bp.post("/<uuid:registro_id>/escaneos")
@requires(Permiso.REGISTRO_EDITAR)
def firmar(registro_id: UUID) -> ResponseReturnValue:
    """Note the signed paper: the record is signed, and what the format does then is done."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    formato, content = edition_of(row), sent_scan()
    reserved = sees_off_the_gate(current_cuenta(), formato)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        version = typed.integer("version", 1, 1_000_000) or 0
        datos = read_firma(typed, formato, content, reserved)
        return lambda: firma.sign_registro(registro_id, version, datos)

    envio = send("web.registro.firmar", work, row.emergencia_id, registro=registro_id)
    if envio.body:
        said = "su escaneo quedó adjunto" if content else "quedó anotado el folio de su papel"
        flash(f"Hoja firmada: {said}.", "bien")
    if envio.errores:
        envio.errores = [replace(e, campo="escaneo") if e.campo == "version" else e for e in envio.errores]
        return show(registro_id, envio), 422
    return redirect(url_for(".ver", registro_id=registro_id, _anchor="t-firma"), 303)


@bp.get("/<uuid:registro_id>/escaneos/<int:serie>")
@requires(Permiso.REGISTRO_VER)
def escaneo(registro_id: UUID, serie: int) -> ResponseReturnValue:
    """The file as it was given: always to keep, never shown inside our own pages; the trail says who opened it."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    formato = edition_of(row)
    gate = not sees_off_the_gate(current_cuenta(), formato)
    with unit_of_work(current_cuenta().as_actor("web")):
        scan, content = open_scan(row.id, serie, row.emergencia_id, gate)
        tipo, key = scan.tipo or "", scan.id
        record_opening(db.session(), "hoja_firmada", key, "web:registro_escaneo")
    name = f"{formato.slug}_{str(registro_id)[-6:]}-firmada-{serie}.{scans.ENDINGS[tipo]}"
    return download(content, scans.TIPOS[tipo], name)
