"""The desk: one boleta typed on screen, from the form to the household inside. The rules are the format's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.identity import Identity
from albergues_app.albergues.models import Activacion
from albergues_app.audit.writing import write_once
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, Invalid
from albergues_app.core.ids import read_code, uuid7
from albergues_app.formats.engine.field_type import is_blank
from albergues_app.formats.outputs.web_form import describe_form, flatten, unflatten
from albergues_app.ocupacion import bindings
from albergues_app.ocupacion.bindings import message_of
from albergues_app.ocupacion.door_time import note_door_time
from albergues_app.ocupacion.format_catalogs import format_catalogos
from albergues_app.ocupacion.models import Familia, Movimiento, RespuestaDuplicado
from albergues_app.ocupacion.services.duplicado import note_duplicados
from albergues_app.ocupacion.services.ingreso import register_ingreso
from albergues_app.ocupacion.visibility import refuse_unseen, refuse_unseen_familia, seen_personas

BLANK_ROWS = 10
OWN_NAMES = ("ocurrido_en", "tarjeta")
CARD_MISREAD = (
    "Un signo de la tarjeta está equivocado. Compárelo con ella, o borre el campo y el sistema da un código."
)

HOGAR = (
    "departamento_procedencia",
    "municipio_procedencia",
    "comunidad_procedencia",
    "motivo",
    "idioma_atencion",
    "integrantes_declarados",
    "espacio_asignado",
    "telefono",
)
NECESIDADES = "necesidades"
FILA = ("nombres", "apellidos", "sexo", "edad", "edad_unidad", "parentesco", "documento", "cui")
APART = ("ocurrido_en",)
TURNO = ("motivo", "departamento_procedencia", "municipio_procedencia", "idioma_atencion")
"""What the next family of the shift probably shares: nothing personal, so the session may keep it."""


@dataclass
class Hoja:
    """A boleta on the screen: what was typed as flat text, ids made at render, and what was found."""

    op_id: UUID
    familia_id: UUID
    clase: str = "ingreso"
    valores: dict[str, str] = field(default_factory=dict)
    persona_ids: dict[int, UUID] = field(default_factory=dict)
    motivo_cupo: str = ""
    tarjeta: str = ""
    """The code of the card the family was handed, as it was typed."""
    tiempo: str = ""
    """Milliseconds of work on this sheet, as the screen measured them."""
    errores: list[Aviso] = field(default_factory=list)
    avisos: list[Aviso] = field(default_factory=list)
    pendientes: int = 0
    coincidencias: list[tuple[int, UUID, RespuestaDuplicado]] = field(default_factory=list)
    """Matches shown while typing: row of the sheet, the person known already, what was answered."""

    @property
    def filas(self) -> int:
        """Rows to draw: what was typed and a few more, ten at least."""
        typed = [int(k.split("-")[1]) for k, v in self.valores.items() if k.startswith("personas-") and v]
        return max(BLANK_ROWS, max(typed, default=-1) + 2)

    def id_of(self, number: int) -> UUID:
        return self.persona_ids.setdefault(number, uuid7())

    def error_of(self, name: str) -> str | None:
        """The first message of a field by its flat name."""
        return message_of(self.errores, name)


def blank_hoja(offered: Mapping[str, str] | None = None) -> Hoja:
    """A new sheet with what the shift offers."""
    return Hoja(uuid7(), uuid7(), valores=dict(offered or {}))


def offered_by_shift(activacion_id: UUID, cuenta_id: UUID, kept: Mapping[str, str]) -> dict[str, str]:
    """Values of the last family this account let in here: place from the register, codes as kept."""
    m, f = Movimiento.__table__, Familia.__table__
    row = db.session.execute(
        select(f.c.municipio_procedencia, f.c.comunidad)
        .join_from(m, f, f.c.id == m.c.familia_id)
        .where(m.c.activacion_id == activacion_id, m.c.cuenta_id == cuenta_id, m.c.tipo == "ingreso")
        .order_by(m.c.registrado_en.desc())
        .limit(1)
    ).one_or_none()
    offered = {name: kept[name] for name in TURNO if kept.get(name)}
    if row is not None:
        place = row.municipio_procedencia or ""
        offered["comunidad_procedencia"] = row.comunidad or ""
        if place:
            offered |= {"departamento_procedencia": place[:2], "municipio_procedencia": place}
    return {name: value for name, value in offered.items() if value}


def read_hoja(form: Any) -> tuple[Hoja, dict[str, Any]]:
    """The sheet as it was typed, and its raw answers for ``validate``."""
    formato = bindings.boleta()
    raw = unflatten(formato, form)
    rows = raw.get("personas") or []
    ids = {n: found for n, row in enumerate(rows) if row and (found := parse_id(row.get("id")))}
    hoja = Hoja(
        op_id=parse_id(form.get("id")) or uuid7(),
        familia_id=parse_id(form.get("familia_id")) or uuid7(),
        clase="nacimiento" if form.get("clase") == "nacimiento" else "ingreso",
        valores={k: v for k, v in flatten(formato, raw).items() if not k.endswith("-id")} | _typed(form),
        persona_ids=ids,
        motivo_cupo=str(form.get("motivo_cupo") or "")[:300],
        tarjeta=str(form.get("tarjeta") or "").strip()[:20],
        tiempo=str(form.get("tiempo") or "")[:12],
        coincidencias=[c for text in form.getlist("coincidencia")[:300] if (c := _coincidencia(text))],
    )
    for row in rows:
        if row:
            row.pop("id", None)
    raw.pop("id", None)
    return hoja, raw


def _typed(form: Any) -> dict[str, str]:
    """Every text as it was typed, so that nothing is lost even where it could not be read."""
    hidden = {
        "csrf_token",
        "id",
        "familia_id",
        "clase",
        "motivo_cupo",
        "sigue",
        "coincidencia",
        "tarjeta",
        "tiempo",
    }
    return {k: str(form[k]) for k in form if k not in hidden and not k.endswith("-id")}


def _coincidencia(text: str) -> tuple[int, UUID, RespuestaDuplicado] | None:
    """«row:person:answer» as the screen writes it; None when it is not that."""
    number, _, rest = text.partition(":")
    raw, _, answer = rest.partition(":")
    otra = parse_id(raw)
    if otra is None or not number.isascii() or not number.isdigit() or len(number) > 4:
        return None
    known = answer in set(RespuestaDuplicado)
    return int(number), otra, RespuestaDuplicado(answer) if known else RespuestaDuplicado.SIN_RESPONDER


def _note_matches(identity: Identity, activacion_id: UUID, hoja: Hoja, used: Mapping[int, UUID]) -> None:
    """Keep the matches that were shown of the persons of this sheet. One of another territory was never shown."""
    if not hoja.coincidencias:
        return
    seen = seen_personas(identity, (otra for _n, otra, _a in hoja.coincidencias))
    pares = {(used[n], otra): a for n, otra, a in hoja.coincidencias if n in used and otra in seen}
    note_duplicados(activacion_id, "registro", pares)


def save_hoja(
    identity: Identity, activacion: Activacion, hoja: Hoja, raw: dict[str, Any]
) -> dict[str, Any] | None:
    """Judge and register; None when there is something to correct, which then stands in ``hoja.errores``.

    :raises NotFound: a known person or family of another territory.
    """
    refuse_unseen_familia(
        identity, hoja.familia_id
    )  # first: a sheet with faults comes back with the family's code
    typed = dict(raw)
    if is_blank(raw.get("ocurrido_en")):
        raw["ocurrido_en"] = clock.to_local(clock.now())
    result = bindings.check(bindings.boleta(), raw)
    hoja.avisos = bindings.avisos_of(result.warnings)
    hoja.pendientes = len(result.pending)
    tarjeta = read_code(hoja.tarjeta) if hoja.tarjeta else None
    if not result.ok or (hoja.tarjeta and tarjeta is None):
        hoja.errores = bindings.avisos_of(result.errors)
        if hoja.tarjeta and tarjeta is None:
            hoja.errores.append(Aviso("tarjeta_mal_escrita", CARD_MISREAD, "tarjeta"))
        return None
    used = {n: hoja.id_of(n) for n in result.row_numbers["personas"]}
    refuse_unseen(identity, used.values())
    datos = bindings.ingreso_from(
        result,
        op_id=hoja.op_id,
        activacion_id=activacion.id,
        familia_id=hoja.familia_id,
        persona_ids=used,
        clase=hoja.clase,
        motivo=hoja.motivo_cupo,
        tarjeta=tarjeta,
    )
    content = {
        "activacion": activacion.id,
        "familia": hoja.familia_id,
        "clase": hoja.clase,
        "hoja": _plain(typed),
        "personas": {str(n): i for n, i in used.items()},
        "motivo": hoja.motivo_cupo,
        **({"tarjeta": tarjeta} if tarjeta else {}),
    }
    activacion_id, emergencia = activacion.id, activacion.emergencia_id

    def work() -> dict[str, Any]:
        body = register_ingreso(datos)
        _note_matches(identity, activacion_id, hoja, used)
        note_door_time(datos, hoja.tiempo)
        return body

    try:
        outcome = write_once(
            identity.as_actor("web"),
            hoja.op_id,
            "web.ingreso",
            content,
            emergencia,
            work,
        )
    except Invalid as refused:
        hoja.errores = [replace(e, campo=_back(e.campo, list(used))) for e in refused.errores]
        return None
    except AppError as refused:
        if refused.status != 422:
            raise
        hoja.errores = [Aviso(refused.codigo, refused.mensaje, _back(refused.campo, list(used)))]
        return None
    if outcome.status == 409:
        hoja.errores = [
            Aviso(
                "id_ya_usado", "Esta hoja ya se guardó con otros datos. Ábrala en «Personas» para corregirla."
            )
        ]
        return None
    return outcome.body


def _back(campo: str | None, numbers: list[int]) -> str | None:
    """A path of the service (nth person registered) as a path of the sheet (row where it was typed)."""
    if not campo or not campo.startswith("personas["):
        return campo if campo in OWN_NAMES else None
    number, _, rest = campo[len("personas[") :].partition("]")
    return (
        f"personas[{numbers[int(number)]}]{rest}" if number.isdigit() and int(number) < len(numbers) else None
    )


def _plain(raw: Any) -> Any:
    if isinstance(raw, Mapping):
        return {k: _plain(v) for k, v in raw.items() if not is_blank(v)}
    if isinstance(raw, (list, tuple)):
        return [_plain(v) for v in raw]
    return str(raw)


def parse_id(raw: Any) -> UUID | None:
    """An id made by the screen; None when it is not one."""
    try:
        return UUID(str(raw))
    except ValueError:
        return None


def screen_campos() -> dict[str, Any]:
    """The fields of the screen by place, as the format describes them."""
    described = describe_form(bindings.boleta(), format_catalogos())
    sections = {s["code"]: s for s in described["sections"]}
    flat = {c["name"]: c for s in described["sections"] if s["kind"] == "seccion" for c in s["campos"]}
    asked = {name: c for name, c in flat.items() if not c["auto"] and c["widget"] != "file"}
    rows = {c["name"]: c for c in sections["personas"]["campos"] if c["widget"] != "file"}
    return {
        "formato": described,
        "hogar": [asked[name] for name in HOGAR],
        "aparte": {name: asked[name] for name in APART},
        "necesidades": asked[NECESIDADES],
        "mas": [c for name, c in asked.items() if name not in {*HOGAR, NECESIDADES, *APART}],
        "otros": sections["otros_integrantes"],
        "fila": rows,
        "fila_mas": [c for name, c in rows.items() if name not in FILA],
        "catalogos": described["catalogos"],
        "personas": sections["personas"],
    }
