"""Bring the catalogue of territory into the database: idempotent, so that every ``base actualizar`` runs it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, select, update

from albergues_app.core.db import db, table_of
from albergues_app.core.ids import uuid7
from albergues_app.core.text import normalize
from albergues_app.territorio import data
from albergues_app.territorio.catalogo import forget_catalogo
from albergues_app.territorio.models import Departamento, Municipio, MunicipioAlias, Sede, SedeMunicipio

FIRST_DAY = date(2000, 1, 1)
"""Sedes serve their municipalities from here on, until an administrator says otherwise."""


def load_catalogo() -> None:
    """Write what is missing and what changed of departments, municipalities, aliases; sedes only when new."""
    names = data.official_names()
    d, m, a = table_of(Departamento), table_of(Municipio), table_of(MunicipioAlias)
    session = db.session
    known = {r.codigo for r in session.execute(select(d.c.codigo))}
    for codigo, nombre in names.departamentos.items():
        facts = data.REGIONS[codigo]
        values = {
            "codigo": codigo,
            "nombre": nombre,
            "pcode": facts.pcode,
            "iso": f"GT-{codigo}",
            "cabecera": facts.cabecera,
            "region": facts.region,
        }
        stmt = update(d).where(d.c.codigo == codigo) if codigo in known else insert(d)
        session.execute(stmt.values(**values))
    known = {r.codigo for r in session.execute(select(m.c.codigo))}
    for codigo, nombre in names.municipios.items():
        values = {
            "codigo": codigo,
            "departamento_codigo": codigo[:2],
            "nombre": nombre,
            "nombre_normal": normalize(nombre),
            "pcode": data.to_pcode(codigo),
        }
        stmt = update(m).where(m.c.codigo == codigo) if codigo in known else insert(m)
        session.execute(stmt.values(**values))
    present = {(r.municipio_codigo, r.alias_normal) for r in session.execute(select(a))}
    for codigo, alias in data.ALIASES:
        key = (codigo, normalize(alias))
        if key not in present:
            present.add(key)
            session.execute(insert(a).values(municipio_codigo=codigo, alias_normal=key[1], alias=alias))
    _load_sedes(list(names.municipios))
    forget_catalogo()


def _load_sedes(municipios: list[str]) -> None:
    session = db.session
    known = set(session.scalars(select(Sede.codigo)))
    fresh = [s for s in data.SEDES if s.codigo not in known]
    for facts in fresh:
        session.add(
            Sede(
                codigo=facts.codigo,
                nombre=facts.nombre,
                departamento_codigo=facts.departamento,
                municipio_codigo=facts.municipio_sede,
                por_confirmar=facts.por_confirmar,
            )
        )
    session.flush()
    if known:
        return
    for codigo in municipios:
        session.add(
            SedeMunicipio(
                id=uuid7(), sede_codigo=data.first_sede_of(codigo), municipio_codigo=codigo, desde=FIRST_DAY
            )
        )
    session.flush()
