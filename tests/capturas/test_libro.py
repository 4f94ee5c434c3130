"""The gate's book and a ficha filled on paper write to the register by any door, or say why they do not."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.gate_book import Conocida, whom
from albergues_app.ocupacion.models import Familia, Movimiento, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from tests.factories.albergues import ingreso, make_activacion, make_albergue, persona

URL = "/api/v1/formatos/control_ingresos_egresos/capturas"


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def home(here):
    """A couple and a man alone, inside; the code of the couple."""
    familia = uuid7()
    who = [
        ("Juana", "Raymundo", "mujer", 34),
        ("Pedro", "Brito", "hombre", 36),
        ("Pedro", "Cobo", "hombre", 50),
    ]
    juana, pedro, other = (persona(nombres=n, apellidos=a, sexo=s, edad=e) for n, a, s, e in who)
    ingreso(here, juana, pedro, familia_id=familia)
    ingreso(here, other)
    return db.session.get_one(Familia, familia).codigo


def line(tipo, name="", **more):
    row = {"ocurrido_en": "20/11/2026 12:00", "tipo": tipo, "persona": name, "motivo": "Trabajo"} | more
    return {k: v for k, v in row.items() if v != ""}


def send(app, headers, here, *rows, key=None):
    body = {"id": str(key or uuid7()), "activacion": str(here.id), "respuestas": {"movimientos": list(rows)}}
    return app.test_client().post(URL, json=body, headers=headers)


def moves():
    db.session.expire_all()
    rows = db.session.scalars(
        select(Movimiento).where(Movimiento.tipo != "ingreso").order_by(Movimiento.ocurrido_en)
    )
    return [row.tipo for row in rows]


def outside():
    return db.session.scalars(select(Estancia).where(Estancia.fuera)).all()


def codes(answer):
    return {a["codigo"] for a in answer.json["avisos"]}


def test_a_line_moves_the_person_it_names_and_its_repetition_nobody(here, home, ficha, app):
    headers, key = ficha("albergue", municipio="1413"), uuid7()
    row = line("salida_temporal", "Juana Raymundo", codigo_familia=home, retorno_previsto="20/11/2026 18:00")
    for status in (201, 200):
        sent = send(app, headers, here, row, key=key)
        assert sent.status_code == status, sent.text
    assert moves() == ["salida_temporal"] and len(outside()) == 1
    assert db.session.get_one(Registro, key).formato == "control_ingresos_egresos"


def test_a_whole_family_leaves_by_its_code(here, home, ficha, app):
    row = line("egreso", codigo_familia=home, familia_completa=True, destino="familiar")
    assert send(app, ficha("albergue", municipio="1413"), here, row).status_code == 201
    assert moves() == ["egreso", "egreso"]
    left = db.session.scalars(select(Estancia).where(Estancia.egreso_en.is_(None))).all()
    assert len(left) == 1


def test_what_was_noted_at_the_desk_is_not_noted_twice(here, home, ficha, app):
    headers = ficha("albergue", municipio="1413")
    row = line("salida_temporal", "Juana Raymundo", retorno_previsto="20/11/2026 18:00")
    send(app, headers, here, row)
    again = send(app, headers, here, row | {"ocurrido_en": "20/11/2026 12:20"})
    assert again.status_code == 201 and "ya_constaba" in codes(again)
    assert moves() == ["salida_temporal"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (line("salida_temporal", "Nadie Conocido", retorno_previsto="20/11/2026 18:00"), "linea_sin_persona"),
        (line("salida_temporal", "Pedro", retorno_previsto="20/11/2026 18:00"), "linea_ambigua"),
        (line("ingreso", "Rosa Nueva", motivo=""), "entra_sin_boleta"),
        (line("traslado_sale", "Juana Raymundo"), "traslado_en_su_pagina"),
    ],
)
def test_a_line_that_cannot_be_tied_is_kept_and_told(here, home, ficha, app, row, code):
    sent = send(app, ficha("albergue", municipio="1413"), here, row)
    assert sent.status_code == 201, sent.text
    assert code in codes(sent) and moves() == []
    assert len(db.session.scalars(select(Registro)).all()) == 1


def test_what_the_ledger_cannot_tell_refuses_the_sheet_with_its_line(here, home, ficha, app):
    good = line("salida_temporal", "Juana Raymundo", retorno_previsto="20/11/2026 18:00")
    sent = send(
        app, ficha("albergue", municipio="1413"), here, good, line("retorno", "Pedro Cobo", motivo="")
    )
    assert sent.status_code == 422 and "Línea 2" in sent.json["mensaje"]
    assert moves() == [] and db.session.scalars(select(Registro)).all() == []


@pytest.mark.parametrize(
    ("rol", "place", "status"), [("albergue", "0901", 404), ("salud", "1413", 403), ("mando", "1413", 403)]
)
def test_who_may_not_move_people_may_not_by_the_book(here, home, ficha, app, rol, place, status):
    row = line("egreso", codigo_familia=home, familia_completa=True, destino="familiar")
    assert send(app, ficha(rol, municipio=place), here, row).status_code == status
    assert moves() == []


def test_a_ficha_corrects_the_person_it_names(here, home, ficha, app):
    headers = ficha("albergue", municipio="1413")
    said = {"codigo_familia": home, "nombres": "Juana", "apellidos": "Raymundo", "sexo": "mujer", "edad": 35,
            "edad_unidad": "anios", "parentesco": "jefe"}  # fmt: skip
    body = {"id": str(uuid7()), "activacion": str(here.id), "respuestas": said}
    url = "/api/v1/formatos/ficha_persona/capturas"
    sent = app.test_client().post(url, json=body, headers=headers)
    assert sent.status_code == 201, sent.text
    now = db.session.scalars(
        select(PersonaVersion).where(PersonaVersion.actual, PersonaVersion.nombres == "Juana")
    ).one()
    assert (now.edad, now.motivo) == (35, "Ficha de persona en papel")
    stranger = body | {"id": str(uuid7()), "respuestas": said | {"nombres": "Rosa"}}
    refused = app.test_client().post(url, json=stranger, headers=headers)
    assert refused.status_code == 422 and refused.json["codigo"] == "persona_no_hallada"


def test_names_are_tied_whole_before_in_part():
    a, b, c = (UUID(int=n) for n in (1, 2, 3))
    people = [
        Conocida(a, a, "juana raymundo", "QK7-4M2"),
        Conocida(b, a, "juana raymundo brito", "QK7-4M2"),
        Conocida(c, c, "maria cobo", "AAA-AAA"),
    ]
    assert [p.persona_id for p in whom(people, "Juana Raymundo", None)] == [a]
    assert [p.persona_id for p in whom(people, "brito", "qk7 4m2")] == [b]
    assert [p.persona_id for p in whom(people, "Juana Raymundo", None, whole=True)] == [a, b]
    assert whom(people, "Juana Raymundo", "AAA-AAA") == []
