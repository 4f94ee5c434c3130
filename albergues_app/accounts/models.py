"""Accounts and their credentials. Secrets are stored as hashes or sealed, never in clear."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class Rol(StrEnum):
    """Codes of contrato-api.md «Roles»."""

    ADMINISTRACION = "administracion"
    NACIONAL = "nacional"
    SEDE = "sede"
    MUNICIPAL = "municipal"
    ALBERGUE = "albergue"
    REGISTRO = "registro"
    MANDO = "mando"
    PROTECCION = "proteccion"
    SALUD = "salud"
    INSTITUCION = "institucion"
    AUDITORIA = "auditoria"


ROL_NOMBRE: dict[Rol, str] = {
    Rol.ADMINISTRACION: "Administración del sistema",
    Rol.NACIONAL: "Oficina central",
    Rol.SEDE: "Sede departamental",
    Rol.MUNICIPAL: "Municipalidad",
    Rol.ALBERGUE: "Encargado de albergue",
    Rol.REGISTRO: "Registro de albergue",
    Rol.MANDO: "Mando de emergencia",
    Rol.PROTECCION: "Protección",
    Rol.SALUD: "Salud",
    Rol.INSTITUCION: "Institución",
    Rol.AUDITORIA: "Auditoría",
}

NATIONAL_WITHOUT_TERRITORY: frozenset[Rol] = frozenset(
    {Rol.NACIONAL, Rol.MANDO, Rol.PROTECCION, Rol.SALUD, Rol.AUDITORIA, Rol.ADMINISTRACION}
)
"""contrato-api.md: without any territory these roles are national; the others see nothing."""


class Cuenta(HasId, Audited, Base):
    """A person's account. Shared accounts are not made: volunteers get their own in one minute."""

    __tablename__ = "cuenta"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset(
        {"clave_hash", "codigo_hash", "totp_secreto", "totp_respaldo"}
    )
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"totp_ultimo"})

    correo: Mapped[str] = mapped_column(String(160), unique=True)
    nombre: Mapped[str] = mapped_column(Text)
    rol: Mapped[str] = mapped_column(String(16))
    activa: Mapped[bool] = mapped_column(default=True)
    clave_hash: Mapped[str | None] = mapped_column(Text)
    codigo_hash: Mapped[str | None] = mapped_column(Text, doc="One-time code printed at creation.")
    codigo_caduca_en: Mapped[utc_instant | None]
    totp_secreto: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_respaldo: Mapped[str | None] = mapped_column(
        Text, doc="Hashes of the printed spare codes, one a line."
    )
    totp_ultimo: Mapped[int | None] = mapped_column(doc="Last 30 s step used: a code works once.")
    creada_por: Mapped[UUID | None]
    creada_en: Mapped[utc_instant]


class CuentaTerritorio(HasId, Audited, Base):
    """One piece of an account's territory: a department, sede, municipality or shelter, by its code."""

    __tablename__ = "cuenta_territorio"
    __table_args__ = (UniqueConstraint("cuenta_id", "clase", "codigo"),)

    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), index=True)
    clase: Mapped[str] = mapped_column(String(16))
    codigo: Mapped[str] = mapped_column(String(16))


class Sesion(HasId, Base):
    """A browser session, revocable at once. Only the hash of its token is stored."""

    __tablename__ = "sesion"

    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    creada_en: Mapped[utc_instant]
    vista_en: Mapped[utc_instant]
    caduca_en: Mapped[utc_instant]
    revocada_en: Mapped[utc_instant | None]
    agente: Mapped[str] = mapped_column(Text, default="")


class FichaApi(HasId, Audited, Base):
    """A bearer token of a program. Only its hash is stored; it is shown once."""

    __tablename__ = "ficha_api"
    SENSIBLES: ClassVar[frozenset[str]] = frozenset({"token_hash"})

    cuenta_id: Mapped[UUID] = mapped_column(ForeignKey("cuenta.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    creada_en: Mapped[utc_instant]
    revocada_en: Mapped[utc_instant | None]


class Intento(Base):
    """Failed log-ins per account and per address: the delay grows and survives a restart."""

    __tablename__ = "intento"
    __table_args__ = (Index("ix_intento_ultimo", "ultimo_en"),)

    clave: Mapped[str] = mapped_column(String(80), primary_key=True, doc="«c:» or «d:» and a blind index.")
    fallos: Mapped[int]
    ultimo_en: Mapped[utc_instant]
    espera_hasta: Mapped[utc_instant]
