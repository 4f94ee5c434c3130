"""Frozen consolidated figures, their moves, and the totals that somebody else gave."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.accounts.of_no_shelter import OfNoShelter
from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class EstadoConsolidado(StrEnum):
    """dominio.md 2.4.22. ``preliminar`` is computed and stored nowhere; the rest is frozen."""

    PRELIMINAR = "preliminar"
    VALIDADO = "validado"
    ENVIADO = "enviado"
    RECTIFICADO = "rectificado"


ESTADO_NOMBRE: dict[str, str] = {
    "preliminar": "Preliminar",
    "validado": "Validado",
    "enviado": "Enviado",
    "rectificado": "Rectificado",
}

MOVES: dict[EstadoConsolidado, frozenset[EstadoConsolidado]] = {
    EstadoConsolidado.PRELIMINAR: frozenset({EstadoConsolidado.VALIDADO}),
    EstadoConsolidado.VALIDADO: frozenset({EstadoConsolidado.ENVIADO, EstadoConsolidado.RECTIFICADO}),
    EstadoConsolidado.ENVIADO: frozenset({EstadoConsolidado.RECTIFICADO}),
    EstadoConsolidado.RECTIFICADO: frozenset(),
}
"""The legal moves of one version. Rectified is the last: what replaces it is another version, validated in turn."""


class DelLugar(OfNoShelter):
    """Mixin: a municipality, a department (no municipality) or the country (neither); ``ambito`` is its code."""

    ambito: Mapped[str] = mapped_column(String(4), doc="`GT`, `14` or `1413`.")
    departamento_codigo: Mapped[str | None] = mapped_column(String(2))
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))


class Consolidado(HasId, DelLugar, Audited, Base):
    """One version of the consolidated figures of a cut-off, frozen when it was validated. Written once.

    ``datos`` is canonical JSON and ``huella`` its SHA-256; the state is that of its last ``ConsolidadoTransicion``.
    """

    __tablename__ = "consolidado"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"datos"})
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (
        UniqueConstraint("emergencia_id", "ambito", "corte", "version"),
        Index("ix_consolidado_corte", "corte", "ambito"),
        CheckConstraint("version > 0", name="version_positiva"),
    )

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    corte: Mapped[utc_instant]
    conocido_en: Mapped[utc_instant] = mapped_column(doc="As known at this instant: what its validator saw.")
    version: Mapped[int]
    rectifica_id: Mapped[UUID | None] = mapped_column(ForeignKey("consolidado.id"))
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it rectifies the one before.")
    datos: Mapped[str] = mapped_column(Text)
    huella: Mapped[str] = mapped_column(String(64))
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]

    @property
    def folio(self) -> str:
        """`CD-14-20261120-1800-V1`."""
        return folio_of(self)


def folio_of(row: Consolidado) -> str:
    from albergues_app.core import clock

    return f"CD-{row.ambito}-{clock.to_local(row.corte):%Y%m%d-%H%M}-V{row.version}"


class ConsolidadoTransicion(HasId, Audited, Base):
    """One legal move of a version: who, when, why, and to whom it was sent. Written once."""

    __tablename__ = "consolidado_transicion"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (UniqueConstraint("consolidado_id", "a"),)

    consolidado_id: Mapped[UUID] = mapped_column(ForeignKey("consolidado.id"))
    de: Mapped[str] = mapped_column(String(16))
    a: Mapped[str] = mapped_column(String(16))
    destinatario: Mapped[str | None] = mapped_column(Text, doc="Sent: to which office.")
    motivo: Mapped[str | None] = mapped_column(Text)
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class TotalDado(HasId, DelLugar, Audited, Base):
    """A total that somebody gave (a municipality by telephone, the press, CONRED), kept beside the computed one.

    It never changes a figure. A wrong one is annulled with its reason and stays readable.
    """

    __tablename__ = "total_dado"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"quien", "nota", "motivo"})
    __table_args__ = (
        Index("ix_total_dado_lugar", "emergencia_id", "corte"),
        CheckConstraint("personas >= 0", name="personas_no_negativas"),
        CheckConstraint("familias >= 0", name="familias_no_negativas"),
        CheckConstraint("albergues >= 0", name="albergues_no_negativos"),
    )

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    corte: Mapped[utc_instant] = mapped_column(doc="The hour the figure is of, as it was said.")
    clase: Mapped[str] = mapped_column(String(16), doc="todas | oficial | no_oficial | fuera")
    fuente: Mapped[str] = mapped_column(String(16))
    medio: Mapped[str] = mapped_column(String(16))
    quien: Mapped[str | None] = mapped_column(Text, doc="Office or person who said it.")
    personas: Mapped[int]
    familias: Mapped[int | None]
    albergues: Mapped[int | None]
    nota: Mapped[str | None] = mapped_column(Text)
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]
    anulado_en: Mapped[utc_instant | None]
    anulado_por: Mapped[UUID | None]
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it was annulled.")


FUENTE_NOMBRE: dict[str, str] = {
    "municipalidad": "Municipalidad",
    "gobernacion": "Gobernación",
    "conred": "CONRED",
    "coe": "COE",
    "prensa": "Prensa",
    "hoja": "Consolidado en papel",
    "otra": "Otra",
}
MEDIO_NOMBRE: dict[str, str] = {
    "telefono": "Teléfono",
    "radio": "Radio",
    "mensaje": "Mensaje",
    "boletin": "Boletín",
    "documento": "Documento",
    "publicacion": "Publicación",
}
CLASE_NOMBRE: dict[str, str] = {
    "oficial": "Oficiales",
    "no_oficial": "No oficiales",
    "fuera": "Fuera de albergue",
}
CLASE_DADA: dict[str, str] = {"todas": "Oficiales y no oficiales", **CLASE_NOMBRE}
