"""The workbook: no formula, nothing lost, recognised without our names, and errors written beside the row."""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO

import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from albergues_app.formats import catalogo
from albergues_app.formats.engine import clean
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.formats.outputs.xlsx_errors import SUMMARY_SHEET, findings_of, write_errors
from albergues_app.formats.outputs.xlsx_in import (
    UnreadableWorkbook,
    check_filled,
    read_filled,
    read_sheets,
)

BOLETA = catalogo.get("boleta_ingreso")
PERSONA = {"nombres": "Ana", "sexo": "mujer", "edad": 30, "edad_unidad": "anios"}
PAYLOADS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("x")',
    "=cmd|' /C calc'!A0",
    "{=1}",
    "==",
    "-",
]


def workbook(records, **options) -> bytes:
    target = BytesIO()
    write_workbook(BOLETA, target, None, records, **options)
    return target.getvalue()


def formula_cells(content: bytes) -> list[str]:
    with zipfile.ZipFile(BytesIO(content)) as package:
        sheets = [n for n in package.namelist() if n.startswith("xl/worksheets/")]
        return [
            f"{n}: {m}" for n in sheets for m in re.findall(r"<c [^>]*><f.*?</c>", package.read(n).decode())
        ]


def record_with(text: str) -> dict[str, object]:
    row = {"nombres": text, "apellidos": text, "descripcion": text, "conocido_como": text}
    return {
        "ayuda_recibida": text,
        "motivo": "otro",
        "motivo_otro": text,
        "custodia": text,
        "personas": [row],
    }


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_a_formula(payload):
    content = workbook([record_with(payload)])
    assert formula_cells(content) == []
    record = read_filled(BOLETA, content).records[0]
    assert clean(record.raw["motivo_otro"]) == clean(payload)


def test_hostile_strings_are_kept_as_text_and_never_as_formulas(hostiles):
    strings = json.loads((hostiles / "blns.json").read_text(encoding="utf-8"))
    strings += (hostiles / "csv_inyeccion_basica.txt").read_text(encoding="utf-8").splitlines()
    records = [record_with(text) for text in strings]
    content = workbook(records)
    assert formula_cells(content) == []
    read = {r.number: r.raw for r in read_filled(BOLETA, content).records}
    for number, text in enumerate(strings, start=1):
        assert clean(str(read[number].get("motivo_otro", ""))) == clean(text)
    errors = BytesIO()
    filled = read_filled(BOLETA, content)
    write_errors(content, errors, findings_of(filled, check_filled(BOLETA, filled)))
    assert formula_cells(errors.getvalue()) == []


def test_odd_workbooks_are_refused_with_a_sentence_or_read(hostiles):
    for path in sorted((hostiles / "hojas").iterdir()):
        try:
            read_filled(BOLETA, path)
        except UnreadableWorkbook as problem:
            assert str(problem).endswith("."), path.name


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(max_size=80), min_size=1, max_size=20))
@example(["_x0041_", "_x000D_", "a_x005F_", " hola ", "línea\nnueva", "\x00\x1f", "￾", "🌋 Fuego"])
def test_any_text_comes_back_equal_after_nfc(texts):
    records = [{"ayuda_recibida": clean(text, lines=True), "custodia": "x"} for text in texts]
    filled = read_filled(BOLETA, workbook(records))
    for text, record in zip(texts, filled.records, strict=True):
        assert str(record.raw.get("ayuda_recibida", "")) == clean(text, lines=True)


def test_columns_are_recognised_by_label_without_our_names():
    target = BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet("Hoja 1")
    for column, text in enumerate(
        ("FAMILIA", "fecha y hora de ingreso *", "MOTIVO DEL INGRESO", "Color favorito")
    ):
        sheet.write_string(2, column, text)
    for column, value in enumerate((7, "20/11/2026 18:05", "frio", "azul")):
        sheet.write(3, column, value)
    people = book.add_worksheet("personas")
    for column, text in enumerate(("familia", "NOMBRES", "Sexo", "edad", "Unidad", "Parentesco")):
        people.write_string(0, column, text)
    for column, value in enumerate((7, "José", "H", 4, "m", "hijo/a")):
        people.write(1, column, value)
    book.close()
    filled = read_filled(BOLETA, target.getvalue())
    assert [n.codigo for n, _ in filled.notices] == ["columna_desconocida"]
    ((record, result),) = check_filled(BOLETA, filled)
    assert result.ok, result.errors
    assert result.answers["motivo"] == "frio"
    assert result.answers["personas"] == [
        {"nombres": "José", "sexo": "hombre", "edad": 4, "edad_unidad": "meses", "parentesco": "hijo"}
    ]
    assert str(record.locate("personas[0].edad")) == "hoja «personas», celda D2"


def test_rows_without_their_familia_are_said_with_their_cell():
    first = {"ocurrido_en": "20/11/2026 18:05", "personas": [PERSONA]}
    content = workbook([first, first])
    sheets = read_sheets(content)
    rows = [list(row) for row in sheets["Personas"]]
    rows[4][0] = 9.0
    target = BytesIO()
    book = xlsxwriter.Workbook(target)
    for name, grid in (sheets | {"Personas": rows}).items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(grid):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
    book.close()
    filled = read_filled(BOLETA, target.getvalue())
    assert [(n.codigo, str(p)) for n, p in filled.notices] == [
        ("fila_sin_familia", "hoja «Personas», celda A5")
    ]


def test_errors_come_back_beside_each_row_and_the_corrected_file_can_be_loaded():
    good = {"ocurrido_en": "20/11/2026 18:05", "telefono": "55000134", "personas": [PERSONA]}
    bad = good | {"telefono": "12", "personas": [PERSONA, PERSONA | {"edad": 400}]}
    content = workbook([good, bad])
    filled = read_filled(BOLETA, content)
    findings = findings_of(filled, check_filled(BOLETA, filled))
    target = BytesIO()
    write_errors(content, target, findings)
    sheets = read_sheets(target.getvalue())
    assert next(iter(sheets)) == SUMMARY_SHEET
    assert sheets["Familias"][4][-1].startswith("Escriba los 8 dígitos")
    assert sheets["Familias"][3][-1] == ""
    assert "0 a 130" in sheets["Personas"][5][-1]
    again = read_filled(BOLETA, target.getvalue())
    assert again.notices == []
    assert [record.raw for record in again.records] == [record.raw for record in filled.records]


@pytest.mark.parametrize("content", [b"", b"hola", b"PK\x03\x04roto", b"a;b\n1;2\n"])
def test_what_is_not_a_workbook_is_refused_with_what_to_do(content):
    with pytest.raises(UnreadableWorkbook, match=r"Guárdelo|Divídalo"):
        read_filled(BOLETA, content)


def test_a_bomb_is_refused_before_it_is_opened():
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "x")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 90_000_000)
    with pytest.raises(UnreadableWorkbook, match="demasiado grande"):
        read_filled(BOLETA, target.getvalue())


def test_headings_are_locked_cells_are_open_and_lists_drop_down(catalogos):
    target = BytesIO()
    write_workbook(BOLETA, target, catalogos)
    with zipfile.ZipFile(target) as package:
        main = package.read("xl/worksheets/sheet2.xml").decode()
        book = package.read("xl/workbook.xml").decode()
    assert "sheetProtection" in main
    assert 'type="list"' in main and 'type="whole"' in main
    assert re.search(r'name="_listas"[^>]*state="hidden"', book)
    assert re.search(r'<row r="1"[^>]*hidden="1"', main)
