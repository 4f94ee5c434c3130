"""`/salud/vivo` (the process answers) and `/salud/listo` (it can do its work)."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import public
from albergues_app.migrations import ready

bp = Blueprint("salud", __name__, url_prefix="/salud")


@bp.get("/vivo")
@public
def vivo() -> ResponseReturnValue:
    """200 while the process runs."""
    return jsonify(estado="vivo")


@bp.get("/listo")
@public
def listo() -> ResponseReturnValue:
    """200 when database, schema and disk are fit; 503 with the reasons otherwise."""
    problems = ready.problems()
    return jsonify(
        estado="listo" if not problems else "no listo", problemas=problems
    ), 503 if problems else 200
