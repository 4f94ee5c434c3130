"""Which columns each role may take out, and how a value of people becomes a cell that is never a formula."""

from __future__ import annotations

from dataclasses import dataclass

from albergues_app.accounts.models import Rol


@dataclass(frozen=True)
class Columna:
    """A column by its code. ``nombra``: it tells who the person is, and is taken only with a reason for it."""

    codigo: str
    titulo: str
    nombra: bool = False


FOLIO = Columna("folio", "Folio de familia")
SEXO = Columna("sexo", "Sexo")
BANDA = Columna("banda", "Edad (banda)")
NECESIDADES = Columna("necesidades", "Necesidades")
ALBERGUE = Columna("albergue_codigo", "Código del albergue")
ALBERGUE_NOMBRE = Columna("albergue", "Albergue")
MUNICIPIO = Columna("municipio_codigo", "Código del municipio")
MUNICIPIO_NOMBRE = Columna("municipio", "Municipio")
DEPARTAMENTO = Columna("departamento", "Departamento")
DESDE = Columna("dentro_desde", "Dentro desde")
FUERA = Columna("fuera", "Fuera por un rato")
INGRESO = Columna("ingreso_en", "Ingreso")
EGRESO = Columna("egreso_en", "Salida")
SALIDA = Columna("egreso_tipo", "Cómo salió")
NOMBRES = Columna("nombres", "Nombres", nombra=True)
APELLIDOS = Columna("apellidos", "Apellidos", nombra=True)
EDAD = Columna("edad", "Edad en años", nombra=True)

_PLACE = (ALBERGUE, ALBERGUE_NOMBRE, MUNICIPIO, MUNICIPIO_NOMBRE, DEPARTAMENTO)
BASE: dict[str, tuple[Columna, ...]] = {
    "personas": (FOLIO, SEXO, BANDA, NECESIDADES),
    "estancias": (FOLIO, SEXO, BANDA, NECESIDADES, INGRESO, EGRESO, SALIDA),
}
"""What an export carries when nothing else is asked for (confiabilidad.md DP-16)."""
MORE: dict[str, tuple[Columna, ...]] = {
    "personas": (*_PLACE, DESDE, FUERA),
    "estancias": _PLACE,
}
NAMING = (NOMBRES, APELLIDOS, EDAD)
MAY_NAME: frozenset[Rol] = frozenset({Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE})
"""Roles that may take names out, with their reason. Nobody takes CUI, documents or anything of protection or health."""


def columns_for(rol: Rol, clase: str) -> list[Columna]:
    """Every column this role may choose, in their order."""
    names = NAMING if rol in MAY_NAME else ()
    return [*BASE[clase], *MORE[clase], *names]


def chosen(rol: Rol, clase: str, codes: list[str]) -> list[Columna]:
    """The columns of the codes that this role may take, in their order; the base ones always."""
    base = {c.codigo for c in BASE[clase]}
    return [c for c in columns_for(rol, clase) if c.codigo in base or c.codigo in codes]
