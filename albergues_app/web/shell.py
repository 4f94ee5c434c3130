"""What the frame of every page shows: sections for the role, and the emergency strip."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, g, request, url_for
from werkzeug.routing import BuildError

from albergues_app.accounts.permissions import Permiso, role_may
from albergues_app.core import clock
from albergues_app.emergencias.strip import EnAlerta, alertas_now, emergencias_now
from albergues_app.territorio.catalogo import catalogo


@dataclass(frozen=True)
class Seccion:
    """A section of the navigation; ``aqui`` marks the one the page is in."""

    nombre: str
    url: str
    icono: str
    aqui: bool


_SECTIONS: tuple[tuple[str, str, str, Permiso], ...] = (
    ("Hoy", "web.hoy", "hoy", Permiso.SESION_PROPIA),
    ("Registro", "ocupacion.registro", "lapiz", Permiso.INGRESO_REGISTRAR),
    ("Albergues", "albergues.lista", "casa", Permiso.ALBERGUE_VER),
    ("Protección", "proteccion.lista", "candado", Permiso.NNA_VER),
    ("COE", "coe.lista", "libro", Permiso.COE_VER),
    ("Compromisos", "compromisos.lista", "reloj", Permiso.COMPROMISO_VER),
    ("Mapa", "mapa.mando", "mapa", Permiso.MAPA_VER),
    ("Consolidados", "consolidados.lista", "doc", Permiso.CONSOLIDADO_VER),
    ("Boletines", "boletines.lista", "doc", Permiso.BOLETIN_VER),
    ("Formatos", "formatos.estante", "doc", Permiso.TERRITORIO_VER),
    ("Registros", "registros.lista", "doc", Permiso.REGISTRO_VER),
    ("Entregas de formatos", "entregas.lista", "sale", Permiso.ENTREGA_VER),
    ("Emergencias", "emergencias.lista", "aviso", Permiso.EMERGENCIA_VER),
    ("Cuentas", "cuentas.lista", "personas", Permiso.CUENTA_VER),
    ("Importar lista", "importaciones.subir", "bajar", Permiso.ALBERGUE_IMPORTAR),
    ("Definir formatos", "definiciones.lista", "lapiz", Permiso.FORMATO_DEFINIR),
    ("Funciones del PNR", "coe.plan", "libro", Permiso.PNR_EDITAR),
    ("Cambios", "web.rastro", "candado", Permiso.AUDITORIA_VER),
    ("Territorio", "web.territorio", "mapa", Permiso.TERRITORIO_VER),
)
_IN_BAR = 10
"""As many as fit in one line at 1,280 px."""
_HOME = {
    "ocupacion": "ocupacion.registro",
    "identidad": "ocupacion.registro",
    "activaciones": "albergues.lista",
    "transcripcion": "registros.lista",
    "exportaciones": "consolidados.lista",
}
"""Where the pages of a blueprint belong when their address does not say it."""


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        secciones=secciones,
        secciones_en_barra=secciones_en_barra,
        secciones_telefono=secciones_telefono,
        franja=franja,
        ruta=ruta,
        puede=puede,
    )


def ruta(endpoint: str, **values: Any) -> str | None:
    """Address of a page of another package; None when there is no such page or it needs other values."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def puede(permiso: str) -> bool:
    """May the role do that somewhere? For showing a button; the door itself stands in the view."""
    identity = g.get("identity")
    return identity is not None and role_may(identity.rol, Permiso(permiso))


def secciones() -> list[Seccion]:
    """Sections this role may open, among those that exist."""
    from flask import current_app

    identity = g.get("identity")
    if identity is None:
        return []
    found = []
    for nombre, endpoint, icono, permiso in _SECTIONS:
        if endpoint in current_app.view_functions and role_may(identity.rol, permiso):
            url = url_for(endpoint)
            here = _HOME.get(request.blueprint or "") == endpoint or request.path == url
            here = here or (url != "/" and request.path.startswith(url.rstrip("/") + "/"))
            found.append(Seccion(nombre, url, icono, here))
    return found


def secciones_en_barra() -> tuple[list[Seccion], list[Seccion]]:
    """What the bar of a wide screen shows, with the section one is in always among it, and what is under «Más»."""
    found = secciones()
    if len(found) <= _IN_BAR:
        return found, []
    shown = found[: _IN_BAR - 1]
    shown += [s for s in found[_IN_BAR - 1 :] if s.aqui][:1] or [found[_IN_BAR - 1]]
    return shown, [s for s in found if s not in shown]


def secciones_telefono() -> list[Seccion]:
    """At most five at the bottom of a telephone; the rest under «Más»."""
    found = secciones()
    if len(found) <= 5:
        return found
    more = url_for("web.mi_cuenta")
    return [*found[:4], Seccion("Más", more, "puntos", request.path == more)]


def franja() -> dict[str, Any] | None:
    """The emergency strip: the highest alert over the account's territory, with its emergency, or None."""
    identity = g.get("identity")
    if identity is None:
        return None
    known: dict[str, Any] | None = g.get("franja")
    if known is None:
        g.franja = known = _strip(clock.now()) or {}
    return known or None


def _strip(now: datetime) -> dict[str, Any] | None:
    mine = [e for e in emergencias_now(now) if any(_touches(d) for d in e.departamentos)]
    if not mine:
        return None
    by_id = {e.id: e for e in mine}
    alertas = [a for a in alertas_now(now) if a.emergencia_id in by_id and _under(a)]
    first = by_id[alertas[0].emergencia_id] if alertas else mine[0]  # type: ignore[index]
    known = catalogo()
    codes = alertas[0].lugares if alertas else first.departamentos
    names = [known.departamento_nombre(c) if len(c) == 2 else known.lugar_texto(c) for c in codes]
    text = ", ".join(names) if len(names) <= 4 else f"{len(names)} lugares"
    return {
        "color": alertas[0].color if alertas else None,
        "nombre": first.nombre,
        "lugares": text or "todo el país",
        "desde": alertas[0].desde if alertas else first.inicio,
        "mas": len(mine) - 1,
    }


def _under(alerta: EnAlerta) -> bool:
    """Is any place of the account under the alert?"""
    identity = g.identity
    places = (*identity.departamentos, *identity.municipios, *(a[:4] for a in identity.albergues))
    return identity.nacional or any(alerta.covers(place) for place in places)


def _touches(departamento: str) -> bool:
    identity = g.identity
    if identity.nacional or departamento in identity.departamentos:
        return True
    places = (*identity.municipios, *identity.albergues)
    return any(p.startswith(departamento) for p in places)
