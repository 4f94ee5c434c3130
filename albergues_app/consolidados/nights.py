"""Night shelters in the consolidated: their season up to a cut-off, as known at an hour (dominio.md 2.4.22)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.queries import SitioVigente
from albergues_app.consolidados.body import Noches
from albergues_app.consolidados.scope import Pregunta
from albergues_app.core.db import db, table_of
from albergues_app.noches.models import RechazoNocturno
from albergues_app.noches.queries import NOCTURNA, nights_by_person
from albergues_app.territorio.catalogo import catalogo

Dormidas = dict[UUID, set[date]]
"""Person → the nights it slept."""


def night_rows(
    asked: Pregunta, sites: Mapping[UUID, SitioVigente], then: Mapping[UUID, str]
) -> tuple[list[Noches], list[Noches], Noches | None]:
    """(each night shelter of the place, the places below it, all of them). ``then``: what sites were called, if otherwise.

    Since the start of the emergency. A shelter in which nobody slept and nobody was refused is not in it.
    """
    place, known = asked.ambito, catalogo()
    slept, refused = _slept(asked), _refused(asked)
    s = table_of(Albergue)
    stmt = select(s.c.id, s.c.codigo, s.c.nombre).where(s.c.id.in_({*slept, *refused})).order_by(s.c.codigo)
    names = {row.id: (row.codigo, then.get(row.id, row.nombre)) for row in db.session.execute(stmt)}
    found = {
        site: sites[site].municipio_codigo
        for site in names
        if site in sites and place.covers(sites[site].municipio_codigo)
    }
    if not found:
        return [], [], None

    def add_up(chosen: list[UUID], codigo: str, nombre: str) -> Noches:
        together: Dormidas = {}
        for site in chosen:
            for persona, nights in slept.get(site, {}).items():
                together[persona] = together.get(persona, set()) | nights
        return Noches(
            codigo=codigo,
            nombre=nombre,
            albergues=len(chosen),
            personas=len(together),
            vuelven=sum(len(nights) > 1 for nights in together.values()),
            noches=sum(len(nights) for nights in together.values()),
            rechazos=sum(refused[site] for site in chosen),
        )

    rows = []
    for site, town in found.items():
        row = add_up([site], *names[site])
        row.municipio, row.reservada = town, sites[site].ubicacion_reservada
        rows.append(row)
    below: list[Noches] = []
    if place.nivel != "municipio":
        width = 2 if place.nivel == "pais" else 4
        label = known.departamento_nombre if width == 2 else known.municipio_nombre
        for code in sorted({town[:width] for town in found.values()}):
            here = [s for s, town in found.items() if town.startswith(code)]
            below.append(add_up(here, code, label(code)))
    return rows, below, add_up(list(found), place.codigo, place.nombre)


def _slept(asked: Pregunta) -> dict[UUID, Dormidas]:
    """Site → person → nights."""
    a = table_of(Activacion)
    stmt = select(a.c.id, a.c.albergue_id).where(
        a.c.emergencia_id == asked.emergencia_id, a.c.modalidad == NOCTURNA
    )
    site_of = {row.id: row.albergue_id for row in db.session.execute(stmt)}
    found: dict[UUID, Dormidas] = {}
    if not site_of:
        return found
    for activacion, people in nights_by_person(site_of, asked.corte, asked.conocido_en).items():
        site = found.setdefault(site_of[activacion], {})
        for persona, nights in people.items():
            site[persona] = site.get(persona, set()) | nights
    return found


def _refused(asked: Pregunta) -> Counter[UUID]:
    """Site → how many times somebody was not received."""
    r, a = table_of(RechazoNocturno), table_of(Activacion)
    stmt = (
        select(a.c.albergue_id, func.count().label("veces"))
        .join_from(r, a, a.c.id == r.c.activacion_id)
        .where(
            a.c.emergencia_id == asked.emergencia_id,
            r.c.ocurrido_en <= asked.corte,
            r.c.registrado_en <= asked.conocido_en,
        )
        .group_by(a.c.albergue_id)
    )
    return Counter({row.albergue_id: row.veces for row in db.session.execute(stmt)})
