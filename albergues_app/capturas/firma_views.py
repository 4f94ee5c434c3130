"""Attach the scan of a signed sheet, and take it down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.listener import record_opening
from albergues_app.capturas import firma
from albergues_app.capturas.blueprint import bp, registro_or_404
from albergues_app.capturas.gate import sees_off_the_gate
from albergues_app.capturas.services import edition_of
from albergues_app.core import scans
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.errors import Invalid
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work


@bp.post("/<uuid:registro_id>/escaneos")
@requires(Permiso.REGISTRO_EDITAR)
def firmar(registro_id: UUID) -> ResponseReturnValue:
    """Attach the signed paper: the record is signed, and what the format does then is done."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_EDITAR)
    reserved = sees_off_the_gate(current_cuenta(), edition_of(row))
    file = request.files.get("escaneo")
    content = file.read(scans.limit_bytes() + 1) if file else b""

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        typed.raw["huella"] = [scans.fingerprint(content)]  # the same form with another file is another write
        version = typed.integer("version", 1, 1_000_000) or 0
        try:
            scans.recognise(content, firma.PAPEL)
        except Invalid as refused:
            typed.errores.extend(refused.errores)
        return lambda: firma.sign_registro(registro_id, version, content, reserved)

    envio = send("web.registro.firmar", work, row.emergencia_id, registro=registro_id)
    if envio.body:
        flash("Hoja firmada: su escaneo quedó adjunto.", "bien")
    for error in envio.errores:
        flash(f"No se adjuntó: {error.mensaje}", "error")
    return redirect(url_for(".ver", registro_id=registro_id, _anchor="t-firma"), 303)


@bp.get("/<uuid:registro_id>/escaneos/<int:serie>")
@requires(Permiso.REGISTRO_VER)
def escaneo(registro_id: UUID, serie: int) -> ResponseReturnValue:
    """The file as it was given: always to keep, never shown inside our own pages; the trail says who opened it."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    formato = edition_of(row)
    gate = not sees_off_the_gate(current_cuenta(), formato)
    with unit_of_work(current_cuenta().as_actor("web")):
        scan, content = firma.open_escaneo(row, serie, gate)
        tipo, key = scan.tipo, scan.id
        record_opening(db.session(), "registro_escaneo", key, "web:registro_escaneo")
    name = f"{formato.slug}_{str(registro_id)[-6:]}-firmada-{serie}.{scans.ENDINGS[tipo]}"
    return download(content, scans.TIPOS[tipo], name)
