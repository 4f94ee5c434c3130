"""A commitment as it is typed: the same fields wherever it is made."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta, Rol
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.compromisos.models import PRIORIDAD_NOMBRE
from albergues_app.compromisos.services import CompromisoNuevo, Encargado, Origen, Plazo
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso
from albergues_app.core.typed import Typed


def read_compromiso(typed: Typed, cuenta: Identity, origen: Origen, **place: Any) -> CompromisoNuevo:
    """What was typed, of that origin and place; faults stay in ``typed``.

    :param place: `departamento`, `municipio`, `albergue_codigo`, `emergencia_id`.
    """
    return CompromisoNuevo(
        id=typed.op_id,
        descripcion=typed.text("descripcion", "Escriba a qué se comprometen.", 500),
        plazo=read_plazo(typed),
        encargado=read_encargado(typed, cuenta),
        origen=origen,
        prioridad=typed.choice("prioridad", PRIORIDAD_NOMBRE) or "rutina",
        **place,
    )


def read_plazo(typed: Typed) -> Plazo:
    """A day, and the hour if there is one. Without it, it is overdue when the day ends."""
    day = typed.day("fecha", "Escriba para cuándo.", ahead=None)
    raw = typed.get("hora").strip()
    if day is None:
        return Plazo(clock.now())
    if not raw:
        return Plazo(clock.day_end(day))
    try:
        when = datetime.combine(day, time.fromisoformat(raw), clock.LOCAL)
    except ValueError:
        typed.fault("hora_invalida", "Escriba la hora con sus minutos, por ejemplo 18:00.", "hora")
        return Plazo(clock.day_end(day))
    return Plazo(clock.as_utc(when), con_hora=True)


def read_encargado(typed: Typed, cuenta: Identity) -> Encargado:
    """Who must do it: a name, an institution, or both; with the account, it is in that person's own list."""
    responsable, institucion = typed.optional("responsable", 160), typed.optional("institucion", 160)
    if typed.yes("yo"):
        return Encargado(responsable or cuenta.nombre, institucion, cuenta.id)
    correo = typed.text("correo", limit=160).lower()
    found = _account(correo) if correo else None
    if correo and found is None:
        typed.avisos.append(
            Aviso(
                "sin_cuenta",
                "Nadie que lleve compromisos entra con ese correo: quedó anotado sin cuenta y no le aparecerá.",
                "correo",
            )
        )
    if not (responsable or institucion or found):
        typed.fault(
            "falta_responsable", "Escriba quién responde: la persona, la institución o ambas.", "responsable"
        )
    return Encargado(responsable, institucion, found.id if found else None)


def _account(correo: str) -> Cuenta | None:
    found = db.session.scalar(select(Cuenta).where(Cuenta.correo == correo, Cuenta.activa))
    return found if found is not None and role_may(Rol(found.rol), Permiso.COMPROMISO_CUMPLIR) else None
