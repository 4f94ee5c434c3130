"""The roll-call as a record, and the questions about who was not seen. An answer is a person's, never the clock's."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue


class Marca(StrEnum):
    """What was tapped of a person, or of a family."""

    AQUI = "aqui"
    NO_ESTA = "no_esta"
    SIN_VER = "sin_ver"


class Respuesta(StrEnum):
    """What somebody said of a person that was not at the roll-call."""

    VOLVIO = "volvio"
    ESTA_AQUI = "esta_aqui"
    SE_FUE = "se_fue"
    SIGUE_FUERA = "sigue_fuera"
    OTRA_LISTA = "otra_lista"


class PaseLista(HasId, EnAlbergue, Audited, Base):
    """A roll-call of an activation: when, by whom, and how many. The names are sealed."""

    __tablename__ = "pase_lista"
    __table_args__ = (Index("ix_pase_lista_activacion", "activacion_id", "ocurrido_en"),)

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    esperadas: Mapped[int] = mapped_column(doc="Persons of the register then, who was outside included.")
    presentes: Mapped[int]
    ausentes: Mapped[int] = mapped_column(doc="The register has them inside, and they were not there.")
    fuera: Mapped[int] = mapped_column(doc="On a salida temporal, and had not come back.")
    sin_ver: Mapped[int] = mapped_column(doc="Nobody said anything of them.")
    volvieron: Mapped[int] = mapped_column(doc="Of the present: they were outside in the register.")
    sin_registro: Mapped[int] = mapped_column(doc="Persons who were there and are in no list.")
    parte_id: Mapped[UUID | None] = mapped_column(Uuid, doc="The physical count that was sent from it.")
    detalle: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Ids by what was said of each, sealed with the emergency's key."
    )


class PreguntaAusencia(HasId, EnAlbergue, Audited, Base):
    """Somebody of the list was not at the roll-call: did they come back, leave, or are they still outside?"""

    __tablename__ = "pregunta_ausencia"
    __table_args__ = (
        UniqueConstraint("pase_id", "persona_id"),
        Index(
            "ix_pregunta_ausencia_abierta",
            "activacion_id",
            sqlite_where=text("respuesta IS NULL"),
            postgresql_where=text("respuesta IS NULL"),
        ),
        Index("ix_pregunta_ausencia_persona", "persona_id"),
    )

    pase_id: Mapped[UUID] = mapped_column(ForeignKey("pase_lista.id"))
    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    persona_id: Mapped[UUID] = mapped_column(Uuid)
    familia_id: Mapped[UUID] = mapped_column(Uuid)
    clase: Mapped[str] = mapped_column(String(8), doc="ausente | fuera")
    desde: Mapped[utc_instant] = mapped_column(doc="When they went out; of who was missed, the roll-call.")
    respuesta: Mapped[str | None] = mapped_column(String(12))
    respondida_en: Mapped[utc_instant | None]
    cuenta_id: Mapped[UUID | None] = mapped_column(doc="Who answered.")
