"""The search box: accents do not matter, territory does, and every person seen is noted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from albergues_app.albergues.models import Activacion
from albergues_app.audit.models import Lectura
from albergues_app.core.db import db
from albergues_app.ocupacion.models import Familia
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import csrf_of


def look(client: FlaskClient, q: str) -> TestResponse:
    """What was typed goes in the body: names are looked for there only."""
    return client.post("/buscar", data={"q": q, "csrf_token": csrf_of(client.get("/buscar").text)})


@pytest.fixture
def lugar(app: Flask) -> dict[str, str]:
    emergencia = make_emergencia(("14", "12"))
    mine = make_albergue("1413", nombre="Salón Múltiple de Ilóm")
    other = make_albergue("1201", nombre="Salón Múltiple de San Marcos")
    here = make_activacion(mine, emergencia, acta_numero="ACTA-77/2026")
    there = make_activacion(other, emergencia, acta_numero="ACTA-78/2026")
    ingreso(here, persona(nombres="Ixchel", apellidos="Núñez"))
    ingreso(there, persona(nombres="Ixchel", apellidos="Pérez"))
    family = db.session.scalars(select(Familia.codigo).order_by(Familia.registrada_en)).all()
    return {
        "mine": mine.codigo, "other": other.codigo, "familia": family[0], "ajena": family[1],
        "activacion": str(db.session.scalars(select(Activacion.id)).first()),
    }  # fmt: skip


@pytest.mark.parametrize(
    "q", ["ilom", "ILÓM", "salon multiple", "1413-001", "1413", "Nebaj", "nebáj", "acta-77"]
)
def test_search_finds_a_shelter_by_anything_people_write(
    lugar: dict[str, str], entra: Callable[..., FlaskClient], q: str
) -> None:
    page = look(entra("sede", departamento="14"), q).text
    assert "Salón Múltiple de Ilóm" in page
    assert "de San Marcos" not in page
    assert "1201-" not in page


@pytest.mark.parametrize("q", ["san marcos", "1201-001", "acta-78", "perez", "FAMILIA"])
def test_search_shows_nothing_of_another_department(
    lugar: dict[str, str], entra: Callable[..., FlaskClient], q: str
) -> None:
    wanted = lugar["ajena"] if q == "FAMILIA" else q
    page = look(entra("sede", departamento="14"), wanted).text
    assert "Nada encontrado" in page
    assert "Pérez" not in page


@pytest.mark.parametrize("by", ["familia", "name"])
def test_search_finds_people_inside_and_notes_the_reading(
    lugar: dict[str, str], entra: Callable[..., FlaskClient], by: str
) -> None:
    client = entra("registro", municipio="1413")
    q = lugar["familia"] if by == "familia" else "nunez ixchel"
    page = look(client, q).text
    assert "Ixchel Núñez" in page
    assert "Pérez" not in page
    seen = db.session.scalars(select(Lectura)).all()
    assert [(s.pantalla, s.municipio_codigo) for s in seen] == [("web:buscar", "1413")]


@pytest.mark.parametrize(
    "rol", ["mando", "institucion", "auditoria", "administracion", "proteccion", "salud"]
)
def test_search_never_names_people_to_those_who_do_not_register(
    lugar: dict[str, str], entra: Callable[..., FlaskClient], rol: str
) -> None:
    client = entra(rol)
    for q in ("ixchel", lugar["familia"]):
        assert "Núñez" not in look(client, q).text
    assert db.session.scalars(select(Lectura)).all() == []


def test_one_or_two_letters_do_not_list_people(
    lugar: dict[str, str], entra: Callable[..., FlaskClient]
) -> None:
    client = entra("registro", municipio="1413")
    assert "Núñez" not in look(client, "ix").text
    assert "Núñez" not in look(client, "%%%").text


def test_a_reserved_location_is_not_found_by_name_from_afar(
    lugar: dict[str, str], entra: Callable[..., FlaskClient]
) -> None:
    make_albergue("1413", nombre="Casa escondida", ubicacion_reservada=True)
    assert "Casa escondida</b>" not in look(entra("mando"), "escondida").text
    assert "Casa escondida</b>" in look(entra("sede", departamento="14"), "escondida").text


@pytest.mark.parametrize("q", ["", "'", '"><script>', "\\", "%", "_", "a" * 500, "ñ", "\0", "--; DROP TABLE"])
def test_search_takes_any_text(entra: Callable[..., FlaskClient], q: str) -> None:
    answer = look(entra("sede", departamento="14"), q)
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_a_name_is_found_by_its_sound_and_who_is_written_so_comes_first(
    lugar: dict[str, str], entra: Callable[..., FlaskClient]
) -> None:
    here = db.session.scalars(select(Activacion).where(Activacion.albergue_codigo == lugar["mine"])).one()
    ingreso(here, persona(nombres="Rosa", apellidos="Cal Xol"))
    ingreso(here, persona(nombres="Marta", apellidos="Caal Ichich"))
    ingreso(here, persona(nombres="Zoila", apellidos="Pascual"))
    page = look(entra("sede", departamento="14"), "Caal").text
    assert "Marta Caal" in page
    assert "Rosa Cal" in page
    assert page.index("Marta Caal") < page.index("Rosa Cal")
    assert "Zoila" not in page, "the sound of another name's middle is no match"


@pytest.mark.parametrize("q", ["zzzz", "sss", "ssss"])
def test_a_finger_left_on_a_key_lists_nobody(
    lugar: dict[str, str], entra: Callable[..., FlaskClient], q: str
) -> None:
    here = db.session.scalars(select(Activacion).where(Activacion.albergue_codigo == lugar["mine"])).one()
    ingreso(here, persona(nombres="Sebastián", apellidos="Sis"))
    assert "Nada encontrado" in look(entra("sede", departamento="14"), q).text
