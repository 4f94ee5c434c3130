"""Deliveries are written once, annulled, never edited; what a place holds is always the sum of those that count."""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select, text

from albergues_app.audit.models import Auditoria
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.entregas import municipios, queries
from albergues_app.entregas.models import EntregaFormatos, EntregaLinea, Tenencia
from albergues_app.entregas.services import LineaNueva, annul_entrega, confirm_entrega
from albergues_app.formats import catalogo as formatos
from albergues_app.territorio.catalogo import catalogo
from tests.conftest import expect_refused
from tests.factories.albergues import make_albergue
from tests.factories.cuentas import SISTEMA, make_identity
from tests.factories.entregas import DAY, make_entrega, publish_edition

BOLETA, PARTE, SCI = "boleta_ingreso", "parte_diario", "sci_201"


def held(municipio: str, albergue: str = "") -> dict[tuple[str, int], tuple[date, int, int | None]]:
    rows = db.session.scalars(
        select(Tenencia).where(Tenencia.municipio_codigo == municipio, Tenencia.albergue_codigo == albergue)
    )
    return {(r.formato, r.edicion): (r.ultima, r.impresos, r.existencia) for r in rows}


def annul(key: UUID, motivo: str = "Se anotó dos veces") -> None:
    with unit_of_work(SISTEMA):
        annul_entrega(db.session.get_one(EntregaFormatos, key), motivo)


def state_of(codigo: str, *codes: str) -> queries.Situacion:
    cuenta = make_identity("nacional")
    wanted = [f for f in queries.in_force() if f.code in codes] if codes else None
    return next(s for s in queries.situaciones(cuenta, wanted) if s.codigo == codigo)


def test_folios_of_a_municipality_and_year_have_no_gap(app):
    folios = [make_entrega().folio, make_entrega(fecha=date(2025, 3, 1)).folio, make_entrega().folio]
    assert folios == ["EF-1413-2026-001", "EF-1413-2025-001", "EF-1413-2026-002"]
    assert make_entrega("1405").folio == "EF-1405-2026-001"


def test_a_delivery_to_a_shelter_is_the_shelters_and_not_the_municipalitys(app):
    site = make_albergue("1413")
    codigo, key = site.codigo, site.id
    make_entrega("1413", (BOLETA, 1, 30), albergue_id=key)
    assert held("1413") == {}
    assert held("1413", codigo) == {(BOLETA, 1): (DAY, 30, None)}
    assert state_of("1413").estado is queries.Estado.NUNCA
    with expect_refused("no_encontrado"):
        make_entrega("1405", albergue_id=key)


def test_an_annulled_delivery_counts_no_more_stays_readable_and_is_annulled_once(app):
    key = make_entrega("1413", (BOLETA, 1, 50)).id
    make_entrega("1413", (BOLETA, 1, 20), fecha=DAY - timedelta(days=9))
    annul(key)
    assert held("1413") == {(BOLETA, 1): (DAY - timedelta(days=9), 20, None)}
    row = db.session.get_one(EntregaFormatos, key)
    assert (row.estado, row.motivo, len(row.lineas)) == ("anulada", "Se anotó dos veces", 1)
    with expect_refused("entrega_anulada"):
        annul(key)
    with expect_refused("falta_motivo"):
        annul(make_entrega().id, "  ")


def test_a_correction_annuls_and_takes_the_place_in_one_go(app):
    first = make_entrega("1413", (BOLETA, 1, 500)).id
    second = make_entrega("1413", (BOLETA, 1, 50), corrige_id=first, motivo="Eran 50").id
    assert held("1413") == {(BOLETA, 1): (DAY, 50, None)}
    assert db.session.get_one(EntregaFormatos, first).estado == "anulada"
    assert db.session.get_one(EntregaFormatos, second).corrige_id == first
    before = db.session.scalar(text("SELECT count(*) FROM entrega_formatos"))
    with expect_refused("entrega_anulada"):
        make_entrega("1413", (BOLETA, 1, 5), corrige_id=first, motivo="Otra vez")
    assert db.session.scalar(text("SELECT count(*) FROM entrega_formatos")) == before


