"""The kind of building, from free words to the list of contrato-api.md."""

from __future__ import annotations

import re
from typing import Final

from albergues_app.core.text import normalize
from albergues_app.interchange.site_values import BLANKS, Leido, as_text, shown
from albergues_app.interchange.tables import Celda

_TIPOS: Final[tuple[tuple[str, str], ...]] = (
    # What decides first stands first; patterns are searched in normalised text.
    ("modulos_atu", r"\batus?\b|\bmodulos?\b|albergues? de transicion"),
    ("casa_materna", r"\bcasas? maternas?\b|\bmaterna\b"),
    ("centro_juvenil", r"\binjud\b|\bconjuve\b|\bjuvenil(es)?\b|centro (de|para) (la )?juventud"),
    ("carpas", r"\bcarpas?\b|\btoldos?\b|\bchampas?\b|\btents?\b|\bcampamento\b"),
    ("gimnasio", r"\bgimnasios?\b|\bgym(nasium)?\b"),
    ("polideportivo", r"\bpolideportivos?\b|\bcomplejo deportivo\b|\bcentro deportivo\b"),
    ("salon_municipal", r"\bsalon(es)? (de usos multiples )?(de la )?municipal(es|idad)?\b|\bsalon edil\b"),
    ("salon_comunal", r"\bsalon(es)? (de usos multiples )?(comunal(es)?|comunitarios?|cocode)\b"
     r"|\bsalon (social|de la comunidad)\b"
     r"|\bcasa comunal\b|\bcentro comunitario\b|community (hall|center|centre)"),
    ("iglesia", r"\biglesias?\b|\btemplos?\b|\bparroquias?\b|\bcapillas?\b|\bcatedral\b|\bconvento\b"
     r"|\bchurch\b"),
    ("instituto", r"\binstitutos?\b|\bineb\b|\binebt\b|\bined\b|\binstituto nacional\b|\btelesecundaria\b"),
    ("colegio", r"\bcolegios?\b|\bliceos?\b"),
    ("escuela", r"\bescuelas?\b|\beorm\b|\beoum\b|\beodp\b|\beoup\b|\beducativo\b|\bcentro escolar\b"
     r"|\bschools?\b|\bpreprimaria\b"),
)  # fmt: skip
_EXACT: Final = frozenset(t for t, _ in _TIPOS) | {"otro"}


def tipo_from_words(text: str) -> str | None:
    """The kind of building free words name, or None."""
    plain = normalize(text)
    for tipo, pattern in _TIPOS:
        if re.search(pattern, plain):
            return tipo
    return None


def read_tipo(cell: Celda, nombre: str) -> Leido:
    """The kind of building, from its column; a coarse or missing word is refined by the name."""
    text = as_text(cell)
    plain = normalize(text)
    code = plain.replace(" ", "_")
    if code in _EXACT and code != "otro":
        return Leido(code)
    given = tipo_from_words(text) if text else None
    if given:
        return Leido(given)
    by_name = tipo_from_words(nombre)
    if re.search(r"\bsalon(es)?\b|\bhall\b", plain or normalize(nombre)) and by_name not in (
        "salon_municipal",
        "salon_comunal",
    ):
        return Leido(
            "salon_comunal",
            [
                (
                    "tipo_supuesto",
                    "Dice «salón», sin más: se anotó como salón comunal. Corríjalo si es municipal.",
                )
            ],
        )
    if by_name:
        return Leido(by_name)
    if plain in BLANKS or plain == "otro":
        return Leido("otro")
    return Leido(
        "otro", [("tipo_desconocido", f"El tipo «{shown(cell)}» no está en la lista: se anotó como «otro».")]
    )
