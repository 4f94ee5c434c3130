"""The departments and municipalities that a CAP message is of, by its codes, else by its shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.interchange.cap_message import Area
from albergues_app.territorio.catalogo import Catalogo
from albergues_app.territorio.data import REGIONS, from_pcode
from albergues_app.territorio.points import municipios_under

PAIS: Final = "GT"
_INE: Final = frozenset({"ine", "municipio", "departamento", "codigo ine", "gt ine"})
"""Names under which bare digits are read as INE's; elsewhere a code must say by itself that it is of Guatemala."""
_COUNTRY: Final = frozenset({"gt", "gtm"})
_LETTERS: Final = {facts.iso_letras: codigo for codigo, facts in REGIONS.items()}


@dataclass(frozen=True)
class Lugares:
    """Where a message applies. ``nivel`` is None when nothing of it lies in Guatemala."""

    nivel: str | None
    codigos: tuple[str, ...] = ()
    por: str = ""
    """`codigo` or `forma`: how it was known."""


def places_of(areas: Iterable[Area], known: Catalogo) -> Lugares:
    """Departments where all of one is meant, municipalities where only some are.

    Within an area its codes count; its shapes only when no code of it is of Guatemala.
    """
    codes, how = set[str](), set[str]()
    for area in areas:
        found = {c for name, value in area.geocodigos for c in [read_geocode(name, value, known)] if c}
        how.update(["codigo"] if found else [])
        if not found:
            found = set(municipios_under(area.poligonos, [(c.lat, c.lon, c.km) for c in area.circulos]))
            how.update(["forma"] if found else [])
        codes |= found
    if not codes:
        return Lugares(None)
    por = "forma" if "forma" in how else "codigo"
    codes = _gathered(codes, known)
    if PAIS in codes or codes >= set(known.departamentos):
        return Lugares("nacional", (), por)
    if all(len(c) == 2 for c in codes):
        return Lugares("departamental", tuple(sorted(codes)), por)
    # An alert is of one level: departments beside municipalities are said as their municipalities.
    each = {m for c in codes for m in ([c] if len(c) == 4 else [x.codigo for x in known.municipios_de(c)])}
    return Lugares("municipal", tuple(sorted(each)), por)


def _gathered(codes: set[str], known: Catalogo) -> set[str]:
    """Every municipality of a department is the department."""
    whole = {
        d for d in known.departamentos if d in codes or all(m.codigo in codes for m in known.municipios_de(d))
    }
    return {c for c in codes if c in whole or c[:2] not in whole} | whole


def read_geocode(name: str, value: str, known: Catalogo) -> str | None:
    """INE code of a department or municipality, `GT` for the country, None for a code that is not Guatemala's.

    Taken: the p-code (`GT1413`, `GT14`), ISO 3166-2 (`GT-14`, and `GT-QC` as it was until 2021), and INE's digits
    under a name that says so.
    """
    code = re.sub(r"\s", "", value).upper()
    if code.casefold() in _COUNTRY:
        return PAIS
    if re.fullmatch(r"GT-[A-Z0-9]{2}", code):
        found = _LETTERS.get(code, code[3:])
    elif re.fullmatch(r"GT(\d{2}|\d{4})", code):
        found = from_pcode(code)
    elif re.fullmatch(r"\d{2}|\d{4}", code) and normalize(name) in _INE:
        found = code
    else:
        return None
    return found if found in known.departamentos or found in known.municipios else None
