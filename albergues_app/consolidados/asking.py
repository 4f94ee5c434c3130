"""Read from an address which consolidated figure is asked for, through the door of its place."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import request

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, refuse_invisible
from albergues_app.accounts.permissions import Permiso
from albergues_app.consolidados.scope import Ambito, Pregunta, find_ambito, own_ambitos, recent_cuts
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.queries import emergencias_en_curso, emergencias_terminadas


def emergencias() -> list[Emergencia]:
    """Those under way, then those that ended last."""
    now = clock.now()
    return [*emergencias_en_curso(now), *emergencias_terminadas(now, 20)]


def asked_emergencia() -> Emergencia | None:
    """The one of the address, else the newest under way; None when there is none at all."""
    raw = request.values.get("emergencia", "")
    if not raw:
        found = emergencias()
        return found[0] if found else None
    try:
        return get_visible_or_404(Emergencia, UUID(raw), Permiso.EMERGENCIA_VER)
    except ValueError:
        raise NotFound() from None


def asked_ambito(permiso: Permiso = Permiso.CONSOLIDADO_VER) -> Ambito:
    """The place of the address, else the account's widest. :raises NotFound: it is not for this account."""
    raw = request.values.get("ambito", "")
    own = own_ambitos(current_cuenta())
    found = find_ambito(raw) if raw else (own[0] if own else None)
    refuse_invisible(found, permiso)
    assert found is not None
    return found


def instant_of(name: str, default: datetime) -> datetime:
    """An instant of the address: with its offset, or as a browser's field writes it. Never ahead of the clock.

    :raises RuleBroken: `hora_invalida`.
    """
    raw = request.values.get(name, "").strip().replace(" ", "+")
    if not raw:
        return default
    try:
        value = datetime.fromisoformat(raw)
    except ValueError:
        raise RuleBroken("hora_invalida", "Escriba el corte con fecha y hora completas.", name) from None
    if not 1900 <= value.year <= 9000:
        raise RuleBroken("hora_invalida", "Revise el año del corte.", name)
    found = clock.as_utc(value if value.tzinfo else value.replace(tzinfo=clock.LOCAL))
    return min(found, default) if name == "conocido_en" else found


def asked(permiso: Permiso = Permiso.CONSOLIDADO_VER) -> tuple[Pregunta, Emergencia]:
    """The whole question. :raises NotFound: no emergency, or a place that is not for this account."""
    emergencia = asked_emergencia()
    if emergencia is None:
        raise NotFound()
    now = clock.now()
    ambito = asked_ambito(permiso)
    corte = instant_of("corte", recent_cuts(now, 1)[0])
    return Pregunta(emergencia.id, ambito, corte, instant_of("conocido_en", now)), emergencia


def address_of(question: Pregunta) -> dict[str, str]:
    """The same question as an address carries it."""
    return {
        "emergencia": str(question.emergencia_id),
        "ambito": question.ambito.codigo,
        "corte": clock.iso(question.corte) or "",
        "conocido_en": clock.iso(question.conocido_en) or "",
    }


def question_of(row: object) -> Pregunta:
    """The question that a frozen version answered."""
    from albergues_app.consolidados.models import Consolidado

    assert isinstance(row, Consolidado)
    return Pregunta(row.emergencia_id, Ambito(row.ambito), row.corte, row.conocido_en)


def emergencia_of(key: UUID) -> Emergencia:
    return db.session.get_one(Emergencia, key)
