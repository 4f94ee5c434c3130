"""The blueprint «identidad» with all its views: each subject is a module, registered by being imported."""

from __future__ import annotations

from albergues_app.identidad import busqueda_views, consulta_views, lectura_views, posible_views, union_views
from albergues_app.identidad.blueprint import bp

__all__ = ["bp", "busqueda_views", "consulta_views", "lectura_views", "posible_views", "union_views"]
