"""Totals given by others, beside the computed ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import get_visible_or_404, refuse_invisible, requires
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso
from albergues_app.consolidados.asking import (
    address_of,
    asked,
    emergencia_of,
)
from albergues_app.consolidados.blueprint import bp
from albergues_app.consolidados.given import TotalNuevo, annul_given, note_given
from albergues_app.consolidados.models import (
    CLASE_DADA,
    FUENTE_NOMBRE,
    MEDIO_NOMBRE,
    TotalDado,
)
from albergues_app.consolidados.pages import preliminary_page
from albergues_app.consolidados.scope import Ambito, Pregunta, find_ambito
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed


def _now_page(question: Pregunta) -> str:
    """The same cut-off with what is known now."""
    address: dict[str, Any] = {k: v for k, v in address_of(question).items() if k != "conocido_en"}
    return url_for(".corte", **address)


@bp.post("/dados")
@requires(Permiso.CONSOLIDADO_VALIDAR)
def anotar_dado() -> ResponseReturnValue:
    """Note a total that somebody gave, beside the computed one."""
    question, emergencia = asked(Permiso.CONSOLIDADO_VER)
    nombre = emergencia.nombre
    raw = request.form.get("lugar", "")
    place = find_ambito(raw) if raw else question.ambito
    refuse_invisible(place, Permiso.CONSOLIDADO_VALIDAR)
    assert place is not None

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        when = typed.instant("dado_en", "Escriba de qué hora es el total.")
        people = typed.integer("personas", needed="Escriba cuántas personas dijeron.")
        clase = typed.choice("clase", CLASE_DADA, "Elija de qué es el total.")
        fuente = typed.choice("fuente", FUENTE_NOMBRE, "Elija quién dio el total.")
        medio = typed.choice("medio", MEDIO_NOMBRE, "Elija por qué medio.")
        families, sites = typed.integer("familias"), typed.integer("albergues", high=10_000)
        quien, nota = typed.optional("quien", 120), typed.optional("nota", 500)

        def run() -> dict[str, Any]:
            assert when is not None and people is not None
            row = note_given(
                TotalNuevo(
                    typed.op_id, question.emergencia_id, place, when, clase, fuente, medio, quien, people,
                    families, sites, nota,
                )
            )  # fmt: skip
            return {"id": str(row.id)}

        return run

    envio = send("web.total_dado", work)
    if envio.body:
        flash("Total anotado. No cambia la cifra calculada: queda a su lado, con la diferencia.", "bien")
        return redirect(_now_page(question) + "#dados", 303)
    return preliminary_page(question, nombre, envio)


@bp.post("/dados/<uuid:dado_id>/anular")
@requires(Permiso.CONSOLIDADO_VALIDAR)
def anular_dado(dado_id: UUID) -> ResponseReturnValue:
    """A given total that was written wrong."""
    row = get_visible_or_404(TotalDado, dado_id, Permiso.CONSOLIDADO_VALIDAR)
    question = Pregunta(row.emergencia_id, Ambito(row.ambito), row.corte, clock.now())
    key, nombre = row.id, emergencia_of(row.emergencia_id).nombre

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        motivo = typed.text("motivo", "Escriba por qué se anula.", 300)

        def run() -> dict[str, Any]:
            annul_given(db.session.get_one(TotalDado, key), motivo)
            return {"id": str(key)}

        return run

    envio = send("web.total_dado.anular", work, dado=key)
    if envio.body:
        flash("Total anulado.", "bien")
        return redirect(_now_page(question), 303)
    return preliminary_page(question, nombre, envio)
