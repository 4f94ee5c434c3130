"""The checklist of shelter readiness (dominio.md 6.2): its groups, its items and which are critical."""

from __future__ import annotations

from dataclasses import dataclass

from albergues_app.formats.engine import Condition, In, Option, Some

CUMPLE = (
    Option("cumple", "Cumple"),
    Option("parcial", "Cumple parcial", "Parcial"),
    Option("no", "No cumple", "No"),
    Option("no_aplica", "No aplica", "N/A"),
    Option("no_observado", "No observado", "No obs."),
)


@dataclass(frozen=True)
class Punto:
    """One item of the checklist."""

    name: str
    label: str
    critico: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Grupo:
    """The items under one letter."""

    code: str
    title: str
    puntos: tuple[Punto, ...]


GRUPOS: tuple[Grupo, ...] = (
    Grupo(
        "gestion",
        "A. Legal y gestión",
        (
            Punto("punto_acta", "Punto de acta del Concejo", True, "Número y fecha en la nota."),
            Punto("anuencia", "Anuencia del propietario", True, "Por escrito, de quien es dueño."),
            Punto("administrador_nombrado", "Administrador o administradora con nombramiento", True),
            Punto("comision_albergues", "Comisión de albergues de la COMRED nombrada"),
            Punto("lista_contactos", "Lista de a quién llamar, con teléfonos"),
            Punto("plan_municipal", "Plan municipal con capítulo de albergues"),
            Punto("formatos_existencia", "Formatos oficiales en existencia"),
        ),
    ),
    Grupo(
        "riesgo",
        "B. Riesgo",
        (
            Punto("fuera_de_zona", "Fuera de zona de inundación, deslizamiento o lahar", True),
            Punto("opinion_estructural", "Opinión estructural después del último sismo", True),
            Punto("salidas", "Salidas libres y señalizadas", True),
            Punto("extintor", "Extintor vigente"),
            Punto("electricidad_segura", "Instalación eléctrica segura", True),
            Punto("ruta_evacuacion", "Ruta de evacuación"),
        ),
    ),
    Grupo(
        "agua",
        "C. Agua",
        (
            Punto("agua_funciona", "La fuente de agua funciona", True),
            Punto("agua_un_dia", "Depósito para un día o más"),
            Punto("cloro", "Control de cloro"),
            Punto("chorros_suficientes", "Chorros suficientes", False, "Uno por cada 250 personas o menos."),
        ),
    ),
    Grupo(
        "saneamiento",
        "D. Saneamiento",
        (
            Punto(
                "inodoros_funcionan",
                "Inodoros que funcionan, separados por sexo",
                True,
                "Uno por cada 50 personas o menos.",
            ),
            Punto("duchas_por_sexo", "Duchas separadas por sexo"),
            Punto("cerrojo_y_luz", "Cerrojo y luz en inodoros y duchas"),
            Punto("lavado_manos", "Lavado de manos"),
            Punto("plan_basura", "Plan para la basura"),
            Punto("drenaje", "Drenaje"),
            Punto("vectores", "Control de zancudos y roedores"),
        ),
    ),
    Grupo(
        "espacio",
        "E. Espacio",
        (
            Punto(
                "area_por_persona",
                "Área de 3.5 m² por persona o más",
                True,
                "Área útil techada entre la capacidad autorizada.",
            ),
            Punto("ventilacion", "Ventilación"),
            Punto("separacion_familias", "Separación entre familias"),
            Punto("areas_por_grupo", "Áreas para mujeres solas, familias y hombres solos"),
            Punto("lactancia_ninez", "Espacio de lactancia y de niñez"),
            Punto("aislamiento", "Cuarto de aislamiento", True),
            Punto("cuarto_bodega", "Cuarto para bodega"),
        ),
    ),
    Grupo(
        "cocina",
        "F. Cocina y alimentación",
        (
            Punto("cocina_apartada", "Cocina apartada de donde se duerme", True),
            Punto("combustible", "Gas o leña"),
            Punto("agua_cocina", "Agua en la cocina"),
            Punto("alimentos_sobre_tarima", "Alimentos guardados sobre tarima"),
            Punto("menu_dietas", "Menú para dietas especiales"),
        ),
    ),
    Grupo(
        "seguridad",
        "G. Seguridad y protección",
        (
            Punto("perimetro", "Perímetro cerrado"),
            Punto("luz_nocturna", "Luz de noche en inodoros o letrinas", True),
            Punto("coordinacion_pnc", "Coordinación con PNC o Ejército"),
            Punto("protocolo_nna", "Protocolo de niñez y adolescencia a la vista"),
            Punto("comite_violencia", "Comité de prevención de violencia"),
            Punto("canal_quejas", "Canal de quejas"),
        ),
    ),
    Grupo(
        "accesibilidad",
        "H. Accesibilidad",
        (
            Punto("rampa", "Rampa"),
            Punto("inodoro_accesible", "Inodoro accesible"),
            Punto("planta_baja", "Área prioritaria en planta baja"),
            Punto("rotulos", "Rótulos en el idioma del lugar o con dibujos"),
        ),
    ),
    Grupo(
        "salud",
        "I. Salud",
        (
            Punto("puesto_salud", "Puesto de salud cercano", False, "Cuál es, en la nota."),
            Punto("transporte_referencia", "Transporte para referir"),
            Punto("botiquin", "Botiquín de primeros auxilios"),
            Punto("salud_mental", "Contacto de salud mental"),
        ),
    ),
    Grupo(
        "convivencia",
        "J. Comités y convivencia",
        (
            Punto("comites", "Comités previstos"),
            Punto("normas_idioma", "Normas en el idioma del lugar"),
            Punto("rol_turnos", "Rol de turnos"),
        ),
    ),
    Grupo(
        "informacion",
        "K. Información",
        (
            Punto("boletas", "Boletas y formatos en el albergue"),
            Punto("registrador_nombrado", "Registrador o registradora con nombramiento"),
            Punto("senal", "Señal de radio o teléfono", False, "De qué empresa, en la nota."),
            Punto("energia_equipos", "Energía para los equipos"),
            Punto("cartelera", "Cartelera"),
        ),
    ),
    Grupo("animales", "L. Animales", (Punto("lugar_mascotas", "Lugar para mascotas"),)),
    Grupo(
        "plan_cierre",
        "M. Plan de cierre",
        (
            Punto("devolucion", "Condiciones para devolver el inmueble"),
            Punto("calendario_escolar", "Calendario escolar"),
            Punto("opciones_traslado", "Opciones de traslado"),
        ),
    ),
)
CRITICOS: tuple[str, ...] = tuple(p.name for grupo in GRUPOS for p in grupo.puntos if p.critico)


def some_critical(*answers: str) -> Condition:
    """Return the condition that a critical item has one of these answers."""
    return Some(tuple(In(name, answers) for name in CRITICOS))
