"""What families and persons said they need, each with its due time, until somebody attends it (F27)."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class Necesidad(HasId, Audited, Base):
    """One need of a family, or of a person. It follows the family, or the human being, wherever they go.

    ``vence_en`` is fixed when the need is told: to change the hours of a kind does not rewrite what was owed.
    """

    __tablename__ = "necesidad"
    __table_args__ = (
        Index(
            "ix_necesidad_de_familia",
            "familia_id",
            sqlite_where=text("atendida_en IS NULL"),
            postgresql_where=text("atendida_en IS NULL"),
        ),
        Index(
            "ix_necesidad_de_persona",
            "persona_id",
            sqlite_where=text("atendida_en IS NULL"),
            postgresql_where=text("atendida_en IS NULL"),
        ),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"codigo", "como"})

    familia_id: Mapped[UUID] = mapped_column(
        ForeignKey("familia.id"),
        doc="Of a person: the one in which it was told, and which may have been left since.",
    )
    persona_id: Mapped[UUID | None] = mapped_column(Uuid, doc="None: the whole family needs it.")
    codigo: Mapped[str] = mapped_column(String(24), doc="A key of ``necesidades.ATENCIONES``.")
    dicha_en: Mapped[utc_instant]
    vence_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    atendida_en: Mapped[utc_instant | None]
    atendida_por: Mapped[UUID | None]
    como: Mapped[str | None] = mapped_column(Text, doc="What was done, in a few words.")
