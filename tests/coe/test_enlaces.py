"""What a text names: found as it is typed and as it is read, and linked only where the reader may go."""

from __future__ import annotations

import re
from uuid import UUID

import pytest

from albergues_app.coe.enlaces import ALBERGUE, FOLIO, LUGAR, Lugares, mentions
from albergues_app.coe.models import Coe
from albergues_app.core.db import db
from tests.coe.hoja import annotate
from tests.coe.test_log import api, coe, row_of, write_many  # noqa: F401 - fixtures
from tests.factories.albergues import make_activacion, make_albergue
from tests.factories.coe import make_coe
from tests.factories.cuentas import csrf_of


def found(text: str, departamento: str | None = "14") -> list[tuple[str, str, str]]:
    of = Coe(departamento_codigo=departamento)
    return [(m.clase, m.clave, text[m.inicio : m.fin]) for m in mentions(text, Lugares(of))]


def test_codes_folios_and_places_are_found_where_they_stand(app):
    text = (
        "Según el folio 0146, Nebaj pide agua en 1413-001; Ixcán y santa cruz del quiche no (Folio No. 12)."
    )
    assert found(text) == [
        (FOLIO, "146", "folio 0146"),
        (LUGAR, "1413", "Nebaj"),
        (ALBERGUE, "1413-001", "1413-001"),
        (LUGAR, "1420", "Ixcán"),
        (LUGAR, "1401", "santa cruz del quiche"),
        (FOLIO, "12", "Folio No. 12"),
    ]


def test_what_only_looks_alike_is_left_alone(app):
    assert (
        found("Quedan flores; llamó al 5555-1234567, guía 21413-001, folio 0, el folio de ayer. GUATEMALA.")
        == []
    )
    assert found("") == [] and found("İ" * 3 + " Nebaj") == []


def test_a_name_of_two_places_is_the_one_of_the_department_or_none(app):
    assert found("Agua en La Libertad", "13") == [(LUGAR, "1311", "La Libertad")]
    assert found("Agua en La Libertad", None) == []
    assert found("Hacia Quiché y Sololá") == [(LUGAR, "14", "Quiché"), (LUGAR, "0701", "Sololá")]


def test_an_entry_is_filed_under_the_shelter_and_the_municipality_that_it_names(api, coe):  # noqa: F811
    sitio = make_albergue("1413")
    for detail, place in (
        (f"Agua en {sitio.codigo}", "1413"),
        ("Paso abierto en Uspantán", "1415"),
        ("De Nebaj a Uspantán", "14"),
        ("Salen buses a Cobán", "14"),
        (f"De {sitio.codigo} hacia Uspantán", "1415"),
    ):
        assert write_many(api, coe, 1, detalle=detail)[0]["territorio"] == place, detail


def test_a_reader_is_given_links_to_what_it_may_open_and_words_for_the_rest(coe, api, entra):  # noqa: F811
    seen, hidden = (
        make_albergue("1413", nombre="A la vista"),
        make_albergue("1413", nombre="Casa", ubicacion_reservada=True),
    )
    write_many(
        api,
        coe,
        1,
        detalle=f"{seen.codigo} y {hidden.codigo} en Nebaj y Cobán, folio 1 y folio 99\n<b>{seen.codigo}</b>",
    )
    page = entra("sede", departamento="14").get(f"/coe/{coe['id']}").text
    assert page.count(f'href="/albergues/{seen.id}"') == 2 and f'href="/albergues/{hidden.id}"' in page
    assert (
        'href="/albergues?departamento=14&amp;municipio=1413" title="Albergues de Santa María Nebaj, Quiché">Nebaj</a>'
        in page
    )
    assert "municipio=1601" not in page and '#folio-1"' in page and "#folio-99" not in page
    assert f'&lt;b&gt;<a href="/albergues/{seen.id}" title="A la vista">{seen.codigo}</a>&lt;/b&gt;' in page
    far = entra("institucion", departamento="14").get(f"/coe/{coe['id']}").text
    assert f'href="/albergues/{seen.id}"' in far and str(hidden.id) not in far and hidden.codigo in far


@pytest.fixture
def ask(coe, entra):  # noqa: F811
    def asked(text, rol="sede", status=200, **places):
        client = entra(rol, **(places or {"departamento": "14"}))
        token = csrf_of(client.get("/mi-cuenta").text)
        got = client.post(f"/coe/{coe['id']}/enlaces", json={"texto": text}, headers={"X-CSRFToken": token})
        assert got.status_code == status, got.text
        return {e["texto"]: e for e in got.json["enlaces"]} if status == 200 else None

    return asked


def test_what_is_typed_is_resolved_within_ones_territory(api, coe, ask):  # noqa: F811
    sitio = make_albergue("1413", 100, nombre="Salón <b>")
    make_activacion(sitio)
    write_many(api, coe, 1, asunto="Ixcán pide cisterna")
    said = ask(f"{sitio.codigo} 1413-999 folio 1, folio 7, Nebaj, Cobán")
    assert said[sitio.codigo]["detalle"] == "Salón <b> · 100 lugares libres"
    assert said["1413-999"]["url"] is None and "No hay albergue" in said["1413-999"]["detalle"]
    assert said["folio 1"]["detalle"] == "Ixcán pide cisterna" and said["folio 7"]["url"] is None
    assert said["Nebaj"]["url"] and "Cobán" not in said
    outside = make_albergue("1601", nombre="De otro departamento")
    assert ask(outside.codigo)[outside.codigo]["detalle"] == said["1413-999"]["detalle"]
    ask("Nebaj", "sede", 404, departamento="16")
    ask("Nebaj", "auditoria", 403, municipio="1413")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"texto": 5}', b'{"texto": null}', b"\xff"])
def test_a_body_of_another_shape_names_nothing(coe, entra, body):  # noqa: F811
    client = entra("sede", departamento="14")
    token = csrf_of(client.get("/mi-cuenta").text)
    headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
    got = client.post(f"/coe/{coe['id']}/enlaces", data=body, headers=headers)
    assert got.status_code == 200 and got.json == {"enlaces": []}


def test_the_municipality_may_be_chosen_and_is_then_the_one(coe, entra):  # noqa: F811
    client = entra("sede", departamento="14")
    assert annotate(client, coe["id"], detalle="Desde Nebaj", territorio="1415").status_code == 303
    page = client.get(f"/coe/{coe['id']}?lugar=1415").text
    assert "folio-1" in page and re.search(r'value="1415" selected', page)


def test_a_national_log_takes_any_department(app, entra):
    national = make_coe("GT", entries=0)
    client = entra("nacional")
    annotate(client, national.id, detalle="Puente en Cobán")
    entry = db.session.get_one(Coe, UUID(str(national.id)))
    assert entry.ultimo_folio == 1 and "folio-1" in client.get(f"/coe/{national.id}?lugar=1601").text
