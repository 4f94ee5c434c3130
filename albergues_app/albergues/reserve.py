"""Sites whose location is reserved: counted in their department, nameless for those who look from afar."""

from __future__ import annotations

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol
from albergues_app.albergues.models import Albergue

FROM_AFAR: frozenset[Rol] = frozenset({Rol.MANDO, Rol.INSTITUCION})


def looks_from_afar(cuenta: Identity) -> bool:
    """True for mando and institutions."""
    return cuenta.rol in FROM_AFAR


def is_hidden(cuenta: Identity, albergue: Albergue) -> bool:
    """True when this account may only count the site."""
    return albergue.ubicacion_reservada and looks_from_afar(cuenta)
