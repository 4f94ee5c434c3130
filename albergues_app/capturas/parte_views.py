"""The parte diario of an open shelter: few fields first, the sheet folded under them; and the partes it sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.audit.writing import write_once
from albergues_app.capturas.bindings import PARTE
from albergues_app.capturas.gate import behind_the_gate
from albergues_app.capturas.hoja import Hoja
from albergues_app.capturas.intake import may_write, work_of
from albergues_app.capturas.models import Registro
from albergues_app.capturas.parte_page import FIRST, confirmed, propose, to_confirm
from albergues_app.capturas.places import Lugar, lugar_of_activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.outputs.web_form import unflatten
from albergues_app.ocupacion.bindings import avisos_of, check
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.parte_texto import texto_of
from albergues_app.ocupacion.persona_views import refusals
from albergues_app.ocupacion.places_left import cupo_of
from albergues_app.ocupacion.raciones import raciones_of
from albergues_app.ocupacion.ritmo import default_horas, horas_of, proposed_cut
from albergues_app.ocupacion.shelter_page import FUENTE_NOMBRE
from albergues_app.ocupacion.shelter_views import visible_activacion

_PROPOSED = "_propuesto-"
LISTED = 30


@bp.route("/activaciones/<uuid:activacion_id>/partes/nuevo", methods=["GET", "POST"])
@requires(Permiso.PARTE_REGISTRAR)
def parte(activacion_id: UUID) -> ResponseReturnValue:
    """Send the count of a cut; what is proposed is marked so, and counts only when somebody says so."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_REGISTRAR)
    formato, cuenta = formatos.latest(PARTE), current_cuenta()
    lugar = lugar_of_activacion(activacion_id)
    may_write(cuenta, formato, lugar)
    hoja = Hoja(formato, gate=behind_the_gate(cuenta, formato))
    now = clock.now()
    horas = horas_of([activacion_id]).get(activacion_id) or default_horas()
    if request.method == "GET":
        found = propose(activacion, formato, proposed_cut(horas, now), hoja.gate)
        hoja.valores = {**lugar.known_answers, **found.valores}
        return _form(activacion_id, hoja, found.valores, found.de, set())
    hoja.op_id = parse_id(request.form.get("op_id")) or hoja.op_id
    skip = {"csrf_token", "op_id", "mas", "confirma"}
    hoja.valores = {k: v[:20_000] for k, v in request.form.items() if k not in skip and not k.startswith("_")}
    proposed = {
        k.removeprefix(_PROPOSED): v for k, v in request.form.items() if k.startswith(_PROPOSED) and v
    }
    sources = dict.fromkeys(proposed, "el sistema")
    sections = set(request.form.getlist("confirma"))
    if request.form.get("mas"):
        hoja.mas = request.form["mas"]
        return _form(activacion_id, hoja, proposed, sources, sections)
    values, asked, dropped = confirmed(formato, hoja.valores, proposed, sections)
    body = _save(hoja, lugar, values, asked)
    if body is None:
        return _form(activacion_id, hoja, proposed, sources, sections), 422
    _tell(body, f"Parte guardado: {int(values['personas']):,} personas.", dropped)
    return redirect(url_for("ocupacion.partes", activacion_id=activacion_id), 303)


def _save(hoja: Hoja, lugar: Lugar, values: dict[str, str], asked: list[str]) -> dict[str, Any] | None:
    """Judge and write; None when there is something to correct, which then stands in ``hoja.errores``."""
    if not values.get("corte", "").strip():
        values["corte"] = f"{clock.to_local(clock.now()):%d/%m/%Y %H:%M}"
    result = check(hoja.formato, unflatten(hoja.formato, values), hoja.gate, "rapido")
    hoja.errores = to_confirm(asked) + avisos_of(result.errors)
    if hoja.errores:
        return None
    content = {"lugar": lugar.clave, "formato": hoja.formato.slug, **values}
    work = work_of(hoja.formato, lugar, result, hoja.op_id)
    try:
        outcome = write_once(
            current_cuenta().as_actor("web"),
            hoja.op_id,
            f"web.registro.{PARTE}",
            content,
            lugar.emergencia_id,
            work,
        )
    except AppError as error:
        if error.status != 422:
            raise
        hoja.errores = refusals(error)
        return None
    if outcome.status == 409:
        hoja.errores = [
            Aviso("id_ya_usado", "Este parte ya se había enviado con otros datos: envíe otro.", None)
        ]
        return None
    return outcome.body


