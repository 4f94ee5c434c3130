"""Lists as people paste them: what is understood of each line, and what is said not to be clear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from albergues_app.lotes.pasted import MOST_LINES, read_list, split_name


def rows(text):
    return [(r.nombres, r.apellidos, r.sexo, r.edad, r.edad_unidad, r.familia) for r in read_list(text).filas]


def one(line):
    [row] = rows(line)
    return row[:5]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("Juana Raymundo Brito; mujer; 38; 1", ("Juana", "Raymundo Brito", "mujer", "38", "anios")),
        ("1. Juana Raymundo Brito\tF\t38a\tA", ("Juana", "Raymundo Brito", "mujer", "38", "anios")),
        ("2) Diego Cobo, hombre, 8 meses", ("Diego", "Cobo", "hombre", "8", "meses")),
        (
            "- Ana María Pérez López  femenino  1 año 3 meses",
            ("Ana María", "Pérez López", "mujer", "1", "anios"),
        ),
        ("Pedro Ceto masculino 45 años fam 2", ("Pedro", "Ceto", "hombre", "45", "anios")),
        ("Rosa Brito 15d F", ("Rosa", "Brito", "mujer", "15", "dias")),
        ("3\tTomás\tde León Chávez\thombre\t60", ("Tomás", "de León Chávez", "hombre", "60", "anios")),
        ("Cobo Terraza, Mateo, hombre, 40", ("Mateo", "Cobo Terraza", "hombre", "40", "anios")),
        ("N/N | mujer | rn", ("N/N", "", "mujer", "0", "dias")),
        ("Catarina", ("Catarina", "", "no_registrado", "", "anios")),
        ("Juan Pérez 45 h 1587 56444 0904", ("Juan", "Pérez", "hombre", "45", "anios")),
        ("María Ch'ub' Tz'i'; f; 22", ("María", "Ch'ub' Tz'i'", "mujer", "22", "anios")),
    ],
)
def test_a_line_is_read_with_good_will(line, wanted):
    assert one(line) == wanted


def test_a_heading_says_what_each_column_is():
    text = (
        "No.\tEdad\tSexo\tApellidos\tNombres\tComunidad\n"
        "1\t38\tmujer\tRaymundo\tJuana\tTzalbal\n2\t8 meses\thombre\tCobo\tDiego\t"
    )
    assert [r[:5] for r in rows(text)] == [
        ("Juana", "Raymundo", "mujer", "38", "anios"),
        ("Diego", "Cobo", "hombre", "8", "meses"),
    ]


def test_m_is_read_beside_what_else_the_list_says():
    assert [r[2] for r in rows("Ana Cobo;M;3\nLuis Cobo;H;4")] == ["mujer", "hombre"]
    assert [r[2] for r in rows("Ana Cobo;F;3\nLuis Cobo;M;4")] == ["mujer", "hombre"]
    only = read_list("Ana Cobo;M;3\nLuis Cobo;M;4")
    assert [r.sexo for r in only.filas] == ["no_registrado"] * 2
    assert "mujer o masculino" in only.notas[0]
    assert all("«M»" in r.dudas[0] for r in only.filas)


def test_families_by_blank_lines_by_a_column_or_said_to_be_unknown():
    assert [r[5] for r in rows("Ana Cobo\nLuis Cobo\n\n\nRosa Ceto")] == ["1", "1", "2"]
    assert [r[5] for r in rows("Ana;F;3;A\nLuis;M;4;\nRosa;F;5;B\n\nJuan;M;6;")] == ["A", "A", "B", "SOLA-4"]
    assert [r[5] for r in rows("Ana;F;3;fam 7\nRosa;F;5;F12")] == ["7", "12"]
    few = read_list("\n".join(f"Ana Cobo {n}" for n in "ABC"))
    assert ({r.familia for r in few.filas}, "una sola familia" in few.notas[-1]) == ({"1"}, True)
    many = read_list("\n".join(f"Ana Cobo {n}ez" for n in "ABCDEFGHIJKLMN"))
    assert (len({r.familia for r in many.filas}), "cada persona sola" in many.notas[-1]) == (14, True)


def test_a_title_over_a_family_is_its_mark_and_a_line_of_nobody_is_told():
    text = "Bus 14 de Campur\n1. Ana Cobo; F; 30\n\nFamilia Pop Cuc:\n\n2. Luis Pop; M; 4\n3. Eva Pop; F; 3\n4.\n"
    found = read_list(f"{text}Fam. 9\nSol Xol\n\nRosa Ceto; F; 60\n")
    assert [(r.nombres, r.familia) for r in found.filas] == [
        ("Bus", "SOLA-1"), ("Ana", "SOLA-1"), ("Luis", "POP CUC"), ("Eva", "POP CUC"), ("Sol", "9"), ("Rosa", "SOLA-6"),
    ]  # fmt: skip
    assert "título" in found.filas[0].dudas[0]
    assert "Una línea sin nombre no se leyó." in found.notas


def test_what_is_not_understood_is_said_and_not_guessed():
    [row] = read_list("Nombre;Sexo;Edad\nAna Cobo;perhaps;cuarenta").filas
    assert (row.sexo, row.edad) == ("no_registrado", "")
    assert row.dudas == ("Sexo: no se entendió «perhaps».", "Edad: no se entendió «cuarenta».")


def test_too_long_a_list_says_how_many_lines_are_left():
    found = read_list("\n".join(f"Ana Cobo;F;{n % 90}" for n in range(MOST_LINES + 7)))
    assert len(found.filas) == MOST_LINES
    assert "quedan 7" in found.notas[0]


def test_surnames_are_the_last_two_with_what_binds_to_them():
    assert split_name("Juana") == ("Juana", "")
    assert split_name("Juana Brito") == ("Juana", "Brito")
    assert split_name("Juan Carlos Brito Ceto") == ("Juan Carlos", "Brito Ceto")
    assert split_name("María de los Ángeles Santos") == ("María", "de los Ángeles Santos")
    assert split_name("Ana de la Cruz del Valle") == ("Ana", "de la Cruz del Valle")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_without_losing_a_line(text):
    found = read_list(text)
    assert len(found.filas) <= MOST_LINES
    assert all(r.familia and r.sexo in {"mujer", "hombre", "no_registrado"} for r in found.filas)
    assert all(r.edad == "" or r.edad.isdigit() for r in found.filas)
