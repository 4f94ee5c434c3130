"""What a copy of persons does not say by itself: which shelters of its scope reported by its hour, and who is only declared.

Read when the file is made, by the territory of who asked; it goes in the copy, beside the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from albergues_app.accounts.identity import Identity
from albergues_app.core import clock
from albergues_app.exportaciones.models import ClaseExportacion, Exportacion
from albergues_app.ocupacion.figures import Fila, cuadros
from albergues_app.territorio.catalogo import catalogo

ENCABEZADO = (
    "Código del albergue", "Albergue", "Municipio", "Departamento", "Reportó", "Último parte", "Personas en el registro",
    "Solo declaradas",
)  # fmt: skip

NAMED = 40
"""Silent shelters named in the note; all of them stand in the table."""


@dataclass(frozen=True)
class Cobertura:
    """``lineas``: label and text for the note of the copy; ``albergues``: a row for each shelter, in ``ENCABEZADO``."""

    lineas: Sequence[tuple[str, str]] = ()
    albergues: Sequence[tuple[str | int, ...]] = ()


def coverage_of(export: Exportacion, identity: Identity) -> Cobertura:
    """Of the shelters open at the hour of the copy (the end of its interval), within its place."""
    hours, known = current_app.config["PARTE_HORAS"], catalogo()
    table = cuadros(identity, ("albergue",), export.corte, None, export.emergencia_id)["albergue"]
    open_ = sorted((f for f in table.filas if _within(export, f)), key=lambda f: f.codigo)
    heard = [f for f in open_ if not f.sin_reporte]
    total = Fila("", "")
    for f in open_:
        total.personas += f.personas
        total.solo_declaradas += f.solo_declaradas
        total.con_parte += f.con_parte
    share = (
        f"ahí está el {total.cobertura} % de las personas" if total.cobertura is not None else "sin personas"
    )
    lines = [
        (
            "Cobertura",
            f"{len(heard)} de {len(open_)} albergues abiertos reportaron en las {hours} h antes del "
            f"{_local(export.corte)}: {share}",
        ),
        ("No reportaron", _named([f for f in open_ if f.sin_reporte])),
        (
            "Solo declaradas",
            f"{total.solo_declaradas:,} personas contadas sin nombre: no van en esta copia"
            if total.solo_declaradas
            else "ninguna",
        ),
    ]
    if export.clase == ClaseExportacion.PERSONAS:
        towns, regions = {f.municipio for f in open_}, {(f.municipio or "")[:2] for f in open_}
        lines.append(
            (
                "Cuadre",
                f"Σ albergues {total.personas:,} ({len(open_)}), en {len(towns)} municipios de {len(regions)} "
                f"departamentos; filas de la copia al pedirla {export.filas:,}",
            )
        )
    rows = [
        (
            f.codigo, f.nombre, known.municipio_nombre(f.municipio or ""), known.departamento_nombre(f.municipio or ""),
            "no" if f.sin_reporte else "sí", _local(f.ultimo_parte) if f.ultimo_parte else "nunca", f.personas,
            f.solo_declaradas,
        )
        for f in open_
    ]  # fmt: skip
    return Cobertura(lines, rows)


def _named(silent: Sequence[Fila]) -> str:
    more = f" y {len(silent) - NAMED:,} más, en «Cobertura»" if len(silent) > NAMED else ""
    return ", ".join(f"{f.codigo} {f.nombre}" for f in silent[:NAMED]) + more or "ninguno"


def _within(export: Exportacion, fila: Fila) -> bool:
    if export.albergue_codigo:
        return fila.codigo == export.albergue_codigo
    return (fila.municipio or "").startswith(export.municipio_codigo or export.departamento_codigo or "")


def _local(value: datetime) -> str:
    return f"{clock.to_local(value):%d/%m/%Y %H:%M}"
