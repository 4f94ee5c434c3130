"""The page of a format for people: who fills it, when, and every field (``docs/formatos/``)."""

from __future__ import annotations

from collections.abc import Iterable

from albergues_app.formats.engine import Campo, Formato, Mark, Repetible, fingerprint

_MARKS = {Mark.R: "R", Mark.C: "C", Mark.S: "S", Mark.O: "O"}
_LEGEND = (
    "R: obligatorio. C: obligatorio si se cumple lo escrito. S: para firmar. O: opcional. "
    "⚡: desde el modo rápido."
)


def handbook_page(formato: Formato) -> str:
    """Return the page as Markdown, in Spanish."""
    lines = [
        f"# {formato.title}",
        "",
        formato.purpose,
        "",
        f"- **Código interno:** `{formato.code}`, edición {formato.version}",
        f"- **Vale desde:** {formato.valid_from:%d/%m/%Y}",
        f"- **Emisor:** {formato.issuer}",
        f"- **Fuente:** {formato.source}",
        f"- **Quién lo llena:** {formato.who_fills}",
        f"- **Cuándo:** {formato.when_filled}",
        f"- **Huella:** `{fingerprint(formato)[:16]}`",
        "",
        formato.notice,
        "",
        f"![Primera página en blanco]({formato.slug}.png)",
        "",
        _LEGEND,
        "«Aparte» no está en el papel, el Excel ni la pantalla de la puerta.",
    ]
    for section in formato.secciones:
        lines += ["", f"## {section.title}", ""]
        if isinstance(section, Repetible):
            lines += [f"Se repite por cada {section.singular}: `{section.name}`.", ""]
        lines += ["| Campo | Nombre | Marca | Nivel | Cómo se llena |", "|---|---|---|---|---|"]
        lines += _rows(section.campos)
    return "\n".join(lines) + "\n"


def _rows(campos: Iterable[Campo]) -> list[str]:
    rows = []
    for campo in campos:
        mark = f"{_MARKS[campo.required]} {campo.required_text}".strip()
        mark = "la escribe el sistema" if campo.auto else mark + (" ⚡" if campo.quick else "")
        apart = "" if campo.gate else " Aparte."
        options = ", ".join(option.label for option in campo.type.options_shown(False))
        listed = f" Opciones: {options}." if options else ""
        guide = f"{campo.hint}{listed}{apart}".strip()
        rows.append(f"| {campo.label} | `{campo.name}` | {mark} | {campo.level.name} | {guide} |")
    return rows
