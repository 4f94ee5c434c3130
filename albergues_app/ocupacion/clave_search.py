"""Read the key pairs of many searches at once: two statements, whatever their number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, Uuid, text

from albergues_app.core.db import connection
from albergues_app.ocupacion.claves import LONG_RANGE, YEARS_NEAR, Rango, choose

_SIZES = """
WITH q AS MATERIALIZED ({source})
SELECT q.n, (
  SELECT count(*) FROM (
    SELECT 1 FROM clave_persona k WHERE k.clave >= q.desde{c} AND k.clave <= q.hasta{c}
    ORDER BY k.clave LIMIT {most}
  ) AS contadas
) AS cuantas FROM q
"""
_KEYS = """
  k.clave >= q.desde{c} AND k.clave <= q.hasta{c} AND (k.anio = 0 OR (k.anio >= q.menor AND k.anio <= q.mayor))
"""
_FOUND = {
    "sqlite": """
WITH q AS MATERIALIZED ({source})
SELECT h.n, v.id, v.persona_id, v.nombre_normal FROM (
  SELECT DISTINCT q.n, k.persona_id FROM q CROSS JOIN clave_persona k WHERE {keys}
) AS h CROSS JOIN persona_version v WHERE v.persona_id = h.persona_id AND v.actual
""",
    # LATERAL, ORDER BY and LIMIT: whatever it guesses of the ranges, by the indexes and never by reading a table whole
    "postgresql": """
WITH q AS MATERIALIZED ({source})
SELECT h.n, v.id, v.persona_id, v.nombre_normal FROM (
  SELECT DISTINCT q.n, k.persona_id FROM q CROSS JOIN LATERAL (
    SELECT k.persona_id FROM clave_persona k WHERE {keys} ORDER BY k.clave LIMIT 100000
  ) AS k
) AS h CROSS JOIN LATERAL (
  SELECT v.id, v.persona_id, v.nombre_normal FROM persona_version v
  WHERE v.persona_id = h.persona_id AND v.actual ORDER BY v.persona_id, v.vigente_desde, v.registrado_en LIMIT 1
) AS v
""",
}
_SOURCE = {
    "sqlite": (
        "SELECT json_extract(value, '$[0]') AS n, json_extract(value, '$[1]') AS desde, "
        "json_extract(value, '$[2]') AS hasta, json_extract(value, '$[3]') AS menor, "
        "json_extract(value, '$[4]') AS mayor FROM json_each(:preguntas)"
    ),
    "postgresql": (
        "SELECT (value->>0)::int AS n, value->>1 AS desde, value->>2 AS hasta, (value->>3)::int AS menor, "
        "(value->>4)::int AS mayor FROM jsonb_array_elements(CAST(:preguntas AS jsonb)) AS value"
    ),
}
_EVER = (-1, 9999)


@dataclass(frozen=True, slots=True)
class Pregunta:
    """One search: its ranges, and the year of birth where it is known."""

    rangos: Sequence[Rango]
    anio: int | None


@dataclass(frozen=True, slots=True)
class Hallada:
    """A current version whose name has a key in common with the search, its ids as the database holds them."""

    version_id: Any
    persona_id: Any
    nombre_normal: str


@lru_cache
def statement(template: str, dialect: str) -> TextClause:
    """One of the two statements, in the words of the database."""
    # the collation of the column is C on PostgreSQL, and two columns must agree on one
    c = ' COLLATE "C"' if dialect == "postgresql" else ""
    # names of ours and numbers; what people type goes in ``preguntas``
    return text(template.format(source=_SOURCE[dialect], keys=_KEYS.format(c=c), c=c, most=LONG_RANGE + 1))


def find_by_keys(preguntas: Sequence[Pregunta]) -> list[list[Hallada]]:
    """Of each search, whoever is found by the rarest of its ranges."""
    ranges = list(dict.fromkeys(r for p in preguntas for r in p.rangos))
    if not ranges:
        return [[] for _ in preguntas]
    here = connection()
    dialect = here.dialect.name
    sizes = _sizes(here, dialect, ranges)
    rows = []
    for n, p in enumerate(preguntas):
        for r in choose(p.rangos, sizes.__getitem__, p.anio):
            near = (p.anio - YEARS_NEAR, p.anio + YEARS_NEAR) if r.cerca and p.anio is not None else _EVER
            rows.append((n, r.desde, r.hasta, *near))
    found: list[list[Hallada]] = [[] for _ in preguntas]
    if rows:
        # ids stay as they are: of a thousand found forty are asked for
        for n, *hallada in here.execute(statement(_FOUND[dialect], dialect), {"preguntas": json.dumps(rows)}):
            found[n].append(Hallada(*hallada))
    return found


def held(ids: Iterable[UUID]) -> set[Any]:
    """Ids as the database holds them."""
    make = Uuid().bind_processor(connection().dialect) or (lambda i: i)
    return {make(i) for i in ids}


def as_uuid(held_id: Any) -> UUID:
    """The id that the database holds."""
    return held_id if isinstance(held_id, UUID) else UUID(held_id)


def _sizes(here: Any, dialect: str, ranges: Sequence[Rango]) -> dict[Rango, int]:
    """How many rows each range has; beyond ``LONG_RANGE`` nobody counts."""
    asked = json.dumps([(n, r.desde, r.hasta, 0, 0) for n, r in enumerate(ranges)])
    sizes = dict.fromkeys(ranges, 0)
    for row in here.execute(statement(_SIZES, dialect), {"preguntas": asked}):
        sizes[ranges[row.n]] = row.cuantas
    return sizes
