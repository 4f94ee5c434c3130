"""Every route says who may use it; addresses are Spanish, kebab-case, with typed parameters."""

from __future__ import annotations

import re

from flask import Flask

from albergues_app.accounts.doors import PERMISO_DE_VISTA, view_key

ENGLISH = re.compile(
    "shelters?|users?|login|logout|new|edit|delete|list|search|accounts?|home|people|person|export|import|map"
    "|reports?|settings|today"
)
FIXED = {"/api/v1/openapi.json"}
CALENDAR = "compromisos.calendario_ics"
"""Its address is the secret."""


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    silent = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and view_key(app.view_functions[rule.endpoint]) not in PERMISO_DE_VISTA
    ]
    assert not silent, "agregue @requires(Permiso.…) o @public, debajo de la ruta, a: " + ", ".join(silent)


def test_what_is_public_is_said_here(app: Flask) -> None:
    """A new public page is a decision: write it down."""
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if PERMISO_DE_VISTA.get(view_key(app.view_functions[rule.endpoint]), "") is None
    }
    assert public - {"web.entrar", "web.salir", "salud.vivo", "salud.listo", "api_v1.openapi"} == {
        e for e in public if e.startswith(("formatos.", "api_v1.formatos", "api_v1.list_formatos"))
    } | {CALENDAR, "boletines.verificar", "boletines.verificar_huella", "boletines.programa"}


def test_addresses_are_spanish_kebab_case_with_typed_parameters(app: Flask) -> None:
    faults = []
    for rule in app.url_map.iter_rules():
        if rule.rule in FIXED or rule.endpoint == "static":
            continue
        for part in rule.rule.strip("/").split("/"):
            plain = re.sub(r"<[^>]+>", "", part)
            if not re.fullmatch(r"[a-z0-9]*(-[a-z0-9]*)*(\.(pdf|xlsx|docx|json|csv|svg|png|ics))?", plain):
                faults.append(f"{rule.rule}: «{part}» no es kebab-case")
            if any(ENGLISH.fullmatch(word) for word in re.split(r"[-.]", plain)):
                faults.append(f"{rule.rule}: «{part}» está en inglés")
        for converter in re.findall(r"<([^>]+)>", rule.rule):
            if ":" not in converter:
                faults.append(f"{rule.rule}: «{converter}» sin tipo; escriba <uuid:…>, <int:…>, <any(…):…>")
    assert not faults, "\n".join(faults)


def test_reading_never_writes_by_get(app: Flask) -> None:
    """Names of actions are reached by POST only."""
    verbs = {"cerrar", "quitar", "anular", "salir", "comprobar", "terminar-ahora", "iniciar"}
    faults = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.rsplit("/", 1)[-1] in verbs and "POST" not in (rule.methods or set())
    ]
    assert not faults, faults
