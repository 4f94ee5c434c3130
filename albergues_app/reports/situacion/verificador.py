"""Verify an issued bulletin with Python alone: `python verificador_boletin.py BOLETIN.pdf [OTRO.pdf …]` (or .json).

The standard library only, and nothing of the application: whoever holds the file can run it. It says 0 when every
byte is as it was issued, 1 with the reason when not, 2 when the file cannot be read.

What is checked. The PDF ends with a line that holds two hashes: of the data of the bulletin and of every byte before
that line. The data travel inside the PDF as an attachment, `boletin.json`: their SHA-256 is the hash («huella»)
printed at the foot of each page, inside the QR, and in the next bulletin of the series as its «anterior». Several files
of one series are checked as a chain.

What it cannot know: whether somebody wrote a whole new bulletin with its own hash. For that, compare the hash it prints
with one kept elsewhere: the public page of the QR, the log of the COE, the next bulletin, or another copy.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zlib
from pathlib import Path
from typing import Any

FORMATO = "boletin-situacion/1"
SELLO = b"%BOLETIN-SELLADO "
ADJUNTO = "boletin.json"
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.S)
_LARGEST = 64 * 1024 * 1024


def canonical(value: Any) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def genesis(emergencia: str, ambito: str) -> str:
    """What the first bulletin of a series follows."""
    return sha256(canonical([FORMATO, emergencia, ambito]))


def close_pdf(pdf: bytes, huella: str) -> bytes:
    """The drawn sheet with its last line."""
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    return body + SELLO + f"{huella} {sha256(body)}\n".encode()


class Altered(Exception):
    """What is not as it was issued, in a sentence."""


def verify(name: str, content: bytes) -> tuple[dict[str, Any], str]:
    """Check one file; returns the data of the bulletin and their hash.

    :raises Altered: the first thing that does not fit.
    """
    return _verify_pdf(content) if content[:5] == b"%PDF-" else _verify_json(content)


def _verify_pdf(content: bytes) -> tuple[dict[str, Any], str]:
    at = content.rfind(SELLO)
    if at < 0:
        raise Altered(
            "Este PDF no termina con el sello de un boletín emitido (¿es un borrador o una copia impresa?)."
        )
    body, seal = content[:at], content[at + len(SELLO) :].decode("ascii", "replace")
    parts = seal.split(" ")
    if len(parts) != 2 or seal != f"{parts[0]} {parts[1][:64]}\n":
        raise Altered("La línea del sello está dañada, o le agregaron algo después.")
    huella, whole = parts[0], parts[1].strip()
    if sha256(body) != whole:
        raise Altered("El archivo cambió después de emitirse: sus bytes no dan el sello.")
    text = _attached(body)
    if sha256(text) != huella:
        raise Altered("Los datos que lleva el PDF no dan la huella del sello.")
    return _checked(text), huella


def _attached(body: bytes) -> str:
    mark = f'"formato":"{FORMATO}"'.encode()
    for found in _STREAM.finditer(body):
        raw = found.group(1)
        try:
            plain = zlib.decompressobj().decompress(raw, _LARGEST)
        except zlib.error:
            plain = raw
        if plain[:1] == b"{" and mark in plain:
            try:
                return plain.decode("utf-8")
            except UnicodeDecodeError as error:
                raise Altered("Los datos adjuntos no son texto UTF-8.") from error
    raise Altered("El PDF no lleva los datos del boletín.")


def _verify_json(content: bytes) -> tuple[dict[str, Any], str]:
    try:
        whole = json.loads(content.decode("utf-8"))
        text, huella = canonical(whole["datos"]), whole["huella"]
    except (ValueError, KeyError, TypeError) as error:
        raise Altered("El archivo no es un boletín emitido por este sistema, o está dañado.") from error
    if sha256(text) != huella:
        raise Altered("Los datos no dan su huella.")
    if canonical(whole).encode() != content.rstrip(b"\n"):
        raise Altered("Los datos están íntegros; el archivo se escribió de otra manera que al emitirlo.")
    return _checked(text), huella


def _checked(text: str) -> dict[str, Any]:
    try:
        datos = json.loads(text)
    except ValueError as error:
        raise Altered("Los datos adjuntos están dañados.") from error
    if not isinstance(datos, dict) or datos.get("formato") != FORMATO:
        raise Altered("Los datos no son de un boletín de este sistema.")
    if datos.get("numero") == 1 and datos.get("anterior") != genesis(
        datos["emergencia"]["id"], datos["ambito"]
    ):
        raise Altered("El número 1 no empieza su serie.")
    return datos


def verify_chain(found: list[tuple[dict[str, Any], str]]) -> None:
    """Bulletins of one series follow one another.

    :raises Altered: two that do not.
    """
    series: dict[tuple[str, str], dict[int, tuple[dict[str, Any], str]]] = {}
    for datos, huella in found:
        one = series.setdefault((datos["emergencia"]["id"], datos["ambito"]), {})
        number = int(datos["numero"])
        if number in one and one[number][1] != huella:
            raise Altered(f"Hay dos boletines distintos con el número {number}.")
        one[number] = (datos, huella)
    for one in series.values():
        for number, (datos, _huella) in sorted(one.items()):
            if number - 1 in one and datos["anterior"] != one[number - 1][1]:
                raise Altered(f"El No. {number} no sigue al No. {number - 1}.")


def summary(datos: dict[str, Any], huella: str) -> str:
    """What to compare with the printed sheet."""
    lines = [
        f"Boletín No. {datos['numero']} · {datos['emergencia']['nombre']} · {datos['lugar']}",
        f"Corte {datos['corte']} · emitido {datos['sellado_en']}",
        *(
            f"  {c['nombre']}: {'sin dato' if c['valor'] is None else c['valor']}"
            for c in datos["cifras"]
            if c.get("principal")
        ),
        f"Huella {huella}",
        f"Sigue a {datos['anterior']}",
    ]
    if datos.get("corrige"):
        lines.insert(2, f"Corrige al No. {datos['corrige']['numero']}: {datos['corrige']['motivo']}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    if not arguments:
        print("Uso: python verificador_boletin.py BOLETIN.pdf [OTRO.pdf …]")
        return 2
    found = []
    for name in arguments:
        try:
            datos, huella = verify(name, Path(name).read_bytes())
        except OSError as error:
            print(f"No se pudo leer {name}: {error.strerror}.")
            return 2
        except Altered as error:
            print(f"ALTERADO. {name}: {error}")
            return 1
        found.append((datos, huella))
        print(f"Íntegro. {name}\n{summary(datos, huella)}")
    try:
        verify_chain(found)
    except Altered as error:
        print(f"ALTERADO. {error}")
        return 1
    print(
        "Compare la huella con la del código QR, la bitácora del COE u otra copia, y las cifras con las impresas."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
