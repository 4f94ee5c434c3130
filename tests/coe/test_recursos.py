"""Resources of a COE (SCI-211): a road of facts, counts with their hour, the list on paper."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from albergues_app.audit.models import Auditoria, Captura
from albergues_app.coe import recursos, recursos_queries
from albergues_app.coe.models import Coe
from albergues_app.coe.services import deactivate_coe
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from tests.coe.pages import send
from tests.factories.albergues import OPENED, make_albergue
from tests.factories.coe import make_coe, make_recurso
from tests.factories.cuentas import SISTEMA
from tests.pdf import text_of

LINE = {
    "clase": "vehiculo",
    "tipo": "Cisterna",
    "institucion": "Ejército",
    "personas": 2,
    "contacto_nombre": "Ana Cobo",
}
SQLITE = pytest.mark.parametrize("base", ["sqlite"], indirect=True)


def step(coe_id, recurso_id, estado, hours, visto=0, motivo=None, **fila):
    datos = recursos.PasoNuevo(
        uuid7(), estado, OPENED + timedelta(hours=hours), {**LINE, **fila}, visto, motivo
    )
    with unit_of_work(SISTEMA):
        return recursos.write_paso(coe_id, recurso_id, datos)


def row_of(coe_id) -> Coe:
    db.session.expire_all()
    return db.session.get_one(Coe, coe_id)


def test_a_resource_goes_its_road_and_each_fact_stays_with_its_hour(app):
    coe_id, site = make_coe().id, make_albergue().codigo
    recurso_id = UUID(step(coe_id, None, "pedido", 1)["id"])
    for n, (estado, more) in enumerate(
        [("en_camino", {}), ("llego", {}), ("asignado", {"albergue": f"{site} Salón", "asignacion": "Agua"}),
         ("desmovilizado", {})], start=1,
    ):  # fmt: skip
        assert step(coe_id, recurso_id, estado, 1 + n, visto=n, **more)["paso"] == n + 1
    facts = recursos_queries.facts_of(row_of(coe_id), recurso_id)
    assert [f.estado for f in facts] == ["pedido", "en_camino", "llego", "asignado", "desmovilizado"]
    hours = {name: facts[-1].hora(name) for name in ("solicitado_en", "llegada_en", "desmovilizado_en")}
    assert hours == {
        "solicitado_en": OPENED + timedelta(hours=1), "llegada_en": OPENED + timedelta(hours=3),
        "desmovilizado_en": OPENED + timedelta(hours=5),
    }  # fmt: skip
    assert (facts[3].albergue_codigo, facts[3].dice("asignacion")) == (site, "Agua")
    assert facts[2].albergue_codigo is None


def test_of_two_who_write_the_next_fact_the_second_is_told_and_going_back_needs_a_reason(app):
    coe_id = make_coe().id
    recurso_id = make_recurso(coe_id, "llego")
    step(coe_id, recurso_id, "asignado", 2, visto=1)
    with pytest.raises(RuleBroken) as refused:
        step(coe_id, recurso_id, "asignado", 2, visto=1)
    assert refused.value.codigo == "recurso_cambio" and "Asignado" in refused.value.mensaje
    with pytest.raises(RuleBroken) as refused:
        step(coe_id, recurso_id, "en_camino", 3, visto=2)
    assert (refused.value.codigo, refused.value.campo) == ("falta_motivo", "motivo")
    step(coe_id, recurso_id, "en_camino", 3, visto=2, motivo="Era otra unidad")
    now = recursos_queries.resource_of(row_of(coe_id), recurso_id)
    assert (now.estado, now.hora("llegada_en"), now.motivo) == ("en_camino", None, "Era otra unidad")


def test_nobody_leaves_before_coming_and_who_never_came_may_be_called_off(app):
    coe_id = make_coe().id
    here, asked = make_recurso(coe_id, "llego"), make_recurso(coe_id, "pedido")
    with pytest.raises(Invalid) as refused:
        step(coe_id, here, "desmovilizado", -2, visto=1)
    assert refused.value.errores[0].codigo == "se_fue_antes"
    step(coe_id, asked, "desmovilizado", 1, visto=1)
    assert recursos_queries.resource_of(row_of(coe_id), asked).hora("llegada_en") is None


@pytest.mark.parametrize(
    ("estado", "fila", "campo"),
    [
        ("llego", {"clase": ""}, "clase"),
        ("pedido", {"clase": ""}, "clase"),
        ("llego", {"clase": "nave"}, "clase"),
        ("llego", {"personas": "muchas"}, "personas"),
        ("llego", {"contacto_telefono": "12"}, "contacto_telefono"),
        ("llego", {"contacto_nombre": ""}, "contacto_nombre"),
    ],
)
@SQLITE
def test_a_bad_line_is_refused_with_its_field_and_writes_nothing(app, estado, fila, campo):
    coe_id = make_coe().id
    with pytest.raises(Invalid) as refused:
        step(coe_id, None, estado, 1, **fila)
    assert refused.value.errores[0].campo == campo
    assert recursos_queries.count_resources(row_of(coe_id)).total == 0


@SQLITE
def test_what_was_only_asked_for_needs_no_name_and_an_unknown_shelter_stays_as_text(app):
    coe_id = make_coe().id
    body = step(coe_id, None, "pedido", 1, contacto_nombre="", albergue="9999-999")
    assert [a["codigo"] for a in body["avisos"]] == ["albergue_desconocido"]
    now = recursos_queries.resource_of(row_of(coe_id), UUID(body["id"]))
    assert (now.albergue_codigo, now.dice("albergue")) == (None, "9999-999")


def test_counts_come_of_one_statement_and_say_whom_nobody_counted(app):
    coe_id, other = make_coe().id, make_coe("12").id
    for estado, personas in (
        ("pedido", 9),
        ("llego", 3),
        ("llego", None),
        ("asignado", 4),
        ("desmovilizado", 5),
    ):
        make_recurso(coe_id, estado, **({"personas": personas} if personas else {}))
    make_recurso(other, "llego", personas=50)
    coe, seen = row_of(coe_id), []
    event.listen(db.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    with clock.frozen(OPENED + timedelta(hours=9)):
        count = recursos_queries.count_resources(coe)
    assert len(seen) == 1
    assert (count.total, count.en_el_lugar, count.personas_en_el_lugar, count.sin_personas) == (5, 3, 7, 1)
    assert count.corte == OPENED + timedelta(hours=9)


def test_facts_only_grow_are_sealed_and_leave_a_trail_without_names(app):
    coe_id = make_coe().id
    make_recurso(coe_id, contacto_nombre="Candelaria Xiloj", contacto_telefono="55501234")
    sealed = db.session.scalars(select(Captura.respuestas).where(Captura.formato == "sci_211")).all()
    assert sealed and all(b"Candelaria" not in content for content in sealed)
    told = db.session.scalars(select(Auditoria.cambios).where(Auditoria.tabla == "coe_recurso_paso")).all()
    assert len(told) == 1 and "Candelaria" not in told[0] and "llego" in told[0]
    for statement in ("UPDATE coe_recurso_paso SET personas = 1", "DELETE FROM coe_recurso_paso"):
        with pytest.raises(DBAPIError, match="solo crece"):
            db.session.execute(text(statement))
        db.session.rollback()
    db.session.execute(text("DELETE FROM sello"))
    db.session.commit()
    (found,) = recursos_queries.resources_of(row_of(coe_id))
    assert found.fila is None and found.estado == "llego"


def test_another_coe_has_not_this_resource_and_a_closed_one_only_lets_it_go(app):
    coe_id, other = make_coe().id, make_coe("12").id
    recurso_id = make_recurso(coe_id)
    with pytest.raises(NotFound):
        step(other, recurso_id, "asignado", 1, visto=1)
    (aviso,) = recursos_queries.warn_of_unreleased(row_of(coe_id))
    assert aviso.codigo == "recursos_sin_desmovilizar" and "1 recurso" in aviso.mensaje
    with unit_of_work(SISTEMA):
        deactivate_coe(coe_id, OPENED + timedelta(hours=5), "Terminó")
    with pytest.raises(RuleBroken, match="ya se desactivó"):
        step(coe_id, recurso_id, "asignado", 6, visto=1)
    with pytest.raises(RuleBroken, match="ya se desactivó"):
        step(coe_id, None, "llego", 6)
    step(coe_id, recurso_id, "desmovilizado", 6, visto=1)
    assert recursos_queries.warn_of_unreleased(row_of(coe_id)) == []


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────


@SQLITE
def test_a_clerk_registers_finds_assigns_and_releases_on_the_page(app, entra):
    coe_id, site = make_coe().id, make_albergue().codigo
    client, home = entra("sede", departamento="14"), f"/coe/{coe_id}/recursos"
    refused = send(
        client, f"{home}/nuevo", 422, estado="llego", ocurrido_en="2026-11-18T08:00", tipo="Cisterna"
    )
    assert "Falta «Clase de recurso»" in refused.text and 'value="Cisterna"' in refused.text
    made = send(
        client, f"{home}/nuevo", estado="llego", ocurrido_en="2026-11-18T08:00", clase="vehiculo", tipo="Cisterna",
        institucion="Ejército", personas="3", contacto_nombre="Ana Cobo", contacto_telefono="5550 1234",
    )  # fmt: skip
    page = made.headers["Location"]
    assert "Cisterna" in client.get(home).text
    assert "Cisterna" in client.get(f"{home}?estado=llego&clase=vehiculo&q=ejercito+ana").text
    for nothing in ("?estado=asignado", "?clase=personal", "?q=bomberos", f"?albergue={site}"):
        assert "Ningún recurso con ese filtro" in client.get(home + nothing).text, nothing
    line = {
        "clase": "vehiculo", "tipo": "Cisterna", "institucion": "Ejército", "personas": "3",
        "contacto_nombre": "Ana Cobo", "contacto_telefono": "5550 1234",
    }  # fmt: skip
    send(client, page, visto="1", estado="asignado", ocurrido_en="2026-11-18T09:00", albergue=site,
         asignacion="Repartir agua", **line)  # fmt: skip
    assert "Repartir agua" in client.get(f"{home}?albergue={site}").text
    asked = send(client, page, 422, visto="1", estado="desmovilizado", ocurrido_en="2026-11-18T10:00", **line)
    assert "Otra persona anotó «Asignado»" in asked.text
    warned = client.get(f"/coe/{coe_id}/desactivar").text
    assert "Queda" in warned and "1 recurso sin desmovilizar" in warned
    send(client, page, visto="2", estado="desmovilizado", ocurrido_en="2026-11-18T10:00", **line)
    assert "sin desmovilizar" not in client.get(f"/coe/{coe_id}/desactivar").text
    assert "Registre el primero" not in client.get(home).text


@SQLITE
def test_who_sees_the_list_and_its_telephones(app, entra):
    coe_id = make_coe().id
    recurso_id = make_recurso(
        coe_id, contacto_nombre="Ana Cobo", contacto_telefono="55501234", tipo="Cisterna"
    )
    paths = [
        f"/coe/{coe_id}/recursos",
        f"/coe/{coe_id}/recursos/{recurso_id}",
        f"/coe/{coe_id}/recursos/sci-211.pdf",
    ]
    insider, outsider, reader = (
        entra("sede", departamento="14"),
        entra("sede", departamento="12"),
        entra("auditoria"),
    )
    for path in paths:
        inside, read = insider.get(path), reader.get(path)
        assert (inside.status_code, read.status_code, outsider.get(path).status_code) == (200, 200, 404), path
        said, heard = (
            (text_of(a.data) if path.endswith(".pdf") else a.text).replace(" ", "") for a in (inside, read)
        )
        assert "AnaCobo" in said and "AnaCobo" in heard
        assert "55501234" in said and "55501234" not in heard, path
    assert "SCI-211" in text_of(insider.get(paths[2]).data)
    send(reader, paths[1], 403, visto="1", estado="asignado", ocurrido_en="2026-11-18T10:00")
    send(outsider, paths[1], 404, visto="1", estado="asignado", ocurrido_en="2026-11-18T10:00")
    other = make_coe("12").id
    assert insider.get(f"/coe/{coe_id}/recursos/{uuid4()}").status_code == 404
    assert entra("nacional").get(f"/coe/{other}/recursos/{recurso_id}").status_code == 404
