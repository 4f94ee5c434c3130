"""Who is who: what was decided (append-only), what one sede asks another, and who looks for whom."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class RespuestaConsulta(StrEnum):
    """What a sede answers another: never a datum of the person."""

    SI = "si"
    NO = "no"
    LLAME = "llame"


class UnionPersonas(HasId, EnAlbergue, Audited, Base):
    """Two records were said to be one human being, or an earlier union was undone. Never changed: who, when, why.

    Its place is that of the last stay of the record that spoke for both.
    """

    __tablename__ = "union_personas"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    __table_args__ = (
        UniqueConstraint("deshace_id"),
        Index("ix_union_personas_habla", "habla_id"),
        Index("ix_union_personas_unida", "unida_id"),
        Index("ix_union_personas_momento", "registrado_en"),
    )

    clase: Mapped[str] = mapped_column(String(12), doc="union | separacion")
    habla_id: Mapped[UUID] = mapped_column(Uuid, doc="The record that speaks for both.")
    unida_id: Mapped[UUID] = mapped_column(Uuid, doc="The record joined to it.")
    deshace_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("union_personas.id"), doc="Of a separacion: the union it undoes."
    )
    cruce: Mapped[str | None] = mapped_column(String(16), doc="What was said of two stays at the same time.")
    emergencia_id: Mapped[UUID] = mapped_column(
        ForeignKey("emergencia.id"), doc="Whose key sealed the reason."
    )
    motivo: Mapped[bytes | None] = mapped_column(LargeBinary, doc="Sealed.")
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class Consulta(HasId, EnAlbergue, Audited, Base):
    """A desk asks the sede of another territory whether the person in front of it is one that sede knows.

    Its place is that of the person asked about; who asks is told nothing of it but the answer.
    """

    __tablename__ = "consulta"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"escrito"})
    __table_args__ = (
        UniqueConstraint("nueva_id", "persona_id"),
        Index("ix_consulta_pide", "pide_activacion_id", "pedida_en"),
        Index("ix_consulta_espera", "respuesta", "pedida_en"),
    )

    persona_id: Mapped[UUID] = mapped_column(Uuid, doc="The record that may be the same person.")
    nueva_id: Mapped[UUID] = mapped_column(Uuid, doc="The id of the row at the desk, registered or not yet.")
    pide_activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    pide_cuenta_id: Mapped[UUID | None]
    emergencia_id: Mapped[UUID] = mapped_column(
        ForeignKey("emergencia.id"), doc="Whose key sealed ``escrito``."
    )
    escrito: Mapped[bytes] = mapped_column(LargeBinary, doc="What was typed of the person, sealed.")
    pedida_en: Mapped[utc_instant]
    respuesta: Mapped[str | None] = mapped_column(String(8), doc="si | no | llame; None: not yet.")
    respondida_en: Mapped[utc_instant | None]
    cuenta_id: Mapped[UUID | None] = mapped_column(doc="Who answered.")


class Busqueda(HasId, Audited, Base):
    """Somebody looks for a relative. What is typed is sealed; whether the person is registered is told to nobody."""

    __tablename__ = "busqueda"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"escrito"})
    __table_args__ = (Index("ix_busqueda_repartida", "repartida_en"),)

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"))
    escrito: Mapped[bytes] = mapped_column(LargeBinary, doc="Who asks, for whom and why, sealed.")
    cuenta_id: Mapped[UUID | None] = mapped_column(doc="Who took it down.")
    recibida_en: Mapped[utc_instant]
    repartida_en: Mapped[utc_instant | None] = mapped_column(
        doc="When it was compared with the register, away from who asks."
    )


class RespuestaBusqueda(StrEnum):
    """What became of asking the person looked for."""

    ACEPTA = "acepta"
    NO_ACEPTA = "no_acepta"
    NO_ES = "no_es"


class AvisoBusqueda(HasId, EnAlbergue, Audited, Base):
    """A person of the register who may be the one looked for: its sede asks it before anything is told."""

    __tablename__ = "aviso_busqueda"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nota"})
    __table_args__ = (
        UniqueConstraint("busqueda_id", "persona_id"),
        Index("ix_aviso_busqueda_espera", "respuesta"),
    )

    busqueda_id: Mapped[UUID] = mapped_column(ForeignKey("busqueda.id"))
    persona_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    razones: Mapped[str] = mapped_column(Text, doc="Why it may be, without names.")
    intentos: Mapped[int] = mapped_column(default=0, doc="Times the person could not be asked.")
    respuesta: Mapped[str | None] = mapped_column(String(12))
    nota: Mapped[bytes | None] = mapped_column(LargeBinary, doc="What the person allows to be told, sealed.")
    cuenta_id: Mapped[UUID | None]
    respondida_en: Mapped[utc_instant | None]
