"""What the acts and the sheets of a site tell the tables of sites and activations.

Who fills such a sheet may be a witness: everybody who may fill it may keep it. Its facts are written only by an
account that may change the site or the activation by hand, and only where nothing else stands; the rest is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import current_app

from albergues_app.accounts.identity import load_identity
from albergues_app.accounts.permissions import Permiso, permits
from albergues_app.albergues.capacity import MedidaNueva, Normas, add_medida
from albergues_app.albergues.models import Activacion, Albergue, Capacidad, ClaseCapacidad
from albergues_app.albergues.services import (
    CapacidadNueva,
    add_capacidad,
    add_contacto,
    change_albergue,
    transition_sitio,
)
from albergues_app.albergues.site_edit import DatosSitio, edit_sitio
from albergues_app.albergues.states import NOMBRE_SITIO, EstadoSitio
from albergues_app.capturas.places import Lugar
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.core.unit_of_work import current_actor
from albergues_app.formats.engine import NoAnswer
from albergues_app.ocupacion.services.cierre import transition_activacion

Answers = Mapping[str, Any]


def tell_site(codigo: str, lugar: Lugar, answers: Answers, before: Answers | None = None) -> list[Aviso]:
    """Write the facts of a kept sheet (``before``: what it said until now); what there is to tell.

    Runs in the unit of work that keeps the sheet.
    """
    tell = _TELL.get(codigo)
    if tell is None or lugar.albergue_id is None:
        return []
    permiso = Permiso.ACTIVACION_EDITAR if codigo in _OF_ACTIVATION else Permiso.ALBERGUE_EDITAR
    key: tuple[Any, UUID | None] = (
        (Activacion, lugar.activacion_id) if codigo in _OF_ACTIVATION else (Albergue, lugar.albergue_id)
    )
    row = db.session.get(key[0], key[1])
    if row is None:
        return []
    if not _may(permiso, row):
        return [
            Aviso(
                "datos_sin_escribir",
                "La hoja quedó guardada. Sus datos no se escribieron en la ficha del albergue: lo hace la "
                "municipalidad o la sede.",
            )
        ]
    return tell(row, _Said(answers), _Said(before or {}))


def _may(permiso: Permiso, row: Any) -> bool:
    actor = current_actor()
    if actor is None or actor.cuenta_id is None:
        return actor is not None  # the terminal has every right
    cuenta = load_identity(actor.cuenta_id)
    return cuenta is not None and permits(cuenta, permiso, row)


class _Said:
    """The answers of a sheet; «Desconocido» and «Prefiere no responder» say nothing to a table."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def __call__(self, name: str) -> Any:
        value = self._answers.get(name)
        return None if isinstance(value, NoAnswer) or value == "" else value

    def rows(self, name: str) -> list[_Said]:
        return [_Said(row) for row in self._answers.get(name) or ()]

    def sum(self, *names: str) -> int | None:
        """Of those that were said; None when none was."""
        found = [n for name in names if (n := self(name)) is not None]
        return sum(found) if found else None


def _settle(stands: Any, was: Any, says: Any, what: str, avisos: list[Aviso]) -> Any:
    """The value to keep: what the sheet says, unless somebody else wrote another thing."""
    if says is None or says == stands:
        return stands
    if stands in (None, "") or stands == was:
        return says
    avisos.append(
        Aviso("dato_distinto", f"{what}: consta «{stands}» y la hoja dice «{says}». Se dejó como estaba.")
    )
    return stands


def _authorise(albergue_id: UUID, personas: int | None, fuente: str, fecha: Any) -> None:
    """The capacity that an act authorises, from its day on; said again it is not written again."""
    if personas is None:
        return
    known = db.session.query(Capacidad).filter_by(
        albergue_id=albergue_id, clase=ClaseCapacidad.AUTORIZADA, personas=personas, fecha=fecha
    )
    if known.first() is None:
        add_capacidad(albergue_id, CapacidadNueva(personas, fuente, fecha, ClaseCapacidad.AUTORIZADA))


def _opening(row: Activacion, says: _Said, was: _Said) -> list[Aviso]:
    avisos: list[Aviso] = []
    opened = clock.as_utc(says("abierta_en")) if says("abierta_en") else None
    numero = says("numero_acta")
    row.acta_apertura = _settle(row.acta_apertura, was("numero_acta"), numero, "Acta de apertura", avisos)
    row.administrador = _settle(
        row.administrador, was("administrador"), says("administrador"), "Quién administra", avisos
    )
    if opened is not None and row.estado == "preparacion":
        avisos += _move(row, "activa", opened, row.acta_apertura)
    elif opened is not None and row.abierta_en is not None and opened != row.abierta_en:
        avisos.append(
            Aviso(
                "dato_distinto",
                f"Hora de apertura: consta {clock.to_local(row.abierta_en):%d/%m/%Y %H:%M}. Se dejó como estaba.",
                "abierta_en",
            )
        )
    day = clock.local_day(opened or clock.now())
    _authorise(row.albergue_id, says("capacidad_autorizada"), f"Acta de apertura {numero or ''}".strip(), day)
    db.session.flush()
    return avisos


def _closing(row: Activacion, says: _Said, was: _Said) -> list[Aviso]:
    if row.estado == "en_cierre":
        return _move(row, "cerrada", clock.as_utc(says("cerrada_en")), says("numero_acta"))
    if row.estado == "cerrada":
        avisos: list[Aviso] = []
        row.acta_cierre = _settle(
            row.acta_cierre, was("numero_acta"), says("numero_acta"), "Acta de cierre", avisos
        )
        db.session.flush()
        return avisos
    return [
        Aviso(
            "sigue_abierto",
            "El acta quedó guardada y el albergue sigue abierto: páselo a «en cierre» y ciérrelo con este número.",
            "numero_acta",
        )
    ]


