"""A message of the Common Alerting Protocol 1.2 (1.1 is read too), as plain values; no database, no catalogue.

The structure is OASIS CAP 1.2's: which elements, in which order, how often, with which closed lists. Parsed without
DTD, entities or anything fetched; the limits stand below.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError  # nosec B405 - the type of a parsed element; defusedxml parses

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from albergues_app.core import clock
from albergues_app.core.errors import Aviso, Invalid
from albergues_app.core.text import clean
from albergues_app.interchange.cap_structure import ALERT, AREA, CLOSED, CONTAINERS, INFO, RESOURCE, Often
from albergues_app.interchange.errors import ArchivoIlegible

MAX_BYTES: Final = 1024 * 1024
MAX_POINTS: Final = 10_000
"""Of all polygons and circles of a message: none that warns people comes near."""
MAX_FAULTS: Final = 20
NAMESPACES: Final = {
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
}
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[-+]\d\d:\d\d)")


@dataclass(frozen=True)
class Referencia:
    """An earlier message, as a later one names it."""

    remitente: str
    identificador: str
    enviado: datetime


@dataclass(frozen=True)
class Circulo:
    """Degrees WGS 84 and kilometres; a radius of 0 is a point."""

    lat: float
    lon: float
    km: float


Anillo = tuple[tuple[float, float], ...]
"""Closed line of (latitude, longitude), degrees WGS 84."""


@dataclass(frozen=True)
class Area:
    descripcion: str
    poligonos: tuple[Anillo, ...]
    circulos: tuple[Circulo, ...]
    geocodigos: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Info:
    """What a message says in one language, or of one part of the country."""

    idioma: str
    categorias: tuple[str, ...]
    evento: str
    respuestas: tuple[str, ...]
    urgencia: str
    severidad: str
    certeza: str
    rige_desde: datetime | None
    """``onset``, else ``effective``."""
    vence: datetime | None
    autoridad: str
    titular: str
    descripcion: str
    instruccion: str
    web: str
    contacto: str
    parametros: tuple[tuple[str, str], ...]
    areas: tuple[Area, ...]


@dataclass(frozen=True)
class Mensaje:
    version: str
    identificador: str
    remitente: str
    enviado: datetime
    estado: str
    tipo: str
    alcance: str
    fuente: str
    nota: str
    referencias: tuple[Referencia, ...]
    infos: tuple[Info, ...]
    firmado: bool
    """Carries an XML signature. Nobody verified it."""


def parse_message(data: bytes) -> Mensaje:
    """Read a CAP message.

    :raises ArchivoIlegible: no XML, too large, with DTD or entities, or no CAP message.
    :raises Invalid: every fault of its structure, up to ``MAX_FAULTS``.
    """
    root = _root(data)
    namespace, _, name = root.tag[1:].partition("}") if root.tag.startswith("{") else ("", "", root.tag)
    if name == "feed":
        raise ArchivoIlegible(
            "El archivo es un índice (Atom) de varios mensajes, no un mensaje. Abra uno de los enlaces que trae y "
            "suba ese archivo."
        )
    if namespace not in NAMESPACES or name != "alert":
        raise ArchivoIlegible(
            "El archivo no es un mensaje CAP 1.2. Pida a quien lo emite el mensaje CAP, que empieza por <alert>."
        )
    reader = _Reader(namespace)
    message = reader.read(root)
    if reader.faults:
        raise Invalid(reader.faults)
    return message


def _root(data: bytes) -> Element:
    if not data.strip():
        raise ArchivoIlegible("El archivo está vacío. Elija el archivo del mensaje CAP.")
    if len(data) > MAX_BYTES:
        raise ArchivoIlegible("El archivo pasa de 1 MB: no es un mensaje CAP. Revise qué archivo eligió.")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ArchivoIlegible(
            "El archivo trae definiciones XML (DTD o entidades) que no se aceptan por seguridad. Un mensaje CAP "
            "no las lleva: pida otro a quien lo emite."
        ) from error
    except (
        ParseError,
        ValueError,
        LookupError,
    ) as error:  # LookupError, ValueError: an encoding nobody knows
        raise ArchivoIlegible(
            "El archivo no se pudo leer como XML: parece cortado o de otra clase. Bájelo de nuevo y vuelva a subirlo."
        ) from error
    return root


class _Reader:
    """Reads one message and gathers what is wrong with it."""

    def __init__(self, namespace: str) -> None:
        self.namespace, self.faults, self.points = namespace, list[Aviso](), 0

    def fault(self, codigo: str, mensaje: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(Aviso(codigo, mensaje, "archivo"))

    def read(self, root: Element) -> Mensaje:
        parts = self.parts(root, ALERT, "alert")
        tipo, alcance = self.one(parts, "msgType"), self.one(parts, "scope")
        if tipo in {"Update", "Cancel"} and not self.one(parts, "references"):
            self.fault("falta_elemento", f"Un mensaje «{tipo}» debe decir a cuál se refiere (<references>).")
        if alcance == "Restricted" and not self.one(parts, "restriction"):
            self.fault("falta_elemento", "El alcance es «Restricted» y falta <restriction>.")
        if alcance == "Private" and not self.one(parts, "addresses"):
            self.fault("falta_elemento", "El alcance es «Private» y falta <addresses>.")
        for name in ("identifier", "sender"):
            if len(self.one(parts, name)) > 200:
                self.fault("texto_largo", f"<{name}> pasa de 200 letras.")
        return Mensaje(
            version=NAMESPACES[self.namespace],
            identificador=self.one(parts, "identifier"),
            remitente=self.one(parts, "sender"),
            enviado=self.instant(parts, "sent") or datetime.min.replace(tzinfo=UTC),
            estado=self.one(parts, "status"),
            tipo=tipo,
            alcance=alcance,
            fuente=self.one(parts, "source"),
            nota=self.one(parts, "note"),
            referencias=self.references(self.one(parts, "references")),
            infos=tuple(self.info(element) for element in parts.get("info", ())),
            firmado=root.find(f".//{{{_DSIG}}}Signature") is not None,
        )

    def parts(self, element: Element, spec: tuple[Often, ...], where: str) -> dict[str, list[Element]]:
        """The children of an element by name, held against what CAP allows there."""
        order = {name: n for n, (name, _low, _high) in enumerate(spec)}
        found: dict[str, list[Element]] = {}
        last = 0
        for child in element:
            namespace, _, name = str(child.tag)[1:].partition("}")
            if namespace == _DSIG:
                continue
            if namespace != self.namespace or name not in order:
                self.fault(
                    "elemento_desconocido", f"<{_short(name or child.tag)}> no va dentro de <{where}>."
                )
                continue
            if len(child) and name not in CONTAINERS:
                self.fault(
                    "elemento_desconocido", f"<{name}> lleva solo texto, y trae otros elementos dentro."
                )
            if order[name] < last:
                self.fault("elemento_fuera_de_orden", f"<{name}> está fuera de su orden dentro de <{where}>.")
            last = max(last, order[name])
            found.setdefault(name, []).append(child)
        for name, low, high in spec:
            count = len(found.get(name, ()))
            if count < low:
                self.fault("falta_elemento", f"Falta <{name}> dentro de <{where}>.")
            if high is not None and count > high:
                self.fault("elemento_repetido", f"<{name}> está {count} veces dentro de <{where}>; va una.")
            closed = CLOSED.get(name)
            for child in found.get(name, ()):
                value = _text(child)
                if low and not len(child) and not value:
                    self.fault("elemento_vacio", f"<{name}> está vacío dentro de <{where}>.")
                elif closed and value not in closed:
                    self.fault(
                        "valor_desconocido",
                        f"<{name}> dice «{_short(value)}»; CAP admite: {', '.join(closed[:12])}.",
                    )
        return found

    def one(self, parts: dict[str, list[Element]], name: str) -> str:
        return _text(parts[name][0]) if name in parts else ""

    def lines(self, parts: dict[str, list[Element]], name: str) -> str:
        """A long text with its paragraphs."""
        raw = (parts[name][0].text or "") if name in parts else ""
        return "\n".join(line for line in map(clean, raw.splitlines()) if line)

    def instant(self, parts: dict[str, list[Element]], name: str) -> datetime | None:
        raw = self.one(parts, name)
        return self.read_instant(raw, f"<{name}>") if raw else None

    def read_instant(self, raw: str, what: str) -> datetime | None:
        try:
            if not _INSTANT.fullmatch(raw):
                raise ValueError(raw)
            when = clock.as_utc(datetime.fromisoformat(raw))
        except (ValueError, OverflowError):
            when = None
        if when is None or not 1990 <= when.year <= 2100:
            self.fault(
                "hora_invalida",
                f"{what} dice «{_short(raw)}»; se espera fecha y hora con su zona, así: 2026-11-20T18:00:00-06:00.",
            )
            return None
        return when

    def references(self, raw: str) -> tuple[Referencia, ...]:
        found = []
        for said in raw.split()[:50]:
            parts = said.split(",")
            if len(parts) != 3 or not all(parts):
                self.fault(
                    "referencia_invalida",
                    f"<references> dice «{_short(said)}»; se espera remitente,identificador,hora.",
                )
                continue
            when = self.read_instant(parts[2], "<references>")
            if when is not None:
                found.append(Referencia(parts[0], parts[1], when))
        return tuple(found)

    def info(self, element: Element) -> Info:
        parts = self.parts(element, INFO, "info")
        for name in ("eventCode", "parameter"):
            for child in parts.get(name, ()):
                self.pair(child, name)
        for child in parts.get("resource", ()):
            self.parts(child, RESOURCE, "resource")
        effective, onset = self.instant(parts, "effective"), self.instant(parts, "onset")
        return Info(
            idioma=self.one(parts, "language") or "en-US",
            categorias=tuple(_text(child) for child in parts.get("category", ())),
            evento=self.one(parts, "event"),
            respuestas=tuple(_text(child) for child in parts.get("responseType", ())),
            urgencia=self.one(parts, "urgency"),
            severidad=self.one(parts, "severity"),
            certeza=self.one(parts, "certainty"),
            rige_desde=onset or effective,
            vence=self.instant(parts, "expires"),
            autoridad=self.one(parts, "senderName"),
            titular=self.one(parts, "headline"),
            descripcion=self.lines(parts, "description"),
            instruccion=self.lines(parts, "instruction"),
            web=self.one(parts, "web"),
            contacto=self.one(parts, "contact"),
            parametros=tuple(_pair(child) for child in parts.get("parameter", ())),
            areas=tuple(self.area(child) for child in parts.get("area", ())),
        )

    def pair(self, element: Element, where: str) -> None:
        """A name and its value; the value may be empty (real senders leave it so)."""
        names = [str(child.tag).rpartition("}")[2] for child in element]
        if names != ["valueName", "value"]:
            self.fault("falta_elemento", f"<{where}> debe llevar <valueName> y <value>.")

    def area(self, element: Element) -> Area:
        parts = self.parts(element, AREA, "area")
        for child in parts.get("geocode", ()):
            self.pair(child, "geocode")
        return Area(
            descripcion=self.one(parts, "areaDesc"),
            poligonos=tuple(
                ring for child in parts.get("polygon", ()) if (ring := self.polygon(_text(child)))
            ),
            circulos=tuple(
                circle for child in parts.get("circle", ()) if (circle := self.circle(_text(child)))
            ),
            geocodigos=tuple(_pair(child) for child in parts.get("geocode", ())),
        )

    def polygon(self, raw: str) -> Anillo | None:
        pairs = raw.split()
        if not self.counted(len(pairs)):
            return None
        points = [point for pair in pairs if (point := _point(pair)) is not None]
        if len(points) != len(pairs) or len(points) < 4 or points[0] != points[-1]:
            self.fault(
                "poligono_invalido",
                f"<polygon> dice «{_short(raw)}»; se esperan cuatro o más pares latitud,longitud, el último igual al "
                "primero.",
            )
            return None
        return tuple(points)

    def circle(self, raw: str) -> Circulo | None:
        if not self.counted(1):
            return None
        parts = raw.split()
        point = _point(parts[0]) if len(parts) == 2 else None
        km = _number(parts[1]) if len(parts) == 2 else None
        if point is None or km is None or not 0 <= km <= 20_000:
            self.fault(
                "circulo_invalido",
                f"<circle> dice «{_short(raw)}»; se espera latitud,longitud y el radio en km: 15.40,-91.15 20.",
            )
            return None
        return Circulo(*point, km)

    def counted(self, points: int) -> bool:
        """Held against ``MAX_POINTS``."""
        self.points += points
        if self.points > MAX_POINTS and self.points - points <= MAX_POINTS:
            self.fault(
                "area_desmedida", f"El área tiene más de {MAX_POINTS:,} puntos. Pida un mensaje más simple."
            )
        return self.points <= MAX_POINTS


def _text(element: Element) -> str:
    return clean(element.text or "")


def _pair(element: Element) -> tuple[str, str]:
    values: dict[str, Any] = {str(child.tag).rpartition("}")[2]: _text(child) for child in element}
    return str(values.get("valueName", "")), str(values.get("value", ""))


def _number(raw: str) -> float | None:
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _point(raw: str) -> tuple[float, float] | None:
    lat, comma, lon = raw.partition(",")
    y, x = _number(lat), _number(lon)
    if not comma or y is None or x is None or not (-90 <= y <= 90 and -180 <= x <= 180):
        return None
    return y, x


def _short(text: str) -> str:
    text = clean(text)
    return text if len(text) <= 40 else f"{text[:40]}…"
