"""The second person types blind; what differs is decided by a third; the error equals an independent recount."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.capturas.models import Borrador, Registro
from albergues_app.capturas.services import answers_of
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.transcripcion import muestra
from albergues_app.transcripcion.models import (
    CampoDistinto,
    LoteTranscripcion,
    RenglonTranscrito,
    SegundaTranscripcion,
)
from albergues_app.transcripcion.tasas import rates_of
from tests.conftest import expect_refused
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.pdf import text_of
from tests.transcripcion.hojas import draw, lote_sent, picture, type_line, type_second
from tests.transcripcion.test_dictado import BOLETA, INCIDENTE


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


@pytest.fixture
def second(entra, here):
    return entra("registro", albergue="1413-001")


@pytest.fixture
def third(entra, here):
    return entra("municipal", municipio="1413")


@pytest.fixture
def lote(here, clerk):
    return lote_sent(clerk, "incidente", here)


def seconds():
    return list(db.session.scalars(select(SegundaTranscripcion).order_by(SegundaTranscripcion.id)))


def typed_lote(clerk, lote, n=3, codigo="incidente", answers=INCIDENTE):
    for i in range(n):
        assert type_line(clerk, lote, 1, codigo, {**answers, "folio_papel": str(i)}).status_code == 303


def first_of(one):
    """The folio as typed first, to type the same again."""
    return db.session.get_one(RenglonTranscrito, one.renglon_id).folio


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("records", "pct", "wanted"), [
    (0, 10, 0), (3, 10, 3), (5, 10, 5), (49, 10, 5), (50, 10, 5), (51, 10, 6), (200, 10, 20), (201, 10, 21), (200, 1, 5),
    (4, 100, 4),
])  # fmt: skip
def test_the_sample_is_the_percentage_rounded_up_with_a_least(app, records, pct, wanted):
    assert muestra.size_of(records, pct) == wanted


def test_the_draw_can_be_repeated_by_anybody_and_is_not_the_same_each_time(app, here, clerk, lote):
    app.config["TRANSCRIPCION_MUESTRA_MINIMA"] = 1
    typed_lote(clerk, lote, 8)
    assert draw(clerk, lote, 30).status_code == 303
    row = db.session.scalars(select(LoteTranscripcion)).one()
    ids = list(db.session.scalars(select(RenglonTranscrito.id)))
    again = sorted(ids, key=lambda key: muestra.rank(row.semilla, key))[:3]
    assert {s.renglon_id for s in seconds()} == set(again)
    assert row.semilla in clerk.get(lote).text
    other = {frozenset(sorted(ids, key=lambda k: muestra.rank(str(n), k))[:3]) for n in range(40)}
    assert len(other) > 10
    before = {s.renglon_id for s in seconds()}
    draw(clerk, lote, 30)
    assert {s.renglon_id for s in seconds()} == before, "complete: nothing is chosen anew"
    typed_lote(clerk, lote, 4)
    draw(clerk, lote, 30)
    assert before < {s.renglon_id for s in seconds()} and len(seconds()) == 4


def test_without_records_or_with_a_senseless_percentage_nothing_is_drawn(clerk, lote):
    draw(clerk, lote, 10)
    typed_lote(clerk, lote, 1)
    for pct in (0, 101, "x", "²"):
        draw(clerk, lote, pct)
    assert seconds() == []


def test_the_first_typist_cannot_be_the_second_by_any_address(clerk, second, lote):
    typed_lote(clerk, lote, 2)
    draw(clerk, lote)
    one = seconds()[0]
    assert "Transcribir la muestra" not in clerk.get(lote).text
    assert clerk.get(f"{lote}/muestra/{one.id}").location.startswith(lote)
    sent = type_second(clerk, lote, one.id, "incidente", INCIDENTE)
    assert sent.status_code == 422 and "Otra persona" in sent.text
    assert all(s.hecha_en is None for s in seconds())
    assert "Transcribir la muestra (2)" in second.get(lote).text
    assert second.get(f"{lote}/muestra/{one.id}").status_code == 200


def test_who_opened_the_record_is_no_longer_blind(clerk, second, third, lote):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    fila_id = db.session.get_one(RenglonTranscrito, one.renglon_id).fila_id
    assert third.get(f"/registros/{fila_id}").status_code == 200
    assert third.get(f"{lote}/muestra/{one.id}").location.startswith(lote)
    sent = type_second(third, lote, one.id, "incidente", INCIDENTE)
    assert sent.status_code == 422 and "ya abrió este registro" in sent.text
    assert "Transcribir la muestra" not in third.get(lote).text
    page = second.get(f"{lote}/muestra/{one.id}")
    assert page.status_code == 200
    assert second.get(f"/registros/{fila_id}").status_code == 200, "opened in another window while typing"
    assert type_second(second, lote, one.id, "incidente", INCIDENTE).status_code == 422


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_blind_page_holds_no_answer_of_the_first(clerk, second, here):
    lote = lote_sent(clerk, "boleta_ingreso", here)
    type_line(clerk, lote, 1, "boleta_ingreso", BOLETA)
    draw(clerk, lote)
    for page in (second.get(f"{lote}/muestra/{seconds()[0].id}").text, second.get(lote).text):
        for word in ("Jacinta", "Chocoj", "Tomasino", 'value="38"'):
            assert word not in page, word
    assert "B-0017" not in second.get(f"{lote}/muestra/{seconds()[0].id}").text
    assert second.get(f"{lote}/muestra/{seconds()[0].id}/comparar").status_code == 404, (
        "nothing to compare yet"
    )


def test_who_opened_the_boleta_is_no_longer_blind(clerk, third, here):
    lote = lote_sent(clerk, "boleta_ingreso", here)
    type_line(clerk, lote, 1, "boleta_ingreso", BOLETA)
    draw(clerk, lote)
    familia = db.session.scalars(select(Familia.id)).one()
    assert third.get(f"/activaciones/{here.id}/personas").status_code == 200
    assert third.get(f"{lote}/muestra/{seconds()[0].id}").status_code == 200, "a list of names shows no sheet"
    assert third.get(f"/activaciones/{here.id}/familias/{familia}/boleta.pdf").status_code == 200
    assert third.get(f"{lote}/muestra/{seconds()[0].id}").location.startswith(lote)


def test_a_sample_of_another_batch_or_territory_is_not_there(clerk, entra, here, lote):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    other = lote_sent(clerk, "incidente", here, picture(text="otra"))
    key = seconds()[0].id
    assert entra("registro", albergue="1413-001").get(f"{other}/muestra/{key}").status_code == 404
    far = entra("municipal", municipio="1420")
    for path in (f"{lote}/muestra/{key}", f"{lote}/muestra/{key}/comparar"):
        assert far.get(path).status_code == 404
    assert type_second(far, lote, key, "incidente", INCIDENTE).status_code == 404


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_equal_typings_show_no_difference(clerk, second, third, lote):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    same = {**INCIDENTE, "folio_papel": first_of(one)}
    assert type_second(second, lote, one.id, "incidente", same).status_code == 303
    assert db.session.query(CampoDistinto).count() == 0
    page = third.get(lote).text
    assert "Iguales" in page and f"0 de {len(seconds()[0].campos)} campos" in page
    assert type_second(second, lote, one.id, "incidente", same).status_code == 422, (
        "typed twice, not three times"
    )


def test_the_third_decides_and_the_record_is_corrected_by_a_new_version(clerk, second, third, lote):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    other = {**INCIDENTE, "medida": "Otra cosa dice el papel", "folio_papel": "distinto"}
    type_second(second, lote, one.id, "incidente", other)
    url = f"{lote}/muestra/{one.id}/comparar"
    for who in (clerk, second):
        page = who.get(url)
        assert page.status_code == 200 and "Decide una tercera persona" in page.text
        data = {
            "csrf_token": csrf_of(page.text),
            "op_id": re.search(r'op_id" value="([^"]+)', page.text).group(1),
        }
        answer = who.post(url, data={**data, "decision-medida": "segunda"})
        assert answer.status_code == 422
    assert all(d.decision is None for d in db.session.scalars(select(CampoDistinto)))
    page = third.get(url).text
    assert "Otra cosa dice el papel" in page and INCIDENTE["medida"] in page
    data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
    data |= {"decision-medida": "segunda", "decision-folio_papel": "primera", "decision-nada": "primera"}
    assert third.post(url, data=data).status_code == 303
    assert third.post(url, data=data).status_code == 303, "sent twice it is once"
    row = db.session.scalars(select(Registro)).one()
    assert row.version == 2 and row.motivo == "Segunda transcripción de la hoja de papel"
    assert answers_of(row)["medida"] == "Otra cosa dice el papel"
    assert answers_of(row)["folio_papel"] == "0"
    first = db.session.get_one(Captura, db.session.scalars(select(RenglonTranscrito.captura_id)).one())
    assert (
        open_json(seal_for(first.emergencia_id), first.respuestas, "captura.respuestas")["medida"]
        == INCIDENTE["medida"]
    )


def test_what_the_third_read_on_the_paper_is_no_doubt_any_more(clerk, second, third, lote):
    typed = {k: v for k, v in INCIDENTE.items() if k not in ("medida", "lugar")}
    marks = {"nolee:medida": "1", "nolee:lugar": "1"}
    assert type_line(clerk, lote, 1, "incidente", typed, seguir="hoja", **marks).status_code == 303
    draw(clerk, lote)
    one = seconds()[0]
    type_second(second, lote, one.id, "incidente", INCIDENTE)
    url = f"{lote}/muestra/{one.id}/comparar"
    page = third.get(url).text
    data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
    data |= {"decision-medida": "segunda", "decision-lugar": "ninguna"}
    assert third.post(url, data=data).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(RenglonTranscrito)).one().dudosos == ["lugar"]


def test_a_closed_browser_leaves_the_second_typing_to_its_typist(clerk, second, third, lote):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    url = f"{lote}/muestra/{one.id}"
    left = {"csrf_token": csrf_of(second.get(url).text), "medida": "A medio escribir"}
    assert second.post(f"{url}/borrador", data=left).status_code == 204
    assert "A medio escribir" in second.get(url).text and "A medio escribir" not in third.get(url).text
    mine = {**left, "csrf_token": csrf_of(clerk.get("/mi-cuenta").text)}
    assert clerk.post(f"{url}/borrador", data=mine).status_code == 422, "who typed it first is not blind"
    assert type_second(second, lote, one.id, "incidente", INCIDENTE).status_code == 303
    db.session.rollback()
    assert db.session.query(Borrador).count() == 0


def test_a_household_is_corrected_person_by_person(clerk, second, third, here):
    lote = lote_sent(clerk, "boleta_ingreso", here)
    type_line(clerk, lote, 1, "boleta_ingreso", {**BOLETA, "telefono": "55500134"})
    draw(clerk, lote)
    one = seconds()[0]
    right = json.loads(json.dumps(BOLETA)) | {"telefono": "55500135"}
    right["personas"][1]["nombres"] = "Domingo"
    right["personas"][1]["edad"] = 9
    assert type_second(second, lote, one.id, "boleta_ingreso", right).status_code == 303
    different = {d.campo for d in db.session.scalars(select(CampoDistinto))}
    assert different == {"personas-1-nombres", "personas-1-edad", "telefono"}
    url = f"{lote}/muestra/{one.id}/comparar"
    page = third.get(url).text
    data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
    answer = third.post(url, data={**data, **{f"decision-{name}": "segunda" for name in different}})
    assert answer.status_code == 303, answer.text
    now = {v.nombres: v.edad for v in db.session.scalars(select(PersonaVersion).where(PersonaVersion.actual))}
    assert now == {"Jacinta": 38, "Domingo": 9}
    assert db.session.scalars(select(Familia.telefono)).one().replace(" ", "").endswith("55500135")
    sheets = list(db.session.scalars(select(Captura).order_by(Captura.registrado_en)))
    assert len(sheets) == 2 and sheets[1].version_de == sheets[0].id
    familia = db.session.scalars(select(Familia.id)).one()

    paper = third.get(f"/activaciones/{here.id}/familias/{familia}/boleta.pdf").data
    said = text_of(paper)
    assert "Domingo" in said and "Tomasino" not in said, "the version in force alone is printed"


def test_a_correction_the_register_refuses_decides_nothing(clerk, second, third, lote, monkeypatch):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    type_second(second, lote, one.id, "incidente", {**INCIDENTE, "folio_papel": "z"})
    with unit_of_work(SISTEMA):
        db.session.scalars(select(Registro)).one().estado = "anulado"
    url = f"{lote}/muestra/{one.id}/comparar"
    page = third.get(url).text
    data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
    answer = third.post(url, data={**data, "decision-folio_papel": "segunda"})
    assert answer.status_code == 422 and "anulado" in answer.text
    assert [d.decision for d in db.session.scalars(select(CampoDistinto))] == [None]


def test_the_alert_stands_above_the_threshold_only(app, clerk, second, lote):
    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    type_second(second, lote, one.id, "incidente", {**INCIDENTE, "folio_papel": "z"})
    total = len(seconds()[0].campos)
    app.config["TRANSCRIPCION_ERROR_PCT"] = 100 / total
    assert "pasa del límite" not in clerk.get(lote).text, "just on it"
    app.config["TRANSCRIPCION_ERROR_PCT"] = 100 / total - 0.01
    assert "pasa del límite" in clerk.get(lote).text and "Error alto" in clerk.get("/transcripcion").text
    assert f"1 de {total} campos comparados no coinciden" in clerk.get(lote).text, (
        "nobody decided who is wrong"
    )


UNTOUCHED = {"clase": "incidente"}
"""What the screen of the format fills by itself."""


def plain(answers):
    """Answers as words, the shape of JSON apart: lists of choices by choice."""
    found = {}
    for name, value in answers.items():
        if isinstance(value, list):
            found |= {f"{name}_{code}": True for code in value}
        elif value not in (None, ""):
            found[name] = " ".join(value.split()).casefold() if isinstance(value, str) else value
    return found


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    plan=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.sampled_from(["", "primera", "segunda", "ninguna"])),
        min_size=1, max_size=4,
    )
)  # fmt: skip
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_error_equals_an_independent_recount(app, entra, here, plan):
    clerk, second, third = (entra("albergue", municipio="1413") for _ in range(3))
    lote = lote_sent(clerk, "incidente", here, picture(text=str(len(plan))))
    typed_lote(clerk, lote, len(plan))
    draw(clerk, lote)
    lote_id = lote.rsplit("/", 1)[-1]
    mine = [s for s in seconds() if str(s.lote_id) == lote_id]
    for one, (folio, word, decision) in zip(mine, plan, strict=True):
        other = {**INCIDENTE, "folio_papel": "otro" if folio else first_of(one)}
        if word:
            other["medida"] = "Otras palabras"
        key = one.id
        assert type_second(second, lote, key, "incidente", other).status_code == 303
        if decision and (folio or word):
            url = f"{lote}/muestra/{key}/comparar"
            page = third.get(url).text
            data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
            name = "folio_papel" if folio else "medida"
            assert third.post(url, data={**data, f"decision-{name}": decision}).status_code == 303
    db.session.rollback()
    fields, wrong, by_field = recount_of(lote_id)
    rates = rates_of(mine[0].lote_id, formatos.latest("incidente"))
    assert (rates.lote.errores, rates.lote.campos) == (wrong, fields)
    assert sum(t.errores for t in rates.por_campo) == wrong == sum(by_field.values())
    assert sum(t.errores for t in rates.por_digitador) == wrong
    assert sum(t.campos for t in rates.por_campo) == sum(t.campos for t in rates.por_digitador) == fields
    assert rates.lote.pct == pytest.approx(float(Decimal(100) * wrong / fields))
    assert f"{wrong} de {fields} campos" in third.get(lote).text


def recount_of(lote_id):
    """The error counted again from the two sealed typings and the decisions, by nothing of the application's own."""
    everything = select(SegundaTranscripcion)
    keep = [s for s in db.session.scalars(everything) if str(s.lote_id) == lote_id]
    fields, wrong, by_field = 0, 0, Counter()
    for one in keep:
        line = db.session.get_one(RenglonTranscrito, one.renglon_id)
        captura = db.session.get_one(Captura, line.captura_id)
        key = seal_for(captura.emergencia_id)
        first = plain(open_json(key, captura.respuestas, "captura.respuestas"))
        again = plain(open_json(key, one.respuestas, "segunda_transcripcion.respuestas"))
        said = {
            d.campo: d.decision
            for d in db.session.scalars(select(CampoDistinto).where(CampoDistinto.segunda_id == one.id))
        }
        untouched = {n for n, value in UNTOUCHED.items() if first.get(n) == again.get(n) == value}
        for name in (first.keys() | again.keys()) - untouched:
            fields += 1
            if first.get(name) != again.get(name) and said[name] != "primera":
                wrong += 1
                by_field[name] += 1
    return fields, wrong, by_field


