"""What the gate does when somebody passes (deny, instruct, alert); why, only whoever may put such an advice reads."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class ClaseAviso(StrEnum):
    """How strongly it speaks. None of them holds anybody: a bed is never refused."""

    NO_PASA = "no_pasa"
    INSTRUCCION = "instruccion"
    AVISAR = "avisar"


class AvisoPuerta(HasId, EnAlbergue, Audited, Base):
    """An advice for the gate about one person or one whole family, from an instant until another.

    Both texts are sealed with the emergency's key: destroying it leaves a row that tells nothing of anybody.
    """

    __tablename__ = "aviso_puerta"
    __table_args__ = (
        CheckConstraint("(persona_id IS NULL) <> (familia_id IS NULL)", name="de_una_o_de_la_familia"),
        CheckConstraint("hasta > desde", name="vigencia"),
        CheckConstraint("(retirado_en IS NULL) = (motivo_retiro IS NULL)", name="retiro_con_motivo"),
        Index(
            "ix_aviso_puerta_persona",
            "persona_id",
            sqlite_where=text("retirado_en IS NULL"),
            postgresql_where=text("retirado_en IS NULL"),
        ),
        Index(
            "ix_aviso_puerta_familia",
            "familia_id",
            sqlite_where=text("retirado_en IS NULL"),
            postgresql_where=text("retirado_en IS NULL"),
        ),
        Index("ix_aviso_puerta_activacion", "activacion_id", "hasta"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset(
        {"persona_id", "familia_id", "clase", "texto", "motivo", "motivo_retiro"}
    )

    persona_id: Mapped[UUID | None] = mapped_column(Uuid, doc="None: of the whole family.")
    familia_id: Mapped[UUID | None] = mapped_column(Uuid)
    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"), doc="Where it was put.")
    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"), doc="Whose key sealed it.")
    clase: Mapped[str] = mapped_column(String(12))
    texto: Mapped[bytes] = mapped_column(LargeBinary, doc="Sealed: what to do, as the gate reads it.")
    motivo: Mapped[bytes] = mapped_column(LargeBinary, doc="Sealed: why. No page of the gate shows it.")
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]
    retirado_en: Mapped[utc_instant | None]
    retirado_por: Mapped[UUID | None]
    motivo_retiro: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Sealed.")
