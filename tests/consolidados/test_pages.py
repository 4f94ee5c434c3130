"""The pages of the consolidated figures as each role meets them."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.albergues.services import change_albergue
from albergues_app.albergues.site_edit import DatosSitio, edit_sitio
from albergues_app.audit.models import Lectura
from albergues_app.consolidados.models import Consolidado, TotalDado
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from tests.consolidados.test_cortes import CUT, OPENED, SEEN, Pais, late_entries
from tests.factories.albergues import ingreso, persona
from tests.factories.consolidados import make_consolidado
from tests.factories.cuentas import SISTEMA, csrf_of

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@pytest.fixture
def pais(app):
    return Pais()


def address(pais, page="corte", **more):
    values = {"emergencia": pais.emergencia, "ambito": "14", "corte": clock.iso(CUT), **more}
    return f"/consolidados/{page}?{urlencode(values)}"


def send(client, path, page, **data):
    token = csrf_of(client.get(page).text)
    return client.post(path, data={"csrf_token": token, **data})


def test_a_sede_validates_sends_and_rectifies_its_department(pais, entra):
    with clock.frozen(SEEN):
        sede = entra("sede", departamento="14")
        page = address(pais)
        text = sede.get(page).text
        assert "Preliminar" in text and "Σ albergues 7 = Σ municipios 7" in text
        seen = re.search(r'action="(/consolidados/validar[^"]+)"', text).group(1).replace("&amp;", "&")
        answer = send(sede, seen, page)
        assert answer.status_code == 303
        frozen = answer.headers["Location"]
        assert "Validado" in sede.get(frozen).text
        assert sede.get(f"{frozen}/hoja.pdf").data.startswith(b"%PDF")
        answer = send(sede, f"{frozen}/enviar", frozen, destinatario="")
        assert answer.status_code == 422 and "Escriba a quién se envió." in answer.text
        assert send(sede, f"{frozen}/enviar", frozen, destinatario="COE de Quiché").status_code == 303
        assert "COE de Quiché" in sede.get(frozen).text
        pdf = sede.get(f"{frozen}/hoja.pdf").data
    late_entries(pais, SEEN + timedelta(minutes=30))
    with clock.frozen(SEEN + timedelta(minutes=40)):
        sede = entra("sede", departamento="14")
        text = sede.get(frozen).text
        assert "Lo que se supo después" in text
        assert sede.get(f"{frozen}/hoja.pdf").data == pdf
        action = re.search(r'action="([^"]+/rectificar[^"]*)"', text).group(1).replace("&amp;", "&")
        answer = send(sede, action, frozen, motivo="Llegó el papel de la Escuela")
        assert answer.status_code == 303
        assert "Rectifica a" in sede.get(answer.headers["Location"]).text
        assert "Vale la versión" in sede.get(frozen).text
    assert db.session.scalars(select(Consolidado.version).order_by(Consolidado.version)).all() == [1, 2]


def test_a_refused_button_leaves_the_other_form_of_its_page_as_it_was(pais, entra):
    with clock.frozen(SEEN):
        sede = entra("sede", departamento="14")
        page = address(pais)
        seen = re.search(r'action="(/consolidados/validar[^"]+)"', sede.get(page).text).group(1)
        first, second = (send(sede, seen.replace("&amp;", "&"), page) for _ in range(2))
        assert (first.status_code, second.status_code) == (303, 422)
        forms = [
            re.search(r"<details[^>]*><summary>Anotar un total.*?</form>", t, re.S)
            for t in (sede.get(page).text, second.text)
        ]
        before, after = (re.sub(r'(name="(csrf_token|op_id)" value=")[^"]*', r"\1", f.group()) for f in forms)
        assert f'value="{clock.iso(CUT)[:16]}"' in before and " open>" not in after
        assert after == before


def test_the_room_that_is_left_says_whom_it_leaves_out(pais, entra):
    with clock.frozen(SEEN):
        assert "no restan" not in entra("sede", departamento="14").get(address(pais)).text
    with clock.frozen(OPENED + timedelta(hours=8)):
        ingreso(pais.salon, persona(sexo="mujer"), persona(sexo="hombre"))
    with clock.frozen(SEEN):
        total = pais.body("14").total
        assert total.personas - (total.capacidad - total.diferencia) == 2
        text = entra("sede", departamento="14").get(address(pais)).text
        assert "1 sitio no la tiene, y las 2 personas que están ahí no restan." in text


def test_each_role_sees_its_own_places_and_no_more(pais, entra):
    with clock.frozen(SEEN):
        assert entra("municipal", municipio="1413").get(address(pais, ambito="1413")).status_code == 200
        assert entra("municipal", municipio="1413").get(address(pais)).status_code == 404
        assert entra("sede", departamento="12").get(address(pais)).status_code == 404
        assert entra("sede", departamento="14").get(address(pais, ambito="GT")).status_code == 404
        assert entra("nacional").get(address(pais, ambito="GT")).status_code == 200
        assert entra("registro", albergue="1413-001").get(address(pais)).status_code == 403
        mando = entra("mando")
        text = mando.get(address(pais, ambito="GT")).text
        assert "Validar consolidado" not in text and "/presentes" not in text
        assert mando.get(address(pais, "albergues/1413-001/presentes")).status_code == 403


def test_a_number_opens_the_shelters_and_they_open_the_stays_by_folio(pais, entra):
    late_entries(pais, SEEN + timedelta(hours=1))
    with clock.frozen(SEEN + timedelta(hours=2)):
        sede = entra("sede", departamento="14")
        then = {"conocido_en": clock.iso(SEEN)}
        text = sede.get(address(pais, "detalle", cifra="personas", clase="oficial", **then)).text
        assert "Personas en el registro: 3" in text
        stays = re.search(r'href="(/consolidados/albergues/1413-001/presentes[^"]*)"', text).group(1)
        text = sede.get(stays.replace("&amp;", "&")).text
        assert text.count('<th scope="row"><a class="cod"') == 3
        assert "N/N" not in text
        text = sede.get(address(pais, "albergues/1413-001/presentes")).text
        assert text.count('<th scope="row"><a class="cod"') == 5  # with what is known today
        assert entra("sede", departamento="12").get(stays.replace("&amp;", "&")).status_code == 404
    seen = db.session.scalars(
        select(Lectura.persona_id).where(Lectura.pantalla == "web:presentes_del_corte")
    ).all()
    assert len(seen) == 8


def test_a_given_total_is_noted_and_a_wrong_one_annulled(pais, entra):
    with clock.frozen(SEEN):
        sede = entra("sede", departamento="14")
        page = address(pais)
        data = {
            "clase": "todas",
            "fuente": "municipalidad",
            "medio": "telefono",
            "dado_en": clock.iso(CUT)[:16],
        }
        answer = send(sede, address(pais, "dados"), page, lugar="1413", personas="muchas", **data)
        assert answer.status_code == 422 and 'value="muchas"' in answer.text
        assert send(sede, address(pais, "dados"), page, lugar="1201", personas="9", **data).status_code == 404
        assert (
            send(
                sede,
                address(pais, "dados"),
                page,
                lugar="1413",
                personas="30",
                quien="Oficina de la mujer",
                **data,
            ).status_code
            == 303
        )
        text = sede.get(page).text
        assert "Oficina de la mujer" in text and "+2" in text  # 30 given, 28 computed
        row = db.session.scalars(select(TotalDado.id)).one()
        assert (
            send(sede, f"/consolidados/dados/{row}/anular", page, motivo="Era de otro municipio").status_code
            == 303
        )
        assert "Oficina de la mujer" not in sede.get(page).text


def test_an_odd_address_is_answered_and_not_broken(pais, entra):
    with clock.frozen(SEEN):
        sede = entra("sede", departamento="14")
        for more in ({"corte": "ayer"}, {"conocido_en": "9999-99-99"}, {"ambito": "99"}, {"emergencia": "x"}):
            assert sede.get(address(pais, **more)).status_code in {404, 422}, more
        assert sede.get(address(pais, "detalle", cifra="__class__")).status_code == 404
        assert sede.get(address(pais, "albergues/1413-001/presentes", pagina="9" * 30)).status_code == 200


def test_the_projection_says_that_it_is_one(pais, entra):
    with clock.frozen(SEEN):
        text = entra("sede", departamento="14").get("/consolidados/proyeccion?ambito=14").text
        assert "Proyección, no es un dato" in text and "Ya está lleno" in text


def test_the_country_says_who_validated_who_is_preliminary_and_who_is_silent_since_when(pais, entra):
    with clock.frozen(SEEN):
        sede = entra("sede", departamento="14")
        seen = re.search(r'action="(/consolidados/validar[^"]+)"', sede.get(address(pais)).text).group(1)
        assert send(sede, seen.replace("&amp;", "&"), address(pais)).status_code == 303
        text = entra("nacional").get(address(pais, ambito="GT")).text
        rows = text[text.index('id="avance"') :].split("<tbody>")[1].split("</tbody>")[0].split("</tr>")[:2]
        silent, validated = (" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows)
        assert "1 de 2 validado" in text and "1 sin ningún parte a tiempo" in text
        assert silent.startswith("Huehuetenango") or silent.startswith("San Marcos"), silent
        assert "Preliminar no ha validado ningún corte 0 de 1 Nunca ha reportado" in silent
        assert validated.startswith("Quiché Validado 18/11/2026") and "2 de 3" in validated
        before = entra("nacional").get(
            address(pais, ambito="GT", conocido_en=clock.iso(SEEN - timedelta(hours=1)))
        )
        assert "0 de 2 validados" in before.text, "nobody had validated it at that hour"
        assert 'id="avance"' not in sede.get(address(pais)).text


def read_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_flat_rows_say_what_they_are_and_add_up_level_by_level(pais, entra):
    with clock.frozen(SEEN), unit_of_work(SISTEMA):
        church = db.session.get_one(Activacion, pais.ids["iglesia"]).albergue
        edit_sitio(church, DatosSitio('=HYPERLINK("x";"Iglesia")', "iglesia"))
        change_albergue(
            db.session.get_one(Activacion, pais.ids["lejos"]).albergue,
            motivo="x", vigente_desde=CUT - timedelta(hours=3), ubicacion_reservada=True,
        )  # fmt: skip
    with clock.frozen(SEEN):
        answer = entra("nacional").get(address(pais, "corte.csv", ambito="GT"))
        assert answer.mimetype == "text/csv" and answer.data.startswith(b"\xef\xbb\xbf")
        rows = read_csv(answer.data)
    by = {
        level: [r for r in rows if r["nivel"] == level]
        for level in ("albergue", "clase", "municipio", "departamento", "total")
    }
    for level in ("albergue", "municipio", "departamento", "total"):
        assert sum(int(r["personas"]) for r in by[level]) == 8, level
        assert sum(int(r["solo_declaradas"]) for r in by[level]) == 25, level
    assert {r["codigo"]: r["personas"] for r in by["clase"]} == {
        "oficial": "4",
        "no_oficial": "4",
        "fuera": "0",
    }
    names = {r["nombre"]: r for r in by["albergue"]}
    assert """'=HYPERLINK("x";"Iglesia")""" in names, "a name is never a formula"
    assert names["Ubicación reservada"]["codigo"] == "" and "Instituto" not in answer.text
    church = names["""'=HYPERLINK("x";"Iglesia")"""]
    assert (church["diferencia"], church["reporto"], church["declaradas"]) == ("-1", "no", "")
    assert names["Salón"]["capacidad"] == "", "unknown is not 0"
    assert {(r["estado"], r["instancia"], r["corte"]) for r in rows} == {
        ("Preliminar", "capacitacion", "2026-11-18T18:00:00-06:00")
    }


