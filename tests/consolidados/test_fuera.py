"""Families outside shelters and nights of night shelters in the consolidated, against a recount that knows no SQL."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from albergues_app.albergues.models import Activacion
from albergues_app.consolidados import sheets
from albergues_app.consolidados.body import Cuerpo, Linea, load
from albergues_app.consolidados.build import build
from albergues_app.consolidados.changes import compare
from albergues_app.consolidados.given import contrast, note_given
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.identidad.services.union import UnionNueva, join_personas, part_personas
from albergues_app.ocupacion.dissociation import dissociate
from albergues_app.ocupacion.models import Persona
from albergues_app.ocupacion.models_fuera import FamiliaFuera
from albergues_app.ocupacion.outside import outside_figures
from albergues_app.ocupacion.services import (
    MovimientoNuevo,
    PersonaNueva,
    register_movimiento,
    transition_activacion,
)
from albergues_app.ocupacion.services.correccion import correct_persona, move_to_familia
from albergues_app.ocupacion.services.fuera import (
    EstimacionNueva,
    FamiliaFueraNueva,
    end_outside,
    note_estimate,
    register_outside,
)
from tests.consolidados.test_cortes import given
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, make_identity
from tests.noches.test_nights import enter, leave, night, refuse, shelter

BEGIN = datetime(2026, 11, 18, 12, tzinfo=UTC)
TOWNS = ("1413", "1405", "1201")
SEXES = ("mujer", "hombre", "no_registrado")
WAYS = ("auto_albergue", "casa_acogiente")
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Casa:
    """A family outside: where, from when, written when; and its end."""

    familia: UUID
    fuera: UUID
    pueblo: str
    desde: datetime
    anotada: datetime
    hasta: datetime = NEVER
    fin_anotado: datetime = NEVER


@dataclass
class Gente:
    """What was said of a person: (valid from, written at, value), and its stays."""

    familia: list[tuple[datetime, datetime, UUID]]
    sexo: list[tuple[datetime, str]]
    estancias: list[list[datetime]] = field(default_factory=list)
    """[entered, written, left, written]"""


class Historia:
    """Two days drawn by a seeded dice, written through the services and in plain lists."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.now = BEGIN + timedelta(hours=30)
        clock._frozen.set(self.now)
        emergencia = make_emergencia(("14", "12"), inicio=BEGIN)
        self.emergencia, self.nombre = emergencia.id, emergencia.nombre
        self.albergue = make_activacion(make_albergue("1413"), emergencia, BEGIN).id
        self.casas: list[Casa] = []
        self.gente: dict[UUID, Gente] = {}
        self.dichas: list[tuple[str, str, datetime, datetime, int]] = []
        self.uniones: list[tuple[UUID, UUID, UUID, datetime, list[datetime]]] = []
        self.hechos: list[tuple[datetime, str]] = []

    def step(self, act: Callable[[], None] | None = None) -> None:
        self.now += timedelta(minutes=self.rng.randint(1, 90))
        clock._frozen.set(self.now)
        acts = (*[self.llega] * 5, self.termina, *[self.entra] * 2, self.sale, self.estima, self.muda, self.corrige,
                self.une, self.separa)  # fmt: skip
        (act or self.rng.choice(acts))()
        self.now += timedelta(seconds=1)
        clock._frozen.set(self.now)

    def back(self, hours: int) -> datetime:
        return self.now - timedelta(minutes=self.rng.randint(0, hours * 60))

    def llega(self) -> None:
        familia, fuera, desde = uuid7(), uuid7(), self.back(20)
        people = [
            PersonaNueva(uuid7(), "N/N", None, self.rng.choice(SEXES), 30, "anios")
            for _ in range(self.rng.randint(1, 4))
        ]
        pueblo = self.rng.choice(TOWNS)
        with unit_of_work(SISTEMA):
            register_outside(
                FamiliaFueraNueva(fuera, self.emergencia, familia, pueblo, "auto_albergue", "", people, desde)
            )
        self.casas.append(Casa(familia, fuera, pueblo, desde, self.now))
        for p in people:
            self.gente[p.id] = Gente([(BEGIN - timedelta(days=900), self.now, familia)], [(self.now, p.sexo)])

    def termina(self) -> None:
        open_ = [c for c in self.casas if c.hasta == NEVER]
        if open_:
            casa = self.rng.choice(open_)
            casa.hasta, casa.fin_anotado = max(casa.desde, self.back(6)), self.now
            with unit_of_work(SISTEMA):
                end_outside(db.session.get_one(FamiliaFuera, casa.fuera), casa.hasta)

    def joined(self) -> set[UUID]:
        return {p for u in self.uniones for p in (u[1], u[2])}

    def entra(self) -> None:
        free = [p for p, g in self.gente.items() if not g.estancias and p not in self.joined()]
        if free:
            who = self.rng.choice(free)
            familia = max(self.gente[who].familia)[2]
            when = max(self.back(6), BEGIN + timedelta(hours=1))
            person = PersonaNueva(who, "N/N", None, self.gente[who].sexo[-1][1], 30, "anios")
            ingreso(
                db.session.get_one(Activacion, self.albergue), person, familia_id=familia, ocurrido_en=when
            )
            self.gente[who].estancias.append([when, self.now, NEVER, NEVER])

    def sale(self) -> None:
        inside = [p for p, g in self.gente.items() if g.estancias and g.estancias[-1][2] == NEVER]
        inside = [p for p in inside if p not in self.joined()]
        if inside:
            who = self.rng.choice(inside)
            stay = self.gente[who].estancias[-1]
            stay[2:] = max(self.back(3), stay[0] + timedelta(minutes=1)), self.now
            with unit_of_work(SISTEMA):
                register_movimiento(
                    MovimientoNuevo(uuid7(), "egreso", self.albergue, [who], stay[2], destino="familiar")
                )

    def estima(self) -> None:
        pueblo, way = self.rng.choice(TOWNS), self.rng.choice(WAYS)
        corte, personas = self.back(30), self.rng.randint(0, 400)
        with unit_of_work(SISTEMA):
            note_estimate(EstimacionNueva(uuid7(), self.emergencia, pueblo, way, personas, "COCODE", corte))
        self.dichas.append((pueblo, way, corte, self.now, personas))

    def muda(self) -> None:
        if self.gente:
            who, casa = self.rng.choice(list(self.gente)), self.rng.choice(self.casas)
            since = self.back(10)
            with unit_of_work(SISTEMA):
                move_to_familia(who, casa.familia, since)
            self.gente[who].familia.append((since, self.now, casa.familia))

    def corrige(self) -> None:
        if self.gente:
            who, sexo = self.rng.choice(list(self.gente)), self.rng.choice(SEXES)
            with unit_of_work(SISTEMA):
                correct_persona(PersonaNueva(who, "N/N", None, sexo, 30, "anios"), "Se leyó mal")
            self.gente[who].sexo.append((self.now, sexo))

    def une(self) -> None:
        """Somebody outside turns out to be somebody who is, or was, in the shelter."""
        out = [p for p, g in self.gente.items() if not g.estancias and p not in self.joined()]
        known = [p for p, g in self.gente.items() if g.estancias and p not in self.joined()]
        if out and known:
            one, other, key = self.rng.choice(out), self.rng.choice(known), uuid7()
            with unit_of_work(SISTEMA):
                join_personas(UnionNueva(key, one, other, "Es la misma"))
            self.uniones.append((key, one, other, self.now, [NEVER]))

    def separa(self) -> None:
        standing = [u for u in self.uniones if u[4] == [NEVER]]
        if standing:
            union = self.rng.choice(standing)
            with unit_of_work(SISTEMA):
                part_personas(union[0], uuid7(), "Era otra")
            union[4][0] = self.now

    # ---- the recount

    def recount(self, at: datetime, known: datetime, place: str) -> dict[str, tuple[int, ...]]:
        speaks = {u[1]: u[2] for u in self.uniones if u[3] <= known < u[4][0]}
        counted = set[UUID]()
        families: dict[str, set[UUID]] = {}
        sexes: dict[str, Counter[str]] = {}
        for casa in sorted(self.casas, key=lambda c: (c.desde, c.fuera), reverse=True):
            gone = casa.hasta <= at and casa.fin_anotado <= known
            if casa.anotada > known or casa.desde > at or gone:
                continue
            for who, g in sorted(self.gente.items()):
                held = [f for f in g.familia if f[0] <= at and f[1] <= known]
                if not held or max(held)[2] != casa.familia:
                    continue
                human = speaks.get(who, who)
                if human in counted or self.came_in(human, casa.desde, at, known):
                    continue
                counted.add(human)
                if place in ("GT", casa.pueblo, casa.pueblo[:2]):
                    families.setdefault(casa.pueblo, set()).add(casa.familia)
                    sexo = [s for noted, s in g.sexo if noted <= known][-1]
                    sexes.setdefault(casa.pueblo, Counter())[sexo] += 1
        last: dict[str, dict[str, int]] = {}
        for pueblo, way, corte, noted, personas in sorted(self.dichas, key=lambda d: (d[2], d[3])):
            if corte <= at and noted <= known and place in ("GT", pueblo, pueblo[:2]):
                last.setdefault(pueblo, {})[way] = personas
        return {
            pueblo: (
                len(families.get(pueblo, ())),
                *(sexes.get(pueblo, Counter())[s] for s in SEXES),
                sum(last.get(pueblo, {}).values()),
            )
            for pueblo in {*families, *last}
        }

    def came_in(self, human: UUID, since: datetime, at: datetime, known: datetime) -> bool:
        for entered, noted, left, left_noted in self.gente[human].estancias:
            if noted <= known and entered <= at:
                end = left if left_noted <= known else NEVER
                if end > at or entered >= since:
                    return True
        return False

    def body(self, at: datetime, known: datetime, place: str = "GT"):
        db.session.rollback()
        return build(Pregunta(self.emergencia, Ambito(place), at, known), self.nombre)


