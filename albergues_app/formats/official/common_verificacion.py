"""The points of readiness of a shelter (dominio.md 6.2), for every format that checks them."""

from __future__ import annotations

from albergues_app.formats.engine import Campo, Choice, In, Level, Mark, Not, Option, Seccion, Warn

CUMPLIMIENTO = (
    Option("cumple", "Cumple", aliases=("sí",)),
    Option("parcial", "Parcial", aliases=("cumple parcial",)),
    Option("no", "No", aliases=("no cumple",)),
    Option("no_aplica", "No aplica"),
    Option("no_observado", "No observado", aliases=("no se vio",)),
)

# Group, its title, and its points: name, label, critical or not, how to see it.
_GRUPOS: tuple[tuple[str, str, tuple[tuple[str, str, bool, str], ...]], ...] = (
    (
        "a",
        "A. Legal y gestión",
        (
            ("punto_acta", "Punto de acta del Concejo Municipal", True, "Pida ver el documento."),
            ("anuencia_propietario", "Anuencia escrita del propietario", True, "Pida ver el documento."),
            ("administrador_nombrado", "Administrador o administradora con nombramiento", True, ""),
            ("comision_albergues", "Comisión de albergues de la COMRED nombrada", False, ""),
            ("arbol_llamadas", "Árbol de llamadas con teléfonos al día", False, "Llame a uno para probar."),
            ("plan_municipal", "Plan municipal con capítulo de albergues", False, ""),
            ("formatos_existencia", "Formatos oficiales en existencia", False, "De la edición vigente."),
        ),
    ),
    (
        "b",
        "B. Riesgo",
        (
            ("fuera_zona_riesgo", "Fuera de zona de inundación, derrumbe o lahar", True, ""),
            ("dictamen_estructural", "Dictamen de la estructura después del último sismo", True, ""),
            ("salidas_libres", "Salidas libres y señaladas", True, ""),
            ("extintor", "Extintor cargado y a la vista", False, "Revise la fecha de carga."),
            ("electricidad_segura", "Instalación eléctrica segura", True, "Sin cables pelados ni sueltos."),
            ("ruta_evacuacion", "Ruta de evacuación y punto de reunión", False, ""),
        ),
    ),
    (
        "c",
        "C. Agua",
        (
            ("agua_funciona", "La fuente de agua funciona", True, "Abra un chorro."),
            ("agua_almacenada", "Agua almacenada para un día o más", False, ""),
            ("cloro_control", "Control de cloro", False, ""),
            ("chorros_suficientes", "Chorros suficientes para la capacidad", False, ""),
        ),
    ),
    (
        "d",
        "D. Saneamiento",
        (
            ("inodoros", "Inodoros que funcionan: 1 por cada 50 personas y por sexo", True, ""),
            ("duchas_sexo", "Duchas separadas por sexo", False, ""),
            ("banos_cerradura_luz", "Baños y duchas con cerradura por dentro y luz", False, ""),
            ("lavamanos", "Lavamanos con agua y jabón", False, ""),
            ("desechos_plan", "Plan para la basura", False, ""),
            ("drenaje", "Drenaje que funciona", False, ""),
            ("vectores", "Control de zancudos, moscas y roedores", False, ""),
        ),
    ),
    (
        "e",
        "E. Espacio",
        (
            ("espacio_persona", "3.5 m² por persona o más, a la capacidad autorizada", True, ""),
            ("ventilacion", "Ventilación", False, ""),
            ("separacion_familias", "Separación entre familias", False, ""),
            ("areas_separadas", "Áreas para mujeres solas, familias y hombres solos", False, ""),
            ("area_lactancia_ninez", "Área de lactancia y de niñez", False, ""),
            ("cuarto_aislamiento", "Cuarto de aislamiento", True, ""),
            ("bodega", "Bodega con llave", False, ""),
        ),
    ),
    (
        "f",
        "F. Cocina y alimentación",
        (
            ("cocina_aparte", "Cocina lejos del área de dormir", True, ""),
            ("cocina_combustible", "Combustible para cocinar", False, ""),
            ("cocina_agua", "Agua en la cocina", False, ""),
            ("alimentos_tarima", "Alimentos guardados sin tocar el suelo", False, ""),
            ("menu_especial", "Menú para dietas especiales", False, ""),
        ),
    ),
    (
        "g",
        "G. Seguridad y protección",
        (
            ("perimetro", "Perímetro cerrado", False, ""),
            ("letrinas_luz", "Luz de noche en las letrinas", True, ""),
            ("coordinacion_pnc", "Coordinación con la PNC o el Ejército", False, ""),
            ("protocolo_nna", "Protocolo de niñez y adolescencia a la vista", False, ""),
            ("comite_violencia", "Comité de prevención de la violencia", False, ""),
            ("canal_quejas", "Buzón o forma de presentar quejas", False, ""),
        ),
    ),
    (
        "h",
        "H. Accesibilidad",
        (
            ("rampa", "Rampa", False, ""),
            ("bano_accesible", "Baño accesible", False, ""),
            ("area_primer_nivel", "Área de prioridad en el primer nivel", False, ""),
            ("rotulos_idioma", "Rótulos en el idioma local o con dibujos", False, ""),
        ),
    ),
    (
        "i",
        "I. Salud",
        (
            ("puesto_salud", "Puesto de salud más cercano identificado", False, ""),
            ("transporte_referencia", "Transporte para llevar enfermos", False, ""),
            ("botiquin", "Botiquín de primeros auxilios", False, ""),
            ("salud_mental", "Contacto de salud mental", False, ""),
        ),
    ),
    (
        "j",
        "J. Comités y convivencia",
        (
            ("comites_propuestos", "Comités propuestos", False, ""),
            ("normas_idioma", "Normas de convivencia en el idioma local", False, ""),
            ("rol_turnos", "Rol de turnos listo para llenar", False, ""),
        ),
    ),
    (
        "k",
        "K. Información",
        (
            ("hojas_registro", "Hojas de registro en el albergue", False, ""),
            ("registrador_nombrado", "Registrador o registradora con nombramiento", False, ""),
            ("senal", "Señal de radio o de teléfono", False, "Anote abajo de qué operador."),
            ("energia_aparatos", "Energía para cargar aparatos", False, ""),
            ("cartelera", "Cartelera de avisos", False, ""),
        ),
    ),
    ("l", "L. Animales", (("animales_lugar", "Lugar para animales de compañía y de granja", False, ""),)),
    (
        "m",
        "M. Plan de cierre",
        (
            ("devolucion_acordada", "Condiciones para devolver el inmueble", False, ""),
            ("calendario_escolar", "Calendario escolar tomado en cuenta", False, ""),
            ("traslado_opciones", "Opciones de traslado de las familias", False, ""),
        ),
    ),
)


