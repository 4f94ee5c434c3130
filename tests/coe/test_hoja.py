"""The log kept on paper goes into the log of the COE that is active there, once, and what is in it is not changed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from albergues_app.coe import queries
from albergues_app.coe.models import Coe
from albergues_app.compromisos.models import Compromiso
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from tests.factories.albergues import make_emergencia
from tests.factories.coe import make_coe

LINES = [
    {"ocurrido_en": "20/11/2026 18:05", "tipo": "llamada", "origen": "Alcaldía", "asunto": "Puente caído",
     "detalle": "No hay paso a Acul.", "prioridad": "urgente", "medio": "radio"},
    {"ocurrido_en": "20/11/2026 18:20", "tipo": "decision", "origen": "COE", "asunto": "Otra ruta",
     "detalle": "Se usa la de Cotzal.", "prioridad": "rutina", "rectifica_a": 90},
]  # fmt: skip
SHEET = {
    "periodo_desde": "20/11/2026 06:00", "periodo_hasta": "20/11/2026 19:00", "turno": "diurno", "entradas": LINES,
}  # fmt: skip


@pytest.fixture
def send(app, ficha):
    client = app.test_client()

    def post(rol, emergencia, path="/formatos/bitacora_coe/capturas", respuestas=SHEET, **more):
        place = {} if "version" in more else {"departamento": "14", "emergencia": str(emergencia.id)}
        body = {"id": str(uuid7()), "respuestas": respuestas, **place, **more}
        done = client.post(f"/api/v1{path}", json=body, headers=ficha(rol, departamento="14"))
        assert done.status_code == 201, done.text
        return done.json

    return post


@pytest.fixture
def read(app, ficha):
    headers = ficha("sede", departamento="14")
    return lambda key: app.test_client().get(f"/api/v1/registros/{key}", headers=headers).json


def codes(body):
    return {a["codigo"] for a in body["avisos"]}


def entries():
    db.session.rollback()
    coe = db.session.scalars(select(Coe)).one()
    return [
        (one.row["folio"], one.textos["asunto"], one.row["rectifica_a"]) for one in queries.entradas_of(coe)
    ]


def test_its_lines_are_entries_and_a_corrected_sheet_adds_only_new_ones(send, read):
    emergencia = make_emergencia()
    make_coe("14", emergencia.id, entries=0)
    done = send("sede", emergencia)
    assert "escrita_en_bitacora" in codes(done)
    assert sorted(entries()) == [(1, "Puente caído", None), (2, "Otra ruta", None)]
    first, second = (row["id"] for row in read(done["id"])["respuestas"]["entradas"])
    again = [
        {**LINES[0], "id": first, "asunto": "Puente caído del todo"},
        {**LINES[1], "id": second},
        {**LINES[1], "asunto": "Llegó la brigada"},
    ]
    path = f"/registros/{done['id']}/versiones"
    more = send("sede", emergencia, path, {**SHEET, "entradas": again}, version=1, motivo="Faltaba una")
    assert {"escrita_en_bitacora", "entrada_no_se_cambia"} <= codes(more), more
    assert [asunto for _folio, asunto, _r in sorted(entries())] == [
        "Puente caído",
        "Otra ruta",
        "Llegó la brigada",
    ]


@pytest.mark.parametrize(("rol", "place"), [("registro", "14"), ("sede", "16")])
def test_who_may_not_write_in_the_log_and_where_there_is_none_the_sheet_is_kept_and_it_is_said(
    send, rol, place
):
    emergencia = make_emergencia()
    make_coe(place, emergencia.id, entries=0)
    assert "bitacora_sin_escribir" in codes(send(rol, emergencia))
    assert entries() == []


def test_a_line_that_asks_for_something_makes_its_commitment_unless_it_was_done(send):
    emergencia = make_emergencia()
    make_coe("14", emergencia.id, entries=0)
    asked = {"requiere_accion": "Sí", "accion_responsable": "Diego Brito", "accion_plazo": "21/11/2026 18:00"}
    done = {"requiere_accion": "Sí", "accion_institucion": "CODRED", "accion_estado": "cumplida"}
    send("sede", emergencia, respuestas=SHEET | {"entradas": [LINES[0] | asked, LINES[1] | done]})
    db.session.rollback()
    made = [(c.responsable, c.origen_folio) for c in db.session.scalars(select(Compromiso))]
    assert made == [("Diego Brito", "COE departamental de Quiché, folio 1")]
