"""In which places an account may declare. The rules of the roles stand in ``accounts.permissions``."""

from __future__ import annotations

from collections.abc import Iterable

from albergues_app.accounts.identity import Identity
from albergues_app.territorio.catalogo import Lugar, catalogo


def reaches(cuenta: Identity, codigo: str) -> bool:
    """True when the department or municipality lies, wholly or in part, in the account's territory."""
    if cuenta.nacional:
        return True
    if len(codigo) == 4:
        return cuenta.covers_municipio(codigo)
    return any(cuenta.covers_municipio(m.codigo) for m in catalogo().municipios_de(codigo))


def reaches_all(cuenta: Identity, codigos: Iterable[str]) -> bool:
    """True when every place is reached; no place at all means the whole country, which is national only."""
    listed = list(codigos)
    return cuenta.nacional or (bool(listed) and all(reaches(cuenta, c) for c in listed))


def departamentos_of(cuenta: Identity) -> list[Lugar]:
    """Departments where the account may declare, by name."""
    known = catalogo().departamentos.values()
    return sorted((d for d in known if reaches(cuenta, d.codigo)), key=lambda d: d.nombre)


def municipios_of(cuenta: Identity) -> list[Lugar]:
    """Municipalities of the account's territory, by code."""
    return [m for c, m in catalogo().municipios.items() if cuenta.covers_municipio(c)]


def lugares_of(cuenta: Identity) -> list[tuple[str, str]]:
    """(code, name) of the country, and of the departments and municipalities that the account reaches."""
    return [
        ("GT", "Todo el país"),
        *((d.codigo, f"Departamento de {d.nombre}") for d in departamentos_of(cuenta)),
        *((m.codigo, catalogo().lugar_texto(m.codigo)) for m in municipios_of(cuenta)),
    ]
