"""Types that hold text: words, names, telephones, identity numbers, references to a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from albergues_app.formats.engine.catalogs import Catalogos
from albergues_app.formats.engine.field_type import (
    Answers,
    Cell,
    Context,
    FieldType,
    Invalid,
    Notice,
    Paper,
    Parsed,
    Question,
    Widget,
    as_text,
)
from albergues_app.formats.engine.text import clean, fold

SIN_NOMBRE = "N/N"
_SIN_NOMBRE_FOLDED = {"nn", "sinnombre", "noidentificado", "noidentificada"}
_GUATEMALA_PHONE = re.compile(r"[2-7][0-9]{7}")
_FOREIGN_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
NOMBRE_SIN_LETRAS = f"Escriba el nombre con letras, o {SIN_NOMBRE} si no se sabe."
CUI_LARGO = "Escriba los 13 dígitos del CUI."
_SOME_LETTER = r"^.*[^ -@\[-`{-~].*$"
"""Something beyond the ASCII signs and digits: a letter of any language, for machines that know no Unicode."""


def _too_long(limit: int) -> str:
    return f"Escriba como máximo {limit} letras."


@dataclass(frozen=True, kw_only=True)
class Text(FieldType):
    """One line of text."""

    max_length: int = 120
    width: int = 8

    def read(self, raw: object, context: Context) -> object:
        text = clean(as_text(raw))
        if len(text) > self.max_length:
            raise Invalid("texto_largo", _too_long(self.max_length))
        return text

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        return str(values.get("") or "")

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "string", "maxLength": self.max_length}}

    def widget(self) -> Widget:
        return Widget("text", {"maxlength": self.max_length})

    def cell(self) -> Cell:
        return Cell("text", maximum=self.max_length, width=max(12, min(32, self.max_length // 3)))

    def question(self) -> Question | None:
        return Question("text", f"string-length(.) <= {self.max_length}", _too_long(self.max_length))

    def paper(self) -> Paper:
        return Paper("line", self.width)


@dataclass(frozen=True, kw_only=True)
class LongText(Text):
    """Several lines of text; line breaks stay."""

    max_length: int = 2000
    width: int = 24
    lines: int = 2

    def read(self, raw: object, context: Context) -> object:
        text = clean(as_text(raw), lines=True)
        if len(text) > self.max_length:
            raise Invalid("texto_largo", _too_long(self.max_length))
        return text

    def widget(self) -> Widget:
        return Widget("textarea", {"maxlength": self.max_length, "rows": self.lines + 1})

    def cell(self) -> Cell:
        return Cell("text", maximum=self.max_length, width=40)

    def question(self) -> Question | None:
        limit = f"string-length(.) <= {self.max_length}"
        return Question("text", limit, _too_long(self.max_length), "multiline")

    def paper(self) -> Paper:
        return Paper("line", self.width, lines=self.lines)


@dataclass(frozen=True, kw_only=True)
class PersonName(Text):
    """Names or surnames as the person gives them; ``N/N`` where nobody knows."""

    def parse(self, raw: Any, context: Context) -> Parsed:
        text = str(self.read(raw[""], context))
        if fold(text) in _SIN_NOMBRE_FOLDED:
            return Parsed({"": SIN_NOMBRE})
        if not any(char.isalpha() for char in text):
            raise Invalid("nombre_sin_letras", NOMBRE_SIN_LETRAS)
        if any(char.isdigit() for char in text):
            return Parsed({"": text}, (Notice("nombre_con_numeros", "El nombre lleva números. Revíselo."),))
        return Parsed({"": text})

    def question(self) -> Question | None:
        limit = f"string-length(.) <= {self.max_length}"
        return Question("text", f"{limit} and regex(., '{_SOME_LETTER}')", NOMBRE_SIN_LETRAS)

    def widget(self) -> Widget:
        return Widget("text", {"maxlength": self.max_length, "autocapitalize": "words", "spellcheck": False})


def _phone_pattern(foreign: bool) -> str:
    """Return what ``Phone.read`` takes as one expression: signs between the digits, prefixes, other countries."""
    gap = "[ ().-]*"
    prefix = rf"((\+|0{gap}0)?{gap}5{gap}0{gap}2)?"
    local = prefix + gap + "[2-7]" + f"({gap}[0-9]){{7}}"
    other = rf"(\+|0{gap}0){gap}(?!5{gap}0{gap}2)[1-9]({gap}[0-9]){{6,14}}"
    return f"^{gap}({local}|{other}){gap}$" if foreign else f"^{gap}{local}{gap}$"


@dataclass(frozen=True, kw_only=True)
class Phone(FieldType):
    """A telephone of Guatemala, 8 digits; with ``foreign`` also +country and number."""

    foreign: bool = False

    def read(self, raw: object, context: Context) -> object:
        text = re.sub(r"[\s().\-]", "", as_text(raw))
        if text.startswith("00"):
            text = "+" + text[2:]
        local = re.sub(r"^\+502", "", text)
        if len(local) == 11 and local.startswith("502"):
            local = local[3:]
        if _GUATEMALA_PHONE.fullmatch(local):
            return local
        if self.foreign and not text.startswith("+502") and _FOREIGN_PHONE.fullmatch(text):
            return text
        raise Invalid("telefono_invalido", self._message)

    @property
    def _message(self) -> str:
        tail = " De otro país: + y el código del país." if self.foreign else ""
        return f"Escriba los 8 dígitos del teléfono; empieza con 2 a 7.{tail}"

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        text = str(values.get("") or "")
        return f"{text[:4]} {text[4:]}" if len(text) == 8 else text

    def schema(self) -> dict[str, dict[str, Any]]:
        local = r"[2-7][0-9]{7}"
        pattern = rf"^({local}|\+[1-9][0-9]{{6,14}})$" if self.foreign else f"^{local}$"
        return {"": {"type": "string", "pattern": pattern}}

    def widget(self) -> Widget:
        return Widget("tel", {"inputmode": "tel", "maxlength": 20, "autocomplete": "off"})

    def cell(self) -> Cell:
        return Cell("text", maximum=20, width=14)

    def question(self) -> Question | None:
        return Question("text", f"regex(., '{_phone_pattern(self.foreign)}')", self._message)

    def paper(self) -> Paper:
        return Paper("line", 8) if self.foreign else Paper("digits", 7, boxes=(4, 4))


@dataclass(frozen=True)
class CuiCheck:
    """What is odd about a CUI; no reason means that it passes."""

    digits: str
    reasons: tuple[str, ...]


CUI_REASONS = {
    "formato": "El CUI tiene 13 dígitos. Puede guardar y corregirlo después.",
    "resto_10": "El CUI no se puede comprobar (resto 10). Compárelo con el documento.",
    "verificador": "El dígito de control del CUI no coincide. Revíselo; puede guardar así.",
    "territorio": "El CUI termina en un municipio que no existe. Revíselo; puede guardar así.",
}


def check_cui(text: str, catalogos: Catalogos) -> CuiCheck:
    """Check a CUI (dominio.md 4.4). Never an error: documents are not needed to be received.

    Without a table of municipalities the territory is checked by department only.
    """
    digits = re.sub(r"[\s\-]", "", text)
    if not re.fullmatch(r"[0-9]{13}", digits):
        return CuiCheck(digits, ("formato",))
    reasons = []
    remainder = sum(int(digits[i]) * (i + 2) for i in range(8)) % 11
    if remainder == 10:
        reasons.append("resto_10")
    elif remainder != int(digits[8]):
        reasons.append("verificador")
    departamento, municipio = int(digits[9:11]), int(digits[11:])
    highest = catalogos.max_municipio(departamento)
    if not 1 <= departamento <= 22 or municipio < 1 or (highest is not None and municipio > highest):
        reasons.append("territorio")
    return CuiCheck(digits, tuple(reasons))


@dataclass(frozen=True, kw_only=True)
class Cui(FieldType):
    """The 13 digits of the CUI. What fails a check is kept and warned about."""

    def parse(self, raw: Any, context: Context) -> Parsed:
        if isinstance(raw[""], bool):
            raise Invalid("texto_invalido", "Escriba los 13 dígitos del CUI.")
        text = clean(as_text(raw[""]))
        if len(text) > 30:
            raise Invalid("texto_largo", CUI_LARGO)
        check = check_cui(text, context.catalogos)
        value = text if check.reasons == ("formato",) else check.digits
        return Parsed({"": value}, tuple(Notice(f"cui_{r}", CUI_REASONS[r]) for r in check.reasons))

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        text = str(values.get("") or "")
        return f"{text[:4]} {text[4:9]} {text[9:]}" if len(text) == 13 and text.isdigit() else text

    def schema(self) -> dict[str, dict[str, Any]]:
        return {
            "": {"type": "string", "maxLength": 30, "description": "13 dígitos; si falla, solo se avisa."}
        }

    def widget(self) -> Widget:
        return Widget("cui", {"inputmode": "numeric", "maxlength": 30, "autocomplete": "off"})

    def cell(self) -> Cell:
        return Cell("text", maximum=30, width=18)

    def question(self) -> Question | None:
        return Question("text", "string-length(.) <= 30", CUI_LARGO)

    def paper(self) -> Paper:
        return Paper("digits", 10, boxes=(4, 5, 4))


@dataclass(frozen=True, kw_only=True)
class Attachment(FieldType):
    """A reference to a stored file (its id). The file itself travels by its own door.

    With ``pdf`` the screen offers PDF files beside photographs.
    """

    pdf: bool = field(default=False, metadata={"en_papel": False})

    def read(self, raw: object, context: Context) -> object:
        text = clean(as_text(raw))
        if not re.fullmatch(r"[A-Za-z0-9._\-]{1,80}", text):
            raise Invalid("adjunto_invalido", "Vuelva a elegir el archivo.")
        return text

    def to_text(self, values: Answers, catalogos: Catalogos) -> str:
        return "Adjunta" if values.get("") else ""

    def schema(self) -> dict[str, dict[str, Any]]:
        return {"": {"type": "string", "pattern": r"^[A-Za-z0-9._\-]{1,80}$"}}

    def widget(self) -> Widget:
        tail = ",application/pdf" if self.pdf else ""
        return Widget("file", {"accept": "image/jpeg,image/png" + tail})

    def cell(self) -> Cell:
        return Cell("none")

    def question(self) -> Question | None:
        return Question("file" if self.pdf else "image")

    def paper(self) -> Paper:
        return Paper("none", 0)
