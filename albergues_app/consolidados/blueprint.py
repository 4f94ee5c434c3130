"""The blueprint of the consolidated figures, and how their states are said."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from albergues_app.consolidados.models import CLASE_NOMBRE, ESTADO_NOMBRE
from albergues_app.consolidados.sheets import moment

bp = Blueprint("consolidados", __name__, url_prefix="/consolidados", template_folder="templates")
NIVEL_ESTADO = {"preliminar": "sindato", "validado": "bien", "enviado": "bien", "rectificado": "alto"}


@bp.app_context_processor
def words() -> dict[str, Any]:
    """How states, classes and sources are said."""
    return {
        "ESTADO_CONSOLIDADO": ESTADO_NOMBRE, "NIVEL_CONSOLIDADO": NIVEL_ESTADO, "CLASE_SITIO": CLASE_NOMBRE,
        "momento_dato": moment,
    }  # fmt: skip
