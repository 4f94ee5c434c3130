"""The pages of the list of commitments."""

from flask import Blueprint

bp = Blueprint("compromisos", __name__, url_prefix="/compromisos", template_folder="templates")
