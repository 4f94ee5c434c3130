"""Hostile files (T11): none is accepted, none hurts the parent, each gets its sentence in time."""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from albergues_app.interchange import sandbox
from albergues_app.interchange.containers import MAX_BYTES
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.tables import open_table
from tests.interchange.build_files import SHEET_HEAD, SHEET_TAIL, WORKBOOK, ods, raw_xlsx, xlsx, zipped
from tests.interchange.shared_data import data

HONEST = xlsx(("lista", [["nombre", "municipio"], ["Escuela", "0501"]]))
ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>nombre</t></is></c></row>'
SHEET = SHEET_HEAD + ROW + SHEET_TAIL
XXE = '<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "ja"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>'
)


def with_prolog(prolog: str, xml: str) -> str:
    return xml.replace('<?xml version="1.0"?>', '<?xml version="1.0"?>' + prolog, 1)


def many_rows(megabytes: int) -> Iterator[bytes]:
    """Sheet XML that packs below the ratio limit: numbers, each another one."""
    yield SHEET_HEAD.encode()
    size, number = 0, 0
    while size < megabytes * 1024 * 1024:
        number += 1
        cells = "".join(
            f'<c r="{c}{number}"><v>{number * 7919 % 99991}.{number * 31 % 977}</v></c>' for c in "ABCDEFGH"
        )
        piece = f'<row r="{number}">{cells}</row>'.encode()
        size += len(piece)
        yield piece
    yield SHEET_TAIL.encode()


def lying_size() -> bytes:
    """A zip that declares 1,000 bytes for an entry of 30 MB."""
    packed = bytearray(raw_xlsx(SHEET, {"xl/media/a.bin": b"\0" * (30 * 1024 * 1024)}))
    real, false = struct.pack("<I", 30 * 1024 * 1024), struct.pack("<I", 1000)
    while (at := packed.find(real)) >= 0:
        packed[at : at + 4] = false
    return bytes(packed)


def encrypted_flag() -> bytes:
    packed = bytearray(HONEST)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = packed.find(signature)
        packed[at + offset] |= 1
    return bytes(packed)


def repeated_name() -> bytes:
    out = io.BytesIO(HONEST)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", SHEET)
    return out.getvalue()


def shared_string_bomb() -> bytes:
    """One text of 32,000 letters, told 60,000 times: 2 GB of cells in a file of a few MB."""
    strings = (
        '<?xml version="1.0"?>'
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="1" '
        f'uniqueCount="1"><si><t>{"abcdefghij" * 3200}</t></si></sst>'
    )
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 60_001))
    book = raw_xlsx(SHEET_HEAD + rows + SHEET_TAIL, {"xl/sharedStrings.xml": strings.encode()})
    return book.replace(b"", b"")


