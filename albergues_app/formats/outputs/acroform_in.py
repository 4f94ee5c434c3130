"""Read a fillable PDF back: raw answers for ``validate``. Nothing in the file is ever executed.

One file is one record. The rows of a continuation follow those of the form: in the same document, or in
another file that is joined by its folio, or else by its order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from albergues_app.formats.engine import Campo, Choice, Formato, MultiChoice, Notice, clean, fold
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.engine.list_types import OTRO, find_option
from albergues_app.formats.outputs.acroform import CODE, EDITION, FOLIO, GATE, SHEET
from albergues_app.formats.outputs.paper_controls import OTHER_BOX
from albergues_app.formats.outputs.web_form import unflatten
from albergues_app.formats.outputs.xlsx_in import (
    PAGE,
    Filled,
    FilledRecord,
    PaperRead,
    Place,
    UnreadableWorkbook,
)

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_BYTES, MAX_PAGES, MAX_OBJECTS, MAX_FIELDS, MAX_TEXT = 20_000_000, 200, 500_000, 20_000, 8000
_MAX_DEPTH = 8
_SHOWN = 10
_ROW = re.compile(r"^([a-z0-9_]+)-(\d{1,4})-([a-zA-Z0-9_]+)$", re.ASCII)
_OTHER = re.compile(r"(?:^|[,;])\s*otr[oa]\s*:\s*(.+)$", re.IGNORECASE | re.DOTALL)
_ACTIVE_ACTIONS = frozenset(
    ("/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Rendition", "/RichMediaExecute", "/GoToE")
)
_ACTIVE_KEYS = frozenset(("/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/RichMediaContent"))

_NOT_PDF = (
    "El archivo no es un PDF que se pueda leer. Ábralo, guárdelo otra vez como PDF y vuelva a intentarlo."
)
_TOO_BIG = "El PDF es demasiado grande para ser uno de estos formatos. Envíe solo el formato lleno."
_LOCKED = "El PDF tiene contraseña. Guárdelo sin contraseña y vuelva a enviarlo."
_ACTIVE = "El PDF trae programas o archivos adjuntos y no se leyó. Use el «PDF para llenar» de este sistema."
_XFA = "El PDF es de un tipo que no se puede leer aquí (XFA). Use el «PDF para llenar» de este sistema."
_NO_FIELDS = (
    "El PDF no tiene campos para leer: es papel impreso o escaneado. "
    "Use el «PDF para llenar», o pase los datos en la pantalla."
)
_NOT_OURS = "El PDF no es de estos formatos. Descargue el «PDF para llenar» y use ese."


@dataclass(frozen=True)
class FilledPdf:
    """What the fields of one file hold: which paper it is, text by name, and the page of every field.

    ``gate`` tells whether the paper was that of the gate, which has fewer options and numbers them so.
    """

    code: str
    edition: int
    sheet: int
    folio: str
    gate: bool
    values: Mapping[str, str]
    pages: Mapping[str, int]


def read_pdf(formato: Formato, content: bytes, gate: bool = True) -> Filled:
    """Read one filled document of a format; ``gate`` is judged later, by ``validate``.

    Raises
    ------
    UnreadableWorkbook
        If it cannot be read, is another format's or another edition's, or is a continuation alone.
    """
    return read_pdfs(formato, [content])


def read_pdfs(formato: Formato, contents: Sequence[bytes]) -> Filled:
    """Read many filled documents of a format, one record each; continuations join theirs.

    A continuation joins the form of its folio, wherever it stands; without a folio the form before it, or the only
    one there is. Those of one form follow each other by their number.
    """
    filled = Filled()
    forms: dict[int, FilledRecord] = {}
    by_folio: dict[str, FilledRecord] = {}
    later: list[tuple[int, FilledPdf, dict[str, Any], dict[str, Place]]] = []
    for number, content in enumerate(contents, start=1):
        paper = open_pdf(content)
        check_edition(formato, paper)
        raw, places, strangers = _answers(formato, paper)
        for name in strangers[:_SHOWN]:
            notice = Notice("columna_desconocida", f"No se reconoce el campo «{name[:60]}». No se leyó.")
            filled.notices.append((notice, _place(paper.pages.get(name, 1))))
        rows = [row for found in raw.values() if isinstance(found, list) for row in found]
        filled.papers.append(PaperRead(paper.sheet, paper.folio, sum(not is_blank(row) for row in rows)))
        if paper.sheet > 1:
            later.append((number, paper, raw, places))
            continue
        forms[number] = FilledRecord(number, raw, {"": _place(1)} | places)
        if paper.folio:
            by_folio.setdefault(fold(paper.folio), forms[number])
    for number, paper, raw, places in sorted(later, key=lambda one: one[1].sheet):
        found = _form_of(number, paper, forms, by_folio)
        if found is None:
            raise _alone(paper, [one.folio or "sin folio" for one in filled.papers if one.sheet == 1])
        _join(found, raw, places)
    filled.records = [record for record in forms.values() if not is_blank(list(record.raw.values()))]
    return filled


def _form_of(
    number: int, paper: FilledPdf, forms: Mapping[int, FilledRecord], by_folio: Mapping[str, FilledRecord]
) -> FilledRecord | None:
    """The form that a continuation goes on with; None where it did not come along."""
    if paper.folio:
        return by_folio.get(fold(paper.folio))
    before = [form for form in forms if form < number] or list(forms) * (len(forms) == 1)
    return forms[before[-1]] if before else None


def _alone(paper: FilledPdf, firsts: Sequence[str]) -> UnreadableWorkbook:
    """A continuation whose form is not there: which folio it has, and which came."""
    said = f"Es una hoja de continuación (hoja {paper.sheet})"
    if firsts:
        came = ", ".join(f"«{folio[:40]}»" for folio in firsts[:_SHOWN])
        said += f" con folio «{paper.folio[:40] or 'sin folio'}», y las primeras hojas de este envío llevan {came}"
    return UnreadableWorkbook(f"{said}. Envíela junto con su primera hoja, con el mismo folio.")


def check_edition(formato: Formato, paper: FilledPdf) -> None:
    """Refuse another format's paper, or another edition's. :raises UnreadableWorkbook: saying which it is."""
    if paper.code != formato.code:
        raise UnreadableWorkbook(
            f"El PDF es del formato «{paper.code[:40]}», no de «{formato.title}». Elija ese formato, o el archivo correcto."
        )
    if paper.edition > formato.version:
        raise UnreadableWorkbook(
            f"El PDF es de la edición {paper.edition} de «{formato.title}», y aquí solo se conoce hasta la "
            f"{formato.version}. Actualice el sistema, o use el PDF de la edición {formato.version}."
        )
    if paper.edition != formato.version:
        raise UnreadableWorkbook(
            f"El PDF es de la edición {paper.edition} de «{formato.title}»; se lee la {formato.version}. "
            f"Pase los datos a la pantalla o al PDF de la edición {formato.version}. Quien administra el sistema puede "
            f"leerlo en la terminal con --edicion {paper.edition}."
        )


def open_pdf(content: bytes) -> FilledPdf:
    """Return what the fields of a file hold.

    Raises
    ------
    UnreadableWorkbook
        If it is no PDF, is locked, too big, brings programs, or is not one of our papers.
    """
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    if len(content) > MAX_BYTES:
        raise UnreadableWorkbook(_TOO_BIG)
    if not content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n\x00").startswith(b"%PDF-"):
        raise UnreadableWorkbook(_NOT_PDF)
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted:
            raise UnreadableWorkbook(_LOCKED)
        return _read(reader)
    except UnreadableWorkbook:
        raise
    except RecursionError as problem:
        raise UnreadableWorkbook(_TOO_BIG) from problem
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, AssertionError,
            NotImplementedError, OverflowError, ZeroDivisionError) as problem:  # fmt: skip
        raise UnreadableWorkbook(_NOT_PDF) from problem


def _read(reader: PdfReader) -> FilledPdf:
    root = reader.root_object
    form = root.get("/AcroForm")
    form = form.get_object() if form is not None else None
    if form is not None and "/XFA" in form:
        raise UnreadableWorkbook(_XFA)
    _refuse_active(root)
    if form is None or not form.get("/Fields"):
        raise UnreadableWorkbook(_NO_FIELDS)
    pages = _pages(reader)
    values: dict[str, str] = {}
    where: dict[str, int] = {}
    for number, (name, value, kids) in enumerate(_fields(form["/Fields"])):
        if number > MAX_FIELDS:
            raise UnreadableWorkbook(_TOO_BIG)
        where[name] = next((pages[kid] for kid in kids if kid in pages), 1)
        if value:
            values[name] = value
    known = {name: values.pop(name, "") for name in (CODE, EDITION, SHEET, GATE)}
    where = {name: page for name, page in where.items() if name not in known}
    if not known[CODE] or not all(re.fullmatch(r"[0-9]{1,4}", known[n]) for n in (EDITION, SHEET)):
        raise UnreadableWorkbook(_NOT_OURS)
    folio = values.pop(FOLIO, "") or values.get("folio", "") or values.get("folio_papel", "")
    where.pop(FOLIO, None)
    edition, sheet = int(known[EDITION]), int(known[SHEET])
    return FilledPdf(known[CODE], edition, sheet, folio, known[GATE] != "no", values, where)


def _refuse_active(root: Any) -> None:
    """Walk every object that the document reaches; programs, actions that act and attachments are refused."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [root]
    count = 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > MAX_OBJECTS:
            raise UnreadableWorkbook(_TOO_BIG)
        if isinstance(one, IndirectObject):
            key = (one.idnum, one.generation)
            if key in seen:
                continue
            seen.add(key)
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            action = one.get("/S")
            if (isinstance(action, str) and action in _ACTIVE_ACTIONS) or not _ACTIVE_KEYS.isdisjoint(one):
                raise UnreadableWorkbook(_ACTIVE)
            waiting += dict.values(one)
        elif isinstance(one, ArrayObject):
            waiting += list.__iter__(one)


