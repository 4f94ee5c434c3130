"""Who sits in a COE, who came, and the functions of the national response plan (PNR), by version."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.accounts.of_no_shelter import OfNoShelter
from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant
from albergues_app.formats.official.common_coordinacion import SECCION_SCI

SECCION_NOMBRE: dict[str, str] = {o.code: o.label for o in SECCION_SCI if o.code != "otro"}
"""Sections of the incident command system (dominio.md 1.6)."""


class PnrVersion(HasId, Audited, Base):
    """An edition of the PNR (dominio.md 1.2)."""

    __tablename__ = "pnr_version"
    __table_args__ = (UniqueConstraint("numero"),)

    numero: Mapped[str] = mapped_column(String(8))
    publicada: Mapped[str] = mapped_column(Text, doc="As its cover says it: «septiembre de 2022».")
    vigente_desde: Mapped[date | None]
    fuente: Mapped[str | None] = mapped_column(Text)


class PnrFuncion(HasId, Audited, Base):
    """A function of one version: data that a person types from the plan, never a rule of the program."""

    __tablename__ = "pnr_funcion"
    __table_args__ = (Index("ix_pnr_funcion_version", "version_id", "numero"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("pnr_version.id"))
    numero: Mapped[int | None] = mapped_column(doc="None: its number is not known.")
    nombre: Mapped[str] = mapped_column(Text)
    seccion: Mapped[str | None] = mapped_column(String(24))
    responsable: Mapped[str | None] = mapped_column(Text)
    apoyo: Mapped[str | None] = mapped_column(Text)
    verificada: Mapped[bool] = mapped_column(doc="Somebody compared it with the plan itself.")
    nota: Mapped[str | None] = mapped_column(Text, doc="What is still to be verified, and the source.")


class CoeIntegrante(HasId, OfNoShelter, Audited, Base):
    """An institution accredited in the COE of a place: who represents it, for which function, until when."""

    __tablename__ = "coe_integrante"
    __table_args__ = (Index("ix_coe_integrante_lugar", "departamento_codigo", "municipio_codigo"),)
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"titular", "suplente", "telefono", "correo"})

    departamento_codigo: Mapped[str | None] = mapped_column(String(2), doc="None: the national COE.")
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    institucion: Mapped[str] = mapped_column(Text)
    titular: Mapped[str] = mapped_column(Text)
    suplente: Mapped[str | None] = mapped_column(Text)
    telefono: Mapped[str | None] = mapped_column(String(40))
    correo: Mapped[str | None] = mapped_column(Text)
    funcion_id: Mapped[UUID | None] = mapped_column(ForeignKey("pnr_funcion.id"))
    seccion: Mapped[str | None] = mapped_column(String(24))
    acreditado_en: Mapped[date]
    vence_en: Mapped[date | None] = mapped_column(
        doc="The last day it is valid; None: until it is withdrawn."
    )
    retirado_en: Mapped[utc_instant | None]
    registrado_en: Mapped[utc_instant]


class CoeAsistencia(HasId, Audited, Base):
    """Somebody who was in an activation: of the accredited list or not, from when to when."""

    __tablename__ = "coe_asistencia"
    __table_args__ = (Index("ix_coe_asistencia_hora", "coe_id", "llego_en"),)
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nombre", "motivo"})

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    integrante_id: Mapped[UUID | None] = mapped_column(ForeignKey("coe_integrante.id"))
    institucion: Mapped[str] = mapped_column(Text)
    nombre: Mapped[str] = mapped_column(Text)
    llego_en: Mapped[utc_instant]
    salio_en: Mapped[utc_instant | None]
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why the line was annulled; it no longer counts.")
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
