"""«¿Es la misma persona?»: the possible matches that wait, two persons beside each other, three answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.core import clock
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import duplicados
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.services.duplicado import answer_duplicado

PER_PAGE = 20
SAID = {
    "misma": "Quedó anotado: es la misma persona. Nada se borró ni se unió.",
    "distinta": "Quedó anotado: son dos personas distintas.",
    "no_se": "Quedó anotado «No sé»: sigue aquí hasta que alguien lo sepa.",
}


@bp.get("/coincidencias")
@requires(Permiso.INGRESO_REGISTRAR)
def por_revisar() -> ResponseReturnValue:
    """The oldest first; each reading of a person is logged."""
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        found = duplicados.pairs(cuenta, PER_PAGE)
        waiting = duplicados.pending(cuenta)
    return render_template(
        "ocupacion/coincidencias.html",
        pares=found,
        pendientes=waiting,
        hoy=clock.local_day(clock.now()),
        muchos=duplicados.MOST_COUNTED,
    )


@bp.post("/coincidencias/<uuid:duplicado_id>/respuesta")
@requires(Permiso.INGRESO_REGISTRAR)
def responder(duplicado_id: UUID) -> ResponseReturnValue:
    """Write one of the three answers; the next pair is shown."""
    duplicados.visible_pair(current_cuenta(), duplicado_id)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        answer = typed.choice("respuesta", SAID, "Elija «Es la misma», «No es» o «No sé».")
        return lambda: {
            "id": str(duplicado_id),
            "respuesta": answer_duplicado(duplicado_id, answer).respuesta,
        }

    envio = send("web.coincidencia", work, duplicado=duplicado_id)
    if envio.body:
        flash(SAID[envio.body["respuesta"]], "bien")
    else:
        flash(envio.errores[0].mensaje, "error")
    return redirect(url_for("ocupacion.por_revisar"), 303)
