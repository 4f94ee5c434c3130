"""`/formatos`: the public shelf for programs, the schema of each, and filled ones."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

from flask import Response, current_app, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import current_cuenta, get_visible_or_404, public, requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.api.v1 import answers
from albergues_app.api.v1.blueprint import answer, bp, documented, read_body, write
from albergues_app.api.v1.pages import list_rows
from albergues_app.api.v1.shapes import CapturaIn, EscaneoIn, FirmaIn, Pagina, VersionIn
from albergues_app.audit.listener import record_opening
from albergues_app.capturas import firma
from albergues_app.capturas.gate import at_the_gate, behind_the_gate, sees_off_the_gate
from albergues_app.capturas.intake import correction_of, judge_correction, may_write, work_of
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import place_of, place_of_row
from albergues_app.capturas.rows import ids_of, with_ids
from albergues_app.capturas.services import answers_of, body_of, edition_of, typed_with_ids
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Aviso, Invalid, NotFound
from albergues_app.core.scans import fingerprint
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, answers_to_json
from albergues_app.formats.outputs.json_schema import build_schema
from albergues_app.ocupacion.bindings import avisos_of, check
from albergues_app.pliegos.firmas import Firmante, FirmaNueva, check_firma, hojas_of

CACHE = timedelta(minutes=10)


_LINKS = {
    "pdf_blanco": "formatos.en_blanco",
    "pdf_llenable": "formatos.llenable",
    "xlsx": "formatos.para_llenar",
    "xlsform": "formatos.xlsform",
    "json_schema": "api_v1.formatos_esquema",
}


def _formato(codigo: str) -> Formato:
    try:
        return formatos.latest(codigo)
    except formatos.UnknownFormato as error:
        raise NotFound() from error


@bp.get("/formatos")
@documented(tag="Formatos")
@public
def list_formatos() -> ResponseReturnValue:
    """Every official format in its edition in use, with where to get it."""
    return _cached({"filas": [_row(f) for f in formatos.shelf()]})


def _row(formato: Formato) -> dict[str, Any]:
    links = {
        name: url_for(endpoint, codigo=formato.code)
        for name, endpoint in _LINKS.items()
        if endpoint in current_app.view_functions
    }
    if formatos.has_official_blank(formato.code):
        links["hoja_oficial"] = url_for("formatos.hoja_oficial", codigo=formato.code)
    body = {"codigo": formato.code, "edicion": formato.version, "titulo": formato.title, "enlaces": links}
    official = formatos.official_code(formato.code)
    return body | ({"codigo_oficial": official} if official else {})


@bp.get("/formatos/<string:codigo>/esquema.json")
@documented(tag="Formatos")
@public
def formatos_esquema(codigo: str) -> ResponseReturnValue:
    """JSON Schema (2020-12) of the answers."""
    formato = _formato(codigo)
    if not formatos.is_public(codigo):
        raise NotFound()
    return _cached(build_schema(formato))


def _cached(body: dict[str, Any]) -> Response:
    response = answer(body)
    response.headers["Cache-Control"] = f"public, max-age={int(CACHE.total_seconds())}"
    return response


@bp.post("/formatos/<string:codigo>/capturas")
@documented(body=CapturaIn, created=True, tag="Formatos")
@requires(Permiso.REGISTRO_EDITAR)
def post_captura(codigo: str) -> Response:
    """Keep a filled format; where it has tables of its own, it writes to them."""
    formato, cuenta = _formato(codigo), current_cuenta()
    shape = read_body(CapturaIn)
    given = {
        name: str(value)
        for name in ("activacion", "albergue", "municipio", "departamento", "emergencia")
        if (value := getattr(shape, name)) is not None
    }
    lugar = place_of(formato, given)
    may_write(cuenta, formato, lugar)
    result = check(formato, shape.respuestas, behind_the_gate(cuenta, formato))
    if not result.ok:
        raise Invalid(avisos_of(result.errors))
    work = work_of(formato, lugar, result, shape.id, shape.capturado_en, shape.folio)
    content = shape.model_copy(update={"respuestas": answers_to_json(result.answers)})
    return write(shape.id, f"captura.{codigo}", content, lugar.emergencia_id, work, formato=codigo)


@bp.get("/registros")
@documented(query=Pagina, tag="Formatos", answer=answers.Lista)
@requires(Permiso.REGISTRO_VER)
def list_registros() -> Response:
    """Filled formats of the account's territory, without their answers."""
    return list_rows(Registro, Permiso.REGISTRO_VER, body_of)