CELL = '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
BOMBS: dict[str, Callable[[], bytes]] = {
    "50 MB unpacked": lambda: raw_xlsx(many_rows(50)),
    "ratio above 100": lambda: raw_xlsx(SHEET_HEAD + " " * (5 * 1024 * 1024) + ROW + SHEET_TAIL),
    "one entry of 200 MB of zeros": lambda: raw_xlsx(SHEET, {"xl/media/a.bin": b"\0" * (200 * 1024 * 1024)}),
    "many entries that add up": lambda: raw_xlsx(
        SHEET, {f"xl/media/{n}.bin": b"\0" * 250_000 for n in range(100)}
    ),
    "1,200 entries": lambda: raw_xlsx(SHEET, {f"xl/media/{n}.bin": b"x" for n in range(1200)}),
    "false declared size": lying_size,
    "one cell at the far corner": lambda: raw_xlsx(
        SHEET_HEAD + ROW + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + SHEET_TAIL
    ),
    "one shared string in 60,000 cells": shared_string_bomb,
    "ods with a row repeated a million times": lambda: ods(
        f'<table:table-row table:number-rows-repeated="1048576">{CELL * 3}</table:table-row>'
    ),
    "ods with a cell repeated a thousand million times": lambda: ods(
        '<table:table-row table:number-rows-repeated="1000000">'
        + CELL.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="16384"')
        + "</table:table-row>"
    ),
    "csv of 21 MB": lambda: b"nombre,nota\n" + b"a,b\n" * (21 * 1024 * 1024 // 4),
    "csv with one cell of 10 MB": lambda: b"nombre\n" + b"a" * 10_000_000,
    "csv of four million rows": lambda: b"a\n" * 4_000_000,
    "csv with 100,000 columns": lambda: b"nombre" + b"," * 100_000 + b"x\n",
    "json 100,000 deep": lambda: b'{"a":' * 100_000,
    "json number of a million digits": lambda: (
        b'{"type":"FeatureCollection","features":[' + b"9" * 1_000_000 + b"]}"
    ),
}
TRICKS: dict[str, Callable[[], bytes]] = {
    "XXE in the sheet": lambda: raw_xlsx(with_prolog(XXE, SHEET)),
    "XXE in the workbook": lambda: raw_xlsx(SHEET, workbook=with_prolog(XXE, WORKBOOK)),
    "XXE in the shared strings": lambda: raw_xlsx(
        SHEET, {"xl/sharedStrings.xml": with_prolog(XXE, '<?xml version="1.0"?><sst>&x;</sst>').encode()}
    ),
    "XXE after a long comment": lambda: raw_xlsx(with_prolog(f"<!--{'-x' * 9000}-->{XXE}", SHEET)),
    "XXE in UTF-16": lambda: raw_xlsx(
        SHEET, {"xl/styles.xml": with_prolog(XXE, '<?xml version="1.0"?><s/>').encode("utf-16")}
    ),
    "XXE in ods": lambda: ods("", XXE),
    "entity bomb": lambda: raw_xlsx(with_prolog(LAUGHS, SHEET)),
    "entity bomb in ods": lambda: ods("", LAUGHS),
    "external DTD": lambda: raw_xlsx(with_prolog('<!DOCTYPE w SYSTEM "http://x.invalid/a.dtd">', SHEET)),
    "parameter entity": lambda: raw_xlsx(
        with_prolog('<!DOCTYPE w [<!ENTITY % p SYSTEM "file:///x"> %p;]>', SHEET)
    ),
    "macros in xlsx": lambda: raw_xlsx(SHEET, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    "macros in ods": lambda: ods("", **{"Basic/Standard/a.xml": b"<a/>"}),
    "macros in xls": lambda: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "_VBA_PROJECT".encode("utf-16-le")
    ),
    "password in ole": lambda: (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    ),
    "password in zip": encrypted_flag,
    "zip slip": lambda: raw_xlsx(SHEET, {"../../etc/cron.d/x": b"x"}),
    "zip slip by backslash": lambda: raw_xlsx(SHEET, {"..\\..\\x": b"x"}),
    "absolute path": lambda: raw_xlsx(SHEET, {"/etc/x": b"x"}),
    "drive letter": lambda: raw_xlsx(SHEET, {"C:\\x": b"x"}),
    "repeated entry": repeated_name,
    "binary workbook": lambda: zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"x"}),
    "word document": lambda: zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}),
    "plain zip": lambda: zipped({"lista.csv": b"nombre\nEscuela\n"}),
    "zip in zip": lambda: zipped({"a.zip": HONEST}),
    "empty zip": lambda: zipped({}),
    "odt document": lambda: zipped(
        {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}
    ),
    "picture with a workbook behind": lambda: b"GIF89a" + b"\0" * 20 + HONEST,
    "pdf with a workbook behind": lambda: b"%PDF-1.4\n" + HONEST,
    "csv with a workbook behind": lambda: b"nombre,nota\nEscuela,x\n" + HONEST,
    "web page named xls": lambda: b"  <!DOCTYPE html><html><script>alert(1)</script><table></table></html>",
    "svg with script": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "program": lambda: b"MZ" + b"\0" * 500,
    "elf": lambda: b"\x7fELF" + b"\0" * 500,
    "rar": lambda: b"Rar!\x1a\x07" + b"\0" * 100,
    "7z": lambda: b"7z\xbc\xaf\x27\x1c" + b"\0" * 100,
    "sqlite": lambda: b"SQLite format 3\0" + b"\0" * 100,
    "rtf": lambda: b"{\\rtf1 x}",
    "random bytes": lambda: bytes((i * 7919 >> 3) & 255 for i in range(5000)),
    "json of infinity": lambda: (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        b'"geometry":{"type":"Point","coordinates":[Infinity,1]}}]}'
    ),
    "json of 1e999": lambda: (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        b'"geometry":{"type":"Point","coordinates":[1e999,1]}}]}'
    ),
    **{
        f"cut at {percent} %": (lambda p=percent: HONEST[: len(HONEST) * p // 100])
        for percent in (5, 30, 60, 90, 99)
    },
}


def rss_kb() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmRSS")))


@pytest.mark.parametrize("name", [*BOMBS, *TRICKS])
def test_a_hostile_file_is_refused_in_time_and_costs_the_parent_nothing(name):
    content = (BOMBS | TRICKS)[name]()
    before, start = rss_kb(), time.monotonic()
    with pytest.raises(ArchivoIlegible) as refused:
        open_table(content, "lista.xlsx")
    assert time.monotonic() - start <= sandbox.WALL_S + 1
    assert rss_kb() - before <= 50_000
    assert refused.value.mensaje.endswith(".") and "Traceback" not in refused.value.mensaje


def test_the_corpus_is_large_enough():
    assert len(BOMBS) + len(TRICKS) >= 60


@pytest.mark.parametrize("folder", ["hojas", "geojson_invalido"])
def test_odd_files_of_other_projects_are_read_or_refused(folder):
    invalid = 0
    for path in sorted(data("hostiles", folder).iterdir()):
        try:
            tabla = open_table(path, path.name)
        except ArchivoIlegible as refused:
            invalid += 1
            assert refused.mensaje.endswith(".")
        else:
            assert tabla.hojas, path.name
            json.dumps([[str(c) for c in fila] for h in tabla.hojas for fila in h.filas])
    assert invalid == (0 if folder == "hojas" else 15)


def test_a_table_just_under_the_limit_is_read():
    body = b"nombre,nota\n" + b"Escuela de la aldea,una nota de largo corriente\n" * 90_000
    assert len(body) < MAX_BYTES
    assert len(open_table(body, "x.csv").hojas[0].filas) == 90_001
