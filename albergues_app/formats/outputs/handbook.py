"""The page of a format for people: who fills it, when, and every field (``docs/formatos/``)."""

from __future__ import annotations

from collections.abc import Iterable

from albergues_app.formats.engine import Campo, Formato, Mark, Repetible, fingerprint

_MARKS = {Mark.R: "R", Mark.C: "C", Mark.S: "S", Mark.O: "O"}
_LEGEND = (
    "R: obligatorio. C: obligatorio si se cumple lo escrito. S: para firmar. O: opcional. "
    "⚡: desde el modo rápido."
)

_NOTHING = "nada; se busca, se corrige y se exporta como hoja."
_SIGNED = "al adjuntar la hoja firmada, si quien la adjunta puede hacerlo en su página"
WRITES = {
    "acta_apertura": (
        "la apertura del albergue, con su hora, su acta y quién administra, y la capacidad autorizada; "
        f"{_SIGNED}."
    ),
    "acta_cierre": (
        f"el cierre del albergue, con su hora y su acta; {_SIGNED}. Con personas dentro, o un egreso sin destino, "
        "no se adjunta y se dice por qué."
    ),
    "acta_oficializacion": f"el sitio como oficial, su estado y la capacidad que autoriza el acta; {_SIGNED}.",
    "bitacora_coe": (
        "una entrada por línea en la bitácora del COE activo en ese lugar, si la guarda uno de sus miembros. Al "
        "anular la hoja, esas entradas se rectifican."
    ),
    "boleta_ingreso": "la familia, sus personas y su ingreso.",
    "consolidado_departamental": (
        "sus tres totales, junto a los que calcula el sistema para ese corte. Las líneas de cada albergue quedan "
        "en la hoja: la cifra de un albergue la dice su parte o su registro, no una suma en papel."
    ),
    "control_ingresos_egresos": "los movimientos de las personas que nombra.",
    "entrega_turno": (
        "la entrega en los turnos del COE, al adjuntar la hoja firmada: si la adjunta quien tiene el turno, queda"
        " firmada y espera a quien recibe; si la adjunta quien recibe, recibe el turno."
    ),
    "evaluacion_sitio": f"el estado del sitio según su resultado y cuándo se evaluó; {_SIGNED}.",
    "ficha_persona": "los datos de la persona, en su registro.",
    "ficha_sitio": (
        "los datos del sitio, sus medidas, la capacidad autorizada con su fuente y su fecha, y quién tiene las "
        "llaves; si el sitio no está registrado, lo registra. Cuando no le falta ningún dato obligatorio y la "
        "guarda quien puede editar el sitio. De los ambientes pasan sus metros; cuántas personas duermen en cada "
        "uno lo dice quien los ofrece, en «Ambientes»."
    ),
    "parte_diario": "el conteo declarado del albergue a esa hora.",
    "registro_nna": "el caso, en «Protección».",
    "registro_nocturno": "quién durmió esa noche y los servicios que recibió.",
    "sci_201": "otra versión del resumen del incidente del COE activo en ese lugar, si la guarda uno de sus miembros.",
    "sci_211": "un recurso por línea en el COE activo en ese lugar: que llegó, a qué se asignó y cuándo se fue.",
    "sci_213": (
        "el mensaje en la bitácora del COE, para el COE o la persona que nombra, si existe, o para una "
        "institución; y la respuesta, si la trae."
    ),
    "sci_214": (
        "una entrada por línea en la bitácora del COE, salvo las que ya vienen de ella. Al anular la hoja, se "
        "rectifican."
    ),
}
"""What a filled format writes besides its record, and when; the others are kept as records alone."""


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
        f"- **Qué escribe, además de su registro:** {WRITES.get(formato.code, _NOTHING)}",
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
