"""CAP 1.2 messages as institutions of Guatemala would send them; people and institutions are invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from albergues_app.core import clock

NS = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURE = (
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo/><SignatureValue>AAAA</SignatureValue>'
    "</Signature>"
)
QUICHE = "<geocode><valueName>P-code</valueName><value>GT14</value></geocode>"


def cap_xml(
    *,
    identifier: str = "insivumeh-1",
    sender: str = "avisos@insivumeh.example",
    sent: datetime | None = None,
    status: str = "Actual",
    msg_type: str = "Alert",
    scope: str = "Public",
    references: str = "",
    info: bool = True,
    areas: str = f"<area><areaDesc>Quiché</areaDesc>{QUICHE}</area>",
    event: str = "Lluvia intensa",
    headline: str = "Aviso de lluvia",
    description: str = "Se esperan 100 mm en 24 horas.",
    category: str = "Met",
    severity: str = "Severe",
    expires: timedelta | None = timedelta(hours=12),
    extra: str = "",
    before_areas: str = "",
    language: str = "es-GT",
    signed: bool = False,
    more: str = "",
) -> bytes:
    """One message; each part can be said otherwise."""
    when = sent or clock.now() - timedelta(hours=1)
    lines = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="{NS}">',
        f"<identifier>{escape(identifier)}</identifier><sender>{escape(sender)}</sender>",
        f"<sent>{spelled(when)}</sent><status>{status}</status><msgType>{msg_type}</msgType><scope>{scope}</scope>",
        extra,
        f"<references>{escape(references)}</references>" if references else "",
    ]
    if info:
        ends = f"<expires>{spelled(when + expires)}</expires>" if expires is not None else ""
        lines.append(
            f"<info><language>{language}</language><category>{category}</category><event>{escape(event)}</event>"
            f"<urgency>Expected</urgency><severity>{severity}</severity><certainty>Likely</certainty>{ends}"
            f"<senderName>INSIVUMEH de práctica</senderName><headline>{escape(headline)}</headline>"
            f"<description>{escape(description)}</description>{before_areas}{areas}</info>"
        )
    lines += [more, SIGNATURE if signed else "", "</alert>"]
    return "".join(lines).encode()


def spelled(when: datetime) -> str:
    return clock.to_local(when).isoformat(timespec="seconds")


def reference(identifier: str, sent: datetime, sender: str = "avisos@insivumeh.example") -> str:
    return f"{sender},{identifier},{spelled(sent)}"


def geocode(value: str, name: str = "P-code") -> str:
    return f"<area><areaDesc>Lugar</areaDesc><geocode><valueName>{name}</valueName><value>{value}</value></geocode></area>"
