"""The page of a log: every filter in its address, words found in sealed texts, what is new without loss."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from albergues_app.coe import log_page
from albergues_app.coe.services import EntradaNueva, write_entrada
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.coe.hoja import annotate
from tests.coe.test_log import api, coe, entrada_json, row_of, write_many  # noqa: F401 - fixtures
from tests.factories.albergues import OPENED, make_albergue
from tests.factories.cuentas import SISTEMA


@pytest.fixture
def clerk(entra):
    return entra("sede", departamento="14")


def fill(coe, count, **changes):  # noqa: F811
    with unit_of_work(SISTEMA):
        for n in range(count):
            write_entrada(row_of_id(coe), EntradaNueva(uuid7(), OPENED + timedelta(minutes=n), **{
                "tipo": "llamada", "asunto": f"Asunto {n + 1}", "detalle": "Sin novedad", **changes}))  # fmt: skip


def row_of_id(coe):  # noqa: F811
    from uuid import UUID

    return UUID(coe["id"])


def folios(client, coe, query=""):  # noqa: F811
    got = client.get(f"/coe/{coe['id']}?{query}")
    assert got.status_code == 200
    return [int(n) for n in re.findall(r'<li class="entrada[^"]*" id="folio-(\d+)"', got.text)]


def test_every_filter_stands_in_the_address_and_shows_what_it_says(api, coe, clerk):  # noqa: F811
    sitio = make_albergue("1413")
    for n, change in enumerate(
        (
            {"asunto": "Puente caído", "detalle": "Sobre el río Xacbal, en Nebaj"},
            {"tipo": "decision", "prioridad": "urgente", "medio": "radio"},
            {"detalle": f"Agua para {sitio.codigo}", "requiere_accion": True},
            {"ocurrido_en": "2026-11-18T10:00:00-06:00", "turno": "nocturno"},
            {"rectifica_a": 1, "destino": "Coordinadora Tzoc"},
        )
    ):
        api(f"/coe/{coe['id']}/entradas", entrada_json(n, ocurrido_en="2026-11-20T10:00:00-06:00") | change)
    annotate(clerk, coe["id"], {"hoja.pdf": b"%PDF-1.7\nstartxref\n9\n%%EOF\n"})
    mine = re.search(r'name="cuenta".*?</select>', clerk.get(f"/coe/{coe['id']}").text, re.DOTALL)[0]
    authors = re.findall(r'value="([0-9a-f-]{36})"', mine)
    for query, expected in {
        "": [6, 5, 4, 3, 2, 1],
        "q=PUENTE": [1],
        "q=rio+xacbal": [1],
        "q=tzoc": [5],
        f"q={sitio.codigo}": [3],
        "q=hoja.pdf": [6],
        "q=nada+de+esto": [],
        "tipo=decision": [2],
        "prioridad=urgente": [2],
        "medio=radio": [2],
        "turno=nocturno": [4],
        "lugar=1413": [3, 1],
        "lugar=14": [6, 5, 4, 3, 2, 1],
        f"albergue={sitio.codigo}": [3],
        "albergue=1413-9": [],
        "dia_a=2026-11-18": [4],
        "dia_de=2026-11-19&dia_a=2026-11-20&tipo=decision": [2],
        "accion=1": [3],
        "archivos=1": [6],
        "correcciones=1": [5],
        "tardias=1": [6, 5, 4, 3, 2, 1],
        "hasta=2": [2, 1],
        f"cuenta={authors[0]}": None,
        "q=puente&tipo=decision": [],
        "tipo=rumor&prioridad=alta&dia_de=ayer&cuenta=yo&hasta=-3e9": [6, 5, 4, 3, 2, 1],
    }.items():
        got = folios(clerk, coe, query)
        if expected is None:
            assert got in ([6], [5, 4, 3, 2, 1])
        else:
            assert got == expected, query


def test_all_pages_of_a_filter_together_are_the_whole_log_once(coe, clerk):  # noqa: F811
    fill(coe, 230)
    address, seen = f"/coe/{coe['id']}?q=novedad&tipo=llamada", []
    while address:
        page = clerk.get(address).text
        seen += [int(n) for n in re.findall(r'id="folio-(\d+)"', page)]
        more = re.search(r'href="([^"]+)">Ver del folio', page)
        address = more[1].replace("&amp;", "&") if more else ""
    assert seen == list(range(230, 0, -1))


def poll(client, coe, folio, tag="", query=""):  # noqa: F811
    headers = {"If-None-Match": f'"{tag}"'} if tag else {}
    return client.get(f"/coe/{coe['id']}/nuevas?desde={folio}{query}", headers=headers)


def test_nothing_new_is_304_and_after_hours_of_sleep_all_of_it_comes_by_parts(coe, clerk):  # noqa: F811
    fill(coe, 3)
    tag = row_of(coe).cabeza
    still = poll(clerk, coe, 3, tag)
    assert still.status_code == 304 and still.data == b"" and still.headers["ETag"] == f'"{tag}"'
    fill(coe, 2 * log_page.PAGE + 7)
    folio, seen = 3, []
    while True:
        answer = poll(clerk, coe, folio, tag)
        assert answer.status_code == 200
        seen = [int(n) for n in re.findall(r'id="folio-(\d+)"', answer.json["html"])] + seen
        folio = answer.json["folio"]
        if not answer.json["faltan"]:
            break
    assert seen == list(range(2 * log_page.PAGE + 10, 3, -1)) and folio == 2 * log_page.PAGE + 10
    assert poll(clerk, coe, folio, answer.headers["ETag"].strip('"')).status_code == 304


def test_what_is_new_follows_the_filter_and_brings_what_it_corrects_drawn_anew(api, coe, clerk):  # noqa: F811
    write_many(api, coe, 2)
    api(f"/coe/{coe['id']}/entradas", entrada_json(prioridad="urgente", rectifica_a=1))
    api(f"/coe/{coe['id']}/entradas", entrada_json(asunto="Otra"))
    whole = poll(clerk, coe, 2).json
    assert re.findall(r'class="([^"]+)" id="folio-(\d+)"', whole["html"]) == [
        ("entrada", "4"), ("entrada urgente", "3"), ("entrada rectificada", "1"),
    ]  # fmt: skip
    assert whole["cuentas"] == {"todas": 4, "urgentes": 1, "decisiones": 0, "accion": 0, "tardias": 4}
    urgent = poll(clerk, coe, 2, query="&prioridad=urgente").json
    assert re.findall(r'id="folio-(\d+)"', urgent["html"]) == ["3", "1"] and urgent["folio"] == 4
    assert re.findall(r'id="folio-(\d+)"', poll(clerk, coe, 0, query="&q=otra").json["html"]) == ["4"]


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_page_of_another_territory_gives_no_news(coe, entra):  # noqa: F811
    assert poll(entra("sede", departamento="16"), coe, 0).status_code == 404
    assert poll(entra("registro", municipio="1413"), coe, 0).status_code == 403


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_from_and_to_and_what_must_be_done_are_shown_and_kept_when_the_form_comes_back(coe, clerk):  # noqa: F811
    typed = {"origen": "Delfina Tzoc, COMRED", "destino": "CODRED", "requiere_accion": "1", "medio": "radio"}
    back = annotate(clerk, coe["id"], asunto="", **typed)
    assert back.status_code == 422 and 'name="requiere_accion" value="1" checked' in back.text
    assert 'value="CODRED"' in back.text
    assert annotate(clerk, coe["id"], **typed).status_code == 303
    page = clerk.get(f"/coe/{coe['id']}").text
    assert (
        "Delfina Tzoc, COMRED, radio" in page and "para CODRED" in page and "Requiere acción</span>" in page
    )


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_same_form_three_times_is_one_entry(coe, clerk):  # noqa: F811
    op_id = str(uuid7())
    assert [annotate(clerk, coe["id"], op_id=op_id).status_code for _ in range(3)] == [303] * 3
    assert folios(clerk, coe) == [1]
    assert annotate(clerk, coe["id"], op_id=op_id, asunto="Otra").status_code == 422
    assert folios(clerk, coe) == [1]
