"""A pasted list with its preview row by row, and families by the numbers of their papers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.page_writing import Envio, empty_form, send, typed_form
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.ids import uuid7
from albergues_app.core.text import normalize
from albergues_app.core.typed import Typed
from albergues_app.lotes import numeros
from albergues_app.lotes.pasted import MOST_LINES, read_list
from albergues_app.lotes.services import (
    FilaLista,
    ListaNueva,
    MovimientoDeFamilias,
    faults,
    move_families,
    register_list,
)
from albergues_app.ocupacion import matches
from albergues_app.ocupacion.avisos_puerta import boxes_for, in_force, note_asked, refuse_unasked
from albergues_app.ocupacion.blueprint import places_by_departamento
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.models import RespuestaDuplicado
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of, open_destinations
from albergues_app.ocupacion.services.movimiento import DESTINOS
from albergues_app.ocupacion.shelter_page import PESTANAS
from albergues_app.ocupacion.visibility import seen_personas
from albergues_app.territorio.catalogo import catalogo

bp = Blueprint("lotes", __name__, template_folder="templates")


@dataclass
class FilaVista:
    """A row on the screen: what stands in it, what is wrong, what to look at, and who it may be."""

    fila: FilaLista
    texto: str = ""
    incluir: bool = True
    dudas: list[str] = field(default_factory=list)
    coincidencias: list[matches.Coincidencia] = field(default_factory=list)
    respuestas: dict[UUID, str] = field(default_factory=dict)

    @property
    def faltas(self) -> list[str]:
        return faults(self.fila)


@bp.route("/activaciones/<uuid:activacion_id>/lista", methods=["GET", "POST"])
@requires(Permiso.INGRESO_REGISTRAR)
def lista(activacion_id: UUID) -> ResponseReturnValue:
    """Paste, look at what was understood, correct in place, and let all or only the good rows in."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    if request.method == "GET":
        return _paste_page(activacion, "")
    paso = request.form.get("paso", "leer")
    if paso == "leer":
        texto = request.form.get("texto", "")[:100_000]
        found = read_list(texto)
        if not found.filas:
            return _paste_page(activacion, texto, vacia=True), 422
        rows = [
            FilaVista(
                FilaLista(uuid7(), f.nombres, f.apellidos, f.sexo, f.edad, f.edad_unidad, f.familia, f.cui),
                f.texto,
                dudas=list(f.dudas),
            )
            for f in found.filas
        ]
        return _preview(activacion, rows, empty_form(), found.notas)
    rows = _typed_rows()
    if paso not in {"todas", "buenas"}:
        return _preview(activacion, rows, Envio(typed_form()), [])
    return _save(activacion, rows, paso == "buenas")


def _typed_rows() -> list[FilaVista]:
    """The rows as they stand on the form."""
    form, rows = request.form, []
    count = request.form.get("filas", "")
    for n in range(
        min(int(count), MOST_LINES) if count.isascii() and count.isdigit() and len(count) < 5 else 0
    ):
        said: dict[UUID, str] = {}
        for other in form.getlist(f"r-{n}-parecida")[: matches.MAX_SHOWN]:
            if (key := parse_id(other)) is not None:
                said[key] = form.get(f"r-{n}-es-{key}", "sin_responder")
        known = next((key for key, answer in said.items() if answer == "misma"), None)

        def text(name: str, limit: int, n: int = n) -> str:
            return str(form.get(f"r-{n}-{name}", ""))[:limit]

        fila = FilaLista(
            parse_id(text("id", 40)) or uuid7(),
            text("nombres", 120),
            text("apellidos", 120),
            text("sexo", 16) or "no_registrado",
            text("edad", 6).strip(),
            text("unidad", 8) or "anios",
            text("familia", 12),
            text("cui", 20),
            known,
            tuple(
                (
                    key,
                    RespuestaDuplicado(a)
                    if a in set(RespuestaDuplicado)
                    else RespuestaDuplicado.SIN_RESPONDER,
                )
                for key, a in said.items()
            ),
        )
        rows.append(FilaVista(fila, text("texto", 300), bool(form.get(f"r-{n}-incluir")), respuestas=said))
    return rows


