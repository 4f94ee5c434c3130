"""A commitment, every step of its life, the files that prove it, and the private addresses of calendars."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class EstadoCompromiso(StrEnum):
    """dominio.md 6.3. «Vencido» follows from the date and «reprogramado» from the history: neither is stored."""

    PENDIENTE = "pendiente"
    EN_PROCESO = "en_proceso"
    CUMPLIDO = "cumplido"
    CANCELADO = "cancelado"


OPEN = (EstadoCompromiso.PENDIENTE, EstadoCompromiso.EN_PROCESO)
ESTADO_NOMBRE: dict[str, str] = {
    "pendiente": "Pendiente",
    "en_proceso": "En proceso",
    "cumplido": "Cumplido",
    "cancelado": "Cancelado",
}
ORIGEN_NOMBRE: dict[str, str] = {
    "coe": "Bitácora del COE",
    "visita": "Visita de asesoría",
    "reunion": "Reunión",
    "evaluacion": "Evaluación de un sitio",
    "monitoreo": "Monitoreo de un albergue",
    "referencia": "Referencia",
    "otro": "Otro",
}
"""What a commitment was made in. Its id and folio are those of the row above: nothing is imported from there."""
PRIORIDAD_NOMBRE: dict[str, str] = {
    "rutina": "Rutina",
    "prioritario": "Prioritario",
    "urgente": "Urgente",
}


class Paso(StrEnum):
    """What may happen to a commitment."""

    CREADO = "creado"
    AVANCE = "avance"
    REPROGRAMADO = "reprogramado"
    REASIGNADO = "reasignado"
    CUMPLIDO = "cumplido"
    VERIFICADO = "verificado"
    DEVUELTO = "devuelto"
    CANCELADO = "cancelado"


PASO_NOMBRE: dict[str, str] = {
    "creado": "Se anotó",
    "avance": "Avance",
    "reprogramado": "Reprogramado",
    "reasignado": "Cambió el responsable",
    "cumplido": "Se dio por cumplido",
    "verificado": "Verificado",
    "devuelto": "Devuelto: no estaba cumplido",
    "cancelado": "Cancelado",
}


class Compromiso(HasId, Audited, Base):
    """Something somebody must do by a date. National: no department; of a department: no municipality.

    ``vivo`` until it was verified or cancelled: what lists and figures read, however long the history grows.
    """

    __tablename__ = "compromiso"
    __table_args__ = (
        UniqueConstraint("lugar", "anio", "serie"),
        CheckConstraint("municipio_codigo IS NULL OR departamento_codigo IS NOT NULL", name="lugar_completo"),
        CheckConstraint("verificado_por IS NULL OR verificado_por <> cumplido_por", name="verifica_otra"),
        CheckConstraint("(estado = 'cancelado' OR verificado_en IS NOT NULL) <> vivo", name="vivo"),
        Index("ix_compromiso_vence", "vivo", "vence_en"),
        Index("ix_compromiso_lugar", "vivo", "departamento_codigo", "vence_en"),
        Index("ix_compromiso_mio", "cuenta_id", "vivo", "vence_en"),
        Index("ix_compromiso_emergencia", "emergencia_id", "vivo", "vence_en"),
        Index("ix_compromiso_coe", "coe_id", "vivo", "vence_en"),
        Index("ix_compromiso_origen", "origen_id"),
    )
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"contenido", "responsable"})

    folio: Mapped[str] = mapped_column(String(24), unique=True)
    lugar: Mapped[str] = mapped_column(String(4), doc="Whose series numbers it: INE code, or GT.")
    anio: Mapped[int]
    serie: Mapped[int]
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, doc="What must be done, sealed with the emergency's key."
    )
    origen_clase: Mapped[str] = mapped_column(String(16))
    origen_id: Mapped[UUID | None] = mapped_column(Uuid, doc="The entry, the filled format… it was made in.")
    origen_folio: Mapped[str | None] = mapped_column(Text, doc="How people name that: a folio, a meeting.")
    coe_id: Mapped[UUID | None] = mapped_column(
        Uuid, doc="The activation of the COE whose log it was made in."
    )
    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"))
    departamento_codigo: Mapped[str | None] = mapped_column(String(2))
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    albergue_codigo: Mapped[str | None] = mapped_column(String(12))
    responsable: Mapped[str | None] = mapped_column(Text)
    institucion: Mapped[str | None] = mapped_column(Text)
    institucion_normal: Mapped[str | None] = mapped_column(Text, doc="To find it however it was written.")
    cuenta_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("cuenta.id"), doc="Account of who is responsible."
    )
    prioridad: Mapped[str] = mapped_column(String(16))
    vence_en: Mapped[utc_instant]
    con_hora: Mapped[bool] = mapped_column(
        doc="False: due at any hour of its day; overdue when the day ends."
    )
    estado: Mapped[str] = mapped_column(String(16))
    vivo: Mapped[bool]
    pasos: Mapped[int] = mapped_column(doc="Steps written so far.")
    reprogramaciones: Mapped[int] = mapped_column(default=0)
    creado_en: Mapped[utc_instant]
    creado_por: Mapped[UUID | None]
    actualizado_en: Mapped[utc_instant]
    cumplido_en: Mapped[utc_instant | None]
    cumplido_por: Mapped[UUID | None]
    verificado_en: Mapped[utc_instant | None]
    verificado_por: Mapped[UUID | None]


class CompromisoPaso(HasId, Audited, Base):
    """One step, append-only: so that no date that was ever agreed on is lost."""

    __tablename__ = "compromiso_paso"
    __table_args__ = (UniqueConstraint("compromiso_id", "orden"),)
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"contenido"})

    compromiso_id: Mapped[UUID] = mapped_column(ForeignKey("compromiso.id"))
    orden: Mapped[int]
    clase: Mapped[str] = mapped_column(String(16))
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    vencia_en: Mapped[utc_instant | None] = mapped_column(doc="Reprogrammed: the date it had.")
    vencia_con_hora: Mapped[bool | None]
    vence_en: Mapped[utc_instant | None] = mapped_column(doc="Created or reprogrammed: the date it got.")
    vence_con_hora: Mapped[bool | None]
    contenido: Mapped[bytes] = mapped_column(
        LargeBinary, doc="Reason, evidence, who was responsible: sealed with the emergency's key."
    )


class CompromisoEvidencia(HasId, Audited, Base):
    """A photograph or PDF that shows what was done; never changed."""

    __tablename__ = "compromiso_evidencia"
    __table_args__ = (UniqueConstraint("compromiso_id", "huella"),)
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"contenido"})

    compromiso_id: Mapped[UUID] = mapped_column(ForeignKey("compromiso.id"))
    orden: Mapped[int] = mapped_column(doc="The step that it goes with.")
    tipo: Mapped[str] = mapped_column(String(8), doc="pdf | jpeg | png, by the bytes of the file.")
    peso: Mapped[int] = mapped_column(doc="Bytes of the file as it is kept.")
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file as it is kept.")
    contenido: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    cuenta_id: Mapped[UUID | None]
    adjuntado_en: Mapped[utc_instant]


class CalendarioPrivado(HasId, Audited, Base):
    """An address at which a calendar reads an account's commitments. Only its hash is stored; it is shown once."""

    __tablename__ = "calendario_privado"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    alcance: Mapped[str] = mapped_column(String(12), doc="mios | territorio")
    creado_en: Mapped[utc_instant]
    revocado_en: Mapped[utc_instant | None]
