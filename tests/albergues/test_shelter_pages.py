"""The page of an open shelter, its closing in three steps, and its acts."""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from albergues_app.albergues.acts import issue_acta, render_acta
from albergues_app.albergues.models import Acta, Activacion, ActivacionTransicion
from albergues_app.audit.models import Lectura
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.closing import opening_figures
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.services import ParteNuevo, register_parte, transition_activacion
from albergues_app.ocupacion.verify import differences
from tests.albergues.test_site_pages import XSS, post
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, csrf_of
from tests.pdf import text_of

H = timedelta(hours=1)


def figure(page, label):
    """The big figure under a label of the page."""
    found = re.search(
        rf'<div class="rot">{label}[^<]*</div><div class="val[^"]*">(?:<span[^>]*>)?([^<]+)<', page
    )
    assert found, label
    return found.group(1)


@pytest.fixture
def shelter(app):
    """A shelter with three households, one person out for a while, one gone."""
    row = make_activacion(make_albergue("1413", 10, nombre="Salón de Nebaj"), administrador="Marta Ical")
    people = []
    for sexes in (("mujer", "hombre", "mujer"), ("mujer", "hombre"), ("no_registrado",)):
        body = ingreso(row, *(persona(nombres="Ana", sexo=s, edad=34) for s in sexes), ocurrido_en=OPENED + H)
        people.append([UUID(p["id"]) for p in body["personas"]])
    movimiento(row, "salida_temporal", people[0][0], ocurrido_en=OPENED + 2 * H)
    movimiento(row, "egreso", people[1][0], ocurrido_en=OPENED + 3 * H)
    return row


def recount(activacion_id, sexo=None):
    """Who is inside, from the ledger alone: entered and neither left nor was annulled."""
    rows = db.session.execute(
        text("SELECT m.id, m.persona_id, m.tipo, m.ocurrido_en, m.anula_id, m.activacion_id FROM movimiento m "
             "ORDER BY m.ocurrido_en, m.registrado_en")
    ).all()  # fmt: skip
    gone = {r.anula_id for r in rows if r.anula_id}
    inside = {}
    for r in rows:
        if r.id in gone or r.tipo == "anulacion":
            continue
        if r.tipo in {"ingreso", "nacimiento", "traslado_entra"}:
            inside[r.persona_id] = r.activacion_id
        elif r.tipo in {"egreso", "fallecimiento", "traslado_sale"}:
            inside.pop(r.persona_id, None)
    wanted = activacion_id if isinstance(next(iter(inside.values()), None), UUID) else activacion_id.hex
    here = [p for p, a in inside.items() if a == wanted]
    if sexo is None:
        return len(here)
    known = dict(db.session.execute(text("SELECT persona_id, sexo FROM persona_version WHERE actual")).all())
    return sum(known[p] == sexo for p in here)


def test_the_figures_of_the_page_equal_a_recount_of_the_ledger(entra, shelter):
    page = entra("municipal", municipio="1413").get(f"/activaciones/{shelter.id}").text
    inside = recount(shelter.id)
    assert inside == 5
    assert (figure(page, "Personas"), figure(page, "Capacidad"), figure(page, "Diferencia")) == (
        "5",
        "10",
        "+5",
    )
    women, men = recount(shelter.id, "mujer"), recount(shelter.id, "hombre")
    assert f"{women} mujeres, {men} hombres, 1 no registrado" in page
    assert "3 familias" in page and "de ellas, 1 fuera por salida temporal" in page
    assert re.search(r"1 a 4 años</span>.*?<b>5</b>", page, re.S)
    assert "Atendidas desde el inicio: <b>6</b>" in page
    assert "Declaradas: <b>sin parte todavía</b>" in page


def test_what_is_declared_stands_beside_and_never_mixes(entra, shelter):
    with unit_of_work(SISTEMA):
        register_parte(ParteNuevo(uuid7(), shelter.id, clock.now(), "conteo_fisico", 99, 20))
    page = entra("mando").get(f"/activaciones/{shelter.id}").text
    assert figure(page, "Personas") == "5" and "Declaradas, aparte: <b>99</b>" in page
    assert figure(page, "Diferencia") == "+5"


