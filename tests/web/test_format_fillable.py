"""The fillable PDF on the public shelf: for anybody, for programs, kept, and with as many sheets as asked."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from albergues_app.core.turns import turn
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.definiciones.official import set_codigo_oficial
from albergues_app.formats import catalogo
from tests.factories.cuentas import SISTEMA
from tests.pdf import pages_of

# One database is enough: what is given comes from the catalogue, not from a query of one database.
pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def fields_of(response):
    assert response.status_code == 200 and response.mimetype == "application/pdf"
    return PdfReader(BytesIO(response.data)).get_fields()


def test_anybody_gets_it_with_the_places_of_the_country(client):
    response = client.get("/formatos/boleta_ingreso/para-llenar.pdf")
    fields = fields_of(response)
    assert "Santa María Nebaj, Quiché" in fields["municipio_procedencia"]["/Opt"]
    assert len(fields["municipio_procedencia"]["/Opt"]) > 340
    assert "boleta_ingreso_v1_carta_para_llenar.pdf" in response.headers["Content-Disposition"]
    assert "max-age" in response.headers["Cache-Control"]
    again = client.get(
        "/formatos/boleta_ingreso/para-llenar.pdf", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304


def test_one_asks_for_continuations_with_the_form_or_alone(client):
    three = fields_of(client.get("/formatos/boleta_ingreso/para-llenar.pdf?hojas=3"))
    assert three["_hoja"]["/V"] == "1" and {"personas-0-nombres", "personas-23-nombres"} <= set(three)
    alone = fields_of(client.get("/formatos/boleta_ingreso/para-llenar.pdf?hoja=2&papel=oficio"))
    assert alone["_hoja"]["/V"] == "2" and "folio" in alone
    assert "personas-8-nombres" in alone and "motivo" not in alone and "personas-0-nombres" not in alone
    for bad in ("?hojas=999", "?hoja=0", "?hojas=x", "?hoja=99"):
        assert client.get(f"/formatos/boleta_ingreso/para-llenar.pdf{bad}").status_code == 404, bad
    assert client.get("/formatos/sci_213/para-llenar.pdf?hojas=2").status_code == 404
    assert client.get("/formatos/otra_cosa/para-llenar.pdf").status_code == 404


def test_programs_and_people_find_it(client):
    rows = client.get("/api/v1/formatos").get_json()["filas"]
    assert all(r["enlaces"]["pdf_llenable"] == f"/formatos/{r['codigo']}/para-llenar.pdf" for r in rows)
    assert {r["codigo"] for r in rows} == {f.code for f in catalogo.all()}
    assert "/formatos/sci_213/para-llenar.pdf" in client.get("/formatos").text
    guide = client.get("/formatos/boleta_ingreso").text
    assert "para-llenar.pdf?hojas=2" in guide
    assert "hojas=2" not in client.get("/formatos/sci_213").text


def test_what_is_reserved_is_not_in_the_public_one(client):
    assert "embarazo" not in fields_of(client.get("/formatos/ficha_persona/para-llenar.pdf"))


def test_it_takes_its_turn_and_what_is_kept_waits_for_nobody(app, client):
    kept = "/formatos/sci_213/para-llenar.pdf"
    assert client.get(kept).status_code == 200
    with app.app_context(), turn("llenable", ""), turn("llenable", ""):
        busy = client.get("/formatos/sci_213/para-llenar.pdf?papel=oficio")
        assert busy.status_code == 503 and "Espere un minuto" in busy.text
        assert client.get(kept).status_code == 200
    assert client.get("/formatos/sci_213/para-llenar.pdf?papel=oficio").status_code == 200


def test_the_official_number_typed_later_stands_on_the_paper_already_drawn(client, app):
    def printed():
        response = client.get("/formatos/kardex/para-llenar.pdf")
        return pages_of(response.data)[0]

    assert "SOSEP-123" not in printed()
    with unit_of_work(SISTEMA):
        set_codigo_oficial("kardex", "SOSEP-123", "Circular 4-2026", None)
    assert "SOSEP-123" in printed()
