"""`make demo` for the second time: what is done already is left alone, so that it takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from albergues_app.cli.escenarios import carga
from albergues_app.core.db import Base, db
from albergues_app.maps import child
from albergues_app.migrations import run
from tests.cli.test_commands import albergues  # noqa: F401
from tests.factories.albergues import make_activacion, make_albergue

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def held():
    """How many rows each table has."""
    db.session.rollback()
    return {
        name: db.session.scalar(select(func.count()).select_from(table))
        for name, table in Base.metadata.tables.items()
    }


def test_the_second_start_does_nothing_again(app, albergues, monkeypatch):  # noqa: F811
    loaded = []

    def small_scenario(name, seed, _say):
        loaded.append((name, seed))
        make_activacion(make_albergue("1601"))

    monkeypatch.setattr(carga, "load", small_scenario)
    first = albergues("demo", "--solo-preparar", "--puerto", "8123")
    assert first.exit_code == 0, first.output
    assert loaded == [("eta-iota", 13)] and "Cargando el escenario" in first.output
    before = held()
    for module, heavy in ((run, "upgrade"), (child, "build_map"), (carga, "load")):
        monkeypatch.setattr(module, heavy, lambda *_args, name=heavy: pytest.fail(f"otra vez: {name}"))
    second = albergues("demo", "--solo-preparar", "--puerto", "8123")
    assert second.exit_code == 0, second.output
    assert held() == before, "nothing is written"
    accounts = Path(app.config["INSTANCIA"], "cuentas-demo.txt").read_text(encoding="utf-8")
    assert accounts in first.output and accounts in second.output
    assert "http://127.0.0.1:8123" in second.output and "Cargando" not in second.output
