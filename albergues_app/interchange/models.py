"""What an account said of the columns of its files, so that it says it once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.core.db import Base, HasId, utc_instant


class ColumnaRecordada(HasId, Base):
    """One title of somebody's tables, and the field that it was said to hold."""

    __tablename__ = "columna_recordada"
    __table_args__ = (UniqueConstraint("cuenta_id", "formato", "lugar", "titulo"),)

    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"))
    formato: Mapped[str] = mapped_column(String(40))
    lugar: Mapped[str] = mapped_column(String(4), doc="Code of the municipality, else of the department.")
    titulo: Mapped[str] = mapped_column(
        String(80), doc="Blind index of it, folded: a table without titles begins with a person."
    )
    campo: Mapped[str] = mapped_column(String(120), doc="Path of the field; empty: not to be read.")
    usada_en: Mapped[utc_instant]
