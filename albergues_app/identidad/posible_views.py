"""«¿Es la misma persona?»: the possible matches that wait, two persons beside each other, three answers by one key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, requires
from albergues_app.accounts.page_writing import Envio, send
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.core import clock
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.identidad import posibles
from albergues_app.identidad.blueprint import bp
from albergues_app.identidad.services.union import UnionNueva, join_personas
from albergues_app.ocupacion.services.duplicado import answer_duplicado
from albergues_app.ocupacion.services.union import Cruce, crossings
from albergues_app.ocupacion.unidas import speakers

PER_PAGE = 100
SAID = {
    "misma": "Quedó anotado: es la misma persona. La sede une los dos registros.",
    "distinta": "Quedó anotado: son dos personas distintas.",
    "no_se": "Quedó anotado «No sé»: sigue aquí hasta que alguien lo sepa.",
}
JOINED = "Unidas: cuentan como una sola persona. Los dos registros siguen respondiendo."


@bp.get("/posibles")
@requires(Permiso.INGRESO_REGISTRAR)
def por_revisar() -> ResponseReturnValue:
    """The oldest first, a hundred at a time; each reading of a person is logged."""
    cuenta, filtro = current_cuenta(), posibles.Filtro.read(request.args)
    with unit_of_work(cuenta.as_actor("web")):
        found = posibles.pairs(cuenta, PER_PAGE, filtro)
        waiting = posibles.pending(cuenta, filtro)
    return render_template(
        "identidad/posibles.html",
        pares=found,
        pendientes=waiting,
        filtro=filtro,
        estados=list(posibles.ESTADOS.items()),
        origenes=list(posibles.ORIGENES.items()),
        albergues=posibles.shelters_waiting(cuenta),
        une=role_may(cuenta.rol, Permiso.IDENTIDAD_UNIR),
        hoy=clock.local_day(clock.now()),
        muchos=posibles.MOST_COUNTED,
    )


@bp.post("/posibles/<uuid:duplicado_id>/respuesta")
@requires(Permiso.INGRESO_REGISTRAR)
def responder(duplicado_id: UUID) -> ResponseReturnValue:
    """Write one of the three answers. «Es la misma» of who may join them joins them, in the same operation."""
    cuenta = current_cuenta()
    row = posibles.visible_pair(cuenta, duplicado_id)
    pair_ids = row.persona_id, row.otra_id
    joins = role_may(cuenta.rol, Permiso.IDENTIDAD_UNIR)
    union_id = uuid7()

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        answer = typed.choice("respuesta", SAID, "Elija «Es la misma», «No es» o «No sé».")
        cruce = typed.choice("cruce", set(Cruce))
        if answer != "misma" or not joins:
            return lambda: {
                "id": str(duplicado_id),
                "respuesta": answer_duplicado(duplicado_id, answer).respuesta,
            }

        def join() -> dict[str, Any]:
            speaks = speakers(pair_ids)
            if not posibles.may_see(cuenta, crossings(*(speaks[i] for i in pair_ids))):
                raise RuleBroken(
                    "cruce_lejos",
                    "Una de sus estancias está en otro departamento. Pida a la oficina nacional que las una.",
                    "cruce",
                )
            nueva = UnionNueva(union_id, *pair_ids, "", Cruce(cruce) if cruce else None)
            body = join_personas(nueva)
            answer_duplicado(duplicado_id, "misma")
            return {**body, "respuesta": "misma", "union": str(union_id)}

        return join

    envio = send("web.coincidencia", work, duplicado=duplicado_id)
    if request.headers.get("HX-Request"):
        return _piece(duplicado_id, envio)
    if envio.body:
        flash(JOINED if envio.body.get("union") else SAID[envio.body["respuesta"]], "bien")
    else:
        flash(envio.errores[0].mensaje, "error")
    return redirect(url_for("identidad.por_revisar"), 303)


def _piece(duplicado_id: UUID, envio: Envio) -> str:
    """The pair alone, answered or with what is missing, for the page that is being worked through."""
    cuenta = current_cuenta()
    again = None
    if not envio.body:
        with unit_of_work(cuenta.as_actor("web")):
            again = posibles.pair(cuenta, duplicado_id)
    union = (envio.body or {}).get("union")
    return render_template(
        "identidad/par.html",
        p=again,
        error=envio.errores[0].mensaje if envio.errores else None,
        dicho=JOINED if union else SAID.get((envio.body or {}).get("respuesta", ""), ""),
        union=union,
        une=role_may(cuenta.rol, Permiso.IDENTIDAD_UNIR),
        hoy=clock.local_day(clock.now()),
    )
