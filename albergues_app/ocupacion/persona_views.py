"""Who is inside: marked one by one or by family, they leave, come back, move; what was wrong is annulled."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, Invalid, NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import gate
from albergues_app.ocupacion.avisos_puerta import SIN_CONSULTAR, boxes_for
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import Hoja, parse_id
from albergues_app.ocupacion.figures import last_movements
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.nna_cases import tell_protection
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of, open_destinations
from albergues_app.ocupacion.queries import Presente, count_present, personas_by_id, presentes
from albergues_app.ocupacion.traslados import on_the_way, traslados_of

PER_PAGE = 60
TIPO_NOMBRE = {
    "ingreso": "Ingreso",
    "nacimiento": "Nacimiento",
    "salida_temporal": "Salida temporal",
    "retorno": "Retorno",
    "traslado_sale": "Traslado: sale",
    "traslado_entra": "Traslado: entra",
    "egreso": "Egreso",
    "fallecimiento": "Fallecimiento",
    "anulacion": "Anulación",
}


ASKED = (
    "La salida quedó pedida y todavía no está hecha: otra persona la aprueba en «Por aprobar». "
    "Mientras tanto conserva su lugar."
)


def tell(body: dict[str, Any], text: str) -> None:
    """Say what was saved and, apart, what is to be looked at."""
    flash(text, "bien")
    left = [a["mensaje"] for a in body["avisos"] if a["mensaje"].startswith("Falta «")]
    blanks = dict.fromkeys(m[len("Falta ") :].partition("»")[0] + "»" for m in left)
    if blanks:
        flash(
            f"Quedó guardado sin {', '.join(blanks)}. Si lo sabe, anule el movimiento y anótelo completo.",
            "aviso",
        )
    for message in list(dict.fromkeys(a["mensaje"] for a in body["avisos"] if a["mensaje"] not in left))[:4]:
        flash(message, "aviso")


def refusals(error: AppError) -> list[Aviso]:
    """Every error of a refusal, to stand over the form."""
    return error.errores if isinstance(error, Invalid) else [Aviso(error.codigo, error.mensaje, error.campo)]


@bp.get("/activaciones/<uuid:activacion_id>/personas")
@requires(Permiso.PERSONA_VER)
def personas(activacion_id: UUID) -> ResponseReturnValue:
    """Who is inside, by family; each reading is logged."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PERSONA_VER)
    return _list_page(activacion, Hoja(uuid7(), uuid7()), set())


