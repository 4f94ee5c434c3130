"""Shifts of a COE: only who is in the shift writes, both sign the hand-over, and the log says it by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from albergues_app.accounts.services import create_ficha_api
from albergues_app.coe import entrega, resumen, turnos
from albergues_app.coe.entrega_paper import entrega_pdf
from albergues_app.coe.hojas import formato_of
from albergues_app.coe.models import Coe
from albergues_app.coe.models_turno import CoeTurno, EntregaTurno
from albergues_app.coe.queries import entradas_of
from albergues_app.coe.services import EntradaNueva, deactivate_coe, write_entrada
from albergues_app.compromisos.services import Origen
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.emergencias.services import AlertaNueva, declare_alerta
from albergues_app.formats.engine import answers_to_json
from albergues_app.formats.outputs.web_form import flatten, unflatten
from albergues_app.ocupacion.bindings import check
from tests.conftest import expect_refused
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    persona,
)
from tests.factories.coe import make_coe, make_recurso
from tests.factories.compromisos import make_compromiso
from tests.factories.cuentas import CLAVE, SISTEMA, csrf_of, make_cuenta

only_sqlite = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
SITUATION = "Llueve en Nebaj y dos pasos siguen cerrados"


def acting(cuenta_id):
    return unit_of_work(Actor("quien", "web", cuenta_id))


@pytest.fixture
def people(app):
    """Accounts that may write in the COE of Quiché: of the sede, of an institution, of the municipality's…"""
    return [
        make_cuenta("sede", departamento="14").id,
        make_cuenta("institucion", departamento="14").id,
        make_cuenta("sede", departamento="14").id,
    ]


@pytest.fixture
def coe_id(app):
    return make_coe("14").id


def write(coe_id, cuenta_id, **changes):
    data = {"ocurrido_en": clock.now(), "tipo": "radio", "asunto": "A", "detalle": "B", **changes}
    with acting(cuenta_id):
        return write_entrada(coe_id, EntradaNueva(uuid7(), **data))


def take(coe_id, cuenta_id, motivo="", clase="diurno", hasta=None):
    with acting(cuenta_id):
        return turnos.take_turno(coe_id, turnos.TurnoNuevo(uuid7(), clase, hasta, motivo)).id


def sign(coe_id, saliente, entrante, **changes):
    coe, when = db.session.get_one(Coe, coe_id), clock.now()
    answers = {"situacion_actual": SITUATION, "albergues_abiertos": 2, "personas_albergadas": 9, **changes}
    datos = turnos.EntregaNueva(
        uuid7(), entrante, "nocturno", None, when, 1, answers_to_json(answers), entrega.figures_at(coe, when)
    )
    with acting(saliente):
        return turnos.sign_entrega(coe_id, datos).id


def accept(entrega_id, cuenta_id, nota=""):
    row = db.session.get_one(EntregaTurno, entrega_id)
    coe = db.session.get_one(Coe, row.coe_id)
    summary = entrega.summary(row, entrega.open_entrega(coe, row))
    with acting(cuenta_id):
        return turnos.accept_entrega(entrega_id, nota, summary).folio


def last_entry(coe_id):
    db.session.expire_all()
    return entradas_of(db.session.get_one(Coe, coe_id), newest_first=True, limit=1)[0]


def holder(coe_id):
    db.session.expire_all()
    return turnos.turno_abierto(coe_id).cuenta_id


def test_before_the_first_shift_everybody_writes_and_then_only_who_is_in_it(coe_id, people):
    ana, beto, carla = people
    assert [write(coe_id, who)["folio"] for who in people] == [2, 3, 4]
    take(coe_id, ana)
    assert last_entry(coe_id).tipo == "cambio_turno"
    assert write(coe_id, ana)["folio"] == 6
    for who in (beto, carla):
        with expect_refused("turno_sin_aceptar"):
            write(coe_id, who)
    with acting(beto):
        turnos.join_turno(coe_id)
        turnos.join_turno(coe_id)
    assert write(coe_id, beto)["folio"] == 7
    with unit_of_work(SISTEMA):  # the system itself, without account
        write_entrada(coe_id, EntradaNueva(uuid7(), clock.now(), "otro", "A", "B"))
    assert db.session.get_one(Coe, coe_id).ultimo_folio == 8


