"""Strict shapes of what comes in (pydantic): unknown fields, numbers as text and naive instants are refused.

JSON carries identifiers and instants as text; these types read text only, so a number never passes for a date.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from albergues_app.albergues.models import Modalidad, TipoInmueble
from albergues_app.coe.models import NivelCoe, Prioridad, TipoEntrada
from albergues_app.core import clock
from albergues_app.core.text import clean
from albergues_app.emergencias.models import TipoEmergencia
from albergues_app.entregas.models import Medio
from albergues_app.ocupacion.models import Sexo

AHEAD = timedelta(hours=24)
YEAR_MIN = 1900


_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
    r"([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?"
)


def _written_as(form: re.Pattern[str], kind: str) -> Callable[[Any], Any]:
    """Text in one spelling only: pydantic alone takes `1763683200` for an instant and `{…}` for an id."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise PydanticCustomError("texto", "Se espera texto.")
        if not form.fullmatch(value):
            raise PydanticCustomError(kind, "No tiene la forma esperada.")
        return value

    return check


def _text_only(value: Any) -> Any:
    if isinstance(value, str):
        return value
    raise PydanticCustomError("texto", "Se espera texto.")


def _not_far_ahead(value: datetime) -> datetime:
    if value.year < YEAR_MIN:
        raise PydanticCustomError("fecha_antigua", "La fecha es demasiado antigua.")
    if value.year > clock.now().year + 1 or clock.as_utc(value) - clock.now() > AHEAD:
        raise PydanticCustomError("fecha_futura", "La fecha está más de 24 horas en el futuro.")
    return clock.as_utc(value)


def _of_our_time(value: datetime) -> datetime:
    if not YEAR_MIN <= value.year <= clock.now().year + 10:
        raise PydanticCustomError("fecha_lejana", "Revise el año de la fecha.")
    return clock.as_utc(value)


def _storable(value: str) -> str:
    """As it is stored: NFC, spaces collapsed. So two spellings of one text are one content."""
    if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise PydanticCustomError("caracter_no_valido", "El texto tiene un carácter que no se puede guardar.")
    return clean(value)


def _lines(value: str) -> str:
    """As ``_storable``, keeping the lines that were written."""
    return "\n".join(_storable(line) for line in value.splitlines()).strip()


def _not_blank(value: str) -> str:
    if not value:
        raise PydanticCustomError("string_too_short", "Este texto no puede quedar vacío.")
    return value


Id = Annotated[UUID, Field(strict=False), BeforeValidator(_written_as(_ID, "uuid_parsing"))]
Instant = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(_written_as(_INSTANT, "datetime_parsing")),
    AfterValidator(_not_far_ahead),
]
Later = Annotated[
    AwareDatetime,
    Field(strict=False),
    BeforeValidator(_written_as(_INSTANT, "datetime_parsing")),
    AfterValidator(_of_our_time),
]
"""An instant that may lie ahead: by when something is to be done."""
Day = Annotated[date, Field(strict=False), BeforeValidator(_written_as(_DAY, "date_parsing"))]
Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_storable)]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_storable),
    AfterValidator(_not_blank),
]
Flag = Annotated[bool | None, AfterValidator(bool)]
"""`null`, absent and `false` are one content."""
Municipio = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Departamento = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]


