"""Departments, municipalities, sedes: codes of INE as keys, OCHA p-codes beside them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement, func

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class Departamento(Base):
    """One of the 22; ``codigo`` is INE's, two digits."""

    __tablename__ = "departamento"

    codigo: Mapped[str] = mapped_column(String(2), primary_key=True)
    nombre: Mapped[str] = mapped_column(Text)
    pcode: Mapped[str] = mapped_column(String(4), unique=True)
    iso: Mapped[str] = mapped_column(String(5))
    cabecera: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text)


class Municipio(Base):
    """One of the 340; ``codigo`` is INE's, four digits, department first (0206 Sansare, 0207 Sanarate)."""

    __tablename__ = "municipio"

    codigo: Mapped[str] = mapped_column(String(4), primary_key=True)
    departamento_codigo: Mapped[str] = mapped_column(ForeignKey("departamento.codigo"), index=True)
    nombre: Mapped[str] = mapped_column(Text)
    nombre_normal: Mapped[str] = mapped_column(Text, index=True)
    pcode: Mapped[str] = mapped_column(String(6), unique=True)


class MunicipioAlias(Base):
    """Another name people and files use for a municipality."""

    __tablename__ = "municipio_alias"

    municipio_codigo: Mapped[str] = mapped_column(ForeignKey("municipio.codigo"), primary_key=True)
    alias_normal: Mapped[str] = mapped_column(String(80), primary_key=True)
    alias: Mapped[str] = mapped_column(Text)


class Sede(Audited, Base):
    """A departmental office of SOSEP: 24 in 22 departments, two of them «por confirmar»."""

    __tablename__ = "sede"

    codigo: Mapped[str] = mapped_column(String(8), primary_key=True)
    nombre: Mapped[str] = mapped_column(Text)
    departamento_codigo: Mapped[str | None] = mapped_column(ForeignKey("departamento.codigo"))
    municipio_codigo: Mapped[str | None] = mapped_column(ForeignKey("municipio.codigo"))
    por_confirmar: Mapped[bool] = mapped_column(default=False)
    activa_desde: Mapped[date | None]
    activa_hasta: Mapped[date | None]


class SedeMunicipio(HasId, Audited, Base):
    """Which sede a municipality belongs to, between two dates: exactly one at any date."""

    __tablename__ = "sede_municipio"
    __table_args__ = (Index("ix_sede_municipio_municipio", "municipio_codigo", "desde"),)

    sede_codigo: Mapped[str] = mapped_column(ForeignKey("sede.codigo"))
    municipio_codigo: Mapped[str] = mapped_column(ForeignKey("municipio.codigo"))
    desde: Mapped[date]
    hasta: Mapped[date | None]


class LimitesEdicion(HasId, Audited, Base):
    """An edition of the boundaries: where it came from, and the credit line the map shows."""

    __tablename__ = "limites_edicion"

    nivel: Mapped[int]
    fuente: Mapped[str] = mapped_column(Text)
    fecha: Mapped[str] = mapped_column(Text)
    licencia: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    archivo: Mapped[str | None] = mapped_column(Text)
    importada_en: Mapped[utc_instant]
    vigente: Mapped[bool] = mapped_column(default=True)


class Territorial:
    """Mixin of every row that belongs to a place: the code is copied down, so each row is filtered alone."""

    municipio_codigo: Mapped[str] = mapped_column(String(4), index=True)

    @hybrid_property
    def departamento_codigo(self) -> str:
        return self.municipio_codigo[:2]

    @departamento_codigo.inplace.expression
    @classmethod
    def _departamento_codigo(cls) -> ColumnElement[str]:
        return func.substr(cls.municipio_codigo, 1, 2)


class EnAlbergue(Territorial):
    """Mixin of every row that belongs to a shelter: both codes are copied down, so each row is filtered alone."""

    albergue_codigo: Mapped[str] = mapped_column(String(12), index=True)
