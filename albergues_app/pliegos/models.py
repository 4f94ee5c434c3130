"""Pliegos and their folios (F35, F107): they are in the system before the paper is filled."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class EstadoFolio(StrEnum):
    """What became of a sheet. An annulled or lost one says why; a used one is of one record for good."""

    SIN_USAR = "sin_usar"
    USADO = "usado"
    ANULADO = "anulado"
    EXTRAVIADO = "extraviado"


NOMBRE_FOLIO = {
    EstadoFolio.SIN_USAR: "Sin usar",
    EstadoFolio.USADO: "Usado",
    EstadoFolio.ANULADO: "Anulado",
    EstadoFolio.EXTRAVIADO: "Extraviado",
}


class Pliego(HasId, Audited, Base):
    """A batch of numbered blanks of one format in one edition, for one shelter, municipality or department."""

    __tablename__ = "pliego"
    __table_args__ = (Index("ix_pliego_lugar", "municipio_codigo", "formato"),)

    lote: Mapped[str] = mapped_column(String(8), unique=True, doc="First signs of every folio of it.")
    formato: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[int]
    area: Mapped[str] = mapped_column(String(16))
    papel: Mapped[str] = mapped_column(String(8))
    cantidad: Mapped[int]
    kit_id: Mapped[UUID | None] = mapped_column(Uuid, index=True, doc="Pliegos printed as one kit share it.")
    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"))
    activacion_id: Mapped[UUID | None] = mapped_column(ForeignKey("activacion.id"), index=True)
    albergue_id: Mapped[UUID | None] = mapped_column(ForeignKey("albergue.id"))
    departamento_codigo: Mapped[str] = mapped_column(String(2), index=True)
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    albergue_codigo: Mapped[str | None] = mapped_column(String(20))
    creado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class FolioPapel(HasId, Audited, Base):
    """One numbered sheet. Exactly one of ``registro_id`` and ``familia_id`` says by what it was used."""

    __tablename__ = "folio_papel"
    __table_args__ = (UniqueConstraint("pliego_id", "numero", name="uq_folio_papel_pliego_numero"),)
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})

    pliego_id: Mapped[UUID] = mapped_column(ForeignKey("pliego.id"))
    numero: Mapped[int]
    codigo: Mapped[str] = mapped_column(String(16), unique=True)
    estado: Mapped[str] = mapped_column(String(16))
    registro_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    familia_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    motivo: Mapped[str | None] = mapped_column(Text)
    cambiado_en: Mapped[utc_instant | None]
