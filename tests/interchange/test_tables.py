"""Every kind of table is read to the same values; dress, encoding and separator do not matter."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from albergues_app.interchange.columns import expected_names
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.site_fields import SITE_FIELDS
from albergues_app.interchange.tables import from_plain, open_table, read_table, to_plain
from tests.interchange.build_files import ods, raw_xlsx, xlsx
from tests.interchange.shared_data import data

HEADER = ["nombre", "municipio", "departamento", "capacidad"]
EXPECTED = expected_names(SITE_FIELDS)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
SPANISH = "abcdefghijklmnñopqrstuvwxyzáéíóúüÁÉÍÓÚÜÑ ABC0123456789.,;|:'\"()-_¿?¡!«»°/\n"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
def test_csv_of_any_separator_and_encoding_gives_the_same_rows(encoding, separator, newline):
    rows = [HEADER, ["Escuela «Niño Jesús», anexo; jornada|doble", "Sansare", "El Progreso", "120"]]
    rows.append(['Salón "La Unión"', "San José Poaquil", "Chimaltenango", ""])
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=newline).writerows(rows)
    tabla = read_table(out.getvalue().encode(encoding), "lista.csv", EXPECTED)
    assert tabla.tipo == "csv"
    assert tabla.hojas[0].filas == [rows[0], rows[1], rows[2][:3]]


def is_utf8(content):
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text(SPANISH, min_size=1, max_size=30), min_size=4, max_size=4), min_size=1, max_size=6
    ),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"]),
)
def test_csv_round_trip(rows, separator, encoding):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([HEADER, *rows])
    content = out.getvalue().encode(encoding)
    if encoding in ("latin-1", "cp1252"):
        assume(content.isascii() or not is_utf8(content))  # «É¡» in Latin-1 is also a letter of UTF-8
    tabla = read_table(content, "lista.csv", EXPECTED)
    assert tabla.hojas[0].filas == [HEADER, *rows]


def test_the_separator_is_found_without_known_titles_and_with_decimal_commas():
    text = (
        "LISTADO GENERAL\nclave;lugar;norte;oeste;cupo\n"
        "1;Aldea Uno;14,5;-90,1;30\n2;Aldea Dos;14,6;-90,2;40\n"
    )
    filas = read_table(text.encode(), "x.csv").hojas[0].filas
    assert filas[2] == ["1", "Aldea Uno", "14,5", "-90,1", "30"]


def test_excels_own_separator_line_is_obeyed_and_keeps_row_numbers():
    filas = read_table(b"sep=|\r\nnombre|nota\r\nA|b,c;d\r\n", "x.csv").hojas[0].filas
    assert filas == [[], ["nombre", "nota"], ["A", "b,c;d"]]


def test_a_quote_that_is_never_closed_is_said_and_not_swallowed():
    with pytest.raises(ArchivoIlegible, match="comillas"):
        read_table(b'nombre,nota\n"Escuela,x\nIglesia,y\n', "x.csv")


def test_a_quote_in_the_middle_of_a_cell_is_text():
    assert (
        read_table(b'nombre,nota\nEscuela "La Paz" 2,x\n', "x.csv").hojas[0].filas[1][0]
        == 'Escuela "La Paz" 2'
    )


def test_a_workbook_keeps_values_dates_and_sheets():
    book = xlsx(
        ("uno", [["nombre", "fecha", "n"], ["Á", date(2018, 6, 10), 701.0]]),
        ("dos", [[1.5, True, None, "0501"]]),
    )
    tabla = open_table(book, "nombre-falso.csv")
    assert tabla.tipo == "xlsx"
    assert tabla.hoja("uno").filas == [["nombre", "fecha", "n"], ["Á", date(2018, 6, 10), 701]]
    assert tabla.hoja("dos").filas == [[1.5, True, None, "0501"]]


def test_a_formula_is_neither_run_nor_kept():
    sheet = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>HYPERLINK("http://x")</f><v>visto</v></c>'
        '<c r="C1"><f>WEBSERVICE("http://x")</f></c><c r="D1" t="e"><f>NA()</f><v>#N/A</v></c>'
        '<c r="E1" t="inlineStr"><is><t>=2+5</t></is></c></row></sheetData></worksheet>'
    )
    tabla = open_table(raw_xlsx(sheet), "f.xlsx")
    assert tabla.hojas[0].filas == [[2, "visto", None, None, "=2+5"]]
    assert any("error de fórmula" in aviso for aviso in tabla.avisos)


def test_an_ods_sheet_is_read_with_its_repeated_cells_and_dates():
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = (
        f"<table:table-row>{cell.format('nombre')}{cell.format('fecha')}{cell.format('n')}</table:table-row>"
        f"<table:table-row>{cell.format('Escuela Ñ')}"
        '<table:table-cell office:value-type="date" office:date-value="2018-06-10"><text:p>10/06/18</text:p>'
        '</table:table-cell><table:table-cell office:value-type="float" office:value="5" '
        'table:formula="of:=2+3"><text:p>5</text:p></table:table-cell></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'table:number-columns-repeated="1024"/></table:table-row>'
    )
    tabla = open_table(ods(rows), "x.xlsx")
    assert tabla.tipo == "ods"
    assert tabla.hojas[0].filas == [["nombre", "fecha", "n"], ["Escuela Ñ", date(2018, 6, 10), 5]]


def test_geojson_points_become_rows_with_lat_and_lon():
    features = [
        {"type": "Feature", "properties": {"nombre": "Á", "n": 3, "lat": "x"},
         "geometry": {"type": "Point", "coordinates": [-90.5, 14.6]}},
        {"type": "Feature", "properties": {"nombre": "B", "extra": [1]}, "geometry": None},
    ]  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": features})
    tabla = open_table(text.encode(), "x.geojson")
    assert tabla.hojas[0].filas == [
        ["nombre", "n", "lat (propiedad)", "extra", "lat", "lon"],
        ["Á", 3, "x", None, 14.6, -90.5],
        ["B", None, None, "[1]"],
    ]
    assert "sin coordenadas" in tabla.avisos[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vacío"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n....", "imagen"),
        (b"\x1f\x8b\x08 datos", "comprimido"),
        (b"<html><table><tr><td>nombre</td></tr></table>", "página web"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "XML"),
        (b"\x00\x01\x02\x03" * 100, "no es una tabla"),
        (b'{"type": "Topology"}', "GeoJSON"),
        (b'{"type": "FeatureCollection", "features": [', "mal formado"),
        (
            b'{"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:32615"}}, "features": []}',
            "WGS84",
        ),
        (b"[" * 100_000, "mal formado"),
        (b"PK\x03\x04 roto", "dañado"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 roto", "dañado"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(content, said):
    with pytest.raises(ArchivoIlegible, match=said) as refused:
        open_table(content, "lista.xlsx")
    assert refused.value.mensaje.endswith(".")


def test_a_table_survives_the_pipe():
    book = xlsx(("h", [["a", 1, 2.5, date(2020, 1, 2), datetime(2020, 1, 2, 3, 4), False, None, "z"]]))  # noqa: DTZ001
    tabla = read_table(book, "x.xlsx")
    assert from_plain(json.loads(json.dumps(to_plain(tabla)))) == tabla


def test_naughty_strings_survive_as_text_in_every_kind():
    naughty = [
        s
        for s in json.loads(data("hostiles", "blns.json").read_text(encoding="utf-8"))
        if s and "\0" not in s
    ]
    naughty += data("hostiles", "csv_inyeccion_basica.txt").read_text(encoding="utf-8").splitlines()
    out = io.StringIO()
    csv.writer(out).writerows([["nombre", "nota"], *([s, "fin"] for s in naughty)])
    from_csv = open_table(out.getvalue().encode("utf-8"), "x.csv").hojas[0].filas
    assert [f[0] for f in from_csv[1:]] == naughty
    from_xlsx = (
        open_table(xlsx(("h", [["nombre", "nota"], *([s, "fin"] for s in naughty)])), "x.xlsx").hojas[0].filas
    )
    blank = [
        s
        for s, f in zip(naughty, from_xlsx[1:], strict=True)
        if f[0] != s and (f[0] or "").strip() != s.strip()
    ]
    assert [
        s for s in blank if not any(ord(c) < 32 or 0xFFFE <= ord(c) <= 0xFFFF or c == "\r" for c in s)
    ] == []
