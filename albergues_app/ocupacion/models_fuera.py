"""Families outside shelters (auto-albergue, host families), and the animals of families wherever they are."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, literal, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import Territorial


class ModalidadFuera(StrEnum):
    """How a family shelters itself (dominio.md 2.1)."""

    AUTO_ALBERGUE = "auto_albergue"
    CASA_ACOGIENTE = "casa_acogiente"


class OfNoShelter(Territorial):
    """A row of a municipality that belongs to no shelter: accounts of one shelter do not see it."""

    @hybrid_property
    def albergue_codigo(self) -> str | None:
        return None

    @albergue_codigo.inplace.expression
    @classmethod
    def _albergue_codigo(cls) -> ColumnElement[str | None]:
        return literal(None, String)


class FamiliaFuera(HasId, OfNoShelter, Audited, Base):
    """A registered family that is in no shelter: the same family record, and where it is, in words."""

    __tablename__ = "familia_fuera"
    __table_args__ = (
        Index(
            "uq_familia_fuera_una_abierta",
            "familia_id",
            unique=True,
            sqlite_where=text("hasta IS NULL"),
            postgresql_where=text("hasta IS NULL"),
        ),
        Index("ix_familia_fuera_emergencia", "emergencia_id", "hasta"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"lugar"})

    familia_id: Mapped[UUID] = mapped_column(ForeignKey("familia.id"))
    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    modalidad: Mapped[str] = mapped_column(String(16))
    lugar: Mapped[str | None] = mapped_column(Text)
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant | None]
    fin_registrado_en: Mapped[utc_instant | None] = mapped_column(
        doc="When it was written that it ended; None in an ended row: at that very hour."
    )
    mujeres: Mapped[int | None] = mapped_column(
        doc="With the next two: its members who stayed outside, written when who they were was destroyed."
    )
    hombres: Mapped[int | None]
    no_registrado: Mapped[int | None]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class EstimacionFuera(HasId, OfNoShelter, Audited, Base):
    """How many are said to be outside shelters in a municipality: a number with its source and hour, no names."""

    __tablename__ = "estimacion_fuera"
    __table_args__ = (
        Index("ix_estimacion_fuera_ultima", "emergencia_id", "municipio_codigo", "modalidad", "corte"),
        CheckConstraint("personas >= 0", name="personas_no_negativas"),
    )

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    modalidad: Mapped[str] = mapped_column(String(16))
    personas: Mapped[int]
    familias: Mapped[int | None]
    fuente: Mapped[str] = mapped_column(Text)
    corte: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class AnimalesFamilia(HasId, Audited, Base):
    """How many animals of a kind a family said it has; the latest of each kind counts, 0 included."""

    __tablename__ = "animales_familia"
    __table_args__ = (
        Index("ix_animales_familia_ultima", "familia_id", "especie", "registrado_en"),
        CheckConstraint("cantidad >= 0", name="cantidad_no_negativa"),
    )

    familia_id: Mapped[UUID] = mapped_column(ForeignKey("familia.id"))
    especie: Mapped[str] = mapped_column(
        String(8), doc="The kinds of the boleta: perro, gato, aves, cerdo, ganado, otro."
    )
    cantidad: Mapped[int]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
