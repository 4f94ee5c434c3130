"""A site of a reserved location: who looks from afar counts it, and no page tells its name."""

from __future__ import annotations

import pytest
from flask import url_for

from tests.factories.albergues import ingreso, make_activacion, make_albergue

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


@pytest.mark.parametrize("rol", ["mando", "institucion"])
def test_no_page_of_a_reserved_shelter_tells_its_name_to_who_looks_from_afar(app, entra, rol):
    site = make_albergue("1413", nombre="Casa escondida", ubicacion_reservada=True)
    site_id, code = site.id, site.codigo
    here = make_activacion(site)
    here_id = here.id
    ingreso(here)
    known = {"activacion_id": here_id, "albergue_id": site_id}
    client = entra(rol, departamento="14")
    with app.test_request_context():
        pages = {
            url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and rule.arguments and rule.arguments <= known.keys()
        }
    told = []
    for page in sorted(pages):
        answer = client.get(page)
        assert answer.status_code in {200, 302, 303, 403, 404}, page
        if "Casa escondida" in answer.text or code in answer.text:
            told.append(page)
    assert len(pages) > 30 and not told