def test_the_incoming_account_writes_after_accepting_and_the_outgoing_no_longer(coe_id, people):
    ana, beto, carla = people
    take(coe_id, ana)
    with acting(beto):
        turnos.join_turno(coe_id)
    entrega_id = sign(coe_id, ana, beto)
    with expect_refused("turno_sin_aceptar"):  # it was inside: its own shift is not begun yet
        write(coe_id, beto)
    with acting(beto), expect_refused("turno_sin_aceptar"):
        turnos.join_turno(coe_id)
    with expect_refused("turno_sin_aceptar"):
        take(coe_id, beto, "No quiero leerla")
    write(coe_id, ana)  # the shift is its own until somebody accepts
    with expect_refused("entrega_de_otra_cuenta"):
        accept(entrega_id, carla)
    folio = accept(entrega_id, beto, "Falta una llave")
    entry = last_entry(coe_id)
    assert (entry.folio, entry.tipo, entry.cuenta_id) == (folio, "cambio_turno", beto)
    assert entry.asunto == "Entrega de turno: diurno a nocturno"
    assert SITUATION in entry.detalle and "Al recibir: Falta una llave" in entry.detalle
    assert "Personas albergadas: 9. Según el sistema" in entry.detalle
    assert holder(coe_id) == beto and write(coe_id, beto)["turno"] == "nocturno"
    with expect_refused("turno_sin_aceptar"):
        write(coe_id, ana)
    with expect_refused("entrega_respondida"):
        accept(entrega_id, beto)
    shifts = db.session.scalars(select(CoeTurno).order_by(CoeTurno.numero)).all()
    assert [(s.numero, s.cuenta_id, s.entrega_id, s.terminado_en is None) for s in shifts] == [
        (1, ana, None, False),
        (2, beto, entrega_id, True),
    ]


def test_only_the_holder_signs_to_another_and_one_hand_over_waits(coe_id, people):
    ana, beto, carla = people
    with expect_refused("sin_turno"):
        sign(coe_id, ana, beto)
    take(coe_id, ana)
    with expect_refused("turno_de_otra_cuenta"):
        sign(coe_id, beto, carla)
    with expect_refused("a_si_mismo"):
        sign(coe_id, ana, ana)
    first = sign(coe_id, ana, beto)
    with expect_refused("entrega_en_espera"):
        sign(coe_id, ana, carla)
    with acting(carla), expect_refused("entrega_de_otra_cuenta"):
        turnos.return_entrega(first, "No me toca")
    with acting(beto), expect_refused("falta_motivo"):
        turnos.return_entrega(first, "  ")
    with acting(beto):
        turnos.return_entrega(first, "Faltan las llaves")
    assert holder(coe_id) == ana
    with expect_refused("turno_sin_aceptar"):  # who sent it back is not in the shift
        write(coe_id, beto)
    again = sign(coe_id, ana, carla)
    with acting(ana):
        turnos.return_entrega(again, "Me equivoqué de persona")
    with expect_refused("entrega_respondida"):
        accept(again, carla)


def test_a_shift_that_nobody_handed_over_is_taken_with_its_reason_and_the_log_says_so(coe_id, people):
    ana, beto, carla = people
    take(coe_id, ana)
    waiting = sign(coe_id, ana, beto)
    with expect_refused("falta_motivo"):
        take(coe_id, carla)
    with expect_refused("ya_tiene_turno"):
        take(coe_id, ana, "otra vez")
    take(coe_id, carla, "Ana y Beto salieron a Chajul", "extraordinario")
    entry = last_entry(coe_id)
    assert (
        entry.asunto == "Turno extraordinario recibido sin entrega" and "salieron a Chajul" in entry.detalle
    )
    assert holder(coe_id) == carla
    with expect_refused("entrega_respondida"):
        accept(waiting, beto)


def test_shift_and_period_of_an_entry_are_those_in_force_at_its_hour(coe_id, people):
    ana = people[0]
    before = write(coe_id, ana, ocurrido_en=clock.now() - timedelta(minutes=5))
    until = clock.now() + timedelta(hours=3)
    take(coe_id, ana, clase="extraordinario", hasta=until)
    now = write(coe_id, ana)
    assert before["turno"] in {"diurno", "nocturno"}
    assert now["turno"] == "extraordinario" and now["periodo"].endswith(f"{clock.to_local(until):%H:%M}")
    earlier = write(coe_id, ana, ocurrido_en=clock.now() - timedelta(minutes=5))
    assert (earlier["turno"], earlier["periodo"]) == (before["turno"], before["periodo"])
    with expect_refused("hasta_invalida"):
        take(coe_id, people[1], "x", hasta=clock.now() - timedelta(hours=1))


