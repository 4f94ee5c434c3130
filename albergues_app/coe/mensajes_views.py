"""Pages of the messages of a COE: what it sent and received, a new one, one with its answer, the SCI-213 on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.models import ROL_NOMBRE
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.coe import mensajes, mensajes_queries
from albergues_app.coe.blueprint import bp
from albergues_app.coe.hojas import campos_of, formato_of, options_of, sheet_pdf
from albergues_app.coe.models import Coe
from albergues_app.coe.models_sci import Destino
from albergues_app.coe.panel import account_names
from albergues_app.coe.paper import place_name
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed, wall_clock

_LINES = {
    "para_nombre": 120,
    "para_cargo": 120,
    "de_nombre": 120,
    "de_cargo": 120,
    "asunto": 140,
    "de_firma": 120,
}
_ESTADO = {"respondido": "Respondidos", "sin_respuesta": "Sin respuesta"}
_SENTIDO = {"enviados": "Enviados", "recibidos": "Recibidos"}


@bp.get("/<uuid:coe_id>/mensajes")
@requires(Permiso.COE_VER)
def lista_mensajes(coe_id: UUID) -> ResponseReturnValue:
    """Messages that a COE sent and received; the filter stands in the address."""
    coe, args = get_visible_or_404(Coe, coe_id, Permiso.COE_VER), request.args
    filtro = mensajes_queries.Filtro(
        args.get("estado", "") if args.get("estado") in _ESTADO else "",
        args.get("sentido", "") if args.get("sentido") in _SENTIDO else "",
        args.get("q", "").strip()[:100],
    )
    found = mensajes_queries.messages_of(coe, filtro)
    return render_template(
        "coe/mensajes.html",
        mensajes=found[:300],
        encontrados=len(found),
        lugares=_places(found),
        filtro=filtro,
        cuentas=mensajes_queries.count_messages(coe),
        corte=clock.now(),
        **_common(coe),
    )


def _places(found: list[mensajes_queries.Mensaje]) -> dict[UUID, str]:
    keys = {k for m in found for k in (m.coe_id, m.coe_destino_id) if k}
    return {key: place_name(db.session.get_one(Coe, key)) for key in keys}


def _common(coe: Coe) -> dict[str, Any]:
    writes = permits(current_cuenta(), Permiso.COE_ESCRIBIR, coe)
    return {
        "coe": coe,
        "lugar": place_name(coe),
        "escribe": writes and coe.desactivado_en is None,
        "seccion": "mensajes",
        "f": campos_of(formato_of(mensajes.SCI_213)),
    }


@bp.route("/<uuid:coe_id>/mensajes/nuevo", methods=["GET", "POST"])
@requires(Permiso.COE_ESCRIBIR)
def nuevo_mensaje(coe_id: UUID) -> ResponseReturnValue:
    """Write a message to another COE, to a person of this one, or to an institution."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    if coe.desactivado_en is not None:
        raise NotFound()
    envio = empty_form()
    if request.method == "POST":
        envio = send(
            "web.coe.mensaje", lambda typed: _read_mensaje(coe_id, typed), coe.emergencia_id, coe=coe_id
        )
        if envio.body:
            flash(f"Mensaje enviado y anotado con el folio {envio.body['folio']}.", "bien")
            return redirect(url_for("coe.ver_mensaje", coe_id=coe_id, mensaje_id=envio.body["id"]), 303)
        coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    common = _common(coe)
    page = render_template(
        "coe/mensaje_nuevo.html",
        envio=envio,
        coes=[(f"coe:{c.id}", place_name(c)) for c in mensajes_queries.related_coes(coe)],
        personas=[
            (f"cuenta:{p.id}", f"{p.nombre} · {ROL_NOMBRE[p.rol]}") for p in mensajes_queries.people_of(coe)
        ],
        prioridades=options_of(common["f"]["prioridad"]),
        medios=options_of(common["f"]["medio"]),
        de_nombre=current_cuenta().nombre,
        ahora_texto=wall_clock(clock.now()),
        **common,
    )
    return page, envio.status


