"""Families, persons (by versions) and the ledger of movements: the truth. What is derived of it: ``models_derivadas``."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class Sexo(StrEnum):
    MUJER = "mujer"
    HOMBRE = "hombre"
    NO_REGISTRADO = "no_registrado"


class Grupo(StrEnum):
    """Groups that are counted without names; one bit each in ``grupos``."""

    EMBARAZADA = "embarazada"
    LACTANTE = "lactante"
    DISCAPACIDAD = "discapacidad"
    ENFERMEDAD_CRONICA = "enfermedad_cronica"
    EXTRANJERO = "extranjero"
    DIETA = "dieta"
    """Says that it needs special food: a number for the kitchen."""
    INTERPRETE = "interprete"
    """Of a household that needs an interpreter."""


GRUPO_BIT: dict[str, int] = {grupo: 1 << n for n, grupo in enumerate(Grupo)}


class Familia(HasId, Audited, Base):
    """A household in one emergency. It stands above shelters: its members may be in several."""

    __tablename__ = "familia"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"comunidad", "telefono"})
    __table_args__ = (UniqueConstraint("emergencia_id", "codigo"),)

    codigo: Mapped[str] = mapped_column(String(8), index=True, doc="Speakable, with a check sign: `QK7-4M2`.")
    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    municipio_procedencia: Mapped[str | None] = mapped_column(String(4))
    comunidad: Mapped[str | None] = mapped_column(Text)
    telefono: Mapped[str | None] = mapped_column(Text)
    declarados: Mapped[int | None] = mapped_column(
        doc="Members the household said it has; warned when it differs."
    )
    registrada_en: Mapped[utc_instant]


class Persona(HasId, Audited, Base):
    """A human being, once in the whole country. The row is the identity; what is known of it is in versions.

    Two rows found to be one human being are joined: one speaks for both, and each keeps its id and its ledger.
    """

    __tablename__ = "persona"
    __table_args__ = (
        Index(
            "ix_persona_unida_a",
            "unida_a",
            sqlite_where=text("unida_a IS NOT NULL"),
            postgresql_where=text("unida_a IS NOT NULL"),
        ),
    )

    emergencia_id: Mapped[UUID] = mapped_column(
        ForeignKey("emergencia.id"), index=True, doc="Where first registered."
    )
    registrada_en: Mapped[utc_instant]
    unida_a: Mapped[UUID | None] = mapped_column(
        Uuid, doc="The record that speaks for this one since somebody said that both are one human being."
    )


class PersonaVersion(HasId, Audited, Base):
    """What was known of a person: valid from an instant, written at another, with the reason of the change."""

    __tablename__ = "persona_version"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset(
        {"nombres", "apellidos", "nombre_normal", "fonetica", "sexo", "nacimiento", "edad", "edad_unidad", "anio_nacimiento",
         "cui", "cui_indice", "parentesco", "grupos", "motivo"}
    )  # fmt: skip
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"actual"})
    __table_args__ = (
        Index("ix_persona_version_orden", "persona_id", "vigente_desde", "registrado_en"),
        Index("ix_persona_version_nombre", "nombre_normal"),
        Index("ix_persona_version_cui", "cui_indice"),
    )

    persona_id: Mapped[UUID] = mapped_column(ForeignKey("persona.id"))
    vigente_desde: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    nombres: Mapped[str] = mapped_column(Text)
    apellidos: Mapped[str | None] = mapped_column(Text)
    nombre_normal: Mapped[str] = mapped_column(Text)
    fonetica: Mapped[str] = mapped_column(Text)
    sexo: Mapped[str] = mapped_column(String(16))
    nacimiento: Mapped[date | None] = mapped_column(
        doc="Birth date, or the one the age implies on the day it was said."
    )
    nacimiento_estimado: Mapped[bool] = mapped_column(default=True)
    edad: Mapped[int | None]
    edad_unidad: Mapped[str | None] = mapped_column(String(8))
    anio_nacimiento: Mapped[int | None]
    parentesco: Mapped[str | None] = mapped_column(String(16))
    cui: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Sealed by the instance's key.")
    cui_indice: Mapped[str | None] = mapped_column(String(64), doc="HMAC for exact look-up.")
    grupos: Mapped[int] = mapped_column(default=0)
    motivo: Mapped[str | None] = mapped_column(Text)
    actual: Mapped[bool] = mapped_column(
        default=True, doc="The version in force now: the one that searches look at."
    )


class ClavePersona(Base):
    """Two words of a current name by how they sound, under which a person is found (``claves.py``). Derived."""

    __tablename__ = "clave_persona"
    __table_args__ = ({"sqlite_with_rowid": False},)  # read by ranges of its key: one tree and not two

    clave: Mapped[str] = mapped_column(
        Text().with_variant(Text(collation="C"), "postgresql"),
        primary_key=True,
        doc="«jn lps», or «@19870314».",
    )
    anio: Mapped[int] = mapped_column(
        SmallInteger, primary_key=True, autoincrement=False, doc="Year of birth; 0 when it is not known."
    )
    persona_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)


class Pertenencia(HasId, Audited, Base):
    """Membership of a family, dated: separation and reunion are history, not an edit. Latest valid one counts."""

    __tablename__ = "pertenencia"
    __table_args__ = (
        Index("ix_pertenencia_persona", "persona_id", "vigente_desde", "registrado_en"),
        Index("ix_pertenencia_familia", "familia_id"),
    )

    persona_id: Mapped[UUID] = mapped_column(ForeignKey("persona.id"))
    familia_id: Mapped[UUID] = mapped_column(ForeignKey("familia.id"))
    parentesco: Mapped[str | None] = mapped_column(String(16))
    vigente_desde: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]


class RespuestaDuplicado(StrEnum):
    """«¿Es la misma persona?»"""

    SIN_RESPONDER = "sin_responder"
    NO_SE = "no_se"
    MISMA = "misma"
    DISTINTA = "distinta"


class PosibleDuplicado(HasId, Audited, Base):
    """Two persons of the register that may be one, and what somebody answered. Nothing is joined nor dropped by it."""

    __tablename__ = "posible_duplicado"
    __table_args__ = (
        UniqueConstraint("persona_id", "otra_id"),
        Index("ix_posible_duplicado_respuesta", "respuesta", "encontrado_en"),
    )

    persona_id: Mapped[UUID] = mapped_column(Uuid, doc="The one registered when the match was found.")
    otra_id: Mapped[UUID] = mapped_column(Uuid, index=True, doc="The one that was known already.")
    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"), doc="Where it was found.")
    origen: Mapped[str] = mapped_column(String(8), doc="registro (the desk) | libro (a filled workbook)")
    respuesta: Mapped[str] = mapped_column(String(16))
    encontrado_en: Mapped[utc_instant]
    respondido_en: Mapped[utc_instant | None]
    cuenta_id: Mapped[UUID | None] = mapped_column(doc="Who answered last; None: nobody yet.")


class Movimiento(HasId, EnAlbergue, Audited, Base):
    """One fact of the ledger, append-only. Corrected by an annulment and a new movement. Three times on each."""

    __tablename__ = "movimiento"
    __table_args__ = (
        Index("ix_movimiento_persona", "persona_id", "ocurrido_en"),
        Index("ix_movimiento_activacion", "activacion_id", "ocurrido_en"),
        Index("ix_movimiento_operacion", "operacion_id"),
        Index("ix_movimiento_anula", "anula_id"),
    )

    operacion_id: Mapped[UUID] = mapped_column(
        Uuid, doc="The client's id: one operation may move a whole family."
    )
    tipo: Mapped[str] = mapped_column(
        String(16),
        doc="ingreso | nacimiento | salida_temporal | retorno | traslado_sale | traslado_entra | egreso | "
        "fallecimiento | anulacion. A traslado of the API is its two legs.",
    )
    persona_id: Mapped[UUID] = mapped_column(Uuid)
    familia_id: Mapped[UUID | None]
    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    contraparte_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("activacion.id"), doc="Traslado: the other side."
    )
    acuse: Mapped[bool] = mapped_column(default=False, doc="Traslado: the destination must accept.")
    destino: Mapped[str | None] = mapped_column(String(20))
    anula_id: Mapped[UUID | None] = mapped_column(Uuid, doc="Anulacion: the movement that no longer counts.")
    detalle: Mapped[bytes | None] = mapped_column(
        LargeBinary, doc="Reason and notes, sealed with the emergency's key."
    )
    tardio: Mapped[bool] = mapped_column(
        default=False, doc="Back-dated: written more than 6 h after it happened."
    )
    cuenta_id: Mapped[UUID | None]
    ocurrido_en: Mapped[utc_instant]
    capturado_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]


class NoLlegada(HasId, EnAlbergue, Audited, Base):
    """The destination says that a person of a traslado did not arrive: it stays in transit, for the sender to answer."""

    __tablename__ = "no_llegada"
    __table_args__ = (UniqueConstraint("operacion_id", "persona_id"),)

    operacion_id: Mapped[UUID] = mapped_column(Uuid, doc="The acknowledgement that says it.")
    traslado_id: Mapped[UUID] = mapped_column(Uuid, index=True, doc="The operation of the traslado.")
    persona_id: Mapped[UUID] = mapped_column(Uuid)
    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"), doc="The destination.")
    cuenta_id: Mapped[UUID | None]
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
