"""The columns of a list of persons for measuring duplicates: our names, and what others call them."""

from __future__ import annotations

from typing import Final

from albergues_app.interchange.columns import CampoColumna

PERSON_FIELDS: Final[tuple[CampoColumna, ...]] = (
    CampoColumna(
        "id",
        "Id",
        (
            "persona id", "id persona", "identificador", "rec id", "record id", "uuid", "codigo", "clave", "folio",
            "no", "numero", "num", "unique id", "person id", "registro",
        ),
        required=True,
    ),
    CampoColumna(
        "nombres",
        "Nombres",
        ("nombre", "primer nombre", "nombre 1", "nombres de pila", "given name", "given names", "first name", "forename"),
    ),
    CampoColumna("segundo_nombre", "Segundo nombre", ("nombre 2", "otros nombres", "middle name", "second name")),
    CampoColumna(
        "apellidos",
        "Apellidos",
        (
            "apellido", "primer apellido", "apellido 1", "apellido paterno", "surname", "last name", "family name",
            "lastname",
        ),
    ),
    CampoColumna(
        "segundo_apellido", "Segundo apellido", ("apellido 2", "apellido materno", "second surname", "maternal surname")
    ),
    CampoColumna("apellido_casada", "Apellido de casada", ("apellido casada", "de casada", "married name")),
    CampoColumna(
        "nombre_completo",
        "Nombre completo",
        (
            "nombre y apellido", "nombres y apellidos", "nombre y apellidos", "apellidos y nombres", "persona", "full name",
            "name", "nombre de la persona",
        ),
    ),
    CampoColumna("sexo", "Sexo", ("genero", "sex", "gender")),
    CampoColumna(
        "nacimiento",
        "Nacimiento",
        (
            "fecha de nacimiento", "fecha nacimiento", "fec nac", "fecha nac", "f nacimiento", "fn", "date of birth", "dob",
            "birth date", "birthdate", "nacio",
        ),
    ),
    CampoColumna("edad", "Edad", ("edad anios", "edad años", "edad en años", "anos", "años", "age")),
    CampoColumna("edad_unidad", "Unidad de edad", ("unidad edad", "edad en", "age unit")),
    CampoColumna(
        "municipio",
        "Municipio",
        (
            "municipio de procedencia", "municipio procedencia", "municipio de origen", "procedencia", "codigo municipio",
            "municipality", "lugar de origen", "suburb", "city", "town",
        ),
    ),
    CampoColumna(
        "cui", "CUI", ("dpi", "cui dpi", "numero de dpi", "no dpi", "documento", "soc sec id", "national id", "dni")
    ),
)  # fmt: skip

PAIR_FIELDS: Final[tuple[CampoColumna, ...]] = (
    CampoColumna("id_a", "Id a", ("id 1", "id1", "ida", "a", "left", "id izquierda", "rec id 1", "id left", "persona a"),
                 required=True),
    CampoColumna("id_b", "Id b", ("id 2", "id2", "idb", "b", "right", "id derecha", "rec id 2", "id right", "persona b"),
                 required=True),
    CampoColumna("etiqueta", "Etiqueta", ("label", "es duplicado", "duplicado", "match", "misma", "misma persona", "igual",
                                          "is match", "clase")),
)  # fmt: skip
