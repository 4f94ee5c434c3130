"""The reads behind ``figures``: what was counted in each open activation, now or at any pair of instants.

Ids are kept as the database holds them (text on SQLite, UUID on PostgreSQL): a figure compares tens of
thousands of them and shows none, and turning each into a UUID would cost more than the query.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, and_, bindparam, case, func, literal_column, select, text

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.permissions import Permiso, visible
from albergues_app.albergues.models import (
    Activacion,
    ActivacionTransicion,
    Albergue,
    AlbergueVersion,
    Capacidad,
)
from albergues_app.albergues.queries import next_capacidad
from albergues_app.audit.changes import kept
from albergues_app.core import clock
from albergues_app.core.db import Question, UTCDateTime, db, run
from albergues_app.ocupacion.bandas import banda_on
from albergues_app.ocupacion.models_derivadas import (
    Resumen,
    ResumenFamilia,
    ResumenLugar,
    ResumenReparto,
    Tramo,
)
from albergues_app.ocupacion.models_parte import Parte

Key = Any
"""An id as the database holds it."""


def uuid_of(key: Key) -> UUID:
    """The UUID of a key."""
    return key if isinstance(key, UUID) else _uuid(key)


_uuid = lru_cache(maxsize=8192)(UUID)


def _raw(model: Any, column: str) -> Any:
    """A column without type: its value as the driver gives it."""
    return literal_column(f"{model.__tablename__}.{column}")


@dataclass(slots=True)
class Abierta:
    """An activation that was open at the cut, with what was counted in it. Thousands are made for one figure."""

    id: Key
    albergue_id: Key
    codigo: str
    nombre: str
    municipio: str
    oficial: bool
    reservada: bool
    personas: int = 0
    fuera: int = 0
    declaradas: int | None = None
    solo_declaradas: int = 0
    ultimo_parte: datetime | None = None
    sexos: dict[str, int] | None = None
    bandas: dict[str, int] | None = None

    def add(self, sexo: str, personas: int) -> None:
        """Count persons of a sex."""
        self.personas += personas
        if self.sexos is None:
            self.sexos = {sexo: personas}
        else:
            self.sexos[sexo] = self.sexos.get(sexo, 0) + personas

    def add_banda(self, banda: str, personas: int) -> None:
        """Count persons of an age band."""
        if self.bandas is None:
            self.bandas = {banda: personas}
        else:
            self.bandas[banda] = self.bandas.get(banda, 0) + personas


@dataclass
class Households:
    """Households with somebody inside: how many stand whole in each activation, where the split are."""

    whole: dict[Key, int] = field(default_factory=dict)
    split: list[tuple[Key, Key]] = field(default_factory=list)

    def by_scope(self, scope: Mapping[Key, str]) -> tuple[dict[str, int], int]:
        """Households of each scope, a split one once in each, and of all scopes together, each once."""
        counts: dict[str, int] = defaultdict(int)
        for activacion, count in self.whole.items():
            counts[scope[activacion]] += count
        for codigo, _familia in {(scope[activacion], familia) for activacion, familia in self.split}:
            counts[codigo] += 1
        return counts, sum(self.whole.values()) + len({familia for _activacion, familia in self.split})


def open_activations(
    identity: Identity, at: datetime, known: datetime, emergencia_id: UUID | None, live: bool
) -> list[Abierta]:
    """The activations of the account's territory that were open at ``at`` as known at ``known``."""
    if live:
        return [Abierta(*row) for row in _open_now(identity, at, emergencia_id)]
    ids = _open_ids(at, known)
    rows = [Abierta(*row) for row in run(_of_territory(identity, emergencia_id)).all() if row[0] in ids]
    versions = _versions(at, known)
    for row in rows:
        version = versions.get(row.albergue_id)
        if version is not None:
            row.oficial, row.municipio = version.oficial, version.municipio_codigo
            row.reservada = row.reservada or version.ubicacion_reservada
    return rows


