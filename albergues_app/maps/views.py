"""The command's page: map, five figures, what changed, and the same figures in a table. No people's names."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import current_cuenta, requires, visible
from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.albergues.models import Activacion, ActivacionTransicion, Albergue
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.downloads import XLSX, download
from albergues_app.core.errors import NotFound
from albergues_app.maps.served import FrameMissing, ServedFrame
from albergues_app.ocupacion.feed import feed_at, map_feed
from albergues_app.ocupacion.figures import Cuadro, cuadros
from albergues_app.ocupacion.sums import LEVELS, Sumas, sums_of
from albergues_app.territorio.points import map_folder

bp = Blueprint("mapa", __name__, template_folder="templates")


@bp.get("/mapa")
@requires(Permiso.MAPA_VER)
def mando() -> ResponseReturnValue:
    """Map and table of one and the same cut; `?corte=` shows a past hour."""
    identity = current_cuenta()
    corte = read_corte()
    tables = cuadros(identity, LEVELS, corte)
    tabla = tables["municipio"]
    return render_template(
        "mapa/mando.html",
        tabla=tabla,
        sumas=sums_of(tables),
        marco=_frame(corte),
        corte=corte,
        cambios=_changes(tabla.corte),
        maximo=clock.to_local(clock.now()),
    )


@bp.get("/mapa/datos.json")
@requires(Permiso.MAPA_VER)
def datos() -> Response:
    """The map's data: compact columns, ETag and 304."""
    corte = read_corte()
    feed = map_feed(current_cuenta()) if corte is None else feed_at(current_cuenta(), corte)
    return feed.respond(request)


@bp.get("/mapa/limites/<path:nombre>")
@requires(Permiso.MAPA_VER)
def limites(nombre: str) -> Response:
    """A boundaries file of the edition in use; its name carries a hash, so it is cached for ever."""
    try:
        path = served_frame().file(nombre)
    except FrameMissing as error:
        raise NotFound() from error
    if path is None:
        raise NotFound()
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    content = path.read_bytes()
    response = Response(_packed(str(path), content) if packed else content, mimetype="application/json")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@bp.get("/mapa/tabla.xlsx")
@requires(Permiso.OCUPACION_VER)
def tabla_xlsx() -> Response:
    """The table as a workbook, with its cut and scope in the first rows."""
    tables = cuadros(current_cuenta(), LEVELS, read_corte())
    tabla = tables["municipio"]
    return download(
        workbook(tabla, sums_of(tables)), XLSX, f"ocupacion-{clock.to_local(tabla.corte):%Y%m%d-%H%M}.xlsx"
    )


def read_corte() -> datetime | None:
    """The hour asked for, as a form of the browser gives it (Guatemala's clock) or ISO 8601; None: now."""
    raw = request.args.get("corte", "").strip()
    if not raw:
        return None
    try:
        value = datetime.fromisoformat(raw)
        instant = clock.as_utc(value if value.tzinfo else value.replace(tzinfo=clock.LOCAL))
    except (ValueError, OverflowError):
        return None
    return None if instant >= clock.now() or instant.year < 1990 else instant


_COLUMNS = (
    "albergues", "sin_reporte", "personas", "fuera", "familias", "mujeres", "hombres", "no_registrado",
    "solo_declaradas", "capacidad", "capacidad_sin_dato", "diferencia",
)  # fmt: skip
_TITLES = (
    "Código", "Municipio", "Departamento", "Albergues", "Sin reporte", "Personas", "Fuera", "Familias",
    "Mujeres", "Hombres", "Sin registrar sexo", "Solo declaradas", "Capacidad",
    "Sin dato de capacidad", "Diferencia",
)  # fmt: skip


