"""What ODK and Kobo give, from the file to the register: in the limited child, and once however often it is sent."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.formats import catalogo
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.format_files import open_file
from albergues_app.interchange.format_import import understand
from tests.cli.test_commands import albergues  # noqa: F401 - the fixture
from tests.factories.albergues import make_activacion
from tests.formats.cases_operacion import CASES
from tests.formats.submissions import central_zip, instance_id, kobo_xlsx

INCIDENTE = catalogo.latest("incidente")
GOOD = [given for given, errors in CASES["incidente"] if not errors]


@pytest.mark.parametrize("door", [central_zip, kobo_xlsx])
def test_the_child_gives_the_records_with_the_ids_of_their_telephones(door):
    plain = open_file(INCIDENTE, door(INCIDENTE, GOOD), "envios", True)
    filled = understand(INCIDENTE, json.loads(json.dumps(plain)), True).filled
    assert filled is not None
    assert [record.key for record in filled.records] == [instance_id(n) for n in range(len(GOOD))]


def test_sent_twice_and_corrected_on_the_server_it_is_once(albergues, tmp_path):  # noqa: F811
    here, there = make_activacion(), make_activacion()
    ids = str(here.id), str(there.id)
    db.session.close()
    (tmp_path / "envios.zip").write_bytes(central_zip(INCIDENTE, GOOD))
    (tmp_path / "envios.xlsx").write_bytes(kobo_xlsx(INCIDENTE, [*GOOD, GOOD[0]]))

    def load(name: str, activacion: str) -> tuple[int, int]:
        done = albergues(
            "formato", "leer", "incidente", str(tmp_path / name), "--guardar", "--activacion", activacion
        )
        assert done.exit_code == 0, done.output
        summary = json.loads(done.stdout.splitlines()[-1])
        return summary["guardadas"], summary["ya_estaban"]

    assert load("envios.zip", ids[0]) == (len(GOOD), 0)
    assert load("envios.zip", ids[0]) == (0, len(GOOD))
    assert load("envios.xlsx", ids[1]) == (1, len(GOOD))
    assert db.session.query(Registro).count() == len(GOOD) + 1


def test_errors_and_missing_parts_end_as_every_file_does(albergues, tmp_path):  # noqa: F811
    boleta = catalogo.latest("boleta_ingreso")
    (tmp_path / "malo.zip").write_bytes(central_zip(INCIDENTE, [GOOD[0] | {"ocurrido_en": "ayer"}]))
    bad = albergues("formato", "leer", "incidente", str(tmp_path / "malo.zip"))
    assert bad.exit_code == 1 and "hoja «incidente», celda" in bad.stdout
    household = {
        "ocurrido_en": "2026-11-20T18:05:00.000-06:00",
        "personas": [{"nombres": "Ana", "sexo": "mujer"}],
    }
    with zipfile.ZipFile(io.BytesIO(central_zip(boleta, [household]))) as archive:
        (tmp_path / "solo.csv").write_bytes(archive.read("boleta_ingreso.csv"))
    half = albergues("formato", "leer", "boleta_ingreso", str(tmp_path / "solo.csv"))
    assert half.exit_code == 2 and "el .zip completo" in half.output


@pytest.mark.parametrize(
    "entries",
    [
        {"a.csv": "tipo,KEY\n" + "x" * 90_000_000},
        {f"{n}.csv": "tipo,KEY\n" for n in range(70)},
        {"leame.txt": "hola"},
        {"a.csv": "\x00\x01\x02" * 9000},
    ],
    ids=["desmedido", "demasiadas", "sin_listas", "basura"],
)
def test_a_hostile_folder_is_refused_with_a_sentence(entries):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    with pytest.raises(ArchivoIlegible) as refused:
        open_file(INCIDENTE, packed.getvalue(), "envios.zip", True)
    assert refused.value.mensaje.endswith(".")
