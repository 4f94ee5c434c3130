"""How the application is put together. ``create_app`` calls ``build`` and nothing else."""

from __future__ import annotations

import logging
import logging.config
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from albergues_app import config
from albergues_app.core.db import db
from albergues_app.core.keys import Keyring

MODELS = (
    "audit",
    "territorio",
    "accounts",
    "emergencias",
    "albergues",
    "pliegos",
    "tarjetas",
    "ocupacion",
    "pases",
    "alojamiento",
    "capturas",
    "entregas",
    "compromisos",
    "coe",
    "interchange",
    "transcripcion",
    "definiciones",
    "reports.situacion",
)


def build(settings: Mapping[str, Any] | None = None) -> Flask:
    """Settings → keys → database → extensions → pages and API → errors and headers."""
    instance = config.instance_path(settings)
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)  # names of people live in it
    values = config.load_settings(instance, settings)
    app = Flask(
        "albergues_app",
        instance_path=str(instance),
        static_url_path="/estatico",
        root_path=str(Path(config.__file__).parent),
        template_folder="web/templates",
    )
    app.config.update(values)
    app.config["INSTANCIA"] = str(instance)
    ring = Keyring.load_or_create(instance / "claves.json")
    app.extensions["albergues_keyring"] = ring
    app.extensions["albergues_seals"] = {}
    app.config["SECRET_KEY"] = values["SECRET_KEY"] or ring.secret
    if len(app.config["SECRET_KEY"]) < 16:
        raise RuntimeError("SECRET_KEY es demasiado corta: use 32 caracteres o más.")
    app.config["MAX_CONTENT_LENGTH"] = values["MAX_SUBIDA_MB"] * 1024 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 2 * 1024 * 1024
    app.config["MAX_FORM_PARTS"] = 20_000  # a sheet with files and many rows is one form
    app.config["SQLALCHEMY_DATABASE_URI"] = (
        values["DATABASE_URL"] or f"sqlite:///{instance / 'albergues.sqlite'}"
    )
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(app.config["SQLALCHEMY_DATABASE_URI"])
    app.config["BABEL_DEFAULT_LOCALE"] = "es_GT"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "America/Guatemala"
    for name, value in (settings or {}).items():
        if name not in values:
            app.config[name] = value
    _log_json(app)
    _load_models()
    db.init_app(app)
    if values["PROXIES"]:
        hops = values["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    from albergues_app.web import registration

    registration.register(app)
    from albergues_app.ocupacion.services.necesidades import read_horas

    read_horas(
        values["NECESIDADES_HORAS"]
    )  # what cannot be read stops the start, and not a family at the door
    return app


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 10}, "pool_size": 16, "max_overflow": 16}
    return {"pool_pre_ping": True, "pool_size": 8, "max_overflow": 16}


def _load_models() -> None:
    """Every model must be known before the first query."""
    import importlib

    for package in MODELS:
        importlib.import_module(f"albergues_app.{package}.models")
    importlib.import_module("albergues_app.core.tasks")


def _log_json(app: Flask) -> None:
    """Ids only: no bodies, no query strings, no names (confiabilidad.md T23)."""
    level = str(app.config["REGISTRO_NIVEL"]).upper()
    logging.getLogger("albergues").setLevel(getattr(logging, level, logging.INFO))
