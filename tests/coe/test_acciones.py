"""What requires action is one commitment of its entry, by whichever door the entry comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from albergues_app.compromisos.queries import of_origins
from albergues_app.core import clock
from albergues_app.core.db import db
from tests.coe.hoja import annotate
from tests.coe.test_log import api, coe, entrada_json, row_of  # noqa: F401 - fixtures


def made(entry_id):
    """(folio, what, who, institution, when it is due, municipality) of each commitment of an entry."""
    db.session.rollback()
    return [
        (f.folio, f.descripcion, f.responsable, f.institucion, f.vence_en, f.municipio_codigo)
        for f in of_origins("coe", [entry_id]).get(entry_id, [])
    ]


def last_id(coe):  # noqa: F811
    from albergues_app.coe.models import EntradaCoe

    db.session.rollback()
    return db.session.scalars(select(EntradaCoe.id).order_by(EntradaCoe.folio.desc())).first()


def test_the_api_and_the_page_make_the_same_commitment_with_the_entry_and_once(api, coe, entra):  # noqa: F811
    due = clock.local_day(clock.now()) + timedelta(days=2)
    asks = {"accion_responsable": "Diego Brito", "accion_institucion": "Bomberos"}
    body = entrada_json(
        asunto="Cisterna para Nebaj", requiere_accion=True, accion_plazo=f"{due}T18:00:00-06:00", **asks
    )
    first, again = (api(f"/coe/{coe['id']}/entradas", body, status) for status in (201, 200))
    assert first == again and first["compromiso"]["folio"].startswith("CP-1413-") and first["folio"] == 1
    assert not {a["codigo"] for a in first["avisos"]} & {"accion_sin_responsable", "accion_sin_plazo"}
    clerk = entra("sede", departamento="14")
    page = {"asunto": "Cisterna para Nebaj", "requiere_accion": "1", "accion_plazo": f"{due}T18:00", **asks}
    assert annotate(clerk, coe["id"], **page).headers["Location"] == f"/coe/{coe['id']}"
    (by_api,), (by_page,) = made(_uuid(first["id"])), made(last_id(coe))
    assert by_api[1:] == by_page[1:] and by_api[0] != by_page[0]
    assert by_api[1:4] == ("Cisterna para Nebaj", "Diego Brito", "Bomberos") and by_api[5] == "1413"
    log = clerk.get(f"/coe/{coe['id']}").text
    assert f">{by_api[0]}</a>" in log and f">{by_page[0]}</a>" in log


@pytest.mark.parametrize(("prioridad", "hours"), [("rutina", 24), ("prioritario", 12), ("urgente", 2)])
def test_without_a_person_or_a_date_it_is_written_all_the_same_and_told(api, coe, prioridad, hours):  # noqa: F811
    body = api(f"/coe/{coe['id']}/entradas", entrada_json(requiere_accion=True, prioridad=prioridad))
    assert {"accion_sin_responsable", "accion_sin_plazo"} <= {a["codigo"] for a in body["avisos"]}
    ((_, _, who, institution, due, _),) = made(_uuid(body["id"]))
    assert (who, institution) == (None, "COE departamental de Quiché")
    assert abs(due - clock.now() - timedelta(hours=hours)) < timedelta(minutes=5)


def test_what_requires_none_makes_none_and_a_refused_entry_leaves_neither(api, coe):  # noqa: F811
    body = api(f"/coe/{coe['id']}/entradas", entrada_json(accion_responsable="Diego Brito"))
    assert body["compromiso"] is None and made(_uuid(body["id"])) == []
    bad = entrada_json(requiere_accion=True, accion_plazo="2999-01-01T00:00:00-06:00")
    assert api(f"/coe/{coe['id']}/entradas", bad, 422)["campo"] == "accion_plazo"
    assert row_of(coe).ultimo_folio == 1 and made(_uuid(bad["id"])) == []


def _uuid(text):
    from uuid import UUID

    return UUID(text)