def _of_territory(identity: Identity, emergencia_id: UUID | None) -> Select[Any]:
    a, s = Activacion.__table__, Albergue.__table__
    stmt: Select[Any] = select(
        _raw(Activacion, "id"), _raw(Activacion, "albergue_id"), s.c.codigo, s.c.nombre, s.c.municipio_codigo,
        s.c.oficial, s.c.ubicacion_reservada,
    ).join_from(a, s, s.c.id == a.c.albergue_id)  # fmt: skip
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    return visible(stmt, identity, Permiso.OCUPACION_VER, Activacion).order_by(s.c.codigo, a.c.id)


_OPEN = ("activa", "en_cierre")
_SITES, _CAPACITY, _PARTES = (
    frozenset({"activacion", "albergue"}), frozenset({"capacidad"}), frozenset({"activacion", "parte"}),
)  # fmt: skip
"""What is read of the sites and their partes does not change with a check-in: it is kept until one of these does."""


def _open_now(identity: Identity, at: datetime, emergencia_id: UUID | None) -> Sequence[Any]:
    def make() -> tuple[Sequence[Any], datetime]:
        a = Activacion.__table__
        stmt = _of_territory(identity, emergencia_id).where(a.c.estado.in_(_OPEN), a.c.abierta_en <= at)
        ahead = select(func.min(a.c.abierta_en)).where(a.c.estado.in_(_OPEN), a.c.abierta_en > at)
        return run(stmt).all(), run(ahead).scalar() or clock.FOREVER

    return kept("figuras.abiertas", (identity.door_key, emergencia_id), _SITES, at, make)


def _open_ids(at: datetime, known: datetime) -> set[Key]:
    """Activations open at an instant as known then, drawn from their moves."""
    t = ActivacionTransicion.__table__
    stmt = (
        select(_raw(ActivacionTransicion, "activacion_id"), t.c.a)
        .select_from(t)
        .where(t.c.ocurrida_en <= at, t.c.registrado_en <= known)
        .order_by(t.c.ocurrida_en, t.c.registrado_en, t.c.id)
    )
    state: dict[Key, str] = {activacion: estado for activacion, estado in run(stmt).all()}  # noqa: C416 - rows, not tuples, for the type checker
    return {activacion for activacion, estado in state.items() if estado in {"activa", "en_cierre"}}


def _versions(at: datetime, known: datetime) -> dict[Key, Any]:
    v = AlbergueVersion.__table__
    stmt = (
        select(
            _raw(AlbergueVersion, "albergue_id").label("k"),
            v.c.oficial,
            v.c.municipio_codigo,
            v.c.ubicacion_reservada,
        )
        .select_from(v)
        .where(v.c.vigente_desde <= at, v.c.registrado_en <= known)
        .order_by(v.c.vigente_desde, v.c.registrado_en)
    )
    return {row.k: row for row in run(stmt).all()}


def capacity_numbers(at: datetime, known: datetime, live: bool) -> Mapping[Key, int]:
    """Persons that fit by site: authorised, else declared, else computed; the latest of its class."""
    if not live:
        return _capacity_numbers(at, known)
    return kept(
        "figuras.capacidades", None, _CAPACITY, at, lambda: (_capacity_numbers(at, known), next_capacidad(at))
    )


def _capacity_numbers(at: datetime, known: datetime) -> dict[Key, int]:
    c = Capacidad.__table__
    stmt = (
        select(_raw(Capacidad, "albergue_id"), c.c.clase, c.c.personas)
        .select_from(c)
        .where(c.c.vigente_desde <= at, c.c.registrado_en <= known, c.c.regimen == "general")
        .order_by(c.c.vigente_desde, c.c.registrado_en)
    )
    rank = {"autorizada": 2, "declarada": 1, "calculada": 0}
    best: dict[Key, tuple[int, int]] = {}
    for albergue, clase, personas in run(stmt).all():
        if albergue not in best or rank[clase] >= best[albergue][0]:
            best[albergue] = (rank[clase], personas)
    return {albergue: personas for albergue, (_rank, personas) in best.items()}


def has_future(now: datetime) -> bool:
    """Facts dated ahead of the clock (24 h at most): present rows hold them, the figure of now must not."""
    return any(question.rows(now=now) for question in _FUTURE)


