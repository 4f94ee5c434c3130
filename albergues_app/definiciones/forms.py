"""The steps of a definition: what was typed becomes a piece of the document, and a piece becomes what was typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from albergues_app.core.text import clean, whole_number
from albergues_app.definiciones.condition_forms import (
    Names,
    Unclear,
    read_lines,
    write_lines,
)
from albergues_app.definiciones.rule_sentences import read_rule, sentence, write_rule
from albergues_app.formats.engine import Condition, Rule
from albergues_app.formats.engine.definition import CATALOGUES
from albergues_app.formats.engine.list_types import OTRO, options
from albergues_app.formats.engine.serial import (
    FIELD_TYPES,
    Malformed,
    hints_of,
    piece_from_json,
    to_json,
)

Document = dict[str, Any]
Form = Mapping[str, str]

TYPE_NAMES = {
    "Text": "Texto de un renglón",
    "LongText": "Texto de varios renglones",
    "Choice": "Una opción de una lista",
    "MultiChoice": "Varias opciones de una lista",
    "YesNo": "Sí o no",
    "Whole": "Número entero",
    "Decimal": "Número con decimales",
    "Date": "Fecha",
    "Time": "Hora",
    "Instant": "Fecha y hora",
    "PersonName": "Nombre de persona",
    "Phone": "Teléfono",
    "Cui": "CUI (DPI)",
    "Document": "Tipo y número de documento",
    "CountByKind": "Conteo por clases",
    "FromCatalogo": "Departamento o municipio",
    "Coordinate": "Coordenada",
    "Attachment": "Fotografía o archivo",
}
"""Every kind of field of the engine, as people call it."""

OPTION_NAMES = {
    "max_length": ("Letras como máximo", ""),
    "width": ("Ancho en el papel", "De 24 columnas que tiene la hoja."),
    "lines": ("Renglones en el papel", ""),
    "minimum": ("Desde", ""),
    "maximum": ("Hasta", ""),
    "places": ("Decimales", ""),
    "options": ("Opciones", "Una por renglón. «otro» solo agrega «Otro (especifique)»."),
    "code_on_paper": ("En el papel se escribe el código", ""),
    "foreign": ("Admite teléfonos de otros países", ""),
    "pdf": ("Admite PDF, además de fotografías", ""),
    "future": ("Admite fechas futuras", ""),
    "max_hours_ahead": ("Horas por delante que se admiten", ""),
    "catalogo": ("Lista", ""),
    "within": ("Campo del departamento al que pertenece", "El nombre de otro campo, si lo hay."),
    "free": ("Admite lo que no está en la lista", ""),
}
"""What the options of a kind of field are called."""

MARKS = (
    ("O", "O · opcional"),
    ("R", "R · obligatorio"),
    ("C", "C · obligatorio cuando se cumple algo"),
    ("S", "S · obligatorio para firmar"),
)
LEVELS = (
    ("0", "N0 · público"),
    ("1", "N1 · institucional"),
    ("2", "N2 · personal"),
    ("3", "N3 · delicado"),
    ("4", "N4 · protección"),
)
MODES = {
    "siempre": ("rapido", "completo", "firma"),
    "completo": ("completo", "firma"),
    "firma": ("firma",),
    "antes": ("rapido", "completo"),
    "guardar": ("rapido",),
}
MODE_NAMES = (
    ("siempre", "Siempre"),
    ("completo", "Al completar"),
    ("firma", "Solo para firmar"),
    ("antes", "Siempre, menos para firmar"),
    ("guardar", "Solo al guardar con lo mínimo"),
)


@dataclass
class Sheet:
    """One step on the screen: what was typed, and what is wrong with it."""

    valores: dict[str, Any] = field(default_factory=dict)
    errores: list[Unclear] = field(default_factory=list)

    def error_of(self, name: str) -> str | None:
        return next((e.mensaje for e in self.errores if e.campo == name), None)

    def get(self, name: str, default: Any = "") -> Any:
        return self.valores.get(name, default)


def slug(text: str, taken: set[str]) -> str:
    """A name made of a label: «¿Cuántas personas?» → `cuantas_personas`; with a number where it is taken."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    words = [w for w in re.split(r"[^a-z0-9]+", plain) if w][:6]
    base = "_".join(words)[:34].strip("_")
    if not base or not base[0].isalpha():
        base = f"c_{base}".strip("_")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


# -- cover ------------------------------------------------------------------------------------------------

COVER_TEXTS = ("title", "issuer", "source", "who_fills", "when_filled", "purpose", "record", "notice")
COVER_LISTS = ("moment", "area", "ambito")


