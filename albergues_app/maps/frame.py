"""The frame of the command's map: what Folium draws, and nothing typed by people.

Folium makes the map, its limits, its scale, its zoom buttons in Spanish, the boundaries layer (fetched from
an immutable file) and the HTML around it: switch, legend, credit. Shelters and figures come later, as JSON,
through `static/js/mapa.js`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from albergues_app.territorio.data import BOUNDS

if TYPE_CHECKING:
    import folium

MAP_NAME: Final = "map_mando"
MODULE: Final = "js/mapa.js"

_TEMPLATE: Final = Path(__file__).with_name("marco.jinja")


def make_frame(*, departamentos: str, credito: str) -> folium.Map:
    """Build the Folium map of the country.

    Parameters
    ----------
    departamentos : str
        Name of the boundaries file inside the edition's folder.
    credito : str
        Source, date and licence of the boundaries, from the manifest.

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
            _TEMPLATE.read_text(encoding="utf-8")
        )
        default_js = [("markerclusterjs", "")]  # noqa: RUF012 (branca reads a class list)
        default_css = [("markerclustercss", ""), ("mapa_css", "")]  # noqa: RUF012

        def __init__(self) -> None:
            super().__init__()
            self._name = "Marco"
            self._id = "mando"
            self.mapa = MAP_NAME
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
    mapa._id = "mando"
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
