"""A series of shelter reports as strangers write it: its dress, its hours, its counts; no database."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.places import Lugares
from albergues_app.interchange.repeticion import Juez
from albergues_app.interchange.serie import Renglon, Serie, read_mapa
from albergues_app.interchange.serie_valores import LectorHora, OrdenFecha, assign_place, read_whole

GUATEMALA, EASTERN = ZoneInfo("America/Guatemala"), ZoneInfo("America/New_York")
SIX_UTC = datetime(2017, 9, 10, 6, tzinfo=UTC)
SIX_LOCAL = datetime(2017, 9, 10, 12, tzinfo=UTC)
"""06:00 of Guatemala, which is six hours behind."""


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2017-09-10T06:00:00Z", SIX_UTC),
        ("2017-09-10 06:00:00+00:00", SIX_UTC),
        ("2017-09-10T00:00:00-06:00", SIX_UTC),
        ("2017-09-10T01:00:00.000-0500", SIX_UTC),
        ("20170910T060000Z", SIX_UTC),
        ("1505023200", SIX_UTC),
        ("1505023200.0", SIX_UTC),
        ("1505023200000", SIX_UTC),
        ("2017-09-10 06:00:00", SIX_LOCAL),
        ("2017-09-10T06:00", SIX_LOCAL),
        ("2017/09/10 6:00", SIX_LOCAL),
        ("10/09/2017 06:00", SIX_LOCAL),
        ("10-09-2017 06:00:00", SIX_LOCAL),
        ("10/9/2017 6:00 a. m.", SIX_LOCAL),
        ("2017-09-10", SIX_UTC),
        ("10/09/17 6:00", SIX_LOCAL),
        ("10/09/2017 02:00 AM EDT", SIX_UTC),
        ("2017-09-10 00:00 CST", SIX_UTC),
        ("10 de septiembre de 2017 06:00", SIX_LOCAL),
        ("domingo, 10 de setiembre del 2017, 6:00 a. m.", SIX_LOCAL),
        ("10-Sep-17 6:00", SIX_LOCAL),
        ("Sun, Sep 10, 2017 6:00 AM", SIX_LOCAL),
        ("September 10th, 2017 12:00 PM UTC", SIX_LOCAL),
        ("10 de brumario de 2017 06:00", None),
        ("17-09-10 6:00", None),
        ("201709100600", SIX_LOCAL),
        ("31/02/2017 06:00", None),
        ("2017-09-10 25:00", None),
        ("ayer", None),
        ("", None),
    ],
)
def test_an_hour_in_any_notation_is_its_instant(text, instant):
    assert LectorHora(GUATEMALA).read(text) == instant


def test_an_hour_without_offset_is_of_the_zone_given_summer_time_included():
    assert LectorHora(EASTERN).read("2017-09-10 02:00") == SIX_UTC  # EDT, four hours behind
    assert LectorHora(EASTERN).read("2017-12-10 01:00") == datetime(2017, 12, 10, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "first_is_month"),
    [
        (["9/10/2017 6:00", "9/13/2017 6:00"], True),
        (["9/10/2017 6:00", "13/9/2017 6:00"], False),
        (["9/10/2017 6:00"], False),
        (["9/13/2017 6:00", "13/9/2017 6:00"], False),
    ],
)
def test_the_file_says_whether_the_month_goes_first(hours, first_is_month):
    orden = OrdenFecha()
    for hora in hours:
        orden.see(hora)
    assert orden.mes_primero is first_is_month


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("1,200", 1200), ("1.200", 1200), ("12.0", 12), ("-3", -3), ("+5", 5), ("12.5", None),
     ("doce", None), ("1,2", None), ("", None), ("1e3", None), ("²", None)],
)  # fmt: skip
def test_a_count_is_a_whole_number_or_nothing(text, number):
    assert read_whole(text) == number


def test_a_place_gets_the_same_municipality_every_time_and_those_of_the_catalogue_their_own():
    lugares = Lugares.official()
    assert assign_place(lugares, "1413", "x").municipio == "1413"
    assert assign_place(lugares, "Nebaj, Quiché", "x").municipio == "1413"
    assert assign_place(lugares, "Nebaj", "x").municipio == "1413"
    assert assign_place(lugares, "San José", "x").municipio == "0509"  # also 1702: the lower code
    far = assign_place(lugares, "Key West", "x")
    assert far.por == "regla" and far.municipio in lugares.municipios
    assert assign_place(lugares, "  KEY   west ", "y") == far
    assert assign_place(lugares, "", "x") != assign_place(lugares, "", "y")


# --- the file ---------------------------------------------------------------------------------------

ROWS = [["2020-11-05 06:00", "A1", "Salón de Panzós", "Panzós", "80", "31", "ABIERTO"]]
TITLES = ["fecha y hora", "código", "nombre del albergue", "municipio", "capacidad", "personas", "estado"]


def written(tmp_path, text, encoding="utf-8"):
    file = tmp_path / "serie.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_and_encoding_is_read_the_same(tmp_path, encoding, separator):
    lines = "\r\n".join(separator.join(r) for r in [TITLES, *ROWS]) + "\r\n\r\n"
    [row] = Serie(written(tmp_path, lines, encoding)).renglones()
    assert row == Renglon(2, *ROWS[0])


@pytest.mark.parametrize(
    "titles",
    [
        "timestamp,shelter_id,shelter_name,city,evacuation_capacity,total_population,shelter_status",
        "TIMESTAMP,SHELTER_ID,SHELTER_NAME,CITY,EVACUATION_CAPACITY,TOTAL_POPULATION,SHELTER_STATUS",
        "hora,id,nombre,lugar,capacidad,personas,estado",
        "Fecha y hora,Código,Albergue,Municipio,Capacidad,Personas albergadas,Estado",
    ],
)
def test_titles_in_english_and_spanish_are_recognised(tmp_path, titles):
    [row] = Serie(written(tmp_path, titles + "\n" + ",".join(ROWS[0]))).renglones()
    assert row == Renglon(2, *ROWS[0])


def test_titles_above_the_header_and_columns_of_others_do_not_matter(tmp_path):
    text = "Reporte nacional,,,\n,,,\nsep,zip,hora,id,personas\nx,02,2020-11-05 06:00,A1,31\n"
    [row] = Serie(written(tmp_path, text)).renglones()
    assert (row.fila, row.hora, row.id, row.personas) == (4, "2020-11-05 06:00", "A1", "31")


def test_the_map_says_which_column_is_which_also_against_the_titles(tmp_path):
    text = "cuando,quien,personas,total\n2020-11-05 06:00,A1,1,31\n"
    mapa = read_mapa('{"hora": "CUANDO", "id": "quien", "personas": "total", "estado": null}')
    [row] = Serie(written(tmp_path, text), mapa).renglones()
    assert (row.hora, row.id, row.personas, row.estado) == ("2020-11-05 06:00", "A1", "31", "")


@pytest.mark.parametrize("text", ["[]", "{", '{"hour": "x"}', '{"hora": 3}'])
def test_a_map_that_is_not_one_is_refused(text):
    with pytest.raises(ArchivoIlegible):
        read_mapa(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "vacío"),
        ("a,b\n1,2\n", "hora"),
        ("hora,id\n2020-11-05 06:00,A1\n", "personas"),
        ("hora,personas\n2020-11-05 06:00,3\n", "código o el nombre"),
        ('hora,id,personas\n2020-11-05,"A1,3\n', "comillas"),
        ("\0\0\1\2", "guárdelo como .csv."),
    ],
)
def test_what_is_no_series_is_said_in_one_sentence(tmp_path, text, told):
    with pytest.raises(ArchivoIlegible, match=told):
        Serie(written(tmp_path, text, "latin-1"))


def test_a_column_of_the_map_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(ArchivoIlegible, match=r"«gente».*hora, id, total"):
        Serie(written(tmp_path, "hora,id,total\n2020-11-05,A1,3\n"), {"personas": "gente"})


# --- the verdict on a row ---------------------------------------------------------------------------

HOUR = datetime(2020, 11, 5, 12, tzinfo=UTC)


def judge(*rows, incremental=False, hour=HOUR, juez=None):
    """The judge after one hour of rows ``(id, personas, capacidad, estado, nombre)``."""
    juez = juez or Juez(UUID(int=7), Lugares.official(), incremental, con_codigo=True)
    found = []
    for number, row in enumerate(rows, 2):
        codigo, personas, capacidad, estado, nombre, *_ = (*row, "", "", "", "")
        found.append(Renglon(number, "h", codigo, nombre, "Panzós", capacidad, personas, estado))
    juez.judge_hour(hour, found)
    return juez


@pytest.mark.parametrize("capacidad", ["", "-1", "0", "unknown", "N/A", "s/d"])
def test_an_unknown_capacity_is_no_reason_to_doubt(capacidad):
    juez = judge(("A", "31", capacidad, "OPEN"))
    assert (juez.aceptadas, juez.dudosas, juez.rechazadas, juez.sin_capacidad) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        (("A", "31", "30", "FULL"), "sobre_capacidad"),
        (("A", "31", "80", "CLOSED"), "cerrado_con_personas"),
        (("A", "31", "80", "Cerrado"), "cerrado_con_personas"),
        (("A", "31", "80", "STANDBY"), "en_espera_con_personas"),
        (("A", "31", "80", "ALERT"), "en_espera_con_personas"),
        (("A", "31", "80", "zzz"), "estado_desconocido"),
        (("A", "31", "muchas", "OPEN"), "capacidad_ilegible"),
        (("A", "31", "-40", "OPEN"), "capacidad_ilegible"),
        (("", "31", "80", "OPEN", "Salón"), "sin_codigo"),
    ],
)
def test_what_cannot_be_right_but_can_be_counted_is_doubted_and_counted(row, doubt):
    juez = judge(row)
    assert dict(juez.dudas) == {doubt: 1}
    assert (juez.aceptadas, juez.dudosas, juez.rechazadas) == (0, 1, 0)
    assert (juez.por_hora[0].albergues, juez.por_hora[0].personas) == (1, 31)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("A", ""), "sin_personas"),
        (("A", "unknown"), "sin_personas"),
        (("A", "-5"), "personas_negativas"),
        (("A", "12.5"), "personas_ilegibles"),
        (("A", "muchas"), "personas_ilegibles"),
        (("A", "1000001"), "personas_imposibles"),
        (("", "31"), "sin_albergue"),
    ],
)
def test_what_cannot_be_counted_is_refused_and_its_shelter_is_not_in_the_picture(row, reason):
    juez = judge(row, ("B", "7"))
    assert dict(juez.rechazos) == {reason: 1}
    assert (juez.filas, juez.aceptadas) == (2, 1)
    assert (juez.por_hora[0].albergues, juez.por_hora[0].personas) == (1, 7)


def test_closed_full_and_standing_by_without_people_are_accepted_as_they_are():
    juez = judge(("A", "0", "80", "CLOSED"), ("B", "80", "80", "FULL"), ("C", "0", "80", "STANDBY"))
    assert (juez.aceptadas, juez.dudosas) == (3, 0)
    assert (juez.por_hora[0].albergues, juez.por_hora[0].personas) == (3, 80)


def test_a_row_twice_counts_once_and_of_two_that_differ_the_last_one_holds():
    juez = judge(("A", "31"), ("A", "31"), ("B", "5"), ("B", "9"))
    assert dict(juez.rechazos) == {"repetida": 1, "sustituida": 1}
    assert dict(juez.dudas) == {"en_conflicto": 1}
    assert (juez.por_hora[0].albergues, juez.por_hora[0].personas) == (2, 40)


def test_a_name_that_changes_is_doubted_where_it_changes():
    juez = judge(("A", "1", "", "", "Escuela 1"))
    for hours, nombre in enumerate(("Escuela Uno", "Escuela Uno", "ESCUELA UNO", ""), 13):
        judge(("A", "1", "", "", nombre), hour=HOUR.replace(hour=hours), juez=juez)
    assert dict(juez.dudas) == {"cambia_nombre": 1}


@pytest.mark.parametrize("incremental", [False, True])
def test_a_shelter_that_is_absent_leaves_the_picture_unless_the_series_tells_changes_only(incremental):
    juez = judge(("A", "10"), ("B", "5"), incremental=incremental)
    judge(("B", "6"), hour=HOUR.replace(hour=13), juez=juez)
    judge(("A", "2"), ("B", "-1"), hour=HOUR.replace(hour=14), juez=juez)
    counted = [(t.albergues, t.personas) for t in juez.por_hora]
    assert counted == ([(2, 15), (2, 16), (2, 8)] if incremental else [(2, 15), (1, 6), (1, 2)])
