"""The blueprint: bearer tokens, JSON in and out, one shape of errors, and the OpenAPI document."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, Response, current_app, g, request
from pydantic import BaseModel, ValidationError
from spectree import Response as SpecResponse
from spectree import SpecTree
from spectree.model_adapter import get_pydantic_model_adapter

from albergues_app.accounts.doors import PERMISO_DE_VISTA, current_cuenta, public, view_key
from albergues_app.accounts.identity import identity_of_token
from albergues_app.accounts.passwords import token_hash
from albergues_app.api.v1 import answers
from albergues_app.api.v1.messages import translate
from albergues_app.api.v1.rate import limit_address, limit_ficha
from albergues_app.audit.operations import Outcome
from albergues_app.audit.writing import write_once
from albergues_app.core.errors import AppError, Invalid, Unauthenticated

bp = Blueprint("api_v1", __name__, url_prefix="/api/v1")

_models = get_pydantic_model_adapter()
_models.json_schema = cache(_models.json_schema)  # type: ignore[method-assign,assignment]
"""The same few models stand in every answer: each is described once, and not anew for every route at every start."""

spec = SpecTree(
    "flask",
    model_adapter=_models,
    title="Albergues · Función 13",
    description="Emergencias, albergues, ingresos, movimientos, partes, ocupación, consolidados, mapa y entregas de "
    "formatos.",
    version="1",
    path="sin-paginas",  # where spectree would put its own pages: it leaves out every rule below this path
    page_templates={},
    mode="strict",
    openapi_version="3.1.0",
    annotations=False,
    naming_strategy=lambda model: model.__name__,
    nested_naming_strategy=lambda _parent, child: child,
)

TOO_MANY: dict[str, Any] = {
    "description": "Demasiadas peticiones por minuto con la misma ficha o desde la misma dirección. No se guardó "
    "nada: espere los segundos de Retry-After y envíe lo mismo con el mismo id.",
    "headers": {
        "Retry-After": {
            "description": "Segundos que hay que esperar.",
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}
"""The answer of the rate limit, as the document tells it."""

S = TypeVar("S", bound=BaseModel)
F = TypeVar("F", bound=Callable[..., Any])


class BadJson(AppError):
    """The body is not JSON (400)."""

    status = 400


def documented(
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    created: bool = False,
    tag: str,
    answer: type[BaseModel] = answers.Recurso,
) -> Callable[[F], F]:
    """Put a view in the OpenAPI document. Validation is ours (``read_body``, ``read_query``): it speaks Spanish."""
    codes: dict[str, Any] = {"HTTP_200": answer, "HTTP_401": answers.Error, "HTTP_403": answers.Error}
    codes |= {"HTTP_404": answers.Error, "HTTP_422": answers.Error, "HTTP_429": answers.Error}
    codes["HTTP_400"] = answers.Error  # also of a GET: an address that no browser writes
    if created:
        codes |= {"HTTP_201": answer, "HTTP_409": answers.Error}
    return spec.validate(
        json=body,
        query=query,
        resp=SpecResponse(**codes),
        tags=[tag],
        skip_validation=True,
        security={"ficha": []},
    )


@bp.before_request
def authenticate() -> None:
    """Who is asking, from the bearer token, and not too often. The OpenAPI document alone needs no token."""
    limit_address()
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and PERMISO_DE_VISTA.get(view_key(view), "") is None:
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Envíe «Authorization: Bearer» con su ficha.")
    hashed = token_hash(token.strip())
    identity = identity_of_token(hashed)
    if identity is None:
        raise Unauthenticated("La ficha no es válida o fue revocada.")
    limit_ficha(hashed)
    g.identity = identity
    g.via = "api"


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    document = current_app.extensions.get("albergues_openapi")
    if document is None:
        document = _finish(copy.deepcopy(spec.spec))
        current_app.extensions["albergues_openapi"] = document
    return answer(document)


def _finish(document: dict[str, Any]) -> dict[str, Any]:
    ours = f"{bp.url_prefix}/"
    document["paths"] = {p: v for p, v in sorted(document["paths"].items()) if p.startswith(ours)}
    for operation in (o for path in document["paths"].values() for o in path.values()):
        operation["responses"]["429"] |= TOO_MANY
    for endpoint, view in current_app.view_functions.items():
        if endpoint.startswith("api_v1.") and PERMISO_DE_VISTA.get(view_key(view), "") is None:
            for rule in current_app.url_map.iter_rules(endpoint):
                path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule)
                for operation in document["paths"].get(path, {}).values():
                    operation["security"] = []  # what is public needs no token
    document["components"]["securitySchemes"] = {"ficha": {"type": "http", "scheme": "bearer"}}
    return document


def read_body(model: type[S]) -> S:
    """The body as its shape.

    :raises BadJson: not JSON at all (400). :raises Invalid: JSON of another shape (422).
    """
    try:
        raw = json.loads(request.get_data(cache=False).decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadJson("no_es_json", "El cuerpo no es JSON válido en UTF-8.") from error
    return read(model, raw)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def read_query(model: type[S]) -> S:
    """The query string as its shape; the last of a repeated name counts."""
    return read(model, dict(request.args.items()))


def read(model: type[S], raw: Any) -> S:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(translate(error)) from error


def answer(body: Any, status: int = 200) -> Response:
    """JSON, UTF-8, never cached."""
    return answer_text(as_text(body), status)


def as_text(body: Any) -> bytes:
    """The JSON of an answer."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def answer_text(text: bytes, status: int = 200) -> Response:
    """An answer whose JSON is ready."""
    response = Response(text, status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def write(
    op_id: UUID,
    clase: str,
    content: BaseModel,
    sello_id: UUID | None,
    work: Callable[[], dict[str, Any]],
    **path: Any,
) -> Response:
    """Write once with the account as actor and answer 201, 200 or 409."""
    payload = {"ruta": {k: str(v) for k, v in path.items()}, **content.model_dump(mode="python")}
    outcome: Outcome = write_once(current_cuenta().as_actor("api"), op_id, clase, payload, sello_id, work)
    return answer(outcome.body, outcome.status)


@bp.errorhandler(AppError)
def app_error(error: AppError) -> Response:
    response = answer(error.as_dict(), error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.status == 429:
        response.headers["Retry-After"] = str(getattr(error, "seconds", 60))
    return response