def cover_values(document: Document) -> dict[str, Any]:
    found = {name: document.get(name, "") for name in (*COVER_TEXTS, *COVER_LISTS)}
    return found | {
        "signatures": "\n".join(document.get("signatures", [])),
        "landscape": "1" if document.get("landscape") else "",
        "order": str(document.get("order", 1000)),
    }


def read_cover(form: Form, document: Document) -> tuple[Document, list[Unclear]]:
    """The document with its cover as typed, and what is wrong."""
    faults: list[Unclear] = []
    changed = {**document}
    for name in (*COVER_TEXTS, *COVER_LISTS):
        changed[name] = clean(form.get(name, ""))
    for name in ("title", "issuer", "source", "who_fills", "when_filled", "purpose", "record"):
        if not changed[name]:
            faults.append(Unclear("Escriba este dato: va en el papel.", name))
    lines = [clean(line) for line in form.get("signatures", "").splitlines()]
    changed["signatures"] = [line for line in lines if line]
    changed["landscape"] = bool(form.get("landscape"))
    changed["order"] = _whole(form, "order", 1000, faults)
    return changed, faults


# -- section ----------------------------------------------------------------------------------------------


def section_values(section: Document) -> dict[str, Any]:
    rows = section["clase"] == "Repetible"
    return {
        "titulo": section["title"],
        "nombre": section["name"] if rows else section["code"],
        "ayuda": section.get("hint", ""),
        "singular": section.get("singular", ""),
        "minimo": str(section.get("min_rows", 0)),
        "maximo": str(section.get("max_rows", 60)),
        "renglones": str(section.get("paper_rows", 8)),
    }


def read_section(form: Form, section: Document, taken: set[str]) -> tuple[Document, list[Unclear]]:
    """The section with its heading as typed, and what is wrong."""
    faults: list[Unclear] = []
    title = clean(form.get("titulo", ""))
    if not title:
        faults.append(Unclear("Escriba el título de la sección.", "titulo"))
    name = clean(form.get("nombre", "")) or slug(title or "seccion", taken)
    if name in taken:
        faults.append(Unclear(f"Ya hay una sección o un campo «{name}». Use otro nombre.", "nombre"))
    changed = {**section, "title": title, "hint": clean(form.get("ayuda", ""))}
    if section["clase"] == "Seccion":
        return {**changed, "code": name}, faults
    singular = clean(form.get("singular", ""))
    if not singular:
        faults.append(Unclear("Diga cómo se llama cada fila: persona, entrega…", "singular"))
    least, most = _whole(form, "minimo", 0, faults), _whole(form, "maximo", 60, faults)
    if least > most:
        faults.append(Unclear("El mínimo no puede pasar del máximo.", "minimo"))
    return {
        **changed, "name": name, "singular": singular, "min_rows": least, "max_rows": most,
        "paper_rows": _whole(form, "renglones", 8, faults),
    }, faults  # fmt: skip


# -- field ------------------------------------------------------------------------------------------------


def type_options(kind: str) -> list[dict[str, Any]]:
    """The options of a kind of field, as inputs: name, label, help, what it is, and its value to begin with."""
    cls: Any = FIELD_TYPES[kind]
    found: list[dict[str, Any]] = []
    for f in fields(cls):
        hint = hints_of(cls)[f.name]
        label, aid = OPTION_NAMES[f.name]
        what = {int: "entero", float: "numero", bool: "casilla", str: "texto"}.get(hint, "opciones")
        default = "" if f.default is MISSING else f.default
        found.append({"nombre": f"tipo_{f.name}", "rotulo": label, "ayuda": aid, "clase": what,
                      "lista": [(c, c.capitalize()) for c in CATALOGUES] if f.name == "catalogo" else [],
                      "valor": ("1" if default else "") if hint is bool else str(default)})  # fmt: skip
    return found


def field_values(campo: Document) -> dict[str, Any]:
    """What would have been typed for a field of the document."""
    kind = campo["type"]
    values: dict[str, Any] = {
        "nombre": campo["name"], "rotulo": campo["label"], "tipo": kind["clase"], "marca": campo["required"],
        "texto_cuando": campo["required_text"], "sustituto": ", ".join(campo["satisfied_by"]),
        "ayuda": campo["hint"], "ejemplo": campo["example"], "corto": campo["short"],
        "otros": ", ".join(campo["aliases"]), "delicado": "1" if campo["sensitive"] else "",
        "nivel": str(campo["level"]), "rapido": "1" if campo["quick"] else "",
        "aparte": "" if campo["gate"] else "1", "desconocido": "1" if campo["unknown"] else "",
        "valor": campo["default"], "ancho": str(campo["paper_width"] or ""),
    }  # fmt: skip
    for name, value in kind.items():
        if name == "options":
            values["tipo_options"] = "\n".join(_option_line(o) for o in value)
        elif name != "clase":
            values[f"tipo_{name}"] = "1" if value is True else "" if value is False else f"{value}"
    for key, prefix in (("required_when", "obliga"), ("asked_when", "pide")):
        lines = write_lines(_condition(campo[key]), prefix)
        values |= {f"{prefix}-fija": "1"} if lines is None else lines
    return values


