"""Which reader takes a filled file: by what it holds, never by its name. Two small tables to add to.

A file is a table (Excel, ODS, CSV: opened elsewhere, handed over as values) or it is not (JSON, PDF). What is
no table has a ``FileReader``; how records lie in tables is a ``Layout``. Both end in the same ``Filled``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from albergues_app.formats.engine import Formato
from albergues_app.formats.outputs.columns_in import Sheets
from albergues_app.formats.outputs.xlsform_in import is_submissions, read_submissions
from albergues_app.formats.outputs.xlsx_in import Filled, UnreadableWorkbook


@dataclass(frozen=True)
class FileReader:
    """A file that is no table.

    ``read`` names ``module:function``, called as ``(formato, content, gate)`` in a child with little memory and
    little time; it gives a Filled whose raw answers are JSON types, or raises UnreadableWorkbook.
    """

    code: str
    label: str
    end: str
    starts: tuple[bytes, ...]
    read: str

    def load(self) -> Callable[[Formato, bytes, bool], Filled]:
        """Return the function that reads."""
        module, name = self.read.split(":")
        function: Callable[[Formato, bytes, bool], Filled] = getattr(import_module(module), name)
        return function


@dataclass(frozen=True)
class Layout:
    """How another program lays records in tables. ``fits`` and ``read`` are called as ``(formato, sheets, gate)``."""

    code: str
    label: str
    fits: Callable[[Formato, Sheets, bool], bool]
    read: Callable[[Formato, Sheets, bool], Filled]


FILES: tuple[FileReader, ...] = (
    FileReader("json", "JSON", ".json", (b"{", b"["), "albergues_app.formats.outputs.flat_in:read_json"),
    FileReader("pdf", "PDF", ".pdf", (b"%PDF-",), "albergues_app.formats.outputs.acroform_in:read_pdf"),
)

LAYOUTS: tuple[Layout, ...] = (Layout("odk", "ODK o Kobo", is_submissions, read_submissions),)
"""Asked in order before our own: sheets per repeating section, or one flat table."""


def file_reader(content: bytes) -> FileReader | None:
    """The reader of a file that is no table; None where it may be one."""
    head = content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((one for one in FILES if head.startswith(one.starts)), None)


def layout_of(formato: Formato, sheets: Sheets, gate: bool) -> Layout | None:
    """Whose layout the tables have; None for our own."""
    return next((one for one in LAYOUTS if one.fits(formato, sheets, gate)), None)


def read_file(one: FileReader, formato: Formato, content: bytes, gate: bool) -> Filled:
    """Call the reader. :raises UnreadableWorkbook: with one sentence that says what to do."""
    filled = one.load()(formato, content, gate)
    if not filled.records:
        raise UnreadableWorkbook("El archivo no tiene filas llenas.")
    return filled
