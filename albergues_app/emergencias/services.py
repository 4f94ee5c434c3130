"""Declare an emergency, declare and lift alerts. The caller opens the unit of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from albergues_app.audit.sealing import create_seal
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, RuleBroken
from albergues_app.core.ids import uuid7
from albergues_app.core.text import clean
from albergues_app.emergencias.models import (
    Alerta,
    AlertaLugar,
    ColorAlerta,
    Emergencia,
    EmergenciaDepartamento,
)
from albergues_app.territorio.catalogo import catalogo


@dataclass(frozen=True)
class EmergenciaNueva:
    """What is needed to declare an emergency; ``departamentos`` are INE codes."""

    id: UUID
    nombre: str
    tipo: str
    inicio: datetime
    departamentos: Sequence[str]
    acta_numero: str | None = None
    autoridad: str | None = None
    base_legal: str | None = None


def declare_emergencia(datos: EmergenciaNueva) -> Emergencia:
    """Declare an emergency and make the key that will seal what is kept of its people.

    :raises Invalid: a department that does not exist, or none.
    """
    known = catalogo().departamentos
    errors = [
        Aviso("departamento_desconocido", f"El departamento «{codigo}» no existe. Use el código INE de dos cifras.",
              "departamentos")
        for codigo in datos.departamentos
        if codigo not in known
    ]  # fmt: skip
    if not datos.departamentos:
        errors.append(Aviso("falta_departamento", "Indique al menos un departamento.", "departamentos"))
    if errors:
        raise Invalid(errors)
    emergencia = Emergencia(
        id=datos.id,
        nombre=clean(datos.nombre),
        tipo=datos.tipo,
        inicio=datos.inicio,
        acta_numero=datos.acta_numero,
        autoridad=datos.autoridad,
        base_legal=datos.base_legal,
        registrada_en=clock.now(),
    )
    db.session.add(emergencia)
    for codigo in dict.fromkeys(datos.departamentos):
        db.session.add(EmergenciaDepartamento(id=uuid7(), emergencia_id=datos.id, departamento_codigo=codigo))
    create_seal(datos.id)
    db.session.flush()
    return emergencia


@dataclass(frozen=True)
class AlertaNueva:
    """A declared alert; ``lugares`` are department or municipality codes, none when it is national."""

    id: UUID
    emergencia_id: UUID | None
    ambito: str
    nivel: str
    color: str
    amenaza: str
    desde: datetime
    hasta: datetime | None
    autoridad: str
    documento: str | None
    lugares: Sequence[str]


def declare_alerta(datos: AlertaNueva) -> Alerta:
    """Put an alert in force. Several may cover one place; the highest is shown and all are listed.

    :raises Invalid: unknown colour, scope or place; a territorial alert without places.
    """
    errors: list[Aviso] = []
    if datos.color not in set(ColorAlerta):
        errors.append(Aviso("color_desconocido", "Elija verde, amarilla, anaranjada o roja.", "color"))
    if datos.ambito not in {"institucional", "poblacional"}:
        errors.append(Aviso("ambito_desconocido", "Elija ámbito institucional o poblacional.", "ambito"))
    if datos.nivel not in {"nacional", "departamental", "municipal"}:
        errors.append(Aviso("nivel_desconocido", "Elija nivel nacional, departamental o municipal.", "nivel"))
    if datos.nivel != "nacional" and not datos.lugares:
        errors.append(Aviso("falta_lugar", "Indique los departamentos o municipios de la alerta.", "lugares"))
    known = catalogo()
    for codigo in datos.lugares:
        if codigo not in known.departamentos and codigo not in known.municipios:
            errors.append(
                Aviso("lugar_desconocido", f"El lugar «{codigo}» no existe. Use su código INE.", "lugares")
            )
    if datos.hasta is not None and datos.hasta < datos.desde:
        errors.append(Aviso("fin_antes_de_inicio", "La alerta no puede terminar antes de empezar.", "hasta"))
    if errors:
        raise Invalid(errors)
    alerta = Alerta(
        id=datos.id,
        emergencia_id=datos.emergencia_id,
        ambito=datos.ambito,
        nivel=datos.nivel,
        color=datos.color,
        amenaza=datos.amenaza,
        desde=datos.desde,
        hasta=datos.hasta,
        autoridad=clean(datos.autoridad),
        documento=datos.documento,
        registrada_en=clock.now(),
    )
    db.session.add(alerta)
    for codigo in dict.fromkeys(datos.lugares if datos.nivel != "nacional" else ()):
        db.session.add(AlertaLugar(id=uuid7(), alerta_id=datos.id, codigo=codigo))
    db.session.flush()
    return alerta


def end_alerta(alerta: Alerta, hasta: datetime) -> None:
    """Lift an alert at an instant.

    :raises RuleBroken: `fin_antes_de_inicio`.
    """
    if hasta < alerta.desde:
        raise RuleBroken("fin_antes_de_inicio", "La alerta no puede terminar antes de empezar.", "hasta")
    alerta.hasta = hasta
    db.session.flush()


def end_emergencia(emergencia: Emergencia, fin: datetime) -> None:
    """Say that the emergency ended; its open shelters go on until each closes.

    :raises RuleBroken: `fin_antes_de_inicio`.
    """
    if fin < emergencia.inicio:
        raise RuleBroken("fin_antes_de_inicio", "La emergencia no puede terminar antes de empezar.", "fin")
    emergencia.fin = fin
    db.session.flush()
