"""Family cards: reserved before any data, tied at the door, replaced when lost, and never two families on one code."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from albergues_app.audit.models import Auditoria
from albergues_app.audit.writing import write_once
from albergues_app.core.db import db
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import read_code, speakable_code, uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.cards import Reposicion, codes_of_families, replace_card
from albergues_app.ocupacion.gate_book import stays_of, whom
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_parte import TiempoPuerta
from albergues_app.ocupacion.services import lote as lote_service
from albergues_app.ocupacion.services.ingreso import count_inside, register_ingreso
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo
from albergues_app.tarjetas import services
from albergues_app.tarjetas.models import EstadoTarjeta, LoteTarjetas, Tarjeta
from tests.conftest import expect_refused
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    persona,
)
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.ocupacion.desk_help import HIJO, MADRE, hidden, household, send
from tests.pdf import pages_of

SIGNS = "ACEFHJKMNPQRTVWXYZ23479"


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def desk(entra):
    return entra("municipal", municipio="1413")


def lot(site=None, cantidad=3, municipio="1413") -> list[str]:
    """The codes of a new lot, in order."""
    key = uuid7()
    with unit_of_work(SISTEMA):
        row = services.build_lote(
            key, cantidad, municipio, site.id if site else None, site.codigo if site else None
        )
        services.create_lote(row, codes_of_families)
    stmt = select(Tarjeta.codigo).where(Tarjeta.lote_id == key).order_by(Tarjeta.numero)
    return list(db.session.scalars(stmt))


def card(codigo) -> Tarjeta:
    db.session.rollback()
    return db.session.scalars(select(Tarjeta).where(Tarjeta.codigo == codigo)).one()


def wrong_sign(codigo: str) -> str:
    """The same code with its first sign changed."""
    return SIGNS[(SIGNS.index(codigo[0]) + 1) % len(SIGNS)] + codigo[1:]


def codes(body) -> list[str]:
    return [a["codigo"] for a in body["avisos"] if a["codigo"] != "registro_tardio"]


def test_a_code_is_read_as_people_and_readers_write_it():
    code = speakable_code()
    for typed in (
        code,
        code.lower(),
        code.replace("-", ""),
        code.replace("-", "'"),
        f" {code[:3]} {code[4:]} ",
    ):
        assert read_code(typed) == code
    assert read_code(wrong_sign(code)) is None
    assert read_code(code + "A") is None and read_code("") is None and read_code("K7QM4-012-X") is None


def test_the_card_of_a_lot_becomes_the_code_of_the_family(here, desk):
    first, second, _third = lot(here.albergue)
    answer = send(desk, here.id, household(MADRE, HIJO, tarjeta=first.lower().replace("-", "")))
    assert answer.status_code == 303, answer.text
    familia = db.session.scalars(select(Familia)).one()
    assert familia.codigo == first
    assert (card(first).estado, card(first).familia_id) == (EstadoTarjeta.ENTREGADA, familia.id)
    assert card(second).estado == EstadoTarjeta.LIBRE
    assert f"Familia {first}" in desk.get(answer.location).text
    trail = db.session.scalars(
        select(Auditoria.accion).where(Auditoria.tabla == "tarjeta", Auditoria.accion == "cambio")
    ).all()
    assert len(trail) == 1


def test_a_card_is_never_of_two_families(here, desk):
    first, *_ = lot(here.albergue)
    ingreso(here, persona(), tarjeta=first)
    again = send(desk, here.id, household(MADRE, tarjeta=first))
    assert again.status_code == 422
    assert "ya es de una familia registrada" in again.text and f'value="{first}"' in again.text
    assert 'href="#c-tarjeta"' in again.text
    assert count_inside(here.id) == 1
    # also in another emergency, where the first family's code is free
    elsewhere = make_activacion(make_albergue(nombre="Otra"), make_emergencia(nombre="Otra"))
    with expect_refused("tarjeta_entregada"):
        ingreso(elsewhere, persona(), tarjeta=first)
    # nor is the automatic code of a family
    body = ingreso(here, persona())
    with expect_refused("tarjeta_entregada"):
        ingreso(here, persona(), tarjeta=body["familia"]["codigo"])


def test_the_same_sheet_twice_is_one_family_and_one_card(here):
    first, *_ = lot(here.albergue)
    op, familia, who = uuid7(), uuid7(), persona()
    data = IngresoNuevo(
        id=op, activacion_id=here.id, ocurrido_en=here.abierta_en, personas=[who], familia_id=familia,
        tarjeta=first,
    )  # fmt: skip
    for status in (201, 200):
        outcome = write_once(
            SISTEMA, op, "prueba", {"x": 1}, here.emergencia_id, lambda: register_ingreso(data)
        )
        assert outcome.status == status
    assert card(first).familia_id == familia


def test_a_misread_card_keeps_what_was_typed_and_writes_nothing(here, desk):
    first, *_ = lot(here.albergue)
    bad = wrong_sign(first)
    answer = send(desk, here.id, household(MADRE, tarjeta=bad))
    assert answer.status_code == 422 and "signo" in answer.text
    assert f'value="{bad}"' in answer.text and 'value="Juana"' in answer.text
    assert count_inside(here.id) == 0
    assert send(desk, here.id, household(MADRE, tarjeta="")).status_code == 303


def test_what_makes_no_false_record_is_told_and_taken(here):
    other = make_albergue("1420", nombre="Lejos")
    (far,) = lot(other, 1, "1420")
    (town,) = lot(None, 1)
    unknown = speakable_code()
    assert codes(ingreso(here, persona(), tarjeta=far)) == ["tarjeta_de_otro_lugar"]
    assert codes(ingreso(here, persona(), tarjeta=town)) == []
    body = ingreso(here, persona(), tarjeta=unknown)
    assert codes(body) == ["tarjeta_desconocida"] and body["familia"]["codigo"] == unknown
    lost, void, _ = lot(here.albergue)
    lote = db.session.get_one(LoteTarjetas, card(lost).lote_id)
    with unit_of_work(SISTEMA):
        services.mark_tarjetas(lote, [1], "perdida", "Se cayó del paquete")
        services.mark_tarjetas(lote, [2], "anulada", "Se manchó")
    assert codes(ingreso(here, persona(), tarjeta=lost)) == ["tarjeta_aparecida"]
    assert card(lost).estado == EstadoTarjeta.ENTREGADA
    with expect_refused("tarjeta_anulada"):
        ingreso(here, persona(), tarjeta=void)
    with expect_refused("tarjeta_entregada"), unit_of_work(SISTEMA):
        services.mark_tarjetas(db.session.get_one(LoteTarjetas, card(lost).lote_id), [1], "anulada", "No")
    with expect_refused("falta_motivo"), unit_of_work(SISTEMA):
        services.mark_tarjetas(db.session.get_one(LoteTarjetas, card(lost).lote_id), [3], "anulada", "  ")


def test_a_reserved_code_is_never_drawn_for_anybody(here, monkeypatch):
    """The draw is forced to meet a reserved code and a family's code first, in each of the four places that draw."""
    (reserved,) = lot(here.albergue, 1)
    taken = ingreso(here, persona())["familia"]["codigo"]
    fresh = [speakable_code() for _ in range(4)]
    drawn = iter(
        [
            reserved,
            taken,
            fresh[0],
            reserved,
            taken,
            fresh[1],
            reserved,
            taken,
            fresh[2],
            reserved,
            taken,
            fresh[3],
        ]
    )
    for module in ("services.ingreso", "services.lote", "cards"):
        monkeypatch.setattr(f"albergues_app.ocupacion.{module}.speakable_code", lambda: next(drawn))
    assert ingreso(here, persona())["familia"]["codigo"] == fresh[0]
    data = IngresoNuevo(
        id=uuid7(),
        activacion_id=here.id,
        ocurrido_en=here.abierta_en,
        personas=[persona()],
        familia_id=uuid7(),
    )
    with unit_of_work(SISTEMA):
        lote_service.register_ingresos([data])
    assert db.session.get_one(Familia, data.familia_id).codigo == fresh[1]
    with unit_of_work(SISTEMA):
        body = replace_card(Reposicion(data.familia_id, EstadoTarjeta.PERDIDA, "Se mojó"), here)
    assert body["codigo"] == fresh[2]
    monkeypatch.setattr("albergues_app.tarjetas.services.speakable_code", lambda: next(drawn))
    assert lot(here.albergue, 1) == [fresh[3]]


