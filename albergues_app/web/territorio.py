"""The catalogue of territory as people may check it: sedes, departments, municipalities, and whose boundaries these are."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from albergues_app.accounts.doors import requires
from albergues_app.accounts.permissions import Permiso
from albergues_app.core.db import db
from albergues_app.maps.served import FrameMissing, ServedFrame
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.models import Departamento, MunicipioAlias
from albergues_app.territorio.points import map_folder
from albergues_app.web.views import bp

ONLY_IN_FILES = frozenset({"Guatemala City"})
"""Names that lists from abroad bring and nobody here says."""


@bp.get("/territorio")
@requires(Permiso.TERRITORIO_VER)
def territorio() -> ResponseReturnValue:
    """24 sedes, of which two «por confirmar»; 22 departments; 340 municipalities with codes and other names."""
    known = catalogo()
    aliases: dict[str, list[str]] = {}
    for alias in db.session.scalars(select(MunicipioAlias).order_by(MunicipioAlias.alias)):
        if alias.alias not in ONLY_IN_FILES:
            aliases.setdefault(alias.municipio_codigo, []).append(alias.alias)
    try:
        credito = ServedFrame.load(map_folder()).credito
    except FrameMissing:
        credito = None
    return render_template(
        "territorio/territorio.html",
        sedes=known.sedes.values(),
        departamentos=db.session.scalars(select(Departamento).order_by(Departamento.codigo)).all(),
        municipios_de=known.municipios_de,
        aliases=aliases,
        credito=credito,
        total=len(known.municipios),
    )
