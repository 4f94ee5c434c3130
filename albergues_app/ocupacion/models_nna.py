"""The restricted case of a child without an adult of its family, or separated (dominio.md 2.4.9)."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class OrigenCaso(StrEnum):
    """What opened a case."""

    INGRESO = "ingreso"
    TRASLADO = "traslado"
    QUEDO_SOLO = "quedo_solo"
    MARCADO = "marcado"
    REGISTRO = "registro"


class Resolucion(StrEnum):
    """How a case ends; the first three are of the format `registro_nna`."""

    REUNIFICADO = "reunificado"
    INSTITUCIONALIZADO = "institucionalizado"
    TRASLADADO = "trasladado"
    OTRO = "otro"
    ERROR = "error"


class CasoNna(HasId, EnAlbergue, Audited, Base):
    """A child to protect, from when it was known until protection resolves it, with the clock of the notice to PGN.

    Only the role `proteccion` reads it. What the filled format says stands sealed in its Captura; here is what the
    clock, the gate's «Avise a protección» and the rule of two persons ask. The codes follow the child to where it is.
    """

    __tablename__ = "caso_nna"
    __table_args__ = (
        Index(
            "uq_caso_nna_uno_abierto",
            "persona_id",
            unique=True,
            sqlite_where=text("cerrado_en IS NULL"),
            postgresql_where=text("cerrado_en IS NULL"),
        ),
        Index("ix_caso_nna_activacion", "activacion_id", "cerrado_en"),
        Index("ix_caso_nna_registro", "registro_id"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset(
        {"persona_id", "familia_id", "activacion_id", "albergue_codigo", "municipio_codigo", "condicion", "origen",
         "registro_id", "detalle", "resolucion"}
    )  # fmt: skip

    persona_id: Mapped[UUID | None] = mapped_column(
        Uuid, doc="None: the filled format names nobody of the register."
    )
    familia_id: Mapped[UUID | None] = mapped_column(Uuid)
    activacion_id: Mapped[UUID] = mapped_column(
        ForeignKey("activacion.id"), doc="Where the child is, or last was."
    )
    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"), index=True)
    condicion: Mapped[str] = mapped_column(String(16), doc="`sin_adulto` until the format says which.")
    origen: Mapped[str] = mapped_column(String(12))
    abierto_en: Mapped[utc_instant] = mapped_column(doc="When it was so; the clock runs from here.")
    registrado_en: Mapped[utc_instant]
    avisar_antes_de: Mapped[utc_instant]
    avisado_en: Mapped[utc_instant | None] = mapped_column(doc="When PGN was told.")
    registro_id: Mapped[UUID | None] = mapped_column(Uuid, doc="The filled `registro_nna` of this case.")
    detalle: Mapped[bytes | None] = mapped_column(
        LargeBinary, doc="Sealed: who was told and how; why it was closed."
    )
    cerrado_en: Mapped[utc_instant | None]
    resolucion: Mapped[str | None] = mapped_column(String(20))
    cuenta_id: Mapped[UUID | None]
    cerrado_por: Mapped[UUID | None]