def test_two_who_take_the_first_shift_at_once_leave_one_holder(app, coe_id, people):
    def one(cuenta_id):
        with app.app_context():
            try:
                take(coe_id, cuenta_id)
            except AppError as refused:
                return refused.codigo
            return "tiene"

    with ThreadPoolExecutor(3) as pool:
        said = sorted(pool.map(one, people))
    assert said == ["falta_motivo", "falta_motivo", "tiene"]


def test_the_database_keeps_one_open_shift_and_one_waiting_hand_over(coe_id, people):
    ana, beto, _ = people
    take(coe_id, ana)
    sign(coe_id, ana, beto)
    for change in (
        "INSERT INTO coe_turno (id, coe_id, numero, clase, desde, cuenta_id, recibido_en) "
        "SELECT coe_id, coe_id, 2, clase, desde, cuenta_id, recibido_en FROM coe_turno",
        "INSERT INTO coe_entrega_turno (id, coe_id, turno_id, saliente_id, entrante_id, clase, ocurrido_en, firmada_en, "
        "estado, edicion, contenido, huella) SELECT coe_id, coe_id, turno_id, saliente_id, entrante_id, clase, "
        "ocurrido_en, firmada_en, estado, edicion, contenido, huella FROM coe_entrega_turno",
    ):
        with pytest.raises(IntegrityError):
            db.session.execute(text(change))
        db.session.rollback()


def test_an_ended_coe_has_no_shifts(coe_id, people):
    ana, beto, _ = people
    take(coe_id, ana)
    waiting = sign(coe_id, ana, beto)
    with unit_of_work(SISTEMA):
        deactivate_coe(coe_id, clock.now(), "Terminó")
    with expect_refused("coe_desactivado"):
        accept(waiting, beto)
    with expect_refused("coe_desactivado"):
        take(coe_id, beto, "x")


@pytest.fixture
def figures(app):
    """A COE of Quiché and one of Nebaj; persons there, in another department, and in another emergency."""
    storm, other = make_emergencia(("14", "12")), make_emergencia(("14",), nombre="Otra")
    for municipio, emergencia, people in (
        ("1413", storm, 3),
        ("1405", storm, 2),
        ("1201", storm, 5),
        ("1413", other, 7),
    ):
        site = make_activacion(make_albergue(municipio), emergencia)
        ingreso(site, *(persona() for _ in range(people)), ocurrido_en=OPENED + timedelta(hours=2))
    return {code: make_coe(code, storm.id).id for code in ("14", "1413", "GT")}


@pytest.mark.parametrize(
    ("place", "hours", "shelters", "persons"),
    [("14", 3, 2, 5), ("1413", 3, 1, 3), ("GT", 3, 3, 10), ("14", 1, 2, 0)],
)
def test_shelters_and_persons_are_of_the_place_the_emergency_and_the_hour(
    figures, place, hours, shelters, persons
):
    coe = db.session.get_one(Coe, figures[place])
    found = entrega.figures_at(coe, OPENED + timedelta(hours=hours))
    assert (found["albergues"], found["personas"]) == (shelters, persons)
    assert found["corte"] == clock.iso(OPENED + timedelta(hours=hours))


def test_the_alerts_in_force_over_the_place_are_filled_in(app):
    emergencia_id = make_emergencia().id
    coe_id = make_coe("1413", emergencia_id).id
    with unit_of_work(SISTEMA):
        for color, lugar, hasta in (
            ("amarilla", "14", None),
            ("roja", "1413", None),
            ("verde", "1405", None),
            ("anaranjada", "14", OPENED + timedelta(hours=1)),
        ):
            declare_alerta(
                AlertaNueva(
                    uuid7(), emergencia_id, "poblacional", "municipal" if len(lugar) == 4 else "departamental",
                    color, "tormenta", OPENED, hasta, "CONRED", None, (lugar,),
                )
            )  # fmt: skip
    coe, now = db.session.get_one(Coe, coe_id), clock.now()
    filled = entrega.proposal(coe, now, entrega.figures_at(coe, now))
    assert [filled.get(f"alertas-{n}-color") for n in range(3)] == ["roja", "amarilla", None]
    assert filled["alertas-0-territorio"] == "Santa María Nebaj" and filled["personas_albergadas"] == "0"


