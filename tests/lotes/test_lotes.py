"""A bus let in from a list, and families by their papers: all or the good rows, once, and nobody twice."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.ocupacion.models import Familia, PersonaVersion, PosibleDuplicado
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_nna import CasoNna
from albergues_app.ocupacion.services.ingreso import count_inside
from albergues_app.ocupacion.verify import differences
from albergues_app.pliegos.models import FolioPapel
from albergues_app.pliegos.services import Donde, build_pliego, create_pliego
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA
from tests.ocupacion.desk_help import hidden

BUS = """Nombre;Sexo;Edad
1. Juana Raymundo Brito;F;38
2. Diego Cobo Raymundo;M;8 meses

3. Rosa Ceto;F;60a
4. N/N;M;200
"""
FIELD = re.compile(
    r'<(?:input[^>]* name="(r-[^"]+)" value="([^"]*)"|select[^>]* name="(r-[^"]+)"[^>]*>(.*?)</select>)', re.S
)
CHOSEN = re.compile(r'<option value="([^"]*)" selected>')


def typed(page):
    """What a browser would send of the preview."""
    data = hidden(page, 'id="lista"')
    for name, value, select, options in FIELD.findall(page):
        if name and name.endswith("-incluir") and f'name="{name}" value="1" checked' not in page:
            continue
        data[name or select] = value if name else CHOSEN.findall(options)[0]
    return data


@pytest.fixture
def two(app):
    emergencia = make_emergencia()
    here = make_activacion(make_albergue(nombre="Escuela de Nebaj"), emergencia)
    return here, make_activacion(make_albergue("1405", nombre="Salón de Cotzal"), emergencia)


@pytest.fixture
def client(entra):
    return entra("albergue", municipio=["1413", "1405"])


def read(client, place, texto=BUS):
    url = f"/activaciones/{place.id}/lista"
    token = hidden(client.get(url).text, '<form method="post" class="panel"')["csrf_token"]
    return client.post(url, data={"csrf_token": token, "paso": "leer", "texto": texto})


def save(client, place, data, paso="todas"):
    return client.post(f"/activaciones/{place.id}/lista", data={**data, "paso": paso})


def inside(place):
    db.session.rollback()
    return count_inside(place.id)


def test_all_rows_or_none_then_the_good_ones_and_the_rest_comes_back(two, client):
    here, _ = two
    page = read(client, here).text
    assert "4 personas en 2 familias" in page
    assert "La edad va de 0 a 130" in page
    data = typed(page)
    assert (data["r-1-edad"], data["r-1-unidad"], data["r-1-sexo"]) == ("8", "meses", "hombre")
    refused = save(client, here, data)
    assert refused.status_code == 422
    assert "Hay 1 fila por corregir" in refused.text
    assert inside(here) == 0
    done = save(client, here, data, "buenas")
    assert "4. N/N;M;200" in done.text
    assert inside(here) == 3
    again = save(client, here, data, "buenas")  # sent twice
    assert again.status_code == 200
    assert inside(here) == 3
    families = {e.familia_id for e in db.session.query(Estancia)}
    assert len(families) == db.session.query(Familia).count() == 2
    assert differences() == []


def test_the_rest_of_a_list_keeps_its_corrections_and_its_family(two, client):
    """A boy whose age was misread enters with his mother, let in before him: he is not alone."""
    here, _ = two
    data = typed(read(client, here, "Rosa Ceto; F; 34; 1\nTomás Zeto; M; 140; 1\n").text)
    data |= {"r-1-apellidos": "Ceto", "municipio": "1413"}
    page = save(client, here, data, "buenas").text
    left = typed(page)
    assert (left["r-0-nombres"], left["r-0-apellidos"], left["r-0-familia"]) == ("Tomás", "Ceto", "1")
    assert '<option value="1413" selected>' in page
    left |= {"r-0-edad": "14", "municipio": "1413"}
    assert save(client, here, left).status_code == 303
    assert inside(here) == 2
    assert db.session.query(Familia).count() == 1
    assert db.session.query(CasoNna).count() == 0


def test_a_row_corrected_in_place_is_kept_as_corrected(two, client):
    here, _ = two
    data = typed(read(client, here).text)
    data |= {"r-3-edad": "20", "r-3-familia": "2", "r-2-apellidos": "Ceto Chávez"}
    del data["r-0-incluir"]
    looked = save(client, here, data, "revisar")
    assert (looked.status_code, inside(here)) == (200, 0)
    assert "por corregir" not in looked.text
    data = typed(looked.text)
    assert "r-0-incluir" not in data
    data["municipio"] = "1413"
    assert save(client, here, data).status_code == 303
    names = {(v.nombres, v.apellidos) for v in db.session.query(PersonaVersion)}
    assert names == {("Diego", "Cobo Raymundo"), ("Rosa", "Ceto Chávez"), ("N/N", None)}
    assert {f.municipio_procedencia for f in db.session.query(Familia)} == {"1413"}


def test_who_is_known_is_asked_and_comes_in_as_it_stands(two, client):
    here, there = two
    away = ingreso(there, persona(nombres="Juana", apellidos="Raymundo Brito", edad=38))["personas"][0]["id"]
    gone = ingreso(here, persona(nombres="Rosa", apellidos="Ceto", edad=60))["personas"][0]["id"]
    movimiento(here, "egreso", UUID(gone), ocurrido_en=OPENED.replace(hour=20))
    page = read(client, here).text
    assert "ahora en Salón de Cotzal" in page
    data = typed(page) | {f"r-0-es-{away}": "misma", f"r-2-es-{gone}": "misma", "r-3-edad": "20"}
    assert save(client, here, data).status_code == 303
    assert (inside(here), inside(there)) == (4, 0)
    open_now = {str(e.persona_id) for e in db.session.query(Estancia).filter(Estancia.egreso_en.is_(None))}
    assert {away, gone} <= open_now
    assert db.session.query(PersonaVersion).count() == 4
    assert db.session.query(PosibleDuplicado).count() == 0
    assert differences() == []


def test_a_match_nobody_answered_waits_for_somebody(two, client):
    here, there = two
    ingreso(there, persona(nombres="Juana", apellidos="Raymundo Brito", edad=38))
    data = typed(read(client, here).text) | {"r-3-edad": "20"}
    assert save(client, here, data).status_code == 303
    [pair] = db.session.query(PosibleDuplicado)
    assert (pair.respuesta, str(pair.persona_id)) == ("sin_responder", data["r-0-id"])
    assert "Ingreso posible duplicado (1)" in client.get("/").text


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_an_empty_list_and_a_foreign_shelter(two, client, entra):
    assert read(client, two[0], " \n\t\n").status_code == 422
    assert entra("registro", municipio="1201").get(f"/activaciones/{two[0].id}/lista").status_code == 404


def test_families_by_their_papers_do_one_thing_together(two, client):
    here, there = two
    codes, folio = [], ""
    for n in (2, 3):
        body = ingreso(here, *(persona(nombres=f"P{i}", apellidos="Cobo") for i in range(n)))
        codes.append(body["familia"]["codigo"])
    with unit_of_work(SISTEMA):
        place = Donde(
            departamento="14", municipio="1413", albergue_codigo=here.albergue_codigo, albergue_id=here.albergue_id,
            activacion_id=here.id, emergencia_id=here.emergencia_id,
        )  # fmt: skip
        create_pliego(build_pliego(uuid7(), formatos.latest("boleta_ingreso"), place, 1, "carta"))
    row = db.session.scalars(db.select(FolioPapel)).one()
    with unit_of_work(SISTEMA):
        row.estado, row.familia_id = "usado", UUID(body["familia"]["id"])
        folio = row.codigo
    url = f"/activaciones/{here.id}/por-numeros"
    first = hidden(client.get(url).text, '<form method="post" class="pila"')
    text = f"{codes[0].lower()}\n{folio}\n{codes[1]}\nQK7-4M3\n"
    page = client.post(url, data={**first, "paso": "buscar", "numeros": text}).text
    assert "Es de una familia que ya está arriba" in page
    assert "signo equivocado" in page or "No hay una familia" in page
    assert "2 aquí" in page and "3 aquí" in page

    def do(tipo, **more):
        found = hidden(client.get(url).text, '<form method="post" class="pila"')
        data = {**found, "paso": "hacer", "numeros": text, "tipo": tipo, **more}
        return client.post(url, data=data), data

    assert do("egreso")[0].status_code == 422  # where to?
    assert do("ingreso")[0].status_code == 422  # nobody of them is outside
    answer, data = do("salida_temporal")
    assert answer.status_code == 303
    assert client.post(url, data=data).status_code in {303, 422}  # a double click moves nobody twice
    assert db.session.query(Estancia).filter_by(fuera=True).count() == 5
    assert do("retorno")[0].status_code == 303
    assert do("traslado", activacion_destino=str(there.id), acuse="1")[0].status_code == 303
    assert (inside(here), inside(there)) == (0, 0)
    assert do("ingreso")[0].status_code == 303  # they turned back
    assert do("egreso", destino="familiar")[0].status_code == 303
    assert inside(here) == 0
    assert do("ingreso")[0].status_code == 303
    assert inside(here) == 5
    assert differences() == []
