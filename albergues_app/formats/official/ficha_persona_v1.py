"""Ficha de persona, edition 1: one member of a household (a row of the boleta, or alone)."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    AgeBetween,
    Attachment,
    Campo,
    Choice,
    Cui,
    Date,
    Document,
    Every,
    Formato,
    Given,
    In,
    Level,
    LongText,
    Mark,
    MultiChoice,
    Not,
    NotAfter,
    Option,
    PersonName,
    Rule,
    Seccion,
    Text,
    Warn,
    Whole,
    YesNo,
    options,
)
from albergues_app.formats.engine.conditions import Matches
from albergues_app.formats.official.common import DOCUMENTO, EDAD_UNIDAD, IDIOMA, PARENTESCO, SEXO, SOSEP
from albergues_app.formats.official.ficha_persona_salud_v1 import SALUD_CAMPOS

_SIN_NOMBRE = In("nombres", ("N/N",))
_MENOR = AgeBetween(0, 17)
_ESCOLAR = AgeBetween(6, 17)
NECESIDADES_PERSONA = options(
    Option("medicamento_diario", "Necesita medicamento diario", "Med. diario", aliases=("medicamento",)),
    Option("rampa", "Necesita rampa", "Rampa"),
    Option("silla_ruedas", "Usa silla de ruedas", "Silla r."),
    Option("apoyo_caminar", "Usa bastón, muletas o andador", "Bastón"),
    Option("ayuda_diaria", "Necesita ayuda para comer o vestirse", "Ayuda"),
    Option("lentes_audifono", "Necesita lentes o audífono", "Lentes/aud."),
    Option("panales", "Necesita pañales", "Pañales"),
    Option("dieta", "Necesita comida especial", "Dieta"),
    "otro",
)

NOMBRE = (
    Campo(
        name="nombres",
        label="Nombres",
        paper_width=6,
        type=PersonName(width=6),
        required=Mark.R,
        quick=True,
        sensitive=True,
        hint="Hasta tres nombres. Si no se sabe, escriba N/N y describa a la persona.",
        example="María Juana",
    ),
    Campo(
        name="apellidos",
        label="Apellidos",
        paper_width=6,
        type=PersonName(width=6),
        sensitive=True,
        hint="Uno o dos apellidos, como en el documento.",
        example="Raymundo Brito",
    ),
)

OTROS_NOMBRES = (
    Campo(
        name="apellido_casada",
        label="Apellido de casada",
        paper_width=3,
        short="De casada",
        type=PersonName(width=3),
        sensitive=True,
        asked_when=In("sexo", ("mujer",)),
    ),
    Campo(
        name="conocido_como",
        label="Conocido o conocida como",
        paper_width=3,
        short="Conocida/o como",
        type=Text(width=3),
        sensitive=True,
        hint="El nombre con que la llama su comunidad.",
    ),
    Campo(
        name="descripcion",
        label="Descripción, si el nombre es N/N",
        paper_width=4,
        short="Descripción si N/N",
        type=Text(max_length=200, width=6),
        required=Mark.C,
        required_when=_SIN_NOMBRE,
        required_text="si el nombre es N/N",
        asked_when=_SIN_NOMBRE,
        sensitive=True,
        hint="Señas, ropa, lugar donde estaba, quién la trajo.",
    ),
)

SEXO_Y_EDAD = (
    Campo(
        name="sexo",
        label="Sexo",
        paper_width=4,
        type=Choice(options=SEXO, width=4),
        required=Mark.R,
        quick=True,
        hint="Si no se sabe, marque No registrado.",
        hxl="#beneficiary+sex",
    ),
    Campo(
        name="identidad",
        label="Identidad de género, si la persona la dice",
        type=Text(max_length=60, width=5),
        gate=False,
        sensitive=True,
        level=Level.N4,
    ),
    Campo(
        name="edad",
        label="Edad",
        paper_width=2,
        type=Whole(maximum=130, width=2),
        required=Mark.R,
        satisfied_by=("fecha_nacimiento",),
        hint="En años; para bebés, en meses o días.",
        example="38",
    ),
    Campo(
        name="edad_unidad",
        label="Edad en años, meses o días",
        paper_width=3,
        short="Unidad",
        type=Choice(options=EDAD_UNIDAD, width=3),
        required=Mark.C,
        required_when=Given("edad"),
        required_text="si anotó la edad",
        default="anios",
    ),
)

PARENTESCO_CAMPO = Campo(
    name="parentesco",
    label="Parentesco con el jefe o la jefa de hogar",
    paper_width=3,
    short="Parentesco",
    type=Choice(options=PARENTESCO, width=4, code_on_paper=True),
    required=Mark.R,
)

NACIMIENTO = (
    Campo(
        name="fecha_nacimiento",
        label="Fecha de nacimiento",
        paper_width=5,
        short="Nacimiento",
        type=Date(),
        sensitive=True,
        hint="Si la sabe, no hace falta la edad.",
        example="05/03/1988",
    ),
    Campo(
        name="edad_estimada",
        paper_width=2,
        label="Edad calculada a ojo",
        short="Estimada",
        type=YesNo(width=3),
    ),
)

DOCUMENTO_CAMPOS = (
    Campo(
        name="cui",
        label="CUI (13 dígitos, también los niños lo tienen)",
        paper_width=8,
        short="CUI",
        type=Cui(),
        sensitive=True,
        hint="No es obligatorio. Nadie se queda fuera por no tener documento.",
        example="1587 56444 0904",
    ),
    Campo(
        name="documento",
        label="Documento que muestra",
        paper_width=4,
        short="Documento y número",
        type=Document(options=DOCUMENTO, width=8),
        sensitive=True,
        hint="El número, solo si no es el CUI.",
    ),
)

ORIGEN_CAMPOS = (
    Campo(
        name="nacionalidad",
        label="Nacionalidad",
        paper_width=2,
        type=Choice(
            options=options(
                Option("GT", "Guatemala", "GT", aliases=("guatemalteca", "guatemalteco")),
                Option("SV", "El Salvador", "SV", aliases=("salvadoreña", "salvadoreño")),
                Option("HN", "Honduras", "HN", aliases=("hondureña", "hondureño")),
                Option("NI", "Nicaragua", "NI", aliases=("nicaragüense",)),
                Option("MX", "México", "MX", aliases=("mexicana", "mexicano")),
                Option("BZ", "Belice", "BZ", aliases=("beliceña", "beliceño")),
                Option("CR", "Costa Rica", "CR"),
                Option("PA", "Panamá", "PA"),
                Option("CO", "Colombia", "CO"),
                Option("VE", "Venezuela", "VE"),
                Option("EC", "Ecuador", "EC"),
                Option("PE", "Perú", "PE"),
                Option("CU", "Cuba", "CU"),
                Option("HT", "Haití", "HT"),
                Option("DO", "República Dominicana", "DO"),
                Option("US", "Estados Unidos", "US"),
                "otro",
            ),
            width=3,
            code_on_paper=True,
        ),
        level=Level.N3,
        default="GT",
        unknown=True,
    ),
    Campo(
        name="pueblo",
        label="Pueblo con que se identifica",
        paper_width=3,
        short="Pueblo",
        type=Choice(
            options=(
                Option("maya", "Maya"),
                Option("xinka", "Xinka"),
                Option("garifuna", "Garífuna"),
                Option("afrodescendiente", "Afrodescendiente, Creole o Afromestizo", "Afrodesc."),
                Option(
                    "ladino",
                    "Ladina o ladino",
                    "Ladino/a",
                    aliases=("mestizo", "mestiza", "ladina", "ladino"),
                ),
                Option("extranjero", "Extranjera o extranjero", "Extranjero/a", aliases=("extranjera",)),
            ),
            width=3,
            code_on_paper=True,
        ),
        level=Level.N3,
        unknown=True,
        hint="Lo dice la persona. Puede preferir no responder.",
    ),
    Campo(
        name="idioma_materno",
        label="Comunidad lingüística o idioma materno",
        paper_width=2,
        short="Idioma",
        type=Choice(options=IDIOMA, width=4, code_on_paper=True),
        level=Level.N3,
        unknown=True,
    ),
)

VIDA_CAMPOS = (
    Campo(
        name="escolaridad",
        label="Nivel o grado escolar (6 a 17 años)",
        paper_width=2,
        short="Grado",
        type=Choice(
            options=options(
                ("ninguno", "No estudia"),
                ("preprimaria", "Preprimaria"),
                ("primaria_1", "1.º primaria"),
                ("primaria_2", "2.º primaria"),
                ("primaria_3", "3.º primaria"),
                ("primaria_4", "4.º primaria"),
                ("primaria_5", "5.º primaria"),
                ("primaria_6", "6.º primaria"),
                ("basico_1", "1.º básico"),
                ("basico_2", "2.º básico"),
                ("basico_3", "3.º básico"),
                ("diversificado", "Diversificado"),
                "otro",
            ),
            width=4,
            code_on_paper=True,
        ),
        asked_when=_ESCOLAR,
        unknown=True,
    ),
    Campo(
        name="ocupacion", paper_width=3, label="Ocupación", type=Text(max_length=80, width=4), unknown=True
    ),
    Campo(
        name="habilidades",
        label="Habilidades útiles en el albergue",
        paper_width=2,
        short="Sabe",
        type=MultiChoice(
            options=options(
                Option("cocina", "Cocina"),
                Option("enfermeria", "Enfermería", "Enferm."),
                Option("albanil", "Albañil"),
                Option("traduccion", "Traducción", "Traduc."),
                "otro",
            ),
            width=10,
        ),
        asked_when=Not(_MENOR),
    ),
)

CUIDADO_CAMPOS = (
    Campo(
        name="necesidades",
        label="Lo que esta persona necesita",
        paper_width=2,
        short="Necesita",
        type=MultiChoice(options=NECESIDADES_PERSONA, width=24),
        sensitive=True,
        level=Level.N3,
        hint="Solo lo que necesita, no la enfermedad.",
    ),
    Campo(
        name="acompanado_por",
        label="Menor de 18: adulto que lo acompaña (fila o nombre)",
        paper_width=3,
        short="Si < 18: con quién",
        type=Text(width=7),
        required=Mark.C,
        required_when=_MENOR,
        required_text="si es menor de 18 años",
        asked_when=_MENOR,
        unknown=True,
        sensitive=True,
        hint="El número de fila o el nombre. Si vino sin adulto, escriba Desconocido y avise a protección.",
        example="1",
    ),
    Campo(
        name="nna_situacion",
        label="Situación del niño, niña o adolescente",
        type=Choice(
            options=(
                Option("acompanado", "Con su padre, madre o encargado"),
                Option("separado", "Con otro pariente, separado de sus padres"),
                Option("no_acompanado", "Sin ningún adulto de su familia"),
            ),
            width=24,
        ),
        required=Mark.C,
        required_when=_MENOR,
        required_text="si es menor de 18 años",
        asked_when=_MENOR,
        gate=False,
        sensitive=True,
        level=Level.N4,
        unknown=True,
    ),
    Campo(
        name="foto",
        label="Foto",
        type=Attachment(),
        asked_when=Not(_MENOR),
        sensitive=True,
        level=Level.N3,
        hint="Opcional y con permiso. De menores de 18 años no se toma.",
    ),
)

RULES_PERSONA: tuple[Rule, ...] = (
    Rule(
        code="nacimiento_despues",
        campo="fecha_nacimiento",
        message="Nació después del ingreso. Revise la fecha de nacimiento.",
        holds=NotAfter("fecha_nacimiento", "ocurrido_en"),
    ),
    Warn(
        code="dpi_numero_aparte",
        campo="documento_numero",
        message="Ese número parece un CUI. Anótelo en la casilla del CUI.",
        holds=Not(
            Every(
                (Given("documento_numero"), In("documento_tipo", ("dpi",)), Matches("documento_numero", 13))
            )
        ),
    ),
    Warn(
        code="embarazo_en_hombre",
        campo="embarazo",
        message="Marcó embarazo en una persona anotada como hombre. Revise el sexo.",
        holds=Not(Every((In("embarazo", (True,)), In("sexo", ("hombre",))))),
    ),
    Warn(
        code="jefatura_menor",
        campo="parentesco",
        message="La jefa o el jefe de hogar es menor de edad. Si no hay un adulto, avise a protección.",
        holds=Not(Every((In("parentesco", ("jefe",)), _MENOR))),
    ),
    Warn(
        code="foto_de_menor",
        campo="foto",
        message="Hay foto de una persona menor de 18 años. Quítela si no la pidió protección.",
        holds=Not(Every((Given("foto"), _MENOR))),
    ),
)

CAMPOS_PERSONA = (
    *NOMBRE,
    *SEXO_Y_EDAD,
    PARENTESCO_CAMPO,
    *NACIMIENTO,
    *DOCUMENTO_CAMPOS,
    *ORIGEN_CAMPOS,
    *VIDA_CAMPOS,
    *CUIDADO_CAMPOS,
    *OTROS_NOMBRES,
    *SALUD_CAMPOS,
)

FICHA_PERSONA_V1 = Formato(
    code="ficha_persona",
    version=1,
    title="Ficha de persona",
    issuer=SOSEP,
    source="Campos de registro nominal usados en la región; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Registrador o registradora; la persona o un adulto de su familia declara",
    when_filled="Al ingreso; se completa en 24 horas",
    purpose="Anotar a cada integrante de una familia.",
    moment="operacion",
    record="persona",
    order=60,
    secciones=(
        Seccion(
            code="familia",
            title="Familia",
            campos=(
                Campo(name="codigo_familia", label="Código de la familia", type=Text(max_length=20, width=6)),
                Campo(
                    name="observaciones",
                    label="Observaciones",
                    type=LongText(lines=1, width=18),
                    hint="Sin datos de salud ni de protección.",
                ),
            ),
        ),
        Seccion(code="nombre", title="Nombre", campos=(*NOMBRE, *OTROS_NOMBRES)),
        Seccion(
            code="datos",
            title="Datos de la persona",
            campos=(*SEXO_Y_EDAD, PARENTESCO_CAMPO, *NACIMIENTO, *DOCUMENTO_CAMPOS, *ORIGEN_CAMPOS),
        ),
        Seccion(code="vida", title="Estudio y trabajo", campos=VIDA_CAMPOS),
        Seccion(code="cuidado", title="Lo que necesita", campos=CUIDADO_CAMPOS),
        Seccion(code="salud", title="Salud", campos=SALUD_CAMPOS),
    ),
    rules=RULES_PERSONA,
    notice="Documentos: no son obligatorios. Responder pueblo e idioma es voluntario.",
)