def figures(body) -> dict[str, tuple[int, ...]]:
    assert all(r.personas == r.mujeres + r.hombres + r.no_registrado for r in body.fuera)
    return {
        r.codigo: (r.familias, r.mujeres, r.hombres, r.no_registrado, r.solo_declaradas) for r in body.fuera
    }


@pytest.mark.parametrize("seed", [4, 22])
def test_outside_equals_an_independent_recount_at_any_hour_as_known_at_any_other(app, seed):
    token = clock._frozen.set(BEGIN)
    try:
        h = Historia(seed)
        kept = []
        for n in range(70):
            h.step({30: h.une, 45: h.une, 55: h.separa}.get(n))
            if n % 7 == 6:
                at, place = h.back(24), h.rng.choice(("GT", "14", "1413"))
                known = at + (h.now - at) * h.rng.random()
                assert figures(h.body(at, known, place)) == h.recount(at, known, place), (n, at, known)
                assert figures(h.body(h.now, h.now)) == h.recount(h.now, h.now, "GT"), n
                kept.append((at, h.now, place, h.body(at, h.now, place).dump()))
        assert h.uniones and any(u[4] != [NEVER] for u in h.uniones), "the dice joined and parted"
        body = h.body(h.now, h.now)
        assert sum(r.personas for r in body.fuera) > 10
        live = outside_figures(make_identity("nacional"), h.emergencia)
        assert {m.codigo: (m.personas, m.estimadas or 0) for m in live.municipios} == {
            r.codigo: (r.personas, r.solo_declaradas) for r in body.fuera
        }
        group = next(g for g in body.clases if g.codigo == "fuera")
        assert group.personas == sum(r.personas for r in body.fuera)
        assert body.total.personas == body.cuadre.total and body.cuadre.residuo == 0
        h.now += timedelta(days=3)
        clock._frozen.set(h.now)
        for at, known, place, dump in kept:
            assert h.body(at, known, place).dump() == dump, "yesterday's, to the byte"
    finally:
        clock._frozen.reset(token)


