"""The use cases that write: check-in, movements, corrections, declared counts, closing. One module each."""

from albergues_app.ocupacion.services.acuse import AcuseNuevo, acknowledge_traslado
from albergues_app.ocupacion.services.cierre import transition_activacion
from albergues_app.ocupacion.services.correccion import correct_persona, move_to_familia
from albergues_app.ocupacion.services.ingreso import activacion_row, prepare_ingreso, register_ingreso
from albergues_app.ocupacion.services.ingreso_rows import IngresoNuevo, PersonaNueva
from albergues_app.ocupacion.services.movimiento import MovimientoNuevo, register_movimiento
from albergues_app.ocupacion.services.parte import ParteNuevo, register_parte

__all__ = [
    "AcuseNuevo",
    "IngresoNuevo",
    "MovimientoNuevo",
    "ParteNuevo",
    "PersonaNueva",
    "acknowledge_traslado",
    "activacion_row",
    "correct_persona",
    "move_to_familia",
    "prepare_ingreso",
    "register_ingreso",
    "register_movimiento",
    "register_parte",
    "transition_activacion",
]
