"""The settings without which SQLite loses data, the writer lock, and the unit of work."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text, update

from albergues_app.albergues.models import Albergue
from albergues_app.audit.models import Auditoria
from albergues_app.core import db as kernel
from albergues_app.core.db import db
from albergues_app.core.errors import WriteWithoutActor
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, current_actor, unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.models import Movimiento
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA


@pytest.fixture
def sqlite_app(app):
    """The application of a test that is about SQLite: mark it with SQLITE."""
    return app


SQLITE = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@SQLITE
def test_every_connection_has_the_settings_that_keep_acknowledged_data(sqlite_app):
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "busy_timeout": 10000,
    }
    for _ in range(3):
        with db.engine.connect() as connection:
            found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in wanted}
            assert found == wanted
        db.engine.dispose()


class Deaf(sqlite3.Connection):
    """A SQLite that does not take one setting."""

    ignored = ""

    def cursor(self, *args):
        ignored = self.ignored

        class Cursor(sqlite3.Cursor):
            def execute(self, sql, *more):
                return super().execute("SELECT 1" if sql.startswith(f"PRAGMA {ignored}=") else sql, *more)

        return super().cursor(Cursor)


@pytest.mark.parametrize(
    "name", ["journal_mode", "synchronous", "foreign_keys", "trusted_schema", "busy_timeout"]
)
def test_a_setting_that_does_not_hold_refuses_the_start(tmp_path, name):
    kind = type("Deaf", (Deaf,), {"ignored": name})
    connection = sqlite3.connect(tmp_path / "x.sqlite", factory=kind)
    if name == "synchronous":
        sqlite3.Connection.execute(connection, "PRAGMA synchronous=NORMAL")
    with pytest.raises(kernel.UnsafeDatabase, match=name):
        kernel.configure_sqlite(connection, None)
    connection.close()


def test_an_error_of_the_database_tells_no_value(app, caplog, ficha, monkeypatch):
    """What a log may show of a failed write (confiabilidad.md T23)."""
    from albergues_app.ocupacion.services import ingreso_rows as service

    def broken(*args):
        return {**rows(*args), "sexo": None}

    activacion, rows = make_activacion(), service.version_values
    monkeypatch.setattr(service, "version_values", broken)
    person = {"id": str(uuid7()), "nombres": "Xochitlzinha", "apellidos": "Chocoy", "sexo": "mujer"}
    body = {
        "id": str(uuid7()),
        "ocurrido_en": "2026-11-18T12:00:00Z",
        "familia": {"id": str(uuid7())},
        "personas": [person],
    }
    answer = app.test_client().post(
        f"/api/v1/activaciones/{activacion.id}/ingresos", json=body, headers=ficha()
    )
    assert answer.status_code >= 422
    told = caplog.text + answer.text
    assert "Xochitlzinha" not in told and "Chocoy" not in told


def test_foreign_keys_are_on_also_after_a_migration(app, base):
    from albergues_app.migrations import run

    run.upgrade()
    with pytest.raises(Exception, match=r"(?i)foreign"), unit_of_work(SISTEMA):
        db.session.execute(
            text("INSERT INTO municipio (codigo, departamento_codigo, nombre, nombre_normal, pcode)"
                 " VALUES ('9901', '99', 'X', 'x', 'GT9901')")
        )  # fmt: skip


@SQLITE
def test_a_failed_migration_leaves_foreign_keys_on(sqlite_app, monkeypatch):
    from albergues_app.migrations import run

    def fail(*_args):
        raise RuntimeError("stop")

    monkeypatch.setattr(run.command, "upgrade", fail)
    with pytest.raises(RuntimeError, match="stop"):
        run.upgrade()
    for _ in range(3):
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_writers_wait_their_turn_and_none_is_told_that_the_database_is_locked(app):
    threads, writes, gate = 8, 50, threading.Barrier(8)

    def write(n):
        with app.app_context():
            gate.wait()
            for i in range(writes):
                with unit_of_work(SISTEMA):
                    known = db.session.scalar(select(Emergencia.id).limit(1))  # read, then write: the trap
                    assert known is not None
                    db.session.add(
                        Emergencia(nombre=f"{n}-{i}", tipo="otro", inicio=datetime(2026, 1, 1, tzinfo=UTC),
                                   registrada_en=datetime(2026, 1, 1, tzinfo=UTC))
                    )  # fmt: skip

    make_emergencia()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(write, n) for n in range(threads)]:
            done.result()
    assert db.session.query(Emergencia).count() == threads * writes + 1


@SQLITE
def test_a_writer_takes_the_lock_at_once(sqlite_app):
    path = db.engine.url.database
    other = sqlite3.connect(path, timeout=0)
    with unit_of_work(SISTEMA):
        db.session.execute(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM municipio").fetchone() == (340,)  # readers never wait
    other.close()


@SQLITE
def test_writers_queue_on_a_lock_of_the_kernel(sqlite_app):
    """Not on the busy handler, which sleeps and is unfair (rendimiento.md part 0.2)."""
    other = os.open(f"{db.engine.url.database}.escritor", os.O_RDWR | os.O_CREAT)
    try:
        with unit_of_work(SISTEMA), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)


def test_no_actor_no_write(app):
    emergencia = make_emergencia()
    emergencia.nombre = "Otra"
    with pytest.raises(WriteWithoutActor):
        db.session.commit()
    db.session.rollback()
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    db.session.add(Emergencia(nombre="X", tipo="otro", inicio=moment, registrada_en=moment))
    with pytest.raises(WriteWithoutActor):
        db.session.flush()
    db.session.rollback()
    db.session.delete(emergencia.territorio[0])
    with pytest.raises(WriteWithoutActor):
        db.session.flush()
    db.session.rollback()
    assert db.session.query(Emergencia).one().nombre != "Otra"


def test_bulk_statements_on_audited_and_append_only_tables_are_refused(app):
    make_albergue()
    statements = [
        update(Albergue).values(nombre="X"),
        insert(Emergencia).values(nombre="X"),
        update(Movimiento).values(tipo="egreso"),
        update(Auditoria).values(actor="X"),
    ]
    for statement in statements:
        with pytest.raises(WriteWithoutActor), unit_of_work(SISTEMA):
            db.session.execute(statement)
    with pytest.raises(WriteWithoutActor), unit_of_work(SISTEMA):
        db.session.query(Albergue).update({"nombre": "X"})
    with pytest.raises(WriteWithoutActor), unit_of_work(SISTEMA):
        db.session.query(Albergue).delete()


def test_what_fails_leaves_nothing_and_frees_the_actor(app):
    links = db.session.query(Auditoria).count()
    with pytest.raises(ZeroDivisionError), unit_of_work(SISTEMA):
        db.session.add(
            Emergencia(nombre="X", tipo="otro", inicio=datetime(2026, 1, 1, tzinfo=UTC),
                       registrada_en=datetime(2026, 1, 1, tzinfo=UTC))
        )  # fmt: skip
        db.session.flush()
        _ = 1 / 0
    assert current_actor() is None
    assert db.session.query(Emergencia).count() == 0
    assert db.session.query(Auditoria).count() == links
    make_emergencia()
    assert db.session.query(Auditoria).count() > links


def test_one_unit_of_work_inside_another_is_a_fault(app):
    with (
        unit_of_work(SISTEMA),
        pytest.raises(RuntimeError, match="inside"),
        unit_of_work(Actor("otra", "web")),
    ):
        pass


def test_a_naive_instant_never_reaches_the_database(app):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(Exception, match="naive"), unit_of_work(SISTEMA):
        db.session.add(Emergencia(nombre="X", tipo="otro", inicio=naive, registrada_en=naive))
        db.session.flush()


def test_instants_come_back_aware_in_utc_and_whole(app):
    moment = datetime(2026, 11, 20, 23, 59, 59, 123456, tzinfo=UTC)
    row = make_emergencia(inicio=moment)
    db.session.expire_all()
    assert (row.inicio, row.inicio.tzinfo) == (moment, UTC)
