"""The desk screen: what is typed becomes a household inside, or comes back whole with what to correct."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from albergues_app.audit.models import Captura, Lectura
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.models import GRUPO_BIT, Familia, Movimiento, PersonaVersion
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.services.parte import ParteNuevo, register_parte
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    persona,
)
from tests.factories.cuentas import SISTEMA
from tests.ocupacion.desk_help import HIJO, MADRE, hidden, household, send


@pytest.fixture
def here(app):
    return make_activacion(make_albergue(capacidad=20))


@pytest.fixture
def desk(entra):
    return entra("registro", municipio="1413")


def test_register_goes_straight_to_the_only_open_shelter(here, desk):
    answer = desk.get("/registro")
    assert answer.status_code == 302
    assert answer.location == f"/activaciones/{here.id}/ingresos/nuevo"


def test_register_offers_the_open_shelters_of_the_territory(here, entra):
    emergencia = make_emergencia()
    make_activacion(make_albergue(nombre="Escuela de Tzalbal"), emergencia)
    make_activacion(make_albergue("0901", nombre="Escuela de otra parte"), emergencia)
    page = entra("municipal", municipio="1413").get("/registro").text
    assert "Escuela de Tzalbal" in page
    assert "Escuela de otra parte" not in page


def test_the_shelter_is_found_among_many_by_any_word_of_it(here, entra):
    emergencia = make_emergencia()
    make_activacion(make_albergue(nombre="Escuela de Tzalbal"), emergencia)
    make_activacion(make_albergue(nombre="Iglesia de Ácul"), emergencia)
    client = entra("municipal", municipio="1413")
    found = client.get("/registro?q=ACUL nebaj").text
    assert "Iglesia de Ácul" in found
    assert "Tzalbal" not in found
    nothing = client.get("/registro?q=zzz").text
    assert "Revise la escritura" in nothing
    assert 'value="zzz"' in nothing
    codes = re.findall(r"1413-\d{3}", client.get("/registro").text)
    assert codes == sorted(codes)


def test_who_is_only_declared_stands_apart_when_choosing_the_shelter(here, entra):
    counted = make_activacion(make_albergue(nombre="Escuela de Tzalbal", capacidad=250), make_emergencia())
    with unit_of_work(SISTEMA):
        for activacion, personas in ((counted, 165), (here, 9)):
            register_parte(
                ParteNuevo(uuid7(), activacion.id, OPENED, "conteo_fisico", personas, None, None, None)
            )
    ingreso(here, persona())
    page = entra("municipal", municipio="1413").get("/registro").text
    rows = {r.split("</a>")[0].rsplit(">", 1)[1]: r for r in page.split("<tr>")[2:]}
    assert (
        re.search(r"165 <abbr[^>]*>decl\.", rows["Escuela de Tzalbal"])
        and "66 %" in rows["Escuela de Tzalbal"]
    )
    assert "decl." not in rows["Salón de práctica"], "a count beside a register is never added"


def test_a_family_is_saved_and_the_next_page_says_its_code_and_the_free_places(here, desk):
    answer = send(desk, here.id, household(MADRE, HIJO, municipio_procedencia="1413"))
    assert answer.status_code == 303
    codigo = db.session.scalar(select(Familia.codigo))
    page = desk.get(answer.location).text
    assert f"Familia {codigo}" in page
    assert "2 personas" in page
    assert "18 lugares libres" in page


def test_the_minimum_record_is_name_sex_and_the_rest_is_pending(here, desk):
    answer = send(desk, here.id, household(("N/N", "", "no_registrado")))
    assert answer.status_code == 303
    version = db.session.scalar(select(PersonaVersion))
    assert (version.nombres, version.sexo, version.edad) == ("N/N", "no_registrado", None)


def test_without_javascript_there_are_ten_rows_and_empty_ones_are_not_saved(here, desk):
    page = desk.get(f"/activaciones/{here.id}/ingresos/nuevo").text
    assert 'name="personas-9-nombres"' in page
    blank = {f"personas-{n}-edad_unidad": "anios" for n in range(10)}
    answer = send(desk, here.id, {**blank, **household(MADRE)})
    assert answer.status_code == 303
    assert count_inside(here.id) == 1


def test_what_was_typed_comes_back_with_the_errors_linked(here, desk):
    data = household(MADRE, ("", "Sin Nombre", "hombre", "mil"), comunidad_procedencia="Aldea Acul")
    answer = send(desk, here.id, data)
    assert answer.status_code == 422
    page = answer.text
    assert 'id="errores"' in page
    assert 'href="#c-personas-1-nombres"' in page
    assert 'href="#c-personas-1-edad"' in page
    for typed in ('value="mil"', 'value="Aldea Acul"', 'value="Raymundo Brito"'):
        assert typed in page
    assert count_inside(here.id) == 0


def test_the_same_sheet_sent_twice_is_one_family(here, desk):
    url = f"/activaciones/{here.id}/ingresos/nuevo"
    data = {**hidden(desk.get(url).text), **household(MADRE)}
    assert [desk.post(url, data=data).status_code for _ in range(2)] == [303, 303]
    assert count_inside(here.id) == 1
    changed = {**data, "personas-0-nombres": "Otra"}
    assert desk.post(url, data=changed).status_code == 422
    assert count_inside(here.id) == 1


def test_a_doubtful_cui_and_another_count_warn_and_are_saved(here, desk):
    data = household(MADRE, integrantes_declarados="4") | {"personas-0-cui": "2000000121413"}
    answer = send(desk, here.id, data)
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    assert "Se guardó; hay algo que revisar" in page
    assert "CUI" in page


def test_over_capacity_is_saved_with_its_reason_and_near_shelters_are_named(app, desk):
    emergencia = make_emergencia()
    full = make_activacion(make_albergue(capacidad=1), emergencia)
    make_activacion(make_albergue("1405", 30, nombre="Salón de Cotzal"), emergencia)
    assert "Salón de Cotzal, 30" in desk.get(f"/activaciones/{full.id}/ingresos/nuevo").text
    answer = send(desk, full.id, household(MADRE, HIJO, motivo_cupo="Es de noche"))
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    assert "2 personas de 1" in page
    sealed = db.session.scalar(select(Movimiento.detalle))
    assert open_json(seal_for(emergencia.id), sealed, "movimiento.detalle") == {"motivo": "Es de noche"}


def test_a_reserved_location_is_not_named_among_the_shelters_with_room(app, desk):
    emergencia = make_emergencia()
    full = make_activacion(make_albergue(capacidad=1), emergencia)
    make_activacion(make_albergue("1405", 30, nombre="Casa reservada", ubicacion_reservada=True), emergencia)
    assert "Casa reservada" not in desk.get(f"/activaciones/{full.id}/ingresos/nuevo").text


def test_a_late_paper_entry_keeps_its_hour_and_is_marked(here, desk):
    when = clock.to_local(OPENED).replace(hour=9)
    answer = send(desk, here.id, household(MADRE, ocurrido_en=f"{when:%d/%m/%Y %H:%M}"))
    assert answer.status_code == 303
    row = db.session.scalar(select(Movimiento))
    assert row.ocurrido_en == when
    assert row.tardio
    assert "registro tardío" in desk.get(answer.location).text


def test_an_hour_before_the_opening_is_refused_beside_its_field(here, desk):
    answer = send(desk, here.id, household(MADRE, ocurrido_en="01/01/2020 08:00"))
    assert answer.status_code == 422
    assert 'href="#c-ocurrido_en"' in answer.text


def test_the_sheet_is_kept_as_it_was_given(here, desk):
    data = household(MADRE, telefono="5500 0134", necesidades_agua="Sí", motivo="otro", motivo_otro="Deslave")
    send(desk, here.id, data)
    kept = db.session.scalar(select(Captura))
    answers = open_json(seal_for(kept.emergencia_id), kept.respuestas, "captura.respuestas")
    assert answers["necesidades"] == ["agua"]
    assert answers["motivo_otro"] == "Deslave"
    assert answers["personas"][0]["nombres"] == "Juana"
    assert (kept.formato, kept.edicion) == ("boleta_ingreso", "1")
    assert b"Juana" not in kept.respuestas


def test_the_screen_has_no_field_of_health_or_protection(here, desk):
    page = desk.get(f"/activaciones/{here.id}/ingresos/nuevo").text
    for word in ("embarazo", "enfermedad_cronica", "discapacidad", "nna_situacion", "necesidades_proteccion"):
        assert word not in page


def test_groups_are_counted_from_what_the_sheet_says(here, desk):
    send(desk, here.id, household(MADRE) | {"personas-0-nacionalidad": "HN"})
    assert db.session.scalar(select(PersonaVersion.grupos)) == GRUPO_BIT["extranjero"]


def test_the_last_place_of_the_shift_is_offered(here, desk):
    send(desk, here.id, household(MADRE, municipio_procedencia="1413", comunidad_procedencia="Aldea Acul"))
    page = desk.get(f"/activaciones/{here.id}/ingresos/nuevo").text
    assert 'value="Aldea Acul"' in page
    assert '<option value="1413" selected>' in page


def test_a_birth_joins_the_family_and_counts_as_birth(here, desk):
    body = ingreso(here, persona())
    familia = body["familia"]["id"]
    url = f"/activaciones/{here.id}/ingresos/nuevo?familia={familia}&clase=nacimiento"
    page = desk.get(url).text
    assert "Nacimiento en el albergue" in page
    answer = desk.post(url, data={**hidden(page), **household(("N/N", "", "mujer", "0", "dias", "hijo"))})
    assert answer.status_code == 303
    assert db.session.scalar(select(Movimiento.tipo).where(Movimiento.tipo == "nacimiento")) == "nacimiento"
    assert db.session.query(Familia).count() == 1


@pytest.mark.parametrize(("rol", "place", "status"), [
    ("registro", {"municipio": "0901"}, 404),
    ("mando", {}, 403),
    ("auditoria", {}, 403),
])  # fmt: skip
def test_who_may_not_register_here(here, entra, rol, place, status):
    assert entra(rol, **place).get(f"/activaciones/{here.id}/ingresos/nuevo").status_code == status


def test_a_person_of_another_territory_cannot_be_named_by_its_id(here, desk):
    elsewhere = make_activacion(make_albergue("0901"), make_emergencia(("09",)))
    body = ingreso(elsewhere, persona(nombres="Pedro"))
    data = household(MADRE) | {"personas-0-id": body["personas"][0]["id"]}
    assert send(desk, here.id, data).status_code == 404
    data = household(MADRE) | {"familia_id": body["familia"]["id"]}
    assert send(desk, here.id, data).status_code == 404


def test_a_known_person_comes_back_under_its_own_id(here, desk):
    from tests.factories.albergues import movimiento

    body = ingreso(here, persona(nombres="Juana", apellidos="Raymundo Brito"))
    known = body["personas"][0]["id"]
    from uuid import UUID

    movimiento(here, "egreso", UUID(known), ocurrido_en=OPENED.replace(hour=20))
    answer = send(desk, here.id, household(MADRE) | {"personas-0-id": known})
    assert answer.status_code == 303
    assert db.session.query(Estancia).count() == 2
    assert db.session.query(PersonaVersion).count() == 1


def test_known_family_page_logs_who_was_read(here, desk):
    body = ingreso(here, persona(), persona())
    before = db.session.query(Lectura).count()
    page = desk.get(f"/activaciones/{here.id}/familias/{body['familia']['id']}")
    assert page.status_code == 200
    assert db.session.query(Lectura).count() == before + 2


def test_a_shelter_still_in_preparation_offers_no_desk(app, entra):
    ready = make_activacion(make_albergue(), make_emergencia(), abierta_en=None)
    page = entra("municipal", municipio="1413").get(f"/activaciones/{ready.id}").text
    assert "/ingresos/nuevo" not in page
    assert f"/activaciones/{ready.id}/personas" in page
