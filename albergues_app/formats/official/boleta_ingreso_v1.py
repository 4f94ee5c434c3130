"""Boleta de ingreso, edition 1: the registration of one household when it arrives."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Campo,
    Choice,
    CountByKind,
    Every,
    Formato,
    FromCatalogo,
    In,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Not,
    Option,
    PersonName,
    Phone,
    Repetible,
    RowsAre,
    Seccion,
    SumIs,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.engine.conditions import Given
from albergues_app.formats.official.common import IDIOMA, SOSEP, encabezado, firmas, signed_date
from albergues_app.formats.official.ficha_persona_v1 import CAMPOS_PERSONA, RULES_PERSONA

_HOGAR = Seccion(
    code="hogar",
    title="La familia y de dónde viene",
    campos=(
        Campo(
            name="codigo_familia",
            label="Código de la familia",
            short="Código familia",
            type=Text(max_length=20, width=4),
            required=Mark.R,
            auto=True,
        ),
        Campo(
            name="integrantes_declarados",
            label="¿Cuántas personas son en total?",
            short="Personas en total",
            type=Whole(minimum=1, maximum=60, width=3),
            required=Mark.R,
            hint="Las que ingresan hoy, contando al jefe o jefa de hogar.",
            hxl="#affected+sheltered",
        ),
        Campo(
            name="grupos_declarados",
            label="De ellas, cuántas son",
            type=CountByKind(
                options=options(
                    ("mujeres", "Mujeres"),
                    ("hombres", "Hombres"),
                    Option("ninas", "Niñas y adolescentes", "Niñas < 18"),
                    Option("ninos", "Niños y adolescentes", "Niños < 18"),
                    Option("no_registrado", "No registrado", "Sin dato"),
                ),
                maximum=60,
                width=17,
            ),
            hint="Para contar rápido. Niñas y niños: menores de 18 años.",
        ),
        Campo(
            name="departamento_procedencia",
            label="Departamento de donde vienen",
            type=FromCatalogo(catalogo="departamento", width=6),
            required=Mark.R,
            satisfied_by=("municipio_procedencia",),
            unknown=True,
            hxl="#adm1+origin",
        ),
        Campo(
            name="municipio_procedencia",
            label="Municipio de donde vienen",
            type=FromCatalogo(catalogo="municipio", within="departamento_procedencia", width=6),
            required=Mark.R,
            unknown=True,
            hxl="#adm2+origin",
        ),
        Campo(
            name="comunidad_procedencia",
            label="Aldea, caserío, colonia o barrio",
            type=Text(width=6),
            unknown=True,
        ),
        Campo(
            name="direccion_procedencia",
            label="Dirección",
            type=Text(max_length=200, width=6),
            sensitive=True,
            unknown=True,
        ),
        Campo(
            name="tipo_hogar",
            label="Tipo de hogar",
            type=Choice(
                options=options(
                    Option("nuclear", "Nuclear (pareja e hijos)", "Nuclear"),
                    Option("ampliado", "Ampliado (con otros parientes)", "Ampliado"),
                    Option("unipersonal", "Una sola persona", "Una persona"),
                    Option("monoparental_f", "Solo la madre con hijos", "Madre sola"),
                    Option("monoparental_m", "Solo el padre con hijos", "Padre solo"),
                    Option("a_cargo_nna", "A cargo de un menor de 18", "A cargo de menor"),
                    "otro",
                ),
                width=24,
            ),
        ),
    ),
)

_MOTIVO = Seccion(
    code="motivo",
    title="Por qué salieron y cómo quedó la vivienda",
    campos=(
        Campo(
            name="motivo",
            label="Motivo del ingreso",
            type=Choice(
                options=options(
                    Option("evacuacion_preventiva", "Evacuación preventiva"),
                    Option("vivienda_destruida", "Vivienda destruida"),
                    Option("vivienda_inhabitable", "Vivienda inhabitable"),
                    Option("vivienda_inaccesible", "No se puede llegar a la vivienda", "Inaccesible"),
                    Option("frio", "Frío"),
                    "otro",
                ),
                width=24,
            ),
            required=Mark.R,
        ),
        Campo(
            name="vivienda_tenencia",
            label="La vivienda es",
            type=Choice(
                options=options(
                    ("propia", "Propia"),
                    ("alquilada", "Alquilada"),
                    ("prestada", "Prestada"),
                    Option("posando", "Posando con otra familia", "Posando"),
                    ("finca", "De la finca"),
                    "otro",
                ),
                width=13,
            ),
            unknown=True,
        ),
        Campo(
            name="zona_riesgo",
            label="¿Está en zona de riesgo?",
            type=YesNo(width=11),
            unknown=True,
        ),
        Campo(
            name="vivienda_danio",
            label="Daño de la vivienda",
            type=Choice(
                options=options(
                    ("ninguno", "Ninguno"),
                    ("leve", "Leve"),
                    ("moderado", "Moderado"),
                    ("severo", "Severo"),
                    ("destruida", "Destruida"),
                    Option("no_sabe", "No sabe"),
                    "otro",
                ),
                width=24,
            ),
        ),
        Campo(
            name="medios_vida_perdidos",
            label="Perdió medios de vida",
            type=MultiChoice(
                options=options(
                    ("cultivo", "Cultivo"),
                    ("animales", "Animales"),
                    ("negocio", "Negocio"),
                    ("herramientas", "Herramientas"),
                    "otro",
                ),
                width=13,
            ),
        ),
        Campo(
            name="ayuda_recibida",
            label="Ayuda ya recibida: qué, de quién y cuándo",
            type=LongText(max_length=500, lines=1, width=11),
        ),
    ),
)

_CONTACTO = Seccion(
    code="contacto",
    title="Contacto e idioma",
    campos=(
        Campo(
            name="telefono",
            label="Teléfono de la familia",
            type=Phone(),
            sensitive=True,
            example="5500 0134",
        ),
        Campo(
            name="contacto_nombre",
            label="Familiar o conocido fuera del albergue",
            type=PersonName(width=10),
            sensitive=True,
        ),
        Campo(
            name="contacto_telefono",
            label="Teléfono de ese contacto",
            type=Phone(foreign=True),
            sensitive=True,
            hint="Si es de otro país, con + y el código del país.",
        ),
        Campo(
            name="idioma_atencion",
            label="Idioma en que prefieren ser atendidos",
            type=Choice(options=IDIOMA, width=9, code_on_paper=True),
            level=Level.N3,
            unknown=True,
        ),
        Campo(name="necesita_interprete", label="¿Necesita intérprete?", type=YesNo(width=6), level=Level.N2),
        Campo(
            name="informante",
            label="Quién da los datos",
            type=PersonName(width=9),
            sensitive=True,
            hint="Jefe o jefa de hogar, su pareja, u otro adulto que conozca a la familia.",
        ),
        Campo(
            name="informante_cargo",
            label="Parentesco o cargo de quien da los datos",
            short="Parentesco o cargo",
            type=Text(max_length=80, width=6),
        ),
    ),
)

_OTROS = Repetible(
    name="otros_integrantes",
    title="Integrantes de la familia que no están aquí",
    singular="integrante",
    max_rows=20,
    paper_rows=2,
    hint="En otro albergue, con familiares o desaparecidos. Si hay alguien desaparecido, avise de inmediato.",
    campos=(
        Campo(
            name="nombre",
            label="Nombre y apellidos",
            type=PersonName(width=8),
            required=Mark.R,
            sensitive=True,
            level=Level.N3,
        ),
        Campo(
            name="situacion",
            label="Dónde está",
            type=Choice(
                options=options(
                    Option("otro_albergue", "En otro albergue", "Otro albergue"),
                    Option("con_familiares", "Con familiares", "Familiares"),
                    Option("desaparecido", "Desaparecido o desaparecida", "Desaparecido/a"),
                    "otro",
                ),
                width=11,
            ),
            required=Mark.R,
            sensitive=True,
            level=Level.N3,
        ),
        Campo(name="lugar", label="Lugar", type=Text(width=5), sensitive=True, level=Level.N3, unknown=True),
    ),
)

_ESTANCIA = Seccion(
    code="estancia",
    title="Estancia y necesidades de la familia",
    campos=(
        Campo(
            name="necesidades",
            label="Necesidades inmediatas",
            type=MultiChoice(
                options=options(
                    ("agua", "Agua"),
                    ("comida", "Comida"),
                    ("ropa", "Ropa"),
                    ("medicina", "Medicina"),
                    ("panales", "Pañales"),
                    Option("formula", "Fórmula infantil", "Fórmula"),
                    ("silla_ruedas", "Silla de ruedas"),
                    Option("medicamento_diario", "Medicamento diario"),
                    Option("rampa", "Rampa"),
                    Option("psicologica", "Apoyo emocional (psicológico)", "Apoyo emocional"),
                    Option("proteccion", "Protección", gate=False),
                    "otro",
                ),
                width=24,
            ),
            level=Level.N3,
            sensitive=True,
            hint="Solo la necesidad; no anote enfermedades ni casos.",
        ),
        Campo(
            name="animales",
            label="Animales que traen (número)",
            type=CountByKind(
                options=options(
                    ("perro", "Perros"),
                    ("gato", "Gatos"),
                    ("aves", "Aves"),
                    ("cerdo", "Cerdos"),
                    ("ganado", "Ganado"),
                    "otro",
                ),
                width=24,
            ),
        ),
        Campo(
            name="custodia",
            label="Objetos de valor o documentos en custodia",
            type=Text(max_length=300, width=15),
            sensitive=True,
        ),
        Campo(
            name="espacio_asignado",
            label="Espacio asignado (ambiente, carpa o módulo)",
            type=FromCatalogo(catalogo="espacio", free=True, width=9),
            sensitive=True,
            level=Level.N3,
        ),
    ),
)

_PERSONAS = Repetible(
    name="personas",
    title="Las personas de la familia",
    singular="persona",
    campos=CAMPOS_PERSONA,
    rules=RULES_PERSONA,
    min_rows=1,
    max_rows=60,
    paper_rows=8,
    ignored_alone=("edad_unidad", "nacionalidad"),
    hint="En la fila 1, el jefe o la jefa de hogar. Una fila por persona; si son más de 8, use otra hoja.",
)

_CIERRE = firmas(
    Campo(
        name="consentimiento",
        label="La familia acepta que sus datos los use",
        type=MultiChoice(
            options=options(
                Option("solo_albergue", "Solo este albergue"),
                Option("instituciones_pnr", "Las instituciones del PNR"),
                Option("reunificacion_familiar", "Búsqueda y reunificación familiar"),
                Option("otro", "Otro uso (especifique)", "Otro uso"),
            ),
            width=24,
        ),
        required=Mark.S,
        hint="Léalo en voz alta en el idioma de la familia. Aceptar no es condición para quedarse.",
    ),
    signed_date("consentimiento_fecha", "Fecha en que aceptó"),
    Campo(
        name="declarante_firma",
        label="Firma o huella de quien declara",
        type=Choice(
            options=options(
                ("firma", "Firma"), ("huella", "Huella"), Option("otro", "No puede (por qué)", "No puede")
            ),
            width=9,
        ),
        required=Mark.S,
        level=Level.N2,
        hint="Quien declara debe ser mayor de 18 años.",
    ),
)

BOLETA_INGRESO_V1 = Formato(
    code="boleta_ingreso",
    version=1,
    title="Boleta de ingreso de familia",
    issuer=SOSEP,
    source="Fichas de registro familiar de la región (EC, CO, CL, PE); código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Registrador o registradora en la entrada; declara un adulto de la familia",
    when_filled="Al llegar la familia; se completa en 24 horas",
    purpose="Registrar a la familia que ingresa y a cada una de sus personas.",
    moment="operacion",
    order=50,
    secciones=(
        encabezado(ocurrido_label="Fecha y hora de ingreso"),
        _HOGAR,
        _MOTIVO,
        _CONTACTO,
        _OTROS,
        _ESTANCIA,
        _PERSONAS,
        _CIERRE,
    ),
    rules=(
        Warn(
            code="integrantes_distintos",
            campo="integrantes_declarados",
            message="El total declarado no es igual a las personas anotadas. Revise si falta alguien.",
            holds=RowsAre("personas", equal_to="integrantes_declarados"),
        ),
        Warn(
            code="grupos_no_suman",
            campo="grupos_declarados",
            message="Mujeres, hombres, niñas y niños no suman el total declarado. Cuente otra vez.",
            holds=SumIs("grupos_declarados", equal_to="integrantes_declarados"),
        ),
        Warn(
            code="sin_jefatura",
            campo="personas",
            message="Marque quién es la jefa o el jefe de hogar: una sola persona.",
            holds=RowsAre("personas", minimum=1, maximum=1, where=In("parentesco", ("jefe",))),
            modes=("completo", "firma"),
        ),
        Warn(
            code="jefatura_repetida",
            campo="personas",
            message="Hay más de una jefa o jefe de hogar. Deje una sola persona.",
            holds=RowsAre("personas", maximum=1, where=In("parentesco", ("jefe",))),
            modes=("rapido",),
        ),
        Warn(
            code="persona_desaparecida",
            campo="otros_integrantes",
            message="Hay una persona desaparecida. Avise de inmediato a protección o a la PNC.",
            holds=RowsAre("otros_integrantes", maximum=0, where=In("situacion", ("desaparecido",))),
        ),
        Warn(
            code="consentimiento_contradice",
            campo="consentimiento",
            message="Marcó «Solo este albergue» y también otro uso. Pregunte de nuevo.",
            holds=Not(
                Every(
                    (
                        In("consentimiento", ("solo_albergue",)),
                        In("consentimiento", ("instituciones_pnr", "reunificacion_familiar")),
                        Given("consentimiento"),
                    )
                )
            ),
        ),
    ),
    notice="Nadie se queda fuera por no tener documentos. No anote aquí enfermedades ni casos de protección.",
    signatures=("Quien declara: firma o huella", "Registrador o registradora", "Supervisor o supervisora"),
)
