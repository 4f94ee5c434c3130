"""Albergues · Función 13: the emergency-shelter system of Guatemala."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

__version__ = "0.1.0"


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Build the application: settings, keys, database, doors, pages, API.

    ``settings`` is what a test passes; it overrides file and environment (see ``config.py``).
    """
    from albergues_app.web.factory import build

    return build(settings)
