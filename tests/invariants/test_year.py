"""«Cuadre nacional» over 365 days: shelters = municipalities = departments = country, by an independent recount.

A year of a country of ten shelters, drawn by a seeded dice: people come and go, papers arrive days late, entries are
annulled, sexes corrected, a shelter only counts heads, sites close, open, grow and turn out to lie elsewhere. Every
day the figure of now, of a past hour, and of a past hour as known at another are compared with ``model``.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.services import CapacidadNueva, add_capacidad, change_albergue
from albergues_app.consolidados.build import build
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.backup import back_up, restore
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.daily import cut_pending, series
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.services import (
    IngresoNuevo,
    MovimientoNuevo,
    ParteNuevo,
    PersonaNueva,
    correct_persona,
    register_ingreso,
    register_movimiento,
    register_parte,
    transition_activacion,
)
from tests.factories.albergues import make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, logged_in, make_ficha, make_identity
from tests.invariants.checks import Checks
from tests.invariants.model import Op, Recount, Said

FIRST = date(2025, 11, 20)
CODES = ("1401", "1401", "1413", "1610", "1601", "1801", "1801", "0101", "1705", "0509")
ONLY_HEADS = frozenset({2, 7})
"""Shelters that never register names."""
LATE_OPENING = {8: 60, 9: 200}
SEXES = ("mujer", "mujer", "hombre", "hombre", "no_registrado")
ELSEWHERE = {30: (3, "1601", 0), 120: (0, "1405", 20), 150: (0, "1406", 60), 300: (5, "1804", 250)}
"""Day → which site, where it lies, since how many days: the third goes further back than the one before it."""
MINUTE = timedelta(minutes=1)


class Year(Checks):
    """The dice, the clock, what the program holds and what the recount holds."""

    def __init__(self, per_day: float) -> None:
        self.rng, self.per_day = Random(365), per_day
        self.model, self.n = Recount(), 0
        self.people: list[UUID] = []
        self.client: dict[int, UUID] = {}
        self.where: dict[UUID, int] = {}
        self.out: set[UUID] = set()
        self.since: dict[UUID, datetime] = {}
        self.families: list[UUID] = []
        self.estado = ["activa"] * len(CODES)
        self.now = self.opened = clock.day_start(FIRST) + timedelta(hours=7)
        clock._frozen.set(self.now)
        event = make_emergencia(departamentos=["14", "16"], inicio=self.now)
        self.event = event.id
        self.bulletins: dict[Pregunta, str] = {}
        self.sites: list[UUID] = []
        self.places: list[UUID] = []
        for place, code in enumerate(CODES):
            site = make_albergue(code, None, nombre=f"Albergue {place}")
            self.sites.append(site.id)
            self.places.append(make_activacion(site, event, None if place in LATE_OPENING else self.now).id)
            self.model.codes[place] = [Said(datetime.min.replace(tzinfo=clock.LOCAL), self.now, code)]
            if place not in LATE_OPENING:
                self.model.moves[place] = [(self.now, self.now, "activa")]
        self.codes = list(CODES)
        self.identity = make_identity()
        self.links = self.count_links()

    def code_of(self, place: int, at: datetime, known: datetime) -> str:
        return self.model.code(place, at, known)

    def tick(self, seconds: int = 1) -> datetime:
        self.now += timedelta(seconds=seconds)
        clock._frozen.set(self.now)
        return self.now

    # ---- a day

    def live(self, day: int) -> None:
        """Write what happens that day; one unit of work, each thing noted at a second of its own."""
        self.now = clock.day_start(FIRST + timedelta(days=day)) + timedelta(hours=19)
        clock._frozen.set(self.now)
        with unit_of_work(SISTEMA):
            self.sites_change(day)
            for _ in range(self.how_many()):
                self.come(day)
            for kind in ("egreso", "traslado", "salida_temporal", "retorno", "fallecimiento"):
                for _ in range(self.how_many(0.05 if kind == "fallecimiento" else 0.6)):
                    self.go(kind)
            for _ in range(self.how_many(0.4)):
                self.rng.choice((self.correct, self.annul))()
            for place in self.open_places_now():
                if place in ONLY_HEADS or self.rng.random() < 0.1 * self.per_day:
                    self.count_heads(place)
        self.close_and_open(day)

    def how_many(self, share: float = 1.0) -> int:
        wanted = self.per_day * share
        return int(wanted) + (self.rng.random() < wanted % 1)

    def open_places_now(self) -> list[int]:
        return [p for p, estado in enumerate(self.estado) if p in self.model.moves and estado == "activa"]

    def hour(self, earliest: datetime) -> datetime:
        """Mostly of today, sometimes of the days before: paper that came late."""
        back = self.rng.choice((1, 20, 200, 600, 600, 60 * 24, 60 * 24 * 5))
        when = self.now.replace(second=0, microsecond=0) - self.rng.randint(1, back) * MINUTE
        return max(when, earliest)

    def op(self, kind: str, people: tuple[UUID, ...], place: int, at: datetime, **more) -> Op:
        self.n += 1
        self.client[self.n] = uuid7()
        return Op(self.n, kind, people, place, at, self.tick(), **more)

    def come(self, day: int) -> None:
        place = self.rng.choice([p for p in self.open_places_now() if p not in ONLY_HEADS])
        family = len(self.families)
        if self.families and self.rng.random() < 0.2:
            family = self.rng.randrange(len(self.families))
        else:
            self.families.append(uuid7())
        at = self.hour(self.model.moves[place][0][0])
        people = tuple(uuid7() for _ in range(self.rng.randint(1, 5)))
        op = self.op("ingreso", people, place, at, family=family)
        born = [
            None if self.rng.random() < 0.1 else FIRST - timedelta(days=self.rng.randint(0, 30_000))
            for _ in people
        ]
        said = [(self.rng.choice(SEXES), b) for b in born]
        new = [PersonaNueva(p, "N/N", sexo=s, nacimiento=b) for p, (s, b) in zip(people, said, strict=True)]
        datos = IngresoNuevo(self.client[op.n], self.places[place], at, new, self.families[family])
        register_ingreso(datos)
        self.model.ops.append(op)
        for p, value in zip(people, said, strict=True):
            self.model.data[p] = [Said(datetime.min.replace(tzinfo=clock.LOCAL), op.noted, value)]
            self.model.family[p] = [Said(datetime.min.replace(tzinfo=clock.LOCAL), op.noted, family)]
            self.where[p], self.since[p] = place, at
        self.people += people

    def go(self, kind: str) -> None:
        ready = [
            p
            for p in self.where
            if (p in self.out) == (kind == "retorno") and self.since[p] < self.now - MINUTE
        ]
        if not ready:
            return
        first = self.rng.choice(ready)
        place = self.where[first]
        others = [p for p in ready if self.where[p] == place][: self.rng.randint(0, 3)]
        people = tuple(dict.fromkeys([first, *others])) if kind != "fallecimiento" else (first,)
        at = self.hour(max(self.since[p] for p in people) + MINUTE)
        extra, to, acuse = {}, None, False
        if kind == "egreso":
            extra = {"destino": "familiar"}
        if kind == "traslado":
            options = [p for p in self.open_places_now() if p not in ONLY_HEADS and p != place]
            to, acuse = self.rng.choice(options), self.rng.random() < 0.15
            at = max(at, self.model.moves[to][0][0])
            extra = {"activacion_destino": self.places[to], "acuse": acuse}
        op = self.op(kind, people, place, at, to=to, acuse=acuse)
        register_movimiento(
            MovimientoNuevo(self.client[op.n], kind, self.places[place], list(people), at, **extra)
        )
        self.model.ops.append(op)
        for p in people:
            self.since[p] = at
            (self.out.add if kind == "salida_temporal" else self.out.discard)(p)
            if kind == "traslado" and not acuse:
                self.where[p] = to
            elif kind in {"egreso", "fallecimiento", "traslado"}:
                self.where.pop(p)

    def annul(self) -> None:
        """An entry of the last days was a mistake, if nothing else is known of those people."""
        moved = [p for o in self.model.ops if o.kind not in {"ingreso", "anulacion"} for p in o.persons]
        gone = {o.annuls for o in self.model.ops}
        free = [
            o
            for o in self.model.ops[-30:]
            if o.kind == "ingreso" and o.n not in gone and not set(o.persons) & set(moved)
        ]
        if not free:
            return
        target = self.rng.choice(free)
        at = self.now.replace(second=0, microsecond=0)
        op = self.op("anulacion", target.persons, target.place, at, annuls=target.n)
        datos = MovimientoNuevo(
            self.client[op.n], "anulacion", self.places[target.place], [], at, anula=self.client[target.n]
        )
        register_movimiento(datos)
        self.model.ops.append(op)
        for p in target.persons:
            self.where.pop(p)

    def correct(self) -> None:
        if not self.people:
            return
        person = self.rng.choice(self.people[-80:])
        value = (self.rng.choice(SEXES), FIRST - timedelta(days=self.rng.randint(0, 30_000)))
        since = self.hour(self.opened) if self.rng.random() < 0.5 else None
        noted = self.tick()
        correct_persona(PersonaNueva(person, "N/N", sexo=value[0], nacimiento=value[1]), "Se leyó mal", since)
        held = max(self.model.data[person], key=lambda s: (s.valid, s.noted))
        self.model.data[person].append(Said(held.valid if since is None else since, noted, value))

    def count_heads(self, place: int) -> None:
        at = self.hour(self.model.moves[place][0][0])
        self.n += 1
        personas, noted = self.rng.randint(0, 90), self.tick()
        register_parte(ParteNuevo(uuid7(), self.places[place], at, "conteo_fisico", personas))
        self.model.partes.setdefault(place, []).append((at, noted, personas, self.n))

    def sites_change(self, day: int) -> None:
        if day in ELSEWHERE:
            place, code, back = ELSEWHERE[day]
            since, noted = self.now - timedelta(days=back), self.tick()
            change_albergue(
                db.session.get_one(Albergue, self.sites[place]),
                motivo="Estaba mal",
                vigente_desde=since,
                municipio=code,
            )
            self.model.codes[place].append(Said(since, noted, code))
        if day % 9 == 0:
            place, fits, noted = self.rng.randrange(len(CODES)), self.rng.randint(20, 200), self.tick()
            said_on = clock.local_day(self.now) - timedelta(days=self.rng.choice((0, 0, 12)))
            add_capacidad(self.sites[place], CapacidadNueva(fits, "Encargado", said_on, clase="declarada"))
            self.model.fits.setdefault(place, []).append(Said(clock.day_start(said_on), noted, fits))

    def close_and_open(self, day: int) -> None:
        for place, when in LATE_OPENING.items():
            if when == day:
                self.move_place(place, "activa")
        if day % 45 == 44:  # who is in the shelter that closes leaves for home
            place = self.rng.choice(
                [p for p in self.open_places_now() if p not in ONLY_HEADS and p not in LATE_OPENING]
            )
            if len(self.open_places_now()) > 6 and not any(
                o.acuse and o.place == place for o in self.model.valid_ops(self.now)
            ):
                with unit_of_work(SISTEMA):
                    self.empty_place(place)
                self.move_place(place, "en_cierre")
                self.move_place(place, "cerrada")

    def empty_place(self, place: int) -> None:
        people = tuple(p for p, at in self.where.items() if at == place)
        if not people:
            return
        at = max([self.since[p] for p in people] + [self.now.replace(second=0, microsecond=0) - MINUTE])
        op = self.op("egreso", people, place, at)
        register_movimiento(
            MovimientoNuevo(
                self.client[op.n], "egreso", self.places[place], list(people), at, destino="familiar"
            )
        )
        self.model.ops.append(op)
        for p in people:
            self.where.pop(p)
            self.out.discard(p)

    def move_place(self, place: int, a: str) -> None:
        noted = self.tick(60)
        with unit_of_work(SISTEMA):
            transition_activacion(self.places[place], a, noted, None, "1-2026")
        self.model.moves.setdefault(place, []).append((noted, noted, a))
        self.estado[place] = "activa" if a == "activa" else a

    # ---- what must hold

    def check_day(self) -> None:
        self.tick(60)
        past = self.opened + (self.now - self.opened) * self.rng.random()
        heard = past + (self.now - past) * self.rng.random()
        for at, known in ((None, None), (past, None), (past, heard), (None, heard)):
            self.compare(at, known)
            self.compare_the_rest(at, known)
        self.check_bulletin(past, heard)

    def check_bulletin(self, corte: datetime, known: datetime) -> None:
        """28: the consolidated of the country and of a department, line by line; kept, to be built again at the end."""
        places, transit = self.model.count(corte, known)
        for code in ("GT", "14"):
            question = Pregunta(self.event, Ambito(code), corte, known)
            body = build(question, "Práctica")
            mine = {
                p: c for p, c in places.items() if code == "GT" or self.code_of(p, corte, known)[:2] == code
            }
            by_town: Counter[str] = Counter()
            for p, counted in mine.items():
                by_town[self.code_of(p, corte, known)] += counted.people
            people = sum(c.people for c in mine.values())
            assert (body.total.personas, body.total.albergues) == (people, len(mine)), question
            assert body.total.mujeres == sum(c.sex["mujer"] for c in mine.values())
            assert {g.codigo: g.personas for g in body.municipios} == dict(by_town), question
            assert sorted(line.personas for line in body.lineas) == sorted(c.people for c in mine.values())
            assert body.cuadre.residuo == 0 and body.cuadre.personas_distintas == people, question
            if code == "GT":
                assert body.en_transito == transit.people
            self.bulletins[question] = body.dump()

    def check_bulletins_again(self) -> None:
        """Months later, the same question gives the same bytes."""
        for question, dump in self.bulletins.items():
            assert build(question, "Práctica").dump() == dump, question

    def compare_the_rest(self, at: datetime | None, known: datetime | None) -> None:
        """What ``compare`` leaves out: shelters, silence, heads only, capacity; rows and total of each level."""
        when, heard = at or self.now, known or self.now
        model, places = self.model, sorted(self.model.open_places(when, heard))
        heads = {p: model.declared(p, when, heard) for p in places}
        only = {p: h for p, h in heads.items() if h is not None and not model.has_names(p, when, heard)}
        counted, _transit = model.count(when, heard)
        fits = {p: model.capacity(p, when, heard) for p in places}
        free = [fits[p] - counted[p].people - only.get(p, 0) for p in places if fits[p] is not None]
        silent = [
            p for p in places
            if not any(when - timedelta(hours=12) <= c <= when and n <= heard for c, n, *_ in model.partes.get(p, ()))
        ]  # fmt: skip
        for por in ("albergue", "municipio", "departamento", "sede", "pais"):
            table = cuadro(self.identity, por, at, known)
            total, told = table.total, f"{por} at {when} known {heard}"
            assert total.albergues == len(places), told
            assert total.solo_declaradas == sum(only.values()), told
            assert total.sin_reporte == len(silent), told
            assert total.capacidad_sin_dato == sum(v is None for v in fits.values()), told
            known_fits = [v for v in fits.values() if v is not None]
            assert total.capacidad == (sum(known_fits) if known_fits else None), told
            assert total.diferencia == (sum(free) if free else None), told
            for name in (
                "albergues",
                "sin_reporte",
                "solo_declaradas",
                "capacidad_sin_dato",
                "mujeres",
                "hombres",
            ):
                rows = sum(getattr(f, name) for f in table.filas)
                moving = total.en_transito if name in {"mujeres", "hombres"} else 0
                assert rows <= getattr(total, name) <= rows + moving, (told, name)

    def check_every_day(self, days: list[date]) -> None:
        """7: the stored cut of each midnight is the recount's, and each day is the last plus its movements."""
        with unit_of_work(SISTEMA):
            cut_pending(self.tick())
        counted, ops = series(None, days), self.model.valid_ops(self.now)
        for day in days:
            end = clock.day_end(day) - timedelta(microseconds=1)
            states = [self.model.replay(ops, p, end) for p in self.people]
            assert counted[day] == sum(s is not None and s.place is not None for s in states), day

    def check_pages(self, app: Flask) -> None:
        """The same total at every door: the program's, the map's, the workbook's, for the country and its parts."""
        table = cuadro(self.identity, "pais")
        client, headers = app.test_client(), make_ficha("nacional")
        for por in ("albergue", "municipio", "departamento", "sede", "pais"):
            body = client.get(f"/api/v1/ocupacion?por={por}", headers=headers).json
            assert body["total"]["personas"] == table.total.personas
            assert (
                sum(f["personas"] for f in body["filas"]) + body["total"]["en_transito"]
                == table.total.personas
            )
        inside = table.total.personas - table.total.en_transito
        columns = client.get("/api/v1/mapa/albergues", headers=headers).json
        assert (
            sum_of(columns, "personas") == inside
            and sum_of(columns, "solo_declaradas") == table.total.solo_declaradas
        )
        browser = logged_in(app, "nacional")
        book = CalamineWorkbook.from_filelike(BytesIO(browser.get("/mapa/tabla.xlsx").data))
        titles, *rows = book.get_sheet_by_index(0).to_python()[3:]
        at = titles.index("Personas")
        assert sum(r[at] for r in rows[:-1]) == inside and rows[-1][at] == table.total.personas


