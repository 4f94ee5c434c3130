"""Who may be the same person: same CUI, same name, or a name that sounds the same. Warns; never decides.

Candidates come from indexes only (``cui_indice``, ``nombre_normal``, ``fonetica`` with birth year), so the
cost does not grow with the register. Outside the account's territory nothing is told but that one may ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
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
_CHUNK = 500
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

    @cached_property
    def nombre(self) -> str:
        return normalize(f"{self.nombres} {self.apellidos}")

    @cached_property
    def sonido(self) -> str:
        """How the whole name sounds; empty when it is too little to look for."""
        return phonetic(self.nombre) if self.nombre not in _NAMELESS and " " in self.nombre else ""

    @cached_property
    def indice(self) -> str:
        """Of the CUI, when it has its 13 digits."""
        digits = cui_check.digits(self.cui)
        return keyring().index(digits, "cui") if len(digits) == 13 and digits.isdigit() else ""

    @cached_property
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


_V = PersonaVersion.__table__
_COLUMNS = (
    _V.c.persona_id,
    _V.c.nombres,
    _V.c.apellidos,
    _V.c.nombre_normal,
    _V.c.fonetica,
    _V.c.sexo,
    _V.c.nacimiento,
    _V.c.anio_nacimiento,
    _V.c.cui_indice,
)


def candidate_query(busqueda: Busqueda) -> list[Select[Any]]:
    """One indexed query per key; empty when too little was typed."""
    v, anio, sound = _V, busqueda.anio, busqueda.sonido
    conditions: list[ColumnElement[bool]] = []
    if busqueda.indice:
        conditions.append(v.c.cui_indice == busqueda.indice)
    if sound:
        conditions.append(v.c.nombre_normal == busqueda.nombre)
        near = (
            and_(v.c.fonetica == sound, v.c.anio_nacimiento.between(anio - YEARS_APART, anio + YEARS_APART))
            if anio is not None
            else v.c.fonetica == sound
        )
        conditions.append(near)
        if anio is not None:
            conditions.append(and_(v.c.fonetica == sound, v.c.anio_nacimiento.is_(None)))
    return [select(*_COLUMNS).where(c, v.c.actual).limit(_PER_KEY) for c in conditions]


def find_matches(
    identity: Identity,
    busqueda: Busqueda,
    except_ids: Sequence[UUID] = (),
    pantalla: str = "web:coincidencias",
) -> list[Coincidencia]:
    """At most five, the likeliest first; who is shown is logged as read. The hint of another territory has a budget:
    it says that somebody is in some shelter, and must not answer a list of names."""
    rows = (row for stmt in candidate_query(busqueda) for row in db.session.execute(stmt))
    ranked = _rank(busqueda, rows, set(except_ids))
    return _tell(identity, [ranked], pantalla)[0]


def find_many(
    identity: Identity,
    busquedas: Sequence[Busqueda],
    except_ids: Collection[UUID] = (),
    pantalla: str = "web:coincidencias",
) -> list[list[Coincidencia]]:
    """As ``find_matches`` for each, with a few statements for all: a book of thousands is asked in seconds."""
    return _tell(identity, _rank_many(busquedas, except_ids), pantalla)


def match_ids(busquedas: Sequence[Busqueda], except_ids: Collection[UUID] = ()) -> list[list[UUID]]:
    """Whom each may be, in the whole country: to be kept, not to be shown."""
    return [[c.row.persona_id for c in one[:MAX_SHOWN]] for one in _rank_many(busquedas, except_ids)]


def _rank_many(busquedas: Sequence[Busqueda], except_ids: Collection[UUID]) -> list[list[_Candidate]]:
    known, skip = _Known(busquedas), set(except_ids)
    return [_rank(b, known.near(b), skip) for b in busquedas]


class _Known:
    """Candidates of many searches: read once by each key, then found in memory."""

    def __init__(self, busquedas: Sequence[Busqueda]) -> None:
        self._by_cui: dict[str, list[Any]] = {}
        self._by_name: dict[str, list[Any]] = {}
        self._by_sound: dict[str, dict[int | None, list[Any]]] = {}
        v = _V.c
        for row in _in_chunks(v.cui_indice, {b.indice for b in busquedas if b.indice}):
            _keep(self._by_cui.setdefault(row.cui_indice, []), row)
        for row in _in_chunks(v.nombre_normal, {b.nombre for b in busquedas if b.sonido}):
            _keep(self._by_name.setdefault(row.nombre_normal, []), row)
        for row in _in_chunks(v.fonetica, {b.sonido for b in busquedas if b.sonido}):
            _keep(self._by_sound.setdefault(row.fonetica, {}).setdefault(row.anio_nacimiento, []), row)

    def near(self, b: Busqueda) -> Iterator[Any]:
        if b.indice:
            yield from self._by_cui.get(b.indice, ())
        if not b.sonido:
            return
        yield from self._by_name.get(b.nombre, ())
        years = self._by_sound.get(b.sonido, {})
        for anio, rows in years.items():
            if b.anio is None or anio is None or abs(anio - b.anio) <= YEARS_APART:
                yield from rows


def _keep(bucket: list[Any], row: Any) -> None:
    if len(bucket) < _PER_KEY:
        bucket.append(row)


def _in_chunks(column: Any, keys: Collection[str]) -> Iterator[Any]:
    wanted = sorted(keys)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        yield from db.session.execute(select(*_COLUMNS).where(column.in_(chunk), _V.c.actual))


def _tell(
    identity: Identity, ranked: Sequence[Sequence[_Candidate]], pantalla: str
) -> list[list[Coincidencia]]:
    """What the account may know of each, and the reading of whom it is shown."""
    if not any(ranked):
        return [[] for _ in ranked]
    with unit_of_work(identity.as_actor("web")):
        stays = visible_stays(identity, list({c.row.persona_id for one in ranked for c in one}))
        hint = _Hint(identity)
        found = [_describe(one, stays, hint) for one in ranked]
        seen = {c.persona_id for one in found for c in one if c.persona_id is not None}
        record_reading(db.session(), sorted(seen), pantalla)
    return found


class _Hint:
    """The hint that somebody is elsewhere, while the account's budget lasts."""

    def __init__(self, identity: Identity) -> None:
        self._identity, self._left = identity, True

    def take(self) -> bool:
        self._left = self._left and budget.count(self._identity, budget.INDICIO)
        return self._left


