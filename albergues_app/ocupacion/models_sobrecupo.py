"""Why a shelter holds more people than its capacity."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class MotivoSobrecupo(HasId, EnAlbergue, Audited, Base):
    """Why a shelter went over its capacity, said afterwards: of what came by paper, file, message or another program.

    What the desk says while it registers stands on the movement itself.
    """

    __tablename__ = "motivo_sobrecupo"
    __table_args__ = (Index("ix_motivo_sobrecupo_orden", "activacion_id", "registrado_en"),)
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"motivo"})

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    desde: Mapped[utc_instant] = mapped_column(
        doc="When the excess that it explains began, as was known then."
    )
    exceso: Mapped[int] = mapped_column(
        doc="The most persons over the capacity of that excess, as was known then."
    )
    motivo: Mapped[bytes] = mapped_column(LargeBinary, doc="Sealed with the emergency's key.")
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]
