"""Pages of open shelters: the list with figures, one of them, its moves, its acts. Also ``closing_views``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues import capacity, site_page
from albergues_app.albergues.act_scans import escaneos_of
from albergues_app.albergues.acts import CLASES, acta_of, issue_acta, render_acta
from albergues_app.albergues.models import Acta, Activacion
from albergues_app.albergues.reserve import is_hidden
from albergues_app.albergues.site_edit import DatosActivacion, edit_activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import emergencias_en_curso
from albergues_app.ocupacion import shelter_page
from albergues_app.ocupacion.closing import closing_figures, opening_figures
from albergues_app.ocupacion.door_time import door_days
from albergues_app.ocupacion.figures import last_movements
from albergues_app.ocupacion.flujo import ENTRAN, SALEN
from albergues_app.ocupacion.services import transition_activacion
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("activaciones", __name__, url_prefix="/activaciones", template_folder="templates")

POR_PAGINA = 50
FIGURES = {"apertura": opening_figures, "cierre": closing_figures}


@bp.get("")
@requires(Permiso.OCUPACION_VER)
def lista() -> ResponseReturnValue:
    """Open shelters of one's territory with their figures, what worries first."""
    cuenta, known = current_cuenta(), catalogo()
    emergencias = emergencias_en_curso(clock.now())
    chosen = next((e for e in emergencias if str(e.id) == request.args.get("emergencia")), None)
    departamento = request.args.get("departamento", "")
    departamento = departamento if departamento in known.departamentos else ""
    table, rows, hidden, sums = shelter_page.open_shelters(
        cuenta, chosen.id if chosen else None, departamento
    )
    pages = max(1, math.ceil(len(rows) / POR_PAGINA))
    raw = request.args.get("pagina", "1")
    page = min(pages, int(raw)) if raw.isascii() and raw.isdigit() and int(raw[:6]) > 0 else 1
    return render_template(
        "activaciones/lista.html",
        filas=rows[(page - 1) * POR_PAGINA : page * POR_PAGINA],
        cuantos=len(rows),
        total=table.total,
        corte=table.corte,
        reservadas=hidden,
        sumas=None if departamento else sums,
        emergencias=emergencias,
        emergencia=chosen,
        departamento=departamento,
        departamentos=sorted(
            (d for c, d in known.departamentos.items() if any(m.codigo[:2] == c for m in own_municipios())),
            key=lambda d: d.nombre,
        ),
        pagina=page,
        paginas=pages,
        limite_h=current_app.config["PARTE_HORAS"],
    )


@bp.get("/<uuid:activacion_id>")
@requires(Permiso.ACTIVACION_VER)
def ver(activacion_id: UUID) -> ResponseReturnValue:
    """One open shelter: who is inside, what fits, since when; now, or at another hour as known then."""
    activacion = visible_activacion(activacion_id)
    typed = Typed(request.args.to_dict(flat=False))
    corte, conocido = typed.instant("corte"), typed.instant("conocido_en")
    now, cuenta = clock.now(), current_cuenta()
    cifras = shelter_page.figures_of(cuenta, activacion, corte, conocido)
    stage = shelter_page.stage(activacion, now)
    cap = cifras.capacidad
    calculada = capacity.compute_capacidad(
        capacity.latest_medida(activacion.albergue_id),
        capacity.Normas.from_settings(current_app.config),
        hasta_72h=stage is None or stage.horas <= shelter_page.HOURS_EMERGENCY,
        autorizada=cap.personas if cap and cap.clase == "autorizada" else None,
    )
    contactos = site_page.contactos_of(activacion.albergue_id)
    actas = {clase: acta_of(activacion.id, clase) for clase in CLASES}
    page = render_template(
        "activaciones/ver.html",
        activacion=activacion,
        albergue=activacion.albergue,
        emergencia=db.session.get_one(Emergencia, activacion.emergencia_id),
        cifras=cifras,
        vivas=shelter_page.live_extras(activacion, cifras, now),
        conteos=shelter_page.counts_of(activacion, now),
        op_id=uuid7(),
        ENTRAN=ENTRAN,
        SALEN=SALEN,
        etapa=stage,
        calculada=calculada,
        semana=shelter_page.week(activacion, now),
        movimientos=last_movements(activacion.id, 12),
        cajas=[caja for said in shelter_page.CAJAS if (caja := said(cuenta, activacion, now))],
        pestanas=[found for tab in shelter_page.PESTANAS if (found := tab(cuenta, activacion))],
        puerta=door_days(activacion.id, now),
        transiciones=shelter_page.transitions_of(activacion.id),
        hojas=site_page.papers_of(cuenta, activacion.id),
        contacto=next((c for c in contactos if c.contacto.telefono), None),
        actas=actas,
        escaneos=escaneos_of([acta.id for acta in actas.values() if acta]),
        firmas=permits(cuenta, Permiso.ACTA_ESCANEO_VER, activacion),
        CLASES=CLASES,
        edita=permits(cuenta, Permiso.ACTIVACION_EDITAR, activacion),
        registra=permits(cuenta, Permiso.INGRESO_REGISTRAR, activacion),
        reporta=permits(cuenta, Permiso.PARTE_REGISTRAR, activacion),
        errores=typed.errores,
        pedido={"corte": typed.get("corte"), "conocido_en": typed.get("conocido_en")},
        enlaces=desk_links(activacion.id),
        limite_h=current_app.config["PARTE_HORAS"],
        MOVIMIENTO_NOMBRE=shelter_page.MOVIMIENTO_NOMBRE,
        FUENTE_NOMBRE=shelter_page.FUENTE_NOMBRE,
        CLASE_NOMBRE=site_page.CLASE_NOMBRE,
    )
    return page, 422 if typed.errores else 200


