"""Messages of a COE with their answer (SCI-213): both logs, both pages, one sheet."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from albergues_app.audit.models import Captura
from albergues_app.coe import mensajes, mensajes_queries
from albergues_app.coe.models import Coe
from albergues_app.coe.queries import entradas_of, verify_log
from albergues_app.coe.services import deactivate_coe
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.coe.pages import send
from tests.factories.albergues import OPENED, make_emergencia
from tests.factories.coe import make_coe, make_mensaje
from tests.factories.cuentas import SISTEMA, make_cuenta
from tests.pdf import text_of

SQLITE = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
ANSWER = {
    "respuesta": "Sale una a las 10",
    "respuesta_en": OPENED + timedelta(hours=2),
    "respuesta_nombre": "Luis Tzoc",
}


@pytest.fixture
def two(app):
    """A departmental COE and the COE of one of its municipalities, for one emergency."""
    emergencia_id = make_emergencia().id
    return make_coe("14", emergencia_id).id, make_coe("1413", emergencia_id).id


def row_of(coe_id) -> Coe:
    db.session.expire_all()
    return db.session.get_one(Coe, coe_id)


def answer(coe_id, mensaje_id, **changes):
    with unit_of_work(SISTEMA):
        return mensajes.answer_mensaje(coe_id, mensaje_id, {**ANSWER, **changes}, uuid7())


def test_a_message_and_its_answer_stand_in_both_logs_with_their_folios(two):
    above, below = two
    mensaje_id = make_mensaje(above, f"coe:{below}", prioridad="urgente", medio="radio")
    body = answer(below, mensaje_id)
    assert (body["folio"], body["folio_destino"], body["estado"]) == (3, 3, "respondido")
    for coe_id in two:
        sent, replied = entradas_of(row_of(coe_id))[1:]
        assert (sent.row["tipo"], sent.row["prioridad"], sent.row["medio"]) == ("mensaje", "urgente", "radio")
        assert (sent.textos["asunto"], sent.textos["detalle"]) == ("Agua", "Piden una cisterna")
        assert sent.textos["origen"] == "Ana Cobo · COE departamental de Quiché"
        assert replied.row["tipo"] == "mensaje" and "Sale una a las 10" in replied.textos["detalle"]
        assert (
            replied.textos["asunto"] == "Respuesta: Agua"
            and "Responde al folio 2." in replied.textos["detalle"]
        )
        assert "Luis Tzoc" in replied.textos["origen"] and "Ana Cobo" in replied.textos["destino"]
        assert verify_log(row_of(coe_id)).alterada is None
        assert mensajes_queries.messages_by_folio(row_of(coe_id), [1, 2, 3]) == {2: mensaje_id, 3: mensaje_id}
        (found,) = mensajes_queries.messages_of(row_of(coe_id))
        assert (found.estado, found.dice("respuesta"), found.folios_in(coe_id)) == (
            "respondido", "Sale una a las 10", [2, 3],
        )  # fmt: skip


def test_only_whom_it_went_to_answers_and_only_once(two):
    above, below = two
    mensaje_id = make_mensaje(above, f"coe:{below}")
    other = make_coe("12").id
    for coe_id in (above, other):
        with pytest.raises(NotFound):
            answer(coe_id, mensaje_id)
    with pytest.raises(Invalid) as refused:
        answer(below, mensaje_id, respuesta="")
    assert refused.value.campo == "respuesta"
    with pytest.raises(Invalid) as refused:
        answer(below, mensaje_id, respuesta_en=OPENED - timedelta(hours=1))
    assert refused.value.errores[0].codigo == "respuesta_antes"
    answer(below, mensaje_id)
    with pytest.raises(RuleBroken) as refused:
        answer(below, mensaje_id)
    assert refused.value.codigo == "ya_respondido"
    assert [row_of(coe_id).ultimo_folio for coe_id in two] == [3, 3]


def test_a_coe_writes_up_and_down_its_own_line_for_the_same_emergency(app):
    emergencia = make_emergencia(("14", "12"))
    codes = ("GT", "14", "1413", "1420", "12", "1201")
    ids = {code: make_coe(code, emergencia.id).id for code in codes}
    make_coe("14", make_emergencia().id)
    reaches = {
        code: {
            c
            for c, key in ids.items()
            if key in {r.id for r in mensajes_queries.related_coes(row_of(ids[code]))}
        }
        for code in codes
    }
    assert reaches == {
        "GT": {"14", "1413", "1420", "12", "1201"}, "14": {"GT", "1413", "1420"}, "1413": {"GT", "14"},
        "1420": {"GT", "14"}, "12": {"GT", "1201"}, "1201": {"GT", "12"},
    }  # fmt: skip
    for para in (f"coe:{ids['12']}", f"coe:{ids['1413']}", f"coe:{uuid7()}", "coe:", "cuenta:x", ""):
        with pytest.raises(Invalid) as refused:
            make_mensaje(ids["1413"], para)
        assert refused.value.errores[0].codigo == "destino_desconocido", para
    with pytest.raises(Invalid) as refused:
        make_mensaje(ids["1413"], "", asunto="")
    assert [e.campo for e in refused.value.errores] == ["para", "asunto"], (
        "all that is lacking is said at once"
    )
    assert row_of(ids["1413"]).ultimo_folio == 1


def test_an_institution_answers_by_the_hand_of_the_sender_and_a_person_by_the_page(two):
    above, _ = two
    outside = make_mensaje(above)
    assert answer(above, outside)["folio_destino"] is None
    sits, elsewhere = make_cuenta("mando", departamento="14"), make_cuenta("mando", departamento="12")
    to_person = make_mensaje(above, f"cuenta:{sits.id}", para_cargo="")
    assert mensajes_queries.message_of(row_of(above), to_person).dice("para_nombre") == "Cuenta mando"
    with pytest.raises(Invalid, match="a quién va"):
        make_mensaje(above, f"cuenta:{elsewhere.id}")
    make_mensaje(above, pide_respuesta=False)  # asks for none: it waits for nothing
    assert len(mensajes_queries.messages_of(row_of(above), mensajes_queries.Filtro("sin_respuesta"))) == 1
    assert mensajes_queries.count_messages(row_of(above)) == {
        "todos": 3, "por_responder": 0, "esperan": 1, "respondidos": 1,
    }  # fmt: skip


def test_a_closed_coe_neither_writes_nor_is_written_to_and_the_other_still_answers(two):
    above, below = two
    first, second = make_mensaje(above, f"coe:{below}"), make_mensaje(below, f"coe:{above}")
    with unit_of_work(SISTEMA):
        deactivate_coe(above, OPENED + timedelta(hours=1), "Terminó")
    with pytest.raises(Invalid, match="a quién va"):
        make_mensaje(below, f"coe:{above}")
    with pytest.raises(RuleBroken, match="ya se desactivó"):
        make_mensaje(above, f"coe:{below}")
    with pytest.raises(RuleBroken, match="ya se desactivó"):
        answer(above, second)
    body = answer(below, first)
    assert (body["folio"], body["folio_destino"]) == (None, 4)


def test_messages_are_sealed_and_only_grow(two):
    make_mensaje(two[0], mensaje="Candelaria Xiloj espera en el salón")
    sealed = db.session.scalars(select(Captura.respuestas).where(Captura.formato == "sci_213")).all()
    assert sealed and all(b"Candelaria" not in content for content in sealed)
    for statement in ("UPDATE coe_mensaje SET folio = 9", "DELETE FROM coe_mensaje"):
        with pytest.raises(DBAPIError, match="solo crece"):
            db.session.execute(text(statement))
        db.session.rollback()
    db.session.execute(text("DELETE FROM sello"))
    db.session.commit()
    (found,) = mensajes_queries.messages_of(row_of(two[0]))
    assert found.hoja is None and found.estado == "sin_respuesta"


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────


@SQLITE
def test_the_municipality_sees_and_answers_what_the_department_wrote(two, entra):
    above, below = two
    sede, muni, outsider = (
        entra("sede", departamento="14"), entra("municipal", municipio="1413"), entra("municipal", municipio="1420"),
    )  # fmt: skip
    home = f"/coe/{above}/mensajes"
    form = sede.get(f"{home}/nuevo").text
    assert "COE municipal de Santa María Nebaj" in form
    hoja = {
        "para": f"coe:{below}", "de_nombre": "Ana Cobo", "asunto": "Agua", "pide_respuesta": "1",
        "ocurrido_en": "2026-11-18T08:00", "prioridad": "urgente", "op_id": str(uuid7()),
    }  # fmt: skip
    refused = send(sede, f"{home}/nuevo", 422, **hoja)
    assert "Falta «Mensaje»" in refused.text and 'value="Agua"' in refused.text
    sent = [
        send(sede, f"{home}/nuevo", mensaje="Piden una cisterna", **hoja).headers["Location"]
        for _ in range(3)
    ]
    assert len(set(sent)) == 1 and row_of(above).ultimo_folio == 2
    mensaje_id = UUID(sent[0].rsplit("/", 1)[1])
    at_below = f"/coe/{below}/mensajes/{mensaje_id}"
    assert "Lo responde el COE municipal de Santa María Nebaj" in sede.get(sent[0]).text
    assert "Por responder 1" in muni.get(f"/coe/{below}/mensajes").text
    assert "Piden una cisterna" in muni.get(at_below).text
    assert muni.get(sent[0]).status_code == 404  # the sender's page is the department's
    for path in (at_below, f"/coe/{below}/mensajes", f"{at_below}/sci-213.pdf"):
        assert outsider.get(path).status_code == 404, path
    reply = {
        "respuesta": "Sale una a las 10",
        "respuesta_en": "2026-11-18T09:00",
        "respuesta_nombre": "Luis Tzoc",
    }
    send(outsider, at_below, 404, **reply)
    send(sede, sent[0], 404, **reply)
    send(muni, at_below, **reply)
    for client, page in ((sede, sent[0]), (muni, at_below)):
        said = client.get(page).text
        assert "Sale una a las 10" in said and "Respondido" in said
        paper = text_of(client.get(f"{page}/sci-213.pdf").data)
        for word in ("SCI-213", "Ana Cobo", "Agua", "Piden una cisterna", "Sale una a las 10", "Luis Tzoc"):
            assert word in paper, word
    assert "Respondidos 1" in sede.get(f"{home}?estado=respondido&q=cisterna").text
    assert "Ningún mensaje con ese filtro" in sede.get(f"{home}?q=colchonetas").text
    assert "Ningún mensaje con ese filtro" in sede.get(f"{home}?sentido=recibidos").text


@SQLITE
def test_the_entry_of_a_message_leads_to_it_in_both_logs_and_the_message_back(two, entra):
    above, below = two
    mensaje_id = make_mensaje(above, f"coe:{below}")
    answer(below, mensaje_id)
    client = entra("sede", departamento="14")
    for coe_id in two:
        page, sheet = f"/coe/{coe_id}", f"/coe/{coe_id}/mensajes/{mensaje_id}"
        log = client.get(page).text
        own = [li for li in log.split("<li class=")[1:] if f'href="{sheet}"' in li]
        assert [li.split('data-folio="')[1].split('"')[0] for li in own] == ["3", "2"]
        told = client.get(sheet).text
        assert f"{page}?hasta=2#folio-2" in told and f"{page}?hasta=3#folio-3" in told