@bp.get("/registros/<uuid:registro_id>")
@documented(tag="Formatos")
@requires(Permiso.REGISTRO_VER)
def get_registro(registro_id: Any) -> Response:
    """One filled format with its answers; the trail says who opened it."""
    get_visible_or_404(Registro, registro_id, Permiso.REGISTRO_VER)
    with unit_of_work(current_cuenta().as_actor("api")):
        row = db.session.get_one(Registro, registro_id)
        given, body = answers_of(row), body_of(row)
        formato = edition_of(row)
        given = with_ids(formato, given, ids_of(formato, row.captura_id, given))
        record_opening(db.session(), "registro", row.id, "api:registro")
    if behind_the_gate(current_cuenta(), formato):
        given = at_the_gate(formato, given)
    return answer({**body, **_signed(row, formato), "respuestas": given})


def _signed(row: Registro, formato: Formato) -> dict[str, Any]:
    """Its signature, its signed papers, what it wrote to other tables, and what it still waits for."""
    versions = firma.versions_of(row.id)
    scans = [
        {
            "serie": h.serie, "version": versions.get(h.captura_id, 1), "tipo": h.tipo, "peso": h.peso,
            "huella": h.huella, "folio": h.folio, "adjuntado_en": clock.iso(h.adjuntado_en), "por": h.por,
        }
        for h in hojas_of(row.id)
    ]  # fmt: skip
    wrote = [
        {"version": e.version, "dice": e.dice, "escrito_en": clock.iso(e.escrito_en)}
        for e in firma.effects_of(row)
    ]
    return {
        "firma": firma.signature_of(row).as_body(),
        "escaneos": scans,
        "efectos": wrote,
        "espera": firma.waiting_words(row),
    }


@bp.post("/registros/<uuid:registro_id>/escaneos")
@documented(body=EscaneoIn, created=True, tag="Formatos")
@requires(Permiso.REGISTRO_EDITAR)
def post_escaneo(registro_id: Any) -> Response:
    """Note the signed paper of the `version` that was read, by its scan or its folio: the record is signed.

    What the format does when signed needs the scan, and is done by whoever may do it by hand; what its rules refuse
    leaves the scan out (422) and nothing is written.
    """
    row = get_visible_or_404(Registro, registro_id, Permiso.REGISTRO_EDITAR)
    shape, formato = read_body(EscaneoIn), edition_of(row)
    datos = firma_of(shape, formato, sees_off_the_gate(current_cuenta(), formato))
    return write(
        shape.id,
        "captura.escaneo",
        shape.model_copy(update={"contenido": fingerprint(datos.content)}),
        row.emergencia_id,
        lambda: firma.sign_registro(registro_id, shape.version, datos),
        registro=registro_id,
    )


def firma_of(shape: FirmaIn, formato: Formato, reservado: bool) -> FirmaNueva:
    """The signed paper that a body tells. :raises Invalid: what ``check_firma`` finds, or no base64."""
    try:
        content = b64decode(shape.contenido, validate=True)
    except ValueError as error:
        raise Invalid([Aviso("no_es_base64", "El archivo va en base64.", "contenido")]) from error
    people = [Firmante(f.linea, f.nombre) for f in shape.firmantes or ()]
    datos = FirmaNueva(content, shape.folio or "", shape.firmada_en, people, reservado)
    check_firma(formato, datos)
    return datos


@bp.post("/registros/<uuid:registro_id>/versiones")
@documented(body=VersionIn, created=True, tag="Formatos")
@requires(Permiso.REGISTRO_EDITAR)
def post_version(registro_id: Any) -> Response:
    """Correct a filled format by a new version; `version` is the one that was read (422 `version_cambiada`).

    Each row that is kept goes with the `id` that reading gave it.
    """
    row = get_visible_or_404(Registro, registro_id, Permiso.REGISTRO_EDITAR)
    formato, cuenta = edition_of(row), current_cuenta()
    shape, lugar = read_body(VersionIn), place_of_row(row, formato)
    gate = behind_the_gate(cuenta, formato)
    before, ids = typed_with_ids(row, formato, answers_of(row))
    judged = judge_correction(formato, shape.respuestas, before, ids, "rapido", gate)
    if not judged.result.ok:
        raise Invalid(avisos_of(judged.result.errors))
    work = correction_of(
        cuenta, registro_id, formato, lugar, judged, before, shape.motivo, shape.version, shape.capturado_en
    )
    content = shape.model_copy(update={"respuestas": answers_to_json(judged.result.answers)})
    return write(shape.id, "captura.version", content, lugar.emergencia_id, work, registro=registro_id)
