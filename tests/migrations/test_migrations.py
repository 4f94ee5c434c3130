"""Every revision up, down and up again, empty and with rows; one linear head; models and database do not differ."""

from __future__ import annotations

from uuid import UUID

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from albergues_app.core.db import Base, db
from albergues_app.migrations import ready, run
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import OPENED, ingreso, make_activacion, movimiento, persona
from tests.factories.entregas import make_entrega

SCRIPTS = ScriptDirectory(str(run.HERE))
REVISIONS = [s.revision for s in reversed(list(SCRIPTS.walk_revisions()))]
PARTIAL = {
    "uq_estancia_una_abierta": ("estancia", True, "egreso_en IS NULL"),
    "uq_activacion_una_viva": ("activacion", True, "estado"),
    "ix_tramo_vigente_hasta": ("tramo", False, "vigente"),
    "ix_tramo_vigente_desde": ("tramo", False, "vigente"),
    "ix_tramo_cambia": ("tramo", False, "vigente"),
    "ix_tramo_persona": ("tramo", False, "vigente"),
    "uq_tarjeta_de_lote": ("tarjeta", True, "lote_id IS NOT NULL"),
}


def shape():
    """Tables, columns, indexes, triggers: what a migration may change."""
    db.session.remove()
    with db.engine.connect() as connection:
        found = inspect(connection)
        columns, indexes = found.get_multi_columns(), found.get_multi_indexes()
        tables = {
            key[1]: (
                sorted((c["name"], str(c["type"]), c["nullable"]) for c in columns[key]),
                sorted(
                    (str(i["name"]), tuple(i["column_names"]), bool(i["unique"]))
                    for i in indexes.get(key, ())
                ),
            )
            for key in columns
            if key[1] != "alembic_version"
        }
        names = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            if connection.dialect.name == "sqlite"
            else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        triggers = sorted(r[0] for r in connection.execute(text(names)))
    return tables, triggers


def rows():
    """How many rows each table has."""
    db.session.remove()
    with db.engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version", "auditoria_cabeza"}
        return {t: connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in sorted(names)}


def test_there_is_one_line_of_revisions_with_one_head():
    assert len(SCRIPTS.get_heads()) == len(SCRIPTS.get_bases()) == 1
    for script in SCRIPTS.walk_revisions():
        assert not isinstance(script.down_revision, tuple), script.revision
        assert script.doc and "Why" in script.module.__doc__, script.revision
    assert run.head() == ready.newest() == REVISIONS[-1]


def test_the_models_and_the_database_do_not_differ(app):
    assert run.current() == run.head()
    with db.engine.connect() as connection:
        assert ready.stored(connection) == run.head()
    assert run.drift() == []


def test_every_revision_goes_up_down_and_up_again(app):
    shapes = {run.head(): shape()}
    for revision, before in zip(reversed(REVISIONS), [*reversed(REVISIONS[:-1]), "base"], strict=True):
        assert run.current() == revision
        run.downgrade(before)
        shapes[before] = shape()
        run.upgrade(revision)
        assert shape() == shapes[revision], f"{revision}: up after down is another shape"
        run.downgrade(before)
    assert shapes["base"][0] == {} and shapes["base"][1] == []
    for revision in REVISIONS:
        run.upgrade(revision)
        assert shape() == shapes[revision], revision
    assert run.drift() == []


def test_every_revision_goes_down_and_up_with_rows(app):
    activacion = make_activacion()
    body = ingreso(activacion, persona(cui="1587564440904"), persona())
    movimiento(activacion, "egreso", UUID(body["personas"][0]["id"]), ocurrido_en=OPENED.replace(hour=20))
    held = rows()
    assert held["movimiento"] == 3 and held["municipio"] == 340
    for before in reversed(REVISIONS[:-1]):
        run.downgrade(before)
        kept = rows()
        assert {t: n for t, n in held.items() if t in kept} == {t: kept[t] for t in held if t in kept}, before
    run.upgrade()
    assert rows() == held
    assert differences() == []


def test_going_back_drops_the_ledger_of_deliveries_and_keeps_the_rest(app):
    ledger = ("entrega_formatos", "entrega_linea", "entrega_escaneo", "tenencia")
    make_entrega("1413", ("boleta_ingreso", 1, 50), ("parte_diario", 1, 20))
    held = rows()
    assert [held[t] for t in ledger] == [1, 2, 0, 2]
    run.downgrade("0011")
    assert not set(ledger) & set(rows())
    run.upgrade()
    again = rows()
    assert [again[t] for t in ledger] == [0, 0, 0, 0]
    assert {t: n for t, n in again.items() if t not in ledger} == {
        t: n for t, n in held.items() if t not in ledger
    }
    assert make_entrega().folio == "EF-1413-2026-001"


def test_the_partial_indexes_are_there_with_their_condition(app, base):
    with db.engine.connect() as connection:
        source = (
            "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
            if base == "sqlite"
            else "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        )
        found = dict(tuple(r) for r in connection.execute(text(source)))
    for name, (table, unique, condition) in PARTIAL.items():
        definition = found[name]
        assert f" {table} " in definition.replace(f".{table} ", f" {table} ").replace(
            f"{table}(", f"{table} ("
        ), name
        assert ("UNIQUE" in definition) is unique, name
        assert condition in definition.split("WHERE", 1)[1], name
    declared = {
        i.name
        for t in Base.metadata.sorted_tables
        for i in t.indexes
        if i.dialect_options["sqlite"]["where"] is not None
    }
    assert declared <= set(found)
    assert set(PARTIAL) <= declared


def test_one_open_stay_is_a_rule_of_the_database_itself(app):
    activacion = make_activacion()
    ingreso(activacion)
    with pytest.raises(Exception, match=r"(?i)unique"), db.engine.begin() as connection:
        columns = [c.name for c in Base.metadata.tables["estancia"].columns if c.name != "id"]
        names = ", ".join(columns)
        connection.execute(
            text(f"INSERT INTO estancia (id, {names}) SELECT :id, {names} FROM estancia"),
            {
                "id": "0" * 32
                if connection.dialect.name == "sqlite"
                else "0" * 8 + "-0000-0000-0000-" + "0" * 12
            },
        )


def test_running_upgrade_again_changes_nothing(app):
    before = shape(), rows()
    run.upgrade()
    assert (shape(), rows()) == before
