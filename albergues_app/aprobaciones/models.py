"""A request and its answer: both only grow, and the database itself refuses an answer by who asked."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class Respuesta(StrEnum):
    """What a different person says of a request."""

    APROBADA = "aprobada"
    RECHAZADA = "rechazada"


class Aprobacion(HasId, Audited, Base):
    """Something one account asks to do and may not do alone. Without municipality: of a department, or the country."""

    __tablename__ = "aprobacion"
    __table_args__ = (
        Index("ix_aprobacion_lugar", "municipio_codigo", "caduca_en"),
        Index("ix_aprobacion_cuenta", "cuenta_id", "pedida_en"),
        Index("ix_aprobacion_objeto", "objeto_id"),
        Index("ix_aprobacion_caduca_en", "caduca_en"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"cuerpo"})

    clase: Mapped[str] = mapped_column(String(24), doc="The kind registered with ``register_clase``.")
    objeto_id: Mapped[UUID] = mapped_column(Uuid, doc="What it is about: the id that its effect will write.")
    titulo: Mapped[str] = mapped_column(Text, doc="What would be done, without data of people.")
    cuerpo: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Sealed: exactly what will be done, and the reason."
    )
    emergencia_id: Mapped[UUID | None] = mapped_column(Uuid, doc="Whose key sealed it; None: the instance's.")
    departamento_codigo: Mapped[str | None] = mapped_column(String(2), index=True)
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    albergue_codigo: Mapped[str | None] = mapped_column(String(12))
    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), doc="Who asks.")
    pedida_en: Mapped[utc_instant]
    caduca_en: Mapped[utc_instant]


class AprobacionRespuesta(HasId, Audited, Base):
    """The one answer to a request, written in the transaction of its effect."""

    __tablename__ = "aprobacion_respuesta"
    __table_args__ = (CheckConstraint("cuenta_id <> pedida_por", name="otra_persona"),)
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nota"})

    aprobacion_id: Mapped[UUID] = mapped_column(ForeignKey("aprobacion.id"), unique=True)
    respuesta: Mapped[str] = mapped_column(String(12))
    pedida_por: Mapped[UUID] = mapped_column(
        Uuid, doc="Copied down, so that the database refuses the same person."
    )
    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), doc="Who answers.")
    nota: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Sealed as the request is.")
    respondida_en: Mapped[utc_instant]
