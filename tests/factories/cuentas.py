"""Accounts of every kind. Synthetic people only."""

from __future__ import annotations

import itertools
import re

from flask import Flask, session
from flask.testing import FlaskClient

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.models import Cuenta
from albergues_app.accounts.services import create_cuenta, create_ficha_api, log_in
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.web.login import open_browser_session

CLAVE = "tres volcanes verdes"
SISTEMA = Actor("sistema", "cli")
_serial = itertools.count(1)


def make_cuenta(rol: str = "nacional", clave: str | None = CLAVE, **places: str | list[str]) -> Cuenta:
    """An account of a role; places as ``departamento="14"``, ``municipio=["1413", "1405"]``, ``albergue=…``, ``sede=…``."""
    territory = [
        (kind, code)
        for kind, codes in places.items()
        for code in ([codes] if isinstance(codes, str) else codes)
    ]
    with unit_of_work(SISTEMA):
        cuenta, _ = create_cuenta(f"{rol}{next(_serial)}@ejemplo.gt", f"Cuenta {rol}", rol, territory, clave)
    return cuenta


def make_identity(rol: str = "nacional", **places: str | list[str]) -> Identity:
    """The identity of a new account."""
    identity = load_identity(make_cuenta(rol, **places).id)
    assert identity is not None
    return identity


def make_ficha(rol: str = "nacional", **places: str | list[str]) -> dict[str, str]:
    """Headers with a fresh bearer token of a new account."""
    cuenta = make_cuenta(rol, **places)
    with unit_of_work(SISTEMA):
        token = create_ficha_api(cuenta)
    return {"Authorization": f"Bearer {token}"}


def csrf_of(page: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, "the page has no CSRF token"
    return found.group(1)


def logged_in(app: Flask, rol: str, **places: str | list[str]) -> FlaskClient:
    """A browser of a new account of that role, logged in as the page does it; the page has tests of its own."""
    correo = make_cuenta(rol, **places).correo
    client = app.test_client()
    agente = str(client.environ_base["HTTP_USER_AGENT"])
    entered = log_in(correo, CLAVE, None, "127.0.0.1", agente)
    with client.session_transaction() as browser, app.test_request_context(environ_base=client.environ_base):
        open_browser_session(entered.token)
        browser.update(session)
    return client
