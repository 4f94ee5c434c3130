"""Who may be the same person: same CUI, or a name alike with what else is known. Warns; never decides.

Candidates come from indexes only (``cui_indice`` and the key pairs of ``claves.py``), the rarest keys first, so the
cost does not grow with the register. Outside the account's territory nothing is told but that one may ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts import budget
from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import Albergue
from albergues_app.audit.listener import record_reading
from albergues_app.audit.sealing import keyring
from albergues_app.core import clock
from albergues_app.core.db import db, run
from albergues_app.core.text import normalize, phonetic
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion import cui as cui_check
from albergues_app.ocupacion.avisos_puerta import AvisoVisto
from albergues_app.ocupacion.bandas import age_on, birth_from_age
from albergues_app.ocupacion.candidatos import narrow, rank, sorted_words
from albergues_app.ocupacion.clave_search import Hallada, Pregunta, as_uuid, find_by_keys, held
from albergues_app.ocupacion.claves import ranges_of
from albergues_app.ocupacion.models import Familia, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.nombres import read_name
from albergues_app.ocupacion.parecido import Ficha, Parecido
from albergues_app.ocupacion.unidas import speakers

MAX_SHOWN = 5
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
    municipio: str = ""
    """Where the household comes from, by its code; empty when nobody said."""

    @cached_property
    def nombre(self) -> str:
        return normalize(f"{self.nombres} {self.apellidos}")

    @cached_property
    def sonido(self) -> str:
        """How the whole name sounds; empty when it is too little to look for."""
        return phonetic(self.nombre) if self.nombre not in _NAMELESS and " " in self.nombre else ""

    @cached_property
    def ficha(self) -> Ficha:
        """As a record to compare."""
        born = f"{self.nacimiento:%Y%m%d}" if self.nacimiento is not None else ""
        name = read_name(self.nombres, self.apellidos)
        return Ficha(name, self.sexo, self.anio, born, self.municipio, self.indice)

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
    muy_parecida: bool = False


@dataclass(frozen=True)
class _Candidate:
    row: Any
    parecido: Parecido
    reasons: tuple[str, ...] = field(default=())


_V = PersonaVersion.__table__
_COLUMNS = (
    _V.c.id,
    _V.c.persona_id,
    _V.c.nombres,
    _V.c.apellidos,
    _V.c.nombre_normal,
    _V.c.fonetica,
    _V.c.sexo,
    _V.c.nacimiento,
    _V.c.nacimiento_estimado,
    _V.c.anio_nacimiento,
    _V.c.cui_indice,
)


def find_matches(
    identity: Identity,
    busqueda: Busqueda,
    except_ids: Sequence[UUID] = (),
    pantalla: str = "web:coincidencias",
) -> list[Coincidencia]:
    """At most five, the likeliest first; who is shown is logged as read. The hint of another territory has a budget:
    it says that somebody is in some shelter, and must not answer a list of names. The last word may be unfinished."""
    return _tell(identity, _rank_many([busqueda], except_ids, typing=True), pantalla)[0]


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


def _rank_many(
    busquedas: Sequence[Busqueda], except_ids: Collection[UUID], typing: bool = False
) -> list[list[_Candidate]]:
    """The likeliest of each search by everything that is known (``candidatos.py``), in a few statements for all."""
    skip, this_year = set(except_ids), clock.local_day(clock.now()).year
    alike = find_by_keys(
        [
            Pregunta(
                ranges_of(b.ficha.nombre, b.anio, b.ficha.nacimiento, typing) if b.sonido else (), b.anio
            )
            for b in busquedas
        ]
    )
    skipped = held(skip)
    chosen = [
        _narrowed(b, [h for h in one if h.persona_id not in skipped])
        for b, one in zip(busquedas, alike, strict=True)
    ]
    by_id = {row.id: row for row in _in_chunks(_V.c.id, {i for one in chosen for i in one})}
    by_cui: dict[str, list[Any]] = {}
    for row in _in_chunks(_V.c.cui_indice, {b.indice for b in busquedas if b.indice}):
        if row.persona_id not in skip:
            by_cui.setdefault(row.cui_indice, []).append(row)
    looked = []
    for b, ids in zip(busquedas, chosen, strict=True):
        rows = {row.id: row for row in (*by_cui.get(b.indice, ())[:_PER_KEY], *(by_id[i] for i in ids))}
        looked.append((b, sorted(rows.values(), key=lambda row: str(row.persona_id))))
    origins = _origins({row.persona_id for b, some in looked if b.municipio for row in some})
    found = []
    for b, candidates in looked:
        fichas = ((row, ficha_of(row, origins.get(row.persona_id, ""))) for row in candidates)
        ranked = rank(b.ficha, fichas, this_year)[: MAX_SHOWN * 2]
        found.append([_Candidate(row, p, _reasons(b, row, p, origins)) for p, row in ranked])
    return found


def _origins(ids: Collection[UUID]) -> dict[UUID, str]:
    """Where the household of each comes from, by the family it belongs to now."""
    p, f = Pertenencia.__table__, Familia.__table__
    wanted, found = sorted(ids), dict[UUID, str]()
    for start in range(0, len(wanted), _CHUNK):
        stmt = (
            select(p.c.persona_id, f.c.municipio_procedencia)
            .join_from(p, f, f.c.id == p.c.familia_id)
            .where(p.c.persona_id.in_(wanted[start : start + _CHUNK]))
            .order_by(p.c.vigente_desde, p.c.registrado_en, p.c.id)
        )
        found.update((row.persona_id, row.municipio_procedencia or "") for row in run(stmt))
    return found


def _narrowed(busqueda: Busqueda, found: Sequence[Hallada]) -> list[UUID]:
    texts = [h.nombre_normal for h in found]
    kept = narrow(busqueda.nombre, texts, sorted_words(busqueda.nombre), [sorted_words(t) for t in texts])
    return [as_uuid(found[at].version_id) for at in kept]


def ficha_of(row: Any, municipio: str = "") -> Ficha:
    """A current version as a record to compare; ``municipio``: where its household comes from."""
    return Ficha(
        read_name(row.nombres, row.apellidos),
        row.sexo,
        row.anio_nacimiento,
        f"{row.nacimiento:%Y%m%d}" if row.nacimiento and not row.nacimiento_estimado else "",
        municipio,
        row.cui_indice or "",
    )


def _in_chunks(column: Any, keys: Collection[Any]) -> Iterator[Any]:
    wanted = sorted(keys)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        yield from run(select(*_COLUMNS).where(column.in_(chunk), _V.c.actual))


def _tell(
    identity: Identity, ranked: Sequence[Sequence[_Candidate]], pantalla: str
) -> list[list[Coincidencia]]:
    """What the account may know of each, and the reading of whom it is shown."""
    if not any(ranked):
        return [[] for _ in ranked]
    with unit_of_work(identity.as_actor("web")):
        ids = {c.row.persona_id for one in ranked for c in one}
        stays = visible_stays(identity, list(ids))
        sheltered = _ever_sheltered(ids - stays.keys())
        hint = _Hint(identity)
        found = [
            _describe([c for c in one if c.row.persona_id in stays.keys() | sheltered], stays, hint)
            for one in ranked
        ]
        seen = {c.persona_id for one in found for c in one if c.persona_id is not None}
        record_reading(db.session(), sorted(seen), pantalla)
    return found


def _ever_sheltered(ids: Collection[UUID]) -> set[UUID]:
    """Of these records, those of somebody with a stay somewhere: of a family outside shelters no sede can be asked."""
    if not ids:
        return set()
    speaks = speakers(ids)
    held = set(
        run(select(Estancia.persona_id).where(Estancia.persona_id.in_(set(speaks.values())))).scalars()
    )
    return {record for record, speaker in speaks.items() if speaker in held}


class _Hint:
    """The hint that somebody is elsewhere, while the account's budget lasts."""

    def __init__(self, identity: Identity) -> None:
        self._identity, self._left = identity, True

    def take(self) -> bool:
        self._left = self._left and budget.count(self._identity, budget.INDICIO)
        return self._left


