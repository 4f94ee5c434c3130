"""Every blueprint of pages. A new one is added here, and each of its views says who may use it."""

from __future__ import annotations

from flask import Blueprint


def BLUEPRINTS() -> list[Blueprint]:
    """All page blueprints, imported late."""
    from albergues_app.web import health, views

    return [health.bp, views.bp]
