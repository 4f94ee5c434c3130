"""The pages of the COE share one blueprint."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("coe", __name__, url_prefix="/coe", template_folder="templates")
