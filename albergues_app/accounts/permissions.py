"""Who may do what, where. The only file that knows; ``docs/permisos.md`` is generated from it.

``RULES[permiso]`` is a list of rows; a row is a list of conditions. Any row grants; everything in the row must hold.
A condition says its test twice, side by side: ``check`` for a loaded row, ``where`` for rows in the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, false, or_, true

from albergues_app.accounts.identity import Identity
from albergues_app.accounts.models import Rol


class Permiso(StrEnum):
    """``subject:action``, Spanish, as it is stored and shown."""

    SESION_PROPIA = "sesion:propia"
    CUENTA_VER = "cuenta:ver"
    CUENTA_ADMINISTRAR = "cuenta:administrar"
    TERRITORIO_VER = "territorio:ver"
    LIMITES_ADMINISTRAR = "limites:administrar"
    EMERGENCIA_VER = "emergencia:ver"
    EMERGENCIA_DECLARAR = "emergencia:declarar"
    ALBERGUE_VER = "albergue:ver"
    ALBERGUE_EDITAR = "albergue:editar"
    ALBERGUE_IMPORTAR = "albergue:importar"
    ACTIVACION_VER = "activacion:ver"
    ACTIVACION_EDITAR = "activacion:editar"
    ACTA_ESCANEO_VER = "acta_escaneo:ver"
    PERSONA_VER = "persona:ver"
    INGRESO_REGISTRAR = "ingreso:registrar"
    MOVIMIENTO_REGISTRAR = "movimiento:registrar"
    IDENTIDAD_UNIR = "identidad:unir"
    LECTURA_VER = "lectura:ver"
    CONSULTA_RESPONDER = "consulta:responder"
    BUSQUEDA_PEDIR = "busqueda:pedir"
    BUSQUEDA_ATENDER = "busqueda:atender"
    PARTE_VER = "parte:ver"
    PARTE_REGISTRAR = "parte:registrar"
    OCUPACION_VER = "ocupacion:ver"
    MAPA_VER = "mapa:ver"
    REGISTRO_VER = "registro:ver"
    REGISTRO_EDITAR = "registro:editar"
    ENTREGA_VER = "entrega:ver"
    ENTREGA_REGISTRAR = "entrega:registrar"
    ENTREGA_CONFIRMAR = "entrega:confirmar"
    TRANSCRIPCION_HACER = "transcripcion:hacer"
    FORMATO_DEFINIR = "formato:definir"
    PERSONA_EXPORTAR = "persona:exportar"
    EXPORTACION_VER = "exportacion:ver"
    EXPORTACION_BAJAR = "exportacion:bajar"
    EXPORTACION_APROBAR = "exportacion:aprobar"
    EXPORTACION_COMPLETA = "exportacion:completa"
    CONSOLIDADO_VER = "consolidado:ver"
    CONSOLIDADO_VALIDAR = "consolidado:validar"
    FUERA_CONTAR = "fuera:contar"
    FUERA_VER = "fuera:ver"
    NNA_VER = "nna:ver"
    NNA_CONTAR = "nna:contar"
    SALIDA_NNA_APROBAR = "salida_nna:aprobar"
    AVISO_PUERTA_VER = "aviso_puerta:ver"
    AVISO_PUERTA_PONER = "aviso_puerta:poner"
    APROBACION_VER = "aprobacion:ver"
    APROBACION_RESPONDER = "aprobacion:responder"
    COE_VER = "coe:ver"
    COE_ACTIVAR = "coe:activar"
    COE_ESCRIBIR = "coe:escribir"
    PNR_EDITAR = "pnr:editar"
    BOLETIN_VER = "boletin:ver"
    BOLETIN_ESCRIBIR = "boletin:escribir"
    BOLETIN_FIRMAR = "boletin:firmar"
    COMPROMISO_VER = "compromiso:ver"
    COMPROMISO_LLEVAR = "compromiso:llevar"
    COMPROMISO_CUMPLIR = "compromiso:cumplir"
    COMPROMISO_VERIFICAR = "compromiso:verificar"
    AUDITORIA_VER = "auditoria:ver"


class Condition(Protocol):
    """One thing that must hold."""

    @property
    def texto(self) -> str: ...

    def check(self, cuenta: Identity, row: Any) -> bool: ...

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]: ...

    def role_may(self, rol: Rol) -> bool: ...


@dataclass(frozen=True)
class HasRole:
    """The account has one of these roles."""

    roles: frozenset[Rol]

    @property
    def texto(self) -> str:
        return ", ".join(sorted(self.roles))

    def check(self, cuenta: Identity, row: Any) -> bool:
        return cuenta.rol in self.roles

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]:
        return true() if cuenta.rol in self.roles else false()

    def role_may(self, rol: Rol) -> bool:
        return rol in self.roles


class InOwnTerritory:
    """The row lies in one of the account's municipalities, or belongs to one of its shelters."""

    texto = "en su territorio"

    def check(self, cuenta: Identity, row: Any) -> bool:
        if cuenta.covers_municipio(row.municipio_codigo):
            return True
        return bool(cuenta.albergues) and row.albergue_codigo in cuenta.albergues

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]:
        if cuenta.nacional:
            return true()
        places: list[ColumnElement[bool]] = []
        if cuenta.departamentos:
            places.append(model.departamento_codigo.in_(cuenta.departamentos))
        if cuenta.municipios:
            places.append(model.municipio_codigo.in_(cuenta.municipios))
        if cuenta.albergues:
            places.append(model.albergue_codigo.in_(cuenta.albergues))
        return or_(false(), *places)

    def role_may(self, rol: Rol) -> bool:
        return True


