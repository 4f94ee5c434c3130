"""What is derived from the ledger, in the ledger's own transaction; nobody else writes it.

``Estancia`` (open and closed stays), ``Tramo`` (intervals with the two times, from which any past hour is answered),
``Resumen`` and the families' (now), ``CorteDiario`` (per day). ``albergues base verificar`` recomputes them from the
ledger and reports any difference.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class Estancia(HasId, EnAlbergue, Base):
    """A stay of a person in an activation. Derived. At most one open in the whole country."""

    __tablename__ = "estancia"
    __table_args__ = (
        Index(
            "uq_estancia_una_abierta",
            "persona_id",
            unique=True,
            sqlite_where=text("egreso_en IS NULL"),
            postgresql_where=text("egreso_en IS NULL"),
        ),
        Index("ix_estancia_persona", "persona_id"),
        Index("ix_estancia_activacion_abierta", "activacion_id", "egreso_en"),
    )

    persona_id: Mapped[UUID] = mapped_column(Uuid)
    familia_id: Mapped[UUID] = mapped_column(Uuid)
    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    ingreso_en: Mapped[utc_instant]
    egreso_en: Mapped[utc_instant | None]
    ingreso_movimiento: Mapped[UUID] = mapped_column(Uuid)
    egreso_movimiento: Mapped[UUID | None]
    egreso_tipo: Mapped[str | None] = mapped_column(String(16))
    fuera: Mapped[bool] = mapped_column(default=False, doc="On a salida temporal now.")


class Tramo(Base):
    """An interval in which a person was inside, outside for a while, or in transit, with both times. Derived.

    ``desde``/``hasta``: when it was so. ``conocido_desde``/``conocido_hasta``: when we held it to be so.
    An open end is ``clock.FOREVER``. Sex, birth date, groups and family are those in force in the interval.
    """

    __tablename__ = "tramo"
    __table_args__ = (
        Index(
            "ix_tramo_vigente_hasta",
            "hasta", "desde", "activacion_id", "clase", "sexo", "nacimiento", "familia_id",
            sqlite_where=text("vigente"), postgresql_where=text("vigente"),
        ),
        Index(
            "ix_tramo_vigente_desde",
            "desde", "hasta", "activacion_id", "clase", "sexo", "nacimiento", "familia_id",
            sqlite_where=text("vigente"), postgresql_where=text("vigente"),
        ),
        Index("ix_tramo_cambia", "cambia_el", sqlite_where=text("vigente"), postgresql_where=text("vigente")),
        Index("ix_tramo_persona", "persona_id", sqlite_where=text("vigente"), postgresql_where=text("vigente")),
        Index("ix_tramo_activacion", "activacion_id", "hasta"),
        Index("ix_tramo_conocido_hasta", "conocido_hasta"),
        Index(
            "ix_tramo_transito", "hasta",
            sqlite_where=text("clase = 'transito'"), postgresql_where=text("clase = 'transito'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    persona_id: Mapped[UUID] = mapped_column(Uuid)
    familia_id: Mapped[UUID] = mapped_column(Uuid)
    activacion_id: Mapped[UUID] = mapped_column(Uuid)
    destino_id: Mapped[UUID | None] = mapped_column(Uuid, doc="In transit: where to.")
    clase: Mapped[str] = mapped_column(String(8), doc="dentro | fuera (inside its dentro) | transito")
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant]
    conocido_desde: Mapped[utc_instant]
    conocido_hasta: Mapped[utc_instant]
    vigente: Mapped[bool] = mapped_column(default=True, doc="conocido_hasta is FOREVER: what we hold now.")
    sexo: Mapped[str] = mapped_column(String(16))
    nacimiento: Mapped[date | None]
    grupos: Mapped[int] = mapped_column(default=0)
    banda: Mapped[str] = mapped_column(
        String(8), doc="The band under which an open interval stands in Resumen."
    )
    cambia_el: Mapped[date | None] = mapped_column(doc="Open intervals: the birthday that leaves that band.")


class Resumen(Base):
    """How many are inside now, by activation, sex and age band on the day they were counted. Derived."""

    __tablename__ = "resumen"
    __table_args__ = ({"sqlite_with_rowid": False},)  # read whole, by its key: one tree and not two

    activacion_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sexo: Mapped[str] = mapped_column(String(16), primary_key=True)
    banda: Mapped[str] = mapped_column(String(8), primary_key=True)
    personas: Mapped[int] = mapped_column(default=0)
    fuera: Mapped[int] = mapped_column(default=0)


class ResumenFamilia(Base):
    """How many members of a family are inside an activation now; the row goes when none is left. Derived."""

    __tablename__ = "resumen_familia"
    __table_args__ = ({"sqlite_with_rowid": False},)  # read whole, by its key: one tree and not two

    activacion_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    familia_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, index=True)
    personas: Mapped[int]


class ResumenLugar(Base):
    """How many families have somebody inside an activation now; the row goes when none is left. Derived.

    Triggers of ``resumen_familia`` keep it, so that every writer does.
    """

    __tablename__ = "resumen_lugar"
    __table_args__ = ({"sqlite_with_rowid": False},)

    activacion_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    familias: Mapped[int]


class ResumenReparto(Base):
    """In how many activations a family has somebody inside now: more than one, it is split. Kept likewise. Derived."""

    __tablename__ = "resumen_reparto"
    __table_args__ = (
        Index(
            "ix_resumen_reparto_varios", "familia_id",
            sqlite_where=text("lugares > 1"), postgresql_where=text("lugares > 1"),
        ),
        {"sqlite_with_rowid": False},
    )  # fmt: skip

    familia_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    lugares: Mapped[int]


class CorteDiario(Base):
    """Persons inside at the end of a local day, by activation, sex and band on that day. Derived."""

    __tablename__ = "corte_diario"
    __table_args__ = (Index("ix_corte_diario_activacion", "activacion_id", "dia"),)

    dia: Mapped[date] = mapped_column(primary_key=True)
    activacion_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sexo: Mapped[str] = mapped_column(String(16), primary_key=True)
    banda: Mapped[str] = mapped_column(String(8), primary_key=True)
    personas: Mapped[int]
    fuera: Mapped[int]


class CorteDia(Base):
    """A local day whose cut is stored; ``vencido`` says that a late movement asks for it to be cut again."""

    __tablename__ = "corte_dia"

    dia: Mapped[date] = mapped_column(primary_key=True)
    cortado_en: Mapped[utc_instant]
    vencido: Mapped[bool] = mapped_column(default=False, index=True)
