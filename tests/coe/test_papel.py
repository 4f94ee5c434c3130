"""Sheets of the SCI and of the shift that come by paper or from a program write to the COE that is active there."""

from __future__ import annotations

from base64 import b64encode

import pytest
from sqlalchemy import select, text

from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.services import create_ficha_api
from albergues_app.coe import queries
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.models_sci import MensajeCoe, RecursoPaso, ResumenCoe
from albergues_app.coe.models_turno import CoeTurno, EntregaTurno
from albergues_app.coe.paper import place_name
from albergues_app.coe.turnos import TurnoNuevo, take_turno
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from tests.albergues.test_act_scans import PDF
from tests.factories.albergues import make_emergencia
from tests.factories.coe import make_coe
from tests.factories.cuentas import SISTEMA, csrf_of, make_cuenta
from tests.formats.cases_coe import (
    ACTIVIDAD,
    ACTIVIDADES,
    ENTREGA_COMPLETA,
    MENSAJE,
    MENSAJE_COMPLETO,
    RECURSO,
    RESUMEN,
)


@pytest.fixture
def coe(app):
    return make_coe("14", make_emergencia().id, entries=0)


@pytest.fixture
def send(app, ficha, coe):
    """Keep a sheet of Quiché, or correct one (``of``), as a role; its answer."""
    client, emergencia = app.test_client(), str(coe.emergencia_id)

    def post(codigo, answers, rol="sede", of=None, version=1, headers=None):
        body = {"id": str(uuid7()), "respuestas": answers}
        path = f"/api/v1/formatos/{codigo}/capturas"
        if of is not None:
            path, body = (
                f"/api/v1/registros/{of['id']}/versiones",
                {**body, "version": version, "motivo": "Faltaba"},
            )
        else:
            body |= {"departamento": "14", "emergencia": emergencia}
        done = client.post(path, json=body, headers=headers or ficha(rol, departamento="14"))
        assert done.status_code == 201, done.text
        db.session.expire_all()
        return done.json

    return post


@pytest.fixture
def read(app, ficha):
    headers = ficha("sede", departamento="14")
    return lambda body: app.test_client().get(f"/api/v1/registros/{body['id']}", headers=headers).json


def codes(body):
    return {a["codigo"] for a in body["avisos"]}


def log():
    db.session.rollback()
    coe = db.session.scalars(select(Coe)).one()
    found = sorted(queries.entradas_of(coe), key=lambda e: e.row["folio"])
    return [(e.row["folio"], e.textos["asunto"], e.row["rectifica_a"]) for e in found]


def test_a_summary_is_the_next_version_of_the_coe_and_a_corrected_one_another(send, read):
    first = send("sci_201", RESUMEN)
    assert "escrita_en_bitacora" in codes(first)
    assert db.session.scalars(select(ResumenCoe.version)).all() == [1]
    send("sci_201", RESUMEN | {"lugar": "Acul"}, of=first)
    assert sorted(db.session.scalars(select(ResumenCoe.version))) == [1, 2]
    assert [e["version"] for e in read(first)["efectos"]] == [2, 1]


def test_each_line_of_resources_is_a_resource_with_its_facts_once(send, read):
    lines = [RECURSO | {"asignacion": "Luz del salón"}, RECURSO | {"contacto_nombre": "Ana Brito"}]
    sheet = send("sci_211", {"recursos": lines})

    def facts():
        db.session.expire_all()
        rows = db.session.execute(
            select(RecursoPaso.recurso_id, RecursoPaso.estado).order_by(RecursoPaso.numero)
        )
        found: dict[object, list[str]] = {}
        for key, estado in rows:
            found.setdefault(key, []).append(estado)
        return sorted(found.values())

    assert facts() == [["llego"], ["llego", "asignado"]]
    ids = [row["id"] for row in read(sheet)["respuestas"]["recursos"]]
    again = [{**line, "id": key} for line, key in zip(lines, ids, strict=True)]
    again[0]["desmovilizado_en"] = "20/11/2026 17:00"
    again[1]["tipo"] = "Enfermera"
    done = send("sci_211", {"recursos": again}, of=sheet)
    assert facts() == [["llego"], ["llego", "asignado", "desmovilizado"]]
    assert "recurso_no_se_cambia" in codes(done), "what changed of one that stands is told"


def test_a_message_is_an_entry_once_and_its_answer_when_it_comes(send):
    sheet = send("sci_213", MENSAJE)
    assert [asunto for _f, asunto, _r in log()] == [MENSAJE["asunto"]]
    assert db.session.scalars(select(MensajeCoe.destino)).all() == ["institucion"]
    answered = {k: v for k, v in MENSAJE_COMPLETO.items() if k in MENSAJE or k.startswith("respuesta")}
    send("sci_213", answered, of=sheet)
    assert [asunto for _f, asunto, _r in log()] == [MENSAJE["asunto"], f"Respuesta: {MENSAJE['asunto']}"]
    assert "ya_respondido" in codes(send("sci_213", answered | {"respuesta": "Otra"}, of=sheet, version=2))


def test_a_message_that_names_another_coe_goes_to_it(send, coe):
    other = make_coe("1413", coe.emergencia_id, entries=0)
    send("sci_213", MENSAJE | {"para_cargo": place_name(other).upper()})
    row = db.session.scalars(select(MensajeCoe)).one()
    assert (row.destino, row.folio, row.folio_destino) == ("coe", 1, 1)


