"""What is plugged into the application, in order: log-in, CSRF, language, pages, API, errors, headers."""

from __future__ import annotations

from flask import Flask
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from albergues_app.definiciones.source import published
from albergues_app.formats import catalogo
from albergues_app.web import errors, login, presentation, security, shell, static_files

csrf = CSRFProtect()


def register(app: Flask) -> None:
    """Called once by ``factory.build``."""
    security.configure(app)
    login.init_app(app)
    csrf.init_app(app)
    Babel(app)
    presentation.init_app(app)
    static_files.init_app(app)
    shell.init_app(app)
    catalogo.provide(published)
    from albergues_app.web.blueprints import BLUEPRINTS

    for blueprint in BLUEPRINTS():
        app.register_blueprint(blueprint)
    from albergues_app.api.v1 import bp as api_v1

    csrf.exempt(api_v1)
    app.register_blueprint(api_v1)
    errors.init_app(app)
    security.init_app(app)
