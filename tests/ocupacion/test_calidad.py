"""How good the search of who is who is, on slips that know nothing of its keys: what docs/duplicados.md promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from albergues_app.audit.listener import bulk_insert
from albergues_app.cli.context import SISTEMA
from albergues_app.core import clock
from albergues_app.core.db import db, insert_rows
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.interchange.duplicate_eval import Evaluacion, evaluate
from albergues_app.interchange.duplicate_people import read_pairs, read_people
from albergues_app.ocupacion.claves import key_rows
from albergues_app.ocupacion.matches import Busqueda, match_ids
from albergues_app.ocupacion.models import ClavePersona, Persona, PersonaVersion
from albergues_app.ocupacion.services.ingreso_rows import PersonaNueva, version_values
from tests.factories.albergues import OPENED, make_emergencia
from tests.factories.nombres import Inventada, Padron

HOY = 2026


def measured(tmp_path: Path, padron: Padron, columns: str, how_many: int = 1500) -> Evaluacion:
    """A list in which one in five is twice, with sisters and brothers of everybody's, and the columns asked for."""
    people, pairs, lines = padron.people(how_many), [], []
    for n, who in enumerate(people):
        if n % 4 == 1:  # of the house of the one before
            who = replace(who, apellidos=people[n - 1].apellidos)
        lines.append((f"p{n}", who))
        if n % 5 == 0:
            lines.append((f"q{n}", padron.otherwise(who)))
            pairs.append(f"p{n},q{n}")
    padron.rng.shuffle(lines)
    shown = {
        "nombres": lambda w: w.nombres,
        "apellidos": lambda w: w.apellidos,
        "nombre_completo": lambda w: f"{w.nombres} {w.apellidos}",
        "sexo": lambda w: w.sexo,
        "edad": lambda w: str(HOY - w.anio),
    }
    rows = [",".join((key, *(shown[c](who) for c in columns.split(",")))) for key, who in lines]
    (tmp_path / "p.csv").write_text("\n".join((f"id,{columns}", *rows)), encoding="utf-8")
    (tmp_path / "v.csv").write_text("\n".join(("id_a,id_b", *pairs)), encoding="utf-8")
    read = read_people(tmp_path / "p.csv", {}, HOY)
    read_pairs(tmp_path / "v.csv", {}, read)
    assert len(read.pares) == how_many // 5 and not read.problemas
    return evaluate(read, HOY)


@pytest.mark.parametrize(
    ("columns", "least"),
    [("nombres,apellidos,sexo,edad", 0.9), ("nombre_completo,sexo,edad", 0.88), ("nombre_completo", 0.8)],
)
def test_it_beats_equality_metaphone_and_rapidfuzz_alone(tmp_path, datos, columns, least):
    done = measured(tmp_path, Padron(3, datos), columns)
    assert done.nuestro.f1 >= least, done
    assert done.nuestro.precision >= 0.93, done
    assert done.nuestro.f1 > max(done.igualdad.f1, done.metaphone.f1, done.rapidfuzz.f1) + 0.04, done


@pytest.mark.parametrize("ages", [True, False], ids=["with age", "without"])
def test_of_a_hundred_persons_written_otherwise_95_are_among_the_first_five(app, ages):
    padron = Padron(5)
    people = [(uuid7(), who) for who in padron.people(3000)]
    register(people)
    wanted = people[::15]
    found = match_ids([searched(padron.otherwise(who), ages) for _id, who in wanted])
    hits = sum(persona_id in ids[:5] for (persona_id, _who), ids in zip(wanted, found, strict=True))
    assert hits >= 0.95 * len(wanted), f"{hits} of {len(wanted)}"


def searched(who: Inventada, ages: bool) -> Busqueda:
    return Busqueda(who.nombres, who.apellidos, who.sexo, HOY - who.anio if ages else None)


def register(people):
    """Rows as a check-in leaves them, without stays."""
    emergencia = make_emergencia().id
    born = {who.anio: OPENED.date().replace(year=who.anio) for _id, who in people}
    versions = [
        version_values(
            PersonaNueva(i, w.nombres, w.apellidos, w.sexo),
            born[w.anio],
            True,
            clock.ALWAYS,
            OPENED,
            None,
            None,
        )
        for i, w in people
    ]
    with unit_of_work(SISTEMA):
        insert_rows(
            Persona, [{"id": i, "emergencia_id": emergencia, "registrada_en": OPENED} for i, _w in people]
        )
        insert_rows(PersonaVersion, versions)
        bulk_insert(db.session, ClavePersona, [key for v in versions for key in key_rows(v)])
