"""What a consolidated figure is of: a place, an emergency and a pair of instants, as an address says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import current_app

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.core import clock
from albergues_app.territorio.catalogo import catalogo

PAIS = "GT"


@dataclass(frozen=True)
class Ambito:
    """A place by its code (`GT`, `14`, `1413`), with what the doors ask of a row."""

    codigo: str

    @property
    def departamento_codigo(self) -> str | None:
        return None if self.codigo == PAIS else self.codigo[:2]

    @property
    def municipio_codigo(self) -> str | None:
        return self.codigo if len(self.codigo) == 4 else None

    @property
    def albergue_codigo(self) -> None:
        return None

    @property
    def nivel(self) -> str:
        if self.codigo == PAIS:
            return "pais"
        return "municipio" if len(self.codigo) == 4 else "departamento"

    @property
    def nombre(self) -> str:
        known = catalogo()
        if self.nivel == "pais":
            return "Guatemala, todo el país"
        if self.nivel == "municipio":
            return known.lugar_texto(self.codigo)
        return known.departamento_nombre(self.codigo)

    @property
    def titulo(self) -> str:
        kinds = {"pais": "nacional", "departamento": "departamental", "municipio": "municipal"}
        return f"Consolidado {kinds[self.nivel]}"

    def viewer(self) -> Identity:
        """The system as who sees exactly this place: for figures that everybody of a place reads alike."""
        municipio, departamento = self.municipio_codigo, self.departamento_codigo
        return Identity(
            UUID(int=0), "sistema", "Sistema", Rol.NACIONAL, nacional=departamento is None,
            departamentos=frozenset([departamento] if departamento and not municipio else []),
            municipios=frozenset([municipio] if municipio else []),
        )  # fmt: skip

    def covers(self, municipio: str | None) -> bool:
        """Does the municipality lie in it?"""
        return self.codigo == PAIS or (municipio or "").startswith(self.codigo)


def find_ambito(codigo: str) -> Ambito | None:
    """The place with that code, or None."""
    known = catalogo()
    if codigo == PAIS or codigo in known.departamentos or codigo in known.municipios:
        return Ambito(codigo)
    return None


def own_ambitos(cuenta: Identity) -> list[Ambito]:
    """The places an account consolidates, the widest first."""
    known = catalogo()
    found = [Ambito(PAIS)] if cuenta.nacional else []
    found += [Ambito(c) for c in known.departamentos if cuenta.works_in_departamento(c)]
    if not cuenta.nacional:
        found += [Ambito(c) for c in known.municipios if c in cuenta.municipios]
    return found


@dataclass(frozen=True)
class Pregunta:
    """A consolidated figure that is asked for."""

    emergencia_id: UUID
    ambito: Ambito
    corte: datetime
    conocido_en: datetime


def cut_hours() -> list[tuple[int, int]]:
    """The hours of the cut-offs of each day, from the setting."""
    raw = str(current_app.config["PARTE_CORTES"])
    found = sorted(
        {(int(h), int(m)) for h, m in (part.strip().split(":") for part in raw.split(",") if part.strip())}
    )
    return found or [(6, 0), (18, 0)]


def recent_cuts(now: datetime, limit: int = 8) -> list[datetime]:
    """The cut-offs that have passed, newest first."""
    found: list[datetime] = []
    day = clock.local_day(now)
    while len(found) < limit:
        start = clock.day_start(day)
        for hour, minute in reversed(cut_hours()):
            moment = start + timedelta(hours=hour, minutes=minute)
            if moment <= now:
                found.append(moment)
        day -= timedelta(days=1)
    return found[:limit]