def test_another_hour_and_what_was_known_then(entra, shelter):
    client, url = entra("municipal", municipio="1413"), f"/activaciones/{shelter.id}"
    at = clock.to_local(OPENED + 2 * H).strftime("%Y-%m-%dT%H:%M")
    page = client.get(f"{url}?corte={at}").text
    assert figure(page, "Personas") == "6" and "Cifras de otra hora" in page
    before = clock.to_local(OPENED - H).strftime("%Y-%m-%dT%H:%M")
    assert "A esa hora no estaba abierto" in client.get(f"{url}?corte={before}").text
    unknown = client.get(f"{url}?corte={at}&conocido_en={at}").text
    assert "A esa hora no estaba abierto" in unknown, "it was not known yet: written afterwards"
    wrong = client.get(f"{url}?corte=ayer")
    assert wrong.status_code == 422 and 'value="ayer"' in wrong.text


@pytest.mark.parametrize(
    "rol", ["nacional", "sede", "municipal", "albergue", "registro", "mando", "institucion"]
)
def test_a_shelter_is_there_for_its_own_territory(entra, shelter, rol):
    url, codigo = f"/activaciones/{shelter.id}", shelter.albergue_codigo
    inside = {
        "nacional": {},
        "mando": {},
        "albergue": {"albergue": codigo},
        "registro": {"albergue": codigo},
    }.get(rol, {"municipio": "1413"})
    member, outsider = entra(rol, **inside), entra(rol, municipio="1405")
    assert member.get(url).status_code == 200 and outsider.get(url).status_code == 404
    assert "Salón de Nebaj" in member.get("/activaciones").text
    assert "Salón de Nebaj" not in outsider.get("/activaciones").text
    edits = rol in {"nacional", "sede", "municipal"}
    for form in ("estado", "datos", "cierre"):
        assert member.get(f"{url}/{form}").status_code == (200 if edits else 403)
        assert outsider.get(f"{url}/{form}").status_code == (404 if edits else 403)
    assert outsider.get(f"{url}/acta-de-apertura.pdf").status_code == 404


def test_closing_lists_who_is_inside_and_refuses_until_nobody_is(entra, shelter):
    client, url = entra("municipal", municipio="1413"), f"/activaciones/{shelter.id}"
    wizard, now = f"{url}/cierre", clock.to_local(clock.now()).strftime("%Y-%m-%dT%H:%M")
    page = client.get(wizard).text
    assert "<b>5 personas</b> de 3 familias" in page and page.count("Ana") == 5
    assert db.session.query(Lectura).filter_by(pantalla="activaciones:cierre").count() == 5
    closing = {"ocurrido_en": now, "acta": "31-2026", "criterios": ["riesgo", "clases"], "nota": XSS}
    early = post(client, f"{wizard}/cerrar", page=wizard, **closing)
    assert early.status_code == 422 and "Hay 5 personas dentro" in early.text
    assert post(client, f"{wizard}/iniciar", page=wizard, ocurrido_en=now).status_code == 303
    families = re.findall(r'name="familia" value="([^"]+)"', client.get(wizard).text)
    nowhere = post(client, f"{wizard}/egresos", page=wizard, familia=families, ocurrido_en=now)
    assert nowhere.status_code == 422 and "Elija el destino de al menos una familia" in nowhere.text
    one = {"familia": families, f"destino_{families[0]}": "familiar", "ocurrido_en": now}
    assert post(client, f"{wizard}/egresos", page=wizard, **one).status_code == 303
    left = recount(shelter.id)
    assert 0 < left < 5 and f"<b>{left} personas</b> de 2 familias" in client.get(wizard).text
    rest = {"familia": families, "destino_todas": "vivienda_propia", "ocurrido_en": now}
    assert post(client, f"{wizard}/egresos", page=wizard, **rest).status_code == 303
    assert recount(shelter.id) == 0 and differences() == []
    unsaid = post(client, f"{wizard}/cerrar", page=wizard, **{**closing, "criterios": [], "ocurrido_en": now})
    assert unsaid.status_code == 422 and 'value="31-2026"' in unsaid.text and XSS not in unsaid.text
    assert post(client, f"{wizard}/cerrar", page=wizard, **{**closing, "ocurrido_en": now}).status_code == 303
    db.session.expire_all()
    assert (shelter.estado, shelter.acta_cierre) == ("cerrada", "31-2026")
    page = client.get(url).text
    assert "acta 31-2026" in page and XSS not in page and "Reabrir albergue" in page
    destinations = {m.destino for m in db.session.query(Movimiento).filter_by(tipo="egreso")}
    assert destinations == {"familiar", "vivienda_propia"}
    reopened = post(client, f"/albergues/{shelter.albergue_id}/abrir", modo="abrir",
                    emergencia=str(shelter.emergencia_id), abierta_en=now)  # fmt: skip
    fresh = client.get(reopened.location).text
    assert figure(fresh, "Personas") == "0" and "la vez anterior" in fresh
    assert "Atendidas desde el inicio: <b>6</b>" in client.get(url).text


