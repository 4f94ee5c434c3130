"""The SCI-201 by versions, and the SCI-214 taken from the log."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader
from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.coe import actividades, recursos, resumen
from albergues_app.coe.integrantes import accredit
from albergues_app.coe.models import Coe
from albergues_app.coe.queries import entradas_of, verify_log
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from tests.coe.pages import send
from tests.factories.albergues import OPENED
from tests.factories.coe import make_coe, make_recurso, make_resumen, member_of
from tests.factories.cuentas import SISTEMA, csrf_of, make_cuenta
from tests.pdf import text_of

SQLITE = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def row_of(coe_id) -> Coe:
    db.session.expire_all()
    return db.session.get_one(Coe, coe_id)


def drawing() -> bytes:
    """A PNG of a sketch."""
    out = BytesIO()
    Image.new("RGB", (300, 200), "white").save(out, "PNG")
    return out.getvalue()


def note(coe_id, asunto, tipo="decision", hours=1.0, actor=SISTEMA, **more):
    with unit_of_work(actor):
        datos = EntradaNueva(
            uuid7(),
            OPENED + timedelta(hours=hours),
            tipo,
            asunto,
            **{"detalle": f"Detalle de {asunto}", **more},
        )
        return write_entrada(coe_id, datos)["folio"]


def actor_of(cuenta) -> Actor:
    return Actor(cuenta.correo, "web", cuenta.id)


def test_the_summary_is_proposed_from_the_log_and_the_resources(app):
    coe_id = make_coe().id
    folio = note(coe_id, "Se abre el salón", hours=2)
    note(coe_id, "Llamada de la prensa", tipo="llamada")
    note(coe_id, "Se cierra el paso", hours=1, rectifica_a=folio)
    make_recurso(coe_id, "asignado", tipo="Cisterna", matricula="C-1", asignacion="Agua")
    make_recurso(coe_id, "desmovilizado", tipo="Bote")
    make_recurso(coe_id, "en_camino", tipo="Pala")
    with unit_of_work(SISTEMA):
        accredit(replace(member_of("14"), seccion="logistica", titular="Luis Tzoc", telefono="55501234"))
        accredit(member_of("12"))
    given = resumen.propose(row_of(coe_id), "Ana Cobo", None)
    assert given["incidente"] == "Tormenta de práctica" and given["registrador"] == "Ana Cobo"
    assert [a["accion"] for a in given["acciones"]] == [f"Se cierra el paso (folio {folio + 2})"]
    assert given["organizacion"] == [
        {"seccion": "logistica", "nombre": "Luis Tzoc", "institucion": "Institución de práctica",
         "telefono": "55501234"},
    ]  # fmt: skip
    found = {r["recurso"]: r for r in given["recursos"]}
    assert set(found) == {"Cisterna", "Pala"}
    assert (found["Cisterna"]["en_escena"], found["Pala"]["en_escena"]) == (True, False)
    assert (found["Cisterna"]["identificacion"], found["Cisterna"]["asignacion"]) == ("C-1", "Agua")


def test_a_version_keeps_what_people_wrote_adds_what_is_new_and_the_one_before_stays(app):
    coe_id = make_coe().id
    note(coe_id, "Primera")
    recurso_id = make_recurso(coe_id, "llego", tipo="Cisterna", matricula="C-1")
    one = resumen.propose(row_of(coe_id), "Ana Cobo", None)
    by_hand = {"recurso": "Lancha prestada", "identificacion": "azul"}
    make_resumen(
        coe_id,
        0,
        **{**one, "croquis_descripcion": "Al norte el río", "recursos": [*one["recursos"], by_hand]},
    )
    note(coe_id, "Segunda")
    with unit_of_work(SISTEMA):
        line = {"clase": "vehiculo", "tipo": "Cisterna", "matricula": "C-1", "contacto_nombre": "N/N"}
        recursos.write_paso(
            coe_id,
            recurso_id,
            recursos.PasoNuevo(uuid7(), "desmovilizado", OPENED + timedelta(hours=3), line, 1),
        )
    (last,) = resumen.versions_of(row_of(coe_id))
    two = resumen.propose(row_of(coe_id), "Luis Tzoc", last)
    assert [a["accion"].split()[0] for a in two["acciones"]] == ["Primera", "Segunda"]
    assert [r["recurso"] for r in two["recursos"]] == ["Lancha prestada"]
    assert two["croquis_descripcion"] == "Al norte el río"
    make_resumen(coe_id, 1, incidente="Otro nombre")
    with pytest.raises(RuleBroken) as refused:
        make_resumen(coe_id, 1)
    assert refused.value.codigo == "version_cambiada"
    versions = resumen.versions_of(row_of(coe_id))
    assert [(v.version, v.hoja["incidente"]) for v in versions] == [
        (2, "Otro nombre"),
        (1, "Tormenta de práctica"),
    ]


@SQLITE
def test_the_summary_is_prepared_corrected_and_printed_on_the_page(app, entra):
    coe_id = make_coe().id
    note(coe_id, "Se abre el salón")
    client, outsider = entra("sede", departamento="14"), entra("sede", departamento="12")
    home = f"/coe/{coe_id}/sci-201"
    assert "Todavía no hay resumen" in client.get(home).text
    form = client.get(f"{home}/nueva").text
    assert "Se abre el salón (folio 2)" in form and "Tormenta de práctica" in form
    fields = {"incidente": "Derrumbe de Acul", "ocurrido_en": "18/11/2026 08:00", "version": "0",
              "acciones-0-accion": "Se abre el salón", "organizacion-0-seccion": "mando",
              "organizacion-0-nombre": "Ana Cobo"}  # fmt: skip
    refused = send(client, f"{home}/nueva", 422, **fields | {"ocurrido_en": "ayer"})
    assert "Derrumbe de Acul" in refused.text and "día/mes/año" in refused.text
    more = send(client, f"{home}/nueva", 200, **fields | {"mas": "recursos"})
    assert 'name="recursos-3-recurso"' in more.text and 'value="Derrumbe de Acul"' in more.text
    send(client, f"{home}/nueva", **fields)
    late = send(client, f"{home}/nueva", 422, **fields | {"incidente": "Otro"})
    assert "Otra persona guardó la versión 1" in late.text and 'name="version" value="1"' in late.text
    send(client, f"{home}/nueva", **fields | {"incidente": "Otro", "version": "1"})
    assert "Otro" in client.get(home).text and "Derrumbe de Acul" in client.get(f"{home}?version=1").text
    paper = text_of(client.get(f"{home}/1.pdf").data)
    for word in ("SCI-201", "Derrumbe de Acul", "Ana Cobo", "Se abre el salón", "Versión 1"):
        assert word in paper, word
    assert client.get(f"{home}/9.pdf").status_code == client.get(f"{home}?version=9").status_code == 404
    for path in (
        home,
        f"{home}/nueva",
        f"{home}/1.pdf",
        f"/coe/{coe_id}/sci-214",
        f"/coe/{coe_id}/sci-214.pdf",
    ):
        assert outsider.get(path).status_code == 404, path


@SQLITE
def test_the_sketch_goes_with_the_summary_into_the_log_and_onto_the_paper(app, entra):
    coe_id = make_coe().id
    client = entra("sede", departamento="14")
    home = f"/coe/{coe_id}/sci-201"
    op_id = str(uuid7())
    fields = {"incidente": "Derrumbe", "ocurrido_en": "18/11/2026 08:00", "version": "0", "op_id": op_id}

    def post(status=303, file=None, **more):
        files = {"archivo_croquis": (BytesIO(file[1]), file[0])} if file else {}
        return send(client, f"{home}/nueva", status, **fields | more, **files)

    assert "no es PDF, JPEG ni PNG" in post(422, ("virus.exe", b"MZ")).text
    back = post(422, ("croquis.png", drawing()), incidente="")
    (kept,) = re.findall(r'name="croquis" value="([0-9a-f-]{36})"', back.text)
    assert post(croquis=kept) and post(croquis=kept), "sent twice by a bad network"
    (entry,) = [e for e in entradas_of(row_of(coe_id)) if "Croquis" in e.asunto]
    assert [a["id"] for a in entry.archivos] == [kept] and verify_log(row_of(coe_id)).alterada is None
    assert client.get(f"/coe/{coe_id}/adjuntos/{kept}").status_code == 200
    assert f"/adjuntos/{kept}" in client.get(home).text
    sheet = client.get(f"{home}/1.pdf").data
    last = PdfReader(BytesIO(sheet)).pages[-1]
    assert "croquis del incidente" in last.extract_text() and len(last.images) == 1
    assert "El croquis está en el anexo" in text_of(sheet)
    post(op_id=str(uuid7()), version="1", croquis=kept, incidente="Derrumbe de Acul")
    assert len([e for e in entradas_of(row_of(coe_id)) if "Croquis" in e.asunto]) == 1, "it is the same one"
    other = make_coe("14").id
    assert "ya no está" in send(client, f"/coe/{other}/sci-201/nueva", 422, **fields | {
        "op_id": str(uuid7()), "croquis": kept}).text  # fmt: skip


def test_activities_are_the_entries_of_an_account_in_a_period_and_nobody_elses(app):
    coe_id = make_coe().id
    ana, luis = make_cuenta("sede", departamento="14"), make_cuenta("mando", departamento="14")
    for hours, who, asunto in (
        (1, ana, "Una"),
        (11.9, ana, "Dos"),
        (12, ana, "Tres"),
        (2, luis, "Otra"),
        (0, ana, "Cero"),
    ):
        note(coe_id, asunto, hours=hours, actor=actor_of(who))
    coe, (desde, hasta) = row_of(coe_id), actividades.period_of(OPENED + timedelta(hours=1))
    assert (desde, hasta) == (OPENED, OPENED + timedelta(hours=12))
    own = actividades.activities_of(coe, [ana.id], desde, hasta)
    assert [e.textos["asunto"] for e in own] == ["Cero", "Una", "Dos"]
    sheet = actividades.sheet_of(coe, [ana.id, luis.id], desde, hasta, "enlace", "Ana Cobo")
    assert [a["actividad"].split(": ")[1].split(".")[0] for a in sheet["actividades"]] == [
        "Cero",
        "Una",
        "Otra",
        "Dos",
    ]
    assert {p["institucion"] for p in sheet["recursos"]} == {"Sede departamental", "Mando de emergencia"}
    assert [n for _, _, n in actividades.writers_of(coe)] == [4, 1]
    note(coe_id, "L" * 140, hours=3, actor=actor_of(luis), detalle="palabra " * 500)
    (_short, long) = actividades.sheet_of(row_of(coe_id), [luis.id], desde, hasta, "", "Ana")["actividades"]
    assert len(long["actividad"]) == 1000 and long["actividad"].endswith("… (sigue en la bitácora)")


@pytest.mark.parametrize(
    ("hour", "begins"), [(6, 6), (17.9, 6), (18, 18), (23, 18), (25, 18), (29.9, 18), (30, 30)]
)
@SQLITE
def test_periods_are_of_twelve_hours_also_past_midnight(app, hour, begins):
    midnight = OPENED - timedelta(hours=6)  # of Guatemala
    assert actividades.period_of(midnight + timedelta(hours=hour))[0] == midnight + timedelta(hours=begins)


@SQLITE
def test_ones_own_activities_are_printed_without_typing_them_again(app):
    coe_id, cuenta = make_coe().id, make_cuenta("sede", departamento="14")
    client = app.test_client()
    token = csrf_of(client.get("/entrar").text)
    client.post(
        "/entrar", data={"correo": cuenta.correo, "clave": "tres volcanes verdes", "csrf_token": token}
    )
    page = f"/coe/{coe_id}/sci-214"
    assert "Nadie ha anotado" in client.get(page).text
    who = db.session.scalars(select(Cuenta).where(Cuenta.id == cuenta.id)).one()
    folio = note(coe_id, "Se abre el salón", actor=actor_of(who))
    note(coe_id, "Se corrige", actor=actor_of(who), rectifica_a=folio)
    asked = f"?cuenta={cuenta.id}&desde=2026-11-18T06:00&hasta=2026-11-18T18:00&seccion=logistica"
    shown = client.get(page + asked).text
    assert "Se abre el salón" in shown and f"#folio-{folio}" in shown
    paper = text_of(client.get(f"{page}.pdf{asked}").data)
    for word in (
        "SCI-214",
        "Cuenta sede",
        "Se abre el salón",
        f"Rectificada por el folio {folio + 1}",
        "Logística",
    ):
        assert word in paper, word
    backwards = f"?cuenta={cuenta.id}&desde=2026-11-18T18:00&hasta=2026-11-18T06:00"
    assert "termina antes de empezar" in client.get(page + backwards).text
    assert client.get(f"{page}.pdf{backwards}").status_code == 303
    assert "Elija uno de la lista" not in client.get(page).text
    assert "Elija de la lista" in client.get(f"{page}?cuenta={uuid7()}").text
