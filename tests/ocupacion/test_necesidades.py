"""F27: each need has something to do and an hour; counted by shelter without names, and attended once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.identidad.services.union import UnionNueva, join_personas
from albergues_app.ocupacion.necesidades import counts_of, late_by_shelter, of_familia, waiting_in
from albergues_app.ocupacion.services import move_to_familia
from albergues_app.ocupacion.services.necesidades import ATENCIONES, attend, note_necesidades, read_horas
from albergues_app.ocupacion.unidas import speakers
from tests.factories.albergues import ingreso, make_activacion, make_albergue, movimiento, persona
from tests.factories.cuentas import SISTEMA, csrf_of, logged_in
from tests.ocupacion.desk_help import HIJO, MADRE, household, send

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
"""20/11/2026 10:00 in Guatemala."""
one_base = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@pytest.fixture
def here(app):
    with clock.frozen(NOW):
        yield make_activacion(make_albergue(nombre="Escuela de Tzalbal"))


def told(activacion, familia_id=None, de_familia=(), **de_personas):
    """A household of two that comes in at NOW, with its needs."""
    familia_id = familia_id or uuid7()
    people = {name: persona(edad=30) for name in ("ana", "luis")}
    ingreso(activacion, *people.values(), familia_id=familia_id, ocurrido_en=NOW)
    with unit_of_work(SISTEMA):
        note_necesidades(familia_id, de_familia, {people[n].id: c for n, c in de_personas.items()}, NOW)
    return familia_id, people


def post(client, url, **data):
    """Send a form as its page does."""
    return client.post(url, data={"csrf_token": csrf_of(client.get("/mi-cuenta").text), **data})


def figures(activacion, at=NOW):
    return {c.codigo: (c.por_atender, c.vencidas) for c in counts_of(activacion.id, at)}


def test_every_need_that_the_gate_asks_has_something_to_do_and_an_hour():
    fields = [c for code in ("boleta_ingreso", "ficha_persona") for _s, c in formatos.latest(code).walk()]
    asked = {o.code for c in fields if c.name == "necesidades" for o in c.type.options if o.gate}
    assert asked == set(ATENCIONES)
    assert all(a.accion and a.horas > 0 for a in ATENCIONES.values())


def test_counts_by_kind_and_what_is_past_its_hour(here):
    told(here, de_familia=("agua",), ana=("panales",), luis=("panales",))
    told(here, de_familia=("agua", "ropa"))
    assert figures(here) == {"agua": (2, 0), "panales": (2, 0), "ropa": (1, 0)}
    later = NOW + timedelta(hours=ATENCIONES["agua"].horas, seconds=1)
    assert figures(here, later)["agua"] == (2, 2) and figures(here, later)["ropa"] == (1, 0)
    assert late_by_shelter([here.id], later) == {here.id: 2}
    assert counts_of(here.id, NOW)[0].codigo == "agua"  # owed first


def test_what_waits_already_is_not_asked_twice_and_attended_it_may_be_told_again(here):
    familia, people = told(here, de_familia=("agua", "proteccion", "agua"), ana=("rampa",))
    assert figures(here) == {"agua": (1, 0), "rampa": (1, 0)}  # protection is not the gate's
    with unit_of_work(SISTEMA):
        assert note_necesidades(familia, ("agua",), {people["ana"].id: ("rampa", "dieta")}, NOW) == 1
    water = next(n for n in waiting_in(here.id, 9) if n.codigo == "agua")
    with unit_of_work(SISTEMA):
        assert attend(familia, (), [water.id], " garrafón  de 20 L ") == 1
    with unit_of_work(SISTEMA):
        assert attend(familia, (), [water.id], "otra vez") == 0
    done = next(n for n in of_familia(familia, (), NOW) if n.id == water.id)
    assert (done.como, done.atendida_en) == ("garrafón de 20 L", NOW)
    with unit_of_work(SISTEMA):
        assert note_necesidades(familia, ("agua",), {}, NOW) == 1
    other, _people = told(here)
    with pytest.raises(NotFound), unit_of_work(SISTEMA):
        attend(other, (), [water.id])


def test_a_need_goes_with_the_family_and_of_a_person_with_that_person(here):
    there = make_activacion(make_albergue(nombre="Salón comunal"))
    familia, people = told(here, de_familia=("ropa",), ana=("rampa",), luis=("dieta",))
    movimiento(here, "traslado", people["ana"].id, activacion_destino=there.id, ocurrido_en=NOW)
    assert figures(here) == {"ropa": (1, 0), "dieta": (1, 0)}
    assert figures(there) == {"ropa": (1, 0), "rampa": (1, 0)}  # the family is in both
    movimiento(here, "egreso", people["luis"].id, ocurrido_en=NOW)
    assert figures(here) == {} and figures(there)["rampa"] == (1, 0)
    assert len(of_familia(familia, [p.id for p in people.values()], NOW)) == 3


def test_it_follows_the_human_being_through_joined_records(here):
    told(here)
    first, again = persona(nombres="Tomasa"), persona(nombres="Tomasa")
    old = ingreso(here, first, ocurrido_en=NOW - timedelta(hours=5))
    movimiento(here, "egreso", first.id, ocurrido_en=NOW - timedelta(hours=4))
    new = ingreso(here, again, ocurrido_en=NOW - timedelta(hours=3))
    old_family, family = UUID(old["familia"]["id"]), UUID(new["familia"]["id"])
    with unit_of_work(SISTEMA):
        note_necesidades(old_family, (), {first.id: ("rampa",)}, NOW)
        note_necesidades(family, (), {again.id: ("dieta",)}, NOW)
        join_personas(UnionNueva(uuid7(), again.id, first.id, "Es la misma"))
    assert figures(here) == {"rampa": (1, 0), "dieta": (1, 0)}, "whichever record speaks"
    with unit_of_work(SISTEMA):
        assert note_necesidades(family, (), {again.id: ("rampa",), first.id: ("dieta",)}, NOW) == 0
    listed = waiting_in(here.id, 9)
    speaker = speakers([again.id])[again.id]
    for n in listed:
        assert {one.persona_id for one in of_familia(n.familia_id, [speaker], NOW)} == {speaker}
        with unit_of_work(SISTEMA):
            assert attend(n.familia_id, [speaker], [n.id]) == 1
    assert figures(here) == {}


@one_base
def test_of_who_changes_of_family_it_is_listed_seen_and_attended_with_the_new_one(here, entra):
    familia, people = told(here, ana=("rampa",))
    other, _people = told(here)
    with unit_of_work(SISTEMA):
        move_to_familia(people["ana"].id, other, NOW)
    with unit_of_work(SISTEMA):
        assert note_necesidades(other, (), {people["ana"].id: ("rampa",)}, NOW) == 0, "it waits already"
    (need,) = waiting_in(here.id, 9)
    assert need.familia_id == other
    desk = entra("registro", albergue=here.albergue_codigo)
    page = f"/activaciones/{here.id}/familias"
    assert "Rampa</b>" in desk.get(f"{page}/{other}").text
    assert "Rampa</b>" not in desk.get(f"{page}/{familia}").text
    old = f"{page}/{familia}/necesidades"
    assert post(desk, f"{old}/atendidas", necesidad=str(need.id)).status_code == 404
    post(desk, old, necesidad="dieta", quien=str(people["ana"].id))
    assert figures(here) == {"rampa": (1, 0)}, "she is not of that family any more"
    assert post(desk, f"{page}/{other}/necesidades/atendidas", necesidad=str(need.id)).status_code == 303
    assert figures(here) == {}


@one_base
def test_the_operator_changes_the_hours_and_a_mistake_says_how(app, here):
    app.config["NECESIDADES_HORAS"] = "agua=3, panales = 9"
    try:
        familia, _people = told(here, de_familia=("agua", "ropa"))
        due = {n.codigo: n.vence_en for n in of_familia(familia, (), NOW)}
        assert due["agua"] == NOW + timedelta(hours=3)
        assert due["ropa"] == NOW + timedelta(hours=ATENCIONES["ropa"].horas)
    finally:
        app.config["NECESIDADES_HORAS"] = ""
    for wrong in ("agua", "agua=dos", "agua=0", "casa=2", "agua=999"):
        with pytest.raises(ValueError, match="agua=2, panales=8"):
            read_horas(wrong)


@one_base
def test_hours_that_cannot_be_read_stop_the_start_and_no_check_in(make_app):
    with pytest.raises(ValueError, match="agua=2, panales=8"):
        make_app(NECESIDADES_HORAS="agua=dos")


@one_base
def test_from_the_sheet_of_the_desk_to_attended(here, entra):
    desk = entra("registro", albergue=here.albergue_codigo)
    sheet = household(MADRE, HIJO) | {
        "necesidades_agua": "Sí",
        "personas-0-necesidades_rampa": "Sí",
    }
    assert send(desk, here.id, sheet).status_code == 303
    page = f"/activaciones/{here.id}/necesidades"
    shown = desk.get(page).text
    assert "2 necesidades por atender" in shown and "Dar agua segura" in shown and "Juana" not in shown
    (agua, rampa) = waiting_in(here.id, 9)
    family = f"/activaciones/{here.id}/familias/{agua.familia_id}"
    assert "Juana" in desk.get(family).text
    with clock.frozen(NOW + timedelta(hours=2)):
        boss = entra("albergue", albergue=here.albergue_codigo)
        assert "1 necesidad pasó de su hora" in boss.get(f"/activaciones/{here.id}").text
        assert "1 necesidad pasó de su hora" in boss.get("/").text
        done = post(boss, f"{family}/necesidades/atendidas", necesidad=str(agua.id), vuelve="lista")
        assert done.status_code == 303 and done.location.endswith("/necesidades")
        assert "1 necesidad por atender" in boss.get(page).text
        assert "pasó de su hora" not in boss.get("/").text
        none = post(boss, f"{family}/necesidades/atendidas")
        assert none.status_code == 303 and "Marque cuál se atendió" in boss.get(family).text
        child = next(p for p in _personas(agua.familia_id) if p != rampa.persona_id)
        for data, said in (
            ({"necesidad": "panales", "quien": str(child)}, "Necesidad anotada"),
            ({"necesidad": "panales", "quien": str(child)}, "ya estaba anotada"),
            ({"necesidad": ""}, "Elija qué necesita"),
            ({"necesidad": "agua", "quien": str(uuid7())}, "Elija uno de la lista"),
        ):
            assert post(boss, f"{family}/necesidades", **data).status_code == 303
            assert said in boss.get(family).text
        assert {c.codigo for c in counts_of(here.id, clock.now())} == {"rampa", "panales"}


@one_base
def test_who_sees_only_figures_sees_no_family_and_another_territory_nothing(here, entra):
    familia, _people = told(here, de_familia=("agua",))
    page = f"/activaciones/{here.id}/necesidades"
    code = waiting_in(here.id, 9)[0].familia
    mando = entra("mando").get(page)
    assert mando.status_code == 200 and "1 necesidad por atender" in mando.text and code not in mando.text
    assert code in entra("registro", albergue=here.albergue_codigo).get(page).text
    far = entra("municipal", municipio="1401")
    assert far.get(page).status_code == 404
    for path in ("necesidades", "necesidades/atendidas"):
        url = f"/activaciones/{here.id}/familias/{familia}/{path}"
        assert post(far, url, necesidad="agua").status_code == 404
        assert post(entra("mando"), url, necesidad="agua").status_code == 403


def _personas(familia_id):
    from sqlalchemy import select

    from albergues_app.core.db import db
    from albergues_app.ocupacion.models import Pertenencia

    return db.session.scalars(select(Pertenencia.persona_id).filter_by(familia_id=familia_id)).all()


def test_two_who_note_or_attend_the_same_at_once_note_it_once_and_attend_it_once(app, here):
    familia, people = told(here)
    here_id, code = here.id, here.albergue_codigo
    page = f"/activaciones/{here_id}/familias/{familia}/necesidades"

    def together(address, data):
        start = threading.Barrier(4)

        def one(client):
            with clock.frozen(NOW):  # of a thread of its own
                form = {"csrf_token": csrf_of(client.get("/mi-cuenta").text), **data}
                start.wait()
                return client.post(address, data=form).status_code

        clients = [logged_in(app, "registro", albergue=code) for _ in range(4)]
        db.session.remove()
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(one, clients)) == [303] * 4

    for _ in range(3):
        together(page, {"necesidad": "rampa", "quien": str(people["ana"].id)})
        (need,) = waiting_in(here_id, 9)
        together(f"{page}/atendidas", {"necesidad": str(need.id)})
        assert waiting_in(here_id, 9) == []
        db.session.rollback()
    attended = "SELECT count(*) FROM auditoria WHERE tabla = 'necesidad' AND accion = 'cambio'"
    assert db.session.execute(text(attended)).scalar_one() == 3
