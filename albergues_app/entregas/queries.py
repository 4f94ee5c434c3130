"""Who holds which edition: one reading of what is held, and the states that follow from the catalogue of today."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.core import clock
from albergues_app.core.db import run, table_of
from albergues_app.entregas.models import Tenencia
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Ambito, Area, Formato
from albergues_app.territorio.catalogo import catalogo


class Estado(StrEnum):
    """Of a municipality, for all it needs or for one format; the gravest first."""

    NUNCA = "nunca"
    VIEJA = "vieja"
    INCOMPLETA = "incompleta"
    AL_DIA = "al_dia"


ESTADO_NOMBRE: dict[str, str] = {
    "al_dia": "Al día",
    "incompleta": "Faltan formatos",
    "vieja": "Edición vieja",
    "nunca": "Nunca recibió",
}
ESTADO_NIVEL: dict[str, str] = {"al_dia": "bien", "incompleta": "aviso", "vieja": "alto", "nunca": "critico"}


def today() -> date:
    """The day whose editions count."""
    return clock.local_day(clock.now())


def in_force() -> tuple[Formato, ...]:
    """The edition in force of every format, today."""
    return formatos.in_force(today())


def needed() -> tuple[Formato, ...]:
    """Formats that every municipality must have before the season, in their edition in force.

    Those worked in a site or a shelter by anybody of it. What a profession fills in goes by that profession, and
    what the COE or the advisory visit fills in is theirs.
    """
    return tuple(
        f
        for f in in_force()
        if f.area is Area.GENERAL and f.ambito is not Ambito.LUGAR and f.moment != "asesoria"
    )


class Tenida(NamedTuple):
    """The newest edition a place holds of a format, and the day of its last delivery of any edition."""

    edicion: int
    ultima: date
    primera: int = 0
    """The oldest edition it ever received."""


Tenidas = dict[str, dict[str, Tenida]]
"""Municipality → format → what it holds."""


def held_by_municipio(cuenta: Identity, only: Collection[str] | None = None) -> Tenidas:
    """What the municipalities themselves hold, in the account's territory: one statement, one row per format held.

    ``only`` narrows it to some municipalities.
    """
    t = table_of(Tenencia).c
    stmt: Any = select(
        t.municipio_codigo, t.formato, func.max(t.edicion), func.max(t.ultima), func.min(t.edicion)
    ).where(t.albergue_codigo == "")
    if only is not None:
        stmt = stmt.where(t.municipio_codigo.in_(only))
    stmt = visible(stmt, cuenta, Permiso.ENTREGA_VER, Tenencia).group_by(t.municipio_codigo, t.formato)
    found: Tenidas = {}
    for municipio, code, *what in run(stmt).all():
        of_place = found.get(municipio)
        if of_place is None:
            of_place = found[municipio] = {}
        of_place[code] = Tenida(*what)
    return found


@dataclass(frozen=True)
class Situacion:
    """One municipality against the formats asked for."""

    codigo: str
    estado: Estado
    al_dia: tuple[Formato, ...]
    viejas: tuple[tuple[Formato, int], ...]
    """Formats held in an older edition, with the edition held."""
    faltan: tuple[Formato, ...]
    ultima: date | None

    @property
    def por_enviar(self) -> int:
        """How many formats it lacks or holds in an older edition."""
        return len(self.viejas) + len(self.faltan)


def situacion(codigo: str, held: dict[str, Tenida], wanted: Sequence[Formato]) -> Situacion:
    """Compare what a municipality holds with what it must have."""
    al_dia, viejas, faltan = [], [], []
    for formato in wanted:
        own = held.get(formato.code)
        if own is None:
            faltan.append(formato)
        elif own.edicion < formato.version:
            viejas.append((formato, own.edicion))
        else:
            al_dia.append(formato)
    if viejas:
        estado = Estado.VIEJA
    elif not al_dia:
        estado = Estado.NUNCA
    else:
        estado = Estado.INCOMPLETA if faltan else Estado.AL_DIA
    days = [held[f.code].ultima for f in wanted if f.code in held]
    return Situacion(codigo, estado, tuple(al_dia), tuple(viejas), tuple(faltan), max(days, default=None))


def own_municipios(cuenta: Identity) -> list[str]:
    """Codes of the municipalities of the account's territory."""
    return [codigo for codigo in catalogo().municipios if cuenta.covers_municipio(codigo)]


