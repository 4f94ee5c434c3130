"""Pages of the COE: its activations, one log, its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import (
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import (
    current_cuenta,
    get_visible_or_404,
    refuse_invisible,
    requires,
    visible_select,
)
from albergues_app.accounts.page_writing import Envio, empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.audit.listener import record_opening
from albergues_app.coe import (  # noqa: F401 - some register their pages, or their sheets on paper, by being imported
    adjuntos,
    hoja,
    log_page,
    mensajes_views,
    novedades,
    papel_sci,
    papel_turno,
    propuestas_views,
    recursos_views,
    sci_views,
    verificador,
)
from albergues_app.coe.acciones import HORAS
from albergues_app.coe.blueprint import bp
from albergues_app.coe.enlaces import Enlaces, folio_address, resolve
from albergues_app.coe.exports import export_parts
from albergues_app.coe.grados import acts_of, grados_of, in_force_since
from albergues_app.coe.hechos import Propuesta
from albergues_app.coe.in_force import why_not_write
from albergues_app.coe.mensajes_queries import messages_by_folio
from albergues_app.coe.models import GRADO_NOMBRE, TIPO_NOMBRE, Coe, NivelCoe
from albergues_app.coe.models_turno import CLASE_TURNO
from albergues_app.coe.panel import account_names, panel_of
from albergues_app.coe.paper import place_name
from albergues_app.coe.queries import Leida, head_of
from albergues_app.coe.recursos_queries import warn_of_unreleased
from albergues_app.coe.services import CoeNuevo, activate_coe, deactivate_coe
from albergues_app.compromisos.queries import abiertas_de_coe, of_origins
from albergues_app.consolidados.scope import Ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import NotFound
from albergues_app.core.scans import ENDINGS, TIPOS
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import emergencias_en_curso
from albergues_app.emergencias.scope import lugares_of

_MIME = {"json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": PDF}


@bp.get("")
@requires(Permiso.COE_VER)
def lista() -> ResponseReturnValue:
    """The activations of one's territory, those that work first."""
    rows = list(
        db.session.scalars(
            visible_select(Coe, Permiso.COE_VER)
            .order_by(Coe.desactivado_en.is_not(None), Coe.activado_en.desc())
            .limit(200)
        )
    )
    names = _emergencias([row.emergencia_id for row in rows])
    return render_template(
        "coe/lista.html",
        activos=[(row, place_name(row), names[row.emergencia_id]) for row in rows if not row.desactivado_en],
        pasados=[(row, place_name(row), names[row.emergencia_id]) for row in rows if row.desactivado_en],
        actas=acts_of(rows),
        GRADO_NOMBRE=GRADO_NOMBRE,
        corte=clock.now(),
    )


def _emergencias(ids: list[UUID]) -> dict[UUID, str]:
    rows = db.session.execute(select(Emergencia.id, Emergencia.nombre).where(Emergencia.id.in_(set(ids))))
    return {row.id: row.nombre for row in rows}


