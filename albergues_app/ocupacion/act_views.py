"""The signed act: its scans, the one in force first, and the form that attaches another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues import act_scans
from albergues_app.albergues.acts import CLASES, acta_of
from albergues_app.albergues.models import Acta, Activacion
from albergues_app.core import scans
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.core.errors import Invalid, NotFound
from albergues_app.core.typed import Typed
from albergues_app.ocupacion.shelter_views import bp, visible_activacion


def _issued(activacion_id: UUID, clase: str, permiso: Permiso) -> tuple[Activacion, Acta]:
    """:raises NotFound: no such activation for this account, or its act was not issued."""
    activacion = visible_activacion(activacion_id, permiso)
    acta = acta_of(activacion_id, clase)
    if acta is None:
        raise NotFound()
    return activacion, acta


@bp.get("/<uuid:activacion_id>/acta-de-<any(apertura, cierre):clase>/escaneos")
@requires(Permiso.ACTA_ESCANEO_VER)
def escaneos(activacion_id: UUID, clase: str) -> ResponseReturnValue:
    """Is this act signed, by which scan, and which ones it superseded."""
    return _page(*_issued(activacion_id, clase, Permiso.ACTA_ESCANEO_VER), empty_form())


@bp.post("/<uuid:activacion_id>/acta-de-<any(apertura, cierre):clase>/escaneos")
@requires(Permiso.ACTIVACION_EDITAR)
def escaneo_adjuntar(activacion_id: UUID, clase: str) -> ResponseReturnValue:
    """Attach the scan of the signed act."""
    activacion, acta = _issued(activacion_id, clase, Permiso.ACTIVACION_EDITAR)
    file = request.files.get("escaneo")
    content = file.read(scans.limit_bytes() + 1) if file else b""

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        typed.raw["huella"] = [scans.fingerprint(content)]  # the same form with another file is another write
        try:
            scans.recognise(content)
        except Invalid as refused:
            typed.errores.extend(refused.errores)

        def run() -> dict[str, Any]:
            row = act_scans.attach_escaneo(db.session.get_one(Acta, acta.id), content)
            return {"id": str(row.id), "serie": row.serie, "huella": row.huella}

        return run

    envio = send("web.acta.escaneo", work, activacion.emergencia_id, acta=acta.id)
    if envio.body:
        flash(f"El acta {acta.folio} quedó firmada, con su escaneo adjunto.", "bien")
        return redirect(url_for("activaciones.escaneos", activacion_id=activacion_id, clase=clase), 303)
    return _page(*_issued(activacion_id, clase, Permiso.ACTIVACION_EDITAR), envio)


def _page(activacion: Activacion, acta: Acta, envio: Envio) -> ResponseReturnValue:
    page = render_template(
        "activaciones/escaneos.html",
        activacion=activacion,
        albergue=activacion.albergue,
        acta=acta,
        titulo=CLASES[acta.clase],
        escaneos=act_scans.escaneos_of([acta.id])[acta.id],
        edita=permits(current_cuenta(), Permiso.ACTIVACION_EDITAR, activacion),
        limite_mb=current_app.config["ESCANEO_MB"],
        envio=envio,
    )
    return page, envio.status


@bp.get("/<uuid:activacion_id>/acta-de-<any(apertura, cierre):clase>/escaneos/<int:serie>")
@requires(Permiso.ACTA_ESCANEO_VER)
def escaneo_bajar(activacion_id: UUID, clase: str, serie: int) -> ResponseReturnValue:
    """The file as it was given: always to keep, never shown inside our own pages."""
    _activacion, acta = _issued(activacion_id, clase, Permiso.ACTA_ESCANEO_VER)
    row, content = act_scans.open_escaneo(acta, serie)
    name = f"{acta.folio}-firmada-{row.serie}.{scans.ENDINGS[row.tipo]}"
    return download(content, scans.TIPOS[row.tipo], name)
