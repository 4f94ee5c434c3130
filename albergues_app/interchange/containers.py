"""What a file is, by its content, and whether what it says of itself stays within the limits (T11).

Runs before any library opens the file. Nothing here unpacks more than one entry at a time, and never to disk.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Final
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from albergues_app.interchange.errors import DAMAGED, ArchivoIlegible

MEGABYTE: Final = 1024 * 1024
MAX_BYTES: Final = 20 * MEGABYTE
"""Of the file as given, and of all it unpacks to."""
MAX_RATIO: Final = 100
MAX_ENTRIES: Final = 1_000
_RATIO_MATTERS_FROM: Final = 256 * 1024
"""Below this an entry cannot hurt, and the small XML parts of honest workbooks pack very well."""

_OTHER_KINDS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "es un PDF"),
    (b"\x89PNG", "es una imagen"),
    (b"\xff\xd8\xff", "es una imagen"),
    (b"GIF8", "es una imagen"),
    (b"RIFF", "es una imagen, un sonido o un video"),
    (b"{\\rtf", "es un documento de texto"),
    (b"\x1f\x8b", "está comprimido (.gz)"),
    (b"BZh", "está comprimido (.bz2)"),
    (b"\xfd7zXZ", "está comprimido (.xz)"),
    (b"7z\xbc\xaf", "está comprimido (.7z)"),
    (b"Rar!", "está comprimido (.rar)"),
    (b"SQLite format 3", "es una base de datos"),
    (b"\x7fELF", "es un programa"),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP: Final = re.compile(
    rb"^\s*<(\?xml|!doctype|!--|html|head|body|table|meta|svg|[a-z0-9]+:)", re.IGNORECASE
)
_ERROR_CELL: Final = re.compile(rb"<c\b[^>]*\bt=[\"']e[\"']")


def check_size(size: int) -> None:
    """Refuse an empty file and one above the limit, by its bytes."""
    if not size:
        raise ArchivoIlegible("El archivo está vacío. Elija el archivo que tiene la lista.")
    if size > MAX_BYTES:
        raise ArchivoIlegible(
            f"El archivo pesa {size / MEGABYTE:.1f} MB y el máximo son {MAX_BYTES // MEGABYTE} MB. "
            "Quite imágenes y hojas que no hagan falta, o divida la lista en varios archivos."
        )


def kind_of(data: bytes) -> str:
    """``zip`` | ``xls`` | ``json`` | ``text``: by content, never by name.

    :raises ArchivoIlegible: it is plainly something else, and the sentence says what.
    """
    for magic, what in _OTHER_KINDS:
        if data.startswith(magic):
            raise ArchivoIlegible(
                f"El archivo no es una tabla: {what}. Envíe la lista como .xlsx, .ods, .csv o .geojson."
            )
    if data.startswith(b"PK"):
        return "zip"
    if data.startswith(_OLE):
        return "xls"
    if data.startswith(b"MZ") and b"\0" in data[:512]:
        raise ArchivoIlegible(
            "El archivo no es una tabla: es un programa. No lo abra; envíe la lista como .xlsx."
        )
    body = data.removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(body[:512]):
        raise ArchivoIlegible(
            "El archivo es una página web o XML guardado con nombre de tabla. Ábralo en Excel o LibreOffice, "
            "guárdelo como .xlsx y vuelva a intentarlo."
        )
    if body[:512].lstrip()[:1] in (b"{", b"["):
        return "json"
    return "text"


def check_xls(data: bytes) -> None:
    """Old Excel: refuse macros and passwords, which are named inside the container."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise ArchivoIlegible(LOCKED)
    if "_VBA_PROJECT".encode("utf-16-le") in data:
        raise ArchivoIlegible(_MACROS)


