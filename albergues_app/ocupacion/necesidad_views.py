"""What the families of a shelter need: counts without names, what to do, and by when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, requires
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.page_writing import send
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.models import Activacion
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.typed import Typed
from albergues_app.ocupacion.blueprint import bp
from albergues_app.ocupacion.desk import parse_id
from albergues_app.ocupacion.known_family import members_of
from albergues_app.ocupacion.models import Familia
from albergues_app.ocupacion.necesidades import counts_of, late_by_shelter, waiting_in
from albergues_app.ocupacion.places_left import OPEN_STATES, cupo_of
from albergues_app.ocupacion.services.necesidades import ATENCIONES, attend, note_necesidades
from albergues_app.ocupacion.shelter_page import CAJAS, PESTANAS, Caja
from albergues_app.ocupacion.shelter_views import visible_activacion
from albergues_app.ocupacion.visibility import seen_personas, sees_familia

LISTED = 200
"""Needs listed one by one; the counts above them are always whole."""


@bp.get("/activaciones/<uuid:activacion_id>/necesidades")
@requires(Permiso.PARTE_VER)
def necesidades(activacion_id: UUID) -> ResponseReturnValue:
    """Counts by kind for whoever sees the shelter's figures; the list by family code for whoever attends."""
    activacion = visible_activacion(activacion_id, Permiso.PARTE_VER)
    now = clock.now()
    attends = permits(current_cuenta(), Permiso.INGRESO_REGISTRAR, activacion)
    return render_template(
        "ocupacion/necesidades.html",
        activacion=activacion,
        cupo=cupo_of(activacion),
        cuentas=counts_of(activacion_id, now),
        lista=waiting_in(activacion_id, LISTED) if attends else [],
        atiende=attends,
        momento=now,
    )


@bp.post("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/necesidades")
@requires(Permiso.INGRESO_REGISTRAR)
def anotar_necesidad(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """One more need of a family, or of one of its members, told after it came in."""
    activacion = _seen(activacion_id, familia_id)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        codigo = typed.choice("necesidad", ATENCIONES, "Elija qué necesita.")
        quien = typed.choice("quien", {str(p) for p in _members(familia_id)})

        def run() -> dict[str, Any]:
            db.session.get_one(
                Familia, familia_id, with_for_update=True
            )  # another desk may be noting the same
            persons = {UUID(quien): [codigo]} if quien else {}
            new = note_necesidades(familia_id, () if quien else [codigo], persons, clock.now())
            return {"id": str(familia_id), "cambios": new}

        return run

    return _write(
        "web.necesidad",
        work,
        activacion,
        familia_id,
        "Necesidad anotada.",
        "Esa necesidad ya estaba anotada y sigue por atender.",
    )


@bp.post("/activaciones/<uuid:activacion_id>/familias/<uuid:familia_id>/necesidades/atendidas")
@requires(Permiso.INGRESO_REGISTRAR)
def atender_necesidad(activacion_id: UUID, familia_id: UUID) -> ResponseReturnValue:
    """Needs of a family that were attended."""
    activacion = _seen(activacion_id, familia_id)

    def work(typed: Typed) -> Callable[[], dict[str, Any]]:
        ids = [found for raw in typed.all("necesidad") if (found := parse_id(raw))]
        como = typed.optional("como")
        if not ids:
            typed.fault("falta_necesidad", "Marque cuál se atendió.", "necesidad")
        people = _members(familia_id)
        return lambda: {"id": str(familia_id), "cambios": attend(familia_id, people, ids, como)}

    return _write(
        "web.necesidad_atendida",
        work,
        activacion,
        familia_id,
        "Anotada como atendida.",
        "Otra persona ya la había anotado como atendida.",
    )


def _seen(activacion_id: UUID, familia_id: UUID) -> Activacion:
    activacion = get_visible_or_404(Activacion, activacion_id, Permiso.INGRESO_REGISTRAR)
    if db.session.get(Familia, familia_id) is None or not sees_familia(current_cuenta(), familia_id):
        raise NotFound()
    return activacion


def _members(familia_id: UUID) -> set[UUID]:
    """Who belongs to it now, of those this account may know of: whom its page shows."""
    return seen_personas(current_cuenta(), members_of(familia_id))


def _write(
    clase: str,
    work: Callable[[Typed], Callable[[], dict[str, Any]]],
    activacion: Activacion,
    familia_id: UUID,
    done: str,
    already: str,
) -> ResponseReturnValue:
    """Write it and say what came of it, on the list of the shelter when it was done from there, else on the family's
    page."""
    here = activacion.id
    envio = send(clase, work, activacion.emergencia_id, activacion=here, familia=familia_id)
    if envio.errores:
        flash(envio.errores[0].mensaje, "error")
    elif envio.body and envio.body["cambios"]:
        flash(done, "bien")
    else:
        flash(already, "aviso")
    if envio.typed.get("vuelve") == "lista":
        return redirect(url_for(".necesidades", activacion_id=here), 303)
    return redirect(url_for(".familia", activacion_id=here, familia_id=familia_id, _anchor="h-nec"), 303)


def _box(identity: Identity, activacion: Activacion, now: datetime) -> Caja | None:
    """Needs past their hour, on the shelter's page."""
    late = late_by_shelter([activacion.id], now).get(activacion.id, 0)
    if not late:
        return None
    may = permits(identity, Permiso.PARTE_VER, activacion)
    url = url_for("ocupacion.necesidades", activacion_id=activacion.id) if may else None
    title = "1 necesidad pasó de su hora" if late == 1 else f"{late:,} necesidades pasaron de su hora"
    return Caja("aviso", "reloj", title, "De familias que están aquí.", "Ver qué hacer", url)


def _tab(identity: Identity, activacion: Activacion) -> tuple[str, str] | None:
    may = permits(identity, Permiso.PARTE_VER, activacion) and activacion.estado in OPEN_STATES
    return (url_for("ocupacion.necesidades", activacion_id=activacion.id), "Necesidades") if may else None


CAJAS.append(_box)
PESTANAS.append(_tab)
