"""How values look to people: 20/11/2026, 18:05, 1,284, «hace 3 h», «sin dato»."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup

from albergues_app import __version__
from albergues_app.albergues.models import INMUEBLE_NOMBRE
from albergues_app.albergues.states import NOMBRE_ACTIVACION, NOMBRE_SITIO
from albergues_app.core import clock
from albergues_app.core.instance import is_training
from albergues_app.emergencias.models import SIGNO_ALERTA, TIPO_NOMBRE
from albergues_app.ocupacion.figures import Fila
from albergues_app.territorio.catalogo import catalogo


def init_app(app: Flask) -> None:
    filters = {
        "fecha": fecha, "hora": hora, "fecha_hora": fecha_hora, "numero": numero, "peso": peso, "signo": signo, "hace": hace,
        "cuando": cuando, "aparato": aparato, "cobertura": cobertura,
        "iso": clock.iso, "lugar": lambda c: catalogo().lugar_texto(c),
        "municipio": lambda c: catalogo().municipio_nombre(c),
        "departamento": lambda c: catalogo().departamento_nombre(c),
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        icono=icono, ahora=clock.now, NOMBRE_SITIO=NOMBRE_SITIO, NOMBRE_ACTIVACION=NOMBRE_ACTIVACION,
        INMUEBLE_NOMBRE=INMUEBLE_NOMBRE, TIPO_NOMBRE=TIPO_NOMBRE, SIGNO_ALERTA=SIGNO_ALERTA, version=__version__,
        en_capacitacion=is_training, estatico=estatico, direcciones=direcciones,
    )  # fmt: skip
    app.context_processor(lambda: {"cuenta": g.get("identity")})


def estatico(name: str) -> str:
    """Address of a static file with its date in it, so that it may be cached for long."""
    path = Path(__file__).parent.parent / "static" / name
    stamp = int(path.stat().st_mtime) if path.exists() else 0
    return url_for("static", filename=name, v=f"{stamp:x}")


def direcciones(endpoint: str, name: str) -> Callable[[UUID], str]:
    """The address of each row of a list, by its id: built once a page and not once a row."""
    nobody = UUID(int=0)
    pattern = url_for(endpoint, **{name: nobody})  # type: ignore[arg-type]
    return lambda row_id: pattern.replace(str(nobody), str(row_id))


@lru_cache(maxsize=256)
def icono(name: str) -> Markup:
    """An icon of the page's own set, silent for screen readers."""
    return Markup('<svg class="ico" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>').format(
        name
    )


def fecha(value: datetime | date | None) -> str:
    if value is None:
        return "sin dato"
    day = clock.to_local(value) if isinstance(value, datetime) else value
    return f"{day:%d/%m/%Y}"


def hora(value: datetime | None) -> str:
    return "sin dato" if value is None else f"{clock.to_local(value):%H:%M}"


def fecha_hora(value: datetime | None) -> str:
    return "sin dato" if value is None else f"{clock.to_local(value):%d/%m/%Y %H:%M}"


def peso(octetos: int) -> str:
    """The size of a file: 820 kB, 1.4 MB."""
    return f"{max(1, round(octetos / 1000)):,} kB" if octetos < 1_000_000 else f"{octetos / 1_000_000:.1f} MB"


def numero(value: float | None) -> str:
    """1,284; None is «sin dato», never 0."""
    if value is None:
        return "sin dato"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def signo(value: int | None) -> str:
    """+186, −14, 0: the sign of a difference is always written."""
    if value is None:
        return "sin dato"
    return f"+{value:,}" if value > 0 else f"−{-value:,}" if value < 0 else "0"


def cobertura(fila: Fila) -> str:
    """«con reportes de no más de 12 h, 85 % de las personas»: how much of a total of persons was heard of in time."""
    hours = current_app.config["PARTE_HORAS"]
    if fila.cobertura is None:
        return f"sin personas; {fila.sin_reporte} sin reporte en {hours} h" if fila.sin_reporte else ""
    return f"con reportes de no más de {hours} h, {fila.cobertura} % de las personas"


def hace(value: datetime | None, now: datetime | None = None) -> str:
    """«hace 25 min», «hace 14 h», «hace 3 días»; None is «nunca»."""
    if value is None:
        return "nunca"
    minutes = int(((now or clock.now()) - value).total_seconds() // 60)
    if minutes < 0:
        return f"el {fecha_hora(value)}"
    if minutes < 1:
        return "ahora"
    if minutes < 60:
        return f"hace {minutes} min"
    if minutes < 48 * 60:
        return f"hace {minutes // 60} h"
    return f"hace {minutes // (24 * 60)} días"


def cuando(value: datetime | None, now: datetime | None = None) -> str:
    """«hoy 06:00», «ayer 18:00», «18/11 06:00»: how people say an hour of these days."""
    if value is None:
        return "nunca"
    days = (clock.local_day(now or clock.now()) - clock.local_day(value)).days
    local = clock.to_local(value)
    if days in (0, 1):
        return f"{'ayer' if days else 'hoy'} {local:%H:%M}"
    return f"{local:%d/%m %H:%M}" if abs(days) < 300 else f"{local:%d/%m/%Y %H:%M}"


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung"), ("Firefox/", "Firefox"),
             ("Chrome/", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("Linux", "Linux"))  # fmt: skip


def aparato(agente: str) -> str:
    """«Chrome en Android»: what people recognise of a browser's long name."""
    browser = next((name for sign, name in _BROWSERS if sign in agente), "Navegador")
    system = next((name for sign, name in _SYSTEMS if sign in agente), "")
    return f"{browser} en {system}" if system else browser


def active(prefix: str) -> Any:
    """`aria-current` for the section the page is in."""
    here = request.path == prefix or request.path.startswith(prefix + "/")
    return Markup(' aria-current="page"') if here else ""