class OfDepartment:
    """The row is the department's own, of no municipality, and the account works there."""

    texto = "de su departamento"

    def check(self, cuenta: Identity, row: Any) -> bool:
        if row.municipio_codigo is not None:
            return False
        return cuenta.works_in_departamento(row.departamento_codigo)

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]:
        own: ColumnElement[bool] = model.municipio_codigo.is_(None)
        if not cuenta.nacional:
            own = and_(own, model.departamento_codigo.in_(cuenta.departamentos | cuenta.departamentos_sede))
        return own

    def role_may(self, rol: Rol) -> bool:
        return True


@dataclass(frozen=True)
class OfArea:
    """The filled format belongs to everybody of the shelter, or to one profession."""

    area: str

    @property
    def texto(self) -> str:
        return f"de área {self.area}"

    def check(self, cuenta: Identity, row: Any) -> bool:
        return bool(row.area == self.area)

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]:
        same: ColumnElement[bool] = model.area == self.area
        return same

    def role_may(self, rol: Rol) -> bool:
        return True


class Own:
    """The row belongs to the account itself."""

    texto = "lo propio"

    def check(self, cuenta: Identity, row: Any) -> bool:
        return bool(row.cuenta_id == cuenta.id)

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]:
        owned: ColumnElement[bool] = model.cuenta_id == cuenta.id
        return owned

    def role_may(self, rol: Rol) -> bool:
        return True


class BelowOwn:
    """The account stands below one's own: a role one may create, and a territory inside one's own."""

    texto = "cuentas de menor rango dentro de su territorio"

    def check(self, cuenta: Identity, row: Any) -> bool:
        from albergues_app.accounts.hierarchy import stands_below

        return stands_below(cuenta, row)

    def where(self, cuenta: Identity, model: Any) -> ColumnElement[bool]:
        from albergues_app.accounts.hierarchy import ids_below

        column = model.id if model.__tablename__ == "cuenta" else model.cuenta_id
        below: ColumnElement[bool] = column.in_(ids_below(cuenta))
        return below

    def role_may(self, rol: Rol) -> bool:
        return True


def _roles(*roles: Rol) -> HasRole:
    return HasRole(frozenset(roles))