def _condition(data: Any) -> Condition | None:
    return None if data is None else piece_from_json(Condition, data)


_OTRO = to_json(options(OTRO)[0])


def _option_line(option: Document) -> str:
    if option == _OTRO:
        return OTRO
    parts = [option["code"], option["label"], option["short"], ", ".join(option["aliases"])]
    parts.append("" if option["gate"] else "aparte")
    while len(parts) > 2 and not parts[-1]:
        parts.pop()
    return " | ".join(parts)


def read_options(text: str) -> list[Document]:
    """Options of a list, one each line: ``código | Texto | corto | otros, nombres | aparte``."""
    found: list[Document] = []
    taken: set[str] = set()
    for line in text.splitlines()[:400]:
        parts = [clean(part) for part in line.split("|")]
        if not any(parts):
            continue
        if parts == [OTRO]:
            found.append({**_OTRO})
            continue
        if len(parts) == 1:
            parts = [_option_code(parts[0], taken), parts[0]]
        parts += [""] * (5 - len(parts))
        taken.add(parts[0])
        aliases = [alias for alias in (clean(a) for a in parts[3].split(",")) if alias]
        found.append({"clase": "Option", "code": parts[0], "label": parts[1], "short": parts[2],
                      "gate": parts[4].casefold() != "aparte", "aliases": aliases})  # fmt: skip
    return found


def _option_code(label: str, taken: set[str]) -> str:
    made = slug(label, taken)
    digits = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")
    return digits if digits[:1].isdigit() and digits not in taken else made


def read_field(
    form: Form, before: Document | None, names: Names, taken: set[str]
) -> tuple[Document, list[Unclear]]:
    """The field as typed, and what is wrong with it."""
    faults: list[Unclear] = []
    label = clean(form.get("rotulo", ""))
    if not label:
        faults.append(Unclear("Escriba la pregunta, como va en el papel.", "rotulo"))
    name = clean(form.get("nombre", "")) or slug(label or "campo", taken)
    if name in taken:
        faults.append(Unclear(f"Ya hay un campo «{name}». Use otro nombre.", "nombre"))
    mark = form.get("marca", "O")
    level = form.get("nivel", "2")
    campo: Document = {
        "clase": "Campo", "name": name, "label": label, "type": _read_type(form, faults),
        "required": mark if mark in dict(MARKS) else "O", "required_when": None,
        "required_text": clean(form.get("texto_cuando", "")),
        "satisfied_by": _names(form, "sustituto"), "asked_when": None, "hint": clean(form.get("ayuda", "")),
        "example": clean(form.get("ejemplo", "")), "short": clean(form.get("corto", "")),
        "aliases": _names(form, "otros"), "sensitive": bool(form.get("delicado")),
        "level": int(level) if level in dict(LEVELS) else 2, "hxl": (before or {}).get("hxl", ""),
        "quick": bool(form.get("rapido")), "gate": not form.get("aparte"), "auto": bool((before or {}).get("auto")),
        "unknown": bool(form.get("desconocido")), "default": clean(form.get("valor", "")),
        "paper_width": _whole(form, "ancho", 0, faults),
    }  # fmt: skip
    for key, prefix in (("required_when", "obliga"), ("asked_when", "pide")):
        if form.get(f"{prefix}-fija") and before is not None:
            campo[key] = before[key]
            continue
        try:
            condition = read_lines(form, prefix, names)
        except Unclear as fault:
            faults.append(fault)
            continue
        campo[key] = None if condition is None else to_json(condition)
    if campo["required"] not in "CS":
        campo["required_when"], campo["required_text"] = None, ""
    elif campo["required_when"] is None:
        campo["required_text"] = ""
        if mark == "C" and not faults:
            faults.append(Unclear("Diga cuándo es obligatorio.", "obliga-0-campo"))
    elif not campo["required_text"]:
        faults.append(
            Unclear("Escríbalo también con palabras, por ejemplo «si hay heridos».", "texto_cuando")
        )
    if not faults:
        try:
            from albergues_app.formats.engine import Campo

            piece_from_json(Campo, campo)
        except Malformed as error:
            faults.append(Unclear(error.problem.mensaje, _INPUT_OF.get(error.problem.codigo, "rotulo")))
    return campo, faults


