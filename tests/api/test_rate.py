"""429: so many requests a minute by ficha and by address, said with when to come back, never in the database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from albergues_app.api.v1.rate import Rhythm
from albergues_app.config import SETTINGS
from albergues_app.core.db import db
from tests.api.conftest import NOW, new_id
from tests.web.test_hoy import counted

PATH = "/api/v1/emergencias"
BY_FICHA, BY_ADDRESS = "API_POR_MINUTO_FICHA", "API_POR_MINUTO_DIRECCION"


def statuses(client, headers, times, address="10.0.0.1"):
    place = {"REMOTE_ADDR": address}
    return [client.get(PATH, headers=headers, environ_base=place).status_code for _ in range(times)]


def test_one_more_than_the_limit_of_a_ficha_is_429_until_it_has_rested(app, client, ficha, reloj):
    app.config[BY_FICHA] = 6
    mine, other = ficha("nacional"), ficha("sede", departamento="14")
    assert statuses(client, mine, 7) == [200] * 6 + [429]
    refused = client.get(PATH, headers=mine)
    assert refused.headers["Retry-After"] == "10"
    assert set(refused.get_json()) == {"codigo", "mensaje", "campo", "errores"}
    assert "espere 10 segundos" in refused.get_json()["mensaje"]
    assert statuses(client, other, 1) == [200]
    reloj.advance(timedelta(seconds=9))
    assert statuses(client, mine, 1) == [429]
    reloj.advance(timedelta(seconds=1))
    assert statuses(client, mine, 2) == [200, 429]
    reloj.advance(timedelta(hours=3))
    assert statuses(client, mine, 7) == [200] * 6 + [429], "what rested an hour has no more than a minute's"


def test_an_address_has_its_own_limit_with_or_without_a_ficha(app, client, ficha, reloj):
    app.config[BY_ADDRESS] = 4
    mine = ficha("nacional")
    assert statuses(client, {}, 3) == [401] * 3
    assert statuses(client, mine, 2) == [200, 429]
    assert statuses(client, {}, 1) == [429]
    assert statuses(client, mine, 1, address="10.0.0.2") == [200]


def test_what_was_refused_is_written_once_it_is_sent_again(app, client, ficha, reloj):
    headers = ficha("nacional")
    body = {
        "id": new_id(), "nombre": "Tormenta", "tipo": "tormenta", "inicio": NOW.isoformat(), "departamentos": ["14"],
    }  # fmt: skip
    app.config[BY_FICHA] = 1
    assert statuses(client, headers, 1) == [200]
    with counted() as sent:
        assert client.post(PATH, json=body, headers=headers).status_code == 429
    assert all(s.lstrip().upper().startswith(("SELECT", "BEGIN")) for s in sent), sent
    assert db.session.execute(db.text("SELECT count(*) FROM emergencia")).scalar_one() == 0
    reloj.advance(timedelta(minutes=1))
    assert client.post(PATH, json=body, headers=headers).status_code == 201


def test_zero_is_no_limit(app, client, ficha, reloj):
    app.config[BY_FICHA] = app.config[BY_ADDRESS] = 0
    assert set(statuses(client, ficha("nacional"), 30)) == {200}


@pytest.mark.parametrize("name", [BY_FICHA, BY_ADDRESS])
def test_a_municipality_with_a_backlog_is_not_walled_by_default(name):
    (default,) = [s.default for s in SETTINGS if s.name == name]
    buckets = Rhythm()
    assert not any(buckets.take("f", default, n / 50) for n in range(3000)), "3,000 writes in one minute"
    assert default >= 3000 * 4, "also where all of them come to one process of four"


def test_the_document_tells_of_the_limit(client):
    document = client.get("/api/v1/openapi.json").get_json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            told = operation["responses"]["429"]
            assert "por minuto" in told["description"] and "Retry-After" in told["headers"], path
            assert told["content"], path


def test_many_addresses_do_not_fill_the_memory():
    buckets = Rhythm()
    for n in range(30_000):
        assert not buckets.take(f"d:{n}", 100, 1000.0)
    assert len(buckets._full_at) <= 10_000


def test_a_clock_set_back_walls_nobody_for_more_than_a_minute():
    buckets = Rhythm()
    for _ in range(3):
        buckets.take("f", 3, 10_000.0)
    assert 0 < buckets.take("f", 3, 5_000.0) <= 20
    assert buckets.take("f", 3, 5_020.0) <= 60
