"""What the work of a COE leaves beside its log: levels, shifts, hand-overs and closed periods."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class ClaseTurno(StrEnum):
    """dominio.md 1.9."""

    DIURNO = "diurno"
    NOCTURNO = "nocturno"
    EXTRAORDINARIO = "extraordinario"


CLASE_TURNO: dict[str, str] = {
    "diurno": "Diurno",
    "nocturno": "Nocturno",
    "extraordinario": "Extraordinario",
}


class EstadoEntrega(StrEnum):
    FIRMADA = "firmada"
    ACEPTADA = "aceptada"
    DEVUELTA = "devuelta"


class CoeGrado(HasId, Audited, Base):
    """How much of a COE works from an hour on, by which act and authority. Append-only; the first is the activation's."""

    __tablename__ = "coe_grado"
    __table_args__ = (Index("ix_coe_grado_desde", "coe_id", "desde"),)
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    grado: Mapped[str] = mapped_column(String(20))
    desde: Mapped[utc_instant]
    acta_numero: Mapped[str | None] = mapped_column(Text)
    autoridad: Mapped[str | None] = mapped_column(Text)
    motivo: Mapped[str | None] = mapped_column(Text)
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class CoeTurno(HasId, Audited, Base):
    """One shift of an activation: the account that holds it, since when. At most one is open."""

    __tablename__ = "coe_turno"
    __table_args__ = (
        UniqueConstraint("coe_id", "numero"),
        Index(
            "uq_coe_turno_uno_abierto",
            "coe_id",
            unique=True,
            sqlite_where=text("terminado_en IS NULL"),
            postgresql_where=text("terminado_en IS NULL"),
        ),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    numero: Mapped[int]
    clase: Mapped[str] = mapped_column(String(16))
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant | None] = mapped_column(doc="Until when it is meant to last.")
    cuenta_id: Mapped[UUID] = mapped_column(doc="The account that holds it, signs and hands over.")
    recibido_en: Mapped[utc_instant]
    entrega_id: Mapped[UUID | None] = mapped_column(
        doc="The hand-over it came by; None: the first, or taken without one."
    )
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it was taken without a hand-over.")
    terminado_en: Mapped[utc_instant | None]


class CoeTurnoPersona(HasId, Audited, Base):
    """An account that writes in a shift: who holds it, and whoever came in."""

    __tablename__ = "coe_turno_persona"
    __table_args__ = (UniqueConstraint("turno_id", "cuenta_id"),)

    turno_id: Mapped[UUID] = mapped_column(ForeignKey("coe_turno.id"))
    cuenta_id: Mapped[UUID]
    entro_en: Mapped[utc_instant]


class EntregaTurno(HasId, Audited, Base):
    """A hand-over of the shift, signed by who leaves and accepted (or sent back) by who comes. At most one waits."""

    __tablename__ = "coe_entrega_turno"
    __table_args__ = (
        Index("ix_coe_entrega_turno_coe", "coe_id", "firmada_en"),
        Index(
            "uq_coe_entrega_turno_una_espera",
            "coe_id",
            unique=True,
            sqlite_where=text("estado = 'firmada'"),
            postgresql_where=text("estado = 'firmada'"),
        ),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"contenido", "nota"})

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    turno_id: Mapped[UUID] = mapped_column(ForeignKey("coe_turno.id"), doc="The shift that is handed over.")
    saliente_id: Mapped[UUID]
    entrante_id: Mapped[UUID]
    clase: Mapped[str] = mapped_column(String(16), doc="Of the shift that comes.")
    hasta: Mapped[utc_instant | None]
    ocurrido_en: Mapped[utc_instant] = mapped_column(doc="The hour of which its figures are.")
    firmada_en: Mapped[utc_instant]
    estado: Mapped[str] = mapped_column(String(12))
    respondida_en: Mapped[utc_instant | None]
    nota: Mapped[str | None] = mapped_column(
        Text, doc="What the incoming person noted on accepting, or why it went back."
    )
    folio: Mapped[int | None] = mapped_column(doc="Of the entry it wrote in the log.")
    edicion: Mapped[int] = mapped_column(doc="Edition of the format `entrega_turno`.")
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Answers, figures and names, sealed with the emergency's key."
    )
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the sealed content.")


class CierrePeriodo(HasId, Audited, Base):
    """A closed stretch of a log: its folios, sealed by the hash of the last, on the closure before. Append-only."""

    __tablename__ = "coe_cierre"
    __table_args__ = (UniqueConstraint("coe_id", "numero"),)

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    numero: Mapped[int]
    hasta: Mapped[utc_instant] = mapped_column(
        doc="Facts before it that are written later are late in a closed period."
    )
    folio_desde: Mapped[int]
    folio_hasta: Mapped[int]
    cerrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    cabeza: Mapped[str] = mapped_column(String(64), doc="Hash of its last entry, which covers all before it.")
    anterior: Mapped[str] = mapped_column(String(64))
    huella: Mapped[str] = mapped_column(String(64))
