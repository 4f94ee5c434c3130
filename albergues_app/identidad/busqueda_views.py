"""A relative is looked for: the request, its one answer, and the queue of the sede that asks the person."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts import budget
from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.core import clock
from albergues_app.core.tasks import start_task
from albergues_app.core.typed import Typed
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.strip import emergencias_now
from albergues_app.identidad import busquedas as lists
from albergues_app.identidad.blueprint import bp
from albergues_app.identidad.models import AvisoBusqueda
from albergues_app.identidad.services.busqueda import BUSCA, PIDE, TAREA, answer_aviso, take_down

ANSWER = (
    "Si esta persona está registrada, su sede recibirá el aviso y le preguntará si quiere que le avisen. Por "
    "seguridad, a nadie se le dice si una persona está o no en un albergue."
)
SAID = {
    "acepta": "Anotado: la persona acepta. Llame a quien pregunta y diga solo lo que ella autorizó.",
    "no_acepta": "Anotado: la persona no quiere que se sepa de ella. No se dirá nada.",
    "no_es": "Anotado: no es esta persona.",
    "no_se_pudo": "Anotado: no se le pudo preguntar. El aviso sigue aquí.",
}


@bp.route("/busquedas/nueva", methods=["GET", "POST"])
@requires(Permiso.BUSQUEDA_PEDIR)
def buscar_familiar() -> ResponseReturnValue:
    """Take down who looks for whom. What is answered is the same for everybody."""
    vigentes = emergencias_now(clock.now())
    envio = empty_form()
    if request.method == "POST":
        budget.spend(current_cuenta(), budget.BUSQUEDA)
        envio = send("web.busqueda", lambda typed: _request(typed, {str(e.id) for e in vigentes}))
        if envio.body:
            start_task(TAREA, {}, current_cuenta().as_actor("web"))
            return redirect(url_for("identidad.busqueda_recibida"), 303)
    page = render_template(
        "identidad/buscar.html",
        envio=envio,
        emergencias=[(str(e.id), e.nombre) for e in vigentes],
        respuesta=ANSWER,
    )
    return page, envio.status


def _request(typed: Typed, emergencias: Collection[str]) -> Callable[[], dict[str, Any]]:
    chosen = typed.choice("emergencia", emergencias, "Elija la emergencia.")
    typed.choice("sexo", {"mujer", "hombre"})
    typed.integer("edad", 0, 130)
    escrito = {name: typed.text(name) for name in (*PIDE, *BUSCA)}
    return lambda: take_down(UUID(chosen), escrito)


@bp.get("/busquedas/recibida")
@requires(Permiso.BUSQUEDA_PEDIR)
def busqueda_recibida() -> ResponseReturnValue:
    """The one answer: it knows of no request and of no person."""
    return render_template("identidad/busqueda_recibida.html", respuesta=ANSWER)


@bp.get("/busquedas")
@requires(Permiso.BUSQUEDA_ATENDER)
def busquedas() -> ResponseReturnValue:
    """Persons of the territory who may be looked for: each is asked before anything is told."""
    cuenta = current_cuenta()
    with unit_of_work(cuenta.as_actor("web")):
        found = lists.notices(cuenta)
    return render_template(
        "identidad/busquedas.html",
        avisos=found,
        sin_comparar=lists.not_compared() if cuenta.nacional else 0,
        hoy=clock.local_day(clock.now()),
    )


@bp.post("/busquedas/reparto")
@requires(Permiso.BUSQUEDA_ATENDER)
def repartir() -> ResponseReturnValue:
    """Compare what a stopped task left."""
    start_task(TAREA, {}, current_cuenta().as_actor("web"))
    flash("Se están comparando. Vuelva en un minuto.", "bien")
    return redirect(url_for("identidad.busquedas"), 303)


@bp.post("/busquedas/avisos/<uuid:aviso_id>/respuesta")
@requires(Permiso.BUSQUEDA_ATENDER)
def responder_aviso(aviso_id: UUID) -> ResponseReturnValue:
    """What the person said when asked."""
    get_visible_or_404(AvisoBusqueda, aviso_id, Permiso.BUSQUEDA_ATENDER)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        answer = typed.choice("respuesta", SAID, "Elija qué dijo la persona.")
        nota = typed.text("nota", limit=300)
        return lambda: answer_aviso(aviso_id, answer, nota)

    envio = send("web.aviso_busqueda", work, aviso=aviso_id)
    if envio.body:
        flash(SAID[envio.body["respuesta"]], "bien")
    else:
        flash(envio.errores[0].mensaje, "error")
    return redirect(url_for("identidad.busquedas"), 303)
