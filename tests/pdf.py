"""What a PDF says, read by pdfium: twenty times as fast as reading it in Python."""

from __future__ import annotations

import pypdfium2 as pdfium


def pages_of(content: bytes) -> list[str]:
    """The text of each page."""
    with pdfium.PdfDocument(content) as document:
        return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def text_of(content: bytes) -> str:
    """Every word, with plain spaces."""
    return " ".join(" ".join(pages_of(content)).split())
