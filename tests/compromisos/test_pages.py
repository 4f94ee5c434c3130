"""The pages of commitments: each filter in the address, one form per act, reminders, and a calendar that tells nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import select

from albergues_app.accounts.models import Cuenta
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.services import RegistroNuevo, save_registro
from albergues_app.compromisos import calendario
from albergues_app.compromisos.models import Compromiso
from albergues_app.compromisos.services import Origen, Plazo, fulfil, reschedule
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Result
from albergues_app.territorio.catalogo import catalogo
from tests.factories.albergues import make_emergencia
from tests.factories.coe import make_coe
from tests.factories.compromisos import make_compromiso
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.web.test_hoy import counted, text_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)
NOON = datetime(2026, 11, 20, 18, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def noon():
    with clock.frozen(NOON):
        yield


@pytest.fixture
def sede(noon, entra):
    return entra("sede", departamento="14")


def sent(client, path, page=None, **fields):
    """Post as the page would."""
    token = csrf_of(client.get(page or path).text)
    return client.post(path, data={"csrf_token": token, "op_id": str(uuid7()), **fields})


def the_only() -> Compromiso:
    db.session.rollback()
    return db.session.scalars(select(Compromiso)).one()


def folios(client, **args) -> list[str]:
    return re.findall(r'"cod">(CP-[^<]+)<', client.get("/compromisos", query_string=args).text)


def newest(correo_like: str) -> UUID:
    return db.session.scalars(select(Cuenta.id).where(Cuenta.correo.startswith(correo_like))).all()[-1]


def test_a_commitment_from_its_form_to_its_verification(sede, entra, app):
    municipal = entra("municipal", municipio="1413")
    correo = db.session.scalars(select(Cuenta.correo).where(Cuenta.rol == "municipal")).one()
    page = "/compromisos/nuevo"
    bad = sent(sede, page, descripcion="Enviar el acta", fecha="")
    assert bad.status_code == 422 and "Escriba para cuándo" in bad.text and "Enviar el acta" in bad.text
    assert "Escriba quién responde" in bad.text
    done = sent(
        sede, page, descripcion="Enviar <b>el acta</b>", institucion="Municipalidad de Nebaj", correo=correo.upper(),
        fecha="2026-11-25", lugar="1413", origen="reunion", origen_folio="COMUDE", prioridad="urgente",
    )  # fmt: skip
    assert done.status_code == 303, done.text
    row = the_only()
    assert (row.folio, row.vence_en, row.con_hora) == (
        "CP-1413-2026-001",
        clock.day_end(date(2026, 11, 25)),
        False,
    )
    own = f"/compromisos/{row.id}"
    assert "CP-1413-2026-001" in municipal.get("/compromisos/mios").text
    assert "Enviar &lt;b&gt;el acta&lt;/b&gt;" in municipal.get(own).text

    moved = sent(sede, f"{own}/fechas", own, fecha="2026-11-28", hora="18:00", motivo_fecha="Hubo asueto")
    assert moved.status_code == 303
    no_reason = sent(sede, f"{own}/fechas", own, fecha="2026-11-29")
    assert no_reason.status_code == 422 and "Escriba por qué se cambia la fecha" in no_reason.text
    pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
    wrong = sent(municipal, f"{own}/cumplimiento", own, evidencia="Va", archivo=(BytesIO(b"MZ"), "a.pdf"))
    assert wrong.status_code == 422 and "no es PDF" in wrong.text and ">Va<" in wrong.text
    did = sent(municipal, f"{own}/cumplimiento", own, evidencia="Acta 12", archivo=(BytesIO(pdf), "a.pdf"))
    assert did.status_code == 303
    history = text_of(sede, own)
    assert "del 25/11/2026 al 28/11/2026 18:00" in history and "Hubo asueto" in history
    (link,) = set(re.findall(rf'href="({own}/evidencias/[^"]+)"', sede.get(own).text))
    assert sede.get(link).data == pdf
    assert "Debe verificarlo otra persona" in municipal.get(own).text
    mine = sent(municipal, f"{own}/verificacion", own, resultado="cumple")
    assert mine.status_code == 422 and "Debe verificarlo otra persona" in mine.text
    assert sent(sede, f"{own}/verificacion", own, resultado="cumple").status_code == 303
    assert folios(sede) == [] and folios(sede, estado="cerrados") == ["CP-1413-2026-001"]
    late = sent(sede, f"{own}/cancelacion", own, motivo_cancelar="Ya no")
    assert late.status_code == 422 and "ya se cerró" in late.text


def test_each_filter_stands_in_the_address(sede, noon):
    emergencia = make_emergencia(("14", "08")).id
    coe = make_coe("14", emergencia).id
    me = newest("sede")
    late = make_compromiso(vence_en=NOON - 2 * DAY, institucion="CONRED", prioridad="urgente")
    soon = make_compromiso("1420", vence_en=NOON + 2 * DAY, cuenta_id=me, descripcion="Reparar 3 inodoros")
    calm = make_compromiso(
        "14", vence_en=NOON + 30 * DAY, origen=Origen("coe", uuid7(), "7", coe), emergencia_id=emergencia
    )
    old = make_compromiso(vence_en=NOON - 9 * DAY, institucion="Conred")
    make_compromiso("0801", vence_en=NOON)
    names = {key: db.session.get_one(Compromiso, key).folio for key in (late, soon, calm, old)}
    for asked, wanted in (
        ({}, (old, late, soon, calm)),
        ({"luz": "rojo"}, (old, late)),
        ({"luz": "ambar"}, (soon,)),
        ({"luz": "verde"}, (calm,)),
        ({"institucion": "conred"}, (old, late)),
        ({"municipio": "1420"}, (soon,)),
        ({"departamento": "14"}, (old, late, soon, calm)),
        ({"departamento": "08"}, ()),
        ({"sede": catalogo().sede_de["1413"]}, (old, late, soon, calm)),
        ({"prioridad": "urgente"}, (late,)),
        ({"origen": "coe"}, (calm,)),
        ({"coe": str(coe)}, (calm,)),
        ({"emergencia": str(emergencia)}, (calm,)),
        ({"quien": "mios"}, (soon,)),
        ({"escala": "nacional"}, (old,)),
        ({"q": "INODOROS"}, (soon,)),
        ({"estado": "por_verificar"}, ()),
        ({"luz": "violeta", "estado": "x", "coe": "no", "pagina": "²"}, (old, late, soon, calm)),
    ):
        assert folios(sede, **asked) == [names[key] for key in wanted], asked
    for por, row in (
        ("institucion", "CONRED 2 0 0 0"), ("municipio", "Santa María Nebaj, Quiché 2 0 0 0"),
        ("emergencia", "Tormenta de práctica 0 0 1 0"),
        ("departamento", "Quiché 2 1 1 0"),
    ):  # fmt: skip
        assert row in re.sub("Conred", "CONRED", text_of(sede, f"/compromisos/resumen?por={por}")), por


def test_the_list_costs_the_same_for_three_and_for_sixty_and_goes_by_pages(sede, noon):
    def cost():
        with counted() as seen:
            sede.get("/compromisos")
        return len([s for s in seen if "FROM compromiso" in s])

    for n in range(3):
        make_compromiso(vence_en=NOON + n * DAY)
    few = cost()
    for n in range(57):
        make_compromiso(vence_en=NOON + (n + 3) * DAY)
    assert cost() == few
    first, second = folios(sede), folios(sede, pagina=2)
    assert (len(first), len(second), len(set(first + second))) == (50, 10, 60)
    assert (
        'rel="next"' in sede.get("/compromisos").text
        and 'rel="prev"' in sede.get("/compromisos?pagina=2").text
    )


def test_an_entry_of_the_log_becomes_a_commitment(sede, noon, entra):
    coe = make_coe("14").id
    log = f"/coe/{coe}"
    wrote = sent(
        sede, log, ocurrido_en="2026-11-20T11:50", tipo="solicitud", asunto="Cisterna para Playa Grande",
        detalle="Piden 5,000 litros", territorio="1420",
    )  # fmt: skip
    assert wrote.status_code == 303 and wrote.headers["Location"] == log
    page = f"{log}/entradas/2/compromiso"
    assert "Cisterna para Playa Grande</textarea>" in sede.get(page).text
    made = sent(
        sede,
        page,
        descripcion="Cisterna para Playa Grande",
        institucion="Bomberos",
        fecha="2026-11-20",
        hora="18:00",
    )
    assert made.status_code == 303, made.text
    row = the_only()
    assert (row.origen_clase, row.origen_folio, row.coe_id, row.municipio_codigo) == (
        "coe", "COE departamental de Quiché, folio 2", coe, "1420",
    )  # fmt: skip
    said = text_of(sede, log)
    assert "Compromisos por hacer 1" in said and "Vence hoy 18:00" in said
    assert "De este folio ya salió" in sede.get(page).text
    assert f"/compromisos/{row.id}" in sede.get("/buscar?q=cp-1420").text
    assert sede.get(f"{log}/entradas/9/compromiso").status_code == 404
    assert entra("sede", departamento="08").get(page).status_code == 404


def test_reminders_say_who_what_and_by_when_and_go_as_text(sede, noon):
    make_compromiso(vence_en=NOON - 3 * DAY, descripcion="Enviar el acta <x>")
    make_compromiso(vence_en=NOON + timedelta(hours=6), responsable="Diego Brito", institucion=None)
    make_compromiso(vence_en=NOON + 60 * DAY, descripcion="Lejos")
    page = sede.get("/compromisos/recordatorio").text
    (text,) = re.findall(r'<textarea[^>]*id="texto"[^>]*>([^<]*)</textarea>', page)
    assert text.splitlines()[1:] == [
        "",
        "Ana Xiloj · Municipalidad de Nebaj",
        "- Venció el 17/11/2026 a las 12:00: Enviar el acta &lt;x&gt; (Santa María Nebaj, Quiché; CP-1413-2026-001)",
        "",
        "Diego Brito",
        "- Vence hoy a las 18:00: Enviar el punto de acta del salón municipal (Santa María Nebaj, Quiché; CP-1413-2026-002)",
    ]
    assert "Lejos" not in page


def test_the_day_shows_them_in_order_of_urgency(sede, noon):
    me = newest("sede")
    make_compromiso(cuenta_id=me, vence_en=NOON - timedelta(hours=2), descripcion="Llamar a Chel por radio")
    make_compromiso(vence_en=NOON - 3 * DAY)
    done = make_compromiso()
    with unit_of_work(SISTEMA):
        fulfil(done, "Hecho")
    said = text_of(sede, "/")
    first, second, third = (
        said.index(words)
        for words in (
            "Compromiso a su cargo, vencido: Ana Xiloj",
            "Compromiso vencido: Ana Xiloj",
            "1 compromiso por verificar",
        )
    )
    assert first < second < third and "Llamar a Chel por radio" in said and "Venció el 17/11/2026" in said


# --- the calendar ------------------------------------------------------------------------------------


@pytest.fixture
def feed(sede, client):
    def address(**fields):
        made = sent(sede, "/compromisos/calendario", **fields)
        assert made.status_code == 303
        page = sede.get("/compromisos/calendario").text
        (shown,) = re.findall(r"https?://[^<\s]+\.ics", page)
        return "/" + shown.split("/", 3)[3]

    return address


def test_the_calendar_tells_dates_and_places_and_nothing_that_somebody_typed(sede, feed, client, noon):
    me = newest("sede")
    key = make_compromiso(
        cuenta_id=me, vence_en=clock.day_end(date(2026, 11, 25)), con_hora=False,
        descripcion="Llevar a Candelaria Raymundo", responsable="Rosa; Brito, \\n BEGIN:VEVENT", institucion="Casa Xiloj",
        prioridad="urgente",
    )  # fmt: skip
    make_compromiso()
    with unit_of_work(SISTEMA):
        reschedule(key, Plazo(NOON + timedelta(hours=7), True), "Lo pidió Candelaria")
    path = feed(alcance="mios")
    answer = client.get(path)
    assert answer.mimetype == "text/calendar" and answer.headers["Cache-Control"] == "private, no-cache"
    for word in ("Candelaria", "Raymundo", "Rosa", "Xiloj"):
        assert word not in answer.text
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["UID"] == f"{key}@compromisos.albergues"
    assert event.decoded("DTSTART") == NOON + timedelta(hours=7)
    assert (int(event["SEQUENCE"]), int(event["PRIORITY"])) == (1, 1)
    assert str(event["SUMMARY"]) == "Vence CP-1413-2026-001 · Santa María Nebaj, Quiché"
    assert str(event["URL"]).endswith(f"/compromisos/{key}")
    assert client.get(path).data == answer.data
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_it_is_written_as_rfc_5545_wants_it(sede, feed, client, noon):
    """CRLF, lines of 75 octets at most folded with a space, commas and line ends escaped, days as days."""
    make_compromiso("1420", vence_en=clock.day_end(date(2026, 12, 1)), con_hora=False)
    raw = client.get(feed(alcance="territorio")).data
    lines = raw.split(b"\r\n")
    assert raw.endswith(b"END:VCALENDAR\r\n") and b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, lines)) <= 75 and any(line.startswith(b" ") for line in lines)
    whole = raw.replace(b"\r\n ", b"").decode()
    assert "DTSTART;VALUE=DATE:20261201" in whole
    assert "\\, Quiché" in whole and "rutina.\\nSale de" in whole
    assert {"BEGIN:VCALENDAR", "VERSION:2.0", "END:VEVENT"} <= set(whole.splitlines())


def test_an_address_ends_at_once_and_follows_its_account(sede, feed, client, noon):
    make_compromiso()
    first = feed(alcance="territorio")
    assert b"CP-1413" in client.get(first).data
    second = feed(alcance="territorio")
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    assert first.split("/")[-1] not in sede.get("/compromisos/calendario").text
    with unit_of_work(SISTEMA):
        db.session.get_one(Cuenta, newest("sede")).activa = False
    assert client.get(second).status_code == 404
    with unit_of_work(SISTEMA):
        db.session.get_one(Cuenta, newest("sede")).activa = True
    assert client.get(second).status_code == 200
    assert sent(sede, "/compromisos/calendario/revocacion", "/compromisos/calendario").status_code == 303
    assert client.get(second).status_code == 404
    assert client.get("/compromisos/calendario/x.ics").status_code == 404
    assert calendario.calendar_of(newest("sede")) is None


# --- from a filled sheet -----------------------------------------------------------------------------


def test_what_a_visit_wrote_goes_to_the_list_once(sede, noon, entra):
    rows = [
        {"descripcion": "Poner rampa", "responsable": "Juan Brito", "institucion": "Muni",
         "fecha_compromiso": date(2026, 12, 15), "prioridad": "urgente"},
        {"descripcion": "Comprar cloro", "institucion": "Muni", "fecha_compromiso": date(2026, 11, 30)},
        {"descripcion": "Sin fecha", "institucion": "Muni"},
    ]  # fmt: skip
    key, lugar = uuid7(), Lugar("municipio:1413", "Nebaj", "14", "1413")
    with unit_of_work(SISTEMA):
        answers = {"fecha": date(2026, 11, 20), "compromisos": rows}
        save_registro(RegistroNuevo(key, formatos.latest("visita_asesoria"), lugar, Result(answers)))
    page = f"/compromisos/de-registro/{key}"
    assert page in sede.get(f"/registros/{key}").text
    offered = sede.get(page).text
    (first, second) = re.findall(r'name="compromiso" value="([^"]+)"', offered)
    assert "Poner rampa" in offered and "15/12/2026" in offered and "Sin fecha" not in offered
    assert sent(sede, page).status_code == 422
    assert sent(sede, page, compromiso=[first]).status_code == 303
    row = the_only()
    assert (row.origen_clase, row.origen_id, row.prioridad, row.vence_en) == (
        "visita", key, "urgente", clock.day_end(date(2026, 12, 15)),
    )  # fmt: skip
    assert "Ya está en la lista" in sede.get(page).text
    assert sent(sede, page, compromiso=[first, second]).status_code == 303, "the first is there already"
    assert len(folios(sede)) == 2
    assert entra("sede", departamento="08").get(page).status_code == 404
    assert f"/registros/{key}" in sede.get(f"/compromisos/{row.id}").text
