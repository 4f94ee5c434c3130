"""What was validated is still what it was: the stored text gives its hash, and the register gives that text again."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy import select

from albergues_app.consolidados.body import Cuerpo, fingerprint
from albergues_app.consolidados.models import Consolidado
from albergues_app.consolidados.services import reproduces
from albergues_app.core.db import db
from albergues_app.emergencias.models import Emergencia

NEWEST = 60
"""Versions of emergencies under way that are built again each night; the hash of every one is checked."""


def altered(newest: int = NEWEST) -> list[str]:
    """Spanish sentences, one for each frozen version that is not what it was.

    Of an emergency that ended the register may have been dissociated: its versions are checked by their hash. So are
    those that an earlier edition of the program wrote, with other parts.
    """
    found, left, parts = [], newest, set(asdict(Cuerpo("", "", "", "", "")))
    stmt = (
        select(Consolidado, Emergencia.fin)
        .join(Emergencia, Emergencia.id == Consolidado.emergencia_id)
        .order_by(Consolidado.registrado_en.desc(), Consolidado.id)
    )
    for row, ended in db.session.execute(stmt).all():
        if fingerprint(row.datos) != row.huella:
            found.append(f"El consolidado {row.folio} está alterado: sus datos no dan su huella.")
        elif left and ended is None and set(json.loads(row.datos)) == parts:
            left -= 1
            if not reproduces(row):
                found.append(f"El consolidado {row.folio} no se reproduce desde el registro.")
    return found