def test_the_sheet_brings_what_was_agreed_on_in_this_log_and_is_not_done(coe_id):
    now, here = clock.now(), Origen("coe", coe_id=coe_id)
    make_compromiso(descripcion="Llevar agua", vence_en=now + timedelta(hours=3), origen=here)
    make_compromiso(descripcion="Abrir el paso", vence_en=now - timedelta(hours=1), origen=here)
    make_compromiso(descripcion="Comprar láminas", vence_en=now + timedelta(days=3), origen=here)
    make_compromiso(descripcion="De otra reunión", vence_en=now + timedelta(hours=1))
    coe = db.session.get_one(Coe, coe_id)
    filled = entrega.proposal(coe, now, entrega.figures_at(coe, now))
    tasks = [filled.get(f"tareas-{n}-tarea", "").partition(": ")[2] for n in range(4)]
    assert tasks == ["Abrir el paso", "Llevar agua", "Comprar láminas", ""]
    assert [filled[f"tareas-{n}-estado"] for n in range(3)] == ["vencida", "abierta", "abierta"]
    soon = [filled.get(f"compromisos_12h-{n}-descripcion", "").partition(": ")[2] for n in range(3)]
    assert soon == ["Abrir el paso", "Llevar agua", ""]


@only_sqlite
def test_what_the_system_fills_in_is_never_refused_however_long_it_is(app):
    emergencia_id = make_emergencia().id
    coe_id = make_coe("14", emergencia_id).id
    towns = tuple(f"14{n:02d}" for n in range(1, 16))
    alerta = AlertaNueva(
        uuid7(), emergencia_id, "poblacional", "municipal", "roja", "tormenta", OPENED, None, "CONRED", None, towns
    )  # fmt: skip
    with unit_of_work(SISTEMA):
        declare_alerta(alerta)
    here, long = Origen("coe", coe_id=coe_id), "Abrir el paso de la aldea " * 30
    make_compromiso(descripcion=long[:500], responsable="Brigada " * 20, origen=here, vence_en=clock.now())
    make_compromiso(responsable="5550 1234", origen=here, vence_en=clock.now() + timedelta(days=800))
    make_recurso(coe_id, "asignado", OPENED, tipo="Cisterna", asignacion=long[:120], albergue=long[:120])
    coe, now = db.session.get_one(Coe, coe_id), clock.now()
    filled = entrega.proposal(coe, now, entrega.figures_at(coe, now))
    raw = unflatten(entrega.formato(), filled | {"situacion_actual": SITUATION})
    refused = [e for e in check(entrega.formato(), raw, False, "firma").errors if "[" in (e.campo or "")]
    assert refused == [] and len(raw["alertas"]) == 1 and len(raw["tareas"]) == 2
    summary = resumen.propose(coe, "Ana Cobo", None)
    raw = unflatten(formato_of("sci_201"), flatten(formato_of("sci_201"), summary))
    assert [e for e in check(formato_of("sci_201"), raw, False).errors if "[" in (e.campo or "")] == []


def test_the_sheet_brings_the_resources_on_the_spot_with_their_hours(coe_id):
    make_recurso(coe_id, "llego", OPENED, tipo="Cisterna", matricula="C-1", personas=2)
    make_recurso(coe_id, "asignado", OPENED + timedelta(hours=1), tipo="Lancha", asignacion="Cruzar el Ixcán")
    make_recurso(coe_id, "en_camino", tipo="Pala")
    make_recurso(coe_id, "desmovilizado", tipo="Bote")
    coe, now = db.session.get_one(Coe, coe_id), clock.now()
    filled = entrega.proposal(coe, now, entrega.figures_at(coe, now))
    at, later = (f"{clock.to_local(OPENED + timedelta(hours=n)):%d/%m %H:%M}" for n in (0, 1))
    found = {
        (filled[f"recursos-{n}-recurso"], filled[f"recursos-{n}-asignacion"])
        for n in range(9)
        if filled.get(f"recursos-{n}-recurso")
    }
    assert found == {
        ("Cisterna, C-1, 2 personas", f"Llegó {at}"),
        ("Lancha", f"Llegó {later}, asignado {later}: Cruzar el Ixcán"),
    }
    assert filled["recursos-0-institucion"] == "Ejército"


