"""Children to protect: their cases open by themselves, and no account alone lets one of them leave.

A case opens at a check-in where no adult of the family comes or is inside, when a child stays behind alone, or when
the format says separated or unaccompanied. It refuses nobody a bed: the gate is only told «Avise a protección».

Leaving is an egress (or annulling the check-in, which has the same effect; or a death, with an open case). It needs
two persons when the child has an open case, or when no adult of the family leaves in the same operation. The adult
must have been of the family when the child came, or be noted as such by another account than the one that asks:
otherwise one account could make the uncle it needs. What the terminal loads (a scenario, a replayed series) has no
account and is not judged: it writes what happened already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import and_, select

from albergues_app.aprobaciones.services import approved_body
from albergues_app.audit.listener import bulk_insert
from albergues_app.audit.models import Auditoria
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import current_actor
from albergues_app.ocupacion.bandas import age_on
from albergues_app.ocupacion.models import PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_nna import CasoNna, OrigenCaso
from albergues_app.ocupacion.unidas import gather

MAYORIA = 18
"""Ley PINA: a child is under 18 (dominio.md 4.1)."""
SALIDA = "salida_nna"
MARCAS = frozenset({"separado", "no_acompanado"})
SIN_ADULTO = "sin_adulto"
_CHILD_KIN = frozenset({"hijo", "hijastro", "nieto"})
_ENTERS = frozenset({"ingreso", "nacimiento", "traslado_entra"})

AVISE = Aviso(
    "avisar_proteccion", "Avise a protección. Lo anotado quedó guardado y nadie pierde su lugar.", "personas"
)


class NeedsTwoPersons(RuleBroken):
    """A child would leave by the hand of one account (422 `requiere_dos_personas`)."""

    def __init__(self) -> None:
        super().__init__(
            "requiere_dos_personas",
            "Esta salida necesita dos personas: alguien menor de 18 años no sale con un adulto de su familia en la "
            "misma operación, o tiene un aviso a protección. Pídala en la página «Personas» del albergue con quién lo "
            "recibe y su DPI; otra cuenta la aprueba en «Por aprobar». Mientras tanto conserva su lugar.",
            "personas",
        )


def is_minor(nacimiento: date | None, day: date) -> bool:
    """Known to be under 18 on that day."""
    return nacimiento is not None and age_on(nacimiento, day) < MAYORIA


def counts_as_adult(nacimiento: date | None, parentesco: str | None, day: date) -> bool:
    """18 or more on that day; of unknown age, whoever is not said to be a child of the house."""
    return parentesco not in _CHILD_KIN if nacimiento is None else age_on(nacimiento, day) >= MAYORIA


# --- opening ---


@dataclass(frozen=True)
class Llegada:
    """A child's case as it opens."""

    persona_id: UUID | None
    familia_id: UUID | None
    condicion: str
    origen: str


def open_cases(
    activacion: Any, llegadas: Sequence[Llegada], when: datetime, registro_id: UUID | None = None
) -> list[UUID]:
    """Write new cases at an activation (``id``, ``emergencia_id`` and its two codes); returns their ids."""
    moment, actor = clock.now(), current_actor()
    limit = when + timedelta(hours=current_app.config["NNA_AVISO_HORAS"])
    rows = [
        {
            "id": uuid7(),
            "municipio_codigo": activacion.municipio_codigo,
            "albergue_codigo": activacion.albergue_codigo,
            "persona_id": one.persona_id,
            "familia_id": one.familia_id,
            "activacion_id": activacion.id,
            "emergencia_id": activacion.emergencia_id,
            "condicion": one.condicion,
            "origen": one.origen,
            "abierto_en": when,
            "registrado_en": moment,
            "avisar_antes_de": limit,
            "avisado_en": None,
            "registro_id": registro_id,
            "detalle": None,
            "cerrado_en": None,
            "resolucion": None,
            "cuenta_id": actor.cuenta_id if actor else None,
            "cerrado_por": None,
        }
        for one in llegadas
    ]
    bulk_insert(db.session, CasoNna, rows)
    return [row["id"] for row in rows]


