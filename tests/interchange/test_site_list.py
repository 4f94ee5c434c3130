"""A list becomes sites, dated reports and a tray, and every row is accounted for."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albergues_app.interchange.columns import expected_names, match_columns
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.places import Lugares
from albergues_app.interchange.site_fields import SITE_FIELDS
from albergues_app.interchange.site_list import (
    Destino,
    ReporteLeido,
    classify,
    parse_sites,
    summary,
    warn_of_likeness,
)
from albergues_app.interchange.tables import Hoja, Tabla, open_table, read_table
from albergues_app.interchange.workbook import Marca, strip_marks, write_errors
from tests.interchange.build_files import xlsx
from tests.interchange.shared_data import data

LUGARES = Lugares.official()
HEADER = ["nombre", "municipio", "departamento", "capacidad", "fecha", "personas", "nota"]


def rows_of(*filas, known=(), codes=None, header=HEADER, combinadas=()):
    tabla = Tabla([Hoja("h", [list(header), *map(list, filas)], list(combinadas))], "xlsx")
    read = parse_sites(tabla, match_columns(tabla, SITE_FIELDS), LUGARES)
    classify(read, known, codes)
    return read


def test_the_real_list_loses_no_row():
    path = data("albergues_gt", "albergues_gt_reportados.csv")
    tabla = open_table(path, path.name, expected_names(SITE_FIELDS))
    filas = parse_sites(tabla, match_columns(tabla, SITE_FIELDS), LUGARES)
    classify(filas)
    assert summary(filas) == {
        "filas": 66, "nuevos": 45, "conocidos": 0, "reportes": 13, "por_resolver": 8, "errores": 0,
    }  # fmt: skip
    sites = Counter(f.clave for f in filas if f.clave)
    assert sites[("0501", "instituto simon bergaño y villegas")] == 6
    assert sites.most_common(1)[0][1] == 6
    assert sum(f.reporte.cantidad or 0 for f in filas if f.reporte.unidad == "atenciones") == 1770 + 2617
    assert {f.reporte.unidad for f in filas} == {"personas", "familias", "atenciones", None}
    assert all(
        f.municipio is None and "municipio" in f.motivo for f in filas if f.destino is Destino.POR_RESOLVER
    )
    partial = next(f for f in filas if f.reporte.fecha_texto == "2018-07")
    assert partial.reporte.fecha == date(2018, 7, 1)
    assert [f.numero for f in filas] == list(range(2, 68))
    assert len({f.huella for f in filas}) == 66
    assert all(f.valores["tipo_inmueble"] for f in filas)


def test_the_same_name_in_the_same_municipality_is_one_site():
    filas = rows_of(
        ["Escuela La Unión", "Nebaj", "Quiché", 50, "2020-11-08", 12, ""],
        ["ESCUELA  LA UNION", "Santa María Nebaj", "El Quiché", None, "2020-11-09", 30, ""],
        ["Escuela La Unión", "Chajul", "Quiché", None, "2020-11-09", 7, ""],
    )
    assert [f.destino for f in filas] == [Destino.NUEVO, Destino.REPORTE, Destino.NUEVO]
    assert [f.reporte.cantidad for f in filas] == [12, 30, 7]
    assert filas[0].reporte.unidad == "personas"


def test_known_sites_by_name_and_by_code():
    key = ("1413", "escuela la union")
    filas = rows_of(
        ["Escuela La Unión", "Nebaj", "Quiché", "1413-001"],
        ["Nombre cambiado", "", "", "1413-001"],
        ["Otro sitio", "", "", "1413-077"],
        known={key},
        codes={"1413-001": key},
        header=["nombre", "municipio", "departamento", "código del albergue"],
    )
    assert [f.destino for f in filas] == [Destino.CONOCIDO, Destino.REPORTE, Destino.NUEVO]
    assert filas[2].municipio == "1413"
    assert [a.codigo for a in filas[2].avisos] == ["codigo_nuevo"]


def test_rows_without_municipality_go_to_the_tray_and_are_no_error():
    filas = rows_of(["Iglesia", "", "Escuintla"], ["Salón", "San José", ""], ["Escuela", "Nebaj", "Quiché"])
    assert [f.destino for f in filas] == [Destino.POR_RESOLVER, Destino.POR_RESOLVER, Destino.NUEVO]
    assert filas[0].departamento == "05"
    assert filas[1].candidatos == ("0509", "1702")
    assert filas[0].original == {"nombre": "Iglesia", "departamento": "Escuintla"}


def test_a_missing_name_is_an_error_and_a_blank_row_is_no_row():
    filas = rows_of(["", "Nebaj", "Quiché", 5], [], [None, "  "], ["  . ", "Nebaj", "Quiché"])
    assert [f.numero for f in filas] == [2, 5]
    assert [f.errores[0].codigo for f in filas] == ["nombre_requerido"] * 2
    assert summary(filas)["errores"] == 2


def test_three_measures_stay_apart():
    filas = rows_of(
        ["A", "Nebaj", "Quiché", 10, "personas", "ahora"],
        ["A", "Nebaj", "Quiché", 10, "familias", "desde el inicio"],
        ["A", "Nebaj", "Quiché", 10, "atenciones", "acumuladas"],
        ["A", "Nebaj", "Quiché", 10, "", ""],
        header=["nombre", "municipio", "departamento", "cantidad", "unidad", "nota"],
    )
    assert [f.reporte.unidad for f in filas] == ["personas", "familias", "atenciones", None]
    assert filas[0].reporte == ReporteLeido(cantidad=10, unidad="personas", nota="ahora")
    assert [a.codigo for a in filas[3].avisos] == ["cantidad_sin_unidad"]


def test_merged_cells_hold_for_all_their_rows_but_numbers_do_not():
    filas = rows_of(
        ["A", "Nebaj", "Quiché", 50], ["B", None, None, None], ["C", None, None, 20],
        combinadas=[(1, 1, 3, 1), (1, 2, 3, 2), (1, 3, 2, 3)],
    )  # fmt: skip
    assert [f.municipio for f in filas] == ["1413"] * 3
    assert [f.valores["capacidad"] for f in filas] == [50, None, 20]


def test_the_same_row_twice_is_two_rows_and_the_same_file_twice_is_the_same_rows():
    lines = [["A", "Nebaj", "Quiché", 50], ["A", "Nebaj", "Quiché", 50]]
    first, again = rows_of(*lines), rows_of(*lines)
    assert first[0].huella != first[1].huella
    assert [f.huella for f in first] == [f.huella for f in again]


def test_two_addresses_under_one_name_are_warned_of():
    filas = rows_of(
        ["INEB", "Nebaj", "Quiché", "zona 1"], ["INEB", "Nebaj", "Quiché", "zona 3"],
        header=["nombre", "municipio", "departamento", "dirección"],
    )  # fmt: skip
    assert [a.codigo for a in filas[1].avisos] == ["otra_direccion"]


def test_a_nearly_equal_name_in_the_municipality_is_warned_of_and_not_joined():
    filas = rows_of(
        ["Casa de Restauración", "Nebaj", "Quiché"],
        ["Casa de Restauración Agradecidos", "Nebaj", "Quiché"],
        ["Casa de Restauración", "Chajul", "Quiché"],
        ["Escuela", "Nebaj", "Quiché"],
        ["Instituto Experimental", "Nebaj", "Quiché"],
    )
    warn_of_likeness(filas, {("1413", "instituto esperimental")})
    assert [[a.codigo for a in f.avisos] for f in filas] == [
        [],
        ["nombre_parecido"],
        [],
        [],
        ["nombre_parecido"],
    ]
    assert [f.destino for f in filas] == [Destino.NUEVO] * 5


def test_a_sheet_that_is_not_there_is_said():
    tabla = Tabla([Hoja("h", [["nombre"], ["A"]])], "csv")
    mapeo = replace(match_columns(tabla, SITE_FIELDS), hoja="otra")
    with pytest.raises(ArchivoIlegible, match="no está en el archivo"):
        parse_sites(tabla, mapeo, LUGARES)


def test_another_country_goes_to_the_tray():
    path = data("formularios", "eden_ejemplo_historic_ARC_cr_shelter.csv")
    tabla = open_table(path, path.name)
    filas = parse_sites(tabla, match_columns(tabla, SITE_FIELDS), LUGARES)
    classify(filas)
    assert summary(filas) | {"filas": 7, "por_resolver": 7, "errores": 0} == summary(filas)
    assert filas[0].valores["capacidad"] == 70
    assert filas[0].valores["lat"] is None


def test_the_red_cross_template_is_understood_and_its_instructions_are_no_rows():
    path = data("formularios", "ifrc_plantilla_carga_masiva_unidades.xlsx")
    tabla = open_table(path, path.name)
    mapeo = match_columns(tabla, SITE_FIELDS)
    assert mapeo.columnas["nombre"].encabezado == "Local Unit Name (Local)"
    assert parse_sites(tabla, mapeo, LUGARES) == []


def test_a_form_definition_is_no_list_of_sites():
    path = data("formularios", "xlsform_kobo_ejemplos.xlsx")
    tabla = open_table(path, path.name)
    with pytest.raises(ArchivoIlegible, match="XLSForm"):
        parse_sites(tabla, match_columns(tabla, SITE_FIELDS), LUGARES)


def test_without_a_column_of_names_there_is_no_list():
    with pytest.raises(ArchivoIlegible, match="nombre del albergue"):
        rows_of(["0501", 3], header=["codigo ine", "capacidad"])


def test_a_fixed_value_serves_all_rows():
    tabla = Tabla([Hoja("h", [["nombre", "municipio"], ["A", "Nebaj"], ["B", "Chajul"]])], "csv")
    mapeo = match_columns(tabla, SITE_FIELDS)
    mapeo.fijos["departamento"] = "Quiché"
    assert [f.municipio for f in parse_sites(tabla, mapeo, LUGARES)] == ["1413", "1405"]


def test_the_geojson_of_the_public_layer_is_understood():
    text = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"codigo":"1413-001","nombre":"Escuela",'
        '"tipo":"escuela","oficial":true,"departamento_pcode":"GT14","municipio_pcode":"GT1413","capacidad":80,'
        '"actualizado":"2026-02-02T10:00:00-06:00"},"geometry":{"type":"Point","coordinates":[-91.15,15.4]}}]}'
    )
    tabla = read_table(text.encode(), "capa.geojson")
    [fila] = parse_sites(tabla, match_columns(tabla, SITE_FIELDS), LUGARES)
    assert (fila.municipio, fila.valores["lat"], fila.valores["oficial"], fila.valores["capacidad"]) == (
        "1413",
        15.4,
        True,
        80,
    )
    assert fila.reporte.fecha == date(2026, 2, 2)


CELLS = st.one_of(st.none(), st.text(max_size=20), st.integers(-10, 5000),
                  st.floats(allow_nan=False, allow_infinity=False), st.dates(),
                  st.sampled_from(["Nebaj", "Quiché", "0501", "San José", "Escuela"]))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=12))
def test_every_row_has_one_destination(lines):
    filas = rows_of(*lines)
    counted = summary(filas)
    assert counted["filas"] == sum(v for k, v in counted.items() if k != "filas")
    assert all(m.mensaje.endswith(".") for f in filas for m in f.errores + f.avisos)


# --- the person's own workbook back ----------------------------------------------------------------


def marks(filas, hoja="h"):
    return [Marca(hoja, f.numero, m.mensaje, None) for f in filas for m in f.errores]


def test_the_errors_come_back_beside_their_rows_and_the_corrected_workbook_goes_in_again():
    book = xlsx(
        ("Portada", [["Lista de 2026"]]),
        ("h", [HEADER, ["A", "Nebaj", "Quiché", "muchas"], ["=1+1", "Nebaj", "Quiché", 5, date(2020, 1, 2)]]),
    )
    tabla = read_table(book, "x.xlsx")
    mapeo = match_columns(tabla, SITE_FIELDS)
    filas = parse_sites(tabla, mapeo, LUGARES)
    out = io.BytesIO()
    write_errors(tabla, marks(filas), out, header_rows={"h": 0}, resumen={"Filas": len(filas)})
    back = read_table(out.getvalue(), "x.xlsx")
    assert [h.nombre for h in back.hojas] == ["Revisión", "Portada", "h"]
    assert back.hoja("h").filas[0][-2:] == ["Errores", "Avisos"]
    assert "muchas" in back.hoja("h").filas[1][-1]
    assert back.hoja("h").filas[2][:5] == ["=1+1", "Nebaj", "Quiché", 5, date(2020, 1, 2)]
    assert any(f[:3] == ["h", 2, "Error"] for f in back.hoja("Revisión").filas)
    assert strip_marks(back).hojas == tabla.hojas
    back.hoja("h").filas[1][3] = 30
    corrected = strip_marks(back)
    again = parse_sites(corrected, match_columns(corrected, SITE_FIELDS), LUGARES)
    classify(again)
    assert summary(again)["nuevos"] == 2


LETTERS = st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda c: ord(c) & 0xFFFE != 0xFFFE)
"""All that a file can hold: the numbers that Unicode promises to be none are not kept."""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(LETTERS, min_size=1, max_size=40),
        min_size=1,
        max_size=8,
    )
)
def test_text_comes_back_as_the_same_text(texts):
    tabla = Tabla([Hoja("h", [["nombre"], *([t] for t in texts)])], "csv")
    out = io.BytesIO()
    write_errors(tabla, [Marca("h", 2, "Error.", 0)], out, header_rows={"h": 0})
    back = read_table(out.getvalue(), "x.xlsx").hoja("h").filas
    assert [f[0].strip() if f and isinstance(f[0], str) else None for f in back[1:]] == [
        t.strip() or None for t in texts
    ]


def test_merged_cells_come_back_merged():
    filas = [HEADER, ["A", "Nebaj", "Quiché", "muchas"], ["B", None, None, 5]]
    tabla = Tabla([Hoja("h", filas, [(1, 1, 2, 1), (1, 2, 2, 2), (1, 1, 1, 2), (1, 0, 1048575, 0)])], "xlsx")
    out = io.BytesIO()
    write_errors(tabla, [Marca("h", 2, "Error.", 3)], out, header_rows={"h": 0})
    back = strip_marks(read_table(out.getvalue(), "x.xlsx"))
    assert back.hoja("h").filas == [*filas[:2], ["B", None, None, 5]]
    assert {(1, 1, 2, 1), (1, 2, 2, 2)} <= set(back.hoja("h").combinadas)
    assert [f.municipio for f in parse_sites(back, match_columns(back, SITE_FIELDS), LUGARES)] == [
        "1413",
        "1413",
    ]


def test_sheet_names_that_excel_refuses_are_changed():
    names = ["a/b:c", "A/B:C", "x" * 40, "Revisión", "'", "history"]
    tabla = Tabla([Hoja(n, [["v"]]) for n in names], "ods")
    out = io.BytesIO()
    write_errors(tabla, [], out)
    assert len(read_table(out.getvalue(), "x.xlsx").hojas) == 7


def test_ten_thousand_dangerous_texts_make_no_formula():
    starts = ["=", "+", "-", "@", "\t=", "\r=", " ="]
    texts = [f"{starts[n % 7]}cmd|' /C calc'!A{n}" for n in range(10_000)]
    tabla = Tabla([Hoja("h", [["nombre"], *([t] for t in texts)])], "csv")
    out = io.BytesIO()
    write_errors(tabla, [], out)
    with zipfile.ZipFile(out) as book:
        sheets = [book.read(n) for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 2
    assert not any(b"<f>" in s or b"<f " in s for s in sheets)
