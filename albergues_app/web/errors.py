"""Errors become a page, or JSON under `/api/`, once. Nothing of the inside is shown; a reference goes to the log."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from albergues_app.core.db import db
from albergues_app.core.errors import AppError, NotFound

log = logging.getLogger("albergues.errores")

TITLES: dict[int, tuple[str, str]] = {
    400: ("No se entendió el pedido", "Vuelva a la página anterior y pruebe de nuevo."),
    403: ("Su cuenta no puede hacer esto", "Pídalo a su coordinación, o entre con otra cuenta."),
    404: (
        "No se encontró",
        "Revise el enlace o el código. Si venía de una lista, vuelva a ella: puede haber cambiado.",
    ),
    405: ("Esa acción no va aquí", "Vuelva a la página anterior y use el botón de la página."),
    409: ("Ya se había guardado otra cosa", "Ambos datos quedaron guardados para revisión."),
    413: ("El archivo es demasiado grande", "Divida el archivo en partes y súbalas una por una."),
    422: ("Hay algo que corregir", "Revise los datos y vuelva a guardar."),
    429: ("Demasiados intentos", "Espere un momento y vuelva a probar."),
    500: (
        "Algo falló en el servidor",
        "Lo que escribió no se guardó. Pruebe de nuevo; si sigue, avise con la referencia.",
    ),
    503: ("El servicio está ocupado", "Espere un momento y vuelva a probar."),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(AppError, refused)
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, crash)


def _wants_json() -> bool:
    return request.path.startswith("/api/")


def refused(error: AppError) -> Any:
    """Refused on purpose: 401 leads to the log-in page, the rest says what to do."""
    if _wants_json():
        return jsonify(error.as_dict()), error.status
    if error.status == 401:
        if request.method == "GET" and not request.headers.get("HX-Request"):
            return redirect(url_for("web.entrar", siguiente=request.full_path.rstrip("?")))
        return page(401, "Su sesión terminó", "Entre de nuevo. Lo que escribió sigue en la página anterior.")
    response = page(error.status, TITLES.get(error.status, TITLES[422])[0], error.mensaje)
    if error.status == 429:
        response.headers["Retry-After"] = str(getattr(error, "seconds", 60))
    return response


SECRETS = frozenset({"clave", "actual", "nueva", "repetida", "totp", "codigo"})
"""Fields that no page gives back."""


def form_expired(_error: CSRFError) -> Response:
    """The key of a form is another one since she entered again: what was typed comes back, ready to be sent."""
    identity = g.get("identity")
    title = "El formulario venció"
    if identity is None:
        return page(400, title, "Entre de nuevo, vuelva a la página anterior, recárguela y guarde de nuevo.")
    if not _may_come_back():
        return page(400, title, "No se guardó. Vuelva a la página anterior, recárguela y guarde de nuevo.")
    typed = [(k, v) for k, values in request.form.lists() if k != "csrf_token" for v in values]
    text = (
        f"No se guardó nada, y lo que escribió no se perdió: está en este aviso. La sesión cambió mientras escribía; "
        f"ahora entró como {identity.nombre}. Si es usted, envíelo otra vez."
    )
    return page(400, title, text, typed)


def _may_come_back() -> bool:
    """Only what a page of ours sent, without files nor passwords: nobody signs what another site wrote."""
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin" or (
        urlsplit(request.headers.get("Origin", "")).netloc == request.host
    )
    return ours and bool(request.form) and not request.files and not SECRETS & set(request.form)


def http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if 300 <= status < 400:
        return error
    title, text = TITLES.get(status, TITLES[500] if status >= 500 else TITLES[400])
    if _wants_json():
        known = NotFound() if status == 404 else AppError(f"http_{status}", text)
        body = jsonify(known.as_dict())
        body.status_code = status
        if status == 405 and getattr(error, "valid_methods", None):
            body.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
        return body
    return page(status, title, text)


def crash(error: Exception) -> Any:
    """The last resort: roll back, log with a reference, show no detail."""
    reference = secrets.token_hex(4)
    db.session.rollback()
    log.error("fallo %s en %s: %s", reference, request.endpoint, type(error).__name__, exc_info=error)
    title, text = TITLES[500]
    if _wants_json():
        return jsonify(AppError("fallo_interno", f"{text} Referencia {reference}.").as_dict()), 500
    return page(500, title, f"{text} Referencia: {reference}.")


def page(status: int, title: str, text: str, typed: list[tuple[str, str]] | None = None) -> Response:
    """An error page that renders even when the database is away; ``typed`` is a form that may be sent again."""
    body = render_template("errores/error.html", titulo=title, texto=text, codigo=status, escrito=typed)
    response = Response(body, status)
    response.headers["Cache-Control"] = "no-store"
    return response