def desk_links(activacion_id: UUID) -> dict[str, str]:
    """Addresses of the desk's pages, those that exist."""
    wanted = ("ingreso", "personas", "movimientos", "parte", "partes")
    known = current_app.view_functions
    return {
        name: url_for(f"ocupacion.{name}", activacion_id=activacion_id)
        for name in wanted
        if f"ocupacion.{name}" in known
    }


def visible_activacion(activacion_id: UUID, permiso: Permiso = Permiso.ACTIVACION_VER) -> Activacion:
    """The activation through its door; that of a reserved site is absent for those who look from afar."""
    activacion = get_visible_or_404(Activacion, activacion_id, permiso)
    if is_hidden(current_cuenta(), activacion.albergue):
        raise NotFound()
    return activacion


def own_municipios() -> list[Any]:
    cuenta = current_cuenta()
    return [m for c, m in catalogo().municipios.items() if cuenta.covers_municipio(c)]


@bp.route("/<uuid:activacion_id>/estado", methods=["GET", "POST"])
@requires(Permiso.ACTIVACION_EDITAR)
def estado(activacion_id: UUID) -> ResponseReturnValue:
    """Open, begin to close, go back, or annul: only legal moves are offered, and only they are taken."""
    activacion, envio = visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR), empty_form()
    moves = shelter_page.legal_moves(activacion)
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            a = typed.choice("a", shelter_page.NOMBRE_ACTIVACION, "Elija el nuevo estado.")
            when = typed.instant("ocurrida_en", "Escriba la fecha y hora del cambio.") or clock.now()
            motivo, acta = typed.optional("motivo", 500), typed.optional("acta")
            if a == "anulada" and not motivo:
                typed.fault("falta_motivo", "Escriba por qué se anula.", "motivo")
            return lambda: transition_activacion(activacion_id, a, when, motivo, acta)

        envio = send("web.activacion.estado", work, activacion=activacion_id)
        if envio.body:
            flash("El nuevo estado quedó guardado.", "bien")
            return redirect(url_for("activaciones.ver", activacion_id=activacion_id), 303)
    page = render_template(
        "activaciones/estado.html",
        activacion=activacion,
        albergue=activacion.albergue,
        envio=envio,
        moves=moves,
        ahora_texto=wall_clock(clock.now()),
    )
    return page, envio.status


@bp.route("/<uuid:activacion_id>/datos", methods=["GET", "POST"])
@requires(Permiso.ACTIVACION_EDITAR)
def datos(activacion_id: UUID) -> ResponseReturnValue:
    """Complete what the opening still lacked: act number, who runs it, who asked and authorised."""
    activacion, envio = visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR), empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            new = DatosActivacion(
                typed.optional("acta_apertura"),
                typed.optional("administrador"),
                typed.optional("solicitada_por"),
                typed.optional("autorizada_por"),
            )

            def run() -> dict[str, Any]:
                edit_activacion(db.session.get_one(Activacion, activacion_id, with_for_update=True), new)
                return {"id": str(activacion_id)}

            return run

        envio = send("web.activacion.datos", work, activacion=activacion_id)
        if envio.body:
            flash("Los datos de la apertura quedaron guardados.", "bien")
            return redirect(url_for("activaciones.ver", activacion_id=activacion_id), 303)
    page = render_template(
        "activaciones/datos.html", activacion=activacion, albergue=activacion.albergue, envio=envio
    )
    return page, envio.status


@bp.post("/<uuid:activacion_id>/acta-de-<any(apertura, cierre):clase>")
@requires(Permiso.ACTIVACION_EDITAR)
def acta_emitir(activacion_id: UUID, clase: str) -> ResponseReturnValue:
    """Issue the act, once; asked again, it is the same act."""
    visible_activacion(activacion_id, Permiso.ACTIVACION_EDITAR)
    if clase not in CLASES:
        raise NotFound()

    def work(_typed: Typed) -> Callable[[], dict[str, Any]]:
        def run() -> dict[str, Any]:
            activacion = db.session.get_one(Activacion, activacion_id, with_for_update=True)
            return {"folio": issue_acta(activacion, clase, FIGURES[clase]).folio}

        return run

    envio = send("web.acta", work, activacion=activacion_id)
    if envio.errores:
        flash(envio.errores[0].mensaje, "error")
    elif envio.body:
        flash(f"El acta quedó emitida con el folio {envio.body['folio']}.", "bien")
    return redirect(url_for("activaciones.ver", activacion_id=activacion_id), 303)


@bp.get("/<uuid:activacion_id>/acta-de-<any(apertura, cierre):clase>.pdf")
@requires(Permiso.ACTIVACION_VER)
def acta_pdf(activacion_id: UUID, clase: str) -> ResponseReturnValue:
    """The PDF of an issued act: the same every time."""
    visible_activacion(activacion_id)
    acta: Acta | None = acta_of(activacion_id, clase)
    if acta is None:
        raise NotFound()
    return download(render_acta(acta), PDF, f"{acta.folio}.pdf", inline=True)


from albergues_app.ocupacion import act_views, closing_views, emergency_page  # noqa: E402, F401 - their views need the blueprint
