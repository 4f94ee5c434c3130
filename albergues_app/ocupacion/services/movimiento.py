"""People move: temporary exit and return, transfer, departure, death; and the annulment of any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from albergues_app.albergues.models import Activacion
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.derive import VIGENTE, lock_personas, rederive
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.services.ingreso_rows import LATE
from albergues_app.ocupacion.services.nna import after_movement, refuse_one_account
from albergues_app.ocupacion.unidas import gather, records_by_stay

DESTINOS: dict[str, str] = {
    "vivienda_propia": "Vivienda propia",
    "familiar": "Con familiares",
    "alquiler": "Vivienda alquilada",
    "otro_albergue": "Otro albergue",
    "atu": "Albergue de transición (ATU)",
    "hospital": "Hospital",
    "otro_departamento": "Otro departamento",
    "otro": "Otro destino",
    "desconocido": "Se desconoce",
}


@dataclass(frozen=True)
class MovimientoNuevo:
    """A movement of one or many persons of an activation."""

    id: UUID
    tipo: str
    activacion_id: UUID
    personas: Sequence[UUID]
    ocurrido_en: datetime
    capturado_en: datetime | None = None
    activacion_destino: UUID | None = None
    motivo: str | None = None
    destino: str | None = None
    acuse: bool = False
    anula: UUID | None = None
    extra: dict[str, Any] | None = None


def register_movimiento(datos: MovimientoNuevo, seen: set[UUID] | None = None) -> dict[str, Any]:
    """Write the movement and derive everything from it; returns the resource with ``avisos``.

    ``seen`` are the persons the account may know of (None: all): the others answer 404, as if absent.

    :raises NotFound: a person, activation or annulled movement that is not there for this account.
    :raises RuleBroken: what the ledger cannot tell (see ``timeline.fold``), `falta_destino`, `destino_cerrado` …
    :raises NeedsTwoPersons: `requiere_dos_personas`, a child would leave by one account (see ``services.nna``).
    """
    moment = clock.now()
    activacion = db.session.get(Activacion, datos.activacion_id, with_for_update={"read": True})
    if activacion is None:
        raise NotFound()
    _check(datos, activacion)
    if datos.tipo == "anulacion":
        targets = _targets(datos)
        lock_personas(sorted({t.persona_id for t in targets}))  # before asking whether it is annulled already
        rows = annulments(targets)
    else:
        rows = _moves(datos, activacion, moment, seen)
        lock_personas(sorted({r["persona_id"] for r in rows}))
    people = {r["persona_id"] for r in rows}
    detalle = sealed_detail(activacion.emergencia_id, datos.motivo, datos.extra)
    asked = {r["persona_id"] for r in rows} if datos.tipo == "anulacion" else set(datos.personas)
    undone = [t.tipo for t in targets] if datos.tipo == "anulacion" else []
    refuse_one_account(datos.tipo, sorted(people), datos.ocurrido_en, datos.id, undone)
    actor = current_actor()
    common = {
        "operacion_id": datos.id,
        "detalle": detalle,
        "tardio": moment - datos.ocurrido_en > LATE,
        "cuenta_id": actor.cuenta_id if actor else None,
        "ocurrido_en": datos.ocurrido_en,
        "capturado_en": datos.capturado_en or moment,
        "registrado_en": moment,
    }
    bulk_insert(db.session, Movimiento, [{**row, **common} for row in rows])
    rederive(people, moment)
    arrived = None if datos.acuse or datos.tipo != "traslado" else datos.activacion_destino
    destino = db.session.get(Activacion, arrived) if arrived else None
    avisos = after_movement(datos.tipo, sorted(people), activacion, destino, datos.ocurrido_en)
    if moment - datos.ocurrido_en > LATE:
        avisos.append(
            Aviso(
                "registro_tardio",
                "Quedó como registro tardío; corrige las cifras de ese momento.",
                "ocurrido_en",
            )
        )
    return {
        "id": str(datos.id),
        "tipo": datos.tipo,
        "personas": [str(p) for p in sorted(asked)],
        "activacion": str(datos.activacion_id),
        "activacion_destino": str(datos.activacion_destino) if datos.activacion_destino else None,
        "motivo": clean(datos.motivo) if datos.motivo else None,
        "destino": datos.destino,
        "acuse": datos.acuse,
        "anula": str(datos.anula) if datos.anula else None,
        "ocurrido_en": clock.iso(datos.ocurrido_en),
        "capturado_en": clock.iso(datos.capturado_en or moment),
        "registrado_en": clock.iso(moment),
        "avisos": [a.as_dict() for a in avisos],
    }


def _check(datos: MovimientoNuevo, activacion: Activacion) -> None:
    errors: list[Aviso] = []
    if datos.tipo == "egreso" and datos.destino not in DESTINOS:
        errors.append(
            Aviso("falta_destino", "Anote a dónde va la persona; si no se sabe, «desconocido».", "destino")
        )
    if datos.tipo == "traslado" and datos.activacion_destino is None:
        errors.append(
            Aviso("falta_activacion_destino", "Elija el albergue de destino.", "activacion_destino")
        )
    if datos.tipo == "traslado" and datos.activacion_destino == datos.activacion_id:
        errors.append(Aviso("mismo_albergue", "El destino es el mismo albergue.", "activacion_destino"))
    if datos.tipo == "anulacion" and datos.anula is None:
        errors.append(Aviso("falta_anula", "Indique el movimiento que se anula.", "anula"))
    if datos.tipo != "anulacion" and not datos.personas:
        errors.append(Aviso("falta_persona", "Elija al menos una persona.", "personas"))
    if len(set(datos.personas)) != len(datos.personas):
        errors.append(Aviso("persona_repetida", "La misma persona está dos veces en la lista.", "personas"))
    if errors:
        raise Invalid(errors)
    if activacion.estado in {"cerrada", "anulada"} and datos.tipo != "anulacion":
        raise RuleBroken("activacion_cerrada", "Este albergue ya está cerrado.", "activacion")
    if activacion.abierta_en is None:
        raise RuleBroken("activacion_no_abierta", "Este albergue todavía no abre.", "activacion")
    if datos.ocurrido_en < activacion.abierta_en:
        raise RuleBroken(
            "antes_de_apertura", "La hora es anterior a la apertura del albergue.", "ocurrido_en"
        )


def movement_row(
    tipo: str, persona: UUID, familia: UUID | None, activacion: Any, **more: Any
) -> dict[str, Any]:
    """What a row of the ledger says of its person and place; its hours and author are common to the operation."""
    return {
        "id": uuid7(),
        "tipo": tipo,
        "persona_id": persona,
        "familia_id": familia,
        "activacion_id": activacion.id,
        "municipio_codigo": activacion.municipio_codigo,
        "albergue_codigo": activacion.albergue_codigo,
        "contraparte_id": more.get("contraparte_id"),
        "acuse": more.get("acuse", False),
        "destino": more.get("destino"),
        "anula_id": more.get("anula_id"),
    }


def _moves(
    datos: MovimientoNuevo, activacion: Activacion, moment: datetime, seen: set[UUID] | None
) -> list[dict[str, Any]]:
    m = Movimiento.__table__
    records = records_by_stay(datos.personas, activacion.id, datos.ocurrido_en)
    personas = list(records.values())
    if len(set(personas)) != len(personas):
        raise RuleBroken("persona_repetida", "La misma persona está dos veces en la lista.", "personas")
    families: dict[UUID, UUID | None] = {}
    for row in db.session.execute(
        select(m.c.persona_id, m.c.familia_id).where(m.c.persona_id.in_(personas)).order_by(m.c.registrado_en)
    ):
        families[row.persona_id] = row.familia_id
    for persona, record in records.items():
        if record not in families or (seen is not None and persona not in seen):
            raise NotFound()
    if datos.tipo != "traslado":
        return [movement_row(datos.tipo, p, families[p], activacion, destino=datos.destino) for p in personas]
    target = db.session.get(Activacion, datos.activacion_destino, with_for_update={"read": True})
    if target is None:
        raise NotFound()
    if target.estado not in {"activa", "en_cierre"} or target.abierta_en is None:
        raise RuleBroken(
            "destino_cerrado", "El albergue de destino no está abierto. Elija otro.", "activacion_destino"
        )
    if datos.ocurrido_en < target.abierta_en:
        raise RuleBroken("antes_de_apertura", "La hora es anterior a la apertura del destino.", "ocurrido_en")
    rows = []
    for persona in personas:
        rows.append(
            movement_row("traslado_sale", persona, families[persona], activacion, contraparte_id=target.id,
                         acuse=datos.acuse, destino="otro_albergue")
        )  # fmt: skip
        if not datos.acuse:
            rows.append(
                movement_row(
                    "traslado_entra", persona, families[persona], target, contraparte_id=activacion.id
                )
            )
    return rows


def _targets(datos: MovimientoNuevo) -> list[Any]:
    """The rows of the ledger that ``anula`` names: a movement, or a check-in, or a part of one."""
    m = Movimiento.__table__
    stmt = select(m).where(or_(m.c.operacion_id == datos.anula, m.c.id == datos.anula))
    if datos.personas:
        stmt = stmt.where(m.c.persona_id.in_(sorted(gather(datos.personas))))
    targets = list(db.session.execute(stmt.order_by(m.c.id)))
    if not targets or not any(t.activacion_id == datos.activacion_id for t in targets):
        raise NotFound()
    if any(t.tipo == "anulacion" for t in targets):
        raise RuleBroken(
            "anula_anulacion", "Una anulación no se anula. Registre de nuevo el movimiento.", "anula"
        )
    return targets


def annulments(targets: list[Any]) -> list[dict[str, Any]]:
    """The annulment of each of these rows of the ledger, but for its times and who wrote it.

    :raises RuleBroken: `ya_anulado`.
    """
    m = Movimiento.__table__
    done = db.session.execute(select(m.c.id).where(m.c.anula_id.in_([t.id for t in targets]))).first()
    if done is not None:
        raise RuleBroken("ya_anulado", "Ese movimiento ya estaba anulado.", "anula")
    return [
        {
            **movement_row("anulacion", t.persona_id, t.familia_id, t, anula_id=t.id),
            "activacion_id": t.activacion_id,
        }
        for t in targets
    ]


def sealed_detail(
    emergencia_id: UUID, motivo: str | None, extra: dict[str, Any] | None = None
) -> bytes | None:
    """Reason and notes of a movement, sealed with the key of its emergency; None when there are none."""
    detail = {**(extra or {})}
    if motivo:
        detail["motivo"] = clean(motivo)
    return seal_json(seal_for(emergencia_id), detail, "movimiento.detalle") if detail else None


def pending_transfers(activacion_id: UUID) -> list[Any]:
    """Persons on their way to an activation that asked to accept them, oldest first."""
    from albergues_app.ocupacion.models_derivadas import Tramo

    t = Tramo.__table__
    return list(
        db.session.execute(
            select(t.c.persona_id, t.c.activacion_id, t.c.familia_id, t.c.desde)
            .where(
                VIGENTE,
                t.c.clase == "transito",
                t.c.destino_id == activacion_id,
                t.c.hasta == clock.FOREVER,
            )
            .order_by(t.c.desde)
        )
    )
