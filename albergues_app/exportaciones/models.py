"""One export that was asked for: of whom, which columns, why, for whom; and what became of its file."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class ClaseExportacion(StrEnum):
    PERSONAS = "personas"
    ESTANCIAS = "estancias"
    COMPLETA = "completa"


CLASE_NOMBRE: dict[str, str] = {
    "personas": "Personas presentes a una hora",
    "estancias": "Estancias de un intervalo",
    "completa": "Exportación completa de la instancia",
}


class Exportacion(HasId, Audited, Base):
    """An export. Its file is kept sealed, for hours; this row, who asked and why, for good."""

    __tablename__ = "exportacion"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo", "destinatario", "clave"})
    __table_args__ = (Index("ix_exportacion_cuenta", "cuenta_id", "pedida_en"),)

    cuenta_id: Mapped[UUID] = mapped_column(
        ForeignKey("cuenta.id"), doc="Who asked; only this account downloads it."
    )
    clase: Mapped[str] = mapped_column(String(16))
    formato: Mapped[str] = mapped_column(String(8), doc="xlsx | csv | archivo")
    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"))
    departamento_codigo: Mapped[str | None] = mapped_column(String(2))
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    albergue_codigo: Mapped[str | None] = mapped_column(String(12))
    desde: Mapped[utc_instant | None] = mapped_column(doc="Stays only: from when.")
    corte: Mapped[utc_instant]
    columnas: Mapped[str] = mapped_column(Text, doc="Codes of the columns, comma-separated.")
    filas: Mapped[int] = mapped_column(doc="Persons, or stays, counted when it was asked for.")
    motivo: Mapped[str] = mapped_column(Text)
    destinatario: Mapped[str] = mapped_column(Text, doc="For which office or use.")
    aprobacion_id: Mapped[UUID | None] = mapped_column(
        Uuid, doc="The request a second person answers; None: not needed."
    )
    pedida_en: Mapped[utc_instant]
    hecha_en: Mapped[utc_instant | None]
    caduca_en: Mapped[utc_instant | None]
    huella: Mapped[str | None] = mapped_column(String(64), doc="SHA-256 of the file in clear.")
    peso: Mapped[int | None]
    clave: Mapped[bytes | None] = mapped_column(
        LargeBinary, doc="The key of the file, sealed with the instance's."
    )

    @property
    def copia(self) -> str:
        """The mark that each copy carries: `EX-3F9A21C0`."""
        return f"EX-{self.id.hex[-8:].upper()}"

    @property
    def nombre_archivo(self) -> str:
        endings = {"xlsx": "xlsx", "csv": "zip", "archivo": "albergues"}
        return f"{self.clase}-{self.copia}.{endings[self.formato]}"
