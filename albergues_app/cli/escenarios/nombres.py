"""A short list of ours of given names, surnames and places, joined at random: nobody in particular."""

from __future__ import annotations

from random import Random

MUJERES = (
    "María", "Juana", "Ana", "Rosa", "Elena", "Catarina", "Marta", "Isabel", "Candelaria", "Dominga", "Petrona",
    "Magdalena", "Lucía", "Sandra", "Karla", "Yesenia", "Brenda", "Floridalma", "Matilde", "Angelina", "Victoria",
    "Julia", "Irma", "Gloria", "Norma", "Olga", "Vilma", "Silvia", "Mirna", "Delia", "Amalia", "Concepción",
)  # fmt: skip
HOMBRES = (
    "José", "Juan", "Pedro", "Miguel", "Diego", "Francisco", "Mateo", "Domingo", "Sebastián", "Tomás", "Carlos",
    "Luis", "Mario", "Edgar", "Byron", "Wilmer", "Rigoberto", "Ernesto", "Víctor", "Andrés", "Santiago", "Manuel",
    "Alberto", "Rubén", "Óscar", "Hugo", "Erick", "Marvin", "Gaspar", "Nicolás", "Rolando", "Joaquín",
)  # fmt: skip
APELLIDOS = (
    "Caal", "Pop", "Choc", "Coc", "Ical", "Tiul", "Xol", "Cucul", "Maquín", "Quib", "Tzí", "Chub", "Bolom", "Sacul",
    "Raymundo", "Cobo", "Brito", "Ramírez", "Raxón", "Ixcoy", "Tum", "Us", "López", "García", "Hernández", "Pérez",
    "Morales", "Vásquez", "Velásquez", "Ortiz", "Castillo", "Méndez", "Núñez", "Aguilar", "Reyes", "Chávez",
    "Güitz", "Xicará", "Quixtán", "Tzoc", "Ajcú", "Batz", "Cac", "Yat", "Teni", "Asig", "Mucú", "Rax",
)  # fmt: skip
LUGARES = (
    "El Rosario", "Nueva Esperanza", "San Isidro", "Las Flores", "El Porvenir", "La Libertad", "Santa Rosita",
    "El Naranjo", "Buena Vista", "La Unión", "San Rafael", "El Mirador", "Los Encuentros", "Agua Blanca", "El Cedro",
    "La Laguna", "Santa Elena", "El Paraíso", "Tierra Fría", "Río Limpio", "El Triunfo", "La Cumbre", "Pozo Hondo",
    "San Antonio", "El Manzanal", "Piedra Grande", "La Ceiba", "El Amate", "Valle Nuevo", "Sacomal", "Chimox", "Setzí",
)  # fmt: skip
SITIOS = (
    ("escuela", "Escuela Oficial Rural Mixta, aldea {}"),
    ("salon_comunal", "Salón comunal, caserío {}"),
    ("salon_municipal", "Salón municipal {}"),
    ("iglesia", "Iglesia {}"),
    ("instituto", "Instituto Básico {}"),
    ("gimnasio", "Gimnasio municipal {}"),
)
"""Building and how its name is made of a place."""


def nombre_persona(rng: Random, sexo: str) -> str:
    """One or two given names."""
    names = MUJERES if sexo == "mujer" else HOMBRES
    return " ".join(rng.sample(names, 2 if rng.random() < 0.6 else 1))


def apellidos(rng: Random) -> str:
    """Two surnames; one person in twenty-five has one."""
    return " ".join(rng.sample(APELLIDOS, 1 if rng.random() < 0.04 else 2))


def con_error(rng: Random, nombre: str) -> str:
    """The same name as another clerk would hear it: one of the errors of every register."""
    changes = (
        ("z", "s"),
        ("s", "z"),
        ("v", "b"),
        ("b", "v"),
        ("ll", "y"),
        ("h", ""),
        ("qu", "k"),
        ("x", "j"),
        ("c", "k"),
    )
    possible = [(old, new) for old, new in changes if old in nombre]
    if possible:
        old, new = rng.choice(possible)
        return nombre.replace(old, new, 1)
    return nombre.replace("á", "a").replace("é", "e").replace("í", "i") + "s"
