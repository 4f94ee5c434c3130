"""Pages of exports: ask for one, what became of it, prepare its file, download it; and the complete one."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.page_writing import Envio, empty_form, send, typed_form
from albergues_app.accounts.permissions import Permiso
from albergues_app.accounts.services import confirm_password
from albergues_app.albergues.models import Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, NotFound
from albergues_app.core.tasks import run_here, start_task
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import emergencias_en_curso, emergencias_terminadas
from albergues_app.exportaciones import services
from albergues_app.exportaciones.archive import SHORTEST_PASSPHRASE, lock_header
from albergues_app.exportaciones.columns import BASE, columns_for
from albergues_app.exportaciones.models import CLASE_NOMBRE, ClaseExportacion, Exportacion
from albergues_app.exportaciones.sealed_file import PART
from albergues_app.exportaciones.services import ESTADO_NOMBRE, EstadoExportacion, Pedido
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("exportaciones", __name__, url_prefix="/exportaciones", template_folder="templates")
NIVEL_ESTADO = {
    "espera": "aviso", "rechazada": "alto", "caducada": "sindato", "por_preparar": "aviso", "lista": "bien",
}  # fmt: skip
FORMATOS = (("xlsx", "Excel"), ("csv", "CSV (en un .zip con su nota)"))
AT_ONCE = 2_000
"""Rows that are written before the page answers; more go to the background."""


@bp.app_context_processor
def words() -> dict[str, Any]:
    """How kinds and states are said."""
    return {
        "CLASE_EXPORTACION": CLASE_NOMBRE,
        "ESTADO_EXPORTACION": ESTADO_NOMBRE,
        "NIVEL_EXPORTACION": NIVEL_ESTADO,
    }


@bp.get("")
@requires(Permiso.EXPORTACION_VER)
def lista() -> ResponseReturnValue:
    """One's own exports; for the auditor, all of them."""
    services.clean_exports()
    everything: Any = select(Exportacion, Cuenta.nombre)
    everything = everything.outerjoin(Cuenta, Cuenta.id == Exportacion.cuenta_id)
    stmt = visible(everything, Permiso.EXPORTACION_VER, Exportacion)
    rows = db.session.execute(stmt.order_by(Exportacion.pedida_en.desc()).limit(100)).all()
    cuenta = current_cuenta()
    return render_template(
        "exportaciones/lista.html",
        filas=[(row, nombre, services.state_of(row)) for row, nombre in rows],
        propia=cuenta.id,
        completa=_may_all(cuenta),
        lugar=services.place_text,
        limite=current_app.config["EXPORTACION_SOLA"],
    )


def _may_all(cuenta: Identity) -> bool:
    return cuenta.nacional and services.may_ask_all(cuenta)


@bp.route("/nueva", methods=["GET", "POST"])
@requires(Permiso.PERSONA_EXPORTAR)
def nueva() -> ResponseReturnValue:
    """Ask for persons or stays: of where, which columns, why and for whom."""
    cuenta = current_cuenta()
    clase = request.values.get("clase", "personas")
    clase = clase if clase in BASE else "personas"
    envio, emergencias = empty_form(), _emergencias()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            pedido = _read(typed, clase, cuenta, emergencias)
            return lambda: {"id": str(services.request_export(pedido, cuenta).id)}

        envio = send("web.exportacion", work)
        if envio.body:
            flash("Exportación pedida. Queda anotado quién, cuándo y para qué.", "bien")
            return redirect(url_for(".ver", exportacion_id=envio.body["id"]), 303)
    page = render_template(
        "exportaciones/nueva.html",
        envio=envio,
        clase=clase,
        columnas=[(c.codigo, c.titulo) for c in columns_for(cuenta.rol, clase) if c not in BASE[clase]],
        siempre=BASE[clase],
        formatos=FORMATOS,
        emergencias=[(str(e.id), e.nombre) for e in emergencias],
        lugares=_places(cuenta),
        ahora_=wall_clock(clock.now()),
        limite=current_app.config["EXPORTACION_SOLA"],
    )
    return page, envio.status