def sum_of(content: dict, name: str) -> int:
    """Of a column of the map's compact arrays."""
    return sum(content["columnas"][content["campos"].index(name)])


@pytest.fixture(autouse=True)
def clock_goes_on_again(app):
    yield
    clock._frozen.set(None)
    db.session.rollback()


def live_a_year(app: Flask, folder: Path, per_day: float, check_each: int) -> None:
    year = Year(per_day)
    for day in range(1, 366):
        year.live(day)
        if day % check_each == 0 or day in ELSEWHERE or day == 365:
            year.check_day()
    year.check_at_the_end()
    year.check_every_day([FIRST + timedelta(days=d) for d in range(0, 365, 1 if check_each == 1 else 7)])
    if db.engine.dialect.name == "sqlite":  # 40: a restored backup is the same year
        restore(back_up(folder / "anio.respaldo"))
        year.compare(None, None)
        year.check_at_the_end()
    year.check_bulletins_again()
    year.check_pages(app)
    assert len(year.people) > 365 * per_day and {o.kind for o in year.model.ops} >= {
        "anulacion",
        "traslado",
        "egreso",
    }


def test_the_country_adds_up_on_the_days_of_a_year(app, tmp_path):
    live_a_year(app, tmp_path, 0.12, 90)


@pytest.mark.largo
def test_the_country_adds_up_on_each_of_365_days(app, tmp_path):
    live_a_year(app, tmp_path, 4, 1)


def test_a_correction_of_a_site_that_goes_further_back_than_the_last_one_holds_from_its_day_on(app):
    """The figure of now and the figure of this hour are one figure, whatever the order of the corrections."""
    year = Year(1)
    activacion = db.session.get_one(Activacion, year.places[0])
    assert activacion.municipio_codigo == "1401"
    for day in (120, 150):
        year.now = clock.day_start(FIRST + timedelta(days=day)) + timedelta(hours=19)
        clock._frozen.set(year.now)
        with unit_of_work(SISTEMA):
            year.sites_change(day)
    year.tick(60)
    for at in (
        None,
        year.now,
        year.now - timedelta(days=40),
        year.now - timedelta(days=55),
        year.now - timedelta(days=70),
    ):
        year.compare(at, None)
    year.compare(year.now - timedelta(days=40), year.now - timedelta(days=10))
