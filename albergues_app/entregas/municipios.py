"""The list of the municipalities against what they must hold; and, per sede, what to send to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from albergues_app.accounts.identity import Identity
from albergues_app.core.text import normalize
from albergues_app.entregas.queries import (
    Cuenta,
    Estado,
    Situacion,
    Tenidas,
    by_departamento,
    edicion_texto,
    in_force,
    needed,
    situaciones,
)
from albergues_app.formats.engine import Formato
from albergues_app.territorio.catalogo import SedeInfo, catalogo

POR_PAGINA = 60


@dataclass(frozen=True)
class Filtro:
    """What the address of the list says. Unknown values are as if absent."""

    texto: str = ""
    departamento: str = ""
    sede: str = ""
    formato: str = ""
    estado: str = ""
    pagina: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Filtro:
        """From the query string."""
        known, page = catalogo(), args.get("pagina", "1")
        departamento, sede, estado = (
            args.get("departamento", ""),
            args.get("sede", ""),
            args.get("estado", ""),
        )
        formato = args.get("formato", "")
        return cls(
            args.get("q", "").strip()[:80],
            departamento if departamento in known.departamentos else "",
            sede if sede in known.sedes else "",
            formato if formato in {f.code for f in in_force()} else "",
            estado if estado in set(Estado) else "",
            max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )

    def args(self, **changes: Any) -> dict[str, Any]:
        """As arguments of an address, without what is empty; a change of filter goes back to page 1."""
        values = {
            "q": self.texto, "departamento": self.departamento, "sede": self.sede, "formato": self.formato,
            "estado": self.estado, **changes,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}

    @property
    def activo(self) -> bool:
        return bool(self.args())

    @property
    def pedidos(self) -> tuple[Formato, ...] | None:
        """The one format asked for; None: all that are needed."""
        return tuple(f for f in in_force() if f.code == self.formato) or None


@dataclass(frozen=True)
class Lista:
    """The municipalities that fit the filter, and the counts of all that fit it but for the state."""

    filas: list[Situacion]
    """Every one that fits, by code."""
    departamentos: list[Cuenta]
    total: Cuenta
    pedidos: tuple[Formato, ...]
    pagina: int
    paginas: int

    @property
    def mostradas(self) -> list[Situacion]:
        """Those of the page."""
        start = (self.pagina - 1) * POR_PAGINA
        return self.filas[start : start + POR_PAGINA]


def list_municipios(cuenta: Identity, filtro: Filtro, held: Tenidas | None = None) -> Lista:
    """One reading of what is held, whatever the filter; ``held``, where the caller has read it already."""
    asked = filtro.pedidos
    found = [s for s in situaciones(cuenta, asked, held=held) if _fits(s.codigo, filtro)]
    departamentos, total = by_departamento(found)
    rows = [s for s in found if not filtro.estado or s.estado == filtro.estado]
    paginas = max(1, -(-len(rows) // POR_PAGINA))
    return Lista(rows, departamentos, total, asked or needed(), min(filtro.pagina, paginas), paginas)


def _fits(codigo: str, filtro: Filtro) -> bool:
    known = catalogo()
    if filtro.departamento and codigo[:2] != filtro.departamento:
        return False
    if filtro.sede and known.sede_de.get(codigo) != filtro.sede:
        return False
    words = normalize(filtro.texto).split()
    name = normalize(known.lugar_texto(codigo)) if words else ""
    return all(word in name or codigo.startswith(word) for word in words)


@dataclass(frozen=True)
class Envio:
    """What to send to the municipalities of one sede."""

    sede: SedeInfo
    filas: list[Situacion]
    """Municipalities that lack something, by code."""
    al_dia: int
    necesarios: int
    por_formato: list[tuple[Formato, int]]
    """Formats to print or copy, with how many municipalities wait for each."""

    @property
    def texto(self) -> str:
        """The list as a message that can be pasted anywhere."""
        known = catalogo()
        lines = [f"Formatos por enviar · {self.sede.nombre}"]
        for fila in self.filas:
            lines.append(f"\n{known.municipio_nombre(fila.codigo)} ({fila.codigo})")
            if fila.estado is Estado.NUNCA:
                lines.append(f"- Todo el juego: {self.necesarios} formatos")
            else:
                lines += [f"- {name}, ed. {number} ({why})" for name, number, why in detail(fila)]
        if not self.filas:
            lines.append("\nTodos los municipios tienen las ediciones que rigen.")
        return "\n".join(lines) + "\n"


def detail(fila: Situacion) -> list[tuple[str, int, str]]:
    """(title, edition in force, why) of what a municipality must be sent."""
    return [
        *((f.title, f.version, f"tiene la {edicion_texto(old)}") for f, old in fila.viejas),
        *((f.title, f.version, "nunca") for f in fila.faltan),
    ]


def envio_of(cuenta: Identity, sede: SedeInfo) -> Envio:
    """Only the municipalities of the account's territory are in it."""
    mine = situaciones(cuenta, only=sede.municipios)
    asked = needed()
    wanted = {f.code: 0 for f in asked}
    for fila in mine:
        for formato in (*fila.faltan, *(f for f, _ in fila.viejas)):
            wanted[formato.code] += 1
    rows = [s for s in mine if s.por_enviar]
    return Envio(
        sede, rows, len(mine) - len(rows), len(asked), [(f, wanted[f.code]) for f in asked if wanted[f.code]]
    )
