"""«Hoy» per role: what needs somebody, figures equal to a recount, and a constant number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from albergues_app.audit.changes import keeper
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.services import AlertaNueva, declare_alerta
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA

pytestmark = pytest.mark.parametrize("base", ["sqlite"], indirect=True)

H = timedelta(hours=1)
NOW = clock.now()


def parte(activacion: Any, personas: int, hace: timedelta) -> None:
    with unit_of_work(SISTEMA):
        register_parte(ParteNuevo(uuid7(), activacion.id, clock.now() - hace, "conteo_fisico", personas))


def text_of(client: FlaskClient, path: str = "/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:400]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@contextmanager
def counted() -> Iterator[list[str]]:
    """Statements sent to the database meanwhile."""
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def dia(app: Flask) -> dict[str, Any]:
    """Three shelters in Quiché: one silent, one over capacity, one unknown; one more in San Marcos."""
    emergencia = make_emergencia(("14", "12"), inicio=NOW - 60 * H)
    silent = make_activacion(make_albergue("1413", 50, nombre="Iglesia callada"), emergencia, NOW - 50 * H)
    full = make_activacion(make_albergue("1413", 2, nombre="Salón lleno"), emergencia, NOW - 12 * H)
    unknown = make_activacion(
        make_albergue("1420", None, nombre="Escuela incógnita"), emergencia, NOW - 3 * H
    )
    away = make_activacion(make_albergue("1201", 80, nombre="Gimnasio ajeno"), emergencia, NOW - 3 * H)
    ingreso(silent, persona(nombres="Rosa Callada"), ocurrido_en=NOW - 40 * H)
    ingreso(full, persona(), persona(), persona(), ocurrido_en=NOW - 2 * H)
    parte(silent, 1, 26 * H)
    parte(full, 3, H)
    parte(unknown, 7, H)
    parte(away, 4, H)
    return {"emergencia": emergencia, "silent": silent, "full": full, "unknown": unknown, "away": away}


def test_hoy_orders_what_needs_the_coordinator(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    client = entra("sede", departamento="14")
    page = text_of(client)
    assert "1 albergue sin parte desde" in page
    assert "Salón lleno: 1 persona sobre su capacidad" in page
    assert "1 albergue abierto con capacidad sin dato" in page
    assert page.index("sin parte desde") < page.index("capacidad sin dato")
    assert "Gimnasio ajeno" not in page
    assert "Rosa Callada" not in page


def test_hoy_shows_the_figures_of_the_territory_and_a_recount_agrees(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    page = text_of(entra("sede", departamento="14"))
    inside = db.session.execute(
        db.text("SELECT count(*) FROM estancia WHERE egreso_en IS NULL AND municipio_codigo LIKE '14%'")
    ).scalar_one()
    assert inside == 4
    assert re.search(r"Personas albergadas 4 ", page)
    assert "más 7 solo declaradas" in page
    assert re.search(r"Capacidad 52 ", page)
    assert re.search(r"Lugares \+48 ", page)
    assert re.search(r"Partes recibidos 2 de 3 ", page)


def test_hoy_table_puts_the_silent_shelter_first(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    page = entra("sede", departamento="14").get("/").text
    table = page[page.index('id="abiertos"') :]
    assert table.index("Iglesia callada") < table.index("Salón lleno") < table.index("Escuela incógnita")


def test_hoy_sees_transfers_long_outings_alerts_and_papers(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    silent, full = dia["silent"], dia["full"]
    out, moved = persona(nombres="Ana"), persona(nombres="Eva")
    ingreso(silent, out, moved, ocurrido_en=NOW - 45 * H)
    movimiento(silent, "salida_temporal", out.id, ocurrido_en=NOW - 30 * H)
    movimiento(
        silent,
        "traslado",
        moved.id,
        ocurrido_en=NOW - 8 * H,
        activacion_destino=full.id,
        acuse=True,
    )
    with unit_of_work(SISTEMA):
        declare_alerta(
            AlertaNueva(
                uuid7(), dia["emergencia"].id, "institucional", "departamental", "roja", "tormenta",
                NOW - 5 * H, None, "CONRED", None, ("14",),
            )
        )  # fmt: skip
    page = text_of(entra("sede", departamento="14"))
    assert "1 persona en camino hacia Salón lleno por aceptar" in page
    assert "1 persona con salida temporal de más de 24 horas" in page
    assert "Alerta roja en Quiché" in page
    assert "Iglesia callada: falta acta de apertura y persona encargada" in page
    assert "por aceptar" not in text_of(entra("sede", departamento="12"))


def test_hoy_of_the_desk_shows_its_shelter_first(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    full = dia["full"]
    client = entra("registro", albergue=full.albergue_codigo)
    page = client.get("/").text
    assert "Registrar ingreso" in page
    assert page.index("propio-1") < page.index("En orden de urgencia")
    assert "Iglesia callada" not in page


@pytest.mark.parametrize("rol", ["nacional", "mando", "proteccion", "salud", "auditoria"])
def test_hoy_opens_for_national_roles_with_the_whole_country(
    dia: dict[str, Any], entra: Callable[..., FlaskClient], rol: str
) -> None:
    page = text_of(entra(rol))
    assert "todo el país" in page
    assert "Gimnasio ajeno" in page


def test_hoy_of_the_administration_shows_accounts_and_no_figure(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    page = text_of(entra("administracion"))
    assert "Cuentas activas" in page
    assert "Personas albergadas" not in page


def test_an_account_without_territory_is_told_why_it_sees_nothing(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    page = text_of(entra("institucion"))
    assert "Su cuenta no tiene territorio" in page
    assert "Iglesia callada" not in page


def test_a_reserved_location_has_no_name_for_those_who_look_from_afar(
    dia: dict[str, Any], entra: Callable[..., FlaskClient]
) -> None:
    reserved = make_albergue("1413", 20, nombre="Casa escondida", ubicacion_reservada=True)
    make_activacion(reserved, dia["emergencia"], NOW - 30 * H)
    page = entra("mando").get("/").text
    assert "Casa escondida" not in page
    assert reserved.codigo not in page
    assert "Ubicación reservada" in page
    assert "Casa escondida" in entra("sede", departamento="14").get("/").text


def test_an_empty_day_says_why_and_what_to_do(entra: Callable[..., FlaskClient]) -> None:
    page = text_of(entra("sede", departamento="14"))
    assert "No hay albergues abiertos en Quiché" in page


def test_hoy_costs_the_same_number_of_queries_with_3_and_with_30_shelters(
    app: Flask, entra: Callable[..., FlaskClient]
) -> None:
    emergencia = make_emergencia(("14",), inicio=NOW - 60 * H)
    client = entra("sede", departamento="14")

    def more(count: int) -> None:
        for n in range(count):
            site = make_albergue("1413", [2, None, 90][n % 3], nombre=f"Salón {n} {uuid7()}")
            row = make_activacion(site, emergencia, NOW - 30 * H)
            ingreso(row, persona(), persona(), persona(), ocurrido_en=NOW - 29 * H)

    more(3)
    client.get("/")
    keeper().values.clear()  # made anew, not what was kept of the last time
    with counted() as few:
        assert client.get("/").status_code == 200
    more(27)
    client.get("/")
    keeper().values.clear()
    with counted() as many:
        assert client.get("/").status_code == 200
    assert len(many) == len(few), "una consulta por albergue: " + "\n".join(many[len(few) - 3 :])
    assert len(few) < 60