ANYBODY = _roles(*Rol)
ADMINISTRACION = _roles(Rol.ADMINISTRACION)
DECLARAN = _roles(Rol.NACIONAL, Rol.SEDE)
ADMINISTRAN_SITIOS = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL)
REPORTAN = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE)
REGISTRAN = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.REGISTRO)
CREAN_CUENTAS = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE)
VEN_FIRMAS = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.AUDITORIA)
VEN_CIFRAS = _roles(
    Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.REGISTRO, Rol.MANDO,
    Rol.PROTECCION, Rol.SALUD, Rol.INSTITUCION, Rol.AUDITORIA,
)  # fmt: skip
CONSOLIDAN = _roles(
    Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.MANDO, Rol.INSTITUCION, Rol.AUDITORIA,
)  # fmt: skip
"""Look at the consolidated figures of a place; validate them only those who administer sites."""
LEEN_AVISOS = _roles(
    Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.REGISTRO, Rol.PROTECCION
)  # fmt: skip
"""Whoever is at the gate reads what to do there."""
AVISAN_A_LA_PUERTA = _roles(Rol.NACIONAL, Rol.SEDE, Rol.ALBERGUE, Rol.PROTECCION)
"""Put advices for the gate, withdraw them, and read why they stand."""
IN_OWN_TERRITORY = InOwnTerritory()
OWN = Own()
BELOW_OWN = BelowOwn()

OF_DEPARTMENT = OfDepartment()
RESPONDEN = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.PROTECCION)
"""Answer what needs two persons; each kind of request has besides its own permission."""
GENERAL, SALUD, PROTECCION = OfArea("general"), OfArea("salud"), OfArea("proteccion")
LLENAN = _roles(
    Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.REGISTRO, Rol.SALUD, Rol.PROTECCION
)  # fmt: skip
"""Fill in the formats of everybody; those of a profession belong to it alone."""
FILLED: list[list[Condition]] = [
    [LLENAN, GENERAL, IN_OWN_TERRITORY],
    [LLENAN, GENERAL, OF_DEPARTMENT],
    [_roles(Rol.SALUD), SALUD, IN_OWN_TERRITORY],
    [_roles(Rol.PROTECCION), PROTECCION, IN_OWN_TERRITORY],
]

SE_SIENTAN = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.MANDO, Rol.INSTITUCION)
"""Members of a COE: SOSEP, the municipality, who commands, and the delegates of the institutions (dominio.md 1.6)."""
FIRMAN = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.MANDO)
"""Review and authorise a bulletin that somebody else wrote."""
LEEN_COE = _roles(Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.MANDO, Rol.INSTITUCION, Rol.AUDITORIA)
LEEN_COMPROMISOS = _roles(
    Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.MANDO, Rol.INSTITUCION, Rol.AUDITORIA
)  # fmt: skip
SE_COMPROMETEN = _roles(
    Rol.NACIONAL, Rol.SEDE, Rol.MUNICIPAL, Rol.ALBERGUE, Rol.MANDO, Rol.INSTITUCION, Rol.PROTECCION, Rol.SALUD
)  # fmt: skip
"""Whoever may be given something to do sees that and says how it goes, wherever it is of."""

