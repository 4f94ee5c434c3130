"""Which cells two consolidated figures do not share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from albergues_app.consolidados.body import Cuerpo, Noches


@dataclass(frozen=True)
class Celda:
    """A cell that is not the same in two consolidated figures."""

    donde: str
    que: str
    antes: Any
    ahora: Any


CELDAS: dict[str, str] = {
    "personas": "Personas", "solo_declaradas": "Solo declaradas", "familias": "Familias", "mujeres": "Mujeres",
    "hombres": "Hombres", "no_registrado": "Sexo sin dato", "fuera_temporal": "Fuera por un rato",
    "capacidad": "Capacidad", "diferencia": "Diferencia", "clase": "Clase", "municipio": "Municipio",
    "sin_reporte": "Sin reporte", "corte_dato": "Hora del dato", "nombre": "Nombre",
}  # fmt: skip
NOCHES: dict[str, str] = {
    "personas": "Personas distintas en la temporada",
    "noches": "Noches servidas",
    "rechazos": "No recibidas",
}


def compare(before: Cuerpo, after: Cuerpo) -> list[Celda]:
    """The cells that changed: of each shelter, then of the totals. What entered or left is said as such."""
    old = {(r.clase == "fuera", r.codigo): r for r in (*before.lineas, *before.fuera)}
    new = {(r.clase == "fuera", r.codigo): r for r in (*after.lineas, *after.fuera)}
    found: list[Celda] = []
    for key in sorted(old.keys() | new.keys()):
        a, b = old.get(key), new.get(key)
        line = b or a
        assert line is not None
        where = line.nombre if key[0] else f"{line.codigo} {line.nombre}"
        where = "Ubicación reservada" if line.reservada else where
        if a is None or b is None:
            found.append(
                Celda(
                    where, "Está en el consolidado", "no" if a is None else "sí", "no" if b is None else "sí"
                )
            )
        for name, words in CELDAS.items():
            was, now = (None if r is None else getattr(r, name) for r in (a, b))
            if was != now and not (a is None or b is None):
                found.append(Celda(where, words, was, now))
            elif (a is None or b is None) and name in {"personas", "solo_declaradas"} and (was or now):
                found.append(Celda(where, words, was or 0, now or 0))
    for name, words in CELDAS.items():
        if name not in {"clase", "municipio", "corte_dato", "nombre"}:
            was, now = getattr(before.total, name), getattr(after.total, name)
            if was != now:
                found.append(Celda("Total", words, was, now))
    if before.en_transito != after.en_transito:
        found.append(Celda("Total", "En tránsito", before.en_transito, after.en_transito))
    nights = before.noches or Noches(), after.noches or Noches()
    for name, words in NOCHES.items():
        was, now = (getattr(n, name) for n in nights)
        if was != now:
            found.append(Celda("Albergues nocturnos", words, was, now))
    return found