def _pages(reader: PdfReader) -> dict[int, int]:
    """Return the page of each annotation by its object number."""
    from pypdf.generic import IndirectObject

    pages: dict[int, int] = {}
    if len(reader.pages) > MAX_PAGES:
        raise UnreadableWorkbook(_TOO_BIG)
    for number, page in enumerate(reader.pages, start=1):
        annotations = page.get("/Annots")
        if annotations is not None:
            found = annotations.get_object()
            pages |= {one.idnum: number for one in list.__iter__(found) if isinstance(one, IndirectObject)}
    return pages


def _fields(fields: Any) -> Iterator[tuple[str, str, list[int]]]:
    """Yield the full name, the value and the object numbers of each field that has a name."""
    waiting = [(one, "", "", 0) for one in reversed(list(list.__iter__(fields.get_object())))]
    while waiting:
        raw, above, kind, depth = waiting.pop()
        one = raw.get_object()
        if not hasattr(one, "get") or depth > _MAX_DEPTH:
            continue
        own = one.get("/T")
        name = f"{above}.{own}" if own and above else str(own or above)
        kind = str(one.get("/FT") or kind)
        kids = one.get("/Kids")
        kids = list(list.__iter__(kids.get_object())) if kids is not None else []
        named = [kid for kid in kids if "/T" in kid.get_object()]
        if named:
            waiting += [(kid, name, kind, depth + 1) for kid in reversed(named)]
            continue
        value = _text(one.get("/V"))
        if kind == "/Btn":
            value = value or next((state for w in (one, *kids) if (state := _state(w.get_object()))), "")
            value = "" if value == "Off" else value
        if name:
            yield name, value, [getattr(w, "idnum", 0) for w in (raw, *kids)]


