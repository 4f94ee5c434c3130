"""`albergues base | cuenta | ficha-api | auditoria`, as an operator calls them: other folder, two settings, no more."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from albergues_app.audit.chain import verify
from albergues_app.cli import main
from albergues_app.core.db import db
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Emergencia
from albergues_app.emergencias.services import end_emergencia
from albergues_app.ocupacion.models_derivadas import CorteDia
from tests.conftest import ROOT
from tests.factories.albergues import OPENED, ingreso, make_activacion, make_albergue
from tests.factories.cuentas import SISTEMA, make_cuenta

PROGRAM = [sys.executable, "-m", "albergues_app.cli"]


@pytest.fixture
def albergues(app, monkeypatch):
    """Run a command on the database of the test; the result of click."""
    monkeypatch.setenv("ALBERGUES_INSTANCIA", app.config["INSTANCIA"])
    monkeypatch.setenv("ALBERGUES_DATABASE_URL", app.config["SQLALCHEMY_DATABASE_URI"])

    def run(*words, entrada=None):
        db.session.rollback()
        result = CliRunner().invoke(main, list(words), input=entrada)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run


def test_an_account_and_its_token_can_use_the_api(app, client, albergues):
    make_albergue("1401")
    made = albergues(
        "cuenta", "crear", "--correo", "ana@ejemplo.gt", "--rol", "sede", "--departamento", "14", "--sede", "S16",
        "--municipio", "0101", "--albergue", "1401-001", "--clave-por-entrada", entrada="tres volcanes verdes\n",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    token = albergues("ficha-api", "crear", "ana@ejemplo.gt")
    assert token.exit_code == 0
    last = token.stdout.splitlines()[-1]
    assert last == last.strip() and " " not in last and len(last) >= 32
    answer = client.get("/api/v1/ocupacion?por=departamento", headers={"Authorization": f"Bearer {last}"})
    assert answer.status_code == 200
    listed = albergues("cuenta", "lista").output
    for word in (
        "ana@ejemplo.gt",
        "sede",
        "departamento:14",
        "sede:S16",
        "municipio:0101",
        "albergue:1401-001",
    ):
        assert word in listed
    stored = db.session.execute(text("SELECT token_hash FROM ficha_api")).scalars().all()
    assert last not in stored


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--correo", "x", "--rol", "sede"], "correo"),
        (["--correo", "b@ejemplo.gt", "--rol", "jefe"], "jefe"),
        (["--correo", "b@ejemplo.gt", "--rol", "sede", "--departamento", "99"], "99"),
        (["--correo", "b@ejemplo.gt", "--rol", "sede", "--municipio", "9999"], "9999"),
        (["--correo", "b@ejemplo.gt", "--rol", "albergue", "--albergue", "1401-999"], "1401-999"),
        (["--correo", "b@ejemplo.gt", "--rol", "sede", "--clave-por-entrada"], "12"),
    ],
)
def test_a_wrong_account_is_refused_in_one_sentence(albergues, words, told):
    result = albergues("cuenta", "crear", *words, entrada="corta\n")
    assert result.exit_code != 0
    assert told in result.output and "Traceback" not in result.output
    assert "b@ejemplo.gt" not in albergues("cuenta", "lista").output


def test_without_a_password_a_code_is_printed_once_and_clave_renews_it(albergues):
    made = albergues("cuenta", "crear", "--correo", "c@ejemplo.gt", "--rol", "nacional").stdout
    code = made.splitlines()[-1].split(": ")[1]
    assert len(code.replace("-", "")) == 12
    again = albergues("cuenta", "clave", "c@ejemplo.gt").stdout
    assert code not in again and "Código" in again
    assert (
        albergues(
            "cuenta", "clave", "c@ejemplo.gt", "--clave-por-entrada", entrada="tres volcanes verdes\n"
        ).exit_code
        == 0
    )
    assert albergues("cuenta", "clave", "nadie@ejemplo.gt").exit_code != 0
    assert albergues("ficha-api", "crear", "nadie@ejemplo.gt").exit_code != 0


def test_verificar_says_that_all_is_right_and_finds_what_is_not(app, albergues):
    activacion = make_activacion()
    ingreso(activacion)
    assert albergues("base", "verificar").exit_code == 0
    assert albergues("auditoria", "verificar").exit_code == 0
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE resumen SET personas = personas + 1"))
    wrong = albergues("base", "verificar")
    assert wrong.exit_code == 1 and "resumen" in wrong.output
    assert albergues("auditoria", "verificar").exit_code == 0


def test_auditoria_verificar_names_the_altered_link(app, base, albergues):
    make_activacion()
    with db.engine.begin() as connection:
        if base == "postgres":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.exec_driver_sql("DROP TRIGGER auditoria_no_update")
        connection.execute(text("UPDATE auditoria SET actor = 'otra' WHERE seq = 5"))
    for command in (("auditoria", "verificar"), ("base", "verificar")):
        found = albergues(*command)
        assert found.exit_code == 1 and "eslabón 5" in found.output


def test_cortar_stores_the_days_and_twice_changes_nothing(app, albergues):
    ingreso(make_activacion(), ocurrido_en=OPENED + timedelta(hours=1))
    first = albergues("base", "cortar")
    assert first.exit_code == 0
    days = db.session.query(CorteDia).count()
    assert albergues("base", "cortar").exit_code == 0
    assert db.session.query(CorteDia).count() == days


def test_disociar_only_says_what_it_would_do_until_told_to_keep_it(app, albergues):
    activacion = make_activacion()
    ingreso(activacion)
    event = activacion.emergencia_id
    assert "sigue en curso" in albergues("base", "disociar", str(event)).output
    from albergues_app.ocupacion.services import transition_activacion
    from tests.factories.albergues import movimiento

    who = db.session.execute(text("SELECT id FROM persona")).scalar_one()
    movimiento(activacion, "egreso", UUID(str(who)), ocurrido_en=OPENED + timedelta(hours=7))
    for a, hours in (("en_cierre", 8), ("cerrada", 9)):
        with unit_of_work(SISTEMA):
            transition_activacion(activacion.id, a, OPENED + timedelta(hours=hours), None, "1")
    with unit_of_work(SISTEMA):
        end_emergencia(db.session.get_one(Emergencia, event), OPENED + timedelta(hours=10))
    dry = albergues("base", "disociar", str(event))
    assert dry.exit_code == 0 and "Se destruirían 1 personas" in dry.output
    assert db.session.execute(text("SELECT count(*) FROM persona")).scalar_one() == 1
    done = albergues("base", "disociar", str(event), "--guardar")
    assert done.exit_code == 0 and "Destruidas 1 personas" in done.output
    db.session.rollback()
    assert db.session.execute(text("SELECT count(*) FROM persona")).scalar_one() == 0
    assert "No queda nada" in albergues("base", "disociar", str(event), "--guardar").output
    assert verify(db.session()).intact
    assert albergues("base", "verificar").exit_code == 0


def test_respaldar_and_restaurar(app, base, albergues, tmp_path):
    if base != "sqlite":
        refused = albergues("base", "respaldar")
        assert refused.exit_code == 1 and "pg_dump" in refused.output
        return
    make_cuenta("nacional")
    copy = albergues("base", "respaldar", str(tmp_path / "uno.respaldo")).stdout.strip()
    assert Path(copy).is_file()
    default = Path(albergues("base", "respaldar").stdout.strip())
    assert default.parent == Path(app.config["INSTANCIA"]) / "respaldos"
    make_cuenta("nacional")
    assert albergues("base", "restaurar", copy).exit_code == 0
    db.session.remove()
    assert db.session.execute(text("SELECT count(*) FROM cuenta")).scalar_one() == 1
    Path(copy).write_bytes(Path(copy).read_bytes()[:-1024])
    cut = albergues("base", "restaurar", copy)
    assert cut.exit_code == 1 and "cortado" in cut.output


def environment(instance: Path) -> dict[str, str]:
    """Two settings of ours and nothing else; the program is found by PYTHONPATH because tests install nothing."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("ALBERGUES_", "FLASK_", "PYTEST"))}
    ours = {"ALBERGUES_INSTANCIA": str(instance), "ALBERGUES_SECRET_KEY": "x" * 40, "PYTHONPATH": str(ROOT)}
    return {**keep, **ours}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def get(url: str, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5) as answer:  # noqa: S310
        return answer.status, json.loads(answer.read())


