"""`docs/formatos/COMO_AGREGAR.md`: how a format is added, with what the program itself offers."""

from __future__ import annotations

from albergues_app.definiciones.calculation_sentences import CALCULATIONS
from albergues_app.definiciones.condition_forms import OPERATORS
from albergues_app.definiciones.forms import LEVELS, MARKS, TYPE_NAMES, type_options
from albergues_app.definiciones.rule_sentences import SENTENCES
from albergues_app.formats.engine import definition
from albergues_app.formats.engine.serial import CONDITIONS

EXAMPLE_MODULE = "control_agua_v1"
EXAMPLE = '''"""Control de agua: cuánta hay y cuánta se usó."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import Campo, Choice, Decimal, Formato, Level, Mark, Seccion, options
from albergues_app.formats.official.common import SOSEP, encabezado, firmas

CONTROL_AGUA_V1 = Formato(
    code="control_agua",
    version=1,
    title="Control de agua",
    issuer=SOSEP,
    source="Manual Esfera; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Encargado de agua",
    when_filled="Cada día",
    purpose="Saber si alcanza el agua.",
    moment="operacion",
    record="hoja",
    secciones=(
        encabezado(ocurrido_label="Fecha y hora"),
        Seccion(
            code="agua",
            title="Agua",
            campos=(
                Campo(
                    name="fuente",
                    label="De dónde viene",
                    type=Choice(options=options(("red", "Red"), ("cisterna", "Camión cisterna"), "otro")),
                    required=Mark.R,
                    level=Level.N1,
                ),
                Campo(
                    name="litros_hay", label="Litros que hay", type=Decimal(), required=Mark.R, level=Level.N1
                ),
            ),
        ),
        firmas(),
    ),
    signatures=("Quién anota",),
)
'''


