"""The scenarios of practice: the size they promise, the same people for the same seed, never among real persons."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.chain import verify
from albergues_app.cli.escenarios.carga import load
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Familia, Movimiento, Persona, PersonaVersion
from albergues_app.ocupacion.verify import differences
from tests.conftest import expect_refused
from tests.factories.albergues import ingreso, make_activacion
from tests.factories.cuentas import make_identity
from tests.invariants.conftest import empty  # noqa: F401 - a fixture

END = datetime(2026, 11, 18, 18, tzinfo=UTC)


@pytest.fixture
def now(app):
    with clock.frozen(END):
        yield


def quiet(_text: str) -> None:
    """Nobody reads it here."""


def told() -> dict[str, object]:
    """What a scenario says of its people and places, at its end and on its way."""
    db.session.rollback()
    who = make_identity()
    p = PersonaVersion.__table__
    people = db.session.execute(select(p.c.persona_id, p.c.nombres, p.c.apellidos, p.c.sexo, p.c.nacimiento))
    moves = db.session.execute(select(Movimiento.tipo, Movimiento.persona_id, Movimiento.ocurrido_en))
    hours = [END - timedelta(hours=h) for h in (0, 13, 60)]
    figures = [[f.as_dict() | {"id": None} for f in cuadro(who, "departamento", at).filas] for at in hours]
    return {"people": Counter(map(tuple, people)), "moves": Counter(map(tuple, moves)), "figures": figures}


@pytest.mark.parametrize("nombre", ["frio", "julia"])
def test_the_same_seed_gives_the_same_people_and_figures(app, now, empty, nombre):  # noqa: F811
    empty()
    load(nombre, 13, quiet, END)
    first = told()
    assert first["people"] and differences() == [] and verify(db.session()).intact
    with expect_refused("escenario_cargado"):
        load(nombre, 13, quiet, END)
    empty()
    load(nombre, 13, quiet, END)
    assert told() == first
    empty()
    load(nombre, 14, quiet, END)
    assert told()["people"] != first["people"]


def test_a_scenario_marks_its_instance_and_never_joins_real_persons(app, now):
    mark = Path(app.config["INSTANCIA"]) / "CAPACITACION"
    mark.unlink()
    with expect_refused("escenario_desconocido"):
        load("stan", 13, quiet)
    assert not mark.exists()
    ingreso(make_activacion())
    with expect_refused("personas_reales"):
        load("frio", 13, quiet)
    db.session.rollback()
    assert not mark.exists() and db.session.scalar(select(func.count(Persona.id))) == 1


def test_a_scenario_makes_an_empty_instance_one_of_practice_for_good(app, now):
    mark = Path(app.config["INSTANCIA"]) / "CAPACITACION"
    mark.unlink()
    load("frio", 13, quiet, END)
    assert mark.exists()


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_eta_iota_has_the_size_of_its_model(app, now):
    made = load("eta-iota", 13, quiet, END)
    db.session.rollback()
    opened = select(Albergue.municipio_codigo).join(Activacion, Activacion.albergue_id == Albergue.id)
    official = Counter(code[:2] for code in db.session.scalars(opened.where(Albergue.oficial)))
    assert len(official) == 7 and sum(official.values()) == 317
    assert (official["16"], official["14"], official["17"], official["13"]) == (96, 43, 18, 12)
    others = select(func.count()).select_from(Albergue).where(Albergue.oficial.is_(False))
    assert db.session.scalar(others) == 200
    assert 30_600 <= db.session.scalar(select(func.count(Persona.id))) <= 30_600 * 1.05, made
    assert db.session.scalar(select(func.count(Familia.id))) > 5_000
    late = db.session.scalar(select(func.count()).select_from(Movimiento).where(Movimiento.tardio))
    kinds = set(db.session.scalars(select(Movimiento.tipo).distinct()))
    assert late and {"ingreso", "egreso", "traslado_sale", "traslado_entra", "salida_temporal"} <= kinds
    total = cuadro(make_identity()).total
    assert total.personas and total.solo_declaradas
    assert verify(db.session()).intact