def test_from_any_folder_with_two_settings_it_is_set_up_and_serves(tmp_path):
    instance, folder, port = tmp_path / "instancia", tmp_path / "otra carpeta", free_port()
    folder.mkdir()
    settings = environment(instance)

    def run(*words, entrada=None):
        return subprocess.run(
            [*PROGRAM, *words],
            cwd=folder,
            env=settings,
            input=entrada,
            capture_output=True,
            text=True,
            timeout=300,
        )

    early = run("servir", "--puerto", str(port))
    assert early.returncode == 1 and "base actualizar" in early.stderr
    first = run("base", "actualizar", "--capacitacion")
    assert first.returncode == 0, first.stderr
    assert (instance / "CAPACITACION").exists()
    assert run("base", "actualizar").returncode == 0  # twice is no harm
    account = ("cuenta", "crear", "--correo", "a@ejemplo.gt", "--rol", "nacional", "--clave-por-entrada")
    assert run(*account, entrada="tres volcanes verdes\n").returncode == 0
    token = run("ficha-api", "crear", "a@ejemplo.gt").stdout.splitlines()[-1]
    server = subprocess.Popen(
        [*PROGRAM, "servir", "--puerto", str(port), "--procesos", "1"], cwd=folder, env=settings
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                status, body = get(f"http://127.0.0.1:{port}/salud/listo")
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline
                time.sleep(0.2)
        assert (status, body["estado"]) == (200, "listo")
        status, body = get(f"http://127.0.0.1:{port}/api/v1/ocupacion", {"Authorization": f"Bearer {token}"})
        assert (status, body["total"]["personas"]) == (200, 0)
    finally:
        server.terminate()
        assert server.wait(30) == 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("base", ["sqlite"], indirect=True)
def test_a_port_that_is_taken_is_refused_with_what_to_do(albergues):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = albergues("servir", "--puerto", str(port), "--procesos", "1")
    assert result.exit_code == 1 and f"127.0.0.1:{port}" in result.output and "--puerto" in result.output


def test_training_is_for_new_instances_and_for_good(app, albergues):
    mark = Path(app.config["INSTANCIA"]) / "CAPACITACION"
    mark.unlink()
    ingreso(make_activacion())
    refused = albergues("base", "actualizar", "--capacitacion")
    assert refused.exit_code == 1 and "personas" in refused.output
    assert not mark.exists()
