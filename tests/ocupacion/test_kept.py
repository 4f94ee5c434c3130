"""What is kept between requests never outlives what it was made of, whoever writes and from whichever process."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from albergues_app.albergues.models import Albergue
from albergues_app.albergues.services import CapacidadNueva, add_capacidad, change_albergue, transition_sitio
from albergues_app.audit.changes import keeper
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.ocupacion.figures import NIVELES, cuadros
from albergues_app.ocupacion.services import (
    ParteNuevo,
    PersonaNueva,
    correct_persona,
    register_parte,
    transition_activacion,
)
from tests.factories.albergues import (
    OPENED,
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.cuentas import SISTEMA, logged_in, make_ficha, make_identity

NOW = OPENED + timedelta(days=2)
PAGES = (
    ("/albergues", "/albergues?abierto=1", "/"),
    ("/albergues?departamento=14",),
    (),
    ("/albergues", "/mapa"),
)
API = ("/api/v1/albergues?limite=50", "/api/v1/albergues?limite=1", "/api/v1/ocupacion?por=albergue")


class Process:
    """An application of its own on the same database, with the browsers and programs of four accounts."""

    WHO = (("nacional", {}), ("municipal", {"municipio": "1413"}), ("sede", {"sede": "S16"}), ("mando", {}))

    def __init__(self, app):
        self.app = app
        with app.app_context():
            self.who = [make_identity(rol, **places) for rol, places in self.WHO]
            self.browsers = [logged_in(app, rol, **places) for rol, places in self.WHO]
            self.program = app.test_client(), make_ficha("nacional")

    def seen(self):
        """All that is made of what is kept: every figure of every account, the lists, and the API's."""
        with self.app.app_context():
            figures = [
                (por, [f.as_dict() for f in (*table.filas, table.total)])
                for who in self.who
                for por, table in cuadros(who, NIVELES).items()
            ]
            db.session.rollback()
        client, headers = self.program
        with self.app.app_context():
            pages = [
                _plain(b.get(path).text)
                for b, paths in zip(self.browsers, PAGES, strict=True)
                for path in paths
            ]
        with self.app.app_context():
            pages += [_plain(client.get(path, headers=headers).text) for path in API]
        return figures, pages

    def forget(self):
        with self.app.app_context():
            kept = keeper()
            kept.values.clear()


def _plain(page: str) -> str:
    """Without what differs in every answer: tokens, nonces, the instant of the cut."""
    page = re.sub(r'"(corte|conocido_en)":".*?"', "", page)
    page = re.sub(r'(nonce|csrf_token|value|content|hx-headers)=(".*?"|\'.*?\')', "", page)
    return re.sub(r"\?v=\w+", "", page)


def test_after_each_write_of_another_process_a_warm_one_says_what_a_fresh_one_says(make_app):
    here, there = make_app(), make_app()
    with clock.frozen(NOW), there.app_context():
        emergencia = make_emergencia(("14", "16"))
        nebaj = make_albergue("1413", nombre="Salón de Nebaj")
        coban = make_albergue("1601", nombre="Escuela de Cobán", oficial=True)
        reserved = make_albergue("1413", nombre="Casa sin nombre", ubicacion_reservada=True)
        abierto, lejos = make_activacion(nebaj, emergencia), make_activacion(coban, emergencia)
        make_activacion(reserved, emergencia)
        abierto, lejos, nebaj, coban, reserved = (
            SimpleNamespace(id=row.id) for row in (abierto, lejos, nebaj, coban, reserved)
        )
        ana, luis = persona(), persona(sexo="hombre")
        emergencia, op = emergencia.id, uuid7()

    def site(albergue):
        return db.session.get_one(Albergue, albergue.id)

    def late():
        ingreso(abierto, persona(), ocurrido_en=NOW - timedelta(hours=30))

    def parte(activacion, people, hours=0):
        register_parte(
            ParteNuevo(uuid7(), activacion.id, NOW - timedelta(hours=hours), "conteo_fisico", people)
        )

    writes = {
        "a check-in": lambda: ingreso(abierto, ana, luis, ocurrido_en=NOW - timedelta(hours=3)),
        "a site": lambda: make_albergue("1413", nombre="Iglesia nueva"),
        "an opening": lambda: make_activacion(make_albergue("1405"), SimpleNamespace(id=emergencia)),
        "a capacity": lambda: add_capacidad(nebaj.id, CapacidadNueva(1, "acta 2", date(2026, 11, 2))),
        "a parte": lambda: parte(lejos, 40, hours=13),
        "a newer parte": lambda: parte(lejos, 44),
        "a back-dated check-in": late,
        "who goes out": lambda: movimiento(
            abierto, "salida_temporal", luis.id, ocurrido_en=NOW - timedelta(hours=2), id=op
        ),
        "an annulment": lambda: movimiento(abierto, "anulacion", ocurrido_en=NOW, anula=op),
        "a corrected person": lambda: correct_persona(
            PersonaNueva(ana.id, "Ana", sexo="hombre", edad=4, edad_unidad="anios"), "se anotó mal"
        ),
        "another municipality": lambda: change_albergue(site(nebaj), motivo="error", municipio="1405"),
        "a reserved place": lambda: change_albergue(
            site(coban), motivo="protección", ubicacion_reservada=True
        ),
        "not official": lambda: change_albergue(site(coban), motivo="error", oficial=False),
        "another state": lambda: transition_sitio(site(reserved), "evaluado_apto", NOW, None, None, uuid7()),
        "who leaves": lambda: movimiento(abierto, "egreso", luis.id, ocurrido_en=NOW - timedelta(hours=1)),
        "a closing": lambda: transition_activacion(lejos.id, "en_cierre", NOW, "se termina"),
    }
    nested = {
        "a check-in",
        "a site",
        "an opening",
        "a back-dated check-in",
        "who goes out",
        "an annulment",
        "who leaves",
    }
    with clock.frozen(NOW):
        warm = Process(here)
        before = warm.seen()
    for n, (name, write) in enumerate(writes.items(), start=1):
        with clock.frozen(NOW + timedelta(seconds=n)):
            with there.app_context():
                if name in nested:
                    write()
                else:
                    with unit_of_work(SISTEMA):
                        write()
                db.session.remove()
            now = warm.seen()
            warm.forget()
            assert now == warm.seen(), name
            assert now != before, f"nobody sees {name}: the test proves nothing"
            before = now


