"""`albergues formato`: list, blank, filled, and filled files read with the three exit codes."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from albergues_app.capturas.batch import Guardado, save_batch
from albergues_app.capturas.places import lugar_of_activacion
from albergues_app.core.db import db
from albergues_app.formats import catalogo
from albergues_app.formats.outputs.flat_in import UnreadableWorkbook, read_any
from albergues_app.formats.outputs.xlsx_in import check_filled, read_sheets
from albergues_app.ocupacion.format_catalogs import format_catalogos
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_activacion
from tests.factories.cuentas import SISTEMA
from tests.formats.cases_operacion import CASES

HOGARES = (
    "familia;ocurrido_en;comunidad_procedencia;personas.nombres;personas.apellidos;personas.sexo;personas.edad;personas.edad_unidad\n"
    "1;19/11/2026 18:05;Acul;Ana;Brito;mujer;30;anios\n"
    "1;19/11/2026 18:05;Acul;Luis;Brito;hombre;4;anios\n"
    "2;19/11/2026 19:10;Tzalbal;Juana;Cobo;mujer;61;anios\n"
)


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_list_names_every_format(albergues):  # noqa: F811
    done = albergues("formato", "lista")
    assert done.exit_code == 0
    assert {line.split()[0] for line in done.stdout.splitlines()} == {f.code for f in catalogo.all()}


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_blank_and_filled_are_written_by_the_name_of_the_file(albergues, tmp_path):  # noqa: F811
    def said(*words):
        return albergues("formato", *map(str, words))

    assert said("blanco", "incidente", tmp_path / "a.pdf").exit_code == 0
    assert len(PdfReader(BytesIO((tmp_path / "a.pdf").read_bytes())).pages) >= 1
    (tmp_path / "d.json").write_text(json.dumps(CASES["incidente"][0][0]), encoding="utf-8")
    assert said("llenar", "incidente", tmp_path / "d.json", tmp_path / "b.xlsx").exit_code == 0
    good = said("leer", "incidente", tmp_path / "b.xlsx")
    assert (good.exit_code, json.loads(good.stdout.splitlines()[-1])["con_errores"]) == (0, 0), good.output
    (tmp_path / "e.json").write_text('{"ocurrido_en": "ayer"}', encoding="utf-8")
    bad = said("leer", "incidente", tmp_path / "e.json")
    assert bad.exit_code == 1 and "No se guardó nada" in bad.stdout
    (tmp_path / "f.json").write_text("no", encoding="utf-8")
    unreadable = said("leer", "incidente", tmp_path / "f.json")
    assert unreadable.exit_code == 2 and "Error:" in unreadable.output
    assert said("blanco", "no_existe", tmp_path / "a.pdf").exit_code == 1
    assert said("blanco", "incidente", tmp_path / "odk.xlsx", "--odk").exit_code == 0
    assert {"survey", "choices", "settings"} <= read_sheets(tmp_path / "odk.xlsx").keys()
    assert said("blanco", "incidente", tmp_path / "odk.pdf", "--odk").exit_code == 2


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_fillable_pdf_is_written_filled_and_read(albergues, tmp_path):  # noqa: F811
    def said(*words):
        return albergues("formato", *map(str, words))

    blank, after = tmp_path / "a.pdf", tmp_path / "c.pdf"
    assert said("blanco", "incidente", blank, "--llenable").exit_code == 0
    assert PdfReader(BytesIO(blank.read_bytes())).get_fields()["_formato"]["/V"] == "incidente"
    nobody = said("leer", "incidente", blank)
    assert nobody.exit_code == 2 and "no tiene filas llenas" in nobody.output
    (tmp_path / "d.json").write_text(json.dumps(CASES["incidente"][0][0]), encoding="utf-8")
    assert said("llenar", "incidente", tmp_path / "d.json", tmp_path / "b.pdf", "--llenable").exit_code == 0
    good = said("leer", "incidente", tmp_path / "b.pdf")
    assert (good.exit_code, json.loads(good.stdout.splitlines()[-1])["filas"]) == (0, 1), good.output
    other = said("leer", "kardex", tmp_path / "b.pdf")
    assert other.exit_code == 2 and "formato «incidente»" in other.output
    assert said("blanco", "boleta_ingreso", after, "--llenable", "--hoja", 2).exit_code == 0
    alone = said("leer", "boleta_ingreso", after)
    assert alone.exit_code == 2 and "continuación" in alone.output
    assert said("blanco", "incidente", after, "--llenable", "--hojas", 2).exit_code == 2


def test_households_of_a_flat_table_enter_once(app):
    here, formato = make_activacion(), catalogo.latest("boleta_ingreso")
    lugar = lugar_of_activacion(here.id)
    filled = read_any(formato, HOGARES.encode("cp1252"), "hogares.csv")
    checked = check_filled(formato, filled, format_catalogos())
    assert [len(r.answers["personas"]) for _record, r in checked] == [2, 1]
    assert all(result.ok for _record, result in checked), [r.errors for _x, r in checked]
    results = [result for _record, result in checked]
    assert save_batch(formato, lugar, results, SISTEMA) == Guardado(2, 0, 3)
    assert save_batch(formato, lugar, results, SISTEMA) == Guardado(0, 2)
    inside = db.session.scalar(text("SELECT count(*) FROM estancia WHERE egreso_en IS NULL"))
    assert inside == 3


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_other_formats_of_a_file_are_kept_once(app):
    here, formato = make_activacion(), catalogo.latest("incidente")
    content = json.dumps([CASES["incidente"][0][0], CASES["incidente"][1][0]]).encode()
    filled = read_any(formato, content, "x.json")
    checked = check_filled(formato, filled, format_catalogos())
    lugar = lugar_of_activacion(here.id)
    results = [result for _record, result in checked]
    assert save_batch(formato, lugar, results, SISTEMA) == Guardado(2, 0)
    assert save_batch(formato, lugar, results, SISTEMA) == Guardado(0, 2)
    assert db.session.scalar(text("SELECT count(*) FROM registro")) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b""),
        ("x.csv", b"\x00\x01"),
        ("x.csv", b"a;b\n1;2\n"),
        ("x.json", b"[1, 2]"),
        ("x.json", b"\xff"),
        ("x.xlsx", b"PK"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(name, content):
    with pytest.raises(UnreadableWorkbook) as said:
        read_any(catalogo.latest("incidente"), content, name)
    assert str(said.value).endswith(".")
