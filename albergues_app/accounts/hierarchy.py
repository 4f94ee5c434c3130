"""Which accounts stand below which: what each role may create, and only inside its own territory."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity, build_identity
from albergues_app.accounts.models import NATIONAL_WITHOUT_TERRITORY, Cuenta, CuentaTerritorio, Rol
from albergues_app.core.db import Base, db
from albergues_app.core.errors import Aviso, Invalid

CREATES: dict[Rol, frozenset[Rol]] = {
    Rol.ADMINISTRACION: frozenset(Rol),
    Rol.NACIONAL: frozenset(
        {Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.REGISTRO, Rol.MANDO, Rol.INSTITUCION}
    ),
    Rol.SEDE: frozenset({Rol.MUNICIPAL, Rol.ALBERGUE, Rol.REGISTRO}),
    Rol.MUNICIPAL: frozenset({Rol.ALBERGUE, Rol.REGISTRO}),
    Rol.ALBERGUE: frozenset({Rol.REGISTRO}),
}


def contains_territory(cuenta: Identity, territorios: list[tuple[str, str]]) -> bool:
    """True when every piece lies inside the account's own territory. No piece at all is contained by national only."""
    if cuenta.nacional:
        return True
    if not territorios:
        return False
    albergue = Base.metadata.tables["albergue"]
    for clase, codigo in territorios:
        if clase == "albergue":
            place = db.session.scalar(select(albergue.c.municipio_codigo).where(albergue.c.codigo == codigo))
            if codigo not in cuenta.albergues and not cuenta.covers_municipio(place):
                return False
        elif clase == "municipio":
            if not cuenta.covers_municipio(codigo):
                return False
        elif clase == "departamento":
            if codigo not in cuenta.departamentos:
                return False
        elif clase == "sede":
            from albergues_app.territorio.catalogo import municipios_of_sede

            served = municipios_of_sede(codigo)
            if not served or not all(cuenta.covers_municipio(m) for m in served):
                return False
        else:
            return False
    return True


def refuse_outside(cuenta: Identity, rol: str, territorios: list[tuple[str, str]]) -> None:
    """What an account may give: a role below its own, and places inside its own territory.

    :raises Invalid: with the field at fault. Outside one's territory and absent read the same.
    """
    errors: list[Aviso] = []
    if rol not in CREATES.get(cuenta.rol, frozenset()):
        errors.append(Aviso("rol_no_permitido", "Elija uno de los roles de la lista.", "rol"))
    elif not territorios and Rol(rol) not in NATIONAL_WITHOUT_TERRITORY:
        errors.append(
            Aviso(
                "falta_territorio", "Indique al menos un lugar: sin él, la cuenta no vería nada.", "lugar-1"
            )
        )
    elif not contains_territory(cuenta, territorios):
        errors.append(
            Aviso("fuera_de_territorio", "Indique lugares que existan dentro de su territorio.", "lugar-1")
        )
    if errors:
        raise Invalid(errors)


def territory_of(cuenta_id: UUID) -> list[tuple[str, str]]:
    rows = db.session.execute(
        select(CuentaTerritorio.clase, CuentaTerritorio.codigo).where(CuentaTerritorio.cuenta_id == cuenta_id)
    )
    return [(r.clase, r.codigo) for r in rows]


def stands_below(cuenta: Identity, row: Any) -> bool:
    """The row (a Cuenta, or something with ``cuenta_id``) belongs below the account."""
    other = row if isinstance(row, Cuenta) else db.session.get(Cuenta, row.cuenta_id)
    if other is None or other.id == cuenta.id or Rol(other.rol) not in CREATES.get(cuenta.rol, frozenset()):
        return False
    return contains_territory(cuenta, territory_of(other.id))


def ids_below(cuenta: Identity) -> list[UUID]:
    """Ids of all accounts below: the same rule, asked of the candidates one by one (accounts are few)."""
    roles = CREATES.get(cuenta.rol, frozenset())
    candidates = db.session.scalars(select(Cuenta).where(Cuenta.rol.in_(roles), Cuenta.id != cuenta.id))
    return [c.id for c in candidates if stands_below(cuenta, c)]


__all__ = [
    "CREATES",
    "build_identity",
    "contains_territory",
    "ids_below",
    "refuse_outside",
    "stands_below",
    "territory_of",
]
