"""Resources and staff of a COE (SCI-211): asked for, on the way, arrived, assigned, released. Only facts are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import bulk_insert
from albergues_app.coe.hojas import avisos_of_row, formato_of, keep_sheet
from albergues_app.coe.models import Coe
from albergues_app.coe.models_sci import ESTADO_NOMBRE, EstadoRecurso, RecursoPaso
from albergues_app.coe.recursos_queries import SCI_211, Recurso, resource_of
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import validate
from albergues_app.formats.engine.validation import OBLIGATORIO
from albergues_app.ocupacion.format_catalogs import format_catalogos

_ORDER = {estado: n for n, estado in enumerate(EstadoRecurso)}
_SITE_CODE = re.compile(r"\b[0-9]{4}-[0-9]{3,4}\b")
_ON_THE_WAY = {EstadoRecurso.PEDIDO, EstadoRecurso.EN_CAMINO}
_OWN_HOUR = {"llegada_en", "desmovilizado_en"}
"""Hours of the sheet that are the hour of a fact: a fault of theirs is shown there."""
_NOT_YET = {"llegada_en", "contacto_nombre"}
"""What the sheet asks of whoever arrives, and nobody knows before."""


@dataclass(frozen=True)
class PasoNuevo:
    """A fact as somebody writes it. ``id`` is the client's; ``fila`` is the raw line of the SCI-211, hours apart.

    ``visto`` is the number of the fact that was on the screen: 0 for a new resource.
    """

    id: UUID
    estado: str
    ocurrido_en: datetime
    fila: Mapping[str, Any]
    visto: int = 0
    motivo: str | None = None


def write_paso(coe_id: UUID, recurso_id: UUID | None, datos: PasoNuevo) -> dict[str, Any]:
    """Write the next fact of a resource, or the first of a new one; returns the resource with its ``avisos``.

    :raises Invalid: a value of the sheet is wrong.
    :raises RuleBroken: `coe_desactivado`, `recurso_cambio`, `falta_motivo`, `se_fue_antes`.
    :raises NotFound: this COE has no such resource.
    """
    coe = db.session.get(Coe, coe_id, with_for_update=True, populate_existing=True)
    if coe is None:
        raise NotFound()
    before = resource_of(coe, recurso_id) if recurso_id is not None else None
    if recurso_id is not None and before is None:
        raise NotFound()
    estado, reason = EstadoRecurso(datos.estado), clean(datos.motivo or "")[:300]
    if coe.desactivado_en is not None and (before is None or estado != EstadoRecurso.DESMOVILIZADO):
        raise RuleBroken(
            "coe_desactivado", "Este COE ya se desactivó: sus recursos solo se desmovilizan.", "estado"
        )
    if before is not None:
        _check_order(before, estado, datos.visto, reason)
    fila = {**datos.fila, **_hours(before, estado, datos.ocurrido_en, datos.fila)}
    row, avisos = _judge(fila, estado)
    if before is not None and datos.ocurrido_en < before.ocurrido_en and not reason:
        avisos.append(
            Aviso(
                "antes_del_paso_anterior",
                f"La hora es anterior a «{ESTADO_NOMBRE[before.estado]}» ({_said(before.ocurrido_en)}).",
                "ocurrido_en",
            )
        )
    code, told = _site_of(row.get("albergue"))
    actor, of = current_actor(), recurso_id or datos.id
    answers: dict[str, Any] = {"recursos": [row]}
    if reason:
        answers["_motivo"] = reason
    values = {
        "id": datos.id,
        "coe_id": coe.id,
        "recurso_id": of,
        "numero": before.numero + 1 if before else 1,
        "estado": estado.value,
        "clase": row["clase"],
        "personas": row.get("personas"),
        "albergue_codigo": code,
        "captura_id": keep_sheet(coe, formato_of(SCI_211), answers, of, datos.ocurrido_en),
        "ocurrido_en": datos.ocurrido_en,
        "registrado_en": clock.now(),
        "cuenta_id": actor.cuenta_id if actor else None,
    }
    bulk_insert(db.session, RecursoPaso, [values])
    db.session.flush()
    return {
        "id": str(of),
        "coe": str(coe.id),
        "paso": values["numero"],
        "estado": values["estado"],
        "avisos": [a.as_dict() for a in avisos + told],
    }


def _check_order(before: Recurso, estado: EstadoRecurso, visto: int, reason: str) -> None:
    if before.numero != visto:
        raise RuleBroken(
            "recurso_cambio",
            f"Otra persona anotó «{ESTADO_NOMBRE[before.estado]}» a las {_said(before.registrado_en)}. "
            "Revise lo que quedó y vuelva a guardar.",
            "estado",
        )
    again = estado == before.estado and estado != EstadoRecurso.ASIGNADO
    if (again or _ORDER[estado] < _ORDER[EstadoRecurso(before.estado)]) and not reason:
        raise RuleBroken(
            "falta_motivo",
            f"El recurso ya consta como «{ESTADO_NOMBRE[before.estado]}». Escriba por qué se corrige.",
            "motivo",
        )


def _hours(
    before: Recurso | None, estado: EstadoRecurso, when: datetime, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The hours of the sheet after this fact: those known before, and its own. Going back takes later ones away."""
    known = (before.fila if before else None) or {}
    asked = given.get("solicitado_en") or known.get("solicitado_en")
    came, left = known.get("llegada_en"), None
    if estado == EstadoRecurso.PEDIDO:
        asked = when
    if estado in _ON_THE_WAY:
        came = None
    elif estado == EstadoRecurso.LLEGO or not came:
        came = when
    if estado == EstadoRecurso.DESMOVILIZADO:
        left = when
        if before is not None and before.estado in _ON_THE_WAY:
            came = None  # it never arrived: its trip was called off
    hours = {"solicitado_en": asked, "llegada_en": came, "desmovilizado_en": left}
    return {name: _plain(value) for name, value in hours.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _judge(fila: Mapping[str, Any], estado: EstadoRecurso) -> tuple[dict[str, Any], list[Aviso]]:
    """The line as the format reads it, and what to tell; what nobody knows yet is not asked for.

    :raises Invalid: a value is wrong, or the class is missing.
    """
    formato, prefix = formato_of(SCI_211), "recursos[0]."
    result = validate(
        formato, {"recursos": [dict(fila)]}, format_catalogos(), "rapido", clock.now(), gate=False
    )
    never_came = not fila.get("llegada_en")
    waived = _NOT_YET if never_came else set()
    faults = [
        n for n in avisos_of_row(result.errors, prefix) if not (n.codigo == OBLIGATORIO and n.campo in waived)
    ]
    if faults:
        raise Invalid([replace(f, campo="ocurrido_en") if f.campo in _OWN_HOUR else f for f in faults])
    avisos = avisos_of_row(result.warnings, prefix)
    lacking = [
        n.mensaje.removeprefix("Falta ").rstrip(".") for n in result.pending if n.campo.startswith(prefix)
    ]
    if lacking and estado not in _ON_THE_WAY:
        avisos.append(
            Aviso("pendiente", f"Quedó sin anotar: {', '.join(lacking)}. Puede completarlo después.")
        )
    return result.answers["recursos"][0], avisos


def _site_of(text: Any) -> tuple[str | None, list[Aviso]]:
    """The shelter that a text names by its code; what to tell when there is none by that code."""
    found = _SITE_CODE.search(str(text or ""))
    if found is None:
        return None, []
    known = db.session.scalar(select(Albergue.codigo).where(Albergue.codigo == found[0]))
    if known is None:
        return None, [
            Aviso(
                "albergue_desconocido",
                f"No hay albergue con el código {found[0]}: quedó como texto.",
                "albergue",
            )
        ]
    return known, []


def _said(when: datetime) -> str:
    return f"{clock.to_local(when):%d/%m/%Y %H:%M}"
