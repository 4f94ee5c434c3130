"""What does not stand at the gate is neither read, written nor told there, by any address or field sent by hand."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.capturas.gate import told_at_the_gate, with_hidden
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import answers_of
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Result
from albergues_app.formats.engine.field_type import Notice
from tests.capturas.test_registros import fill, form_of
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import csrf_of
from tests.formats.cases_operacion import CASES

INCIDENTE = CASES["incidente"][1][0]
RESERVED = "Marta Reservada Chub"


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def reserved(here, entra):
    """An incident whose reserved field protection filled in."""
    answers = {**INCIDENTE, "involucrados_reservado": RESERVED}
    assert fill(entra("proteccion", municipio="1413"), "incidente", answers, here).status_code == 303
    return kept().id


def kept() -> Registro:
    db.session.expire_all()
    return db.session.scalars(select(Registro)).one()


def test_a_correction_at_the_gate_cannot_write_what_it_does_not_show(reserved, entra):
    clerk = entra("albergue", municipio="1413")
    page = clerk.get(f"/registros/{reserved}/corregir").text
    assert RESERVED not in page and "involucrados_reservado" not in page
    data = form_of("incidente", INCIDENTE, op_id=uuid7(), csrf_token=csrf_of(page), _version=1)
    data |= {"motivo_correccion": "Prueba", "involucrados_reservado": "Otra persona"}
    assert clerk.post(f"/registros/{reserved}/corregir", data=data).status_code == 303
    row = kept()
    assert row.version == 2 and answers_of(row)["involucrados_reservado"] == RESERVED


def test_nor_can_a_program_at_the_gate_and_it_is_told(reserved, ficha, app):
    client, headers = app.test_client(), ficha("albergue", municipio="1413")
    sent = client.post(
        f"/api/v1/registros/{reserved}/versiones",
        json={
            "id": str(uuid7()), "version": 1, "motivo": "Prueba",
            "respuestas": {**INCIDENTE, "involucrados_reservado": "Otra persona"},
        },
        headers=headers,
    )  # fmt: skip
    assert sent.status_code == 201, sent.text
    assert "no_va_en_la_puerta" in {a["codigo"] for a in sent.json["avisos"]}
    assert answers_of(kept())["involucrados_reservado"] == RESERVED


def test_rows_lose_what_the_gate_does_not_show_too():
    boleta = formatos.latest("boleta_ingreso")
    raw = {"personas": [{"nombres": "Ana", "embarazo": "no"}, None, "x"]}
    at_gate = with_hidden(boleta, raw, {}, True, Result({}), {})
    assert at_gate["personas"] == [{"nombres": "Ana"}, None, "x"]
    seen = with_hidden(boleta, raw, {}, False, Result({}), {})
    assert seen["personas"][0]["embarazo"] == "no", "a profession writes it"


def test_a_verdict_says_nothing_at_the_gate_of_what_is_not_there():
    boleta = formatos.latest("boleta_ingreso")
    said = (
        Notice("x", "Semanas de embarazo", "personas[3].embarazo_semanas"),
        Notice("x", "Nombre", "personas[3].nombres"),
        Notice("x", "Toda la hoja", ""),
    )
    told = told_at_the_gate(boleta, Result({}, (), said, said))
    assert told.warnings == told.pending == said[1:]


def test_a_page_that_is_no_number_is_the_first_one(here, entra):
    clerk = entra("albergue", municipio="1413")
    for page in ("²", "-1", "0", "9" * 5000, "x"):
        assert clerk.get("/registros", query_string={"pagina": page}).status_code == 200, page[:9]
    assert UUID(int=0) != here.id
