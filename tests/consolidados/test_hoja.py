"""A consolidated sheet on paper notes its totals beside the computed ones, by who may validate; annulled, they go."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from albergues_app.consolidados.models import TotalDado
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from tests.factories.albergues import make_emergencia
from tests.factories.cuentas import csrf_of

SITE = {"albergue_nombre": "Salón", "albergue_municipio": "1413", "clase": "oficial", "reporto": True,
        "personas": 40, "familias": 9}  # fmt: skip
SHEET = {
    "corte": "20/11/2026 18:00", "estado": "validado", "sin_reporte": 0,
    "albergues": [SITE, SITE | {"albergue_nombre": "Familias en casas", "clase": "autoalbergue", "personas": 12}],
}  # fmt: skip


@pytest.fixture
def send(app, ficha):
    emergencia = make_emergencia()

    def post(answers, rol="sede", of=None, **place):
        body = {"id": str(uuid7()), "respuestas": answers}
        path = "/api/v1/formatos/consolidado_departamental/capturas"
        if of is not None:
            path, body = (
                f"/api/v1/registros/{of['id']}/versiones",
                {**body, "version": 1, "motivo": "Se contó mal"},
            )
        else:
            body |= {"departamento": "14", "emergencia": str(emergencia.id)}
        done = app.test_client().post(path, json=body, headers=ficha(rol, departamento="14"))
        assert done.status_code == 201, done.text
        db.session.expire_all()
        return done.json

    return post


def codes(body):
    return {a["codigo"] for a in body["avisos"]}


def standing():
    db.session.expire_all()
    rows = db.session.scalars(select(TotalDado).where(TotalDado.anulado_en.is_(None)))
    return sorted((r.ambito, r.clase, r.fuente, r.personas, r.familias, r.albergues) for r in rows)


def test_its_totals_stand_beside_the_computed_ones_until_corrected_or_annulled(send, entra):
    assert codes(send(SHEET, rol="registro")) >= {"totales_sin_anotar"} and standing() == []
    sheet = send(SHEET)
    assert "totales_anotados" in codes(sheet)
    assert standing() == [
        ("14", "fuera", "hoja", 12, 9, 1),
        ("14", "no_oficial", "hoja", 0, 0, 0),
        ("14", "oficial", "hoja", 40, 9, 1),
    ]
    send(SHEET | {"albergues": [SITE | {"personas": 45}, SHEET["albergues"][1]]}, of=sheet)
    assert [row[3] for row in standing()] == [12, 0, 45]
    client = entra("sede", departamento="14")
    token = csrf_of(client.get(f"/registros/{sheet['id']}").text)
    client.post(f"/registros/{sheet['id']}/anular", data={"csrf_token": token, "motivo": "No era"})
    assert standing() == [] and db.session.query(TotalDado).count() == 6
