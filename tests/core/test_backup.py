"""Backup of SQLite while people write; a restore takes a whole one or nothing."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select

from albergues_app import create_app
from albergues_app.audit.chain import verify
from albergues_app.core.backup import BackupRefused, back_up, database_file, integrity_problems, restore
from albergues_app.core.db import db
from albergues_app.migrations import run
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Persona
from albergues_app.ocupacion.verify import differences
from tests.conftest import expect_refused
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import make_identity

SQLITE = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
"""PostgreSQL has tools of its own: see the last test."""


def content(path: Path) -> str:
    """The hash of the database's own bytes, with nothing left beside it."""
    db.session.remove()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def people() -> int:
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(Persona.__table__)).scalar_one()


@SQLITE
def test_a_backup_brings_back_what_was_there_when_it_was_made(app, tmp_path):
    activacion = make_activacion()
    ingreso(activacion, persona(), persona())
    copy = back_up(tmp_path / "uno.respaldo")
    head = verify(db.session()).head
    ingreso(activacion, persona())
    kept = restore(copy)
    assert (people(), verify(db.session()).head) == (2, head)
    assert verify(db.session()).intact and differences() == [] and integrity_problems() == []
    assert cuadro(make_identity()).total.personas == 2
    with sqlite3.connect(kept) as earlier:
        assert earlier.execute("SELECT count(*) FROM persona").fetchone() == (3,)
    earlier.close()


@SQLITE
def test_a_backup_made_while_people_write_is_whole(app, tmp_path):
    event_id, stop, written = make_emergencia().id, threading.Event(), []

    def write():
        with app.app_context():
            from albergues_app.emergencias.models import Emergencia

            activacion = make_activacion(make_albergue(), db.session.get(Emergencia, event_id))
            while not stop.is_set():
                ingreso(activacion, persona(), persona())
                written.append(1)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    copies = []
    while len(copies) < 5:
        before = len(written)
        copies.append(back_up(tmp_path / f"{len(copies)}.respaldo"))
        deadline = threading.Event()
        while len(written) == before and not deadline.wait(0.01):  # writers were not shut out
            pass
    stop.set()
    for writer in writers:
        writer.join()
    assert people() == 2 * len(written)
    last = -1
    for copy in copies:
        restore(copy)
        assert people() % 2 == 0 and people() >= last
        last = people()
        assert verify(db.session()).intact and differences() == []


@SQLITE
def test_another_process_that_has_the_database_open_sees_the_restored_one(app, tmp_path):
    activacion = make_activacion()
    ingreso(activacion)
    copy = back_up(tmp_path / "uno.respaldo")
    ingreso(activacion)
    open_elsewhere = sqlite3.connect(database_file())
    assert open_elsewhere.execute("SELECT count(*) FROM persona").fetchone() == (2,)
    restore(copy)
    assert open_elsewhere.execute("SELECT count(*) FROM persona").fetchone() == (1,)
    open_elsewhere.execute("UPDATE municipio SET nombre = nombre WHERE codigo = '0101'")
    open_elsewhere.commit()
    open_elsewhere.close()
    assert people() == 1


@SQLITE
def test_it_restores_over_a_damaged_database_and_into_an_empty_instance(app, tmp_path):
    ingreso(make_activacion())
    copy = back_up(tmp_path / "uno.respaldo")
    file = database_file()
    db.session.remove()
    db.engine.dispose()
    for damage in (b"", b"no es una base", None):
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        file.unlink(missing_ok=True)
        if damage is not None:
            file.write_bytes(damage)
        restore(copy)
        assert people() == 1 and integrity_problems() == []
        db.session.remove()
        db.engine.dispose()


@SQLITE
def test_the_backup_of_another_instance_is_refused_without_its_keys(app, tmp_path):
    ingreso(make_activacion(), persona(cui="1587564440904"))
    copy = back_up(tmp_path / "uno.respaldo")
    folder = tmp_path / "otra"
    other = create_app({"INSTANCIA": str(folder), "TESTING": True})
    with other.app_context():
        run.upgrade()
        before = content(database_file())
        with pytest.raises(BackupRefused) as refused:
            restore(copy)
        assert refused.value.codigo == "respaldo_de_otra_instancia"
        assert "claves.json" in refused.value.mensaje
        assert content(database_file()) == before
        db.engine.dispose()
    (folder / "claves.json").write_bytes((Path(app.config["INSTANCIA"]) / "claves.json").read_bytes())
    other = create_app({"INSTANCIA": str(folder), "TESTING": True})
    with other.app_context():
        restore(copy)
        assert people() == 1
        db.session.remove()
        db.engine.dispose()


@SQLITE
def test_a_backup_of_a_newer_program_is_refused(app, tmp_path):
    copy_of_newer = tmp_path / "nueva.respaldo"
    with sqlite3.connect(database_file()) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    back_up(copy_of_newer)
    with sqlite3.connect(database_file()) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (run.head(),))
    connection.close()
    with pytest.raises(BackupRefused) as refused:
        restore(copy_of_newer)
    assert refused.value.codigo == "respaldo_mas_nuevo"


def spoil(tmp_path, cuts: int, flips: int) -> None:
    """Each cut and each flipped bit is refused, and the present database keeps every byte."""
    activacion = make_activacion()
    ingreso(activacion)
    whole = back_up(tmp_path / "uno.respaldo").read_bytes()
    ingreso(activacion)
    file, chance, bad = database_file(), random.Random(5), tmp_path / "malo.respaldo"
    before = content(file)
    spoiled = [whole[: chance.randrange(len(whole))] for _ in range(cuts - 2)] + [b"", whole[:-1]]
    for _ in range(flips):
        place = chance.choice([chance.randrange(len(whole)), len(whole) - 1 - chance.randrange(110)])
        spoiled.append(whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :])
    spoiled += [
        whole + b"\0",
        whole + whole,
        whole[: len(whole) // 2] + whole[len(whole) // 2 + 1 :],
        b"x" * 500,
        whole[:-21]
        + b"_"
        + whole[-20:],  # each byte of the trailer counts, also the one between its two parts
    ]
    for data in spoiled:
        bad.write_bytes(data)
        with pytest.raises(BackupRefused):
            restore(bad)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert people() == 2
    assert [p.name for p in file.parent.iterdir() if "antes" in p.name or p.name.startswith("tmp")] == []


@SQLITE
def test_cut_and_altered_backups_are_refused_and_the_data_stay(app, tmp_path):
    spoil(tmp_path, 20, 20)


@SQLITE
@pytest.mark.largo
def test_four_hundred_cut_and_altered_backups_are_refused_and_the_data_stay(app, tmp_path):
    spoil(tmp_path, 200, 200)


@pytest.mark.parametrize("base", ["postgres"], indirect=True)
def test_postgresql_is_sent_to_its_own_tools(app):
    with expect_refused("solo_sqlite"):
        back_up()