def _save(activacion: Activacion, rows: list[FilaVista], only_good: bool) -> ResponseReturnValue:
    identity, activacion_id = current_cuenta(), activacion.id
    asked = [r for r in rows if r.incluir]
    bad = [r for r in asked if r.faltas]

    def work(typed: Typed) -> Any:
        when = min(typed.instant("ocurrido_en") or clock.now(), clock.now())
        origin = typed.choice("municipio", catalogo().municipios)
        good = [r.fila for r in asked if not r.faltas]
        if bad and not only_good:
            typed.fault(
                "filas_por_corregir",
                f"{_rows_text(len(bad))} por corregir. Corríjalas aquí, o guarde solo las buenas.",
                None,
            )
        if not good:
            typed.fault("falta_persona", "No queda ninguna fila que guardar. Marque por lo menos una.", None)
        seen = seen_personas(identity, (o for f in good for o, _a in f.coincidencias))
        kept = [
            FilaLista(**{**vars(f), "coincidencias": tuple(c for c in f.coincidencias if c[0] in seen)})
            for f in good
        ]
        datos = ListaNueva(typed.op_id, activacion_id, when, kept, origin or None, _list_id())
        return lambda: register_list(identity, datos)

    envio = send("web.lista", work, activacion.emergencia_id, activacion=activacion_id)
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    if envio.body is None:
        return _preview(activacion, rows, envio, []), 422
    flash(_told(envio.body), "bien")
    if envio.body["por_revisar"]:
        flash("Hay personas que pueden estar ya registradas: quedan en «Hoy» para responder.", "aviso")
    if bad:
        flash(f"{_rows_text(len(bad))} sin guardar: corrija y guarde aquí mismo. {_JOIN}", "aviso")
        return _preview(activacion, bad, Envio(typed_form()), [], _list_id() or envio.op_id)
    return redirect(url_for("ocupacion.personas", activacion_id=activacion_id), 303)


_JOIN = "Cada una entra con la familia de su número o letra."


def _list_id() -> UUID | None:
    """The list whose rows these are, when its good ones were saved before."""
    return parse_id(request.form.get("lista"))


def _rows_text(count: int) -> str:
    return "Hay 1 fila" if count == 1 else f"Hay {count} filas"


def _told(body: dict[str, Any]) -> str:
    people, families = body["ingresaron"], len(body["familias"])
    text = f"{'1 persona entró' if people == 1 else f'{people} personas entraron'}"
    text += f", de {'1 familia' if families == 1 else f'{families} familias'}"
    if body["trasladadas"]:
        text += f"; {body['trasladadas']} por traslado desde otro albergue"
    if body["ya_estaban"]:
        text += f"; {body['ya_estaban']} ya {'estaba' if body['ya_estaban'] == 1 else 'estaban'} aquí"
    return f"{text}."


def _paste_page(activacion: Activacion, texto: str, vacia: bool = False) -> str:
    return render_template(
        "lotes/pegar.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        texto=texto,
        vacia=vacia,
        abierto=activacion.estado in OPEN_STATES,
        MOST_LINES=MOST_LINES,
    )


def _preview(
    activacion: Activacion,
    rows: list[FilaVista],
    envio: Envio,
    notas: list[str],
    lista_id: UUID | None = None,
) -> str:
    origin = request.form.get("municipio", "")
    _look_up(current_cuenta(), rows, origin if origin in catalogo().municipios else "")
    twins = Counter(_key(r.fila) for r in rows if r.incluir)
    for row in rows:
        if row.incluir and twins[_key(row.fila)] > 1 and normalize(row.fila.nombres) not in {"", "n n", "nn"}:
            row.dudas.append("Está más de una vez en la lista.")
    good = sum(r.incluir and not r.faltas for r in rows)
    advices = in_force(c.persona_id for r in rows for c in r.coincidencias if c.persona_id is not None)
    page = render_template(
        "lotes/revisar.html",
        activacion=get_visible_or_404(Activacion, activacion.id, Permiso.INGRESO_REGISTRAR),
        cupo=cupo_of(activacion),
        filas=rows,
        envio=envio,
        lista_id=lista_id or _list_id() or "",
        notas=notas,
        avisos=advices,
        buenas=good,
        malas=sum(r.incluir and bool(r.faltas) for r in rows),
        familias=len({normalize(r.fila.familia) for r in rows if r.incluir}),
        lugares_=places_by_departamento(),
    )
    return page


