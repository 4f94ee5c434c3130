"""What a filled format wrote to other tables; it only grows."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


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