def test_lines_and_scans_refuse_to_be_changed_by_the_database_itself(app):
    make_entrega()
    for statement in ("UPDATE entrega_linea SET cantidad = 1", "DELETE FROM entrega_linea"):
        with pytest.raises(Exception, match="solo crece"), db.engine.begin() as connection:
            connection.execute(text(statement))


def test_the_trail_names_who_received_without_saying_it(app):
    key = make_entrega(recibe_nombre="Ana Cobo", recibe_telefono="55501234", observaciones="Habló Ana").id
    told = db.session.scalars(select(Auditoria).where(Auditoria.tabla == "entrega_formatos")).one()
    assert told.fila_id == str(key) and "recibe_nombre" in told.cambios
    assert not any(word in told.cambios for word in ("Ana", "55501234", "Técnica"))


def test_what_cannot_be_is_refused_with_every_fault(app):
    from albergues_app.core.errors import Invalid

    with pytest.raises(Invalid) as caught:
        make_entrega(
            "1413", LineaNueva("no_existe", 1, 5, "impreso"), LineaNueva(BOLETA, 7, 0, "paloma"),
            entrega=" ", recibe_telefono="123", fecha=clock.local_day(clock.now()) + timedelta(days=3),
        )  # fmt: skip
    codes = [e.codigo for e in caught.value.errores]
    assert sorted(codes) == sorted(
        ["falta_entrega", "fecha_futura", "formato_desconocido", "formato_desconocido", "cantidad_invalida",
         "valor_desconocido", "telefono_invalido"]
    )  # fmt: skip
    assert db.session.scalar(text("SELECT count(*) FROM entrega_formatos")) == 0


def test_stock_is_what_was_counted_plus_what_was_given_since(app):
    make_entrega("1413", (BOLETA, 1, 100), fecha=DAY - timedelta(days=60))
    assert held("1413")[BOLETA, 1] == (DAY - timedelta(days=60), 100, None)
    counted = LineaNueva(BOLETA, 1, 40, "impreso", quedaban=15)
    make_entrega("1413", counted, fecha=DAY - timedelta(days=30))
    make_entrega("1413", LineaNueva(BOLETA, 1, 1, "correo"), (BOLETA, 1, 5))
    assert held("1413")[BOLETA, 1] == (DAY, 145, 60)


def test_a_confirmation_is_once_and_not_of_what_is_annulled(app):
    key = make_entrega().id
    for _ in range(2):
        with unit_of_work(SISTEMA):
            confirm_entrega(db.session.get_one(EntregaFormatos, key))
    first = db.session.get_one(EntregaFormatos, key).confirmada_en
    assert first is not None
    annul(key)
    with expect_refused("entrega_anulada"), unit_of_work(SISTEMA):
        confirm_entrega(db.session.get_one(EntregaFormatos, key))


# States, and the list of who must receive a new edition ---------------------------------------------------------


def test_the_states_of_a_municipality_follow_from_what_it_holds(app):
    must = [(f.code, f.version, 10) for f in queries.needed()]
    assert BOLETA in {m[0] for m in must} and SCI not in {m[0] for m in must}
    assert state_of("1413").estado is queries.Estado.NUNCA
    make_entrega("1413", (SCI, 1, 5))
    assert state_of("1413").estado is queries.Estado.NUNCA, "a format of the COE is none of those it needs"
    make_entrega("1413", *must[:2])
    assert state_of("1413").estado is queries.Estado.INCOMPLETA
    make_entrega("1413", *must[2:-1], (must[-1][0], 0, 5))
    assert state_of("1413").estado is queries.Estado.VIEJA
    make_entrega("1413", must[-1])
    assert state_of("1413").estado is queries.Estado.AL_DIA
    assert state_of("1413", BOLETA).estado is queries.Estado.AL_DIA


