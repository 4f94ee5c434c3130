"""A COE's activation, and its log: entries only grow, numbered without gaps and chained by hash."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.accounts.of_no_shelter import OfNoShelter
from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class NivelCoe(StrEnum):
    NACIONAL = "nacional"
    DEPARTAMENTAL = "departamental"
    MUNICIPAL = "municipal"


class GradoCoe(StrEnum):
    """How much of it works (dominio.md 1.6, design)."""

    MONITOREO = "monitoreo"
    PARCIAL = "activacion_parcial"
    TOTAL = "activacion_total"


GRADO_NOMBRE: dict[str, str] = {
    "monitoreo": "Monitoreo",
    "activacion_parcial": "Activación parcial",
    "activacion_total": "Activación total",
}


class TipoEntrada(StrEnum):
    """contrato-api.md «COE»."""

    LLAMADA = "llamada"
    RADIO = "radio"
    MENSAJE = "mensaje"
    REUNION = "reunion"
    DECISION = "decision"
    SOLICITUD = "solicitud"
    ASIGNACION = "asignacion"
    REPORTE = "reporte"
    INCIDENTE = "incidente"
    VISITA = "visita"
    CAMBIO_TURNO = "cambio_turno"
    BOLETIN = "boletin"
    OTRO = "otro"


TIPO_NOMBRE: dict[str, str] = {
    "llamada": "Llamada",
    "radio": "Radio",
    "mensaje": "Mensaje",
    "reunion": "Reunión",
    "decision": "Decisión",
    "solicitud": "Solicitud",
    "asignacion": "Asignación",
    "reporte": "Reporte de situación",
    "incidente": "Incidente",
    "visita": "Visita",
    "cambio_turno": "Cambio de turno",
    "boletin": "Boletín",
    "otro": "Otro",
}


MEDIO_NOMBRE: dict[str, str] = {
    "radio": "Radio",
    "telefono": "Teléfono",
    "mensajeria": "Mensajería",
    "presencial": "Presencial",
    "correo": "Correo",
    "oficio": "Oficio",
}
"""By what it came (dominio.md 1.9); by the API it may be any other word."""


class Prioridad(StrEnum):
    RUTINA = "rutina"
    PRIORITARIO = "prioritario"
    URGENTE = "urgente"


class Coe(HasId, OfNoShelter, Audited, Base):
    """One activation of a COE. National: no department; departmental: no municipality."""

    __tablename__ = "coe"
    __table_args__ = (
        CheckConstraint("municipio_codigo IS NULL OR departamento_codigo IS NOT NULL", name="lugar_completo"),
        Index("ix_coe_lugar", "departamento_codigo", "municipio_codigo"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"motivo"})
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"ultimo_folio", "cabeza", "cierres"})

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"), index=True)
    nivel: Mapped[str] = mapped_column(String(16))
    departamento_codigo: Mapped[str | None] = mapped_column(String(2))
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    grado: Mapped[str] = mapped_column(String(20), default=GradoCoe.TOTAL)
    autoridad: Mapped[str | None] = mapped_column(Text)
    acta_numero: Mapped[str | None] = mapped_column(Text)
    activado_en: Mapped[utc_instant]
    desactivado_en: Mapped[utc_instant | None]
    motivo: Mapped[str | None] = mapped_column(Text, doc="Why it was deactivated.")
    registrado_en: Mapped[utc_instant]
    ultimo_folio: Mapped[int] = mapped_column(default=0)
    cierres: Mapped[int] = mapped_column(default=0, doc="Closed periods of its log.")
    cabeza: Mapped[str] = mapped_column(
        String(64), doc="Hash of the last entry, or of the activation's data."
    )


class EntradaCoe(HasId, Audited, Base):
    """One entry, append-only: corrected by another that says which it rectifies. Its texts are sealed."""

    __tablename__ = "coe_entrada"
    __table_args__ = (
        UniqueConstraint("coe_id", "folio"),
        Index("ix_coe_entrada_hora", "coe_id", "ocurrido_en"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"contenido"})

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    folio: Mapped[int]
    ocurrido_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]
    tipo: Mapped[str] = mapped_column(String(16))
    prioridad: Mapped[str] = mapped_column(String(16))
    medio: Mapped[str | None] = mapped_column(String(40))
    turno: Mapped[str] = mapped_column(String(40))
    periodo: Mapped[str] = mapped_column(String(60))
    albergue_codigo: Mapped[str | None] = mapped_column(String(12), doc="Named in the text by its code.")
    territorio: Mapped[str | None] = mapped_column(String(4), doc="INE code of the place the fact is of.")
    rectifica_a: Mapped[int | None] = mapped_column(doc="Folio of the entry that this one corrects.")
    tardio: Mapped[bool] = mapped_column(default=False)
    cuenta_id: Mapped[UUID | None]
    texto: Mapped[str] = mapped_column(String(64), doc="Hash of the texts with their salt.")
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Subject, detail, from, to and salt, sealed with the emergency's key."
    )
    requiere_accion: Mapped[bool] = mapped_column(default=False)
    adjuntos: Mapped[str | None] = mapped_column(
        Text, doc="Its files as the chain holds them: a JSON list of id, kind, bytes and SHA-256."
    )
    sellado: Mapped[str | None] = mapped_column(
        String(64), doc="Hash of the sealed texts; None in entries of before files and actions were chained."
    )
    anterior: Mapped[str] = mapped_column(String(64))
    huella: Mapped[str] = mapped_column(String(64))


class AdjuntoCoe(HasId, Audited, Base):
    """A file of an entry. Until the entry is written it belongs to nobody's log, only to who sent it; then it stays."""

    __tablename__ = "coe_adjunto"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"nombre"})

    coe_id: Mapped[UUID] = mapped_column(ForeignKey("coe.id"))
    entrada_id: Mapped[UUID | None] = mapped_column(ForeignKey("coe_entrada.id"), index=True)
    tipo: Mapped[str] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int] = mapped_column(doc="Bytes of the file as it is kept.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it is kept.")
    nombre: Mapped[bytes] = mapped_column(LargeBinary, doc="As its owner called it, sealed.")
    contenido: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    cuenta_id: Mapped[UUID] = mapped_column(index=True)
    adjuntado_en: Mapped[utc_instant]