def workbook(tabla: Cuadro, sumas: Sumas) -> bytes:
    """XLSX of a table of occupancy: text as text, numbers as numbers, unknown left blank."""
    import xlsxwriter

    from albergues_app.territorio.catalogo import catalogo

    target = BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet("Ocupación")
    bold = book.add_format({"bold": True})
    sheet.write_string(
        0, 0, f"Ocupación por municipio · corte {clock.to_local(tabla.corte):%d/%m/%Y %H:%M}", bold
    )
    sheet.write_string(
        1, 0, "Personas: registro nominal. «Solo declaradas»: albergues que aún no registran nombres."
    )
    hours, share = current_app.config["PARTE_HORAS"], tabla.total.cobertura
    heard = "" if share is None else f"Con reportes de no más de {hours} h, {share} % de las personas. "
    sheet.write_string(2, 0, f"{heard}{sumas.texto}.")
    for column, title in enumerate(_TITLES):
        sheet.write_string(3, column, title, bold)
    sheet.set_column(1, 2, 26)
    for line, fila in enumerate([*tabla.filas, tabla.total], start=4):
        sheet.write_string(line, 0, fila.codigo)
        sheet.write_string(line, 1, fila.nombre)
        if fila is not tabla.total:
            sheet.write_string(line, 2, catalogo().departamento_nombre(fila.codigo))
        values = [getattr(fila, name) for name in _COLUMNS]
        for column, value in enumerate(values, start=3):
            if value is not None:
                sheet.write_number(line, column, value)
    book.close()
    return target.getvalue()


def served_frame() -> ServedFrame:
    """The frame in use, read again when another edition was built."""
    stamp = (
        (map_folder() / "manifest.json").stat().st_mtime_ns
        if (map_folder() / "manifest.json").exists()
        else 0
    )
    known = current_app.extensions.get("albergues_marco")
    if known is None or known[0] != stamp:
        known = (stamp, ServedFrame.load(map_folder()))
        current_app.extensions["albergues_marco"] = known
    frame: ServedFrame = known[1]
    return frame


def _frame(corte: datetime | None) -> Any:
    try:
        frame = served_frame()
    except FrameMissing:
        return None
    opens = role_may(current_cuenta().rol, Permiso.ALBERGUE_VER)
    return frame.render(
        nonce=g.nonce,
        static_url=lambda name: url_for("static", filename=name),
        datos_url=url_for("mapa.datos", corte=clock.iso(corte) if corte else None),
        archivos_url=url_for("mapa.limites", nombre="x").removesuffix("x"),
        ficha_url=url_for("albergues.por_codigo", codigo_sitio="__CODIGO__") if opens else "",
    )


def _packed(key: str, content: bytes) -> bytes:
    cache: dict[str, bytes] = current_app.extensions.setdefault("albergues_limites_gzip", {})
    if key not in cache:
        cache[key] = gzip.compress(content, 9, mtime=0)
    return cache[key]


def _changes(corte: datetime) -> list[dict[str, Any]]:
    """Openings and closings of the 24 hours before the cut, newest first; a reserved site is not named."""
    t, a, s = ActivacionTransicion.__table__, Activacion.__table__, Albergue.__table__
    stmt = (
        select(t.c.ocurrida_en, t.c.a, s.c.nombre, s.c.municipio_codigo, s.c.ubicacion_reservada)
        .join_from(t, a, a.c.id == t.c.activacion_id)
        .join(s, s.c.id == a.c.albergue_id)
        .where(
            t.c.ocurrida_en <= corte,
            t.c.ocurrida_en > corte - timedelta(hours=24),
            t.c.a.in_(("activa", "cerrada", "en_cierre")),
        )
        .order_by(t.c.ocurrida_en.desc(), t.c.id)
        .limit(12)
    )
    words = {"activa": ("mas", "Abrió"), "en_cierre": ("aviso", "En cierre"), "cerrada": ("bien", "Cerró")}
    return [
        {
            "cuando": row.ocurrida_en,
            "icono": words[row.a][0],
            "que": words[row.a][1],
            "nombre": "ubicación reservada" if row.ubicacion_reservada else row.nombre,
            "municipio": row.municipio_codigo,
        }
        for row in db.session.execute(visible(stmt, Permiso.MAPA_VER, Activacion))
    ]


from albergues_app.maps import formatos_views  # noqa: E402, F401 - its views stand on the same blueprint
