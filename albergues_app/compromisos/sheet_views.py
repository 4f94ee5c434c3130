"""From the sheet of a visit, a meeting or an evaluation to the list: the commitments written on it, by one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import refuse_invisible, requires
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso
from albergues_app.capturas.blueprint import opened, registro_or_404
from albergues_app.capturas.models import EstadoRegistro, Registro
from albergues_app.capturas.services import edition_of, typed_answers
from albergues_app.compromisos.blueprint import bp
from albergues_app.compromisos.models import ORIGEN_NOMBRE, PRIORIDAD_NOMBRE, Compromiso
from albergues_app.compromisos.services import (
    CompromisoNuevo,
    Encargado,
    Origen,
    Plazo,
    create_compromiso,
)
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.text import normalize
from albergues_app.core.typed import Typed

SHEETS: dict[str, str] = {
    "visita_asesoria": "visita",
    "ayuda_memoria": "reunion",
    "evaluacion_sitio": "evaluacion",
}
"""Formats with a list of commitments, and the kind of origin that each is."""


@dataclass(frozen=True)
class Escrito:
    """One commitment as the sheet says it. ``id`` comes of its words and date: however often, it is one."""

    id: UUID
    datos: CompromisoNuevo
    dia: date
    en_lista: bool


@bp.route("/de-registro/<uuid:registro_id>", methods=["GET", "POST"])
@requires(Permiso.COMPROMISO_LLEVAR)
def de_registro(registro_id: UUID) -> ResponseReturnValue:
    """Those written on a filled format: choose, and they are on the list."""
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    refuse_invisible(row, Permiso.COMPROMISO_LLEVAR)
    if row.formato not in SHEETS or row.estado == EstadoRegistro.ANULADO:
        raise NotFound()
    answers = opened(row, "web:compromisos")
    row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    formato = edition_of(row)
    written = _written(row, formato.title, typed_answers(row, formato, answers))
    envio = empty_form()
    if request.method == "POST":
        emergencia_id = row.emergencia_id

        def work(typed: Typed) -> Callable[[], dict[str, Any]]:
            chosen = set(typed.choices("compromiso", {str(w.id) for w in written}))
            if not chosen:
                typed.fault("falta_compromiso", "Marque al menos uno.", "compromiso")
            new = [w.datos for w in written if str(w.id) in chosen]

            def run() -> dict[str, Any]:
                made = [create_compromiso(d)[0] for d in new if db.session.get(Compromiso, d.id) is None]
                return {"cuantos": len(made)}

            return run

        envio = send("web.compromiso.registro", work, emergencia_id, registro=registro_id)
        if envio.body:
            count = envio.body["cuantos"]
            flash(
                "1 compromiso pasó a la lista." if count == 1 else f"{count} compromisos pasaron a la lista.",
                "bien",
            )
            return redirect(url_for("compromisos.lista"), 303)
        row = registro_or_404(registro_id, Permiso.REGISTRO_VER)
    page = render_template(
        "compromisos/de_registro.html",
        registro=row,
        formato=formato,
        escritos=written,
        envio=envio,
        origen=ORIGEN_NOMBRE[SHEETS[formato.code]],
        PRIORIDAD_NOMBRE=PRIORIDAD_NOMBRE,
    )
    return page, envio.status


def _written(row: Registro, title: str, answers: dict[str, Any]) -> list[Escrito]:
    """The rows with something to do, somebody to do it and a date."""
    found: list[Escrito] = []
    for line in answers.get("compromisos") or ():
        words, day = _text(line.get("descripcion")), line.get("fecha_compromiso")
        who, org = _text(line.get("responsable")), _text(line.get("institucion"))
        if not words or not isinstance(day, date) or not (who or org):
            continue
        key = uuid5(row.id, f"compromiso/{normalize(words)}/{day}")
        if any(other.id == key for other in found):
            continue
        datos = CompromisoNuevo(
            id=key,
            descripcion=words,
            plazo=Plazo(clock.day_end(day)),
            encargado=Encargado(who, org),
            origen=Origen(
                SHEETS[row.formato], row.id, f"{title} · {clock.to_local(row.ocurrido_en):%d/%m/%Y}"
            ),
            prioridad=line.get("prioridad") if line.get("prioridad") in PRIORIDAD_NOMBRE else "rutina",
            departamento=row.departamento_codigo,
            municipio=row.municipio_codigo,
            albergue_codigo=row.albergue_codigo,
            emergencia_id=row.emergencia_id,
        )
        found.append(Escrito(key, datos, day, db.session.get(Compromiso, key) is not None))
    return found


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
