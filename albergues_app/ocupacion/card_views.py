"""Cards on paper for the families of a shelter, and another one for the family that lost its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.turns import turn
from albergues_app.core.typed import Typed
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats.outputs.cards import PER_PAGE, Tarjetas, render_cards
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.cards import MAX_PRINTED, Reposicion, codes_inside, replace_card
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.places_left import cupo_of
from albergues_app.ocupacion.visibility import sees_familia
from albergues_app.tarjetas.models import EstadoTarjeta
from albergues_app.tarjetas.queries import voided_of

BUSY = "Ahora mismo se preparan otras tarjetas. Espere un minuto y vuelva a pedirlas."
LOST = (
    (EstadoTarjeta.PERDIDA.value, "Se perdió"),
    (EstadoTarjeta.ANULADA.value, "Se dañó o se quiere cambiar"),
)


def card_sheet(activacion: Activacion, codes: Sequence[str]) -> Tarjetas:
    """The sheet of these codes. The name of a reserved place never goes on a card that may be lost in the street."""
    site = activacion.albergue
    return Tarjetas(
        codigos=[(code, "") for code in codes],
        lugar="" if site.ubicacion_reservada else site.nombre,
        evento=db.session.get_one(Emergencia, activacion.emergencia_id).nombre,
        capacitacion=is_training(),
    )


def send_cards(sheet: Tarjetas, name: str) -> ResponseReturnValue:
    """The PDF; a large one takes a turn."""
    if len(sheet.codigos) <= PER_PAGE:
        return download(render_cards(sheet), PDF, name, inline=True)
    with turn("tarjetas", BUSY):
        return download(render_cards(sheet), PDF, name, inline=True)


def _familia(familia_id: UUID) -> Familia:
    row = db.session.get(Familia, familia_id)
    if row is None or not sees_familia(current_cuenta(), familia_id):
        raise NotFound()
    return row


@bp.get("/activaciones/<uuid:activacion_id>/tarjetas.pdf")
@requires(Permiso.INGRESO_REGISTRAR)
def tarjetas_del_albergue(activacion_id: UUID) -> ResponseReturnValue:
    """A card for each family with somebody inside: codes alone, no names."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    codes = codes_inside(activacion_id)
    if not codes:
        flash("No hay familias dentro: todavía no hay tarjetas que imprimir.", "aviso")
        return redirect(url_for("ocupacion.personas", activacion_id=activacion_id), 303)
    if len(codes) > MAX_PRINTED:
        flash(f"Son {len(codes)} familias: en un PDF van las primeras {MAX_PRINTED}.", "aviso")
    return send_cards(card_sheet(activacion, codes[:MAX_PRINTED]), "tarjetas_de_familia.pdf")


@bp.get("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/tarjeta.pdf")
@requires(Permiso.INGRESO_REGISTRAR)
def tarjeta(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """The card of one family: printed again, it is the same card."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    codigo = _familia(familia_id).codigo
    return send_cards(card_sheet(activacion, [codigo]), f"tarjeta_{codigo}.pdf")


@bp.route(
    "/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/reponer-tarjeta", methods=["GET", "POST"]
)
@requires(Permiso.INGRESO_REGISTRAR)
def reponer(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """Another card for a family: the family stays, the old code answers «tarjeta anulada»."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    emergencia_id = activacion.emergencia_id
    if _familia(familia_id).emergencia_id != emergencia_id:
        raise NotFound()

    def work(typed: Typed) -> Any:
        estado = typed.choice("estado", [code for code, _ in LOST], "Elija qué pasó con la tarjeta.")
        motivo = typed.text("motivo", "Escriba cuándo o cómo fue.", limit=300)
        nueva = typed.text("tarjeta", limit=20)
        datos = Reposicion(familia_id, EstadoTarjeta(estado or "anulada"), motivo, nueva)
        return lambda: replace_card(datos, db.session.get_one(Activacion, activacion_id))

    envio = empty_form()
    if request.method == "POST":
        envio = send("web.reponer_tarjeta", work, emergencia_id, familia=familia_id)
        if envio.body is not None:
            flash(f"Tarjeta repuesta: la familia tiene ahora el código {envio.body['codigo']}.", "bien")
            place = url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=familia_id)
            return redirect(place, 303)
    return _form(activacion_id, familia_id, envio), envio.status


def _form(activacion_id: UUID, familia_id: UUID, envio: Envio) -> str:
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    return render_template(
        "ocupacion/reponer.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        familia=_familia(familia_id),
        antes=voided_of([familia_id]).get(familia_id, []),
        causas=LOST,
        envio=envio,
    )
