"""The two state machines of dominio.md 2.2, as data: legal moves, and nothing else."""

from __future__ import annotations

from enum import StrEnum


class EstadoSitio(StrEnum):
    IDENTIFICADO = "identificado"
    APTO = "evaluado_apto"
    CONDICIONES = "evaluado_apto_con_condiciones"
    NO_APTO = "evaluado_no_apto"
    OFICIALIZADO = "oficializado"
    POR_REEVALUAR = "por_reevaluar"
    INHABILITADO = "inhabilitado"
    DESCARTADO = "descartado"


class EstadoActivacion(StrEnum):
    PREPARACION = "preparacion"
    ACTIVA = "activa"
    EN_CIERRE = "en_cierre"
    CERRADA = "cerrada"
    ANULADA = "anulada"


_S, _A = EstadoSitio, EstadoActivacion
_EVALUATED = frozenset({_S.APTO, _S.CONDICIONES, _S.NO_APTO})
_FIT = frozenset({_S.APTO, _S.CONDICIONES})

MOVES_SITIO: dict[EstadoSitio, frozenset[EstadoSitio]] = {
    _S.IDENTIFICADO: _EVALUATED | {_S.INHABILITADO, _S.DESCARTADO},
    _S.APTO: frozenset({_S.OFICIALIZADO, _S.IDENTIFICADO, _S.POR_REEVALUAR, _S.INHABILITADO, _S.DESCARTADO}),
    _S.CONDICIONES: frozenset(
        {_S.OFICIALIZADO, _S.IDENTIFICADO, _S.POR_REEVALUAR, _S.INHABILITADO, _S.DESCARTADO}
    ),
    _S.NO_APTO: frozenset({_S.IDENTIFICADO, _S.INHABILITADO, _S.DESCARTADO}),
    _S.OFICIALIZADO: frozenset({_S.POR_REEVALUAR, _S.INHABILITADO, _S.DESCARTADO}),
    _S.POR_REEVALUAR: _EVALUATED | {_S.INHABILITADO, _S.DESCARTADO},
    _S.INHABILITADO: _EVALUATED | {_S.DESCARTADO},
    _S.DESCARTADO: frozenset({_S.IDENTIFICADO}),
}
"""dominio.md 2.2 A. ``inhabilitado`` and ``descartado``: of any live site; ``descartado`` reopens with a reason."""

NEEDS_REASON_SITIO: frozenset[EstadoSitio] = frozenset({_S.INHABILITADO, _S.DESCARTADO})

MOVES_ACTIVACION: dict[EstadoActivacion, frozenset[EstadoActivacion]] = {
    _A.PREPARACION: frozenset({_A.ACTIVA, _A.ANULADA}),
    _A.ACTIVA: frozenset({_A.EN_CIERRE, _A.ANULADA}),
    _A.EN_CIERRE: frozenset({_A.ACTIVA, _A.CERRADA}),
    _A.CERRADA: frozenset(),
    _A.ANULADA: frozenset(),
}
"""contrato-api.md «Activation states»."""

OPEN: frozenset[str] = frozenset({_A.ACTIVA, _A.EN_CIERRE})

NOMBRE_SITIO: dict[str, str] = {
    "identificado": "Identificado",
    "evaluado_apto": "Evaluado: apto",
    "evaluado_apto_con_condiciones": "Evaluado: apto con condiciones",
    "evaluado_no_apto": "Evaluado: no apto",
    "oficializado": "Oficializado",
    "por_reevaluar": "Por reevaluar",
    "inhabilitado": "Inhabilitado",
    "descartado": "Descartado",
}
NOMBRE_ACTIVACION: dict[str, str] = {
    "preparacion": "En preparación",
    "activa": "Activa",
    "en_cierre": "En cierre",
    "cerrada": "Cerrada",
    "anulada": "Anulada",
}


def may_move_sitio(de: str, a: str) -> bool:
    return EstadoSitio(a) in MOVES_SITIO[EstadoSitio(de)]


def may_move_activacion(de: str, a: str) -> bool:
    return EstadoActivacion(a) in MOVES_ACTIVACION[EstadoActivacion(de)]
