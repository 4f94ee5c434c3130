"""Many writers, processes of their own, killed at any moment: folios without gaps, one chain, nothing acknowledged lost."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import select

from albergues_app.coe import queries
from albergues_app.coe.models import EntradaCoe
from albergues_app.core.db import db
from tests.coe.test_log import api, coe, row_of  # noqa: F401 - fixtures
from tests.conftest import ROOT

WRITERS = """
import os, random, signal, sys, time
from uuid import UUID
from albergues_app import create_app
app = create_app()
coe_id, writers, kills, pause = UUID(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])

def write():
    from albergues_app.audit.writing import write_once
    from albergues_app.coe.services import EntradaNueva, write_entrada
    from albergues_app.core import clock
    from albergues_app.core.ids import uuid7
    from albergues_app.core.unit_of_work import Actor
    said = os.open(sys.argv[5], os.O_WRONLY | os.O_APPEND)
    with app.app_context():
        while True:
            key = uuid7()
            datos = EntradaNueva(key, clock.now(), "radio", f"De {os.getpid()}", "Detalle " * 20)
            got = write_once(Actor("prueba", "cli"), key, "prueba", {"id": str(key)}, None,
                             lambda: write_entrada(coe_id, datos))
            os.write(said, f"{got.body['folio']} {key}\\n".encode())

def start():
    child = os.fork()
    if not child:
        write()
    return child

def more_is_said(than):
    while os.path.getsize(sys.argv[5]) <= than:
        time.sleep(0.01)
    return os.path.getsize(sys.argv[5])

chance, size = random.Random(16), 0
alive = [start() for _ in range(writers)]
for _ in range(kills):
    size = more_is_said(size)
    time.sleep(chance.uniform(0, pause))
    n = chance.randrange(writers)
    assert os.waitpid(alive[n], os.WNOHANG) == (0, 0), "a writer ended by itself"
    os.kill(alive[n], signal.SIGKILL)
    os.waitpid(alive[n], 0)
    alive[n] = start()
more_is_said(size)
for child in alive:
    assert os.waitpid(child, os.WNOHANG) == (0, 0), "a writer ended by itself"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.fixture
def writers(app, coe, tmp_path):  # noqa: F811
    def run(count: int, kills: int, pause: float) -> int:
        said = tmp_path / "dicho"
        said.touch()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ALBERGUES_")}
        environment["ALBERGUES_INSTANCIA"] = app.config["INSTANCIA"]
        environment["ALBERGUES_DATABASE_URL"] = app.config["SQLALCHEMY_DATABASE_URI"]
        words = [sys.executable, "-c", WRITERS, coe["id"], str(count), str(kills), str(pause), str(said)]
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        row = row_of(coe)
        held = dict(
            db.session.execute(
                select(EntradaCoe.folio, EntradaCoe.id).where(EntradaCoe.coe_id == row.id)
            ).all()
        )
        assert sorted(held) == list(range(1, row.ultimo_folio + 1)), "the folios have a gap"
        assert queries.verify_log(row).alterada is None
        told = [line.split() for line in said.read_text().splitlines()]
        assert len({folio for folio, _ in told}) == len(told)
        assert all(str(held.get(int(folio))) == key for folio, key in told), (
            "an acknowledged entry is not there"
        )
        assert len(told) <= row.ultimo_folio <= len(told) + count + kills
        return len(told)

    return run


def test_of_writers_killed_at_random_the_log_has_no_gap_and_one_chain(writers):
    assert writers(4, 6, 0.1) > 6


@pytest.mark.largo
def test_of_sixteen_writers_killed_two_hundred_times_the_log_has_no_gap_and_one_chain(writers):
    assert writers(16, 200, 0.2) > 200