def test_a_new_edition_lists_who_must_receive_it_from_its_first_day_and_not_before(app, monkeypatch):
    cuenta = make_identity("nacional")
    make_entrega("1413", (BOLETA, 1, 50))
    make_entrega("1405", (BOLETA, 1, 50))
    make_entrega("0101", (PARTE, 1, 50))
    assert queries.ediciones_nuevas(cuenta) == []
    publish_edition(monkeypatch, BOLETA, 2, queries.today() + timedelta(days=1))
    assert queries.ediciones_nuevas(cuenta) == []
    assert state_of("1413", BOLETA).estado is queries.Estado.AL_DIA
    publish_edition(monkeypatch, BOLETA, 3, queries.today())
    (nueva,) = queries.ediciones_nuevas(cuenta)
    assert (nueva.formato.version, nueva.deben, nueva.recibieron) == (3, ("1405", "1413"), ())
    assert state_of("1413", BOLETA).estado is queries.Estado.VIEJA
    key = make_entrega("1413", (BOLETA, 3, 50), fecha=queries.today()).id
    (nueva,) = queries.ediciones_nuevas(cuenta)
    assert (nueva.recibieron, nueva.pendientes, nueva.parte) == (("1413",), ("1405",), 50)
    far = make_identity("sede", departamento="01")
    assert queries.ediciones_nuevas(far) == []
    annul(key)
    assert queries.ediciones_nuevas(cuenta)[0].recibieron == ()


def test_an_older_edition_is_recorded_and_said(app, monkeypatch):
    from albergues_app.entregas.services import EntregaNueva, register_entrega

    with unit_of_work(SISTEMA):
        _, avisos = register_entrega(
            EntregaNueva(uuid7(), "1413", DAY, "Técnica", [LineaNueva(BOLETA, 0, 5, "impreso")])
        )
    assert [a.codigo for a in avisos] == ["edicion_vieja", "sin_quien_recibe"]


# Recounts -------------------------------------------------------------------------------------------------------