def test_what_was_written_beforehand_counts_from_its_hour_without_any_write(make_app):
    limits = {"SESION_INACTIVA_MIN": 10_000, "SESION_HORAS": 200}
    app = make_app(
        **limits, API_POR_MINUTO_FICHA=0, API_POR_MINUTO_DIRECCION=0
    )  # they do not like a clock put back
    with clock.frozen(NOW), app.app_context():
        emergencia, sitio = make_emergencia(("14",)), make_albergue("1413", capacidad=100)
        abierta = make_activacion(sitio, emergencia)
        with unit_of_work(SISTEMA):
            add_capacidad(sitio.id, CapacidadNueva(60, "acta 2", date(2026, 11, 21)))
        with unit_of_work(SISTEMA):
            register_parte(ParteNuevo(uuid7(), abierta.id, NOW - timedelta(hours=1), "conteo_fisico", 7))
        who, program, headers = make_identity(), app.test_client(), make_ficha("nacional")
        browser = logged_in(app, "nacional")

    def said(when):
        with clock.frozen(when), app.app_context():
            total = cuadros(who, ("pais",))["pais"].total
            page = program.get("/api/v1/albergues", headers=headers).get_json()
            cell = re.search(r'data-th="Capacidad" class="num">(\d+)', browser.get("/albergues").text)
            assert cell
            return total.capacidad, total.sin_reporte, page["filas"][0]["capacidad"]["personas"], int(cell[1])

    assert said(NOW) == (100, 0, 100, 100)
    midnight = clock.day_start(date(2026, 11, 21))
    assert said(midnight - timedelta(seconds=1)) == (100, 1, 100, 100)
    assert said(midnight) == (60, 1, 60, 60)
    assert said(NOW) == (100, 0, 100, 100), "and a clock put back is told what held then"


def test_nothing_of_a_write_that_is_taken_back_is_kept(app):
    who = make_identity()
    sitio = make_albergue("1413", capacidad=100)
    make_activacion(sitio)
    assert cuadros(who, ("pais",))["pais"].total.capacidad == 100
    with pytest.raises(ZeroDivisionError), unit_of_work(SISTEMA):
        add_capacidad(sitio.id, CapacidadNueva(60, "acta 2", date(2026, 1, 2)))
        assert cuadros(who, ("pais",))["pais"].total.capacidad == 60
        raise ZeroDivisionError
    assert cuadros(who, ("pais",))["pais"].total.capacidad == 100


def test_a_database_put_back_to_an_earlier_day_is_read_anew(app):
    who = make_identity()
    make_activacion(make_albergue("1413", capacidad=100))

    def said():
        db.session.rollback()
        return cuadros(who, ("pais",))["pais"].total.capacidad

    assert said() == 100
    changes, values = keeper().changes, keeper().values["figuras.capacidades"]
    seq, _hash = changes._known
    for elsewhere in ((seq, "f" * 64), (seq + 9, "f" * 64), (seq - 1, "f" * 64)):
        said()
        values[None] = replace(values[None], value={})  # as another day left it
        changes._known = elsewhere
        assert said() == 100, elsewhere
        changes._known = (-1, "")