def _tell(body: dict[str, Any], sentence: str, dropped: list[str]) -> None:
    flash(sentence, "bien")
    for message in dict.fromkeys(a["mensaje"] for a in body["avisos"] if a["codigo"] != "pendiente"):
        flash(message, "aviso")
    if dropped:
        flash(f"No se guardó lo propuesto que no se confirmó: {', '.join(dropped)}.", "aviso")


def _form(
    activacion_id: UUID, hoja: Hoja, proposed: dict[str, str], sources: dict[str, str], sections: set[str]
) -> str:
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.PARTE_REGISTRAR)
    described = hoja.descrita
    campos = {c["name"]: c for s in described["sections"] if s["kind"] == "seccion" for c in s["campos"]}
    rest = [_rest_of(s) for s in described["sections"]]
    rows = last_partes(activacion_id, 1)
    return render_template(
        "capturas/parte.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        hoja=hoja,
        primeros=[campos[name] for name in FIRST],
        descrita={**described, "sections": [s for s in rest if any(_asked(c) for c in s["campos"])]},
        propuestos=proposed,
        de=sources,
        confirmadas=sections,
        ultimo=rows[0] if rows else None,
        racion=raciones_of(activacion_id, clock.now()),
        ve_personas=permits(current_cuenta(), Permiso.PERSONA_VER, activacion),
        FUENTE=FUENTE_NOMBRE,
    )


def _rest_of(section: dict[str, Any]) -> dict[str, Any]:
    """A part of the sheet without what is asked first."""
    campos = [c for c in section["campos"] if c["name"] not in FIRST]
    more = ": lo demás" if len(campos) < len(section["campos"]) else ""
    return {**section, "campos": campos, "title": section["title"] + more}


def _asked(campo: dict[str, Any]) -> bool:
    return not campo["auto"] or bool(campo["calculo"])


@bp.get("/activaciones/<uuid:activacion_id>/partes")
@requires(Permiso.PARTE_VER)
def partes(activacion_id: UUID) -> ResponseReturnValue:
    """The counts sent, newest first, and the last one as a text for a message."""
    activacion = visible_activacion(activacion_id, Permiso.PARTE_VER)
    rows, cuenta = last_partes(activacion_id), current_cuenta()
    sheets: set[UUID] = set()
    if permits(cuenta, Permiso.REGISTRO_EDITAR, _Sheet(activacion)):
        sheets = set(db.session.scalars(select(Registro.id).where(Registro.id.in_([p.id for p in rows]))))
    return render_template(
        "capturas/partes.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        partes=rows,
        hojas=sheets,
        ultimo=rows[0] if rows else None,
        texto=texto_of(rows[0], activacion.albergue, cupo_of(activacion).capacidad) if rows else "",
        envia=permits(cuenta, Permiso.PARTE_REGISTRAR, activacion),
        ve_personas=permits(cuenta, Permiso.PERSONA_VER, activacion),
        FUENTE=FUENTE_NOMBRE,
    )


class _Sheet:
    """A sheet of this shelter, as permissions ask for it."""

    area = "general"

    def __init__(self, activacion: Activacion) -> None:
        self.municipio_codigo, self.albergue_codigo = activacion.municipio_codigo, activacion.albergue_codigo
        self.departamento_codigo = activacion.departamento_codigo


def last_partes(activacion_id: UUID, limit: int = LISTED) -> list[Parte]:
    """The newest counts of an activation."""
    stmt = select(Parte).where(Parte.activacion_id == activacion_id)
    return list(
        db.session.scalars(
            stmt.order_by(Parte.corte.desc(), Parte.registrado_en.desc(), Parte.id.desc()).limit(limit)
        )
    )
