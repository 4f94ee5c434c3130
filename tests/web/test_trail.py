"""The trail read as sentences, and the chain verified by a button."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from albergues_app.audit.models import Auditoria
from albergues_app.core.db import db
from albergues_app.web.rastro import NOMBRE_TABLA, audited_tables
from tests.factories.albergues import ingreso, make_activacion, persona
from tests.factories.cuentas import csrf_of


def test_every_audited_table_has_its_words(app: Flask) -> None:
    missing = audited_tables() - set(NOMBRE_TABLA)
    assert not missing, f"agregue a NOMBRE_TABLA de web/rastro.py: {sorted(missing)}"


def test_the_trail_is_read_as_sentences_without_names_of_people(
    app: Flask, entra: Callable[..., FlaskClient]
) -> None:
    ingreso(make_activacion(), persona(nombres="Ixchel", apellidos="Oculta"))
    page = entra("auditoria").get("/cambios").text
    assert "registró un albergue" in page
    assert "registró un movimiento" in page
    assert "(dato protegido)" in page
    assert "Oculta" not in page


def test_the_filter_is_in_the_address(app: Flask, entra: Callable[..., FlaskClient]) -> None:
    make_activacion()
    client = entra("auditoria")
    page = client.get("/cambios?tabla=albergue").text
    assert "registró un albergue" in page
    assert "registró una activación" not in page
    assert "Ningún cambio responde" in client.get("/cambios?dia=2001-01-01").text
    for odd in ("?dia=ayer", "?antes=x", "?cuenta=nadie", "?tabla='", "?antes=-1"):
        assert client.get(f"/cambios{odd}").status_code == 200


def test_the_trail_is_paged_by_number(app: Flask, entra: Callable[..., FlaskClient]) -> None:
    for _ in range(8):
        ingreso(make_activacion(emergencia=None), *[persona() for _ in range(3)])
    client = entra("auditoria")
    seen: list[int] = []
    path: str | None = "/cambios"
    import re

    while path:
        page = client.get(path).text
        seen += [int(n.replace(",", "")) for n in re.findall(r"asiento ([\d,]+)", page)]
        found = re.search(r'href="([^"]+)">Anteriores', page)
        path = found.group(1).replace("&amp;", "&") if found else None
    total = db.session.scalars(select(Auditoria.seq).order_by(Auditoria.seq.desc())).all()
    assert len(seen) > 100
    assert seen == sorted(seen, reverse=True)
    assert set(seen) <= set(total)
    assert min(seen) == 1


@pytest.mark.parametrize("rol", ["auditoria", "administracion"])
def test_the_chain_is_verified_by_a_button(app: Flask, entra: Callable[..., FlaskClient], rol: str) -> None:
    client = entra(rol)
    token = csrf_of(client.get("/cambios").text)
    client.post("/cambios/comprobar", data={"csrf_token": token})
    assert "La cadena está intacta" in client.get("/cambios").text


def test_an_altered_byte_is_told(app: Flask, entra: Callable[..., FlaskClient], base: str) -> None:
    make_activacion()
    client = entra("auditoria")
    if base == "sqlite":
        for (name,) in db.session.execute(
            text("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='auditoria'")
        ).all():
            db.session.execute(text(f"DROP TRIGGER {name}"))
    else:
        db.session.execute(text("ALTER TABLE auditoria DISABLE TRIGGER ALL"))
    db.session.execute(text("UPDATE auditoria SET actor = 'otra' WHERE seq = 3"))
    db.session.commit()
    token = csrf_of(client.get("/cambios").text)
    client.post("/cambios/comprobar", data={"csrf_token": token})
    assert "alterada a partir del asiento 3" in client.get("/cambios").text
