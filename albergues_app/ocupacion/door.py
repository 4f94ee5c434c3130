"""One touch at the door: of the members marked, those for whom the movement makes sense go in or out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.core.errors import RuleBroken
from albergues_app.ocupacion import gate

ACCIONES = {
    "ingreso": ("nadie", "Ninguna de las personas marcadas espera ingreso: ya están en un albergue."),
    "retorno": ("fuera", "Ninguna de las personas marcadas está fuera por salida temporal."),
    "salida_temporal": ("dentro", "Ninguna de las personas marcadas está dentro para salir."),
    "egreso": ("dentro", "Ninguna de las personas marcadas está en este albergue."),
}
"""What is done, where the page showed those it is for, and what is said when there are none of them."""


def act(identity: Identity, activacion: Activacion, familia_id: UUID, form: Any) -> dict[str, Any]:
    """Register what the button says, for those marked whom the page showed in the state it needs.

    Where each one stood is what the page showed, so that a button pressed twice is one operation; the register
    judges where each one stands now.

    :raises RuleBroken: nobody marked can do that. :raises Invalid: fields to correct.
    """
    accion = form.get("accion", "")
    if accion not in ACCIONES:
        raise RuleBroken("accion_desconocida", "Oprima uno de los botones.", "accion")
    shown, nobody = ACCIONES[accion]
    fitting = set(form.getlist(shown))
    if accion == "egreso":
        fitting |= set(form.getlist("fuera"))
    people = [p for p in form.getlist("personas") if p in fitting]
    if not people:
        raise RuleBroken(
            "nadie_para_eso",
            nobody if form.getlist("personas") else "Marque al menos una persona.",
            "personas",
        )
    sent = MultiDict([("id", form.get("id", "")), *(("personas", p) for p in people)])
    sent["consultado"] = form.get("consultado", "")
    if accion == "ingreso":
        return gate.enter_known(identity, activacion, familia_id, sent)
    for name in gate.CAMPOS:  # a reason, or who receives a child, written before the button
        sent[name] = form.get(name, "")
    sent["tipo"] = accion
    sent["destino"] = form.get("destino_egreso", "") if accion == "egreso" else ""
    return gate.save_movimiento(identity, activacion, sent)
