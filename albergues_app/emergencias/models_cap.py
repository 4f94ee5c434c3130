"""A CAP message that somebody brought in: an alert that is proposed until a person answers."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class ClaseCap(StrEnum):
    """`msgType`: what the message does."""

    ALERTA = "alerta"
    ACTUALIZACION = "actualizacion"
    CANCELACION = "cancelacion"


class CalidadCap(StrEnum):
    """`status`: only a real one is about people in danger."""

    REAL = "real"
    EJERCICIO = "ejercicio"
    PRUEBA = "prueba"


class EstadoCap(StrEnum):
    PENDIENTE = "pendiente"
    ACEPTADA = "aceptada"
    DESCARTADA = "descartada"
    REEMPLAZADA = "reemplazada"


class AlertaCap(HasId, Audited, Base):
    """One message as it came, what it proposes, and who answered what.

    Its identity is CAP's: sender, identifier and instant. The message itself is kept sealed: some name people.
    """

    __tablename__ = "alerta_cap"
    __table_args__ = (
        UniqueConstraint("remitente", "identificador", "enviado_en"),
        Index("ix_alerta_cap_estado", "estado", "recibida_en"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"mensaje", "motivo"})

    remitente: Mapped[str] = mapped_column(Text, doc="As the message says; nobody verified it.")
    identificador: Mapped[str] = mapped_column(Text)
    enviado_en: Mapped[utc_instant]
    clase: Mapped[str] = mapped_column(String(16))
    calidad: Mapped[str] = mapped_column(String(16))
    firmado: Mapped[bool] = mapped_column(doc="Carries a signature, which nobody verified.")
    referencias: Mapped[str] = mapped_column(
        Text, doc="JSON: [sender, identifier, instant] of the earlier ones."
    )
    evento: Mapped[str] = mapped_column(Text)
    severidad: Mapped[str] = mapped_column(String(16))
    nivel: Mapped[str] = mapped_column(String(16))
    lugares: Mapped[str] = mapped_column(Text, doc="JSON: codes of departments or municipalities.")
    ambito: Mapped[str] = mapped_column(String(16))
    color: Mapped[str | None] = mapped_column(
        String(16), doc="Proposed; None: the message does not let it be told."
    )
    amenaza: Mapped[str] = mapped_column(String(16))
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant | None]
    autoridad: Mapped[str] = mapped_column(Text)
    mensaje: Mapped[bytes] = mapped_column(
        LargeBinary, deferred=True, doc="The file as it came, sealed with the instance's key."
    )
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file.")
    recibida_en: Mapped[utc_instant]
    recibida_por: Mapped[UUID | None]
    estado: Mapped[str] = mapped_column(String(16), default=EstadoCap.PENDIENTE)
    resuelta_en: Mapped[utc_instant | None]
    resuelta_por: Mapped[UUID | None]
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it was dismissed.")
    alerta_id: Mapped[UUID | None] = mapped_column(ForeignKey("alerta.id"), index=True)

    @property
    def codigos(self) -> list[str]:
        """INE codes of its places; none when it is of the whole country."""
        return list(json.loads(self.lugares))

    @property
    def pendiente(self) -> bool:
        return self.estado == EstadoCap.PENDIENTE
