"""A sheet for the wall: one or two QR codes, large enough to be read from two metres."""

from __future__ import annotations

from dataclasses import dataclass

from albergues_app.formats.outputs.pdf import PAPERS, Papel, compile_template


@dataclass(frozen=True, kw_only=True)
class Cartel:
    """What the sheet says. ``codigos``: address, what it opens, and what it needs («No necesita cuenta.»)."""

    titulo: str
    codigos: tuple[tuple[str, str, str], ...]
    lugar: str = ""
    detalle: str = ""
    papel: Papel = "carta"
    capacitacion: bool = False


def qr_svg(address: str) -> str:
    """Return the QR of an address as SVG, to stand inside a page."""
    import segno

    code = segno.make(address, micro=False, error="m")
    return str(
        code.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None, dark="#16222E", light="#fff")
    )


def render_poster(cartel: Cartel) -> bytes:
    """Return the sheet as PDF, always one page."""
    width, height = PAPERS[cartel.papel]
    data = {
        "titulo": cartel.titulo,
        "lugar": cartel.lugar,
        "detalle": cartel.detalle,
        "ancho": width,
        "alto": height,
        "capacitacion": cartel.capacitacion,
        "codigos": [
            {"direccion": address, "abre": opens, "pide": asks, "qr": qr_svg(address)}
            for address, opens, asks in cartel.codigos
        ],
    }
    return compile_template("cartel.typ", data)