def fresh_alone(
    familia_id: UUID, versions: Iterable[Mapping[str, Any]], marked: Mapping[UUID, str | None], day: date
) -> list[Llegada]:
    """Of a household nobody knew: the children without any adult beside them, and those marked. No database."""
    people = list(versions)
    adult = any(counts_as_adult(v["nacimiento"], v["parentesco"], day) for v in people)
    return [
        Llegada(v["persona_id"], familia_id, mark or SIN_ADULTO, OrigenCaso.MARCADO if mark else OrigenCaso.INGRESO)
        for v in people
        for mark in [marked.get(v["persona_id"]) if marked.get(v["persona_id"]) in MARCAS else None]
        if is_minor(v["nacimiento"], day) and (mark or not adult)
    ]  # fmt: skip


_V, _E, _C = PersonaVersion.__table__, Estancia.__table__, CasoNna.__table__
_OPEN_CASE = and_(_C.c.persona_id == _V.c.persona_id, _C.c.cerrado_en.is_(None))


def open_at_arrival(
    activacion: Any,
    familia_id: UUID,
    versions: Sequence[Mapping[str, Any]],
    known: set[UUID],
    marked: Mapping[UUID, str | None],
    when: datetime,
) -> list[Aviso]:
    """After a check-in: cases of its children; what the gate is told. Asks the database only when it must.

    ``versions`` are those of the persons written now, ``known`` the ids of the others.
    """
    day = clock.local_day(when)
    if not known and not fresh_alone(familia_id, versions, marked, day):
        return []
    alone = _alone_with_known(activacion, familia_id, versions, known, marked, day)
    if not alone:
        return []
    open_cases(activacion, alone, when)
    return [AVISE]


def _alone_with_known(
    activacion: Any,
    familia_id: UUID,
    versions: Sequence[Mapping[str, Any]],
    known: set[UUID],
    marked: Mapping[UUID, str | None],
    day: date,
) -> list[Llegada]:
    inside = select(_E.c.persona_id).where(
        _E.c.familia_id == familia_id, _E.c.activacion_id == activacion.id, _E.c.egreso_en.is_(None)
    )
    columns = (_V.c.persona_id, _V.c.nacimiento, _V.c.parentesco, _C.c.id.label("caso_id"))
    stmt = select(*columns).select_from(_V.outerjoin(_C, _OPEN_CASE))
    rows = run(stmt.where(_V.c.actual, _V.c.persona_id.in_(inside) | _V.c.persona_id.in_(known))).all()
    with_case = {row.persona_id for row in rows if row.caso_id is not None}
    _follow([row.caso_id for row in rows if row.persona_id in with_case & known], activacion)
    adult = any(counts_as_adult(v["nacimiento"], v["parentesco"], day) for v in versions)
    adult = adult or any(counts_as_adult(row.nacimiento, row.parentesco, day) for row in rows)
    people = [{"persona_id": r.persona_id, "nacimiento": r.nacimiento} for r in rows if r.persona_id in known]
    people += [{"persona_id": v["persona_id"], "nacimiento": v["nacimiento"]} for v in versions]
    found = []
    for one in people:
        mark = marked.get(one["persona_id"])
        said = mark if mark in MARCAS else None
        if one["persona_id"] in with_case or not is_minor(one["nacimiento"], day) or (adult and not said):
            continue
        origin = OrigenCaso.MARCADO if said else OrigenCaso.INGRESO
        found.append(Llegada(one["persona_id"], familia_id, said or SIN_ADULTO, origin))
    return found


def _follow(casos: Sequence[UUID], activacion: Any) -> None:
    """A case goes where the child goes."""
    for caso in db.session.scalars(select(CasoNna).where(CasoNna.id.in_(casos))) if casos else ():
        caso.activacion_id = activacion.id
        caso.municipio_codigo, caso.albergue_codigo = activacion.municipio_codigo, activacion.albergue_codigo
    db.session.flush()


