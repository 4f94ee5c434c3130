"""Every page of transcription, registered."""

from __future__ import annotations

from albergues_app.transcripcion import dictado_views, lote_views
from albergues_app.transcripcion.blueprint import bp

__all__ = ["bp", "dictado_views", "lote_views"]
