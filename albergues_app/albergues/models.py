"""Sites, their dated facts, and activations. What bounds a figure keeps two times: valid from, written at."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql import ColumnElement

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue, Territorial


class TipoInmueble(StrEnum):
    """contrato-api.md «Enumerations»."""

    ESCUELA = "escuela"
    INSTITUTO = "instituto"
    COLEGIO = "colegio"
    IGLESIA = "iglesia"
    SALON_COMUNAL = "salon_comunal"
    SALON_MUNICIPAL = "salon_municipal"
    GIMNASIO = "gimnasio"
    POLIDEPORTIVO = "polideportivo"
    CASA_MATERNA = "casa_materna"
    CENTRO_JUVENIL = "centro_juvenil"
    MODULOS_ATU = "modulos_atu"
    CARPAS = "carpas"
    OTRO = "otro"


INMUEBLE_NOMBRE: dict[str, str] = {
    "escuela": "Escuela",
    "instituto": "Instituto",
    "colegio": "Colegio",
    "iglesia": "Iglesia",
    "salon_comunal": "Salón comunal",
    "salon_municipal": "Salón municipal",
    "gimnasio": "Gimnasio",
    "polideportivo": "Polideportivo",
    "casa_materna": "Casa materna",
    "centro_juvenil": "Centro juvenil",
    "modulos_atu": "Módulos (ATU)",
    "carpas": "Carpas",
    "otro": "Otro",
}


class ClaseCapacidad(StrEnum):
    """In order of precedence for figures: authorised, else declared, else computed (contrato-api.md)."""

    AUTORIZADA = "autorizada"
    DECLARADA = "declarada"
    CALCULADA = "calculada"


class Modalidad(StrEnum):
    """Round the clock, only at night (cold season), or only by day (dominio.md 2.4.4)."""

    CONTINUA = "continua"
    NOCTURNA = "nocturna"
    DIURNA = "diurna"


MODALIDAD_NOMBRE: dict[str, str] = {
    "continua": "Día y noche",
    "nocturna": "Solo de noche",
    "diurna": "Solo de día",
}


class Albergue(HasId, Territorial, Audited, Base):
    """A place that can shelter people. Its official state, municipality and capacity are dated facts beside it."""

    __tablename__ = "albergue"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"propietario", "bloqueado_motivo"})
    __table_args__ = (Index("ix_albergue_nombre", "nombre_normal", "municipio_codigo"),)

    codigo: Mapped[str] = mapped_column(
        String(12), unique=True, doc="`1413-003`: municipality and serial; never changes."
    )
    nombre: Mapped[str] = mapped_column(Text)
    nombre_normal: Mapped[str] = mapped_column(Text)
    tipo_inmueble: Mapped[str] = mapped_column(String(24))
    estado: Mapped[str] = mapped_column(String(32), default="identificado")
    estado_desde: Mapped[utc_instant]
    evaluado_en: Mapped[utc_instant | None]
    oficial: Mapped[bool] = mapped_column(default=False)
    ubicacion_reservada: Mapped[bool] = mapped_column(default=False)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    precision_m: Mapped[int | None]
    lugar_poblado: Mapped[str | None] = mapped_column(Text)
    direccion: Mapped[str | None] = mapped_column(Text)
    referencia: Mapped[str | None] = mapped_column(Text)
    propietario: Mapped[str | None] = mapped_column(Text)
    bloqueado_motivo: Mapped[str | None] = mapped_column(Text)
    bloqueado_hasta: Mapped[date | None]
    registrado_en: Mapped[utc_instant]

    activaciones: Mapped[list[Activacion]] = relationship(
        back_populates="albergue", order_by="Activacion.creada_en"
    )

    @hybrid_property
    def albergue_codigo(self) -> str:
        return self.codigo

    @albergue_codigo.inplace.expression
    @classmethod
    def _albergue_codigo(cls) -> ColumnElement[str]:
        return cls.codigo  # type: ignore[return-value]


class AlbergueVersion(HasId, Audited, Base):
    """What splits figures: official or not, municipality. Valid from an instant, written at another."""

    __tablename__ = "albergue_version"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (
        Index("ix_albergue_version_orden", "albergue_id", "vigente_desde", "registrado_en"),
        Index("ix_albergue_version_vigente", "vigente_desde"),
    )

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"))
    vigente_desde: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    oficial: Mapped[bool]
    municipio_codigo: Mapped[str] = mapped_column(String(4))
    ubicacion_reservada: Mapped[bool] = mapped_column(default=False)
    motivo: Mapped[str | None] = mapped_column(Text)


class Capacidad(HasId, Audited, Base):
    """How many persons fit, said by whom and when. Unknown is no row, never 0."""

    __tablename__ = "capacidad"
    __table_args__ = (
        Index("ix_capacidad_orden", "albergue_id", "clase", "vigente_desde", "registrado_en"),
        CheckConstraint("personas >= 0", name="personas_no_negativas"),
    )

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"))
    clase: Mapped[str] = mapped_column(String(16))
    regimen: Mapped[str] = mapped_column(
        String(16), default="general", doc="general | noche | dia | emergencia"
    )
    personas: Mapped[int]
    familias: Mapped[int | None]
    fuente: Mapped[str] = mapped_column(Text)
    fecha: Mapped[date]
    limita: Mapped[str | None] = mapped_column(Text, doc="Computed only: the resource that binds.")
    vigente_desde: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]


class MedidaSitio(HasId, Audited, Base):
    """What the computed capacity rests on: usable covered m2, toilets, showers, litres of water a day."""

    __tablename__ = "medida_sitio"

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"), index=True)
    area_m2: Mapped[float | None]
    inodoros: Mapped[int | None]
    duchas: Mapped[int | None]
    agua_litros_dia: Mapped[int | None]
    fuente: Mapped[str] = mapped_column(Text)
    fecha: Mapped[date]
    registrado_en: Mapped[utc_instant]


class Contacto(HasId, Audited, Base):
    """Who answers for the site: municipality, owner, keys, person in charge per shift, with a 24 h number."""

    __tablename__ = "contacto"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nombre", "telefono"})

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"), index=True)
    papel: Mapped[str] = mapped_column(String(24))
    nombre: Mapped[str] = mapped_column(Text)
    telefono: Mapped[str | None] = mapped_column(String(8))
    confirmado_en: Mapped[utc_instant]
    activo: Mapped[bool] = mapped_column(default=True)


class SitioTransicion(HasId, Audited, Base):
    """One legal move of a site: who, when, why, and the act."""

    __tablename__ = "sitio_transicion"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (Index("ix_sitio_transicion_orden", "albergue_id", "ocurrida_en"),)

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"))
    de: Mapped[str] = mapped_column(String(32))
    a: Mapped[str] = mapped_column(String(32))
    ocurrida_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    motivo: Mapped[str | None] = mapped_column(Text)
    acta_numero: Mapped[str | None] = mapped_column(Text)
    cuenta_id: Mapped[UUID | None]


class Activacion(HasId, EnAlbergue, Audited, Base):
    """The work of one site for one emergency, from preparation to its closing act. A re-opening is a new one."""

    __tablename__ = "activacion"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"administrador", "solicitada_por", "autorizada_por"})
    __table_args__ = (
        CheckConstraint("cerrada_en IS NULL OR abierta_en IS NOT NULL", name="cierre_de_lo_abierto"),
        CheckConstraint("cerrada_en IS NULL OR cerrada_en >= abierta_en", name="cierre_posterior"),
        Index(
            "uq_activacion_una_viva",
            "albergue_id",
            "emergencia_id",
            unique=True,
            sqlite_where=text("estado IN ('preparacion','activa','en_cierre')"),
            postgresql_where=text("estado IN ('preparacion','activa','en_cierre')"),
        ),
        Index("ix_activacion_intervalo", "abierta_en", "cerrada_en"),
        Index("ix_activacion_estado", "estado", "albergue_id"),
    )

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"), index=True)
    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"), index=True)
    estado: Mapped[str] = mapped_column(String(16))
    modalidad: Mapped[str] = mapped_column(
        String(12), default="continua", server_default="continua", doc="continua | nocturna | diurna (2.4.4)"
    )
    creada_en: Mapped[utc_instant]
    abierta_en: Mapped[utc_instant | None]
    cerrada_en: Mapped[utc_instant | None]
    administrador: Mapped[str | None] = mapped_column(Text)
    solicitada_por: Mapped[str | None] = mapped_column(Text)
    autorizada_por: Mapped[str | None] = mapped_column(Text)
    acta_apertura: Mapped[str | None] = mapped_column(Text)
    acta_cierre: Mapped[str | None] = mapped_column(Text)
    reactiva_a: Mapped[UUID | None] = mapped_column(ForeignKey("activacion.id"))

    albergue: Mapped[Albergue] = relationship(back_populates="activaciones")


class ActivacionTransicion(HasId, Audited, Base):
    """One legal move of an activation, with its two times: figures of the past are drawn from these."""

    __tablename__ = "activacion_transicion"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (
        Index("ix_activacion_transicion_orden", "activacion_id", "ocurrida_en"),
        Index("ix_activacion_transicion_ocurrida", "ocurrida_en"),
        Index("ix_activacion_transicion_registrada", "registrado_en"),
    )

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    de: Mapped[str] = mapped_column(String(16))
    a: Mapped[str] = mapped_column(String(16))
    ocurrida_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    motivo: Mapped[str | None] = mapped_column(Text)
    acta_numero: Mapped[str | None] = mapped_column(Text)
    cuenta_id: Mapped[UUID | None]


class Acta(HasId, EnAlbergue, Audited, Base):
    """An opening or closing act generated from the data: folio without gaps per municipality, year and kind."""

    __tablename__ = "acta"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"datos"})
    __table_args__ = (UniqueConstraint("municipio_codigo", "anio", "clase", "serie"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"), index=True)
    clase: Mapped[str] = mapped_column(String(16), doc="apertura | cierre")
    anio: Mapped[int]
    serie: Mapped[int]
    folio: Mapped[str] = mapped_column(String(32), unique=True)
    datos: Mapped[str] = mapped_column(Text, doc="JSON of what the act says, frozen when it was generated.")
    huella: Mapped[str] = mapped_column(String(64))
    generada_en: Mapped[utc_instant]


class ActaEscaneo(HasId, Audited, Base):
    """The scan of a signed act. Append-only: a newer one supersedes it and the old one stays. The last is in force."""

    __tablename__ = "acta_escaneo"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})
    __table_args__ = (UniqueConstraint("acta_id", "serie"),)

    acta_id: Mapped[UUID] = mapped_column(ForeignKey("acta.id"))
    serie: Mapped[int] = mapped_column(doc="1, 2, 3… in each act.")
    tipo: Mapped[str] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int] = mapped_column(doc="Bytes of the file as it was given.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it was given.")
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, doc="Sealed with the emergency's key: it shows names, CUI and signatures."
    )
    cuenta_id: Mapped[UUID | None]
    adjuntado_en: Mapped[utc_instant]


class ReporteSitio(HasId, EnAlbergue, Audited, Base):
    """A dated report about a site, as some source gave it. «Now», «since the start» and «services» never mix."""

    __tablename__ = "reporte_sitio"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nota"})

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"), index=True)
    evento: Mapped[str | None] = mapped_column(Text)
    fecha_texto: Mapped[str | None] = mapped_column(Text)
    fecha: Mapped[date | None]
    cantidad: Mapped[int | None]
    unidad: Mapped[str | None] = mapped_column(Text)
    grupo: Mapped[str | None] = mapped_column(Text)
    nota: Mapped[str | None] = mapped_column(Text)
    fuente: Mapped[str | None] = mapped_column(Text)
    huella: Mapped[str] = mapped_column(
        String(64), index=True, doc="Of the row as read: the same row twice is one report."
    )
    registrado_en: Mapped[utc_instant]


class PorResolver(HasId, Audited, Base):
    """The tray: an imported row whose municipality could not be known. Nothing is lost; somebody decides."""

    __tablename__ = "por_resolver"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"datos"})

    departamento_codigo: Mapped[str | None] = mapped_column(String(2), index=True)
    archivo: Mapped[str] = mapped_column(Text)
    fila: Mapped[int]
    nombre: Mapped[str] = mapped_column(Text)
    motivo: Mapped[str] = mapped_column(Text)
    datos: Mapped[str] = mapped_column(Text, doc="JSON of the row as it was read.")
    huella: Mapped[str] = mapped_column(String(64), index=True)
    registrado_en: Mapped[utc_instant]
    resuelta_en: Mapped[utc_instant | None]
    albergue_id: Mapped[UUID | None] = mapped_column(ForeignKey("albergue.id"))
