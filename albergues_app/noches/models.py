"""What a night shelter keeps beside the stays: services given, and who was not received, without names."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class Servicio(StrEnum):
    """What a person may receive in a night; the codes of the format `registro_nocturno`."""

    DUCHA = "ducha"
    CENA = "cena"
    FRAZADA = "frazada"
    MEDICA = "medica"
    OTRO = "otro"


SERVICIO_NOMBRE = {
    Servicio.DUCHA: "Ducha",
    Servicio.CENA: "Cena",
    Servicio.FRAZADA: "Frazada",
    Servicio.MEDICA: "Atención médica",
    Servicio.OTRO: "Otro",
}
MOTIVO_NOMBRE = {
    "no_sobria": "No está sobria",
    "sin_lugar": "No hay lugar",
    "normas": "No acepta las normas",
    "otro": "Otro",
}
REFERIDO_NOMBRE = {
    "bomberos": "Bomberos (122, 123)",
    "conred_119": "CONRED, 119",
    "pnc": "PNC",
    "hospital": "Hospital",
    "otro_albergue": "Otro albergue",
    "otro": "Otro",
    "nadie": "A nadie",
}


class ServicioNocturno(HasId, EnAlbergue, Audited, Base):
    """One service given to one person in one night. The night is the day on which it began."""

    __tablename__ = "servicio_nocturno"
    __table_args__ = (
        UniqueConstraint("activacion_id", "persona_id", "noche", "servicio"),
        Index("ix_servicio_nocturno_noche", "activacion_id", "noche"),
    )

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    persona_id: Mapped[UUID] = mapped_column(Uuid)
    noche: Mapped[date]
    servicio: Mapped[str] = mapped_column(String(12))
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class RechazoNocturno(HasId, EnAlbergue, Audited, Base):
    """Somebody who was not received: why, when, and who was told. Never who it was."""

    __tablename__ = "rechazo_nocturno"
    __table_args__ = (Index("ix_rechazo_nocturno_noche", "activacion_id", "noche"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    noche: Mapped[date]
    ocurrido_en: Mapped[utc_instant]
    motivo: Mapped[str] = mapped_column(String(12))
    sexo: Mapped[str] = mapped_column(String(16))
    referido_a: Mapped[str] = mapped_column(String(16))
    referido_en: Mapped[utc_instant | None]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
