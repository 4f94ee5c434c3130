"""What only grows holds no personal value in clear, and none at all after dissociation."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text

from albergues_app.audit.chain import verify
from albergues_app.audit.models import Captura, Lectura, Sello
from albergues_app.audit.sealed import altered_rows
from albergues_app.audit.sealing import open_json, seal_for
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound
from albergues_app.core.ids import uuid7
from albergues_app.core.keys import KeyMissing
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.services import end_emergencia
from albergues_app.ocupacion.dissociation import dissociate, plan_dissociation, wipe_free_space
from albergues_app.ocupacion.figures import cuadro
from albergues_app.ocupacion.models import ClavePersona, Familia, Persona, PersonaVersion, Pertenencia
from albergues_app.ocupacion.models_necesidad import Necesidad
from albergues_app.ocupacion.queries import personas_by_id
from albergues_app.ocupacion.services import PersonaNueva, correct_persona, transition_activacion
from albergues_app.ocupacion.services.ingreso_rows import CapturaNueva
from albergues_app.ocupacion.services.necesidades import note_necesidades
from albergues_app.ocupacion.verify import differences
from tests.conftest import expect_refused
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.avisos import make_aviso
from tests.factories.cuentas import SISTEMA, make_identity

H = timedelta(hours=1)
GROWS = ("auditoria", "movimiento", "captura", "conflicto", "operacion", "lectura", "aviso_puerta")
SYLLABLES = ("xo", "chi", "tzu", "kal", "poy", "wuq", "nim", "yat", "bej", "cuz")


def names(n: int) -> list[str]:
    """Words that occur nowhere else."""
    chance = random.Random(7)
    found: set[str] = set()
    while len(found) < n:
        found.add("".join(chance.choice(SYLLABLES) for _ in range(5)).capitalize())
    return sorted(found)


def everything(tables) -> str:
    """Every byte of the tables, as text that would show a name in clear."""
    parts = []
    for table in tables:
        for row in db.session.execute(text(f"SELECT * FROM {table}")):
            for value in row:
                parts.append(
                    bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
                )
    return "\n".join(parts)


@pytest.fixture
def lived(app):
    """An emergency in which fifty people with words of their own did all; some stayed in another too."""
    words, told = names(52), []
    event, other = make_emergencia(), make_emergencia()
    here, there = make_activacion(make_albergue(), event), make_activacion(make_albergue("1405"), event)
    elsewhere = make_activacion(make_albergue("1401"), other)
    for n, word in enumerate(words[:50]):
        who = persona(
            nombres=word, apellidos=f"{word}ar", edad=n, cui=f"15875644409{n % 22 + 1:02d}",
            necesidades=("rampa",) if n < 4 else (),
        )  # fmt: skip
        told.append(who)
        form = CapturaNueva("boleta_ingreso", "1", {"personas": [{"nombres": word}]}, None)
        ingreso(here, who, ocurrido_en=OPENED + H, comunidad=f"Aldea {words[50]}", telefono="55501234",
                motivo=f"Vino con {word}", captura=form)  # fmt: skip
    with unit_of_work(SISTEMA):
        correct_persona(
            PersonaNueva(id=told[0].id, nombres=words[51], sexo="hombre"), f"Se llama {words[51]}"
        )
    with unit_of_work(Actor("ana@ejemplo.gt", "web")):
        personas_by_id([p.id for p in told], "prueba")
    make_aviso(here.id, persona_id=told[3].id, texto=f"Llame a {words[3]}", motivo=f"Por {words[4]}")
    movimiento(
        here, "traslado", told[1].id, ocurrido_en=OPENED + 2 * H, activacion_destino=there.id, motivo=words[1]
    )
    for place, who in ((there, [told[1]]), (here, [told[0], *told[2:]])):
        movimiento(
            place, "egreso", *(p.id for p in who), ocurrido_en=OPENED + 3 * H, motivo=f"Con {words[2]}"
        )
    for who in told[:3]:
        ingreso(elsewhere, who, ocurrido_en=OPENED + 4 * H, familia_id=uuid7())
    return {"event": event.id, "other": other.id, "words": words, "people": [p.id for p in told],
            "places": [here.id, there.id], "elsewhere": elsewhere.id}  # fmt: skip


def finish(lived, event="event", places="places"):
    for place in lived[places] if isinstance(lived[places], list) else [lived[places]]:
        with unit_of_work(SISTEMA):
            transition_activacion(place, "en_cierre", OPENED + 5 * H)
        with unit_of_work(SISTEMA):
            transition_activacion(place, "cerrada", OPENED + 6 * H, None, "1-2026")
    with unit_of_work(SISTEMA):
        end_emergencia(db.session.get_one(Emergencia, lived[event]), OPENED + 7 * H)


def seen(app, when=range(7)):
    """Every figure of every hour."""
    who = make_identity()
    hours = [OPENED + h * H for h in when]
    return [
        (
            cuadro(who, por, corte=at, bandas=True).as_dict(),
            cuadro(who, por, corte=at, bandas=True).total.bandas,
        )
        for at in hours
        for por in ("albergue", "departamento")
    ]


def without_now(figures):
    return [({k: v for k, v in table.items() if k != "conocido_en"}, bands) for table, bands in figures]


def test_no_name_is_in_clear_in_what_only_grows(lived):
    stored = everything(GROWS)
    assert len(stored) > 10_000
    for word in lived["words"]:
        assert word not in stored and word.lower() not in stored.lower()
    assert "55501234" not in stored and "15875644409" not in stored
    assert lived["words"][5] in everything(["persona_version"])  # the search would find them


def test_a_reading_is_written_in_the_transaction_of_the_reading(lived):
    def log():
        db.session.rollback()
        return len(db.session.scalars(select(Lectura)).all())

    before = log()
    with unit_of_work(Actor("ana@ejemplo.gt", "web")):
        personas_by_id(lived["people"][:3], "prueba", "1413")
    assert log() == before + 3
    with pytest.raises(ZeroDivisionError), unit_of_work(Actor("ana@ejemplo.gt", "web")):
        personas_by_id(lived["people"][:3], "prueba")
        _ = 1 / 0  # killed between reading and answering: no log, and no answer
    assert log() == before + 3
    with pytest.raises(Exception, match="outside unit_of_work"):
        personas_by_id(lived["people"][:1], "prueba")


def test_the_api_logs_who_it_shows(lived, client, ficha):
    before = len(db.session.scalars(select(Lectura)).all())
    answer = client.get(f"/api/v1/activaciones/{lived['places'][0]}/ingresos?limite=10", headers=ficha())
    assert len(answer.get_json()["filas"]) == 10
    db.session.rollback()
    assert len(db.session.scalars(select(Lectura)).all()) == before + 10


def test_an_emergency_under_way_is_not_dissociated(lived):
    with expect_refused("emergencia_en_curso"):
        plan_dissociation(lived["event"])
    with unit_of_work(SISTEMA):
        end_emergencia(db.session.get_one(Emergencia, lived["event"]), OPENED + 7 * H)
    with expect_refused("albergues_abiertos"):
        dissociate(lived["event"])
    with pytest.raises(NotFound):
        plan_dissociation(uuid7())


def test_dissociation_destroys_who_and_keeps_how_many(lived, app, base):
    finish(lived)
    before = without_now(seen(app))
    plan = plan_dissociation(lived["event"])
    assert (plan.personas, plan.familias, plan.clave) == (47, 50, True)
    assert without_now(seen(app)) == before  # a plan changes nothing
    with unit_of_work(SISTEMA):
        assert dissociate(lived["event"]) == plan
    wipe_free_space()
    left = everything(["persona", "persona_version", "pertenencia", "familia", *GROWS])
    for word in lived["words"][3:50]:
        assert word not in left and word.lower() not in left.lower()
    assert lived["words"][50] not in left and "55501234" not in left
    assert lived["words"][1] in left  # stayed in another emergency too
    assert without_now(seen(app)) == before
    assert differences() == []
    assert verify(db.session()).intact
    assert altered_rows(db.session()) == []
    for row in db.session.scalars(select(Captura)):
        with pytest.raises(KeyMissing):
            open_json(seal_for(row.emergencia_id), row.respuestas, "captura.respuestas")
    if base == "sqlite":
        db.session.remove()
        file = Path(db.engine.url.database)
        for part in (file, file.with_name(file.name + "-wal")):
            data = part.read_bytes() if part.exists() else b""
            assert not any(word.encode() in data for word in lived["words"][3:51])


def test_dissociating_twice_changes_nothing(lived):
    finish(lived)
    with unit_of_work(SISTEMA):
        dissociate(lived["event"])
    links = verify(db.session()).links
    with unit_of_work(SISTEMA):
        assert dissociate(lived["event"]).nothing
    assert verify(db.session()).links == links


def test_the_last_emergency_of_a_person_takes_the_person(lived):
    finish(lived)
    assert len(db.session.scalars(select(Necesidad)).all()) == 4 + 3  # three told theirs in both
    with unit_of_work(SISTEMA):
        dissociate(lived["event"])
    assert len(db.session.scalars(select(Persona)).all()) == 3
    assert len(db.session.scalars(select(Necesidad)).all()) == 3
    first = select(Pertenencia.familia_id).where(Pertenencia.persona_id == lived["people"][2])
    old_family = db.session.scalars(first.order_by(Pertenencia.vigente_desde)).first()
    with unit_of_work(SISTEMA):  # its card of the emergency before, at the door of this one
        note_necesidades(old_family, ("agua",), {lived["people"][2]: ("dieta",)}, OPENED + 5 * H)
    for who in lived["people"][:3]:
        from albergues_app.albergues.models import Activacion

        movimiento(
            db.session.get_one(Activacion, lived["elsewhere"]), "egreso", who, ocurrido_en=OPENED + 5 * H
        )
    finish(lived, "other", "elsewhere")
    with unit_of_work(SISTEMA):
        assert dissociate(lived["other"]).personas == 3
    for model in (Persona, PersonaVersion, ClavePersona, Pertenencia, Necesidad, Sello):
        assert db.session.scalars(select(model)).all() == []
    assert db.session.scalars(select(Familia).where(Familia.comunidad.is_not(None))).all() == []
    assert differences() == []


def test_nothing_new_is_written_of_people_who_were_dissociated(lived, client, ficha):
    finish(lived)
    with unit_of_work(SISTEMA):
        dissociate(lived["event"])
    from albergues_app.albergues.models import Activacion

    elsewhere = db.session.get_one(Activacion, lived["elsewhere"])
    with expect_refused("persona_disociada"):
        ingreso(elsewhere, persona(id=lived["people"][10]), ocurrido_en=OPENED + 8 * H)
    again = make_activacion(None, db.session.get_one(Emergencia, lived["event"]))
    body = {"id": str(uuid7()), "ocurrido_en": clock.iso(OPENED + H), "familia": {"id": str(uuid7())},
            "personas": [{"id": str(uuid7()), "nombres": "N/N", "sexo": "mujer"}]}  # fmt: skip
    answer = client.post(f"/api/v1/activaciones/{again.id}/ingresos", json=body, headers=ficha())
    assert (answer.status_code, answer.get_json()["codigo"]) == (422, "emergencia_disociada")
    assert UUID(body["id"])
