"""From a CAP message to the alert it proposes, or to the reason why it proposes none.

What CAP does not say the Guatemalan way (colour, scope, threat) is read from its parameters when our own export or
another of the country wrote them, else proposed from severity and words; a person confirms all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from albergues_app.core import clock
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.text import normalize
from albergues_app.emergencias.cap import CapRecibido
from albergues_app.emergencias.models import TipoEmergencia
from albergues_app.emergencias.models_cap import CalidadCap, ClaseCap
from albergues_app.interchange.cap_area import Lugares, places_of
from albergues_app.interchange.cap_message import Info, Mensaje, parse_message
from albergues_app.interchange.cap_structure import SEVERITY
from albergues_app.territorio.catalogo import catalogo

PARAM_COLOR: Final = "GT-alerta-color"
PARAM_AMBITO: Final = "GT-alerta-ambito"
PARAM_AMENAZA: Final = "GT-alerta-amenaza"
_AHEAD: Final = timedelta(hours=24)

_CLASE: Final = {"Alert": ClaseCap.ALERTA, "Update": ClaseCap.ACTUALIZACION, "Cancel": ClaseCap.CANCELACION}
_CALIDAD: Final = {
    "Actual": CalidadCap.REAL,
    "Exercise": CalidadCap.EJERCICIO,
    "Test": CalidadCap.PRUEBA,
}
_COLOR_OF_SEVERITY: Final = {
    "Extreme": "roja",
    "Severe": "anaranjada",
    "Moderate": "amarilla",
    "Minor": "verde",
}
_COLOR_WORDS: Final = {
    "verde": "verde", "green": "verde", "amarilla": "amarilla", "amarillo": "amarilla", "yellow": "amarilla",
    "anaranjada": "anaranjada", "anaranjado": "anaranjada", "naranja": "anaranjada", "orange": "anaranjada",
    "roja": "roja", "rojo": "roja", "red": "roja",
}  # fmt: skip
_THREAT_WORDS: Final = (
    ("volcan", r"volcan\w*|erupcion\w*|eruption\w*|ceniza\w*|ash\w*|lahar\w*|piroclastic\w*"),
    ("sismo", r"sism\w*|terremoto\w*|temblor\w*|earthquake\w*|seism\w*"),
    ("huracan", r"huracan\w*|hurricane\w*|ciclon\w*|cyclone\w*|tropical"),
    ("deslizamiento", r"desliz\w*|derrumb\w*|deslave\w*|landslide\w*|mudslide\w*|debris"),
    ("inundacion", r"inund\w*|crecida\w*|desbord\w*|flood\w*|lluvia\w*|rain\w*"),
    ("incendio", r"incendio\w*|fuego|fire\w*|wildfire\w*"),
    ("quimica", r"quimic\w*|chemical\w*|derrame\w*|hazmat|radiolog\w*|toxic\w*"),
    ("frio", r"fri[oa]s?|helada\w*|cold|frost|freeze\w*|nevada\w*"),
    ("tormenta", r"tormenta\w*|storm\w*|thunderstorm\w*|tempestad\w*"),
    ("viento", r"vientos?|wind\w*|rafaga\w*|gale\w*|tornado\w*"),
)
"""The more particular first: a «tropical storm» is a hurricane's, a «volcanic mudslide» a volcano's."""
_THREAT_OF_CATEGORY: Final = {"Fire": "incendio", "CBRNE": "quimica", "Met": "tormenta"}


def read_cap(row_id: UUID, data: bytes, now: datetime, training: bool) -> CapRecibido:
    """What a message proposes.

    :raises ArchivoIlegible: as ``parse_message``. :raises Invalid: its structure, its status, expired, of no place here.
    """
    mensaje = parse_message(data)
    infos = spoken(mensaje.infos)
    faults = _refusals(mensaje, infos, now, training)
    clase = _CLASE.get(mensaje.tipo, ClaseCap.ALERTA)
    if clase == ClaseCap.ACTUALIZACION and infos and all("AllClear" in i.respuestas for i in infos):
        clase = ClaseCap.CANCELACION
    lugares = Lugares(None)
    if clase != ClaseCap.CANCELACION:
        lugares = places_of((a for i in infos for a in i.areas), catalogo())
        if lugares.nivel is None:
            faults.append(Aviso("area_desconocida", _no_place(infos), "archivo"))
    if faults:
        raise Invalid(faults)
    worst = min(infos, key=lambda i: SEVERITY.index(i.severidad)) if infos else None
    return CapRecibido(
        id=row_id,
        remitente=mensaje.remitente,
        identificador=mensaje.identificador,
        enviado_en=mensaje.enviado,
        clase=clase,
        calidad=_CALIDAD[mensaje.estado],
        firmado=mensaje.firmado,
        referencias=[(r.remitente, r.identificador, r.enviado) for r in mensaje.referencias],
        evento=worst.evento[:200] if worst else "",
        severidad=worst.severidad if worst else "Unknown",
        nivel=lugares.nivel or "",
        lugares=lugares.codigos,
        ambito=_scope(mensaje, infos),
        color=_color(worst) if worst else None,
        amenaza=_threat(infos),
        desde=min((i.rige_desde for i in infos if i.rige_desde), default=mensaje.enviado),
        hasta=_ends(infos),
        autoridad=((worst.autoridad if worst else "") or mensaje.fuente or mensaje.remitente)[:200],
        contenido=data,
    )


def spoken(infos: Iterable[Info]) -> tuple[Info, ...]:
    """The blocks in Spanish, else those of the first language: the others say the same again."""
    listed = tuple(infos)
    spanish = tuple(i for i in listed if i.idioma.casefold().startswith("es"))
    return spanish or tuple(i for i in listed if i.idioma == listed[0].idioma)


def _refusals(mensaje: Mensaje, infos: tuple[Info, ...], now: datetime, training: bool) -> list[Aviso]:
    found: list[Aviso] = []

    def refuse(codigo: str, sentence: str) -> None:
        found.append(Aviso(codigo, sentence, "archivo"))

    if mensaje.tipo not in _CLASE:
        refuse("cap_no_es_alerta", f"El mensaje es «{mensaje.tipo}»: un acuse entre sistemas, no una alerta.")
    if mensaje.estado not in _CALIDAD:
        refuse("cap_no_es_alerta", f"El estado del mensaje es «{mensaje.estado}»: no es para difundir.")
    elif mensaje.estado != "Actual" and not training:
        what = "un ejercicio" if mensaje.estado == "Exercise" else "una prueba"
        refuse(
            "cap_de_prueba",
            f"El mensaje es {what} (estado «{mensaje.estado}»): aquí no se propone como alerta. Úselo en la instancia de "
            "Capacitación.",
        )
    if mensaje.enviado - now > _AHEAD:
        refuse(
            "cap_del_futuro", "La hora de envío está en el futuro. Confirme el mensaje con quien lo emite."
        )
    if mensaje.tipo == "Cancel":
        return found
    if not infos:
        refuse(
            "cap_sin_contenido", "El mensaje no trae ningún bloque <info>: no dice de qué alerta ni dónde."
        )
    ends = _ends(infos)
    if ends is not None and ends <= now:
        refuse(
            "cap_vencida", f"El mensaje venció el {_when(ends)}: ya no se propone. Pida el que esté vigente."
        )
    return found


def _ends(infos: tuple[Info, ...]) -> datetime | None:
    """The last hour at which a block of the message still holds; None when one has no end."""
    ends = [i.vence for i in infos]
    return max(e for e in ends if e) if ends and all(ends) else None


def _when(instant: datetime) -> str:
    return f"{clock.to_local(instant):%d/%m/%Y %H:%M}"


def _no_place(infos: tuple[Info, ...]) -> str:
    said = "; ".join(dict.fromkeys(a.descripcion for i in infos for a in i.areas if a.descripcion))
    where = f" Dice: «{said[:120]}»." if said else ""
    return (
        "El área del mensaje no cae en ningún departamento ni municipio de Guatemala: sus códigos y su forma no se "
        f"reconocen.{where} Si la alerta es de aquí, declárela a mano."
    )


def _parameter(info: Info, name: str) -> str:
    return next((v for n, v in info.parametros if n == name), "")


def _color(info: Info) -> str | None:
    for name, value in info.parametros:
        if name == PARAM_COLOR or re.search(r"colou?r|awareness level|nivel de alerta", normalize(name)):
            for word in normalize(value).split():
                if word in _COLOR_WORDS:
                    return _COLOR_WORDS[word]
    return _COLOR_OF_SEVERITY.get(info.severidad)


def _scope(mensaje: Mensaje, infos: tuple[Info, ...]) -> str:
    said = next(
        (v for i in infos if (v := _parameter(i, PARAM_AMBITO)) in {"poblacional", "institucional"}), ""
    )
    return said or ("poblacional" if mensaje.alcance == "Public" else "institucional")


def _threat(infos: tuple[Info, ...]) -> str:
    for info in infos:
        if (said := _parameter(info, PARAM_AMENAZA)) in set(TipoEmergencia):
            return said
    for text in (" ".join(i.evento for i in infos), " ".join(i.titular for i in infos)):
        words = normalize(text)
        for threat, pattern in _THREAT_WORDS:
            if re.search(rf"\b(?:{pattern})\b", words):
                return threat
    return next(
        (_THREAT_OF_CATEGORY[c] for i in infos for c in i.categorias if c in _THREAT_OF_CATEGORY), "otro"
    )
