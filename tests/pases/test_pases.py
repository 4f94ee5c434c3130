"""The roll-call: a record of who was here; who was not is a question, and nobody leaves by themselves."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.verify import differences
from albergues_app.pases.models import Marca, PaseLista, PreguntaAusencia, Respuesta
from albergues_app.pases.queries import open_questions
from albergues_app.pases.services import PaseNuevo, RespuestasNuevas, answer_ausencias, register_pase
from albergues_app.pases.words import question
from tests.conftest import expect_refused
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, make_identity
from tests.ocupacion.desk_help import hidden

H = timedelta(hours=1)
WOMEN = {"Juana", "Ana", "Rosa"}


@pytest.fixture
def night(app):
    """A shelter with a family of four and one of two; of the first, one went out yesterday."""
    now = clock.now()
    emergencia = make_emergencia(inicio=now - 72 * H)
    place = make_activacion(make_albergue(), emergencia, now - 60 * H)
    families = []
    for n, names in enumerate((("Juana", "Diego", "Ana", "Luis"), ("Rosa", "Mateo"))):
        body = ingreso(
            place,
            *(
                persona(
                    nombres=name,
                    apellidos=("Cobo", "Ceto")[n],
                    sexo="mujer" if name in {"Juana", "Ana", "Rosa"} else "hombre",
                )
                for name in names
            ),
            ocurrido_en=now - 50 * H,
        )
        families.append((UUID(body["familia"]["id"]), [UUID(p["id"]) for p in body["personas"]]))
    out = families[0][1][3]
    movimiento(place, "salida_temporal", out, ocurrido_en=now - 20 * H)
    return place, families, out


def roll(place, marcas, **more):
    data = {"id": uuid7(), "ocurrido_en": clock.now(), **more}
    with unit_of_work(SISTEMA):
        return register_pase(PaseNuevo(activacion_id=place.id, marcas=marcas, **data))


def answer(place, respuestas, **more):
    with unit_of_work(SISTEMA):
        return answer_ausencias(RespuestasNuevas(uuid7(), place.id, respuestas, clock.now(), **more))


def test_a_roll_call_parts_the_list_and_moves_nobody_out(night):
    place, [(_, cobo), (_, ceto)], out = night
    body = roll(
        place,
        {**dict.fromkeys(cobo[:2], Marca.AQUI), cobo[2]: Marca.NO_ESTA, ceto[0]: Marca.AQUI},
        sin_registro=3,
        enviar_parte=True,
    )
    counts = {k: body[k] for k in ("esperadas", "presentes", "ausentes", "fuera", "sin_ver", "volvieron")}
    assert counts == {"esperadas": 6, "presentes": 3, "ausentes": 1, "fuera": 1, "sin_ver": 1, "volvieron": 0}
    assert count_inside(place.id) == 6
    asked = {q.persona_id: q.clase for q in open_questions([place.id])}
    assert asked == {cobo[2]: "ausente", out: "fuera"}
    parte = db.session.scalars(db.select(Parte)).one()
    assert (parte.fuente, parte.personas, str(parte.id)) == ("conteo_fisico", 6, body["parte"])
    row = db.session.scalars(db.select(PaseLista)).one()
    detail = open_json(seal_for(place.emergencia_id), row.detalle, "pase_lista.detalle")
    assert detail["ausentes"] == [str(cobo[2])]
    assert str(cobo[2]).encode() not in row.detalle
    assert differences() == []


def test_who_was_outside_and_is_here_came_back(night):
    place, [(_, cobo), (_, ceto)], _out = night
    body = roll(place, dict.fromkeys([*cobo, *ceto], Marca.AQUI), enviar_parte=True)
    assert (body["presentes"], body["volvieron"], body["sin_ver"]) == (6, 1, 0)
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 0
    assert open_questions([place.id]) == []
    parte = db.session.scalars(db.select(Parte)).one()
    assert (parte.personas, parte.familias, parte.mujeres, parte.hombres) == (6, 2, 3, 3)
    assert differences() == []


def test_each_answer_says_one_thing_in_the_ledger(night):
    place, [(_, cobo), (_, ceto)], out = night
    roll(place, {cobo[0]: Marca.AQUI, **dict.fromkeys([cobo[1], cobo[2], *ceto], Marca.NO_ESTA)})
    before = db.session.query(Movimiento).count()
    with expect_refused("falta_destino"):
        answer(place, {cobo[1]: Respuesta.SE_FUE})
    with expect_refused("no_encontrado"):
        answer(place, {cobo[0]: Respuesta.SE_FUE}, destino="familiar")
    with expect_refused("falta_respuesta"):
        answer(place, {})
    assert db.session.query(Movimiento).count() == before
    answer(
        place,
        {
            cobo[1]: Respuesta.SE_FUE, cobo[2]: Respuesta.ESTA_AQUI, ceto[0]: Respuesta.SIGUE_FUERA,
            out: Respuesta.SIGUE_FUERA,
        },
        destino="familiar",
    )  # fmt: skip
    assert count_inside(place.id) == 5
    outside = {e.persona_id for e in db.session.query(Estancia).filter_by(fuera=True)}
    assert outside == {ceto[0], out}
    assert [q.persona_id for q in open_questions([place.id])] == [ceto[1]]
    assert db.session.query(Movimiento).count() == before + 2
    # a movement is an answer too, and the next roll-call asks again of who is still outside
    movimiento(place, "egreso", ceto[1], ocurrido_en=clock.now())
    assert open_questions([place.id]) == []
    roll(place, {cobo[0]: Marca.AQUI, cobo[2]: Marca.AQUI})
    assert {q.persona_id for q in open_questions([place.id])} == {ceto[0], out}
    answer(place, {out: Respuesta.VOLVIO})
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 1
    assert cuadro(make_identity()).total.personas == 4
    assert differences() == []


def test_an_older_question_gives_way_to_the_newer_roll_call(night):
    place, [(_, cobo), _], out = night
    roll(place, dict.fromkeys(cobo[:3], Marca.NO_ESTA))
    roll(place, dict.fromkeys(cobo[:3], Marca.AQUI))
    assert [q.persona_id for q in open_questions([place.id])] == [out]
    told = {(q.persona_id, q.respuesta) for q in db.session.query(PreguntaAusencia)}
    assert (cobo[0], "otra_lista") in told
    assert (out, None) in told


def test_a_roll_call_that_says_nothing_of_somebody_asks_still(night):
    place, [(_, cobo), _], out = night
    roll(place, dict.fromkeys(cobo[:2], Marca.NO_ESTA))
    roll(place, {cobo[0]: Marca.AQUI})
    assert {q.persona_id for q in open_questions([place.id])} == {cobo[1], out}


def test_a_roll_call_before_the_opening_is_refused(night):
    with expect_refused("antes_de_apertura"):
        roll(night[0], {}, ocurrido_en=clock.now() - 61 * H)
    assert db.session.query(PaseLista).count() == 0


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_the_clerk_taps_families_and_clears_up_in_the_morning(night, entra):
    place, [(cobo_id, cobo), _], out = night
    client = entra("albergue", municipio="1413")
    url = f"/activaciones/{place.id}/pase-de-lista"
    page = client.get(url).text
    assert "fuera por salida temporal" in page
    data = {**hidden(page, 'id="pase"'), f"f-{cobo_id}": "aqui", f"p-{cobo[2]}": "no_esta", "parte": "1"}
    assert client.post(url, data={**data, "sin_registro": "x"}).status_code == 422
    answered = client.post(url, data={**data, "op_id": str(uuid7())})
    assert answered.headers["Location"].endswith("/por-aclarar")
    row = db.session.scalars(db.select(PaseLista)).one()
    assert (row.presentes, row.ausentes, row.fuera, row.sin_ver) == (2, 1, 1, 2)
    for where in ("/", f"/activaciones/{place.id}"):
        assert "1 persona salió" in client.get(where).text
    page = client.get(f"/activaciones/{place.id}/por-aclarar").text
    form = {**hidden(page, 'name="op_id"'), "csrf_token": data["csrf_token"], f"p-{out}": "se_fue"}
    refused = client.post(f"/activaciones/{place.id}/por-aclarar", data=form)
    assert refused.status_code == 422
    assert "Anote a dónde se fueron" in refused.text
    assert count_inside(place.id) == 6
    form |= {"destino": "familiar", "op_id": str(uuid7())}
    for _ in range(2):  # a double click
        assert client.post(f"/activaciones/{place.id}/por-aclarar", data=form).status_code == 303
    assert count_inside(place.id) == 5
    assert entra("albergue", municipio="1405").get(url).status_code == 404


def test_the_question_in_words():
    now = clock.now()
    assert question(7, 0, now - 24 * H, now) == (
        "7 personas salieron ayer y no han vuelto: ¿volvieron, se fueron, siguen fuera?"
    )
    assert question(1, 2, now, now).startswith(
        "1 persona salió hoy y no ha vuelto: ¿volvió, se fue, sigue fuera? Y 2 "
    )
