"""One line of «Hoy», and the words its kinds share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from albergues_app.ocupacion.figures import Fila
from albergues_app.territorio.catalogo import catalogo
from albergues_app.web.presentation import numero
from albergues_app.web.shell import ruta

NIVELES: tuple[tuple[str, str, str, str], ...] = (
    ("critico", "Crítico", "crítico", "críticos"),
    ("alto", "Alto", "alto", "altos"),
    ("aviso", "Aviso", "aviso", "avisos"),
    ("sindato", "Pendiente", "pendiente", "pendientes"),
)
ORDER = {nivel: n for n, (nivel, *_rest) in enumerate(NIVELES)}
ROTULO = {nivel: rotulo for nivel, rotulo, *_rest in NIVELES}
SHOWN = 5
"""Lines of one kind before the rest is told in one."""
NAMED = 3
"""Names in a line before the rest is a number."""


@dataclass(frozen=True)
class Asunto:
    """One line: how grave, what, the detail, and the one thing to do."""

    nivel: str
    titulo: str
    detalle: str
    accion: str = ""
    url: str | None = None
    icono: str = ""

    @property
    def rotulo(self) -> str:
        return ROTULO[self.nivel]


@dataclass(frozen=True)
class Abierta:
    """An activation that is open now, as the list of matters needs it."""

    id: UUID
    albergue_id: UUID
    nombre: str
    municipio: str
    abierta_en: datetime


def names(filas: Sequence[tuple[str, str]], limit: int = NAMED, total: int | None = None) -> str:
    """«Salón de Nebaj (Nebaj), Escuela Tzalbal (Nebaj) y 4 más». ``total`` as in ``names_only``."""
    known = catalogo()
    said = [f"{nombre} ({known.municipio_nombre(municipio)})" for nombre, municipio in filas[:limit]]
    rest = (len(filas) if total is None else total) - len(said)
    if rest > 0:
        return f"{', '.join(said)} y {rest} más"
    return " y ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def names_only(nombres: Sequence[str], limit: int = NAMED, total: int | None = None) -> str:
    """«Salón, Escuela, Iglesia y 4 más». ``total``: how many there are, when only the first are given."""
    rest = (len(nombres) if total is None else total) - limit
    return ", ".join(nombres[:limit]) + (f" y {rest} más" if rest > 0 else "")


def people_text(count: int) -> str:
    return "1 persona" if count == 1 else f"{numero(count)} personas"


def said(fila: Fila) -> int:
    """Persons of a shelter: nominal, and declared where there is no register."""
    return fila.personas + fila.solo_declaradas


def site_url(albergue_id: UUID | None) -> str | None:
    return ruta("albergues.ver", albergue_id=albergue_id) if albergue_id else None
