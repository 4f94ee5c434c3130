"""Every blueprint of pages. A new one is added here, and each of its views says who may use it."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint

MODULES: tuple[str, ...] = (
    "albergues_app.web.health",
    "albergues_app.web.views",
    "albergues_app.accounts.views",
    "albergues_app.aprobaciones.views",
    "albergues_app.albergues.views",
    "albergues_app.emergencias.views",
    "albergues_app.ocupacion.views",
    "albergues_app.ocupacion.shelter_views",
    "albergues_app.pases.views",
    "albergues_app.lotes.views",
    "albergues_app.alojamiento.views",
    "albergues_app.identidad.views",
    "albergues_app.ocupacion.nna_views",
    "albergues_app.ocupacion.outside_views",
    "albergues_app.noches.views",
    "albergues_app.capturas.views",
    "albergues_app.consolidados.views",
    "albergues_app.exportaciones.views",
    "albergues_app.compromisos.views",
    "albergues_app.coe.views",
    "albergues_app.reports.situacion.views",
    "albergues_app.entregas.views",
    "albergues_app.transcripcion.views",
    "albergues_app.definiciones.views",
    "albergues_app.maps.views",
    "albergues_app.web.format_views",
    "albergues_app.web.pliego_views",
    "albergues_app.web.tarjeta_views",
    "albergues_app.web.import_views",
    "albergues_app.web.cap_views",
    "albergues_app.web.format_import_views",
)


def BLUEPRINTS() -> list[Blueprint]:
    """All page blueprints, imported late."""
    return [import_module(name).bp for name in MODULES]