def test_other_programs_read_what_was_validated(pais, entra, client, ficha):
    with clock.frozen(SEEN):
        key, _ = make_consolidado(pais.emergencia, "14")
        headers = ficha("sede", departamento="14")
        listed = client.get("/api/v1/consolidados", headers=headers).json
        assert [r["id"] for r in listed["filas"]] == [str(key)] and listed["siguiente"] is None
        body = client.get(f"/api/v1/consolidados/{key}", headers=headers).json
        assert (body["estado"], body["ambito"], body["version"], body["residuo"]) == ("validado", "14", 1, 0)
        assert len(body["huella"]) == 64
        total = next(r for r in body["filas"] if r["nivel"] == "total")
        assert total["personas"] == sum(r["personas"] for r in body["filas"] if r["nivel"] == "albergue") == 7
        rows = read_csv(entra("sede", departamento="14").get(f"/consolidados/{key}/filas.csv").data)
        assert [(r["nivel"], r["nombre"], r["personas"]) for r in rows] == [
            (r["nivel"], r["nombre"], str(r["personas"])) for r in body["filas"]
        ]
        elsewhere = ficha("sede", departamento="12")
        assert client.get(f"/api/v1/consolidados/{key}", headers=elsewhere).status_code == 404
        assert client.get("/api/v1/consolidados", headers=elsewhere).json["filas"] == []
        assert (
            client.get("/api/v1/consolidados", headers=ficha("registro", albergue="1413-001")).status_code
            == 403
        )
