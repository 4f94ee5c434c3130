"""A consolidated sheet filled in on paper: its three totals stand beside what the system computes for that hour.

The computed figures come from the register and from the counts of each shelter; a total copied from paper never
enters them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select

from albergues_app.accounts.permissions import Permiso
from albergues_app.audit.models import Captura
from albergues_app.capturas.bindings import TELLERS, Teller
from albergues_app.capturas.firma import Hecho, actor_may, note_effect
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import RegistroNuevo
from albergues_app.consolidados.given import TotalNuevo, annul_given, note_given
from albergues_app.consolidados.models import TotalDado
from albergues_app.consolidados.scope import Ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.formats.engine import NoAnswer

FORMATO = "consolidado_departamental"
CLASES = {"oficial": "oficiales", "no_oficial": "no_oficiales", "fuera": "autoalbergue"}
"""Class of a given total → how the sheet calls it."""


def tell_totals(datos: RegistroNuevo, before: Mapping[str, Any] | None, captura_id: UUID) -> list[Aviso]:
    """Note the totals of a kept sheet; those of the version before are annulled. In the caller's unit of work."""
    place, emergencia_id = Ambito(datos.lugar.departamento), datos.lugar.emergencia_id
    if emergencia_id is None:
        return [_not_noted("no dice de qué emergencia es")]
    if not actor_may(Permiso.CONSOLIDADO_VALIDAR, place):
        return [_not_noted("los anota la municipalidad o la sede")]
    answers = datos.result.answers
    if before is not None:
        if all(before.get(name) == answers.get(name) for name in _told_names()):
            return []
        _annul(datos.id, "Se corrigió la hoja de la que venía.")
    noted = 0
    for clase, name in CLASES.items():
        people = answers.get(f"{name}_personas")
        if people is None:
            continue
        note_given(
            TotalNuevo(
                id=uuid5(captura_id, f"total/{clase}"),
                emergencia_id=emergencia_id,
                ambito=place,
                corte=clock.as_utc(answers["corte"]),
                clase=clase,
                fuente="hoja",
                medio="documento",
                quien=_said(answers, "validado_por") or _said(answers, "registrador"),
                personas=people,
                familias=answers.get(f"{name}_familias"),
                albergues=answers.get(f"{name}_sitios"),
                nota=_said(answers, "observaciones"),
            )
        )
        noted += 1
    if not noted:
        return [_not_noted("no trae totales")]
    dice = f"Anotó {noted} totales junto a los que calcula el sistema"
    note_effect(datos.id, captura_id, Hecho("total", uuid5(captura_id, "totales"), dice))
    return [Aviso("totales_anotados", f"{dice}; no cambian ninguna cifra.")]


def annul_totals(row: Registro, motivo: str) -> list[Aviso]:
    """Annul the totals that a record noted. :raises RuleBroken: `no_se_anula`."""
    if _totals(row.id) and not actor_may(Permiso.CONSOLIDADO_VALIDAR, Ambito(row.departamento_codigo)):
        raise RuleBroken("no_se_anula", "Sus totales ya se anotaron: los anula la municipalidad o la sede.")
    _annul(row.id, motivo)
    return []


def _annul(registro_id: UUID, motivo: str) -> None:
    for total in _totals(registro_id):
        annul_given(total, motivo)


def _totals(registro_id: UUID) -> list[TotalDado]:
    versions = db.session.scalars(select(Captura.id).where(Captura.objeto_id == registro_id))
    keys = [uuid5(key, f"total/{clase}") for key in versions for clase in CLASES]
    stmt = select(TotalDado).where(TotalDado.id.in_(keys), TotalDado.anulado_en.is_(None))
    return list(db.session.scalars(stmt))


def _told_names() -> list[str]:
    return [
        "corte",
        *(f"{name}_{what}" for name in CLASES.values() for what in ("sitios", "familias", "personas")),
    ]


def _said(answers: Mapping[str, Any], name: str) -> str | None:
    value = answers.get(name)
    return None if value is None or isinstance(value, NoAnswer) else str(value)


def _not_noted(why: str) -> Aviso:
    return Aviso(
        "totales_sin_anotar", f"La hoja quedó guardada. Sus totales no se anotaron en el consolidado: {why}."
    )


TELLERS[FORMATO] = Teller(tell_totals, annul_totals)
