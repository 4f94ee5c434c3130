"""A kind of request with a visible effect, and requests of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from albergues_app.accounts.permissions import Permiso
from albergues_app.aprobaciones.models import Aprobacion
from albergues_app.aprobaciones.services import Clase, PeticionNueva, ask, register_clase
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work

HECHOS: list[str] = []
"""What the effects of this test run wrote; an effect told to fail leaves nothing."""


def _apply(_row: Aprobacion, cuerpo: dict[str, Any]) -> dict[str, Any]:
    if cuerpo.get("falla"):
        raise RuleBroken("ya_no_se_puede", "Ya no se puede.")
    HECHOS.append(cuerpo["texto"])
    return {"avisos": []}


PRUEBA = register_clase(
    Clase(
        "prueba",
        "Solicitud de práctica",
        Permiso.APROBACION_RESPONDER,
        _apply,
        lambda _row, cuerpo: [("Texto", cuerpo["texto"])],
    )
)


def make_aprobacion(
    cuenta_id: UUID, municipio: str | None = "1413", albergue: str | None = None, **cuerpo: Any
) -> Aprobacion:
    """A request of that account."""
    with unit_of_work(Actor("pide", "web", cuenta_id)):
        return ask(
            PeticionNueva(
                id=uuid7(),
                clase="prueba",
                objeto_id=uuid7(),
                titulo="Algo de práctica",
                cuerpo={"texto": "<b>hecho</b>", **cuerpo},
                motivo="Hace falta",
                municipio=municipio,
                albergue_codigo=albergue,
            )
        )
