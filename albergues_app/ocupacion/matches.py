"""Who may be the same person: same CUI, same name, or a name that sounds the same. Warns; never decides.

Candidates come from indexes only (``cui_indice``, ``nombre_normal``, ``fonetica`` with birth year), so the
cost does not grow with the register. Outside the account's territory nothing is told but that one may ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select

from albergues_app.accounts import budget
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import record_reading
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.text import normalize, phonetic
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import cui as cui_check
from albergues_app.ocupacion.bandas import age_on, birth_from_age
from albergues_app.ocupacion.models import Estancia, Familia, PersonaVersion

MAX_SHOWN = 5
YEARS_APART = 2
_PER_KEY = 40
_NAMELESS = {"", "n n", "nn"}
ELSEWHERE = "Posible registro en otro departamento o albergue: pregunte a su sede."


@dataclass(frozen=True)
class Busqueda:
    """What has been typed of a person so far."""

    nombres: str
    apellidos: str = ""
    sexo: str = ""
    edad: int | None = None
    edad_unidad: str = "anios"
    nacimiento: date | None = None
    cui: str = ""

    @property
    def nombre(self) -> str:
        return normalize(f"{self.nombres} {self.apellidos}")

    @property
    def anio(self) -> int | None:
        if self.nacimiento is not None:
            return self.nacimiento.year
        if self.edad is None:
            return None
        return birth_from_age(self.edad, self.edad_unidad, clock.local_day(clock.now())).year


@dataclass(frozen=True)
class Coincidencia:
    """A person known already, with the reason in words. ``persona_id`` None: of another territory."""

    persona_id: UUID | None
    razones: tuple[str, ...]
    nombre: str = ""
    sexo: str = ""
    edad: int | None = None
    familia: str = ""
    familia_id: UUID | None = None
    albergue: str = ""
    activacion_id: UUID | None = None
    presente: bool = False
    desde: datetime | None = None
    parecido: int = 0


@dataclass(frozen=True)
class _Candidate:
    row: Any
    score: int
    reasons: tuple[str, ...] = field(default=())


def candidate_query(busqueda: Busqueda) -> list[Select[Any]]:
    """One indexed query per key; empty when too little was typed."""
    v = PersonaVersion.__table__
    columns = (
        v.c.persona_id,
        v.c.nombres,
        v.c.apellidos,
        v.c.nombre_normal,
        v.c.fonetica,
        v.c.sexo,
        v.c.nacimiento,
        v.c.anio_nacimiento,
        v.c.cui_indice,
    )
    conditions: list[ColumnElement[bool]] = []
    digits = cui_check.digits(busqueda.cui)
    if len(digits) == 13 and digits.isdigit():
        conditions.append(v.c.cui_indice == keyring().index(digits, "cui"))
    name = busqueda.nombre
    if name not in _NAMELESS and " " in name:
        conditions.append(v.c.nombre_normal == name)
        sound = phonetic(name)
        anio = busqueda.anio
        near = (
            and_(v.c.fonetica == sound, v.c.anio_nacimiento.between(anio - YEARS_APART, anio + YEARS_APART))
            if anio is not None
            else v.c.fonetica == sound
        )
        conditions.append(near)
        if anio is not None:
            conditions.append(and_(v.c.fonetica == sound, v.c.anio_nacimiento.is_(None)))
    return [select(*columns).where(c, v.c.actual).limit(_PER_KEY) for c in conditions]


def find_matches(
    identity: Identity,
    busqueda: Busqueda,
    except_ids: Sequence[UUID] = (),
    pantalla: str = "web:coincidencias",
) -> list[Coincidencia]:
    """At most five, the likeliest first; who is shown is logged as read. The hint of another territory has a budget:
    it says that somebody is in some shelter, and must not answer a list of names."""
    ranked = _rank(busqueda, set(except_ids))
    if not ranked:
        return []
    with unit_of_work(identity.as_actor("web")):
        found = _describe(identity, ranked)
        seen = [c.persona_id for c in found if c.persona_id is not None]
        record_reading(db.session(), seen, pantalla)
    return found


def _rank(busqueda: Busqueda, skip: set[UUID]) -> list[_Candidate]:
    rows = {
        row.persona_id: row
        for stmt in candidate_query(busqueda)
        for row in db.session.execute(stmt)
        if row.persona_id not in skip
    }
    if not rows:
        return []
    from rapidfuzz import fuzz

    digits = cui_check.digits(busqueda.cui)
    index = keyring().index(digits, "cui") if len(digits) == 13 else ""
    name, sound, anio = busqueda.nombre, phonetic(busqueda.nombre), busqueda.anio
    found = []
    for row in rows.values():
        same_cui = bool(index) and row.cui_indice == index
        near_year = (
            anio is None or row.anio_nacimiento is None or abs(row.anio_nacimiento - anio) <= YEARS_APART
        )
        if not same_cui and not near_year:
            continue
        likeness = int(fuzz.token_sort_ratio(name, row.nombre_normal))
        sex_differs = (
            bool(busqueda.sexo)
            and "no_registrado" not in (busqueda.sexo, row.sexo)
            and row.sexo != busqueda.sexo
        )
        score = (
            likeness
            + 100 * same_cui
            + 10 * (anio is not None and row.anio_nacimiento == anio)
            - 15 * sex_differs
        )
        found.append(_Candidate(row, score, _reasons(row, same_cui, name, sound, anio, sex_differs)))
    return sorted(found, key=lambda c: (-c.score, str(c.row.persona_id)))[: MAX_SHOWN * 2]


def _reasons(
    row: Any, same_cui: bool, name: str, sound: str, anio: int | None, sex_differs: bool
) -> tuple[str, ...]:
    reasons = ["Mismo CUI"] if same_cui else []
    if name and row.nombre_normal == name:
        reasons.append("Mismo nombre")
    elif name and sorted(row.nombre_normal.split()) == sorted(name.split()):
        reasons.append("Mismo nombre, en otro orden")
    elif name and row.fonetica == sound:
        reasons.append("El nombre suena igual")
    if anio is not None and row.anio_nacimiento is not None:
        apart = abs(anio - row.anio_nacimiento)
        reasons.append(
            "Misma edad" if apart == 0 else f"{apart} {'año' if apart == 1 else 'años'} de diferencia"
        )
    if sex_differs:
        reasons.append("Consta con otro sexo")
    return tuple(reasons)


def _describe(identity: Identity, ranked: Sequence[_Candidate]) -> list[Coincidencia]:
    stays = _visible_stays(identity, [c.row.persona_id for c in ranked])
    today = clock.local_day(clock.now())
    shown: list[Coincidencia] = []
    elsewhere = False
    for candidate in ranked:
        row, stay = candidate.row, stays.get(candidate.row.persona_id)
        if stay is None:
            if not elsewhere:
                elsewhere = True
                if budget.count(identity, budget.INDICIO):
                    shown.append(Coincidencia(None, (ELSEWHERE,), parecido=candidate.score))
            continue
        shown.append(
            Coincidencia(
                row.persona_id,
                candidate.reasons,
                f"{row.nombres} {row.apellidos or ''}".strip(),
                row.sexo,
                age_on(row.nacimiento, today) if row.nacimiento else None,
                stay.codigo,
                stay.familia_id,
                stay.nombre,
                stay.activacion_id,
                stay.egreso_en is None,
                stay.ingreso_en if stay.egreso_en is None else stay.egreso_en,
                candidate.score,
            )
        )
    return shown[:MAX_SHOWN]


def _visible_stays(identity: Identity, ids: list[UUID]) -> dict[UUID, Any]:
    """Of each person, the stay to show among those of the territory: the open one, else the last."""
    stmt: Any = (
        select(
            Estancia.persona_id,
            Estancia.familia_id,
            Estancia.activacion_id,
            Estancia.ingreso_en,
            Estancia.egreso_en,
            Familia.codigo,
            Albergue.nombre,
        )
        .join(Familia, Familia.id == Estancia.familia_id)
        .join(Albergue, Albergue.codigo == Estancia.albergue_codigo)
        .where(Estancia.persona_id.in_(ids))
        .order_by(Estancia.ingreso_en)
    )
    best: dict[UUID, Any] = {}
    for row in db.session.execute(visible(stmt, identity, Permiso.PERSONA_VER, Estancia)):
        kept = best.get(row.persona_id)
        if kept is None or row.egreso_en is None or kept.egreso_en is not None:
            best[row.persona_id] = row
    return best


def as_json(found: Sequence[Coincidencia]) -> list[dict[str, Any]]:
    """What the screen draws, by ``textContent`` only."""
    return [
        {
            "id": str(c.persona_id) if c.persona_id else None,
            "nombre": c.nombre,
            "sexo": c.sexo,
            "edad": c.edad,
            "familia": c.familia,
            "albergue": c.albergue,
            "presente": c.presente,
            "desde": f"{clock.to_local(c.desde):%d/%m/%Y %H:%M}" if c.desde else "",
            "razones": list(c.razones),
            "muy_parecida": c.parecido >= 95,
            "activacion": str(c.activacion_id) if c.activacion_id else None,
        }
        for c in found
    ]
