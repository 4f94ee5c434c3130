"""A program that talks to the API over HTTP, and a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from albergues_app.core import clock

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
"""20/11/2026 12:00 in Guatemala."""


class Reloj:
    """The clock of a test: stands still until told to go on."""

    def __init__(self, instant: datetime) -> None:
        self.now = instant
        self.set(instant)

    def set(self, instant: datetime) -> None:
        self.now = instant
        clock._frozen.set(instant)

    def advance(self, step: timedelta = timedelta(seconds=1)) -> datetime:
        self.set(self.now + step)
        return self.now


@pytest.fixture
def reloj() -> Iterator[Reloj]:
    yield Reloj(NOW)
    clock._frozen.set(None)


def iso(instant: datetime) -> str:
    """As Guatemala writes it."""
    return clock.to_local(instant).isoformat()


def new_id() -> str:
    return str(uuid4())


class Programa:
    """A bearer token at work. Every POST happens one second after the one before."""

    def __init__(self, client: FlaskClient, headers: dict[str, str], reloj: Reloj) -> None:
        self.client, self.headers, self.reloj = client, headers, reloj

    def post(self, path: str, body: Any) -> TestResponse:
        self.reloj.advance()
        return self.client.post(f"/api/v1{path}", json=body, headers=self.headers)

    def raw(self, path: str, data: bytes) -> TestResponse:
        return self.client.post(f"/api/v1{path}", data=data, headers=self.headers)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", query_string=query or None, headers=self.headers)

    def made(self, path: str, body: Any) -> dict[str, Any]:
        """Post what must be accepted; the resource."""
        answer = self.post(path, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.get_json())

    def refused(self, path: str, body: Any, status: int, codigo: str | None = None) -> dict[str, Any]:
        """Post what must be refused; the error, whose shape is checked."""
        answer = self.post(path, body)
        assert answer.status_code == status, answer.text
        error = dict(answer.get_json())
        assert set(error) == {"codigo", "mensaje", "campo", "errores"}
        assert error["errores"] and all(set(e) == {"codigo", "mensaje", "campo"} for e in error["errores"])
        if codigo is not None:
            assert error["codigo"] == codigo, error
        return error

    def figures(self, **query: Any) -> dict[str, Any]:
        answer = self.get("/ocupacion", **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def total(self, **query: Any) -> dict[str, Any]:
        return dict(self.figures(**query)["total"])

    def rows(self, por: str, **query: Any) -> dict[str, dict[str, Any]]:
        return {f["codigo"]: f for f in self.figures(por=por, **query)["filas"]}

    # what there must be before anything else can be tried

    def emergencia(self, **changes: Any) -> str:
        body = {
            "id": new_id(),
            "nombre": "Tormenta",
            "tipo": "tormenta",
            "inicio": iso(ABIERTA),
            "departamentos": ["14"],
        }
        return str(self.made("/emergencias", {**body, **changes})["id"])

    def albergue(self, municipio: str = "1401", **changes: Any) -> str:
        body = {
            "id": new_id(),
            "nombre": f"Escuela {new_id()[:6]}",
            "municipio": municipio,
            "tipo_inmueble": "escuela",
        }
        return str(self.made("/albergues", {**body, **changes})["id"])

    def activacion(self, albergue: str | None = None, emergencia: str | None = None, **changes: Any) -> str:
        body = {
            "id": new_id(),
            "albergue": albergue or self.albergue(),
            "emergencia": emergencia or self.emergencia(),
            "abierta_en": iso(ABIERTA),
        }
        return str(self.made("/activaciones", {**body, **changes})["id"])

    def ingreso(self, activacion: str, *personas: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self.made(f"/activaciones/{activacion}/ingresos", ingreso(*personas, **changes))

    def movimiento(self, activacion: str, tipo: str, *personas: str, **changes: Any) -> dict[str, Any]:
        return self.made("/movimientos", movimiento(activacion, tipo, *personas, **changes))

    def transicion(self, activacion: str, a: str, **changes: Any) -> dict[str, Any]:
        body = {"id": new_id(), "a": a, "ocurrida_en": iso(self.reloj.now), **changes}
        return self.made(f"/activaciones/{activacion}/transiciones", body)

    def parte(self, activacion: str, personas: int, **changes: Any) -> dict[str, Any]:
        body = {
            "id": new_id(),
            "activacion": activacion,
            "corte": iso(self.reloj.now),
            "fuente": "conteo_fisico",
            "personas": personas,
        }
        return self.made("/partes", {**body, **changes})


ABIERTA = NOW - timedelta(hours=48)
ENTRARON = NOW - timedelta(hours=5)


def persona(**changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "nombres": "N/N", "sexo": "mujer", **changes}


def ingreso(*personas: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {
        "id": new_id(),
        "ocurrido_en": iso(ENTRARON),
        "familia": {"id": new_id()},
        "personas": list(personas) or [persona()],
    }
    return {**body, **changes}


def movimiento(activacion: str, tipo: str, *personas: str, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": new_id(),
        "tipo": tipo,
        "personas": list(personas),
        "activacion": activacion,
        "ocurrido_en": iso(ENTRARON + timedelta(hours=1)),
    }
    if tipo == "egreso":
        body["destino"] = "familiar"
    return {**body, **changes}


@pytest.fixture
def programa(
    client: FlaskClient, ficha: Callable[..., dict[str, str]], reloj: Reloj
) -> Callable[..., Programa]:
    """``programa("sede", departamento="14")`` → a program of a new account of that role."""
    return lambda rol="nacional", **places: Programa(client, ficha(rol, **places), reloj)


@pytest.fixture
def api(programa: Callable[..., Programa]) -> Programa:
    """A program of the central office."""
    return programa()
