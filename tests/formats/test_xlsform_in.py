"""What the telephones sent is read back from ODK Central and Kobo to the same answers and the same errors."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import answers_to_json, validate
from albergues_app.formats.outputs.readers import layout_of
from albergues_app.formats.outputs.xlsform_in import is_submissions, read_submissions
from albergues_app.formats.outputs.xlsform_nodes import Plan
from albergues_app.formats.outputs.xlsx_in import Place, UnreadableWorkbook, read_sheets
from tests.formats.submissions import central_zip, instance_id, kobo_xlsx
from tests.formats.test_xlsform import CODES, cases_of, country


def tables_of(packed: bytes) -> dict[str, list[list[str]]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {
            name.removesuffix(".csv"): list(csv.reader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
            if name.endswith(".csv")
        }


def sendable(formato: Any, given: dict[str, Any]) -> bool:
    """Whether a telephone could send it: its own names only, rows that are rows."""
    known = {k for c in formato.campos for k in c.known_keys if not c.auto} | {
        r.name for r in formato.repetibles
    }
    rows = [row for r in formato.repetibles for row in given.get(r.name) or ()]
    return set(given) <= known and all(isinstance(row, dict) for row in rows)


@pytest.mark.parametrize("door", [central_zip, kobo_xlsx])
@pytest.mark.parametrize("code", CODES)
def test_each_case_has_the_verdict_of_json(code, door, ahora):
    formato = catalogo.latest(code)
    gate = formato.at_gate

    def verdict(raw: Any) -> tuple[list[tuple[str, str]], dict[str, Any]]:
        result = validate(formato, raw, country(), "completo", ahora, gate)
        return sorted((n.campo, n.codigo) for n in result.errors), answers_to_json(result.answers)

    cases = [given for given in cases_of(code) if sendable(formato, given)]
    assert len(cases) >= 4
    content = door(formato, cases)
    sheets = read_sheets(content) if door is kobo_xlsx else tables_of(content)
    layout = layout_of(formato, sheets, gate)
    assert layout is not None and layout.code == "odk"
    filled = layout.read(formato, sheets, gate)
    assert {notice.codigo for notice, _place in filled.notices} <= {"archivos_aparte"}
    assert [record.key for record in filled.records] == [instance_id(n) for n in range(len(cases))]
    for given, record in zip(cases, filled.records, strict=True):
        expected, got = verdict(given), verdict(record.raw)
        apart = {k: (got[1].get(k), v) for k, v in expected[1].items() if got[1].get(k) != v}
        assert got[0] == expected[0]
        assert not apart


INCIDENTE, BOLETA = catalogo.latest("incidente"), catalogo.latest("boleta_ingreso")
HOGAR = {
    "ocurrido_en": "2026-11-20T18:05:00.000-06:00", "necesidades": ["agua", "rampa"],
    "personas": [{"nombres": "Ana", "sexo": "mujer"}, {"nombres": "Luis", "sexo": "hombre"}],
}  # fmt: skip


def read(formato: Any, tables: dict[str, Any]) -> Any:
    assert is_submissions(formato, tables, formato.at_gate)
    return read_submissions(formato, tables, formato.at_gate)


def test_groups_may_be_left_out_and_a_place_is_told_for_each_answer():
    tables = tables_of(central_zip(BOLETA, [HOGAR, HOGAR], groups=False))
    filled = read(BOLETA, tables)
    assert [len(r.raw["personas"]) for r in filled.records] == [2, 2]
    second = filled.records[1]
    assert second.locate("personas[1].nombres") == Place("boleta_ingreso-personas", 5, "A")
    assert second.locate("ocurrido_en").row == 3


def test_several_answers_come_as_words_or_as_a_column_each():
    grid = [["s_x/necesidades/agua", "s_x/necesidades/rampa", "s_x/necesidades/otro", "s_x/necesidades_otro", "_uuid"],
            ["1", "0", 1, "leña", "a-1"], ["True", "", "", "", "a-2"], ["0", "0", "0", "", "a-3"]]  # fmt: skip
    group = next(b.name for b in Plan(BOLETA, True).blocks for n in b.nodes if n.name == "necesidades")
    grid[0] = [title.replace("s_x", group) for title in grid[0]]
    tables = {"main": grid, "personas": [["nombres", "_parent_index"]]}
    assert [r.raw.get("necesidades") for r in read(BOLETA, tables).records] == [
        ["agua", "otro"],
        ["agua"],
        None,
    ]


def test_kobo_and_central_know_the_same_submission_by_the_same_id():
    one = read(BOLETA, tables_of(central_zip(BOLETA, [HOGAR]))).records[0]
    other = read(BOLETA, read_sheets(kobo_xlsx(BOLETA, [HOGAR]))).records[0]
    assert one.key == other.key == instance_id(0)


@pytest.mark.parametrize("left", ["boleta_ingreso", "boleta_ingreso-personas"])
def test_half_a_submission_is_refused_with_what_to_do(left):
    tables = tables_of(central_zip(BOLETA, [HOGAR]))
    with pytest.raises(UnreadableWorkbook, match="completo"):
        read(BOLETA, {name: grid for name, grid in tables.items() if name == left})


def test_what_does_not_fit_is_said_and_nothing_is_lost_in_silence():
    tables = tables_of(central_zip(BOLETA, [HOGAR, HOGAR, HOGAR]))
    main, rows = tables["boleta_ingreso"], tables["boleta_ingreso-personas"]
    main[1][main[0].index("ReviewState")] = "rejected"
    main[3][main[0].index("KEY")] = main[3][main[0].index("meta-instanceID")] = main[2][main[0].index("KEY")]
    main[2][main[0].index("FormVersion")] = "7-0123abcd"
    main[0].append("color_favorito")
    rows.append(["Eva", *[""] * (len(rows[0]) - 1)])
    filled = read(BOLETA, tables)
    assert len(filled.records) == 1
    assert sorted({n.codigo for n, _place in filled.notices}) == [
        "columna_desconocida", "edicion_distinta", "envio_rechazado", "envio_repetido", "fila_sin_familia",
    ]  # fmt: skip


def test_a_question_of_another_edition_is_said_also_within_a_group_of_this_one():
    tables = tables_of(central_zip(BOLETA, [HOGAR]))
    main = tables["boleta_ingreso"]
    group = next(title for title in main[0] if "folio_papel" in title).rpartition("-")[0]
    main[0].append(f"{group}-color_favorito")
    main[1].append("azul")
    filled = read(BOLETA, tables)
    assert [n.mensaje for n, _place in filled.notices] == [
        f"No se reconoce la columna «{group}/color_favorito». No se leyó."
    ]


def test_photographs_that_stay_on_the_other_server_are_said_once():
    formato = catalogo.latest("sci_201")
    plain = {"ocurrido_en": "2026-11-20T07:00:00.000-06:00", "incidente": "Derrumbe"}
    assert read(formato, tables_of(central_zip(formato, [plain]))).notices == []
    filled = read(formato, tables_of(central_zip(formato, [plain | {"croquis": "1700.jpg"}] * 2)))
    assert [notice.codigo for notice, _place in filled.notices] == ["archivos_aparte"]
    assert filled.records[0].raw["croquis"] == "1700.jpg"


def test_our_own_workbook_is_not_taken_for_a_submission():
    from albergues_app.formats.outputs.xlsx import write_workbook

    book = io.BytesIO()
    write_workbook(INCIDENTE, book)
    assert layout_of(INCIDENTE, read_sheets(book.getvalue()), True) is None
    assert layout_of(INCIDENTE, {"a": [["tipo", "gravedad"], ["queja", "leve"]]}, True) is None
    assert layout_of(INCIDENTE, {"a": [], "b": [[]], "c": [[None, 3.5]]}, True) is None
