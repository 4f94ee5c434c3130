"""The blueprint «registros» with all its views: each subject is a module, registered by being imported."""

from __future__ import annotations

from albergues_app.capturas import fill_views, firma_views, mensaje_views, parte_views, read_views
from albergues_app.capturas.blueprint import bp

__all__ = ["bp", "fill_views", "firma_views", "mensaje_views", "parte_views", "read_views"]
