"""What the tests of the formats share: a small territory, a fixed hour, and the hostile files."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from albergues_app.formats.engine import Catalogo, Catalogos

DEPARTAMENTOS = {
    "01": "Guatemala",
    "09": "Quetzaltenango",
    "13": "Huehuetenango",
    "14": "Quiché",
    "05": "Escuintla",
}
MUNICIPIOS = {
    "0101": "Guatemala, Guatemala",
    "0503": "La Democracia, Escuintla",
    "0904": "San Carlos Sija, Quetzaltenango",
    "1312": "La Democracia, Huehuetenango",
    "1413": "Nebaj, Quiché",
    "1420": "Ixcán, Quiché",
}
MUNICIPIOS_POR_DEPARTAMENTO = dict(
    zip(
        range(1, 23),
        (17, 8, 16, 16, 14, 14, 19, 8, 24, 21, 9, 30, 33, 21, 8, 17, 14, 5, 11, 11, 7, 17),
        strict=True,
    )
)


@pytest.fixture(scope="session")
def catalogos() -> Catalogos:
    return Catalogos(
        {
            "departamento": Catalogo(DEPARTAMENTOS),
            "municipio": Catalogo(MUNICIPIOS, {"Santa María Nebaj": ("1413",)}),
        },
        MUNICIPIOS_POR_DEPARTAMENTO,
    )


@pytest.fixture(scope="session")
def ahora() -> dt.datetime:
    return dt.datetime(2026, 11, 21, 0, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def hostiles() -> Path:
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostiles"
    if not folder.is_dir():
        if "datos" in os.environ.get("ALBERGUES_EXIGIR", "").replace(",", " ").split():
            pytest.fail("ALBERGUES_EXIGIR pide los datos y falta la carpeta ../shared/data/hostiles")
        pytest.skip("no está la carpeta ../shared/data/hostiles")
    return folder