_INPUT_OF = {"nivel_bajo": "nivel", "sin_desconocido": "tipo", "texto_invalido": "rotulo"}


def _read_type(form: Form, faults: list[Unclear]) -> Document:
    kind = form.get("tipo", "")
    if kind not in FIELD_TYPES:
        faults.append(Unclear("Elija de qué tipo es la respuesta.", "tipo"))
        kind = "Text"
    made: Document = {"clase": kind}
    for option in type_options(kind):
        name, key = option["nombre"].removeprefix("tipo_"), option["nombre"]
        text = form.get(key, "")
        if option["clase"] == "casilla":
            made[name] = bool(text)
        elif option["clase"] == "opciones":
            made[name] = read_options(text)
            if len(made[name]) < 2:
                faults.append(Unclear("Escriba dos opciones o más, una en cada renglón.", key))
        elif option["clase"] == "entero":
            made[name] = _whole(form, key, int(option["valor"]), faults)
        elif option["clase"] == "numero":
            made[name] = _number(form, key, float(option["valor"]), faults)
        else:
            made[name] = clean(text)
    if "catalogo" in made and not made["catalogo"]:
        faults.append(Unclear("Elija la lista.", "tipo_catalogo"))
    return made


def _whole(form: Form, name: str, default: int, faults: list[Unclear]) -> int:
    text = clean(form.get(name, "")).replace(",", "")
    if not text:
        return default
    number = whole_number(text)
    if number is None:
        faults.append(Unclear("Escriba un número entero.", name))
        return default
    return number


def _number(form: Form, name: str, default: float, faults: list[Unclear]) -> float | int:
    text = clean(form.get(name, "")).replace(",", "")
    try:
        value = float(text) if text else default
        if not abs(value) <= 10**12:
            raise ValueError
    except ValueError:
        faults.append(Unclear("Escriba un número; use punto para los decimales.", name))
        return default
    return int(value) if value == int(value) else value


def _names(form: Form, name: str) -> list[str]:
    return [part for part in (clean(p) for p in form.get(name, "").split(",")) if part]


# -- rule -------------------------------------------------------------------------------------------------


def rule_values(rule: Document) -> dict[str, Any]:
    """What would have been typed for a rule; ``fija`` where no sentence of the list says it."""
    modes = tuple(rule["modes"])
    values: dict[str, Any] = {
        "nombre": rule["code"], "campo": rule["campo"], "mensaje": rule["message"],
        "avisa": "1" if rule["clase"] == "Warn" else "",
        "modo": next((code for code, known in MODES.items() if set(known) == set(modes)), "siempre"),
    }  # fmt: skip
    typed = write_rule(piece_from_json(Condition, rule["holds"]))
    return values | ({"fija": "1"} if typed is None else typed)


def read_rule_form(
    form: Form,
    many: Callable[[str], list[str]],
    before: Document | None,
    names: Names,
    taken: set[str],
) -> tuple[Document | None, list[Unclear]]:
    """The rule as typed, or None, and what is wrong with it."""
    faults: list[Unclear] = []
    message = clean(form.get("mensaje", ""))
    if not message:
        faults.append(
            Unclear("Escriba qué debe hacer la persona. Por ejemplo: «Revise la fecha».", "mensaje")
        )
    places = {*names.scope.row, *(names.scope.rows if names.scope.is_sheet else ())}
    campo = form.get("campo", "")
    if campo not in places:
        faults.append(Unclear("Elija junto a qué campo sale el mensaje.", "campo"))
    holds: Any = None
    if form.get("fija") and before is not None:
        holds = before["holds"]
    else:
        try:
            holds = to_json(read_rule(form, many, names))
        except Unclear as fault:
            faults.append(fault)
    said = sentence(form.get("clase", ""))
    if faults or holds is None:
        return None, faults
    modes = MODES.get(form.get("modo", ""), MODES["siempre"])
    name = clean(form.get("nombre", "")) or slug(f"{said.code if said else 'regla'} {campo}", taken)
    rule: Document = {
        "clase": "Warn" if form.get("avisa") else "Rule", "code": name, "campo": campo, "message": message,
        "holds": holds, "modes": list(modes),
    }  # fmt: skip
    try:
        piece_from_json(Rule, rule)
    except Malformed as error:
        faults.append(Unclear(error.problem.mensaje, "mensaje"))
    return rule, faults
