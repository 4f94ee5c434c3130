"""«Quién vio mis datos», for the person in front of the desk, and «Quién miró a quién», for the coordinator."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.listener import record_reading
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import PDF, download
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad import lecturas
from albergues_app.identidad.blueprint import bp
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.history_views import stay_or_404
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.correccion import current_version


@bp.get("/activaciones/<uuid:activacion_id>/personas/<uuid:persona_id>/quien-vio")
@requires(Permiso.PERSONA_VER)
def quien_vio(activacion_id: UUID, persona_id: UUID) -> ResponseReturnValue:
    """Every reading of one person, ready to print."""
    data = _report(activacion_id, persona_id)
    return render_template(
        "identidad/quien_vio.html", activacion_id=activacion_id, horas=lecturas.hours, **data
    )


@bp.get("/activaciones/<uuid:activacion_id>/personas/<uuid:persona_id>/quien-vio.pdf")
@requires(Permiso.PERSONA_VER)
def quien_vio_pdf(activacion_id: UUID, persona_id: UUID) -> Response:
    """The same on paper."""
    data = _report(activacion_id, persona_id)
    pdf = lecturas.draw_report(persona_id, data["nombre"], data["familia"], data["vistas"])
    return download(pdf, PDF, "quien-vio-mis-datos.pdf", inline=True)


def _report(activacion_id: UUID, persona_id: UUID) -> dict[str, Any]:
    """Name, family code and readings; the making of it is a reading too."""
    municipio = stay_or_404(activacion_id, persona_id).municipio_codigo
    with unit_of_work(current_cuenta().as_actor("web")):
        record_reading(
            db.session(), [persona_id], "web:quien_vio", municipio, "Pidió saber quién vio sus datos"
        )
    held = current_version(persona_id)
    familia = db.session.scalar(
        select(Familia.codigo)
        .join(Estancia, Estancia.familia_id == Familia.id)
        .where(Estancia.persona_id == persona_id, Estancia.activacion_id == activacion_id)
        .order_by(Estancia.ingreso_en.desc())
        .limit(1)
    )
    return {
        "persona_id": persona_id,
        "nombre": f"{held.nombres} {held.apellidos or ''}".strip(),
        "familia": familia or "",
        "vistas": lecturas.who_saw(persona_id),
    }


@bp.get("/lecturas")
@requires(Permiso.LECTURA_VER)
def lecturas_del_territorio() -> ResponseReturnValue:
    """Who looked at whom in a day; the filter is in the address."""
    cuenta = current_cuenta()
    today = clock.local_day(clock.now())
    day = _day(request.args.get("dia")) or today
    reader = parse_id(request.args.get("cuenta"))
    with unit_of_work(cuenta.as_actor("web")):
        found = lecturas.readings_of(cuenta, day, reader)
    return render_template(
        "identidad/lecturas.html",
        miradas=found,
        dia=day,
        hoy=today,
        cuenta_=str(reader) if reader else "",
        cuentas=lecturas.readers_of(cuenta),
        lleno=sum(m.cuantas for m in found) >= lecturas.MOST,
    )


def _day(raw: str | None) -> date | None:
    try:
        day = date.fromisoformat(raw) if raw else None
    except ValueError:
        return None
    return day if day is not None and 2000 <= day.year < 9000 else None
