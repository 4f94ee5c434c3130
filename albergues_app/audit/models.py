"""Append-only tables. None holds a personal value in clear: names of fields, or text sealed with the emergency's key."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.core.db import Base, HasId, utc_instant

APPEND_ONLY: tuple[str, ...] = (
    "auditoria",
    "lectura",
    "captura",
    "conflicto",
    "movimiento",
    "acta_escaneo",
    "entrega_linea",
    "entrega_escaneo",
    "formato_edicion",
    "codigo_oficial",
    "hoja_oficial",
    "aprobacion",
    "aprobacion_respuesta",
    "consolidado",
    "consolidado_transicion",
    "union_personas",
    "coe_entrada",
    "coe_grado",
    "coe_cierre",
    "boletin_paso",
    "boletin_sellado",
    "coe_resumen",
    "coe_recurso_paso",
    "coe_mensaje",
    "coe_mensaje_respuesta",
    "compromiso_paso",
    "compromiso_evidencia",
    "hoja_firmada",
    "registro_efecto",
)
"""Tables whose triggers refuse UPDATE, DELETE and (PostgreSQL) TRUNCATE."""


class Audited:
    """Mixin: every insert, change and removal of the row leaves an entry in ``auditoria``."""

    SENSIBLES: ClassVar[frozenset[str]] = frozenset()
    """Columns whose values never enter the trail: the entry names them only."""

    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset()
    """Columns that do not make an entry by themselves (last seen, derived state)."""


class Auditoria(Base):
    """One change of one row, or one reading of persons. Each row carries the hash of the one before."""

    __tablename__ = "auditoria"
    __table_args__ = (
        Index("ix_auditoria_fila", "tabla", "fila_id"),
        Index("ix_auditoria_cuenta", "cuenta_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]
    actor: Mapped[str] = mapped_column(Text)
    via: Mapped[str] = mapped_column(String(16))
    accion: Mapped[str] = mapped_column(String(16))
    tabla: Mapped[str] = mapped_column(String(40))
    fila_id: Mapped[str] = mapped_column(String(64))
    cambios: Mapped[str] = mapped_column(Text)
    anterior: Mapped[str] = mapped_column(String(64))
    huella: Mapped[str] = mapped_column(String(64))


class AuditoriaCabeza(Base):
    """The head of the chain: one row, locked while the next links are written."""

    __tablename__ = "auditoria_cabeza"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    huella: Mapped[str] = mapped_column(String(64))


class Lectura(HasId, Base):
    """Who looked at which person, written in the transaction of the reading itself."""

    __tablename__ = "lectura"
    __table_args__ = (Index("ix_lectura_persona", "persona_id", "registrado_en"),)

    persona_id: Mapped[UUID] = mapped_column(Uuid)
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]
    via: Mapped[str] = mapped_column(String(16))
    pantalla: Mapped[str] = mapped_column(String(80))
    motivo: Mapped[str | None] = mapped_column(Text)
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    auditoria_seq: Mapped[int | None] = mapped_column(BigInteger)


class Captura(HasId, Base):
    """A filled format as it was given, sealed with the key of its emergency; ``huella`` is over the sealed bytes."""

    __tablename__ = "captura"
    __table_args__ = (
        Index("ix_captura_activacion", "activacion_id", "formato"),
        Index("ix_captura_objeto", "objeto_id"),
    )

    formato: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[str] = mapped_column(String(16))
    emergencia_id: Mapped[UUID | None]
    activacion_id: Mapped[UUID | None]
    municipio_codigo: Mapped[str | None] = mapped_column(String(4))
    objeto_id: Mapped[UUID | None] = mapped_column(
        Uuid, doc="The row it was taken for: a family, a movement…"
    )
    version_de: Mapped[UUID | None] = mapped_column(Uuid, doc="The earlier Captura that this one corrects.")
    respuestas: Mapped[bytes] = mapped_column(LargeBinary)
    huella: Mapped[str] = mapped_column(String(64))
    folio: Mapped[str | None] = mapped_column(String(40))
    cuenta_id: Mapped[UUID | None]
    via: Mapped[str] = mapped_column(String(16))
    ocurrido_en: Mapped[utc_instant]
    capturado_en: Mapped[utc_instant]
    registrado_en: Mapped[utc_instant]


class Operacion(Base):
    """A write that was asked for with the client's id: what came of it, so that asking again changes nothing."""

    __tablename__ = "operacion"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    clase: Mapped[str] = mapped_column(String(80))
    huella: Mapped[str] = mapped_column(String(64))
    sello_id: Mapped[UUID | None] = mapped_column(
        Uuid, doc="Emergency whose key sealed the answer; NULL: the instance's."
    )
    respuesta: Mapped[bytes | None] = mapped_column(LargeBinary)
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class Conflicto(HasId, Base):
    """The same id sent with other content (409): the second content, sealed, kept as evidence."""

    __tablename__ = "conflicto"

    operacion_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    clase: Mapped[str] = mapped_column(String(80))
    sello_id: Mapped[UUID | None]
    primero: Mapped[bytes | None] = mapped_column(LargeBinary)
    contenido: Mapped[bytes] = mapped_column(LargeBinary)
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the sealed content.")
    cuenta_id: Mapped[UUID | None]
    registrado_en: Mapped[utc_instant]


class Sello(Base):
    """The key of one emergency, itself sealed by the instance's key. Destroying the row shreds what it sealed."""

    __tablename__ = "sello"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, doc="The emergency.")
    clave: Mapped[bytes] = mapped_column(LargeBinary)
    creado_en: Mapped[utc_instant]
