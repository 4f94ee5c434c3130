"""Acts and sheets of a site write what they say to the tables of sites and activations, by whoever may change them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from albergues_app.albergues.models import Activacion, Albergue, Capacidad, Contacto, MedidaSitio
from albergues_app.capturas.models import Registro
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from tests.factories.albergues import ingreso, make_activacion, make_albergue
from tests.formats.cases_sitio import APERTURA, CIERRE, EVALUACION, FICHA, OFICIALIZACION


@pytest.fixture
def send(app, ficha):
    """Keep a sheet through the API as a role of the municipality of the shelter; its answer."""

    def post(codigo, answers, activacion, rol="municipal", municipio="1413"):
        body = {"id": str(uuid7()), "activacion": str(activacion.id), "respuestas": answers}
        sent = app.test_client().post(
            f"/api/v1/formatos/{codigo}/capturas", json=body, headers=ficha(rol, municipio=municipio)
        )
        assert sent.status_code == 201, sent.text
        db.session.expire_all()
        return {aviso["codigo"] for aviso in sent.json["avisos"]}

    return post


def authorised(albergue: Albergue) -> list[int]:
    rows = db.session.scalars(
        select(Capacidad.personas).where(
            Capacidad.albergue_id == albergue.id, Capacidad.clase == "autorizada"
        )
    )
    return sorted(rows)


def test_an_opening_act_opens_what_was_in_preparation_and_completes_its_data(send):
    sitio = make_albergue(capacidad=None)
    here = make_activacion(sitio, abierta_en=None, administrador=None)
    assert here.estado == "preparacion"
    send("acta_apertura", APERTURA, here)
    row = db.session.get_one(Activacion, here.id)
    assert (row.estado, row.acta_apertura) == ("activa", APERTURA["numero_acta"])
    assert f"{clock.to_local(row.abierta_en):%d/%m/%Y %H:%M}" == APERTURA["abierta_en"]
    assert row.administrador == APERTURA["administrador"]
    assert authorised(sitio) == [120]


def test_what_somebody_wrote_before_stands_and_the_difference_is_told(send):
    here = make_activacion(make_albergue(), administrador="Rosa Ixchop", acta_numero="OTRA-1")
    opened = here.abierta_en
    assert "dato_distinto" in send("acta_apertura", APERTURA, here)
    row = db.session.get_one(Activacion, here.id)
    assert (row.administrador, row.acta_apertura, row.abierta_en) == ("Rosa Ixchop", "OTRA-1", opened)


def test_who_may_only_fill_it_keeps_the_sheet_and_writes_no_table(send):
    sitio = make_albergue(capacidad=None)
    here = make_activacion(sitio, administrador=None)
    assert send("acta_apertura", APERTURA, here, rol="albergue") == {"datos_sin_escribir"}
    row = db.session.get_one(Activacion, here.id)
    assert (row.administrador, row.acta_apertura, authorised(sitio)) == (None, None, [])
    assert db.session.scalars(select(Registro.formato)).all() == ["acta_apertura"]


def test_a_closing_act_closes_only_what_is_closing_and_empty(send, app, ficha):
    here = make_activacion(make_albergue())
    assert send("acta_cierre", CIERRE, here) == {"sigue_abierto"}
    headers = ficha("municipal", municipio="1413")
    moved = app.test_client().post(
        f"/api/v1/activaciones/{here.id}/transiciones",
        json={"id": str(uuid7()), "a": "en_cierre", "ocurrida_en": "2026-11-20T09:00:00-06:00"},
        headers=headers,
    )
    assert moved.status_code == 201, moved.text
    inside = ingreso(here)
    assert "personas_dentro" in send("acta_cierre", CIERRE, here)
    assert db.session.get_one(Activacion, here.id).estado == "en_cierre"
    left = app.test_client().post(
        "/api/v1/movimientos",
        json={
            "id": str(uuid7()), "tipo": "egreso", "activacion": str(here.id), "destino": "familiar",
            "personas": [p["id"] for p in inside["personas"]], "ocurrido_en": "2026-11-20T10:00:00-06:00",
        },
        headers=headers,
    )  # fmt: skip
    assert left.status_code == 201, left.text
    send("acta_cierre", CIERRE, here)
    row = db.session.get_one(Activacion, here.id)
    assert (row.estado, row.acta_cierre) == ("cerrada", CIERRE["numero_acta"])


def test_an_evaluation_and_then_the_act_make_a_site_official(send):
    sitio = make_albergue(capacidad=None)
    here = make_activacion(sitio)
    send("evaluacion_sitio", EVALUACION, here)
    row = db.session.get_one(Albergue, sitio.id)
    assert row.estado.startswith("evaluado_apto") and not row.oficial
    send("acta_oficializacion", OFICIALIZACION, here)
    row = db.session.get_one(Albergue, sitio.id)
    assert (row.estado, row.oficial) == ("oficializado", True)
    assert authorised(sitio) == [120]


def test_a_survey_describes_the_building_measures_it_and_says_who_has_the_keys(send):
    sitio = make_albergue(municipio="1413", nombre="Escuela vieja", capacidad=None)
    here = make_activacion(sitio)
    assert send("ficha_sitio", FICHA, here) == set()
    row = db.session.get_one(Albergue, sitio.id)
    assert (row.nombre, row.tipo_inmueble) == ("Escuela Aldea Acul", "escuela")
    assert (row.lat, row.lon) == (15.405278, -91.146944)
    measured = db.session.scalars(select(MedidaSitio)).one()
    assert (measured.area_m2, measured.inodoros, measured.duchas) == (48, 3 + 2 + 0, 1 + 1)
    keys = db.session.scalars(select(Contacto).where(Contacto.papel == "llaves", Contacto.activo)).one()
    assert (keys.nombre, keys.telefono) == ("Ana Brito", "55000134")
    assert authorised(sitio) == [25]
    assert send("ficha_sitio", FICHA, here) == set() and authorised(sitio) == [25]
    assert send("ficha_sitio", FICHA | {"municipio": "1401"}, here) == {"dato_distinto"}
    assert db.session.get_one(Albergue, sitio.id).municipio_codigo == "1413"
