"""Keep what is derived in step with the ledger, inside the ledger's own transaction.

``derive_new`` is the fast path of a check-in of persons nobody knew; ``rederive`` recomputes known persons whole.
Both change Estancia, Tramo, Resumen and ResumenFamilia, and mark stored daily cuts that a late fact makes stale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from albergues_app.core import clock
from albergues_app.core.db import Base, connection, db, insert_rows, prepared, run, table_of
from albergues_app.core.errors import RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.ocupacion.bandas import banda_on, leaves_band_on
from albergues_app.ocupacion.models import Movimiento, Persona, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_derivadas import CorteDia, Estancia, Resumen, ResumenFamilia, Tramo
from albergues_app.ocupacion.timeline import Dated, Fact, Interval, Stay, Timeline, fold, intervals
from albergues_app.ocupacion.unidas import gather

Cell = tuple[UUID, str, str]

VIGENTE = text("tramo.vigente")
"""What we hold now, in the words of the partial indexes: `vigente = 1` would not let SQLite use them."""


@dataclass(frozen=True)
class Place:
    """The codes copied down to a row of an activation."""

    activacion_id: UUID
    municipio_codigo: str
    albergue_codigo: str


@dataclass(frozen=True)
class NewInside:
    """A person nobody knew, who entered and is inside."""

    persona_id: UUID
    familia_id: UUID
    movimiento_id: UUID
    sexo: str
    nacimiento: date | None
    grupos: int


@dataclass(frozen=True)
class Arrival:
    """Persons nobody knew who entered one place at one instant."""

    place: Place
    people: Sequence[NewInside]
    when: datetime


def derive_new(arrivals: Sequence[Arrival], moment: datetime) -> None:
    """Open stay and interval of each person, and the counts. One statement a table, however many arrive."""
    today = clock.local_day(moment)
    stays, spans = [], []
    cells: Counter[Cell] = Counter()
    families: Counter[tuple[UUID, UUID]] = Counter()
    for arrival in arrivals:
        activacion = arrival.place.activacion_id
        for p in arrival.people:
            stay = Stay(activacion, arrival.when, p.movimiento_id)
            stays.append(_stay_row(p.persona_id, p.familia_id, stay, arrival.place))
            interval = Interval(
                "dentro",
                activacion,
                None,
                p.familia_id,
                arrival.when,
                clock.FOREVER,
                p.sexo,
                p.nacimiento,
                p.grupos,
            )
            row = _tramo_row(p.persona_id, interval, moment, today)
            spans.append(row)
            cells[(activacion, p.sexo, row["banda"])] += 1
            families[(activacion, p.familia_id)] += 1
    if not stays:
        return
    insert_rows(Estancia, stays)
    insert_rows(Tramo, spans)
    _add_cells(cells, Counter())
    _add_families(families)
    mark_stale(min(a.when for a in arrivals), moment)


def rederive(persona_ids: Iterable[UUID], moment: datetime) -> None:
    """Recompute known persons from their whole ledger.

    :raises RuleBroken: the ledger would tell something impossible, or leave a person inside a shelter that is
        closed, or speak of a person whose data were destroyed; nothing is written then.
    """
    session = db.session
    speaks = gather(set(persona_ids))
    ids = sorted(speaks)  # a record joined to another has no stays of its own
    facts = ledger_of(ids)
    data, families = _dated(ids)
    old_spans: dict[UUID, list[Any]] = {i: [] for i in ids}
    table = table_of(Tramo)
    for row in session.execute(select(table).where(table.c.persona_id.in_(ids), VIGENTE)):
        old_spans[row.persona_id].append(row)
    old_stays: dict[UUID, dict[UUID, Any]] = {i: {} for i in ids}
    stay_table = table_of(Estancia)
    for row in session.execute(select(stay_table).where(stay_table.c.persona_id.in_(ids))):
        old_stays[row.persona_id][row.ingreso_movimiento] = row
    lines = fold_records(facts, speaks)
    if any(i not in data for i in ids):
        raise persona_disociada()
    places = _places({s.activacion_id for line in lines.values() for s in line.stays})
    today = clock.local_day(moment)
    ended: list[int] = []
    spans: list[dict[str, Any]] = []
    gone: list[UUID] = []
    changed: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    inside: Counter[Cell] = Counter()
    outside: Counter[Cell] = Counter()
    family_count: Counter[tuple[UUID, UUID]] = Counter()
    earliest: datetime | None = None
    for persona in ids:
        wanted = intervals(lines[persona], data[persona], families[persona], families)
        for row in old_spans[persona]:
            span = _interval_of(row)
            if span in wanted:
                wanted.discard(span)
                continue
            ended.append(row.id)
            earliest = min(earliest or row.desde, row.desde if span.open else min(row.desde, row.hasta))
            _count(span, row.banda, -1, inside, outside, family_count)
        for span in wanted:
            new = _tramo_row(persona, span, moment, today)
            spans.append(new)
            earliest = min(earliest or span.desde, span.desde)
            _count(span, new["banda"], 1, inside, outside, family_count)
        known = old_stays[persona]
        for stay in lines[persona].stays:
            familia = _family_at(families.get(stay.registro or persona, families[persona]), stay.desde)
            new_stay = _stay_row(persona, familia, stay, places[stay.activacion_id])
            before = known.pop(stay.ingreso_id, None)
            if before is None:
                added.append(new_stay)
            elif any(getattr(before, name) != value for name, value in new_stay.items() if name != "id"):
                changed.append({**{k: v for k, v in new_stay.items() if k != "id"}, "key": before.id})
        gone.extend(row.id for row in known.values())
    _refuse_inside_closed({s["activacion_id"] for s in (*added, *changed) if s["egreso_en"] is None})
    if ended:
        session.execute(
            update(table).where(table.c.id == bindparam("key")).values(conocido_hasta=moment, vigente=False),
            [{"key": i} for i in ended],
        )
    if gone:
        session.execute(delete(stay_table).where(stay_table.c.id.in_(gone)))
    if changed:  # closings before openings, or the one-open-stay index would see two
        changed.sort(key=lambda r: r["egreso_en"] is None)
        columns: dict[str, Any] = {name: bindparam(name) for name in changed[0] if name != "key"}
        session.execute(
            update(stay_table).where(stay_table.c.id == bindparam("key")).values(columns), changed
        )
    if added:
        session.execute(insert(stay_table), added)
    if spans:
        session.execute(insert(table), spans)
    _add_cells(inside, outside)
    _add_families(family_count)
    if earliest is not None:
        mark_stale(earliest, moment)


def persona_disociada() -> RuleBroken:
    """What is answered about a person of whom only figures are left."""
    return RuleBroken(
        "persona_disociada",
        "Los datos de esta persona se destruyeron al cerrar su emergencia. Regístrela con otro identificador.",
        "personas",
    )


def _refuse_inside_closed(activaciones: set[UUID]) -> None:
    """An annulment may not put people back into a shelter that has closed."""
    from albergues_app.albergues.models import Activacion

    if not activaciones:
        return
    a = table_of(Activacion)
    states = db.session.execute(
        select(a.c.estado).where(a.c.id.in_(activaciones)).order_by(a.c.id).with_for_update(read=True)
    )
    if any(row.estado in {"cerrada", "anulada"} for row in states):
        raise RuleBroken(
            "activacion_cerrada",
            "El albergue ya cerró y nadie puede quedar dentro. Abra una activación nueva si volvió gente.",
            "anula",
        )


def ledger_of(ids: Sequence[UUID]) -> dict[UUID, list[Fact]]:
    """The movements of each person that still count."""
    m = table_of(Movimiento)
    annulled = {
        row.anula_id
        for row in db.session.execute(
            select(m.c.anula_id).where(m.c.persona_id.in_(ids), m.c.tipo == "anulacion")
        )
    }
    facts: dict[UUID, list[Fact]] = {}
    columns = (
        m.c.id,
        m.c.tipo,
        m.c.activacion_id,
        m.c.contraparte_id,
        m.c.acuse,
        m.c.ocurrido_en,
        m.c.registrado_en,
        m.c.persona_id.label("registro"),
    )
    for row in db.session.execute(
        select(m.c.persona_id, *columns).where(m.c.persona_id.in_(ids), m.c.tipo != "anulacion")
    ):
        if row.id not in annulled:
            facts.setdefault(row.persona_id, []).append(Fact(*row[1:]))
    return facts


def fold_records(facts: Mapping[UUID, Sequence[Fact]], speaks: Mapping[UUID, UUID]) -> dict[UUID, Timeline]:
    """The timeline of each human being under the record that speaks; of the records joined to it, an empty one."""
    own: dict[UUID, list[Fact]] = {record: [] for record in speaks}
    for record, speaker in speaks.items():
        own[speaker].extend(facts.get(record, ()))
    return {record: fold(told) for record, told in own.items()}


def lock_personas(ids: Sequence[UUID]) -> set[UUID]:
    """Which of these persons are known, locked against another writer until commit (PostgreSQL).

    With a record joined to another, the one that speaks for it is locked too.
    """
    if not ids:
        return set()
    rows = run(_LOCK, {"ids": list(ids)}).all()
    speaking = sorted({row.unida_a for row in rows if row.unida_a is not None})
    if speaking:
        run(_LOCK, {"ids": speaking}).all()
    return {row.id for row in rows}


_LOCK = (
    select(table_of(Persona).c.id, table_of(Persona).c.unida_a)
    .where(table_of(Persona).c.id.in_(bindparam("ids", expanding=True)))
    .order_by(table_of(Persona).c.id)
    .with_for_update()
)


def mark_stale(when: datetime, moment: datetime) -> None:
    """A fact about a day already cut: that day and the later ones are to be cut again."""
    day = clock.local_day(when)
    if day >= clock.local_day(moment):
        return
    t = table_of(CorteDia)
    db.session.execute(update(t).where(t.c.dia >= day, t.c.vencido.is_(False)).values(vencido=True))


def roll_bands(moment: datetime) -> int:
    """Move who had a birthday to their new band in Resumen (daily task; safe to run twice). Returns how many."""
    today = clock.local_day(moment)
    t = table_of(Tramo)
    rows = db.session.execute(select(t).where(VIGENTE, t.c.cambia_el <= today)).all()
    inside: Counter[Cell] = Counter()
    outside: Counter[Cell] = Counter()
    for row in rows:
        span = _interval_of(row)
        banda = banda_on(row.nacimiento, today)
        _count(span, row.banda, -1, inside, outside, Counter())
        _count(span, banda, 1, inside, outside, Counter())
        db.session.execute(
            update(t)
            .where(t.c.id == row.id)
            .values(banda=banda, cambia_el=leaves_band_on(row.nacimiento, today))
        )
    _add_cells(inside, outside)
    return len(rows)


def _count(
    span: Interval,
    banda: str,
    sign: int,
    inside: Counter[Cell],
    outside: Counter[Cell],
    families: Counter[tuple[UUID, UUID]],
) -> None:
    if not span.open:
        return
    cell = (span.activacion_id, span.sexo, banda)
    if span.clase == "dentro":
        inside[cell] += sign
        families[(span.activacion_id, span.familia_id)] += sign
    elif span.clase == "fuera":
        outside[cell] += sign


def _dated(ids: Sequence[UUID]) -> tuple[dict[UUID, list[Dated]], dict[UUID, list[Dated]]]:
    v, p = table_of(PersonaVersion), table_of(Pertenencia)
    data: dict[UUID, list[Dated]] = {}
    for row in db.session.execute(
        select(
            v.c.persona_id, v.c.vigente_desde, v.c.registrado_en, v.c.sexo, v.c.nacimiento, v.c.grupos
        ).where(v.c.persona_id.in_(ids))
    ):
        value = (row.sexo, row.nacimiento, row.grupos)
        data.setdefault(row.persona_id, []).append(Dated(row.vigente_desde, row.registrado_en, value))
    families: dict[UUID, list[Dated]] = {}
    members = select(p.c.persona_id, p.c.vigente_desde, p.c.registrado_en, p.c.familia_id)
    for member in run(members.where(p.c.persona_id.in_(ids))):
        families.setdefault(member.persona_id, []).append(
            Dated(member.vigente_desde, member.registrado_en, member.familia_id)
        )
    return data, families


def _family_at(families: Sequence[Dated], when: datetime) -> UUID:
    from albergues_app.ocupacion.timeline import in_force

    value = in_force(families, when).value
    assert isinstance(value, UUID)
    return value


def _places(activaciones: set[UUID]) -> dict[UUID, Place]:
    from albergues_app.albergues.models import Activacion

    a = table_of(Activacion)
    rows = db.session.execute(
        select(a.c.id, a.c.municipio_codigo, a.c.albergue_codigo).where(a.c.id.in_(activaciones))
    )
    return {row.id: Place(*row) for row in rows}


def _stay_row(persona: UUID, familia: UUID, stay: Stay, place: Place) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "persona_id": persona,
        "familia_id": familia,
        "activacion_id": stay.activacion_id,
        "municipio_codigo": place.municipio_codigo,
        "albergue_codigo": place.albergue_codigo,
        "ingreso_en": stay.desde,
        "egreso_en": None if stay.hasta == clock.FOREVER else stay.hasta,
        "ingreso_movimiento": stay.ingreso_id,
        "egreso_movimiento": stay.egreso_id,
        "egreso_tipo": stay.egreso_tipo,
        "fuera": stay.fuera,
    }


def _tramo_row(persona: UUID, span: Interval, moment: datetime, today: date) -> dict[str, Any]:
    return {
        "persona_id": persona,
        "familia_id": span.familia_id,
        "activacion_id": span.activacion_id,
        "destino_id": span.destino_id,
        "clase": span.clase,
        "desde": span.desde,
        "hasta": span.hasta,
        "conocido_desde": moment,
        "conocido_hasta": clock.FOREVER,
        "vigente": True,
        "sexo": span.sexo,
        "nacimiento": span.nacimiento,
        "grupos": span.grupos,
        "banda": banda_on(span.nacimiento, today),
        "cambia_el": leaves_band_on(span.nacimiento, today)
        if span.open and span.clase != "transito"
        else None,
    }


def _interval_of(row: Any) -> Interval:
    return Interval(
        row.clase, row.activacion_id, row.destino_id, row.familia_id, row.desde, row.hasta,
        row.sexo, row.nacimiento, row.grupos,
    )  # fmt: skip


def _add(model: type[Base], keys: tuple[str, ...], sums: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """INSERT … ON CONFLICT that adds to what is there."""
    here = connection()
    dialect = sqlite if here.dialect.name == "sqlite" else postgresql

    def upsert() -> Any:
        stmt = dialect.insert(table_of(model))
        added = {name: table_of(model).c[name] + stmt.excluded[name] for name in sums}
        return stmt.on_conflict_do_update(index_elements=list(keys), set_=added)

    prepared((model, "sumar"), here.dialect, upsert, (*keys, *sums)).execute(here, rows)


def _add_cells(inside: Counter[Cell], outside: Counter[Cell]) -> None:
    rows = [
        {"activacion_id": c[0], "sexo": c[1], "banda": c[2], "personas": inside[c], "fuera": outside[c]}
        for c in sorted(set(inside) | set(outside))
        if inside[c] or outside[c]
    ]
    if rows:
        _add(Resumen, ("activacion_id", "sexo", "banda"), ("personas", "fuera"), rows)


def _add_families(count: Counter[tuple[UUID, UUID]]) -> None:
    t = table_of(ResumenFamilia)
    rows = [{"activacion_id": a, "familia_id": f, "personas": n} for (a, f), n in sorted(count.items()) if n]
    if rows:
        _add(ResumenFamilia, ("activacion_id", "familia_id"), ("personas",), rows)
    empty = [(a, f) for (a, f), n in count.items() if n < 0]
    for activacion, familia in empty:
        db.session.execute(
            delete(t).where(t.c.activacion_id == activacion, t.c.familia_id == familia, t.c.personas == 0)
        )
