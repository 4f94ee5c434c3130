"""Our alerts as CAP 1.2 messages, for systems that disseminate them. Off until the setting ``CAP_REMITENTE`` says who sends.

An alert that is no longer in force goes out as the `Cancel` of its message. The same alert always
gives the same bytes: repeating an export is no new message.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # nosec B405 - writes only

from flask import current_app

from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import NotFound, RuleBroken
from albergues_app.core.instance import is_training
from albergues_app.emergencias.models import TIPO_NOMBRE, Alerta, Emergencia
from albergues_app.interchange.cap_import import PARAM_AMBITO, PARAM_AMENAZA, PARAM_COLOR
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.data import to_pcode

_NS: Final = "urn:oasis:names:tc:emergency:cap:1.2"
_CATEGORY: Final = {
    "inundacion": "Met", "deslizamiento": "Geo", "tormenta": "Met", "huracan": "Met", "sismo": "Geo",
    "volcan": "Geo", "frio": "Met", "viento": "Met", "incendio": "Fire", "quimica": "CBRNE", "otro": "Other",
}  # fmt: skip
_BY_COLOR: Final = {
    "verde": ("Monitor", "Future", "Minor", "Possible"),
    "amarilla": ("Prepare", "Future", "Moderate", "Possible"),
    "anaranjada": ("Prepare", "Expected", "Severe", "Likely"),
    "roja": ("Execute", "Immediate", "Extreme", "Likely"),
}
"""responseType, urgency, severity, certainty (dominio.md 1.7: what each colour asks for)."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may carry, however it is written."""


def exports_cap() -> bool:
    """True when the instance says in whose name its alerts go out."""
    return bool(current_app.config["CAP_REMITENTE"])


def alerta_to_cap(alerta: Alerta, now: datetime) -> bytes:
    """An alert as a CAP 1.2 message, in UTF-8.

    :raises NotFound: exporting is off. :raises RuleBroken: `remitente_invalido`.
    """
    sender = str(current_app.config["CAP_REMITENTE"]).strip()
    if not sender:
        raise NotFound()
    if re.search(r"[\s,<&]", sender) or len(sender) > 200:
        raise RuleBroken(
            "remitente_invalido",
            "El ajuste CAP_REMITENTE no lleva espacios ni comas. Escriba un correo o un dominio, por ejemplo "
            "coe@institucion.gob.gt.",
        )
    ended = alerta.hasta is not None and alerta.hasta <= now
    identifier, sent = f"gt-albergues-{alerta.id}", _instant(alerta.registrada_en)
    root = Element("alert", {"xmlns": _NS})
    _add(root, "identifier", f"{identifier}-fin" if ended else identifier)
    _add(root, "sender", sender)
    _add(root, "sent", _instant(alerta.hasta) if ended and alerta.hasta else sent)
    _add(root, "status", "Exercise" if _is_exercise(alerta) else "Actual")
    _add(root, "msgType", "Cancel" if ended else "Alert")
    restricted = alerta.ambito == "institucional"
    _add(root, "scope", "Restricted" if restricted else "Public")
    if restricted:
        _add(root, "restriction", "Instituciones de respuesta")
    if ended:
        _add(root, "references", f"{sender},{identifier},{sent}")
    else:
        _info(root, alerta)
    indent(root)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n"


def _is_exercise(alerta: Alerta) -> bool:
    if is_training():
        return True
    emergencia = db.session.get(Emergencia, alerta.emergencia_id) if alerta.emergencia_id else None
    return emergencia is not None and emergencia.es_simulacro


def _info(root: Element, alerta: Alerta) -> None:
    response, urgency, severity, certainty = _BY_COLOR[alerta.color]
    threat = TIPO_NOMBRE[alerta.amenaza]
    info = SubElement(root, "info")
    _add(info, "language", "es-GT")
    _add(info, "category", _CATEGORY[alerta.amenaza])
    _add(info, "event", threat)
    _add(info, "responseType", response)
    _add(info, "urgency", urgency)
    _add(info, "severity", severity)
    _add(info, "certainty", certainty)
    _add(info, "effective", _instant(alerta.desde))
    if alerta.hasta is not None:
        _add(info, "expires", _instant(alerta.hasta))
    _add(info, "senderName", alerta.autoridad)
    _add(info, "headline", f"Alerta {alerta.color} {alerta.ambito}: {threat}")
    for name, value in (
        (PARAM_COLOR, alerta.color),
        (PARAM_AMBITO, alerta.ambito),
        (PARAM_AMENAZA, alerta.amenaza),
        ("GT-alerta-documento", alerta.documento),
    ):
        if value:
            _pair(info, "parameter", name, value)
    codes = [p.codigo for p in alerta.lugares]
    if not codes:
        area = SubElement(info, "area")
        _add(area, "areaDesc", "República de Guatemala")
        _pair(area, "geocode", "ISO 3166-1", "GT")
    known = catalogo()
    for codigo in codes:
        area = SubElement(info, "area")
        one = len(codigo) == 4
        _add(area, "areaDesc", known.lugar_texto(codigo) if one else known.departamento_nombre(codigo))
        _pair(area, "geocode", "INE", codigo)
        _pair(area, "geocode", "P-code", to_pcode(codigo))


def _instant(when: datetime) -> str:
    """As CAP wants it: seconds, and the offset of Guatemala."""
    return clock.to_local(when).isoformat(timespec="seconds")


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_XML.sub("", text)


def _pair(parent: Element, name: str, key: str, value: str) -> None:
    pair = SubElement(parent, name)
    _add(pair, "valueName", key)
    _add(pair, "value", value)
