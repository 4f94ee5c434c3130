"""The frames of the maps, the command's and that of the formats: what Folium draws, and nothing typed by people.

Folium makes the map, its limits, its scale, its zoom buttons in Spanish, the boundaries layer (fetched from
an immutable file) and the HTML around it: switch, legend, credit. Shelters and figures come later, as JSON,
through `static/js/mapa.js`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from albergues_app.territorio.data import BOUNDS

if TYPE_CHECKING:
    import folium


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the maps: its template beside this file, its ES module, and whether it gathers markers."""

    name: str
    template: str
    module: str
    clusters: bool


MANDO: Final = Kind("mando", "marco.jinja", "js/mapa.js", clusters=True)
FORMATOS: Final = Kind("formatos", "marco_formatos.jinja", "js/mapa-formatos.js", clusters=False)
MAP_NAME: Final = "map_mando"
MODULE: Final = MANDO.module


def make_frame(*, departamentos: str, credito: str, kind: Kind = MANDO) -> folium.Map:
    """Build the Folium map of the country.

    Parameters
    ----------
    departamentos : str
        Name of the boundaries file inside the edition's folder.
    credito : str
        Source, date and licence of the boundaries, from the manifest.
    kind : Kind
        Which of the maps.

    Returns
    -------
    folium.Map
        EPSG:3857 on screen, data in EPSG:4326, no tiles; ready for `figura.render_fragment`.
    """
    import folium
    from branca.element import MacroElement
    from folium.elements import JSCSSMixin
    from jinja2 import Environment

    west, south, east, north = BOUNDS

    class Marco(JSCSSMixin, MacroElement):
        """Our HTML around the map and the boundaries layer; asks for the cluster plugin's files."""

        _template = Environment(autoescape=False).from_string(  # noqa: S701 (values use |e and |tojson)
            Path(__file__).with_name(kind.template).read_text(encoding="utf-8")
        )
        default_js = [("markerclusterjs", "")] if kind.clusters else []
        default_css = [("markerclustercss", ""), ("mapa_css", "")] if kind.clusters else [("mapa_css", "")]

        def __init__(self) -> None:
            super().__init__()
            self._name = "Marco"
            self._id = kind.name
            self.mapa = f"map_{kind.name}"
            self.departamentos = departamentos
            self.credito = credito
            self.limites = [[south, west], [north, east]]

    mapa = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=7,
        tiles=None,
        zoom_control=False,
        attributionControl=False,
        min_zoom=5,
        max_zoom=18,
    )
    mapa._id = kind.name
    options: dict[str, Any] = {
        "minZoom": 5,
        "maxZoom": 18,  # max_zoom only reaches a tile layer; without it clustering draws nothing
        "zoomSnap": 0.1,
        "zoomDelta": 1,
        "wheelPxPerZoomLevel": 90,
        "scrollWheelZoom": False,  # mapa.js turns it on while the map has the focus
        "maxBounds": [[south - 3, west - 4], [north + 3, east + 4]],
    }
    mapa.options.update(options)
    mapa.add_child(Marco())
    return mapa
