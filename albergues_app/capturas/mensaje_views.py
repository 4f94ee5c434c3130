"""Partes that come as text, from a messaging group or the radio: many lines, seen before any is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, requires, visible
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.states import OPEN
from albergues_app.audit.writing import write_once
from albergues_app.capturas.bindings import PARTE
from albergues_app.capturas.intake import work_of
from albergues_app.capturas.places import lugar_of_activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError
from albergues_app.core.ids import uuid7
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Result
from albergues_app.ocupacion.bindings import check
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.parte_texto import FUENTES, MAX_LINES, Leido, read_partes
from albergues_app.ocupacion.persona_views import refusals
from albergues_app.ocupacion.ritmo import Horas, default_horas, horas_of, proposed_cut
from albergues_app.ocupacion.services.parte import ParteNuevo, judge_parte

NUMBERS = ("familias", "personas", "mujeres", "hombres")
EXAMPLE = "PARTE 1401-003 F12 P58 M30 H28"


@dataclass
class Abierto:
    """An open shelter of the account's territory, as a line may name it."""

    id: UUID
    codigo: str
    nombre: str
    municipio: str
    emergencia: str


@dataclass
class Renglon:
    """A line of the preview: what was understood as text, so that nothing typed is lost."""

    op_id: UUID
    valores: dict[str, str]
    texto: str = ""
    marcado: bool = True
    albergues: list[Abierto] = field(default_factory=list)
    errores: list[str] = field(default_factory=list)
    avisos: list[str] = field(default_factory=list)
    notas: list[str] = field(default_factory=list)
    result: Result | None = None
    falto: bool = False
    """When it was shown it could not be saved: nobody has said that it does not go."""

    @property
    def albergue(self) -> Abierto | None:
        """The shelter it is of; None while the code names none, or several and nobody chose."""
        chosen = self.valores.get("activacion", "")
        if len(self.albergues) == 1:
            return self.albergues[0]
        return next((a for a in self.albergues if str(a.id) == chosen), None)


@bp.route("/partes/mensaje", methods=["GET", "POST"])
@requires(Permiso.PARTE_REGISTRAR)
def partes_mensaje() -> ResponseReturnValue:
    """Paste, look at what was understood, correct it, save what is right."""
    texto, fuente = request.form.get("texto", "")[:60_000], request.form.get("fuente", "")
    rows: list[Renglon] = []
    if request.method == "POST":
        now = clock.now()
        if request.form.get("accion") == "guardar":
            rows = _from_form(request.form)
            _judge(rows, now)
            saved = [row for row in rows if row.marcado and not row.errores and _save(row)]
            rows = [row for row in rows if row not in saved]
            for row in rows:  # corrected, and not yet ticked: offered again
                row.marcado = row.marcado or (row.falto and not row.errores)
            left = sum(row.marcado or row.falto for row in rows)
            if saved:
                one = len(saved) == 1
                flash("Se guardó 1 parte." if one else f"Se guardaron {len(saved)} partes.", "bien")
            if saved and not left:
                return redirect(url_for("ocupacion.partes_mensaje"), 303)
            if saved:
                one = left == 1
                flash(
                    f"{'Queda 1' if one else f'Quedan {left}'} sin guardar: {'véalo' if one else 'véalos'} aquí.",
                    "aviso",
                )
            elif not any(row.marcado for row in rows):
                flash("Marque los partes que se guardan.", "aviso")
        else:
            rows = _from_text(read_partes(texto, now), fuente, now)
            _judge(rows, now)
            if not rows:
                flash(f"No hay ningún parte en el texto. Se escribe así: {EXAMPLE}", "aviso")
    page = render_template(
        "capturas/mensaje.html", filas=rows, texto=texto, fuente=fuente, FUENTES=FUENTES, ejemplo=EXAMPLE,
        caben=MAX_LINES,
    )  # fmt: skip
    return page, 422 if any(r.errores and r.marcado for r in rows) and request.form.get(
        "accion"
    ) == "guardar" else 200


def _from_text(read: Sequence[Leido], fuente: str, now: datetime) -> list[Renglon]:
    known, rows = open_by_code([one.codigo for one in read if one.codigo]), []
    own = horas_of([a.id for places in known.values() for a in places], now)
    for one in read:
        places = known.get(one.codigo or "", [])
        notes = [*one.supuesto, *(f"Se pasó por alto: «{w}»." for w in one.sobra)]
        corte = one.corte
        if corte is None:
            horas: Horas = own.get(places[0].id, default_horas()) if places else default_horas()
            corte = proposed_cut(horas, now)
            notes.insert(0, f"Sin hora: se propone {clock.to_local(corte):%d/%m/%Y %H:%M}.")
        values = {name: "" if (n := getattr(one, name)) is None else str(n) for name in NUMBERS}
        row = Renglon(uuid7(), {
            **values, "codigo": one.codigo or "", "corte": f"{clock.to_local(corte):%d/%m/%Y %H:%M}",
            "fuente": one.fuente or (fuente if fuente in FUENTES else ""),
        }, one.texto, not one.dudas, places, [], list(one.dudas), notes)  # fmt: skip
        rows.append(row)
    return rows


