"""What a text of the log names: shelters by their code, folios of the same log, municipalities and departments.

Found in the text as it stands, when it is typed and whenever it is read: nothing is stored but the first shelter and
the one municipality. A link is made only to what the reader may open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from flask import url_for
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, visible_select
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.reserve import is_hidden
from albergues_app.coe.models import Coe
from albergues_app.core.db import db
from albergues_app.core.text import normalize
from albergues_app.ocupacion.places_left import OPEN_STATES, cupos_of
from albergues_app.territorio.catalogo import Catalogo, catalogo

ALBERGUE, FOLIO, LUGAR = "albergue", "folio", "lugar"

_CODE = re.compile(r"(?<![\w-])[0-9]{4}-[0-9]{3,4}(?![\w-])")
_FOLIO = re.compile(
    r"\bfolio\s+(?:n(?:o|[úu]m(?:ero)?)?\.?\s*[°º]?\s*|#\s*)?0{0,6}([1-9][0-9]{0,6})\b", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_FOLD = str.maketrans("áéíóúü", "aeiouu")
_COUNTRY = "guatemala"
"""As one word it is the country, and no place to link."""
_MANY = 60
"""Mentions of one text that are looked up; a text with more is a list, not a message."""


@dataclass(frozen=True)
class Mencion:
    """A stretch of a text that names something: ``clave`` is a site's code, a folio, or an INE code."""

    inicio: int
    fin: int
    clase: str
    clave: str


_Names = dict[str, list[tuple[list[str], str]]]
_NAMES: WeakKeyDictionary[Catalogo, dict[str | None, _Names]] = WeakKeyDictionary()
"""By catalogue and department: some 700 names, the same for every entry."""


def _names_for(known: Catalogo, departamento: str | None) -> _Names:
    """First word → (words, code) of every name that means one place there, the longest first."""

    def meant(codes: Sequence[str]) -> str | None:
        near = [c for c in codes if departamento is None or c[:2] == departamento] or codes
        return near[0] if len(near) == 1 else None

    names = dict(known.por_nombre)
    for codigo, lugar in known.departamentos.items():
        name = normalize(lugar.nombre)  # «Quiché» is only an alias of its head town; «Sololá» is its name
        towns = [c for c in names.get(name, ()) if normalize(known.municipio_nombre(c)) == name]
        names[name] = tuple(towns) or (codigo,)
    found: _Names = {}
    for name, codes in names.items():
        codigo_, words = meant(codes), name.split()
        if codigo_ and words and name != _COUNTRY:
            found.setdefault(words[0], []).append((words, codigo_))
    for options in found.values():
        options.sort(key=lambda option: -len(option[0]))
    return found


class Lugares:
    """The names of places as one log means them: those of its own department before the others."""

    def __init__(self, coe: Coe, known: Catalogo | None = None) -> None:
        self.known = known or catalogo()
        of_all = _NAMES.setdefault(self.known, {})
        if coe.departamento_codigo not in of_all:
            of_all[coe.departamento_codigo] = _names_for(self.known, coe.departamento_codigo)
        self._names = of_all[coe.departamento_codigo]

    def mentions(self, text: str) -> list[Mencion]:
        """Places named in a text, the longest name first; a name of one word only when it is written as a name."""
        lowered = text.lower()
        if len(lowered) != len(text):  # letters that change their number when lowered: none of ours
            return []
        words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(lowered.translate(_FOLD))]
        found, at = [], 0
        while at < len(words):
            word, start, _ = words[at]
            taken = 1
            for name, codigo in self._names.get(word, ()):
                here = words[at : at + len(name)]
                if [w for w, _, _ in here] != name or (len(name) == 1 and not text[start].isupper()):
                    continue
                found.append(Mencion(start, here[-1][2], LUGAR, codigo))
                taken = len(name)
                break
            at += taken
        return found


def mentions(text: str, lugares: Lugares) -> list[Mencion]:
    """All that a text names, in order, none over another."""
    found = [Mencion(m.start(), m.end(), ALBERGUE, m.group()) for m in _CODE.finditer(text)]
    found += [Mencion(m.start(), m.end(), FOLIO, m.group(1)) for m in _FOLIO.finditer(text)]
    found += lugares.mentions(text)
    found.sort(key=lambda m: m.inicio)
    kept: list[Mencion] = []
    for one in found[:_MANY]:
        if not kept or one.inicio >= kept[-1].fin:
            kept.append(one)
    return kept


@dataclass(frozen=True)
class Nombrado:
    """What an entry is filed under: its first shelter, and its municipality if it names one alone."""

    albergue: str | None
    municipio: str | None


def named_in(text: str, coe: Coe) -> Nombrado:
    """The first shelter that exists, and the one municipality of the COE's territory: the named one, else the shelter's."""
    found = mentions(text, Lugares(coe))
    codes = [m.clave for m in found if m.clase == ALBERGUE]
    sites = (
        {row.codigo: row.municipio_codigo for row in db.session.execute(
            select(Albergue.codigo, Albergue.municipio_codigo).where(Albergue.codigo.in_(codes))
        )}
        if codes
        else {}
    )  # fmt: skip
    site = next((code for code in codes if code in sites), None)
    here = {m.clave for m in found if m.clase == LUGAR and len(m.clave) == 4 and _within(m.clave, coe)}
    if len(here) != 1 and site is not None and _within(sites[site], coe):
        here = {sites[site]}
    return Nombrado(site, here.pop() if len(here) == 1 else None)


