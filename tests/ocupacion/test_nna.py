"""Children without an adult of their family: the case opens by itself, the bed is never refused, no account alone
lets one of them leave (confiabilidad.md invariant 23)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.aprobaciones.models import Aprobacion
from albergues_app.aprobaciones.services import PeticionNueva, answer, ask
from albergues_app.audit.models import Lectura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.ocupacion.closing import register_departures
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia, Tramo
from albergues_app.ocupacion.models_nna import CasoNna
from albergues_app.ocupacion.nna_cases import count_cases
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    MovimientoNuevo,
    correct_persona,
    move_to_familia,
    register_ingreso,
    register_movimiento,
)
from albergues_app.ocupacion.services.lote import register_ingresos
from tests.conftest import expect_refused
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import csrf_of, logged_in, make_cuenta, make_identity

LATER = OPENED + timedelta(hours=20)
NOW = OPENED + timedelta(hours=30)


@pytest.fixture(autouse=True)
def hour():
    with clock.frozen(NOW):
        yield


def cases(*personas) -> list[CasoNna]:
    db.session.rollback()
    stmt = select(CasoNna).order_by(CasoNna.registrado_en)
    found = db.session.scalars(
        stmt.where(CasoNna.persona_id.in_([p.id for p in personas])) if personas else stmt
    )
    return list(found)


def inside(persona_id: UUID) -> bool:
    db.session.rollback()
    stay = select(Estancia.id).where(Estancia.persona_id == persona_id, Estancia.egreso_en.is_(None))
    return db.session.scalar(stay) is not None


def leave(cuenta_id: UUID, activacion_id: UUID, *personas: UUID, tipo: str = "egreso", **more):
    """As one account, by the service that web and API use."""
    data = {"id": uuid7(), "destino": "familiar" if tipo == "egreso" else None, "ocurrido_en": LATER, **more}
    with unit_of_work(Actor("alguien", "api", cuenta_id)):
        return register_movimiento(
            MovimientoNuevo(tipo=tipo, activacion_id=activacion_id, personas=list(personas), **data)
        )


def test_a_child_with_an_adult_of_the_family_opens_nothing(app):
    activacion = make_activacion()
    mother, child = persona(edad=34, parentesco="jefe"), persona(edad=6, parentesco="hijo")
    body = ingreso(activacion, mother, child)
    baby = persona(edad=1, edad_unidad="dias", parentesco="hijo")
    familia = UUID(body["familia"]["id"])
    later = ingreso(activacion, baby, familia_id=familia, clase="nacimiento", ocurrido_en=LATER)
    ingreso(activacion, persona(edad=None, edad_unidad=None, parentesco="jefe"), persona(edad=3))
    assert cases() == []
    assert not [a for a in body["avisos"] + later["avisos"] if a["codigo"] == "avisar_proteccion"]


def test_a_child_alone_gets_its_bed_and_opens_a_case_with_a_clock(app):
    activacion = make_activacion()
    child, brother = persona(edad=9, sexo="mujer"), persona(edad=17, sexo="hombre", parentesco="hermano")
    body = ingreso(activacion, child, brother, ocurrido_en=OPENED + timedelta(hours=6))
    assert inside(child.id) and inside(brother.id)
    told = [a for a in body["avisos"] if a["codigo"] == "avisar_proteccion"]
    assert len(told) == 1 and "edad" not in told[0]["mensaje"] and "adulto" not in told[0]["mensaje"]
    found = cases()
    assert {c.persona_id for c in found} == {child.id, brother.id}
    assert {c.avisar_antes_de for c in found} == {OPENED + timedelta(hours=30)}
    again = ingreso(activacion, persona(edad=5), familia_id=UUID(body["familia"]["id"]), ocurrido_en=LATER)
    assert len(cases()) == 3 and again["avisos"]
    identity = make_identity("sede", departamento="14")
    assert count_cases(identity, NOW).vencidos == 2
    assert count_cases(make_identity("sede", departamento="12"), NOW).abiertos == 0


def test_what_protections_own_form_marks_opens_a_case_also_beside_an_adult(app):
    activacion = make_activacion()
    uncle, child = persona(edad=40), persona(edad=8, nna="separado")
    ingreso(activacion, uncle, child)
    (case,) = cases()
    assert (case.persona_id, case.condicion, case.origen) == (child.id, "separado", "marcado")


def test_an_imported_list_opens_them_too(app):
    activacion = make_activacion()
    alone = persona(edad=12)
    households = [[persona(edad=30), persona(edad=4)], [alone]]
    with unit_of_work(Actor("lote", "cli")):
        avisos = register_ingresos(
            [
                IngresoNuevo(uuid7(), activacion.id, OPENED + timedelta(hours=6), people, uuid7())
                for people in households
            ]
        )
    assert [c.persona_id for c in cases()] == [alone.id]
    assert [[a.codigo for a in found].count("avisar_proteccion") for found in avisos] == [0, 1]


def test_a_child_left_behind_or_moved_alone_opens_a_case_where_it_is(app):
    emergencia = make_emergencia()
    here, there = make_activacion(emergencia=emergencia), make_activacion(make_albergue("1420"), emergencia)
    here_id, there_id = here.id, there.id
    mother, stays, moves = persona(edad=30, parentesco="jefe"), persona(edad=5), persona(edad=7)
    ingreso(here, mother, stays, moves)
    clerk = make_cuenta("sede", departamento="14").id
    leave(clerk, here_id, moves.id, tipo="traslado", activacion_destino=there_id)
    (case,) = cases()
    assert (case.persona_id, case.activacion_id, case.municipio_codigo) == (moves.id, there_id, "1420")
    body = leave(clerk, here_id, mother.id)
    assert [a["codigo"] for a in body["avisos"]].count("avisar_proteccion") == 1
    assert {(c.persona_id, c.activacion_id) for c in cases()} == {(moves.id, there_id), (stays.id, here_id)}
    back = LATER + timedelta(hours=1)
    leave(clerk, there_id, moves.id, tipo="traslado", activacion_destino=here_id, ocurrido_en=back)
    assert {c.activacion_id for c in cases(moves)} == {here_id}, "the case goes where the child goes"


def test_an_ordinary_egress_stays_one_step(app):
    activacion_id = make_activacion().id
    activacion = db.session.get_one(Activacion, activacion_id)
    mother, child, single = persona(edad=30), persona(edad=6), persona(edad=50)
    ingreso(activacion, mother, child)
    ingreso(db.session.get_one(Activacion, activacion_id), single)
    clerk = make_cuenta("registro", municipio="1413").id
    leave(clerk, activacion_id, mother.id, child.id)
    leave(clerk, activacion_id, single.id)
    assert not inside(child.id) and not inside(single.id) and cases() == []


def test_a_child_without_an_adult_in_the_operation_needs_two(app):
    activacion = make_activacion()
    activacion_id = activacion.id
    mother, child, other = persona(edad=30), persona(edad=6), persona(edad=45)
    ingreso(activacion, mother, child)
    ingreso(activacion, other)
    clerk = make_cuenta("albergue", municipio="1413").id
    for people in ([child], [child, other]):
        with expect_refused("requiere_dos_personas"):
            leave(clerk, activacion_id, *(p.id for p in people))
    assert inside(child.id) and inside(other.id)


def test_an_adult_noted_afterwards_by_the_same_account_is_not_enough(app):
    activacion = make_activacion()
    activacion_id = activacion.id
    clerk, other = make_cuenta("albergue", municipio="1413").id, make_cuenta("registro", municipio="1413").id
    mother, child = persona(edad=30), persona(edad=6)
    familia = UUID(ingreso(activacion, mother, child)["familia"]["id"])

    def join(cuenta_id):
        uncle = persona(edad=33)
        joined = clock.frozen(NOW + timedelta(minutes=1))
        with joined, unit_of_work(Actor("alguien", "web", cuenta_id)):
            register_ingreso(
                IngresoNuevo(uuid7(), activacion_id, LATER - timedelta(hours=1), [uncle], familia)
            )
        return uncle.id

    mine = join(clerk)
    with expect_refused("requiere_dos_personas"):
        leave(clerk, activacion_id, child.id, mine)
    leave(clerk, activacion_id, child.id, join(other))
    assert not inside(child.id)


def test_a_correction_of_the_age_does_not_open_the_door(app):
    activacion = make_activacion()
    activacion_id = activacion.id
    mother, child = persona(edad=30), persona(edad=16)
    ingreso(activacion, mother, child)
    clerk = make_cuenta("albergue", municipio="1413").id
    with unit_of_work(Actor("alguien", "web", clerk)):
        correct_persona(persona(id=child.id, edad=19), "Mal anotada")
    with expect_refused("requiere_dos_personas"):
        leave(clerk, activacion_id, child.id)


def test_with_an_open_case_two_are_needed_also_beside_the_mother(app):
    activacion = make_activacion()
    activacion_id = activacion.id
    child = persona(edad=6)
    body = ingreso(activacion, child)
    mother = persona(edad=30)
    ingreso(
        db.session.get_one(Activacion, activacion_id),
        mother,
        familia_id=UUID(body["familia"]["id"]),
        ocurrido_en=LATER,
    )
    clerk = make_cuenta("albergue", municipio="1413").id
    with expect_refused("requiere_dos_personas"):
        leave(clerk, activacion_id, child.id, mother.id, ocurrido_en=LATER + timedelta(hours=1))
    with expect_refused("requiere_dos_personas"):
        leave(clerk, activacion_id, child.id, tipo="fallecimiento", ocurrido_en=LATER + timedelta(hours=1))
    with expect_refused("requiere_dos_personas"):
        leave(clerk, activacion_id, tipo="anulacion", anula=UUID(body["id"]))
    assert inside(child.id)


def test_closing_a_shelter_leaves_them_inside_and_says_so(app):
    activacion = make_activacion()
    activacion_id = activacion.id
    mother, child, alone = persona(edad=30), persona(edad=6), persona(edad=10)
    families = [ingreso(activacion, *people)["familia"]["id"] for people in ([mother, child], [alone])]
    with unit_of_work(Actor("sede", "web", make_cuenta("sede", departamento="14").id)):
        body = register_departures(activacion_id, {UUID(f): "familiar" for f in families}, LATER)
    assert (body["familias"], body["personas"]) == (1, 2)
    assert "1 familia sigue dentro" in body["avisos"][0]["mensaje"]
    assert inside(alone.id) and not inside(child.id)


def test_by_the_api_one_account_is_refused_and_told_what_to_do(app, client, ficha):
    activacion = make_activacion()
    activacion_id = activacion.id
    child = persona(edad=6)
    ingreso(activacion, child)
    sent = {
        "id": str(uuid7()), "tipo": "egreso", "personas": [str(child.id)], "activacion": str(activacion_id),
        "ocurrido_en": clock.iso(LATER), "destino": "familiar",
    }  # fmt: skip
    answer_ = client.post("/api/v1/movimientos", json=sent, headers=ficha("albergue", municipio="1413"))
    assert answer_.status_code == 422
    assert answer_.json["codigo"] == "requiere_dos_personas" and answer_.json["campo"] == "personas"
    assert "Por aprobar" in answer_.json["mensaje"]
    assert inside(child.id)


CHOICES = st.tuples(st.integers(0, 9), st.integers(0, 31), st.integers(0, 7))


@given(st.lists(CHOICES, min_size=1, max_size=30))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_one_account_discharges_a_child(app, steps):
    """Invariant 23: thirty actions of one account, and whoever is in its hands is still in the register."""
    with clock.frozen(NOW):
        emergencia = make_emergencia()
        places = [make_activacion(make_albergue("1413"), emergencia).id for _ in range(2)]
        clerk = make_cuenta("sede", departamento="14").id
        alone, child, mother, friend = persona(edad=9), persona(edad=6), persona(edad=30), persona(edad=50)
        operations, families = [], []
        for people in ([alone], [mother, child], [friend]):
            body = ingreso(db.session.get_one(Activacion, places[0]), *people)
            operations.append(UUID(body["id"]))
            families.append(UUID(body["familia"]["id"]))
        people = [alone.id, child.id, mother.id, friend.id]
        for minute, (kind, mask, choice) in enumerate(steps):
            when = LATER + timedelta(minutes=minute)
            chosen = [p for n, p in enumerate(people) if mask & 1 << n % 5]
            before = {p: where(p) for p in people}
            op_id = uuid7()
            try:
                written = clock.frozen(NOW + timedelta(seconds=minute + 1))
                with written, unit_of_work(Actor("una", "web", clerk)):
                    act(kind, chosen, choice, when, op_id, places, families, operations, people, before)
                operations.append(op_id)
            except AppError:
                continue
            assert where(alone.id) is not None, (kind, "the child of the open case left")
            if where(child.id) is None and before[child.id] is not None:
                together = db.session.scalars(
                    select(Movimiento.persona_id).where(Movimiento.operacion_id == op_id)
                ).all()
                assert mother.id in together or kind == 6, (kind, "the child left without its mother")


def where(persona_id: UUID) -> UUID | None:
    """The activation a person is in, or in transit from; None: nowhere."""
    db.session.rollback()
    stmt = select(Tramo.activacion_id).where(
        Tramo.persona_id == persona_id, Tramo.vigente, Tramo.clase != "fuera", Tramo.hasta == clock.FOREVER
    )
    return db.session.scalar(stmt.limit(1))


def act(kind, chosen, choice, when, op_id, places, families, operations, people, before):
    """One action of the account, whichever the dice say."""
    here = before[chosen[0]] if chosen and before[chosen[0]] else places[0]
    other = places[1] if here == places[0] else places[0]

    def move(tipo, **more):
        register_movimiento(MovimientoNuevo(op_id, tipo, here, chosen, when, **more))

    if kind <= 1:
        move("egreso", destino="familiar")
    elif kind == 2:
        move("traslado", activacion_destino=other, acuse=bool(choice % 2))
    elif kind == 3:
        move("anulacion", anula=operations[choice % len(operations)])
    elif kind == 4:
        correct_persona(persona(id=people[choice % 2], edad=25), "Era mayor")
    elif kind == 5:
        move_to_familia(people[choice % len(people)], families[choice % len(families)], when)
    elif kind == 6:
        move("fallecimiento")
    elif kind == 7:
        uncle = persona(edad=40)
        register_ingreso(IngresoNuevo(op_id, here, when, [uncle], families[choice % len(families)]))
        people.append(uncle.id)
        before[uncle.id] = None
    elif kind == 8:
        row = ask(
            PeticionNueva(
                uuid7(), "salida_nna", op_id, "Salida", {"movimiento": {"personas": [str(p) for p in people]}}, "x",
                municipio="1413",
            )
        )  # fmt: skip
        answer(row.id, "aprobada")
        move("egreso", destino="familiar")
    else:
        known = [persona(id=p) for p in chosen]
        register_ingreso(IngresoNuevo(op_id, other, when, known, families[choice % len(families)]))


# --- pages ---

on_sqlite = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@on_sqlite
def test_asked_on_the_page_and_done_when_another_approves(app):
    activacion = make_activacion()
    activacion_id = activacion.id
    child = persona(nombres="Ixchel", apellidos="Caal", edad=6)
    ingreso(activacion, child)
    clerk, chief = logged_in(app, "registro", municipio="1413"), logged_in(app, "albergue", municipio="1413")
    page = clerk.get(f"/activaciones/{activacion_id}/personas").text
    assert "Avise a protección" in page and "sin adulto" not in page.casefold()
    sent = {
        "csrf_token": csrf_of(page), "id": str(uuid7()), "personas": str(child.id), "tipo": "egreso",
        "destino": "familiar", "autoriza_dpi": "2578 12345 1401", "autoriza_parentesco": "tía",
    }  # fmt: skip
    refused = clerk.post(f"/activaciones/{activacion_id}/movimientos", data=sent)
    assert refused.status_code == 422
    sent |= {"autoriza_nombre": "Marta Caal", "motivo": "Vino su tía"}
    told = clerk.post(f"/activaciones/{activacion_id}/movimientos", data=sent, follow_redirects=True).text
    assert "La salida quedó pedida" in told and inside(child.id)
    request_id = db.session.scalars(select(Aprobacion.id)).one()
    assert "Ixchel" in clerk.get(f"/aprobaciones/{request_id}").text
    alone = clerk.post(
        f"/aprobaciones/{request_id}/respuesta",
        data={"csrf_token": sent["csrf_token"], "op_id": str(uuid7()), "respuesta": "aprobada"},
    )
    assert alone.status_code == 403 and inside(child.id)
    shown = chief.get(f"/aprobaciones/{request_id}").text
    for word in ("Ixchel Caal, 6 años", "Marta Caal", "2578 12345 1401", "Vino su tía"):
        assert word in shown
    data = {"csrf_token": csrf_of(shown), "op_id": str(uuid7()), "respuesta": "aprobada"}
    assert chief.post(f"/aprobaciones/{request_id}/respuesta", data=data).status_code == 303
    assert not inside(child.id)
    assert db.session.query(Lectura).filter_by(pantalla="web:aprobacion").count() == 2


@on_sqlite
def test_only_protection_reads_the_case_and_the_sede_its_count(app):
    activacion = make_activacion()
    child = persona(nombres="Ixchel", apellidos="Caal", edad=6)
    ingreso(activacion, child)
    case_id = cases()[0].id
    keeper = logged_in(app, "proteccion", departamento="14")
    assert "1 sin aviso a la PGN" in keeper.get("/").text
    listed = keeper.get("/proteccion").text
    assert "6 años" in listed and "Ixchel" not in listed
    page = keeper.get(f"/proteccion/{case_id}").text
    assert "Ixchel Caal" in page and "Llenar registro de NNA" in page
    sede = logged_in(app, "sede", departamento="14")
    assert "1 sin aviso a la PGN" in sede.get("/").text
    for rol in ("sede", "albergue", "registro", "salud", "municipal"):
        browser = logged_in(app, rol, municipio="1413")
        assert browser.get("/proteccion").status_code == 403
        assert browser.get(f"/proteccion/{case_id}").status_code == 403
    assert logged_in(app, "proteccion", departamento="12").get(f"/proteccion/{case_id}").status_code == 404
    token = csrf_of(page)
    form = {
        "csrf_token": token,
        "op_id": str(uuid7()),
        "avisado_en": "2026-11-18T20:00",
        "aviso": "Lic. Pérez, 1546",
    }
    assert keeper.post(f"/proteccion/{case_id}/aviso", data=form).status_code == 303
    assert "sin aviso" not in keeper.get("/").text
    done = {
        "csrf_token": token, "op_id": str(uuid7()), "resolucion": "reunificado", "cerrado_en": "2026-11-19T08:00",
        "cierre": "Con su madre",
    }  # fmt: skip
    assert keeper.post(f"/proteccion/{case_id}/cierre", data=done).status_code == 303
    assert "Con su madre" in keeper.get(f"/proteccion/{case_id}").text
    clerk = make_cuenta("albergue", municipio="1413").id
    with expect_refused("requiere_dos_personas"):
        leave(clerk, cases()[0].activacion_id, child.id)


@on_sqlite
def test_the_filled_format_is_tied_to_its_case_and_opens_one_where_there_is_none(app, client, ficha):
    activacion = make_activacion()
    activacion_id = activacion.id
    alone = persona(nombres="Ixchel", apellidos="Caal", edad=6)
    uncle, separated = persona(edad=40), persona(nombres="Tomás", apellidos="Ba", edad=11, sexo="hombre")
    ingreso(activacion, alone)
    ingreso(activacion, uncle, separated)
    headers = ficha("proteccion", departamento="14")

    def fill(nombres, apellidos, **more):
        answers = {"ocurrido_en": clock.iso(LATER), "nombres": nombres, "apellidos": apellidos, "sexo": "mujer",
                   "edad": 6, "edad_unidad": "anios", "condicion": "separado", **more}  # fmt: skip
        sent = {"id": str(uuid7()), "activacion": str(activacion_id), "respuestas": answers}
        reply = client.post("/api/v1/formatos/registro_nna/capturas", json=sent, headers=headers)
        assert reply.status_code == 201, reply.json
        return sent["id"], reply.json

    first, _ = fill("Ixchel", "Caal", pgn_notificada_en=clock.iso(LATER + timedelta(hours=1)))
    (case,) = cases(alone)
    assert (str(case.registro_id), case.condicion) == (first, "separado")
    assert case.avisado_en == LATER + timedelta(hours=1)
    fill("Tomás", "Ba", sexo="hombre", edad=11)
    assert len(cases(separated)) == 1
    _, body = fill("Nadie", "Conocido")
    assert "nna_sin_persona" in [a["codigo"] for a in body["avisos"]]
    clerk = make_cuenta("albergue", municipio="1413").id
    with expect_refused("requiere_dos_personas"):
        leave(clerk, activacion_id, uncle.id, separated.id)


def test_what_the_terminal_loads_is_not_judged(app):
    activacion = make_activacion()
    child = persona(edad=6)
    ingreso(activacion, child)
    movimiento(activacion, "egreso", child.id, ocurrido_en=LATER)
    assert not inside(child.id)