def _state(widget: Any) -> str:
    """Return the state that a box shows, where its field does not say one."""
    state = widget.get("/AS")
    return "" if state is None or state == "/Off" else str(state).removeprefix("/")


def _text(value: Any) -> str:
    """Return a field's value as text, cut where it is longer than any answer."""
    from pypdf.generic import ArrayObject, NameObject, StreamObject

    value = value.get_object() if value is not None else ""
    if isinstance(value, StreamObject):
        value = value.get_data()[:MAX_TEXT]
    if isinstance(value, ArrayObject):
        return "; ".join(_text(one) for one in list.__iter__(value))[:MAX_TEXT]
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    text = str(value)[:MAX_TEXT]
    return (text.removeprefix("/") if isinstance(value, NameObject) else text).strip()


def _place(page: int, row: int = 0, label: str = "") -> Place:
    return Place(f"{PAGE} {page}", row, label)


def _answers(formato: Formato, paper: FilledPdf) -> tuple[dict[str, Any], dict[str, Place], list[str]]:
    """Return raw answers, the place of each path, and names that the format does not have."""
    labels = {"": _labels(formato.campos)} | {r.name: _labels(r.campos) for r in formato.repetibles}
    flat: dict[str, str] = {}
    places: dict[str, Place] = {}
    strangers: list[str] = []
    used = {found[:2] for name in paper.values if (found := _split(name))[0]}
    for name, page in paper.pages.items():
        section, row, own = _split(name)
        label = labels.get(section, {}).get(own)
        value = paper.values.get(name, "")
        if label is None:
            strangers += [name] if value else []
            continue
        if section and (section, row) not in used:
            continue
        path = f"{section}[{row}].{own}" if section else own
        places[path] = _place(page, row + 1 if section else 0, label)
        if section:
            places.setdefault(f"{section}[{row}]", _place(page, row + 1))
            places.setdefault(section, _place(page))
        if value and own.endswith(f"_{OTHER_BOX}"):
            flat[name.removesuffix(f"_{OTHER_BOX}")] = OTRO
        elif value:
            flat[name] = value
    raw = unflatten(formato, flat)
    _say_others(formato.campos, raw, paper.gate)
    for repetible in formato.repetibles:
        for one in raw.get(repetible.name) or ():
            _say_others(repetible.campos, one or {}, paper.gate)
    return raw, places, strangers


