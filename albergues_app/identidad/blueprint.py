"""The pages of who is who: one blueprint, its views split by subject."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from albergues_app.core.ids import uuid7

bp = Blueprint("identidad", __name__, url_prefix="/identidad", template_folder="templates")


@bp.context_processor
def ids_at_render() -> dict[str, Any]:
    """Each form carries the id of its operation."""
    return {"uuid_nuevo": uuid7}
