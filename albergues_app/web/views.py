"""Log-in and log-out. The other pages of the shell stand in modules of their own, imported below."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from albergues_app.accounts import services
from albergues_app.accounts.doors import public
from albergues_app.core.errors import RuleBroken, TooMany
from albergues_app.web.login import close_browser_session, open_browser_session

bp = Blueprint("web", __name__, template_folder="templates")


@bp.route("/entrar", methods=["GET", "POST"])
@public
def entrar() -> ResponseReturnValue:
    """Log in with address and password, or with the printed one-time code."""
    siguiente = safe_next(request.values.get("siguiente"))
    if request.method == "GET" and g.get("identity") is not None:
        return redirect(siguiente, 303)
    error = None
    if request.method == "POST":
        form = request.form
        try:
            entered = services.log_in(
                form.get("correo", "")[:200],
                form.get("clave", "")[:200],
                form.get("totp", "")[:40] or None,
                request.remote_addr or "",
                request.headers.get("User-Agent", ""),
            )
        except (RuleBroken, TooMany) as refused:
            error = refused
        else:
            open_browser_session(entered.token)
            if entered.debe_cambiar:
                flash("Entró con su código de un solo uso. Elija ahora su clave.", "aviso")
                return redirect(url_for("web.elegir_clave"), 303)
            return redirect(siguiente, 303)
    page = render_template(
        "cuenta/entrar.html",
        error=error,
        correo=request.form.get("correo", ""),
        siguiente=siguiente,
        pide_codigo=error is not None and error.campo == "totp",
    )
    return page, error.status if error else 200, _retry(error)


def _retry(error: RuleBroken | TooMany | None) -> dict[str, str]:
    return {"Retry-After": str(error.seconds)} if isinstance(error, TooMany) else {}


@bp.post("/salir")
@public
def salir() -> ResponseReturnValue:
    """End the session here and on the server."""
    close_browser_session()
    return redirect(url_for("web.entrar"), 303)


def safe_next(raw: str | None) -> str:
    """Where to go after the log-in: only a path of our own."""
    parts = urlsplit(raw or "")
    if (
        not raw
        or parts.scheme
        or parts.netloc
        or not raw.startswith("/")
        or raw.startswith(("//", "/\\"))
        or "\\" in raw
    ):
        return "/"
    return raw


from albergues_app.web import hoy, mi_cuenta, rastro, search, territorio  # noqa: E402

__all__ = ["bp", "hoy", "mi_cuenta", "rastro", "search", "territorio"]
