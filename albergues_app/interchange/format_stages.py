"""What becomes of an uploaded file of a format, step by step: read → columns → dry run → written. A page or a task calls it.

A long file is read, judged and written by a child process: no worker of the service ever holds it whole. What is
kept between two pages is sealed for its owner; after writing only what was left out stays, for its day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.audit.listener import record_opening
from albergues_app.capturas.gate import behind_the_gate
from albergues_app.capturas.places import Lugar
from albergues_app.core import images
from albergues_app.core.db import db
from albergues_app.core.errors import AppError, Aviso, Forbidden, Invalid, RuleBroken
from albergues_app.core.tasks import Report, one_at_a_time
from albergues_app.core.text import clean
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Result
from albergues_app.formats.engine.field_type import as_text, is_blank
from albergues_app.formats.outputs.columns_in import SheetMap, Taken, targets
from albergues_app.formats.outputs.flat import letter
from albergues_app.formats.outputs.xlsx_in import FilledRecord
from albergues_app.interchange import format_import as imports
from albergues_app.interchange.format_import import Encargo, Ensayo, Lectura
from albergues_app.interchange.remembered import recall, remember
from albergues_app.interchange.uploads import Carga, CargaVencida, drop_upload, mark_emergencia, open_upload

CLASE: Final = "registros"
SMALL_BYTES: Final = 80_000
"""Read while the person waits; what is larger is read by a task."""
MOST_PAPERS: Final = 40
"""PDFs of one sending."""
SMALL_ROWS: Final = 300
"""Judged and written while the person waits."""
SHOWN: Final = {"error": 100, "nuevo": 50, "conocido": 10}
_ALIKE_UP_TO: Final = 3_000
"""Persons of a file who are looked up for the preview; all are when it is written."""
_SAMPLES, _SAMPLE_ROWS, _MAX_COLUMNS = 3, 200, 300


# --- what is kept ----------------------------------------------------------------------------------


def keep_encargo(carga: Carga, encargo: Encargo) -> None:
    """Keep what the file is taken for."""
    carga.put_json(
        "encargo",
        {
            "formato": encargo.formato.code, "edicion": encargo.formato.version, "gate": encargo.gate,
            "lugar": asdict(encargo.lugar),
        },
    )  # fmt: skip
    if encargo.lugar.emergencia_id is not None:
        mark_emergencia(carga, encargo.lugar.emergencia_id)


def encargo_of(carga: Carga, identity: Identity) -> Encargo:
    """What the file is taken for.

    :raises CargaVencida: it is gone, or the account sees now other fields than those that it was read with
    """
    kept = carga.get_json("encargo")
    lugar = dict(kept["lugar"])
    for name in ("albergue_id", "activacion_id", "emergencia_id"):
        lugar[name] = UUID(lugar[name]) if lugar[name] else None
    formato = formatos.get(kept["formato"], kept["edicion"])
    if kept["gate"] != behind_the_gate(identity, formato):
        raise CargaVencida()
    return Encargo(formato, Lugar(**lugar), kept["gate"])


def maps_of(carga: Carga) -> list[SheetMap]:
    """The columns as they stand."""
    return [
        SheetMap(
            m["sheet"], m["first_row"], {int(i): t for i, t in m["titles"].items()},
            {int(i): Taken(**t) for i, t in m["columns"].items()},
        )
        for m in carga.get_json("columnas")
    ]  # fmt: skip


def lectura_of(carga: Carga, encargo: Encargo) -> Lectura:
    """What was read of the file."""
    return imports.understand(encargo.formato, carga.get_json("leido"), encargo.gate)


def check_together(files: Sequence[tuple[str, bytes]]) -> None:
    """Several files are one form with its continuations, or several forms: PDFs all of them.

    :raises RuleBroken: one is something else, or they are too many
    """
    if any(images.kind_of(content) != "pdf" for _name, content in files):
        raise RuleBroken(
            "no_van_juntos",
            "Varios archivos juntos solo si todos son el PDF para llenar: la hoja y sus continuaciones. "
            "Los demás, uno por uno.",
            "archivo",
        )
    if len(files) > MOST_PAPERS:
        raise RuleBroken(
            "demasiados_archivos", f"Son más de {MOST_PAPERS} PDF. Súbalos en partes.", "archivo"
        )


def check_no_picture(content: bytes) -> None:
    """A photographed sheet is typed beside its picture, and that is another page.

    :raises RuleBroken: it is a picture
    """
    if images.kind_of(content) in {"jpeg", "png", "webp", "heic"}:
        raise RuleBroken(
            "es_fotografia",
            "Es una fotografía. Súbala en «Registros», «Transcribir hojas»: ahí se escribe con la imagen al lado.",
            "archivo",
        )


def keep_papers(carga: Carga, files: Sequence[tuple[str, bytes]]) -> None:
    """Keep the names of the files, and those after the first."""
    carga.put_json("nombres", [clean(name)[:120] for name, _content in files])
    for number, (_name, content) in enumerate(files[1:], start=1):
        carga.put(f"hoja-{number}", content)


def _more_of(carga: Carga) -> list[bytes]:
    names = carga.get_json("nombres") if carga.has("nombres") else []
    return [carga.get(f"hoja-{n}") for n in range(1, len(names))]


def papers_of(carga: Carga) -> list[dict[str, Any]]:
    """The PDFs that were read, each with its name, the sheet that it is, its folio and its rows; of other files none."""
    plain = carga.get_json("leido") if carga.has("leido") else {}
    papers = plain.get("llenos", {}).get("hojas", [])
    names = carga.get_json("nombres") if papers and carga.has("nombres") else []
    return [{"archivo": name, **paper} for name, paper in zip(names, papers, strict=False)]


# --- read ------------------------------------------------------------------------------------------


def read_upload(carga: Carga, identity: Identity) -> bool:
    """Read the file and propose its columns; True where nothing is left for a person to say about them.

    The trail says that the account read a file for this format, and nothing of what it holds.

    :raises ArchivoIlegible: with one sentence; nothing of it is kept
    """
    encargo = encargo_of(carga, identity)
    formato = encargo.formato
    more = _more_of(carga)
    plain = imports.read_content(formato, carga.get("archivo"), carga.archivo, encargo.gate, more)
    lectura = imports.understand(formato, plain, encargo.gate)
    known = recall(identity.id, formato, encargo.lugar)
    maps = imports.propose_columns(formato, lectura, encargo.gate, known)
    carga.put_json("leido", plain)
    _keep_maps(carga, maps)
    carga.drop("archivo", *(f"hoja-{n + 1}" for n in range(len(more))))
    with unit_of_work(identity.as_actor("web")):
        record_opening(db.session(), "importacion", carga.id, f"web:importar:{formato.slug}")
    return lectura.filled is not None or (bool(maps) and all(_is_sure(one, known) for one in maps))


def _keep_maps(carga: Carga, maps: Sequence[SheetMap]) -> None:
    carga.put_json("columnas", [asdict(one) for one in maps])


def _is_sure(one: SheetMap, known: Mapping[str, str]) -> bool:
    from albergues_app.formats.engine import fold

    named = all(t.why in {"nombre", "etiqueta", "recordada"} for t in one.columns.values())
    strange = [t for i, t in one.titles.items() if i not in one.columns and fold(t) not in known]
    return bool(one.columns) and named and not strange


# --- columns ---------------------------------------------------------------------------------------


def describe_columns(encargo: Encargo, lectura: Lectura, maps: Sequence[SheetMap]) -> list[dict[str, Any]]:
    """The sheets as the page of columns shows them: title, some values, and what each is taken for."""
    labels = targets(encargo.formato, encargo.gate)
    return [
        {
            "nombre": one.sheet,
            "filas": max(len(lectura.sheets[one.sheet]) - one.first_row, 0),
            "columnas": [
                {
                    "numero": index,
                    "letra": letter(index),
                    "titulo": one.titles.get(index, ""),
                    "muestras": _samples(lectura, one, index),
                    "campo": one.columns[index].path if index in one.columns else "",
                    "rotulo": labels.get(one.columns[index].path, "") if index in one.columns else "",
                    "por": one.columns[index].why if index in one.columns else "",
                }
                for index in _columns_of(lectura, one)
            ],
        }
        for one in maps
    ]


def _columns_of(lectura: Lectura, one: SheetMap) -> list[int]:
    body = lectura.sheets[one.sheet][one.first_row : one.first_row + _SAMPLE_ROWS]
    filled = {i for row in body for i, cell in enumerate(row) if not is_blank(cell)}
    return sorted(filled | set(one.titles) | set(one.columns))[:_MAX_COLUMNS]


def _samples(lectura: Lectura, one: SheetMap, index: int) -> list[str]:
    body = lectura.sheets[one.sheet][one.first_row : one.first_row + _SAMPLE_ROWS]
    values = [as_text(row[index])[:40] for row in body if index < len(row) and not is_blank(row[index])]
    return list(dict.fromkeys(values))[:_SAMPLES]


def choose_columns(
    carga: Carga, encargo: Encargo, identity: Identity, chosen: Mapping[tuple[int, int], str]
) -> None:
    """Take what the person said of each (sheet, column), and remember it.

    :raises Invalid: a field twice in a sheet, one that does not exist, or no field at all
    """
    labels, faults = targets(encargo.formato, encargo.gate), list[Aviso]()
    maps = []
    for number, one in enumerate(maps_of(carga)):
        columns = dict(one.columns)
        for (sheet, index), path in chosen.items():
            if sheet != number:
                continue
            before = columns.pop(index, None)
            if path and path not in labels and (before is None or before.path != path):
                faults.append(Aviso("campo_desconocido", "Elija un dato de la lista.", f"c-{sheet}-{index}"))
            elif path:
                columns[index] = before if before and before.path == path else Taken(path, "persona")
        for index, taken in columns.items():
            twins = [i for i, t in columns.items() if t.path == taken.path]
            if twins[0] != index:
                text = (
                    f"Las columnas {letter(twins[0])} y {letter(index)} de «{one.sheet}» dicen ser "
                    f"«{labels.get(taken.path, taken.path)}». Deje una."
                )
                faults.append(Aviso("columna_repetida", text, f"c-{number}-{index}"))
        maps.append(replace(one, columns=dict(sorted(columns.items()))))
    if not any(one.has_main or one.sections for one in maps):
        faults.append(Aviso("falta_columna", "Diga al menos de una columna qué dato trae.", None))
    if faults:
        raise Invalid(faults)
    _keep_maps(carga, maps)
    carga.drop("ensayo", "errores")
    with unit_of_work(identity.as_actor("web")):
        remember(identity.id, encargo.formato, encargo.lugar, maps)


# --- dry run ---------------------------------------------------------------------------------------


def rows_of(lectura: Lectura) -> int:
    """How many rows there are to judge."""
    return sum(len(grid) for grid in lectura.sheets.values())


def judge(carga: Carga, encargo: Encargo) -> tuple[Lectura, list[SheetMap], Ensayo]:
    lectura, maps = lectura_of(carga, encargo), maps_of(carga)
    return lectura, maps, imports.rehearse(encargo, lectura, maps)


def rehearse(carga: Carga, identity: Identity) -> dict[str, Any]:
    """Judge every row, write nothing, and keep what the page and the download need.

    :raises ArchivoIlegible: no row is filled
    """
    encargo = encargo_of(carga, identity)
    lectura, maps, ensayo = judge(carga, encargo)
    alike = imports.find_alike(identity, encargo, ensayo, _ALIKE_UP_TO)
    groups = [_group(encargo, ensayo, alike, state) for state in SHOWN]
    people = sum(len(r.answers.get("personas") or ()) for r in ensayo.buenos)
    shown = {
        "total": len(ensayo.leidos),
        "errores": ensayo.con_errores,
        "con_error": sum(one is None for one in ensayo.entradas),
        "nuevos": next(g["total"] for g in groups if g["estado"] == "nuevo"),
        "conocidos": next(g["total"] for g in groups if g["estado"] == "conocido"),
        "con_avisos": sum(bool(r.warnings) for _x, r in ensayo.leidos),
        "personas": people,
        "parecidas": len(alike),
        "sueltas": ensayo.sueltas[:100],
        "notas": ensayo.notas[:100],
        "grupos": groups,
        "libro": bool(ensayo.hallazgos),
    }
    if ensayo.hallazgos:
        carga.put("errores", imports.errors_workbook(lectura, ensayo, maps))
    carga.put_json("ensayo", shown)
    return shown


def _group(encargo: Encargo, ensayo: Ensayo, alike: Mapping[int, list[str]], state: str) -> dict[str, Any]:
    mine = [n for n in range(len(ensayo.leidos)) if ensayo.state_of(n) == state]
    # What has something to say comes first.
    first = sorted(mine, key=lambda n: not (ensayo.leidos[n][1].warnings or n in alike))[: SHOWN[state]]
    return {
        "estado": state,
        "total": len(mine),
        "filas": [_row(encargo, *ensayo.leidos[n], alike.get(n, [])) for n in sorted(first)],
    }


def _row(encargo: Encargo, record: FilledRecord, result: Result, alike: Sequence[str]) -> dict[str, Any]:
    place = record.places.get("")

    def told(notices: Sequence[Any]) -> list[str]:
        where = [(n.mensaje, record.locate(n.campo)) for n in notices]
        return [f"{text} ({at})" if at else text for text, at in where][:30]

    return {
        "numero": record.number,
        "lugar": str(place) if place else "",
        "titulo": imports.title_of(encargo.formato, result),
        "errores": told(result.errors),
        "avisos": told(result.warnings),
        "pendientes": len(result.pending),
        "parecidas": list(alike),
    }


# --- write -----------------------------------------------------------------------------------------


def save(carga: Carga, identity: Identity, actor: Actor, only_good: bool, report: Report) -> dict[str, Any]:
    """Write in one transaction, or nothing; the same again changes nothing. Then let go of the file.

    :raises RuleBroken: a row has errors and nobody chose to leave it out, or the register refused one
    """
    encargo = encargo_of(carga, identity)
    imports.check_doors(identity, encargo.formato, encargo.lugar)
    report(0, 0, "Revisando las filas")
    with one_at_a_time("registros"):
        _lectura, _maps, ensayo = judge(carga, encargo)
        done = imports.save(
            encargo, ensayo, actor, only_good=only_good, identity=identity,
            progress=lambda n, of: report(n, of, "Guardando"),
        )  # fmt: skip
    carga.drop("leido", "columnas", "ensayo", "nombres", *([] if ensayo.con_errores else ["errores"]))
    return {
        "archivo": carga.archivo,
        "carga": str(carga.id) if ensayo.con_errores else None,
        "formato": encargo.formato.title,
        "codigo": encargo.formato.code,
        "unidad": encargo.formato.record,
        "activacion": str(encargo.lugar.activacion_id) if encargo.lugar.activacion_id else None,
        "quedaron": ensayo.con_errores,
        **asdict(done),
    }


# --- as tasks --------------------------------------------------------------------------------------


def _of(arguments: dict[str, Any], actor: Actor) -> tuple[Carga, Identity]:
    """The file and who asks, as the account is now: its territory may have changed since."""
    identity = load_identity(actor.cuenta_id) if actor.cuenta_id else None
    if identity is None:
        raise Forbidden()
    carga = open_upload(identity.id, UUID(arguments["carga"]), CLASE)
    encargo = encargo_of(carga, identity)
    imports.check_doors(identity, encargo.formato, encargo.lugar)
    return carga, identity


def task_read(arguments: dict[str, Any], actor: Actor, report: Report) -> dict[str, Any]:
    carga, identity = _of(arguments, actor)
    report(0, 0, "Leyendo el archivo")
    try:
        if read_upload(carga, identity):
            report(0, 0, "Revisando las filas")
            rehearse(carga, identity)
    except AppError:
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
    return save(carga, identity, actor, arguments["solo_buenas"], report)
