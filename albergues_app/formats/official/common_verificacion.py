"""The points of readiness of a shelter (dominio.md 6.2): written once, for every format that checks them."""

from __future__ import annotations

from dataclasses import dataclass

from albergues_app.formats.engine import (
    Campo,
    Choice,
    Condition,
    In,
    Level,
    Mark,
    Not,
    Option,
    Seccion,
    Some,
    Warn,
)

CUMPLIMIENTO = (
    Option("cumple", "Cumple", aliases=("sí",)),
    Option("parcial", "Parcial", aliases=("cumple parcial",)),
    Option("no", "No", aliases=("no cumple",)),
    Option("no_aplica", "No aplica"),
    Option("no_observado", "No observado", aliases=("no se vio",)),
)


@dataclass(frozen=True)
class Punto:
    """One point; ``critico`` as dominio.md marks it with an asterisk."""

    name: str
    label: str
    critico: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Grupo:
    """The points under one letter."""

    letra: str
    title: str
    puntos: tuple[Punto, ...]

    @property
    def code(self) -> str:
        return f"grupo_{self.letra}"


GRUPOS: tuple[Grupo, ...] = (
    Grupo(
        "a",
        "A. Legal y gestión",
        (
            Punto("punto_acta", "Punto de acta del Concejo Municipal", True, "Pida ver el documento."),
            Punto("anuencia_propietario", "Anuencia escrita del propietario", True, "Pida ver el documento."),
            Punto("administrador_nombrado", "Administrador o administradora con nombramiento", True),
            Punto("comision_albergues", "Comisión de albergues de la COMRED nombrada"),
            Punto(
                "arbol_llamadas", "Árbol de llamadas con teléfonos al día", False, "Llame a uno para probar."
            ),
            Punto("plan_municipal", "Plan municipal con capítulo de albergues"),
            Punto("formatos_existencia", "Formatos oficiales en existencia", False, "De la edición vigente."),
        ),
    ),
    Grupo(
        "b",
        "B. Riesgo",
        (
            Punto("fuera_zona_riesgo", "Fuera de zona de inundación, derrumbe o lahar", True),
            Punto("dictamen_estructural", "Dictamen de la estructura después del último sismo", True),
            Punto("salidas_libres", "Salidas libres y señaladas", True),
            Punto("extintor", "Extintor cargado y a la vista", False, "Revise la fecha de carga."),
            Punto(
                "electricidad_segura", "Instalación eléctrica segura", True, "Sin cables pelados ni sueltos."
            ),
            Punto("ruta_evacuacion", "Ruta de evacuación y punto de reunión"),
        ),
    ),
    Grupo(
        "c",
        "C. Agua",
        (
            Punto("agua_funciona", "La fuente de agua funciona", True, "Abra un chorro."),
            Punto("agua_almacenada", "Agua almacenada para un día o más"),
            Punto("cloro_control", "Control de cloro"),
            Punto("chorros_suficientes", "Chorros suficientes para la capacidad"),
        ),
    ),
    Grupo(
        "d",
        "D. Saneamiento",
        (
            Punto("inodoros", "Inodoros que funcionan: 1 por cada 50 personas y por sexo", True),
            Punto("duchas_sexo", "Duchas separadas por sexo"),
            Punto("banos_cerradura_luz", "Baños y duchas con cerradura por dentro y luz"),
            Punto("lavamanos", "Lavamanos con agua y jabón"),
            Punto("desechos_plan", "Plan para la basura"),
            Punto("drenaje", "Drenaje que funciona"),
            Punto("vectores", "Control de zancudos, moscas y roedores"),
        ),
    ),
    Grupo(
        "e",
        "E. Espacio",
        (
            Punto("espacio_persona", "3.5 m² por persona o más, a la capacidad autorizada", True),
            Punto("ventilacion", "Ventilación"),
            Punto("separacion_familias", "Separación entre familias"),
            Punto("areas_separadas", "Áreas para mujeres solas, familias y hombres solos"),
            Punto("area_lactancia_ninez", "Área de lactancia y de niñez"),
            Punto("cuarto_aislamiento", "Cuarto de aislamiento", True),
            Punto("bodega", "Bodega con llave"),
        ),
    ),
    Grupo(
        "f",
        "F. Cocina y alimentación",
        (
            Punto("cocina_aparte", "Cocina lejos del área de dormir", True),
            Punto("cocina_combustible", "Combustible para cocinar"),
            Punto("cocina_agua", "Agua en la cocina"),
            Punto("alimentos_tarima", "Alimentos guardados sin tocar el suelo"),
            Punto("menu_especial", "Menú para dietas especiales"),
        ),
    ),
    Grupo(
        "g",
        "G. Seguridad y protección",
        (
            Punto("perimetro", "Perímetro cerrado"),
            Punto("letrinas_luz", "Luz de noche en las letrinas", True),
            Punto("coordinacion_pnc", "Coordinación con la PNC o el Ejército"),
            Punto("protocolo_nna", "Protocolo de niñez y adolescencia a la vista"),
            Punto("comite_violencia", "Comité de prevención de la violencia"),
            Punto("canal_quejas", "Buzón o forma de presentar quejas"),
        ),
    ),
    Grupo(
        "h",
        "H. Accesibilidad",
        (
            Punto("rampa", "Rampa"),
            Punto("bano_accesible", "Baño accesible"),
            Punto("area_primer_nivel", "Área de prioridad en el primer nivel"),
            Punto("rotulos_idioma", "Rótulos en el idioma local o con dibujos"),
        ),
    ),
    Grupo(
        "i",
        "I. Salud",
        (
            Punto("puesto_salud", "Puesto de salud más cercano identificado"),
            Punto("transporte_referencia", "Transporte para llevar enfermos"),
            Punto("botiquin", "Botiquín de primeros auxilios"),
            Punto("salud_mental", "Contacto de salud mental"),
        ),
    ),
    Grupo(
        "j",
        "J. Comités y convivencia",
        (
            Punto("comites_propuestos", "Comités propuestos"),
            Punto("normas_idioma", "Normas de convivencia en el idioma local"),
            Punto("rol_turnos", "Rol de turnos listo para llenar"),
        ),
    ),
    Grupo(
        "k",
        "K. Información",
        (
            Punto("hojas_registro", "Hojas de registro en el albergue"),
            Punto("registrador_nombrado", "Registrador o registradora con nombramiento"),
            Punto("senal", "Señal de radio o de teléfono", False, "Anote abajo de qué operador."),
            Punto("energia_aparatos", "Energía para cargar aparatos"),
            Punto("cartelera", "Cartelera de avisos"),
        ),
    ),
    Grupo(
        "l",
        "L. Animales",
        (Punto("animales_lugar", "Lugar para animales de compañía y de granja"),),
    ),
    Grupo(
        "m",
        "M. Plan de cierre",
        (
            Punto("devolucion_acordada", "Condiciones para devolver el inmueble"),
            Punto("calendario_escolar", "Calendario escolar tomado en cuenta"),
            Punto("traslado_opciones", "Opciones de traslado de las familias"),
        ),
    ),
)
CRITICOS: tuple[str, ...] = tuple(p.name for grupo in GRUPOS for p in grupo.puntos if p.critico)


