"""Styles, scripts and icons: compressed for the wire, and kept for long where their address carries their date."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.utils import safe_join

FOR_GOOD = "public, max-age=31536000, immutable"
TYPES = {
    ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml",
    ".json": "application/json",
}  # fmt: skip
"""What shrinks when it is compressed; pictures and fonts are sent as they are."""


def init_app(app: Flask) -> None:
    """Take the place of Flask's own static view, under the same name and address."""

    def static(filename: str) -> Response:
        response = _packed(app, filename) or app.send_static_file(filename)
        if "v" in request.args and not app.debug:
            response.headers["Cache-Control"] = FOR_GOOD
        return response

    app.view_functions["static"] = static


def _packed(app: Flask, filename: str) -> Response | None:
    """The file compressed, or None where it is better as it stands."""
    kind = TYPES.get(Path(filename).suffix)
    if kind is None or "gzip" not in request.accept_encodings:
        return None
    path = safe_join(app.static_folder or "", filename)
    if path is None or not Path(path).is_file():
        return None
    stamp = Path(path).stat().st_mtime_ns
    response = Response(_compress(path, stamp), mimetype=kind)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(f"{stamp:x}-gz")
    response.make_conditional(request)
    return response


@lru_cache(maxsize=64)
def _compress(path: str, stamp: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)