def test_estimates_of_the_register_speak_before_totals_given_and_are_compared_with_them(app):
    token = clock._frozen.set(BEGIN + timedelta(hours=8))
    try:
        h = Historia(1)

        class Asked:
            emergencia = h.emergencia

        with unit_of_work(SISTEMA):
            note_estimate(
                EstimacionNueva(uuid7(), h.emergencia, "1413", WAYS[0], 90, "COCODE", h.now, familias=20)
            )
            note_given(given(Asked, 130, "1413", "fuera", h.now))
            note_given(given(Asked, 40, "1405", "fuera", h.now))
            note_given(given(Asked, 500, "14", "fuera", h.now))
        body = h.body(h.now, h.now)
        assert [(r.codigo, r.solo_declaradas, r.dado, r.fuente_dato) for r in body.fuera] == [
            ("1405", 40, True, "CONRED"), ("1413", 90, False, "COCODE"),
        ]  # fmt: skip
        assert {(c.dado["ambito"], c.calculado, c.diferencia) for c in contrast(body)} == {
            ("14", 90, 410), ("1405", None, None), ("1413", 90, 40),
        }  # fmt: skip
        assert load(body.dump()) == body
        before = body
        with unit_of_work(SISTEMA):
            note_estimate(
                EstimacionNueva(uuid7(), h.emergencia, "1413", WAYS[1], 5, "Iglesia", h.now, familias=1)
            )
        told = [(c.que, c.antes, c.ahora) for c in compare(before, h.body(h.now, h.now))]
        assert ("Solo declaradas", 90, 95) in told
        assert h.body(h.now, h.now).fuera[1].fuente_dato == "COCODE, Iglesia"
    finally:
        clock._frozen.reset(token)