def test_nobody_closes_while_somebody_enters(app, base, shelter):
    """A check-in and a closing at once: one of the two is refused, and never a closed shelter with a person."""
    with unit_of_work(SISTEMA):
        transition_activacion(shelter.id, "en_cierre", OPENED + 4 * H)
    empty = make_activacion(make_albergue("1405"), emergencia=make_emergencia(), abierta_en=OPENED)
    with unit_of_work(SISTEMA):
        transition_activacion(empty.id, "en_cierre", OPENED + H)
    target, said = empty.id, []

    def close():
        with app.app_context():
            try:
                with unit_of_work(SISTEMA):
                    transition_activacion(target, "cerrada", OPENED + 3 * H, "fin", "1-2026")
                said.append("cerró")
            except Exception as refused:
                said.append(str(refused))

    def enter():
        with app.app_context():
            try:
                ingreso(db.session.get_one(Activacion, target), persona(), ocurrido_en=OPENED + 2 * H)
                said.append("entró")
            except Exception as refused:
                said.append(str(refused))

    threads = [threading.Thread(target=work) for work in (close, enter)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    state = db.session.get_one(Activacion, target).estado
    assert (state, recount(target)) in {("cerrada", 0), ("en_cierre", 1)}, said
    assert len({"cerró", "entró"} & set(said)) == 1


def test_an_act_is_issued_once_and_printed_the_same_for_ever(entra, shelter):
    client, url = entra("municipal", municipio="1413"), f"/activaciones/{shelter.id}"
    pdf = f"{url}/acta-de-apertura.pdf"
    assert client.get(pdf).status_code == 404
    assert client.get(f"{url}/acta-de-nada.pdf").status_code == 404
    for _ in range(2):
        assert post(client, f"{url}/acta-de-apertura", page=f"{url}/datos").status_code == 303
    acta = db.session.query(Acta).one()
    assert acta.folio == "AP-1413-2026-001"
    assert hashlib.sha256(acta.datos.encode()).hexdigest() == acta.huella
    first = client.get(pdf)
    assert first.mimetype == "application/pdf" and acta.folio in first.headers["Content-Disposition"]
    ingreso(shelter, persona(), ocurrido_en=OPENED + 5 * H)
    assert client.get(pdf).data == first.data
    words = text_of(first.data)
    for said in (acta.folio, acta.huella, "Página 1 de 1", "Marta Ical", "Salón de Nebaj", "CAPACITACIÓN",
                 "10 personas, autorizada", "Personas registradas 5", "SOSEP, testigo"):  # fmt: skip
        assert said in words, (said, words)
    early = post(client, f"{url}/acta-de-cierre", page=f"{url}/datos")
    assert early.status_code == 303 and db.session.query(Acta).count() == 1
    assert "se emite cuando el albergue cierre" in client.get(url).text
    commander = entra("mando")
    assert commander.get(pdf).status_code == 200
    token = csrf_of(client.get(f"{url}/datos").text)
    assert commander.post(f"{url}/acta-de-cierre", data={"csrf_token": token}).status_code in {400, 403}


def test_the_closing_act_tells_where_everybody_went(shelter):
    inside = (
        db.session.execute(text("SELECT persona_id FROM estancia WHERE egreso_en IS NULL")).scalars().all()
    )
    people = [p if isinstance(p, UUID) else UUID(hex=p) for p in inside]
    movimiento(shelter, "egreso", *people[:2], ocurrido_en=OPENED + 30 * H, destino="alquiler")
    movimiento(shelter, "fallecimiento", people[2], ocurrido_en=OPENED + 31 * H)
    movimiento(shelter, "egreso", *people[3:], ocurrido_en=OPENED + 32 * H, destino="atu")
    with unit_of_work(SISTEMA):
        transition_activacion(shelter.id, "en_cierre", OPENED + 33 * H)
        transition_activacion(shelter.id, "cerrada", OPENED + 34 * H, "El riesgo quedó superado", "40-2026")
    from albergues_app.ocupacion.closing import closing_figures

    with unit_of_work(SISTEMA):
        acta = issue_acta(db.session.get_one(Activacion, shelter.id), "cierre", closing_figures)
    figures = closing_figures(db.session.get_one(Activacion, shelter.id))
    assert sum(d["personas"] for d in figures["destinos"]) == figures["personas"] == 6
    assert {d["destino"]: d["personas"] for d in figures["destinos"]} == {
        "Con familiares": 1, "Vivienda alquilada": 2, "Fallecimiento": 1, "Albergue de transición (ATU)": 2,
    }  # fmt: skip
    big = {g["rotulo"]: g["valor"] for g in figures["grandes"]}
    # open 06:00 of the 18th to 16:00 of the 19th: one midnight, with five inside
    assert big == {
        "Personas atendidas": "6",
        "Máximo a la vez": "6",
        "Noches-persona": "5",
        "Días abierto": "2",
    }
    words = text_of(render_acta(acta))
    for said in (
        "CI-1413-2026-001",
        "40-2026",
        "El riesgo quedó superado",
        "Vivienda alquilada 2",
        "Total 6 3",
    ):
        assert said in words, (said, words)


def test_folios_of_a_municipality_have_no_gap(app, shelter):
    rows = [shelter.id]
    for _ in range(3):
        rows.append(make_activacion(make_albergue("1413"), make_emergencia()).id)
    other = make_activacion(make_albergue("1405"), make_emergencia()).id

    def issue(row):
        from albergues_app.audit.writing import write_once

        def work():
            acta = issue_acta(db.session.get_one(Activacion, row), "apertura", opening_figures)
            return {"folio": acta.folio}

        with app.app_context():
            write_once(SISTEMA, uuid7(), "prueba.acta", {"row": str(row)}, None, work)

    threads = [threading.Thread(target=issue, args=(row,)) for row in (*rows, *rows, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    series = sorted(a.serie for a in db.session.query(Acta).filter_by(municipio_codigo="1413"))
    assert series == [1, 2, 3, 4]
    assert db.session.query(Acta).filter_by(municipio_codigo="1405").one().folio == "AP-1405-2026-001"


def test_moves_of_an_activation_are_written_with_their_author(entra, shelter):
    client, url = entra("municipal", municipio="1413"), f"/activaciones/{shelter.id}"
    page = client.get(f"{url}/estado").text
    assert 'value="en_cierre"' in page and 'value="cerrada"' not in page
    illegal = post(client, f"{url}/estado", a="preparacion", ocurrida_en="2026-11-19T10:00")
    assert illegal.status_code == 422 and "no se pasa a" in illegal.text
    done = post(client, f"{url}/estado", a="en_cierre", ocurrida_en="2026-11-19T10:00", motivo="Baja el río")
    assert done.status_code == 303
    row = db.session.query(ActivacionTransicion).filter_by(a="en_cierre").one()
    assert row.motivo == "Baja el río" and row.cuenta_id is not None and row.registrado_en
