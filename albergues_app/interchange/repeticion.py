"""Judge a series of shelter reports row by row, and say what each hour asks of the ordinary services.

Pure: rows in, totals and operations out. What each row becomes is written in docs/series.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from albergues_app.core.text import clean, normalize
from albergues_app.interchange.places import Lugares
from albergues_app.interchange.serie import Renglon
from albergues_app.interchange.serie_valores import (
    Estado,
    LugarAsignado,
    assign_place,
    is_blank,
    read_capacidad,
    read_estado,
    read_whole,
)
from albergues_app.interchange.site_values import MAX_PERSONAS

RECHAZOS: Final[dict[str, str]] = {
    "hora_ilegible": "la hora falta o no se entiende",
    "hora_futura": "la hora está más de un día adelante de hoy",
    "sin_albergue": "no dice de qué albergue es",
    "sin_personas": "no dice cuántas personas hay",
    "personas_negativas": "las personas son menos que cero",
    "personas_ilegibles": "las personas no son un número entero",
    "personas_imposibles": f"más de {MAX_PERSONAS:,} personas en un albergue",
    "repetida": "igual a otra fila de la misma hora y albergue",
    "sustituida": "otra fila, más abajo, da otro dato de la misma hora y albergue",
}
DUDAS: Final[dict[str, str]] = {
    "en_conflicto": "otra fila de la misma hora decía otra cosa; vale la última",
    "cerrado_con_personas": "dice que está cerrado y tiene personas",
    "en_espera_con_personas": "dice que todavía no recibe y tiene personas",
    "sobre_capacidad": "más personas que capacidad",
    "capacidad_ilegible": "la capacidad no se entiende: queda la anterior, o sin dato",
    "estado_desconocido": "el estado es una palabra que no se conoce: se toma como abierto",
    "cambia_nombre": "el mismo código cambia de nombre: queda el primero",
    "cambia_lugar": "el mismo código cambia de lugar: queda el primero",
    "sin_codigo": "no trae código: se reconoce por su nombre y su lugar",
}
_NAME_LETTERS: Final = 200


@dataclass(frozen=True)
class SitioVisto:
    """A shelter at its first row."""

    id: UUID
    nombre: str
    lugar: str
    asignado: LugarAsignado


@dataclass(frozen=True)
class Reporte:
    """One accepted row: what was counted, and what makes one doubt."""

    parte: UUID
    activacion: UUID
    fila: int
    personas: int
    estado: str
    dudas: tuple[str, ...]

    @property
    def nota(self) -> str:
        """Goes with the parte: where it comes from and its doubts."""
        parts = [f"Fila {self.fila} de la serie"]
        if self.estado:
            parts.append(f"estado {self.estado[:40]}")
        parts += [DUDAS[d] for d in self.dudas]
        return "; ".join(parts) + "."


@dataclass
class CambiosHora:
    """What one hour asks of the services, in this order."""

    instante: datetime
    cierres: list[tuple[UUID, bool]] = field(default_factory=list)
    """Activation, and whether it already stands in «en cierre»."""
    sitios: list[SitioVisto] = field(default_factory=list)
    aperturas: list[tuple[UUID, UUID]] = field(default_factory=list)
    """Activation and site."""
    estados: list[tuple[UUID, str]] = field(default_factory=list)
    """Activation, and the state it goes to: `en_cierre` or `activa`."""
    capacidades: list[tuple[UUID, int]] = field(default_factory=list)
    reportes: list[Reporte] = field(default_factory=list)


@dataclass
class TotalHora:
    """One element of ``por_hora``."""

    hora: str
    albergues: int
    personas: int


@dataclass
class _Albergue:
    """What is remembered of a shelter between hours."""

    sitio: UUID
    nombre: str
    lugar: str
    capacidad: int | None = None
    activacion: UUID | None = None
    en_cierre: bool = False
    personas: int = 0


@dataclass(frozen=True)
class _Candidata:
    """A row without reason to refuse it by itself."""

    renglon: Renglon
    clave: str
    personas: int
    dudas: tuple[str, ...] = ()


class Juez:
    """Judges the hours of a series in order. The same rows always give the same operations, with the same ids."""

    def __init__(self, serie: UUID, lugares: Lugares, incremental: bool, con_codigo: bool) -> None:
        self.serie, self.lugares = serie, lugares
        self.incremental, self.con_codigo = incremental, con_codigo
        self.filas = self.aceptadas = self.sin_capacidad = 0
        self.rechazos: Counter[str] = Counter()
        self.dudas: Counter[str] = Counter()
        self.dudosas = 0
        self.lugares_por_regla: dict[str, LugarAsignado] = {}
        self.por_hora: list[TotalHora] = []
        self._albergues: dict[str, _Albergue] = {}
        self._abiertos: set[str] = set()
        self._personas = 0

    @property
    def rechazadas(self) -> int:
        return self.rechazos.total()

    def refuse(self, motivo: str) -> None:
        """Count a row that has no place in any hour."""
        self.filas += 1
        self.rechazos[motivo] += 1

    def judge_hour(self, instante: datetime, renglones: Sequence[Renglon]) -> CambiosHora:
        """Take all the rows of one instant; the total of the hour joins ``por_hora``."""
        self.filas += len(renglones)
        accepted = self._winners(renglones)
        hour = CambiosHora(instante)
        if not self.incremental:
            for clave in sorted(self._abiertos - accepted.keys()):
                self._close(hour, clave)
        for candidate in accepted.values():
            self._accept(hour, candidate)
        self.por_hora.append(TotalHora(renglones[0].hora, len(self._abiertos), self._personas))
        return hour

    def _winners(self, renglones: Iterable[Renglon]) -> dict[str, _Candidata]:
        """One row per shelter: of equal ones the first, of different ones the last."""
        found: dict[str, _Candidata] = {}
        for renglon in renglones:
            candidate = self._candidate(renglon)
            if isinstance(candidate, str):
                self.rechazos[candidate] += 1
                continue
            earlier = found.get(candidate.clave)
            if earlier is not None and _says(earlier.renglon) == _says(renglon):
                self.rechazos["repetida"] += 1
                continue
            if earlier is not None:
                self.rechazos["sustituida"] += 1
                candidate = replace(candidate, dudas=(*candidate.dudas, "en_conflicto"))
            found[candidate.clave] = candidate
        return found

    def _candidate(self, renglon: Renglon) -> _Candidata | str:
        """The row as a report, or why it is refused."""
        codigo = "" if is_blank(renglon.id) else clean(renglon.id)
        nombre = "" if is_blank(renglon.nombre) else normalize(renglon.nombre)
        if not codigo and not nombre:
            return "sin_albergue"
        if is_blank(renglon.personas):
            return "sin_personas"
        personas = read_whole(renglon.personas)
        if personas is None:
            return "personas_ilegibles"
        if personas < 0:
            return "personas_negativas"
        if personas > MAX_PERSONAS:
            return "personas_imposibles"
        if codigo:
            return _Candidata(renglon, f"codigo {codigo}", personas)
        clave = f"nombre {nombre} en {normalize(renglon.lugar)}"
        return _Candidata(renglon, clave, personas, ("sin_codigo",) if self.con_codigo else ())

    def _close(self, hour: CambiosHora, clave: str) -> None:
        gone = self._albergues[clave]
        assert gone.activacion is not None
        hour.cierres.append((gone.activacion, gone.en_cierre))
        self._personas -= gone.personas
        gone.activacion, gone.en_cierre, gone.personas = None, False, 0
        self._abiertos.discard(clave)

    def _accept(self, hour: CambiosHora, candidate: _Candidata) -> None:
        renglon, clave = candidate.renglon, candidate.clave
        known = self._albergues.get(clave)
        if known is None:
            known = self._albergues[clave] = self._first_seen(hour, renglon, clave)
        if known.activacion is None:
            known.activacion = uuid5(self.serie, f"activacion {clave} {hour.instante.isoformat()}")
            hour.aperturas.append((known.activacion, known.sitio))
            self._abiertos.add(clave)
        dudas = [*candidate.dudas, *self._doubts(hour, known, renglon, candidate.personas)]
        estado = read_estado(renglon.estado)
        if (estado is Estado.CERRADO) != known.en_cierre:
            known.en_cierre = not known.en_cierre
            hour.estados.append((known.activacion, "en_cierre" if known.en_cierre else "activa"))
        self._personas += candidate.personas - known.personas
        known.personas = candidate.personas
        parte = uuid5(self.serie, f"parte {clave} {hour.instante.isoformat()}")
        hour.reportes.append(
            Reporte(
                parte, known.activacion, renglon.fila, candidate.personas, clean(renglon.estado), tuple(dudas)
            )
        )
        self.dudas.update(dudas)
        self.dudosas += bool(dudas)
        self.aceptadas += not dudas

    def _first_seen(self, hour: CambiosHora, renglon: Renglon, clave: str) -> _Albergue:
        nombre = "" if is_blank(renglon.nombre) else clean(renglon.nombre)[:_NAME_LETTERS]
        nombre = nombre or f"Albergue {clean(renglon.id)[:_NAME_LETTERS]}"
        lugar = clean(renglon.lugar)[:_NAME_LETTERS]
        asignado = assign_place(self.lugares, lugar, clave)
        if asignado.por != "catalogo":
            self.lugares_por_regla.setdefault(lugar or nombre, asignado)
        sitio = SitioVisto(uuid5(self.serie, f"albergue {clave}"), nombre, lugar, asignado)
        hour.sitios.append(sitio)
        return _Albergue(sitio.id, normalize(renglon.nombre), normalize(lugar))

    def _doubts(self, hour: CambiosHora, known: _Albergue, renglon: Renglon, personas: int) -> list[str]:
        """Reasons to look again, and what the row changes of the shelter."""
        found = []
        for name, duda in (("nombre", "cambia_nombre"), ("lugar", "cambia_lugar")):
            said = normalize(getattr(renglon, name))
            if said and said not in ("", getattr(known, name)):
                found += [duda] if getattr(known, name) else []
                setattr(known, name, said)  # doubted where it changes, not in every row after
        capacidad, understood = read_capacidad(renglon.capacidad)
        if not understood:
            found.append("capacidad_ilegible")
        elif capacidad is None:
            self.sin_capacidad += 1
        elif capacidad != known.capacidad:
            known.capacidad = capacidad
            hour.capacidades.append((known.sitio, capacidad))
        if capacidad is not None and personas > capacidad:
            found.append("sobre_capacidad")
        estado = read_estado(renglon.estado)
        if estado is None:
            found.append("estado_desconocido")
        elif estado is not Estado.ABIERTO and personas:
            found.append(f"{estado}_con_personas")
        return found


def _says(renglon: Renglon) -> Renglon:
    """The row without its place in the file and the spelling of its hour."""
    return replace(renglon, fila=0, hora="")