def _reasons(busqueda: Busqueda, row: Any, parecido: Parecido, origins: dict[UUID, str]) -> tuple[str, ...]:
    words = _words(row, parecido.mismo_cui, busqueda.nombre, busqueda.sonido, busqueda.anio, busqueda.sexo)
    origin = origins.get(row.persona_id)
    if not busqueda.municipio or not origin:
        return words
    same = origin == busqueda.municipio
    return (*words, "Del mismo municipio" if same else "Consta de otro municipio")


def _words(row: Any, same_cui: bool, name: str, sound: str, anio: int | None, sexo: str) -> tuple[str, ...]:
    reasons = ["Mismo CUI"] if same_cui else []
    if name and row.nombre_normal == name:
        reasons.append("Mismo nombre")
    elif name and sorted(row.nombre_normal.split()) == sorted(name.split()):
        reasons.append("Mismo nombre, en otro orden")
    elif name and row.fonetica == sound:
        reasons.append("El nombre suena igual")
    elif name and not same_cui:
        reasons.append("Nombre parecido")
    if anio is not None and row.anio_nacimiento is not None:
        apart = abs(anio - row.anio_nacimiento)
        reasons.append(
            "Misma edad" if apart == 0 else f"{apart} {'año' if apart == 1 else 'años'} de diferencia"
        )
    if sexo and row.sexo != sexo and "no_registrado" not in (sexo, row.sexo):
        reasons.append("Consta con otro sexo")
    return tuple(reasons)


