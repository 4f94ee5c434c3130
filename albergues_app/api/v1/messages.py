"""pydantic speaks English; people read Spanish. Translated by kind of error, once."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from albergues_app.core.errors import Aviso

_MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("falta_campo", "Falta este campo."),
    "extra_forbidden": ("campo_desconocido", "Este campo no existe. Revise el nombre."),
    "string_type": ("tipo_invalido", "Se espera texto."),
    "int_type": ("tipo_invalido", "Se espera un número entero."),
    "int_parsing": ("tipo_invalido", "Se espera un número entero."),
    "int_from_float": ("tipo_invalido", "Se espera un número entero."),
    "float_type": ("tipo_invalido", "Se espera un número."),
    "finite_number": ("tipo_invalido", "Se espera un número."),
    "bool_type": ("tipo_invalido", "Se espera true o false."),
    "list_type": ("tipo_invalido", "Se espera una lista."),
    "dict_type": ("tipo_invalido", "Se espera un objeto."),
    "model_type": ("tipo_invalido", "Se espera un objeto."),
    "model_attributes_type": ("tipo_invalido", "Se espera un objeto."),
    "uuid_parsing": ("id_invalido", "No es un identificador UUID."),
    "uuid_type": ("id_invalido", "No es un identificador UUID."),
    "datetime_parsing": (
        "fecha_invalida",
        "Escriba el instante en ISO 8601 con zona, por ejemplo 2026-11-20T18:05:00-06:00.",
    ),
    "datetime_from_date_parsing": ("fecha_invalida", "Escriba el instante en ISO 8601 con zona."),
    "datetime_type": ("fecha_invalida", "Escriba el instante en ISO 8601 con zona."),
    "timezone_aware": ("fecha_sin_zona", "Falta la zona horaria, por ejemplo -06:00."),
    "fecha_futura": ("fecha_futura", "La fecha está más de 24 horas en el futuro. Revise el reloj."),
    "fecha_antigua": ("fecha_invalida", "La fecha es demasiado antigua."),
    "date_parsing": ("fecha_invalida", "Escriba la fecha como 2026-11-20."),
    "date_from_datetime_parsing": ("fecha_invalida", "Escriba la fecha como 2026-11-20."),
    "date_from_datetime_inexact": ("fecha_invalida", "Escriba la fecha como 2026-11-20."),
    "date_type": ("fecha_invalida", "Escriba la fecha como 2026-11-20."),
    "texto": ("tipo_invalido", "Se espera texto."),
    "caracter_no_valido": ("caracter_no_valido", "El texto tiene un carácter que no se puede guardar."),
    "string_pattern_mismatch": ("codigo_invalido", "El código no tiene la forma esperada."),
    "string_too_short": ("texto_vacio", "Este texto no puede quedar vacío."),
}


def translate(error: ValidationError) -> list[Aviso]:
    """Each error as code, Spanish sentence and path (`personas[2].edad`)."""
    return [_one(e) for e in error.errors(include_url=False, include_input=False)]


def _one(error: Any) -> Aviso:
    kind, context = error["type"], error.get("ctx") or {}
    campo = path_of(error["loc"])
    if kind in _MESSAGES:
        return Aviso(*_MESSAGES[kind], campo)
    if kind == "enum":
        allowed = str(context.get("expected", "")).replace("' or '", "', '").replace("'", "")
        return Aviso("valor_desconocido", f"Valores posibles: {allowed}.", campo)
    if kind in {"greater_than_equal", "less_than_equal"}:
        limit = context.get("ge", context.get("le"))
        word = "menor" if kind == "greater_than_equal" else "mayor"
        return Aviso("fuera_de_rango", f"El número no puede ser {word} que {limit}.", campo)
    if kind == "string_too_long":
        return Aviso("texto_largo", f"El texto pasa de {context.get('max_length')} caracteres.", campo)
    if kind == "too_short":
        return Aviso("lista_corta", f"La lista necesita al menos {context.get('min_length')}.", campo)
    if kind == "too_long":
        return Aviso("lista_larga", f"La lista admite hasta {context.get('max_length')}.", campo)
    return Aviso("valor_invalido", "Este valor no es válido.", campo)


def path_of(loc: tuple[int | str, ...]) -> str | None:
    """`("personas", 2, "edad")` → `personas[2].edad`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text or None
