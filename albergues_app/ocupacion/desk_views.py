"""The desk: choose the shelter, let a household in, look for known persons while typing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires, visible
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import read_code
from albergues_app.core.text import clean, normalize
from albergues_app.formats.engine import Whole
from albergues_app.formats.engine.field_type import Context, Invalid
from albergues_app.ocupacion import desk, matches
from albergues_app.ocupacion.avisos_puerta import boxes, in_force
from albergues_app.ocupacion.blueprint import bp, places_by_departamento
from albergues_app.ocupacion.figures import declared_only
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.known_family import members_of
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.places_left import (
    OPEN_STATES,
    Cupo,
    cupo_of,
    cupos_of,
    open_destinations,
    with_room,
)
from albergues_app.ocupacion.visibility import refuse_unseen_familia
from albergues_app.territorio.catalogo import catalogo

_SHIFT, _LAST = "turno", "ultima"
_SAID_BY_THE_REGISTER = frozenset({"integrantes_distintos"})
"""The register says the same with its numbers: one warning is enough."""


@bp.get("/registro")
@requires(Permiso.INGRESO_REGISTRAR)
def registro() -> ResponseReturnValue:
    """Choose the open shelter; with only one, go straight to its desk."""
    stmt = select(Activacion).where(Activacion.estado.in_(OPEN_STATES), Activacion.abierta_en.is_not(None))
    stmt = visible(stmt, Permiso.INGRESO_REGISTRAR, Activacion).order_by(Activacion.albergue_codigo)
    rows = list(db.session.scalars(stmt))
    if len(rows) == 1:
        return redirect(url_for("ocupacion.ingreso", activacion_id=rows[0].id))
    asked = clean(request.args.get("q", "")[:80])
    cupos = [c for c in cupos_of([row.id for row in rows]) if _answers_to(c, normalize(asked))]
    cupos.sort(key=lambda cupo: cupo.codigo)
    page = render_template(
        "ocupacion/registro.html", cupos=cupos, q=asked, declaradas=declared_only(current_cuenta())
    )
    return page


def _answers_to(cupo: Cupo, words: str) -> bool:
    """Does the shelter's name, code or municipality hold every word asked for?"""
    text = normalize(f"{cupo.nombre} {cupo.codigo} {catalogo().lugar_texto(cupo.municipio)}")
    return all(word in text for word in words.split())


@bp.route("/activaciones/<uuid:activacion_id>/ingresos/nuevo", methods=["GET", "POST"])
@requires(Permiso.INGRESO_REGISTRAR)
def ingreso(activacion_id: UUID) -> ResponseReturnValue:
    """One household: the boleta on the screen. A birth is the same sheet for a known family."""
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    if request.method == "GET":
        kept = (
            session.get(_SHIFT, {}) if session.get(_SHIFT, {}).get("activacion") == str(activacion_id) else {}
        )
        hoja = desk.blank_hoja(desk.offered_by_shift(activacion_id, current_cuenta().id, kept))
        hoja.tarjeta = read_code(request.args.get("tarjeta", "")) or ""
        _for_known_family(hoja)
        return _page(activacion, hoja), 200
    hoja, raw = desk.read_hoja(request.form)
    cuenta = current_cuenta()
    body = desk.save_hoja(cuenta, activacion, hoja, raw)
    if body is None:
        return _page(get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR), hoja), 422
    _remember(activacion_id, hoja, body)
    if request.form.get("sigue") == "quedarme":
        place = url_for("ocupacion.familia", activacion_id=activacion_id, familia_id=body["familia"]["id"])
        return redirect(place, 303)
    return redirect(url_for("ocupacion.ingreso", activacion_id=activacion_id), 303)


def _for_known_family(hoja: desk.Hoja) -> None:
    """Members that join, or are born into, a family already registered."""
    familia_id = desk.parse_id(request.args.get("familia"))
    if familia_id is not None:
        refuse_unseen_familia(current_cuenta(), familia_id)
        hoja.familia_id = familia_id
        hoja.clase = "nacimiento" if request.args.get("clase") == "nacimiento" else "ingreso"


