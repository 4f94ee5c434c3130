"""The signed paper of a filled format: who signed it, when, and where that paper is."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class HojaFirmada(HasId, Audited, Base):
    """The signed paper of one version of a filled format: its scan, the folio where it is kept, or both.

    Only grows: a newer one adds to what the older ones say, and they stay.
    """

    __tablename__ = "hoja_firmada"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido", "firmantes"})
    __table_args__ = (
        UniqueConstraint("objeto_id", "serie"),
        Index("ix_hoja_firmada_captura_id", "captura_id"),
        CheckConstraint("contenido IS NOT NULL OR folio IS NOT NULL", name="escaneo_o_folio"),
    )

    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="The version that was signed.")
    objeto_id: Mapped[UUID] = mapped_column(Uuid, doc="What the sheet is of: a record, or a family.")
    serie: Mapped[int] = mapped_column(doc="1, 2, 3… in each object.")
    firmantes: Mapped[bytes | None] = mapped_column(
        LargeBinary, doc="Who signed on which line, sealed with the emergency's key."
    )
    firmada_en: Mapped[utc_instant | None] = mapped_column(doc="When it was signed, as the paper says.")
    folio: Mapped[str | None] = mapped_column(String(40), doc="Of the signed paper, where it is kept.")
    tipo: Mapped[str | None] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int | None] = mapped_column(doc="Bytes of the file as it was given.")
    huella: Mapped[str | None] = mapped_column(String(64), doc="SHA-256 of the file as it was given.")
    contenido: Mapped[bytes | None] = mapped_column(
        LargeBinary, deferred=True, doc="Sealed with the emergency's key: it shows names and signatures."
    )
    reservado: Mapped[bool] = mapped_column(
        doc="Of who sees what is off the gate: the paper may show it, and nobody else opens it."
    )
    cuenta_id: Mapped[UUID | None]
    adjuntado_en: Mapped[utc_instant]
