"""What the limited child looks at in a PDF that somebody hands in: its pages, and whether anything acts by itself."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

_ACTIVE = frozenset(
    (
        *("/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/EmbeddedFile", "/RichMedia", "/XFA", "/AA"),
        *("/OpenAction", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Sound", "/Movie", "/Filespec"),
        "/FileAttachment",
    )
)
"""Names of what a blank to print has no need of: scripts, programs, files inside, films, sendings."""
_MOST_OBJECTS = 50_000


def inspect(content: bytes) -> dict[str, Any]:
    """Pages, and whether it is locked or holds anything active."""
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(content), strict=False)
    if reader.is_encrypted:
        return {"paginas": 0, "activo": True}
    active = any(name in _ACTIVE for name in _names(reader))
    return {"paginas": len(reader.pages), "activo": active}


def _names(reader: Any) -> Iterator[str]:
    """Every key, and every value that is a name, of every object of the file, reachable or not."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

    numbers = {(n, g) for g, table in reader.xref.items() for n in table}
    numbers |= {(n, 0) for n in reader.xref_objStm}
    if len(numbers) > _MOST_OBJECTS:
        yield "/JS"
        return
    todo: list[Any] = [reader.trailer, *(IndirectObject(n, g, reader) for n, g in sorted(numbers))]
    while todo:
        value = todo.pop()
        if isinstance(value, IndirectObject):
            value = value.get_object()
            if isinstance(value, IndirectObject):
                continue
        if isinstance(value, DictionaryObject):
            for key, inside in value.items():
                # an action that only shows the first page is what every word processor writes
                if key == "/OpenAction" and not isinstance(_direct(inside), DictionaryObject):
                    continue
                yield str(key)
                todo += [] if isinstance(inside, IndirectObject) else [inside]
        elif isinstance(value, ArrayObject):
            todo += [inside for inside in value if not isinstance(inside, IndirectObject)]
        elif isinstance(value, NameObject):
            yield str(value)


def _direct(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value
