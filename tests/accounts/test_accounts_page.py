"""Accounts made from above, inside one's own territory only, with a printed code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from albergues_app.accounts.hierarchy import CREATES, territory_of
from albergues_app.accounts.models import Cuenta, Rol, Sesion
from albergues_app.audit.models import Auditoria
from albergues_app.core.db import db
from tests.factories.albergues import make_albergue
from tests.factories.cuentas import CLAVE, csrf_of, make_cuenta


def post(client: FlaskClient, path: str, **data: str) -> Any:
    return client.post(path, data={**data, "csrf_token": csrf_of(client.get("/mi-cuenta").text)})


def new(client: FlaskClient, **changes: str) -> Any:
    data = {"correo": "ana@nebaj.gt", "nombre": "Ana López", "rol": "registro", "lugar-1": "1413", **changes}
    return post(client, "/cuentas/nueva", **data)


def test_an_account_is_made_with_a_sheet_to_print_and_it_enters(
    app: Flask, entra: Callable[..., FlaskClient]
) -> None:
    client = entra("municipal", municipio="1413")
    answer = new(client)
    assert answer.status_code == 201
    code = re.search(r'id="codigo">([^<]+)<', answer.text).group(1)  # type: ignore[union-attr]
    assert "72 horas" in answer.text
    fresh = app.test_client()
    token = csrf_of(fresh.get("/entrar").text)
    entered = fresh.post("/entrar", data={"correo": "ana@nebaj.gt", "clave": code, "csrf_token": token})
    assert entered.headers["Location"] == "/elegir-clave"
    trail = db.session.scalars(select(Auditoria.cambios).where(Auditoria.tabla == "cuenta")).all()
    assert not any(code in line for line in trail)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lugar-1": "1201"}, "dentro de su territorio"),
        ({"lugar-1": "14"}, "dentro de su territorio"),
        ({"lugar-1": "S14"}, "dentro de su territorio"),
        ({"lugar-1": "1413-999"}, "dentro de su territorio"),
        ({"lugar-1": "cualquier cosa"}, "dentro de su territorio"),
        ({"lugar-1": ""}, "al menos un lugar"),
        ({"rol": "sede"}, "uno de los roles de la lista"),
        ({"rol": "nada"}, "uno de los roles de la lista"),
        ({"correo": "sin arroba"}, "Escriba un correo"),
    ],
)
def test_what_may_not_be_given_is_refused_and_what_was_typed_comes_back(
    entra: Callable[..., FlaskClient], changes: dict[str, str], message: str
) -> None:
    client = entra("municipal", municipio="1413")
    answer = new(client, **changes)
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Ana López"' in answer.text
    assert 'id="errores"' in answer.text
    assert db.session.scalar(select(Cuenta).where(Cuenta.nombre == "Ana López")) is None


@pytest.mark.parametrize("rol", sorted(CREATES))
def test_each_role_gives_exactly_the_roles_below_it(entra: Callable[..., FlaskClient], rol: Rol) -> None:
    places = {"municipal": {"municipio": "1413"}, "sede": {"departamento": "14"}}.get(rol, {})
    if rol == Rol.ALBERGUE:
        places = {"albergue": make_albergue("1413").codigo}
    client = entra(rol, **places)
    page = client.get("/cuentas/nueva").text
    choices = re.search(r'id="c-rol".*?</select>', page, re.S).group(0)  # type: ignore[union-attr]
    assert set(re.findall(r'value="([a-z]+)"', choices)) == {str(r) for r in CREATES[rol]}


def test_a_shelter_account_gives_its_own_shelter_only(entra: Callable[..., FlaskClient]) -> None:
    mine, other = make_albergue("1413"), make_albergue("1413", nombre="Otro salón")
    client = entra("albergue", albergue=mine.codigo)
    assert new(client, **{"lugar-1": other.codigo}).status_code == 422
    assert new(client, **{"lugar-1": "1413"}).status_code == 422
    assert new(client, **{"lugar-1": mine.codigo}).status_code == 201
    page = client.get("/cuentas/nueva").text
    assert other.codigo not in page


def test_accounts_of_others_are_not_found(entra: Callable[..., FlaskClient]) -> None:
    below = make_cuenta("registro", municipio="1413")
    neighbour = make_cuenta("registro", municipio="1201")
    above = make_cuenta("sede", departamento="14")
    ids = {"below": below.id, "neighbour": neighbour.id, "above": above.id}
    client = entra("municipal", municipio="1413")
    assert client.get(f"/cuentas/{ids['below']}").status_code == 200
    for name in ("neighbour", "above"):
        assert client.get(f"/cuentas/{ids[name]}").status_code == 404
        for action in ("codigo", "activa", "sesiones/cerrar", "segundo-factor/quitar", "cambiar"):
            assert post(client, f"/cuentas/{ids[name]}/{action}").status_code == 404, action
    listed = client.get("/cuentas").text
    assert str(ids["below"]) in listed
    assert str(ids["neighbour"]) not in listed


def test_disabling_ends_the_sessions_at_once(app: Flask, entra: Callable[..., FlaskClient]) -> None:
    desk = entra("registro", municipio="1413")
    cuenta_id = db.session.scalars(select(Cuenta.id).where(Cuenta.rol == "registro")).one()
    boss = entra("municipal", municipio="1413")
    assert desk.get("/mi-cuenta").status_code == 200
    assert post(boss, f"/cuentas/{cuenta_id}/activa", activa="no").status_code == 303
    assert desk.get("/mi-cuenta").status_code == 302
    assert post(boss, f"/cuentas/{cuenta_id}/activa", activa="si").status_code == 303
    assert desk.get("/mi-cuenta").status_code == 302  # what ended stays ended


def test_sessions_below_are_seen_and_ended(entra: Callable[..., FlaskClient]) -> None:
    desk = entra("registro", municipio="1413")
    cuenta_id = db.session.scalars(select(Cuenta.id).where(Cuenta.rol == "registro")).one()
    sesion_id = db.session.scalars(select(Sesion.id).where(Sesion.cuenta_id == cuenta_id)).one()
    boss = entra("municipal", municipio="1413")
    assert str(sesion_id) in boss.get(f"/cuentas/{cuenta_id}").text
    wrong = db.session.scalars(select(Sesion.id).where(Sesion.id != sesion_id)).first()
    assert post(boss, f"/cuentas/{cuenta_id}/sesiones/{wrong}/cerrar").status_code == 404
    assert post(boss, f"/cuentas/{cuenta_id}/sesiones/{sesion_id}/cerrar").status_code == 303
    assert desk.get("/mi-cuenta").status_code == 302


def test_a_change_of_territory_acts_at_once_and_is_in_the_trail(entra: Callable[..., FlaskClient]) -> None:
    desk = entra("registro", municipio="1413")
    cuenta_id = db.session.scalars(select(Cuenta.id).where(Cuenta.rol == "registro")).one()
    boss = entra("sede", departamento="14")
    form = {"nombre": "Luis", "rol": "albergue", "lugar-1": "1420 · Ixcán"}
    assert post(boss, f"/cuentas/{cuenta_id}/cambiar", **form).status_code == 303
    db.session.rollback()
    assert territory_of(cuenta_id) == [("municipio", "1420")]
    assert "Encargado de albergue" in desk.get("/mi-cuenta").text
    line = db.session.scalars(
        select(Auditoria.cambios).where(Auditoria.tabla == "cuenta", Auditoria.accion == "cambio")
    ).all()[-1]
    assert '"rol":["registro","albergue"]' in line


def test_nobody_administers_the_own_account_here(entra: Callable[..., FlaskClient]) -> None:
    client = entra("administracion")
    me = db.session.scalars(select(Cuenta.id)).one()
    for action in ("codigo", "activa", "cambiar"):
        assert post(client, f"/cuentas/{me}/{action}").status_code == 403
    assert client.get("/mi-cuenta").status_code == 200


def test_audit_sees_accounts_and_changes_none(entra: Callable[..., FlaskClient]) -> None:
    other = make_cuenta("registro", municipio="1413").id
    client = entra("auditoria")
    page = client.get(f"/cuentas/{other}").text
    assert "Imprimir código" not in page
    assert post(client, f"/cuentas/{other}/codigo").status_code == 403


def test_the_printed_sheet_is_not_kept_by_caches(entra: Callable[..., FlaskClient]) -> None:
    answer = new(entra("municipal", municipio="1413"))
    assert answer.headers["Cache-Control"] == "no-store"
    assert CLAVE not in answer.text
