"""Columns are found by name, alias, HXL tag, likeness and content; a person sees why and may correct it."""

from __future__ import annotations

import csv
import json
from datetime import date

import pytest

from albergues_app.interchange.columns import Mapeo, match_columns, other_lists
from albergues_app.interchange.site_fields import SITE_FIELDS
from albergues_app.interchange.tables import Hoja, Tabla
from tests.interchange.shared_data import data


def tabla(*filas, nombre="h"):
    return Tabla([Hoja(nombre, [list(f) for f in filas])], "csv")


def found(mapeo):
    return {campo: a.columna for campo, a in mapeo.columnas.items()}


@pytest.mark.parametrize(
    ("title", "campo"),
    [
        ("NOMBRE DEL ALBERGUE", "nombre"),
        ("Nombre  del\nalbergue", "nombre"),
        ("nombre_del_albergue", "nombre"),
        ("Establecimiento", "nombre"),
        ("Nombre del albérgue", "nombre"),
        ("Cod. Municipio", "codigo_municipio"),
        ("CÓDIGO INE", "codigo_municipio"),
        ("P-code", "pcode_municipio"),
        ("ADM2_PCODE", "pcode_municipio"),
        ("Depto.", "departamento"),
        ("Departamneto", "departamento"),
        ("Muni", "municipio"),
        ("Aforo", "capacidad"),
        ("Capacidad (personas)", "capacidad"),
        ("Tipo de lugar", "tipo_inmueble"),
        ("Observaciones", "nota"),
        ("Dirección exacta", "direccion"),
        ("Aldea o caserío", "lugar_poblado"),
        ("LATITUD", "lat"),
        ("Lng", "lon"),
        ("¿Es oficial?", "oficial"),
        ("Personas albergadas", "cantidad"),
        ("Fecha de corte", "fecha"),
        ("Emergencia", "evento"),
    ],
)
def test_a_title_is_known_in_any_dress(title, campo):
    other = "fila sin nombre conocido"
    mapeo = match_columns(tabla([other, title, "nombre" if campo != "nombre" else "municipio"]), SITE_FIELDS)
    assert found(mapeo)[campo] == 1
    assert mapeo.columnas[campo].confianza >= 60
    assert mapeo.sin_usar == [other]


def test_titles_above_the_header_are_stepped_over():
    mapeo = match_columns(
        tabla(
            ["COORDINADORA DEPARTAMENTAL", None],
            ["Listado de albergues 2026"],
            [],
            ["No.", "Nombre", "Municipio", "Capacidad"],
            [1, "Escuela", "Sololá", 20],
        ),
        SITE_FIELDS,
    )
    assert (mapeo.fila_encabezado, mapeo.primera_fila) == (3, 4)
    assert found(mapeo) == {"nombre": 1, "municipio": 2, "capacidad": 3}


def test_the_sheet_with_the_list_is_chosen_and_a_hidden_one_is_not():
    hojas = [
        Hoja("Portada", [["Albergues"], ["Nombre"]]),
        Hoja("vieja", [["Nombre", "Municipio", "Departamento", "Capacidad"]], oculta=True),
        Hoja("Listado", [["Nombre", "Municipio", "Departamento"], ["A", "Sololá", "Sololá"]]),
    ]
    assert match_columns(Tabla(hojas, "xlsx"), SITE_FIELDS).hoja == "Listado"


def test_hxl_tags_decide_and_are_no_data():
    header = ["A", "B", "C", "D", "E", "F", "G", "H", "I"]
    tags = [
        "#loc+shelter+code", "#loc +shelter +name +i_es", "#loc+building+type", "#status+official",
        "#adm1+code+v_pcode", "#adm2+code+v_pcode", "#geo+lat", "#geo+lon", "#capacity+persons+num",
    ]  # fmt: skip
    mapeo = match_columns(tabla(header, tags, ["", "Escuela"]), SITE_FIELDS)
    expected = [
        "codigo",
        "nombre",
        "tipo_inmueble",
        "oficial",
        "departamento",
        "pcode_municipio",
        "lat",
        "lon",
        "capacidad",
    ]
    assert found(mapeo) == {campo: i for i, campo in enumerate(expected)}
    assert mapeo.primera_fila == 2
    assert {a.por for a in mapeo.columnas.values()} == {"hxl"}