def _emergencias() -> list[Emergencia]:
    now = clock.now()
    return [*emergencias_en_curso(now), *emergencias_terminadas(now, 20)]


def _places(cuenta: Identity) -> list[tuple[str, str]]:
    """Departments, municipalities and shelters of one's territory, by code."""
    known = catalogo()
    found = [(c, d.nombre) for c, d in known.departamentos.items() if cuenta.covers_departamento(c)]
    if not cuenta.nacional:
        found += [(c, known.lugar_texto(c)) for c in known.municipios if cuenta.covers_municipio(c)]
        found += [(c, f"Albergue {c}") for c in sorted(cuenta.albergues)]
    return found


def _read(typed: Typed, clase: str, cuenta: Identity, emergencias: list[Emergencia]) -> Pedido:
    place = typed.get("lugar")
    own = dict(_places(cuenta))
    site = typed.text("albergue", limit=12)
    if place and place not in own:
        typed.fault("valor_desconocido", "Elija un lugar de su territorio.", "lugar")
    if site and not _own_site(site, cuenta):
        typed.fault("albergue_desconocido", "No hay un albergue con ese código en su territorio.", "albergue")
    if len(place) > 4:
        site, place = place, ""
    emergencia = typed.choice("emergencia", [str(e.id) for e in emergencias])
    return Pedido(
        id=typed.op_id,
        clase=clase,
        formato=typed.choice("formato", [f for f, _ in FORMATOS], "Elija Excel o CSV."),
        corte=typed.instant("corte", "Escriba a qué hora.") or clock.now(),
        motivo=typed.text("motivo", "Escriba para qué se necesitan estos datos.", 300),
        destinatario=typed.text("destinatario", "Escriba para quién son.", 160),
        emergencia_id=UUID(emergencia) if emergencia else None,
        departamento=place[:2] or None,
        municipio=place if len(place) == 4 else None,
        albergue_codigo=site or None,
        desde=typed.instant("desde", "Escriba desde cuándo.") if clase == "estancias" else None,
        columnas=typed.choices("columnas", [c.codigo for c in columns_for(cuenta.rol, clase)]),
    )


def _own_site(codigo: str, cuenta: Identity) -> bool:
    stmt = visible(select(Albergue.id).where(Albergue.codigo == codigo), Permiso.PERSONA_EXPORTAR, Albergue)
    return db.session.scalar(stmt) is not None


@bp.route("/completa", methods=["GET", "POST"])
@requires(Permiso.EXPORTACION_COMPLETA)
def completa() -> ResponseReturnValue:
    """Ask for the whole instance in one file; another person of the central office approves it."""
    cuenta = current_cuenta()
    if not cuenta.nacional:
        raise NotFound()
    envio = empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            pedido = Pedido(
                typed.op_id, ClaseExportacion.COMPLETA, "archivo", clock.now(),
                typed.text("motivo", "Escriba para qué se necesita.", 300),
                typed.text("destinatario", "Escriba para quién es.", 160),
            )  # fmt: skip
            return lambda: {"id": str(services.request_export(pedido, cuenta).id)}

        envio = send("web.exportacion_completa", work)
        if envio.body:
            flash("Pedida. Otra persona de la oficina central debe aprobarla.", "bien")
            return redirect(url_for(".ver", exportacion_id=envio.body["id"]), 303)
    return render_template("exportaciones/completa.html", envio=envio), envio.status


@bp.get("/<uuid:exportacion_id>")
@requires(Permiso.EXPORTACION_VER)
def ver(exportacion_id: UUID) -> ResponseReturnValue:
    """What was asked, what became of it, and its file."""
    return _page(get_visible_or_404(Exportacion, exportacion_id, Permiso.EXPORTACION_VER), empty_form())


