"""Sessions of people: the browser holds a random token, the server decides on every request what it is worth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from albergues_app.accounts.doors import PERMISO_DE_VISTA, view_key
from albergues_app.accounts.identity import Identity, identity_of_session
from albergues_app.accounts.models import Sesion
from albergues_app.accounts.passwords import token_hash
from albergues_app.accounts.permissions import role_may
from albergues_app.accounts.services import end_session
from albergues_app.core import clock
from albergues_app.core.db import db, read_statement_by_statement
from albergues_app.core.errors import Forbidden, Unauthenticated
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.web.security import UNSAFE

SEEN_EVERY = timedelta(minutes=1)
"""How often «last seen» is written: not on every request."""


class WebUser(UserMixin):
    """What Flask-Login carries: the token is the id, the identity is what permissions read."""

    def __init__(self, token: str, identity: Identity) -> None:
        self.id = token
        self.identity = identity


def init_app(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None  # the server-side session is the protection
    manager.init_app(app, add_context_processor=False)  # it would ask the database in an error page too
    manager.user_loader(load_user)
    app.before_request(know_who)
    app.before_request(refuse_large_bodies)
    app.before_request(ask_for_password)


def know_who() -> None:
    """Set ``g.identity`` for pages; the API has its own way.

    ``g`` lives as long as the application context, which may outlive a request (a command, a test): nobody is
    taken for the one who asked before.
    """
    for name in ("identity", "_login_user", "franja", "csrf_token", "csrf_valid"):
        g.pop(name, None)
    if request.path.startswith(("/api/", "/estatico/", "/salud/")):
        return
    g.via = "web"
    if request.endpoint in POLLS:
        read_statement_by_statement()
    if current_user.is_authenticated:
        g.identity = current_user.identity


POLLS = frozenset({"coe.nuevas"})
"""Asked every few seconds by every page that stays open."""

STRANGER_BYTES = 64 * 1024
"""Of a form without a session: a log-in or a list of blanks, never a file."""


def refuse_large_bodies() -> None:
    """Files are read only of who may send them; the key of the form stands in the body, and is looked at later.

    :raises Unauthenticated: no session is open. :raises Forbidden: this role never sends anything here.
    """
    if request.method not in UNSAFE or request.path.startswith("/api/"):
        return
    identity: Identity | None = g.get("identity")
    large = (request.content_length or 0) > STRANGER_BYTES
    if identity is None:
        request.max_content_length = STRANGER_BYTES
        if large:
            raise Unauthenticated()
        return
    view = current_app.view_functions.get(request.endpoint or "")
    permiso = PERMISO_DE_VISTA.get(view_key(view)) if large and view is not None else None
    if permiso is not None and not role_may(identity.rol, permiso):
        raise Forbidden()


BEFORE_PASSWORD = frozenset({"web.elegir_clave", "web.salir", "web.entrar", "static"})
"""What opens while an account that entered with a one-time code has not chosen its password."""


def ask_for_password() -> ResponseReturnValue | None:
    """Whoever entered with a one-time code chooses a password first; nothing else works until then."""
    identity: Identity | None = g.get("identity")
    if identity is None or not identity.debe_cambiar or g.get("via") != "web":
        return None
    if request.endpoint in BEFORE_PASSWORD:
        return None
    return redirect(url_for("web.elegir_clave"), 303)


def load_user(token: str) -> WebUser | None:
    """The account behind a token, or None when it ended, idled too long, or was revoked."""
    now = clock.now()
    found = identity_of_session(token_hash(token), now)
    if found is None:
        return None
    identity, seen = found
    if now - seen > timedelta(minutes=current_app.config["SESION_INACTIVA_MIN"]):
        return None
    if now - seen > SEEN_EVERY:
        with unit_of_work(identity.as_actor("web")):
            db.session.get_one(Sesion, identity.sesion_id).vista_en = now
    return WebUser(token, identity)


def open_browser_session(token: str) -> None:
    """Bind a fresh token to the browser; whatever the browser held before is forgotten."""
    session.clear()
    user = load_user(token)
    assert user is not None
    login_user(user)
    g.identity = user.identity


def close_browser_session() -> None:
    """End the session on the server and in the browser."""
    identity: Identity | None = g.get("identity")
    if identity is not None and identity.sesion_id is not None:
        with unit_of_work(identity.as_actor("web")):
            end_session(db.session.get_one(Sesion, identity.sesion_id))
    logout_user()
    session.clear()
    g.pop("identity", None)


def identity_or_none() -> Any:
    return g.get("identity")