def test_how_many_were_outside_stays_after_who_they_were_is_destroyed(app):
    with clock.frozen(BEGIN + timedelta(hours=8)):
        h = Historia(2)
        for _ in range(3):
            h.llega()
        key = h.emergencia
        at = h.now + timedelta(hours=1)
        clock._frozen.set(at)
        before = figures(h.body(at, at))
        assert sum(sum(f[1:4]) for f in before.values()) == len(h.gente)
        live = outside_figures(make_identity(), key).total
        clock._frozen.set(at + timedelta(days=1))
        with unit_of_work(SISTEMA):
            transition_activacion(h.albergue, "anulada", clock.now(), "No se usó")
            db.session.get_one(Emergencia, key).fin = clock.now()
        for _ in range(2):
            with unit_of_work(SISTEMA):
                dissociate(key)
        assert not db.session.scalars(db.select(Persona.id)).all()
        assert figures(h.body(at, at)) == before
        assert outside_figures(make_identity(), key).total == live


def test_nights_and_different_persons_as_known_then(app):
    with clock.frozen(night(0)):
        emergencia = make_emergencia(("14", "01"), tipo="frio", inicio=BEGIN)
        key, nombre = emergencia.id, emergencia.nombre
        one, two = shelter(emergencia).id, shelter(emergencia, "0101").id
    dice, slept, refusals = Random(9), [], []
    people: list[UUID] = []
    for n in range(6):
        for place in (one, two):
            for _ in range(dice.randint(1, 4)):
                out = [p for p in people if not any(s[0] == p and s[2] == n for s in slept)]
                who = dice.choice(out) if out and dice.random() < 0.6 else None
                came = night(n, 1 + dice.random())
                data = (
                    {"persona_id": who}
                    if who
                    else {"nombre": f"Persona {len(people)}", "sexo": "hombre", "edad": 40}
                )
                found = enter(place, came, **data)
                people += [] if who else [found]
                slept.append((found, place, n, came))
            if dice.random() < 0.5:
                refuse(place, night(n, 8))
                refusals.append((place, night(n, 8)))
            leave(place, night(n, 12))

    def recount(places, at):
        mine = [(p, n) for p, place, n, came in slept if place in places and came <= at]
        persons = Counter(p for p, _n in set(mine))
        return (
            len(persons),
            sum(c > 1 for c in persons.values()),
            len(set(mine)),
            sum(place in places and when <= at for place, when in refusals),
        )

    def told(row):
        return row.personas, row.vuelven, row.noches, row.rechazos

    kept = {}
    for at in (night(0, 4), night(2, 5), night(3, 13), night(6)):
        db.session.rollback()
        body = build(Pregunta(key, Ambito("GT"), at, at), nombre)
        assert told(body.noches) == recount((one, two), at), at
        assert {r.codigo: told(r) for r in body.noches_lugares} == {
            "01": recount((two,), at), "14": recount((one,), at),
        }  # fmt: skip
        assert sorted(told(r) for r in body.nocturnos) == sorted((recount((one,), at), recount((two,), at)))
        kept[at] = body.dump()
    # a paper that comes days later changes the night it tells of, and not what was known
    with clock.frozen(night(8)):
        enter_late = enter_paper(one, night(1, 2), night(1, 12))
    db.session.rollback()
    assert all(build(Pregunta(key, Ambito("GT"), at, at), nombre).dump() == d for at, d in kept.items())
    late = build(Pregunta(key, Ambito("GT"), night(2, 5), night(9)), nombre)
    assert late.noches.noches == recount((one, two), night(2, 5))[2] + 1 and enter_late
    only = build(Pregunta(key, Ambito("0101"), night(6), night(9)), nombre)
    assert (told(only.noches), only.noches_lugares) == (recount((two,), night(6)), [])
    assert build(Pregunta(key, Ambito("12"), night(6), night(9)), nombre).noches is None
    sheet = sheets.render_xlsx(late, sheets.Caratula("Preliminar"))
    assert sheet and sheets.render_pdf(late, sheets.Caratula("Preliminar"))[:4] == b"%PDF"


def enter_paper(place: UUID, came: datetime, left: datetime) -> UUID:
    """One who slept there and is written down now."""
    activacion = db.session.get_one(Activacion, place)
    who = PersonaNueva(uuid7(), "De papel", None, "mujer", 50, "anios")
    ingreso(activacion, who, ocurrido_en=came)
    with unit_of_work(SISTEMA):
        register_movimiento(
            MovimientoNuevo(uuid7(), "egreso", place, [who.id], left, destino="vivienda_propia")
        )
    return who.id


def test_a_text_frozen_before_there_were_nights_is_still_read():
    body = Cuerpo("14", "e", "E", "2026-11-18T18:00:00-06:00", "2026-11-18T18:20:00-06:00", fuera=[Linea()])
    raw = json.loads(body.dump())
    for name in ("nocturnos", "noches_lugares", "noches"):
        del raw[name]
    del raw["fuera"][0]["dado"]
    assert load(json.dumps(raw)) == body
