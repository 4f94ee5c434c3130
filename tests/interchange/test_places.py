"""Municipality by code, else by name within the department, else a person is asked."""

from __future__ import annotations

import pytest

from albergues_app.interchange.places import Lugares
from albergues_app.territorio import data as facts

LUGARES = Lugares.official()


@pytest.mark.parametrize(
    ("codigo", "municipio"),
    [
        ("0501", "0501"),
        ("501", "0501"),
        ("0501.0", "0501"),
        ("GT0501", "0501"),
        ("gt 05 01", "0501"),
        ("05-01", "0501"),
    ],
)
def test_a_code_in_any_spelling(codigo, municipio):
    assert LUGARES.resolve(codigo=codigo).municipio == municipio


def test_the_crossed_p_codes():
    assert LUGARES.resolve(codigo="GT0206").municipio == "0207"
    assert LUGARES.resolve(codigo="GT0207", pcode_column=True).municipio == "0206"
    assert LUGARES.resolve(codigo="0206").municipio == "0206"
    assert (
        LUGARES.resolve(codigo="GT0207", municipio="Sansare", departamento="El Progreso").municipio == "0206"
    )


def test_crossed_codes_against_their_name_are_asked():
    asked = LUGARES.resolve(codigo="GT0206", municipio="Sansare", departamento="El Progreso")
    assert (asked.municipio, asked.candidatos) == (None, ("0206", "0207"))
    asked = LUGARES.resolve(codigo="0206", pcode_column=True)
    assert asked.municipio is None
    assert "INE y OCHA" in asked.motivo
    settled = LUGARES.resolve(codigo="0206", pcode_column=True, municipio="Sansare", departamento="02")
    assert settled.municipio == "0206"


def test_number_within_the_department():
    assert LUGARES.resolve(codigo="13", departamento="Quiché").municipio == "1413"
    assert LUGARES.resolve(codigo="13").municipio is None


@pytest.mark.parametrize("codigo", ["9999", "2301", "0118", "GT0100", "GT0700", "GT9999"])
def test_a_code_that_does_not_exist_falls_to_the_name_and_is_said(codigo):
    found = LUGARES.resolve(codigo=codigo, municipio="Nebaj", departamento="Quiché")
    assert found.municipio == "1413"
    assert found.avisos[0][0] == "codigo_desconocido"
    assert LUGARES.resolve(codigo=codigo).municipio is None


@pytest.mark.parametrize(
    ("municipio", "departamento", "codigo"),
    [
        ("Nebaj", "Quiché", "1413"),
        ("SANTA MARIA NEBAJ", "EL QUICHE", "1413"),
        ("Municipio de Sipacate", "Depto. de Escuintla", "0514"),
        ("Chichicastenango", "14", "1406"),
        ("Ciudad Vieja", "Sacatepequez", "0312"),
        ("San José", "Escuintla", "0509"),
        ("San José", "Petén", "1702"),
        ("La Libertad", "GT13", "1311"),
        ("El Progreso", "Jutiapa", "2202"),
        ("San José (Escuintla)", "", "0509"),
        ("Quiché, Nebaj", "", "1413"),
        ("San Pedro Sacatepéquez / San Marcos", "", "1202"),
    ],
)
def test_by_name_within_the_department(municipio, departamento, codigo):
    assert LUGARES.resolve(municipio=municipio, departamento=departamento).municipio == codigo


@pytest.mark.parametrize("name", facts.SHARED_NAMES)
def test_a_shared_name_without_department_is_asked_with_both_candidates(name):
    asked = LUGARES.resolve(municipio=name)
    assert asked.municipio is None
    assert set(facts.SHARED_NAMES[name]) <= set(asked.candidatos)


def test_no_name_alone_chooses_but_it_is_proposed():
    asked = LUGARES.resolve(municipio="Panajachel")
    assert (asked.municipio, asked.candidatos) == (None, ("0710",))
    assert "un nombre solo no basta" in asked.motivo


def test_a_name_of_another_department_is_asked():
    asked = LUGARES.resolve(municipio="Panajachel", departamento="Escuintla")
    assert (asked.municipio, asked.departamento, asked.candidatos) == (None, "05", ("0710",))


def test_an_unknown_department_does_not_let_the_name_decide():
    asked = LUGARES.resolve(municipio="Panajachel", departamento="Atitlán")
    assert asked.municipio is None
    assert asked.avisos[0][0] == "departamento_desconocido"


def test_code_and_name_that_disagree_are_warned_of():
    found = LUGARES.resolve(codigo="0501", municipio="Masagua", departamento="Escuintla")
    assert found.municipio == "0501"
    assert found.avisos[0][0] == "codigo_y_nombre_distintos"
    assert (
        LUGARES.resolve(codigo="0501", departamento="Petén").avisos[0][0] == "codigo_y_departamento_distintos"
    )


def test_every_official_name_and_alias_is_found_in_its_department():
    for codigo, nombre in LUGARES.municipios.items():
        depto = LUGARES.departamentos[codigo[:2]]
        assert LUGARES.resolve(municipio=nombre, departamento=depto).municipio == codigo
        assert LUGARES.resolve(codigo=facts.to_pcode(codigo)).municipio == codigo
    for codigo, alias in facts.ALIASES:
        assert codigo in LUGARES.find_municipios(alias, codigo[:2])