def _punto(code: str, name: str, label: str, critical: bool, hint: str) -> Campo:
    return Campo(
        name=name,
        label=f"{code} {label}" + (" · CRÍTICO" if critical else ""),
        short=f"{code} {label}",
        type=Choice(options=CUMPLIMIENTO, width=12),
        required=Mark.R if critical else Mark.O,
        level=Level.N1,
        hint=hint,
    )


SECCIONES_VERIFICACION = tuple(
    Seccion(
        code=f"grupo_{group}",
        title=title,
        campos=tuple(_punto(f"{group.upper()}{n}", *punto) for n, punto in enumerate(puntos, start=1)),
    )
    for group, title, puntos in _GRUPOS
)
PUNTOS = tuple(
    Option(f"{group}{n}", f"{group.upper()}{n}", aliases=(name,))
    for group, _, puntos in _GRUPOS
    for n, (name, *_rest) in enumerate(puntos, start=1)
)
CRITICOS = tuple(name for _, _, puntos in _GRUPOS for name, _, critical, _ in puntos if critical)
CRITICOS_PENDIENTES = tuple(
    Warn(
        code="critico_sin_cumplir",
        campo=name,
        message="Punto crítico sin cumplir. Anótelo como compromiso.",
        holds=Not(In(name, ("no", "parcial"))),
    )
    for name in CRITICOS
)
