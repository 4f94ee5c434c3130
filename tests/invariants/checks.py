"""What must hold of any ledger, asked of the program and of the recount."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.audit.chain import verify
from albergues_app.audit.models import Auditoria
from albergues_app.audit.sealed import altered_rows
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.daily import cut_pending, series
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.flujo import cuadre
from albergues_app.ocupacion.medidas import activations_since_the_start, medidas
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.verify import differences
from tests.factories.cuentas import SISTEMA
from tests.invariants.model import Recount


class Checks:
    """The questions of the machine; the machine has the clock and the operations."""

    model: Recount
    now: datetime
    people: list[UUID]
    places: list[UUID]
    codes: list[str]
    estado: list[str]
    identity: Identity
    links: int

    def tick(self, seconds: int = 1) -> datetime:
        raise NotImplementedError

    def total(self):
        return cuadro(self.identity, "pais").total.as_dict()

    def count_links(self) -> int:
        db.session.rollback()
        return db.session.execute(select(func.count()).select_from(Auditoria)).scalar_one()

    def compare(self, at: datetime | None, known: datetime | None) -> None:
        db.session.rollback()
        when, heard = at or self.now, known or self.now
        places, transit = self.model.count(when, heard)
        tables = {por: cuadro(self.identity, por, at, known, bandas=True) for por in
                  ("albergue", "municipio", "departamento", "sede", "pais")}  # fmt: skip
        groups = {
            "albergue": lambda p: str(self.places[p]),
            "municipio": lambda p: self.code_of(p, when, heard),
            "departamento": lambda p: self.code_of(p, when, heard)[:2],
            "pais": lambda p: "GT",
        }
        for por, key in groups.items():
            rows = {
                (self.place_of(f.codigo) if por == "albergue" else f.codigo): f for f in tables[por].filas
            }
            wanted: dict[str, list] = {}
            for place, counted in places.items():
                wanted.setdefault(key(place), []).append((place, counted))
            for code, fila in rows.items():
                self.same(fila, [c for _, c in wanted.pop(code, [])], f"{por} {code} at {when} known {heard}")
            assert wanted == {}, (por, wanted)
        for por, table in tables.items():
            total = table.total
            self.same(total, [*places.values(), transit], f"total by {por} at {when} known {heard}", transit)
            assert total.en_transito == transit.people
            declared = [self.model.declared(p, when, heard) for p in places]
            numbers = [d for d in declared if d is not None]
            assert total.declaradas == (sum(numbers) if numbers else None)
            assert total.personas == sum(f.personas for f in table.filas) + total.en_transito

    def code_of(self, place: int, at: datetime, known: datetime) -> str:
        """The municipality a place belonged to; most machines never move one."""
        return self.codes[place]

    def place_of(self, codigo: str) -> str:
        if not hasattr(self, "_by_code"):
            rows = [db.session.get(Activacion, place) for place in self.places]
            self._by_code = {row.albergue_codigo: str(row.id) for row in rows}
        return self._by_code[codigo]

    def same(self, fila, counts, where, transit=None) -> None:
        assert fila.personas >= 0 and fila.fuera >= 0
        assert fila.personas == sum(c.people for c in counts), where
        assert fila.fuera == sum(c.out for c in counts), where
        sexes = {"mujer": fila.mujeres, "hombre": fila.hombres, "no_registrado": fila.no_registrado}
        assert sum(sexes.values()) == fila.personas, where
        for sexo, number in sexes.items():
            assert number == sum(c.sex[sexo] for c in counts), (where, sexo)
        bands = {b: n for b, n in fila.bandas.items() if n}
        assert bands == dict(sum((c.band for c in counts), start=Counter())), where
        assert sum(bands.values()) == fila.personas
        families = set().union(*(c.families for c in counts if c is not transit)) if counts else set()
        assert fila.familias == len(families), where

    def check_at_the_end(self) -> None:
        db.session.rollback()
        assert differences() == []
        verdict = verify(db.session())
        assert verdict.intact and verdict.links >= self.links
        assert altered_rows(db.session()) == []
        e = Estancia.__table__
        open_stays = db.session.execute(
            select(e.c.persona_id, func.count()).where(e.c.egreso_en.is_(None)).group_by(e.c.persona_id)
        ).all()
        assert all(n == 1 for _, n in open_stays)
        backwards = select(func.count()).select_from(e).where(e.c.egreso_en < e.c.ingreso_en)
        assert db.session.execute(backwards).scalar_one() == 0
        self.check_everybody_is_somewhere()
        self.check_the_balance()
        self.check_the_days()
        self.check_the_measures()

    def check_everybody_is_somewhere(self) -> None:
        """3 and 9: inside + in transit + left + dead = registered (but for annulled check-ins)."""
        far = datetime.max.replace(tzinfo=UTC)
        ops = self.model.valid_ops(far)
        states = [self.model.replay(ops, p) for p in self.people]
        seen = [s for s, p in zip(states, self.people, strict=True) if any(p in o.persons for o in ops)]
        assert all((s.place is not None) + (s.transit is not None) + s.left + s.dead == 1 for s in seen)
        inside = sum(s.place is not None for s in seen)
        e = Estancia.__table__
        held = db.session.execute(
            select(func.count()).select_from(e).where(e.c.egreso_en.is_(None))
        ).scalar_one()
        assert held == inside
        closed = [self.places[p] for p, estado in enumerate(self.estado) if estado in {"cerrada", "anulada"}]
        left_inside = (
            select(func.count()).select_from(e).where(e.c.egreso_en.is_(None), e.c.activacion_id.in_(closed))
        )
        assert db.session.execute(left_inside).scalar_one() == 0

    def check_the_days(self) -> None:
        """7: the stored cut of every day is the recount at its midnight, whatever came late."""
        with unit_of_work(SISTEMA):
            cut_pending(self.tick())
        assert differences() == []
        last = clock.local_day(self.now)
        days = [last - timedelta(days=n) for n in range(1, 8)]
        counted = series(None, days)
        far = datetime.max.replace(tzinfo=UTC)
        ops = self.model.valid_ops(far)
        for day in days:
            end = clock.day_end(day) - timedelta(microseconds=1)
            inside = sum(
                (s := self.model.replay(ops, p, end)) is not None and s.place is not None for p in self.people
            )
            assert counted[day] == inside, day

    def inside(self, at: datetime) -> Counter[str]:
        """Recount of who is in each place at an instant, as we hold it now, by the activation's id."""
        ops = self.model.valid_ops(datetime.max.replace(tzinfo=UTC))
        held = (self.model.replay(ops, p, at) for p in self.people)
        return Counter(str(self.places[s.place]) for s in held if s is not None and s.place is not None)

    def check_the_balance(self) -> None:
        """7: before + in - out = after, of every shelter and of the territory, and both ends are the recount's."""
        db.session.rollback()
        for hours, until in ((20, None), (70, None), (70, 20)):
            since = self.now - timedelta(hours=hours)
            end = None if until is None else self.now - timedelta(hours=until)
            table = cuadre(self.identity, "albergue", since, end)
            before, after = self.inside(since), self.inside(end or self.now)
            for line in table.filas:
                place = self.place_of(line.codigo)
                assert (line.habia, line.hay, line.residuo) == (before[place], after[place], 0), line
            assert (table.total.habia, table.total.hay) == (before.total(), after.total())
            for por in ("municipio", "departamento"):
                assert cuadre(self.identity, por, since, end).total == table.total
        self.check_the_measures()

    def check_the_measures(self) -> None:
        """Present, attended and nights are three recounts, from the intervals and then from the stored cuts."""
        db.session.rollback()
        ops = self.model.valid_ops(datetime.max.replace(tzinfo=UTC))
        for at in (None, self.now - timedelta(hours=30)):
            when = at or self.now
            came = [o for o in ops if o.kind in {"ingreso", "nacimiento"} and o.at <= when]
            entered = {p for o in came for p in o.persons}
            nights, day = 0, clock.local_day(when) - timedelta(days=1)
            while day >= clock.local_day(min((o.at for o in ops), default=when)):
                end = clock.day_end(day) - timedelta(microseconds=1)
                states = [self.model.replay(ops, p, end) for p in self.people]
                nights += sum(s is not None and s.place is not None and not s.out for s in states)
                day -= timedelta(days=1)
            found = medidas(activations_since_the_start(self.identity), at)
            assert (found.presentes, found.atendidas, found.noches) == (
                self.inside(when).total(),
                len(entered),
                nights,
            ), when