def situaciones(
    cuenta: Identity,
    wanted: Sequence[Formato] | None = None,
    only: Collection[str] | None = None,
    held: Tenidas | None = None,
) -> list[Situacion]:
    """Every municipality of the account's territory (or ``only`` some of it), by code, against what it must hold.

    ``wanted`` are the formats asked for; None: those needed. ``held`` is what was read of the whole territory.
    """
    asked = needed() if wanted is None else tuple(wanted)
    if held is None:
        held = held_by_municipio(cuenta, only)
    mine = [c for c in own_municipios(cuenta) if only is None or c in only]
    return [situacion(codigo, held.get(codigo, {}), asked) for codigo in mine]


@dataclass
class Cuenta:
    """How many municipalities of a department stand in each state."""

    codigo: str
    municipios: int = 0
    por_estado: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Estado, 0))

    @property
    def parte(self) -> int:
        """Share up to date, in whole percent, rounded down: 100 is all of them."""
        return 100 * self.por_estado[Estado.AL_DIA] // self.municipios if self.municipios else 0


def by_departamento(filas: Iterable[Situacion]) -> tuple[list[Cuenta], Cuenta]:
    """Counts per department, in order of code, and of all."""
    found: dict[str, Cuenta] = {}
    total = Cuenta("")
    for fila in filas:
        for count in (found.setdefault(fila.codigo[:2], Cuenta(fila.codigo[:2])), total):
            count.municipios += 1
            count.por_estado[fila.estado] += 1
    return [found[codigo] for codigo in sorted(found)], total


@dataclass(frozen=True)
class EdicionNueva:
    """A format whose edition in force some municipalities must still receive, because they held an earlier one."""

    formato: Formato
    deben: tuple[str, ...]
    recibieron: tuple[str, ...]

    @property
    def pendientes(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.deben) - set(self.recibieron)))

    @property
    def parte(self) -> int:
        """Share that received it, in whole percent, rounded down."""
        return 100 * len(self.recibieron) // len(self.deben) if self.deben else 100


def ediciones_nuevas(cuenta: Identity, held: Tenidas | None = None) -> list[EdicionNueva]:
    """«Deben recibir la edición N»: per format, municipalities that held an earlier edition, and who got the new one.

    Worked out from what is held (``held``, where it was read already) and the catalogue of today, so a new edition
    lists its municipalities by itself.
    """
    current = {f.code: f for f in in_force()}
    must: dict[str, list[str]] = {}
    got: dict[str, list[str]] = {}
    for municipio, of_place in (held_by_municipio(cuenta) if held is None else held).items():
        for code, own in of_place.items():
            formato = current.get(code)
            if formato is None or own.primera >= formato.version:
                continue
            must.setdefault(code, []).append(municipio)
            if own.edicion >= formato.version:
                got.setdefault(code, []).append(municipio)
    return [
        EdicionNueva(formato, tuple(sorted(must[code])), tuple(sorted(got.get(code, ()))))
        for code, formato in current.items()
        if code in must
    ]


@dataclass(frozen=True)
class Renglon:
    """One format on the page of a place."""

    formato: Formato
    tiene: int | None
    estado: Estado
    impresos: int
    existencia: int | None
    ultima: date | None
    necesario: bool


def _of_one(tiene: int | None, formato: Formato) -> Estado:
    if tiene is None:
        return Estado.NUNCA
    return Estado.AL_DIA if tiene >= formato.version else Estado.VIEJA


def renglones(municipio: str, albergue_codigo: str = "") -> list[Renglon]:
    """What one place holds of every format in force, those needed first. The caller has passed the door."""
    t = table_of(Tenencia).c
    stmt = select(t.formato, t.edicion, t.ultima, t.impresos, t.existencia).where(
        t.municipio_codigo == municipio, t.albergue_codigo == albergue_codigo
    )
    held: dict[str, list[Any]] = {}
    for row in run(stmt.order_by(t.edicion)):
        held.setdefault(row.formato, []).append(row)
    must = {f.code for f in needed()}
    found = []
    for formato in in_force():
        rows = held.get(formato.code)
        newest = rows[-1] if rows else None
        estado = _of_one(newest.edicion if newest else None, formato)
        found.append(
            Renglon(
                formato,
                newest.edicion if newest else None,
                estado,
                newest.impresos if newest else 0,
                newest.existencia if newest else None,
                max(r.ultima for r in rows) if rows else None,
                formato.code in must,
            )
        )
    return sorted(found, key=lambda r: not r.necesario)


def edicion_texto(edicion: int | None) -> str:
    """«2», «anterior» (older than the catalogue), «ninguna»."""
    return "ninguna" if edicion is None else "anterior" if edicion == 0 else str(edicion)