def _move(row: Activacion, a: str, when: Any, numero: str | None) -> list[Aviso]:
    """Move an activation; what its rules refuse is told and the sheet stays: they refuse before they write."""
    try:
        body = transition_activacion(row.id, a, when, None, numero)
    except RuleBroken as error:
        return [Aviso(error.codigo, f"La hoja quedó guardada. {error.mensaje}", error.campo)]
    return [Aviso(x["codigo"], x["mensaje"], x["campo"]) for x in body["avisos"]]


def _official(row: Albergue, says: _Said, _was: _Said) -> list[Aviso]:
    if says("numero_acta") is None:
        return []  # a sheet to complete later authorises nothing yet
    act = ", punto ".join(str(part) for part in (says("numero_acta"), says("punto_acta")) if part)
    day = says("fecha_sesion")
    since = clock.day_start(day) if day is not None else clock.now()
    if not row.oficial:
        change_albergue(row, motivo=f"Acta {act}", vigente_desde=since, oficial=True)
    if day is not None:
        _authorise(row.id, says("capacidad_autorizada"), f"Acta {act}", day)
    if row.estado == EstadoSitio.OFICIALIZADO:
        return []
    return _transition(row, EstadoSitio.OFICIALIZADO, max(since, row.estado_desde), act)


_RESULT = {
    "apto": EstadoSitio.APTO,
    "apto_con_condiciones": EstadoSitio.CONDICIONES,
    "no_apto": EstadoSitio.NO_APTO,
}


def _evaluated(row: Albergue, says: _Said, was: _Said) -> list[Aviso]:
    result = _RESULT.get(says("resultado"))
    if result is None or (says("resultado"), says("fecha")) == (was("resultado"), was("fecha")):
        return []
    day = says("fecha")
    since = clock.day_start(day) if day is not None else clock.now()
    if row.estado == result:
        row.evaluado_en = max(since, row.evaluado_en or since)
        db.session.flush()
        return []
    return _transition(row, result, max(since, row.estado_desde), None)


def _transition(row: Albergue, a: EstadoSitio, when: Any, acta: str | None) -> list[Aviso]:
    try:
        return transition_sitio(row, a, min(when, clock.now()), None, acta)[1]
    except RuleBroken:
        return [
            Aviso(
                "estado_como_estaba",
                f"La hoja quedó guardada. El sitio sigue «{NOMBRE_SITIO[row.estado]}»: de ahí no pasa a "
                f"«{NOMBRE_SITIO[a]}».",
            )
        ]


def _survey(row: Albergue, says: _Said, was: _Said) -> list[Aviso]:
    """A survey is newer knowledge of the building: what it says replaces what was described before."""
    avisos: list[Aviso] = []
    if says("municipio") not in (None, row.municipio_codigo):
        avisos.append(
            Aviso(
                "dato_distinto",
                "La hoja dice otro municipio. Se dejó como estaba: cámbielo en «Editar».",
                "municipio",
            )
        )
    point = says("lat") is not None and says("lon") is not None
    avisos += edit_sitio(
        row,
        DatosSitio(
            says("nombre") or row.nombre,
            says("tipo_inmueble") or row.tipo_inmueble,
            float(says("lat")) if point else row.lat,
            float(says("lon")) if point else row.lon,
            says("precision_m") if point else row.precision_m,
            says("lugar_poblado") or row.lugar_poblado,
            says("direccion") or row.direccion,
            says("referencia") or row.referencia,
            says("propietario") or row.propietario,
        ),
    )
    day = says("fecha") or clock.local_day(clock.now())
    _measure(row, says, was, day)
    _authorise(row.id, says("capacidad_autorizada"), "Ficha de sitio, autorizada", day)
    if says("llaves_1_nombre") and _keys_of(says) != _keys_of(was):
        add_contacto(row, "llaves", *_keys_of(says))
    return avisos


def _keys_of(says: _Said) -> tuple[str, str | None]:
    return says("llaves_1_nombre") or "", says("llaves_1_telefono")


def _measured(says: _Said) -> tuple[float | None, int | None, int | None]:
    """Covered metres to sleep in, toilets, showers; None: not measured."""
    rooms = [r for r in says.rows("ambientes") if r("uso_previsto") in (None, "dormitorio")]
    metres = [float(m) for r in rooms if (m := r("util_m2")) is not None]
    return (
        sum(metres) if metres else None,
        says.sum("inodoros_mujeres", "inodoros_hombres", "inodoros_mixtos"),
        says.sum("duchas_mujeres", "duchas_hombres"),
    )


def _measure(row: Albergue, says: _Said, was: _Said, day: Any) -> None:
    found = _measured(says)
    if found == (None, None, None) or found == _measured(was):
        return
    add_medida(
        row.id, MedidaNueva(*found, None, "Ficha de sitio", day), Normas.from_settings(current_app.config)
    )


_TELL: dict[str, Callable[[Any, _Said, _Said], list[Aviso]]] = {
    "acta_apertura": _opening,
    "acta_cierre": _closing,
    "acta_oficializacion": _official,
    "evaluacion_sitio": _evaluated,
    "ficha_sitio": _survey,
}
_OF_ACTIVATION = frozenset({"acta_apertura", "acta_cierre"})
SITE_FORMATS = frozenset(_TELL)
"""Formats whose facts belong to the site or to its activation."""
