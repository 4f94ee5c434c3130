"""Every route x role x {own, other shelter, other municipality, other department}: 200, 403 or 404, exactly.

What is expected is worked out from ``permissions``: ``role_may`` for the role, ``permits`` for the row. It is
never copied from what the application answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from albergues_app.accounts import permissions
from albergues_app.accounts.doors import PERMISO_DE_VISTA, view_key
from albergues_app.accounts.identity import Identity, load_identity
from albergues_app.accounts.models import Cuenta, Rol, Sesion
from albergues_app.accounts.permissions import Permiso
from albergues_app.accounts.services import create_ficha_api
from albergues_app.albergues.models import Activacion, Albergue
from albergues_app.aprobaciones.models import Aprobacion
from albergues_app.capturas.models import Registro
from albergues_app.coe.models import Coe
from albergues_app.coe.models_integrantes import CoeIntegrante
from albergues_app.compromisos.models import Compromiso
from albergues_app.consolidados.models import Consolidado, TotalDado
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import unit_of_work
from albergues_app.emergencias.models import Alerta, Emergencia
from albergues_app.emergencias.models_cap import AlertaCap
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.exportaciones.models import Exportacion
from albergues_app.identidad.models import AvisoBusqueda, Consulta, UnionPersonas
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_fuera import FamiliaFuera
from albergues_app.ocupacion.models_nna import CasoNna
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.pliegos.models import Pliego
from albergues_app.reports.situacion.models import Boletin
from albergues_app.tarjetas.models import LoteTarjetas
from albergues_app.transcripcion.models import LoteTranscripcion
from tests.conftest import databases
from tests.factories.cuentas import CLAVE, SISTEMA, make_cuenta
from tests.guards.world import Corner, build_world, places_of

API_ROW = {"albergues": "albergue_id", "activaciones": "activacion_id", "emergencias": "emergencia_id",
           "movimientos": "movimiento_id", "partes": "parte_id", "entregas": "entrega_id",
           "traslados": "traslado_id", "coe": "coe_id",
           "consolidados": "consolidado_id"}  # fmt: skip
"""What ``row_id`` means in each collection of the API."""

NOBODYS = ("carga_id", "duplicado_id", "fila_id", "funcion_id", "pnr_version_id", "tarea_id")
"""Rows this country does not have: whoever may ask at all is told that there is none."""

FIRST = (
    "exportacion_id",
    "boletin_id",
    "compromiso_id",
    "coe_id",
    "consolidado_id",
    "dado_id",
    "entrega_id",
    "municipio",
    "registro_id",
    "pliego_id",
    "lote_id",
    "lote_tarjetas_id",
    "union_id",
    "consulta_id",
    "aviso_id",
    "albergue_id",
    "codigo_sitio",
    "activacion_id",
    "cuenta_id",
    "emergencia_id",
    "alerta_id",
    "cap_id",
    "aprobacion_id",
    "caso_id",
    "fuera_id",
    "integrante_id",
    *NOBODYS,
)
"""Of several parameters, the one whose row is the door."""

VALUES = {
    "tipo_archivo": "json",
    "clase": "apertura",
    "codigo": "boleta_ingreso",
    "nombre": "departamentos.json",
    "filename": "css/x.css",
    "serie": 1,
    "numero": 1,
    "definido": "control_agua",
    "seccion": 0,
    "campo": 0,
    "en": 0,
    "regla": 0,
    "calculo": 0,
    "folio": 1,
}
"""Parameters that name no row."""

MAY_LACK_MORE = {
    "boletines.datos_json",
    "definiciones.estado", "definiciones.hoja_guardada",
    "cap.exportar",
    "activaciones.acta_pdf", "activaciones.escaneo_adjuntar", "activaciones.escaneo_bajar",
    "activaciones.escaneos", "activaciones.cierre_egresos", "mapa.limites", "ocupacion.anular",
    "ocupacion.boleta_escaneo", "ocupacion.coincidencias", "ocupacion.recibir",
    "entregas.escaneo_bajar",
    "ocupacion.cancelar_traslado", "ocupacion.traer", "registros.archivo", "registros.borrador",
    "registros.escaneo", "registros.exportar",
    "identidad.preguntar",
    "transcripcion.comparar", "coe.adjunto",
    "coe.aceptar_entrega", "coe.asistencia_cambiar", "coe.devolver_entrega", "coe.entrega_en_pdf", "coe.entrega_turno",
    "compromisos.evidencia", "compromisos.de_registro",
}  # fmt: skip
"""Allowed, and yet 404 is right: the row is there; what hangs from it, or what the body names, is not."""

OUT_OF_THE_WALK = {"web.salir", "web.cambiar_clave"}
"""They would end the walker's own session."""


