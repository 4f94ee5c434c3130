"""The child: bounded memory and time, no secrets, nothing loaded that it does not need."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from albergues_app.interchange.errors import DAMAGED, TOO_HEAVY, ArchivoIlegible
from albergues_app.interchange.sandbox import run_limited
from albergues_app.interchange.tables import open_table

READERS = "tests.interchange.bad_readers"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")


@linux
def test_memory_beyond_the_limit_is_refused():
    with pytest.raises(ArchivoIlegible) as refused:
        run_limited(f"{READERS}:eat_memory")
    assert refused.value.mensaje == TOO_HEAVY


def test_a_reader_that_never_ends_is_ended():
    start = time.monotonic()
    with pytest.raises(ArchivoIlegible) as refused:
        run_limited(f"{READERS}:burn", wall_s=1)
    assert refused.value.mensaje == TOO_HEAVY
    assert time.monotonic() - start < 30, "it burns for ever"


def test_a_crash_is_a_sentence():
    with pytest.raises(ArchivoIlegible) as refused:
        run_limited(f"{READERS}:crash")
    assert refused.value.mensaje == TOO_HEAVY


def test_an_unforeseen_error_is_a_sentence_without_its_details():
    with pytest.raises(ArchivoIlegible) as refused:
        run_limited(f"{READERS}:fail")
    assert refused.value.mensaje == DAMAGED


@linux
def test_the_child_writes_no_file(tmp_path):
    target = tmp_path / "x"
    with pytest.raises(ArchivoIlegible):
        run_limited(f"{READERS}:write_file", str(target))
    assert not target.exists() or target.stat().st_size == 0


def test_the_child_loads_neither_flask_nor_geopandas_and_sees_no_secret(monkeypatch):
    monkeypatch.setenv("ALBERGUES_SECRET_KEY", "s" * 40)
    assert not any(run_limited(f"{READERS}:what_is_loaded").values())
    assert "ALBERGUES_SECRET_KEY" not in run_limited(f"{READERS}:environment")


def test_what_a_library_prints_is_no_answer():
    assert run_limited(f"{READERS}:chatter") == "la respuesta"


def test_eight_readers_at_once_all_answer():
    with ThreadPoolExecutor(8) as pool:
        tables = list(pool.map(lambda n: open_table(f"nombre\nEscuela {n}\n".encode(), "x.csv"), range(8)))
    assert [t.hojas[0].filas[1][0] for t in tables] == [f"Escuela {n}" for n in range(8)]
