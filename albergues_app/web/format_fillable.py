"""The fillable PDF of the public shelf: drawn once for each edition, paper and sheets, then kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from flask import current_app

from albergues_app.core.errors import NotFound
from albergues_app.core.instance import is_training
from albergues_app.core.turns import turn
from albergues_app.formats.catalogo import official_code
from albergues_app.formats.engine import Formato, fingerprint
from albergues_app.formats.outputs.acroform import render_fillable, sheets_offered
from albergues_app.formats.outputs.pdf import Papel, PdfJob
from albergues_app.ocupacion.format_catalogs import format_catalogos

BUSY = "Ahora mismo se preparan otros PDF. Espere un minuto y vuelva a pedirlo."

_KEPT = 40
"""Documents of about 130 kB: some 5 MB for each worker."""


def sheets_asked(formato: Formato, args: Mapping[str, str]) -> tuple[int, ...]:
    """The sheets of ``?hojas=3`` (form and two continuations) or ``?hoja=2`` (a continuation alone).

    :raises NotFound: the format has no rows for such a sheet.
    """
    last = sheets_offered(formato)
    alone, many = args.get("hoja", "1"), args.get("hojas", "1")
    if not all(text.isdecimal() and len(text) < 4 and 1 <= int(text) <= last for text in (alone, many)):
        raise NotFound()
    return (int(alone),) if int(alone) > 1 else tuple(range(1, int(many) + 1))


def fillable(formato: Formato, papel: Papel, sheets: tuple[int, ...]) -> bytes:
    """The document, with the lists of places of today's catalogue."""
    catalogos = format_catalogos()
    places = hash(tuple(tuple(one.labels.items()) for one in catalogos.lists.values()))
    # The official number is printed on it, and no part of the definition.
    number = official_code(formato.code)
    key = (fingerprint(formato), number, papel, sheets, is_training(), places)
    kept: OrderedDict[object, bytes] = current_app.extensions.setdefault("formatos_llenables", OrderedDict())
    content = kept.get(key)
    if content is None:
        job = PdfJob(formato=formato, papel=papel, gate=formato.at_gate, capacitacion=is_training())
        with turn("llenable", BUSY):
            content = kept[key] = render_fillable(job, catalogos, sheets=sheets)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return content
