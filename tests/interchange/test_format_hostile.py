"""Hostile files through the page and the terminal of filled formats: refused with a sentence or read right, in time."""

from __future__ import annotations

import threading
import time
from io import BytesIO

import pytest

from albergues_app.capturas.places import Lugar
from albergues_app.formats import catalogo
from albergues_app.interchange import format_import as imports
from albergues_app.interchange import sandbox
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.format_files import open_file
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_activacion, make_albergue
from tests.interchange.format_browser import FormatBrowser
from tests.interchange.shared_data import data
from tests.interchange.test_hostile import BOMBS, TRICKS, rss_kb

# One database is enough: a child reads the files without any database.
pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

INCIDENTE = catalogo.latest("incidente")
FEW = ("ratio above 100", "csv of four million rows", "json 100,000 deep", "XXE in the sheet", "macros in xlsx", "zip slip",
       "pdf with a workbook behind", "cut at 60 %")  # fmt: skip


def judged(content, name):
    """What the page and the terminal do with a file before anything is written; the sentence where it is refused."""
    try:
        plain = imports.read_content(INCIDENTE, content, name, True)
        lectura = imports.understand(INCIDENTE, plain, True)
        imports.propose_columns(INCIDENTE, lectura, True)
    except ArchivoIlegible as refused:
        return refused.mensaje
    return None


def in_time(content, name):
    before, start = rss_kb(), time.monotonic()
    said = judged(content, name)
    assert time.monotonic() - start <= sandbox.WALL_S + 1
    assert rss_kb() - before <= 60_000
    assert said is None or (said.endswith(".") and "Traceback" not in said), name
    return said


@pytest.mark.parametrize("name", FEW)
def test_a_hostile_file_is_refused_in_time(app, name):
    assert in_time((BOMBS | TRICKS)[name](), "lleno.xlsx")


@pytest.mark.largo
@pytest.mark.parametrize("name", [n for n in (*BOMBS, *TRICKS) if n not in FEW])
def test_every_other_one_is_too(app, name):
    content = (BOMBS | TRICKS)[name]()
    said = in_time(content, "lleno.xlsx")
    # A bundle of tables is what ODK Central sends, and an object is a record: these two are read.
    assert said or content.lstrip()[:1] == b"{" or name == "plain zip", name


def files():
    return [p for p in sorted(data("hostiles").rglob("*")) if p.is_file()]


def test_the_corpus_of_other_projects_is_read_or_refused(app):
    chosen = files()
    assert len(chosen) >= 30
    for path in chosen[::6]:
        in_time(path.read_bytes(), path.name)


@pytest.mark.largo
def test_all_of_it_through_the_page_and_the_terminal_while_the_server_serves(app, entra, albergues, tmp_path):  # noqa: F811
    here = make_activacion(make_albergue())
    person_at = FormatBrowser(entra("albergue", municipio="1413"), "incidente", activacion=here.id)
    slow, stop = [], threading.Event()

    def others():
        client = app.test_client()
        while not stop.is_set():
            start = time.monotonic()
            assert client.get("/salud/vivo").status_code == 200
            slow.append(time.monotonic() - start)
            time.sleep(0.05)

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for path in files():
            start = time.monotonic()
            answer = person_at.upload(path.read_bytes(), path.name)
            assert answer.status_code in {303, 422}, (path.name, answer.status)
            assert time.monotonic() - start <= sandbox.WALL_S + 1, path.name
            done = albergues("formato", "leer", "incidente", str(path))
            assert done.exit_code in {0, 1, 2}, (path.name, done.output)
            assert "Traceback" not in done.output
    finally:
        stop.set()
        thread.join()
    assert slow and max(slow) < 3


def test_a_few_through_the_page_and_the_terminal(app, entra, albergues, tmp_path):  # noqa: F811
    here = make_activacion(make_albergue())
    person_at = FormatBrowser(entra("albergue", municipio="1413"), "incidente", activacion=here.id)
    for name in ("XXE in the sheet", "cut at 60 %", "random bytes"):
        content = TRICKS[name]()
        answer = person_at.upload(content)
        assert answer.status_code == 422 and "que corregir" in answer.text, name
        path = tmp_path / "x.xlsx"
        path.write_bytes(content)
        done = albergues("formato", "leer", "incidente", str(path))
        assert done.exit_code == 2 and done.output.startswith("Error: "), done.output


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", '=HYPERLINK("http://x.invalid")']


def test_what_looks_like_a_formula_is_text_in_and_text_out(app):
    from zipfile import ZipFile

    quoted = [f.replace('"', '""') for f in FORMULAS]
    rows = "".join(f'"{text}";Ana;x\n' for text in quoted)
    table = f"comunidad_procedencia;personas.nombres;personas.sexo\n{rows}"
    boleta = catalogo.latest("boleta_ingreso")
    plain = open_file(boleta, table.encode(), "x.csv", True)
    lectura = imports.understand(boleta, plain, True)
    maps = imports.propose_columns(boleta, lectura, True)
    ensayo = imports.rehearse(imports.Encargo(boleta, Lugar("", "", ""), True), lectura, maps)
    assert [record.raw["comunidad_procedencia"].strip() for record, _r in ensayo.leidos] == [
        f.strip() for f in FORMULAS
    ]
    with ZipFile(BytesIO(imports.errors_workbook(lectura, ensayo, maps))) as book:
        assert all(b"<f>" not in book.read(name) for name in book.namelist() if "sheet" in name)


def test_a_table_of_a_thousand_columns_does_not_keep_the_server(app):
    table = ";".join(f"c{n}" for n in range(990)) + "\n" + (";".join(["mujer"] * 990) + "\n") * 12
    start = time.thread_time()
    assert judged(table.encode(), "x.csv") is None
    assert time.thread_time() - start < 5