def _read_mensaje(coe_id: UUID, typed: Typed) -> Callable[[], dict[str, Any]]:
    hoja: dict[str, Any] = {name: typed.text(name, limit=limit) for name, limit in _LINES.items()}
    hoja["mensaje"] = typed.get("mensaje")[:8000]
    hoja["ocurrido_en"] = typed.instant("ocurrido_en", "Escriba la hora en que se envía.")
    hoja |= {name: typed.get(name) for name in ("prioridad", "medio")}
    hoja["pide_respuesta"] = typed.yes("pide_respuesta")
    para = typed.get("para")
    typed.check()
    datos = mensajes.MensajeNuevo(typed.op_id, para, {k: v for k, v in hoja.items() if v not in ("", None)})
    return lambda: mensajes.write_mensaje(coe_id, datos)


@bp.get("/<uuid:coe_id>/mensajes/<uuid:mensaje_id>")
@requires(Permiso.COE_VER)
def ver_mensaje(coe_id: UUID, mensaje_id: UUID) -> ResponseReturnValue:
    """A message with its answer, or with the form to answer it."""
    return _message_page(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), mensaje_id, empty_form())


@bp.post("/<uuid:coe_id>/mensajes/<uuid:mensaje_id>")
@requires(Permiso.COE_ESCRIBIR)
def responder_mensaje(coe_id: UUID, mensaje_id: UUID) -> ResponseReturnValue:
    """Answer a message."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    found = mensajes_queries.message_of(coe, mensaje_id)
    if found is None or not mensajes_queries.answers_here(found, coe_id):
        raise NotFound()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        hoja: dict[str, Any] = {
            "respuesta": typed.get("respuesta")[:8000],
            "respuesta_en": typed.instant("respuesta_en", "Escriba la hora de la respuesta."),
            "respuesta_nombre": typed.text("respuesta_nombre", "Escriba quién responde.", 120),
            "respuesta_cargo": typed.text("respuesta_cargo", limit=120),
        }
        typed.check()
        given = {k: v for k, v in hoja.items() if v not in ("", None)}
        return lambda: mensajes.answer_mensaje(coe_id, mensaje_id, given, typed.op_id)

    envio = send("web.coe.respuesta", work, coe.emergencia_id, coe=coe_id, mensaje=mensaje_id)
    if envio.body:
        flash("Respuesta anotada en la bitácora.", "bien")
        return redirect(url_for("coe.ver_mensaje", coe_id=coe_id, mensaje_id=mensaje_id), 303)
    return _message_page(
        get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR), mensaje_id, envio
    ), envio.status


def _message_page(coe: Coe, mensaje_id: UUID, envio: Envio) -> str:
    found = mensajes_queries.message_of(coe, mensaje_id)
    if found is None:
        raise NotFound()
    common = _common(coe)
    return render_template(
        "coe/mensaje.html",
        m=found,
        envio=envio,
        lugares=_places([found]),
        quienes=account_names([found.cuenta_id, found.cuenta_destino_id, found.respuesta_cuenta_id]),
        responde=common["escribe"]
        and found.respondido_en is None
        and mensajes_queries.answers_here(found, coe.id),
        prioridad=dict(options_of(common["f"]["prioridad"])).get(found.prioridad, ""),
        medio=dict(options_of(common["f"]["medio"])).get(found.dice("medio"), ""),
        de_fuera=found.destino == Destino.INSTITUCION,
        nombre=current_cuenta().nombre,
        ahora_texto=wall_clock(clock.now()),
        **common,
    )


@bp.get("/<uuid:coe_id>/mensajes/<uuid:mensaje_id>/sci-213.pdf")
@requires(Permiso.COE_VER)
def sci_213(coe_id: UUID, mensaje_id: UUID) -> ResponseReturnValue:
    """The SCI-213: the message and, once there is one, its answer on the same sheet."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    found = mensajes_queries.message_of(coe, mensaje_id)
    if found is None:
        raise NotFound()
    sender = db.session.get_one(Coe, found.coe_id)
    content = sheet_pdf(
        sender, formato_of(mensajes.SCI_213), found.hoja or {}, found.huella, str(found.folio)
    )
    return download(content, PDF, f"sci-213-folio-{found.folio}.pdf", inline=True)
