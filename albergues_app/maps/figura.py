"""A Folium figure that loads nothing from another host and writes a fragment for our own page.

Folium and branca add links to public CDNs in several places, some of them only while rendering.
`figura_local` looks at the links after everything rendered, and maps each by its name to a file of ours or
to nothing. A name nobody listed raises KeyError: it fails in a test, not in the field.

The fragment carries placeholders that `served.ServedFrame` fills for each request:

- ``__NONCE__``          the CSP nonce; written only on the tags of this template, never by regex on the page
- ``__ESTATICO:path__``  address of a static file of ours

folium and branca are imported inside the functions: together they cost 90 MB.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import folium

NONCE: Final = "__NONCE__"

LOCAL: Final[dict[str, str | None]] = {
    "leaflet": "vendor/leaflet/leaflet.js",
    "leaflet_css": "vendor/leaflet/leaflet.css",
    "markerclusterjs": "vendor/markercluster/leaflet.markercluster.js",
    "markerclustercss": "vendor/markercluster/MarkerCluster.css",
    "mapa_css": "css/mapa.css",
    "markerclusterdefaultcss": None,  # our clusters have their own look
    "bootstrap_css": None,  # the page has it already
    "bootstrap": None,
    "jquery": None,
    "awesome_markers": None,
    "awesome_markers_css": None,
    "awesome_markers_font_css": None,
    "awesome_rotate_css": None,
    "glyphicons_css": None,
    "d3": None,
}
"""Link name in Folium → path under static/, or None for what we do without."""


def static_placeholder(path: str) -> str:
    return f"__ESTATICO:{path}__"


def local_links(names: list[str]) -> list[str]:
    """Static paths of the links Folium asked for, without those we do without.

    Raises KeyError when a name is not in LOCAL.
    """
    return [path for path in (LOCAL[name] for name in names) if path is not None]


def render_fragment(mapa: folium.Map, *, modulo: str) -> str:
    """Render a Folium map as a fragment of HTML for one of our pages.

    Parameters
    ----------
    mapa : folium.Map
        With no text typed by people anywhere in it.
    modulo : str
        Static path of the ES module that takes over once the map exists.

    Returns
    -------
    str
        Style sheets, the map's HTML, scripts and Folium's own script, with placeholders. No document, no
        head: Folium's page-wide styles and switches are left out on purpose.

    Raises
    ------
    KeyError
        If a plugin asks for a file that LOCAL does not know.
    """
    from branca.element import CssLink, Figure, JavascriptLink

    figura = Figure()
    figura.add_child(mapa)
    for child in list(figura._children.values()):
        child.render()
    header = figura.header._children.items()
    css = local_links([name for name, el in header if isinstance(el, CssLink)])
    js = local_links([name for name, el in header if isinstance(el, JavascriptLink)])

    def tag_url(path: str) -> str:
        return escape(static_placeholder(path), quote=True)

    return "\n".join(
        [
            *(f'<link rel="stylesheet" href="{tag_url(path)}">' for path in css),
            figura.html.render().strip(),
            *(f'<script src="{tag_url(path)}" nonce="{NONCE}"></script>' for path in js),
            f'<script nonce="{NONCE}">{figura.script.render().strip()}</script>',
            f'<script type="module" src="{tag_url(modulo)}" nonce="{NONCE}"></script>',
        ]
    )
