"""The roll-call by family with one hand, and the page that clears up who was not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.page_writing import empty_form, send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.typed import Typed, wall_clock
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.avisos_puerta import AvisoDe, AvisoVisto, boxes, in_force
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of
from albergues_app.ocupacion.queries import PersonaVista, personas_by_id
from albergues_app.ocupacion.services.movimiento import DESTINOS
from albergues_app.ocupacion.shelter_page import CAJAS, PESTANAS, Caja
from albergues_app.pases.models import Marca, Respuesta
from albergues_app.pases.queries import expected, last_pases, open_questions
from albergues_app.pases.services import (
    MOST_UNLISTED,
    PaseNuevo,
    RespuestasNuevas,
    answer_ausencias,
    register_pase,
)
from albergues_app.pases.words import question_text

bp = Blueprint("pases", __name__, template_folder="templates")


@dataclass
class Fila:
    """A person of the list; ``desde``: outside since then, or missed since then."""

    persona: PersonaVista
    salio_en: datetime | None = None
    clase: str = ""
    desde: datetime | None = None
    avisos: list[AvisoVisto] = field(default_factory=list)


@dataclass
class FamiliaEnLista:
    """A family of the list, the head first."""

    id: UUID
    codigo: str
    filas: list[Fila] = field(default_factory=list)

    @property
    def nombre(self) -> str:
        return self.filas[0].persona.apellidos or self.filas[0].persona.nombres

    @property
    def avisos(self) -> list[AvisoDe]:
        """What stands for its people."""
        found = {f.persona.id: f.avisos for f in self.filas if f.avisos}
        return boxes(found, {f.persona.id: f.persona.nombre for f in self.filas})

    @property
    def dentro(self) -> list[Fila]:
        return [f for f in self.filas if f.salio_en is None]

    @property
    def afuera(self) -> list[Fila]:
        return [f for f in self.filas if f.salio_en is not None]


def _families(rows: Sequence[tuple[UUID, Fila]], codigos: dict[UUID, str]) -> list[FamiliaEnLista]:
    found: dict[UUID, FamiliaEnLista] = {}
    for familia_id, fila in rows:
        found.setdefault(familia_id, FamiliaEnLista(familia_id, codigos.get(familia_id, ""))).filas.append(
            fila
        )
    for familia in found.values():
        familia.filas.sort(key=lambda f: (f.persona.parentesco != "jefe", -(f.persona.edad or 0)))
    return sorted(found.values(), key=lambda f: (f.nombre.casefold(), f.codigo))


def _codes(ids: set[UUID]) -> dict[UUID, str]:
    from sqlalchemy import select

    from albergues_app.ocupacion.models import Familia

    rows = db.session.execute(select(Familia.id, Familia.codigo).where(Familia.id.in_(ids)))
    return {row.id: row.codigo for row in rows}


def _marks(typed: Typed, values: Any, default_of: dict[UUID, list[UUID]]) -> dict[UUID, Any]:
    """What was tapped of each person; of who was not tapped alone, what was tapped of the family."""
    found: dict[UUID, Any] = {}
    for familia, people in default_of.items():
        whole = typed.get(f"f-{familia}")
        for persona in people:
            if whole in set(values):
                found[persona] = values(whole)
    for name in typed.raw:
        if name.startswith("p-") and typed.get(name) in set(values):
            try:
                found[UUID(name[2:])] = values(typed.get(name))
            except ValueError:
                continue
    return found


@bp.route("/activaciones/<uuid:activacion_id>/pase-de-lista", methods=["GET", "POST"])
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def pase(activacion_id: UUID) -> ResponseReturnValue:
    """Who should be here, by family; one tap each. POST keeps the roll-call."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    cuenta, envio = current_cuenta(), empty_form()
    counts_too = permits(cuenta, Permiso.PARTE_REGISTRAR, activacion)
    if request.method == "POST":

        def work(typed: Typed) -> Any:
            when = typed.instant("ocurrido_en") or clock.now()
            extra = typed.integer("sin_registro", 0, MOST_UNLISTED) or 0
            inside = _inside_by_family(typed)
            marcas = _marks(typed, Marca, inside)
            count = counts_too and typed.yes("parte")
            return lambda: register_pase(
                PaseNuevo(typed.op_id, activacion_id, min(when, clock.now()), marcas, extra, count)
            )

        envio = send("web.pase", work, activacion.emergencia_id, activacion=activacion_id)
        if envio.body:
            flash(_told(envio.body), "bien")
            asked = envio.body["ausentes"] + envio.body["fuera"]
            page = "pases.por_aclarar" if asked else "pases.pase"
            return redirect(url_for(page, activacion_id=activacion_id), 303)
    with unit_of_work(cuenta.as_actor("web")):
        people = expected(activacion_id)
        known = personas_by_id((p.persona_id for p in people), "web:pase_lista")
    advices = in_force(known)
    activacion = db.session.get_one(Activacion, activacion_id)
    rows = [
        (p.familia_id, Fila(known[p.persona_id], p.salio_en, avisos=advices.get(p.persona_id, [])))
        for p in people
        if p.persona_id in known
    ]
    pases = last_pases(activacion_id)
    page = render_template(
        "pases/pase.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        familias=_families(rows, _codes({f for f, _ in rows})),
        esperadas=len(rows),
        afuera=sum(f.salio_en is not None for _, f in rows),
        envio=envio,
        pases=pases,
        ultimo=pases[0][0].id if pases else "",
        ahora_texto=wall_clock(clock.now()),
        hoy=clock.local_day(clock.now()),
        envia_partes=counts_too,
        abierto=activacion.estado in OPEN_STATES,
    )
    return page, envio.status


