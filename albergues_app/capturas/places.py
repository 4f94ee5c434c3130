"""Where a filled format hangs, and the door to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404
from albergues_app.accounts.permissions import Permiso
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.albergues.reserve import is_hidden
from albergues_app.capturas.models import Registro
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.emergencias.models import Emergencia
from albergues_app.formats.engine import Ambito, Formato
from albergues_app.formats.outputs.pdf import Encabezado
from albergues_app.territorio.catalogo import catalogo

FICHA_SITIO = "ficha_sitio"
"""The format of a site that may name none yet: it is filled in for the municipality where the site is."""


@dataclass(frozen=True)
class Lugar:
    """A shelter at work, a site, a municipality or a department."""

    clave: str
    """`activacion:…`, `albergue:…`, `municipio:1401` or `departamento:14`."""
    nombre: str
    departamento: str
    municipio: str | None = None
    albergue_codigo: str | None = None
    albergue_id: UUID | None = None
    activacion_id: UUID | None = None
    emergencia_id: UUID | None = None
    emergencia: str = ""
    albergue: str = ""

    @property
    def args(self) -> dict[str, str]:
        """The place as an address and a form name it; ``place_of`` reads it back."""
        return place_args(self.clave, self.emergencia_id)

    @property
    def encabezado(self) -> Encabezado:
        """What is printed on the sheet before anybody writes."""
        known = catalogo()
        return Encabezado(
            evento=self.emergencia,
            albergue=self.albergue,
            albergue_codigo=self.albergue_codigo or "",
            departamento=known.departamento_nombre(self.departamento),
            municipio=known.municipio_nombre(self.municipio) if self.municipio else "",
        )

    @property
    def known_answers(self) -> dict[str, str]:
        """Answers that the place gives by itself, for the fields of the heading that a format has."""
        found = {
            "departamento": self.departamento, "municipio": self.municipio or "", "albergue": self.albergue,
            "albergue_codigo": self.albergue_codigo or "", "evento": self.emergencia,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}


def place_args(clave: str, emergencia_id: UUID | None) -> dict[str, str]:
    """What ``place_of`` is given for a place known by its key; an activation says its emergency by itself."""
    kind, _, key = clave.partition(":")
    if emergencia_id is None or kind == "activacion":
        return {kind: key}
    return {kind: key, "emergencia": str(emergencia_id)}


def place_of(formato: Formato, given: Mapping[str, str]) -> Lugar:
    """The place that was named, through its door.

    ``given`` may hold `activacion`, `albergue`, `municipio`, `departamento` and `emergencia`.

    :raises NotFound: it is absent or not for this account.
    :raises Invalid: the format needs another kind of place.
    """
    if formato.ambito is Ambito.ALBERGUE:
        return _of_activacion(_uuid(given, "activacion", "Elija el albergue."))
    if formato.ambito is Ambito.SITIO:
        if given.get("activacion"):
            return _of_activacion(_uuid(given, "activacion", ""))
        if formato.code == FICHA_SITIO and given.get("municipio") and not given.get("albergue"):
            return _of_territory({"municipio": given["municipio"]})
        return _of_albergue(_uuid(given, "albergue", "Elija el sitio."))
    if given.get("activacion"):
        return _of_activacion(_uuid(given, "activacion", ""))
    return _of_territory(given)


def place_of_row(row: Registro, formato: Formato) -> Lugar:
    """The place of a record, through the door of the place too."""
    given = {
        "activacion": str(row.activacion_id or ""), "albergue": str(row.albergue_id or ""),
        "municipio": row.municipio_codigo or "", "departamento": row.departamento_codigo,
        "emergencia": str(row.emergencia_id or "") if row.activacion_id is None else "",
    }  # fmt: skip
    return place_of(formato, given)


def paper_place(given: Mapping[str, str]) -> Lugar:
    """The place where numbered paper will be used, through its door: any of the four, whatever the format.

    :raises NotFound: it is absent or not for this account. :raises Invalid: none was named.
    """
    if given.get("activacion"):
        return _of_activacion(_uuid(given, "activacion", ""))
    if given.get("albergue"):
        return _of_albergue(_uuid(given, "albergue", ""))
    return _of_territory(given)


def _uuid(given: Mapping[str, str], name: str, sentence: str) -> UUID:
    raw = given.get(name)
    if not raw:
        raise Invalid([Aviso("falta_lugar", sentence, name)])
    try:
        return UUID(str(raw))
    except ValueError as error:
        raise NotFound() from error


def _of_activacion(activacion_id: UUID) -> Lugar:
    row = get_visible_or_404(Activacion, activacion_id, Permiso.ACTIVACION_VER)
    if is_hidden(current_cuenta(), row.albergue):
        raise NotFound()
    return _lugar_of(row)


def lugar_of_activacion(activacion_id: UUID) -> Lugar:
    """The place of an activation for the terminal, which has every right. :raises NotFound: there is none."""
    row = db.session.get(Activacion, activacion_id)
    if row is None:
        raise NotFound()
    return _lugar_of(row)


def _lugar_of(row: Activacion) -> Lugar:
    emergencia = db.session.get_one(Emergencia, row.emergencia_id)
    return Lugar(
        f"activacion:{row.id}", row.albergue.nombre, row.municipio_codigo[:2], row.municipio_codigo,
        row.albergue_codigo, row.albergue_id, row.id, row.emergencia_id, emergencia.nombre, row.albergue.nombre,
    )  # fmt: skip


def _of_albergue(albergue_id: UUID) -> Lugar:
    row = get_visible_or_404(Albergue, albergue_id, Permiso.ALBERGUE_VER)
    if is_hidden(current_cuenta(), row):
        raise NotFound()
    return Lugar(
        f"albergue:{row.id}", row.nombre, row.municipio_codigo[:2], row.municipio_codigo, row.codigo, row.id,
        albergue=row.nombre,
    )  # fmt: skip


def _of_territory(given: Mapping[str, str]) -> Lugar:
    cuenta, known = current_cuenta(), catalogo()
    municipio, departamento = given.get("municipio") or None, given.get("departamento") or None
    emergencia = _emergencia(given.get("emergencia"))
    event: dict[str, Any] = (
        {"emergencia_id": emergencia.id, "emergencia": emergencia.nombre} if emergencia else {}
    )
    if municipio is not None:
        if municipio not in known.municipios or not cuenta.covers_municipio(municipio):
            raise NotFound()
        return Lugar(
            f"municipio:{municipio}", known.lugar_texto(municipio), municipio[:2], municipio, **event
        )
    if departamento is None:
        raise Invalid([Aviso("falta_lugar", "Elija el departamento o el municipio.", "departamento")])
    if departamento not in known.departamentos or not cuenta.works_in_departamento(departamento):
        raise NotFound()
    return Lugar(
        f"departamento:{departamento}", known.departamento_nombre(departamento), departamento, **event
    )


def _emergencia(raw: str | None) -> Emergencia | None:
    if not raw:
        return None
    try:
        return get_visible_or_404(Emergencia, UUID(raw), Permiso.EMERGENCIA_VER)
    except ValueError as error:
        raise NotFound() from error
