"""Members of a COE, who came, its level with its history, and the functions of the PNR as data."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from albergues_app.coe import integrantes, pnr
from albergues_app.coe.grados import GradoNuevo, acts_of, change_grado, grados_of, in_force_since
from albergues_app.coe.models import Coe
from albergues_app.coe.models_integrantes import CoeAsistencia, CoeIntegrante
from albergues_app.coe.services import CoeNuevo, activate_coe, deactivate_coe
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.conftest import expect_refused
from tests.factories.albergues import OPENED, make_emergencia
from tests.factories.coe import make_coe
from tests.factories.cuentas import SISTEMA, csrf_of

only_sqlite = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def member(lugar="14", **changes):
    data = {
        "institucion": "MSPAS", "titular": "Delfina Tzoc", "suplente": None, "telefono": "5550 1234", "correo": None,
        "funcion_id": None, "seccion": "operaciones", "acreditado_en": date(2026, 1, 1), "vence_en": None, **changes,
    }  # fmt: skip
    with unit_of_work(SISTEMA):
        return integrantes.accredit(integrantes.IntegranteNuevo(uuid7(), lugar, **data)).id


def arrive(coe_id, **changes):
    data = {"llego_en": clock.now(), "nombre": "", "institucion": "", **changes}
    with unit_of_work(SISTEMA):
        return integrantes.arrive(coe_id, integrantes.LlegadaNueva(uuid7(), **data)).id


def names(lugar, on=None):
    return [m.institucion for m in integrantes.members_of(lugar, on)]


def test_each_place_has_its_own_list_with_its_terms(app):
    member("14", vence_en=date(2026, 6, 30))
    member("14", institucion="PNC", acreditado_en=date(2026, 5, 1))
    member("1413", institucion="COMRED")
    member("GT", institucion="SE-CONRED")
    assert (names("14"), names("1413"), names("GT")) == (["MSPAS", "PNC"], ["COMRED"], ["SE-CONRED"])
    assert names("14", date(2026, 2, 1)) == ["MSPAS"]
    assert names("14", date(2026, 6, 30)) == ["MSPAS", "PNC"] and names("14", date(2026, 7, 1)) == ["PNC"]
    with expect_refused("vence_antes"):
        member(vence_en=date(2025, 12, 31))


def test_a_withdrawn_member_leaves_the_list_and_what_it_attended_stays(app):
    coe_id, key = make_coe("14").id, member()
    arrive(coe_id, integrante_id=key)
    with unit_of_work(SISTEMA):
        integrantes.withdraw(key)
    assert names("14") == [] and integrantes.attendance_of(coe_id)[0].nombre == "Delfina Tzoc"
    with unit_of_work(SISTEMA), expect_refused("ya_retirado"):
        integrantes.withdraw(key)


def test_the_trail_names_no_member(app):
    member(titular="Delfina Tzoc")
    kept = " ".join(db.session.scalars(text("SELECT cambios FROM auditoria WHERE tabla = 'coe_integrante'")))
    assert "MSPAS" in kept and "Delfina" not in kept and "5550" not in kept


def test_who_came_is_noted_with_hours_and_a_mistake_is_annulled(app):
    coe_id, here, elsewhere = make_coe("14").id, member(), member("1413")
    came = arrive(coe_id, integrante_id=here)
    with expect_refused("ya_esta"):
        arrive(coe_id, integrante_id=here)
    with expect_refused("otro_lugar"):
        arrive(coe_id, integrante_id=elsewhere)
    with expect_refused("falta_nombre"):
        arrive(coe_id, institucion="PDH")
    with expect_refused("falta_institucion"):
        arrive(coe_id, nombre="Beto")
    other = arrive(coe_id, nombre="Beto", institucion="PDH")
    with unit_of_work(SISTEMA), expect_refused("antes_de_llegar"):
        integrantes.leave(came, clock.now() - timedelta(hours=1))
    with unit_of_work(SISTEMA):
        integrantes.leave(came, clock.now())
        integrantes.annul_attendance(other, "Era de otro COE")
    rows = {a.nombre: (a.salio_en is not None, a.motivo) for a in integrantes.attendance_of(coe_id)}
    assert rows == {"Delfina Tzoc": (True, None), "Beto": (False, "Era de otro COE")}
    arrive(coe_id, integrante_id=here)  # she came back
    with unit_of_work(SISTEMA):
        deactivate_coe(coe_id, clock.now(), "Terminó")
    with expect_refused("coe_desactivado"):
        arrive(coe_id, nombre="Tarde", institucion="PNC")


def change(coe_id, grado="activacion_parcial", hours=1, **changes):
    data = {"acta_numero": "04-2026", "autoridad": "Gobernación", "motivo": "Bajó la lluvia", **changes}
    with unit_of_work(SISTEMA):
        return change_grado(coe_id, GradoNuevo(uuid7(), grado, OPENED + timedelta(hours=hours), **data)).id


def test_every_level_is_kept_with_its_act_authority_hour_and_reason(app):
    coe_id = make_coe("14").id
    change(coe_id)
    change(coe_id, "monitoreo", 5, acta_numero=None, autoridad=None)
    change(coe_id, "monitoreo", 6, autoridad=None)  # the act that was pending
    assert [(g.grado, g.acta_numero, g.desde, g.motivo) for g in grados_of(coe_id)] == [
        ("activacion_total", "03-2026", OPENED, None),
        ("activacion_parcial", "04-2026", OPENED + timedelta(hours=1), "Bajó la lluvia"),
        ("monitoreo", None, OPENED + timedelta(hours=5), "Bajó la lluvia"),
        ("monitoreo", "04-2026", OPENED + timedelta(hours=6), "Bajó la lluvia"),
    ]
    assert db.session.get_one(Coe, coe_id).grado == "monitoreo"
    with expect_refused("antes_del_ultimo"):
        change(coe_id, hours=2)
    with expect_refused("nada_cambia"):
        change(coe_id, "monitoreo", 7, acta_numero=None, autoridad=None)
    with expect_refused("falta_motivo"):
        change(coe_id, hours=7, motivo=" ")
    with pytest.raises(DBAPIError, match="solo crece"):
        db.session.execute(text("UPDATE coe_grado SET grado = 'monitoreo'"))


def test_an_act_that_comes_later_is_the_act_of_the_activation_and_does_not_begin_the_level_anew(app, entra):
    datos = CoeNuevo(uuid7(), make_emergencia().id, "departamental", "14", None, OPENED)
    with unit_of_work(SISTEMA):
        coe_id = activate_coe(datos)[0].id
    sede = entra("sede", departamento="14")
    assert "Acta pendiente" in sede.get("/coe").text
    change(coe_id, "activacion_total", 30)  # the same level, with the act that was pending
    coe = db.session.get_one(Coe, coe_id)
    assert acts_of([coe]) == {coe_id: "04-2026"} and in_force_since(grados_of(coe_id)) == OPENED
    assert "Acta 04-2026" in sede.get("/coe").text
    change(coe_id, "monitoreo", 40, acta_numero="05-2026")
    coe = db.session.get_one(Coe, coe_id)
    assert acts_of([coe]) == {coe_id: "04-2026"}
    assert in_force_since(grados_of(coe_id)) == OPENED + timedelta(hours=40)
    assert acts_of([coe], coe.registrado_en) == {coe_id: None}, "nobody knew it then"


def test_the_plan_comes_with_what_is_verified_and_a_new_version_copies_it_to_verify(app):
    version = pnr.version_in_force(date(2026, 1, 1))
    assert version is not None and version.numero == "09"
    functions = pnr.funciones_of(version.id)
    assert [(f.numero, f.verificada) for f in functions[:2]] == [(13, False), (14, False)]
    assert all(f.numero is None and not f.verificada and f.nota for f in functions[2:])
    with unit_of_work(SISTEMA):  # somebody read the plan
        data = pnr.FuncionNueva(
            uuid7(), 13, "Administración de albergues", "operaciones", "SOSEP", None, True, None
        )
        assert pnr.correct_funcion(functions[0].id, data).verificada
        new = pnr.add_version(pnr.VersionNueva(uuid7(), "10", "2027", date(2027, 1, 1), None, version.id)).id
    copied = pnr.funciones_of(new)
    assert [f.nombre for f in copied] == [f.nombre for f in functions]
    assert not any(f.verificada for f in copied)
    assert pnr.version_in_force(date(2026, 12, 31)).numero == "09"
    assert pnr.version_in_force(date(2027, 1, 1)).numero == "10"
    data = pnr.FuncionNueva(uuid7(), 13, "Otra", None, None, None, True, None)
    with unit_of_work(SISTEMA), expect_refused("numero_repetido"):
        pnr.add_funcion(new, data)


@only_sqlite
def test_the_pages_write_and_outside_the_territory_nothing_is_there(app, entra):
    coe_id = make_coe("14").id
    inside, outside, reads = (
        entra("sede", departamento="14"),
        entra("sede", departamento="16"),
        entra("institucion", departamento="14"),
    )

    def send(client, path, **fields):
        token = csrf_of(client.get("/").text)
        return client.post(path, data={"csrf_token": token, "op_id": str(uuid7()), **fields})

    new = {"lugar": "14", "institucion": "MSPAS <b>", "titular": "Ana", "acreditado_en": "2026-01-01"}
    assert send(outside, "/coe/integrantes/nuevo", **new).status_code == 422  # not one of its places
    assert send(reads, "/coe/integrantes/nuevo", **new).status_code == 403
    bad = send(inside, "/coe/integrantes/nuevo", **new | {"titular": ""})
    assert bad.status_code == 422 and "MSPAS &lt;b&gt;" in bad.text
    assert send(inside, "/coe/integrantes/nuevo", **new).status_code == 303
    key = db.session.scalars(select(CoeIntegrante.id)).one()
    assert "MSPAS &lt;b&gt;" in inside.get("/coe/integrantes?lugar=14").text
    assert outside.get("/coe/integrantes?lugar=14").status_code == 404
    assert outside.get(f"/coe/integrantes/{key}").status_code == 404
    assert "MSPAS" not in outside.get("/coe/integrantes").text
    assert (
        send(
            inside, f"/coe/{coe_id}/asistencia", llego_en="2026-11-20T08:00", integrante=str(key)
        ).status_code
        == 303
    )
    assert "Ana" in reads.get(f"/coe/{coe_id}/asistencia").text
    came = db.session.scalars(select(CoeAsistencia.id)).one()
    early = send(inside, f"/coe/{coe_id}/asistencia/{came}", salio_en="2026-11-20T07:00")
    assert early.status_code == 422 and 'href="#c-salio_en"' in early.text
    assert re.search('id="c-salio_en"[^>]* value="2026-11-20T07:00"', early.text), (
        "the summary leads to what was typed"
    )
    assert 'name="llego_en" type="datetime-local" value=""' not in early.text
    assert send(inside, f"/coe/{coe_id}/periodos", hasta="2026-11-20T08:00").status_code == 303
    assert "1 a 1" in reads.get(f"/coe/{coe_id}/periodos").text
    level = {"grado": "monitoreo", "desde": "2026-11-20T08:00", "motivo": "Bajó", "acta": "9"}
    assert send(inside, f"/coe/{coe_id}/grado", **level).status_code == 303
    assert "Monitoreo" in reads.get(f"/coe/{coe_id}/grado").text
    for part in ("asistencia", "periodos", "grado"):
        assert outside.get(f"/coe/{coe_id}/{part}").status_code == 404
        assert send(outside, f"/coe/{coe_id}/{part}", hasta="2026-11-20T08:00").status_code == 404
    for part in ("periodos", "grado"):  # reads and attends, and does not close nor change
        assert send(reads, f"/coe/{coe_id}/{part}", hasta="2026-11-20T08:00").status_code == 403


@only_sqlite
def test_only_the_administration_writes_the_plan_and_every_account_reads_it(app, entra):
    admin, sede = entra("administracion"), entra("sede", departamento="14")
    version = pnr.version_in_force()
    assert version is not None
    path = f"/coe/pnr/versiones/{version.id}/funciones"
    assert "Administración de albergues" in sede.get("/coe/pnr").text
    assert sede.get(path).status_code == 403
    data = {
        "csrf_token": csrf_of(admin.get(path).text),
        "numero": "5",
        "nombre": "Transporte",
        "verificada": "1",
    }
    assert admin.post(path, data=data).status_code == 303
    assert "5 · Transporte" in sede.get("/coe/pnr").text
