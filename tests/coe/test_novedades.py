"""A page of the log that stays open is told of what was written and of what is proposed, and «nothing» costs nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from albergues_app.coe import novedades
from albergues_app.compromisos.services import Origen
from albergues_app.core import clock
from albergues_app.core.db import db
from tests.coe.test_propuestas import ago, coe, opened  # noqa: F401 - fixture
from tests.factories.compromisos import make_compromiso

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def ask(client, coe_id, tag=""):
    got = client.get(f"/coe/{coe_id}/nuevas?desde=0", headers={"If-None-Match": tag} if tag else {})
    return got, got.headers["ETag"]


@pytest.fixture
def clerk(entra):
    return entra("sede", departamento="14")


def test_what_is_proposed_comes_to_the_open_page_and_nothing_new_asks_no_fact(clerk, coe, monkeypatch):  # noqa: F811
    coe_id, read = coe.id, []
    whole = novedades.facts_of
    monkeypatch.setattr(novedades, "facts_of", lambda *given: read.append(1) or whole(*given))
    _, tag = ask(clerk, coe_id)
    read.clear()
    assert [ask(clerk, coe_id, tag)[0].status_code for _ in range(3)] == [304] * 3 and not read
    opened(coe, nombre="Salón de Nebaj")
    assert ask(clerk, coe_id, tag)[0].status_code == 304 and not read, "it rests a moment"
    monkeypatch.setattr(novedades, "REST", timedelta(0))
    told, after = ask(clerk, coe_id, tag)
    assert told.status_code == 200 and "Abre: Salón de Nebaj" in told.json["lado"]["propuestas"]
    assert told.json["html"].strip() == "" and after != tag
    assert ask(clerk, coe_id, after)[0].status_code == 304


def test_a_commitment_that_falls_due_is_proposed_although_nobody_writes(clerk, coe):  # noqa: F811
    make_compromiso(
        descripcion="Llevar agua",
        vence_en=clock.now() + timedelta(minutes=3),
        origen=Origen("coe", coe_id=coe.id),
    )
    coe_id = coe.id
    _, tag = ask(clerk, coe_id)
    assert ask(clerk, coe_id, tag)[0].status_code == 304
    with clock.frozen(clock.now() + timedelta(minutes=4)):
        told, _ = ask(clerk, coe_id, tag)
    assert told.status_code == 200 and "Llevar agua" in told.json["lado"]["propuestas"]


def test_who_only_reads_is_shown_no_proposal_and_is_not_woken_by_one(entra, coe, monkeypatch):  # noqa: F811
    monkeypatch.setattr(novedades, "REST", timedelta(0))
    coe_id, reader = coe.id, entra("auditoria")
    _, tag = ask(reader, coe_id)
    opened(coe)
    assert ask(reader, coe_id, tag)[0].status_code == 304
    assert "Abre:" not in ask(reader, coe_id)[0].json["lado"]["propuestas"]


def test_a_poll_with_nothing_new_asks_two_statements(clerk, coe):  # noqa: F811
    coe_id, said = coe.id, []
    _, tag = ask(clerk, coe_id)
    connection = db.session.connection().connection.dbapi_connection
    connection.set_trace_callback(said.append)
    db.session.rollback()
    assert ask(clerk, coe_id, tag)[0].status_code == 304
    connection.set_trace_callback(None)
    assert len([s for s in said if s.lstrip().upper().startswith("SELECT")]) <= 2, said
