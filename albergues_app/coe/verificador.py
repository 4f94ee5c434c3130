"""Verify an exported log of a COE with Python alone: `python verificador.py BITACORA.json` (or .csv).

The standard library only, and nothing of the application: whoever holds the file can run it. It says 0 when
every byte is as it was exported and 1 with the place of the first difference.

How it is chained: the activation's data have a hash; each entry's hash covers the one before and every field of
the entry; its texts go in by their own hash with a random salt, so that the chain still verifies when the
texts of an emergency are destroyed; its files go in by their SHA-256, so that whoever holds one can compare.
A closed period holds the hash of its last entry, which covers all before it, and stands on the closure before. The
last line holds how many entries there are, the last hash, and the hash of the lines before.

Edition 2 writes one entry a line, its values spelled as they are hashed: a million are checked in seconds, by all
the processors of the machine. Edition 1 (before `sellado`, `requiere_accion` and `adjuntos`) is still read.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import mmap
import multiprocessing
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from pathlib import Path
from typing import Any

FORMATO, FORMATO_1 = "bitacora-coe/2", "bitacora-coe/1"
CABECERA = ("id", "emergencia", "nivel", "departamento", "municipio", "activado_en", "acta")
TEXTOS = ("asunto", "detalle", "origen", "destino")
CAMPOS = (
    "folio", "id", "ocurrido_en", "registrado_en", "tipo", "prioridad", "medio", "turno", "periodo", "albergue",
    "territorio", "rectifica_a", "tardio", "cuenta",
)  # fmt: skip
CIERRE = ("numero", "hasta", "folio_desde", "folio_hasta", "cerrado_en", "cuenta", "cabeza")
AGREGADO = ("sellado", "requiere_accion", "adjuntos")
"""Chained too in every entry that has `sellado`: the hash of its sealed texts, and what edition 1 did not know."""
COLUMNAS_1 = ("fila", *CAMPOS, *TEXTOS, "sal", "texto", "anterior", "huella")
COLUMNAS = (*COLUMNAS_1[:-3], "nombres", *AGREGADO, *COLUMNAS_1[-3:])
DESTRUIDO = {
    "asunto": "Texto destruido con los datos de la emergencia",
    "detalle": "",
    "origen": None,
    "destino": None,
}
"""In place of the texts, without salt, once the key of the emergency was destroyed. Nothing else may stand there."""
PARALLEL_BYTES = 32 * 1024 * 1024
"""A smaller file is checked before another process has begun."""

_HASH, _STEP = 64, 4 * 1024 * 1024
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_spell = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def canonical(value: Any) -> str:
    """The one JSON text of a value."""
    return _encode(value)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def sha256(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def hash_of_coe(coe: dict[str, Any]) -> str:
    """Of the activation's data: what the first entry stands on."""
    return sha256(canonical([coe.get(name) for name in CABECERA]))


def hash_of_texts(sal: str, textos: dict[str, Any]) -> str:
    """Of what was written, and the names of its files if it has any, with the salt that keeps short texts from being
    guessed."""
    names = textos.get("nombres")
    return sha256(
        canonical([sal, *(textos.get(name) for name in TEXTOS), *([] if names is None else [names])])
    )


def hash_of_entry(anterior: str, entrada: dict[str, Any]) -> str:
    """Of one entry on the one before; ``texto`` is the hash of its texts."""
    values = [anterior, *(entrada.get(name) for name in CAMPOS), entrada.get("texto")]
    if entrada.get("sellado") is not None:
        values += [entrada.get(name) for name in AGREGADO]
    return sha256(canonical(values))


def hash_of_closure(anterior: str, cierre: dict[str, Any]) -> str:
    """Of a closed period on the one before (the first stands on the activation's data); ``cabeza`` is the hash of its
    last entry."""
    return sha256(canonical([anterior, *(cierre.get(name) for name in CIERRE)]))


def guard(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "'"} else text


def unguard(text: str) -> str:
    return text[1:] if text[:1] == "'" else text


class Altered(Exception):
    """Where the file is not as it was exported, in a sentence."""


def verify(name: str, content: bytes) -> int:
    """Check an export by its ending; returns how many entries it holds.

    :raises Altered: the first place that does not fit.
    """
    return _verify(name, content, None)


def verify_file(path: Path) -> int:
    """As ``verify``, of a file of any size, by several processes when it is large.

    :raises OSError: it cannot be read. :raises Altered: the first place that does not fit.
    """
    if path.stat().st_size < PARALLEL_BYTES:
        return _verify(path.name, path.read_bytes(), None)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _verify(path.name, content, path)


