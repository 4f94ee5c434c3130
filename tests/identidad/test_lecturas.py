"""«Quién vio mis datos» and «Quién miró a quién»: every reading is told, to the person and to its coordinator only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

import albergues_app
from albergues_app.audit.models import Lectura
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad.lecturas import pantalla_texto
from albergues_app.identidad.services.union import UnionNueva, join_personas
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.pdf import text_of


@pytest.fixture
def place(app):
    emergencia = make_emergencia(("14", "09"))
    return (
        make_activacion(make_albergue("1413", nombre="Salón de Nebaj"), emergencia),
        make_activacion(make_albergue("0901", nombre="Escuela de Xela"), emergencia),
    )


def inside(activacion, nombres="Juana", apellidos="Raimundo", **changes):
    who = persona(nombres=nombres, apellidos=apellidos)
    ingreso(activacion, who, **changes)
    return who.id


def page_of(activacion, who):
    return f"/activaciones/{activacion.id}/personas/{who}"


def report_of(activacion, who):
    return f"/identidad{page_of(activacion, who)}/quien-vio"


def say_why(client, url, **data):
    token = csrf_of(client.get(url).text)
    return client.post(f"{url}/motivo", data={"csrf_token": token, "op_id": str(uuid7()), **data})


def test_a_person_is_told_who_saw_her_on_screen_and_on_paper(place, entra):
    juana = inside(place[0])
    desk = entra("registro", albergue=place[0].albergue_codigo)
    desk.get(page_of(place[0], juana))
    sede = entra("sede", departamento="14")
    sede.post("/buscar", data={"csrf_token": csrf_of(sede.get("/buscar").text), "q": "Juana Raimundo"})
    page = desk.get(report_of(place[0], juana)).text
    for words in ("Cuenta registro", "Registro de albergue", "Página de la persona", "Cuenta sede",
                  "Búsqueda por nombre o código", "Este mismo informe", "3 lecturas de 2 cuentas"):  # fmt: skip
        assert words in page, words
    answer = desk.get(f"{report_of(place[0], juana)}.pdf")
    assert answer.mimetype == "application/pdf"
    text = text_of(answer.data)
    assert "Juana Raimundo" in text and "Cuenta sede" in text and "4 lecturas de 2 cuentas" in text
    assert "Salón de Nebaj" not in text, "the sheet travels: it does not tell where she is"


def test_joined_records_are_told_together(place, entra):
    ids = []
    for n in (1, 3):
        ids.append(inside(place[0], ocurrido_en=OPENED.replace(hour=12 + n)))
        movimiento(place[0], "egreso", ids[-1], ocurrido_en=OPENED.replace(hour=13 + n))
    desk = entra("registro", albergue=place[0].albergue_codigo)
    desk.get(page_of(place[0], ids[0]))
    with unit_of_work(SISTEMA):
        join_personas(UnionNueva(uuid7(), ids[0], ids[1], "La misma"))
    assert "2 lecturas de 1 cuenta" in desk.get(report_of(place[0], ids[1])).text
    assert desk.get(report_of(place[0], uuid7())).status_code == 404


def test_the_coordinator_sees_the_readings_of_her_territory_only(place, entra):
    juana, lejana = inside(place[0]), inside(place[1], "Lejana", "Cobo")
    entra("registro", albergue=place[0].albergue_codigo).get(page_of(place[0], juana))
    entra("registro", albergue=place[1].albergue_codigo).get(page_of(place[1], lejana))
    sede = entra("sede", departamento="14")
    page = sede.get("/identidad/lecturas").text
    assert "Juana Raimundo" in page and "Cuenta registro" in page and "Lejana" not in page
    stmt = select(Lectura.persona_id).where(Lectura.pantalla == "web:lecturas")
    assert set(db.session.scalars(stmt)) == {juana}, "looking at the log is a reading too"
    assert "nadie abrió datos" in sede.get("/identidad/lecturas?dia=2026-01-02").text
    assert sede.get("/identidad/lecturas?dia=x&cuenta=y").status_code == 200
    reader = db.session.scalar(select(Lectura.cuenta_id).where(Lectura.persona_id == lejana))
    assert "Lejana" in entra("nacional").get(f"/identidad/lecturas?cuenta={reader}").text
    assert "Juana" not in sede.get(f"/identidad/lecturas?cuenta={reader}").text
    for rol, where in (("registro", {"municipio": "1413"}), ("mando", {}), ("administracion", {})):
        assert entra(rol, **where).get("/identidad/lecturas").status_code == 403, rol


@pytest.mark.parametrize(
    ("rol", "where", "gone", "reserved", "asked"),
    [
        ("registro", {"municipio": "1413"}, True, True, False),
        ("sede", {"departamento": "14"}, False, False, False),
        ("sede", {"departamento": "14"}, True, False, True),
        ("municipal", {"municipio": "1413"}, False, True, True),
        ("nacional", {}, False, False, True),
    ],
)
def test_who_is_far_from_the_person_says_why_once_a_shift(app, entra, rol, where, gone, reserved, asked):
    shelter = make_activacion(make_albergue("1413", ubicacion_reservada=reserved))
    juana = inside(shelter)
    if gone:
        movimiento(shelter, "egreso", juana, ocurrido_en=OPENED.replace(hour=20))
    client, url = entra(rol, **where), page_of(shelter, juana)
    page = client.get(url).text
    assert ("¿Por qué abre estos datos?" in page) is asked
    assert ("Juana" in page) is not asked
    if not asked:
        return
    read = select(Lectura).where(Lectura.persona_id == juana)
    assert db.session.scalars(read).all() == [], "nothing was shown"
    assert say_why(client, url, motivo="").status_code == 422
    refused = say_why(client, url, motivo="otro", otro="  ")
    assert refused.status_code == 422 and "Escriba el motivo" in refused.text
    assert say_why(client, url, motivo="otro", otro="Oficio 12 de la PGN").status_code == 303
    assert "Juana" in client.get(url).text and "Juana" in client.get(url).text
    db.session.rollback()
    first = db.session.scalars(read.order_by(Lectura.registrado_en)).first()
    assert first.motivo == "Oficio 12 de la PGN"
    assert "¿Por qué abre estos datos?" in entra(rol, **where).get(url).text, "each account says its own"
    report = client.get(report_of(shelter, juana)).text
    assert "Oficio 12 de la PGN" in report
    assert "Sin motivo anotado" not in report, "what was said holds for what was then opened"


OF_NOBODY = {"web:coe_adjunto", "web:compromisos", "web:entrega_de_visita", "web:parte_anterior"}
"""Openings of sheets and files, which show no person."""


def test_every_screen_that_shows_people_has_a_name_that_people_understand():
    code = " ".join(p.read_text(encoding="utf-8") for p in Path(albergues_app.__file__).parent.rglob("*.py"))
    screens = set(re.findall(r'"((?:web|api|activaciones):[a-z_]+)"', code)) - OF_NOBODY
    nameless = {s for s in screens if pantalla_texto(s) in {"Otra página", "Un programa"}}
    assert nameless == {"web:proteccion"}, "named, it would tell that there is a case of protection"
    assert len(screens) > 25