def test_what_was_handed_over_is_sealed_and_gone_with_the_key_of_its_emergency(coe_id, people):
    ana, beto, _ = people
    take(coe_id, ana)
    entrega_id = sign(coe_id, ana, beto)
    row = db.session.get_one(EntregaTurno, entrega_id)
    coe = db.session.get_one(Coe, coe_id)
    assert SITUATION.encode() not in row.contenido
    assert entrega.open_entrega(coe, row).respuestas["situacion_actual"] == SITUATION
    db.session.execute(text("DELETE FROM sello"))
    db.session.commit()
    db.session.remove()
    coe, row = db.session.get_one(Coe, coe_id), db.session.get_one(EntregaTurno, entrega_id)
    assert entrega.open_entrega(coe, row).respuestas is None
    assert entrega_pdf(coe, row).startswith(b"%PDF")


def test_the_paper_of_a_hand_over_is_the_same_bytes_and_no_text_is_markup(coe_id, people):
    ana, beto, _ = people
    take(coe_id, ana)
    hostile = '#set page(paper: "a4") <script>alert(1)</script> =HYPERLINK()'
    entrega_id = sign(
        coe_id, ana, beto, situacion_actual=hostile, tareas=[{"tarea": hostile}], personas_albergadas=12_345
    )
    coe, row = db.session.get_one(Coe, coe_id), db.session.get_one(EntregaTurno, entrega_id)
    one, other = entrega_pdf(coe, row), entrega_pdf(coe, row)
    assert one == other
    from io import BytesIO

    from pypdf import PdfReader

    pages = PdfReader(BytesIO(one)).pages
    said = "".join(page.extract_text() for page in pages)
    assert "SIN ACEPTAR" in said and "<script>" in said and "12,345" in said
    assert float(pages[0].mediabox.height) == 792.0  # carta: the text set no page


# ── Through the doors ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_program_out_of_the_shift_is_refused_and_takes_no_folio(app, coe_id, people):
    from albergues_app.accounts.models import Cuenta

    ana, beto, _ = people
    with unit_of_work(SISTEMA):
        headers = {
            who: {"Authorization": f"Bearer {create_ficha_api(db.session.get_one(Cuenta, who))}"}
            for who in (ana, beto)
        }

    def send(who, body=None):
        body = body or {
            "id": str(uuid7()), "ocurrido_en": clock.iso(clock.now()), "tipo": "radio", "asunto": "A",
            "detalle": "B", "prioridad": "rutina",
        }  # fmt: skip
        return app.test_client().post(f"/api/v1/coe/{coe_id}/entradas", json=body, headers=headers[who])

    assert send(beto).status_code == 201
    take(coe_id, ana)
    refused = send(beto)
    assert (refused.status_code, refused.json["codigo"]) == (422, "turno_sin_aceptar")
    entrega_id = sign(coe_id, ana, beto)
    assert send(beto).json["codigo"] == "turno_sin_aceptar"
    accept(entrega_id, beto)
    assert send(beto).json["folio"] == 5 and send(ana).status_code == 422


class Browser:
    """A client that sends forms as their page has them."""

    def __init__(self, app, cuenta_id):
        from albergues_app.accounts.models import Cuenta

        self.client = app.test_client()
        correo = db.session.get_one(Cuenta, cuenta_id).correo
        answer = self.post("/entrar", self.client.get("/entrar").text, correo=correo, clave=CLAVE)
        assert answer.status_code == 303

    def get(self, path):
        return self.client.get(path)

    def post(self, path, page, **fields):
        return self.client.post(path, data={"csrf_token": csrf_of(page), **fields})


