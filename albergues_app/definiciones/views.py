"""Pages of definitions: each module adds its own to the blueprint."""

from __future__ import annotations

from albergues_app.definiciones import calculation_views, format_views, official_views, step_views
from albergues_app.definiciones.blueprint import bp

__all__ = ["bp", "calculation_views", "format_views", "official_views", "step_views"]
