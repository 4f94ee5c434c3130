"""Inventario de bienes, edition 1: what the building had when it was received and when it was given back."""

from __future__ import annotations

import datetime as dt

from albergues_app.formats.engine import (
    Attachment,
    Blank,
    Choice,
    Date,
    Difference,
    Formato,
    In,
    Mark,
    Not,
    NotAfter,
    Option,
    Repetible,
    RowsAre,
    Seccion,
    Some,
    Text,
    Whole,
    options,
)
from albergues_app.formats.official.common import SOSEP, encabezado, firmas
from albergues_app.formats.official.common_lugar import interno
from albergues_app.formats.official.common_sitio import actor, needed_when_complete

_ESTADO = options(
    Option("nuevo", "Nuevo"),
    Option("bueno", "Bueno"),
    Option("regular", "Regular"),
    Option("malo", "Malo"),
    "otro",
)
_ESTADO_DEVUELTO = options(
    Option("nuevo", "Nuevo"),
    Option("bueno", "Bueno"),
    Option("regular", "Regular"),
    Option("malo", "Malo"),
    Option("no_devuelto", "No se devolvió", "No devuelto"),
    "otro",
)
_FALTAN = Not(NotAfter("cantidad", "cantidad_devuelta"))
_AL_RECIBIR = Not(In("momento", ("cierre",)))

_BIENES = Repetible(
    name="bienes",
    title="Bienes",
    singular="bien",
    max_rows=1000,
    paper_rows=12,
    hint="Una línea por clase de bien y estado: las 20 sillas buenas en una, las 5 malas en otra.",
    campos=(
        interno(
            name="bien",
            label="Bien",
            type=Text(width=6),
            paper_width=6,
            required=Mark.R,
            quick=True,
            example="Silla plástica",
        ),
        interno(
            name="cantidad",
            label="Cantidad que se recibe",
            short="Cantidad",
            type=Whole(minimum=1, maximum=100_000),
            paper_width=2,
            required=Mark.R,
            quick=True,
            example="20",
        ),
        interno(
            name="estado_recibir",
            label="Estado al recibir",
            short="Al recibir",
            type=Choice(options=_ESTADO, width=4),
            paper_width=3,
            required=Mark.R,
        ),
        interno(
            name="cantidad_devuelta",
            label="Cantidad que se devuelve",
            short="Devuelta",
            type=Whole(maximum=100_000),
            paper_width=2,
            hint="Se llena al cierre.",
        ),
        interno(
            name="estado_devolver",
            label="Estado al devolver",
            short="Al devolver",
            type=Choice(options=_ESTADO_DEVUELTO, width=3),
            paper_width=3,
            hint="Se llena al cierre.",
        ),
        interno(
            name="diferencia",
            label="Diferencia",
            type=Whole(minimum=-100_000, maximum=100_000),
            paper_width=2,
            auto=True,
            hint="Lo devuelto menos lo recibido; la saca el sistema.",
        ),
        interno(
            name="diferencia_explicacion",
            label="Por qué falta",
            type=Text(max_length=200),
            paper_width=3,
            required=Mark.C,
            required_when=_FALTAN,
            required_text="si se devuelve menos",
            asked_when=_FALTAN,
        ),
        actor(
            "responsable",
            "Responsable",
            Mark.R,
            width=4,
            paper_width=3,
            hint="Quien responde por el bien mientras dura el albergue.",
        ),
        interno(name="foto", label="Foto", type=Attachment()),
    ),
)

INVENTARIO_BIENES_V1 = Formato(
    code="inventario_bienes",
    version=1,
    title="Inventario de bienes del inmueble",
    issuer=SOSEP,
    source="Lineamientos de albergues de El Salvador; código oficial por confirmar",
    valid_from=dt.date(2026, 1, 1),
    who_fills="Quien administra, con el propietario",
    when_filled="Al abrir y al cerrar",
    purpose="Saber qué bienes del inmueble se recibieron y en qué estado se devuelven.",
    moment="apertura",
    landscape=True,
    record="inventario",
    order=180,
    secciones=(
        encabezado(),
        Seccion(
            code="entrega",
            title="Entrega",
            campos=(
                interno(
                    name="momento",
                    label="Este inventario se hace",
                    type=Choice(
                        options=(
                            Option("apertura", "Al abrir", aliases=("apertura", "al recibir")),
                            Option("cierre", "Al cerrar", aliases=("cierre", "al devolver")),
                        ),
                        width=5,
                    ),
                    required=Mark.R,
                    quick=True,
                ),
                interno(name="fecha", label="Fecha", type=Date(), required=Mark.R, example="20/11/2026"),
                actor("entrega", "Quién entrega", Mark.S, width=6, hint="Al abrir, el propietario."),
                actor("recibe", "Quién recibe", Mark.S, width=6, hint="Al abrir, quien administra."),
            ),
        ),
        _BIENES,
        firmas(supervisor=False),
    ),
    rules=(
        *needed_when_complete(
            "sin_bienes",
            "bienes",
            "Anote al menos un bien. Si no se recibe ninguno, este inventario no hace falta.",
            RowsAre("bienes", minimum=1),
        ),
        *needed_when_complete(
            "falta_devolucion",
            "bienes",
            "Al cerrar, anote en cada línea cuántos se devuelven y en qué estado.",
            Some(
                (
                    _AL_RECIBIR,
                    RowsAre(
                        "bienes",
                        maximum=0,
                        where=Some((Blank("cantidad_devuelta"), Blank("estado_devolver"))),
                    ),
                )
            ),
        ),
    ),
    notice="Al abrir se llenan las columnas de recibir; al cerrar, en la misma hoja, las de devolver.",
    calculos=(
        Difference(campo="diferencia", repetible="bienes", first="cantidad_devuelta", second="cantidad"),
    ),
    signatures=("Quién entrega", "Quién recibe"),
)