def _rank(busqueda: Busqueda, candidates: Iterable[Any], skip: set[UUID]) -> list[_Candidate]:
    rows = {row.persona_id: row for row in candidates if row.persona_id not in skip}
    if not rows:
        return []
    from rapidfuzz import fuzz

    index, name, sound, anio = busqueda.indice, busqueda.nombre, busqueda.sonido, busqueda.anio
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


def reasons_between(one: Any, other: Any) -> tuple[str, ...]:
    """Why two current versions of persons were taken for one."""
    same_cui = one.cui_indice is not None and one.cui_indice == other.cui_indice
    differs = one.sexo != other.sexo and "no_registrado" not in (one.sexo, other.sexo)
    return _reasons(other, same_cui, one.nombre_normal, one.fonetica, one.anio_nacimiento, differs)


def _describe(ranked: Sequence[_Candidate], stays: dict[UUID, Any], hint: _Hint) -> list[Coincidencia]:
    today = clock.local_day(clock.now())
    shown: list[Coincidencia] = []
    elsewhere = False
    for candidate in ranked:
        row, stay = candidate.row, stays.get(candidate.row.persona_id)
        if stay is None:
            if not elsewhere:
                elsewhere = True
                if hint.take():
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


def visible_stays(identity: Identity, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Of each person, the stay to show among those of the territory: the open one, else the last."""
    best: dict[UUID, Any] = {}
    for start in range(0, len(ids), _CHUNK):
        _add_stays(best, identity, ids[start : start + _CHUNK])
    return best


def _add_stays(best: dict[UUID, Any], identity: Identity, ids: Sequence[UUID]) -> None:
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
    for row in db.session.execute(visible(stmt, identity, Permiso.PERSONA_VER, Estancia)):
        kept = best.get(row.persona_id)
        if kept is None or row.egreso_en is None or kept.egreso_en is not None:
            best[row.persona_id] = row


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
