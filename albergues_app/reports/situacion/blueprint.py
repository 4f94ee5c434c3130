"""The blueprint of the bulletins, and how their states are said."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from albergues_app.reports.situacion.models import ESTADO_NOMBRE

bp = Blueprint("boletines", __name__, url_prefix="/boletines", template_folder="templates")
NIVEL_ESTADO = {
    "borrador": "sindato", "revisado": "aviso", "autorizado": "aviso", "sellado": "bien", "descartado": "alto",
}  # fmt: skip


@bp.app_context_processor
def words() -> dict[str, Any]:
    """How the states of a bulletin are said."""
    return {"ESTADO_BOLETIN": ESTADO_NOMBRE, "NIVEL_BOLETIN": NIVEL_ESTADO}