def recount(day: date) -> tuple[dict[tuple[str, str, str, int], tuple[date, int]], dict[str, str]]:
    """What everybody holds and the state of the 340, from the lines alone and the rules of dominio.md in plain words."""
    sums: dict[tuple[str, str, str, int], tuple[date, int]] = {}
    for e, n in db.session.execute(
        select(EntregaFormatos, EntregaLinea).join(
            EntregaLinea, EntregaLinea.entrega_id == EntregaFormatos.id
        )
    ):
        if e.estado == "anulada":
            continue
        key = (e.municipio_codigo, e.albergue_codigo or "", n.formato, n.edicion)
        last, copies = sums.get(key, (e.fecha, 0))
        sums[key] = (max(last, e.fecha), copies + (n.cantidad if n.medio == "impreso" else 0))
    newest: dict[str, int] = {}
    needs: dict[str, bool] = {}
    for f in formatos.editions():
        if f.valid_from <= day:
            newest[f.code] = max(newest.get(f.code, 0), f.version)
            needs[f.code] = (
                f.area == "general" and f.ambito in ("albergue", "sitio") and f.moment != "asesoria"
            )
    best: dict[tuple[str, str], int] = defaultdict(lambda: -1)
    for municipio, site, code, edition in sums:
        if not site:
            best[municipio, code] = max(best[municipio, code], edition)
    states = {}
    for municipio in catalogo().municipios:
        has = {c: best[municipio, c] for c in newest if needs[c] and best[municipio, c] >= 0}
        if not has:
            states[municipio] = "nunca"
        elif any(edition < newest[c] for c, edition in has.items()):
            states[municipio] = "vieja"
        else:
            states[municipio] = "al_dia" if len(has) == sum(needs.values()) else "incompleta"
    return sums, states


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_the_figures_equal_an_independent_recount(app, monkeypatch, seed):
    rng = Random(seed)
    publish_edition(monkeypatch, BOLETA, 2, date(2026, 6, 1))
    publish_edition(monkeypatch, PARTE, 2, date(2099, 1, 1))
    places = rng.sample(sorted(catalogo().municipios), 4)
    sites = {m: make_albergue(m, nombre=f"Salón {m}").id for m in places}
    codes = [f.code for f in formatos.in_force(queries.today())]
    must = [(f.code, f.version, 3) for f in queries.needed()]
    made: list[tuple[str, UUID]] = []
    for _ in range(26):
        m = rng.choice(places)
        living = [k for p, k in made if p == m]
        if living and rng.random() < 0.25:
            key = rng.choice(living)
            made.remove((m, key))
            annul(key)
            continue
        lines = must if rng.random() < 0.15 else [
            LineaNueva(c, rng.randint(0, 2 if c == BOLETA else 1), rng.randint(1, 90), rng.choice(("impreso", "usb")))
            for c in rng.sample(codes, rng.randint(1, 7))
        ]  # fmt: skip
        site = sites[m] if rng.random() < 0.2 else None
        day = DAY - timedelta(days=rng.randint(0, 300))
        made.append((m, make_entrega(m, *lines, albergue_id=site, fecha=day).id))
    sums, states = recount(queries.today())
    rows = db.session.scalars(select(Tenencia)).all()
    assert {
        (r.municipio_codigo, r.albergue_codigo, r.formato, r.edicion): (r.ultima, r.impresos) for r in rows
    } == sums
    lista = municipios.list_municipios(make_identity("nacional"), municipios.Filtro())
    assert {s.codigo: str(s.estado) for s in lista.filas} == states
    assert len(lista.filas) == 340 and len(lista.departamentos) == 22
    for d in lista.departamentos:
        mine = [e for m, e in states.items() if m[:2] == d.codigo]
        assert d.municipios == len(mine)
        assert {str(e): n for e, n in d.por_estado.items()} == {e: mine.count(e) for e in queries.Estado}
    for sede in catalogo().sedes.values():
        envio = municipios.envio_of(make_identity("nacional"), sede)
        assert {s.codigo for s in envio.filas} == {m for m in sede.municipios if states[m] != "al_dia"}


# Doors ----------------------------------------------------------------------------------------------------------


