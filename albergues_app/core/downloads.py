"""A file as the answer to a request."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response

PDF = "application/pdf"
CSV = "text/csv; charset=utf-8"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(
    content: bytes | str | Iterable[bytes], kind: str, name: str, *, inline: bool = False
) -> Response:
    """A file with its name, of our own making: never what a person typed. ``inline``: the browser may show it.

    Nobody keeps it on the way unless the view says so in ``Cache-Control``.
    """
    response = Response(content, mimetype=kind)
    how = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response