def test_a_tag_row_alone_is_a_header():
    mapeo = match_columns(
        tabla(["#loc+name", "#adm2+name", "#adm1+name"], ["A", "Sololá", "Sololá"]), SITE_FIELDS
    )
    assert (mapeo.primera_fila, found(mapeo)) == (1, {"nombre": 0, "municipio": 1, "departamento": 2})


def test_part_of_a_figure_is_not_the_figure():
    mapeo = match_columns(
        tabla(["#loc+name", "#affected+sheltered+f", "#affected+sheltered"], ["A", 3, 7]), SITE_FIELDS
    )
    assert found(mapeo)["cantidad"] == 2
    assert (
        "cantidad"
        not in match_columns(tabla(["#loc+name", "#affected+sheltered+f"], ["A", 3]), SITE_FIELDS).columnas
    )


def test_untitled_columns_are_known_by_what_they_hold():
    rows = [
        [f"Escuela {n}", "0501", 14.3 + n / 100, -90.7 - n / 100, date(2020, 11, n), "Escuintla"]
        for n in range(1, 9)
    ]
    mapeo = match_columns(tabla(["nombre", "", "", "", "", ""], *rows), SITE_FIELDS)
    assert found(mapeo) == {
        "nombre": 0,
        "codigo_municipio": 1,
        "lat": 2,
        "lon": 3,
        "fecha": 4,
        "departamento": 5,
    }
    assert mapeo.columnas["lat"].por == "contenido"
    assert mapeo.columnas["lat"].confianza <= 60


def test_capacities_and_years_are_not_taken_for_codes():
    rows = [[f"Sitio {n}", n, 2018 + n % 5] for n in (150, 320, 45, 200, 118, 90, 60)]
    assert found(match_columns(tabla(["nombre", "cabida", "gestion"], *rows), SITE_FIELDS)) == {"nombre": 0}


def test_a_person_corrects_the_proposal_and_it_survives_json():
    mapeo = match_columns(tabla(["Centro poblado", "Lugar", "Municipio"], ["A", "B", "C"]), SITE_FIELDS)
    assert "nombre" not in mapeo.columnas
    corrected = mapeo.with_choice("nombre", 1, "Lugar")
    assert found(corrected) == {"nombre": 1, "municipio": 2}
    assert corrected.columnas["nombre"].por == "persona"
    assert Mapeo.from_dict(json.loads(json.dumps(corrected.to_dict()))) == corrected
    assert "municipio" not in corrected.with_choice("municipio", None).columnas


@pytest.mark.parametrize(
    "change",
    [{"primera_fila": -1}, {"fila_encabezado": "1"}, {"columnas": {"nombre": {"columna": -2}}}, {"otra": 1}],
)
def test_a_tampered_mapping_is_refused(change):
    plain = match_columns(tabla(["nombre", "municipio"]), SITE_FIELDS).to_dict()
    with pytest.raises((KeyError, TypeError, ValueError)):
        Mapeo.from_dict(plain | change)


def test_other_sheets_that_look_like_lists_are_named():
    hojas = [Hoja(n, [["Nombre", "Municipio"], ["A", "Nebaj"]]) for n in ("Quiché", "Petén")]
    hojas += [Hoja("Notas", [["Nombre"], ["A"]]), Hoja("vieja", hojas[0].filas, oculta=True)]
    book = Tabla(hojas, "xlsx")
    assert other_lists(book, match_columns(book, SITE_FIELDS), SITE_FIELDS) == ["Petén"]


def test_no_table_at_all_gives_an_empty_proposal():
    assert match_columns(Tabla([], "xlsx"), SITE_FIELDS).columnas == {}
    assert match_columns(tabla(), SITE_FIELDS).columnas == {}


def test_sahanas_shelter_template_is_understood():
    path = data("formularios", "eden_plantilla_cr_shelter.csv")
    header = next(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    mapeo = match_columns(tabla(header), SITE_FIELDS)
    titles = {campo: a.encabezado for campo, a in mapeo.columnas.items()}
    expected = {
        "nombre": "Name", "otros_nombres": "Name L10n:XX", "tipo_inmueble": "Type", "pais": "Country",
        "departamento": "L1", "municipio": "L2", "lugar_poblado": "L3", "direccion": "Address", "lat": "Lat",
        "lon": "Lon", "capacidad": "Capacity Night", "capacidad_dia": "Capacity Day",
        "cantidad": "Population", "nota": "Comments",
    }  # fmt: skip
    assert titles == expected
