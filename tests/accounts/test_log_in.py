"""Log-in, sessions and credentials (confiabilidad.md T7, T16-T18 and rows 44-58)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from argon2 import extract_parameters
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from albergues_app.accounts import passwords, second_factor, services
from albergues_app.accounts.models import Cuenta, Intento, Sesion
from albergues_app.accounts.passwords import check_password, hash_password
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.errors import Invalid
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.territorio.catalogo import catalogo
from tests.conftest import expect_refused
from tests.factories.cuentas import CLAVE, SISTEMA, csrf_of, logged_in, make_cuenta

WRONG = "otra clave cualquiera"


def enter(
    client: FlaskClient, correo: str, clave: str, totp: str = "", headers: dict[str, str] | None = None
) -> object:
    token = csrf_of(client.get("/entrar").text)
    return client.post(
        "/entrar",
        data={"correo": correo, "clave": clave, "totp": totp, "csrf_token": token},
        headers=headers or {},
    )


def post(client: FlaskClient, path: str, page: str = "/mi-cuenta", **data: str) -> object:
    """Post a form with the token of a page that shows one."""
    return client.post(path, data={**data, "csrf_token": csrf_of(client.get(page).text)})


def test_the_delay_grows_per_account_and_is_kept_in_the_database(app: Flask) -> None:
    cuenta = make_cuenta("sede", departamento="14")
    correo = cuenta.correo
    waits = []
    moment = clock.now()
    for n in range(8):
        with clock.frozen(moment):
            with expect_refused("credencial_incorrecta"):
                services.log_in(correo, WRONG, None, f"10.0.0.{n}", "")
            row = db.session.scalars(
                select(Intento).where(Intento.clave.like("c:%")).execution_options(populate_existing=True)
            ).one()
            waits.append(int((row.espera_hasta - moment).total_seconds()))
        moment += timedelta(seconds=waits[-1], milliseconds=1)
    assert waits == sorted(waits)
    assert waits[0] == 0
    assert waits[-1] >= 60
    db.session.remove()  # another process, after a restart
    with clock.frozen(moment - timedelta(seconds=5)), expect_refused("demasiados_intentos"):
        services.log_in(correo, CLAVE, None, "10.9.9.9", "")
    with clock.frozen(moment):
        assert services.log_in(correo, CLAVE, None, "10.9.9.9", "").token


def test_a_stranger_who_guesses_never_locks_the_desk_for_long(app: Flask) -> None:
    correo = make_cuenta("registro", municipio="1413").correo
    moment = clock.now()
    for _ in range(30):
        with clock.frozen(moment), pytest.raises(Exception, match=r"coinciden|Espere"):
            services.log_in(correo, WRONG, None, "10.0.0.1", "")
        moment += timedelta(seconds=301)
    with clock.frozen(moment):
        assert services.log_in(correo, CLAVE, None, "10.0.0.2", "").token


def test_an_address_waits_too_when_it_tries_many_accounts(app: Flask) -> None:
    with clock.frozen(clock.now()):
        refused = 0
        for n in range(60):
            try:
                services.log_in(f"nadie{n}@ejemplo.gt", WRONG, None, "10.0.0.7", "")
            except services.TooMany:
                refused += 1
            except services.RuleBroken:
                pass
    assert refused > 10


def test_ten_thousand_guesses_are_not_evaluated(app: Flask) -> None:
    """At most 30 a guessed account and hour: the delays alone see to it."""
    correo = make_cuenta("sede", departamento="14").correo
    start = moment = clock.now()
    evaluated = 0
    while moment - start < timedelta(hours=1):
        with clock.frozen(moment):
            try:
                services.log_in(correo, WRONG, None, f"10.0.{evaluated}.1", "")
            except services.TooMany as error:
                moment += timedelta(seconds=error.seconds)
                continue
            except services.RuleBroken:
                evaluated += 1
        moment += timedelta(milliseconds=100)
    assert evaluated <= 30


def test_unknown_and_known_accounts_answer_with_the_same_words(app: Flask) -> None:
    correo = make_cuenta("sede", departamento="14").correo
    off = make_cuenta("sede", departamento="14")
    with unit_of_work(SISTEMA):
        services.set_active(db.session.get_one(Cuenta, off.id), False)
    off_correo = db.session.get_one(Cuenta, off.id).correo
    answers = []
    for who, clave in ((correo, WRONG), ("nadie@ejemplo.gt", WRONG), (off_correo, CLAVE)):
        answer = enter(app.test_client(), who, clave)
        text = re.sub(r'value="[^"]*"|nonce-\S+|v=[0-9a-f]+', "", answer.text)  # type: ignore[attr-defined]
        answers.append((answer.status_code, text))  # type: ignore[attr-defined]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 422


def test_unknown_and_known_accounts_cost_the_same_work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """One hash each, with the same parameters: the time of the answer tells nothing."""
    correo, hasher, worked = make_cuenta("sede", departamento="14").correo, passwords._hasher(), []

    class Watched:
        hash = staticmethod(hasher.hash)

        @staticmethod
        def verify(stored: str, clave: str) -> bool:
            worked.append(extract_parameters(stored))
            return hasher.verify(stored, clave)

    monkeypatch.setattr(passwords, "_hasher", Watched)
    for who in (correo, "nadie@ejemplo.gt"):
        with pytest.raises(services.RuleBroken):
            services.log_in(who, WRONG, None, "10.1.1.1", "")
    assert len(worked) == 2 and worked[0] == worked[1]


def test_the_session_is_made_anew_at_log_in(app: Flask) -> None:
    cuenta = make_cuenta("sede", departamento="14")
    correo = cuenta.correo
    client = app.test_client()
    client.get("/entrar")
    before = client.get_cookie("sesion")
    assert enter(client, correo, CLAVE).status_code == 303  # type: ignore[attr-defined]
    after = client.get_cookie("sesion")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    stolen = app.test_client()
    stolen.set_cookie("sesion", before.value)
    assert stolen.get("/mi-cuenta").status_code == 302
    # the stored row holds no token that could be replayed
    assert after.value not in {s.token_hash for s in db.session.scalars(select(Sesion))}


def test_a_copied_cookie_dies_with_the_log_out(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    copy = app.test_client()
    copy.set_cookie("sesion", client.get_cookie("sesion").value)  # type: ignore[union-attr]
    assert copy.get("/mi-cuenta").status_code == 200
    assert post(client, "/salir").status_code == 303  # type: ignore[attr-defined]
    assert copy.get("/mi-cuenta").status_code == 302
    assert client.get("/mi-cuenta").status_code == 302


def test_an_idle_session_asks_again(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    moment = clock.now()
    with clock.frozen(moment + timedelta(minutes=14)):
        assert client.get("/mi-cuenta").status_code == 200
    with clock.frozen(moment + timedelta(minutes=28)):
        assert client.get("/mi-cuenta").status_code == 200
    with clock.frozen(moment + timedelta(minutes=44)):
        assert client.get("/mi-cuenta").status_code == 302


def test_no_session_lasts_longer_than_the_day(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    moment = clock.now()
    for minutes in range(0, 12 * 60, 14):
        with clock.frozen(moment + timedelta(minutes=minutes)):
            assert client.get("/mi-cuenta").status_code == 200
    with clock.frozen(moment + timedelta(hours=12, minutes=1)):
        assert client.get("/mi-cuenta").status_code == 302


def test_changing_the_password_ends_the_other_sessions_and_asks_for_the_current_one(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    correo = db.session.scalars(select(Cuenta.correo)).one()
    other = app.test_client()
    assert enter(other, correo, CLAVE).status_code == 303  # type: ignore[attr-defined]
    new = {"nueva": "lluvia sobre tejas rojas", "repetida": "lluvia sobre tejas rojas"}
    refused = post(client, "/mi-cuenta/clave", actual=WRONG, **new)
    assert refused.status_code == 422  # type: ignore[attr-defined]
    assert "La clave actual no coincide" in refused.text  # type: ignore[attr-defined]
    assert other.get("/mi-cuenta").status_code == 200
    assert post(client, "/mi-cuenta/clave", actual=CLAVE, **new).status_code == 303  # type: ignore[attr-defined]
    assert client.get("/mi-cuenta").status_code == 200
    assert other.get("/mi-cuenta").status_code == 302
    assert enter(app.test_client(), correo, CLAVE).status_code == 422  # type: ignore[attr-defined]
    assert enter(app.test_client(), correo, new["nueva"]).status_code == 303  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("nueva", "repetida", "codigo"),
    [
        ("corta", "corta", "12 a 128"),
        ("albergue guatemala", "albergue guatemala", "fácil de adivinar"),
        ("lluvia sobre tejas", "lluvia sobre techos", "no son iguales"),
    ],
)
def test_a_bad_password_comes_back_with_what_to_do(
    app: Flask, nueva: str, repetida: str, codigo: str
) -> None:
    client = logged_in(app, "sede", departamento="14")
    answer = post(client, "/mi-cuenta/clave", actual=CLAVE, nueva=nueva, repetida=repetida)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert codigo in answer.text  # type: ignore[attr-defined]


def test_a_password_of_a_place_of_the_institution_or_of_ones_own_name_is_refused(app: Flask) -> None:
    own = ("María Xiloj Tecú", "mxiloj@sololagob.gt")
    places = [*catalogo().municipios.values(), *catalogo().departamentos.values()]
    samples = [
        f"{word}{tail}"
        for word in (
            *(p.nombre for p in places),
            "sosep",
            "CONRED",
            "Albergue",
            "María Xiloj",
            "mxiloj",
            "sololagob",
        )
        for tail in (" 20262026202", "-1234567890!", "000000000000")
    ]
    assert len(samples) > 1000
    for clave in samples:
        with pytest.raises(Invalid, match="adivinar"):
            hash_password(clave, *own)


def test_a_place_among_other_words_or_no_known_word_at_all_is_taken(app: Flask) -> None:
    own = ("María Xiloj Tecú", "mxiloj@muni.gob.gt")
    for clave in (
        "tres volcanes verdes",
        "lluvia sobre Cobán en mayo",
        "918273645501",
        "María baila con tejas rojas",
    ):
        assert check_password(hash_password(clave, *own), clave)


def test_a_one_time_code_works_once_and_nothing_opens_before_a_password_is_chosen(app: Flask) -> None:
    with unit_of_work(SISTEMA):
        _, code = services.create_cuenta("ana@ejemplo.gt", "Ana", "sede", [("departamento", "14")])
    assert code is not None
    client = app.test_client()
    answer = enter(client, "ana@ejemplo.gt", code.lower().replace("-", " "))
    assert answer.status_code == 303  # type: ignore[attr-defined]
    for path in ("/", "/mi-cuenta", "/cuentas", "/buscar?q=nebaj", "/cambios"):
        refused = client.get(path)
        assert (refused.status_code, refused.headers["Location"]) == (303, "/elegir-clave"), path
    assert enter(app.test_client(), "ana@ejemplo.gt", code).status_code == 422  # type: ignore[attr-defined]
    words = "lluvia sobre tejas rojas"
    assert (
        post(client, "/elegir-clave", "/elegir-clave", nueva=words, repetida="otras").status_code == 422  # type: ignore[attr-defined]
    )
    assert (
        post(client, "/elegir-clave", "/elegir-clave", nueva=words, repetida=words).status_code == 303  # type: ignore[attr-defined]
    )
    assert client.get("/").status_code == 200
    assert enter(app.test_client(), "ana@ejemplo.gt", words).status_code == 303  # type: ignore[attr-defined]


def test_a_one_time_code_expires(app: Flask) -> None:
    with unit_of_work(SISTEMA):
        _, code = services.create_cuenta("ana@ejemplo.gt", "Ana", "sede", [("departamento", "14")])
    with clock.frozen(clock.now() + timedelta(hours=73)), expect_refused("credencial_incorrecta"):
        services.log_in("ana@ejemplo.gt", code or "", None, "10.0.0.1", "")


def test_a_renewed_code_ends_the_password_and_the_sessions(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    correo = db.session.scalars(select(Cuenta.correo)).one()
    with unit_of_work(SISTEMA):
        services.renew_code(services.get_cuenta(correo))
    assert client.get("/mi-cuenta").status_code == 302
    with expect_refused("credencial_incorrecta"):
        services.log_in(correo, CLAVE, None, "10.0.0.1", "")


def second_factor_on(cuenta_id: object) -> tuple[str, list[str]]:
    secret = second_factor.new_secret()
    now = clock.now()
    with clock.frozen(now - timedelta(minutes=5)), unit_of_work(SISTEMA):
        code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
        spare = second_factor.confirm(db.session.get_one(Cuenta, cuenta_id), secret, code)
    assert spare is not None
    return secret, spare


def test_a_telephone_code_works_once(app: Flask) -> None:
    cuenta = make_cuenta("sede", departamento="14")
    correo = cuenta.correo
    secret, spare = second_factor_on(cuenta.id)
    with clock.frozen(clock.now()):
        code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
        with expect_refused("falta_segundo_factor"):
            services.log_in(correo, CLAVE, None, "10.0.0.1", "")
        assert services.log_in(correo, CLAVE, code, "10.0.0.1", "").token
        with expect_refused("credencial_incorrecta"):
            services.log_in(correo, CLAVE, code, "10.0.0.1", "")
        assert services.log_in(correo, CLAVE, spare[0], "10.0.0.1", "").token
        with expect_refused("credencial_incorrecta"):
            services.log_in(correo, CLAVE, spare[0], "10.0.0.1", "")


def test_a_printed_code_never_stands_for_the_telephone(app: Flask) -> None:
    cuenta = make_cuenta("sede", departamento="14")
    correo, cuenta_id = cuenta.correo, cuenta.id
    secret, _ = second_factor_on(cuenta_id)
    with unit_of_work(SISTEMA):
        printed = services.renew_code(db.session.get_one(Cuenta, cuenta_id))
    with expect_refused("falta_segundo_factor"):
        services.log_in(correo, printed, None, "10.0.0.1", "")
    code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    assert services.log_in(correo, printed, code, "10.0.0.1", "").debe_cambiar


def test_the_second_factor_is_switched_on_and_off_on_the_page(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    page = client.get("/mi-cuenta/segundo-factor").text
    assert "<svg" in page
    secret = re.search(r'clave-larga">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")  # type: ignore[union-attr]
    path = "/mi-cuenta/segundo-factor"
    assert post(client, path, path, codigo="000000", actual=CLAVE).status_code == 422  # type: ignore[attr-defined]
    code = pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    assert post(client, path, path, codigo=code, actual=WRONG).status_code == 422  # type: ignore[attr-defined]
    done = post(client, path, path, codigo=code, actual=CLAVE)
    assert len(re.findall(r'<li class="cod">', done.text)) == second_factor.SPARE_CODES  # type: ignore[attr-defined]
    assert client.get(path).status_code == 303
    off = f"{path}/quitar"
    assert post(client, off, actual=WRONG).status_code == 422  # type: ignore[attr-defined]
    assert post(client, off, actual=CLAVE).status_code == 303  # type: ignore[attr-defined]
    assert "Apagado" in client.get("/mi-cuenta").text


def test_the_third_session_ends_the_oldest(app: Flask) -> None:
    first, second, third = logged_in(app, "sede", departamento="14"), app.test_client(), app.test_client()
    correo = db.session.scalars(select(Cuenta.correo)).one()
    enter(second, correo, CLAVE)
    assert first.get("/mi-cuenta").status_code == 200
    enter(third, correo, CLAVE)
    assert [c.get("/mi-cuenta").status_code for c in (first, second, third)] == [302, 200, 200]


def test_one_may_end_an_own_session_and_never_somebody_elses(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    correo = db.session.scalars(select(Cuenta.correo)).one()
    other = app.test_client()
    enter(other, correo, CLAVE)
    mine = db.session.scalars(select(Sesion.id).order_by(Sesion.creada_en)).all()
    stranger = logged_in(app, "sede", departamento="12")
    assert post(stranger, f"/mi-cuenta/sesiones/{mine[1]}/cerrar").status_code == 404  # type: ignore[attr-defined]
    assert other.get("/mi-cuenta").status_code == 200
    assert post(client, f"/mi-cuenta/sesiones/{mine[1]}/cerrar").status_code == 303  # type: ignore[attr-defined]
    assert other.get("/mi-cuenta").status_code == 302


def test_a_form_without_token_or_from_another_site_is_refused(app: Flask) -> None:
    client = logged_in(app, "sede", departamento="14")
    token = csrf_of(client.get("/mi-cuenta").text)
    assert client.post("/salir").status_code == 400
    assert client.post("/salir", data={"csrf_token": "otro"}).status_code == 400
    foreign = {"Origin": "https://malo.ejemplo"}
    assert client.post("/salir", data={"csrf_token": token}, headers=foreign).status_code == 400
    across = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/salir", data={"csrf_token": token}, headers=across).status_code == 400
    assert client.get("/mi-cuenta").status_code == 200
    same = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/salir", data={"csrf_token": token}, headers=same).status_code == 303


@pytest.mark.parametrize(
    "path", ["//malo.ejemplo", "https://malo.ejemplo", "/\\malo.ejemplo", "javascript:x"]
)
def test_the_log_in_never_leads_to_another_site(app: Flask, path: str) -> None:
    correo = make_cuenta("sede", departamento="14").correo
    client = app.test_client()
    token = csrf_of(client.get("/entrar").text)
    answer = client.post(
        "/entrar", data={"correo": correo, "clave": CLAVE, "siguiente": path, "csrf_token": token}
    )
    assert answer.headers["Location"] == "/"


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def test_headers_and_plain_cookies_on_http(app: Flask) -> None:
    answer = app.test_client().get("/entrar")
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    script = next(part for part in policy.split(";") if "script-src" in part)
    assert "unsafe" not in script
    assert "Strict-Transport-Security" not in answer.headers
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("sesion=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_host_cookies_and_hsts_behind_https(make_app: Callable[..., Flask]) -> None:
    app = make_app(HTTPS=True)
    with app.app_context():
        answer = app.test_client().get("/entrar", base_url="https://albergues.ejemplo")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sesion=")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in cookie
    assert "Domain" not in cookie


def test_an_error_page_is_drawn_without_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = logged_in(app, "sede", departamento="14")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def away(*_args: object, **_kwargs: object) -> None:
        raise ConnectionError("la base no responde")

    monkeypatch.setattr(db.session, "scalar", away)
    monkeypatch.setattr(db.session, "execute", away)
    monkeypatch.setattr(db.session, "scalars", away)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Algo falló en el servidor" in answer.text
    assert "Referencia" in answer.text
    assert "ConnectionError" not in answer.text
