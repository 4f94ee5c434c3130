"""A batch of scanned sheets, the lines typed from each page, and the second, blind typing of a sample."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class Decision(StrEnum):
    """Which of the two typings agrees with the paper."""

    PRIMERA = "primera"
    SEGUNDA = "segunda"
    NINGUNA = "ninguna"


NOMBRE_DECISION = {
    Decision.PRIMERA: "La primera",
    Decision.SEGUNDA: "La segunda",
    Decision.NINGUNA: "Ninguna de las dos",
}


class LoteTranscripcion(HasId, Audited, Base):
    """Filled sheets of one format and one place, to be typed. Its place is that of the records it will give."""

    __tablename__ = "lote_transcripcion"
    __table_args__ = (
        Index("ix_lote_transcripcion_lugar", "municipio_codigo", "formato"),
        Index("ix_lote_transcripcion_activacion", "activacion_id"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nombre"})

    nombre: Mapped[str] = mapped_column(Text, doc="What the person who sent it calls it.")
    formato: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[int]
    area: Mapped[str] = mapped_column(String(16))
    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"), index=True)
    activacion_id: Mapped[UUID | None] = mapped_column(ForeignKey("activacion.id"))
    albergue_id: Mapped[UUID | None] = mapped_column(ForeignKey("albergue.id"))
    departamento_codigo: Mapped[str] = mapped_column(String(2), index=True)
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    albergue_codigo: Mapped[str | None] = mapped_column(String(20))
    cuenta_id: Mapped[UUID | None]
    creado_en: Mapped[utc_instant]
    semilla: Mapped[str | None] = mapped_column(
        String(32), doc="Of the last draw: it gives the sample again."
    )
    muestra_pct: Mapped[int | None]
    muestra_en: Mapped[utc_instant | None]


class HojaEscaneada(HasId, Audited, Base):
    """One page of paper as a picture, sealed with the emergency's key and without the data of the camera."""

    __tablename__ = "hoja_escaneada"
    __table_args__ = (
        UniqueConstraint("lote_id", "numero"),
        UniqueConstraint("lote_id", "huella_archivo", "pagina", name="uq_hoja_escaneada_archivo"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"duda"})
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})

    lote_id: Mapped[UUID] = mapped_column(ForeignKey("lote_transcripcion.id"))
    numero: Mapped[int] = mapped_column(doc="1, 2, 3… in each batch.")
    contenido: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, doc="JPEG, sealed.")
    ancho_px: Mapped[int]
    alto_px: Mapped[int]
    peso: Mapped[int] = mapped_column(doc="Bytes of the kept picture.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the kept picture, before sealing.")
    huella_archivo: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it was given.")
    pagina: Mapped[int] = mapped_column(doc="Page of that file, from 1.")
    duda: Mapped[str | None] = mapped_column(
        Text, doc="What of the page has to be asked, in words of the typist."
    )
    cuenta_id: Mapped[UUID | None]
    subida_en: Mapped[utc_instant]
    terminada_en: Mapped[utc_instant | None]
    terminada_por: Mapped[UUID | None]


class RenglonTranscrito(HasId, Audited, Base):
    """A record and its place on the paper: one place on one page, and nothing else stands there."""

    __tablename__ = "renglon_transcrito"
    __table_args__ = (UniqueConstraint("hoja_id", "renglon"), UniqueConstraint("tabla", "fila_id"))

    lote_id: Mapped[UUID] = mapped_column(ForeignKey("lote_transcripcion.id"), index=True)
    hoja_id: Mapped[UUID] = mapped_column(ForeignKey("hoja_escaneada.id"))
    renglon: Mapped[int] = mapped_column(doc="From 1, from the top of the page.")
    hojas: Mapped[int] = mapped_column(
        default=1, doc="Pages it fills, from this one on: a boleta may have two."
    )
    tabla: Mapped[str] = mapped_column(String(16), doc="registro | familia")
    fila_id: Mapped[UUID] = mapped_column(Uuid)
    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="What was typed first; never changed by a correction.")
    folio: Mapped[str | None] = mapped_column(String(40), index=True)
    no_se_lee: Mapped[str] = mapped_column(Text, doc="Names of the fields that cannot be read, by spaces.")
    cuenta_id: Mapped[UUID | None]
    transcrito_en: Mapped[utc_instant]

    @property
    def dudosos(self) -> list[str]:
        """Flat names of the fields that cannot be read."""
        return self.no_se_lee.split()


class SegundaTranscripcion(HasId, Audited, Base):
    """A record of the sample: typed again by another account that does not see the first answers."""

    __tablename__ = "segunda_transcripcion"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"respuestas"})

    lote_id: Mapped[UUID] = mapped_column(ForeignKey("lote_transcripcion.id"), index=True)
    renglon_id: Mapped[UUID] = mapped_column(ForeignKey("renglon_transcrito.id"), unique=True)
    elegida_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None] = mapped_column(doc="Who typed it again; nobody yet.")
    hecha_en: Mapped[utc_instant | None]
    respuestas: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, doc="Sealed.")
    comparados: Mapped[str] = mapped_column(
        Text, doc="Names of the fields that either typing filled, by spaces."
    )

    @property
    def campos(self) -> list[str]:
        """Flat names of the fields that were compared."""
        return self.comparados.split()


class CampoDistinto(HasId, Audited, Base):
    """A field in which the two typings differ, and what a third person decided before the paper."""

    __tablename__ = "campo_distinto"
    __table_args__ = (UniqueConstraint("segunda_id", "campo"),)

    segunda_id: Mapped[UUID] = mapped_column(ForeignKey("segunda_transcripcion.id"))
    campo: Mapped[str] = mapped_column(String(120), doc="Flat name: `personas-0-edad`.")
    decision: Mapped[str | None] = mapped_column(String(8))
    decidido_por: Mapped[UUID | None]
    decidido_en: Mapped[utc_instant | None]

    def decide(self, decision: Decision, cuenta_id: UUID | None, moment: datetime) -> None:
        self.decision, self.decidido_por, self.decidido_en = decision, cuenta_id, moment
