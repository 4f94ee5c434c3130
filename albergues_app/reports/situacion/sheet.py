"""The bulletin on paper (carta): a first page for the hurried, annexes for the rest, its data inside the file.

From the same data come the same bytes: no date enters the file, and the outlines of the map are in the data.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from albergues_app.core.documents import render_apart, render_typst
from albergues_app.reports.situacion import verificador
from albergues_app.reports.situacion.annexes import annexes
from albergues_app.reports.situacion.layout import first_page, title_of

LONG = 60
"""Shelters from which a sheet is drawn in a child process."""


def lay_out(datos: dict[str, Any], huella: str = "") -> dict[str, Any]:
    """What the template draws. ``huella`` empty: a draft, marked so on every page and without data inside."""
    address = f"{datos['verificar_en']}{huella}" if huella and datos["verificar_en"] else ""
    return {
        "nombre": f"{title_of(datos)} · {datos['lugar']} · {datos['emergencia']['nombre']}",
        "pagina": first_page(datos),
        "anexos": [asdict(a) for a in annexes(datos)],
        "huella": huella,
        "direccion": address,
        "qr": qr_svg(address or f"BOLETIN:{huella}") if huella else "",
        "adjunto": verificador.canonical(datos) if huella else "",
        "adjunto_nombre": verificador.ADJUNTO,
        "marca": "CAPACITACIÓN" if datos["capacitacion"] else "" if huella else "BORRADOR",
    }


def qr_svg(text: str) -> str:
    """The QR as SVG."""
    import segno

    return str(segno.make(text, micro=False, error="m").svg_inline(border=1))


def render_pdf(datos: dict[str, Any], huella: str = "") -> bytes:
    """The sheet, without the closing line of the seal."""
    draw = render_apart if len(datos["cuerpo"]["lineas"]) > LONG else render_typst
    return draw("albergues_app.reports.situacion", "boletin.typ", lay_out(datos, huella))


def render_picture(datos: dict[str, Any], huella: str = "") -> bytes:
    """The first page as PNG, as it is printed: what the screen shows."""
    page = {**lay_out(datos, huella), "adjunto": ""}
    return render_typst("albergues_app.reports.situacion", "boletin.typ", page, picture=True)