def reasons_between(one: Any, other: Any) -> tuple[str, ...]:
    """Why two current versions of persons were taken for one."""
    same_cui = one.cui_indice is not None and one.cui_indice == other.cui_indice
    return _words(other, same_cui, one.nombre_normal, one.fonetica, one.anio_nacimiento, one.sexo)


def _describe(ranked: Sequence[_Candidate], stays: dict[UUID, Any], hint: _Hint) -> list[Coincidencia]:
    today = clock.local_day(clock.now())
    shown: list[Coincidencia] = []
    elsewhere, told = False, set()
    for candidate in ranked:
        row, stay = candidate.row, stays.get(candidate.row.persona_id)
        if stay is None:
            # of a name that is only somewhat alike nothing is hinted
            if not elsewhere and (candidate.parecido.muy or candidate.parecido.mismo_cui):
                elsewhere = True
                if hint.take():
                    shown.append(Coincidencia(None, (ELSEWHERE,), muy_parecida=True))
            continue
        if stay.persona_id in told:  # two records of one human being
            continue
        told.add(stay.persona_id)
        shown.append(
            Coincidencia(
                stay.persona_id,
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
                candidate.parecido.muy or candidate.parecido.mismo_cui,
            )
        )
    return shown[:MAX_SHOWN]


def visible_stays(identity: Identity, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Of each person, the stay to show among those of the territory: the open one, else the last.

    Of a record joined to another, the stay of the one that speaks for it, whose id stands in the row.
    """
    best: dict[UUID, Any] = {}
    speaks = speakers(ids)
    wanted = list(dict.fromkeys(speaks.values()))
    for start in range(0, len(wanted), _CHUNK):
        _add_stays(best, identity, wanted[start : start + _CHUNK])
    return {record: best[speaker] for record, speaker in speaks.items() if speaker in best}


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


def as_json(
    found: Sequence[Coincidencia], advices: Mapping[UUID, Sequence[AvisoVisto]]
) -> list[dict[str, Any]]:
    """What the screen draws, by ``textContent`` only; ``advices``: what the gate is to do with some of them."""
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
            "muy_parecida": c.muy_parecida,
            "activacion": str(c.activacion_id) if c.activacion_id else None,
            "avisos": [
                {"nivel": a.nivel, "nombre": a.nombre, "texto": a.texto}
                for a in (advices.get(c.persona_id, ()) if c.persona_id else ())
            ],
        }
        for c in found
    ]
