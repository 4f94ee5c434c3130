"""What speaks for two records being one person, and what against: each rule by a pair and its neighbour."""

from __future__ import annotations

import pytest

from albergues_app.ocupacion.nombres import read_name, word_likeness
from albergues_app.ocupacion.parecido import Ficha, compare

HOY = 2026


def ficha(nombres: str, apellidos: str = "", **more) -> Ficha:
    return Ficha(read_name(nombres, apellidos), **more)


def points(one: Ficha, other: Ficha) -> float:
    forth, back = compare(one, other, HOY), compare(other, one, HOY)
    assert forth.puntos == pytest.approx(back.puntos), "the order of two records decides nothing"
    return forth.puntos


JUANA = ficha("Juana", "Raymundo Brito", sexo="mujer", anio=1988, municipio="1413")
SAME = [
    ficha("Juana", "Raimundo Vrito", sexo="mujer", anio=1988, municipio="1413"),
    ficha("Juana", "Brito Raymundo", sexo="mujer", anio=1990),
    ficha("Raymundo Brito", "Juana", sexo="mujer", anio=1988),
    ficha("Juana María", "Raymundo Brito", sexo="mujer", anio=1987),
    ficha("Juana", "Raymundo Brito de Cobo", sexo="mujer", anio=1988),
    ficha("Jauna", "Raymundo Brito", anio=1988),
    ficha("Juana", "Raymundo", sexo="mujer", anio=1988, municipio="1413"),
]
ANOTHER = [
    ficha("Petrona", "Raymundo Brito", sexo="mujer", anio=1988, municipio="1413"),  # her sister
    ficha("Juan", "Raymundo Brito", sexo="hombre", anio=1988, municipio="1413"),  # her twin
    ficha("Juana", "Raymundo Brito", sexo="mujer", anio=2014, municipio="1413"),  # her daughter
    ficha("Juana", "Cobo Chel", sexo="mujer", anio=1988, municipio="1413"),  # her neighbour
]


@pytest.mark.parametrize("other", SAME)
def test_the_same_person_written_otherwise(other):
    assert compare(JUANA, other, HOY).muy, points(JUANA, other)


@pytest.mark.parametrize("other", ANOTHER)
def test_another_person_of_the_house(other):
    assert not compare(JUANA, other, HOY).muy, points(JUANA, other)


def test_each_evidence_raises_and_its_conflict_lowers():
    bare = ficha("Rosa", "Pop Caal")
    alone = points(bare, bare)
    for agree, conflict in (
        ({"sexo": "mujer"}, {"sexo": "hombre"}),
        ({"anio": 1988}, {"anio": 1979}),
        ({"municipio": "1413"}, {"municipio": "0901"}),
        ({"cui": "1587564440904", "cui_legible": True}, {"cui": "2490017731601", "cui_legible": True}),
        ({"anio": 1988, "nacimiento": "19880314"}, {"anio": 1979, "nacimiento": "19791102"}),
    ):
        one = ficha("Rosa", "Pop Caal", **agree)
        assert points(one, one) > alone > points(one, ficha("Rosa", "Pop Caal", **conflict)), agree
        assert points(one, bare) == alone, "what is not known says nothing"


def test_slips_of_dates_and_numbers_are_slips():
    one = ficha("Rosa", "Pop", anio=1987, nacimiento="19870412", cui="1587564440904", cui_legible=True)
    other = ficha("Rosa", "Pop", anio=1987, nacimiento="19871204", cui="1587564440940", cui_legible=True)
    assert points(one, other) > points(ficha("Rosa", "Pop"), ficha("Rosa", "Pop")) + 5
    month = ficha("Rosa", "Pop", anio=1987, nacimiento="19870112")
    other_day = ficha("Rosa", "Pop", anio=1987, nacimiento="19870830")
    assert points(one, month) > 5 + points(one, other_day)


def test_a_card_that_a_mother_lends_does_not_make_her_her_child():
    lent = {"cui": "1587564440904", "cui_legible": True}
    mother = ficha("Juana", "Brito", sexo="mujer", anio=1988, **lent)
    child = ficha("Mateo", "Cobo", sexo="hombre", anio=2019, **lent)
    assert compare(mother, child, HOY).mismo_cui and not compare(mother, child, HOY).muy


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("xicara", "shicara", 0.95, 1), ("francisco", "fco", 0.88, 1), ("hernandez", "hdez", 0.88, 1),
        ("mario", "maria", 0, 0.7), ("juan", "juana", 0, 0.7), ("garcia", "gracia", 0.8, 1), ("cobo", "chel", 0, 0.5),
        ("maria", "m", 0.8, 0.9), ("velasquez", "belasques", 0.95, 1),
    ],
)  # fmt: skip
def test_how_alike_two_words_are(one, other, least, most):
    assert least <= word_likeness(one, other) == word_likeness(other, one) <= most


def test_particles_and_the_married_name_stand_apart():
    read = read_name("María de los Ángeles", "Pérez García de López")
    assert (read.palabras, read.papeles) == (("maria", "angeles", "perez", "garcia", "lopez"), "nnaac")
    assert read_name("Ana", "de León Cruz").papeles == "naa"
    assert read_name("Ana", "Cruz viuda de León").papeles == "nac"
    assert read_name("Ana Cruz", known_parts=False).papeles == "??"
