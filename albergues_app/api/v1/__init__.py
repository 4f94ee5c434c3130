"""``/api/v1``: one module per area, each thin: shape, door, one service, answer."""

from albergues_app.api.v1 import (
    activaciones,
    albergues,
    coe,
    consolidados,
    emergencias,
    entregas,
    formatos,
    movimientos,
    ocupacion,
    traslados,
)
from albergues_app.api.v1.blueprint import bp, spec

__all__ = [
    "activaciones", "albergues", "bp", "coe", "consolidados", "emergencias", "entregas", "formatos", "movimientos",
    "ocupacion", "spec", "traslados",
]  # fmt: skip
