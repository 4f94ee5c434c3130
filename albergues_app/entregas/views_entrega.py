"""Pages of one delivery: write it, read it, its receipt, confirm it, annul it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import record_opening
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import answers_of
from albergues_app.core import scans
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import Invalid
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.entregas import forms, receipt
from albergues_app.entregas.forms import Destino
from albergues_app.entregas.models import MEDIO_NOMBRE, EntregaFormatos
from albergues_app.entregas.places import albergues_of, destino_of, visible_entrega
from albergues_app.entregas.queries import own_municipios, renglones, today
from albergues_app.entregas.resource import body_of, escaneos_of, lineas_of
from albergues_app.entregas.services import (
    PAPEL,
    annul_entrega,
    attach_escaneo,
    confirm_entrega,
    open_escaneo,
    register_entrega,
)
from albergues_app.entregas.views import bp
from albergues_app.formats import catalogo as formatos
from albergues_app.territorio.catalogo import catalogo

PLACES = ("municipio", "albergue", "visita", "corrige")


@bp.route("/nueva", methods=["GET", "POST"])
@requires(Permiso.ENTREGA_REGISTRAR)
def nueva() -> ResponseReturnValue:
    """Note a delivery: to whom first, then one row per format."""
    given = {name: request.values.get(name, "") for name in PLACES}
    destino = destino_of(given)
    if destino is None:
        return _choose()
    codigo = _code_of(destino.albergue_id)
    rows = renglones(destino.municipio, codigo or "")
    envio, before = empty_form(), _before(destino)
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            datos = forms.read_entrega(typed, destino, rows)

            def run() -> dict[str, Any]:
                row, avisos = register_entrega(datos)
                return {**body_of(row), "avisos": [a.as_dict() for a in avisos]}

            return run

        envio = send("web.entrega", work)
        if envio.body:
            flash(f"Entrega guardada con el folio {envio.body['folio']}.", "bien")
            return redirect(url_for(".ver", entrega_id=envio.body["id"]), 303)
    page = render_template(
        "entregas/nueva.html",
        envio=envio,
        antes=before,
        destino=destino,
        codigo=codigo,
        corregida=visible_entrega(destino.corrige_id) if destino.corrige_id else None,
        opciones=forms.opciones(rows),
        albergues=[] if destino.corrige_id else albergues_of(destino.municipio),
        medios=list(MEDIO_NOMBRE.items()),
        maximo=today().isoformat(),
    )
    return page, envio.status


def _choose() -> ResponseReturnValue:
    known = catalogo()
    places = [(c, known.lugar_texto(c)) for c in own_municipios(current_cuenta())]
    errores = request.method == "POST"
    page = render_template(
        "entregas/lugar.html", municipios=places, falta=errores, visita=request.values.get("visita")
    )
    return page, 422 if errores else 200


def _code_of(albergue_id: UUID | None) -> str | None:
    row = db.session.get(Albergue, albergue_id) if albergue_id else None
    return row.codigo if row else None


def _before(destino: Destino) -> dict[str, Any]:
    """What the form starts with: the visit's own rows, the delivery it corrects, or today and the account's name."""
    first = {"fecha": today().isoformat(), "entrega": current_cuenta().nombre}
    if request.method == "POST":
        return first
    if destino.corrige_id is not None:
        row = visible_entrega(destino.corrige_id)
        return {**first, **forms.from_entrega(row, lineas_of([row.id])[row.id])}
    if destino.visita_id is not None:
        with unit_of_work(current_cuenta().as_actor("web")):
            visit = db.session.get_one(Registro, destino.visita_id)
            answers = answers_of(visit)
            record_opening(db.session(), "registro", visit.id, "web:entrega_de_visita")
        return {**first, **forms.from_visita(answers)}
    return first


@bp.get("/<uuid:entrega_id>")
@requires(Permiso.ENTREGA_VER)
def ver(entrega_id: UUID) -> ResponseReturnValue:
    """One delivery: what, to whom, the signed receipt, and whether the municipality confirmed it."""
    return _page(visible_entrega(entrega_id), empty_form())


def _page(row: EntregaFormatos, envio: Envio) -> ResponseReturnValue:
    cuenta = current_cuenta()
    titles = {(f.code, f.version): f.title for f in formatos.editions()} | {
        (f.code, 0): f.title for f in formatos.all()
    }
    replaced_by = db.session.scalars(
        select(EntregaFormatos).where(EntregaFormatos.corrige_id == row.id)
    ).first()
    page = render_template(
        "entregas/ver.html",
        e=row,
        lineas=lineas_of([row.id])[row.id],
        titulos=titles,
        medios=MEDIO_NOMBRE,
        escaneos=escaneos_of([row.id])[row.id],
        albergue=db.session.get(Albergue, row.albergue_id) if row.albergue_id else None,
        corregida=db.session.get(EntregaFormatos, row.corrige_id) if row.corrige_id else None,
        sustituta=replaced_by,
        anoto=_name_of(row.cuenta_id),
        confirmo=_name_of(row.confirmada_por),
        registra=permits(cuenta, Permiso.ENTREGA_REGISTRAR, row),
        confirma=permits(cuenta, Permiso.ENTREGA_CONFIRMAR, row)
        and row.vigente
        and row.confirmada_en is None,
        ve_municipio=cuenta.covers_municipio(row.municipio_codigo),
        limite_mb=current_app.config["ESCANEO_MB"],
        envio=envio,
    )
    return page, envio.status


def _name_of(cuenta_id: UUID | None) -> str:
    row = db.session.get(Cuenta, cuenta_id) if cuenta_id else None
    return row.nombre if row else "sistema"


@bp.get("/<uuid:entrega_id>/constancia.pdf")
@requires(Permiso.ENTREGA_VER)
def constancia(entrega_id: UUID) -> Response:
    """The receipt to sign."""
    row = visible_entrega(entrega_id)
    return download(receipt.render(row, lineas_of([row.id])[row.id]), PDF, f"{row.folio}.pdf", inline=True)


def _change(
    clase: str, row: EntregaFormatos, read: Callable[[Typed], Callable[[EntregaFormatos], None]]
) -> Envio:
    """Read the form and write it on the delivery, which is loaded anew inside the unit of work."""
    key = row.id

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        apply = read(typed)

        def run() -> dict[str, Any]:
            apply(db.session.get_one(EntregaFormatos, key))
            return {"id": str(key)}

        return run

    return send(f"web.entrega.{clase}", work, entrega=key)


def _after(envio: Envio, entrega_id: UUID, said: str, permiso: Permiso) -> ResponseReturnValue:
    if envio.body:
        flash(said, "bien")
        return redirect(url_for(".ver", entrega_id=entrega_id), 303)
    return _page(visible_entrega(entrega_id, permiso), envio)


@bp.post("/<uuid:entrega_id>/anular")
@requires(Permiso.ENTREGA_REGISTRAR)
def anular(entrega_id: UUID) -> ResponseReturnValue:
    """It counts no more; it stays readable with its reason."""
    row = visible_entrega(entrega_id, Permiso.ENTREGA_REGISTRAR)

    def read(typed: Typed) -> Callable[[EntregaFormatos], None]:
        motivo = typed.text("motivo", "Escriba por qué se anula la entrega.", 500)
        return lambda fresh: annul_entrega(fresh, motivo)

    envio = _change("anular", row, read)
    return _after(envio, entrega_id, "La entrega quedó anulada: ya no cuenta.", Permiso.ENTREGA_REGISTRAR)


@bp.post("/<uuid:entrega_id>/confirmar")
@requires(Permiso.ENTREGA_CONFIRMAR)
def confirmar(entrega_id: UUID) -> ResponseReturnValue:
    """The municipality says that it received them."""
    row = visible_entrega(entrega_id, Permiso.ENTREGA_CONFIRMAR)
    envio = _change("confirmar", row, lambda _typed: confirm_entrega)
    return _after(envio, entrega_id, "Confirmó que los recibieron.", Permiso.ENTREGA_CONFIRMAR)


@bp.post("/<uuid:entrega_id>/escaneos")
@requires(Permiso.ENTREGA_REGISTRAR)
def escaneo_adjuntar(entrega_id: UUID) -> ResponseReturnValue:
    """Attach the scan of the signed receipt."""
    row = visible_entrega(entrega_id, Permiso.ENTREGA_REGISTRAR)
    file = request.files.get("escaneo")
    content = file.read(scans.limit_bytes() + 1) if file else b""

    def read(typed: Typed) -> Callable[[EntregaFormatos], None]:
        typed.raw["huella"] = [scans.fingerprint(content)]  # the same form with another file is another write
        try:
            scans.recognise(content, PAPEL)
        except Invalid as refused:
            typed.errores.extend(refused.errores)

        def apply(fresh: EntregaFormatos) -> None:
            attach_escaneo(fresh, content)

        return apply

    envio = _change("escaneo", row, read)
    return _after(
        envio, entrega_id, "La constancia firmada quedó adjunta y sellada.", Permiso.ENTREGA_REGISTRAR
    )


@bp.get("/<uuid:entrega_id>/escaneos/<int:serie>")
@requires(Permiso.ENTREGA_VER)
def escaneo_bajar(entrega_id: UUID, serie: int) -> ResponseReturnValue:
    """The file as it was given: always to keep, never shown inside our own pages."""
    row = visible_entrega(entrega_id)
    scan, content = open_escaneo(row, serie)
    name = f"{row.folio}-firmada-{scan.serie}.{scans.ENDINGS[scan.tipo]}"
    return download(content, scans.TIPOS[scan.tipo], name)
