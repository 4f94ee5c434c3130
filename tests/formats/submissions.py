"""What servers give of what telephones sent: the .zip of ODK Central and the .xlsx of Kobo, made for the tests.

The titles follow the exports of both: https://docs.getodk.org/central-submissions and Kobo's «XML values».
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import xlsxwriter

from albergues_app.formats.engine import Catalogos, CountByKind, Formato, NoAnswer
from albergues_app.formats.engine.list_types import find_option
from albergues_app.formats.outputs.xlsform import Form
from albergues_app.formats.outputs.xlsform_nodes import Node

Table = tuple[list[str], list[list[str]]]


def instance_id(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"envio/{number}"))


def central_zip(formato: Formato, sheets: Sequence[dict[str, Any]], *, groups: bool = True) -> bytes:
    """One CSV for the form and one for each repeating section, groups before the name with «-»."""
    form = Form(formato, Catalogos(), formato.at_gate)
    tables: dict[str, Table] = {}
    nodes = list(form.plan.nodes())
    group = {n.name: f"{b.name}-" for b in form.plan.blocks for n in b.nodes if not b.rows and groups}
    main = [n for n in nodes if not n.section]
    titles = ["SubmissionDate", "inicio", "fin", *(t for n in main for t in _central(n, group)), "meta-instanceID",
              "KEY", "SubmitterName", "ReviewState", "FormVersion"]  # fmt: skip
    rows = []
    for number, raw in enumerate(sheets):
        key = f"uuid:{instance_id(number)}"
        cells = [cell for n in main for cell in _cells(n, raw)]
        rows.append(["2026-11-20T18:00:00.000Z", "2026-11-20T11:50:00.000-06:00", "", *cells, key, key, "Ana", "",
                     f"{formato.version}-00000000"])  # fmt: skip
    tables[formato.code] = titles, rows
    for repetible in formato.repetibles:
        own = [n for n in nodes if n.section == repetible.name]
        titles = [*(t for n in own for t in _central(n, {})), "PARENT_KEY", "KEY"]
        rows = []
        for number, raw in enumerate(sheets):
            for index, row in enumerate(raw.get(repetible.name) or ()):
                parent = f"uuid:{instance_id(number)}"
                cells = [cell for n in own for cell in _cells(n, row)]
                rows.append([*cells, parent, f"{parent}/{repetible.name}[{index + 1}]"])
        tables[f"{formato.code}-{repetible.name}"] = titles, rows
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (titles, rows) in tables.items():
            text = io.StringIO()
            csv.writer(text).writerows([titles, *rows])
            archive.writestr(f"{name}.csv", text.getvalue())
        archive.writestr("media/1700000000000.jpg", b"\xff\xd8\xff")
    return packed.getvalue()


def kobo_xlsx(formato: Formato, sheets: Sequence[dict[str, Any]]) -> bytes:
    """One sheet for each repeating section; several answers both in words and as a column of 0 and 1."""
    form = Form(formato, Catalogos(), formato.at_gate)
    nodes, target = list(form.plan.nodes()), io.BytesIO()
    group = {n.name: f"{b.name}/" for b in form.plan.blocks for n in b.nodes}
    with xlsxwriter.Workbook(target, {"strings_to_numbers": False}) as book:
        main = [n for n in nodes if not n.section]
        sheet = book.add_worksheet(formato.title[:31].replace("/", " "))
        sheet.write_row(0, 0, ["start", *(t for n in main for t in _kobo(n, group)), "_id", "_uuid", "_index",
                               "__version__", "meta/rootUuid"])  # fmt: skip
        line = {r.name: 0 for r in formato.repetibles}
        rows = {r.name: book.add_worksheet(r.name[:31]) for r in formato.repetibles}
        for name, other in rows.items():
            own = [n for n in nodes if n.section == name]
            titles = [t for n in own for t in _kobo(n, group)]
            other.write_row(
                0, 0, [*titles, "_index", "_parent_table_name", "_parent_index", "_submission__uuid"]
            )
        for number, raw in enumerate(sheets):
            cells = [c for n in main for c in _cells(n, raw, split=True)]
            uuid = instance_id(number)
            sheet.write_row(number + 1, 0, ["2026-11-20T11:50:00", *cells, 1000 + number, uuid, number + 1,
                                            "vAbc", f"uuid:{uuid}"])  # fmt: skip
            for name, other in rows.items():
                own = [n for n in nodes if n.section == name]
                for row in raw.get(name) or ():
                    line[name] += 1
                    cells = [c for n in own for c in _cells(n, row, split=True)]
                    other.write_row(line[name], 0, [*cells, line[name], formato.title[:31], number + 1, uuid])
    return target.getvalue()


def _central(node: Node, group: dict[str, str]) -> Iterator[str]:
    name = group.get(node.name, "") + node.name
    if node.kind == "geopoint":
        yield from (f"{name}-{word}" for word in ("Latitude", "Longitude", "Altitude", "Accuracy"))
    else:
        yield name


def _kobo(node: Node, group: dict[str, str]) -> Iterator[str]:
    name = group.get(node.name, "") + node.name
    yield name
    if node.kind == "geopoint":
        yield from (f"_{name}_{word}" for word in ("latitude", "longitude", "altitude", "precision"))
    if node.kind == "choices":
        yield from (f"{name}/{option.code}" for option in node.options)


def _cells(node: Node, row: dict[str, Any], *, split: bool = False) -> list[Any]:
    """The cells of a node: of a point its numbers, of several answers also one for each option."""
    if node.kind == "geopoint":
        both = ["" if row.get(key) is None else str(row[key]) for key in node.keys]
        whole = [" ".join([*both, "0", "0"]) if all(both) else ""] if split else []
        return [*whole, *both, "0", "0"]
    text = raw_text(node, row)
    if not split or node.kind != "choices":
        return [text]
    chosen = text.split()
    return [text, *("" if not chosen else 1 if o.code in chosen else 0 for o in node.options)]


def raw_text(node: Node, row: dict[str, Any]) -> str:
    """What a raw answer of a case looks like in the export, right or wrong as it is."""
    campo = node.campo
    value = row.get(campo.name)
    if node.no_answer:
        return str(value) if value in list(NoAnswer) else ""
    if not node.keys:
        return ""
    key = node.keys[0]
    if isinstance(campo.type, CountByKind) and key not in row and isinstance(value, dict):
        value = value.get("otro" if node.suffix == "otro_numero" else node.suffix)
    else:
        value = next((row[k] for k in (key, *(campo.aliases if not node.suffix else ())) if k in row), None)
    if value in list(NoAnswer) and isinstance(value, str):
        return value if node.kind in ("choice", "text") else ""
    if node.kind == "choices" and value is None:
        value = [o.code for o in node.options if row.get(campo.key(o.code)) not in (None, "")]
    if isinstance(value, list | tuple):
        return " ".join(find_option(str(v), node.options, False) or str(v).replace(" ", "_") for v in value)
    if isinstance(value, bool):
        return "si" if value else "no"
    if node.kind == "time" and isinstance(value, str) and len(value) == 5:
        return f"{value}:00.000-06:00"
    return "" if value is None else str(value)
