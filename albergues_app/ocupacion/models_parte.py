"""What a shelter declares beside its register: counts, the hours of its parte, calls, differences, time at the door."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class TiempoPuerta(HasId, Base):
    """How long a check-in took at the desk; ``id`` is its operation. Of no person and of no account."""

    __tablename__ = "tiempo_puerta"
    __table_args__ = (Index("ix_tiempo_puerta_activacion_dia", "activacion_id", "dia"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    dia: Mapped[date] = mapped_column(doc="Local day on which it was saved.")
    segundos: Mapped[int] = mapped_column(doc="From the first key to saving, without pauses over 5 minutes.")
    personas: Mapped[int]


class Parte(HasId, EnAlbergue, Audited, Base):
    """A declared count: numbers only, beside the nominal register and never mixed with it."""

    __tablename__ = "parte"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nota"})
    __table_args__ = (Index("ix_parte_ultimo", "activacion_id", "corte", "registrado_en"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    corte: Mapped[utc_instant]
    fuente: Mapped[str] = mapped_column(String(20))
    personas: Mapped[int]
    familias: Mapped[int | None]
    mujeres: Mapped[int | None]
    hombres: Mapped[int | None]
    conteo_fisico: Mapped[int | None] = mapped_column(doc="Counted one by one, when the sheet says it apart.")
    pernoctaron: Mapped[int | None] = mapped_column(doc="Slept here the night before.")
    raciones: Mapped[int | None] = mapped_column(doc="Served in the meal of the 24 hours that served most.")
    nota: Mapped[str | None] = mapped_column(Text)
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class RitmoParte(HasId, EnAlbergue, Audited, Base):
    """The hours at which a shelter is expected to report, since an instant. Without any: those of the instance."""

    __tablename__ = "ritmo_parte"
    __table_args__ = (Index("ix_ritmo_parte_orden", "activacion_id", "vigente_desde", "registrado_en"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    horas: Mapped[str] = mapped_column(String(80), doc="Local hours: `06:00,18:00`.")
    vigente_desde: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class Llamada(HasId, EnAlbergue, Audited, Base):
    """An attempt to reach a shelter that is late with its parte, and what came of it."""

    __tablename__ = "llamada"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nota"})
    __table_args__ = (Index("ix_llamada_orden", "activacion_id", "ocurrida_en"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    contacto_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacto.id"))
    resultado: Mapped[str] = mapped_column(String(16))
    nota: Mapped[str | None] = mapped_column(Text)
    ocurrida_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class Descuadre(HasId, EnAlbergue, Audited, Base):
    """The witnesses of a shelter do not agree: since when, who is on it, and how it ended.

    How big it is now is never stored: it is read from the witnesses. Closed when they agree, or explained.
    """

    __tablename__ = "descuadre"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nota", "explicacion"})
    __table_args__ = (
        Index(
            "uq_descuadre_uno_abierto",
            "activacion_id",
            unique=True,
            sqlite_where=text("cerrado_en IS NULL"),
            postgresql_where=text("cerrado_en IS NULL"),
        ),
        Index("ix_descuadre_orden", "activacion_id", "desde"),
    )

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    desde: Mapped[utc_instant]
    tomado_por: Mapped[UUID | None] = mapped_column(doc="The account that is on it.")
    tomado_en: Mapped[utc_instant | None]
    nota: Mapped[str | None] = mapped_column(Text)
    explicacion: Mapped[str | None] = mapped_column(Text)
    explicada: Mapped[int | None] = mapped_column(
        doc="The difference that was explained: another one is new."
    )
    cerrado_en: Mapped[utc_instant | None]
    registrado_en: Mapped[utc_instant]
