"""Whether a format that somebody defined can be used: its names, lists, limits and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from albergues_app.formats.engine.calculations import (
    AnswersCount,
    Balance,
    Calculo,
    Difference,
    RowsCount,
    RowsSum,
    Score,
)
from albergues_app.formats.engine.composite_types import CountByKind, FromCatalogo
from albergues_app.formats.engine.condition_checks import (
    NUMBERS,
    Scope,
    condition_problems,
    named,
    scope_of,
)
from albergues_app.formats.engine.conditions import (
    Condition,
)
from albergues_app.formats.engine.field_type import FieldType
from albergues_app.formats.engine.formato import Area, Campo, Formato, Repetible, Rule, Seccion
from albergues_app.formats.engine.number_types import Decimal, Instant
from albergues_app.formats.engine.serial import Problem
from albergues_app.formats.engine.text import fold
from albergues_app.formats.engine.text_types import Text

NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
OPTION = re.compile(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+)*")
LONGEST_NAME = 40
MOMENTS = {
    "preparacion": "Preparación",
    "apertura": "Apertura",
    "operacion": "Operación",
    "cierre": "Cierre",
    "coe": "COE",
    "asesoria": "Asesoría",
}
"""When a format is used: the closed list of the shelf, with its words."""
CATALOGUES = ("departamento", "municipio")

RESERVED_CODES = frozenset(
    (
        *("formato", "formatos", "registro", "registros", "nuevo", "nueva", "definir", "oficial", "todos"),
        *(
            "kit",
            "publica",
            "pliego",
            "exportar",
            "importar",
            "borradores",
            "capturas",
            "esquema",
            "codigo",
            "qr",
        ),
    )
)
"""Words of addresses and files that no format may be called."""
RESERVED_NAMES = frozenset(
    (
        *("id", "familia", "csrf_token", "op_id", "accion", "mas", "borrador", "motivo_correccion"),
        *("activacion", "emergencia", "formato", "edicion", "registro", "capturado_en"),
    )
)
"""Names that the doors keep for themselves."""

RESERVED_IN_ROWS = frozenset(("id", "familia"))

LIMITS = {"secciones": 30, "campos": 250, "columnas": 600, "reglas": 120, "firmas": 6, "opciones": 200}
_TEXTS = {
    "title": ("el título", 120),
    "issuer": ("quién lo emite", 120),
    "source": ("la fuente", 300),
    "who_fills": ("quién lo llena", 200),
    "when_filled": ("cuándo se llena", 200),
    "purpose": ("para qué sirve", 400),
    "record": ("cómo se llama cada uno", 40),
}


def problems(formato: Formato, taken: Iterable[str] = ()) -> list[Problem]:
    """Return everything that keeps a definition from being published; empty where it may be.

    ``taken`` are the codes of other formats.
    """
    found = [*_cover(formato, frozenset(taken)), *_sections(formato)]
    if found:
        return found
    return [*_conditions(formato), *_cycles(formato), *_calculations(formato)]


def name_problem(name: str, what: str) -> str:
    """Return why a name cannot be one, in Spanish, or nothing."""
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        return (
            f"{what}: use letras minúsculas sin tilde, números y guion bajo, hasta {LONGEST_NAME}, "
            "y empiece con letra. Por ejemplo: control_agua."
        )
    return ""


def _cover(formato: Formato, taken: frozenset[str]) -> Iterator[Problem]:
    wrong = name_problem(formato.code, "El código interno")
    if wrong:
        yield Problem("codigo_invalido", wrong, "code")
    elif formato.code in RESERVED_CODES:
        yield Problem(
            "codigo_reservado", f"«{formato.code}» es palabra del sistema. Use otro código.", "code"
        )
    elif formato.code in taken:
        yield Problem("codigo_repetido", f"Ya hay un formato «{formato.code}». Use otro código.", "code")
    if not 1 <= formato.version <= 999:
        yield Problem("edicion_invalida", "La edición va de 1 a 999.", "version")
    for name, (said, longest) in _TEXTS.items():
        text = getattr(formato, name)
        if not text.strip():
            yield Problem("falta_texto", f"Escriba {said}.", name)
        elif len(text) > longest or "\n" in text:
            yield Problem("texto_largo", f"Escriba {said} en una línea de {longest} letras o menos.", name)
    if formato.moment not in MOMENTS:
        yield Problem("momento_desconocido", "Elija el momento de la lista.", "moment")
    if len(formato.signatures) > LIMITS["firmas"] or any(not s.strip() for s in formato.signatures):
        yield Problem("firmas", f"Ponga hasta {LIMITS['firmas']} líneas de firma, con nombre.", "signatures")
    if not 0 <= formato.order <= 100_000:
        yield Problem("orden", "El lugar en la lista va de 0 a 100000.", "order")
    if len(formato.notice) > 400:
        yield Problem("texto_largo", "El aviso al pie tiene hasta 400 letras.", "notice")


def _sections(formato: Formato) -> Iterator[Problem]:
    every = list(formato.walk())
    if not any(not campo.auto for _, campo in every):
        yield Problem("sin_campos", "Agregue al menos un campo.", "secciones")
    columns = sum(len(campo.type.parts()) for _, campo in every)
    rules = len(formato.rules) + sum(len(r.rules) for r in formato.repetibles)
    for count, key, said in (
        (len(formato.secciones), "secciones", "secciones"),
        (len(every), "campos", "campos"),
        (columns, "columnas", "columnas (campos y opciones juntos)"),
        (rules, "reglas", "reglas"),
    ):
        if count > LIMITS[key]:
            yield Problem(
                "demasiado",
                f"Son {count} {said}; el máximo es {LIMITS[key]}. Haga dos formatos.",
                "secciones",
            )
    names = [s.code if isinstance(s, Seccion) else s.name for s in formato.secciones]
    sheets = [fold(r.name) for r in formato.repetibles]
    for n, section in enumerate(formato.secciones):
        where = f"secciones[{n}]"
        wrong = name_problem(names[n], f"El nombre de la sección «{section.title}»")
        if wrong:
            yield Problem("nombre_invalido", wrong, where)
        if names.count(names[n]) > 1:
            yield Problem("nombre_repetido", f"Hay dos secciones llamadas «{names[n]}». Cambie una.", where)
        if not section.title.strip() or len(section.title) > 100:
            yield Problem("falta_texto", "Dé a cada sección un título de 100 letras o menos.", where)
        if not section.campos:
            yield Problem("seccion_vacia", f"La sección «{section.title}» no tiene campos.", where)
        if isinstance(section, Repetible):
            yield from _rows(formato, section, where, sheets)
        for m, campo in enumerate(section.campos):
            yield from _campo(formato, campo, f"{where}.campos[{m}]", section)


def _rows(formato: Formato, section: Repetible, where: str, sheets: list[str]) -> Iterator[Problem]:
    if section.name in RESERVED_NAMES or section.name in {
        key for c in formato.campos for key in c.known_keys
    }:
        yield Problem("nombre_repetido", f"«{section.name}» ya es el nombre de un campo.", where)
    if len(section.name) > 31 or fold(section.name) in {"instrucciones", "registros", "familias", "hojas"}:
        yield Problem("nombre_invalido", f"«{section.name}» no sirve de nombre de hoja en Excel.", where)
    if sheets.count(fold(section.name)) > 1:
        yield Problem("nombre_repetido", f"Hay dos secciones llamadas «{section.name}». Cambie una.", where)
    if not section.singular.strip():
        yield Problem("falta_texto", f"Diga cómo se llama cada fila de «{section.title}».", where)
    if not 0 <= section.min_rows <= section.max_rows <= 3000 or not section.max_rows >= 1:
        yield Problem("filas", f"«{section.title}»: el mínimo no pasa del máximo, ni este de 3000.", where)
    if not 1 <= section.paper_rows <= 60:
        yield Problem("filas", f"«{section.title}»: en el papel caben de 1 a 60 filas.", where)
    strange = set(section.ignored_alone) - {c.name for c in section.campos}
    if strange:
        yield Problem("campo_ausente", f"«{section.title}»: no hay campo «{min(strange)}».", where)


def _campo(formato: Formato, campo: Campo, where: str, section: Seccion | Repetible) -> Iterator[Problem]:
    said = f"«{campo.label or campo.name}»"
    wrong = name_problem(campo.name, f"El nombre de {said}")
    if wrong:
        yield Problem("nombre_invalido", wrong, where)
    reserved = RESERVED_NAMES if isinstance(section, Seccion) else RESERVED_IN_ROWS
    if campo.name in reserved:
        yield Problem("nombre_reservado", f"«{campo.name}» es palabra del sistema. Use otro nombre.", where)
    if not campo.label.strip() or len(campo.label) > 160 or "\n" in campo.label:
        yield Problem("falta_texto", f"{said}: escriba la pregunta en 160 letras o menos.", where)
    if len(campo.hint) > 400 or len(campo.required_text) > 120 or len(campo.example) > 120:
        yield Problem(
            "texto_largo", f"{said}: la ayuda tiene hasta 400 letras; los demás textos, 120.", where
        )
    if any(not re.fullmatch(r"[^\s;,\n]{1,60}( [^\s;,\n]{1,60})*", alias) for alias in campo.aliases):
        yield Problem("nombre_invalido", f"{said}: revise los otros nombres de la columna.", where)
    strange = set(campo.satisfied_by) - {c.name for c in section.campos}
    if strange or campo.name in campo.satisfied_by:
        yield Problem("campo_ausente", f"{said}: lo sustituye un campo que no está en su sección.", where)
    if formato.area is Area.GENERAL and campo.level > 3 and campo.gate:
        yield Problem("nivel_alto", f"{said}: lo de nivel N4 se toma aparte de la puerta.", where)
    yield from _type(campo.type, said, where)


def _type(kind: FieldType, said: str, where: str) -> Iterator[Problem]:
    options = getattr(kind, "options", None)
    if options is not None:
        codes = [o.code for o in options]
        spellings: dict[str, str] = {}
        if not 2 <= len(options) <= LIMITS["opciones"]:
            yield Problem("opciones", f"{said}: ponga de 2 a {LIMITS['opciones']} opciones.", where)
        if any(not OPTION.fullmatch(code) or len(code) > LONGEST_NAME for code in codes):
            yield Problem(
                "opciones", f"{said}: los códigos de las opciones llevan letras, números y _.", where
            )
        for option in options:
            if not option.label.strip() or len(option.label) > 120:
                yield Problem("opciones", f"{said}: cada opción lleva un texto de 120 letras o menos.", where)
            for spelling in {fold(s) for s in (option.code, option.label, option.short, *option.aliases)} - {
                ""
            }:
                if spellings.setdefault(spelling, option.code) != option.code:
                    yield Problem(
                        "opciones", f"{said}: «{option.label}» se confunde con otra opción. Cámbiela.", where
                    )
        if len(codes) != len(set(codes)):
            yield Problem("opciones", f"{said}: hay opciones repetidas.", where)
    if isinstance(kind, Text) and not 1 <= kind.max_length <= 10_000:
        yield Problem("largo", f"{said}: el largo va de 1 a 10000 letras.", where)
    if isinstance(kind, NUMBERS) and not kind.minimum <= kind.maximum:
        yield Problem("rango", f"{said}: el mínimo no puede pasar del máximo.", where)
    if isinstance(kind, Decimal) and not 0 <= kind.places <= 8:
        yield Problem("decimales", f"{said}: de 0 a 8 decimales.", where)
    if isinstance(kind, CountByKind) and not 1 <= kind.maximum <= 1_000_000:
        yield Problem("rango", f"{said}: el máximo va de 1 a 1000000.", where)
    if isinstance(kind, Instant) and not 0 <= kind.max_hours_ahead <= 100_000:
        yield Problem("rango", f"{said}: las horas por delante van de 0 a 100000.", where)
    if isinstance(kind, FromCatalogo) and kind.catalogo not in CATALOGUES and not kind.free:
        yield Problem("catalogo", f"{said}: elija la lista de departamentos o la de municipios.", where)
    width, lines = getattr(kind, "width", 1), getattr(kind, "lines", 1)
    if not 1 <= width <= 24 or not 1 <= lines <= 30:
        yield Problem("ancho", f"{said}: el ancho va de 1 a 24 y los renglones de 1 a 30.", where)


# -- conditions -------------------------------------------------------------------------------------------


def _conditions(formato: Formato) -> Iterator[Problem]:
    for n, section in enumerate(formato.secciones):
        rows = section if isinstance(section, Repetible) else None
        scope = scope_of(formato, rows)
        for m, campo in enumerate(section.campos):
            where, said = f"secciones[{n}].campos[{m}]", f"«{campo.label}»"
            for condition in (campo.required_when, campo.asked_when):
                if condition is not None:
                    for text in condition_problems(condition, scope):
                        yield Problem("condicion", f"{said}: {text}", where)
                    if set(campo.answer_keys) & set(named(condition)):
                        yield Problem(
                            "condicion_ciclica", f"{said}: su condición depende de él mismo.", where
                        )
        if rows is not None:
            yield from _rules(rows.rules, scope, f"secciones[{n}].rules")
    yield from _rules(formato.rules, scope_of(formato), "rules")


def _rules(rules: tuple[Rule, ...], scope: Scope, where: str) -> Iterator[Problem]:
    for n, rule in enumerate(rules):
        here, said = f"{where}[{n}]", f"La regla «{rule.code}»"
        wrong = name_problem(rule.code, "El nombre de la regla")
        if wrong:
            yield Problem("nombre_invalido", wrong, here)
        if not rule.message.strip() or len(rule.message) > 300:
            yield Problem("falta_texto", f"{said} necesita un mensaje de 300 letras o menos.", here)
        if rule.campo not in scope.row and rule.campo not in scope.rows:
            yield Problem("campo_ausente", f"{said} señala un campo que no existe.", here)
        if not rule.modes or set(rule.modes) - {"rapido", "completo", "firma"}:
            yield Problem("modo", f"{said}: elija cuándo se revisa.", here)
        for text in condition_problems(rule.holds, scope):
            yield Problem("condicion", f"{said}: {text}", here)


def _calculations(formato: Formato) -> Iterator[Problem]:
    """What is worked out is a number, and so is what it is worked out of."""
    sheet = scope_of(formato)
    places = [(c.repetible, c.campo) for c in formato.calculos]
    for n, calculo in enumerate(formato.calculos):
        where, said = f"calculos[{n}]", f"El cálculo de «{calculo.campo}»"
        if places[n] in places[:n]:
            yield Problem("calculo", f"{said} está dos veces. Deje uno.", where)
        for late in sorted(set(places[n:]) & _taken_together(calculo)):
            yield Problem(
                "calculo", f"{said} se hace antes que el de «{late[1]}», que necesita. Bájelo.", where
            )
        here = sheet.rows[calculo.repetible] if calculo.repetible else sheet.sheet
        numbers: list[tuple[str, Mapping[str, FieldType]]] = [(calculo.campo, here)]
        others: list[tuple[str, Mapping[str, FieldType]]] = []
        conditions: list[tuple[Condition | None, Scope]] = [(calculo.when, sheet)]
        if isinstance(calculo, Difference):
            numbers += [(calculo.first, here), (calculo.second, here)]
        elif isinstance(calculo, Balance):
            numbers.append((calculo.amount, here))
            others.append((calculo.kind, here))
        elif isinstance(calculo, (AnswersCount, Score)):
            others += [(name, here) for name in calculo.among]
        elif isinstance(calculo, (RowsSum, RowsCount)):
            rows = sheet.rows.get(calculo.rows)
            if rows is None:
                yield Problem("calculo", f"{said}: no hay sección «{calculo.rows}».", where)
                continue
            conditions.append((calculo.where, Scope(rows, sheet.sheet, sheet.rows)))
            numbers += [(calculo.amount, rows)] if isinstance(calculo, RowsSum) else []
        for name, known in numbers:
            if not isinstance(known.get(name), NUMBERS):
                yield Problem("calculo", f"{said}: «{name}» no es un campo de número.", where)
        for name, known in others:
            if name not in known:
                yield Problem("calculo", f"{said}: no hay campo «{name}».", where)
        for condition, scope in conditions:
            if condition is not None:
                for text in condition_problems(condition, scope):
                    yield Problem("calculo", f"{said}: {text}", where)


def _taken_together(calculo: Calculo) -> set[tuple[str, str]]:
    """The numbers and answers that a calculation is made of, each with its repeating section."""
    if isinstance(calculo, Difference):
        names: tuple[str, ...] = (calculo.first, calculo.second)
    elif isinstance(calculo, Balance):
        names = (calculo.amount, calculo.kind)
    elif isinstance(calculo, (AnswersCount, Score)):
        names = calculo.among
    elif isinstance(calculo, RowsSum):
        return {(calculo.rows, calculo.amount)}
    else:
        names = ()
    return {(calculo.repetible, name) for name in names}


def _cycles(formato: Formato) -> Iterator[Problem]:
    """Fields that are asked only when one another is: nobody would ever see them."""
    for section_campos in (formato.campos, *(r.campos for r in formato.repetibles)):
        owner = {key: c.name for c in section_campos for key in (c.name, *c.answer_keys)}
        needs = {
            c.name: {owner[k] for k in named(c.asked_when) if k in owner} - {c.name}
            for c in section_campos
            if c.asked_when is not None
        }
        for name in _in_cycle(needs):
            label = next(c.label for c in section_campos if c.name == name)
            yield Problem(
                "condicion_ciclica",
                f"«{label}» se pregunta según otro que depende de él. Quite una condición.",
                "secciones",
            )


def _in_cycle(needs: Mapping[str, set[str]]) -> list[str]:
    """Names that remain when those that depend on nothing, or on what is settled, are taken away."""
    left = {name: set(others) for name, others in needs.items()}
    while settled := [n for n, others in left.items() if not others & set(left)]:
        for name in settled:
            del left[name]
    return sorted(n for n in left if _reaches(n, n, left))


def _reaches(start: str, wanted: str, graph: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    todo = list(graph.get(start, ()))
    while todo:
        name = todo.pop()
        if name == wanted:
            return True
        if name not in seen:
            seen.add(name)
            todo += graph.get(name, ())
    return False