def open_cases_of(personas: Iterable[UUID]) -> dict[UUID, CasoNna]:
    """The open case of each of these persons."""
    stmt = select(CasoNna).where(CasoNna.persona_id.in_(list(personas)), CasoNna.cerrado_en.is_(None))
    return {caso.persona_id: caso for caso in db.session.scalars(stmt) if caso.persona_id is not None}


def after_movement(
    tipo: str, personas: Sequence[UUID], activacion: Any, destino: Any | None, when: datetime
) -> list[Aviso]:
    """After people left, or moved: cases of children left without an adult here, or moved without one.

    Only for what an account writes: loads from the terminal tell the past.
    """
    actor = current_actor()
    if tipo not in {"egreso", "traslado", "fallecimiento"} or actor is None or actor.cuenta_id is None:
        return []
    who = gather(personas)
    if destino is not None:
        _follow([caso.id for caso in open_cases_of(who).values()], destino)
    families = select(_E.c.familia_id).where(
        _E.c.persona_id.in_(set(who.values())), _E.c.activacion_id == activacion.id
    )
    places = [activacion.id] if destino is None else [activacion.id, destino.id]
    stmt = (
        select(
            _V.c.persona_id, _V.c.nacimiento, _V.c.parentesco, _E.c.familia_id, _E.c.activacion_id, _C.c.id
        )
        .select_from(
            _E.join(_V, and_(_V.c.persona_id == _E.c.persona_id, _V.c.actual)).outerjoin(_C, _OPEN_CASE)
        )
        .where(_E.c.egreso_en.is_(None), _E.c.activacion_id.in_(places), _E.c.familia_id.in_(families))
    )
    groups: dict[tuple[UUID, UUID], list[Any]] = {}
    for row in run(stmt).all():
        groups.setdefault((row.activacion_id, row.familia_id), []).append(row)
    day, found = clock.local_day(when), False
    for (place, familia), rows in groups.items():
        if any(counts_as_adult(r.nacimiento, r.parentesco, day) for r in rows):
            continue
        here = activacion if place == activacion.id else destino
        origin = OrigenCaso.QUEDO_SOLO if place == activacion.id else OrigenCaso.TRASLADO
        alone = [
            Llegada(r.persona_id, familia, SIN_ADULTO, origin)
            for r in rows
            if r.id is None and is_minor(r.nacimiento, day)
        ]
        found = bool(open_cases(here, alone, when)) or found
    return [AVISE] if found else []


# --- leaving ---


def refuse_one_account(
    tipo: str, personas: Sequence[UUID], when: datetime, operacion_id: UUID, left: Sequence[str] = ()
) -> None:
    """No child leaves by one account. ``left``: kinds of the movements that an annulment would undo.

    :raises NeedsTwoPersons: unless two persons approved this very operation.
    """
    if tipo not in {"egreso", "fallecimiento", "anulacion"}:
        return
    enters = _ENTERS & set(left) - ({"traslado_entra"} if "traslado_sale" in left else set())
    if tipo == "anulacion" and not enters:
        return  # a whole traslado undone leaves the child where it was
    if not held_back(personas, when, tipo):
        return
    agreed = approved_body(SALIDA, operacion_id)
    named = [UUID(p) for p in agreed["movimiento"]["personas"]] if agreed else []
    if set(gather(personas).values()) - set(gather(named).values()):
        raise NeedsTwoPersons()


def held_back(personas: Sequence[UUID], when: datetime, tipo: str = "egreso") -> set[UUID]:
    """Of persons who would leave together, the children whom the account that acts may not let go alone.

    Records joined as one human being count as one: a case or an age of any of them protects all.
    """
    actor = current_actor()
    if actor is None or actor.cuenta_id is None or not personas:
        return set()
    who = gather(personas)
    found = {who[record] for record in open_cases_of(who)}
    if tipo != "fallecimiento":
        minors, adults = _ages(who, clock.local_day(when))
        alone = minors - found
        found |= _without_adult(who, alone, adults, actor.cuenta_id) if alone else set()
    return {p for p in personas if who[p] in found}