_T, _M, _V = Tramo.__table__, ActivacionTransicion.__table__, AlbergueVersion.__table__
_NOW = bindparam("now", type_=UTCDateTime())
_FUTURE = (
    Question(select(_T.c.id).where(text("tramo.vigente"), _T.c.desde > _NOW).limit(1)),
    Question(
        select(_T.c.id).where(text("tramo.vigente"), _T.c.hasta > _NOW, _T.c.hasta < clock.FOREVER).limit(1)
    ),
    Question(select(_M.c.id).where(_M.c.ocurrida_en > _NOW).limit(1)),
    Question(select(_V.c.id).where(_V.c.vigente_desde > _NOW).limit(1)),
)


_R = Resumen.__table__
_PER_SEX = (
    select(_raw(Resumen, "activacion_id"), _R.c.sexo, func.sum(_R.c.personas), func.sum(_R.c.fuera))
    .select_from(_R)
    .group_by(_R.c.activacion_id, _R.c.sexo)
)

_CELLS = select(_raw(Resumen, "activacion_id"), _R.c.sexo, _R.c.banda, _R.c.personas, _R.c.fuera).select_from(
    _R
)


def count_now(by_id: dict[Key, Abierta], now: datetime, bandas: bool) -> Households:
    """Fill the counts from the summary; its cost does not grow with history."""
    if bandas:
        for activacion, sexo, banda, personas, fuera in run(_CELLS).all():
            if row := by_id.get(activacion):
                row.add(sexo, personas)
                row.add_banda(banda, personas)
                row.fuera += fuera
        today = clock.local_day(now)
        birthdays = select(_raw(Tramo, "activacion_id"), _T.c.banda, _T.c.nacimiento).where(
            text("tramo.vigente"), _T.c.cambia_el <= today, _T.c.clase == "dentro"
        )
        for activacion, banda, nacimiento in run(birthdays).all():
            if row := by_id.get(activacion):
                row.add_banda(banda, -1)
                row.add_banda(banda_on(nacimiento, today), 1)
    else:
        for activacion, sexo, personas, fuera in run(_PER_SEX).all():
            if row := by_id.get(activacion):
                row.add(sexo, int(personas))
                row.fuera += int(fuera)
    return _households_now(by_id)


_RF, _RL, _RR = ResumenFamilia.__table__, ResumenLugar.__table__, ResumenReparto.__table__
_PER_ACTIVATION = select(_raw(ResumenLugar, "activacion_id"), _RL.c.familias).select_from(_RL)
# In the words of the partial index: the families of one place, nearly all, are not read.
_SPLIT = select(_RR.c.familia_id).where(text("resumen_reparto.lugares > 1"))
_SPLIT_PAIRS = (
    select(_raw(ResumenFamilia, "activacion_id"), _raw(ResumenFamilia, "familia_id"))
    .select_from(_RF)
    .where(_RF.c.familia_id.in_(_SPLIT))
)


def _households_now(by_id: dict[Key, Abierta]) -> Households:
    found = Households({a: int(count) for a, count in run(_PER_ACTIVATION).all() if a in by_id})
    for activacion, familia in run(_SPLIT_PAIRS).all():
        if activacion in by_id:
            found.whole[activacion] -= 1
            found.split.append((activacion, familia))
    return found


_HASTA, _DESDE = literal_column("tramo.hasta", UTCDateTime()), literal_column("tramo.desde", UTCDateTime())
_KNOWN_SINCE = literal_column("tramo.conocido_desde", UTCDateTime())
_KNOWN_UNTIL = literal_column("tramo.conocido_hasta", UTCDateTime())
_SEXO, _CLASE = literal_column("tramo.sexo", Text()), literal_column("tramo.clase", Text())
_ACTIVACION: Any = literal_column("tramo.activacion_id")
_FAMILIA: Any = literal_column("tramo.familia_id")
_NACIMIENTO = _T.c.nacimiento
_BORN = literal_column("tramo.nacimiento", _NACIMIENTO.type)


