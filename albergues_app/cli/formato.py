"""`albergues formato`: the official formats from the terminal: list, blank, filled, and filled ones read."""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from albergues_app.cli.context import SISTEMA, with_app

if TYPE_CHECKING:
    from albergues_app.formats.engine import Formato

ROWS_WITH_ERRORS, UNREADABLE = 1, 2
_SHOWN = 50


@click.group()
def formato() -> None:
    """Formatos oficiales: lista, en blanco, llenar y leer los llenos."""


def _known(codigo: str, edicion: int | None = None) -> Formato:
    from albergues_app.formats import catalogo

    try:
        return catalogo.get(codigo, edicion)
    except catalogo.UnknownFormato as error:
        which = f", edición {edicion}" if edicion else ""
        raise click.ClickException(
            f"No hay formato «{codigo}»{which}. Vea: albergues formato lista."
        ) from error


def _refuse(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(UNREADABLE)


@formato.command()
@with_app
def lista() -> None:
    """Código, edición y título de cada formato, también de los definidos aquí."""
    from albergues_app.formats import catalogo

    for one in catalogo.all():
        click.echo(f"{one.code:28} {one.version}  {one.title}")


@formato.command()
@click.argument("codigo")
@click.argument("salida", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--oficio", is_flag=True, help="Papel oficio; sin esta opción, carta.")
@click.option("--odk", is_flag=True, help="El .xlsx es el formulario para ODK o Kobo (XLSForm).")
@click.option("--llenable", is_flag=True, help="El .pdf lleva campos para escribir en ellos.")
@click.option(
    "--hojas", type=click.IntRange(1), default=1, help="Con --llenable: la hoja y sus continuaciones."
)
@click.option("--hoja", type=click.IntRange(2), help="Con --llenable: solo esa hoja de continuación.")
@with_app
def blanco(
    codigo: str, salida: Path, oficio: bool, odk: bool, llenable: bool, hojas: int, hoja: int | None
) -> None:
    """Escribe el formato en blanco: .pdf, .xlsx o .json (su JSON Schema), según el nombre de SALIDA."""
    one, papel = _known(codigo), "oficio" if oficio else "carta"
    if odk:
        _write_xlsform(one, salida)
    elif llenable:
        _write_fillable(one, salida, papel, {}, (hoja,) if hoja else tuple(range(1, hojas + 1)))
    else:
        _write(one, salida, None, papel)
    click.echo(f"Escrito: {salida.name}")


@formato.command()
@click.argument("codigo")
@click.argument("datos", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("salida", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--llenable", is_flag=True, help="El .pdf lleva campos, para seguir escribiendo en ellos.")
@with_app
def llenar(codigo: str, datos: Path, salida: Path, llenable: bool) -> None:
    """Escribe el formato con las respuestas de DATOS.json: .pdf o .xlsx. Termina con 1 si hay errores, 2 si no es JSON."""
    from albergues_app.formats.outputs.flat_in import read_json
    from albergues_app.formats.outputs.xlsx_in import UnreadableWorkbook

    one = _known(codigo)
    try:
        filled = read_json(one, datos.read_bytes())
    except UnreadableWorkbook as problem:
        _refuse(str(problem))
        return
    checked = _judge(one, filled)
    if _tell(checked):
        click.echo("No se escribió nada: corrija los datos.")
        sys.exit(ROWS_WITH_ERRORS)
    answers = [result.answers for _record, result in checked]
    if llenable and len(answers) != 1:
        raise click.UsageError(f"Un PDF llenable lleva un solo registro, y DATOS trae {len(answers)}.")
    if llenable:
        _write_fillable(one, salida, "carta", answers[0])
    else:
        _write(one, salida, answers, "carta")
    click.echo(f"Escrito: {salida.name}")


@formato.command()
@click.argument("codigo")
@click.argument("archivo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--continuacion", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
    help="PDF de una hoja de continuación: se une por su folio, o por el orden. Se puede repetir.",
)  # fmt: skip
@click.option(
    "--edicion", type=click.IntRange(1), help="Edición en que se llenó; sin esta opción, la vigente."
)
@click.option("--guardar", is_flag=True, help="Guarda todo si no hay errores. Sin esta opción solo revisa.")
@click.option(
    "--solo-buenas", is_flag=True, help="Con --guardar: guarda las filas buenas y deja las que tienen error."
)
@click.option("--activacion", type=click.UUID, help="Albergue abierto donde se llenó (con --guardar).")
@click.option(
    "--errores", type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Escribe su mismo archivo como libro .xlsx, con lo que hay que revisar junto a cada fila.",
)  # fmt: skip
@with_app
def leer(
    codigo: str,
    archivo: Path,
    continuacion: tuple[Path, ...],
    edicion: int | None,
    guardar: bool,
    solo_buenas: bool,
    activacion: UUID | None,
    errores: Path | None,
) -> None:
    """Lee un formato lleno (Excel, ODS, CSV, JSON, o el PDF para llenar).

    Termina con 0 si todo está bien, 1 si hay filas con error, 2 si no se puede leer.

    La última línea es un resumen en JSON.
    """
    from albergues_app.capturas.places import Lugar, lugar_of_activacion
    from albergues_app.interchange import format_import as imports
    from albergues_app.interchange.errors import ArchivoIlegible

    one = _known(codigo, edicion)
    if guardar and activacion is None:
        raise click.UsageError("Con --guardar indique --activacion ID.")
    lugar = lugar_of_activacion(activacion) if activacion else Lugar("", "", "")
    encargo = imports.Encargo(one, lugar, one.at_gate)
    try:
        more = [path.read_bytes() for path in continuacion]
        plain = imports.read_content(one, archivo.read_bytes(), archivo.name, one.at_gate, more)
        lectura = imports.understand(one, plain, one.at_gate)
        maps = imports.propose_columns(one, lectura, one.at_gate)
        if lectura.filled is None and not any(m.columns for m in maps):
            raise ArchivoIlegible(
                f"Ninguna columna del archivo es de «{one.title}». Use los nombres del Excel de este formato."
            )
        ensayo = imports.rehearse(encargo, lectura, maps)
    except ArchivoIlegible as problem:
        _refuse(problem.mensaje)
        return
    bad = _tell(ensayo.leidos) + len(ensayo.sueltas)
    for line in [*ensayo.sueltas, *ensayo.notas][:_SHOWN]:
        click.echo(line)
    if errores is not None:
        errores.write_bytes(imports.errors_workbook(lectura, ensayo, maps))
    summary: dict[str, Any] = {
        "filas": len(ensayo.leidos), "con_errores": bad, "guardadas": 0, "ya_estaban": 0,
    }  # fmt: skip
    if bad and not (guardar and solo_buenas and ensayo.buenos):
        click.echo("No se guardó nada: corrija las filas con error y vuelva a leer.")
    elif guardar:
        done = imports.save(encargo, ensayo, SISTEMA, only_good=solo_buenas)
        summary |= {"guardadas": done.nuevas, "ya_estaban": done.ya_estaban}
        click.echo(f"Guardado: {done.nuevas} nuevas; {done.ya_estaban} ya estaban.")
    else:
        click.echo("Solo se revisó. Para guardar, repita la orden con --guardar --activacion ID.")
    click.echo(json.dumps(summary, ensure_ascii=False))
    if bad:
        sys.exit(ROWS_WITH_ERRORS)


@formato.command()
@click.argument("hoja", type=click.UUID)
@click.argument("escaneo", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--folio", default="", help="Folio con que quedó archivada la hoja firmada.")
@click.option("--firmada-en", help="Cuándo se firmó: 2026-05-14T08:30-06:00.")
@click.option(
    "--firmante", "firmantes", multiple=True, metavar="LÍNEA=NOMBRE",
    help="Quién firmó en una línea del formato. Se puede repetir.",
)  # fmt: skip
@with_app
def firmar(
    hoja: UUID, escaneo: Path | None, folio: str, firmada_en: str | None, firmantes: tuple[str, ...]
) -> None:
    """Anota la HOJA firmada, por su ESCANEO (PDF, JPEG o PNG) o por su folio: queda firmada y surte efecto.

    HOJA es el número de un registro o el de una boleta.

    Termina con 1 si las reglas no lo dejan (nada se escribe), 2 si el archivo o los datos no sirven. La última línea
    es JSON.
    """
    from albergues_app.audit.models import Captura
    from albergues_app.capturas.firma import sign_registro
    from albergues_app.capturas.models import Registro
    from albergues_app.capturas.services import edition_of
    from albergues_app.core.db import db
    from albergues_app.core.errors import Invalid
    from albergues_app.core.unit_of_work import unit_of_work
    from albergues_app.ocupacion import boletas
    from albergues_app.ocupacion.bindings import BOLETA
    from albergues_app.pliegos.firmas import check_firma

    row, boleta = db.session.get(Registro, hoja), db.session.get(Captura, hoja)
    if row is not None:
        formato = edition_of(row)
    elif boleta is not None and boleta.formato == BOLETA:
        formato = boletas.edition_of(boleta)
    else:
        raise click.ClickException("No hay un registro ni una boleta con ese número.")
    datos = _firma(escaneo, folio, firmada_en, firmantes)
    try:
        check_firma(formato, datos)
    except Invalid as problem:
        _refuse(" ".join(e.mensaje for e in problem.errores))
    version = row.version if row is not None else 0
    with unit_of_work(SISTEMA):
        body = sign_registro(hoja, version, datos) if version else boletas.sign_boleta(hoja, datos)
    for aviso in body["avisos"]:
        click.echo(aviso["mensaje"])
    click.echo(json.dumps(body, ensure_ascii=False))


def _firma(escaneo: Path | None, folio: str, firmada_en: str | None, firmantes: tuple[str, ...]) -> Any:
    from datetime import datetime

    from albergues_app.core import clock
    from albergues_app.core.scans import limit_bytes
    from albergues_app.pliegos.firmas import Firmante, FirmaNueva

    content = b""
    if escaneo is not None:
        with escaneo.open("rb") as file:
            content = file.read(limit_bytes() + 1)
    when = None
    if firmada_en:
        try:
            when = datetime.fromisoformat(firmada_en)
        except ValueError:
            _refuse("--firmada-en va como 2026-05-14T08:30-06:00.")
        else:
            when = clock.as_utc(when if when.tzinfo else when.replace(tzinfo=clock.LOCAL))
    if any("=" not in one for one in firmantes):
        _refuse("--firmante va como «LÍNEA=NOMBRE», con la línea como la dice el formato.")
    return FirmaNueva(content, folio, when, [Firmante(*one.split("=", 1)) for one in firmantes])


def _judge(one: Formato, filled: Any) -> Any:
    from albergues_app.core import clock
    from albergues_app.formats.outputs.xlsx_in import check_filled
    from albergues_app.ocupacion.format_catalogs import format_catalogos

    return check_filled(one, filled, format_catalogos(), "rapido", clock.now(), one.at_gate)


def _tell(checked: Any) -> int:
    """Say what is wrong, row by row; how many rows are."""
    wrong = [(record, result) for record, result in checked if not result.ok]
    lines = [
        f"Fila {record.number}: {notice.mensaje} ({record.locate(notice.campo) or notice.campo})"
        for record, result in wrong
        for notice in result.errors
    ]
    for line in lines[:_SHOWN]:
        click.echo(line)
    if len(lines) > _SHOWN:
        click.echo(f"… y {len(lines) - _SHOWN} más.")
    return len(wrong)


def _write_fillable(
    one: Formato, salida: Path, papel: Any, answers: dict[str, Any], sheets: tuple[int, ...] = ()
) -> None:
    from albergues_app.core.instance import is_training
    from albergues_app.formats.outputs.acroform import render_fillable, sheets_offered
    from albergues_app.formats.outputs.pdf import PdfJob
    from albergues_app.ocupacion.format_catalogs import format_catalogos

    if salida.suffix.lower() != ".pdf":
        raise click.UsageError("Con --llenable SALIDA termina en .pdf.")
    if sheets and max(sheets) > (last := sheets_offered(one)):
        raise click.UsageError(f"Este formato llega a {last} hoja{'s' if last > 1 else ''}.")
    job = PdfJob(formato=one, papel=papel, gate=one.at_gate, capacitacion=is_training())
    salida.write_bytes(render_fillable(job, format_catalogos(), raw=answers, sheets=sheets))


def _write_xlsform(one: Formato, salida: Path) -> None:
    from albergues_app.core.instance import is_training
    from albergues_app.formats.outputs.xlsform import write_xlsform
    from albergues_app.ocupacion.format_catalogs import format_catalogos

    if salida.suffix.lower() != ".xlsx":
        raise click.UsageError("Con --odk SALIDA termina en .xlsx.")
    write_xlsform(one, salida, format_catalogos(), gate=one.at_gate, training=is_training())


def _write(one: Formato, salida: Path, records: list[Any] | None, papel: Any) -> None:
    from albergues_app.core.instance import is_training
    from albergues_app.formats.outputs.json_schema import build_schema
    from albergues_app.formats.outputs.pdf import PdfJob, render_many
    from albergues_app.formats.outputs.xlsx import write_workbook
    from albergues_app.ocupacion.format_catalogs import format_catalogos

    end, known = salida.suffix.lower(), format_catalogos()
    if end == ".pdf":
        jobs = [
            PdfJob(
                formato=one, answers=answers, papel=papel, gate=one.at_gate, capacitacion=is_training(),
                estado="" if answers is None else "borrador",
            )
            for answers in (records or [None])
        ]  # fmt: skip
        salida.write_bytes(render_many(jobs, known))
    elif end == ".xlsx":
        target = BytesIO()
        write_workbook(one, target, known, records or (), gate=one.at_gate, training=is_training())
        salida.write_bytes(target.getvalue())
    elif end == ".json" and records is None:
        salida.write_text(
            json.dumps(build_schema(one, one.at_gate), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
    else:
        raise click.UsageError("SALIDA termina en .pdf o .xlsx; en blanco también .json.")
