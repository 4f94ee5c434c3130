"""The blueprint «ocupacion» with all its views: each subject is a module, registered by being imported."""

from __future__ import annotations

from albergues_app.ocupacion import (
    animal_views,
    aviso_views,
    boleta_views,
    card_views,
    desk_views,
    family_views,
    firma_views,
    history_views,
    necesidad_views,
    persona_views,
    racion_views,
    silencio_views,
    sobrecupo_views,
    testigo_views,
    traslado_views,
)
from albergues_app.ocupacion.blueprint import bp

__all__ = [
    "animal_views",
    "aviso_views",
    "boleta_views",
    "bp",
    "card_views",
    "desk_views",
    "family_views",
    "firma_views",
    "history_views",
    "necesidad_views",
    "persona_views",
    "racion_views",
    "silencio_views",
    "sobrecupo_views",
    "testigo_views",
    "traslado_views",
]
