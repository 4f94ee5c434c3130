"""Typing from a page: by the format's own use case, tied to one place on the paper, folio carried on, doubts listed."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from albergues_app.audit.models import Captura
from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.ocupacion.models import Familia, PersonaVersion
from albergues_app.transcripcion.models import HojaEscaneada, RenglonTranscrito
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.formats.cases_operacion import CASES
from tests.transcripcion.hojas import form_of, lote_sent, picture, type_line

INCIDENTE = CASES["incidente"][1][0]
BOLETA = {
    "ocurrido_en": "2026-11-19T18:05:00-06:00",
    "folio_papel": "B-0017",
    "personas": [
        {"nombres": "Jacinta", "apellidos": "Chocoj", "sexo": "mujer", "edad": 38, "edad_unidad": "anios"},
        {"nombres": "Tomasino", "sexo": "hombre", "edad": 8, "edad_unidad": "meses"},
    ],
}


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def clerk(entra):
    return entra("albergue", municipio="1413")


@pytest.fixture
def lote(here, clerk):
    return lote_sent(clerk, "incidente", here, picture(text="1"), picture(text="2"))


def lines():
    return list(db.session.scalars(select(RenglonTranscrito).order_by(RenglonTranscrito.transcrito_en)))


def field(page, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found.group(1) if found else None


def test_a_record_is_written_by_its_use_case_and_tied_to_its_place(lote, clerk, here):
    answer = type_line(clerk, lote, 1, "incidente", {**INCIDENTE, "folio_papel": "I-7"})
    assert answer.status_code == 303, answer.text
    line = lines()[0]
    record = db.session.get_one(Registro, line.fila_id)
    assert (line.tabla, line.renglon, line.folio, record.folio) == ("registro", 1, "I-7", "I-7")
    assert (
        record.activacion_id == here.id
        and db.session.get_one(Captura, line.captura_id).objeto_id == record.id
    )
    page = clerk.get(answer.location).text
    assert field(page, "renglon") == "2", "the next line"
    assert field(page, "folio_papel") == "I-7", "begins with the same folio"
    assert "1 registro de esta hoja" in page
    shown = clerk.get(lote).text
    assert "Hoja 1, renglón 1" in shown and f"/registros/{record.id}" in shown


def test_a_household_goes_to_the_register_and_the_sheet_is_done(here, clerk):
    lote = lote_sent(clerk, "boleta_ingreso", here, picture(text="1"), picture(text="2"))
    assert 'value="hoja" checked' in clerk.get(f"{lote}/hojas/1").text, "a boleta is one household a sheet"
    answer = type_line(clerk, lote, 1, "boleta_ingreso", BOLETA, seguir="hoja")
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith(f"{lote}/hojas/2")
    line = lines()[0]
    familia = db.session.get_one(Familia, line.fila_id)
    assert (line.tabla, line.folio) == ("familia", "B-0017") and familia.codigo
    assert {v.nombres for v in db.session.scalars(select(PersonaVersion))} == {"Jacinta", "Tomasino"}
    assert db.session.scalar(text("SELECT count(*) FROM estancia WHERE egreso_en IS NULL")) == 2
    assert db.session.get_one(Captura, line.captura_id).folio == "B-0017"
    first = db.session.scalars(select(HojaEscaneada).where(HojaEscaneada.numero == 1)).one()
    assert first.terminada_en is not None
    last = type_line(clerk, lote, 2, "boleta_ingreso", {**BOLETA, "folio_papel": "B-0018"}, seguir="hoja")
    assert last.location == lote
    assert "2<small> de 2" in clerk.get(lote).text


def test_a_record_of_two_pages_finishes_both_and_the_next_expects_the_same(here, clerk):
    lote = lote_sent(clerk, "boleta_ingreso", here, *(picture(text=str(n)) for n in range(4)))
    for wrong in ("0", "9", "x", "²"):
        assert type_line(clerk, lote, 1, "boleta_ingreso", BOLETA, hasta=wrong).status_code == 422, wrong
    answer = type_line(clerk, lote, 1, "boleta_ingreso", BOLETA, seguir="hoja", hasta="2")
    assert answer.location.startswith(f"{lote}/hojas/3")
    assert [r.hojas for r in lines()] == [2]
    finished = select(HojaEscaneada.numero).where(HojaEscaneada.terminada_en.is_not(None))
    assert sorted(db.session.scalars(finished)) == [1, 2]
    assert field(clerk.get(answer.location).text, "hasta") == "4"


def test_the_same_form_sent_twice_is_one_record_on_one_line(lote, clerk):
    key = str(uuid7())
    for _ in range(2):
        answer = type_line(clerk, lote, 1, "incidente", INCIDENTE, op_id=key, renglon="1")
        assert answer.status_code == 303, answer.text
    assert len(lines()) == db.session.query(Registro).count() == 1


def test_a_line_holds_one_record_and_a_record_stands_on_one_line(lote, clerk):
    type_line(clerk, lote, 1, "incidente", INCIDENTE)
    taken = type_line(clerk, lote, 1, "incidente", INCIDENTE, renglon="1")
    assert taken.status_code == 422 and "ya está transcrito" in taken.text and "libre es el 2" in taken.text
    for wrong in ("", "0", "x", "201", "²"):
        assert type_line(clerk, lote, 1, "incidente", INCIDENTE, renglon=wrong).status_code == 422, wrong
    assert db.session.query(Registro).count() == 1
    line = lines()[0]
    copy = {c: getattr(line, c) for c in (
        "lote_id", "tabla", "fila_id", "captura_id", "folio", "no_se_lee", "cuenta_id", "transcrito_en")}  # fmt: skip
    other_page = db.session.scalars(select(HojaEscaneada.id).where(HojaEscaneada.numero == 2)).one()
    with pytest.raises(IntegrityError), unit_of_work(SISTEMA):
        db.session.add(RenglonTranscrito(id=uuid7(), hoja_id=other_page, renglon=9, **copy))


def test_what_is_wrong_comes_back_as_typed_and_nothing_is_half_written(lote, clerk):
    answers, _errors = next(case for case in CASES["incidente"] if case[1])
    raw = {"lugar": "Patio <b>"}
    answer = type_line(clerk, lote, 1, "incidente", {**answers, **raw}, renglon="7x")
    assert answer.status_code == 422
    assert 'value="7x"' in answer.text and "Patio &lt;b&gt;" in answer.text
    assert db.session.query(Registro).count() == len(lines()) == db.session.query(Captura).count() == 0


def test_a_folio_seen_elsewhere_is_said_and_never_refused(lote, clerk, here):
    def told(numero, **changes):
        answer = type_line(clerk, lote, numero, "incidente", {**INCIDENTE, "folio_papel": "77", **changes})
        assert answer.status_code == 303, answer.text
        return clerk.get(answer.location).text

    assert "El folio 77" not in told(1)
    assert "El folio 77" not in told(1), "two records of one sheet share its folio"
    assert "El folio 77 ya está en la hoja 1 de este lote" in told(2)
    other = lote_sent(clerk, "incidente", here, picture(text="otra"))
    answer = type_line(clerk, other, 1, "incidente", {**INCIDENTE, "folio_papel": "77"})
    assert "El folio 77 ya está en una hoja de otro lote" in clerk.get(answer.location).text
    assert len(lines()) == 4


def test_a_folio_that_came_another_way_is_said(lote, clerk, here):
    page = clerk.get(f"/registros/nuevo/incidente?activacion={here.id}").text
    data = form_of("incidente", {**INCIDENTE, "folio_papel": "A-9"})
    clerk.post("/registros/nuevo/incidente", data={
        **data, "activacion": str(here.id), "op_id": str(uuid7()), "csrf_token": csrf_of(page)})  # fmt: skip
    with unit_of_work(SISTEMA):
        db.session.scalars(select(Registro)).one().folio = "A-9"
    answer = type_line(clerk, lote, 1, "incidente", {**INCIDENTE, "folio_papel": "A-9"})
    assert "registro anotado por otra vía" in clerk.get(answer.location).text


def test_what_cannot_be_read_is_marked_listed_and_makes_the_page_doubtful(lote, clerk):
    marks = {"nolee:lugar": "1", "nolee:../../x": "1", "nolee:<b>": "1"}
    typed = {k: v for k, v in INCIDENTE.items() if k != "lugar"}
    answer = type_line(clerk, lote, 1, "incidente", typed, seguir="hoja", **marks)
    assert answer.status_code == 303, answer.text
    assert lines()[0].dudosos == ["lugar"]
    page = clerk.get(lote).text
    assert "No se lee" in page and "Con dudas" in page


def test_what_was_asked_is_no_doubt_any_more(lote, clerk, entra):
    typed = {k: v for k, v in INCIDENTE.items() if k != "lugar"}
    type_line(clerk, lote, 1, "incidente", typed, seguir="hoja", **{"nolee:lugar": "1"})
    page = clerk.get(lote).text
    where = re.search(r'action="([^"]+/resuelto)"', page).group(1)
    elsewhere = entra("albergue", municipio="1401")
    assert (
        elsewhere.post(where, data={"csrf_token": csrf_of(elsewhere.get("/mi-cuenta").text)}).status_code
        == 404
    )
    assert clerk.post(where, data={"csrf_token": csrf_of(page)}).status_code == 303
    db.session.rollback()
    assert lines()[0].dudosos == []
    assert "Con dudas" not in clerk.get(lote).text


def test_a_browser_closed_in_the_middle_finds_its_page_as_it_was_left(lote, clerk, entra):
    url = f"{lote}/hojas/1"
    page = clerk.get(url).text
    op_id = field(page, "op_id")
    left = {
        "csrf_token": csrf_of(page),
        "op_id": op_id,
        "renglon": "3",
        "seguir": "renglon",
        "nolee:lugar": "1",
    }
    left |= {"medida": "Se llamó a los <b>", "folio_papel": "A-9"}
    assert clerk.post(f"{url}/borrador", data=left).status_code == 204
    again = clerk.get(url).text
    assert "Se llamó a los &lt;b&gt;" in again and "usted escribió y no guardó" in again
    assert [field(again, n) for n in ("op_id", "renglon", "folio_papel")] == [op_id, "3", "A-9"]
    assert re.search(r'name="nolee:lugar"[^>]* checked', again)
    assert "Se llamó" not in clerk.get(f"{url}?en_blanco=1").text
    assert "Se llamó" not in clerk.get(f"{lote}/hojas/2").text
    assert "Se llamó" not in entra("municipal", municipio="1413").get(url).text, "of who typed it"
    assert "Sin terminar" not in clerk.get("/registros").text, "it waits on its page"
    assert type_line(clerk, lote, 1, "incidente", INCIDENTE).status_code == 303
    assert "usted escribió y no guardó" not in clerk.get(url).text


def test_a_question_about_a_page_stands_in_the_list_and_the_page_can_be_opened_again(lote, clerk):
    token = csrf_of(clerk.get(f"{lote}/hojas/2").text)
    data = {"csrf_token": token, "accion": "terminar", "duda": "la esquina está mojada"}
    clerk.post(f"{lote}/hojas/2/terminar", data=data)
    page = clerk.get(lote).text
    assert "la esquina está mojada" in page and "Con dudas" in page
    clerk.post(f"{lote}/hojas/2/terminar", data={"csrf_token": token, "accion": "reabrir"})
    assert "la esquina" not in clerk.get(lote).text
    assert (
        db.session.scalars(select(HojaEscaneada).where(HojaEscaneada.numero == 2)).one().terminada_en is None
    )


def test_a_kill_in_the_middle_leaves_neither_the_record_nor_its_place(lote, clerk, monkeypatch):
    from albergues_app.transcripcion import renglones

    def die(_fila_id):
        raise SystemExit("killed")

    monkeypatch.setattr(renglones, "_captura_of", die)
    with pytest.raises(SystemExit):
        type_line(clerk, lote, 1, "incidente", INCIDENTE)
    monkeypatch.undo()
    db.session.rollback()
    assert db.session.query(Registro).count() == len(lines()) == db.session.query(Captura).count() == 0
    assert type_line(clerk, lote, 1, "incidente", INCIDENTE).status_code == 303


@pytest.mark.parametrize("codigo", [f.code for f in formatos.all() if f.ambito == "albergue"])
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_every_format_of_a_shelter_has_its_screen(here, entra, codigo):
    area = formatos.latest(codigo).area.value
    client = entra("albergue" if area == "general" else area, municipio="1413")
    lote = lote_sent(client, codigo, here)
    page = client.get(f"{lote}/hojas/1")
    assert page.status_code == 200 and 'name="renglon"' in page.text
    for choices in re.findall(r"<select.*?</select>", page.text, re.S):
        names = re.findall(r"<option[^>]*>([^<]+)</option>", choices)
        assert len(names) == len(set(names)), (names[:6], "each answer once")
    asks_folio = codigo != "ficha_persona"  # a ficha is one person of a boleta, which has the number
    assert ('name="folio_papel"' in page.text) is asks_folio
    for campo in formatos.latest(codigo).campos:
        if not campo.auto and campo.gate and campo.type.widget().kind != "file":
            assert f'name="{campo.name}' in page.text or f'name="{campo.key("otro")}"' in page.text, (
                campo.name
            )


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.integers(1, 2), st.integers(0, 4)), min_size=1, max_size=6))
@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_whatever_is_sent_every_record_has_one_place_on_one_page(lote, clerk, steps):
    for page, line in steps:
        answer = type_line(clerk, lote, page, "incidente", INCIDENTE, renglon=str(line))
        assert answer.status_code in {303, 422}
    db.session.rollback()
    rows = lines()
    assert len({(r.hoja_id, r.renglon) for r in rows}) == len({r.fila_id for r in rows}) == len(rows)
    assert {r.fila_id for r in rows} == set(db.session.scalars(select(Registro.id)))
    assert all(1 <= r.renglon <= 200 for r in rows)
    assert db.session.scalar(select(func.count()).select_from(Registro)) == len(rows)
