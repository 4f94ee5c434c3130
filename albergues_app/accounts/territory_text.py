"""Places of an account as people type and read them: «14», «1413», a sede, «1413-003»."""

from __future__ import annotations

import re

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.core.db import Base, db
from albergues_app.territorio.catalogo import catalogo

SUGGESTED = 300
"""Shelters offered while typing; any other of the territory is taken by its code."""


def parse_place(raw: str) -> tuple[str, str] | None:
    """`1413 · Nebaj, Quiché` → ("municipio", "1413"). None: nothing typed. Unknown words stay, to be refused."""
    code = raw.strip().split(" ")[0].strip("·,")
    if not code:
        return None
    if re.fullmatch(r"[0-9]{4}-[0-9]{3,}", code):
        return "albergue", code
    if re.fullmatch(r"[0-9]{4}", code):
        return "municipio", code
    if re.fullmatch(r"[0-9]{2}", code):
        return "departamento", code
    return ("sede", code) if code in catalogo().sedes else ("lugar", raw.strip()[:60])


def place_text(clase: str, codigo: str) -> str:
    """`1413 · Nebaj, Quiché`, as the list offers it."""
    known = catalogo()
    if clase == "municipio":
        return f"{codigo} · {known.lugar_texto(codigo)}"
    if clase == "departamento":
        return f"{codigo} · {known.departamento_nombre(codigo)} (departamento)"
    if clase == "sede" and codigo in known.sedes:
        return f"{codigo} · {known.sedes[codigo].nombre}"
    if clase == "albergue":
        return f"{codigo} · albergue en {known.municipio_nombre(codigo[:4])}"
    return codigo


def suggestions(cuenta: Identity) -> list[str]:
    """What this account may give: departments, sedes, municipalities and shelters of its territory."""
    known = catalogo()
    found = [place_text("departamento", c) for c in known.departamentos if cuenta.covers_departamento(c)]
    for codigo, sede in known.sedes.items():
        if sede.municipios and all(cuenta.covers_municipio(m) for m in sede.municipios):
            found.append(place_text("sede", codigo))
    found += [place_text("municipio", c) for c in known.municipios if cuenta.covers_municipio(c)]
    return found + _shelters(cuenta)


def _shelters(cuenta: Identity) -> list[str]:
    a = Base.metadata.tables["albergue"]
    stmt = select(a.c.codigo, a.c.nombre, a.c.ubicacion_reservada).order_by(a.c.codigo)
    if not cuenta.nacional:
        # The municipality of a site may be corrected: its code is not proof of where it stands.
        mine = {m for m in catalogo().municipios if cuenta.covers_municipio(m)}
        stmt = stmt.where(a.c.municipio_codigo.in_(mine) | a.c.codigo.in_(cuenta.albergues))
    nameless = cuenta.rol == Rol.ADMINISTRACION  # makes accounts, sees no shelters
    return [
        place_text("albergue", row.codigo)
        if nameless and row.ubicacion_reservada
        else f"{row.codigo} · {row.nombre}"
        for row in db.session.execute(stmt.limit(SUGGESTED))
    ]
