"""A list of people as somebody pasted it, one per line, read with good will. Pure: no database, no clock.

Tabs, semicolons, bars, commas or only spaces; with numbering, with a heading or without; «M/F» or «M/H», «45a»,
«8 meses». What was understood is shown row by row for a person to correct; what is not clear is said, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from albergues_app.core.text import clean, normalize

MOST_LINES = 400
"""A bus, or several. More than this comes as a workbook."""
MOST_IN_ONE = 12
"""So many people without any mark may be one family; more are read each alone."""

_SEX_WORD = {
    "mujer": "mujer", "femenino": "mujer", "femenina": "mujer", "fem": "mujer", "nina": "mujer", "niña": "mujer",
    "hombre": "hombre", "masculino": "hombre", "masculina": "hombre", "masc": "hombre", "nino": "hombre", "niño": "hombre",
}  # fmt: skip
_AGE = re.compile(
    r"(\d{1,3})(?:\s*(años?|anos?|meses|mes|d[ií]as?)|([amd]))?\.?(?:\s*(?:con|y)?\s*\d{1,2}\s*(?:meses|mes|m))?\.?",
    re.I,
)
_NEWBORN = {"rn", "recien nacido", "recien nacida"}
_FAMILY = re.compile(
    r"(?:familia|fam|flia|grupo|gpo)\.?\s*(?:no\.?|#|n[°º])?\s*([\w-]{1,12})|f-?(\d{1,3})", re.I
)
_TITLE = re.compile(r"(?:familia|flia|fam|grupo|gpo)\b[\s.:#°º-]*(?:no\.?\s*)?(\w.{0,60})", re.I)
"""A line of its own over the people of a family: «Familia Pop Cuc»."""
_MARK = re.compile(r"[a-zñ]{0,2}-?\d{0,3}", re.I)
_CUI = re.compile(r"\d{4}[\s-]?\d{5}[\s-]?\d{4}")
_NUMBERING = re.compile(r"^\s*(?:[-•*·▪]\s*)?(?:\(?\d{1,3}\s*[.)°º:-]+\s*)?(?:[-•*·▪]\s*)?")
_LINE_END = re.compile(
    r"[\s,;(]+(?P<part>\d{1,3}\s*(?:años?|anos?|meses|mes|d[ií]as?)|\d{1,3}[amd]?|"
    r"mujer|hombre|femenin[oa]|masculin[oa]|fem|masc|niñ[oa]|[mfh]|"
    r"(?:familia|fam|flia|grupo)\.?\s*(?:no\.?|#)?\s*[\w-]{1,12}|f-?\d{1,3})[)\s.]*$",
    re.I,
)
_HEAD = {
    "nombre": "nombre", "nombre completo": "nombre", "nombres y apellidos": "nombre", "persona": "nombre",
    "nombres": "nombres", "apellidos": "apellidos", "apellido": "apellidos", "sexo": "sexo", "genero": "sexo",
    "m f": "sexo", "edad": "edad", "anos": "edad", "años": "edad", "familia": "familia", "fam": "familia",
    "grupo": "familia", "codigo familia": "familia", "cui": "cui", "dpi": "cui", "no": "", "num": "", "numero": "",
    "n": "", "": "",
}  # fmt: skip
_PARTICLES = {"de", "del", "la", "las", "los", "y", "san", "santa", "da", "do", "von", "van"}


@dataclass(frozen=True)
class Leida:
    """One line as it was understood; ``dudas``: what a person should look at."""

    linea: int
    texto: str
    nombres: str = ""
    apellidos: str = ""
    sexo: str = "no_registrado"
    edad: str = ""
    edad_unidad: str = "anios"
    familia: str = ""
    cui: str = ""
    dudas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lista:
    """The rows, and what was understood of the list as a whole."""

    filas: list[Leida]
    notas: list[str] = field(default_factory=list)


def read_list(text: str) -> Lista:
    """Rows in their order. Lines beyond ``MOST_LINES`` are left out and counted in ``notas``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    notas: list[str] = []
    named = [n for n, line in enumerate(lines) if line.strip()]
    if len(named) > MOST_LINES:
        cut = named[MOST_LINES]
        notas.append(
            f"Se leyeron {MOST_LINES} líneas; quedan {len(named) - MOST_LINES}. Péguelas aparte, o use el Excel."
        )
        lines = lines[:cut]
    heading: list[str] | None = None
    rows: list[tuple[_Parts, int]] = []
    block, gap, mark, announced, nobody = 0, False, "", False, 0
    for number, line in enumerate(lines, 1):
        if not line.strip(" \t;|,-_"):
            gap = bool(rows)
            continue
        fields = _split(line)
        if not rows and heading is None and (found := _heading(fields)):
            heading = found
            continue
        if heading is None and len(fields) == 1 and (title := _title(number, line)):
            mark, gap, announced = title, True, True
            continue
        parts = _read_line(number, line, fields, heading)
        if not (parts.nombres or parts.apellidos or parts.sexo or parts.edad or parts.cui or parts.dudas):
            nobody += 1
            continue
        if gap:
            block, gap = block + 1, False
            mark = mark if announced else ""
        announced = False
        parts.familia = parts.familia or mark
        rows.append((parts, block))
    if nobody:
        notas.append(
            "Una línea sin nombre no se leyó."
            if nobody == 1
            else f"{nobody} líneas sin nombre no se leyeron."
        )
    return Lista(_families(_sexes([p for p, _ in rows], notas), [b for _, b in rows], notas), notas)


