"""A bulletin as a DOCX for those who must edit a copy. It says on every page that it is a copy, without seal.

``plantilla.docx`` is the first page: whoever wants another letterhead changes it in a word processor and keeps the names
between braces. The annexes follow as tables.
"""

from __future__ import annotations

import re
import zipfile
from importlib import resources
from io import BytesIO
from typing import Any

from albergues_app.reports.situacion.annexes import annexes
from albergues_app.reports.situacion.layout import first_page, title_of

COPIA = "Copia para editar: no lleva sello. El boletín que vale es el PDF emitido."
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_EPOCH = (2026, 1, 1, 0, 0, 0)


def render_docx(datos: dict[str, Any]) -> bytes:
    """The copy; the same data give the same bytes."""
    from docxtpl import DocxTemplate

    page = first_page(datos)
    source = resources.files("albergues_app.reports.situacion") / "plantilla.docx"
    template = DocxTemplate(BytesIO(source.read_bytes()))
    template.render(_plain(_words(page, datos)), autoescape=True)
    document = template.docx
    document.core_properties.title = _plain(f"{title_of(datos)} · {datos['lugar']}")
    for annex in annexes(datos):
        document.add_heading(_plain(f"{annex.letra}. {annex.titulo}"), 1)
        if annex.nota:
            document.add_paragraph(_plain(annex.nota))
        table = document.add_table(rows=1, cols=len(annex.encabezado), style="Table Grid")
        _fill(table.rows[0].cells, annex.encabezado, bold=True)
        for row in [*annex.filas, *([annex.pie] if annex.pie else [])]:
            _fill(table.add_row().cells, row, bold=row is annex.pie)
    target = BytesIO()
    document.save(target)
    return _undated(target.getvalue())


def _words(page: dict[str, Any], datos: dict[str, Any]) -> dict[str, Any]:
    lack, fixed, alert = page["falta"], page["corrige"], page["alerta"]
    return {
        **{
            name: page[name] for name in ("titulo", "numero", "emergencia", "lugar", "corte", "coe", "firmas")
        },
        "alerta": f"{alert['texto']} {alert['desde']}" if alert else "Sin alerta vigente registrada",
        "copia": ("CAPACITACIÓN. " if datos["capacitacion"] else "") + COPIA,
        "corrige": f"{fixed['texto']} {fixed['motivo']}" if fixed else "",
        "tarjetas": page["tarjetas"],
        "situacion": page["situacion"] or "Sin descripción.",
        "falta": f"En total: {lack['suma']}."
        if lack["suma"]
        else "El sistema no halló brechas con lo que se midió.",
        "necesidades": lack["filas"],
        "necesidades_texto": lack["texto"],
        "proximos": page["proximos"] or "Sin anotar.",
        "nota": " ".join(page["notas"]),
    }


def _plain(value: Any) -> Any:
    """Text that XML can hold, at any depth."""
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _fill(cells: Any, values: Any, *, bold: bool) -> None:
    from docx.shared import Pt

    for cell, value in zip(cells, values, strict=True):
        run = cell.paragraphs[0].add_run(_plain(value))
        run.bold, run.font.size = bold, Pt(7.5)


def _undated(content: bytes) -> bytes:
    """The same package without the hour at which it was made."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()
