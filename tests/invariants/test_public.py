"""30, 31: without an account no figure of people is seen, so no table can be subtracted from another; and none changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from albergues_app.accounts.doors import PERMISO_DE_VISTA, view_key
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from albergues_app.reports.situacion.models import BoletinSellado
from tests.factories.albergues import ingreso, make_activacion, make_albergue, persona
from tests.factories.boletines import make_borrador, seal, three_persons
from tests.factories.cuentas import SISTEMA

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
OURS, DECLARED, CAPACITY = 37, 4_861, 7_193
"""Numbers of persons and places that are on no page by chance."""


def test_nobody_without_an_account_reads_a_figure_of_people(app, client):
    site = make_albergue("1413", nombre="Escuela Xoloché", capacidad=CAPACITY)
    place = make_activacion(site)
    ingreso(place, *[persona() for _ in range(OURS)])
    persons, now = three_persons(), clock.now()
    with unit_of_work(SISTEMA):
        register_parte(
            ParteNuevo(uuid7(), place.id, now - timedelta(hours=2), "conteo_fisico", DECLARED, 900)
        )
    key = seal(make_borrador(persons[0], place.emergencia_id, "GT", now - timedelta(hours=1)), persons).id
    huella = db.session.get_one(BoletinSellado, key).huella
    public = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and "GET" in rule.methods
        and PERMISO_DE_VISTA.get(view_key(app.view_functions[rule.endpoint]), "") is None
    ]
    pages = [p.replace("<string:huella>", huella) for p in public]
    pages = [p for p in pages if "<" not in p]
    assert f"/boletines/verificar/{huella}" in pages and len(pages) > 6
    for page in pages:
        answer = client.get(page)
        assert answer.status_code in {200, 302, 503}, (page, answer.status_code)
        if not answer.mimetype.startswith(("text/", "application/json")):
            continue
        for figure in (f"{DECLARED:,}", str(DECLARED), f"{CAPACITY:,}", str(CAPACITY), "Xoloché"):
            assert figure not in answer.text, (page, figure)
        if page.startswith("/boletines/"):
            assert client.get(page).data == answer.data or "csrf" in answer.text, (
                "asked again it says the same"
            )
