"""The forms of the incident command system in a COE: summaries, resources by their facts, messages and their answers.

Every row is a fact and only grows. What people wrote stands sealed in the Captura that each row names.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class EstadoRecurso(StrEnum):
    """The road of a resource through an emergency (dominio.md 1.10, SCI-211)."""

    PEDIDO = "pedido"
    EN_CAMINO = "en_camino"
    LLEGO = "llego"
    ASIGNADO = "asignado"
    DESMOVILIZADO = "desmovilizado"


ESTADO_NOMBRE: dict[str, str] = {
    "pedido": "Pedido",
    "en_camino": "En camino",
    "llego": "Llegó",
    "asignado": "Asignado",
    "desmovilizado": "Desmovilizado",
}


class Destino(StrEnum):
    """To whom a message goes."""

    COE = "coe"
    CUENTA = "cuenta"
    INSTITUCION = "institucion"


class ResumenCoe(HasId, Audited, Base):
    """One version of the SCI-201 of a COE; the one before stays as it was."""

    __tablename__ = "coe_resumen"
    __table_args__ = (UniqueConstraint("coe_id", "version"),)

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    version: Mapped[int]
    captura_id: Mapped[UUID] = mapped_column(Uuid)
    ultimo_folio: Mapped[int] = mapped_column(doc="Last folio of the log when it was written.")
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class RecursoPaso(HasId, Audited, Base):
    """One fact of a resource or of staff: from it on, it stands like this. The last one is how it stands now."""

    __tablename__ = "coe_recurso_paso"
    __table_args__ = (
        UniqueConstraint("recurso_id", "numero"),
        Index("ix_coe_recurso_paso_coe", "coe_id", "recurso_id", "numero"),
    )

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    recurso_id: Mapped[UUID] = mapped_column(Uuid, doc="The id of its first fact.")
    numero: Mapped[int]
    estado: Mapped[str] = mapped_column(String(16))
    clase: Mapped[str] = mapped_column(String(16))
    personas: Mapped[int | None] = mapped_column(doc="Persons who come with it; None: nobody said.")
    albergue_codigo: Mapped[str | None] = mapped_column(String(12), doc="Where it is assigned, by its code.")
    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="Its line of the SCI-211 as it stood, sealed.")
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class MensajeCoe(HasId, Audited, Base):
    """A message of a COE (SCI-213): to another COE, to a person who sits in it, or to an institution outside."""

    __tablename__ = "coe_mensaje"
    __table_args__ = (
        Index("ix_coe_mensaje_coe", "coe_id", "ocurrido_en"),
        Index("ix_coe_mensaje_destino", "coe_destino_id", "ocurrido_en"),
    )

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    destino: Mapped[str] = mapped_column(String(16))
    coe_destino_id: Mapped[UUID | None] = mapped_column(ForeignKey("coe.id"))
    cuenta_destino_id: Mapped[UUID | None]
    prioridad: Mapped[str] = mapped_column(String(16))
    pide_respuesta: Mapped[bool]
    captura_id: Mapped[UUID] = mapped_column(Uuid)
    folio: Mapped[int] = mapped_column(doc="Its entry in the log of the COE that sends it.")
    folio_destino: Mapped[int | None] = mapped_column(doc="Its entry in the log of the COE it goes to.")
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class MensajeRespuesta(HasId, Audited, Base):
    """The one answer to a message, on the same sheet."""

    __tablename__ = "coe_mensaje_respuesta"
    __table_args__ = (UniqueConstraint("mensaje_id"),)

    mensaje_id: Mapped[UUID] = mapped_column(ForeignKey("coe_mensaje.id"))
    captura_id: Mapped[UUID] = mapped_column(Uuid, doc="The whole sheet, message and answer.")
    folio: Mapped[int | None] = mapped_column(doc="Its entry in the log of the COE that sent the message.")
    folio_destino: Mapped[int | None] = mapped_column(doc="Its entry in the log of the COE that answers.")
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
