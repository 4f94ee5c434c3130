"""What the acts and the sheets of a site tell the tables of sites and activations.

Who fills such a sheet may be a witness: everybody who may fill it may keep it. Its facts are written only by an
account that may change the site or the activation by hand, and only where nothing else stands; the rest is told.
An act or an evaluation that moves a state does so when it is signed (``firma.AL_FIRMAR``), or is refused whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from flask import current_app

from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.capacity import MedidaNueva, Normas, add_medida
from albergues_app.albergues.models import Activacion, Albergue, Capacidad, ClaseCapacidad
from albergues_app.albergues.services import (
    AlbergueNuevo,
    CapacidadNueva,
    add_capacidad,
    add_contacto,
    change_albergue,
    create_albergue,
    transition_sitio,
)
from albergues_app.albergues.site_edit import DatosSitio, edit_sitio
from albergues_app.albergues.states import NOMBRE_SITIO, EstadoSitio
from albergues_app.capturas.firma import AL_FIRMAR, AlFirmar, Hecho, actor_may, note_effect, told_before
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import FICHA_SITIO
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, RuleBroken
from albergues_app.formats.engine import NoAnswer
from albergues_app.ocupacion.services.cierre import transition_activacion

Answers = Mapping[str, Any]
_WHO = "la municipalidad o la sede"
_NOT_WRITTEN = Aviso(
    "datos_sin_escribir",
    f"La hoja quedó guardada. Sus datos no se escribieron en la ficha del albergue: lo hace {_WHO}.",
)
_LATER = Aviso(
    "ficha_incompleta",
    "La hoja quedó guardada. Pasará a la ficha del sitio cuando ya no le falte ningún dato obligatorio.",
)


@dataclass(frozen=True)
class HojaDeSitio:
    """A kept sheet of a site: of which record, in which version, whether it lacks something, and what it says."""

    registro_id: UUID
    captura_id: UUID
    codigo: str
    answers: Answers
    completa: bool


def tell_site(hoja: HojaDeSitio) -> list[Aviso]:
    """Write the facts of a kept sheet; what there is to tell. Runs in the unit of work that keeps the sheet.

    A survey of a site that is not registered yet registers it, and its record hangs there from then on.
    """
    tell = _TELL.get(hoja.codigo)
    if tell is None:
        return []
    if hoja.codigo == FICHA_SITIO and not hoja.completa:
        return [_LATER]
    record = db.session.get_one(Registro, hoja.registro_id)
    if record.albergue_id is None:
        return _new_site(hoja, record)
    row = db.session.get(Albergue, record.albergue_id)
    if row is None:
        return []
    if not actor_may(Permiso.ALBERGUE_EDITAR, row):
        return [_NOT_WRITTEN]
    avisos, dice = tell(row, _Said(hoja.answers), _Said(told_before(record)))
    if dice:
        note_effect(record.id, hoja.captura_id, Hecho("albergue", row.id, dice))
    return avisos


def _new_site(hoja: HojaDeSitio, record: Registro) -> list[Aviso]:
    """Register the site that a survey describes, for who may do so in that municipality."""
    says = _Said(hoja.answers)
    municipio = record.municipio_codigo
    if hoja.codigo != FICHA_SITIO or municipio is None:
        return []
    if not actor_may(Permiso.ALBERGUE_EDITAR, record):
        return [_NOT_WRITTEN]
    row, avisos = create_albergue(
        AlbergueNuevo(
            uuid5(record.id, "albergue"), says("nombre") or "", municipio, says("tipo_inmueble") or "otro"
        )
    )
    record.albergue_id, record.albergue_codigo = row.id, row.codigo
    told, _dice = _survey(row, says, _Said({}))
    note_effect(record.id, hoja.captura_id, Hecho("albergue", row.id, f"Registró el sitio {row.codigo}"))
    kept = [a for a in avisos if a.codigo == "posible_duplicado"]
    return [Aviso("sitio_registrado", f"Quedó registrado el sitio {row.codigo}."), *kept, *told]


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


def _opening(row: Activacion, says: _Said, was: _Said) -> tuple[list[Aviso], str]:
    avisos: list[Aviso] = []
    dice = "Anotó el acta y los datos de la apertura"
    opened = clock.as_utc(says("abierta_en")) if says("abierta_en") else None
    numero = says("numero_acta")
    row.acta_apertura = _settle(row.acta_apertura, was("numero_acta"), numero, "Acta de apertura", avisos)
    row.administrador = _settle(
        row.administrador, was("administrador"), says("administrador"), "Quién administra", avisos
    )
    if opened is None:
        raise RuleBroken("falta_hora", "Anote la hora de apertura en la hoja.", "abierta_en")
    if row.abierta_en is None:
        avisos += _move(row, "activa", opened, row.acta_apertura)
        dice = f"Abrió el albergue el {clock.to_local(opened):%d/%m/%Y %H:%M}"
    elif opened != row.abierta_en:
        avisos.append(
            Aviso(
                "dato_distinto",
                f"Hora de apertura: consta {clock.to_local(row.abierta_en):%d/%m/%Y %H:%M}. Se dejó como estaba.",
                "abierta_en",
            )
        )
    day = clock.local_day(opened)
    _authorise(row.albergue_id, says("capacidad_autorizada"), f"Acta de apertura {numero or ''}".strip(), day)
    db.session.flush()
    return avisos, dice


def _closing(row: Activacion, says: _Said, was: _Said) -> tuple[list[Aviso], str]:
    if row.estado != "cerrada":
        closed = says("cerrada_en")
        if closed is None:
            raise RuleBroken("falta_hora", "Anote la hora de cierre en la hoja.", "cerrada_en")
        when = clock.as_utc(closed)
        return _move(row, "cerrada", when, says("numero_acta")), (
            f"Cerró el albergue el {clock.to_local(when):%d/%m/%Y %H:%M}"
        )
    avisos: list[Aviso] = []
    row.acta_cierre = _settle(
        row.acta_cierre, was("numero_acta"), says("numero_acta"), "Acta de cierre", avisos
    )
    db.session.flush()
    return avisos, "Anotó el acta del cierre"


def _move(row: Activacion, a: str, when: Any, numero: str | None) -> list[Aviso]:
    body = transition_activacion(row.id, a, when, None, numero)
    return [Aviso(x["codigo"], x["mensaje"], x["campo"]) for x in body["avisos"]]


def _official(row: Albergue, says: _Said, _was: _Said) -> tuple[list[Aviso], str]:
    if says("numero_acta") is None:
        raise RuleBroken("falta_acta", "Anote el número del acta del Concejo en la hoja.", "numero_acta")
    act = ", punto ".join(str(part) for part in (says("numero_acta"), says("punto_acta")) if part)
    day = says("fecha_sesion")
    since = clock.day_start(day) if day is not None else clock.now()
    if not row.oficial:
        change_albergue(row, motivo=f"Acta {act}", vigente_desde=since, oficial=True)
    if day is not None:
        _authorise(row.id, says("capacidad_autorizada"), f"Acta {act}", day)
    if row.estado == EstadoSitio.OFICIALIZADO:
        return [], f"Anotó el acta {act}"
    when = min(max(since, row.estado_desde), clock.now())
    return transition_sitio(row, EstadoSitio.OFICIALIZADO, when, None, act)[
        1
    ], f"Oficializó el sitio: acta {act}"


_RESULT = {
    "apto": EstadoSitio.APTO,
    "apto_con_condiciones": EstadoSitio.CONDICIONES,
    "no_apto": EstadoSitio.NO_APTO,
}


def _evaluated(row: Albergue, says: _Said, was: _Said) -> tuple[list[Aviso], str]:
    result = _RESULT.get(says("resultado"))
    if result is None:
        raise RuleBroken("falta_resultado", "Anote el resultado de la evaluación en la hoja.", "resultado")
    if (says("resultado"), says("fecha")) == (was("resultado"), was("fecha")):
        return [], "Anotó la evaluación firmada, con el mismo resultado"
    day = says("fecha")
    since = clock.day_start(day) if day is not None else clock.now()
    if row.estado == result:
        row.evaluado_en = max(since, row.evaluado_en or since)
        db.session.flush()
        return [], "Anotó otra evaluación con el mismo resultado"
    try:
        when = min(max(since, row.estado_desde), clock.now())
        return transition_sitio(row, result, when, None, None)[1], f"Dejó el sitio «{NOMBRE_SITIO[result]}»"
    except RuleBroken:
        return [
            Aviso(
                "estado_como_estaba",
                f"La hoja quedó firmada. El sitio sigue «{NOMBRE_SITIO[row.estado]}»: de ahí no pasa a "
                f"«{NOMBRE_SITIO[result]}».",
            )
        ], f"Anotó la evaluación, «{NOMBRE_SITIO[result]}»; el sitio siguió «{NOMBRE_SITIO[row.estado]}»"


def _survey(row: Albergue, says: _Said, was: _Said) -> tuple[list[Aviso], str]:
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
    return avisos, "Escribió los datos del sitio"


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


_Teller = Callable[[Any, _Said, _Said], tuple[list[Aviso], str]]
_TELL: dict[str, _Teller] = {FICHA_SITIO: _survey}


def _signed(clase: str, tell: _Teller, then: str, why: str) -> AlFirmar:
    """What an act does when it is signed: its site's or its activation's move, or the refusal of it."""
    model, permiso = (
        (Activacion, Permiso.ACTIVACION_EDITAR)
        if clase == "activacion"
        else (Albergue, Permiso.ALBERGUE_EDITAR)
    )

    def target(record: Registro) -> Any:
        key = record.activacion_id if clase == "activacion" else record.albergue_id
        return db.session.get(model, key) if key is not None else None

    def apply(record: Registro, answers: Answers, before: Answers) -> Hecho:
        row = target(record)
        avisos, dice = tell(row, _Said(answers), _Said(before))
        return Hecho(clase, row.id, dice, avisos)

    def may(record: Registro) -> bool:
        row = target(record)
        return row is not None and actor_may(permiso, row)

    return AlFirmar(apply, may, _WHO, then, why)


AL_FIRMAR |= {
    "acta_apertura": _signed(
        "activacion",
        _opening,
        "se anota el acta y el albergue queda abierto, si no lo estaba",
        "Esta acta ya surtió efecto: lo que dice se corrige en la página del albergue.",
    ),
    "acta_cierre": _signed(
        "activacion",
        _closing,
        "el albergue queda cerrado",
        "Esta acta ya cerró el albergue: si vuelve a hacer falta, ábralo otra vez.",
    ),
    "acta_oficializacion": _signed(
        "albergue",
        _official,
        "el sitio queda oficializado",
        "Esta acta ya surtió efecto: el estado del sitio se cambia en su página.",
    ),
    "evaluacion_sitio": _signed(
        "albergue",
        _evaluated,
        "el sitio queda con el resultado de la evaluación",
        "Esta evaluación ya surtió efecto: el estado del sitio se cambia en su página.",
    ),
}
SITE_FORMATS = frozenset({*_TELL, *AL_FIRMAR})
"""Formats whose facts belong to the site or to its activation."""
