"""What a consolidated holds: its rows and sums, the text that is stored and hashed, and that text read back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import canonical
from albergues_app.consolidados.scope import Ambito
from albergues_app.core.db import db

CLASES = ("oficial", "no_oficial", "fuera")
SUMMED = (
    "albergues", "sin_reporte", "familias", "personas", "fuera_temporal", "mujeres", "hombres", "no_registrado",
    "solo_declaradas", "familias_declaradas", "capacidad_sin_dato", "sobre_capacidad",
)  # fmt: skip


@dataclass
class Cifra:
    """Figures of one row or sum. ``capacidad`` and ``diferencia`` None: nothing is known, never 0."""

    albergues: int = 0
    sin_reporte: int = 0
    familias: int = 0
    personas: int = 0
    fuera_temporal: int = 0
    mujeres: int = 0
    hombres: int = 0
    no_registrado: int = 0
    solo_declaradas: int = 0
    familias_declaradas: int = 0
    capacidad: int | None = None
    capacidad_sin_dato: int = 0
    sobre_capacidad: int = 0
    diferencia: int | None = None

    def add(self, other: Cifra) -> None:
        for name in SUMMED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("capacidad", "diferencia"):
            if getattr(other, name) is not None:
                setattr(self, name, (getattr(self, name) or 0) + getattr(other, name))


@dataclass
class Linea(Cifra):
    """One shelter (or the families outside, by municipality) at the cut-off."""

    codigo: str = ""
    nombre: str = ""
    municipio: str = ""
    clase: str = "oficial"
    reservada: bool = False
    reporto: bool = False
    corte_dato: str | None = None
    fuente_dato: str | None = None
    declaradas: int | None = None
    dado: bool = False
    """Outside shelters: the declared number is a total that somebody gave, and no estimate of the register."""


@dataclass
class Grupo(Cifra):
    """A sum: of a municipality, a department, or a class of shelters."""

    codigo: str = ""
    nombre: str = ""
    oficiales: int = 0
    no_oficiales: int = 0


@dataclass
class Noches:
    """Night shelters since the start of the emergency: of one, or of a place. Persons and nights are never one number.

    ``personas``: different ones, each once in the place. ``noches``: one person in one night is one.
    """

    codigo: str = ""
    nombre: str = ""
    municipio: str = ""
    reservada: bool = False
    albergues: int = 1
    personas: int = 0
    vuelven: int = 0
    noches: int = 0
    rechazos: int = 0


@dataclass
class Cuadre:
    """Σ shelters = Σ municipalities = Σ departments = the place, each counted by its own; and persons counted once.

    ``familias_repartidas``: by how much the shelters' families exceed those of the place: split households.
    """

    albergues: int
    municipios: int
    departamentos: int
    total: int
    personas_distintas: int
    familias_albergues: int
    familias_total: int

    @property
    def residuo(self) -> int:
        """The widest difference between two of them; 0 when all agree."""
        values = (self.albergues, self.municipios, self.departamentos, self.total, self.personas_distintas)
        return max(values) - min(values)

    @property
    def familias_repartidas(self) -> int:
        return self.familias_albergues - self.familias_total


@dataclass
class Cuerpo:
    """The consolidated figures, plain enough to be written as JSON and read back."""

    ambito: str
    emergencia: str
    emergencia_nombre: str
    corte: str
    conocido_en: str
    lineas: list[Linea] = field(default_factory=list)
    fuera: list[Linea] = field(default_factory=list)
    """Families outside any shelter by place: registered, and estimated. In their class, never in the total."""
    municipios: list[Grupo] = field(default_factory=list)
    departamentos: list[Grupo] = field(default_factory=list)
    clases: list[Grupo] = field(default_factory=list)
    total: Grupo = field(default_factory=Grupo)
    en_transito: int = 0
    con_reporte_pct: int | None = None
    reporte_horas: int = 12
    cuadre: Cuadre = field(default_factory=lambda: Cuadre(0, 0, 0, 0, 0, 0, 0))
    dados: list[dict[str, Any]] = field(default_factory=list)
    nocturnos: list[Noches] = field(default_factory=list)
    noches_lugares: list[Noches] = field(default_factory=list)
    """The night shelters by department (of the country) or municipality."""
    noches: Noches | None = None
    """All of them together; None without any."""

    @property
    def place(self) -> Ambito:
        return Ambito(self.ambito)

    @property
    def callan(self) -> list[Linea]:
        """Shelters without a parte in time, the longest silent first."""
        return sorted(
            (r for r in self.lineas if not r.reporto and r.clase != "fuera"),
            key=lambda r: (r.corte_dato or "", r.codigo),
        )

    def dump(self) -> str:
        """The canonical text that is stored and hashed."""
        return canonical(asdict(self))


def fingerprint(datos: str) -> str:
    """SHA-256 of the stored text."""
    return hashlib.sha256(datos.encode()).hexdigest()


def load(datos: str) -> Cuerpo:
    """Read back what ``dump`` wrote."""
    raw = json.loads(datos)
    return Cuerpo(
        **{
            **raw,
            "lineas": [Linea(**r) for r in raw["lineas"]],
            "fuera": [Linea(**r) for r in raw["fuera"]],
            "municipios": [Grupo(**r) for r in raw["municipios"]],
            "departamentos": [Grupo(**r) for r in raw["departamentos"]],
            "clases": [Grupo(**r) for r in raw["clases"]],
            "total": Grupo(**raw["total"]),
            "cuadre": Cuadre(**raw["cuadre"]),
            "nocturnos": [Noches(**r) for r in raw.get("nocturnos", ())],
            "noches_lugares": [Noches(**r) for r in raw.get("noches_lugares", ())],
            "noches": Noches(**raw["noches"]) if raw.get("noches") else None,
        }
    )


def veil_reserved(body: Cuerpo) -> Cuerpo:
    """For those who look from afar: what is reserved today has no name either where it was not reserved then."""
    stmt = select(Albergue.codigo).where(Albergue.ubicacion_reservada.is_(True))
    hidden = set(db.session.scalars(stmt))
    for line in body.lineas:
        line.reservada = line.reservada or line.codigo in hidden
    for one in body.nocturnos:
        one.reservada = one.reservada or one.codigo in hidden
    return body
