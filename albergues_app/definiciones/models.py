"""What administrators add to the formats of the code. Nothing of it is personal."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Date, Integer, LargeBinary, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, deferred, mapped_column

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, UTCDateTime, utc_instant


class FormatoDefinido(HasId, Audited, Base):
    """A format defined in the web: its draft, and whether it is in force and on the public shelf."""

    __tablename__ = "formato_definido"
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"borrador", "vuelta", "actualizado_en"})

    codigo: Mapped[str] = mapped_column(String(40), unique=True)
    borrador: Mapped[str | None] = mapped_column(Text, doc="The definition that is being written, as JSON.")
    vuelta: Mapped[int] = mapped_column(
        default=0, doc="Grows with every saving: two people do not overwrite each other."
    )
    publico: Mapped[bool] = mapped_column(default=True)
    retirado_en: Mapped[datetime | None] = mapped_column(UTCDateTime, doc="Its validity ended.")
    creado_en: Mapped[utc_instant]
    actualizado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class FormatoEdicion(HasId, Audited, Base):
    """A published edition. It never changes; ``huella`` is the fingerprint of the definition, and stands in the trail."""

    __tablename__ = "formato_edicion"
    __table_args__ = (UniqueConstraint("codigo", "edicion"),)
    SIN_RASTRO: ClassVar[frozenset[str]] = frozenset({"definicion"})

    codigo: Mapped[str] = mapped_column(String(40))
    edicion: Mapped[int]
    definicion: Mapped[str] = mapped_column(Text)
    huella: Mapped[str] = mapped_column(String(64))
    publicado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class CodigoOficial(HasId, Audited, Base):
    """The official number of a format as an administrator typed it. The newest holds; an empty one withdraws it."""

    __tablename__ = "codigo_oficial"
    __table_args__ = (UniqueConstraint("formato", "serie"),)

    formato: Mapped[str] = mapped_column(String(40))
    serie: Mapped[int]
    codigo: Mapped[str] = mapped_column(String(60))
    fuente: Mapped[str] = mapped_column(String(300), doc="Which document says so.")
    fecha: Mapped[date | None] = mapped_column(Date, doc="Of that document.")
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None]


class HojaOficial(HasId, Audited, Base):
    """The institution's own blank of a format, as PDF. The newest holds; one without content withdraws it."""

    __tablename__ = "hoja_oficial"
    __table_args__ = (UniqueConstraint("formato", "serie"),)

    formato: Mapped[str] = mapped_column(String(40))
    serie: Mapped[int]
    nombre: Mapped[str] = mapped_column(String(120), doc="The name of the file that was given.")
    peso: Mapped[int]
    paginas: Mapped[int]
    huella: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the file.")
    contenido: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    fuente: Mapped[str] = mapped_column(String(300))
    fecha: Mapped[date | None] = mapped_column(Date)
    registrado_en: Mapped[utc_instant]
    cuenta_id: Mapped[UUID | None] = mapped_column(Uuid)


class FormatosSerie(Base):
    """One row: a number that grows whenever a format that programs already hold in memory may have changed."""

    __tablename__ = "formatos_serie"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    serie: Mapped[int]
