"""``/api/v1``: one module per area, each thin: shape, door, one service, answer."""

from albergues_app.api.v1 import (
    activaciones,
    albergues,
    boletas,
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
    "activaciones", "albergues", "boletas", "bp", "coe", "consolidados", "emergencias", "entregas", "formatos",
    "movimientos", "ocupacion", "spec", "traslados",
]  # fmt: skip
