"""Who looked at which person survives every end of the process: a served one, killed with SIGKILL (T8, DP-18, L26)."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import func, select

from albergues_app.audit.chain import verify
from albergues_app.audit.models import Lectura
from albergues_app.core.db import db
from tests.conftest import ROOT
from tests.factories.albergues import OPENED, ingreso, make_activacion, persona

WORD = "Xiquitá"
PEOPLE = 3


@dataclass
class Served:
    """The served process, a browser's cookie, and a program's token."""

    parent: subprocess.Popen[str]
    headers: dict[str, str]
    port: int = 0

    @contextmanager
    def running(self, stage: str = "-") -> Iterator[int]:
        """A process that serves until it is killed; its id."""
        assert self.parent.stdin is not None
        self.parent.stdin.write(f"{stage}\n")
        self.parent.stdin.flush()
        child, self.port = map(int, self.said().split())
        try:
            yield child
        finally:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                return

    def said(self) -> str:
        assert self.parent.stdout is not None
        return self.parent.stdout.readline().strip()

    def ask(self, path: str) -> bytes:
        """All bytes that came, also of an answer that was cut."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=self.headers)
            return connection.getresponse().read()
        except http.client.IncompleteRead as cut:
            return cut.partial
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            connection.close()


@pytest.fixture
def served(app, entra) -> Iterator[Served]:
    """The application of the test, served by a process of its own."""
    client = entra("albergue", municipio="1413")
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    env = {k: v for k, v in os.environ.items() if not k.startswith("ALBERGUES_")}
    env |= {
        "ALBERGUES_INSTANCIA": app.config["INSTANCIA"],
        "ALBERGUES_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.audit.served_reading"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=env,
    )  # fmt: skip
    one = Served(parent, {"Cookie": f"{cookie.key}={cookie.value}"})
    yield one
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.close()
    parent.wait(20)
    parent.stdout.close()


@pytest.fixture
def pages(app) -> dict[str, str]:
    """Addresses that show the same three persons, or one of them."""
    activacion = make_activacion()
    people = [persona(nombres=f"Ana {n}", apellidos=WORD) for n in range(PEOPLE)]
    body = ingreso(activacion, *people, ocurrido_en=OPENED)
    place = f"/activaciones/{activacion.id}"
    return {
        "lista": f"{place}/personas",
        "persona": f"{place}/personas/{body['personas'][0]['id']}",
        "familia": f"{place}/familias/{body['familia']['id']}",
        "buscar": f"/buscar?q={body['familia']['codigo']}",
    }


def noted() -> dict[UUID, int]:
    """Rows of the log by person, as they stand on the disk."""
    db.session.rollback()
    rows = db.session.execute(select(Lectura.persona_id, func.count()).group_by(Lectura.persona_id))
    return {row[0]: row[1] for row in rows}


def in_background(work: Callable[[], bytes]) -> tuple[threading.Thread, list[bytes]]:
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(work()))
    thread.start()
    return thread, got


def on_sqlite() -> bool:
    """Where each page is killed; which page it was, PostgreSQL does not know."""
    return db.engine.dialect.name == "sqlite"


def test_no_page_shows_a_person_whose_reading_does_not_survive_a_kill(served, pages):
    for stage, survives in (("anotada", False), ("guardada", True), ("lista", True)):
        for page in ("lista", "buscar") if on_sqlite() else ("lista",):
            before = sum(noted().values())
            with served.running(stage) as child:
                thread, got = in_background(lambda page=page: served.ask(pages[page]))
                assert served.said() == stage
                os.kill(child, signal.SIGKILL)
                thread.join(20)
            assert WORD.encode() not in got[0], f"{page} showed a person before «{stage}»"
            assert sum(noted().values()) - before == (PEOPLE if survives else 0), (page, stage)
    for page, path in pages.items():
        before = sum(noted().values())
        with served.running() as child:
            shown = served.ask(path)
            os.kill(child, signal.SIGKILL)
        assert WORD.encode() in shown, page
        assert sum(noted().values()) > before, f"{page} was shown and its reading is not on the disk"
    assert verify(db.session()).intact


def kill_at_random(served: Served, path: str, kills: int) -> None:
    """One reader asks all the time. Of each kill, at most the reading under way is noted and not shown."""
    chance = random.Random(26)
    for _ in range(kills):
        before, shown = noted(), 0
        with served.running() as child:
            shown += WORD.encode() in served.ask(path)
            timer = threading.Timer(chance.uniform(0, 0.4), os.kill, (child, signal.SIGKILL))
            timer.start()
            while body := served.ask(path):
                shown += WORD.encode() in body
            timer.join()
        after = noted()
        for person in after:
            extra = after[person] - before.get(person, 0) - shown
            assert extra in {0, 1}, f"{shown} shown, {shown + extra} noted"
    assert len(noted()) == PEOPLE
    assert verify(db.session()).intact


def test_of_every_kill_at_any_moment_what_was_shown_is_noted(served, pages):
    kill_at_random(served, pages["lista"], 5 if on_sqlite() else 3)


@pytest.mark.largo
def test_of_five_hundred_kills_what_was_shown_is_noted(served, pages):
    kill_at_random(served, pages["lista"], 500)
