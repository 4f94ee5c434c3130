"""What becomes of an uploaded list, step by step: read → columns → dry run → written. A page or a task calls it.

A long list is read, rehearsed and written by a child process: no worker of the service ever holds it whole.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.core.errors import Aviso, Forbidden, Invalid, RuleBroken
from albergues_app.core.tasks import Report, one_at_a_time
from albergues_app.core.unit_of_work import Actor
from albergues_app.interchange.columns import Asignacion, Mapeo, match_columns, title
from albergues_app.interchange.errors import ArchivoIlegible
from albergues_app.interchange.site_fields import FIELD_BY_NAME, SITE_FIELDS
from albergues_app.interchange.site_import import Plan, apply_import, open_list, plan_import
from albergues_app.interchange.site_list import Destino, FilaSitio
from albergues_app.interchange.tables import Hoja, Tabla, from_plain, to_plain
from albergues_app.interchange.uploads import Carga, drop_upload, open_upload
from albergues_app.territorio.catalogo import catalogo

SMALL_BYTES: Final = 80_000
"""Read while the person waits; what is larger is read by a task."""
SMALL_ROWS: Final = 300
"""Rehearsed and written while the person waits."""
SHOWN: Final = 10
SHOWN_ERRORS: Final = 100
_MAX_COLUMNS: Final = 200
_SAMPLES: Final = 3

FIJOS: Final = ("departamento", "codigo_municipio", "evento", "fecha", "fuente", "oficial")
"""Fields that may have one value for all rows, when no column holds them."""


# --- read ------------------------------------------------------------------------------------------


def read_upload(carga: Carga) -> None:
    """Turn the file into a table and a proposal of columns.

    :raises ArchivoIlegible: with one sentence; nothing of it is kept
    """
    tabla = open_list(carga.get("archivo"), carga.archivo)
    hojas = [h for h in tabla.hojas if h.filas and not h.oculta] or [h for h in tabla.hojas if h.filas]
    if not hojas:
        raise ArchivoIlegible("El archivo no tiene ninguna fila con datos. Revise que sea el que quería.")
    best = match_columns(tabla, SITE_FIELDS).hoja
    seen = [_describe(h) for h in hojas]
    chosen = next((i for i, h in enumerate(seen) if h["nombre"] == best), 0)
    carga.put_json("tabla", to_plain(tabla))
    carga.put_json("columnas", {"avisos": tabla.avisos, "hojas": seen, "elegida": chosen})
    carga.drop("archivo")


def _describe(hoja: Hoja) -> dict[str, Any]:
    """A sheet as the page of columns shows it: titles, some values, and what we take each column for."""
    mapeo = match_columns(Tabla([hoja], ""), SITE_FIELDS)
    header = hoja.filas[mapeo.fila_encabezado] if mapeo.fila_encabezado is not None else []
    body = hoja.filas[mapeo.primera_fila : mapeo.primera_fila + 200]
    width = min(max((len(f) for f in (header, *body)), default=0), _MAX_COLUMNS)
    columns = []
    for number in range(width):
        shown = title(header[number]) if number < len(header) else ""
        values = [title(f[number])[:40] for f in body if number < len(f) and title(f[number])]
        columns.append(
            {
                "numero": number,
                "letra": column_letter(number),
                "titulo": shown or f"Columna {column_letter(number)}",
                "muestras": list(dict.fromkeys(values))[:_SAMPLES],
            }
        )
    return {
        "nombre": hoja.nombre,
        "mapeo": mapeo.to_dict(),
        "columnas": columns,
        "filas": max(len(hoja.filas) - mapeo.primera_fila, 0),
    }


def column_letter(number: int) -> str:
    """0 → A, 26 → AA, as spreadsheets name columns."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


# --- columns ---------------------------------------------------------------------------------------


def choose_columns(hoja: dict[str, Any], chosen: dict[str, int | None], fixed: dict[str, str]) -> Mapeo:
    """The mapping as the person confirmed it.

    :raises Invalid: a column for two fields, one that does not exist, or no name
    """
    proposed = Mapeo.from_dict(hoja["mapeo"])
    titles = {c["numero"]: c["titulo"] for c in hoja["columnas"]}
    columns: dict[str, Asignacion] = {}
    faults: list[Aviso] = []
    owner: dict[int, str] = {}
    for name, column in chosen.items():
        if column is None or name not in FIELD_BY_NAME:
            continue
        label = FIELD_BY_NAME[name].label
        if column not in titles:
            faults.append(Aviso("columna_desconocida", f"{label}: elija una columna de la lista.", name))
        elif column in owner:
            other = FIELD_BY_NAME[owner[column]].label
            faults.append(
                Aviso(
                    "columna_repetida",
                    f"La columna «{titles[column]}» está elegida para «{other}» y para «{label}». Deje una.",
                    name,
                )
            )
        else:
            owner[column] = name
            before = proposed.columnas.get(name)
            same = before is not None and before.columna == column
            columns[name] = before if same and before else Asignacion(column, titles[column], 100, "persona")
    if "nombre" not in columns and not any(f.campo == "nombre" for f in faults):
        faults.append(Aviso("falta_nombre", "Elija la columna que trae el nombre del albergue.", "nombre"))
    if faults:
        raise Invalid(faults)
    used = {a.columna for a in columns.values()}
    unused = [c["titulo"] for c in hoja["columnas"] if c["numero"] not in used]
    values = {n: v[:200] for n, v in fixed.items() if n in FIJOS and v and n not in columns}
    return replace(proposed, columnas=columns, sin_usar=unused, fijos=values)