def _split(name: str) -> tuple[str, int, str]:
    """Return section, row counted from 0, and own name of a field."""
    found = _ROW.match(name)
    return (found[1], int(found[2]), found[3]) if found else ("", 0, name)


def _labels(campos: Iterable[Campo]) -> dict[str, str]:
    """Return every name that a field of these may have, with the words of its place."""
    found: dict[str, str] = {}
    for campo in campos:
        found |= dict.fromkeys((*campo.known_keys, campo.key(OTHER_BOX)), campo.label)
    return found


def _say_others(campos: Iterable[Campo], row: dict[str, Any], gate: bool) -> None:
    """Take apart what one box holds: «Otro: leña», and the numbers of several options."""
    for campo in campos:
        text = row.get(campo.name)
        if not isinstance(text, str) or not isinstance(campo.type, (Choice, MultiChoice)):
            continue
        if campo.type.has_other and (other := _OTHER.search(text)):
            row.setdefault(campo.key(OTRO), other[1])
            text = row[campo.name] = f"{text[: other.start()]}, {OTRO}".removeprefix(", ")
        if isinstance(campo.type, MultiChoice):
            row[campo.name] = ", ".join(_option(item, campo, gate) for item in re.split(r"[;,\n]", text))


def _option(item: str, campo: Campo, gate: bool) -> str:
    """Return the code of the option that a number of the paper's legend means."""
    options, number = campo.type.options_shown(gate), clean(item)
    meant = number.isdecimal() and len(number) < 3 and find_option(number, options, gate) is None
    return options[int(number) - 1].code if meant and 0 < int(number) <= len(options) else number


def _join(record: FilledRecord, raw: Mapping[str, Any], places: Mapping[str, Place]) -> None:
    """Add the rows of a continuation; two sheets with the same number follow each other."""
    for section, rows in raw.items():
        if not isinstance(rows, list):
            continue
        known: list[Any] = record.raw.setdefault(section, [])
        first = next(number for number, row in enumerate(rows) if not is_blank(row))
        shift = max(0, len(known) - first)
        known += [None] * (first + shift - len(known))
        known += rows[first:]
        for path, place in places.items():
            if found := re.match(rf"{section}\[(\d+)\]", path):
                record.places[f"{section}[{int(found[1]) + shift}]{path[found.end() :]}"] = place
