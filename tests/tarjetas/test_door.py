"""A known family at the door, without JavaScript: one button for all of it or for some."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.aprobaciones.models import Aprobacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.emergencias.models import Emergencia
from albergues_app.ocupacion.models_derivadas import Estancia
from tests.factories.albergues import ingreso, make_activacion, make_albergue, movimiento, persona
from tests.ocupacion.desk_help import hidden

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


@pytest.fixture
def family(here):
    body = ingreso(here, persona(nombres="Juana"), persona(nombres="Pedro"), persona(nombres="Elena"))
    return f"/activaciones/{here.id}/familias/{body['familia']['id']}", [p["id"] for p in body["personas"]]


def press(client, url, accion, marked, **more):
    """Open the family, mark, press a button. The page says where each one stands."""
    page = client.get(url).text
    form = page[page.index('id="lista-personas"') :]
    form = form[: form.index("</form>")]
    data = {**hidden(page, 'id="lista-personas"'), "accion": accion, "personas": marked, **more}
    for name in ("nadie", "fuera", "dentro"):
        data[name] = marked_ids(form, name)
    return client.post(url, data=data), data


def marked_ids(form, name):
    return re.findall(rf'name="{name}" value="([^"]+)"', form)


def stays():
    db.session.rollback()
    rows = db.session.execute(
        select(Estancia.persona_id, Estancia.fuera, Estancia.egreso_en, Estancia.egreso_tipo).order_by(
            Estancia.id
        )
    )
    return {str(r.persona_id): "se fue" if r.egreso_en else "fuera" if r.fuera else "dentro" for r in rows}


def test_out_and_back_of_all_and_of_some(family, entra):
    url, people = family
    desk = entra("municipal", municipio="1413")
    answer, sent = press(desk, url, "salida_temporal", people)
    assert answer.status_code == 303 and set(stays().values()) == {"fuera"}
    assert desk.post(url, data=sent).status_code == 303, "the button pressed twice is one movement"
    page = desk.get(url).text
    assert "0 de 3 dentro" in page and "Retorno de 3" in page
    assert "Salida temporal de 3 personas" in page and "Quedó guardado sin" not in page
    answer, _ = press(desk, url, "retorno", people[:2])
    assert answer.status_code == 303
    assert [stays()[p] for p in people] == ["dentro", "dentro", "fuera"]
    # marked all: each button takes those it makes sense for
    answer, _ = press(desk, url, "retorno", people)
    assert answer.status_code == 303 and set(stays().values()) == {"dentro"}


def test_an_egreso_asks_where_to_and_a_return_lets_in_again(family, entra):
    url, people = family
    desk = entra("municipal", municipio="1413")
    answer, _ = press(desk, url, "egreso", people[:1])
    assert answer.status_code == 422 and 'href="#c-destino_egreso"' in answer.text
    members = answer.text[answer.text.index('id="lista-personas"') :].split("</form>")[0]
    assert members.count(" checked") == 1 and set(stays().values()) == {"dentro"}
    answer, _ = press(desk, url, "egreso", people[:1], destino_egreso="familiar")
    assert answer.status_code == 303 and stays()[people[0]] == "se fue"
    page = desk.get(url).text
    assert "Ingreso de 1" in page and "Salida de 2" in page
    answer, _ = press(desk, url, "ingreso", people)
    assert answer.status_code == 303
    db.session.rollback()
    open_stays = select(Estancia).where(Estancia.persona_id == UUID(people[0]), Estancia.egreso_en.is_(None))
    assert len(db.session.scalars(open_stays).all()) == 1


@pytest.mark.parametrize(
    ("accion", "who", "said"),
    [("retorno", True, "fuera por salida temporal"), ("ingreso", True, "ya están en un albergue"),
     ("salida_temporal", False, "Marque al menos una persona"), ("bailar", True, "Oprima uno de los botones")],
)  # fmt: skip
def test_what_makes_no_sense_is_said_and_nothing_moves(family, entra, accion, who, said):
    url, people = family
    answer, _ = press(entra("municipal", municipio="1413"), url, accion, people if who else [])
    assert answer.status_code == 422 and said in answer.text
    assert set(stays().values()) == {"dentro"}


def test_a_person_of_another_family_cannot_be_slipped_in(family, here, entra):
    url, _people = family
    stranger = ingreso(here, persona())["personas"][0]["id"]
    desk = entra("municipal", municipio="1413")
    page = desk.get(url).text
    data = {
        **hidden(page, 'id="lista-personas"'),
        "accion": "ingreso",
        "personas": [stranger],
        "nadie": [stranger],
    }
    assert desk.post(url, data=data).status_code == 422
    assert stays()[stranger] == "dentro"


def test_a_family_of_a_shelter_nearby_is_brought_here_and_of_another_territory_is_not(family, here, entra):
    url, people = family
    event = db.session.get_one(Emergencia, here.emergencia_id)
    near = make_activacion(make_albergue("1413", nombre="Salón de al lado"), event)
    far = make_activacion(make_albergue("1405", nombre="Salón reservado de Chajul"), event)
    near_id, far_id, familia = near.id, far.id, url.rpartition("/")[2]
    desk = entra("municipal", municipio="1413")
    page = desk.get(f"/activaciones/{near_id}/familias/{familia}").text
    assert "3 en otro albergue: Escuela de Tzalbal" in page
    form = hidden(page, "/traslados-hacia-aqui")
    answer = desk.post(f"/activaciones/{near_id}/traslados-hacia-aqui", data=form)
    assert answer.status_code == 303 and answer.location.endswith(f"/familias/{familia}")
    assert "3 de 3 dentro" in desk.get(answer.location).text
    movimiento(
        db.session.get_one(Activacion, near_id), "traslado", *(UUID(p) for p in people), ocurrido_en=clock.now(),
        activacion_destino=far_id,
    )  # fmt: skip
    page = desk.get(answer.location).text
    assert "3 en otro albergue" in page and "pida a su sede" in page
    assert "Chajul" not in page and "/traslados-hacia-aqui" not in page


def test_a_child_alone_is_asked_for_and_what_was_written_travels_with_the_button(here, entra):
    body = ingreso(here, persona(nombres="Juana", edad=30), persona(nombres="Diego", edad=6))
    url, child = f"/activaciones/{here.id}/familias/{body['familia']['id']}", body["personas"][1]["id"]
    desk = entra("municipal", municipio="1413")
    answer, _ = press(desk, url, "egreso", [child], destino_egreso="familiar")
    assert answer.status_code == 422 and stays()[child] == "dentro"
    assert 'href="#c-motivo"' in answer.text and '<details class="panel" open>' in answer.text
    written = {
        "motivo": "Lo recoge su tía",
        "autoriza_nombre": "Petrona Cobo",
        "autoriza_dpi": "2547896321413",
    }
    answer, _ = press(desk, url, "egreso", [child], destino_egreso="familiar", **written)
    assert answer.status_code == 303 and stays()[child] == "dentro"
    assert "quedó pedida" in desk.get(url).text
    asked = db.session.scalars(select(Aprobacion)).one()
    assert asked.albergue_codigo == db.session.get_one(Activacion, here.id).albergue_codigo