def _page(row: Exportacion, envio: Envio) -> ResponseReturnValue:
    state = services.state_of(row)
    page = render_template(
        "exportaciones/ver.html",
        x=row,
        lineas=services.describe(row),
        estado_=state,
        propia=row.cuenta_id == current_cuenta().id,
        completa=row.clase == ClaseExportacion.COMPLETA,
        minimo=SHORTEST_PASSPHRASE,
        horas=current_app.config["EXPORTACION_HORAS"],
        peso_kb=math.ceil((row.peso or 0) / 1024),
        envio=envio,
    )
    return page, envio.status


@bp.post("/<uuid:exportacion_id>/preparar")
@requires(Permiso.EXPORTACION_BAJAR)
def preparar(exportacion_id: UUID) -> ResponseReturnValue:
    """Make the file: now if it is short, else in the background."""
    row = get_visible_or_404(Exportacion, exportacion_id, Permiso.EXPORTACION_BAJAR)
    there = url_for(".ver", exportacion_id=exportacion_id)
    if services.state_of(row) is not EstadoExportacion.POR_PREPARAR:
        return redirect(there, 303)
    complete = row.clase == ClaseExportacion.COMPLETA
    kind = "todo_exportar" if complete else "personas_exportar"
    arguments = {
        "exportacion": str(exportacion_id), "siguiente": there, "vuelve": there,
        "titulo": f"Preparar la exportación {row.copia}",
    }  # fmt: skip
    short = not complete and row.filas <= AT_ONCE
    actor = current_cuenta().as_actor("web")
    task = (run_here if short else start_task)(kind, arguments, actor, services.task_id_of(exportacion_id))
    return redirect(url_for("web.tarea", tarea_id=task), 303)


@bp.post("/<uuid:exportacion_id>/bajar")
@requires(Permiso.EXPORTACION_BAJAR)
def bajar(exportacion_id: UUID) -> ResponseReturnValue:
    """The file, after asking again for the password; the complete one closed with a passphrase chosen here."""
    row = get_visible_or_404(Exportacion, exportacion_id, Permiso.EXPORTACION_BAJAR)
    envio = Envio(Typed())
    try:
        confirm_password(current_cuenta().id, request.form.get("clave", ""))
        passphrase = _passphrase() if row.clase == ClaseExportacion.COMPLETA else ""
        with unit_of_work(current_cuenta().as_actor("web")):
            row = db.session.get_one(Exportacion, exportacion_id)
            content = _closed(row, passphrase) if passphrase else services.hand_over(row)
            name, size = row.nombre_archivo, row.peso
    except AppError as refused:
        if refused.status not in {422, 429}:
            raise
        campo = "clave" if refused.codigo == "clave_actual_incorrecta" else refused.campo
        envio.errores = [Aviso(refused.codigo, refused.mensaje, campo)]
        return _page(get_visible_or_404(Exportacion, exportacion_id, Permiso.EXPORTACION_BAJAR), envio)
    response = Response(content, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    if not passphrase and size is not None:
        response.headers["Content-Length"] = str(size)
    return response


def _passphrase() -> str:
    typed = typed_form()
    given = typed.get("frase")
    if len(given) < SHORTEST_PASSPHRASE:
        typed.fault("frase_corta", f"La frase lleva {SHORTEST_PASSPHRASE} letras o más.", "frase")
    elif given != typed.get("frase_otra"):
        typed.fault("frase_distinta", "Las dos frases no son iguales. Escríbalas de nuevo.", "frase_otra")
    typed.check()
    return given


def _closed(row: Exportacion, passphrase: str) -> Iterator[bytes]:
    """The sealed file as it lies, after a line that only the passphrase opens."""
    services.hand_over(row)
    head, path = lock_header(passphrase, services.key_of(row)), services.file_of(row)

    def parts() -> Iterator[bytes]:
        yield head
        with path.open("rb") as file:
            while block := file.read(PART):
                yield block

    return parts()