RULES: dict[Permiso, list[list[Condition]]] = {
    Permiso.SESION_PROPIA: [[ANYBODY, OWN]],
    Permiso.CUENTA_VER: [[ADMINISTRACION], [_roles(Rol.AUDITORIA)], [CREAN_CUENTAS, BELOW_OWN]],
    Permiso.CUENTA_ADMINISTRAR: [[ADMINISTRACION], [CREAN_CUENTAS, BELOW_OWN]],
    Permiso.TERRITORIO_VER: [[ANYBODY]],
    Permiso.LIMITES_ADMINISTRAR: [[ADMINISTRACION]],
    Permiso.EMERGENCIA_VER: [[ANYBODY]],
    Permiso.EMERGENCIA_DECLARAR: [[DECLARAN]],
    Permiso.ALBERGUE_VER: [[VEN_CIFRAS, IN_OWN_TERRITORY]],
    Permiso.ALBERGUE_EDITAR: [[ADMINISTRAN_SITIOS, IN_OWN_TERRITORY]],
    Permiso.ALBERGUE_IMPORTAR: [[ADMINISTRAN_SITIOS, IN_OWN_TERRITORY]],
    Permiso.ACTIVACION_VER: [[VEN_CIFRAS, IN_OWN_TERRITORY]],
    Permiso.ACTIVACION_EDITAR: [[ADMINISTRAN_SITIOS, IN_OWN_TERRITORY]],
    Permiso.ACTA_ESCANEO_VER: [[VEN_FIRMAS, IN_OWN_TERRITORY]],
    Permiso.PERSONA_VER: [[REGISTRAN, IN_OWN_TERRITORY]],
    Permiso.INGRESO_REGISTRAR: [[REGISTRAN, IN_OWN_TERRITORY]],
    Permiso.MOVIMIENTO_REGISTRAR: [[REGISTRAN, IN_OWN_TERRITORY]],
    Permiso.IDENTIDAD_UNIR: [[DECLARAN, IN_OWN_TERRITORY]],
    Permiso.LECTURA_VER: [[DECLARAN, IN_OWN_TERRITORY]],
    Permiso.CONSULTA_RESPONDER: [[DECLARAN, IN_OWN_TERRITORY]],
    Permiso.BUSQUEDA_PEDIR: [[REGISTRAN]],
    Permiso.BUSQUEDA_ATENDER: [[DECLARAN, IN_OWN_TERRITORY]],
    Permiso.PARTE_VER: [[VEN_CIFRAS, IN_OWN_TERRITORY]],
    Permiso.PARTE_REGISTRAR: [[REPORTAN, IN_OWN_TERRITORY]],
    Permiso.OCUPACION_VER: [[VEN_CIFRAS, IN_OWN_TERRITORY]],
    Permiso.MAPA_VER: [[VEN_CIFRAS, IN_OWN_TERRITORY]],
    Permiso.REGISTRO_VER: FILLED,
    Permiso.REGISTRO_EDITAR: FILLED,
    Permiso.ENTREGA_VER: [[VEN_FIRMAS, IN_OWN_TERRITORY]],
    Permiso.ENTREGA_REGISTRAR: [[DECLARAN, IN_OWN_TERRITORY]],
    Permiso.ENTREGA_CONFIRMAR: [[_roles(Rol.MUNICIPAL), IN_OWN_TERRITORY]],
    Permiso.TRANSCRIPCION_HACER: FILLED,
    Permiso.FORMATO_DEFINIR: [[ADMINISTRACION]],
    Permiso.PERSONA_EXPORTAR: [[REPORTAN, IN_OWN_TERRITORY]],
    Permiso.EXPORTACION_VER: [[REPORTAN, OWN], [_roles(Rol.AUDITORIA)]],
    Permiso.EXPORTACION_BAJAR: [[REPORTAN, OWN]],
    Permiso.EXPORTACION_APROBAR: [
        [ADMINISTRAN_SITIOS, IN_OWN_TERRITORY],
        [ADMINISTRAN_SITIOS, OF_DEPARTMENT],
    ],
    Permiso.EXPORTACION_COMPLETA: [[_roles(Rol.NACIONAL), OF_DEPARTMENT]],
    Permiso.CONSOLIDADO_VER: [[CONSOLIDAN, IN_OWN_TERRITORY], [CONSOLIDAN, OF_DEPARTMENT]],
    Permiso.CONSOLIDADO_VALIDAR: [
        [ADMINISTRAN_SITIOS, IN_OWN_TERRITORY],
        [ADMINISTRAN_SITIOS, OF_DEPARTMENT],
    ],
    Permiso.FUERA_CONTAR: [[VEN_CIFRAS, IN_OWN_TERRITORY]],
    Permiso.FUERA_VER: [[ADMINISTRAN_SITIOS, IN_OWN_TERRITORY]],
    Permiso.NNA_VER: [[_roles(Rol.PROTECCION), IN_OWN_TERRITORY]],
    Permiso.NNA_CONTAR: [[_roles(Rol.PROTECCION, Rol.SEDE, Rol.NACIONAL), IN_OWN_TERRITORY]],
    Permiso.SALIDA_NNA_APROBAR: [[RESPONDEN, IN_OWN_TERRITORY]],
    Permiso.AVISO_PUERTA_VER: [[LEEN_AVISOS, IN_OWN_TERRITORY]],
    Permiso.AVISO_PUERTA_PONER: [[AVISAN_A_LA_PUERTA, IN_OWN_TERRITORY]],
    Permiso.APROBACION_VER: [[ANYBODY, OWN], [RESPONDEN, IN_OWN_TERRITORY], [RESPONDEN, OF_DEPARTMENT]],
    Permiso.APROBACION_RESPONDER: [[RESPONDEN, IN_OWN_TERRITORY], [RESPONDEN, OF_DEPARTMENT]],
    Permiso.COE_VER: [[LEEN_COE, IN_OWN_TERRITORY], [LEEN_COE, OF_DEPARTMENT]],
    Permiso.COE_ACTIVAR: [[ADMINISTRAN_SITIOS, IN_OWN_TERRITORY], [ADMINISTRAN_SITIOS, OF_DEPARTMENT]],
    Permiso.COE_ESCRIBIR: [[SE_SIENTAN, IN_OWN_TERRITORY], [SE_SIENTAN, OF_DEPARTMENT]],
    Permiso.PNR_EDITAR: [[ADMINISTRACION]],
    Permiso.BOLETIN_VER: [[LEEN_COE, IN_OWN_TERRITORY], [LEEN_COE, OF_DEPARTMENT]],
    Permiso.BOLETIN_ESCRIBIR: [[ADMINISTRAN_SITIOS, IN_OWN_TERRITORY], [ADMINISTRAN_SITIOS, OF_DEPARTMENT]],
    Permiso.BOLETIN_FIRMAR: [[FIRMAN, IN_OWN_TERRITORY], [FIRMAN, OF_DEPARTMENT]],
    Permiso.COMPROMISO_VER: [
        [LEEN_COMPROMISOS, IN_OWN_TERRITORY],
        [LEEN_COMPROMISOS, OF_DEPARTMENT],
        [SE_COMPROMETEN, OWN],
    ],
    Permiso.COMPROMISO_LLEVAR: [[SE_SIENTAN, IN_OWN_TERRITORY], [SE_SIENTAN, OF_DEPARTMENT]],
    Permiso.COMPROMISO_CUMPLIR: [
        [SE_SIENTAN, IN_OWN_TERRITORY],
        [SE_SIENTAN, OF_DEPARTMENT],
        [SE_COMPROMETEN, OWN],
    ],
    Permiso.COMPROMISO_VERIFICAR: [
        [ADMINISTRAN_SITIOS, IN_OWN_TERRITORY],
        [ADMINISTRAN_SITIOS, OF_DEPARTMENT],
    ],
    Permiso.AUDITORIA_VER: [[_roles(Rol.AUDITORIA, Rol.ADMINISTRACION)]],
}


def role_may(rol: Rol, permiso: Permiso) -> bool:
    """May this role at all, somewhere? False answers 403."""
    return any(all(c.role_may(rol) for c in clause) for clause in RULES[permiso])


def area_may(rol: Rol, permiso: Permiso, area: str) -> bool:
    """May this role at all, somewhere, with what is filled in of this area? False: it does not exist for it."""
    return any(
        all(c.role_may(rol) and (not isinstance(c, OfArea) or c.area == area) for c in clause)
        for clause in RULES[permiso]
    )


def permits(cuenta: Identity, permiso: Permiso, row: Any) -> bool:
    """The door of one row."""
    return any(all(c.check(cuenta, row) for c in clause) for clause in RULES[permiso])


def visible(stmt: Select[Any], cuenta: Identity, permiso: Permiso, model: Any) -> Select[Any]:
    """The door of lists: only the rows for which ``permits`` is true."""
    clauses = [and_(*(c.where(cuenta, model) for c in clause)) for clause in RULES[permiso]]
    return stmt.where(or_(false(), *clauses))