def check_zip(data: bytes) -> tuple[str, list[str]]:
    """Hold a packed file against the limits; says what it is and what to warn of.

    It is ``xlsx``, ``ods``, or ``csv``: a folder of them. Declared sizes are checked first; then each entry is
    unpacked once, in pieces: a false size is found.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_declared(entries)
            kind = _workbook_kind(archive, {e.filename for e in entries})
            warnings = _check_contents(archive, entries)
    except ArchivoIlegible:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ArchivoIlegible(DAMAGED) from error
    return kind, warnings


FOLDER: Final = (
    "El archivo es una carpeta comprimida, no una tabla. Descomprímala y envíe la lista como .xlsx, "
    ".ods o .csv."
)
LOCKED: Final = (
    "El libro tiene contraseña. Ábralo, quítele la contraseña, guárdelo como .xlsx y vuelva a intentarlo."
)
_MACROS: Final = (
    "El libro trae macros y no se abre por seguridad. Guárdelo como «Libro de Excel (.xlsx)», sin macros, "
    "y vuelva a intentarlo."
)
_BOMB: Final = (
    "El archivo se desempaca a un tamaño desmedido y no se abre por seguridad. Copie la lista, como "
    "valores, a un "
    "libro nuevo, guárdelo como .xlsx y vuelva a intentarlo."
)


def _check_declared(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ArchivoIlegible(_BOMB)
    if sum(e.file_size for e in entries) > MAX_BYTES:
        raise ArchivoIlegible(_BOMB)
    names = [e.filename for e in entries]
    if len(set(names)) != len(names):
        raise ArchivoIlegible(DAMAGED)
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise ArchivoIlegible(LOCKED)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchivoIlegible(DAMAGED)
        parts = re.split(r"[/\\]", entry.filename)
        if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
            raise ArchivoIlegible(DAMAGED)
        if entry.file_size > _RATIO_MATTERS_FROM and entry.file_size > MAX_RATIO * max(
            entry.compress_size, 1
        ):
            raise ArchivoIlegible(_BOMB)


def _workbook_kind(archive: zipfile.ZipFile, names: set[str]) -> str:
    lowered = {n.lower() for n in names}
    if any(n.endswith("vbaproject.bin") for n in lowered) or any(n.startswith("basic/") for n in lowered):
        raise ArchivoIlegible(_MACROS)
    if "xl/workbook.xml" in lowered and "[content_types].xml" in lowered:
        return "xlsx"
    if "mimetype" in names and "content.xml" in names:
        with archive.open("mimetype") as file:
            mimetype = file.read(200)
        if mimetype.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
            return "ods"
        raise ArchivoIlegible(
            "El archivo es un documento, no una hoja de cálculo. Pase la lista a una hoja .ods o .xlsx."
        )
    if "xl/workbook.bin" in lowered:
        raise ArchivoIlegible(
            "El libro está en formato binario (.xlsb). Guárdelo como .xlsx y vuelva a intentarlo."
        )
    if any(n.startswith("word/") for n in lowered):
        raise ArchivoIlegible(
            "El archivo es un documento de Word. Pase la lista a una hoja .xlsx y vuelva a intentarlo."
        )
    if any(n.endswith(".csv") for n in lowered):
        return "csv"
    raise ArchivoIlegible(FOLDER)


def _check_contents(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> list[str]:
    left = MAX_BYTES
    with_errors = False
    for entry in entries:
        is_xml = entry.filename.lower().endswith((".xml", ".rels"))
        body = io.BytesIO()
        with archive.open(entry) as file:
            while piece := file.read(MEGABYTE):
                left -= len(piece)
                if left < 0:
                    raise ArchivoIlegible(_BOMB)
                if is_xml:
                    body.write(piece)
        if is_xml:
            _refuse_dtd(body.getvalue())
            if entry.filename.lower().startswith("xl/worksheets/"):
                with_errors = with_errors or _ERROR_CELL.search(body.getbuffer()) is not None
    if not with_errors:
        return []
    return [
        "El libro tiene celdas con error de fórmula (#N/A, #REF! y otras). Se leyeron como vacías; "
        "revíselas si les falta un dato."
    ]


class _RootSeen(SAXException):
    """The prolog is over: a DTD can no longer appear."""


class _StopAtRoot(ContentHandler):
    def startElement(self, name: str, attrs: object) -> None:
        raise _RootSeen("root")


def _refuse_dtd(xml: bytes) -> None:
    """External entities and entity bombs need a DTD, which stands before the root element."""
    parser = create_parser(forbid_dtd=True)
    parser.setContentHandler(_StopAtRoot())
    try:
        parser.parse(io.BytesIO(xml))
    except _RootSeen:
        return
    except DefusedXmlException as error:
        raise ArchivoIlegible(
            "El archivo trae definiciones XML que no se aceptan por seguridad. Ábralo en Excel o "
            "LibreOffice, "
            "guárdelo de nuevo como .xlsx y vuelva a intentarlo."
        ) from error
    except SAXException as error:
        raise ArchivoIlegible(DAMAGED) from error
