"""What a web worker needs to serve the command's map: no folium, no geopandas.

frame = ServedFrame.load(instance_folder / "mapa")            # once per worker, again when it changes
html = frame.render(nonce=…, static_url=…, datos_url=…, archivos_url=…, ficha_url=…)
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from markupsafe import Markup, escape

_PLACEHOLDER = re.compile(r"__(?:(NONCE|DATOS|FICHA|ARCHIVOS)|ESTATICO:([A-Za-z0-9./_-]+))__")


class FrameMissing(FileNotFoundError):
    """The frame was not built yet, or its folder is not whole: run the command that builds the map."""


@dataclass(frozen=True)
class ServedFrame:
    """One edition of the frames. `manifest` is the content of manifest.json; `credito` its credit line.

    `formatos` is the frame of the map of the formats; "" in a folder built before there was one.
    """

    folder: Path
    manifest: dict[str, Any]
    template: str
    formatos: str = ""

    @classmethod
    def load(cls, out_dir: Path) -> Self:
        """Read the edition in use. Raises FrameMissing."""
        try:
            manifest = json.loads((out_dir / "manifest.json").read_text(encoding="utf-8"))
            folder = out_dir / manifest["edicion"]["codigo"]
            formats = manifest.get("marco_formatos")
            return cls(
                folder,
                manifest,
                (folder / manifest["marco"]).read_text(encoding="utf-8"),
                (folder / formats).read_text(encoding="utf-8") if formats else "",
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FrameMissing("El mapa todavía no está preparado.") from error

    @property
    def edicion(self) -> str:
        return str(self.manifest["edicion"]["codigo"])

    @property
    def credito(self) -> str:
        return str(self.manifest["credito"])

    @property
    def lookup_path(self) -> Path:
        """File for `MunicipioLookup.load`."""
        return self.folder / str(self.manifest["indice"])

    def file(self, name: str) -> Path | None:
        """Path of a boundaries file to send, or None when `name` is not one of this edition's JSON files.

        Names carry a hash: answer them with ``Cache-Control: public, max-age=31536000, immutable``.
        """
        if name in self.manifest["archivos"] and name.endswith(".json"):
            return self.folder / name
        return None

    def render(
        self,
        *,
        nonce: str,
        static_url: Callable[[str], str],
        datos_url: str,
        archivos_url: str,
        ficha_url: str = "",
        template: str | None = None,
    ) -> Markup:
        """The fragment for one request.

        Parameters
        ----------
        nonce : str
            The CSP nonce of this answer.
        static_url : callable
            'js/mapa.js' → its address, for instance ``lambda p: url_for("static", filename=p)``.
        datos_url : str
            Address of the map's JSON.
        archivos_url : str
            Address under which `file` is served; a final slash is added.
        ficha_url : str
            Address of a shelter's page with ``__CODIGO__`` where its code goes, or "" for no link.
        template : str, optional
            The frame to fill, of this edition; the command's when omitted.

        Returns
        -------
        Markup
            Every value is escaped; the template itself is our own build product and holds no text from
            people.
        """
        values = {
            "NONCE": nonce,
            "DATOS": datos_url,
            "FICHA": ficha_url,
            "ARCHIVOS": archivos_url.rstrip("/") + "/",
        }

        def fill(match: re.Match[str]) -> str:
            name, static = match.groups()
            return str(escape(values[name] if name else static_url(static)))

        return Markup(_PLACEHOLDER.sub(fill, template or self.template))  # noqa: S704 (own file, values escaped)
