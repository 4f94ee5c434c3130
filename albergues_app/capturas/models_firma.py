"""The signed paper of a filled format, and what a filled format wrote to other tables. Both only grow."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class RegistroEscaneo(HasId, Audited, Base):
    """The scan of a signed sheet, of one version of it. A newer one supersedes it and the old one stays."""

    __tablename__ = "registro_escaneo"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})
    __table_args__ = (UniqueConstraint("registro_id", "serie"),)

    registro_id: Mapped[UUID] = mapped_column(ForeignKey("registro.id"))
    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="The version that was signed.")
    version: Mapped[int] = mapped_column(doc="Its number.")
    serie: Mapped[int] = mapped_column(doc="1, 2, 3… in each record.")
    tipo: Mapped[str] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int] = mapped_column(doc="Bytes of the file as it was given.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it was given.")
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, doc="Sealed with the emergency's key: it shows names and signatures."
    )
    reservado: Mapped[bool] = mapped_column(
        doc="Of who sees what is off the gate: the paper may show it, and nobody else opens it."
    )
    cuenta_id: Mapped[UUID | None]
    adjuntado_en: Mapped[utc_instant]


class RegistroEfecto(HasId, Audited, Base):
    """What one version of a record wrote to the tables of its format: of which object, in words without people."""

    __tablename__ = "registro_efecto"
    __table_args__ = (UniqueConstraint("captura_id"),)

    registro_id: Mapped[UUID] = mapped_column(ForeignKey("registro.id"), index=True)
    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="The version that wrote it: once.")
    clase: Mapped[str] = mapped_column(
        String(16), doc="activacion | albergue | coe | total: what the object is."
    )
    objeto_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    dice: Mapped[str] = mapped_column(Text, doc="«Pasó de en preparación a activa».")
    cuenta_id: Mapped[UUID | None]
    escrito_en: Mapped[utc_instant]