@bp.post("/activaciones/<uuid:activacion_id>/movimientos")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def mover(activacion_id: UUID) -> ResponseReturnValue:
    """Salida temporal, retorno, egreso, traslado or fallecimiento of those marked."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    try:
        body = gate.save_movimiento(current_cuenta(), activacion, request.form)
    except AppError as error:
        if error.status != 422:
            raise
        if request.form.get("vuelve") == "traslados":  # who is on the way is not in the list
            for fault in refusals(error):
                flash(fault.mensaje, "error")
            return redirect(url_for("ocupacion.traslados", activacion_id=activacion_id), 303)
        activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
        typed = {
            k: v for k, v in request.form.items() if k not in {"csrf_token", "id", "personas", "familias"}
        }
        hoja = Hoja(
            parse_id(request.form.get("id")) or uuid7(), uuid7(), valores=typed, errores=refusals(error)
        )
        marked = {*request.form.getlist("personas"), *request.form.getlist("familias")}
        return _list_page(activacion, hoja, marked), 422
    number = len(body["personas"])
    name = TIPO_NOMBRE.get(body["tipo"], "Traslado")
    if "pedida" in body:
        flash(ASKED, "aviso")
    else:
        tell(body, f"{name} de {number} {'persona' if number == 1 else 'personas'}: guardado.")
    back = parse_id(request.form.get("vuelve"))
    if back is not None:
        return redirect(url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=back), 303)
    page = request.args.get("pagina", type=int)
    return redirect(url_for("ocupacion.personas", activacion_id=activacion_id, pagina=page), 303)


def _list_page(activacion: Activacion, hoja: Hoja, marked: set[str]) -> str:
    total = count_present(activacion.id)
    page = max(1, min(request.args.get("pagina", 1, type=int), (total - 1) // PER_PAGE + 1))
    activacion_id, cuenta = activacion.id, current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        rows = presentes(activacion_id, "web:personas", PER_PAGE, (page - 1) * PER_PAGE)
        waiting = on_the_way(destino=activacion_id)
        coming = personas_by_id((t.persona_id for t in waiting), "web:en_transito")
    advices = boxes_for([*coming.values(), *(row.persona for row in rows)])
    activacion = db.session.get_one(Activacion, activacion_id)
    families: dict[UUID, list[Any]] = {}
    for row in sorted(rows, key=_paper_order):
        families.setdefault(row.familia_id, []).append(row)
    return render_template(
        "ocupacion/personas.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        familias=families,
        total=total,
        pagina=page,
        paginas=max(1, (total - 1) // PER_PAGE + 1),
        hoja=hoja,
        marcadas=marked,
        campos=gate.gate_campos(),
        destinos=open_destinations(activacion, cuenta),
        esperan=traslados_of(
            cuenta, waiting, arriving=True, now=clock.now(), hours=current_app.config["TRASLADO_HORAS"]
        ),
        nombres=coming,
        salieron=len(on_the_way(origen=activacion_id)),
        ultimos=_operations(activacion_id),
        TIPO_NOMBRE=TIPO_NOMBRE,
        hoy=clock.local_day(clock.now()),
        abierto=activacion.estado in OPEN_STATES,
        avise=tell_protection(activacion_id),
        avisos=advices,
        consulta=any(one.aviso.detiene for one in advices)
        or any(e.codigo == SIN_CONSULTAR for e in hoja.errores),
        con_aviso={persona: one.aviso for one in reversed(advices) for persona in one.personas},
        envia_partes=permits(cuenta, Permiso.PARTE_REGISTRAR, activacion),
    )


def _paper_order(row: Presente) -> tuple[str, bool, date]:
    """By family; the head first, then from the oldest to the youngest."""
    return row.familia_codigo, row.persona.parentesco != "jefe", row.persona.nacimiento or date.max


def _operations(activacion_id: UUID) -> list[dict[str, Any]]:
    """The newest operations without names, and whether each still counts."""
    rows = last_movements(activacion_id, 12)
    m = Movimiento.__table__
    ids = [row.operacion_id for row in rows]
    original = m.alias()
    annulled = set(
        db.session.scalars(
            select(original.c.operacion_id)
            .join_from(original, m, m.c.anula_id == original.c.id)
            .where(original.c.operacion_id.in_(ids))
        )
    )
    return [{"fila": row, "anulada": row.operacion_id in annulled, "nueva": uuid7()} for row in rows]


@bp.post("/activaciones/<uuid:activacion_id>/operaciones/<uuid:operacion_id>/anulacion")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def anular(activacion_id: UUID, operacion_id: UUID) -> ResponseReturnValue:
    """Annul one operation, with its reason."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    try:
        body = gate.annul(current_cuenta(), activacion, operacion_id, request.form)
        if "pedida" in body:
            flash(ASKED, "aviso")
        else:
            tell(body, "Quedó anulado. Las cifras ya lo reflejan y el registro anterior se conserva.")
    except AppError as error:
        if error.status != 422:
            raise
        flash(error.mensaje, "error")
    return redirect(url_for("ocupacion.personas", activacion_id=activacion_id), 303)


@bp.post("/activaciones/<uuid:activacion_id>/traslados-hacia-aqui")
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def traer(activacion_id: UUID) -> ResponseReturnValue:
    """«Es la misma»: bring a person from another shelter of the territory, alone or with its family."""
    get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    origen_id, persona_id = parse_id(request.form.get("origen")), parse_id(request.form.get("persona"))
    if origen_id is None or persona_id is None:
        raise NotFound()
    origen = get_visible_or_404(Activacion, origen_id, Permiso.MOVIMIENTO_REGISTRAR)
    from_the_desk = request.accept_mimetypes.best == "application/json"
    try:
        body = gate.bring(current_cuenta(), origen, activacion_id, persona_id, request.form)
    except AppError as error:
        if from_the_desk and error.status == 422:
            return jsonify(mensaje=error.mensaje), 422
        raise
    number = len(body["personas"])
    said = f"Traslado de {number} {'persona' if number == 1 else 'personas'} a este albergue: guardado."
    if from_the_desk:
        return jsonify(mensaje=said)
    tell(body, said)
    familia_id = parse_id(request.form.get("vuelve"))
    if familia_id is not None:
        return redirect(url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=familia_id), 303)
    return redirect(url_for("ocupacion.personas", activacion_id=activacion_id), 303)