def _held(at: datetime, known: datetime | None) -> list[tuple[Any, Any]]:
    """Where to read, and the condition «so at ``at``, as held at ``known``» (None: as held now).

    What we hold now is read from the end of the time line nearer to ``at``: SQLite is told which index, since
    from one end the query reads what ended since then, from the other all that ever began. What was held at
    an earlier instant is that part of it which was known by then, and what has been superseded since.
    """
    interval = and_(at >= _DESDE, at < _HASTA)
    sqlite = db.engine.dialect.name == "sqlite"
    index = "hasta"
    if sqlite:
        first = run(select(func.min(_T.c.desde)).where(text("tramo.vigente"))).scalar()
        index = "desde" if first is not None and at < first + (clock.now() - first) / 2 else "hasta"
    now = text(f"tramo INDEXED BY ix_tramo_vigente_{index}" if sqlite else "tramo")
    held = and_(text("tramo.vigente"), interval)
    if known is None:
        return [(now, held)]
    since = text("tramo INDEXED BY ix_tramo_conocido_hasta" if sqlite else "tramo")
    superseded = and_(known < _KNOWN_UNTIL, _KNOWN_UNTIL < clock.FOREVER, known >= _KNOWN_SINCE, interval)
    return [(now, and_(held, known >= _KNOWN_SINCE)), (since, superseded)]


def count_at(by_id: dict[Key, Abierta], at: datetime, known: datetime | None, bandas: bool) -> Households:
    """Fill the counts from the intervals: each is read once, and grouped here in half of what SQLite takes."""
    where: dict[Key, set[Key]] = defaultdict(set)
    day = clock.local_day(at)
    columns = [_ACTIVACION, _FAMILIA, _CLASE, _SEXO]
    if bandas:
        columns.append(_BORN)
    for source, condition in _held(at, known):
        held = select(*columns).select_from(source).where(condition, _CLASE != "transito")
        for activacion, familia, clase, sexo, *nacimiento in run(held).all():
            row = by_id.get(activacion)
            if row is None:
                continue
            if clase == "fuera":
                row.fuera += 1
                continue
            row.add(sexo, 1)
            where[familia].add(activacion)
            for born in nacimiento:
                row.add_banda(banda_on(born, day), 1)
    return _households(where)


def inside_before(moments: Sequence[datetime], activaciones: Collection[UUID] | None) -> list[int]:
    """Persons inside just before each moment (None: of all activations), all in one reading of the recent end."""
    if not moments:
        return []
    source = "tramo INDEXED BY ix_tramo_vigente_hasta" if db.engine.dialect.name == "sqlite" else "tramo"
    sums = [func.sum(case((and_(at > _DESDE, at <= _HASTA), 1), else_=0)) for at in moments]
    stmt = (
        select(_ACTIVACION, *sums)
        .select_from(text(source))
        .where(text("tramo.vigente"), min(moments) <= _HASTA, max(moments) > _DESDE, _CLASE == "dentro")
        .group_by(_ACTIVACION)
    )
    found = [0] * len(moments)
    for key, *counts in run(stmt).all():
        if activaciones is None or uuid_of(key) in activaciones:
            found = [total + int(count) for total, count in zip(found, counts, strict=True)]
    return found


def _households(where: Mapping[Key, set[Key]]) -> Households:
    found = Households(defaultdict(int))
    for familia, activaciones in where.items():
        if len(activaciones) == 1:
            found.whole[next(iter(activaciones))] += 1
        else:
            found.split.extend((activacion, familia) for activacion in activaciones)
    return found


