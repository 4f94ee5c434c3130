"""Verify an exported log of a COE with Python alone: `python verificador.py BITACORA.json` (or .csv).

The standard library only, and nothing of the application: whoever holds the file can run it. It says 0 when
every byte is as it was exported and 1 with the place of the first difference.

How it is chained: the activation's data have a hash; each entry's hash covers the one before and every field of
the entry; its texts go in by their own hash with a random salt, so that the chain still verifies when the
texts of an emergency are destroyed. The last line holds how many entries there are, the last hash, and the hash
of the file itself.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

FORMATO = "bitacora-coe/1"
CABECERA = ("id", "emergencia", "nivel", "departamento", "municipio", "activado_en", "acta")
TEXTOS = ("asunto", "detalle", "origen", "destino")
CAMPOS = (
    "folio", "id", "ocurrido_en", "registrado_en", "tipo", "prioridad", "medio", "turno", "periodo", "albergue",
    "territorio", "rectifica_a", "tardio", "cuenta",
)  # fmt: skip
COLUMNAS = ("fila", *CAMPOS, *TEXTOS, "sal", "texto", "anterior", "huella")


def canonical(value: Any) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_of_coe(coe: dict[str, Any]) -> str:
    """Of the activation's data: what the first entry stands on."""
    return sha256(canonical([coe.get(name) for name in CABECERA]))


def hash_of_texts(sal: str, textos: dict[str, Any]) -> str:
    """Of what was written, with the salt that keeps short texts from being guessed."""
    return sha256(canonical([sal, *(textos.get(name) for name in TEXTOS)]))


def hash_of_entry(anterior: str, entrada: dict[str, Any]) -> str:
    """Of one entry on the one before; ``texto`` is the hash of its texts."""
    return sha256(canonical([anterior, *(entrada.get(name) for name in CAMPOS), entrada.get("texto")]))


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
    try:
        text = content.decode("utf-8-sig" if name.lower().endswith(".csv") else "utf-8")
    except UnicodeDecodeError as error:
        raise Altered(f"El archivo no es texto UTF-8 desde el byte {error.start}.") from error
    return _verify_csv(text) if name.lower().endswith(".csv") else _verify_json(text)


def _verify_json(text: str) -> int:
    try:
        whole = json.loads(text)
    except ValueError as error:
        raise Altered(f"El archivo está dañado: {error}.") from error
    if (
        not isinstance(whole, dict)
        or whole.get("formato") != FORMATO
        or not isinstance(whole.get("coe"), dict)
    ):
        raise Altered("El archivo no es una bitácora del COE exportada por este sistema.")
    entries = whole.get("entradas")
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise Altered("Faltan las entradas de la bitácora.")
    head = _verify_chain(whole["coe"], entries)
    _verify_end(len(entries), head, whole.get("total"), whole.get("cabeza"))
    if whole.get("huella_archivo") != sha256(
        canonical({k: v for k, v in whole.items() if k != "huella_archivo"})
    ):
        raise Altered("Las entradas están íntegras; cambió otro dato del archivo.")
    if spell(whole) != text:
        raise Altered("Los datos están íntegros; el archivo se escribió de otra manera que al exportarlo.")
    return len(entries)


def spell(whole: dict[str, Any]) -> str:
    """A JSON export as it is written, byte for byte."""
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _verify_csv(text: str) -> int:
    lines = text.splitlines(keepends=True)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Altered(f"El archivo está dañado: {error}.") from error
    if not rows or tuple(rows[0]) != COLUMNAS:
        raise Altered("Cambiaron los títulos de las columnas.")
    if len(rows) < 2 or rows[0].get("fila") != "coe" or rows[-1].get("fila") != "fin":
        raise Altered("Al archivo le falta el principio o el final.")
    try:
        coe = json.loads(unguard(rows[0]["detalle"] or ""))
    except ValueError as error:
        raise Altered("Los datos de la activación del COE están dañados.") from error
    entries = [_entry_of(row) for row in rows[1:-1]]
    head = _verify_chain(coe if isinstance(coe, dict) else {}, entries)
    _verify_end(len(entries), head, _number(rows[-1]["folio"]), rows[-1]["huella"])
    if rows[-1]["texto"] != sha256("".join(lines[:-1])):
        raise Altered("Las entradas están íntegras; cambió otra parte del archivo.")
    if lines[-1] != closing_line(len(entries), head, rows[-1]["texto"]):
        raise Altered("Cambió la última línea del archivo.")
    return len(entries)


def closing_line(total: int, cabeza: str, archivo: str) -> str:
    """The last line of a CSV: how many, the last hash, the hash of the lines before."""
    cells = {"fila": "fin", "folio": str(total), "texto": archivo, "huella": cabeza}
    return ",".join(cells.get(name, "") for name in COLUMNAS) + "\r\n"


def _number(text: Any) -> Any:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else None


def _entry_of(row: dict[str, Any]) -> dict[str, Any]:
    """An entry as the chain holds it, out of its cells: empty is absent."""
    if None in row or any(value is None for value in row.values()):
        raise Altered(f"La línea del folio {row.get('folio')} tiene celdas de más o de menos.")
    entry: dict[str, Any] = {name: unguard(row[name]) or None for name in COLUMNAS}
    entry["folio"], entry["rectifica_a"] = _number(entry["folio"]), _number(entry["rectifica_a"] or "")
    entry["tardio"] = {"si": True, "no": False}.get(entry["tardio"] or "")
    entry["asunto"], entry["detalle"] = entry["asunto"] or "", entry["detalle"] or ""
    return entry


def _verify_chain(coe: dict[str, Any], entries: list[dict[str, Any]]) -> str:
    anterior = hash_of_coe(coe)
    for expected, entry in enumerate(entries, start=1):
        folio = entry.get("folio")
        if folio != expected:
            raise Altered(f"Falta o sobra una entrada: se esperaba el folio {expected} y está el {folio}.")
        if entry.get("sal") is not None and hash_of_texts(entry["sal"], entry) != entry.get("texto"):
            raise Altered(f"Cambió el texto del folio {folio}.")
        if entry.get("anterior") != anterior:
            where = "los datos de la activación" if expected == 1 else f"el folio {expected - 1} o su orden"
            raise Altered(f"El folio {folio} no sigue al anterior: cambió {where}.")
        if hash_of_entry(anterior, entry) != entry.get("huella"):
            raise Altered(f"Cambió un dato del folio {folio}.")
        anterior = entry["huella"]
    return anterior


def _verify_end(total: int, head: str, said_total: Any, said_head: Any) -> None:
    if said_total != total or said_head != head:
        raise Altered(f"El final no corresponde: el archivo trae {total} entradas y dice {said_total}.")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Uso: python verificador.py BITACORA.json")
        return 2
    try:
        total = verify(arguments[0], Path(arguments[0]).read_bytes())
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