def como_agregar() -> str:
    """The page."""
    lines = [
        "# Cómo se agrega un formato",
        "",
        "Se escribe con `python -m tests.guards.documents`; no se edita a mano. Las tablas salen del "
        "programa.",
        "",
        "Un formato se define una vez. De la definición salen la pantalla de «Registros», el papel en "
        "blanco y lleno, "
        "el Excel, el formulario del teléfono, la carga de archivos, la interfaz con su JSON Schema, la "
        "terminal y el estante.",
        "",
        "## En la página, quien administra",
        "",
        "1. **Definir formatos** → «Formato nuevo»: título y código. Puede partir de otro formato o "
        "cargar una definición.",
        "2. **Portada**: para qué sirve, quién lo llena, cuándo, de dónde sale, firmas.",
        "3. **Secciones y campos.** De cada campo se elige el tipo, y luego la pregunta, la marca y "
        "cuándo se pide.",
        "",
        "   ![Un campo](definir/campo.png)",
        "",
        "4. **Reglas**: una frase de la lista de abajo; error (no deja guardar) o aviso.",
        "",
        "   ![Una regla](definir/regla.png)",
        "",
        "5. **Lo que se calcula**: totales, diferencias, saldos y puntajes que saca el sistema.",
        "6. **Probar**: en pantalla, en papel carta u oficio (dice BORRADOR) y en Excel. Nada se guarda.",
        "7. **Publicar.** La edición queda congelada con su huella y en la cadena del rastro, y se "
        "ofrece en el acto en todas "
        "partes. Lo que se corrija después es la edición siguiente; lo llenado sigue en la suya. Un "
        "formato se puede retirar.",
        "",
        "   ![El formato](definir/formato.png)",
        "",
        "Cada paso se guarda solo al enviarlo, sin JavaScript. Lo que falta para publicar se dice "
        "arriba, con su enlace.",
        "",
        "### Código y hoja oficiales",
        "",
        "De cualquier formato, de aquí o del programa: el código oficial se imprime solo si alguien lo "
        "escribió, con el "
        "documento que lo da; y la hoja con el diseño de la institución (PDF, sin programas ni "
        "contraseña) se ofrece en el estante.",
        "",
        "![Código y hoja oficiales](definir/oficial.png)",
        "",
        "## En el programa, con un solo archivo",
        "",
        f"Se crea `albergues_app/formats/official/{EXAMPLE_MODULE}.py`. El nombre del archivo es el "
        f"código y la edición; "
        "nada más hay que registrar:",
        "",
        "```python",
        EXAMPLE.rstrip(),
        "```",
        "",
        "Después:",
        "",
        "1. `python -m tests.formatos` escribe su página y su retrato en `docs/formatos`, y congela su "
        "huella. "
        "Una edición congelada no se cambia: se hace la siguiente.",
        "2. Se agrega su tabla de casos, buenos y malos, a `tests/formats/cases_*.py`: una prueba la "
        "pasa por cada puerta.",
        "3. `make check` y `pytest tests/formats tests/capturas`.",
        "",
        "Si sus datos tienen tablas propias, se escribe en ellas desde `capturas/bindings.py`; si no, "
        "se guarda tal como se llenó.",
        "",
        "## Tipos de campo",
        "",
        "| Tipo | En el programa | Se le puede decir |",
        "|---|---|---|",
    ]
    for kind, name in TYPE_NAMES.items():
        lines.append(
            f"| {name} | `{kind}` | {', '.join(o['rotulo'].lower() for o in type_options(kind)) or '—'} |"
        )
    lines += [
        "",
        f"Marcas: {'; '.join(text for _code, text in MARKS)}. Delicadeza: "
        f"{'; '.join(text for _code, text in LEVELS)}. "
        "Lo que se toma aparte de la puerta es N3 o N4 y no está en su papel, su Excel ni su pantalla.",
        "",
        "## Reglas",
        "",
        "| Frase | Con | En el programa |",
        "|---|---|---|",
    ]
    for said in SENTENCES:
        made = ", ".join(f"`{kind.__name__}`" for kind in said.makes)
        lines.append(f"| {said.label} | {', '.join(p.label.lower() for p in said.params)} | {made} |")
    by_lines = sorted(set(CONDITIONS) - {kind.__name__ for said in SENTENCES for kind in said.makes})
    lines += [
        "",
        f"Cualquier regla, y la pregunta de un campo, puede llevar «solo cuando»: un campo "
        f"{', '.join(OPERATORS.values())}; "
        f"varias a la vez, todas o alguna ({', '.join(f'`{name}`' for name in by_lines)}).",
        "",
        "## Lo que se calcula",
        "",
        "Un campo de número puede llenarlo el sistema. Lo que falta no cuenta como cero: sin todos sus "
        "datos no se calcula. Puede llevar «solo cuando». Si nadie lo escribe, no se pide en ninguna "
        "puerta; si se puede escribir, se avisa cuando no cuadra.",
        "",
        "| Resultado | Con | Dónde | En el programa |",
        "|---|---|---|---|",
    ]
    places = {"": "la hoja o cada fila", "hoja": "la hoja", "filas": "cada fila"}
    for one in CALCULATIONS:
        said_of = ", ".join(p.label.lower() for p in one.params)
        lines.append(f"| {one.label} | {said_of} | {places[one.place]} | `{one.makes.__name__}` |")
    lines += [
        "",
        "## Lo que no se admite",
        "",
        f"- Códigos y nombres con otra cosa que minúsculas, números y `_`, de más de "
        f"{definition.LONGEST_NAME} letras, repetidos, "
        "o que sean palabras del sistema.",
        "- Condiciones que nombran un campo que no existe, de otra clase, o que dependen de sí mismas, "
        "también dando la vuelta.",
        f"- Más de {definition.LIMITS['campos']} campos, {definition.LIMITS['secciones']} secciones o "
        f"{definition.LIMITS['reglas']} reglas. No hay expresiones regulares ni fórmulas: el texto es "
        f"texto en todas partes.",
    ]
    return "\n".join(lines) + "\n"
