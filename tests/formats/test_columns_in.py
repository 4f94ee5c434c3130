"""What each column of a stranger's table is: by our name, by label, by what was said before, by its values."""

from __future__ import annotations

import pytest

from albergues_app.formats import catalogo
from albergues_app.formats.engine import Catalogo, Catalogos, fold
from albergues_app.formats.outputs.columns_in import Taken, known_names, propose, targets
from albergues_app.formats.outputs.xlsx_in import UnreadableWorkbook, read_mapped, read_tables

BOLETA = catalogo.latest("boleta_ingreso")
PLACES = Catalogos(
    {
        "departamento": Catalogo({"14": "Quiché"}),
        "municipio": Catalogo({"1413": "Nebaj, Quiché", "1411": "Cunén, Quiché"}, {"nebaj": ("1413",), "cunen": ("1411",)}),
    }
)  # fmt: skip
PEOPLE = [
    ["2590 91358 1401", "Ana", "mujer", "12/03/1990"],
    ["1775 20348 1413", "Luis", "hombre", "01/11/2020"],
    ["3021 55470 0101", "José", "Hombre", "30/06/1985"],
    ["2414 10823 0904", "Rosa", "mujer", "05/09/2001"],
]


def taken(sheets, **more):
    return {
        m.sheet: {i: (t.path, t.why) for i, t in m.columns.items()} for m in propose(BOLETA, sheets, **more)
    }


def test_values_say_what_a_column_is_where_its_title_does_not():
    grid = [["Documento único", "nombres", "Género de la persona", "Nació el"], *PEOPLE]
    assert taken({"x": grid})["x"] == {
        0: ("personas.cui", "contenido"),
        1: ("personas.nombres", "nombre"),
        2: ("personas.sexo", "contenido"),
        3: ("personas.fecha_nacimiento", "contenido"),
    }


def test_names_of_municipalities_are_known_by_the_catalogue():
    grid = [
        ["ocurrido_en", "familia", "telefono", "Pueblo de origen"],
        *([["20/11/2026 18:05", 1, "55000134", m] for m in ("Nebaj", "Cunén", "nebaj")]),
    ]
    found = taken({"x": grid}, catalogos=PLACES)["x"]
    assert found[3] == ("municipio_procedencia", "contenido")


def test_a_word_that_a_section_happens_to_share_makes_no_row_of_it():
    grid = [["ocurrido_en", "familia", "telefono", "Lugar"], ["20/11/2026 18:05", 1, "55000134", "Acul"]]
    assert 3 not in taken({"x": grid})["x"]


def test_a_flat_table_needs_no_prefixes():
    grid = [["familia", "ocurrido_en", "nombres", "sexo", "edad"], [1, "20/11/2026 18:05", "Ana", "mujer", 3]]
    assert {p for p, _ in taken({"x": grid})["x"].values()} == {
        "familia", "ocurrido_en", "personas.nombres", "personas.sexo", "personas.edad",
    }  # fmt: skip


def test_values_that_could_be_two_fields_are_left_to_the_person():
    grid = [["familia", "nombres", "a", "b"], *([[n, "Ana", "sí", "no"] for n in range(1, 9)])]
    assert set(taken({"x": grid})["x"]) == {0, 1}


def test_a_table_without_titles_begins_at_its_first_row():
    (one,) = propose(BOLETA, {"x": PEOPLE})
    assert one.first_row == 0
    assert {t.path for t in one.columns.values()} == {
        "personas.cui",
        "personas.sexo",
        "personas.fecha_nacimiento",
    }
    (record,) = read_mapped({"x": PEOPLE}, [one]).records
    assert [p["sexo"] for p in record.raw["personas"]] == ["mujer", "hombre", "Hombre", "mujer"]


def test_what_a_person_said_once_is_said_again_and_may_be_nothing():
    said = {fold("Nombre completo"): "personas.nombres", fold("Sexo"): "", fold("Otra"): "no.existe"}
    (one,) = propose(
        BOLETA, {"x": [["familia", "Nombre completo", "Sexo", "edad"], [1, "Ana", "m", 3]]}, remembered=said
    )
    assert one.columns[1] == Taken("personas.nombres", "recordada")
    assert 2 not in one.columns and one.columns[3].path == "personas.edad"


def test_a_flat_sheet_of_a_workbook_joins_its_rows_and_says_where_its_head_differs():
    grid = [
        ["familia", "comunidad_procedencia", "personas.nombres", "sexo"],
        [1, "Acul", "Ana", "mujer"],
        [1, "Tzalbal", "Luis", "hombre"],
        [2, "Acul", "Juana", "mujer"],
    ]
    filled = read_tables(BOLETA, {"Hoja1": grid, "Notas": [["nada"]]})
    assert [(r.number, len(r.raw["personas"]), r.raw["comunidad_procedencia"]) for r in filled.records] == [
        (1, 2, "Acul"),
        (2, 1, "Acul"),
    ]
    assert [(n.codigo, str(p)) for n, p in filled.notices] == [("cabeza_distinta", "hoja «Hoja1», celda B3")]
    assert str(filled.records[0].locate("personas[1].sexo")) == "hoja «Hoja1», celda D3"


def test_nothing_of_the_format_is_shown_to_the_person_and_refused_to_a_program():
    sheets = {"Hoja1": [["color", "sabor"], ["azul", "dulce"]]}
    (one,) = propose(BOLETA, sheets)
    assert (one.titles, one.columns, one.first_row) == ({0: "color", 1: "sabor"}, {}, 1)
    with pytest.raises(UnreadableWorkbook, match="Ninguna columna"):
        read_tables(BOLETA, sheets)


def test_every_column_of_every_format_may_be_chosen_and_is_recognised_by_its_name():
    for formato in catalogo.all():
        paths = [p for p in targets(formato, formato.at_gate) if p != "familia"]
        (one,) = propose(formato, {"x": [["familia", *paths], [1, *paths]]}, formato.at_gate)
        assert {t.path for t in one.columns.values()} == {"familia", *paths}, formato.code


def test_what_joins_rows_may_be_any_word_and_never_meets_a_number():
    grid = [
        ["familia", "comunidad_procedencia", "personas.nombres"],
        ["A1", "x", "Ana"],
        [1, "y", "Luis"],
        ["a1 ", "x", "Eva"],
        [0, "z", "Rosa"],
        ["", "w", "Juan"],
    ]
    records = read_tables(BOLETA, {"x": grid}).records
    assert [[p["nombres"] for p in r.raw["personas"]] for r in records] == [
        ["Ana", "Eva"],
        ["Luis"],
        ["Rosa"],
        ["Juan"],
    ]
    assert len({r.number for r in records}) == 4


def test_what_lists_of_others_call_the_same_is_known_unless_the_format_says_otherwise():
    grid = [
        ["No. de familia", "Fecha y hora de ingreso", "Nombre completo", "H/M", "Años", "DPI", "No."],
        [1, "20/11/2026 18:05", "Ana Cobo", "M", 34, "", 1],
        [1, "20/11/2026 18:05", "Luis Cobo", "H", 8, "", 2],
    ]
    assert {i: p for i, (p, _why) in taken({"x": grid})["x"].items()} == {
        0: "familia", 1: "ocurrido_en", 2: "personas.nombres", 3: "personas.sexo", 4: "personas.edad",
        5: "personas.cui",
    }  # fmt: skip
    assert known_names(catalogo.latest("control_visitas"), "visitas", True).get(fold("Persona")) is None
