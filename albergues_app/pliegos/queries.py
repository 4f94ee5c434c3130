"""Pliegos with what became of their sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.core.db import db
from albergues_app.pliegos.models import EstadoFolio, FolioPapel, Pliego
from albergues_app.pliegos.services import spans

SHOWN = 200


@dataclass(frozen=True)
class Cuenta:
    """Sheets of a pliego by what became of them."""

    total: int
    usados: int
    anulados: int
    extraviados: int

    @property
    def faltan(self) -> int:
        """Sheets nobody has answered for."""
        return self.total - self.usados - self.anulados - self.extraviados


@dataclass(frozen=True)
class Faltantes:
    """What is missing of a pliego. ``saltados``: unused ones before the last that was used."""

    total: int
    numeros: tuple[int, ...]
    saltados: tuple[int, ...]

    @property
    def frase(self) -> str:
        """«Faltan 7 de 50: 3, 8–12, 40.»"""
        if not self.numeros:
            return f"No falta ninguno de los {self.total}."
        verb = "Falta" if len(self.numeros) == 1 else "Faltan"
        return f"{verb} {len(self.numeros)} de {self.total}: {spans(list(self.numeros))}."


def list_pliegos(
    cuenta: Identity,
    *,
    activacion: UUID | None = None,
    municipio: str = "",
    formato: str = "",
    kit: UUID | None = None,
) -> list[Pliego]:
    """The pliegos of the account's territory that fit, newest first."""
    stmt = visible(select(Pliego), cuenta, Permiso.REGISTRO_VER, Pliego)
    if activacion:
        stmt = stmt.where(Pliego.activacion_id == activacion)
    if municipio:
        stmt = stmt.where(Pliego.municipio_codigo == municipio)
    if formato:
        stmt = stmt.where(Pliego.formato == formato)
    if kit:
        stmt = stmt.where(Pliego.kit_id == kit)
    return list(db.session.scalars(stmt.order_by(Pliego.creado_en.desc(), Pliego.id.desc()).limit(SHOWN)))


def counts(pliegos: Sequence[Pliego]) -> dict[UUID, Cuenta]:
    """What became of the sheets of each."""
    stmt = (
        select(FolioPapel.pliego_id, FolioPapel.estado, func.count())
        .where(FolioPapel.pliego_id.in_([p.id for p in pliegos]))
        .group_by(FolioPapel.pliego_id, FolioPapel.estado)
    )
    found: dict[tuple[UUID, str], int] = {(key, estado): n for key, estado, n in db.session.execute(stmt)}

    def of(pliego: Pliego, estado: EstadoFolio) -> int:
        return found.get((pliego.id, estado.value), 0)

    return {
        p.id: Cuenta(
            p.cantidad,
            of(p, EstadoFolio.USADO),
            of(p, EstadoFolio.ANULADO),
            of(p, EstadoFolio.EXTRAVIADO),
        )
        for p in pliegos
    }


def folios_of(pliego: Pliego) -> list[FolioPapel]:
    """Its sheets in order."""
    stmt = select(FolioPapel).where(FolioPapel.pliego_id == pliego.id).order_by(FolioPapel.numero)
    return list(db.session.scalars(stmt))


def missing(folios: Sequence[FolioPapel]) -> Faltantes:
    """Sheets nobody has answered for."""
    unused = [f.numero for f in folios if f.estado == EstadoFolio.SIN_USAR]
    last = max((f.numero for f in folios if f.estado == EstadoFolio.USADO), default=0)
    return Faltantes(len(folios), tuple(unused), tuple(n for n in unused if n < last))


def unanswered_when_closed(cuenta: Identity) -> list[tuple[UUID, str, str, int]]:
    """Shelters that are closing or closed with sheets nobody answered for: (activation, name, municipality, sheets)."""
    stmt: Any = (
        select(Activacion.id, Albergue.nombre, Activacion.municipio_codigo, func.count())
        .select_from(FolioPapel)
        .join(Pliego, Pliego.id == FolioPapel.pliego_id)
        .join(Activacion, Activacion.id == Pliego.activacion_id)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .where(FolioPapel.estado == EstadoFolio.SIN_USAR, Activacion.estado.in_(("en_cierre", "cerrada")))
        .group_by(Activacion.id, Albergue.nombre, Activacion.municipio_codigo)
        .order_by(func.count().desc(), Activacion.id)
    )
    rows = db.session.execute(visible(stmt, cuenta, Permiso.REGISTRO_VER, Pliego).limit(SHOWN))
    return [(key, name, place, n) for key, name, place, n in rows]
