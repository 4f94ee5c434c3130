"""Emergencia: what happens, where, since when. Alerta: colour x scope x territory x dates; several at once."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from albergues_app.audit import Audited
from albergues_app.core.db import Base, HasId, utc_instant


class TipoEmergencia(StrEnum):
    """contrato-api.md «Enumerations»."""

    INUNDACION = "inundacion"
    DESLIZAMIENTO = "deslizamiento"
    TORMENTA = "tormenta"
    HURACAN = "huracan"
    SISMO = "sismo"
    VOLCAN = "volcan"
    FRIO = "frio"
    VIENTO = "viento"
    INCENDIO = "incendio"
    QUIMICA = "quimica"
    OTRO = "otro"


TIPO_NOMBRE: dict[str, str] = {
    "inundacion": "Inundación",
    "deslizamiento": "Deslizamiento",
    "tormenta": "Tormenta",
    "huracan": "Huracán",
    "sismo": "Sismo",
    "volcan": "Erupción volcánica",
    "frio": "Temporada de frío",
    "viento": "Viento",
    "incendio": "Incendio",
    "quimica": "Sustancias químicas",
    "otro": "Otra amenaza",
}


class ColorAlerta(StrEnum):
    """Ascending order (dominio.md 1.7)."""

    VERDE = "verde"
    AMARILLA = "amarilla"
    ANARANJADA = "anaranjada"
    ROJA = "roja"


COLORES = list(ColorAlerta)
SIGNO_ALERTA: dict[str, str] = {"verde": "●", "amarilla": "▲", "anaranjada": "◆", "roja": "■"}


class Emergencia(HasId, Audited, Base):
    """An event that opens shelters. Several can run at once; a site can serve two."""

    __tablename__ = "emergencia"

    nombre: Mapped[str] = mapped_column(Text)
    tipo: Mapped[str] = mapped_column(String(16))
    inicio: Mapped[utc_instant]
    fin: Mapped[utc_instant | None]
    acta_numero: Mapped[str | None] = mapped_column(Text)
    autoridad: Mapped[str | None] = mapped_column(Text)
    base_legal: Mapped[str | None] = mapped_column(Text)
    es_simulacro: Mapped[bool] = mapped_column(default=False)
    factor_aforo: Mapped[float] = mapped_column(
        default=1.0, doc="Share of capacity that may be used (COVID: 0.5)."
    )
    registrada_en: Mapped[utc_instant]

    territorio: Mapped[list[EmergenciaDepartamento]] = relationship(
        back_populates="emergencia", order_by="EmergenciaDepartamento.departamento_codigo"
    )

    @property
    def departamentos(self) -> list[str]:
        return [t.departamento_codigo for t in self.territorio]


class EmergenciaDepartamento(HasId, Audited, Base):
    """A department the emergency touches."""

    __tablename__ = "emergencia_departamento"

    emergencia_id: Mapped[UUID] = mapped_column(ForeignKey("emergencia.id"), index=True)
    departamento_codigo: Mapped[str] = mapped_column(ForeignKey("departamento.codigo"))

    emergencia: Mapped[Emergencia] = relationship(back_populates="territorio")


class Alerta(HasId, Audited, Base):
    """One declared alert. National ones have no places; others list departments or municipalities."""

    __tablename__ = "alerta"

    emergencia_id: Mapped[UUID | None] = mapped_column(ForeignKey("emergencia.id"), index=True)
    ambito: Mapped[str] = mapped_column(String(16), doc="institucional | poblacional")
    nivel: Mapped[str] = mapped_column(String(16), doc="nacional | departamental | municipal")
    color: Mapped[str] = mapped_column(String(16))
    amenaza: Mapped[str] = mapped_column(String(16))
    desde: Mapped[utc_instant]
    hasta: Mapped[utc_instant | None]
    autoridad: Mapped[str] = mapped_column(Text)
    documento: Mapped[str | None] = mapped_column(Text)
    registrada_en: Mapped[utc_instant] = mapped_column(index=True)

    lugares: Mapped[list[AlertaLugar]] = relationship(back_populates="alerta", order_by="AlertaLugar.codigo")

    def covers(self, codigo: str | None) -> bool:
        """True when the place (department or municipality code; None: the country) is under this alert."""
        return covers(self.nivel, [p.codigo for p in self.lugares], codigo)


def covers(nivel: str, lugares: Iterable[str], codigo: str | None) -> bool:
    """Whether an alert of that level over those codes lies over a place (None: the country)."""
    return nivel == "nacional" or any(
        codigo is None or codigo.startswith(p) or p.startswith(codigo) for p in lugares
    )


class AlertaLugar(HasId, Audited, Base):
    """A department (2 digits) or municipality (4 digits) under the alert."""

    __tablename__ = "alerta_lugar"

    alerta_id: Mapped[UUID] = mapped_column(ForeignKey("alerta.id"), index=True)
    codigo: Mapped[str] = mapped_column(String(4))

    alerta: Mapped[Alerta] = relationship(back_populates="lugares")