def _inside_by_family(typed: Typed) -> dict[UUID, list[UUID]]:
    """Members of each family as the page listed them, who was outside left out: ``d-<familia>`` hidden fields."""
    found: dict[UUID, list[UUID]] = {}
    for name in typed.raw:
        if name.startswith("d-"):
            try:
                found[UUID(name[2:])] = [UUID(text) for text in typed.get(name).split()]
            except ValueError:
                continue
    return found


def _told(body: dict[str, Any]) -> str:
    parts = [f"{body['presentes']} aquí"]
    parts += [
        f"{body[name]} {word}"
        for name, word in (
            ("ausentes", "no estaba" if body["ausentes"] == 1 else "no estaban"),
            ("fuera", "fuera"),
        )
        if body[name]
    ]
    if body["sin_ver"]:
        parts.append(f"{body['sin_ver']} sin ver")
    if body["sin_registro"]:
        parts.append(f"{body['sin_registro']} sin registrar")
    sent = " Se envió como conteo físico." if body["parte"] else ""
    return f"Pase de lista guardado: {', '.join(parts)}.{sent}"


@bp.route("/activaciones/<uuid:activacion_id>/por-aclarar", methods=["GET", "POST"])
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def por_aclarar(activacion_id: UUID) -> ResponseReturnValue:
    """«¿Volvieron, se fueron, siguen fuera?»: nothing is moved until somebody answers."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    cuenta, envio = current_cuenta(), empty_form()
    if request.method == "POST":

        def work(typed: Typed) -> Any:
            answers = _marks(typed, Respuesta, _inside_by_family(typed))
            destino = typed.choice("destino", DESTINOS)
            if Respuesta.SE_FUE in answers.values() and not destino:
                typed.fault(
                    "falta_destino", "Anote a dónde se fueron; si no se sabe, «Se desconoce».", "destino"
                )
            when = typed.instant("ocurrido_en") or clock.now()
            return lambda: answer_ausencias(
                RespuestasNuevas(typed.op_id, activacion_id, answers, min(when, clock.now()), destino or None)
            )

        envio = send("web.por_aclarar", work, activacion.emergencia_id, activacion=activacion_id)
        if envio.body:
            number = envio.body["respondidas"]
            flash(f"{'1 persona aclarada' if number == 1 else f'{number} personas aclaradas'}.", "bien")
            return redirect(url_for("pases.por_aclarar", activacion_id=activacion_id), 303)
    with unit_of_work(cuenta.as_actor("web")):
        asked = open_questions([activacion_id])
        known = personas_by_id((q.persona_id for q in asked), "web:por_aclarar")
    advices = in_force(known)
    activacion = db.session.get_one(Activacion, activacion_id)
    rows = [
        (q.familia_id, Fila(known[q.persona_id], None, q.clase, q.desde, advices.get(q.persona_id, [])))
        for q in asked
        if q.persona_id in known
    ]
    codes = _codes({f for f, _ in rows})
    page = render_template(
        "pases/por_aclarar.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        fuera=_families([r for r in rows if r[1].clase == "fuera"], codes),
        ausentes=_families([r for r in rows if r[1].clase == "ausente"], codes),
        pregunta=question_text(asked, clock.now()),
        cuantas=len(rows),
        envio=envio,
        hoy=clock.local_day(clock.now()),
        DESTINOS=DESTINOS,
    )
    return page, envio.status


def _box(identity: Identity, activacion: Activacion, now: datetime) -> Caja | None:
    """The question on the shelter's page."""
    asked = open_questions([activacion.id])
    if not asked:
        return None
    may = permits(identity, Permiso.MOVIMIENTO_REGISTRAR, activacion)
    url = url_for("pases.por_aclarar", activacion_id=activacion.id) if may else None
    detail = "Siguen contando en este albergue mientras nadie responda."
    return Caja("aviso", "reloj", question_text(asked, now), detail, "Responder", url)


def _tab(identity: Identity, activacion: Activacion) -> tuple[str, str] | None:
    may = permits(identity, Permiso.MOVIMIENTO_REGISTRAR, activacion) and activacion.estado in OPEN_STATES
    return (url_for("pases.pase", activacion_id=activacion.id), "Pase de lista") if may else None


CAJAS.append(_box)
PESTANAS.append(_tab)
