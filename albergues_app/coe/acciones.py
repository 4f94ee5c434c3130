"""An entry that asks for something to be done makes its commitment with it: on the page, by the API and from paper alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.coe.models import Coe, Prioridad
from albergues_app.coe.paper import place_name
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.compromisos.services import CompromisoNuevo, Encargado, Origen, Plazo, create_compromiso
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso
from albergues_app.core.unit_of_work import current_actor

HORAS: dict[str, int] = {Prioridad.URGENTE: 2, Prioridad.PRIORITARIO: 12, Prioridad.RUTINA: 24}
"""Hours from now in which it must be done when nobody said by when, by the priority of its entry (design)."""


@dataclass(frozen=True)
class Accion:
    """Who must do what an entry asks for, and by when, as far as somebody said it."""

    responsable: str | None = None
    institucion: str | None = None
    plazo: datetime | None = None


def write_with_action(coe_id: UUID, datos: EntradaNueva, accion: Accion | None = None) -> dict[str, Any]:
    """Write an entry and, when it requires action, the commitment that it makes, both or neither.

    Nobody is kept from writing: without a person the COE itself keeps it, without a date it is due in ``HORAS``, and
    both are told. The answer is the entry's, with ``compromiso`` (id and folio, or None).

    :raises RuleBroken, Invalid: as ``write_entrada``.
    """
    body = write_entrada(coe_id, datos)
    if not datos.requiere_accion:
        return {**body, "compromiso": None}
    coe, said = db.session.get_one(Coe, coe_id), accion or Accion()
    who = Encargado(said.responsable or None, said.institucion or None)
    avisos = []
    if not (who.responsable or who.institucion):
        who = Encargado(institucion=place_name(coe))
        avisos.append(
            Aviso("accion_sin_responsable", f"Sin responsable: por ahora lo lleva el {who.institucion}.")
        )
    due = said.plazo or clock.now() + timedelta(hours=HORAS[datos.prioridad])
    if said.plazo is None:
        local = clock.to_local(due)
        avisos.append(Aviso("accion_sin_plazo", f"Sin plazo: vence el {local:%d/%m/%Y} a las {local:%H:%M}."))
    row, told = create_compromiso(
        CompromisoNuevo(
            id=uuid5(datos.id, "accion"),
            descripcion=datos.asunto,
            plazo=Plazo(due, con_hora=True),
            encargado=who,
            origen=Origen("coe", datos.id, f"{place_name(coe)}, folio {body['folio']}", coe_id),
            prioridad=datos.prioridad,
            emergencia_id=coe.emergencia_id,
            **place_of(coe, body["territorio"], body["albergue"], _writer()),
        )
    )
    return {
        **body,
        "compromiso": {"id": str(row.id), "folio": row.folio},
        "avisos": [*body["avisos"], *(a.as_dict() for a in (*avisos, *told))],
    }


def _writer() -> Identity | None:
    actor = current_actor()
    return load_identity(actor.cuenta_id) if actor is not None and actor.cuenta_id is not None else None


def place_of(
    coe: Coe, territorio: str | None, albergue: str | None, cuenta: Identity | None
) -> dict[str, str | None]:
    """Where a commitment of an entry is: the municipality of the fact where ``cuenta`` may lead it, else the COE's.

    :param cuenta: who makes it; None is the terminal, which has every right.
    """
    departamento, municipio = coe.departamento_codigo, coe.municipio_codigo
    if territorio and len(territorio) == 4:
        there = SimpleNamespace(
            departamento_codigo=territorio[:2],
            municipio_codigo=territorio,
            albergue_codigo=None,
            cuenta_id=None,
        )
        if cuenta is None or permits(cuenta, Permiso.COMPROMISO_LLEVAR, there):
            departamento, municipio = territorio[:2], territorio
    # A shelter of another municipality does not open the commitment to that shelter's accounts.
    own = albergue if albergue and municipio and albergue.startswith(f"{municipio}-") else None
    return {"departamento": departamento, "municipio": municipio, "albergue_codigo": own}
