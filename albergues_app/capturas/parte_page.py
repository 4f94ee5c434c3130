"""The parte diario on its own page: what is proposed from the register and from the last sheet, and what was confirmed.

A proposed value is kept only if somebody says so: it was typed over, or its part of the sheet was confirmed. The
counts that only a person can make (one by one, beds, rations) are never proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from albergues_app.albergues.models import Activacion
from albergues_app.capturas.bindings import PARTE
from albergues_app.capturas.blueprint import opened
from albergues_app.capturas.models import EstadoRegistro, Registro
from albergues_app.capturas.services import edition_of, typed_answers
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso
from albergues_app.formats.engine import Formato, Seccion
from albergues_app.formats.outputs.flat import cell_text
from albergues_app.formats.outputs.web_form import flatten
from albergues_app.ocupacion.bandas import CODIGOS
from albergues_app.ocupacion.flujo import flows
from albergues_app.ocupacion.foto import Foto, foto
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.services.parte import parte_before

FIRST = ("corte", "fuente", "personas", "familias", "mujeres", "hombres")
"""What everybody fills in; the rest of the sheet is folded under it."""

FROM_YESTERDAY = ("administrador", "agua_litros", "inodoros_mujeres", "inodoros_hombres", "duchas", "energia_horas",
                  "basura_retirada", "seguridad")  # fmt: skip
"""What seldom changes from one day to the next."""

_FLOWS = {
    "ingresos": "ingreso", "egresos": "egreso", "traslados_entran": "traslado_entra",
    "traslados_salen": "traslado_sale", "nacimientos": "nacimiento", "fallecimientos": "fallecimiento",
}  # fmt: skip
_GROUPS = {
    "embarazadas": "embarazada", "lactantes": "lactante", "con_discapacidad": "discapacidad",
    "enfermos_cronicos": "enfermedad_cronica", "extranjeros": "extranjero",
}  # fmt: skip
_SECURITY = "seguridad_"
REGISTRO, ANTERIOR, HORA = "el registro", "el parte anterior", "la hora"


@dataclass
class Propuesta:
    """Proposed values by the flat name of the field, and where each comes from."""

    valores: dict[str, str] = field(default_factory=dict)
    de: dict[str, str] = field(default_factory=dict)
    anterior: Parte | None = None
    registro: Foto | None = None

    def add(self, source: str, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if value is not None and value != "":
                self.valores.setdefault(name, cell_text(value))
                self.de.setdefault(name, source)


def propose(activacion: Activacion, formato: Formato, corte: datetime, gate: bool) -> Propuesta:
    """What the sheet of that cut may begin with. The reading of yesterday's sheet is noted."""
    found = Propuesta(anterior=parte_before(activacion.id, corte), registro=foto(activacion.id, corte))
    assert found.registro is not None
    last = found.anterior
    if found.registro.personas:
        found.add(REGISTRO, _from_register(found.registro))
        if last is not None:
            flow = flows([activacion.id], last.corte, corte)[activacion.id]
            found.add(REGISTRO, {name: flow[tipo] for name, tipo in _FLOWS.items()})
    if last is not None:
        found.add(
            ANTERIOR,
            {"personas_anterior": last.personas, "personas": last.personas, "familias": last.familias,
             "mujeres": last.mujeres, "hombres": last.hombres},
        )  # fmt: skip
    found.add(ANTERIOR, _from_last_sheet(activacion, formato))
    found.add(REGISTRO, {"administrador": activacion.administrador})
    night = clock.to_local(corte).hour < 12
    found.add(HORA, {"turno": "nocturno" if night else "diurno"})
    found.add(HORA, {"corte": clock.to_local(corte)})
    names = {c.name for c in formato.campos if not gate or c.gate}
    found.valores = {n: v for n, v in found.valores.items() if n in names or n.startswith(_SECURITY)}
    return found


def _from_register(seen: Foto) -> dict[str, Any]:
    bands = {
        f"{group}_{banda}": seen.bandas[sexo, banda]
        for group, sexo in (("mujeres", "mujer"), ("hombres", "hombre"))
        for banda in CODIGOS
    }
    return {
        "personas": seen.personas,
        "familias": seen.familias,
        "mujeres": seen.sexos["mujer"],
        "hombres": seen.sexos["hombre"],
        "no_registrado": seen.sexos["no_registrado"],
        **bands,
        **{name: seen.grupos[grupo] for name, grupo in _GROUPS.items()},
        "adultos_mayores": sum(n for (_s, banda), n in seen.bandas.items() if banda == "60_mas"),
        "conteo_nominal": seen.personas,
    }


def _from_last_sheet(activacion: Activacion, formato: Formato) -> dict[str, str]:
    row = db.session.scalar(
        select(Registro)
        .where(
            Registro.activacion_id == activacion.id,
            Registro.formato == PARTE,
            Registro.estado != EstadoRegistro.ANULADO,
        )
        .order_by(Registro.ocurrido_en.desc(), Registro.actualizado_en.desc())
        .limit(1)
    )
    if row is None:
        return {}
    edition = edition_of(row)
    answers = typed_answers(row, edition, opened(row, "web:parte_anterior"))
    flat = flatten(edition, answers)
    return {n: v for n, v in flat.items() if n in FROM_YESTERDAY or n.startswith(_SECURITY)}


def confirmed(
    formato: Formato, typed: Mapping[str, str], proposed: Mapping[str, str], sections: set[str]
) -> tuple[dict[str, str], list[str], list[str]]:
    """What stands of the sheet: (values, fields of the first part still to confirm, titles of the parts left out).

    ``proposed`` is what the page that was sent had proposed. In the first part an unconfirmed proposal is asked for;
    in the others it is left out.
    """
    section_of = {c.name: s for s in formato.secciones if isinstance(s, Seccion) for c in s.campos}
    values, asked, dropped = dict(typed), list[str](), list[str]()
    for name, value in proposed.items():
        if not value or typed.get(name) != value:
            continue  # nothing was proposed, or somebody wrote something else
        if name in FIRST:
            if (
                name != "corte" and "primero" not in sections
            ):  # the hour is in sight; the numbers are what counts
                asked.append(name)
            continue
        section = section_of.get(name) or section_of.get(name.rsplit("_", 1)[0])
        assert section is not None
        if section.code not in sections:
            values.pop(name)
            if section.title not in dropped:
                dropped.append(section.title)
    return values, asked, dropped


def to_confirm(asked: list[str]) -> list[Aviso]:
    """The one fault of a sheet whose first part nobody confirmed."""
    if not asked:
        return []
    return [
        Aviso(
            "falta_confirmar",
            "Los números propuestos no los ha confirmado nadie. Revíselos y marque «Son los de este corte».",
            "confirma-primero",
        )
    ]
