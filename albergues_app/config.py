"""Every setting of the application, in one place: name, default, type, help.

Order of precedence: the defaults below, ``instance/config.py``, environment variables with the
prefix ``ALBERGUES_``, and last the mapping a test passes to ``create_app``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PREFIX = "ALBERGUES_"


@dataclass(frozen=True)
class Setting:
    """One setting. ``help`` is Spanish: operators read it in ``docs/configuracion.md``."""

    name: str
    default: Any
    type: type
    help: str

    def parse(self, raw: str) -> Any:
        """Read the text of an environment variable. Raises ValueError with a Spanish sentence."""
        if self.type is bool:
            return raw.strip().lower() in {"1", "si", "sí", "true", "verdadero"}
        try:
            return self.type(raw)
        except ValueError as error:
            raise ValueError(
                f"{PREFIX}{self.name}: «{raw}» no es un valor de tipo {self.type.__name__}."
            ) from error


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "INSTANCIA", "", str, "Carpeta de la instancia: base, claves, respaldos. Por omisión, ./instance."
    ),
    Setting(
        "SECRET_KEY",
        "",
        str,
        "Secreto de las sesiones, 32 caracteres o más. Si falta, se usa el de claves.json.",
    ),
    Setting(
        "DATABASE_URL",
        "",
        str,
        "Base de datos. Vacío: SQLite en la instancia. PostgreSQL: postgresql+psycopg://…",
    ),
    Setting(
        "HTTPS",
        False,
        bool,
        "El servicio se publica por HTTPS: galletas __Host- y HSTS. En 127.0.0.1 sin HTTPS, no.",
    ),
    Setting(
        "PROXIES", 0, int, "Cuántos proxies de confianza hay delante (0: ninguno; no se creen X-Forwarded-*)."
    ),
    Setting(
        "SESION_INACTIVA_MIN",
        15,
        int,
        "Minutos sin actividad tras los que una sesión pide la clave de nuevo.",
    ),
    Setting("SESION_HORAS", 12, int, "Duración máxima de una sesión, en horas."),
    Setting("SESIONES_POR_CUENTA", 2, int, "Sesiones abiertas a la vez por cuenta; la más vieja se cierra."),
    Setting(
        "CODIGO_INICIAL_HORAS",
        72,
        int,
        "Validez del código de un solo uso que se imprime al crear una cuenta.",
    ),
    Setting("MAX_SUBIDA_MB", 20, int, "Tamaño máximo de un archivo subido, en MB."),
    Setting(
        "ESCANEO_MB",
        10,
        int,
        "Tamaño máximo, en MB, de un escaneo firmado (acta, constancia) y de cada archivo de un formato.",
    ),
    Setting(
        "ADJUNTOS_EMERGENCIA_MB",
        4000,
        int,
        "Lo que pueden pesar juntos, en MB, los archivos adjuntos a los formatos de una emergencia. 0: sin límite.",
    ),
    Setting(
        "ADJUNTOS_CUENTA_MB",
        500,
        int,
        "Lo mismo, de los que adjunta una cuenta en una emergencia. 0: sin límite.",
    ),
    Setting("HOJA_OFICIAL_MB", 10, int, "Tamaño máximo de la hoja oficial de un formato, en MB."),
    Setting(
        "TRANSCRIPCION_MB", 60, int, "Tamaño máximo de un envío de hojas escaneadas para transcribir, en MB."
    ),
    Setting("TRANSCRIPCION_HOJAS", 60, int, "Páginas escaneadas que se toman en un envío."),
    Setting(
        "TRANSCRIPCION_MUESTRA_PCT",
        10,
        int,
        "Porcentaje de los registros de un lote que otra persona transcribe de nuevo; se puede cambiar en cada lote.",
    ),
    Setting("TRANSCRIPCION_MUESTRA_MINIMA", 5, int, "Registros que la muestra tiene como mínimo."),
    Setting(
        "TRANSCRIPCION_ERROR_PCT",
        3.0,
        float,
        "Porcentaje de campos equivocados en la muestra por encima del cual se avisa que el lote debe releerse.",
    ),
    Setting(
        "BUSQUEDAS_HORA",
        20,
        int,
        "Consultas de personas por cuenta y hora fuera de su propio albergue, y códigos de familia ajenos o que no existen.",
    ),
    Setting(
        "INDICIOS_HORA",
        300,
        int,
        "Veces por cuenta y hora que el registro avisa «posible registro en otro departamento».",
    ),
    Setting(
        "API_POR_MINUTO_FICHA",
        60_000,
        int,
        "Peticiones por minuto de una misma ficha de la API; las demás reciben 429. Cada proceso cuenta las suyas: "
        "con N procesos pasan hasta N veces. 0: sin límite.",
    ),
    Setting(
        "API_POR_MINUTO_DIRECCION",
        120_000,
        int,
        "Lo mismo por dirección de red. Detrás de un proxy anote PROXIES: si no, todas parecen la del proxy. "
        "0: sin límite.",
    ),
    Setting(
        "APROBACION_HORAS",
        24,
        int,
        "Horas que una solicitud espera a que otra persona la apruebe; después caduca.",
    ),
    Setting(
        "EXPORTACION_SOLA",
        200,
        int,
        "Filas de personas que una cuenta exporta sola; con más, otra persona la aprueba.",
    ),
    Setting("EXPORTACION_HORAS", 24, int, "Horas que dura el archivo de una exportación; después se borra."),
    Setting(
        "NNA_AVISO_HORAS",
        24,
        int,
        "Horas para avisar a la PGN de una niña, un niño o un adolescente sin adulto de su familia.",
    ),
    Setting("PARTE_HORAS", 12, int, "Horas sin parte tras las que un albergue cuenta como «sin reporte»."),
    Setting(
        "COE_TARDIO_MINUTOS",
        60,
        int,
        "Minutos tras el hecho desde los que una entrada del COE queda marcada como tardía.",
    ),
    Setting(
        "COMPROMISO_AVISO_DIAS",
        7,
        int,
        "Días antes de su fecha desde los que un compromiso se marca «por vencer».",
    ),
    Setting(
        "COMPROMISO_ESCALA_SEDE",
        1,
        int,
        "Días de vencido tras los que un compromiso llega a «Hoy» de la municipalidad y de su sede.",
    ),
    Setting(
        "COMPROMISO_ESCALA_NACIONAL",
        7,
        int,
        "Días de vencido tras los que llega a «Hoy» de la oficina central.",
    ),
    Setting(
        "COMPROMISO_ESCALA_MANDO",
        15,
        int,
        "Días de vencido tras los que llega a «Hoy» del mando de emergencia.",
    ),
    Setting(
        "COE_PROPUESTA_HORAS",
        24,
        int,
        "Horas durante las que una apertura, un cierre, un sobrecupo o una alerta se propone como entrada del COE.",
    ),
    Setting(
        "TRASLADO_HORAS",
        6,
        int,
        "Horas sin acuse tras las que un traslado en camino se avisa en «Hoy» de quien lo envió, de quien lo espera "
        "y de su sede.",
    ),
    Setting(
        "NECESIDADES_HORAS",
        "",
        str,
        "Horas para atender cada necesidad, contadas desde que se dijo, si no son las propuestas: agua=2, panales=8.",
    ),
    Setting(
        "PARTE_CORTES",
        "06:00,18:00",
        str,
        "Horas a las que se espera el parte de cada albergue, separadas por comas. Un albergue puede tener las suyas.",
    ),
    Setting(
        "PARTE_CORTES_NOCHE",
        "21:00,07:00",
        str,
        "Horas que se proponen a un albergue nocturno: al cerrar la entrada y a la salida.",
    ),
    Setting(
        "PARTE_TOLERANCIA_MIN",
        30,
        int,
        "Minutos después de la hora del parte tras los que un albergue cuenta como atrasado.",
    ),
    Setting(
        "SOBRECUPO_M2_PERSONA", 3.5, float, "m² techados por persona para la capacidad calculada (Esfera)."
    ),
    Setting("PERSONAS_POR_INODORO_72H", 50, int, "Personas por inodoro en las primeras 72 horas (Esfera)."),
    Setting("PERSONAS_POR_INODORO", 20, int, "Personas por inodoro después de 72 horas (Esfera)."),
    Setting("PERSONAS_POR_DUCHA", 50, int, "Personas por ducha (Esfera)."),
    Setting("LITROS_POR_PERSONA", 15, int, "Litros de agua por persona y día (Esfera)."),
    Setting("VENCE_EVALUACION_MESES", 12, int, "Meses tras los que la evaluación de un sitio vence."),
    Setting("MAPA_TESELAS_URL", "", str, "Dirección de un servidor de teselas propio; vacío: solo límites."),
    Setting("MAPA_TESELAS_CREDITO", "", str, "Crédito del servidor de teselas."),
    Setting(
        "MAPA_CACHE_S", 5.0, float, "Segundos que puede repetirse la misma respuesta del mapa en un proceso."
    ),
    Setting(
        "CAP_REMITENTE",
        "",
        str,
        "Quién envía las alertas que se exportan en CAP 1.2, por ejemplo coe@institucion.gob.gt. Vacío: no se exportan.",
    ),
    Setting("REGISTRO_NIVEL", "INFO", str, "Nivel del registro de eventos (INFO, WARNING…)."),
)


def load_settings(instance: Path, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Resolve every setting. Unknown names in ``instance/config.py`` or in ``overrides`` raise KeyError."""
    known = {s.name: s for s in SETTINGS}
    values: dict[str, Any] = {s.name: s.default for s in SETTINGS}
    file = instance / "config.py"
    if file.exists():
        scope: dict[str, Any] = {}
        exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), scope)  # noqa: S102 - the operator's own file
        for name, value in scope.items():
            if name.isupper():
                if name not in known:
                    raise KeyError(f"instance/config.py: «{name}» no es un ajuste conocido.")
                values[name] = value
    for name, setting in known.items():
        raw = os.environ.get(PREFIX + name)
        if raw is not None and raw != "":
            values[name] = setting.parse(raw)
    for name, value in (overrides or {}).items():
        if name in known:
            values[name] = value
    return values


def instance_path(overrides: Mapping[str, Any] | None = None) -> Path:
    """Where the instance lives: what the test passes, the environment, or ``./instance``."""
    raw = (overrides or {}).get("INSTANCIA") or os.environ.get(PREFIX + "INSTANCIA") or "instance"
    return Path(raw).expanduser().resolve()
