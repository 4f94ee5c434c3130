"""A parte as a line of text, for messaging groups and the radio: `PARTE 1401-003 20/11/2026 18:00 F12 P58 M30 H28`.

Writing it holds no personal data. Reading it is tolerant (lower case, any order, spaces, words, several lines, parts
that are missing) and never guesses in silence: what was supposed is told in ``supuesto``, what was not understood in
``dudas``, and what was passed over in ``sobra``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from albergues_app.albergues.models import Albergue
from albergues_app.core import clock
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.territorio.catalogo import catalogo

FUENTES = {"conteo_fisico": "conteo físico", "registro_nominal": "registro", "estimacion": "estimación"}
MAX_NUMBER = 100_000
MAX_LINES = 300


def texto_of(parte: Parte, albergue: Albergue, capacidad: int | None) -> str:
    """The last parte as people send it. Its first line is what ``read_partes`` reads; a reserved place has no name."""
    local = clock.to_local(parte.corte)
    numbers = [
        f"{letter}{value}"
        for letter, value in (
            ("F", parte.familias), ("P", parte.personas), ("M", parte.mujeres), ("H", parte.hombres)
        )
        if value is not None
    ]  # fmt: skip
    lines = [f"PARTE {albergue.codigo} {local:%d/%m/%Y %H:%M} {' '.join(numbers)} {FUENTES[parte.fuente]}"]
    if not albergue.ubicacion_reservada:
        lines.append(f"{albergue.nombre}, {catalogo().lugar_texto(albergue.municipio_codigo)}")
    if capacidad is not None:
        left = capacidad - parte.personas
        room = f"{left:,} lugares libres" if left >= 0 else f"{-left:,} personas de más"
        lines.append(f"Capacidad {capacidad:,}, {room}")
    return "\n".join(lines)


@dataclass
class Leido:
    """One parte as it was understood."""

    linea: int
    """Of the text, from 1."""
    texto: str
    codigo: str | None = None
    corte: datetime | None = None
    fuente: str | None = None
    personas: int | None = None
    familias: int | None = None
    mujeres: int | None = None
    hombres: int | None = None
    supuesto: list[str] = field(default_factory=list)
    dudas: list[str] = field(default_factory=list)
    sobra: list[str] = field(default_factory=list)


_KEYS = {
    "f": "familias", "fam": "familias", "fams": "familias", "familia": "familias", "familias": "familias",
    "p": "personas", "per": "personas", "pers": "personas", "persona": "personas", "personas": "personas",
    "m": "mujeres", "muj": "mujeres", "mujer": "mujeres", "mujeres": "mujeres",
    "h": "hombres", "hom": "hombres", "hombre": "hombres", "hombres": "hombres",
}  # fmt: skip
_SOURCES = {
    "fisico": "conteo_fisico", "conteo": "conteo_fisico", "contado": "conteo_fisico", "contadas": "conteo_fisico",
    "registro": "registro_nominal", "nominal": "registro_nominal", "nombres": "registro_nominal",
    "estimacion": "estimacion", "estimado": "estimacion", "estimadas": "estimacion", "estimada": "estimacion",
}  # fmt: skip
_SHOWN = {"familias": "familias", "personas": "personas", "mujeres": "mujeres", "hombres": "hombres"}
_CODE = re.compile(r"(?<!\d)(\d{4})\s?[-–—]\s?(\d{1,4})(?!\d)")
_DATE = re.compile(r"(?<![\d/-])(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}|\d{2}))?(?![\d/-])")
_TIME = re.compile(
    r"(?<![\d:/-])(\d{1,2})(?::(\d{2}))?\s?(a\.?\s?m\.?|p\.?\s?m\.?|hrs?\.?|horas)?(?![\w:/])", re.IGNORECASE
)
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d{1,9}"
_PAIR = re.compile(rf"\b([a-z]+)\s?[:=.]?\s?({_NUMBER})(?![\d,])")
_REVERSED = re.compile(rf"(?<![\d,])({_NUMBER})\s?([a-z]+)\b")
_DAYS = {"hoy": 0, "ayer": 1}


def read_partes(text: str, now: datetime) -> list[Leido]:
    """Every parte of a text, one each ``PARTE`` or each code; lines that follow without either belong to it."""
    found: list[Leido] = []
    for number, raw in enumerate(text[:60_000].splitlines(), start=1):
        for piece in _pieces(raw):
            begins = bool(re.search(r"\bparte\b", _plain(piece)) or _CODE.search(piece))
            if found and not begins:
                found[-1].texto += f"\n{piece}"
            else:
                found.append(Leido(number, piece))
            if len(found) > MAX_LINES:
                return found[:MAX_LINES]
    for one in found:
        _understand(one, now)
    return found


def _pieces(line: str) -> list[str]:
    """A line, cut where another «PARTE» begins in it."""
    starts = [m.start() for m in re.finditer(r"(?i)\bparte\b", line)]
    cuts = [0, *starts[1:], len(line)]
    return [p.strip() for a, b in pairwise(cuts) if (p := line[a:b]).strip()]


def _plain(text: str) -> str:
    """Lower case without accents."""
    folded = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in folded if not unicodedata.combining(c))


def _understand(one: Leido, now: datetime) -> None:
    rest = _plain(one.texto)
    head, word, tail = rest.partition("parte")
    if word and not _CODE.search(head) and re.search(r"\bparte\b", rest):
        if head.strip(" *-:"):
            one.sobra.append(one.texto[: len(head)].strip())
        rest = tail
    first, *others = rest.split("\n")
    rest = _take_code(one, first)
    rest = _take_moment(one, rest, now)
    rest = _take_numbers(one, rest)
    rest = _take_source(one, rest)
    _left_over(one, rest, others)
    if one.codigo is None:
        one.dudas.append("Falta el código del albergue, así: 1401-003.")
    if one.personas is None:
        one.dudas.append("Faltan las personas, así: P58.")


def _take_code(one: Leido, rest: str) -> str:
    codes = {f"{m[1]}-{int(m[2]):03d}" for m in _CODE.finditer(rest)}
    if len(codes) > 1:
        one.dudas.append(f"Hay dos códigos de albergue: {' y '.join(sorted(codes))}.")
    elif codes:
        one.codigo = codes.pop()
    return _CODE.sub(" ", rest)


def _take_moment(one: Leido, rest: str, now: datetime) -> str:
    today = clock.local_day(now)
    rest = re.sub(
        r"(?<!\d)(\d{2})(\d{2})\s?(?:hrs?|hs|horas)\b", r"\1:\2", rest
    )  # as the radio says it: 1800 hrs
    day: date | None = None
    dates = list(_DATE.finditer(rest))
    for match in dates:
        given = _day_of(match, today)
        if given is None:
            one.dudas.append(f"La fecha «{match[0]}» no existe.")
        elif day is not None and given != day:
            one.dudas.append("Hay dos fechas.")
        else:
            day = given
    rest = _DATE.sub(" ", rest)
    for word, back in _DAYS.items():
        if re.search(rf"\b{word}\b", rest):
            day, rest = day or today - timedelta(days=back), re.sub(rf"\b{word}\b", " ", rest)
    hours: list[time] = []

    def take(match: re.Match[str]) -> str:
        if match[2] is None and match[3] is None:
            return match[0]  # a bare number is no hour
        hour, minute = int(match[1]), int(match[2] or 0)
        letter = (match[3] or "").replace(".", "").replace(" ", "")
        if letter in {"am", "pm"} and 1 <= hour <= 12:
            hour = hour % 12 + (12 if letter == "pm" else 0)
        if hour > 23 or minute > 59:
            one.dudas.append(f"La hora «{match[0].strip()}» no existe.")
        else:
            hours.append(time(hour, minute))
        return " "

    rest = _TIME.sub(take, rest)
    if len(set(hours)) > 1:
        one.dudas.append("Hay dos horas.")
    elif hours:
        one.corte = clock.as_utc(datetime.combine(day or today, hours[0], clock.LOCAL))
        if day is None:
            if one.corte > now + timedelta(hours=2):
                one.corte -= timedelta(days=1)
            one.supuesto.append(f"Sin fecha: se toma el {clock.to_local(one.corte):%d/%m/%Y}.")
    elif day is not None:
        one.dudas.append("Tiene fecha y le falta la hora.")
    return rest


def _day_of(match: re.Match[str], today: date) -> date | None:
    """The date; without year, the last one there was."""
    year = today.year if match[3] is None else int(match[3]) + (2000 if len(match[3]) == 2 else 0)
    try:
        found = date(year, int(match[2]), int(match[1]))
    except ValueError:
        return None
    if match[3] is None and found > today + timedelta(days=1):
        return date(year - 1, found.month, found.day) if (found.month, found.day) != (2, 29) else None
    return found


def _take_numbers(one: Leido, rest: str) -> str:
    """«P58 M 30», «58 personas, 12 familias»: letter first or number first, by what the line begins with."""
    known = "|".join(sorted(_KEYS, key=len, reverse=True))
    first_key = re.search(rf"\b(?:{known})(?=\s?[:=.]?\s?\d|\b)", rest)
    first_number = re.search(r"\d", rest)
    number_first = bool(first_key and first_number and first_number.start() < first_key.start())
    spans: list[tuple[int, int]] = []
    for match in (_REVERSED if number_first else _PAIR).finditer(rest):
        word, digits = (match[2], match[1]) if number_first else (match[1], match[2])
        name = _KEYS.get(word)
        if name is None:
            continue
        spans.append(match.span())
        value, held = int(digits.replace(",", "")), getattr(one, name)
        if value > MAX_NUMBER:
            one.dudas.append(f"El número de {_SHOWN[name]} es demasiado grande.")
        elif held is not None and held != value:
            one.dudas.append(f"Hay dos números de {_SHOWN[name]}: {held} y {value}.")
        else:
            setattr(one, name, value)
    for start, end in reversed(spans):
        rest = f"{rest[:start]} {rest[end:]}"
    return rest


def _take_source(one: Leido, rest: str) -> str:
    named = {_SOURCES[w] for w in re.findall(r"[a-z]+", rest) if w in _SOURCES}
    if len(named) > 1:
        one.dudas.append("Dice dos maneras de contar.")
    elif named:
        one.fuente = named.pop()
    return re.sub(rf"\b(?:{'|'.join(_SOURCES)})\b", " ", rest)


def _left_over(one: Leido, rest: str, others: list[str]) -> None:
    """Numbers that nothing explains are a doubt; words are passed over and told."""
    loose = re.findall(r"[^\s,;.:·|/*()-]+", rest)
    numbers = [w for w in loose if any(c.isdigit() for c in w)]
    if numbers:
        one.dudas.append(f"No se entiende «{' '.join(numbers)}».")
    words = [
        w for w in loose if w not in numbers and w not in {"y", "de", "a", "las", "la", "corte", "albergue"}
    ]
    one.sobra += [w for w in (" ".join(words), *(o.strip() for o in others)) if w]
