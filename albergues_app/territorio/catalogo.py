"""The catalogue of territory as plain values: 22 departments, 340 municipalities, 24 sedes.

Codes and names never change while the program runs, so they are read once per process from the database;
what may change (which sede serves a municipality) is read with the time it was read.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import or_, select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.text import normalize
from albergues_app.territorio.models import Departamento, Municipio, MunicipioAlias, Sede, SedeMunicipio

_LIFETIME_S = 30.0


@dataclass(frozen=True)
class Lugar:
    """A department or municipality: code, official name, p-code."""

    codigo: str
    nombre: str
    pcode: str


@dataclass(frozen=True)
class SedeInfo:
    codigo: str
    nombre: str
    departamento: str | None
    por_confirmar: bool
    municipios: frozenset[str]


@dataclass(frozen=True, eq=False)
class Catalogo:
    """All of it, read at one instant; what is worked out of one is kept by its identity."""

    departamentos: dict[str, Lugar]
    municipios: dict[str, Lugar]
    sedes: dict[str, SedeInfo]
    por_nombre: dict[str, tuple[str, ...]] = field(repr=False)
    sede_de: dict[str, str] = field(repr=False)
    leido: float = 0.0

    def municipio_nombre(self, codigo: str | None) -> str:
        lugar = self.municipios.get(codigo or "")
        return lugar.nombre if lugar else "sin municipio"

    def departamento_nombre(self, codigo: str | None) -> str:
        lugar = self.departamentos.get((codigo or "")[:2])
        return lugar.nombre if lugar else "sin departamento"

    def lugar_texto(self, codigo: str | None) -> str:
        """«Nebaj, Quiché»: six names are borne by two municipalities, so the department is always said."""
        return f"{self.municipio_nombre(codigo)}, {self.departamento_nombre(codigo)}"

    def municipios_de(self, departamento: str) -> list[Lugar]:
        return [m for c, m in self.municipios.items() if c[:2] == departamento]

    def find_municipio(self, nombre: str, departamento: str | None = None) -> str | None:
        """The one municipality with that name or alias (within the department, if given); None when none or several."""
        found = {
            c
            for c in self.por_nombre.get(normalize(nombre), ())
            if departamento is None or c[:2] == departamento
        }
        return found.pop() if len(found) == 1 else None

    def find_departamento(self, nombre: str) -> str | None:
        """The department with that name or code."""
        wanted = normalize(nombre)
        for codigo, lugar in self.departamentos.items():
            if wanted in {normalize(lugar.nombre), codigo, lugar.pcode.lower()}:
                return codigo
        return None


def catalogo() -> Catalogo:
    """The catalogue, at most half a minute old."""
    known: Catalogo | None = current_app.extensions.get("albergues_catalogo")
    if known is None or time.monotonic() - known.leido > _LIFETIME_S or not known.municipios:
        known = _read()
        current_app.extensions["albergues_catalogo"] = known
    return known


def forget_catalogo() -> None:
    """Read it anew next time (after a change)."""
    current_app.extensions.pop("albergues_catalogo", None)


def municipios_of_sede(codigo: str) -> frozenset[str]:
    """INE codes of the municipalities a sede serves today."""
    sede = catalogo().sedes.get(codigo)
    return sede.municipios if sede else frozenset()


def _read() -> Catalogo:
    today = clock.local_day(clock.now())
    session = db.session
    departamentos = {
        d.codigo: Lugar(d.codigo, d.nombre, d.pcode)
        for d in session.scalars(select(Departamento).order_by(Departamento.codigo))
    }
    names: dict[str, set[str]] = {}
    municipios: dict[str, Lugar] = {}
    columns = (Municipio.codigo, Municipio.nombre, Municipio.pcode, Municipio.nombre_normal)
    for codigo, nombre, pcode, nombre_normal in session.execute(select(*columns).order_by(Municipio.codigo)):
        municipios[codigo] = Lugar(codigo, nombre, pcode)
        names.setdefault(nombre_normal, set()).add(codigo)
    for codigo, alias in session.execute(
        select(MunicipioAlias.municipio_codigo, MunicipioAlias.alias_normal)
    ):
        names.setdefault(alias, set()).add(codigo)
    of_sede: dict[str, set[str]] = {}
    sede_de: dict[str, str] = {}
    current = select(SedeMunicipio.sede_codigo, SedeMunicipio.municipio_codigo).where(
        SedeMunicipio.desde <= today, or_(SedeMunicipio.hasta.is_(None), SedeMunicipio.hasta > today)
    )
    for sede_codigo, municipio in session.execute(current):
        of_sede.setdefault(sede_codigo, set()).add(municipio)
        sede_de[municipio] = sede_codigo
    sedes = {
        s.codigo: SedeInfo(
            s.codigo, s.nombre, s.departamento_codigo, s.por_confirmar, frozenset(of_sede.get(s.codigo, ()))
        )
        for s in session.scalars(select(Sede).order_by(Sede.codigo))
    }
    return Catalogo(
        departamentos,
        municipios,
        sedes,
        {n: tuple(sorted(c)) for n, c in names.items()},
        sede_de,
        time.monotonic(),
    )