def test_activities_are_entries_but_for_those_that_come_from_the_log(send):
    lines = [ACTIVIDAD, ACTIVIDAD | {"actividad": "Folio 3. Puente caído. No hay paso."}]
    send("sci_214", ACTIVIDADES | {"actividades": lines})
    assert log() == [(1, ACTIVIDAD["actividad"], None)]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("codigo", "answers"),
    [
        ("sci_201", RESUMEN),
        ("sci_211", {"recursos": [RECURSO]}),
        ("sci_213", MENSAJE),
        ("sci_214", ACTIVIDADES),
    ],
)
def test_who_does_not_sit_in_the_coe_keeps_the_sheet_and_writes_nothing(base, send, codigo, answers):
    assert "bitacora_sin_escribir" in codes(send(codigo, answers, rol="registro"))
    for table in ("coe_resumen", "coe_recurso_paso", "coe_mensaje", "coe_entrada"):
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_an_annulled_log_on_paper_is_rectified_entry_by_entry_by_who_writes_in_it(send, entra, ficha):
    lines = [{**ACTIVIDAD, "actividad": f"Actividad {n}"} for n in (1, 2)]
    sheet = send("sci_214", ACTIVIDADES | {"actividades": lines})

    def annul(client):
        token = csrf_of(client.get(f"/registros/{sheet['id']}").text)
        data = {"csrf_token": token, "motivo": "Era de otro COE"}
        return client.post(f"/registros/{sheet['id']}/anular", data=data, follow_redirects=True).text

    assert "la anula un miembro de ese COE" in annul(entra("registro", departamento="14"))
    assert [f for f, _a, _r in log()] == [1, 2], "refused, it leaves nothing"
    done = annul(entra("sede", departamento="14"))
    assert "Registro anulado" in done and "quedaron rectificadas" in done
    assert log()[2:] == [(3, "Anulada la entrada 1", 1), (4, "Anulada la entrada 2", 2)]
    coe = db.session.scalars(select(Coe)).one()
    last = next(e for e in queries.entradas_of(coe) if e.row["folio"] == 4)
    assert "Anulada por Cuenta sede: Era de otro COE" in last.textos["detalle"]
    assert db.session.query(EntradaCoe).count() == 4


@pytest.fixture
def shift(coe):
    """A COE whose shift is held by one account; (headers of who holds it, of who receives it, of another)."""
    headers, holder = [], None
    for name in ("Marta Elena Cobo", "Pedro Raymundo", "Ana Sik"):
        cuenta = make_cuenta("sede", departamento="14")
        holder = holder or cuenta.id
        with unit_of_work(SISTEMA):
            db.session.get_one(Cuenta, cuenta.id).nombre = name
            headers.append({"Authorization": f"Bearer {create_ficha_api(cuenta)}"})
    with unit_of_work(Actor("Marta Elena Cobo", "web", holder)):
        take_turno(coe.id, TurnoNuevo(uuid7(), "diurno"))
    return headers


@pytest.fixture
def sign(app):
    def post(sheet, headers, content=PDF):
        body = {"id": str(uuid7()), "version": 1, "contenido": b64encode(content).decode()}
        done = app.test_client().post(f"/api/v1/registros/{sheet['id']}/escaneos", json=body, headers=headers)
        db.session.expire_all()
        return done

    return post


def test_a_signed_hand_over_waits_for_the_account_that_receives(send, read, shift, sign):
    leaves, _comes, another = shift
    sheet = send("entrega_turno", ENTREGA_COMPLETA, headers=leaves)
    assert "surtira_efecto" in codes(sheet)
    assert db.session.scalars(select(EntregaTurno)).all() == []
    assert "surtira_efecto" in codes(sign(sheet, another).json), "neither of the two: kept, and no effect"
    assert db.session.scalars(select(EntregaTurno)).all() == []
    done = sign(sheet, leaves)
    assert done.status_code == 201, done.text
    row = db.session.scalars(select(EntregaTurno)).one()
    receives = db.session.get_one(Cuenta, row.entrante_id)
    assert (row.estado, row.clase, receives.nombre) == ("firmada", "nocturno", "Pedro Raymundo")
    assert db.session.query(CoeTurno).count() == 1, "the shift stays where it was until it is accepted"
    assert "falta que quien recibe la acepte" in read(sheet)["efectos"][0]["dice"]


def test_who_receives_takes_the_shift_with_the_signed_sheet_and_a_name_nobody_has_is_refused(
    send, shift, sign, read
):
    leaves, comes, _another = shift
    unknown = send("entrega_turno", ENTREGA_COMPLETA | {"entrante": "Nadie Conocido"}, headers=leaves)
    refused = sign(unknown, leaves)
    assert (refused.status_code, refused.json["codigo"]) == (422, "entrante_sin_cuenta")
    assert read(unknown)["escaneos"] == [] and read(unknown)["estado"] == "guardado"
    sheet = send("entrega_turno", ENTREGA_COMPLETA, headers=leaves)
    assert sign(sheet, comes).status_code == 201
    turnos = db.session.scalars(select(CoeTurno).order_by(CoeTurno.numero)).all()
    assert [(t.clase, t.terminado_en is None) for t in turnos] == [("diurno", False), ("nocturno", True)]
