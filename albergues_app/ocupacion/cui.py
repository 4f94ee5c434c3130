"""The check of a CUI (dominio.md 4.4): it warns and never blocks. The table of municipalities is the catalogue's."""

from __future__ import annotations

import re

from albergues_app.territorio.catalogo import catalogo

_SEPARATORS = re.compile(r"[\s\-.]")


def digits(raw: str) -> str:
    """What was typed without spaces, hyphens or points."""
    return _SEPARATORS.sub("", raw)


def problems(cui: str) -> list[str]:
    """Spanish sentences about what looks wrong; empty when nothing does."""
    if not re.fullmatch(r"[0-9]{13}", cui):
        return ["El CUI lleva 13 cifras. Se guardó como está; revíselo con el documento."]
    found = []
    remainder = sum(int(cui[i]) * (i + 2) for i in range(8)) % 11
    if remainder == 10 or remainder != int(cui[8]):
        found.append(
            "El dígito verificador del CUI no coincide. Se guardó como está; revíselo con el documento."
        )
    if cui[9:13] not in catalogo().municipios:
        found.append(
            "El CUI termina en un municipio que no existe. Se guardó como está; revíselo con el documento."
        )
    return found
