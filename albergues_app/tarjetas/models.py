"""Cards and the lots they are printed in (F35): reserved before any data, tied to a family at the door."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import Territorial


class EstadoTarjeta(StrEnum):
    """What became of a card. An annulled or lost one says why, and its code is never given again."""

    LIBRE = "libre"
    ENTREGADA = "entregada"
    ANULADA = "anulada"
    PERDIDA = "perdida"


NOMBRE_TARJETA = {
    EstadoTarjeta.LIBRE: "Libre",
    EstadoTarjeta.ENTREGADA: "Entregada",
    EstadoTarjeta.ANULADA: "Anulada",
    EstadoTarjeta.PERDIDA: "Perdida",
}


class LoteTarjetas(HasId, Territorial, Audited, Base):
    """Cards printed together for a shelter or a municipality, before any family is known."""

    __tablename__ = "lote_tarjetas"

    lote: Mapped[str] = mapped_column(String(8), unique=True, doc="Printed on each card, beside its number.")
    cantidad: Mapped[int]
    albergue_id: Mapped[UUID | None] = mapped_column(ForeignKey("albergue.id"))
    albergue_codigo: Mapped[str | None] = mapped_column(String(12), index=True)
    creado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class Tarjeta(HasId, Audited, Base):
    """A code on paper. One of a lot is reserved in the whole country; one without a lot was of a family before.

    While it is the family's own, its code is ``Familia.codigo``. A replaced one keeps its row, so that the old
    code is known and never given again.
    """

    __tablename__ = "tarjeta"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (
        Index("ix_tarjeta_codigo", "codigo"),
        Index(
            "uq_tarjeta_de_lote",
            "codigo",
            unique=True,
            sqlite_where=text("lote_id IS NOT NULL"),
            postgresql_where=text("lote_id IS NOT NULL"),
        ),
        UniqueConstraint("emergencia_id", "codigo", name="uq_tarjeta_emergencia_codigo"),
        UniqueConstraint("lote_id", "numero", name="uq_tarjeta_lote_numero"),
    )

    codigo: Mapped[str] = mapped_column(String(8), doc="Speakable, with a check sign: `QK7-4M2`.")
    lote_id: Mapped[UUID | None] = mapped_column(ForeignKey("lote_tarjetas.id"))
    numero: Mapped[int | None] = mapped_column(doc="Its place in the lot.")
    estado: Mapped[str] = mapped_column(String(12))
    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"))
    familia_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    motivo: Mapped[str | None] = mapped_column(Text)
    cambiada_en: Mapped[utc_instant | None]