def test_the_service_refuses_the_same_person_also_without_a_page(clerk, lote):
    from albergues_app.accounts.identity import load_identity

    typed_lote(clerk, lote, 1)
    draw(clerk, lote)
    one = seconds()[0]
    same = load_identity(db.session.get_one(RenglonTranscrito, one.renglon_id).cuenta_id)
    with expect_refused("misma_persona"):
        muestra.may_type_blind(same, one)


def test_what_a_profession_typed_apart_is_compared_and_shown_to_nobody_at_the_gate(
    entra, here, second, third
):
    protection = entra("proteccion", municipio="1413")
    lote = lote_sent(protection, "incidente", here)
    reserved = {**INCIDENTE, "involucrados_reservado": "Marta Reservada Chub", "folio_papel": "7"}
    assert type_line(protection, lote, 1, "incidente", reserved).status_code == 303
    draw(protection, lote)
    one = seconds()[0]
    typed = {**INCIDENTE, "medida": "Otra cosa dice el papel", "folio_papel": "7"}
    assert type_second(second, lote, one.id, "incidente", typed).status_code == 303
    assert {d.campo for d in db.session.scalars(select(CampoDistinto))} == {"medida"}
    assert "involucrados_reservado" not in seconds()[0].campos
    page = third.get(f"{lote}/muestra/{one.id}/comparar").text
    assert "Otra cosa dice el papel" in page and "Reservada" not in page
    data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
    data["decision-medida"] = "segunda"
    assert third.post(f"{lote}/muestra/{one.id}/comparar", data=data).status_code == 303
    answers = answers_of(db.session.scalars(select(Registro)).one())
    assert answers["medida"] == "Otra cosa dice el papel"
    assert answers["involucrados_reservado"] == "Marta Reservada Chub", "what was apart stays"


def test_a_count_that_the_second_typing_corrects_is_corrected_in_its_table_too(clerk, third, entra, here):
    lote = lote_sent(clerk, "parte_diario", here)
    parte = {"corte": "20/11/2026 18:00", "fuente": "conteo_fisico", "personas": 58, "familias": 12}
    assert type_line(clerk, lote, 1, "parte_diario", parte).status_code == 303
    draw(clerk, lote)
    one = seconds()[0]
    other = entra("municipal", municipio="1413")
    right = {**parte, "personas": 59}
    assert type_second(other, lote, one.id, "parte_diario", right).status_code == 303
    page = third.get(f"{lote}/muestra/{one.id}/comparar").text
    data = {"csrf_token": csrf_of(page), "op_id": re.search(r'op_id" value="([^"]+)', page).group(1)}
    answer = third.post(f"{lote}/muestra/{one.id}/comparar", data={**data, "decision-personas": "segunda"})
    assert answer.status_code == 303, answer.text
    counts = db.session.scalars(select(Parte).order_by(Parte.registrado_en, Parte.id))
    assert [row.personas for row in counts] == [58, 59]