def in_transit(
    identity: Identity, at: datetime, known: datetime, emergencia_id: UUID | None
) -> list[tuple[str, Any, int]]:
    """(sexo, birth date, persons) of those who left one shelter and were not yet accepted by the other."""
    a = Activacion.__table__
    # The words of the partial index: transits are few, whatever the history. SQLite is told to take it: where none
    # stood when it gathered its statistics it would rather read every interval of every activation.
    sqlite = db.engine.dialect.name == "sqlite"
    held = (
        select(_ACTIVACION.label("activacion_id"), _SEXO.label("sexo"), _BORN.label("nacimiento"))
        .select_from(text("tramo INDEXED BY ix_tramo_transito" if sqlite else "tramo"))
        .where(
            text("tramo.clase = 'transito'"), at < _HASTA, at >= _DESDE,
            known >= _KNOWN_SINCE, known < _KNOWN_UNTIL,
        )
        .subquery()
    )  # fmt: skip
    stmt = (
        select(held.c.sexo, held.c.nacimiento, func.count())
        .select_from(held.join(a, a.c.id == held.c.activacion_id))
        .group_by(held.c.sexo, held.c.nacimiento)
    )
    if emergencia_id is not None:
        stmt = stmt.where(a.c.emergencia_id == emergencia_id)
    return [(s, n, c) for s, n, c in run(visible(stmt, identity, Permiso.OCUPACION_VER, Activacion))]


_P = Parte.__table__
_P2 = _P.alias("p2")
_LAST = (
    select(_P2.c.id)
    .where(
        _P2.c.activacion_id == Activacion.__table__.c.id,
        _P2.c.corte <= bindparam("at", type_=UTCDateTime()),
        _P2.c.registrado_en <= bindparam("known", type_=UTCDateTime()),
    )
    .order_by(_P2.c.corte.desc(), _P2.c.registrado_en.desc(), _P2.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
_LAST_PARTES = select(_raw(Parte, "activacion_id"), _P.c.corte, _P.c.personas).select_from(
    Activacion.__table__.join(_P, _P.c.id == _LAST)
)

# By the index of each open activation: the partes of years are not looked through for one dated ahead.
_NEXT_PARTES = (
    select(
        select(func.min(_P2.c.corte))
        .where(
            _P2.c.activacion_id == Activacion.__table__.c.id,
            _P2.c.corte > bindparam("at", type_=UTCDateTime()),
        )
        .scalar_subquery()
    )
    .select_from(Activacion.__table__)
    .where(Activacion.__table__.c.estado.in_(_OPEN))
)


def declared(by_id: dict[Key, Abierta], at: datetime, known: datetime, live: bool) -> None:
    """The last parte of each activation at the cut, found by index: its cost does not grow with history."""
    last = _last_now(at) if live else run(_LAST_PARTES, {"at": at, "known": known}).all()
    without_names: dict[Key, Abierta] = {}
    for activacion, corte, personas in last:
        if row := by_id.get(activacion):
            row.declaradas, row.ultimo_parte = personas, corte
            if not row.personas:
                without_names[activacion] = row
    nominal = _with_nominal(without_names, at, known)
    for activacion, row in without_names.items():
        if activacion not in nominal:
            row.solo_declaradas = row.declaradas or 0


def _last_now(at: datetime) -> Sequence[Any]:
    """What is written is known now, also when another machine's clock runs ahead of ours."""

    def make() -> tuple[Sequence[Any], datetime]:
        a = Activacion.__table__
        ahead = [row[0] for row in run(_NEXT_PARTES, {"at": at}) if row[0] is not None]
        now = {"at": at, "known": clock.FOREVER}
        found = run(_LAST_PARTES.where(a.c.estado.in_(_OPEN)), now).all()
        return found, min(ahead, default=clock.FOREVER)

    return kept("figuras.partes", None, _PARTES, at, make)


def _with_nominal(activaciones: Iterable[Key], at: datetime, known: datetime) -> set[Key]:
    """Of these, the activations that had a nominal ingreso by then (annulled ones do not count)."""
    found: set[Key] = set()
    ids = [uuid_of(k) for k in activaciones]
    for start in range(0, len(ids), 500):
        stmt = select(_raw(Tramo, "activacion_id")).where(
            _T.c.activacion_id.in_(ids[start : start + 500]),
            _T.c.clase == "dentro",
            _T.c.desde <= at,
            _T.c.conocido_desde <= known,
            _T.c.conocido_hasta > known,
        )
        found.update(row[0] for row in run(stmt.distinct()))
    return found
