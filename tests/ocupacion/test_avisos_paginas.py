"""The pages of the gate show what to do and never why; those who may put an advice read why, and that is logged."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.audit.models import Auditoria, Lectura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.avisos_puerta import in_force
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.models_aviso import AvisoPuerta
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services import move_to_familia, transition_activacion
from albergues_app.web.rastro import sentence
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.avisos import POR_QUE, QUE, make_aviso
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.ocupacion.desk_help import hidden

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

NOMBRE = "No pasa sin consultar"
AFUERA = "0901"


@pytest.fixture
def gate(app):
    """A shelter where Juana, who has an advice, is with Pedro; and one of another department."""
    emergencia = make_emergencia(("14", "09"))
    emergencia_id = emergencia.id
    here = make_activacion(make_albergue(nombre="Escuela de Tzalbal"), emergencia)
    here_id = here.id
    body = ingreso(
        here,
        persona(nombres="Juana", apellidos="Cobo Brito", edad=38, parentesco="jefe"),
        persona(nombres="Pedro", apellidos="Cobo", sexo="hombre", edad=40),
    )
    far = make_activacion(make_albergue(AFUERA), db.session.get_one(type(emergencia), emergencia_id))
    far_id, far_code = far.id, far.albergue_codigo
    row = db.session.get_one(Activacion, here_id)
    site = db.session.get_one(Albergue, row.albergue_id)
    juana, pedro = (UUID(p["id"]) for p in body["personas"])
    return {"here": here_id, "codigo": site.codigo, "familia": UUID(body["familia"]["id"]), "juana": juana,
            "pedro": pedro, "tarjeta": body["familia"]["codigo"], "far": far_id, "far_code": far_code,
            "aviso": make_aviso(here_id, persona_id=juana)}  # fmt: skip


@pytest.fixture
def url(gate):
    return f"/activaciones/{gate['here']}"


def everything_shown(client, gate, url):
    """Every page and answer of the gate where Juana may be seen, by its name."""
    token = csrf_of(client.get(f"{url}/personas").text)
    movimiento(db.session.get_one(Activacion, gate["here"]), "salida_temporal", gate["pedro"],
               ocurrido_en=clock.now() - timedelta(hours=1))  # fmt: skip
    return {
        "personas": client.get(f"{url}/personas"),
        "familia": client.get(f"{url}/familias/{gate['familia']}"),
        "persona": client.get(f"{url}/personas/{gate['juana']}"),
        "pase": client.get(f"{url}/pase-de-lista"),
        "ingreso": client.get(f"{url}/ingresos/nuevo?familia={gate['familia']}"),
        "numeros": client.post(
            f"{url}/por-numeros", data={"csrf_token": token, "paso": "buscar", "numeros": gate["tarjeta"]}
        ),
        "bus": client.post(
            f"{url}/lista", data={"csrf_token": token, "paso": "leer", "texto": "Juana Cobo Brito;F;38"}
        ),
        "lista": client.get(f"{url}/avisos-puerta"),
        "buscar": client.post("/buscar", data={"csrf_token": token, "q": "juana cobo"}),
        "coincidencias": client.post(
            f"{url}/coincidencias",
            json={"nombres": "Juana", "apellidos": "Cobo Brito", "sexo": "mujer", "edad": "38"},
            headers={"X-CSRFToken": token},
        ),
    }


@pytest.mark.parametrize("rol", ["registro", "municipal"])
def test_whoever_moves_people_reads_what_to_do_on_every_screen_and_why_on_none(gate, url, entra, rol):
    client = entra(rol, municipio="1413")
    for page, answer in everything_shown(client, gate, url).items():
        assert answer.status_code == 200, page
        assert QUE in answer.text and NOMBRE in answer.text, page
        assert "alejamiento" not in answer.text, page
    for path in ("nuevo", str(gate["aviso"])):
        assert client.get(f"{url}/avisos-puerta/{path}").status_code == 403
    assert "avisos-puerta/nuevo" not in client.get(f"{url}/familias/{gate['familia']}").text


def test_an_advice_that_ended_is_on_no_screen(gate, url, entra):
    client = entra("albergue", albergue=gate["codigo"])
    page = client.get(f"{url}/avisos-puerta/{gate['aviso']}").text
    form = {**hidden(page, "/retiro"), "motivo_retiro": "Se levantó la orden"}
    assert client.post(f"{url}/avisos-puerta/{gate['aviso']}/retiro", data=form).status_code == 303
    make_aviso(gate["here"], persona_id=gate["pedro"], hasta=clock.now() + timedelta(seconds=1))
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        for name, answer in everything_shown(entra("registro", albergue=gate["codigo"]), gate, url).items():
            assert QUE not in answer.text, name
        past = client.get(f"{url}/avisos-puerta").text
    assert "Los que ya no valen: 2" in past and "retirado el" in past and "venció el" in past


def move(client, url, form):
    page = client.get(f"{url}/personas").text
    return client.post(f"{url}/movimientos", data={**hidden(page, 'id="lista-personas"'), **form})


def test_the_movement_asks_one_tick_keeps_what_was_typed_and_then_passes(gate, url, entra):
    client = entra("registro", albergue=gate["codigo"])
    typed = {"tipo": "salida_temporal", "personas": [str(gate["juana"])], "motivo": "Va al centro de salud"}
    for _ in "ab":
        refused = move(client, url, typed)
        assert refused.status_code == 422
        assert (
            f"{QUE}. Después marque «Ya lo consulté»" in refused.text
            and 'href="#c-consultado"' in refused.text
        )
        assert 'value="Va al centro de salud"' in refused.text and "checked" in refused.text
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 0
    assert move(client, url, {**typed, "personas": [str(gate["pedro"])]}).status_code == 303
    assert move(client, url, {**typed, "consultado": "1"}).status_code == 303
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 2
    noted = db.session.query(Auditoria).filter_by(tabla="aviso_puerta", accion="lectura").one()
    assert noted.actor.startswith("registro")
    assert sentence(noted).texto == "dijo haber consultado por un aviso para la puerta"


def test_the_buttons_of_the_family_ask_it_too_in_and_out(gate, url, entra):
    client = entra("registro", albergue=gate["codigo"])
    page = f"{url}/familias/{gate['familia']}"
    people = [str(gate["juana"]), str(gate["pedro"])]

    def press(accion, where, **more):
        form = {**hidden(client.get(page).text, 'id="lista-personas"'), where: people, "personas": people}
        return client.post(page, data={**form, "accion": accion, **more})

    refused = press("egreso", "dentro", destino_egreso="familiar")
    assert refused.status_code == 422 and "Ya lo consulté" in refused.text
    assert '<option value="familiar" selected' in refused.text
    assert press("egreso", "dentro", destino_egreso="familiar", consultado="1").status_code == 303
    assert press("ingreso", "nadie").status_code == 422
    assert press("ingreso", "nadie", consultado="1").status_code == 303
    assert db.session.query(Estancia).filter_by(egreso_en=None).count() == 2


def test_many_families_by_their_numbers_ask_it_too(gate, url, entra):
    client = entra("registro", albergue=gate["codigo"])
    form = {"csrf_token": csrf_of(client.get(f"{url}/por-numeros").text), "op_id": str(uuid7()), "paso": "hacer",
            "numeros": gate["tarjeta"], "tipo": "salida_temporal"}  # fmt: skip
    refused = client.post(f"{url}/por-numeros", data=form)
    assert (
        refused.status_code == 422
        and "marque «Ya lo consulté»" in refused.text
        and gate["tarjeta"] in refused.text
    )
    assert client.post(f"{url}/por-numeros", data={**form, "consultado": "1"}).status_code == 303
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 2


def test_who_never_arrived_goes_elsewhere_after_one_tick_on_the_page_that_asks_it(gate, url, entra):
    movimiento(db.session.get_one(Activacion, gate["here"]), "traslado", gate["juana"], acuse=True,
               ocurrido_en=clock.now() - timedelta(hours=1), activacion_destino=gate["far"])  # fmt: skip
    client = entra("registro", albergue=gate["codigo"])

    def gone(**more):
        page = client.get(f"{url}/traslados").text
        form = {**hidden(page, "/cancelacion"), "tipo": "egreso", "destino": "familiar", **more}
        form["personas"] = str(gate["juana"])
        return client.post(f"{url}/movimientos", data=form, follow_redirects=True).text

    refused = gone()
    assert "Después marque «Ya lo consulté»" in refused and 'name="consultado"' in refused
    assert "Egreso de 1 persona: guardado." in gone(consultado="1")


def test_who_closes_a_shelter_sees_it_before_everybody_leaves(gate, url, entra):
    with unit_of_work(SISTEMA):
        transition_activacion(gate["here"], "en_cierre", clock.now() - timedelta(minutes=1))
    page = entra("municipal", municipio="1413").get(f"{url}/cierre").text
    assert QUE in page and NOMBRE in page and "alejamiento" not in page


def test_the_door_of_the_night_asks_it_at_each_of_its_buttons(app, entra):
    now = clock.now()
    emergencia = make_emergencia(tipo="frio", inicio=now - timedelta(days=2))
    place = make_activacion(make_albergue(), emergencia, now - timedelta(days=1), modalidad="nocturna")
    place_id, code = place.id, place.albergue_codigo
    who = persona(nombres="Chepe", sexo="hombre", edad=61)
    ingreso(place, who, ocurrido_en=now - timedelta(hours=20))
    movimiento(
        db.session.get_one(Activacion, place_id), "egreso", who.id, ocurrido_en=now - timedelta(hours=12)
    )
    make_aviso(place_id, persona_id=who.id)
    client, door = entra("registro", albergue=code), f"/activaciones/{place_id}/noche"
    token = csrf_of(client.get(door).text)

    def press(where, **form):
        said = [
            client.post(f"{door}/{where}", data={"csrf_token": token, "op_id": str(uuid7()), **form, **tick})
            for tick in ({}, {"consultado": "1"})
        ]
        assert [a.status_code for a in said] == [422, 303]
        assert QUE in said[0].text and "alejamiento" not in said[0].text
        return said[0].text

    press("entradas", persona=str(who.id), servicios="cena")
    press("salidas", persona=str(who.id))
    assert "Ya lo consulté" in press("entradas", nombre="Chepe", sexo="hombre", persona=str(who.id))
    press("salidas", todas="1")


def test_an_id_of_another_territory_does_not_tell_that_there_is_an_advice(gate, url, entra):
    client = entra("registro", albergue=gate["far_code"])
    far = f"/activaciones/{gate['far']}"
    ingreso(db.session.get_one(Activacion, gate["far"]), persona())
    answers = [
        move(client, far, {"tipo": "salida_temporal", "personas": [str(who)]})
        for who in (gate["juana"], uuid7())
    ]
    assert [a.status_code for a in answers] == [404, 404]
    assert QUE not in answers[0].text


def test_by_the_api_an_annulment_that_names_somebody_else_tells_nothing_of_them(gate, client, ficha):
    far, headers = db.session.get_one(Activacion, gate["far"]), ficha("registro", albergue=gate["far_code"])
    who = persona()
    ingreso(far, who)
    now = clock.now()

    def post(**body):
        sent = {"id": str(uuid7()), "activacion": str(gate["far"]), "ocurrido_en": clock.iso(now), **body}
        return client.post("/api/v1/movimientos", json=sent, headers=headers)

    left = post(tipo="salida_temporal", personas=[str(who.id)])
    assert left.status_code == 201, left.text
    undone = post(tipo="anulacion", anula=left.json["id"], personas=[str(who.id), str(gate["juana"])])
    assert QUE not in undone.text and undone.json["personas"] == [str(who.id)], undone.text


def test_the_encargado_puts_one_once_and_a_fault_keeps_what_was_typed(gate, url, entra):
    client = entra("albergue", albergue=gate["codigo"])
    page = f"{url}/avisos-puerta/nuevo?familia={gate['familia']}"
    assert page in client.get(f"{url}/familias/{gate['familia']}").text
    shown = client.get(page).text
    form = {
        **hidden(shown, 'method="post" class="pila"'), "de_quien": str(gate["pedro"]), "clase": "instruccion",
        "texto": "Entregue <b>la medicina</b>", "motivo": "", "hasta": wall_clock(clock.now() + timedelta(days=2)),
    }  # fmt: skip
    refused = client.post(page, data=form)
    assert refused.status_code == 422 and "Escriba por qué" in refused.text
    assert "Entregue &lt;b&gt;la medicina&lt;/b&gt;" in refused.text
    form |= {"motivo": "Toma antirretrovirales"}
    assert [client.post(page, data=form).status_code for _ in "ab"] == [303, 303]
    assert db.session.query(AvisoPuerta).count() == 2
    seen = entra("registro", albergue=gate["codigo"]).get(f"{url}/personas").text
    assert "Entregue &lt;b&gt;la medicina&lt;/b&gt;" in seen and "antirretrovirales" not in seen
    foreign = {**form, "op_id": str(uuid7()), "de_quien": str(uuid7())}
    assert client.post(page, data=foreign).status_code == 422


def test_of_who_changed_of_family_the_whole_family_is_the_one_of_now(gate, url, entra):
    other = ingreso(db.session.get_one(Activacion, gate["here"]), persona(nombres="Tomasa"))["familia"]
    with unit_of_work(SISTEMA):
        move_to_familia(gate["pedro"], UUID(other["id"]), clock.now())
    client = entra("albergue", albergue=gate["codigo"])
    page = f"{url}/avisos-puerta/nuevo?persona={gate['pedro']}"
    shown = client.get(page).text
    assert other["codigo"] in shown and "Tomasa" in shown and "Juana" not in shown
    form = {
        **hidden(shown, 'method="post" class="pila"'), "de_quien": "familia", "clase": "avisar",
        "texto": "Avise a trabajo social", "motivo": "Lo pidieron ellos",
        "hasta": wall_clock(clock.now() + timedelta(days=2)),
    }  # fmt: skip
    assert client.post(page, data=form).status_code == 303
    assert [a.texto for a in in_force([gate["pedro"]])[gate["pedro"]]] == ["Avise a trabajo social"]


def test_by_the_code_of_the_card_an_advice_is_put_without_seeing_persons_lists(gate, url, entra):
    client = entra("proteccion", departamento="14")
    assert f"{url}/avisos-puerta" in client.get(url).text
    token = csrf_of(client.get(f"{url}/avisos-puerta").text)

    def ask(codigo):
        return client.post(f"{url}/avisos-puerta/familia", data={"csrf_token": token, "codigo": codigo})

    wrong = ask("AAA-AAA")
    assert wrong.status_code == 422 and 'value="AAA-AAA"' in wrong.text
    there = ask(gate["tarjeta"].lower())
    assert there.status_code == 303 and client.get(there.location).status_code == 200
    shown = client.get(there.location).text
    form = {
        **hidden(shown, 'method="post" class="pila"'), "de_quien": "familia", "clase": "avisar",
        "texto": "Avise a trabajo social", "motivo": "Hay un caso abierto",
        "hasta": wall_clock(clock.now() + timedelta(days=2)),
    }  # fmt: skip
    assert client.post(there.location, data=form).status_code == 303
    assert "Cuenta proteccion" in client.get(f"{url}/avisos-puerta").text
    gate_sees = entra("registro", albergue=gate["codigo"]).get(f"{url}/avisos-puerta").text
    assert "Avise a trabajo social" in gate_sees
    assert "Cuenta proteccion" not in gate_sees, "who put it would tell why"


@pytest.mark.parametrize(
    ("rol", "places", "status"),
    [
        ("albergue", "codigo", 200),
        ("proteccion", "14", 200),
        ("sede", "14", 200),
        ("nacional", "", 200),
        ("registro", "codigo", 403),
        ("municipal", "1413", 403),
        ("mando", "", 403),
        ("salud", "14", 403),
        ("albergue", "far_code", 404),
        ("proteccion", "09", 404),
        ("sede", "09", 404),
    ],
)
def test_who_reads_why(gate, url, entra, rol, places, status):
    where = {"albergue": gate[places]} if places in gate else {"municipio": "1413"} if len(places) == 4 else (
        {"departamento": places} if places else {})  # fmt: skip
    client = entra(rol, **where)
    before = db.session.query(Lectura).filter_by(persona_id=gate["juana"]).count()
    page = client.get(f"{url}/avisos-puerta/{gate['aviso']}")
    assert page.status_code == status
    assert (POR_QUE in page.text) is (status == 200)
    opened = (
        "SELECT count(*) FROM auditoria WHERE tabla = 'aviso_puerta' AND accion = 'lectura' AND fila_id = :id"
    )
    read = db.session.execute(text(opened), {"id": str(gate["aviso"])}).scalar_one()
    db.session.rollback()
    logged = db.session.query(Lectura).filter_by(persona_id=gate["juana"]).count() - before
    assert (read, logged) == ((1, 1) if status == 200 else (0, 0))
    if status == 404:
        form = {"csrf_token": csrf_of(client.get("/mi-cuenta").text), "motivo_retiro": "Porque sí"}
        assert client.post(f"{url}/avisos-puerta/{gate['aviso']}/retiro", data=form).status_code == 404
        for path in ("", "/nuevo?persona=" + str(gate["juana"])):
            assert client.get(f"{url}/avisos-puerta{path}").status_code == 404


def test_an_advice_of_another_shelter_is_not_reached_through_ones_own(gate, entra):
    client = entra("albergue", albergue=gate["far_code"])
    far = f"/activaciones/{gate['far']}/avisos-puerta"
    assert client.get(f"{far}/{gate['aviso']}").status_code == 404
    assert client.get(f"{far}/nuevo?persona={gate['juana']}").status_code == 404
    assert client.get(f"{far}/nuevo?familia={gate['familia']}").status_code == 404
    when = clock.now() - timedelta(minutes=5)
    movimiento(db.session.get_one(Activacion, gate["here"]), "traslado", gate["juana"], gate["pedro"],
               ocurrido_en=when, activacion_destino=gate["far"])  # fmt: skip
    assert QUE in client.get(far).text, "it goes where she goes"
    assert POR_QUE in client.get(f"{far}/{gate['aviso']}").text
    movimiento(db.session.get_one(Activacion, gate["far"]), "egreso", gate["juana"], ocurrido_en=clock.now())
    assert client.get(f"{far}/{gate['aviso']}").status_code == 404, "she left: it is not this gate's"


def test_by_the_api_the_movement_passes_and_says_it_among_the_avisos(gate, client, ficha):
    headers = ficha("registro", albergue=gate["codigo"])
    now = clock.now()

    def post(path, **body):
        answer = client.post(f"/api/v1{path}", json={"id": str(uuid7()), **body}, headers=headers)
        assert answer.status_code == 201, answer.text
        assert "alejamiento" not in answer.text
        return [a for a in answer.json["avisos"] if a["codigo"] == "aviso_puerta"]

    said = {"codigo": "aviso_puerta", "mensaje": f"{NOMBRE}: {QUE}", "campo": "personas"}
    move = {"activacion": str(gate["here"]), "tipo": "egreso", "destino": "familiar"}
    assert (
        post(
            "/movimientos",
            personas=[str(gate["pedro"])],
            ocurrido_en=clock.iso(now - timedelta(hours=2)),
            **move,
        )
        == []
    )
    assert post(
        "/movimientos", personas=[str(gate["juana"])], ocurrido_en=clock.iso(now - timedelta(hours=2)), **move
    ) == [said]
    known = {"id": str(gate["juana"]), "nombres": "Juana", "apellidos": "Cobo Brito", "sexo": "mujer"}
    home = {"familia": {"id": str(gate["familia"])}, "ocurrido_en": clock.iso(now)}
    assert post(f"/activaciones/{gate['here']}/ingresos", personas=[known], **home) == [said]
    assert db.session.query(Familia).count() == 1
