"""What a person answered to an entry that the system proposed for a log."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class RespuestaPropuesta(StrEnum):
    ACEPTADA = "aceptada"
    EDITADA = "editada"
    DESCARTADA = "descartada"


class PropuestaCoe(HasId, Audited, Base):
    """One answer for each fact in each log: the fact itself stands where it happened, and is not copied."""

    __tablename__ = "coe_propuesta"
    __table_args__ = (UniqueConstraint("coe_id", "clave"),)

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    clave: Mapped[str] = mapped_column(String(120), doc="Kind of the fact and what tells it from all others.")
    asunto: Mapped[str] = mapped_column(Text, doc="As it was proposed.")
    respuesta: Mapped[str] = mapped_column(String(12))
    folio: Mapped[int | None] = mapped_column(doc="Of the entry that was written; None when dismissed.")
    cuenta_id: Mapped[UUID | None]
    respondida_en: Mapped[utc_instant]