ON_POSTGRES = {Rol.NACIONAL, Rol.SEDE, Rol.ALBERGUE}
"""One of the country, of a department and of a shelter: the table of rights is read by the same code on both
databases, its conditions are not."""
PAIRS = [(base, rol) for base in databases() for rol in sorted(Rol) if base == "sqlite" or rol in ON_POSTGRES]
every_role = pytest.mark.parametrize(("base", "rol"), PAIRS, indirect=True)


@pytest.fixture
def rol(request: pytest.FixtureRequest) -> Rol:
    return Rol(request.param)


@pytest.fixture
def walk(make_app: Callable[..., Flask], rol: Rol) -> Iterator[Walk]:
    app = make_app(WTF_CSRF_ENABLED=False)
    with app.app_context():
        corners = build_world()
        places = places_of(rol, corners["lo propio"])
        if db.engine.dialect.name == "postgresql" or not places:
            # Whose row it is, python says: on PostgreSQL the pages must work; and of an account of the whole country
            # every corner is its own.
            corners = {scope: corners[scope] for scope in ("lo propio", "otro departamento")}
        cuenta = make_cuenta(rol, **places)
        cuenta_id, correo = cuenta.id, cuenta.correo
        with unit_of_work(SISTEMA):
            token = create_ficha_api(db.session.get_one(Cuenta, cuenta_id))
        client = app.test_client()
        assert client.post("/entrar", data={"correo": correo, "clave": CLAVE}).status_code == 303
        identity = load_identity(cuenta_id)
        assert identity is not None
        yield Walk(app, corners, client, identity, {"Authorization": f"Bearer {token}"})


