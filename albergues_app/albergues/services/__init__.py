"""The use cases of sites and activations. They flush; the outermost caller opens ``unit_of_work``."""

from albergues_app.albergues.services.activacion import (
    ActivacionNueva,
    activation_warnings,
    create_activacion,
    record_transition,
)
from albergues_app.albergues.services.capacidad import CapacidadNueva, add_capacidad
from albergues_app.albergues.services.sitio import (
    AlbergueNuevo,
    add_contacto,
    change_albergue,
    create_albergue,
    point_warnings,
    transition_sitio,
)

__all__ = [
    "ActivacionNueva",
    "AlbergueNuevo",
    "CapacidadNueva",
    "activation_warnings",
    "add_capacidad",
    "add_contacto",
    "change_albergue",
    "create_activacion",
    "create_albergue",
    "point_warnings",
    "record_transition",
    "transition_sitio",
]