def test_many_households_at_once_take_their_cards_too(here):
    first, second, _ = lot(here.albergue)
    batch = [
        IngresoNuevo(
            id=uuid7(), activacion_id=here.id, ocurrido_en=here.abierta_en, personas=[persona()],
            familia_id=uuid7(), tarjeta=tarjeta,
        )
        for tarjeta in (first, None, second)
    ]  # fmt: skip
    with unit_of_work(SISTEMA):
        told = lote_service.register_ingresos(batch)
    assert {a.codigo for avisos in told for a in avisos} == {"registro_tardio"}
    held = [db.session.get_one(Familia, one.familia_id).codigo for one in batch]
    assert held[0] == first and held[2] == second and held[1] not in {first, second}
    with expect_refused("tarjeta_entregada"), unit_of_work(SISTEMA):
        again = {**batch[0].__dict__, "id": uuid7(), "familia_id": uuid7(), "personas": [persona()]}
        lote_service.register_ingresos([IngresoNuevo(**again)])


def test_a_lost_card_is_replaced_and_the_old_code_says_so(here, desk):
    body = ingreso(here, persona(nombres="Juana"))
    familia, old = UUID(body["familia"]["id"]), body["familia"]["codigo"]
    first, second, _ = lot(here.albergue)
    url = f"/activaciones/{here.id}/familias/{familia}/reponer-tarjeta"

    def replace(**typed):
        page = desk.get(url).text
        return desk.post(url, data={"csrf_token": csrf_of(page), "op_id": uuid7(), **typed})

    assert replace(estado="perdida", motivo="").status_code == 422
    assert replace(estado="", motivo="Se perdió").status_code == 422
    assert replace(estado="perdida", motivo="En el camino", tarjeta=wrong_sign(first)).status_code == 422
    assert db.session.get_one(Familia, familia).codigo == old
    assert replace(estado="perdida", motivo="En el camino", tarjeta=first).status_code == 303
    db.session.rollback()
    assert db.session.get_one(Familia, familia).codigo == first
    assert (card(old).estado, card(old).motivo) == (EstadoTarjeta.PERDIDA, "En el camino")
    assert card(first).familia_id == familia

    def show(code, **headers):
        where = f"/activaciones/{here.id}/familia-conocida"
        token = csrf_of(desk.get(where).text)
        return desk.post(where, data={"csrf_token": token, "codigo": code}, **headers)

    assert show(first).location.endswith(f"/familias/{familia}")
    told = show(old)
    assert told.status_code == 422 and "Tarjeta anulada" in told.text
    assert f"/familias/{familia}" in told.text, "a way on, for whoever has looked at who brings it"
    assert "En el camino" not in told.text
    said = show(old, headers={"Accept": "application/json"}).json
    assert said["clase"] == "anulada" and said["url"].endswith(str(familia))
    # replaced again, this time without a printed card: the one of the lot is void too
    assert replace(estado="anulada", motivo="Se mojó").status_code == 303
    db.session.rollback()
    newest = db.session.get_one(Familia, familia).codigo
    assert newest not in {old, first, second} and card(first).estado == EstadoTarjeta.ANULADA
    with expect_refused("tarjeta_anulada"):
        ingreso(here, persona(), tarjeta=old)
    page = desk.get(url).text
    assert old in page and first in page and "En el camino" in page
    # what was written with the old code still speaks of the family
    assert [p.familia_id for p in whom(stays_of(here.id), None, old.lower())] == [familia]
    found = desk.get(f"/buscar?q={old}").text
    assert newest in found and "Juana" in found