def _title(number: int, line: str) -> str:
    """The mark of the family that a line announces, when it says nothing of a person."""
    found = _TITLE.fullmatch(_NUMBERING.sub("", line).strip(" .:"))
    if found is None:
        return ""
    rest = _read_line(number, found[1], [found[1]], None)
    alone = re.fullmatch(r"[\w-]{1,12}", found[1])
    return "" if not alone and (rest.sexo or rest.edad or rest.cui) else clean(found[1])[:12].upper()


@dataclass
class _Parts:
    """What a line says, before the list as a whole is known."""

    linea: int
    texto: str
    nombres: str = ""
    apellidos: str = ""
    sexo: str = ""
    edad: str = ""
    edad_unidad: str = "anios"
    familia: str = ""
    cui: str = ""
    dudas: list[str] = field(default_factory=list)


def _split(line: str) -> list[str]:
    for sign in ("\t", ";", "|"):
        if sign in line:
            return [part.strip() for part in line.split(sign)]
    if "," in line:
        return [part.strip() for part in line.split(",")]
    if re.search(r"\S {2,}\S", line.strip()):
        return [part.strip() for part in re.split(r" {2,}", line.strip())]
    return [line.strip()]


def _heading(fields: Sequence[str]) -> list[str] | None:
    """The meaning of each column, when the first line names them; unknown columns are «?»."""
    words = [normalize(f) for f in fields]
    known = [_HEAD[w] for w in words if _HEAD.get(w)]
    if len(known) < 2 and not (len(fields) > 1 and known):
        return None
    return [_HEAD.get(w, "?") for w in words] if known and {"nombre", "nombres"} & set(known) else None


def _read_line(number: int, line: str, fields: list[str], heading: list[str] | None) -> _Parts:
    parts = _Parts(number, clean(line))
    if heading is not None and len(fields) > 1:
        for meaning, value in zip(heading, fields, strict=False):
            _take(parts, meaning, _NUMBERING.sub("", value) if meaning.startswith("nombre") else value)
        if parts.nombres and not parts.apellidos and "nombre" in heading:
            parts.nombres, parts.apellidos = split_name(parts.nombres)
        return parts
    if len(fields) == 1:
        fields = _from_the_end(_NUMBERING.sub("", fields[0]))
    else:
        fields = list(fields)
        fields[0] = _NUMBERING.sub("", fields[0])
        if re.fullmatch(r"\d{0,3}", fields[0]):  # only numbering
            fields = fields[1:]
    names: list[str] = []
    for value in fields:
        kind = _kind(parts, value, bool(names))
        if kind == "texto":
            names.append(value)
        elif kind:
            _take(parts, kind, value)
    _name(parts, names, line)
    return parts


def _from_the_end(text: str) -> list[str]:
    """«Ana Pérez F 34 años fam 2» as fields: what is known is taken from the end of the line."""
    found: list[str] = []
    cui = _CUI.search(text)
    if cui:
        found.append(cui[0])
        text = (text[: cui.start()] + " " + text[cui.end() :]).rstrip(" ,;")
    while len(found) < 5 and (end := _LINE_END.search(text)):
        found.append(end["part"])
        text = text[: end.start()]
    return [text.strip(" ,;-("), *reversed(found)]


def _kind(parts: _Parts, value: str, named: bool) -> str:
    """What a field is: sexo, edad, familia, cui, or texto; empty when there is nothing to read."""
    plain = normalize(value)
    if not plain:
        return ""
    if not parts.sexo and (plain in _SEX_WORD or plain in {"m", "f", "h"}):
        return "sexo"
    if _CUI.fullmatch(value):
        return "cui"
    if not parts.edad and (plain in _NEWBORN or _AGE.fullmatch(value.strip(" ."))):
        return "edad"
    if not parts.familia and _FAMILY.fullmatch(value.strip(" .")):
        return "familia"
    if named and not parts.familia and len(plain) <= 4 and _MARK.fullmatch(plain.replace(" ", "")):
        return "familia"
    return "texto"


def _take(parts: _Parts, meaning: str, value: str) -> None:
    value = clean(value)
    if not value or meaning in {"", "?"}:
        return
    plain = normalize(value)
    if meaning == "nombre":
        parts.nombres = value
    elif meaning in {"nombres", "apellidos", "cui"}:
        setattr(parts, meaning, value)
    elif meaning == "sexo":
        parts.sexo = _SEX_WORD.get(plain, plain if plain in {"m", "f", "h"} else "")
        if not parts.sexo:
            parts.dudas.append(f"Sexo: no se entendió «{value[:20]}».")
    elif meaning == "edad":
        _age(parts, value)
    elif meaning == "familia":
        found = _FAMILY.fullmatch(value)
        parts.familia = ((found[1] or found[2]) if found else value)[:12].upper()


