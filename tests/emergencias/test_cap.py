"""CAP messages as proposed alerts: kept once, answered once, withdrawn by a later one; who sees and who answers."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias import cap
from albergues_app.emergencias.models import Alerta
from albergues_app.emergencias.models_cap import AlertaCap
from albergues_app.emergencias.queries import alertas_vigentes
from albergues_app.emergencias.services import AlertaNueva
from albergues_app.interchange.cap_import import read_cap
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.conftest import expect_refused
from tests.factories.cap import cap_xml, geocode, reference
from tests.factories.cuentas import SISTEMA, csrf_of

XSS = "<script>alert(1)</script>"
SENT = clock.now().replace(microsecond=0) - timedelta(hours=2)


def receive(**parts):
    datos = read_cap(uuid7(), cap_xml(sent=SENT, **parts), clock.now(), training=True)
    with unit_of_work(SISTEMA):
        row, _ = cap.receive_cap(datos)
    return row.id


def accept(key, **changes):
    row = db.session.get_one(AlertaCap, key)
    values = {
        "id": uuid7(), "emergencia_id": None, "ambito": row.ambito, "nivel": row.nivel, "color": row.color,
        "amenaza": row.amenaza, "desde": row.desde, "hasta": row.hasta, "autoridad": row.autoridad,
        "documento": None, "lugares": row.codigos, **changes,
    }  # fmt: skip
    with unit_of_work(SISTEMA):
        return cap.accept_cap(key, AlertaNueva(**values)).alerta_id


def test_the_same_message_is_kept_once_and_another_under_its_name_is_refused(app):
    content = cap_xml(sent=SENT)
    for expected in (True, False):
        with unit_of_work(SISTEMA):
            _row, new = cap.receive_cap(read_cap(uuid7(), content, clock.now(), training=True))
        assert new is expected
    with expect_refused("cap_otro_contenido"):
        receive(headline="Otra cosa")
    row = db.session.scalars(select(AlertaCap)).one()
    assert cap.content_of(row) == content and content not in row.mensaje
    assert db.session.query(Alerta).count() == 0


def test_nothing_is_in_force_until_it_is_accepted_and_that_happens_once(app):
    key = receive()
    assert alertas_vigentes(clock.now(), "14") == []
    accept(key)
    assert [a.color for a in alertas_vigentes(clock.now(), "14")] == ["anaranjada"]
    with expect_refused("cap_respondida"):
        accept(key)
    with expect_refused("cap_respondida"), unit_of_work(SISTEMA):
        cap.dismiss_cap(key, "Tarde")
    assert db.session.query(Alerta).count() == 1


def test_an_update_replaces_what_the_earlier_one_declared(app):
    first = receive()
    alerta_id = accept(first)
    second = receive(
        identifier="insivumeh-2",
        msg_type="Update",
        references=reference("insivumeh-1", SENT),
        severity="Extreme",
    )
    accept(second, desde=clock.now())
    assert db.session.get_one(Alerta, alerta_id).hasta <= clock.now()
    assert [a.color for a in alertas_vigentes(clock.now(), "14")] == ["roja"]


def test_a_message_with_a_pending_later_one_waits_for_it(app):
    first = receive()
    second = receive(
        identifier="insivumeh-2", msg_type="Cancel", references=reference("insivumeh-1", SENT), info=False
    )
    assert db.session.get_one(AlertaCap, second).codigos == ["14"]
    with expect_refused("cap_hay_posterior"):
        accept(first)
    with unit_of_work(SISTEMA):
        cap.accept_cancel(second, clock.now())
    row = db.session.get_one(AlertaCap, first)
    assert row.estado == "reemplazada" and db.session.query(Alerta).count() == 0


def test_a_cancel_lifts_what_was_accepted_and_one_of_nothing_is_refused(app):
    alerta_id = accept(receive())
    with expect_refused("cap_sin_antecedente"):
        receive(identifier="x", msg_type="Cancel", references=reference("no-vino", SENT), info=False)
    key = receive(
        identifier="insivumeh-2", msg_type="Cancel", references=reference("insivumeh-1", SENT), info=False
    )
    when = clock.now()
    with unit_of_work(SISTEMA):
        cap.accept_cancel(key, when)
    assert db.session.get_one(Alerta, alerta_id).hasta == when
    assert alertas_vigentes(when + timedelta(seconds=1), "14") == []


def test_an_alert_that_would_be_over_is_not_declared(app):
    key = receive()
    with expect_refused("cap_vencida"):
        accept(key, hasta=clock.now() - timedelta(minutes=1))
    assert db.session.get_one(AlertaCap, key).pendiente


# --- pages: they do not depend on the database -----------------------------------------------------

only_sqlite = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def upload(client, content):
    page = client.get("/emergencias/cap").text
    body = {"csrf_token": csrf_of(page), "archivo": (io.BytesIO(content), "aviso.cap")}
    return client.post("/emergencias/cap", data=body, content_type="multipart/form-data")


def fields_of(page: str) -> dict[str, object]:
    """What the form that accepts holds when the page comes."""
    form = page[page.index("Alerta que se propone") : page.index("Aceptar y declarar")]
    checked = re.findall(r'<input type="(?:radio|checkbox)"[^>]* name="(\w+)" value="([^"]+)" checked', form)
    lines = re.findall(r'name="(desde|hasta|autoridad|documento)"[^>]* value="([^"]*)"', form)
    chosen = re.findall(r'<option value="([^"]+)" selected', form)
    op = re.search(r'name="op_id" value="([^"]+)"', page)
    places = [v for n, v in checked if n in {"departamentos", "municipios"}]
    found = dict(lines) | {n: v for n, v in checked if n in {"color", "ambito", "nivel"}}
    return found | {
        "departamentos": places,
        "amenaza": chosen[0],
        "op_id": op.group(1),
        "csrf_token": csrf_of(page),
    }


@only_sqlite
def test_a_sede_reviews_what_came_edits_it_and_it_is_known_who_did(app, entra):
    client = entra("sede", departamento="14")
    got = upload(client, cap_xml(sent=SENT, signed=True, headline=f"Lluvia {XSS}", event=f"Lluvia {XSS}"))
    assert got.status_code == 303, got.text
    page = client.get(got.location).text
    assert XSS not in page and "&lt;script&gt;" in page
    assert "Sin verificar" in page and "avisos@insivumeh.example" in page
    assert "1 alerta recibida por revisar" in client.get("/").text
    typed = fields_of(page)
    assert (typed["color"], typed["departamentos"], typed["autoridad"]) == (
        "anaranjada", ["14"], "INSIVUMEH de práctica",
    )  # fmt: skip
    refused = client.post(got.location, data={**typed, "autoridad": ""})
    assert refused.status_code == 422 and "Escriba quién la declara." in refused.text
    done = client.post(got.location, data={**typed, "color": "roja"})
    assert done.status_code == 303
    alertas = client.get("/emergencias/alertas").text
    assert "CAP insivumeh-1" in alertas and "Alerta roja" in alertas
    page = client.get(got.location).text
    assert page.count("Cuenta sede") >= 2 and "Aceptar y declarar" not in page
    assert client.get(f"{got.location}/archivo").data.startswith(b"<?xml")


@only_sqlite
def test_outside_its_territory_a_message_does_not_exist_and_a_wider_one_is_answered_by_the_central_office(
    app, entra
):
    sede, other, centre = (
        entra("sede", departamento="14"),
        entra("sede", departamento="13"),
        entra("nacional"),
    )
    where = upload(sede, cap_xml(sent=SENT)).location
    assert other.get(where).status_code == 404 and other.get(f"{where}/archivo").status_code == 404
    assert "insivumeh" not in other.get("/emergencias/cap").text
    refused = upload(other, cap_xml(sent=SENT, identifier="z"))
    assert refused.status_code == 422 and "otro territorio" in refused.text
    assert db.session.query(AlertaCap).count() == 1
    wide = upload(sede, cap_xml(sent=SENT, identifier="b", areas=geocode("GT14") + geocode("GT13"))).location
    page = sede.get(wide).text
    assert "la acepta la oficina central" in page and "Aceptar y declarar" not in page
    body = {"csrf_token": csrf_of(page), "motivo": "No"}
    assert sede.post(wide, data=body).status_code == 404
    assert sede.post(f"{wide}/descartar", data=body).status_code == 404
    page = centre.get(wide).text
    assert centre.post(wide, data=fields_of(page)).status_code == 303
    for rol in ("municipal", "mando"):
        assert (
            entra(rol, **({"municipio": "1413"} if rol == "municipal" else {})).get(where).status_code == 403
        )


@only_sqlite
def test_a_bad_file_says_why_and_leaves_nothing(app, entra):
    client = entra("nacional")
    for content, words in (
        (b"", "está vacío"),
        (cap_xml(expires=timedelta(minutes=1), sent=SENT), "venció el"),
        (cap_xml(areas=geocode("US-CA", "ISO")), "no cae en ningún departamento"),
        (
            cap_xml(msg_type="Cancel", references=reference("nada", SENT), info=False),
            "no hay nada que levantar",
        ),
    ):
        got = upload(client, content)
        assert got.status_code == 422 and words in got.text, words
    assert db.session.query(AlertaCap).count() == 0


@only_sqlite
def test_a_dismissed_message_keeps_its_reason(app, entra):
    client = entra("nacional")
    where = upload(client, cap_xml(sent=SENT)).location
    page = client.get(where).text
    op = re.search(r'name="op_id" value="([^"]+)"', page).group(1)
    body = {"csrf_token": csrf_of(page), "op_id": op, "motivo": ""}
    refused = client.post(f"{where}/descartar", data=body)
    assert refused.status_code == 422
    given = re.search(r'id="c-autoridad"[^>]*value="([^"]+)"', page)
    assert given and given.group() in refused.text, "the alert that it proposes stays filled in"
    assert (
        client.post(f"{where}/descartar", data={**body, "motivo": "Ya lo declaró CONRED"}).status_code == 303
    )
    assert "Ya lo declaró CONRED" in client.get("/emergencias/cap").text
    assert db.session.query(Alerta).count() == 0


@only_sqlite
def test_alerts_go_out_only_where_the_instance_says_who_sends_them(make_app, app, entra):
    from tests.emergencias.test_pages import alerta

    row = alerta("roja")
    client = entra("mando")
    assert client.get(f"/emergencias/cap/alertas/{row.id}").status_code == 404
    assert "Mensaje CAP" not in client.get("/emergencias/alertas").text
    app.config["CAP_REMITENTE"] = "coe@institucion.example"
    got = client.get(f"/emergencias/cap/alertas/{row.id}")
    assert got.status_code == 200 and b"<msgType>Alert</msgType>" in got.data
    assert b"<status>Exercise</status>" in got.data  # an instance of Capacitación never sends a real one
    assert "Mensaje CAP" in client.get("/emergencias/alertas").text


@only_sqlite
def test_the_terminal_reviews_keeps_and_gives_out(app, albergues, tmp_path, monkeypatch):  # noqa: F811
    from tests.emergencias.test_pages import alerta

    file = tmp_path / "aviso.cap"
    file.write_bytes(cap_xml(sent=SENT))
    first = albergues("cap", "importar", str(file))
    told = json.loads(first.stdout.splitlines()[-1])
    assert first.exit_code == 0 and told["lugares"] == ["14"] and told["id"] is None
    assert db.session.query(AlertaCap).count() == 0
    kept = [
        json.loads(albergues("cap", "importar", str(file), "--guardar").stdout.splitlines()[-1]) for _ in "ab"
    ]
    assert [k["nueva"] for k in kept] == [True, False] and kept[0]["id"] == kept[1]["id"]
    file.write_bytes(cap_xml(areas=geocode("US-CA", "ISO")))
    refused = albergues("cap", "importar", str(file))
    assert refused.exit_code == 1 and json.loads(refused.stdout.splitlines()[-1])["razones"] == [
        "area_desconocida"
    ]
    file.write_bytes(b"nada")
    assert albergues("cap", "importar", str(file)).exit_code == 2
    row_id, out = str(alerta("roja").id), tmp_path / "sale.cap"
    assert albergues("cap", "exportar", row_id, str(out)).exit_code == 1
    monkeypatch.setenv("ALBERGUES_CAP_REMITENTE", "coe@institucion.example")
    assert albergues("cap", "exportar", row_id, str(out)).exit_code == 0
    assert b"coe@institucion.example" in out.read_bytes()