class Shape(BaseModel):
    """Parent of all: strict, and nothing that is not named."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Clase(StrEnum):
    INGRESO = "ingreso"
    NACIMIENTO = "nacimiento"


class EdadUnidad(StrEnum):
    ANIOS = "anios"
    MESES = "meses"
    DIAS = "dias"


class Parentesco(StrEnum):
    JEFE = "jefe"
    CONYUGE = "conyuge"
    HIJO = "hijo"
    HIJASTRO = "hijastro"
    NIETO = "nieto"
    PADRE = "padre"
    SUEGRO = "suegro"
    HERMANO = "hermano"
    YERNO = "yerno"
    OTRO_PARIENTE = "otro_pariente"
    NO_PARIENTE = "no_pariente"


class TipoMovimientoApi(StrEnum):
    SALIDA_TEMPORAL = "salida_temporal"
    RETORNO = "retorno"
    TRASLADO = "traslado"
    EGRESO = "egreso"
    FALLECIMIENTO = "fallecimiento"
    ANULACION = "anulacion"


class Destino(StrEnum):
    VIVIENDA_PROPIA = "vivienda_propia"
    FAMILIAR = "familiar"
    ALQUILER = "alquiler"
    OTRO_ALBERGUE = "otro_albergue"
    ATU = "atu"
    HOSPITAL = "hospital"
    OTRO_DEPARTAMENTO = "otro_departamento"
    OTRO = "otro"
    DESCONOCIDO = "desconocido"


class FuenteParte(StrEnum):
    CONTEO_FISICO = "conteo_fisico"
    REGISTRO_NOMINAL = "registro_nominal"
    ESTIMACION = "estimacion"


def _enum(kind: type[StrEnum]) -> Any:
    """An enumeration as JSON sends it: its code, as text."""
    return Annotated[kind, Field(strict=False), BeforeValidator(_text_only)]


class ActaIn(Shape):
    numero: Name


class CapacidadIn(Shape):
    personas: Annotated[int, Field(ge=0, le=100_000)]
    fuente: Name
    fecha: Day


class EmergenciaIn(Shape):
    id: Id
    nombre: Name
    tipo: _enum(TipoEmergencia)  # type: ignore[valid-type]
    inicio: Instant
    departamentos: Annotated[list[Departamento], Field(min_length=1, max_length=22)]


class AlbergueIn(Shape):
    id: Id
    nombre: Name
    municipio: Municipio
    tipo_inmueble: _enum(TipoInmueble)  # type: ignore[valid-type]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    oficial: Flag = False
    ubicacion_reservada: Flag = False
    capacidad: CapacidadIn | None = None


class TransicionIn(Shape):
    id: Id
    a: Name
    ocurrida_en: Instant
    motivo: Text | None = None
    acta: ActaIn | None = None


class CoeIn(Shape):
    id: Id
    emergencia: Id
    nivel: _enum(NivelCoe)  # type: ignore[valid-type]
    departamento: Departamento | None = None
    municipio: Municipio | None = None
    activado_en: Instant
    acta: ActaIn | None = None


class EntradaIn(Shape):
    id: Id
    ocurrido_en: Instant
    tipo: _enum(TipoEntrada)  # type: ignore[valid-type]
    asunto: Annotated[
        str,
        StringConstraints(min_length=1, max_length=140),
        AfterValidator(_storable),
        AfterValidator(_not_blank),
    ]
    detalle: Annotated[
        str,
        StringConstraints(min_length=1, max_length=8000),
        AfterValidator(_lines),
        AfterValidator(_not_blank),
    ]
    prioridad: _enum(Prioridad) = Prioridad.RUTINA  # type: ignore[valid-type]
    origen: Text | None = None
    destino: Text | None = None
    medio: Annotated[str, StringConstraints(max_length=40), AfterValidator(_storable)] | None = None
    turno: Annotated[str, StringConstraints(max_length=40), AfterValidator(_storable)] | None = None
    periodo: Annotated[str, StringConstraints(max_length=60), AfterValidator(_storable)] | None = None
    rectifica_a: Annotated[int, Field(ge=1)] | None = None
    requiere_accion: bool = False
    accion_responsable: (
        Annotated[str, StringConstraints(max_length=160), AfterValidator(_storable)] | None
    ) = None
    accion_institucion: (
        Annotated[str, StringConstraints(max_length=160), AfterValidator(_storable)] | None
    ) = None
    accion_plazo: Later | None = None


class ActivacionIn(Shape):
    id: Id
    albergue: Id
    emergencia: Id
    abierta_en: Instant | None = None
    administrador: Text | None = None
    acta: ActaIn | None = None
    modalidad: Modalidad | None = None


class FamiliaIn(Shape):
    id: Id
    municipio_procedencia: Municipio | None = None


class PersonaIn(Shape):
    id: Id
    nombres: Name
    apellidos: Text | None = None
    sexo: _enum(Sexo)  # type: ignore[valid-type]
    edad: Annotated[int, Field(ge=0, le=3650)] | None = None
    edad_unidad: _enum(EdadUnidad) | None = None  # type: ignore[valid-type]
    parentesco: _enum(Parentesco) | None = None  # type: ignore[valid-type]
    cui: Text | None = None


class IngresoIn(Shape):
    id: Id
    clase: _enum(Clase) = Clase.INGRESO  # type: ignore[valid-type]
    ocurrido_en: Instant
    capturado_en: Instant | None = None
    familia: FamiliaIn
    personas: Annotated[list[PersonaIn], Field(min_length=1, max_length=200)]


class MovimientoIn(Shape):
    id: Id
    tipo: _enum(TipoMovimientoApi)  # type: ignore[valid-type]
    personas: Annotated[list[Id], Field(max_length=3000)] | None = None
    activacion: Id
    activacion_destino: Id | None = None
    ocurrido_en: Instant
    capturado_en: Instant | None = None
    motivo: Text | None = None
    destino: _enum(Destino) | None = None  # type: ignore[valid-type]
    acuse: Flag = False
    anula: Id | None = None


class AcuseIn(Shape):
    """The destination of a traslado: who came (null: everybody still on the way) and who did not."""

    id: Id
    llegaron: Annotated[list[Id], Field(max_length=3000)] | None = None
    no_llegaron: Annotated[list[Id], Field(max_length=3000)] | None = None
    ocurrido_en: Instant
    capturado_en: Instant | None = None


class ParteIn(Shape):
    id: Id
    activacion: Id
    corte: Instant
    fuente: _enum(FuenteParte)  # type: ignore[valid-type]
    personas: Annotated[int, Field(ge=0, le=1_000_000)]
    familias: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    mujeres: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    hombres: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class CapturaIn(Shape):
    """A filled format. Its place: an activation, or what the format needs (a site, a municipality, a department)."""

    id: Id
    activacion: Id | None = None
    albergue: Id | None = None
    municipio: Text | None = None
    departamento: Text | None = None
    emergencia: Id | None = None
    folio: Annotated[str, Field(max_length=40)] | None = None
    capturado_en: Instant | None = None
    respuestas: dict[str, Any]


class VersionIn(Shape):
    """A filled format corrected: its answers anew, why, and the version that was read."""

    id: Id
    version: Annotated[int, Field(ge=1)]
    motivo: Name
    capturado_en: Instant | None = None
    respuestas: dict[str, Any]


class FirmanteIn(Shape):
    """Who signed on a line of the format, by the words of that line."""

    linea: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    nombre: Text


class FirmaIn(Shape):
    """A signed paper: its scan or photograph in base64, or the folio where it is kept with who signed it and when."""

    id: Id
    contenido: str = ""
    folio: Text | None = None
    firmada_en: Instant | None = None
    firmantes: Annotated[list[FirmanteIn], Field(max_length=6)] | None = None


class EscaneoIn(FirmaIn):
    """A signed paper, and the version that was signed."""

    version: Annotated[int, Field(ge=1)]


class RecibeIn(Shape):
    """Who received a delivery."""

    nombre: Text | None = None
    cargo: Text | None = None
    telefono: Text | None = None


class LineaIn(Shape):
    """One format of a delivery. Edition 0: a paper older than the catalogue."""

    formato: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    edicion: Annotated[int, Field(ge=0, le=10_000)]
    cantidad: Annotated[int, Field(ge=1, le=100_000)]
    medio: _enum(Medio)  # type: ignore[valid-type]
    quedaban: Annotated[int, Field(ge=0, le=100_000)] | None = None


class CapacitacionIn(Shape):
    """Their use was explained on delivery."""

    minutos: Annotated[int, Field(ge=0, le=10_000)] | None = None
    personas: Annotated[int, Field(ge=0, le=10_000)] | None = None


class EntregaIn(Shape):
    """A delivery of formats to a municipality, or to a shelter of it. `corrige` annuls that one, with `motivo`."""

    id: Id
    municipio: Municipio
    albergue: Id | None = None
    fecha: Day
    entrega: Name
    recibe: RecibeIn | None = None
    lineas: Annotated[list[LineaIn], Field(min_length=1, max_length=200)]
    capacitacion: CapacitacionIn | None = None
    observaciones: Text | None = None
    visita: Id | None = None
    corrige: Id | None = None
    motivo: Text | None = None


class AnulacionIn(Shape):
    id: Id
    motivo: Name


class ConfirmacionIn(Shape):
    id: Id


class Pagina(BaseModel):
    """Query of every list (lax: a query string is all text)."""

    limite: Annotated[int, Field(ge=1, le=500)] = 50
    despues: Id | None = None


class Nivel(StrEnum):
    ALBERGUE = "albergue"
    MUNICIPIO = "municipio"
    DEPARTAMENTO = "departamento"
    SEDE = "sede"
    PAIS = "pais"


class OcupacionQuery(BaseModel):
    corte: Instant | None = None
    conocido_en: Instant | None = None
    por: Nivel = Nivel.PAIS
    emergencia: Id | None = None
