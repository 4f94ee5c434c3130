"""A bulletin: its draft, what each person did with it, and the sealed copy that nobody changes."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.consolidados.models import DelLugar
from albergues_app.core.db import Base, HasId, utc_instant


class EstadoBoletin(StrEnum):
    """Where a bulletin stands. ``sellado`` and ``descartado`` are the ends."""

    BORRADOR = "borrador"
    REVISADO = "revisado"
    AUTORIZADO = "autorizado"
    SELLADO = "sellado"
    DESCARTADO = "descartado"


ESTADO_NOMBRE: dict[str, str] = {
    "borrador": "Borrador",
    "revisado": "Revisado",
    "autorizado": "Autorizado",
    "sellado": "Emitido",
    "descartado": "Descartado",
}

MOVES: dict[EstadoBoletin, frozenset[EstadoBoletin]] = {
    EstadoBoletin.BORRADOR: frozenset({EstadoBoletin.REVISADO, EstadoBoletin.DESCARTADO}),
    EstadoBoletin.REVISADO: frozenset({EstadoBoletin.AUTORIZADO, EstadoBoletin.BORRADOR}),
    EstadoBoletin.AUTORIZADO: frozenset({EstadoBoletin.SELLADO, EstadoBoletin.BORRADOR}),
    EstadoBoletin.SELLADO: frozenset(),
    EstadoBoletin.DESCARTADO: frozenset(),
}
"""The legal moves. What was reviewed or authorised is not written on: it goes back to draft first."""


class Boletin(HasId, DelLugar, Audited, Base):
    """A bulletin being made: figures frozen at the cut-off as known at an instant, and what people wrote.

    ``cifras`` and ``textos`` are canonical JSON (``content.freeze``, ``writing.empty``).
    """

    __tablename__ = "boletin"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"cifras"})
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"textos", "motivo"})
    __table_args__ = (Index("ix_boletin_lugar", "emergencia_id", "ambito", "corte"),)

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    corte: Mapped[utc_instant]
    conocido_en: Mapped[utc_instant] = mapped_column(doc="The figures are those known at this instant.")
    estado: Mapped[str] = mapped_column(String(16), default=EstadoBoletin.BORRADOR)
    cifras: Mapped[str] = mapped_column(Text)
    textos: Mapped[str] = mapped_column(Text)
    redactores: Mapped[str] = mapped_column(Text, doc="Ids of the accounts that wrote in it, as JSON.")
    corrige_id: Mapped[UUID | None] = mapped_column(
        Uuid, doc="The sealed bulletin that this one is to correct."
    )
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it corrects the other.")
    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), doc="Who began it.")
    creado_en: Mapped[utc_instant]


class BoletinPaso(HasId, Audited, Base):
    """One legal move of a bulletin: who, when, over which content. Written once."""

    __tablename__ = "boletin_paso"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (Index("ix_boletin_paso_boletin", "boletin_id", "registrado_en"),)

    boletin_id: Mapped[UUID] = mapped_column(ForeignKey("boletin.id"))
    de: Mapped[str] = mapped_column(String(16))
    a: Mapped[str] = mapped_column(String(16))
    contenido: Mapped[str] = mapped_column(String(64), doc="SHA-256 of what was read: figures and texts.")
    motivo: Mapped[str | None] = mapped_column(Text)
    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"))
    registrado_en: Mapped[utc_instant]


class BoletinSellado(HasId, DelLugar, Audited, Base):
    """An issued bulletin, append-only. ``datos`` holds number and previous hash; ``huella`` is its SHA-256."""

    __tablename__ = "boletin_sellado"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"datos", "pdf"})
    __table_args__ = (
        UniqueConstraint("emergencia_id", "ambito", "numero"),
        CheckConstraint("numero > 0", name="numero_positivo"),
        CheckConstraint(
            "elaboro_id <> reviso_id AND elaboro_id <> autorizo_id AND reviso_id <> autorizo_id",
            name="tres_personas",
        ),
        Index("ix_boletin_sellado_corte", "emergencia_id", "corte"),
    )

    boletin_id: Mapped[UUID] = mapped_column(ForeignKey("boletin.id"), unique=True)
    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    numero: Mapped[int] = mapped_column(doc="From 1, without gaps, by emergency and place.")
    corte: Mapped[utc_instant]
    sellado_en: Mapped[utc_instant]
    personas: Mapped[int] = mapped_column(doc="In the register; copied down from ``datos``, as the next two.")
    solo_declaradas: Mapped[int]
    albergues: Mapped[int]
    corrige_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("boletin_sellado.id"), unique=True, doc="The one it corrects; each is corrected once."
    )
    elaboro_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"))
    reviso_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"))
    autorizo_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"))
    datos: Mapped[str] = mapped_column(Text)
    anterior: Mapped[str] = mapped_column(String(64))
    huella: Mapped[str] = mapped_column(String(64), unique=True)
    pdf: Mapped[bytes] = mapped_column(LargeBinary, doc="The sheet as it was issued.")
    pdf_huella: Mapped[str] = mapped_column(String(64))


CONCEPTOS: dict[str, str] = {
    "personas_en_riesgo": "Personas en riesgo",
    "personas_afectadas": "Personas afectadas",
    "personas_damnificadas": "Personas damnificadas",
    "personas_evacuadas": "Personas evacuadas",
    "personas_heridas": "Personas heridas",
    "personas_desaparecidas": "Personas desaparecidas",
    "personas_fallecidas": "Personas fallecidas",
    "viviendas_en_riesgo": "Viviendas en riesgo",
    "viviendas_leve": "Viviendas con daño leve",
    "viviendas_moderado": "Viviendas con daño moderado",
    "viviendas_severo": "Viviendas con daño severo",
    "escuelas": "Escuelas dañadas",
    "centros_salud": "Centros de salud dañados",
    "puentes": "Puentes dañados",
    "carreteras": "Carreteras dañadas",
    "edificios": "Edificios dañados",
}
"""Figures that shelters do not know (dominio.md 1.11): a person writes them with who says so and of which hour."""
