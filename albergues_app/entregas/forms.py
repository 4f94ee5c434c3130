"""The form of a delivery: one row per format of the catalogue; those with a quantity are its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from albergues_app.core.typed import Typed
from albergues_app.entregas.models import EDICION_ANTERIOR, MEDIO_NOMBRE, EntregaFormatos, EntregaLinea, Medio
from albergues_app.entregas.queries import Estado, Renglon, edicion_texto, today
from albergues_app.entregas.services import EntregaNueva, LineaNueva
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import fold

MOST = 100_000


@dataclass(frozen=True)
class Destino:
    """To whom: a municipality, or one of its shelters; and from where the delivery comes."""

    municipio: str
    albergue_id: UUID | None = None
    visita_id: UUID | None = None
    corrige_id: UUID | None = None


@dataclass(frozen=True)
class Opciones:
    """A row of the form: what the place holds, and the editions one may have given."""

    renglon: Renglon
    ediciones: tuple[tuple[int, str], ...]


def opciones(renglones: Sequence[Renglon]) -> list[Opciones]:
    """Every format with its editions, the one in force first, and the older paper last."""
    known: dict[str, list[int]] = {}
    for formato in formatos.editions():
        known.setdefault(formato.code, []).append(formato.version)
    found = []
    for renglon in renglones:
        now = renglon.formato.version
        others = sorted((v for v in known[renglon.formato.code] if v != now), reverse=True)
        numbers = (now, *others, EDICION_ANTERIOR)
        found.append(Opciones(renglon, tuple((n, edicion_texto(n)) for n in numbers)))
    return found


def read_entrega(typed: Typed, destino: Destino, renglones: Sequence[Renglon]) -> EntregaNueva:
    """The delivery as it was typed; faults stay in ``typed``."""
    lineas = _lines(typed, renglones)
    if not lineas and not typed.errores:
        typed.fault("sin_formatos", "Anote al menos un formato con su cantidad.", "lineas")
    given = typed.yes("capacitacion")
    return EntregaNueva(
        id=typed.op_id,
        municipio=destino.municipio,
        albergue_id=destino.albergue_id,
        visita_id=destino.visita_id,
        corrige_id=destino.corrige_id,
        fecha=typed.day("fecha", "Escriba la fecha de la entrega.") or today(),
        entrega=typed.text("entrega", "Escriba quién entregó los formatos."),
        recibe_nombre=typed.text("recibe_nombre"),
        recibe_cargo=typed.text("recibe_cargo"),
        recibe_telefono=typed.text("recibe_telefono", limit=30),
        capacitacion=given,
        capacitacion_minutos=typed.integer("capacitacion_minutos", high=10_000) if given else None,
        capacitacion_personas=typed.integer("capacitacion_personas", high=10_000) if given else None,
        observaciones=typed.text("observaciones", limit=2000),
        lineas=lineas,
        motivo=typed.text("motivo", "Escriba por qué se corrige.", 500) if destino.corrige_id else "",
    )


def _lines(typed: Typed, renglones: Sequence[Renglon]) -> list[LineaNueva]:
    """The rows with a quantity; «all it lacks» gives its own to the needed rows without one."""
    every = typed.integer("todos", low=1, high=MOST)
    how = typed.choice("todos_medio", MEDIO_NOMBRE) or Medio.IMPRESO
    found = []
    for renglon in renglones:
        code = renglon.formato.code
        left = typed.integer(f"q-{code}", high=MOST)
        count = typed.integer(f"n-{code}", low=1, high=MOST)
        medio = typed.choice(f"m-{code}", MEDIO_NOMBRE) or Medio.IMPRESO
        lacks = renglon.necesario and renglon.estado is not Estado.AL_DIA
        if count is None and every is not None and lacks:
            count, medio = every, how
        if count is None:
            if left is not None and not typed.get(f"n-{code}").strip():
                typed.fault("falta_cantidad", f"{renglon.formato.title}: anote cuántos entregó.", f"n-{code}")
            continue
        raw = typed.get(f"e-{code}") or str(renglon.formato.version)
        edicion = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else -1
        found.append(LineaNueva(code, edicion, count, medio, left))
    return found


def from_entrega(row: EntregaFormatos, lines: Sequence[EntregaLinea]) -> dict[str, Any]:
    """What a delivery said, to correct it by another."""
    return {
        "fecha": row.fecha.isoformat(),
        "entrega": row.entrega,
        "recibe_nombre": row.recibe_nombre or "",
        "recibe_cargo": row.recibe_cargo or "",
        "recibe_telefono": row.recibe_telefono or "",
        "capacitacion": row.capacitacion,
        "capacitacion_minutos": row.capacitacion_minutos,
        "capacitacion_personas": row.capacitacion_personas,
        "observaciones": row.observaciones or "",
        **_cells((x.formato, x.edicion, x.cantidad, x.medio, x.quedaban) for x in lines),
    }


_OF_VISIT = {"impreso": "impreso", "archivo": "correo", "enlace": "enlace"}


def from_visita(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What the sheet of an advisory visit says was given; a format it names otherwise is left to be typed."""
    by_name = {fold(f.title): f.code for f in formatos.all()} | {f.code: f.code for f in formatos.all()}
    rows = []
    for given in answers.get("formatos_entregados") or ():
        name = str(given.get("formato") or "")
        code = by_name.get(name) or by_name.get(fold(name))
        edition = str(given.get("edicion") or "").strip()
        if code is not None:
            known = edition.isascii() and edition.isdigit() and len(edition) < 6
            medio = _OF_VISIT.get(str(given.get("medio") or ""), "otro")
            rows.append((code, int(edition) if known else None, given.get("cantidad") or 1, medio, None))
    first: Mapping[str, Any] = next(
        (g for g in answers.get("formatos_entregados") or () if g.get("recibido_por")), {}
    )
    day, hours = str(answers.get("fecha") or "")[:10], answers.get("capacitacion_horas")
    people = [answers.get(f"capacitacion_{who}") for who in ("mujeres", "hombres")]
    training = {
        "capacitacion": True,
        "capacitacion_minutos": round(float(hours) * 60) if hours else None,
        "capacitacion_personas": sum(n or 0 for n in people) if any(n is not None for n in people) else None,
    }
    return {
        **({"fecha": day} if day else {}),
        "recibe_nombre": first.get("recibido_por") or "",
        **(training if answers.get("capacitacion_tema") or hours else {}),
        **_cells(rows),
    }


def _cells(rows: Any) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    for code, edicion, cantidad, medio, quedaban in rows:
        cells |= {f"n-{code}": cantidad, f"m-{code}": medio}
        if edicion is not None:
            cells[f"e-{code}"] = edicion
        if quedaban is not None:
            cells[f"q-{code}"] = quedaban
    return cells