def _verify(name: str, content: Any, path: Path | None) -> int:
    """``content`` is bytes, or a map of the file at ``path``."""
    if name.lower().endswith(".csv"):
        return _verify_csv(content, path)
    if content[: len(_OPENING)] == _OPENING:
        return _verify_lines(content, path)
    return _verify_json(bytes(content[:]))


def _text(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Altered(f"El archivo no es texto UTF-8 desde el byte {error.start}.") from error


# ── JSON, one entry a line ──────────────────────────────────────────────────────────────────────────────────────────

_OPENING = f'{{"formato":"{FORMATO}",'.encode()
_KEY = re.compile(rb'(,"[a-z_]+":)')
_KEYS = [f',"{name}":'.encode() for name in (*CAMPOS[1:], "texto", *AGREGADO)]
_TEXT_KEYS = [f',"{name}":'.encode() for name in (*TEXTOS, "nombres")]
_FIRST_KEY, _TEXT, _BEFORE, _HASHED, _SALT = (
    b'{"folio":', b',"texto":"', b',"anterior":"', b'","huella":"', b'","sal":',
)  # fmt: skip


_GONE = _SALT + f"null,{_spell(DESTRUIDO)[1:]}".encode()


def opening_line(coe: dict[str, Any]) -> str:
    """The first line of a JSON export."""
    return f'{{"formato":"{FORMATO}","coe":{canonical(coe)},"entradas":['


def entry_line(entrada: dict[str, Any]) -> str:
    """One entry: its fields in their order, spelled as they are hashed."""
    asked = (
        *CAMPOS,
        "texto",
        *(AGREGADO if entrada.get("sellado") is not None else ()),
        "anterior",
        "huella",
        "sal",
    )
    values = {name: entrada.get(name) for name in (*asked, *TEXTOS)}
    files = entrada.get("adjuntos")
    if files and "adjuntos" in values:
        values["adjuntos"] = [dict(sorted(file.items())) for file in files]
    if entrada.get("nombres") is not None:
        values["nombres"] = entrada["nombres"]
    return _spell(values)


def closures_line(cierres: list[dict[str, Any]]) -> str:
    """The line after the entries: the closed periods."""
    return f'],"cierres":{canonical(cierres)}\n'


def last_line(total: int, cabeza: str, archivo: str) -> str:
    """The last line of a JSON export: how many, the last hash, the hash of the lines before."""
    return f',"total":{total},"cabeza":"{cabeza}","huella_archivo":"{archivo}"}}\n'


@dataclass(frozen=True)
class Tramo:
    """Some of the lines, checked by themselves: where they begin and end, or what is wrong in them."""

    folio: Any
    anterior: str
    cuantas: int
    huella: str
    marcas: dict[int, str]
    falla: str = ""


def _verify_lines(content: Any, path: Path | None) -> int:
    """An export of edition 2. ``content`` is bytes or a map of the file at ``path``."""
    first = content.find(b"\n") + 1
    last = content.rfind(b"\n", 0, max(len(content) - 1, 0)) + 1
    after = content.rfind(b"\n", 0, max(last - 1, 0)) + 1
    coe = _read_line(
        bytes(content[:first]) + b"]}", "coe", "Los datos de la activación del COE están dañados."
    )
    if first > after or not isinstance(coe, dict) or _bytes(opening_line(coe)) + b"\n" != content[:first]:
        raise Altered("Los datos de la activación del COE están dañados.")
    closures = _read_line(
        b'{"entradas":[' + bytes(content[after:last]) + b"}",
        "cierres",
        "El final del archivo está dañado o falta.",
    )
    pieces, digest = _check_pieces(
        _check_lines, content, path, (first, after, last), b"\n", _wanted(closures)
    )
    total, anterior, marks = _joined(coe, pieces)
    _verify_closures(coe, marks, total, closures)
    if last_line(total, anterior, digest).encode() != content[last:]:
        raise Altered(
            f"El final no corresponde: el archivo trae {total} entradas íntegras, y cambió otra línea o se quitó algo."
        )
    return total


def _read_line(line: bytes, name: str, fault: str) -> Any:
    try:
        return json.loads(line.decode())[name]
    except (ValueError, KeyError, TypeError) as error:
        raise Altered(fault) from error


def _wanted(closures: Any) -> frozenset[Any]:
    """The folios whose hashes the closed periods are compared with."""
    known = closures if isinstance(closures, list) else []
    return frozenset(
        c["folio_hasta"] for c in known if isinstance(c, dict) and isinstance(c.get("folio_hasta"), int)
    )


def _joined(coe: dict[str, Any], pieces: Iterable[Tramo]) -> tuple[int, str, dict[int, str]]:
    """Pieces one after another, from the activation's data: how many, the last hash, and the hashes asked for."""
    total, anterior, marks = 0, hash_of_coe(coe), {}
    for piece in pieces:
        if not piece.cuantas:
            continue
        if isinstance(piece.folio, int) and piece.folio != total + 1:
            raise Altered(_gap(total + 1, piece.folio))
        if isinstance(piece.folio, int) and piece.anterior != anterior:
            raise Altered(_broken(piece.folio))
        if piece.falla:
            raise Altered(piece.falla)
        total, anterior = total + piece.cuantas, piece.huella
        marks.update(piece.marcas)
    return total, anterior, marks


def _check_pieces(
    check: Callable[[bytes, frozenset[Any]], Tramo],
    content: Any,
    path: Path | None,
    places: tuple[int, int, int],
    ending: bytes,
    wanted: frozenset[Any],
) -> tuple[list[Tramo], str]:
    """The entries, piece by piece among the processors; and the hash of all lines but the last.

    ``places``: where the entries begin, where they end, where the last line begins; ``ending``: of each of them.
    """
    first, after, last = places
    cuts = [first]
    while cuts[-1] < after:
        at = content.rfind(ending, cuts[-1], min(cuts[-1] + _STEP, after)) + len(ending)
        cuts.append(at if at > cuts[-1] and after - cuts[-1] > _STEP else after)
    pieces = list(zip(cuts, cuts[1:]))  # noqa: B905, RUF007 - Python 3.9 runs it too
    workers = min(os.cpu_count() or 1, 8, len(pieces)) if path is not None else 1
    if workers < 2:
        return [check(content[a:b], wanted) for a, b in pieces], hashlib.sha256(content[:last]).hexdigest()
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        asked = pool.starmap_async(
            _check_in_file, [(check, str(path), a, b, wanted) for a, b in pieces], chunksize=1
        )
        whole = hashlib.sha256()
        for at in range(0, last, _STEP):
            whole.update(content[at : min(at + _STEP, last)])
        return asked.get(), whole.hexdigest()


def _check_in_file(
    check: Callable[[bytes, frozenset[Any]], Tramo], name: str, start: int, end: int, wanted: frozenset[Any]
) -> Tramo:
    with Path(name).open("rb") as file:
        file.seek(start)
        return check(file.read(end - start), wanted)


def _check_lines(content: bytes, wanted: frozenset[Any]) -> Tramo:
    return _chained((_check_line(line) for line in content.split(b"\n") if line), wanted)


def _chained(entries: Iterable[tuple[Any, str, str, str]], wanted: frozenset[Any]) -> Tramo:
    """Entries as (folio, previous hash, own hash, what is wrong): each on the one before, the first on what it says."""
    folio, begins, count, before = 0, "", 0, ""
    marks: dict[int, str] = {}
    for number, anterior, huella, said in entries:
        count, fault = count + 1, said
        if count == 1:
            folio, begins, before = number, anterior, anterior
        if not fault and number != folio + count - 1:
            fault = _gap(folio + count - 1, number)
        elif not fault and anterior != before:
            fault = _broken(number)
        if fault:
            return Tramo(folio, begins, count, "", marks, fault)
        if number in wanted:
            marks[number] = huella
        before = huella
    return Tramo(folio, begins, count, before, marks)


def _check_line(line: bytes) -> tuple[Any, str, str, str]:
    """(folio, previous hash, own hash, what is wrong or "") of one line.

    A key after its comma cannot stand inside a text: there every quotation mark has a backslash before it. So the keys
    are taken out, and what is left is what was hashed, byte for byte.
    """
    here = line.find(_BEFORE)
    data, rest = line[:here], line[here + len(_BEFORE) :]
    anterior, huella = rest[:_HASH], _ascii(rest[_HASH + len(_HASHED) : 2 * _HASH + len(_HASHED)])
    folio = _number(_ascii(data[len(_FIRST_KEY) : data.find(b",")]))
    if here < 0 or folio is None or not data.startswith(_FIRST_KEY) or not _framed(rest):
        return (said := _read_folio(line)), "", "", f"La línea del folio {said} está dañada."
    texts, fault = rest[2 * _HASH + len(_HASHED) :].removesuffix(b","), ""
    if texts != _GONE:
        parts = _KEY.split(texts[len(_SALT) : -1], len(_TEXT_KEYS))
        where = data.find(_TEXT) + len(_TEXT)
        spelled = b"[" + b",".join(parts[::2]) + b"]"
        if parts[1::2] != _TEXT_KEYS[: len(parts) // 2] or _sha(spelled) != _ascii(
            data[where : where + _HASH]
        ):
            fault = f"Cambió el texto del folio {folio}."
    if not fault:
        parts = _KEY.split(data[len(_FIRST_KEY) :], len(_KEYS))
        spelled = b'["' + anterior + b'",' + b",".join(parts[::2]) + b"]"
        if parts[1::2] != _KEYS[: len(parts) // 2] or _sha(spelled) != huella:
            fault = f"Cambió un dato del folio {folio}."
    return folio, _ascii(anterior), huella, fault


def _sha(spelled: bytes) -> str:
    return hashlib.sha256(spelled).hexdigest()


def _framed(rest: bytes) -> bool:
    """Both hashes and the salt stand under their names."""
    return rest[_HASH:].startswith(_HASHED) and rest[2 * _HASH + len(_HASHED) :].startswith(_SALT)


def _read_folio(line: bytes) -> Any:
    try:
        return json.loads(line.rstrip(b",")).get("folio")
    except (ValueError, AttributeError):
        return "ilegible"


def _ascii(value: bytes) -> str:
    return value.decode("ascii", "replace")


# ── JSON of another spelling: what edition 1 wrote, and what somebody rewrote ────────────────────────────────────────


def _verify_json(content: bytes) -> int:
    text = _text(content, "utf-8")
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise Altered(f"El archivo está dañado: {error}.") from error
    if (
        not isinstance(whole, dict)
        or whole.get("formato") not in {FORMATO, FORMATO_1}
        or not isinstance(whole.get("coe"), dict)
    ):
        raise Altered("El archivo no es una bitácora del COE exportada por este sistema.")
    entries = whole.get("entradas")
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise Altered("Faltan las entradas de la bitácora.")
    head = _verify_chain(whole["coe"], entries)
    _verify_end(len(entries), head, whole.get("total"), whole.get("cabeza"))
    _verify_closures(whole["coe"], _marks(entries), len(entries), whole.get("cierres", []))
    rewritten = Altered("Los datos están íntegros; el archivo se escribió de otra manera que al exportarlo.")
    if whole["formato"] != FORMATO_1:
        raise rewritten
    if whole.get("huella_archivo") != sha256(
        canonical({k: v for k, v in whole.items() if k != "huella_archivo"})
    ):
        raise Altered("Las entradas están íntegras; cambió otro dato del archivo.")
    if json.dumps(whole, ensure_ascii=False, indent=1) != text:
        raise rewritten
    return len(entries)


# ── CSV ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _verify_csv(content: Any, path: Path | None) -> int:
    """No text has a CR in it, so that CR LF ends a row and nothing else."""
    if content.find(b"\r\n", 0, 4096) < 0:
        _refuse_rewritten(_text(bytes(content[:]), "utf-8-sig"))
    second = content.find(b"\r\n") + 2
    first = content.find(b"\r\n", second) + 2
    last = content.rfind(b"\r\n", 0, max(len(content) - 2, 0)) + 2
    if not 2 <= second < first <= last or content[last : last + 4] != b"fin,":
        raise Altered("Al archivo le falta el principio o el final.")
    columns = tuple(bytes(content[:second]).decode("utf-8", "replace").rstrip("\r\n").split(","))
    if columns not in {COLUMNAS, COLUMNAS_1}:
        raise Altered("Cambiaron los títulos de las columnas.")
    coe = _read_cell(
        bytes(content[second:first]), columns, "coe", "Los datos de la activación del COE están dañados."
    )
    after = last
    closures: list[dict[str, Any]] = []
    while (at := content.rfind(b"\r\n", 0, after - 2) + 2) >= first and content[at : at + 7] == b"cierre,":
        fault = "Los datos de un período cerrado están dañados."
        closures.insert(0, _read_cell(bytes(content[at:after]), columns, "cierre", fault))
        after = at
    check = _check_rows if columns == COLUMNAS else _check_rows_1
    pieces, digest = _check_pieces(check, content, path, (first, after, last), b"\r\n", _wanted(closures))
    total, anterior, marks = _joined(coe, pieces)
    _verify_closures(coe, marks, total, closures)
    if content[last:] != closing_line(total, anterior, digest, columns).encode():
        raise Altered(
            f"El final no corresponde: el archivo trae {total} entradas íntegras, y cambió otra línea o se quitó algo."
        )
    return total


def _refuse_rewritten(text: str) -> None:
    """Rows that end in another way than they were written: somebody saved them again. Say what else changed, if anything."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Altered(f"El archivo está dañado: {error}.") from error
    columns = tuple(rows[0]) if rows else ()
    if columns not in {COLUMNAS, COLUMNAS_1} or len(rows) < 3:
        raise Altered("Al archivo le falta el principio o el final.")
    try:
        coe = json.loads(unguard(rows[1][columns.index("detalle")]))
    except (ValueError, IndexError) as error:
        raise Altered("Los datos de la activación del COE están dañados.") from error
    entries = _checked(
        rows[2 : next((n for n, r in enumerate(rows[2:], 2) if r[:1] != ["entrada"]), None)], columns
    )
    _joined(coe if isinstance(coe, dict) else {}, [_chained(entries, frozenset())])
    raise Altered("Los datos están íntegros; el archivo se escribió de otra manera que al exportarlo.")


def _read_cell(line: bytes, columns: Sequence[str], fila: str, fault: str) -> dict[str, Any]:
    """The object in the `detalle` of a row of that kind."""
    try:
        (row,) = csv.reader([line.decode()], strict=True)
        cells = dict(zip(columns, row))  # noqa: B905 - Python 3.9 runs it too
        found = json.loads(unguard(cells["detalle"]))
    except (ValueError, KeyError, csv.Error) as error:
        raise Altered(fault) from error
    if len(row) != len(columns) or cells["fila"] != fila or not isinstance(found, dict):
        raise Altered(fault)
    return found


def _check_rows(content: bytes, wanted: frozenset[Any]) -> Tramo:
    return _chained(_checked_rows(content, COLUMNAS), wanted)


def _check_rows_1(content: bytes, wanted: frozenset[Any]) -> Tramo:
    return _chained(_checked_rows(content, COLUMNAS_1), wanted)


def _checked_rows(content: bytes, columns: Sequence[str]) -> Iterator[tuple[Any, str, str, str]]:
    try:
        yield from _checked(csv.reader(io.StringIO(content.decode(), newline=""), strict=True), columns)
    except (UnicodeDecodeError, csv.Error):
        yield "ilegible", "", "", "Hay una línea dañada."


def _checked(rows: Iterable[list[str]], columns: Sequence[str]) -> Iterator[tuple[Any, str, str, str]]:
    places = {name: n for n, name in enumerate(columns)}
    for row in rows:
        if len(row) != len(columns) or row[0] != "entrada" or _number(row[1]) is None:
            yield (
                (said := row[1] if len(row) > 1 else "ilegible"),
                "",
                "",
                f"La línea del folio {said} está dañada.",
            )
        else:
            yield _check_row([c[1:] if c[:1] == "'" else c for c in row], places)


def _check_row(cells: list[str], at: dict[str, int]) -> tuple[Any, str, str, str]:
    """As ``_check_line``, of the cells of a row: each is spelled as it was hashed; empty is absent."""
    folio, anterior, huella = int(cells[1]), cells[at["anterior"]], cells[at["huella"]]
    spelled = [quoted(c) if c else "null" for c in cells]
    spelled[at["folio"]], spelled[at["rectifica_a"]] = cells[at["folio"]], cells[at["rectifica_a"]] or "null"
    spelled[at["tardio"]] = _YES_NO.get(cells[at["tardio"]], "null")
    first = at["asunto"]
    if cells[at["sal"]]:
        texts = [
            spelled[at["sal"]],
            quoted(cells[first]),
            quoted(cells[first + 1]),
            *spelled[first + 2 : first + 4],
        ]
        if "nombres" in at and cells[at["nombres"]]:
            texts.append(cells[at["nombres"]])
        if sha256(f"[{','.join(texts)}]") != cells[at["texto"]]:
            return folio, anterior, huella, f"Cambió el texto del folio {folio}."
    elif cells[first : first + 4] != [value or "" for value in DESTRUIDO.values()] or (
        "nombres" in at and cells[at["nombres"]]
    ):
        return folio, anterior, huella, f"Cambió el texto del folio {folio}."
    values = [quoted(anterior), *spelled[1:first], spelled[at["texto"]]]
    if "sellado" in at and cells[at["sellado"]]:
        action = _YES_NO.get(cells[at["requiere_accion"]], "null")
        values += [spelled[at["sellado"]], action, cells[at["adjuntos"]] or "null"]
    if sha256(f"[{','.join(values)}]") != huella:
        return folio, anterior, huella, f"Cambió un dato del folio {folio}."
    return folio, anterior, huella, ""


_YES_NO = {"si": "true", "no": "false"}


def closing_line(total: int, cabeza: str, archivo: str, columns: Sequence[str] = COLUMNAS) -> str:
    """The last line of a CSV: how many, the last hash, the hash of the lines before."""
    cells = {"fila": "fin", "folio": str(total), "texto": archivo, "huella": cabeza}
    return ",".join(cells.get(name, "") for name in columns) + "\r\n"


def _number(text: Any) -> Any:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else None


def _verify_chain(coe: dict[str, Any], entries: Iterable[dict[str, Any]]) -> str:
    anterior = hash_of_coe(coe)
    for expected, entry in enumerate(entries, start=1):
        folio = entry.get("folio")
        if folio != expected:
            raise Altered(_gap(expected, folio))
        if not _texts_hold(entry):
            raise Altered(f"Cambió el texto del folio {folio}.")
        if entry.get("anterior") != anterior:
            raise Altered(_broken(folio))
        if hash_of_entry(anterior, entry) != entry.get("huella"):
            raise Altered(f"Cambió un dato del folio {folio}.")
        anterior = entry["huella"]
    return anterior


def _marks(entries: list[dict[str, Any]]) -> dict[int, str]:
    return {n: entry["huella"] for n, entry in enumerate(entries, start=1)}


def _verify_closures(coe: dict[str, Any], hashes: dict[int, str], total: int, closures: Any) -> None:
    """Each closed period: its folios follow those of the one before, and end in the entry it says."""
    if not isinstance(closures, list) or not all(isinstance(c, dict) for c in closures):
        raise Altered("Los períodos cerrados están dañados.")
    anterior, folio = hash_of_coe(coe), 0
    for expected, closure in enumerate(closures, start=1):
        first, last = closure.get("folio_desde"), closure.get("folio_hasta")
        if closure.get("numero") != expected or first != folio + 1:
            raise Altered(
                f"Falta o sobra un período cerrado: se esperaba el cierre {expected}, desde el folio {folio + 1}."
            )
        if not isinstance(last, int) or not folio < last <= total:
            raise Altered(f"El cierre {expected} nombra folios que no están.")
        if closure.get("cabeza") != hashes.get(last):
            raise Altered(f"Las entradas del cierre {expected} no son las que se cerraron.")
        if closure.get("anterior") != anterior or closure.get("huella") != hash_of_closure(anterior, closure):
            raise Altered(f"Cambió un dato del cierre {expected}.")
        anterior, folio = closure["huella"], last


def _texts_hold(entry: dict[str, Any]) -> bool:
    if entry.get("sal") is None:
        return (
            all(entry.get(name) == value for name, value in DESTRUIDO.items())
            and entry.get("nombres") is None
        )
    return hash_of_texts(entry["sal"], entry) == entry.get("texto")


def _gap(expected: int, folio: Any) -> str:
    return f"Falta o sobra una entrada: se esperaba el folio {expected} y está el {folio}."


def _broken(folio: int) -> str:
    where = "los datos de la activación" if folio == 1 else f"el folio {folio - 1} o su orden"
    return f"El folio {folio} no sigue al anterior: cambió {where}."


def _verify_end(total: int, head: str, said_total: Any, said_head: Any) -> None:
    if said_total != total or said_head != head:
        raise Altered(f"El final no corresponde: el archivo trae {total} entradas y dice {said_total}.")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Uso: python verificador.py BITACORA.json")
        return 2
    try:
        with Path(arguments[0]).open("rb") as file:
            if file.read(5) == b"%PDF-":
                print("El PDF es la bitácora para firmar. Para comprobarla, baje la misma en JSON o en CSV.")
                return 2
        total = verify_file(Path(arguments[0]))
    except OSError as error:
        print(f"No se pudo leer el archivo: {error.strerror}.")
        return 2
    except Altered as error:
        print(f"ALTERADA. {error}")
        return 1
    print(f"Íntegra: {total} entradas, folios 1 a {total} sin saltos.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
