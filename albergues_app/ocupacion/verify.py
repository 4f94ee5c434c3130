"""Recompute what is derived from the ledger and report any difference: the nightly self-check of ``base verificar``."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from sqlalchemy import func, select, text

from albergues_app.core import clock
from albergues_app.core.db import db, table_of
from albergues_app.ocupacion.claves import key_rows
from albergues_app.ocupacion.daily import count_day
from albergues_app.ocupacion.derive import _dated, fold_records, ledger_of
from albergues_app.ocupacion.models import ClavePersona, Persona, PersonaVersion
from albergues_app.ocupacion.models_derivadas import (
    CorteDia,
    CorteDiario,
    Estancia,
    Resumen,
    ResumenFamilia,
    ResumenLugar,
    ResumenReparto,
    Tramo,
)
from albergues_app.ocupacion.timeline import Interval, intervals
from albergues_app.ocupacion.unidas import gather

_BATCH = 500


def differences(limit: int = 50) -> list[str]:
    """Spanish sentences, one per difference found; empty when ledger and derived tables agree."""
    found: list[str] = []
    inside: Counter[tuple[UUID, str]] = Counter()
    outside: Counter[tuple[UUID, str]] = Counter()
    families: Counter[tuple[UUID, UUID]] = Counter()
    ids = [row.id for row in db.session.execute(select(Persona.id).order_by(Persona.id))]
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        found.extend(_compare_people(batch, inside, outside, families))
        if len(found) >= limit:
            return found[:limit]
    found.extend(_compare_keys(limit))
    found.extend(_compare_counts(inside, outside, families))
    found.extend(_compare_cuts())
    return found[:limit]


def _compare_people(
    ids: list[UUID],
    inside: Counter[tuple[UUID, str]],
    outside: Counter[tuple[UUID, str]],
    families: Counter[tuple[UUID, UUID]],
) -> list[str]:
    t, e = Tramo.__table__, Estancia.__table__
    speaks = gather(ids)
    facts = ledger_of(sorted(speaks))
    data, memberships = _dated(sorted(speaks))
    lines = fold_records(facts, speaks)
    spans: dict[UUID, list[Interval]] = {}
    for r in db.session.execute(select(t).where(t.c.persona_id.in_(ids), text("vigente"))):
        span = Interval(
            r.clase,
            r.activacion_id,
            r.destino_id,
            r.familia_id,
            r.desde,
            r.hasta,
            r.sexo,
            r.nacimiento,
            r.grupos,
        )
        spans.setdefault(r.persona_id, []).append(span)
    stays: dict[UUID, set[tuple[object, ...]]] = {}
    for r in db.session.execute(select(e).where(e.c.persona_id.in_(ids))):
        key = (r.activacion_id, r.ingreso_en, r.egreso_en or clock.FOREVER, r.ingreso_movimiento, r.fuera)
        stays.setdefault(r.persona_id, set()).add(key)
    found = []
    for persona in ids:
        line = lines[persona]
        wanted = intervals(line, data[persona], memberships[persona], memberships) if line.stays else set()
        held = spans.get(persona, [])
        if wanted != set(held) or len(held) != len(wanted):
            found.append(f"Persona {persona}: los tramos no coinciden con el libro de movimientos.")
        expected = {(s.activacion_id, s.desde, s.hasta, s.ingreso_id, s.fuera) for s in line.stays}
        if expected != stays.get(persona, set()):
            found.append(f"Persona {persona}: las estancias no coinciden con el libro de movimientos.")
        for span in wanted:
            if span.open and span.clase == "dentro":
                inside[(span.activacion_id, span.sexo)] += 1
                families[(span.activacion_id, span.familia_id)] += 1
            elif span.open and span.clase == "fuera":
                outside[(span.activacion_id, span.sexo)] += 1
    return found


def _compare_keys(limit: int) -> list[str]:
    """Every current name has its keys, and there are no others: neither of a name corrected nor of somebody forgotten."""
    k, v = ClavePersona.__table__, PersonaVersion.__table__
    found: list[str] = []
    expected, last = 0, None
    while len(found) < limit:
        page = select(v).where(v.c.actual).order_by(v.c.persona_id).limit(_BATCH)
        rows = db.session.execute(page if last is None else page.where(v.c.persona_id > last)).all()
        if not rows:
            break
        last = rows[-1].persona_id
        wanted: dict[UUID, set[tuple[str, int]]] = {}
        for row in rows:
            wanted[row.persona_id] = {(key["clave"], key["anio"]) for key in key_rows(row._asdict())}
        keys = {key for one in wanted.values() for key, _anio in one}
        held: dict[UUID, set[tuple[str, int]]] = {}
        for row in db.session.execute(
            select(k).where(k.c.persona_id.in_(wanted), k.c.clave.in_(sorted(keys)))
        ):
            held.setdefault(row.persona_id, set()).add((row.clave, row.anio))
        expected += sum(map(len, wanted.values()))
        found.extend(
            f"Persona {persona}: sus claves de búsqueda no son las de su nombre."
            for persona, one in wanted.items()
            if one != held.get(persona, set())
        )
    stored = db.session.execute(select(func.count()).select_from(k)).scalar_one()
    if not found and stored != expected:
        found.append(f"Hay {stored} claves de búsqueda y los nombres vigentes dan {expected}.")
    return found


def _compare_counts(
    inside: Counter[tuple[UUID, str]],
    outside: Counter[tuple[UUID, str]],
    families: Counter[tuple[UUID, UUID]],
) -> list[str]:
    stored_in: Counter[tuple[UUID, str]] = Counter()
    stored_out: Counter[tuple[UUID, str]] = Counter()
    found = []
    r = Resumen.__table__
    for row in db.session.execute(select(r)):
        if row.personas < 0 or row.fuera < 0:
            found.append(f"Activación {row.activacion_id}: resumen negativo ({row.sexo}, {row.banda}).")
        stored_in[(row.activacion_id, row.sexo)] += row.personas
        stored_out[(row.activacion_id, row.sexo)] += row.fuera
    for label, stored, real in (("dentro", stored_in, inside), ("fuera", stored_out, outside)):
        for key in set(stored) | set(real):
            if stored[key] != real[key]:
                found.append(
                    f"Activación {key[0]}, {key[1]}: resumen {label} {stored[key]}, libro {real[key]}."
                )
    t = Tramo.__table__
    bands: Counter[tuple[UUID, str, str]] = Counter()
    for row in db.session.execute(
        select(t.c.activacion_id, t.c.sexo, t.c.banda).where(
            text("vigente"), t.c.clase == "dentro", t.c.hasta == clock.FOREVER
        )
    ):
        bands[(row.activacion_id, row.sexo, row.banda)] += 1
    for row in db.session.execute(select(r)):
        if bands[(row.activacion_id, row.sexo, row.banda)] != row.personas:
            found.append(
                f"Activación {row.activacion_id}: la banda {row.banda} ({row.sexo}) no cuadra con los tramos."
            )
    f = ResumenFamilia.__table__
    stored_families = Counter(
        {
            (row.activacion_id, row.familia_id): row.personas
            for row in db.session.execute(select(f))
            if row.personas
        }
    )
    if stored_families != +families:
        found.append("El resumen de familias no coincide con el libro de movimientos.")
    for model, count, part in ((ResumenLugar, "familias", 0), (ResumenReparto, "lugares", 1)):
        table = table_of(model)
        rows = db.session.execute(select(*table.primary_key, table.c[count]))
        kept = Counter({row[0]: row[1] for row in rows})
        if kept != Counter(pair[part] for pair in +families):
            found.append(f"La cuenta de familias de {table.name} no coincide con el libro de movimientos.")
    return found


def _compare_cuts() -> list[str]:
    c, d = CorteDiario.__table__, CorteDia.__table__
    found = []
    for day in [
        r.dia for r in db.session.execute(select(d.c.dia).where(d.c.vencido.is_(False)).order_by(d.c.dia))
    ]:
        rows = db.session.execute(
            select(c.c.activacion_id, c.c.sexo, c.c.banda, c.c.personas, c.c.fuera).where(c.c.dia == day)
        )
        if {tuple(r) for r in rows} != set(count_day(day)):
            found.append(f"Corte del {day:%d/%m/%Y}: lo guardado no coincide con los tramos.")
    return found