def _ages(who: Mapping[UUID, UUID], day: date) -> tuple[set[UUID], set[UUID]]:
    """(children, adults) on a day. A doubt protects: who was ever registered as a child is one until two agree."""
    rows = run(
        select(_V.c.persona_id, _V.c.nacimiento, _V.c.parentesco).where(_V.c.persona_id.in_(list(who)))
    ).all()
    minors = {who[r.persona_id] for r in rows if is_minor(r.nacimiento, day)}
    adults = {who[r.persona_id] for r in rows if counts_as_adult(r.nacimiento, r.parentesco, day)} - minors
    return minors, adults


def _without_adult(
    who: Mapping[UUID, UUID], minors: set[UUID], adults: set[UUID], cuenta_id: UUID
) -> set[UUID]:
    """Children with no adult of the family among those who leave."""
    p = Pertenencia.__table__
    stmt = select(p.c.id, p.c.persona_id, p.c.familia_id, p.c.registrado_en).where(
        p.c.persona_id.in_(list(who))
    )
    rows: dict[UUID, list[Any]] = {}
    for row in run(stmt.order_by(p.c.vigente_desde, p.c.registrado_en, p.c.id)):
        rows.setdefault(who[row.persona_id], []).append(row)
    alone = set()
    for child in minors:
        mine = rows.get(child, [])
        if not mine:
            alone.add(child)
            continue
        family = [rows[a][-1] for a in adults if a in rows and rows[a][-1].familia_id == mine[-1].familia_id]
        if not any(_belongs(mine, adult, cuenta_id) for adult in family):
            alone.add(child)
    return alone


def _belongs(child: Sequence[Any], adult: Any, cuenta_id: UUID) -> bool:
    """The adult was of the family when the child came; or who says so is not who asks now."""
    mine = child[-1]
    if len(child) == 1 and adult.registrado_en <= mine.registrado_en:
        return True
    late = adult if adult.registrado_en > mine.registrado_en else mine
    a = Auditoria.__table__
    who = select(a.c.cuenta_id).where(
        a.c.tabla == "pertenencia", a.c.fila_id == str(late.id), a.c.accion == "alta"
    )
    row = run(who.limit(1)).one_or_none()
    return row is not None and row.cuenta_id != cuenta_id


# --- the case itself, by protection ---


def case_for_update(caso_id: UUID) -> CasoNna:
    """The case, held until the unit of work ends."""
    return db.session.get_one(CasoNna, caso_id, with_for_update=True)


def note_notice(caso: CasoNna, avisado_en: datetime, detalle: bytes | None) -> None:
    """PGN was told: the clock stops. :raises RuleBroken: `aviso_antes`, before the case; `caso_cerrado`."""
    _living(caso)
    if avisado_en < caso.abierto_en - timedelta(minutes=1):
        raise RuleBroken("aviso_antes", "El aviso es anterior al caso. Revise la hora.", "avisado_en")
    caso.avisado_en = avisado_en
    caso.detalle = detalle or caso.detalle
    db.session.flush()


def close_case(caso: CasoNna, resolucion: str, cerrado_en: datetime, detalle: bytes | None) -> None:
    """The case is resolved. :raises RuleBroken: `caso_cerrado`; `cierre_antes`."""
    _living(caso)
    if cerrado_en < caso.abierto_en - timedelta(minutes=1):
        raise RuleBroken("cierre_antes", "El cierre es anterior al caso. Revise la hora.", "cerrado_en")
    actor = current_actor()
    caso.cerrado_en, caso.resolucion, caso.detalle = cerrado_en, resolucion, detalle or caso.detalle
    caso.cerrado_por = actor.cuenta_id if actor else None
    db.session.flush()


def _living(caso: CasoNna) -> None:
    if caso.cerrado_en is not None:
        raise RuleBroken("caso_cerrado", "Este caso ya está cerrado.")
