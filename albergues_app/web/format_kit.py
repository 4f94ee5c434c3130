"""The kit of a shelter: which blanks and how many, in one PDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from albergues_app.core.errors import Aviso, Invalid
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Catalogos, Formato
from albergues_app.formats.engine.definition import MOMENTS
from albergues_app.formats.outputs.pdf import Papel, PdfJob, read_papel, render_copies
from albergues_app.web.format_shelf import page_count

MAX_COPIES = 300
MAX_PAGES = 600
"""Pages of one PDF; more than that is printed in two times."""

FAMILIAS = 40
_MAX_FAMILIAS = 300

_FIXED = {
    "acta_apertura": 2, "inventario_bienes": 3, "normas_convivencia": 2, "comite": 5, "turno": 2,
    "parte_diario": 14, "kardex": 6, "recepcion_donacion": 6, "control_visitas": 4, "incidente": 6,
    "personal_voluntario": 2, "hoja_referencia": 4, "alimentacion": 7, "acta_cierre": 2,
}  # fmt: skip
"""Copies for about the first week, whatever the size: two partes a day, one sheet of meals a day."""

_BY_FAMILIES = {
    "boleta_ingreso": lambda n: n + ceil(n / 10),
    "control_ingresos_egresos": lambda n: 2 + ceil(n / 8),
    "entrega_ayuda": lambda n: ceil(n / 10) * 2,
}
"""A boleta a family and one in ten to spare; the others by the lines of a sheet."""


@dataclass(frozen=True)
class Renglon:
    """One format of the kit."""

    formato: Formato
    copias: int
    hojas: int


@dataclass(frozen=True)
class Kit:
    """What was asked for: families, paper, and copies of each format by its code."""

    familias: int
    papel: Papel
    copias: dict[str, int]
    malas: tuple[Aviso, ...] = field(default=())

    @property
    def renglones(self) -> list[Renglon]:
        """Every format with its copies and pages, in catalogue order."""
        return [Renglon(f, self.copias.get(f.code, 0), page_count(f, self.papel)) for f in formatos.shelf()]

    @property
    def paginas(self) -> int:
        """Pages in all."""
        return sum(r.copias * r.hojas for r in self.renglones)

    def check(self) -> None:
        """:raises Invalid: a quantity cannot be read, nothing was chosen, or it is too much for one PDF."""
        found = list(self.malas)
        if not found and not any(self.copias.values()):
            found.append(Aviso("kit_vacio", "Escriba cuántas copias quiere de por lo menos un formato."))
        if not found and self.paginas > MAX_PAGES:
            found.append(
                Aviso(
                    "kit_grande",
                    f"Son {self.paginas:,} páginas y en un PDF caben {MAX_PAGES}. Baje las copias o pida el juego "
                    "en dos partes.",
                )
            )
        if found:
            raise Invalid(found)


def default_copies(familias: int) -> dict[str, int]:
    """Copies of each format for a shelter of that many families."""
    return _FIXED | {code: count(familias) for code, count in _BY_FAMILIES.items()}


def read(args: Mapping[str, str]) -> Kit:
    """Read the address. Without quantities they are the usual ones for its families."""
    familias = _number(args.get("familias", ""), FAMILIAS)
    familias = min(max(familias, 1), _MAX_FAMILIAS)
    given = {f.code: args[f"n-{f.code}"] for f in formatos.shelf() if f"n-{f.code}" in args}
    if not given:
        return Kit(familias, read_papel(args.get("papel")), default_copies(familias))
    copies, bad = {}, []
    for code, raw in given.items():
        text = raw.strip()
        if text and not (text.isdecimal() and text.isascii() and len(text) < 7 and int(text) <= MAX_COPIES):
            title = formatos.latest(code).title
            bad.append(Aviso("cantidad", f"{title}: escriba un número entre 0 y {MAX_COPIES}.", f"n-{code}"))
            continue
        copies[code] = int(text or 0)
    return Kit(familias, read_papel(args.get("papel")), copies, tuple(bad))


def _number(raw: str, default: int) -> int:
    return int(raw) if raw.isdecimal() and raw.isascii() and len(raw) < 6 else default


def groups(kit: Kit) -> list[tuple[str, list[Renglon]]]:
    """The formats of the kit under the name of their moment."""
    rows = kit.renglones
    return [(name, [r for r in rows if r.formato.moment == code]) for code, name in MOMENTS.items()]


def render(kit: Kit, catalogos: Catalogos, training: bool) -> bytes:
    """Return the PDF, made in a child process: each format drawn once and its pages repeated."""
    chosen = [r for r in kit.renglones if r.copias]
    jobs = [
        PdfJob(formato=r.formato, papel=kit.papel, gate=r.formato.at_gate, capacitacion=training)
        for r in chosen
    ]
    return render_copies(list(zip(jobs, (r.copias for r in chosen), strict=True)), catalogos)