def some_critical(*answers: str) -> Condition:
    """Return the condition that a critical point has one of these answers."""
    return Some(tuple(In(name, answers) for name in CRITICOS))


def _campo(code: str, punto: Punto) -> Campo:
    return Campo(
        name=punto.name,
        label=f"{code} {punto.label}" + (" · CRÍTICO" if punto.critico else ""),
        short=f"{code} {punto.label}",
        type=Choice(options=CUMPLIMIENTO, width=12),
        required=Mark.R if punto.critico else Mark.O,
        level=Level.N1,
        hint=punto.hint,
    )


SECCIONES_VERIFICACION = tuple(
    Seccion(
        code=grupo.code,
        title=grupo.title,
        campos=tuple(_campo(f"{grupo.letra.upper()}{n}", p) for n, p in enumerate(grupo.puntos, start=1)),
    )
    for grupo in GRUPOS
)
PUNTOS = tuple(
    Option(f"{grupo.letra}{n}", f"{grupo.letra.upper()}{n}", aliases=(punto.name,))
    for grupo in GRUPOS
    for n, punto in enumerate(grupo.puntos, start=1)
)
CRITICOS_PENDIENTES = tuple(
    Warn(
        code="critico_sin_cumplir",
        campo=name,
        message="Punto crítico sin cumplir. Anótelo como compromiso.",
        holds=Not(In(name, ("no", "parcial"))),
    )
    for name in CRITICOS
)
