"""Single cells: what people write, as values, with the sentence where it is not clear."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from albergues_app.interchange.site_kinds import read_tipo
from albergues_app.interchange.site_points import read_joined_point, read_point
from albergues_app.interchange.site_values import read_count, read_date, read_yes_no


def codes(messages):
    return [code for code, _ in messages]


@pytest.mark.parametrize(
    ("cell", "number"),
    [(120, 120), ("120", 120), (" 1,250 ", 1250), ("1.250", 1250), ("1 250", 1250), ("120.0", 120),
     (None, None), ("", None), ("N/D", None), ("sin dato", None), ("s/d", None)],
)  # fmt: skip
def test_capacity_as_written(cell, number):
    read = read_count(cell, "Capacidad", zero_is_unknown=True)
    assert (read.valor, read.errores, read.avisos) == (number, [], [])


def test_words_beside_a_number_are_warned_of():
    read = read_count("aprox. 120 personas", "Capacidad", zero_is_unknown=True)
    assert (read.valor, codes(read.avisos)) == (120, ["numero_con_palabras"])


@pytest.mark.parametrize("cell", ["muchas", "100-150", "entre 20 y 30", -5, "-5", 12.5, "12.5", 10**9, True])
def test_an_unclear_number_is_an_error(cell):
    assert read_count(cell, "Capacidad", zero_is_unknown=True).errores


def test_zero_is_unknown_as_capacity_and_zero_as_a_count():
    read = read_count(0, "Capacidad", zero_is_unknown=True)
    assert (read.valor, codes(read.avisos)) == (None, ["capacidad_cero"])
    assert read_count("0", "Cantidad", zero_is_unknown=False).valor == 0


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (date(2018, 6, 10), date(2018, 6, 10)),
        (datetime(2018, 6, 10, 8, 30), date(2018, 6, 10)),  # noqa: DTZ001
        ("2018-06-10", date(2018, 6, 10)),
        ("10/06/2018", date(2018, 6, 10)),
        ("10-6-18", date(2018, 6, 10)),
        ("10.06.2018", date(2018, 6, 10)),
        ("10 de junio de 2018", date(2018, 6, 10)),
        ("Domingo 10 de Junio del 2018", date(2018, 6, 10)),
        ("10-jun-2018", date(2018, 6, 10)),
        ("2018-06-10T08:30:00-06:00", date(2018, 6, 10)),
        ("2018-06-10 08:30:00", date(2018, 6, 10)),
        ("10/06/2018 08:30", date(2018, 6, 10)),
        ("junio 10, 2018", date(2018, 6, 10)),
    ],
)
def test_a_full_date(cell, day):
    read = read_date(cell)
    assert (read.valor.dia, read.errores, read.avisos) == (day, [], [])


@pytest.mark.parametrize(
    ("cell", "day"),
    [("2018-07", date(2018, 7, 1)), ("julio de 2018", date(2018, 7, 1)), ("07/2018", date(2018, 7, 1)),
     ("2018", date(2018, 1, 1)), (2018, date(2018, 1, 1)), ("Jul 2018", date(2018, 7, 1))],
)  # fmt: skip
def test_a_partial_date_keeps_its_text(cell, day):
    read = read_date(cell)
    assert (read.valor.texto, read.valor.dia, codes(read.avisos)) == (str(cell), day, ["fecha_parcial"])


def test_month_and_day_in_american_order_are_repaired_only_when_there_is_no_doubt():
    assert codes(read_date("06/25/2018").avisos) == ["fecha_mes_dia"]
    assert read_date("06/25/2018").valor.dia == date(2018, 6, 25)
    assert read_date("06/05/2018").valor.dia == date(2018, 5, 6)


def test_a_day_number_of_excel_is_a_date():
    assert read_date(43261).valor.dia == date(2018, 6, 10)


@pytest.mark.parametrize("cell", ["", None, "s/f", "sin fecha", "N/A"])
def test_no_date(cell):
    assert (read_date(cell).valor, read_date(cell).errores) == (None, [])


@pytest.mark.parametrize(
    "cell", ["ayer", "31/02/2018", "99/99/9999", "2018-13", "10/06", "entre mayo y junio", 5, True]
)
def test_what_is_no_date_is_an_error(cell):
    assert codes(read_date(cell).errores) == ["fecha_invalida"]


@given(
    st.one_of(
        st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), st.datetimes()
    )
)
def test_no_cell_breaks_a_reader(cell):
    for read in (
        read_date(cell),
        read_count(
            cell if cell == cell and abs(cell if isinstance(cell, float) else 0) != float("inf") else None,
            "x",
            zero_is_unknown=True,
        ),
        read_point(cell, cell),
        read_joined_point(cell),
        read_yes_no(cell, "x"),
        read_tipo(cell, "Escuela"),
    ):
        assert all(message.endswith(".") for _, message in read.errores + read.avisos)


HERE = (14.6349, -90.5069)


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        (14.6349, -90.5069),
        ("14.6349", "-90.5069"),
        ("14,6349", "-90,5069"),
        ("14.6349°", "90.5069 W"),
        ("14.6349 N", "O 90.5069"),
        ("14.6349", "−90.5069"),
    ],
)
def test_a_point_as_written(lat, lon):
    assert (read_point(lat, lon).valor, read_point(lat, lon).avisos) == (HERE, [])


def test_degrees_minutes_seconds():
    lat, lon = read_point("14°38'5.64\" N", "90° 30' 24.84'' O").valor
    assert (round(lat, 4), round(lon, 4)) == HERE


@pytest.mark.parametrize(("lat", "lon"), [(-90.5069, 14.6349), (14.6349, 90.5069), (90.5069, 14.6349)])
def test_a_swapped_or_unsigned_point_is_repaired_and_said(lat, lon):
    read = read_point(lat, lon)
    assert (read.valor, codes(read.avisos)) == (HERE, ["coordenada_corregida"])


@pytest.mark.parametrize(("lat", "lon"), [(41.0, -83.6), (1, 2), (-14.6, -90.5), (0.1, 0.2), (19.4, -99.1)])
def test_a_point_elsewhere_is_left_out_and_said(lat, lon):
    read = read_point(lat, lon)
    assert (read.valor, codes(read.avisos), read.errores) == (None, ["coordenada_fuera"], [])


def test_half_a_point_and_no_point():
    assert codes(read_point(14.6, None).avisos) == ["coordenada_incompleta"]
    assert read_point("", None) == read_point(None, "N/D")
    assert codes(read_point("catorce", -90.5).errores) == ["coordenada_invalida"]


@pytest.mark.parametrize(
    "cell", ["14.6349, -90.5069", "14.6349 -90.5069 1500 4.2", "(14.6349; -90.5069)", "14.6349,-90.5069"]
)
def test_both_coordinates_in_one_cell(cell):
    assert read_joined_point(cell).valor == HERE


@pytest.mark.parametrize(
    ("tipo", "nombre", "expected"),
    [
        ("escuela", "Instituto Simón Bergaño y Villegas", "escuela"),
        ("Escuela pública", "X", "escuela"),
        ("EORM", "X", "escuela"),
        ("Salón Comunal", "X", "salon_comunal"),
        ("salón de usos múltiples municipal", "X", "salon_municipal"),
        ("salon", "Salón Municipal de Palín", "salon_municipal"),
        ("salon", "Barrio El Gallito", "salon_comunal"),
        ("Templo evangélico", "X", "iglesia"),
        ("instalacion_deportiva", "Gimnasio municipal", "gimnasio"),
        ("instalacion_deportiva", "Polideportivo", "polideportivo"),
        ("instalacion_deportiva", "Estadio", "otro"),
        ("salud", "Casa Materna", "casa_materna"),
        ("edificio_publico", "INJUD Cobán", "centro_juvenil"),
        ("otro", "ATU Santa Isabel", "modulos_atu"),
        ("módulos ATU", "X", "modulos_atu"),
        ("", "Colegio Alpha y Omega", "colegio"),
        (None, "Instituto Experimental", "instituto"),
        (None, "Casa de Restauración", "otro"),
        ("Carpas", "X", "carpas"),
        ("polideportivo", "Escuela", "polideportivo"),
    ],
)
def test_the_kind_of_building_from_free_words(tipo, nombre, expected):
    assert read_tipo(tipo, nombre).valor == expected


def test_yes_and_no():
    assert [read_yes_no(c, "x").valor for c in ("Sí", "SI", "x", 1, True, "No", 0, "falso", "", None)] == [
        True, True, True, True, True, False, False, False, None, None,
    ]  # fmt: skip
    assert read_yes_no("quizá", "Oficial").errores