def _within(municipio: str, coe: Coe) -> bool:
    return coe.municipio_codigo in {None, municipio} and coe.departamento_codigo in {None, municipio[:2]}


def folio_address(coe: Coe, folio: int) -> str:
    """The page of the log that begins at a folio."""
    return url_for("coe.ver", coe_id=coe.id, hasta=folio, _anchor=f"folio-{folio}")


@dataclass
class Enlaces:
    """The addresses that the reader may open, for some texts of one log."""

    coe: Coe
    lugares: Lugares
    sitios: dict[str, Albergue] = field(default_factory=dict)

    @classmethod
    def of(cls, coe: Coe, texts: Iterable[str]) -> Enlaces:
        """Look up all that the texts name, in one query."""
        codes = {code for text in texts for code in _CODE.findall(text)[:_MANY]}
        made = cls(coe, Lugares(coe))
        if codes:
            cuenta = current_cuenta()
            stmt = visible_select(Albergue, Permiso.ALBERGUE_VER).where(Albergue.codigo.in_(codes))
            made.sitios = {s.codigo: s for s in db.session.scalars(stmt) if not is_hidden(cuenta, s)}
        return made

    def address(self, named: Mencion) -> str | None:
        """Where a mention leads; None where the reader may not go."""
        if named.clase == ALBERGUE:
            site = self.sitios.get(named.clave)
            return url_for("albergues.ver", albergue_id=site.id) if site else None
        if named.clase == FOLIO:
            known = int(named.clave) <= self.coe.ultimo_folio
            return folio_address(self.coe, int(named.clave)) if known else None
        cuenta, codigo = current_cuenta(), named.clave
        if len(codigo) == 4:
            return (
                url_for("albergues.lista", departamento=codigo[:2], municipio=codigo)
                if cuenta.covers_municipio(codigo)
                else None
            )
        return (
            url_for("albergues.lista", departamento=codigo) if cuenta.works_in_departamento(codigo) else None
        )

    def title(self, named: Mencion) -> str:
        """What a mention is, said in full."""
        if named.clase == ALBERGUE:
            return self.sitios[named.clave].nombre
        if named.clase == FOLIO:
            return f"Folio {named.clave}"
        known = self.lugares.known
        of_town = len(named.clave) == 4
        return f"Albergues de {known.lugar_texto(named.clave) if of_town else known.departamento_nombre(named.clave)}"

    def lines(self, text: str) -> list[list[tuple[str, str | None, str]]]:
        """A text by lines, each in pieces: (words, address or None, title)."""
        return [list(self._pieces(line)) for line in text.split("\n")]

    def _pieces(self, line: str) -> Iterable[tuple[str, str | None, str]]:
        at = 0
        for named in mentions(line, self.lugares):
            address = self.address(named)
            if address is None:
                continue
            if named.inicio > at:
                yield line[at : named.inicio], None, ""
            yield line[named.inicio : named.fin], address, self.title(named)
            at = named.fin
        if at < len(line) or not line:
            yield line[at:], None, ""


def resolve(coe: Coe, text: str, subjects: Any) -> list[dict[str, str | None]]:
    """What is being typed, resolved for who types it. ``subjects``: folios → what their entries are of.

    A code or folio that leads nowhere is said too, in the same words whether it does not exist or is not theirs to see.
    """
    links = Enlaces.of(coe, [text])
    room = _room([s.id for s in links.sitios.values()])
    found: dict[tuple[str, str], dict[str, str | None]] = {}
    for named in mentions(text, links.lugares):
        key, url = (named.clase, named.clave), links.address(named)
        if key in found or (url is None and named.clase == LUGAR):
            continue
        found[key] = {
            "clase": named.clase,
            "texto": text[named.inicio : named.fin],
            "url": url,
            "detalle": "",
        }
        if url is None:
            missing = (
                "No hay albergue con ese código en su territorio"
                if named.clase == ALBERGUE
                else "No hay ese folio"
            )
            found[key]["detalle"] = missing
        elif named.clase == ALBERGUE:
            site = links.sitios[named.clave]
            found[key]["detalle"] = " · ".join(filter(None, (site.nombre, room.get(site.id))))
        elif named.clase == LUGAR:
            found[key]["detalle"] = links.title(named)
    asked = [int(clave) for (clase, clave), one in found.items() if clase == FOLIO and one["url"]]
    for folio, subject in (subjects(asked) if asked else {}).items():
        found[FOLIO, str(folio)]["detalle"] = subject
    return list(found.values())


def _room(sites: Sequence[UUID]) -> dict[UUID, str]:
    """How many places are left in the open ones."""
    stmt = select(Activacion.id, Activacion.albergue_id).where(
        Activacion.albergue_id.in_(sites),
        Activacion.estado.in_(OPEN_STATES),
        Activacion.abierta_en.is_not(None),
    )
    of = {row.id: row.albergue_id for row in db.session.execute(stmt)} if sites else {}
    said = {}
    for cupo in cupos_of(list(of)) if of else ():
        left = cupo.libres
        said[of[cupo.activacion_id]] = (
            f"{_counted(cupo.dentro, 'persona', 'personas')}, capacidad sin dato" if left is None
            else _counted(left, "lugar libre", "lugares libres") if left >= 0
            else f"{_counted(-left, 'persona', 'personas')} sobre la capacidad"
        )  # fmt: skip
    return said


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