def _key(fila: FilaLista) -> tuple[str, str]:
    return normalize(f"{fila.nombres} {fila.apellidos}"), fila.edad


def _look_up(identity: Identity, rows: list[FilaVista], municipio: str) -> None:
    """Who each may be, by the engine of the desk; answers already given stay."""
    asked = [
        matches.Busqueda(
            r.fila.nombres,
            r.fila.apellidos,
            r.fila.sexo,
            int(r.fila.edad) if r.fila.edad.isascii() and r.fila.edad.isdigit() else None,
            r.fila.edad_unidad if r.fila.edad_unidad in {"anios", "meses", "dias"} else "anios",
            None,
            r.fila.cui,
            municipio,
        )
        for r in rows
    ]
    found = matches.find_many(identity, asked, [r.fila.id for r in rows], "web:lista")
    for row, some in zip(rows, found, strict=True):
        row.coincidencias = some[:3]


@bp.route("/activaciones/<uuid:activacion_id>/por-numeros", methods=["GET", "POST"])
@requires(Permiso.MOVIMIENTO_REGISTRAR)
def por_numeros(activacion_id: UUID) -> ResponseReturnValue:
    """Families by the codes of their cards or the folios of their sheets: they enter, leave or move together."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    identity, envio = current_cuenta(), empty_form()
    texto = request.form.get("numeros", "")[:20_000]
    found = numeros.resolve(identity, activacion_id, activacion.emergencia_id, texto) if texto.strip() else []
    if request.method == "POST" and request.form.get("paso") == "hacer":
        tipo = request.form.get("tipo", "")
        who = numeros.applicable(found, tipo)

        def work(typed: Typed) -> Any:
            kind = typed.choice("tipo", numeros.TIPOS, "Elija qué hacen.")
            destino = typed.choice("destino", DESTINOS)
            target = parse_id(typed.get("activacion_destino"))
            if kind and not who:
                typed.fault(
                    "falta_persona", "Ninguna persona de estas familias puede hacer eso ahora.", "tipo"
                )
            when: datetime = min(typed.instant("ocurrido_en") or clock.now(), clock.now())
            datos = MovimientoDeFamilias(
                typed.op_id, activacion_id, kind, who, when, target, destino or None, typed.yes("acuse")
            )
            people = {p for ids in who.values() for p in ids}
            typed.check()
            asked = refuse_unasked(people, typed.yes("consultado"))

            def run() -> dict[str, Any]:
                note_asked(asked)
                return move_families(datos, people)

            return run

        envio = send("web.por_numeros", work, activacion.emergencia_id, activacion=activacion_id)
        if envio.body:
            people = envio.body["personas"]
            flash(
                f"{numeros.TIPOS[envio.body['tipo']]}: {'1 persona' if people == 1 else f'{people} personas'} "
                f"de {envio.body['familias']} {'familia' if envio.body['familias'] == 1 else 'familias'}.",
                "bien",
            )
            return redirect(url_for("lotes.por_numeros", activacion_id=activacion_id), 303)
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.MOVIMIENTO_REGISTRAR)
    advices = boxes_for(m.persona for one in found for m in one.miembros)
    page = render_template(
        "lotes/numeros.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        texto=texto,
        encontradas=found,
        avisos=advices,
        consulta=any(one.aviso.detiene for one in advices),
        envio=envio,
        TIPOS=numeros.TIPOS,
        cuantos={
            tipo: sum(len(v) for v in numeros.applicable(found, tipo).values()) for tipo in numeros.TIPOS
        },
        destinos=open_destinations(activacion, identity) if found else [],
        DESTINOS=DESTINOS,
        abierto=activacion.estado in OPEN_STATES,
    )
    return page, envio.status


def _tab(identity: Identity, activacion: Activacion) -> tuple[str, str] | None:
    may = permits(identity, Permiso.INGRESO_REGISTRAR, activacion) and activacion.estado in OPEN_STATES
    return (url_for("lotes.lista", activacion_id=activacion.id), "Lista de un bus") if may else None


PESTANAS.append(_tab)
