"""Rooms and units of a site, and the places people have in them. A place goes with its stay: who leaves frees it."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.territorio.models import EnAlbergue

TIPOS: dict[str, str] = {
    "aula": "Aula",
    "salon": "Salón",
    "cuarto": "Cuarto",
    "corredor": "Corredor",
    "carpa": "Carpa",
    "modulo": "Módulo",
    "otro": "Otro",
}
PARA: dict[str, str] = {
    "cualquiera": "Cualquiera",
    "familias": "Familias",
    "mujeres": "Mujeres solas",
    "hombres": "Hombres solos",
}


class Ambiente(HasId, EnAlbergue, Audited, Base):
    """A room, tent or unit of a site where people sleep."""

    __tablename__ = "ambiente"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"bloqueado_motivo"})

    albergue_id: Mapped[UUID] = mapped_column(ForeignKey("albergue.id"), index=True)
    nombre: Mapped[str] = mapped_column(Text)
    tipo: Mapped[str] = mapped_column(String(12))
    planta: Mapped[int] = mapped_column(doc="0: ground floor.")
    lugares: Mapped[int] = mapped_column(doc="Persons that fit.")
    para: Mapped[str] = mapped_column(String(12), default="cualquiera")
    accesible: Mapped[bool] = mapped_column(default=False, doc="With a ramp, or without steps.")
    bloqueado_motivo: Mapped[str | None] = mapped_column(Text, doc="Cannot be used now; None: it can.")
    retirado: Mapped[bool] = mapped_column(default=False, doc="No longer offered; its history stays.")
    creado_en: Mapped[utc_instant]


class LugarAsignado(HasId, EnAlbergue, Audited, Base):
    """A person's place in a room, from one hour to another. It counts while its stay is open: see ``queries.LIVE``."""

    __tablename__ = "lugar_asignado"
    __table_args__ = (
        Index(
            "uq_lugar_asignado_persona",
            "persona_id",
            unique=True,
            sqlite_where=text("hasta IS NULL"),
            postgresql_where=text("hasta IS NULL"),
        ),
        Index("ix_lugar_asignado_ambiente", "ambiente_id", "hasta"),
        Index("ix_lugar_asignado_activacion", "activacion_id", "desde"),
    )

    activacion_id: Mapped[UUID] = mapped_column(ForeignKey("activacion.id"))
    ambiente_id: Mapped[UUID] = mapped_column(ForeignKey("ambiente.id"))
    persona_id: Mapped[UUID] = mapped_column(Uuid, doc="The record whose check-in it goes with.")
    ingreso_movimiento: Mapped[UUID] = mapped_column(
        Uuid, doc="The check-in of the stay this place goes with."
    )
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant | None]
    excede: Mapped[bool] = mapped_column(default=False, doc="Given although the room was full, and said so.")
    cuenta_id: Mapped[UUID | None]