def _age(parts: _Parts, value: str) -> None:
    if normalize(value) in _NEWBORN:
        parts.edad, parts.edad_unidad = "0", "dias"
        return
    found = _AGE.fullmatch(value.strip(" ."))
    if not found:
        parts.edad = ""
        if normalize(value) not in {"n s", "ns", "s d", "sd", "nd", "n d"}:
            parts.dudas.append(f"Edad: no se entendió «{value[:20]}».")
        return
    unit = (found[2] or found[3] or "a").lower()[0]
    parts.edad, parts.edad_unidad = str(int(found[1])), {"m": "meses", "d": "dias"}.get(unit, "anios")


def _name(parts: _Parts, names: list[str], line: str) -> None:
    names = [clean(n) for n in names if clean(n)]
    if len(names) >= 2 and "\t" not in line and ";" not in line and "|" not in line and "," in line:
        parts.apellidos, parts.nombres = names[0], " ".join(names[1:])
        parts.dudas.append("Se leyó «apellidos, nombres».")
    elif len(names) >= 2:
        parts.nombres, parts.apellidos = names[0], " ".join(names[1:])
    elif names and names[0].count(",") == 1:
        parts.apellidos, parts.nombres = (clean(part) for part in names[0].split(","))
    elif names:
        parts.nombres, parts.apellidos = split_name(names[0])
    if re.search(r"\d", parts.nombres + parts.apellidos):
        parts.dudas.append("El nombre lleva un número: si es el título de la lista, quite la marca.")


def split_name(full: str) -> tuple[str, str]:
    """Given names and surnames of a name in its usual order: the last two words, or what «de», «del»… bind to them.

    >>> split_name("Juana María de León Brito")
    ('Juana María', 'de León Brito')
    """
    words = clean(full).split()
    groups: list[list[str]] = []
    held: list[str] = []
    for word in words:
        held.append(word)
        if word.casefold() not in _PARTICLES:
            groups.append(held)
            held = []
    if held:
        groups.append(held)
    if len(groups) < 2:
        return " ".join(words), ""
    keep = 1 if len(groups) == 2 else len(groups) - 2
    joined = [" ".join(g) for g in groups]
    return " ".join(joined[:keep]), " ".join(joined[keep:])


def _sexes(rows: list[_Parts], notas: list[str]) -> list[_Parts]:
    """«M» is mujer beside «H», masculino beside «F»; alone it is not clear, and it is said."""
    letters = {r.sexo for r in rows} & {"m", "f", "h"}
    meaning = {"f": "mujer", "h": "hombre"}
    if "m" in letters and len(letters) == 2:
        meaning["m"] = "mujer" if "h" in letters else "hombre"
        notas.append(
            "«M» se leyó como mujer, porque hay «H»."
            if "h" in letters
            else "«M» se leyó como masculino, porque hay «F»."
        )
    elif "m" in letters:
        notas.append("No se sabe si «M» es mujer o masculino: elija el sexo en cada fila.")
    for row in rows:
        if row.sexo == "m" and "m" not in meaning:
            row.dudas.append("«M»: ¿mujer o masculino?")
        row.sexo = meaning.get(row.sexo, row.sexo if len(row.sexo) > 1 else "no_registrado")
    return rows


def _families(rows: list[_Parts], blocks: list[int], notas: list[str]) -> list[Leida]:
    """The mark of the family of each row: its own, that of the line above, or that of its block of lines."""
    if any(r.familia for r in rows):
        last, block = "", -1
        for n, (row, here) in enumerate(zip(rows, blocks, strict=True)):
            if row.familia:
                last = row.familia
            elif last and here == block:
                row.familia = last
            else:
                row.familia = last = f"SOLA-{n + 1}"
            block = here
    elif len(set(blocks)) > 1:
        for row, block in zip(rows, blocks, strict=True):
            row.familia = str(block + 1)
    elif 1 < len(rows) <= MOST_IN_ONE:
        notas.append("No hay líneas en blanco ni familias: se leyó como una sola familia.")
        for row in rows:
            row.familia = "1"
    else:
        if len(rows) > 1:
            notas.append(
                "No hay líneas en blanco ni familias: se leyó a cada persona sola. Escriba la familia de cada una."
            )
        for n, row in enumerate(rows):
            row.familia = str(n + 1)
    return [
        replace(
            Leida(r.linea, r.texto),
            nombres=r.nombres, apellidos=r.apellidos, sexo=r.sexo, edad=r.edad, edad_unidad=r.edad_unidad,
            familia=r.familia, cui=r.cui, dudas=tuple(r.dudas),
        )
        for r in rows
    ]  # fmt: skip
