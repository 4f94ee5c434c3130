"""Acts and sheets of a site write what they say to the tables of sites and activations, by whoever may change them.

What only describes is written when it is kept; an act that moves a state, when it is signed.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.albergues.models import Activacion, Albergue, Capacidad, Contacto, MedidaSitio
from albergues_app.capturas.models import Registro
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import validate
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.formats.outputs.xlsx import write_workbook
from albergues_app.ocupacion.format_catalogs import format_catalogos
from tests.albergues.test_act_scans import PDF
from tests.capturas.test_registros import fill
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import ingreso, make_activacion, make_albergue
from tests.factories.cuentas import csrf_of
from tests.formats.cases_sitio import APERTURA, CIERRE, EVALUACION, FICHA, OFICIALIZACION


@pytest.fixture
def send(app, ficha):
    """Keep a sheet through the API as a role of the municipality of the shelter; its answer."""

    def post(codigo, answers, activacion=None, rol="municipal", **place):
        place = {"activacion": str(activacion.id)} if activacion is not None else place
        body = {"id": str(uuid7()), **place, "respuestas": answers}
        sent = app.test_client().post(
            f"/api/v1/formatos/{codigo}/capturas", json=body, headers=ficha(rol, municipio="1413")
        )
        assert sent.status_code == 201, sent.text
        db.session.expire_all()
        return sent.json

    return post


@pytest.fixture
def sign(app, ficha):
    """Attach the scan of a signed sheet through the API; the answer."""

    def post(sheet, content=PDF, rol="municipal", municipio="1413", version=1):
        body = {"id": str(uuid7()), "version": version, "contenido": b64encode(content).decode()}
        done = app.test_client().post(
            f"/api/v1/registros/{sheet['id']}/escaneos", json=body, headers=ficha(rol, municipio=municipio)
        )
        db.session.expire_all()
        return done

    return post


@pytest.fixture
def read(app, ficha):
    headers = ficha("sede", departamento="14")
    return lambda sheet: app.test_client().get(f"/api/v1/registros/{sheet['id']}", headers=headers).json


def codes(body):
    return {aviso["codigo"] for aviso in body["avisos"]}


def authorised(albergue: Albergue) -> list[int]:
    rows = db.session.scalars(
        select(Capacidad.personas).where(
            Capacidad.albergue_id == albergue.id, Capacidad.clase == "autorizada"
        )
    )
    return sorted(rows)


def test_an_opening_act_opens_what_was_in_preparation_when_it_is_signed_and_both_sides_say_it(
    send, sign, read, entra
):
    sitio = make_albergue(capacidad=None)
    here = make_activacion(sitio, abierta_en=None, administrador=None)
    assert here.estado == "preparacion"
    sheet = send("acta_apertura", APERTURA, here)
    assert codes(sheet) >= {"surtira_efecto"} and sheet["estado"] == "guardado"
    row = db.session.get_one(Activacion, here.id)
    assert (row.estado, row.acta_apertura, authorised(sitio)) == ("preparacion", None, [])
    client = entra("municipal", municipio="1413")
    page = client.get(f"/registros/{sheet['id']}").text
    assert (
        "Surtirá efecto al adjuntar la hoja firmada: se anota el acta y el albergue queda abierto, si no lo estaba"
        in page
    )

    done = sign(sheet)
    assert (done.status_code, done.json["estado"]) == (201, "firmado"), done.text
    row = db.session.get_one(Activacion, here.id)
    assert (row.estado, row.acta_apertura) == ("activa", APERTURA["numero_acta"])
    assert f"{clock.to_local(row.abierta_en):%d/%m/%Y %H:%M}" == APERTURA["abierta_en"]
    assert (row.administrador, authorised(sitio)) == (APERTURA["administrador"], [120])

    told = read(sheet)
    assert (told["estado"], told["espera"]) == ("firmado", None)
    assert [e["huella"] for e in told["escaneos"]] == [sha256(PDF).hexdigest()]
    assert told["efectos"][0]["dice"] == f"Abrió el albergue el {APERTURA['abierta_en']}"
    page = client.get(f"/registros/{sheet['id']}").text
    assert f"/activaciones/{here.id}" in page and "Surtirá efecto" not in page
    assert f"/registros/{sheet['id']}" in client.get(f"/activaciones/{here.id}").text
    assert f"/registros/{sheet['id']}" not in entra("mando").get(f"/activaciones/{here.id}").text


def test_what_somebody_wrote_before_stands_and_the_difference_is_told(send, sign):
    here = make_activacion(make_albergue(), administrador="Rosa Ixchop", acta_numero="OTRA-1")
    opened = here.abierta_en
    assert "dato_distinto" in codes(sign(send("acta_apertura", APERTURA, here)).json)
    row = db.session.get_one(Activacion, here.id)
    assert (row.administrador, row.acta_apertura, row.abierta_en) == ("Rosa Ixchop", "OTRA-1", opened)


def test_who_may_only_fill_it_signs_the_sheet_and_moves_nothing_until_one_who_may_attaches_it(
    send, sign, read
):
    sitio = make_albergue(capacidad=None)
    here = make_activacion(sitio, abierta_en=None, administrador=None)
    sheet = send("acta_apertura", APERTURA, here, rol="albergue")
    done = sign(sheet, rol="albergue")
    assert (done.status_code, done.json["estado"], codes(done.json)) == (201, "firmado", {"surtira_efecto"})
    row = db.session.get_one(Activacion, here.id)
    assert (row.estado, row.administrador, authorised(sitio)) == ("preparacion", None, [])
    assert "la municipalidad o la sede" in read(sheet)["espera"]
    assert sign(sheet, rol="albergue").json["codigo"] == "escaneo_repetido"
    assert sign(sheet, municipio="0901").status_code == 404, "an outsider finds no such record"
    again = sign(sheet)
    assert (again.status_code, again.json["serie"]) == (201, 1), "the same file, now by one who may"
    assert db.session.get_one(Activacion, here.id).estado == "activa"
    assert sign(sheet).json["codigo"] == "escaneo_repetido"


def test_a_closing_act_closes_only_what_is_closing_and_empty_or_the_scan_stays_out(
    send, sign, read, app, ficha
):
    here = make_activacion(make_albergue())
    inside = ingreso(here)
    sheet = send("acta_cierre", CIERRE, here)

    def refused(codigo):
        done = sign(sheet)
        assert (done.status_code, done.json["codigo"]) == (422, codigo), done.text
        told = read(sheet)
        assert (told["estado"], told["escaneos"], told["efectos"]) == ("guardado", [], [])

    refused("personas_dentro")
    headers = ficha("municipal", municipio="1413")
    left = app.test_client().post(
        "/api/v1/movimientos",
        json={
            "id": str(uuid7()), "tipo": "egreso", "activacion": str(here.id), "destino": "familiar",
            "personas": [p["id"] for p in inside["personas"]], "ocurrido_en": "2026-11-20T10:00:00-06:00",
        },
        headers=headers,
    )  # fmt: skip
    assert left.status_code == 201, left.text
    refused("transicion_ilegal")
    moved = app.test_client().post(
        f"/api/v1/activaciones/{here.id}/transiciones",
        json={"id": str(uuid7()), "a": "en_cierre", "ocurrida_en": "2026-11-20T09:00:00-06:00"},
        headers=headers,
    )
    assert moved.status_code == 201, moved.text
    assert sign(sheet).status_code == 201
    row = db.session.get_one(Activacion, here.id)
    assert (row.estado, row.acta_cierre) == ("cerrada", CIERRE["numero_acta"])


def test_an_evaluation_and_then_the_signed_act_make_a_site_official(send, sign):
    sitio = make_albergue(capacidad=None)
    here = make_activacion(sitio)
    sheet = send("acta_oficializacion", OFICIALIZACION, here)
    assert sign(sheet).json["codigo"] == "transicion_ilegal", "nobody evaluated it yet"
    row = db.session.get_one(Albergue, sitio.id)
    assert (row.estado, row.oficial, authorised(sitio)) == ("identificado", False, [])
    evaluation = send("evaluacion_sitio", EVALUACION, here)
    assert codes(evaluation) >= {"surtira_efecto"}
    assert db.session.get_one(Albergue, sitio.id).estado == "identificado", "nobody signed the evaluation"
    assert sign(evaluation).status_code == 201
    row = db.session.get_one(Albergue, sitio.id)
    assert row.estado.startswith("evaluado_apto") and not row.oficial and row.evaluado_en is not None
    assert sign(sheet).status_code == 201
    row = db.session.get_one(Albergue, sitio.id)
    assert (row.estado, row.oficial) == ("oficializado", True)
    assert authorised(sitio) == [120]


def test_a_survey_describes_the_building_measures_it_and_says_who_has_the_keys(send):
    sitio = make_albergue(municipio="1413", nombre="Escuela vieja", capacidad=None)
    here = make_activacion(sitio)
    assert codes(send("ficha_sitio", FICHA | {"lugar_poblado": None}, here)) >= {"ficha_incompleta"}
    assert db.session.get_one(Albergue, sitio.id).nombre == "Escuela vieja", (
        "only a complete survey is written"
    )
    assert codes(send("ficha_sitio", FICHA, here)) == set()
    row = db.session.get_one(Albergue, sitio.id)
    assert (row.nombre, row.tipo_inmueble) == ("Escuela Aldea Acul", "escuela")
    assert (row.lat, row.lon) == (15.405278, -91.146944)
    measured = db.session.scalars(select(MedidaSitio)).one()
    assert (measured.area_m2, measured.inodoros, measured.duchas) == (48, 3 + 2 + 0, 1 + 1)
    keys = db.session.scalars(select(Contacto).where(Contacto.papel == "llaves", Contacto.activo)).one()
    assert (keys.nombre, keys.telefono) == ("Ana Brito", "55000134")
    assert authorised(sitio) == [25]
    assert codes(send("ficha_sitio", FICHA, here)) == set() and authorised(sitio) == [25]
    assert codes(send("ficha_sitio", FICHA | {"municipio": "1401"}, here)) == {"dato_distinto"}
    assert db.session.get_one(Albergue, sitio.id).municipio_codigo == "1413"


def test_a_survey_of_a_site_that_is_not_registered_registers_it_for_who_may(send, read, app, ficha):
    assert codes(send("ficha_sitio", FICHA, rol="registro", municipio="1413")) == {"datos_sin_escribir"}
    assert db.session.scalars(select(Albergue)).all() == []
    sheet = send("ficha_sitio", FICHA, municipio="1413")
    assert codes(sheet) == {"sitio_registrado"}
    row = db.session.scalars(select(Albergue)).one()
    assert (row.nombre, row.municipio_codigo, row.lat) == ("Escuela Aldea Acul", "1413", 15.405278)
    assert authorised(row) == [25]
    record = db.session.get_one(Registro, UUID(sheet["id"]))
    assert (record.albergue_id, record.albergue_codigo) == (row.id, row.codigo)
    assert read(sheet)["efectos"][0]["dice"] == f"Registró el sitio {row.codigo}"
    fixed = {
        "id": str(uuid7()),
        "version": 1,
        "motivo": "Otro nombre",
        "respuestas": FICHA | {"nombre": "Escuela de Acul"},
    }
    done = app.test_client().post(
        f"/api/v1/registros/{sheet['id']}/versiones", json=fixed, headers=ficha("municipal", municipio="1413")
    )
    assert done.status_code == 201, done.text
    db.session.expire_all()
    assert db.session.scalars(select(Albergue.nombre)).all() == ["Escuela de Acul"], (
        "corrected, not made again"
    )


def _by_page(answers, here, entra, _albergues, _folder):
    sent = fill(entra("municipal", municipio="1413"), "acta_apertura", answers, here)
    assert sent.status_code == 303, sent.text


def _by_file(answers, here, _entra, albergues, folder):  # noqa: F811
    target = folder / "acta.xlsx"
    formato = formatos.latest("acta_apertura")
    typed = validate(formato, answers, format_catalogos(), "rapido", clock.now(), formato.at_gate)
    target.write_bytes(_workbook(formato, typed.answers))
    done = albergues(
        "formato", "leer", "acta_apertura", str(target), "--guardar", "--activacion", str(here.id)
    )
    assert done.exit_code == 0, done.output


def _workbook(formato, answers):
    book = BytesIO()
    write_workbook(formato, book, format_catalogos(), [answers])
    return book.getvalue()


@pytest.mark.parametrize("door", [_by_page, _by_file], ids=["page", "workbook"])
def test_by_page_and_by_file_an_act_waits_for_its_signature_too(door, entra, albergues, tmp_path, sign):  # noqa: F811
    here = make_activacion(make_albergue(capacidad=None), abierta_en=None, administrador=None)
    door(APERTURA, here, entra, albergues, tmp_path)
    db.session.expire_all()
    record = db.session.scalars(select(Registro)).one()
    assert (record.estado, db.session.get_one(Activacion, here.id).estado) == ("guardado", "preparacion")
    assert sign({"id": str(record.id)}).status_code == 201
    assert db.session.get_one(Activacion, here.id).estado == "activa"


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_on_the_page_a_survey_asks_for_the_municipality_of_a_site_that_is_not_registered(base, entra):
    client = entra("municipal", municipio="1413")
    assert 'name="municipio"' in client.get("/registros/nuevo/ficha_sitio").text
    page = client.get("/registros/nuevo/ficha_sitio?albergue=&municipio=1413").text
    values = flatten(formatos.latest("ficha_sitio"), FICHA)
    data = {**values, "op_id": str(uuid7()), "csrf_token": csrf_of(page)}
    sent = client.post("/registros/nuevo/ficha_sitio", data=data)
    assert sent.status_code == 303, sent.text
    row = db.session.scalars(select(Albergue)).one()
    assert f"/albergues/{row.id}" in client.get(sent.location).text
    assert sent.location in client.get(f"/albergues/{row.id}").text
    far = entra("municipal", municipio="0901")
    assert far.get("/registros/nuevo/ficha_sitio?municipio=1413").status_code == 404
