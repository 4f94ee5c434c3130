"""A small country for the walks: two departments, three municipalities, four shelters with people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from albergues_app.accounts.models import Cuenta, Rol, Sesion
from albergues_app.albergues.models import (
    Activacion,
    ActivacionTransicion,
    Albergue,
    Contacto,
    SitioTransicion,
)
from albergues_app.albergues.services import add_contacto, transition_sitio
from albergues_app.aprobaciones.models import Aprobacion
from albergues_app.audit.models import Captura
from albergues_app.audit.sealing import seal_for, seal_json
from albergues_app.capturas.models import Registro
from albergues_app.capturas.places import Lugar
from albergues_app.capturas.services import RegistroNuevo, save_registro
from albergues_app.coe.integrantes import accredit
from albergues_app.coe.models import Coe, EntradaCoe
from albergues_app.coe.models_integrantes import CoeIntegrante
from albergues_app.compromisos.models import Compromiso
from albergues_app.consolidados.models import Consolidado, TotalDado
from albergues_app.core import clock
from albergues_app.core.db import db
from albergues_app.core.ids import uuid7
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.definiciones import services
from albergues_app.emergencias.cap import receive_cap
from albergues_app.emergencias.models import Alerta, Emergencia
from albergues_app.emergencias.models_cap import AlertaCap
from albergues_app.emergencias.services import AlertaNueva, declare_alerta
from albergues_app.entregas.models import EntregaFormatos
from albergues_app.exportaciones.models import Exportacion
from albergues_app.formats import catalogo as formatos
from albergues_app.formats.engine import Formato, Result
from albergues_app.identidad.models import AvisoBusqueda, Busqueda, Consulta, UnionPersonas
from albergues_app.identidad.services.union import UnionNueva, join_personas
from albergues_app.interchange.cap_import import read_cap
from albergues_app.ocupacion.cards import codes_of_families
from albergues_app.ocupacion.models import Movimiento
from albergues_app.ocupacion.models_derivadas import Estancia
from albergues_app.ocupacion.models_fuera import FamiliaFuera
from albergues_app.ocupacion.models_nna import CasoNna
from albergues_app.ocupacion.models_parte import Parte
from albergues_app.ocupacion.services import ParteNuevo, register_parte
from albergues_app.ocupacion.services.fuera import FamiliaFueraNueva, register_outside
from albergues_app.ocupacion.services.ingreso_rows import CapturaNueva
from albergues_app.pliegos.models import Pliego
from albergues_app.pliegos.services import Donde, build_pliego, create_pliego
from albergues_app.reports.situacion.models import Boletin
from albergues_app.tarjetas import services as tarjetas
from albergues_app.tarjetas.models import LoteTarjetas
from albergues_app.transcripcion.lotes import Pagina, add_pages, create_lote
from albergues_app.transcripcion.models import (
    HojaEscaneada,
    LoteTranscripcion,
    RenglonTranscrito,
    SegundaTranscripcion,
)
from albergues_app.transcripcion.muestra import draw_sample
from tests.factories.albergues import (
    ingreso,
    make_activacion,
    make_albergue,
    make_emergencia,
    movimiento,
    persona,
)
from tests.factories.aprobaciones import make_aprobacion
from tests.factories.avisos import make_aviso
from tests.factories.boletines import make_borrador
from tests.factories.cap import cap_xml, geocode
from tests.factories.coe import make_coe, make_mensaje, make_recurso, make_resumen, member_of
from tests.factories.compromisos import make_compromiso
from tests.factories.consolidados import make_consolidado
from tests.factories.cuentas import SISTEMA, make_cuenta
from tests.factories.entregas import make_entrega
from tests.factories.exportaciones import make_exportacion
from tests.factories.formatos import make_published

SCOPES: dict[str, str] = {
    "lo propio": "1413",
    "otro albergue": "1413",
    "otro municipio": "1420",
    "otro departamento": "1201",
}
"""Where each corner of the country lies, seen from the shelter called «lo propio»."""


@dataclass
class Corner:
    """One shelter with everything that hangs from it, by the name of the parameter of a URL."""

    municipio: str
    codigo: str
    ids: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def add(self, name: str, model: Any, key: Any) -> None:
        self.ids[name], self.rows[name] = key, (model, key)


def build_world() -> dict[str, Corner]:
    """Make the country; corners by scope."""
    now = clock.now()
    code = make_published()
    with unit_of_work(SISTEMA):
        defined = services.find(code)
        assert defined is not None
        services.begin_edition(defined)
    emergencias = {d: make_emergencia((d,), inicio=now - timedelta(days=3)).id for d in ("14", "12")}
    return {
        scope: _corner(scope, municipio, emergencias[municipio[:2]], now)
        for scope, municipio in SCOPES.items()
    }


def _corner(scope: str, municipio: str, emergencia_id: UUID, now: Any) -> Corner:
    opened = now - timedelta(days=2)
    site = make_albergue(municipio, nombre=f"Salón {scope}")
    corner = Corner(municipio, site.codigo)
    site_id = site.id
    row = make_activacion(site, db.session.get_one(Emergencia, emergencia_id), opened)
    row_id = row.id
    boleta = CapturaNueva("boleta_ingreso", str(formatos.latest("boleta_ingreso").version), {})
    body = ingreso(row, persona(), persona(), ocurrido_en=opened + timedelta(hours=1), captura=boleta)
    ingreso_id = UUID(body["id"])
    with unit_of_work(SISTEMA):
        contacto_id = add_contacto(db.session.get_one(Albergue, site_id), "encargado", "Ana", "55501234").id
        transition_sitio(
            db.session.get_one(Albergue, site_id), "inhabilitado", now - timedelta(hours=1), "prueba"
        )
        parte_id = uuid7()
        register_parte(ParteNuevo(parte_id, row_id, now - timedelta(hours=1), "conteo_fisico", 2))
        alerta_id = uuid7()
        declare_alerta(
            AlertaNueva(
                alerta_id, emergencia_id, "institucional", "departamental", "amarilla", "tormenta",
                opened, None, "CONRED", None, (municipio[:2],),
            )
        )  # fmt: skip
    below = make_cuenta("registro", albergue=corner.codigo)
    below_id = below.id
    with unit_of_work(SISTEMA):
        sesion = Sesion(
            id=uuid7(), cuenta_id=below_id, token_hash=uuid7().hex * 2, creada_en=now, vista_en=now,
            caduca_en=now + timedelta(hours=3),
        )  # fmt: skip
        db.session.add(sesion)
        sesion_id = sesion.id
    stay = db.session.execute(
        select(Estancia.persona_id, Estancia.familia_id).where(Estancia.activacion_id == row_id)
    ).first()
    assert stay is not None
    corner.add("albergue_id", Albergue, site_id)
    corner.ids["codigo_sitio"], corner.rows["codigo_sitio"] = corner.codigo, corner.rows["albergue_id"]
    corner.add("activacion_id", Activacion, row_id)
    corner.add("emergencia_id", Emergencia, emergencia_id)
    corner.add("alerta_id", Alerta, alerta_id)
    corner.add("cuenta_id", Cuenta, below_id)
    corner.add("sesion_id", Sesion, sesion_id)
    corner.add("contacto_id", Contacto, contacto_id)
    corner.add("parte_id", Parte, parte_id)
    corner.ids["persona_id"], corner.ids["familia_id"] = stay
    corner.ids["boleta_id"] = db.session.scalars(select(Captura.id).where(Captura.objeto_id == stay[1])).one()
    corner.ids["ingreso_id"] = corner.ids["operacion_id"] = ingreso_id
    away = movimiento(
        db.session.get_one(Activacion, row_id),
        "salida_temporal",
        corner.ids["persona_id"],
        ocurrido_en=opened + timedelta(hours=2),
    )
    corner.ids["movimiento_id"] = UUID(away["id"])
    movement = db.session.scalars(
        select(Movimiento.id).where(Movimiento.operacion_id == corner.ids["movimiento_id"])
    ).first()
    corner.rows["movimiento"] = (Movimiento, movement)
    corner.ids["traslado_id"] = _on_the_way(scope, municipio, emergencia_id, row_id, opened)
    corner.rows["traslado_id"] = corner.rows["activacion_id"]
    corner.ids["sitio_transicion"] = db.session.scalars(
        select(SitioTransicion.id).where(SitioTransicion.albergue_id == site_id)
    ).first()
    corner.ids["activacion_transicion"] = db.session.scalars(
        select(ActivacionTransicion.id).where(ActivacionTransicion.activacion_id == row_id)
    ).first()
    corner.add(
        "consulta_id", Consulta, _asked(db.session.get_one(Activacion, row_id), corner.ids["persona_id"])
    )
    corner.add(
        "aviso_id", AvisoBusqueda, _looked_for(db.session.get_one(Consulta, corner.ids["consulta_id"]))
    )
    corner.add("union_id", UnionPersonas, make_joined(db.session.get_one(Activacion, row_id), opened))
    for codigo, lugar in (
        ("incidente", Lugar("", "", municipio[:2], municipio, corner.codigo, site_id, row_id, emergencia_id)),
        (
            "ficha_medica",
            Lugar("", "", municipio[:2], municipio, corner.codigo, site_id, row_id, emergencia_id),
        ),
        (
            "registro_nna",
            Lugar("", "", municipio[:2], municipio, corner.codigo, site_id, row_id, emergencia_id),
        ),
        ("bitacora_coe", Lugar("", "", municipio[:2])),
    ):
        with unit_of_work(SISTEMA):
            key = uuid7()
            save_registro(RegistroNuevo(key, formatos.latest(codigo), lugar, Result({})))
        if codigo == "incidente":
            corner.add("registro_id", Registro, key)
            corner.add("lote_id", LoteTranscripcion, *_scanned(formatos.latest(codigo), lugar, key, corner))
    for codigo in ("incidente", "ficha_medica", "registro_nna"):
        with unit_of_work(SISTEMA):
            key = uuid7()
            place = Donde(
                departamento=municipio[:2], municipio=municipio, albergue_codigo=corner.codigo,
                albergue_id=site_id, activacion_id=row_id, emergencia_id=emergencia_id,
            )  # fmt: skip
            create_pliego(build_pliego(key, formatos.latest(codigo), place, 1, "carta"))
        if codigo == "incidente":
            corner.add("pliego_id", Pliego, key)
    corner.add("exportacion_id", Exportacion, make_exportacion(below_id, corner.codigo))
    corner.add("aprobacion_id", Aprobacion, make_aprobacion(below_id, municipio, corner.codigo).id)
    key, dado = make_consolidado(emergencia_id, municipio)
    corner.add("consolidado_id", Consolidado, key)
    corner.add("dado_id", TotalDado, dado)
    with unit_of_work(SISTEMA):
        key = uuid7()
        tarjetas.create_lote(
            tarjetas.build_lote(key, 2, municipio, site_id, corner.codigo), codes_of_families
        )
    corner.add("lote_tarjetas_id", LoteTarjetas, key)
    child = ingreso(
        db.session.get_one(Activacion, row_id), persona(edad=9), ocurrido_en=opened + timedelta(hours=3)
    )
    caso_id = db.session.scalars(
        select(CasoNna.id).where(CasoNna.persona_id == UUID(child["personas"][0]["id"]))
    ).one()
    corner.add("caso_id", CasoNna, caso_id)
    corner.ids["aviso_puerta_id"] = make_aviso(row_id, persona_id=corner.ids["persona_id"])
    corner.add("coe_id", Coe, coe_id := make_coe(municipio, emergencia_id).id)
    writer = Actor("redaccion@ejemplo.gt", "web", below_id)
    corner.add(
        "boletin_id",
        Boletin,
        make_borrador(writer, emergencia_id, municipio, clock.now() - timedelta(hours=1)),
    )
    corner.ids["entrada_id"] = db.session.scalars(
        select(EntradaCoe.id).where(EntradaCoe.coe_id == coe_id)
    ).one()
    corner.ids |= {
        "recurso_id": make_recurso(coe_id), "mensaje_id": make_mensaje(coe_id), "version": make_resumen(coe_id),
    }  # fmt: skip
    corner.add("compromiso_id", Compromiso, make_compromiso(municipio, albergue_codigo=corner.codigo))
    with unit_of_work(SISTEMA):
        corner.add("integrante_id", CoeIntegrante, accredit(member_of(municipio)).id)
        fuera_id = uuid7()
        register_outside(
            FamiliaFueraNueva(
                fuera_id, emergencia_id, uuid7(), municipio, "auto_albergue", "La cancha", [persona()], opened
            )
        )
    corner.add("fuera_id", FamiliaFuera, fuera_id)
    with unit_of_work(SISTEMA):
        mensaje = cap_xml(identifier=scope, areas=geocode(f"GT{municipio[:2]}"))
        row_cap, _ = receive_cap(read_cap(uuid7(), mensaje, clock.now(), training=True))
    corner.add("cap_id", AlertaCap, row_cap.id)
    corner.add("entrega_id", EntregaFormatos, make_entrega(municipio, albergue_id=site_id).id)
    corner.ids["municipio"] = municipio
    corner.rows["municipio"] = (EntregaFormatos, make_entrega(municipio).id)
    db.session.rollback()
    return corner


def _on_the_way(scope: str, municipio: str, emergencia_id: UUID, destino_id: UUID, opened: Any) -> UUID:
    """A traslado towards the shelter of the corner, sent from another of its municipality and not yet received."""
    origin = make_activacion(
        make_albergue(municipio, nombre=f"Origen {scope}"),
        db.session.get_one(Emergencia, emergencia_id),
        opened,
    )
    body = ingreso(origin, persona(), ocurrido_en=opened + timedelta(hours=1))
    sent = movimiento(
        origin, "traslado", UUID(body["personas"][0]["id"]), ocurrido_en=opened + timedelta(hours=2),
        activacion_destino=destino_id, acuse=True,
    )  # fmt: skip
    return UUID(sent["id"])


def _asked(activacion: Activacion, persona_id: UUID) -> UUID:
    """Another desk asks whether it is the same person."""
    with unit_of_work(SISTEMA):
        row = Consulta(
            id=uuid7(), persona_id=persona_id, nueva_id=uuid7(), pide_activacion_id=activacion.id,
            emergencia_id=activacion.emergencia_id, municipio_codigo=activacion.municipio_codigo,
            albergue_codigo=activacion.albergue_codigo, pedida_en=clock.now(),
            escrito=seal_json(seal_for(activacion.emergencia_id), {"nombres": "Ana"}, "consulta.escrito"),
        )  # fmt: skip
        db.session.add(row)
        return row.id


def _looked_for(consulta: Consulta) -> UUID:
    """A relative looks for the same person."""
    with unit_of_work(SISTEMA):
        consulta = db.session.merge(consulta)
        busqueda = Busqueda(
            id=uuid7(), emergencia_id=consulta.emergencia_id, recibida_en=clock.now(), repartida_en=clock.now(),
            escrito=seal_json(seal_for(consulta.emergencia_id), {"nombres": "Ana"}, "busqueda.escrito"),
        )  # fmt: skip
        aviso = AvisoBusqueda(
            id=uuid7(), busqueda_id=busqueda.id, persona_id=consulta.persona_id, razones="Mismo nombre",
            municipio_codigo=consulta.municipio_codigo, albergue_codigo=consulta.albergue_codigo,
        )  # fmt: skip
        db.session.add(busqueda)
        db.session.flush()
        db.session.add(aviso)
        return aviso.id


def make_joined(activacion: Activacion, opened: Any) -> UUID:
    """Two records of somebody who came and went twice, joined."""
    ids = []
    for n in (1, 3):
        who = persona()
        ingreso(activacion, who, ocurrido_en=opened + timedelta(hours=n))
        movimiento(activacion, "egreso", who.id, ocurrido_en=opened + timedelta(hours=n + 1))
        ids.append(who.id)
    with unit_of_work(SISTEMA):
        union_id = uuid7()
        join_personas(UnionNueva(union_id, ids[0], ids[1], "Es la misma"))
    return union_id


def _scanned(formato: Formato, lugar: Lugar, registro_id: UUID, corner: Corner) -> tuple[UUID]:
    """A batch of one scanned page with one record typed from it, chosen for the sample."""
    lote_id, line_id = uuid7(), uuid7()
    with unit_of_work(SISTEMA):
        lote = create_lote(lote_id, formato, lugar, "Hojas de la noche")
        add_pages(lote, [Pagina(b"\xff\xd8\xff\xd9", 900, 1200, "0" * 64, 1)])
        hoja_id = db.session.scalars(select(HojaEscaneada.id).where(HojaEscaneada.lote_id == lote_id)).one()
        captura_id = db.session.get_one(Registro, registro_id).captura_id
        db.session.add(
            RenglonTranscrito(
                id=line_id, lote_id=lote_id, hoja_id=hoja_id, renglon=1, hojas=1, tabla="registro",
                fila_id=registro_id, captura_id=captura_id, folio=None, no_se_lee="lugar", cuenta_id=None,
                transcrito_en=clock.now(),
            )
        )  # fmt: skip
        db.session.flush()
        draw_sample(lote, 100)
    second = db.session.scalars(
        select(SegundaTranscripcion).where(SegundaTranscripcion.lote_id == lote_id)
    ).one()
    corner.ids |= {"segunda_id": second.id, "renglon_id": second.renglon_id}
    return (lote_id,)


def places_of(rol: Rol, corner: Corner) -> dict[str, str]:
    """The territory an account of a role naturally has when «lo propio» is its place."""
    if rol in {Rol.ALBERGUE, Rol.REGISTRO}:
        return {"albergue": corner.codigo}
    if rol in {Rol.MUNICIPAL, Rol.INSTITUCION}:
        return {"municipio": corner.municipio}
    if rol in {Rol.SEDE, Rol.PROTECCION}:
        return {"departamento": corner.municipio[:2]}
    return {}
