"""`GET /api/v1/openapi.json`: every route, strict shapes; requests made from it never break the server."""

from __future__ import annotations

import json
import re
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories.albergues import ingreso, make_activacion

CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture
def document(client):
    return client.get("/api/v1/openapi.json").get_json()


def test_every_route_of_the_api_is_documented(app, document):
    """A route missing here lacks `@documented(...)`."""
    routes = {
        (re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.startswith("api_v1.") and rule.endpoint != "api_v1.openapi"
    }
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert routes - told == set()
    assert told - routes == set()
    assert len(told) > 20


def test_it_is_openapi_3_1_with_a_bearer_token_and_no_foreign_address(document):
    assert document["openapi"].startswith("3.1")
    scheme = document["components"]["securitySchemes"]
    assert scheme == {"ficha": {"type": "http", "scheme": "bearer"}}
    assert "://" not in json.dumps(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            open_to_all = path in {"/api/v1/formatos", "/api/v1/formatos/{codigo}/esquema.json"}
            assert operation["security"] == ([] if open_to_all else [{"ficha": []}]), path
            assert {"200", "401", "403", "404", "422", "429"} <= set(operation["responses"]), path
            if method == "post":
                assert {"201", "400", "409"} <= set(operation["responses"]), path
                assert operation["requestBody"]["required"] is True, path


def test_what_comes_in_has_strict_shapes(document):
    schemas = document["components"]["schemas"]
    for name in [n for n in schemas if n.endswith("In")]:
        assert schemas[name]["additionalProperties"] is False, name
    enums = {tuple(s["enum"]) for s in schemas.values() if "enum" in s}
    assert ("mujer", "hombre", "no_registrado") in enums
    assert ("anios", "meses", "dias") in enums
    used = set(re.findall(r"#/components/schemas/([A-Za-z0-9_.]+)", json.dumps(document)))
    assert used <= set(schemas)


def test_the_document_needs_no_token_and_no_page_is_served(client):
    assert client.get("/api/v1/openapi.json").status_code == 200
    for path in ("/apidoc", "/api/v1/swagger", "/api/v1/redoc", "/sin-paginas/swagger"):
        assert client.get(path).status_code == 404


def fuzz(app, headers, examples):
    """Requests that fit the document and requests that do not, at every operation; the failures."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    failures = []
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            strategy = operation.as_strategy(generation_mode=mode)

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=strategy)
            def run(case):
                case.headers = {**(case.headers or {}), **headers, "Accept-Encoding": "identity"}
                response = case.call()
                case.validate_response(response, checks=CHECKS)

            try:
                run()
            except (Unsatisfiable, SkipTest):  # nothing of that mode can be sent to a path without parameters
                continue
            except BaseExceptionGroup as error:
                failures.append("\n".join([operation.label, *(str(e) for e in error.exceptions)]))
            except Exception as error:
                failures.append(f"{operation.label}: {error!r}")
    return failures


@pytest.fixture
def lived_in(app):
    """Something to find, so that not everything is a 404."""
    activacion = make_activacion()
    ingreso(activacion)
    return app


def test_requests_made_from_the_document_never_break_the_server(lived_in, base, ficha):
    failures = fuzz(lived_in, ficha(), 4 if base == "sqlite" else 1)
    assert not failures, "\n\n".join(failures)


@pytest.mark.largo
def test_many_requests_made_from_the_document_never_break_the_server(lived_in, ficha):
    failures = fuzz(lived_in, ficha(), 200)
    assert not failures, "\n\n".join(failures)