def _from_form(form: Mapping[str, str]) -> list[Renglon]:
    rows = []
    for n in range(MAX_LINES):
        op_id = parse_id(form.get(f"r{n}-id"))
        if op_id is None:
            break
        names = (*NUMBERS, "codigo", "corte", "fuente", "activacion")
        values = {name: form.get(f"r{n}-{name}", "").strip()[:60] for name in names}
        row = Renglon(op_id, values, form.get(f"r{n}-texto", "")[:2000], bool(form.get(f"r{n}-va")))
        row.falto = bool(form.get(f"r{n}-falto"))
        rows.append(row)
    known = open_by_code([row.valores["codigo"] for row in rows])
    for row in rows:
        row.albergues = known.get(row.valores["codigo"], [])
    return rows


def _judge(rows: Sequence[Renglon], now: datetime) -> None:
    """What the format and the register say of each line; nothing is written."""
    formato = formatos.latest(PARTE)
    seen: set[tuple[UUID, str]] = set()
    for row in rows:
        place = row.albergue
        if place is None:
            row.errores.append(
                "Trabaja para dos emergencias: elija cuál." if row.albergues
                else "Ningún albergue abierto de su territorio tiene ese código."
            )  # fmt: skip
        raw = {name: row.valores[name] for name in (*NUMBERS, "corte", "fuente")}
        row.result = check(formato, raw, True, "rapido")
        row.errores += [n.mensaje for n in row.result.errors]
        row.avisos += [n.mensaje for n in row.result.warnings]
        if place is None or not row.result.ok:
            row.marcado = row.marcado and request.form.get("accion") == "guardar"
            continue
        answers = row.result.answers
        datos = ParteNuevo(
            row.op_id, place.id, clock.as_utc(answers["corte"]), answers["fuente"], answers["personas"],
            answers.get("familias"), answers.get("mujeres"), answers.get("hombres"),
        )  # fmt: skip
        try:
            row.avisos += [a.mensaje for a in judge_parte(datos)[1] if a.mensaje not in row.avisos]
        except AppError as error:
            row.errores += [a.mensaje for a in refusals(error)]
        held = _of_the_cut(datos)
        if held is not None:
            row.avisos.append(f"Ya hay un parte de esa hora, con {held} personas: este quedaría en su lugar.")
        if (place.id, row.valores["corte"]) in seen:
            row.avisos.append("Otra línea de este texto es del mismo albergue y la misma hora.")
        seen.add((place.id, row.valores["corte"]))


def _of_the_cut(datos: ParteNuevo) -> int | None:
    return db.session.scalar(
        select(Parte.personas)
        .where(Parte.activacion_id == datos.activacion_id, Parte.corte == datos.corte, Parte.id != datos.id)
        .order_by(Parte.registrado_en.desc())
        .limit(1)
    )


def _save(row: Renglon) -> bool:
    """Write one line as a sheet of its shelter, as its own form would; a refusal stays in the line."""
    place, cuenta = row.albergue, current_cuenta()
    assert place is not None and row.result is not None
    lugar, formato = lugar_of_activacion(place.id), formatos.latest(PARTE)
    content = {"lugar": lugar.clave, "formato": formato.slug, **row.valores}
    work = work_of(formato, lugar, row.result, row.op_id)
    try:
        outcome = write_once(
            cuenta.as_actor("web"), row.op_id, f"web.registro.{PARTE}", content, lugar.emergencia_id, work
        )
    except AppError as error:
        if error.status != 422:
            raise
        row.errores += [a.mensaje for a in refusals(error)]
        return False
    if outcome.status == 409:
        row.errores.append("Esta línea ya se había guardado con otros datos.")
    return outcome.status != 409


def open_by_code(codigos: Sequence[str]) -> dict[str, list[Abierto]]:
    """Open shelters by the code of their site, those for which this account may report."""
    stmt: Any = (
        select(Activacion.id, Albergue.codigo, Albergue.nombre, Albergue.municipio_codigo, Emergencia.nombre)
        .join(Albergue, Albergue.id == Activacion.albergue_id)
        .join(Emergencia, Emergencia.id == Activacion.emergencia_id)
        .where(Albergue.codigo.in_(set(codigos)), Activacion.estado.in_(OPEN))
    )
    found: dict[str, list[Abierto]] = {}
    for row in db.session.execute(
        visible(stmt, Permiso.PARTE_REGISTRAR, Activacion).order_by(Activacion.creada_en)
    ):
        found.setdefault(row[1], []).append(Abierto(*row))
    return found
