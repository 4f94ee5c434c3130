"""The log writes itself half-way: each fact of the COE's place and emergency is proposed once, and answered once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest

from albergues_app.albergues.models import Activacion
from albergues_app.coe import propuestas
from albergues_app.coe.hechos import Propuesta
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.models_propuestas import PropuestaCoe
from albergues_app.coe.queries import entradas_of
from albergues_app.coe.services import deactivate_coe, write_entrada
from albergues_app.compromisos.services import Origen, Plazo, reschedule
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from tests.conftest import expect_refused
from tests.emergencias.test_pages import alerta
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.coe import make_coe
from tests.factories.compromisos import make_compromiso
from tests.factories.cuentas import SISTEMA, csrf_of


def ago(hours: float):
    return clock.now() - timedelta(hours=hours)


@pytest.fixture
def coe(app) -> Coe:
    """Of Quiché, at work for three days, without entries."""
    return make_coe("14", entries=0)


def pending(coe: Coe, clase: str = "") -> list[Propuesta]:
    db.session.rollback()
    found = propuestas.pending_of(db.session.get_one(Coe, coe.id), clock.now())
    return [p for p in found if p.clave.startswith(clase)]


def opened(
    coe: Coe, municipio: str = "1413", hours: float = 1, capacidad: int | None = 3, **site
) -> Activacion:
    emergencia = db.session.get_one(Emergencia, coe.emergencia_id)
    return make_activacion(make_albergue(municipio, capacidad, **site), emergencia, ago(hours))


def accept(coe: Coe, found: Propuesta):
    with unit_of_work(SISTEMA):
        entrada = found.as_entrada(uuid7())
        return propuestas.accept(coe.id, found, lambda: write_entrada(coe.id, entrada), editada=False)


def parte(activacion: Activacion, hours: float, personas: int) -> None:
    with unit_of_work(SISTEMA):
        register_parte(ParteNuevo(uuid7(), activacion.id, ago(hours), "conteo_fisico", personas))


def test_an_opening_and_a_closing_are_proposed_and_written_as_they_stand(coe):
    row = opened(coe, nombre="Salón de Nebaj")
    (found,) = pending(coe, "apertura")
    assert found.asunto == f"Abre: Salón de Nebaj ({row.albergue_codigo})"
    assert (found.ocurrido_en, found.territorio, found.tipo) == (row.abierta_en, "1413", "reporte")
    body = accept(coe, found)
    assert (body["folio"], body["asunto"], body["albergue"]) == (1, found.asunto, row.albergue_codigo)
    assert body["ocurrido_en"] == clock.iso(row.abierta_en)
    assert pending(coe, "apertura") == []
    close(row)
    assert [p.asunto[:7] for p in pending(coe, "cierre")] == ["Cierra:"]


def close(row: Activacion) -> None:
    from albergues_app.albergues.services.activacion import record_transition

    with unit_of_work(SISTEMA):
        live = db.session.get_one(Activacion, row.id)
        record_transition(live, "activa", "en_cierre", ago(0.3), None, None, None)
        record_transition(live, "en_cierre", "cerrada", ago(0.2), None, "9-2026", None)
        live.estado, live.cerrada_en = "cerrada", ago(0.2)


def test_nothing_outside_the_place_or_the_emergency_of_the_coe_is_proposed(coe):
    opened(coe, "1301")
    make_activacion(make_albergue("1413"), make_emergencia(), ago(1))
    alerta("roja", ["13"], desde=ago(1))
    alerta("roja", ["14"], desde=ago(1), emergencia_id=make_emergencia().id)
    assert pending(coe) == []
    inside = opened(coe, "1413")
    municipal = make_coe("1420", coe.emergencia_id, 0)
    country = make_coe("GT", coe.emergencia_id, 0)
    assert pending(municipal) == []
    assert {p.clave for p in pending(coe, "apertura")} == {f"apertura:{inside.id}"}
    assert len(pending(country, "apertura")) == 2


def test_facts_from_before_the_coe_or_of_days_ago_are_not_news(coe):
    with clock.frozen(ago(30)):
        opened(coe, hours=1)
    assert pending(coe, "apertura") == []
    with unit_of_work(SISTEMA):
        db.session.get_one(Coe, coe.id).activado_en = ago(0.5)
    with clock.frozen(ago(1)):
        opened(coe, hours=0.1)
    assert pending(coe, "apertura") == []
    with clock.frozen(ago(0.2)):
        opened(coe, hours=2)  # written now, of before: news all the same
    assert len(pending(coe, "apertura")) == 1


def test_over_capacity_is_one_fact_each_time_the_limit_is_passed(coe):
    row = opened(coe, hours=5, capacidad=2)
    body = ingreso(row, persona(), persona(), ocurrido_en=ago(4))
    assert pending(coe, "sobrecupo") == []
    ingreso(row, persona(), ocurrido_en=ago(3))
    (first,) = pending(coe, "sobrecupo")
    assert (first.tipo, first.prioridad) == ("incidente", "prioritario")
    assert "3 de 2" in first.asunto and abs(first.ocurrido_en - ago(3)) < timedelta(minutes=1)
    ingreso(row, persona(), ocurrido_en=ago(2))
    assert [p.clave for p in pending(coe, "sobrecupo")] == [first.clave]
    accept(coe, pending(coe, "sobrecupo")[0])
    assert pending(coe, "sobrecupo") == []
    for person in body["personas"]:
        movimiento(row, "egreso", UUID(person["id"]), ocurrido_en=ago(1), destino="familiar")
    assert pending(coe, "sobrecupo") == []
    ingreso(row, persona(), ocurrido_en=ago(0.5))
    (again,) = pending(coe, "sobrecupo")
    assert again.clave != first.clave


def test_over_capacity_of_a_shelter_that_only_sends_partes(coe):
    row = opened(coe, hours=5, capacidad=10)
    parte(row, 4, 9)
    assert pending(coe, "sobrecupo") == []
    parte(row, 2, 12)
    (found,) = pending(coe, "sobrecupo")
    parte(row, 1, 14)
    assert [p.clave for p in pending(coe, "sobrecupo")] == [found.clave]
    assert "14 de 10" in pending(coe, "sobrecupo")[0].asunto


def test_over_capacity_from_long_ago_is_proposed_once(coe):
    with clock.frozen(ago(50)):
        row = opened(coe, hours=1, capacidad=2)
        ingreso(row, persona(), persona(), persona(), ocurrido_en=clock.now())
    (found,) = pending(coe, "sobrecupo")
    assert "Desde antes del" in found.detalle
    accept(coe, found)
    assert pending(coe, "sobrecupo") == []


def test_a_capacity_that_nobody_knows_is_never_passed(coe):
    ingreso(opened(coe, capacidad=None), persona(), persona(), ocurrido_en=ago(0.5))
    assert pending(coe, "sobrecupo") == []


def test_who_owes_the_same_parte_is_one_proposal_until_it_comes(coe):
    first, second = opened(coe, hours=30), opened(coe, "1401", hours=30)
    found = pending(coe, "sin_parte")
    assert len(found) == 1 and "2 albergues" in found[0].asunto and found[0].territorio is None
    assert first.albergue_codigo in found[0].detalle and second.albergue_codigo in found[0].detalle
    parte(second, 0.1, 5)
    (found,) = pending(coe, "sin_parte")
    assert first.albergue_codigo in found.asunto and found.territorio == "1413"
    accept(coe, found)
    assert pending(coe, "sin_parte") == []


def test_a_new_alert_over_the_place_is_proposed_with_its_urgency(coe):
    alerta("roja", ["1413"], "municipal", desde=ago(1))
    alerta("amarilla", [], "nacional", desde=ago(1))
    alerta("verde", ["14"], desde=ago(1), emergencia_id=coe.emergencia_id)
    found = {p.asunto: p for p in pending(coe, "alerta")}
    assert len(found) == 3
    red = found["Alerta roja poblacional: Santa María Nebaj, Quiché"]
    assert (red.prioridad, red.territorio) == ("urgente", "1413")
    assert "SE-CONRED" in red.detalle
    assert found["Alerta amarilla poblacional: todo el país"].territorio is None
    assert len(pending(make_coe("1420", coe.emergencia_id, 0), "alerta")) == 2


def test_a_site_of_reserved_location_is_never_named(coe):
    row = opened(coe, hours=30, capacidad=1, nombre="Casa secreta", ubicacion_reservada=True)
    ingreso(row, persona(), persona(), ocurrido_en=ago(2))
    with clock.frozen(ago(0.1)):
        other = opened(coe, hours=0.5, nombre="Casa secreta", ubicacion_reservada=True)
    said = pending(coe)
    assert {p.clave.partition(":")[0] for p in said} == {"apertura", "sobrecupo", "sin_parte"}
    text = " ".join(p.asunto + p.detalle for p in said)
    assert "secreta" not in text and "ubicación reservada" in text
    assert row.albergue_codigo not in text and other.albergue_codigo not in text


def test_a_dismissed_fact_does_not_come_back_and_who_did_it_is_kept(coe):
    opened(coe)
    (found,) = pending(coe, "apertura")
    with unit_of_work(SISTEMA):
        propuestas.dismiss(coe.id, found)
    assert pending(coe, "apertura") == []
    row = db.session.query(PropuestaCoe).one()
    assert (row.respuesta, row.folio, row.asunto) == ("descartada", None, found.asunto)
    assert db.session.query(EntradaCoe).count() == 0
    with expect_refused("propuesta_respondida"):
        accept(coe, found)


def test_a_fact_that_no_longer_stands_is_not_written(coe):
    row = opened(coe, hours=30)
    (found,) = pending(coe, "sin_parte")
    parte(row, 0.1, 5)
    db.session.rollback()
    with expect_refused("propuesta_ya_no"):
        propuestas.find_pending(db.session.get_one(Coe, coe.id), found.clave, clock.now())


def test_many_who_accept_at_once_write_it_once(app, coe):
    opened(coe)
    (found,) = pending(coe, "apertura")
    coe_id = coe.id
    db.session.rollback()

    def press(_n: int) -> bool:
        with app.app_context():
            try:
                with unit_of_work(SISTEMA):
                    entrada = found.as_entrada(uuid7())
                    propuestas.accept(coe_id, found, lambda: write_entrada(coe_id, entrada), editada=False)
            except RuleBroken as refused:
                assert refused.codigo == "propuesta_respondida"
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(press, range(8))) == 1
    assert db.session.query(EntradaCoe).count() == db.session.query(PropuestaCoe).count() == 1


def test_a_coe_that_ended_proposes_nothing(coe):
    opened(coe)
    with unit_of_work(SISTEMA):
        deactivate_coe(coe.id, clock.now(), "Pasó")
    assert pending(coe) == []


def test_what_is_read_does_not_grow_with_history(coe, base):
    """The latest moves and alerts are found by their index, however many old ones there are."""
    from sqlalchemy import text

    for statement in (
        "SELECT id FROM activacion_transicion WHERE registrado_en >= :since",
        "SELECT id FROM alerta WHERE registrada_en >= :since",
    ):
        if base == "sqlite":
            plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {statement}"), {"since": "2026-01-01"}).all()
        else:
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = db.session.execute(text(f"EXPLAIN {statement}"), {"since": ago(1)}).all()
        assert "regist" in " ".join(str(p) for p in plan).split("statement")[0], plan
        assert "ix_" in str(plan)
    db.session.rollback()


# --- the page --------------------------------------------------------------------------------------

only_sqlite = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def op_ids(page: str) -> list[str]:
    return re.findall(r'name="op_id" value="([^"]+)"', page)


@only_sqlite
def test_the_operator_accepts_edits_or_dismisses_on_the_page_without_javascript(coe, entra):
    client = entra("sede", departamento="14")
    opened(coe, nombre="<script>alert(1)</script>")
    close(opened(coe, nombre="Salón dos"))
    alerta("roja", ["14"], desde=ago(1))
    page = client.get(f"/coe/{coe.id}").text
    assert "Entradas propuestas" in page and "<script>alert" not in page
    assert page.index("Nueva entrada") < page.index("Entradas propuestas"), (
        "on a telephone the form comes first"
    )
    facts = {
        p.clave.partition(":")[0]: p
        for p in pending(coe)
        if "Salón dos" not in p.asunto or "cierre" in p.clave
    }
    body = {
        "csrf_token": csrf_of(page),
        "op_id": op_ids(page)[0],
        "clave": facts["apertura"].clave,
        "accion": "aceptar",
    }
    for _ in "ab":  # a second press, a bad network
        assert client.post(f"/coe/{coe.id}/propuestas", data=body).status_code == 303
    assert db.session.get_one(Coe, coe.id).ultimo_folio == 1
    other = {**body, "op_id": str(uuid7())}
    client.post(f"/coe/{coe.id}/propuestas", data=other)
    assert "ya está en el folio 1" in client.get(f"/coe/{coe.id}").text
    edit = f"/coe/{coe.id}/propuestas/editar?clave={facts['alerta'].clave}"
    form = client.get(edit).text
    assert "Alerta roja poblacional: Quiché" in form
    typed = {
        "csrf_token": csrf_of(form), "op_id": op_ids(form)[0], "ocurrido_en": "2026-11-20T10:00", "tipo": "decision",
        "prioridad": "urgente", "asunto": "Se avisa la alerta roja", "detalle": "",
    }  # fmt: skip
    refused = client.post(edit, data=typed)
    assert refused.status_code == 422 and "Se avisa la alerta roja" in refused.text
    typed["op_id"] = op_ids(refused.text)[0]
    assert client.post(edit, data={**typed, "detalle": "A todas las COLRED"}).status_code == 303
    dismissed = {**body, "op_id": str(uuid7()), "clave": facts["cierre"].clave, "accion": "descartar"}
    client.post(f"/coe/{coe.id}/propuestas", data=dismissed)
    db.session.expire_all()
    live = db.session.get_one(Coe, coe.id)
    assert [e.asunto for e in entradas_of(live)][1:] == ["Se avisa la alerta roja"]
    assert {r.respuesta for r in db.session.query(PropuestaCoe)} == {"aceptada", "editada", "descartada"}
    assert all(r.cuenta_id is not None for r in db.session.query(PropuestaCoe))


@only_sqlite
def test_who_does_not_write_in_the_log_sees_no_proposals_and_outside_there_is_no_log(coe, entra):
    opened(coe)
    (found,) = pending(coe, "apertura")
    reader = entra("auditoria")
    assert "Entradas propuestas" not in reader.get(f"/coe/{coe.id}").text
    outsider = entra("sede", departamento="13")
    token = csrf_of(outsider.get("/coe").text)
    body = {"csrf_token": token, "op_id": str(uuid7()), "clave": found.clave, "accion": "aceptar"}
    assert outsider.post(f"/coe/{coe.id}/propuestas", data=body).status_code == 404
    assert outsider.get(f"/coe/{coe.id}/propuestas/editar?clave={found.clave}").status_code == 404
    assert db.session.query(EntradaCoe).count() == 0
    insider = entra("sede", departamento="14")
    token = csrf_of(insider.get("/coe").text)
    insider.post(
        f"/coe/{coe.id}/propuestas", data={**body, "csrf_token": token, "clave": "apertura:inventada"}
    )
    assert db.session.query(EntradaCoe).count() == 0
    insider.post(f"/coe/{coe.id}/propuestas", data={**body, "csrf_token": token, "op_id": str(uuid7())})
    assert db.session.query(EntradaCoe).count() == 1


def test_a_task_of_the_log_or_of_the_place_that_is_overdue_is_proposed_once_and_anew_when_put_off(coe):
    late = ago(2)
    here = Origen("coe", coe_id=coe.id)
    mine = make_compromiso(descripcion="Llevar agua", vence_en=late, origen=here)
    make_compromiso(descripcion="Con tiempo", vence_en=clock.now() + timedelta(hours=5), origen=here)
    make_compromiso("0101", descripcion="De otro lugar", vence_en=late, emergencia_id=coe.emergencia_id)
    make_compromiso(
        descripcion="Caso de una familia", vence_en=late, origen=Origen("referencia", coe_id=coe.id)
    )
    (found,) = pending(coe, "tarea")
    assert "Llevar agua" in found.asunto and "Ana Xiloj" in found.detalle and found.ocurrido_en == late
    with unit_of_work(SISTEMA):
        reschedule(mine, Plazo(ago(1), True), "No hubo paso")
    (again,) = pending(coe, "tarea")
    assert again.clave != found.clave
