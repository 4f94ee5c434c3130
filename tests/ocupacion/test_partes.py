"""The parte diario: proposed and confirmed, as text, five witnesses, silence, and what it says of a total."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from albergues_app.albergues.models import Albergue
from albergues_app.albergues.services import add_contacto
from albergues_app.capturas.models import Registro
from albergues_app.capturas.services import answers_of
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.flujo import cuadre as balance
from albergues_app.ocupacion.flujo import cuadre_of
from albergues_app.ocupacion.models_parte import Descuadre, Llamada, Parte
from albergues_app.ocupacion.parte_texto import read_partes, texto_of
from albergues_app.ocupacion.ritmo import AHEAD, owed_since, proposed_cut, read_horas, silent
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from albergues_app.ocupacion.services.descuadre import explain_descuadre, take_descuadre
from albergues_app.ocupacion.testigos import open_differences
from albergues_app.ocupacion.testigos import testigos_of as witnesses_of
from tests.conftest import expect_refused
from tests.factories.albergues import ingreso, make_activacion, make_albergue, movimiento, persona
from tests.factories.cuentas import SISTEMA, make_identity
from tests.ocupacion.desk_help import hidden

H = timedelta(hours=1)
NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
"""20/11/2026 18:20 in Guatemala."""


@pytest.fixture
def here(app):
    """A shelter open for two days, with three women and one man by name since yesterday."""
    with clock.frozen(NOW):
        activacion = make_activacion(make_albergue(capacidad=80, nombre="Escuela de Tzalbal"))
        people = [persona(nombres=n) for n in ("Ana", "Rosa", "Juana")]
        ingreso(activacion, *people, persona(sexo="hombre", edad=70), ocurrido_en=NOW - 20 * H)
        yield activacion


def parte(activacion, personas, hours=0.0, **more):
    with unit_of_work(SISTEMA):
        when = NOW - timedelta(hours=hours)
        data = {"fuente": "conteo_fisico", **more}
        return register_parte(ParteNuevo(uuid7(), activacion.id, when, personas=personas, **data))


# ---- as text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("PARTE 1401-003 F12 P58 M30 H28", ("1401-003", None, 58, 12, 30, 28)),
        ("parte 1401-3 h:28 m 30 p=58 f 12", ("1401-003", None, 58, 12, 30, 28)),
        ("1401-003: 58 personas, 12 familias", ("1401-003", None, 58, 12, None, None)),
        ("PARTE 1401–003 P1,058 20/11/2026 06:00", ("1401-003", "20/11/2026 06:00", 1058, None, None, None)),
        ("parte 1401-003 ayer 6 pm p58", ("1401-003", "19/11/2026 18:00", 58, None, None, None)),
        ("Parte 1401-003 1800 hrs p58", ("1401-003", "20/11/2026 18:00", 58, None, None, None)),
        ("parte 1401-003 23:30 p58", ("1401-003", "19/11/2026 23:30", 58, None, None, None)),
        ("[20/11/26 18:05] Juan: PARTE 1401-003\nF12\nP58", ("1401-003", None, None, None, None, None)),
    ],
)
def test_a_line_is_read_as_people_write_it(text, wanted):
    [one] = read_partes(text, NOW)
    corte = f"{clock.to_local(one.corte):%d/%m/%Y %H:%M}" if one.corte else None
    assert (one.codigo, corte, one.personas, one.familias, one.mujeres, one.hombres) == wanted


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("PARTE 1401-003 58 12 30 28", "No se entiende «58 12 30 28»"),
        ("PARTE 1401-003 P58 P60", "dos números de personas: 58 y 60"),
        ("PARTE 1401-003 F12", "Faltan las personas"),
        ("PARTE P58", "Falta el código"),
        ("PARTE 1401-003 1402-001 P58", "dos códigos"),
        ("PARTE 1401-003 P58 25:00", "«25:00» no existe"),
        ("PARTE 1401-003 P58 31/02/2026 18:00", "no existe"),
        ("PARTE 1401-003 P58 06:00 18:00", "dos horas"),
        ("PARTE 1401-003 P58 20/11", "le falta la hora"),
        ("PARTE 1401-003 P58 N5", "No se entiende «n5»"),
    ],
)
def test_what_could_mean_two_things_is_a_doubt_and_never_a_guess(text, doubt):
    [one] = read_partes(text, NOW)
    assert any(doubt in said for said in one.dudas), one.dudas


numbers = st.integers(0, 99_999)
SAME_APP = [HealthCheck.function_scoped_fixture]


@settings(max_examples=150, deadline=None, suppress_health_check=SAME_APP)
@given(
    people=numbers, families=st.none() | numbers, women=st.none() | numbers, men=st.none() | numbers,
    minutes=st.integers(0, 400 * 24 * 60), source=st.sampled_from(["conteo_fisico", "registro_nominal", "estimacion"]),
    capacity=st.none() | numbers, name=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30),
    hidden_place=st.booleans(),
)  # fmt: skip
def test_what_we_copy_is_read_back_as_it_was(
    app, people, families, women, men, minutes, source, capacity, name, hidden_place
):
    corte = NOW.replace(second=0) - timedelta(minutes=minutes)
    site = Albergue(codigo="1413-007", nombre=name, municipio_codigo="1413", ubicacion_reservada=hidden_place)
    row = Parte(
        corte=corte, fuente=source, personas=people, familias=families, mujeres=women, hombres=men
    )  # fmt: skip
    first = texto_of(row, site, None).splitlines()[0]
    [one] = read_partes(first, NOW)
    assert (one.codigo, one.corte, one.fuente) == ("1413-007", corte, source)
    assert (one.personas, one.familias, one.mujeres, one.hombres) == (people, families, women, men)
    assert one.dudas == [] and one.sobra == []
    if hidden_place:
        assert "Nebaj" not in texto_of(row, site, capacity)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text("partePARTE0123456789-/: fpmhFPMH,\n", max_size=120))
def test_any_text_is_read_without_falling(text):
    for one in read_partes(text, NOW):
        assert one.personas is None or 0 <= one.personas <= 100_000


def test_the_radio_pastes_many_looks_and_saves(here, entra):
    other = make_activacion(make_albergue("1405", nombre="Iglesia de Cotzal"))
    make_activacion(make_albergue("0901", nombre="Ajeno"))
    client = entra("sede", departamento="14")
    codes = here.albergue_codigo, other.albergue_codigo
    text = f"PARTE {codes[0]} F2 P4 M3 H1 18:00\nparte {codes[1]} p9 f3 conteo\nPARTE 0901-001 P5\nPARTE {codes[1]} 7 8"
    page = client.get("/partes/mensaje").text
    data = {**hidden(page, '<form class="panel"'), "texto": text, "fuente": "", "accion": "leer"}
    seen = client.post("/partes/mensaje", data=data).text
    assert db.session.query(Parte).count() == 0
    assert "Escuela de Tzalbal" in seen and "Iglesia de Cotzal" in seen and "Ajeno" not in seen
    assert "Ningún albergue abierto de su territorio tiene ese código" in seen
    assert "Sin hora: se propone 20/11/2026 18:00" in seen and "No se entiende «7 8»" in seen
    form = hidden(seen, '<form class="pila"')
    for n, (code, people, source) in enumerate([(codes[0], 4, ""), (codes[1], 9, "conteo_fisico")]):
        form |= {
            f"r{n}-codigo": code, f"r{n}-corte": "20/11/2026 18:00", f"r{n}-fuente": source,
            f"r{n}-personas": str(people), f"r{n}-va": "1",
        }  # fmt: skip
    again = client.post("/partes/mensaje", data={**form, "accion": "guardar"})
    assert again.status_code == 422 and "Cómo se contó" in again.text and "Se guardó 1 parte" in again.text
    assert [(p.albergue_codigo, p.personas) for p in db.session.query(Parte)] == [(codes[1], 9)]
    assert "Quedan 3 sin guardar" in again.text
    left = {**hidden(again.text, '<form class="pila"'), "accion": "guardar"}
    left |= {
        "r0-codigo": codes[0],
        "r0-corte": "20/11/2026 18:00",
        "r0-fuente": "estimacion",
        "r0-personas": "4",
    }
    offered = client.post("/partes/mensaje", data=left).text  # corrected, and the tick forgotten
    assert 'name="r0-va" value="1" checked' in offered and db.session.query(Parte).count() == 1
    for _ in range(2):  # pressed twice
        kept = client.post("/partes/mensaje", data={**left, "r0-va": "1"}).text
        assert "Quedan 2 sin guardar" in kept and "«PARTE 0901-001 P5»" in kept
    assert sorted(p.personas for p in db.session.query(Parte)) == [4, 9]


# ---- the form


def open_form(client, activacion):
    page = client.get(f"/activaciones/{activacion.id}/partes/nuevo")
    assert page.status_code == 200
    return page.text


def proposals(page: str) -> dict[str, str]:
    return {k.removeprefix("_propuesto-"): v for k, v in hidden(page).items() if k.startswith("_propuesto-")}


def answers(row: Parte) -> dict:
    return {k: v for k, v in answers_of(db.session.get_one(Registro, row.id)).items() if v is not None}


def test_what_is_proposed_counts_only_when_somebody_says_so(here, entra):
    parte(here, 9, 24)
    client = entra("albergue", municipio="1413")
    page = open_form(client, here)
    seen = proposals(page)
    assert (seen["personas"], seen["mujeres"], seen["hombres"], seen["familias"]) == ("4", "3", "1", "1")
    assert (seen["hombres_60_mas"], seen["personas_anterior"], seen["ingresos"]) == ("1", "9", "4")
    assert seen["corte"] == "20/11/2026 18:00"
    assert not {"conteo_fisico", "pernoctaron", "raciones_cena"} & set(seen)
    url, sent = (
        f"/activaciones/{here.id}/partes/nuevo",
        {**hidden(page), **seen, "fuente": "registro_nominal"},
    )
    refused = client.post(url, data=sent)
    assert refused.status_code == 422 and "no los ha confirmado nadie" in refused.text
    assert db.session.query(Parte).count() == 1 and 'value="registro_nominal" selected' in refused.text
    done = client.post(
        url, data={**sent, "confirma": "primero", "raciones_cena": "6", "raciones_almuerzo": "3"}
    )
    assert done.status_code == 303, done.text
    told = client.get(done.location).text
    assert "No se guardó lo propuesto que no se confirmó" in told and "Mujeres y hombres por edad" in told
    row = db.session.query(Parte).order_by(Parte.corte.desc()).first()
    assert (row.personas, row.raciones, row.pernoctaron) == (4, 6, None)
    kept = answers(row)
    assert (kept["raciones_cena"], kept["personas"]) == (6, 4)
    assert "mujeres_30_59" not in kept and "ingresos" not in kept


def test_a_confirmed_part_is_kept_and_carried_to_the_next_day(here, entra):
    client = entra("albergue", municipio="1413")
    page = open_form(client, here)
    url = f"/activaciones/{here.id}/partes/nuevo"
    sent = {
        **hidden(page), **proposals(page), "fuente": "conteo_fisico", "confirma": ["primero", "edades"],
        "duchas": "3", "pernoctaron": "4", "seguridad_pnc": "Sí",
    }  # fmt: skip
    assert client.post(url, data=sent).status_code == 303
    row = db.session.query(Parte).one()
    kept = answers(row)
    assert (kept["hombres_60_mas"], kept["pernoctaron"], row.pernoctaron) == (1, 4, 4)
    assert "ingresos" not in kept
    with clock.frozen(NOW + 12 * H):
        tomorrow = proposals(open_form(entra("albergue", municipio="1413"), here))
    assert (tomorrow["duchas"], tomorrow["seguridad_pnc"], tomorrow["personas_anterior"]) == ("3", "Sí", "4")
    assert tomorrow["corte"] == "21/11/2026 06:00" and "pernoctaron" not in tomorrow


def test_doubtful_numbers_warn_and_are_never_refused(here):
    first = parte(here, 4, 10)
    assert first["avisos"] == []
    movimiento(here, "egreso", _anybody(here), ocurrido_en=NOW - 5 * H)
    codes = {a["codigo"]: a["mensaje"] for a in parte(here, 40, familias=2, fuente="estimacion")["avisos"]}
    assert set(codes) == {"familias_dudosas", "difiere_del_registro", "no_cuadra_con_anterior"}
    assert "entraron 0 y salieron 1: serían 3, no 40" in codes["no_cuadra_con_anterior"]
    assert parte(here, 3)["avisos"] == []


def _anybody(activacion) -> UUID:
    from albergues_app.ocupacion.models_derivadas import Estancia

    return (
        db.session.query(Estancia).filter_by(activacion_id=activacion.id, egreso_en=None).first().persona_id
    )


# ---- five witnesses


def test_each_witness_is_held_against_the_register_at_its_own_hour(here):
    parte(here, 4, 10, pernoctaron=3, raciones=5)
    ingreso(here, persona(), ocurrido_en=NOW - 2 * H)  # after the count: no difference
    seen = {t.codigo: (t.valor, t.frente, t.diferencia) for t in witnesses_of(here.id).lista}
    assert seen == {
        "declaradas": (4, 4, 0), "nominal": (5, None, None), "fisico": (4, 4, 0), "raciones": (5, 4, 1),
        "camas": (3, 4, -1),
    }  # fmt: skip
    ingreso(here, persona(), ocurrido_en=NOW - 12 * H)  # a late paper entry heals one and shows the others
    assert {t.codigo: t.diferencia for t in witnesses_of(here.id).lista if t.diferencia is not None} == {
        "declaradas": -1, "fisico": -1, "raciones": 0, "camas": -2,
    }  # fmt: skip


def test_a_difference_opens_is_taken_explained_and_does_not_come_back_unless_it_changes(here, entra):
    identity = make_identity("sede", departamento="14")
    parte(here, 4, 12)
    assert open_differences(identity) == ([], 1) and db.session.query(Descuadre).count() == 0
    parte(here, 7, 6)
    parte(here, 7, 5)
    [[one], _looked] = open_differences(identity)
    assert (one.testigos.diferencia, one.desde, one.quien) == (3, NOW - 6 * H, None)
    client = entra("sede", departamento="14")
    page = client.get(f"/activaciones/{here.id}").text
    assert "Nadie se encarga todavía" in page and "Difieren en +3" in page
    form = hidden(page, f"/activaciones/{here.id}/diferencia")
    url = f"/activaciones/{here.id}/diferencia"
    assert client.post(url, data={**form, "accion": "tomar", "nota": "Llamo a Nebaj"}).status_code == 303
    listed = client.get("/diferencias").text
    assert "Cuenta sede" in listed and "Llamo a Nebaj" in listed and "1 albergue no cuadra" in listed
    with unit_of_work(SISTEMA), expect_refused("falta_explicacion"):
        explain_descuadre(here.id, "ok")
    with unit_of_work(SISTEMA):
        explain_descuadre(here.id, "Tres personas trabajan de noche")
    parte(here, 7, 4)
    assert open_differences(identity)[0] == []
    parte(here, 8, 3)
    [[again], _looked] = open_differences(identity)
    assert (again.testigos.diferencia, again.desde, again.quien) == (4, NOW - 3 * H, None)
    parte(here, 4, 2)
    assert open_differences(identity)[0] == []
    assert db.session.query(Descuadre).filter_by(cerrado_en=None).count() == 0
    with unit_of_work(SISTEMA), expect_refused("ya_cuadra"):
        take_descuadre(here.id, None)


def test_without_names_the_witnesses_are_held_against_what_was_declared(app):
    with clock.frozen(NOW):
        counted = make_activacion()
        parte(counted, 40, 1, fuente="estimacion", conteo_fisico=38, raciones=40)
        seen = witnesses_of(counted.id)
        assert (seen.nominal, seen.diferencia) == (False, -2)


# ---- silence


@settings(max_examples=200, deadline=None, suppress_health_check=SAME_APP)
@given(
    horas=st.sets(st.times(), min_size=1, max_size=4), opened=st.integers(0, 10 * 24 * 60),
    last=st.none() | st.integers(0, 5 * 24 * 60), data=st.data(),
)  # fmt: skip
def test_what_is_owed_is_the_first_cut_without_a_parte(app, horas, opened, last, data):
    """Against a walk minute by minute over the days."""
    hours = tuple(sorted({time(h.hour, h.minute) for h in horas}))
    start = NOW - timedelta(minutes=opened)
    corte = None if last is None or last > opened else NOW - timedelta(minutes=last)
    covered = start if corte is None else max(start, corte + AHEAD)
    minute, found = NOW.replace(second=0) - timedelta(days=11), None
    while minute <= NOW - timedelta(minutes=30):
        if minute > covered and clock.to_local(minute).time() in hours:
            found = minute
            break
        minute += timedelta(minutes=1)
    assert owed_since(hours, start, corte, NOW) == found


@pytest.mark.parametrize(
    ("written", "proposed"),
    [("16:26", "16:26"), ("17:59", "17:59"), ("18:00", "18:00"), ("18:20", "18:00"), ("20:59", "18:00"), ("21:01", "21:01")],
)  # fmt: skip
def test_the_cut_proposed_is_never_one_still_to_come(app, written, proposed):
    """A parte of 18:00 written at 16:26 was in no figure until 18:00: who had just sent it read «Último parte nunca»."""

    def local(hour: str) -> datetime:
        return clock.as_utc(datetime.combine(clock.local_day(NOW), time.fromisoformat(hour), clock.LOCAL))

    assert proposed_cut(read_horas("6:00, 18:00"), local(written)) == local(proposed)


def test_what_is_sent_as_proposed_is_seen_at_once(here, entra):
    with clock.frozen(NOW - 2 * H):  # 16:20: the next cut is near
        client = entra("albergue", municipio="1413")
        page = open_form(client, here)
        sent = {**hidden(page), "corte": proposals(page)["corte"], "personas": "7", "fuente": "conteo_fisico"}
        done = client.post(f"/activaciones/{here.id}/partes/nuevo", data=sent)
        assert done.status_code == 303, done.text
        seen = " ".join(re.sub("<[^>]+>", " ", client.get(f"/activaciones/{here.id}").text).split())
        assert "Declaradas en el parte 7 4 +3 ahora (20/11/2026 16:20)" in seen


def test_a_silent_shelter_is_called_and_the_attempt_noted(here, entra):
    with unit_of_work(SISTEMA):
        add_contacto(db.session.get_one(Albergue, here.albergue_id), "encargado_noche", "Ana", "55501234")
    parte(here, 4, 13)
    later = NOW + timedelta(minutes=15)
    with clock.frozen(later):
        [late] = silent(make_identity("sede", departamento="14"), later)
        assert (late.desde, late.personas) == (datetime(2026, 11, 21, 0, 0, tzinfo=UTC), 4)
        assert silent(make_identity("sede", departamento="09"), later) == []
        client = entra("sede", departamento="14")
        page = client.get("/llamadas").text
        assert (
            'href="tel:+50255501234"' in page and "Nadie ha llamado todavía" in page and "hoy 18:00" in page
        )
        url = f"/activaciones/{here.id}/llamadas"
        data = {**hidden(page, url), "resultado": "no_contesto", "nota": "Suena y nada"}
        refused = client.post(url, data={**data, "resultado": ""})
        assert refused.status_code == 422 and 'value="Suena y nada"' in refused.text
        for _ in range(2):
            assert client.post(url, data=data).status_code == 303
        assert db.session.query(Llamada).count() == 1
        page = client.get("/llamadas").text
        assert "no contestó" in page and "Suena y nada" in page
        assert "1 albergue sin parte desde hoy 18:00" in client.get("/").text
        emergency = client.get(f"/emergencias/{here.emergencia_id}").text
        assert "1 debe su parte" in emergency and "4 personas" in emergency
        parte(here, 4, -0.2)
        assert silent(make_identity(), later) == []
    assert read_horas("18:00, 6:00 18:00") == (time(6), time(18))


def test_a_night_shelter_has_its_own_hours(here, entra):
    parte(here, 4, 1)
    client = entra("sede", departamento="14")
    url = f"/activaciones/{here.id}/horas-de-parte"
    page = client.get(url).text
    refused = client.post(url, data={**hidden(page, "<form class"), "turno": "otras", "horas": "25:00"})
    assert refused.status_code == 422 and "de una a ocho horas" in refused.text
    assert client.post(url, data={**hidden(page, "<form class"), "turno": "noche"}).status_code == 303
    late = NOW.replace(hour=13, minute=31)  # 07:31 of the next day: the morning parte of 07:00
    assert [c.desde.hour for c in silent(make_identity(), late)] == [3]  # 21:00 the evening before
    with clock.frozen(late):
        parte(here, 4, -3)
        assert [c.desde.hour for c in silent(make_identity(), late)] == [13]


def test_a_total_says_how_much_of_it_was_heard_of_in_time(here, entra):
    other = make_activacion(make_albergue("1405", nombre="Iglesia de Cotzal"))
    third = make_activacion(make_albergue("0901"))
    parte(here, 4, 13)
    parte(other, 7, 1)
    parte(third, 1, 1)
    assert cuadro(make_identity(), "pais").total.cobertura == 66  # 8 of 12
    page = entra("sede", departamento="14").get("/").text
    assert "con reportes de no más de 12 h, 63 % de las personas" in page  # 7 of 11
    then = cuadro(make_identity(), "pais", NOW - 5 * H).total
    assert (then.con_parte, then.cobertura) == (4, 100)


def test_the_balance_page_shows_three_measures_and_no_residue(here, entra):
    movimiento(here, "egreso", _anybody(here), ocurrido_en=NOW - 3 * H)
    page = entra("sede", departamento="14").get("/cuadre?por=albergue").text
    assert "Escuela de Tzalbal" in page and "sin explicar" not in page
    measures = [page.split(f'{name}</div><div class="val">')[1][:1] for name in
                ("Presentes ahora", "Personas atendidas desde el inicio", "Noches servidas")]  # fmt: skip
    assert measures == ["3", "4", "4"]
    assert (
        entra("registro", albergue=here.albergue_codigo)
        .get("/cuadre?desde=2026-11-20T18:00&hasta=2026-11-19T18:00")
        .status_code
        == 422
    )


def test_a_fact_dated_ahead_of_the_clock_is_not_yet_in_the_balance(here):
    movimiento(here, "egreso", _anybody(here), ocurrido_en=NOW - H)
    ingreso(here, persona(), ocurrido_en=NOW + H)
    for found in (cuadre_of(here.id, NOW - 5 * H), balance(make_identity(), "pais", NOW - 5 * H).total):
        assert (found.habia, found.entraron, found.salieron, found.hay, found.residuo) == (4, 0, 1, 3, 0)
