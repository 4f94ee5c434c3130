"""Deliveries of formats, their lines and signed receipts, and what each place holds, derived from them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import Territorial


class Medio(StrEnum):
    """How a format was given. Those of the advisory visit (dominio.md 6.1), with its «archivo» told apart."""

    IMPRESO = "impreso"
    USB = "usb"
    CORREO = "correo"
    MENSAJE = "mensaje"
    ENLACE = "enlace"
    OTRO = "otro"


MEDIO_NOMBRE: dict[str, str] = {
    "impreso": "Impreso",
    "usb": "Memoria USB",
    "correo": "Correo",
    "mensaje": "Mensaje de texto o chat",
    "enlace": "Enlace, QR o descarga",
    "otro": "Otro",
}

EDICION_ANTERIOR = 0
"""The edition of a paper older than the first of the catalogue: what was given before this ledger."""


class EstadoEntrega(StrEnum):
    """A delivery counts until it is annulled; it is never edited."""

    VIGENTE = "vigente"
    ANULADA = "anulada"


class EntregaFormatos(HasId, Territorial, Audited, Base):
    """One delivery of formats to a municipality, or to a shelter of it. A mistake is annulled and written anew."""

    __tablename__ = "entrega_formatos"
    __table_args__ = (
        UniqueConstraint("municipio_codigo", "anio", "serie"),
        Index("ix_entrega_formatos_lugar", "municipio_codigo", "fecha"),
        Index("ix_entrega_formatos_fecha", "fecha"),
        Index("ix_entrega_formatos_albergue", "albergue_codigo"),
        CheckConstraint("capacitacion_minutos >= 0", name="minutos_no_negativos"),
        CheckConstraint("capacitacion_personas >= 0", name="personas_no_negativas"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset(
        {"entrega", "recibe_nombre", "recibe_cargo", "recibe_telefono", "observaciones", "motivo"}
    )

    albergue_id: Mapped[UUID | None] = mapped_column(ForeignKey("albergue.id"))
    albergue_codigo: Mapped[str | None] = mapped_column(String(12), doc="None: to the municipality itself.")
    anio: Mapped[int]
    serie: Mapped[int]
    folio: Mapped[str] = mapped_column(String(32), unique=True)
    fecha: Mapped[date]
    estado: Mapped[str] = mapped_column(String(16), default=EstadoEntrega.VIGENTE)
    entrega: Mapped[str] = mapped_column(Text, doc="Who delivered, by name.")
    recibe_nombre: Mapped[str | None] = mapped_column(Text)
    recibe_cargo: Mapped[str | None] = mapped_column(Text)
    recibe_telefono: Mapped[str | None] = mapped_column(String(8))
    capacitacion: Mapped[bool] = mapped_column(default=False, doc="Their use was explained on delivery.")
    capacitacion_minutos: Mapped[int | None]
    capacitacion_personas: Mapped[int | None]
    observaciones: Mapped[str | None] = mapped_column(Text)
    visita_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("registro.id"), index=True, doc="The advisory visit in which they were given."
    )
    corrige_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("entrega_formatos.id"), doc="The annulled delivery that this one replaces."
    )
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it was annulled.")
    anulada_en: Mapped[utc_instant | None]
    anulada_por: Mapped[UUID | None]
    confirmada_en: Mapped[utc_instant | None] = mapped_column(
        doc="When the municipality said it received them."
    )
    confirmada_por: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]

    lineas: Mapped[list[EntregaLinea]] = relationship(order_by="EntregaLinea.orden")

    @property
    def vigente(self) -> bool:
        """Does it count?"""
        return self.estado == EstadoEntrega.VIGENTE


class EntregaLinea(HasId, Audited, Base):
    """One format of a delivery: edition, copies and medium. Written once."""

    __tablename__ = "entrega_linea"
    __table_args__ = (
        UniqueConstraint("entrega_id", "orden"),
        CheckConstraint("cantidad > 0", name="cantidad_positiva"),
        CheckConstraint("edicion >= 0", name="edicion_no_negativa"),
        CheckConstraint("quedaban >= 0", name="quedaban_no_negativos"),
    )

    entrega_id: Mapped[UUID] = mapped_column(ForeignKey("entrega_formatos.id"))
    orden: Mapped[int] = mapped_column(doc="1, 2, 3… as in the catalogue.")
    formato: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[int] = mapped_column(doc="0: older than the first of the catalogue.")
    cantidad: Mapped[int] = mapped_column(doc="Printed copies; 1 for a file or a link.")
    medio: Mapped[str] = mapped_column(String(16))
    quedaban: Mapped[int | None] = mapped_column(doc="Printed copies the place still had, counted before.")


class EntregaEscaneo(HasId, Audited, Base):
    """The scan of a signed receipt. Append-only: a newer one supersedes it and the old one stays."""

    __tablename__ = "entrega_escaneo"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})
    __table_args__ = (UniqueConstraint("entrega_id", "serie"),)

    entrega_id: Mapped[UUID] = mapped_column(ForeignKey("entrega_formatos.id"))
    serie: Mapped[int] = mapped_column(doc="1, 2, 3… in each delivery.")
    tipo: Mapped[str] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int] = mapped_column(doc="Bytes of the file as it was given.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it was given.")
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, doc="Sealed with the instance's key: it shows names and signatures."
    )
    cuenta_id: Mapped[UUID | None]
    adjuntado_en: Mapped[utc_instant]


class Tenencia(Territorial, Base):
    """What a place holds of an edition: the sum of the deliveries that count, written in their own transaction.

    ``albergue_codigo`` is "" for the municipality itself. Pages read these rows, so their cost does not grow with
    the ledger: at most one row per place, format and edition.
    """

    __tablename__ = "tenencia"
    __table_args__ = (Index("ix_tenencia_formato", "formato", "edicion"),)

    municipio_codigo: Mapped[str] = mapped_column(String(4), primary_key=True)
    albergue_codigo: Mapped[str] = mapped_column(String(12), primary_key=True)
    formato: Mapped[str] = mapped_column(String(40), primary_key=True)
    edicion: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ultima: Mapped[date] = mapped_column(doc="Day of the last delivery.")
    impresos: Mapped[int] = mapped_column(doc="Printed copies given in all.")
    existencia: Mapped[int | None] = mapped_column(
        doc="Printed copies by the last count plus what was given from then on; None: nobody ever counted."
    )
