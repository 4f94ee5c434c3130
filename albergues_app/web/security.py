"""Cookies and headers (confiabilidad.md part 2): strict CSP with nonce, nothing stored by caches, HSTS only on https."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def configure(app: Flask) -> None:
    """Cookies: `__Host-` and Secure behind https; plain on http at 127.0.0.1."""
    https = app.config["HTTPS"]
    app.config.update(
        SESSION_COOKIE_NAME="__Host-sesion" if https else "sesion",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer; check_origin stands in its place
        PREFERRED_URL_SCHEME="https" if https else "http",
    )


def init_app(app: Flask) -> None:
    app.before_request(make_nonce)
    app.before_request(check_origin)
    app.before_request(refuse_nul)
    app.after_request(add_headers)
    app.jinja_env.globals["nonce"] = lambda: g.get("nonce", "")


def make_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def check_origin() -> None:
    """Beside the CSRF token: an unsafe verb sent by another site is refused by where it says it comes from."""
    if request.method not in UNSAFE or request.path.startswith("/api/"):
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site not in {None, "same-origin", "none"}:
        abort(400, "El pedido viene de otro sitio.")
    if origin and origin != "null" and urlsplit(origin).netloc != request.host:
        abort(400, "El pedido viene de otro sitio.")


def refuse_nul() -> None:
    """A NUL in an address is nobody's typing, and PostgreSQL takes none."""
    if b"%00" in request.query_string or "\x00" in request.path:
        abort(400, "La dirección tiene un carácter que no se puede leer.")


def add_headers(response: Response) -> Response:
    nonce = g.get("nonce", "")
    framed = "'self'" if request.endpoint in FRAMED else "'none'"
    wasm = " 'wasm-unsafe-eval'" if _compiles_wasm() else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'{wasm}; style-src 'self' 'nonce-{nonce}'; "
        "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors {framed}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Frame-Options"] = "SAMEORIGIN" if framed == "'self'" else "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=()"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if _https():
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


FRAMED: frozenset[str] = frozenset()
"""Endpoints that our own pages show in a frame."""


WASM_WORKER = "js/lector-obrero.js"
"""The one script that may compile WebAssembly. A worker obeys the policy it was sent with, so that no page needs more."""


def _compiles_wasm() -> bool:
    return request.endpoint == "static" and (request.view_args or {}).get("filename") == WASM_WORKER


def _https() -> bool:
    from flask import current_app

    return bool(current_app.config["HTTPS"])
