"""The shelf of filled formats. What was answered stands sealed in Captura; here is what finds it again."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class EstadoRegistro(StrEnum):
    """A filled format may be corrected by a new version until it is annulled; annulled ones stay readable.

    A new version is a draft again: it was not signed. ``completo``: nothing lacks that whoever signs must find there.
    """

    GUARDADO = "guardado"
    COMPLETO = "completo"
    FIRMADO = "firmado"
    ANULADO = "anulado"


NOMBRE_ESTADO = {
    EstadoRegistro.GUARDADO: "Borrador, sin firmar",
    EstadoRegistro.COMPLETO: "Completo, para firmar",
    EstadoRegistro.FIRMADO: "Firmado",
    EstadoRegistro.ANULADO: "Anulado",
}


class Registro(HasId, Audited, Base):
    """One filled format: where it hangs, its state, and the Captura that is its version in force.

    ``texto`` is every answer as folded words, for the search; it goes with the emergency's key.
    """

    __tablename__ = "registro"
    __table_args__ = (
        Index("ix_registro_formato", "formato", "ocurrido_en"),
        Index("ix_registro_activacion", "activacion_id", "formato"),
        Index("ix_registro_lugar", "municipio_codigo", "formato"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"titulo", "texto", "motivo"})

    formato: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[int]
    area: Mapped[str] = mapped_column(String(16))
    estado: Mapped[str] = mapped_column(String(16))
    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"), index=True)
    activacion_id: Mapped[UUID | None] = mapped_column(ForeignKey("activacion.id"))
    albergue_id: Mapped[UUID | None] = mapped_column(ForeignKey("albergue.id"), index=True)
    departamento_codigo: Mapped[str] = mapped_column(String(2), index=True)
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    albergue_codigo: Mapped[str | None] = mapped_column(String(20))
    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="The version in force.")
    version: Mapped[int] = mapped_column(default=1)
    folio: Mapped[str | None] = mapped_column(String(40), index=True)
    titulo: Mapped[str] = mapped_column(Text, doc="What it is about, without data of people.")
    texto: Mapped[str] = mapped_column(Text)
    completitud: Mapped[int]
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it was corrected or annulled last.")
    ocurrido_en: Mapped[utc_instant]
    capturado_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    actualizado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class Borrador(HasId, Base):
    """What an account has typed and not saved yet, sealed; its id is that of the form on the screen."""

    __tablename__ = "borrador"

    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), index=True)
    formato: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[int]
    emergencia_id: Mapped[UUID | None] = mapped_column(Uuid, index=True, doc="Whose key sealed it.")
    lugar: Mapped[str] = mapped_column(
        String(60), doc="Where it would hang: `activacion:…`, `municipio:1401`."
    )
    registro_id: Mapped[UUID | None] = mapped_column(Uuid, doc="The filled format it would correct.")
    contenido: Mapped[bytes] = mapped_column(LargeBinary)
    actualizado_en: Mapped[utc_instant]


class Adjunto(HasId, Audited, Base):
    """A file of a filled format. Until the sheet is saved it belongs to nobody's record, only to who sent it."""

    __tablename__ = "adjunto"
    __table_args__ = (Index("ix_adjunto_emergencia_id", "emergencia_id", "cuenta_id", "peso"),)
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})

    hoja_id: Mapped[UUID] = mapped_column(
        Uuid, index=True, doc="The form on the screen: also its draft's id."
    )
    registro_id: Mapped[UUID | None] = mapped_column(ForeignKey("registro.id"), index=True)
    emergencia_id: Mapped[UUID | None] = mapped_column(Uuid, doc="Whose key sealed it.")
    tipo: Mapped[str] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int] = mapped_column(doc="Bytes of the file as it is kept.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it is kept.")
    contenido: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    cuenta_id: Mapped[UUID]
    adjuntado_en: Mapped[utc_instant]