class Walk:
    """One account that tries every door."""

    def __init__(
        self,
        app: Flask,
        corners: dict[str, Corner],
        client: FlaskClient,
        identity: Identity,
        ficha: dict[str, str],
    ) -> None:
        self.app, self.corners, self.client, self.identity, self.ficha = app, corners, client, identity, ficha

    def rules(self) -> Iterator[tuple[Any, str, Permiso]]:
        """(rule, verb, what the view says of itself) of every guarded route; a page is read before it is sent."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda r: (r.rule, r.endpoint)):
            permiso = PERMISO_DE_VISTA.get(view_key(self.app.view_functions[rule.endpoint]))
            if permiso is None or rule.endpoint in OUT_OF_THE_WALK:
                continue
            for verb in sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
                yield rule, verb, permiso

    def path(self, rule: Any, corner: Corner) -> tuple[str, str | None]:
        """The address in that corner, and the parameter whose row is the door (None: no row)."""
        values: dict[str, Any] = {}
        for name in rule.arguments:
            values[name] = VALUES.get(name, corner.ids.get(name, uuid7()))
        door = next((name for name in FIRST if name in rule.arguments), None)
        if "sesion_id" in rule.arguments and "cuenta_id" not in rule.arguments:
            door = "sesion_id"
        if "row_id" in rule.arguments:
            door = API_ROW[rule.rule.split("/")[3]]
            values["row_id"] = corner.ids[door]
            if "transicion_id" in values:
                kind = "sitio" if door == "albergue_id" else "activacion"
                values["transicion_id"] = corner.ids[f"{kind}_transicion"]
        with self.app.test_request_context():
            from flask import url_for

            return url_for(rule.endpoint, **values), door

    def expected(self, permiso: Permiso, corner: Corner, door: str | None) -> str:
        """«prohibido», «no encontrado» or «abierto», from the rules alone."""
        if not permissions.role_may(self.identity.rol, permiso):
            return "prohibido"
        if door is None:
            return "abierto"
        if door in NOBODYS:
            return "no encontrado"
        model, key = corner.rows["movimiento" if door == "movimiento_id" else door]
        row = db.session.get_one(model, key)
        if not permissions.permits(self.identity, permiso, row):
            return "no encontrado"
        if permiso == Permiso.EMERGENCIA_DECLARAR and isinstance(row, Emergencia | Alerta | AlertaCap):
            codes = row.departamentos if isinstance(row, Emergencia) else []
            codes = codes or (row.codigos if isinstance(row, AlertaCap) else [p.codigo for p in row.lugares])
            if not all(self.identity.covers_departamento(c) for c in codes):
                return "no encontrado"  # one says what befalls one's own departments only
        return "abierto"


def verdict(status: int) -> str:
    return {403: "prohibido", 404: "no encontrado"}.get(
        status, "abierto" if status < 500 and status != 401 else str(status)
    )


@pytest.mark.parametrize(
    ("base", "rol"), [p for p in PAIRS if p[0] == "sqlite" or p[1] is Rol.NACIONAL], indirect=True
)
def test_every_route_answers_each_role_as_the_rules_say(walk: Walk) -> None:
    faults, tried = [], 0
    for rule, verb, permiso in walk.rules():
        api = rule.rule.startswith("/api/")
        if api and verb != "GET":
            continue  # with bodies, below
        for scope, corner in walk.corners.items():
            path, door = walk.path(rule, corner)
            if door is None and scope != "lo propio" and not rule.arguments:
                continue
            wanted = walk.expected(permiso, corner, door)
            db.session.rollback()
            headers = walk.ficha if api else {}
            client = walk.app.test_client() if api else walk.client
            status = client.open(path, method=verb, headers=headers).status_code
            tried += 1
            got = verdict(status)
            if got == "no encontrado" and wanted == "abierto" and rule.endpoint in MAY_LACK_MORE:
                continue
            if got != wanted or (verb == "GET" and wanted == "abierto" and status not in {200, 302, 303}):
                faults.append(f"{verb} {rule.rule} ({scope}): {status}, se esperaba {wanted} por {permiso}")
    assert tried > 100
    assert not faults, "\n".join(faults)


def bodies(corner: Corner) -> dict[str, tuple[Any, str, dict[str, Any]]]:
    """A valid body for each POST of the API: (row that is the door, path, body)."""
    now = clock.iso(clock.now() - timedelta(minutes=5))
    ids = {name: str(value) for name, value in corner.ids.items()}
    return {
        "api_v1.post_emergencia": (
            None, "/emergencias",
            {"nombre": "Otra", "tipo": "sismo", "inicio": now, "departamentos": [corner.municipio[:2]]},
        ),
        "api_v1.post_albergue": (
            None, "/albergues",
            {"nombre": f"Nuevo {uuid7()}", "municipio": corner.municipio, "tipo_inmueble": "escuela"},
        ),
        "api_v1.post_transicion_albergue": (
            Albergue, f"/albergues/{ids['albergue_id']}/transiciones",
            {"a": "evaluado_apto", "ocurrida_en": now},
        ),
        "api_v1.post_activacion": (
            Albergue, "/activaciones", {"albergue": ids["albergue_id"], "emergencia": ids["emergencia_id"]},
        ),
        "api_v1.post_transicion_activacion": (
            Activacion, f"/activaciones/{ids['activacion_id']}/transiciones",
            {"a": "en_cierre", "ocurrida_en": now},
        ),
        "api_v1.post_ingreso": (
            Activacion, f"/activaciones/{ids['activacion_id']}/ingresos",
            {"ocurrido_en": now, "familia": {"id": str(uuid7())},
             "personas": [{"id": str(uuid7()), "nombres": "N/N", "sexo": "mujer"}]},
        ),
        "api_v1.post_firma_boleta": (
            Activacion,
            f"/activaciones/{ids['activacion_id']}/familias/{ids['familia_id']}/boletas/{ids['boleta_id']}/firmas",
            {"contenido": ""},
        ),
        "api_v1.post_movimiento": (
            Activacion, "/movimientos",
            {"tipo": "retorno", "personas": [ids["persona_id"]], "activacion": ids["activacion_id"],
             "ocurrido_en": now},
        ),
        "api_v1.post_captura": (
            Registro, "/formatos/incidente/capturas", {"activacion": ids["activacion_id"], "respuestas": {}},
        ),
        "api_v1.post_escaneo": (
            Registro, f"/registros/{ids['registro_id']}/escaneos", {"version": 1, "contenido": ""},
        ),
        "api_v1.post_version": (
            Registro, f"/registros/{ids['registro_id']}/versiones",
            {"version": 1, "motivo": "Faltaba la hora", "respuestas": {}},
        ),
        "api_v1.post_entrega": (
            None, "/entregas",
            {"municipio": corner.municipio, "fecha": now[:10], "entrega": "Técnica de la sede",
             "lineas": [{"formato": "boleta_ingreso", "edicion": 1, "cantidad": 50, "medio": "impreso"}]},
        ),
        "api_v1.post_anulacion_entrega": (
            EntregaFormatos, f"/entregas/{ids['entrega_id']}/anulacion", {"motivo": "Se anotó dos veces"},
        ),
        "api_v1.post_confirmacion_entrega": (
            EntregaFormatos, f"/entregas/{ids['entrega_id']}/confirmacion", {},
        ),
        "api_v1.post_coe": (
            None, "/coe",
            {"emergencia": ids["emergencia_id"], "nivel": "municipal", "municipio": corner.municipio,
             "activado_en": now, "acta": {"numero": "1"}},
        ),
        "api_v1.post_entrada_coe": (
            Coe, f"/coe/{ids['coe_id']}/entradas",
            {"ocurrido_en": now, "tipo": "radio", "asunto": "A", "detalle": "B", "prioridad": "rutina"},
        ),
        "api_v1.post_acuse": (
            Activacion, f"/traslados/{ids['traslado_id']}/acuse", {"ocurrido_en": now},
        ),
        "api_v1.post_parte": (
            Activacion, "/partes",
            {"activacion": ids["activacion_id"], "corte": now, "fuente": "conteo_fisico", "personas": 3},
        ),
    }  # fmt: skip


@every_role
def test_every_write_of_the_api_answers_each_role_as_the_rules_say(walk: Walk) -> None:
    faults = []
    posts = {
        rule.endpoint: permiso
        for rule, verb, permiso in walk.rules()
        if verb == "POST" and rule.rule.startswith("/api/")
    }
    covered = set(bodies(walk.corners["lo propio"]))
    assert set(posts) == covered, "agregue a `bodies` un cuerpo válido de cada POST nuevo"
    doors = {
        Albergue: "albergue_id", Activacion: "activacion_id", Registro: "registro_id",
        EntregaFormatos: "entrega_id", Coe: "coe_id",
    }  # fmt: skip
    for scope, corner in walk.corners.items():
        for endpoint, (model, path, body) in bodies(corner).items():
            permiso = posts[endpoint]
            wanted = walk.expected(permiso, corner, doors.get(model))
            if model is None and wanted == "abierto":
                place = corner.municipio[:2] if endpoint == "api_v1.post_emergencia" else corner.municipio
                inside = walk.identity.covers_municipio(place) or walk.identity.covers_departamento(place[:2])
                wanted = "abierto" if inside else "no encontrado"
            db.session.rollback()
            answer = walk.app.test_client().post(
                f"/api/v1{path}", json={"id": str(uuid7()), **body}, headers=walk.ficha
            )
            allowed = {"prohibido": {403}, "no encontrado": {404}, "abierto": {201, 422}}[wanted]
            if answer.status_code not in allowed:
                faults.append(
                    f"POST {path} ({scope}): {answer.status_code}, se esperaba {wanted} por {permiso}"
                )
            if answer.status_code == 404:
                assert answer.json == {**NOT_FOUND, "errores": [NOT_FOUND]}
    assert not faults, "\n".join(faults)


NOT_FOUND = {
    "codigo": "no_encontrado",
    "mensaje": "No se encontró. Revise el enlace o el código.",
    "campo": None,
}


@every_role
def test_the_two_doors_agree(walk: Walk) -> None:
    """``visible`` lists exactly the rows that ``permits`` lets through, for each permission and kind of row."""
    from sqlalchemy import select

    kinds: dict[Permiso, list[Any]] = {
        p: [Albergue, Activacion, Parte, Movimiento]
        for p in Permiso
        if p
        not in {
            Permiso.SESION_PROPIA,
            Permiso.CUENTA_VER,
            Permiso.CUENTA_ADMINISTRAR,
            Permiso.APROBACION_VER,
        }
    }
    kinds[Permiso.APROBACION_VER] = kinds[Permiso.APROBACION_RESPONDER] = [Aprobacion]
    kinds[Permiso.SESION_PROPIA] = [Sesion]
    kinds[Permiso.CUENTA_VER] = kinds[Permiso.CUENTA_ADMINISTRAR] = [Cuenta]
    for permiso in (Permiso.ENTREGA_VER, Permiso.ENTREGA_REGISTRAR, Permiso.ENTREGA_CONFIRMAR):
        kinds[permiso].append(EntregaFormatos)
    kinds[Permiso.REGISTRO_VER] = kinds[Permiso.REGISTRO_EDITAR] = [Registro, Pliego]
    kinds[Permiso.INGRESO_REGISTRAR].append(LoteTarjetas)
    kinds[Permiso.IDENTIDAD_UNIR].append(UnionPersonas)
    kinds[Permiso.CONSULTA_RESPONDER].append(Consulta)
    kinds[Permiso.BUSQUEDA_ATENDER].append(AvisoBusqueda)
    kinds[Permiso.EXPORTACION_VER] = kinds[Permiso.EXPORTACION_BAJAR] = [Exportacion]
    kinds[Permiso.EXPORTACION_APROBAR] = kinds[Permiso.EXPORTACION_COMPLETA] = [Aprobacion]
    kinds[Permiso.NNA_VER] = kinds[Permiso.NNA_CONTAR] = [CasoNna]
    kinds[Permiso.FUERA_VER] = kinds[Permiso.FUERA_CONTAR] = [FamiliaFuera]
    kinds[Permiso.TRANSCRIPCION_HACER] = [LoteTranscripcion]
    kinds[Permiso.COE_VER] = kinds[Permiso.COE_ACTIVAR] = kinds[Permiso.COE_ESCRIBIR] = [Coe, CoeIntegrante]
    for permiso in (Permiso.BOLETIN_VER, Permiso.BOLETIN_ESCRIBIR, Permiso.BOLETIN_FIRMAR):
        kinds[permiso] = [Boletin]
    for permiso in (
        Permiso.COMPROMISO_VER, Permiso.COMPROMISO_LLEVAR, Permiso.COMPROMISO_CUMPLIR, Permiso.COMPROMISO_VERIFICAR
    ):  # fmt: skip
        kinds[permiso] = [Compromiso]
    kinds[Permiso.CONSOLIDADO_VER] = kinds[Permiso.CONSOLIDADO_VALIDAR] = [Consolidado, TotalDado]
    for permiso, models in kinds.items():
        for model in models:
            listed = set(
                db.session.scalars(permissions.visible(select(model.id), walk.identity, permiso, model))
            )
            rows = db.session.scalars(select(model)).all()
            assert listed == {r.id for r in rows if permissions.permits(walk.identity, permiso, r)}, (
                permiso,
                model,
            )


@pytest.mark.parametrize(("base", "rol"), [("sqlite", Rol.NACIONAL)], indirect=True)
def test_without_account_every_guarded_route_asks_for_one(walk: Walk) -> None:
    for rule, verb, _permiso in walk.rules():
        path, _ = walk.path(rule, walk.corners["lo propio"])
        answer = walk.app.test_client().open(path, method=verb)
        if rule.rule.startswith("/api/") or verb != "GET":
            assert answer.status_code == 401, (verb, path)
        else:
            assert answer.status_code == 302, (verb, path)
            assert answer.headers["Location"].startswith("/entrar?siguiente="), path