@only_sqlite
def test_the_guided_hand_over_is_filled_in_signed_read_and_accepted_on_its_pages(app, coe_id, people):
    ana, beto, carla = people
    coe = f"/coe/{coe_id}"
    take(coe_id, ana)
    hers, his, other = Browser(app, ana), Browser(app, beto), Browser(app, carla)
    assert other.get(f"{coe}/turnos/entregar").status_code == 303  # the shift is not hers
    page = hers.get(f"{coe}/turnos/entregar").text
    assert (
        'name="albergues_abiertos" value="0"' in page
        and str(beto) in page
        and str(ana) not in page.split("op_id")[1]
    )
    fields = {
        "ocurrido_en": f"{clock.to_local(clock.now()):%d/%m/%Y %H:%M}", "albergues_abiertos": "2",
        "personas_albergadas": "9", "entrante_cuenta": str(beto), "clase_entrante": "nocturno",
        "equipo-0-objeto": "Radio portátil", "op_id": str(uuid7()),
    }  # fmt: skip
    sent = hers.post(f"{coe}/turnos/entregar", page, **fields)
    assert sent.status_code == 422  # no situation, and nobody said that all was told
    assert "c-situacion_actual" in sent.text and "c-informo" in sent.text and "Radio portátil" in sent.text
    sent = hers.post(
        f"{coe}/turnos/entregar",
        page,
        **fields | {"situacion_actual": SITUATION, "informo": "1", "op_id": str(uuid7())},
    )
    assert sent.status_code == 303, sent.text
    entrega_path = sent.headers["Location"]
    assert "le entrega el turno" in his.get(coe).text and "Leer y aceptar" in his.get("/").text
    assert "Anotar en la bitácora" not in his.get(coe).text
    assert "Leer y aceptar" not in other.get("/").text
    seen = his.get(entrega_path).text
    assert SITUATION in seen and "Radio portátil" in seen and "Aceptar el turno" in seen
    assert "Aceptar el turno" not in other.get(entrega_path).text
    assert other.post(f"{entrega_path}/aceptar", other.get("/").text).status_code == 422
    done = his.post(f"{entrega_path}/aceptar", seen, nota="")
    assert done.status_code == 303
    assert "Entrega de turno: diurno a nocturno" in his.get(coe).text
    assert "Entrar al turno" in hers.get(coe).text and "Anotar en la bitácora" not in hers.get(coe).text
    assert his.get(f"{entrega_path}/pdf").data.startswith(b"%PDF")
    assert "Con entrega firmada" in other.get(f"{coe}/turnos").text


@only_sqlite
def test_of_a_coe_that_ended_no_page_says_that_somebody_is_still_there(app, coe_id, people):
    ana = people[0]
    take(coe_id, ana)
    hers = Browser(app, ana)
    page = hers.get(f"/coe/{coe_id}/asistencia").text
    came = {"nombre": "Rosa Tut", "institucion": "PDH", "op_id": str(uuid7())}
    when = f"{clock.to_local(clock.now()):%Y-%m-%dT%H:%M}"
    assert hers.post(f"/coe/{coe_id}/asistencia", page, llego_en=when, **came).status_code == 303
    assert "1 presente ·" in hers.get(f"/coe/{coe_id}/asistencia").text
    assert ">en curso<" in hers.get(f"/coe/{coe_id}/turnos").text
    with unit_of_work(SISTEMA):
        deactivate_coe(coe_id, clock.now(), "Terminó")
    there = hers.get(f"/coe/{coe_id}/asistencia").text
    assert "presente ·" not in there and "Rosa Tut" in there and "Sin hora de salida al desactivarse" in there
    page = hers.get(f"/coe/{coe_id}/turnos").text
    assert ">en curso<" not in page and "Turno en curso" not in page


@only_sqlite
def test_outside_its_territory_the_shifts_of_a_coe_do_not_exist_and_who_only_reads_does_not_sign(
    app, coe_id, people
):
    ana, beto, _ = people
    take(coe_id, ana)
    entrega_id = sign(coe_id, ana, beto)
    outside = Browser(app, make_cuenta("sede", departamento="16").id)
    audit = Browser(app, make_cuenta("auditoria").id)
    paths = [
        f"/coe/{coe_id}/{rest}"
        for rest in (
            "turnos", "turnos/recibir", "turnos/entregar", f"entregas-de-turno/{entrega_id}",
            f"entregas-de-turno/{entrega_id}/pdf",
        )
    ]  # fmt: skip
    token = outside.get("/").text
    assert [outside.get(path).status_code for path in paths] == [404] * 5
    for rest in (
        "turnos/recibir",
        "turnos/entrar",
        "turnos/entregar",
        f"entregas-de-turno/{entrega_id}/aceptar",
    ):
        assert outside.post(f"/coe/{coe_id}/{rest}", token).status_code == 404, rest
        assert audit.post(f"/coe/{coe_id}/{rest}", audit.get("/").text).status_code == 403, rest
    assert audit.get(paths[0]).status_code == audit.get(paths[3]).status_code == 200
    other_coe = make_coe("14").id
    mine = Browser(app, beto)
    assert mine.get(f"/coe/{other_coe}/entregas-de-turno/{entrega_id}").status_code == 404


@only_sqlite
def test_who_may_receive_is_who_may_write_there(app, coe_id, people):
    ana, beto, carla = people
    outside, reads, country = (
        make_cuenta("sede", departamento="16").id, make_cuenta("auditoria").id, make_cuenta("nacional").id,
    )  # fmt: skip
    found = {UUID(key) for key, _ in entrega.may_receive(db.session.get_one(Coe, coe_id), ana)}
    assert {beto, carla, country} <= found and not {ana, outside, reads} & found