def test_a_free_card_opens_the_desk_with_it(here, desk):
    first, *_ = lot(here.albergue)
    where = f"/activaciones/{here.id}/familia-conocida"
    token = csrf_of(desk.get(where).text)
    told = desk.post(where, data={"csrf_token": token, "codigo": first})
    link = re.search(r'href="(/activaciones/[^"]+tarjeta=[^"]+)"', told.text)
    assert told.status_code == 422 and link
    assert f'name="tarjeta" value="{first}"' in desk.get(link[1]).text
    said = desk.post(
        where, data={"csrf_token": token, "codigo": first}, headers={"Accept": "application/json"}
    )
    assert said.json["clase"] == "libre" and said.json["codigo"] == first


def test_three_signs_suggest_the_families_of_this_shelter_alone(here, desk):
    known = []
    for tail in range(400):
        body = [SIGNS.index(s) for s in "QK7"] + [tail // 23, tail % 23]
        check = sum(v * (i + 1) for i, v in enumerate(body)) % 23
        known.append(f"QK7-{SIGNS[body[3]]}{SIGNS[body[4]]}{SIGNS[check]}")
    event = db.session.get_one(Emergencia, here.emergencia_id)
    other = make_activacion(make_albergue(nombre="Otra"), event)
    for code, who in zip(known[:2], ("Juana", "Petrona"), strict=True):
        ingreso(here, persona(nombres=who, parentesco="jefe"), tarjeta=code)
    ingreso(other, persona(nombres="Lejana"), tarjeta=known[2])
    single = speakable_code()
    while single.startswith("QK7"):
        single = speakable_code()
    alone = ingreso(here, persona(), tarjeta=single)
    where = f"/activaciones/{here.id}/familia-conocida"
    token = csrf_of(desk.get(where).text)
    page = desk.post(where, data={"csrf_token": token, "codigo": "qk7"})
    assert page.status_code == 200
    assert known[0] in page.text and "Juana" in page.text and "Petrona" in page.text
    assert known[2] not in page.text and "Lejana" not in page.text
    straight = desk.post(where, data={"csrf_token": token, "codigo": single[:3]})
    assert straight.location.endswith(alone["familia"]["id"])
    nobody = desk.post(where, data={"csrf_token": token, "codigo": "ZZZ"})
    assert nobody.status_code in {303, 422}


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_lots_are_made_printed_again_the_same_and_marked(here, desk, entra):
    page = desk.get("/tarjetas/nuevo").text
    data = {"csrf_token": csrf_of(page), "op_id": str(uuid7()), "lugar": f"albergue:{here.albergue_id}"}
    for bad in ("0", "501", "muchas", "²"):
        answer = desk.post("/tarjetas/nuevo", data={**data, "cantidad": bad})
        assert answer.status_code == 422 and "de 1 a 500" in answer.text
    made = desk.post("/tarjetas/nuevo", data={**data, "cantidad": "23"})
    assert made.status_code == 303
    again = desk.post("/tarjetas/nuevo", data={**data, "cantidad": "23"})
    assert again.location == made.location
    assert db.session.scalar(select(func.count()).select_from(Tarjeta)) == 23
    codigos = list(db.session.scalars(select(Tarjeta.codigo).order_by(Tarjeta.numero)))
    texts = []
    for _ in range(2):
        sheets = desk.get(f"{made.location}/tarjetas.pdf").data
        texts.append(pages_of(sheets))
    assert texts[0] == texts[1] and len(texts[0]) == 3
    assert [round(float(v)) for v in PdfReader(BytesIO(sheets)).pages[0].mediabox[2:]] == [612, 792]
    assert all(c in t for c, t in zip(codigos, [texts[0][n // 10] for n in range(23)], strict=True))
    assert "Escuela de Tzalbal" in texts[0][0]
    page = desk.get(made.location).text
    form = hidden(page, "/estado")
    marked = desk.post(
        f"{made.location}/estado",
        data={**form, "numeros": "1-2", "estado": "anulada", "motivo": "Mal cortadas"},
    )
    assert marked.status_code == 303
    left = PdfReader(BytesIO(desk.get(f"{made.location}/tarjetas.pdf").data))
    text = "".join(p.extract_text() for p in left.pages)
    assert codigos[0] not in text and codigos[2] in text
    stranger = entra("municipal", municipio="0901")
    assert stranger.get(made.location).status_code == 404
    page = stranger.get("/tarjetas/nuevo").text
    outside = {**data, "csrf_token": csrf_of(page), "op_id": str(uuid7()), "cantidad": "5"}
    assert stranger.post("/tarjetas/nuevo", data=outside).status_code == 404
    town = {**outside, "op_id": str(uuid7()), "lugar": "municipio:1413"}
    assert stranger.post("/tarjetas/nuevo", data=town).status_code == 404


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_cards_of_families_hold_codes_and_no_names(here, desk):
    site = make_albergue(nombre="Casa de la mujer", ubicacion_reservada=True)
    hidden_here = make_activacion(site, make_emergencia(nombre="Otra"))
    for place, name in ((here, "Escuela de Tzalbal"), (hidden_here, "")):
        body = ingreso(place, persona(nombres="Escolástica", apellidos="Quixtán"))
        for url in (
            f"/activaciones/{place.id}/tarjetas.pdf",
            f"/activaciones/{place.id}/familias/{body['familia']['id']}/tarjeta.pdf",
        ):
            answer = desk.get(url)
            text = pages_of(answer.data)[0]
            assert body["familia"]["codigo"] in text
            assert "Escolástica" not in text and "Quixtán" not in text
            assert (name or "Casa de la mujer" in text) == (name if name else False), text
            assert name in text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("typed", "kept"),
    [("72400", [72]), ("", []), ("-5", []), ("1e9", []), ("99999999", []), ("٣٠٠٠", []), ("300", [])],
)
def test_the_time_at_the_door_is_kept_when_it_is_one(here, desk, typed, kept):
    assert send(desk, here.id, household(MADRE, HIJO, tiempo=typed)).status_code == 303
    rows = db.session.execute(select(TiempoPuerta.segundos, TiempoPuerta.personas)).all()
    assert [tuple(r) for r in rows] == [(s, 2) for s in kept]
    page = desk.get(f"/activaciones/{here.id}").text
    assert ("1 min 12 s" in page) == bool(kept)
    assert ("Todavía sin medir" in page) != bool(kept)


def test_the_median_of_the_day_says_of_how_many_it_is(here, desk):
    for ms in ("30000", "90000", "61000"):
        assert send(desk, here.id, household(MADRE, tiempo=ms)).status_code == 303
    with unit_of_work(SISTEMA):
        db.session.scalars(select(TiempoPuerta).where(TiempoPuerta.segundos == 30)).one().dia -= timedelta(
            days=1
        )
    page = desk.get(f"/activaciones/{here.id}").text
    panel = page[page.index("Tiempo en la puerta") :][:1800]
    told = re.findall(r'class="nb">([^<]+)<.*?n = (\d)', panel)
    assert told == [("1 min 1 s", "3"), ("1 min 16 s", "2"), ("30 s", "1")]


def test_many_desks_that_hand_out_the_same_cards_leave_one_family_on_each(app, here):
    printed, unknown = lot(here.albergue, 5), [speakable_code() for _ in range(5)]
    place, emergencia = here.id, here.emergencia_id
    start = threading.Barrier(4)

    def hand_out(_desk: int) -> list[str]:
        start.wait()
        refused = []
        for tarjeta in [*printed, *unknown]:
            with app.app_context():
                op = uuid7()
                datos = IngresoNuevo(
                    id=op, activacion_id=place, ocurrido_en=OPENED, personas=[persona()], familia_id=uuid7(),
                    tarjeta=tarjeta,
                )  # fmt: skip
                try:
                    write_once(
                        SISTEMA,
                        op,
                        "ingreso",
                        {"t": tarjeta},
                        emergencia,
                        lambda d=datos: register_ingreso(d),
                    )
                except RuleBroken as error:
                    refused.append(error.codigo)
                finally:
                    db.session.remove()
        return refused

    with ThreadPoolExecutor(4) as pool:
        refused = [code for said in pool.map(hand_out, range(4)) for code in said]
    assert len(refused) == 30 and set(refused) == {"tarjeta_entregada"}
    db.session.rollback()
    held = {row.codigo: row.id for row in db.session.execute(select(Familia.codigo, Familia.id))}
    assert set(held) == {*printed, *unknown}
    assert all(card(code).familia_id == held[code] for code in printed)
