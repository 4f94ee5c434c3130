"""What anybody may ask without account: whether a bulletin is one of ours, and the program that verifies a file."""

from __future__ import annotations

from pathlib import Path

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from albergues_app.accounts.doors import public
from albergues_app.consolidados.scope import Ambito
from albergues_app.core.db import db
from albergues_app.core.downloads import download
from albergues_app.emergencias.models import Emergencia
from albergues_app.reports.situacion import queries, verificador
from albergues_app.reports.situacion.blueprint import bp


@bp.get("/verificar")
@public
def verificar() -> ResponseReturnValue:
    """Type a hash, or learn how to verify a file."""
    typed = "".join(request.args.get("huella", "").split())[:80]
    if typed:
        return verificar_huella(typed)
    return render_template("boletines/verificar.html", huella="", hallado=None)


@bp.get("/verificar/<string:huella>")
@public
def verificar_huella(huella: str) -> ResponseReturnValue:
    """Number, hour, hash, and whether it is in force. Nothing of persons, nobody's name."""
    row = queries.find_by_hash(huella)
    if row is None:
        return render_template("boletines/verificar.html", huella=huella[:80], hallado=None), 404
    last = queries.last_sealed(row.emergencia_id, row.ambito)
    assert last is not None
    return render_template(
        "boletines/verificar.html",
        huella=row.huella,
        hallado=row,
        emergencia=db.session.get_one(Emergencia, row.emergencia_id).nombre,
        lugar=Ambito(row.ambito).nombre,
        corregido_por=queries.correction_of(row),
        ultimo=last if last.id != row.id else None,
    )


@bp.get("/verificador")
@public
def programa() -> Response:
    """The program that verifies an issued bulletin with Python alone."""
    return download(
        Path(verificador.__file__).read_bytes(), "text/x-python; charset=utf-8", "verificador_boletin.py"
    )