@bp.route("/nuevo", methods=["GET", "POST"])
@requires(Permiso.COE_ACTIVAR)
def nuevo() -> ResponseReturnValue:
    """Activate a COE: level, place, act, authority."""
    cuenta = current_cuenta()
    lugares = [
        (codigo, nombre)
        for codigo, nombre in lugares_of(cuenta)
        if permits(cuenta, Permiso.COE_ACTIVAR, Ambito(codigo))
    ]
    emergencias = [(str(e.id), e.nombre) for e in emergencias_en_curso(clock.now())]
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            emergencia = typed.choice("emergencia", dict(emergencias), "Elija la emergencia.")
            lugar = typed.choice("lugar", dict(lugares), "Elija de dónde es el COE.")
            when = typed.instant("activado_en", "Escriba cuándo se activó.")
            grado = typed.choice("grado", GRADO_NOMBRE) or "activacion_total"
            acta, autoridad = typed.optional("acta"), typed.optional("autoridad")
            typed.check()
            place = Ambito(lugar)
            datos = CoeNuevo(
                typed.op_id, UUID(emergencia), _NIVEL[place.nivel], place.departamento_codigo, place.municipio_codigo,
                when or clock.now(), acta, autoridad, grado,
            )  # fmt: skip

            def run() -> dict[str, Any]:
                coe, avisos = activate_coe(datos)
                return {"id": str(coe.id), "avisos": [a.as_dict() for a in avisos]}

            return run

        envio = send("web.coe", work)
        if envio.body:
            flash("El COE quedó activado. La bitácora empieza en el folio 1.", "bien")
            return redirect(url_for("coe.ver", coe_id=envio.body["id"]), 303)
    page = render_template(
        "coe/nuevo.html",
        envio=envio,
        lugares=lugares,
        emergencias=emergencias,
        grados=list(GRADO_NOMBRE.items()),
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


_NIVEL = {
    "pais": NivelCoe.NACIONAL,
    "departamento": NivelCoe.DEPARTAMENTAL,
    "municipio": NivelCoe.MUNICIPAL,
}


@bp.get("/<uuid:coe_id>")
@requires(Permiso.COE_VER)
def ver(coe_id: UUID) -> ResponseReturnValue:
    """The log, with the form of an entry always open."""
    return _log(get_visible_or_404(Coe, coe_id, Permiso.COE_VER), empty_form())


@bp.post("/<uuid:coe_id>")
@requires(Permiso.COE_ESCRIBIR)
def anotar(coe_id: UUID) -> ResponseReturnValue:
    """Write one entry."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    envio = send(
        "web.coe.entrada", lambda typed: log_page.read_entrada(coe, typed), coe.emergencia_id, coe=coe_id
    )
    if envio.body:
        made = envio.body.get("compromiso")
        told = f" Quedó el compromiso {made['folio']}." if made else ""
        flash(f"Anotado con el folio {envio.body['folio']}.{told}", "bien")
        return redirect(url_for("coe.ver", coe_id=coe_id), 303)
    return _log(get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR), envio), envio.status


def _log(coe: Coe, envio: Envio) -> str:
    filtro = log_page.Filtro.from_address()
    entries, more = log_page.entries_for(coe, filtro)
    rectifica = request.args.get("rectifica", "") if envio.typed.raw == {} else ""
    drawn = _drawn(coe, entries)
    pending = novedades.proposals_of(coe) if drawn["anota"] else None
    return render_template(
        "coe/ver.html",
        coe=coe,
        estado_=novedades.state_with(coe, pending),
        lugar=place_name(coe),
        vigente_desde=in_force_since(grados_of(coe.id)),
        emergencia=db.session.get_one(Emergencia, coe.emergencia_id),
        hay_mas=more,
        facetas=log_page.facets_of(coe),
        filtro=filtro,
        envio=envio,
        esperan=log_page.waiting_files(coe, envio.typed),
        desactiva=coe.desactivado_en is None and permits(current_cuenta(), Permiso.COE_ACTIVAR, coe),
        rectifica=rectifica,
        corrige=log_page.subjects_of(coe, [int(rectifica)])
        if rectifica.isdigit() and len(rectifica) < 8
        else {},
        tipos=list(TIPO_NOMBRE.items()),
        medios=list(log_page.MEDIOS.items()),
        prioridades=list(log_page.PRIORIDAD_NOMBRE.items()),
        municipios=log_page.places_of(coe),
        archivos_max=adjuntos.MAX,
        ahora_texto=wall_clock(clock.now()),
        GRADO_NOMBRE=GRADO_NOMBRE,
        ahora_=clock.now(),
        panel=panel_of(coe, current_cuenta().id),
        puede_anotar=permits(current_cuenta(), Permiso.COE_ESCRIBIR, coe),
        CLASE_TURNO=CLASE_TURNO,
        plazos=HORAS,
        **drawn,
        **_beside(coe, drawn["escribe"], pending),
    )


def _beside(coe: Coe, writes: bool, pending: Sequence[Propuesta] | None) -> dict[str, Any]:
    """What stands beside the log: proposals, commitments to do, shelters that changed."""
    return {
        "compromisos": abiertas_de_coe(coe.id, cuenta=current_cuenta()),
        "cambios": novedades.changes_beside(coe),
        **propuestas_views.on_page(pending or [] if writes else []),
    }


def _drawn(coe: Coe, entries: Sequence[Leida]) -> dict[str, Any]:
    """What the list of entries is drawn from."""
    cuenta, folios = current_cuenta(), [e.folio for e in entries]
    may_note = coe.desactivado_en is None and permits(cuenta, Permiso.COE_ESCRIBIR, coe)
    return {
        "entradas": entries,
        "anota": may_note,
        "autores": account_names(e.row["cuenta_id"] for e in entries),
        "mensajes": messages_by_folio(coe, folios),
        "compromisos_de": of_origins("coe", [e.row["id"] for e in entries]),
        "lleva": lambda fila: permits(cuenta, Permiso.COMPROMISO_VER, fila),
        "rectificadas": log_page.rectified_of(coe, folios),
        "enlaces": Enlaces.of(coe, [f"{e.asunto}\n{e.detalle}" for e in entries]),
        "escribe": may_note and why_not_write(coe.id, cuenta.id) is None,
        "folio_url": folio_address,
        "TIPO_NOMBRE": TIPO_NOMBRE,
        "MEDIO_NOMBRE": log_page.MEDIOS,
    }


@bp.get("/<uuid:coe_id>/nuevas")
@requires(Permiso.COE_VER)
def nuevas(coe_id: UUID) -> ResponseReturnValue:
    """Entries after a folio, for a page that stays open; 304 while nothing was written."""
    head = head_of(coe_id)
    refuse_invisible(head, Permiso.COE_VER)
    state = novedades.state_of(head, coe_id)
    if request.if_none_match.contains(state):
        response = make_response("", 304)
    else:
        body, state = _after(
            get_visible_or_404(Coe, coe_id, Permiso.COE_VER), request.args.get("desde", 0, type=int)
        )
        response = jsonify(body)
    response.set_etag(state)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _after(coe: Coe, folio: int) -> tuple[dict[str, Any], str]:
    """What was written after a folio, drawn as the page draws it, how far that goes, and the ETag of that.

    What it corrects comes drawn anew with it, and what stands beside the log too. ``faltan``: ask again from ``folio``.
    """
    entries, reached = log_page.entries_after(coe, log_page.Filtro.from_address(), folio)
    corrected = sorted({e.rectifica_a for e in entries if e.rectifica_a and e.rectifica_a <= folio})
    shown = [*reversed(entries), *log_page.entries_of(coe, corrected)]
    drawn = _drawn(coe, shown)
    pending = novedades.proposals_of(coe, rested=True) if drawn["anota"] else None
    beside = _beside(coe, drawn["escribe"], pending)
    return {
        "html": render_template("coe/_entradas.html", coe=coe, **drawn),
        "lado": {
            part: render_template(f"coe/_{part}.html", coe=coe, **beside)
            for part in ("propuestas", "compromisos", "cambios")
        },
        "folio": reached,
        "faltan": reached < coe.ultimo_folio,
        "cuentas": log_page.facets_of(coe).cuentas,
        "cerrada": coe.desactivado_en is not None,
    }, novedades.state_with(coe, pending)


@bp.post("/<uuid:coe_id>/enlaces")
@requires(Permiso.COE_ESCRIBIR)
def enlazar(coe_id: UUID) -> ResponseReturnValue:
    """What the text that is being typed names, as far as who types it may see; nothing is kept of it."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ESCRIBIR)
    given = request.get_json(silent=True)
    text = given.get("texto") if isinstance(given, dict) else None
    text = text[:9000] if isinstance(text, str) else ""
    return jsonify({"enlaces": resolve(coe, text, lambda folios: log_page.subjects_of(coe, folios))})


@bp.get("/<uuid:coe_id>/adjuntos/<uuid:adjunto_id>")
@requires(Permiso.COE_VER)
def adjunto(coe_id: UUID, adjunto_id: UUID) -> ResponseReturnValue:
    """A file of an entry, for who may read the log; the trail says who opened it."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    tipo, content = adjuntos.open_file(coe, adjunto_id)
    with unit_of_work(current_cuenta().as_actor("web")):
        record_opening(db.session(), "coe_adjunto", adjunto_id, "web:coe_adjunto")
    name = f"bitacora-coe-{str(adjunto_id)[-6:]}.{ENDINGS[tipo]}"
    return download(content, TIPOS[tipo], name, inline=tipo != "pdf")


@bp.get("/<uuid:coe_id>/archivo/<any(json, csv, pdf):tipo_archivo>")
@requires(Permiso.COE_VER)
def archivo(coe_id: UUID, tipo_archivo: str) -> ResponseReturnValue:
    """The whole log as a file: JSON and CSV can be verified by anybody, the PDF is signed."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_VER)
    name = f"bitacora-coe-{coe.ultimo_folio}.{tipo_archivo}"
    return download(stream_with_context(export_parts(coe, tipo_archivo)), _MIME[tipo_archivo], name)


@bp.get("/verificador")
@requires(Permiso.COE_VER)
def programa() -> ResponseReturnValue:
    """The program that verifies an exported log with Python alone."""
    from pathlib import Path

    return download(Path(verificador.__file__).read_bytes(), "text/x-python; charset=utf-8", "verificador.py")


@bp.route("/<uuid:coe_id>/desactivar", methods=["GET", "POST"])
@requires(Permiso.COE_ACTIVAR)
def desactivar(coe_id: UUID) -> ResponseReturnValue:
    """End the activation, with its hour and reason."""
    coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ACTIVAR)
    if coe.desactivado_en is not None:
        raise NotFound()
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            when = typed.instant("desactivado_en", "Escriba cuándo se desactivó.") or clock.now()
            motivo = typed.text("motivo", "Escriba por qué se desactiva.", 500)

            def run() -> dict[str, Any]:
                ended = deactivate_coe(coe_id, when, motivo)
                return {"id": str(ended.id), "avisos": [a.as_dict() for a in warn_of_unreleased(ended)]}

            return run

        envio = send("web.coe.desactivar", work, coe=coe_id)
        if envio.body:
            flash("El COE quedó desactivado. Su bitácora ya no admite entradas y se sigue leyendo.", "bien")
            return redirect(url_for("coe.ver", coe_id=coe_id), 303)
        coe = get_visible_or_404(Coe, coe_id, Permiso.COE_ACTIVAR)
    page = render_template(
        "coe/desactivar.html",
        envio=envio,
        coe=coe,
        lugar=place_name(coe),
        pendientes=warn_of_unreleased(coe),
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


from albergues_app.coe import compromiso_views, gobierno_views, integrante_views, turno_views  # noqa: E402, F401 - on the same blueprint
