"""The complete archive: two people, one passphrase, and an empty instance that ends up the same."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from albergues_app import create_app
from albergues_app.albergues.models import Activacion
from albergues_app.aprobaciones.services import answer
from albergues_app.audit.chain import verify
from albergues_app.consolidados import services as consolidados
from albergues_app.consolidados.models import Consolidado
from albergues_app.consolidados.scope import Ambito, Pregunta
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.exportaciones import services
from albergues_app.exportaciones.archive import lock_header
from albergues_app.exportaciones.archive_in import import_archive
from albergues_app.exportaciones.models import Exportacion
from albergues_app.exportaciones.services import Pedido, request_export
from albergues_app.exportaciones.work import make_archive
from albergues_app.identidad.uniones import list_uniones
from albergues_app.ocupacion.figures import NIVELES, cuadros
from albergues_app.ocupacion.models import PersonaVersion
from albergues_app.ocupacion.services.union import Cruce
from albergues_app.ocupacion.unidas import gather
from albergues_app.ocupacion.verify import differences
from tests.conftest import ONLY, expect_refused
from tests.consolidados.test_cortes import CUT, SEEN, Pais, late_entries
from tests.factories.albergues import ingreso, make_activacion, make_albergue, make_emergencia, persona
from tests.factories.cuentas import make_identity
from tests.identidad.test_union import Told, figures, join, part, register, stays_of

FRASE = "volcán de agua y de fuego"
LATER = SEEN + timedelta(hours=13)


def archive_of(tmp_path: Path) -> Path:
    """The archive of the instance as it is, asked for by one person and approved by another."""
    one, other = make_identity("nacional"), make_identity("nacional")
    actor = one.as_actor("web")
    with unit_of_work(actor):
        row = request_export(
            Pedido(uuid7(), "completa", "archivo", clock.now(), "Otra oficina", "Sede nueva"), one
        )
        key, asked = row.id, row.aprobacion_id
    with expect_refused("falta_aprobacion"):
        make_archive(key, actor, lambda *_: None)
    with unit_of_work(other.as_actor("web")):
        answer(asked, "aprobada")
    make_archive(key, actor, lambda *_: None)
    row = db.session.get_one(Exportacion, key)
    path = tmp_path / "todo.albergues"
    path.write_bytes(lock_header(FRASE, services.key_of(row)) + services.file_of(row).read_bytes())
    return path


def told():
    """Every figure at every level, now and as known then, every person, and the frozen consolidated."""
    from albergues_app.consolidados.build import WHOLE_COUNTRY

    found = {}
    for name, (at, known) in {
        "ahora": (LATER, LATER),
        "entonces": (CUT, SEEN),
        "despues": (CUT, LATER),
    }.items():
        levels = cuadros(WHOLE_COUNTRY, NIVELES, at, known, bandas=True)
        for por, table in levels.items():
            found[(name, por)] = (table.as_dict(), [f.bandas for f in table.filas])
    people = db.session.scalars(select(PersonaVersion).order_by(PersonaVersion.id)).all()
    found["personas"] = [
        (p.persona_id, p.nombres, p.apellidos, p.sexo, p.nacimiento, p.registrado_en) for p in people
    ]
    frozen = db.session.scalars(select(Consolidado).order_by(Consolidado.id)).all()
    found["consolidados"] = [(c.id, c.datos, consolidados.reproduces(c)) for c in frozen]
    return found


@pytest.fixture
def otra(tmp_path, base, request):
    """A second instance without database: where both kinds run, of the other kind."""
    kind = ONLY or {"sqlite": "postgres", "postgres": "sqlite"}[base]
    settings = {"INSTANCIA": str(tmp_path / "otra"), "TESTING": True}
    Path(settings["INSTANCIA"]).mkdir()
    name = None
    if kind == "postgres":
        server = request.getfixturevalue("postgres_server")
        name = f"otra_{uuid7().hex[-12:]}"
        server.create(name)
        settings["DATABASE_URL"] = server.url(name)
    made = create_app(settings)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()
    if name:
        server.drop(name)


def test_an_empty_instance_ends_up_the_same(app, otra, tmp_path):
    pais = Pais()
    here = pais.ids["escuela"]
    with clock.frozen(SEEN), unit_of_work(make_identity("nacional").as_actor("web")):
        consolidados.validate(
            uuid7(), Pregunta(pais.emergencia, Ambito("GT"), CUT, SEEN - timedelta(minutes=1))
        )
    late_entries(pais, SEEN + timedelta(hours=12))
    with clock.frozen(LATER):
        path = archive_of(tmp_path)
        before = told()
        correo = db.session.scalar(db.text("SELECT max(correo) FROM cuenta"))
        db.session.rollback()
    assert b"Escuela" not in path.read_bytes()
    with otra.app_context(), clock.frozen(LATER):
        with expect_refused("clave_no_abre"):
            import_archive(path, "otra frase cualquiera")
        cut = tmp_path / "cortado.albergues"
        cut.write_bytes(path.read_bytes()[:-200])
        with expect_refused("archivo_danado"):
            import_archive(cut, FRASE)
        brought = import_archive(path, FRASE)
        assert brought.filas > 800 and brought.capacitacion
        assert told() == before
        assert all(row[2] for row in told()["consolidados"])
        assert differences() == [] and verify(db.session()).intact
        assert db.session.scalar(db.text("SELECT max(correo) FROM cuenta")) == correo
        db.session.rollback()
        with expect_refused("instancia_con_datos"):
            import_archive(path, FRASE)
        # it goes on living: what was sealed opens, and the ledger grows
        activacion = db.session.get_one(Activacion, here)
        db.session.rollback()
        ingreso(activacion, persona(nombres="Recién llegada"), ocurrido_en=LATER)
        assert differences() == []
    with app.app_context(), expect_refused("instancia_con_datos"):
        import_archive(path, FRASE)


def test_records_that_were_joined_come_back_joined_and_can_be_parted_there(app, otra, tmp_path):
    """One union that stands with its two crossing stays, one undone, and a chain of three records."""
    nacional = make_identity("nacional")
    emergencia = make_emergencia(("14", "09"))
    one, two = (make_activacion(make_albergue(c), emergencia) for c in ("1413", "0901"))
    ids = [register([one, two], [Told(n % 2, 1 + n // 2, None, False)], n) for n in range(7)]
    apart = figures(nacional)
    passed = join(ids[0], ids[1], Cruce.PASO, motivo="Dijo que pasó de uno al otro")
    before_undone = figures(nacional)
    undone = join(ids[2], ids[3], Cruce.PRIMERA)
    part(undone, "Son hermanas")
    assert figures(nacional) == before_undone
    chain = [join(ids[4], ids[5], Cruce.PASO), join(ids[5], ids[6], Cruce.PRIMERA)]

    def told():
        db.session.rollback()
        with unit_of_work(nacional.as_actor("web")):
            unions = [
                (u.id, u.habla.id, u.unida.id, u.cruce, u.motivo, u.separada_en, u.por_que)
                for u in list_uniones(nacional, 50)
            ]
        return unions, gather(ids), stays_of(*ids), figures(nacional)

    here = told()
    assert len(here[0]) == 4 and {u[4] for u in here[0]} >= {"Dijo que pasó de uno al otro"}
    path = archive_of(tmp_path)
    with otra.app_context():
        import_archive(path, FRASE)
        assert told() == here
        assert differences() == [] and verify(db.session()).intact
        for body in (*reversed(chain), passed):
            part(body)
        assert figures(nacional) == apart, "parted there, every figure is as it was before joining here"
        assert set(gather(ids).values()) == set(ids) and differences() == []
        again = join(ids[0], ids[1], Cruce.PASO)
        assert again["habla"] == passed["habla"] and figures(nacional) != apart
    assert told() == here, "the first instance is as it was"


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_by_the_terminal_with_the_passphrase_by_its_input(app, tmp_path):
    Pais()
    path = archive_of(tmp_path)
    env = {**os.environ, "ALBERGUES_INSTANCIA": str(tmp_path / "nueva")}
    order = [str(Path(sys.executable).parent / "albergues"), "archivo-completo", "importar", str(path)]
    wrong = subprocess.run(order, env=env, input="no es esta frase\n", capture_output=True, text=True)
    assert wrong.returncode == 1 and "Esa clave no abre este archivo" in wrong.stderr
    done = subprocess.run(order, env=env, input=FRASE + "\n", capture_output=True, text=True)
    assert done.returncode == 0 and "iguales a las del archivo" in done.stdout, done.stderr
    checked = subprocess.run([order[0], "base", "verificar"], env=env, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