def test_the_same_id_sent_by_five_at_once_is_one_delivery(app, ficha):
    headers = ficha("sede", departamento="14")
    body = {
        "id": str(uuid7()), "municipio": "1413", "fecha": DAY.isoformat(), "entrega": "Técnica de la sede",
        "recibe": {"nombre": "Ana Cobo", "cargo": "Directora de la DMM", "telefono": "5550 1234"},
        "lineas": [{"formato": BOLETA, "edicion": 1, "cantidad": 50, "medio": "impreso"}],
    }  # fmt: skip
    answers: list[tuple[int, object]] = []
    start = threading.Barrier(5)

    def post() -> None:
        start.wait()
        sent = app.test_client().post("/api/v1/entregas", json=body, headers=headers)
        answers.append((sent.status_code, sent.json))

    threads = [threading.Thread(target=post) for _ in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(status for status, _ in answers) == [200, 200, 200, 200, 201]
    assert len({str(body) for _, body in answers}) == 1
    assert db.session.scalar(text("SELECT count(*) FROM entrega_formatos")) == 1
    assert held("1413") == {(BOLETA, 1): (DAY, 50, None)}
    other = {**body, "entrega": "Otra persona"}
    assert app.test_client().post("/api/v1/entregas", json=other, headers=headers).status_code == 409


def test_deliveries_of_many_at_once_lose_nothing_and_leave_no_gap(app, ficha):
    headers = ficha("nacional")
    start = threading.Barrier(6)
    statuses: list[int] = []

    def post() -> None:
        start.wait()
        for _ in range(3):
            body = {
                "id": str(uuid7()), "municipio": "1413", "fecha": DAY.isoformat(), "entrega": "Técnica",
                "lineas": [{"formato": BOLETA, "edicion": 1, "cantidad": 10, "medio": "impreso"}],
            }  # fmt: skip
            statuses.append(
                app.test_client().post("/api/v1/entregas", json=body, headers=headers).status_code
            )

    threads = [threading.Thread(target=post) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert statuses == [201] * 18
    assert held("1413") == {(BOLETA, 1): (DAY, 180, None)}
    series = db.session.scalars(select(EntregaFormatos.serie).order_by(EntregaFormatos.serie)).all()
    assert series == list(range(1, 19))


def test_a_program_writes_reads_annuls_and_the_municipality_confirms(app, ficha):
    client, sede = app.test_client(), ficha("sede", departamento="14")
    town, far = ficha("municipal", municipio="1413"), ficha("sede", departamento="12")
    key = str(uuid7())
    body = {
        "id": key, "municipio": "1413", "fecha": DAY.isoformat(), "entrega": "Técnica",
        "lineas": [{"formato": BOLETA, "edicion": 0, "cantidad": 1, "medio": "usb", "quedaban": 4}],
        "capacitacion": {"minutos": 45, "personas": 12},
    }  # fmt: skip
    for outsider in (far, ficha("sede", departamento="01")):
        assert client.post("/api/v1/entregas", json=body, headers=outsider).status_code == 404
    assert client.post("/api/v1/entregas", json=body, headers=town).status_code == 403
    sent = client.post("/api/v1/entregas", json=body, headers=sede)
    assert sent.status_code == 201, sent.text
    assert [a["codigo"] for a in sent.json["avisos"]] == ["edicion_vieja", "sin_quien_recibe"]
    assert sent.json["lineas"] == body["lineas"] and sent.json["capacitacion"] == body["capacitacion"]
    listed = client.get("/api/v1/entregas", headers=town).json["filas"]
    assert [r["id"] for r in listed] == [key]
    assert client.get("/api/v1/entregas", headers=far).json["filas"] == []
    assert client.get(f"/api/v1/entregas/{key}", headers=far).status_code == 404
    path = f"/api/v1/entregas/{key}"
    assert client.post(f"{path}/confirmacion", json={"id": str(uuid7())}, headers=sede).status_code == 403
    said = client.post(f"{path}/confirmacion", json={"id": str(uuid7())}, headers=town)
    assert said.status_code == 201 and said.json["confirmada_en"]
    gone = client.post(f"{path}/anulacion", json={"id": str(uuid7()), "motivo": "No ocurrió"}, headers=sede)
    assert (gone.status_code, gone.json["estado"]) == (201, "anulada")
    again = client.post(f"{path}/anulacion", json={"id": str(uuid7()), "motivo": "No ocurrió"}, headers=sede)
    assert (again.status_code, again.json["codigo"]) == (422, "entrega_anulada")
    wrong = {**body, "id": str(uuid7()), "lineas": [{**body["lineas"][0], "formato": "no_existe"}]}
    refused = client.post("/api/v1/entregas", json=wrong, headers=sede)
    assert (refused.status_code, refused.json["campo"]) == (422, "lineas[0].formato")


def test_a_shelter_sees_its_own_deliveries_only(app, ficha):
    site = make_albergue("1413")
    codigo, key = site.codigo, site.id
    own = make_entrega("1413", albergue_id=key).id
    other = make_entrega("1413").id
    headers = ficha("albergue", albergue=codigo)
    client = app.test_client()
    assert [r["id"] for r in client.get("/api/v1/entregas", headers=headers).json["filas"]] == [str(own)]
    assert client.get(f"/api/v1/entregas/{other}", headers=headers).status_code == 404
    assert client.get("/api/v1/entregas", headers=ficha("mando")).status_code == 403
    assert len(client.get("/api/v1/entregas", headers=ficha("auditoria")).json["filas"]) == 2