def _remember(activacion_id: UUID, hoja: desk.Hoja, body: dict[str, Any]) -> None:
    """What the next page shows, and what the shift offers. No names: this stands in a cookie."""
    session[_LAST] = {
        "activacion": str(activacion_id),
        "familia": body["familia"]["id"],
        "codigo": body["familia"]["codigo"],
        "personas": len(body["personas"]),
        "hora": f"{clock.to_local(clock.now()):%H:%M}",
        "pendientes": hoja.pendientes,
        "avisos": list(
            dict.fromkeys(
                [
                    *(a.mensaje for a in hoja.avisos if a.codigo not in _SAID_BY_THE_REGISTER),
                    *(a["mensaje"] for a in body["avisos"]),
                ]
            )
        )[:6],
    }
    session[_SHIFT] = {
        "activacion": str(activacion_id),
        **{name: hoja.valores.get(name, "")[:40] for name in desk.TURNO},
    }


def _page(activacion: Activacion, hoja: desk.Hoja) -> str:
    cupo = cupo_of(activacion)
    campos = desk.screen_campos()
    last = session.pop(_LAST, None) if request.method == "GET" else None
    familia = db.session.get(Familia, hoja.familia_id)
    details = {c["name"] for c in campos["fila_mas"]} | {"documento_numero"}
    return render_template(
        "ocupacion/ingreso.html",
        activacion=activacion,
        titulo="Nacimiento en el albergue" if hoja.clase == "nacimiento" else "Ingreso de familia",
        abierto=activacion.estado in OPEN_STATES and activacion.abierta_en is not None,
        cupo=cupo,
        hoja=hoja,
        vacia=desk.blank_hoja(),
        campos=campos,
        lugares_=places_by_departamento(),
        cerca=with_room(open_destinations(activacion, current_cuenta()), activacion.municipio_codigo[:2]),
        llena=cupo.libres is not None and cupo.libres <= 0,
        familia_conocida=familia.codigo if familia else None,
        avisos=boxes(in_force(members_of(familia.id))) if familia else [],
        ultima=last if last and last["activacion"] == str(activacion.id) else None,
        con_detalle={
            int(k.split("-")[1])
            for k, v in hoja.valores.items()
            if k.startswith("personas-")
            and v
            and any(k.split("-", 2)[2].startswith(d) for d in details)
            and k.split("-", 2)[2] not in desk.FILA
        },
        mas_abierto=any(
            hoja.valores.get(k) for c in campos["mas"] for k in [c["name"], *(p["name"] for p in c["parts"])]
        ),
    )


@bp.post("/activaciones/<uuid:activacion_id>/coincidencias")
@requires(Permiso.INGRESO_REGISTRAR)
def coincidencias(activacion_id: UUID) -> ResponseReturnValue:
    """Possible matches of what is being typed, as JSON. It travels in the body, never in the address."""
    get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise NotFound()
    busqueda = typed_search(body)
    skip = (
        [i for raw in (body.get("ya") or [])[:60] if (i := desk.parse_id(raw))]
        if isinstance(body.get("ya"), list)
        else []
    )
    found = matches.find_matches(current_cuenta(), busqueda, skip)
    advices = in_force(c.persona_id for c in found if c.persona_id is not None)
    return jsonify(filas=matches.as_json(found, advices))


def typed_search(body: Mapping[str, Any]) -> matches.Busqueda:
    """What the screen sent of a person being typed."""
    text = {
        k: str(body.get(k) or "")[:120]
        for k in ("nombres", "apellidos", "sexo", "edad", "edad_unidad", "cui", "municipio_procedencia")
    }
    origin = text["municipio_procedencia"]
    return matches.Busqueda(
        text["nombres"],
        text["apellidos"],
        text["sexo"],
        _age(text["edad"]),
        text["edad_unidad"] if text["edad_unidad"] in {"anios", "meses", "dias"} else "anios",
        None,
        text["cui"],
        origin if origin in catalogo().municipios else "",
    )


def _age(text: str) -> int | None:
    """The age typed so far; what is not yet a number is no age."""
    try:
        value = Whole(maximum=130).read(text, Context(format_catalogos(), {}, clock.now()))
    except Invalid:
        return None
    return value if isinstance(value, int) else None
