"""«Cuadre nacional» of a table of occupancy: Σ shelters = Σ municipalities = Σ departments = the whole, each by its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from albergues_app.ocupacion.figures import Cuadro

LEVELS = ("albergue", "municipio", "departamento", "pais")
"""What ``cuadros`` is asked for, so that ``sums_of`` can compare."""


@dataclass(frozen=True)
class Sumas:
    """Persons inside by each level, without those on the way; and families, where a split one counts in each shelter."""

    albergues: int
    municipios: int
    departamentos: int
    total: int
    en_transito: int
    familias_albergues: int
    familias: int

    @property
    def residuo(self) -> int:
        """The widest difference between two levels; 0 when all agree."""
        values = (self.albergues, self.municipios, self.departamentos, self.total)
        return max(values) - min(values)

    @property
    def texto(self) -> str:
        """«Σ albergues 1,204 = Σ municipios 1,204 = …», or the residue."""
        parts = (
            f"Σ albergues {self.albergues:,}",
            f"Σ municipios {self.municipios:,}",
            f"Σ departamentos {self.departamentos:,}",
            f"total {self.total:,}",
        )
        way = f"; aparte, {self.en_transito:,} en tránsito" if self.en_transito else ""
        if self.residuo:
            return f"No cuadra, residuo de {self.residuo:,}: " + " · ".join(parts) + way
        return " = ".join(parts) + way

    @property
    def familias_repartidas(self) -> int:
        return self.familias_albergues - self.familias


def sums_of(tables: Mapping[str, Cuadro]) -> Sumas:
    """Of the four levels of ``LEVELS``, rolled up each by itself from one reading."""
    rows = {por: sum(f.personas for f in tables[por].filas) for por in LEVELS}
    total = tables["pais"].total
    return Sumas(
        rows["albergue"],
        rows["municipio"],
        rows["departamento"],
        total.personas - total.en_transito,
        total.en_transito,
        sum(f.familias for f in tables["albergue"].filas),
        total.familias,
    )
