"""Fields and lists that several formats share."""

from __future__ import annotations

from albergues_app.formats.engine import (
    Campo,
    Date,
    FromCatalogo,
    Instant,
    Level,
    Mark,
    Option,
    PersonName,
    Seccion,
    Text,
    options,
)

SOSEP = "SOSEP · Función 13, administración de albergues"

SEXO = (
    Option("mujer", "Mujer", "M", aliases=("f", "femenino")),
    Option("hombre", "Hombre", "H", aliases=("masculino", "varón")),
    Option("no_registrado", "No registrado", "NR", aliases=("sin dato",)),
)
EDAD_UNIDAD = (
    Option("anios", "Años", "a", aliases=("año",)),
    Option("meses", "Meses", "m", aliases=("mes",)),
    Option("dias", "Días", "d", aliases=("día",)),
)
PARENTESCO = (
    Option("jefe", "Jefe o jefa de hogar", "Jefe/a", aliases=("jefa", "jefe/a de hogar")),
    Option("conyuge", "Cónyuge o conviviente", "Cónyuge", aliases=("conviviente", "esposo", "esposa")),
    Option("hijo", "Hijo o hija", "Hijo/a", aliases=("hija",)),
    Option("hijastro", "Hijastro o hijastra", "Hijastro/a", aliases=("hijastra",)),
    Option("nieto", "Nieto o nieta", "Nieto/a", aliases=("nieta",)),
    Option("padre", "Padre o madre", "Padre/madre", aliases=("madre", "papá", "mamá")),
    Option("suegro", "Suegro o suegra", "Suegro/a", aliases=("suegra",)),
    Option("hermano", "Hermano o hermana", "Hermano/a", aliases=("hermana",)),
    Option("yerno", "Yerno o nuera", "Yerno/nuera", aliases=("nuera",)),
    Option("otro_pariente", "Otro pariente", "Otro pariente"),
    Option("no_pariente", "No pariente", "No pariente"),
)
DESTINO = options(
    ("vivienda_propia", "Vivienda propia"),
    ("familiar", "Casa de un familiar"),
    ("alquiler", "Alquiler"),
    ("otro_albergue", "Otro albergue"),
    ("atu", "Albergue de transición (ATU)"),
    ("hospital", "Hospital"),
    ("otro_departamento", "Otro departamento"),
    "otro",
    ("desconocido", "Desconocido"),
)
DOCUMENTO = options(
    Option("dpi", "DPI", "DPI", aliases=("cui", "dpi/cui")),
    Option("partida_nacimiento", "Partida de nacimiento", "Partida", aliases=("certificado de nacimiento",)),
    Option("pasaporte", "Pasaporte", "Pasaporte"),
    Option("otro", "Otro documento", "Otro"),
    Option("sin_documento", "Sin documento", "Sin doc.", aliases=("no tiene", "ninguno")),
    Option("extraviado", "Extraviado", "Extraviado", aliases=("perdido", "lo perdió")),
)
IDIOMA = (
    Option("spa", "Español", aliases=("castellano",)),
    Option("acr", "Achi"),
    Option("knj", "Akateko"),
    Option("agu", "Awakateko"),
    Option("chalchiteko", "Chalchiteko"),
    Option("caa", "Chꞌortiꞌ"),
    Option("cac", "Chuj"),
    Option("itz", "Itzaꞌ"),
    Option("ixl", "Ixil"),
    Option("cak", "Kaqchikel"),
    Option("quc", "Kꞌicheꞌ", aliases=("quiché",)),
    Option("mam", "Mam"),
    Option("mop", "Mopan"),
    Option("jac", "Poptiꞌ", aliases=("jakalteko", "Poptiꞌ (Jakalteko)")),
    Option("poc", "Poqomam"),
    Option("poh", "Poqomchiꞌ"),
    Option("kjb", "Qꞌanjobꞌal"),
    Option("kek", "Qꞌeqchiꞌ", aliases=("kekchí",)),
    Option("quv", "Sakapulteko"),
    Option("qum", "Sipakapense"),
    Option("ttc", "Tektiteko"),
    Option("tzj", "Tzꞌutujil"),
    Option("usp", "Uspanteko"),
    Option("xin", "Xinka"),
    Option("cab", "Garífuna"),
    Option("lensegua", "Lengua de señas (Lensegua)", "Señas"),
    Option("otro", "Otro (especifique)", "Otro"),
)


def encabezado(*, ocurrido_label: str = "") -> Seccion:
    """Return the shared header. What the system knows is not asked; on paper it is printed or written."""
    moment = (
        ()
        if not ocurrido_label
        else (
            Campo(
                name="ocurrido_en",
                label=ocurrido_label,
                type=Instant(),
                required=Mark.R,
                quick=True,
                level=Level.N2,
                hint="La hora en que llegaron, aunque se anote después. De 00:00 a 23:59.",
                example="20/11/2026 18:05",
                hxl="#date+start",
            ),
        )
    )
    return Seccion(
        code="encabezado",
        title="Datos de la hoja",
        campos=(
            Campo(name="evento", label="Emergencia o evento", type=Text(width=8), auto=True, level=Level.N1),
            Campo(
                name="albergue",
                label="Albergue",
                type=Text(width=10),
                hxl="#loc+shelter+name",
                auto=True,
                level=Level.N1,
            ),
            Campo(name="folio", label="Folio", type=Text(max_length=30, width=6), auto=True, level=Level.N1),
            Campo(
                name="departamento",
                label="Departamento del albergue",
                short="Departamento",
                type=FromCatalogo(catalogo="departamento", width=6),
                hxl="#adm1+code",
                auto=True,
                level=Level.N1,
            ),
            Campo(
                name="municipio",
                label="Municipio del albergue",
                short="Municipio",
                type=FromCatalogo(catalogo="municipio", within="departamento", width=6),
                hxl="#adm2+code",
                auto=True,
                level=Level.N1,
            ),
            *moment,
            Campo(
                name="folio_papel",
                label="Folio de papel",
                short="Folio papel",
                type=Text(max_length=20, width=3),
                level=Level.N1,
                hint="El número impreso en la hoja, si lo tiene.",
            ),
        ),
    )


def firmas(
    *extra: Campo, registrador: str = "Registrador o registradora", supervisor: bool = True
) -> Seccion:
    """Return the closing section: who took the data, who checked it, who typed it."""
    supervisor_campos = (
        Campo(
            name="supervisor",
            label="Supervisor o supervisora",
            type=PersonName(width=9),
            required=Mark.S,
            level=Level.N1,
        ),
    )
    return Seccion(
        code="firmas",
        title="Firmas",
        campos=(
            *extra,
            Campo(
                name="registrador",
                label=registrador,
                type=PersonName(width=9),
                required=Mark.S,
                level=Level.N1,
                hint="Nombre de quien tomó los datos.",
            ),
            Campo(
                name="registrador_cargo",
                label="Cargo e institución",
                type=Text(width=6),
                level=Level.N1,
            ),
            *(supervisor_campos if supervisor else ()),
            Campo(
                name="digitador",
                label="Quién lo pasó al sistema",
                short="Digitador/a",
                type=PersonName(width=6),
                auto=True,
                level=Level.N1,
            ),
        ),
    )


def signed_date(name: str, label: str) -> Campo:
    """Return a date that is needed to sign."""
    return Campo(name=name, label=label, type=Date(), required=Mark.S, level=Level.N2)