# --- dry run ---------------------------------------------------------------------------------------


def scope_of(identity: Identity) -> Callable[[str], bool]:
    """Whether the account may write in a municipality."""
    return identity.covers_municipio


def make_plan(carga: Carga, identity: Identity) -> Plan:
    """:raises ArchivoIlegible: no row can be read with those columns. :raises CargaVencida: gone"""
    tabla = from_plain(carga.get_json("tabla"))
    return plan_import(tabla, Mapeo.from_dict(carga.get_json("mapeo")), scope_of(identity))


def rehearse(carga: Carga, identity: Identity) -> dict[str, Any]:
    """Judge every row, write nothing, and keep what the page and the download need."""
    plan = make_plan(carga, identity)
    if not plan.filas:
        raise ArchivoIlegible("La hoja no tiene filas debajo de los títulos. Revise la hoja elegida.")
    book = io.BytesIO()
    plan.write_workbook(book)
    carga.put("errores", book.getvalue())
    groups = [
        _group(plan.filas, destino, SHOWN_ERRORS if destino is Destino.ERROR else SHOWN)
        for destino in (
            Destino.ERROR, Destino.POR_RESOLVER, Destino.NUEVO, Destino.CONOCIDO, Destino.REPORTE,
        )
    ]  # fmt: skip
    ensayo = {
        "resumen": plan.resumen(),
        "con_errores": plan.con_errores,
        "con_avisos": sum(bool(f.avisos) for f in plan.filas),
        "avisos": plan.avisos,
        "grupos": groups,
    }
    carga.put_json("ensayo", ensayo)
    return ensayo


def _group(filas: Sequence[FilaSitio], destino: Destino, limit: int) -> dict[str, Any]:
    mine = [f for f in filas if f.destino is destino]
    # What has something to say comes first.
    shown = sorted(mine, key=lambda f: not (f.avisos or f.errores))[:limit]
    return {
        "destino": destino.value,
        "total": len(mine),
        "filas": [
            {
                "numero": f.numero,
                "nombre": f.nombre[:200],
                "lugar": catalogo().lugar_texto(f.clave[0]) if f.clave else "",
                "departamento": f.departamento,
                "reporte": _report_text(f),
                "motivo": f.motivo if f.clave is None else "",
                "errores": [m.mensaje for m in f.errores],
                "avisos": [m.mensaje for m in f.avisos],
            }
            for f in sorted(shown, key=lambda f: f.numero)
        ],
    }


def _report_text(fila: FilaSitio) -> str:
    said = fila.reporte
    number = f"{said.cantidad:,} {said.unidad or ''}".strip() if said.cantidad is not None else ""
    return " · ".join(p for p in (said.fecha_texto, said.evento, number) if p)


# --- write -----------------------------------------------------------------------------------------


def save(carga: Carga, identity: Identity, actor: Actor, report: Report) -> dict[str, Any]:
    """Write the whole list in one unit of work, or nothing; the same list again changes nothing.

    :raises RuleBroken: a row has errors, or somebody registered sites in the same instant, three times over
    """
    for attempt in (1, 2, 3):
        report(0, 0, "Revisando las filas")
        with one_at_a_time("lista"):
            plan = make_plan(carga, identity)
            total = plan.resumen()["filas"]
            report(0, total, "Guardando los sitios")
            try:
                done = apply_import(plan, actor, lambda n, of: report(n, of, "Guardando los sitios"))
            except IntegrityError as error:
                # PostgreSQL: somebody took the next code of a municipality meanwhile.
                if attempt == 3:
                    raise RuleBroken(
                        "otro_registro",
                        "Otra persona registraba sitios al mismo tiempo y no se guardó nada. Confirme de "
                        "nuevo.",
                    ) from error
                continue
        return {
            "resumen": done.resumen,
            "sitios": len(set(done.sitios.values())),
            "reportes": done.reportes,
            "por_resolver": done.por_resolver,
            "archivo": carga.archivo,
        }
    raise AssertionError("unreachable")


# --- as tasks --------------------------------------------------------------------------------------


def _of(arguments: dict[str, Any], actor: Actor) -> tuple[Carga, Identity]:
    """The list and who asks, as the account is now: its territory may have changed since."""
    identity = load_identity(actor.cuenta_id) if actor.cuenta_id else None
    if identity is None or not role_may(identity.rol, Permiso.ALBERGUE_IMPORTAR):
        raise Forbidden()
    return open_upload(identity.id, UUID(arguments["carga"])), identity


def task_read(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    carga, _ = _of(arguments, actor)
    report(0, 0, "Leyendo el archivo")
    try:
        read_upload(carga)
    except ArchivoIlegible:
        drop_upload(carga)
        raise
    return {}


def task_rehearse(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    carga, identity = _of(arguments, actor)
    report(0, 0, "Revisando las filas")
    rehearse(carga, identity)
    return {}


def task_save(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    carga, identity = _of(arguments, actor)
    return save(carga, identity, actor, report)
