"""Invariants 13, 19 to 22, 43 and 44 of confiabilidad.md part 6: desks of every role at the doors of the API.

Any sequence of requests, good and bad, by accounts of every role and territory. The expectation is written from
contrato-api.md alone: who may do what, and where each shelter lies. Every person bears a word of their own, so that
a name that reaches somebody who may not know it is seen whatever the shape of the answer.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Cuenta, Rol
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.accounts.services import create_ficha_api, set_active
from albergues_app.audit.chain import verify
from albergues_app.audit.models import Lectura
from albergues_app.core import clock
from albergues_app.core.db import Base, db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.verify import differences
from tests.factories.albergues import OPENED, make_activacion, make_albergue, make_emergencia
from tests.factories.cuentas import SISTEMA, make_cuenta

SHELTERS = ("1413", "1413", "1405", "1201")
"""The municipality of each; codes are serials of the municipality."""
CODIGOS = ("1413-001", "1413-002", "1405-001", "1201-001")
DESKS: tuple[tuple[str, dict[str, str]], ...] = (
    ("nacional", {}), ("sede", {"departamento": "14"}), ("sede", {"departamento": "12"}),
    ("municipal", {"municipio": "1413"}), ("albergue", {"albergue": "1413-001"}), ("registro", {"albergue": "1405-001"}),
    ("registro", {"albergue": "1201-001"}), ("mando", {}), ("salud", {}), ("auditoria", {}), ("administracion", {}),
)  # fmt: skip
PERSONS = {"nacional", "sede", "municipal", "albergue", "registro"}
FIGURES = PERSONS | {"mando", "proteccion", "salud", "institucion", "auditoria"}
COUNT = {"nacional", "sede", "municipal", "albergue"}
STILL = {"departamento", "municipio", "municipio_alias", "sede", "sede_municipio", "limites_edicion"}
desks, shelters = st.integers(0, len(DESKS) - 1), st.integers(0, len(SHELTERS) - 1)


def covers(desk: int, shelter: int) -> bool:
    """Does the territory of the desk hold the shelter?"""
    places = DESKS[desk][1]
    if not places:
        return True
    [(kind, code)] = places.items()
    return {
        "departamento": SHELTERS[shelter][:2],
        "municipio": SHELTERS[shelter],
        "albergue": CODIGOS[shelter],
    }[kind] == code


def fingerprint() -> str:
    """Of every row of every table that requests may change."""
    db.session.rollback()
    digest = hashlib.sha256()
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in STILL:
                for row in sorted(repr(tuple(r)) for r in connection.execute(select(table))):
                    digest.update(row.encode())
    return digest.hexdigest()


class Desks(RuleBasedStateMachine):
    """Accounts that ask; what each may know."""

    empty_the_database: Callable[[], None]
    client: FlaskClient

    @initialize()
    def build(self) -> None:
        type(self).empty_the_database()
        self.now = OPENED + timedelta(hours=8)
        clock._frozen.set(self.now)
        event = make_emergencia(departamentos=["14", "12"], inicio=OPENED)
        self.sites = [make_albergue(m, 40, nombre=f"Albergue {n}").id for n, m in enumerate(SHELTERS)]
        from albergues_app.albergues.models import Albergue

        self.places = [
            str(make_activacion(db.session.get_one(Albergue, s), event, OPENED).id) for s in self.sites
        ]
        self.accounts: list[UUID] = []
        self.tokens: list[dict[str, str]] = []
        for rol, places in DESKS:
            cuenta = make_cuenta(rol, None, **places)
            with unit_of_work(SISTEMA):
                self.tokens.append({"Authorization": f"Bearer {create_ficha_api(cuenta)}"})
            self.accounts.append(cuenta.id)
        self.disabled: set[int] = set()
        self.words: dict[str, tuple[str, set[int]]] = {}
        """Word → person, and the shelters where that person was or is sent."""
        self.inside: dict[str, int] = {}
        self.made: list[tuple[str, str, int]] = []
        """(kind, path of the object, shelter)."""

    def teardown(self) -> None:
        if hasattr(self, "places"):
            db.session.rollback()
            assert differences() == []
            assert verify(db.session()).intact
        clock._frozen.set(None)
        db.session.rollback()

    # ---- one request, and what must hold of any

    def ask(self, desk: int, method: str, path: str, **body) -> tuple[int, str]:
        self.now += timedelta(seconds=1)
        clock._frozen.set(self.now)
        before, read = fingerprint(), self.readings(desk)
        answer = self.client.open(f"/api/v1{path}", method=method, headers=self.tokens[desk], **body)
        status, text = answer.status_code, answer.text
        assert status < 500, (path, text)
        if desk in self.disabled:
            assert status == 401, "a disabled account was heard"
        if status >= 400 and status != 409:  # 409 keeps the other content as evidence
            assert fingerprint() == before, f"{status} {method} {path} left something behind: {text}"
        self.names_stay_where_they_may_be(desk, text)
        if status < 400 and method == "GET":
            seen = {person for word, (person, _) in self.words.items() if word in text}
            noted = self.readings(desk) - read
            assert {UUID(p) for p in seen} <= noted, "somebody was shown and the reading is not in the log"
        return status, text

    def readings(self, desk: int) -> set[UUID]:
        """Persons this account was shown at this second (the clock moves with each request)."""
        db.session.rollback()
        stmt = select(Lectura.persona_id).where(
            Lectura.cuenta_id == self.accounts[desk], Lectura.registrado_en == self.now
        )
        return set(db.session.scalars(stmt))

    def names_stay_where_they_may_be(self, desk: int, text: str) -> None:
        for word, (_, been) in self.words.items():
            if word in text:
                assert DESKS[desk][0] in PERSONS, f"{DESKS[desk]} was told a name"
                assert any(covers(desk, s) for s in been), f"{DESKS[desk]} was told of somebody of {been}"

    def may(self, desk: int, roles: set[str], shelter: int) -> int:
        """403: never with this role; 404: not there, for this account."""
        if desk in self.disabled:
            return 401
        if DESKS[desk][0] not in roles:
            return 403
        return 200 if covers(desk, shelter) else 404

    # ---- what desks do

    @rule(desk=desks, shelter=shelters, size=st.integers(1, 3))
    def a_family_arrives(self, desk, shelter, size) -> None:
        people = [
            {"id": str(uuid4()), "nombres": f"Xu{uuid4().hex[:10]}", "sexo": "mujer"} for _ in range(size)
        ]
        op = str(uuid4())
        body = {
            "id": op, "ocurrido_en": clock.iso(self.now), "familia": {"id": str(uuid4())}, "personas": people,
        }  # fmt: skip
        path = f"/activaciones/{self.places[shelter]}/ingresos"
        status, text = self.ask(desk, "POST", path, json=body)
        wanted = self.may(desk, PERSONS, shelter)
        assert status == (201 if wanted == 200 else wanted), text
        if status == 201:
            for one in people:
                self.words[one["nombres"]] = (one["id"], {shelter})
                self.inside[one["id"]] = shelter
            self.made.append(("ingreso", f"{path}/{op}", shelter))
            again, same = self.ask(desk, "POST", path, json=body)
            assert (again, same) == (200, text)

    @precondition(lambda self: self.inside)
    @rule(
        desk=desks,
        data=st.data(),
        tipo=st.sampled_from(["salida_temporal", "traslado", "egreso"]),
        to=shelters,
    )
    def somebody_moves(self, desk, data, tipo, to) -> None:
        person = data.draw(st.sampled_from(sorted(self.inside)))
        shelter = self.inside[person]
        op = str(uuid4())
        body = {
            "id": op, "tipo": tipo, "personas": [person], "activacion": self.places[shelter],
            "ocurrido_en": clock.iso(self.now),
        }  # fmt: skip
        body |= {"destino": "familiar"} if tipo == "egreso" else {}
        body |= {"activacion_destino": self.places[to]} if tipo == "traslado" else {}
        status, text = self.ask(desk, "POST", "/movimientos", json=body)
        wanted = self.may(desk, PERSONS, shelter)
        if wanted != 200:
            assert status == wanted, text
        assert status in {201, 401, 403, 404, 422}
        if status == 201:
            self.made.append(("movimiento", f"/movimientos/{op}", shelter))
            if tipo == "egreso":
                self.inside.pop(person)
            elif tipo == "traslado":
                self.inside[person] = to
                been = next(been for who, been in self.words.values() if who == person)
                been.add(to)

    @precondition(lambda self: self.words)
    @rule(desk=desks, data=st.data(), shelter=shelters)
    def a_known_person_is_typed_again(self, desk, data, shelter) -> None:
        """Nobody learns the name, nor moves anybody, by an id that came from elsewhere."""
        word = data.draw(st.sampled_from(sorted(self.words)))
        person, been = self.words[word]
        body = {
            "id": str(uuid4()), "ocurrido_en": clock.iso(self.now), "familia": {"id": str(uuid4())},
            "personas": [{"id": person, "nombres": "N/N", "sexo": "hombre"}],
        }  # fmt: skip
        status, text = self.ask(desk, "POST", f"/activaciones/{self.places[shelter]}/ingresos", json=body)
        wanted = self.may(desk, PERSONS, shelter)
        if wanted != 200:
            assert status == wanted, text
        elif person in self.inside:
            assert status == 422, text
        elif not any(covers(desk, s) for s in been):
            assert status == 404, text
        if status == 201:
            been.add(shelter)
            self.inside[person] = shelter

    @rule(desk=desks, shelter=shelters, personas=st.integers(0, 200))
    def heads_are_counted(self, desk, shelter, personas) -> None:
        op = str(uuid4())
        body = {
            "id": op, "activacion": self.places[shelter], "corte": clock.iso(self.now), "fuente": "conteo_fisico",
            "personas": personas,
        }  # fmt: skip
        status, text = self.ask(desk, "POST", "/partes", json=body)
        wanted = self.may(desk, COUNT, shelter)
        assert status == (201 if wanted == 200 else wanted), text
        if status == 201:
            self.made.append(("parte", f"/partes/{op}", shelter))

    @rule(desk=desks, data=st.data())
    def an_object_is_asked_for(self, desk, data) -> None:
        fixed = [("albergue", f"/albergues/{s}", n) for n, s in enumerate(self.sites)]
        fixed += [("activacion", f"/activaciones/{p}", n) for n, p in enumerate(self.places)]
        kind, path, shelter = data.draw(st.sampled_from([*fixed, *self.made]))
        status, text = self.ask(desk, "GET", path)
        wanted = self.may(desk, PERSONS if kind in {"ingreso", "movimiento"} else FIGURES, shelter)
        if kind == "movimiento" and wanted == 404:
            assert status in {200, 404}, text  # a transfer belongs to both of its shelters
        else:
            assert status == wanted, (kind, text)
        if status == 404:
            nowhere = path.rsplit("/", 1)[0] + f"/{uuid4()}"
            assert self.ask(desk, "GET", nowhere) == (404, text), (
                "absent and not yours must be the same bytes"
            )

    @rule(desk=desks, shelter=shelters, what=st.sampled_from(
        ["/albergues", "/activaciones", "/partes", "/movimientos", "/ocupacion?por=albergue", "/mapa/albergues", "ingresos"]
    ))  # fmt: skip
    def a_list_is_asked_for(self, desk, shelter, what) -> None:
        path = f"/activaciones/{self.places[shelter]}/ingresos" if what == "ingresos" else what
        status, text = self.ask(desk, "GET", path)
        if desk in self.disabled:
            return
        roles = PERSONS if what in {"ingresos", "/movimientos"} else FIGURES
        if DESKS[desk][0] not in roles:
            assert status == 403, text
        elif what == "ingresos":
            assert status == (200 if covers(desk, shelter) else 404)
        else:
            assert status == 200, text
            for n, (site, place) in enumerate(zip(self.sites, self.places, strict=True)):
                if not covers(desk, n) and what != "/movimientos":
                    assert str(site) not in text and place not in text and f"Albergue {n}" not in text

    @rule(
        desk=desks,
        shelter=shelters,
        kind=st.sampled_from(["ingresos", "movimientos", "partes"]),
        data=st.data(),
    )
    def something_wrong_is_sent(self, desk, shelter, kind, data) -> None:
        """Never a server error, and nothing stays behind (``ask`` compares the whole database)."""
        path = f"/activaciones/{self.places[shelter]}/ingresos" if kind == "ingresos" else f"/{kind}"
        body = {
            "id": str(uuid4()), "activacion": self.places[shelter], "corte": clock.iso(self.now),
            "ocurrido_en": clock.iso(self.now), "fuente": "conteo_fisico", "personas": 3, "tipo": "egreso",
        }  # fmt: skip
        if kind != "partes":
            body["personas"] = [{"id": str(uuid4()), "nombres": "N/N", "sexo": "mujer"}]
            body |= {"familia": {"id": str(uuid4())}} if kind == "ingresos" else {}
        wrong = data.draw(
            st.sampled_from([None, True, -1, 10**30, "", "\u0000", "x" * 5000, [], {}, [None], "2026-11-18T10:00:00",
                             "9999-12-31T23:59:59Z", "ñandú\u202e", {"id": "x"}])
        )  # fmt: skip
        body[data.draw(st.sampled_from(sorted(body)))] = wrong
        sent = data.draw(
            st.sampled_from([{"json": body}, {"data": b"{"}, {"data": b"\xff\xfe"}, {"json": [body]}])
        )
        status, text = self.ask(desk, "POST", path, **sent)
        assert status >= 400 or desk not in self.disabled, text

    @precondition(lambda self: len(self.disabled) < 3)
    @rule(desk=st.integers(1, len(DESKS) - 1))
    def an_account_is_disabled(self, desk) -> None:
        self.now += timedelta(seconds=1)
        clock._frozen.set(self.now)
        with unit_of_work(SISTEMA):
            set_active(db.session.get_one(Cuenta, self.accounts[desk]), False)
        self.disabled.add(desk)


def run(app: Flask, empty, examples: int, steps: int) -> None:
    """Each example starts from an empty country."""
    Desks.empty_the_database, Desks.client = staticmethod(empty), app.test_client()
    run_state_machine_as_test(
        Desks,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize="HYPOTHESIS_SEED" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            print_blob=True,
        ),
    )


def test_no_desk_learns_or_does_what_it_may_not(app, empty, base):
    run(app, empty, 6 if base == "sqlite" else 2, 25)


@pytest.mark.largo
def test_no_desk_learns_or_does_what_it_may_not_in_many_nights(app, empty):
    run(app, empty, 300, 30)


PLACES = st.sets(st.sampled_from(["1413", "1405", "1201"])), st.sets(st.sampled_from(["14", "12"]))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    small=st.tuples(*PLACES, st.sets(st.sampled_from(CODIGOS))),
    more=st.tuples(*PLACES, st.sets(st.sampled_from(CODIGOS))),
    national=st.booleans(),
    codigo=st.sampled_from(CODIGOS),
    of_department=st.booleans(),
    area=st.sampled_from(["general", "salud", "proteccion"]),
    rol=st.sampled_from(list(Rol)),
)
def test_taking_a_place_away_never_gives_more(small, more, national, codigo, of_department, area, rol):
    """21: whatever the smaller territory may, the larger one may."""
    mine = UUID(int=1)

    def who(municipios, departamentos, albergues, nacional=False):
        return Identity(
            mine, "a@ejemplo.gt", "A", rol, nacional, frozenset(departamentos), frozenset(municipios), frozenset(albergues)
        )  # fmt: skip

    row = SimpleNamespace(
        municipio_codigo=None if of_department else codigo[:4], departamento_codigo=codigo[:2],
        albergue_codigo=codigo, area=area, cuenta_id=UUID(int=2),
    )  # fmt: skip
    larger = who(*(a | b for a, b in zip(small, more, strict=True)), nacional=national)
    for permiso in set(Permiso) - {Permiso.CUENTA_VER, Permiso.CUENTA_ADMINISTRAR}:  # their rows are accounts
        if permits(who(*small), permiso, row):
            assert permits(larger, permiso, row), (permiso, rol, small, more)
