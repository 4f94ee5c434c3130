"""The workshop of a scenario: a seeded dice, a clock that walks, sites inside their municipality, households."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from albergues_app.albergues.models import Albergue
from albergues_app.albergues.services import (
    ActivacionNueva,
    AlbergueNuevo,
    CapacidadNueva,
    create_activacion,
    create_albergue,
    transition_sitio,
)
from albergues_app.cli.escenarios import nombres
from albergues_app.core import clock
from albergues_app.core.unit_of_work import Actor, unit_of_work
from albergues_app.ocupacion.models import GRUPO_BIT, Grupo
from albergues_app.ocupacion.services import IngresoNuevo, MovimientoNuevo, ParteNuevo, PersonaNueva
from albergues_app.ocupacion.services.ingreso_rows import CapturaNueva
from albergues_app.territorio.catalogo import catalogo
from albergues_app.territorio.points import bounds_of, municipio_at

ESCENARIO = Actor("escenario", "cli")
PARENTESCOS = ("hijo", "hijo", "hijo", "nieto", "hermano", "padre", "otro_pariente")
DIETA = GRUPO_BIT[Grupo.DIETA]
PIDEN: tuple[tuple[str, ...], ...] = ((), ("agua",), (), ("ropa", "panales"), ("medicina",))
"""What the families of the last twelve hours say they need, in turn; of those before, it was attended."""


@dataclass
class Taller:
    """Everything a scenario is made with. The same seed and the same last hour give the same people and figures."""

    rng: Random
    fin: dt.datetime
    say: Callable[[str], None]
    people: int = 0
    families: list[IngresoNuevo] = field(default_factory=list)
    sites: dict[UUID, Albergue] = field(default_factory=dict)

    def uuid(self) -> UUID:
        """A version-7-shaped id from the seeded dice."""
        value = self.rng.getrandbits(128)
        value = (value & ~(0xF << 76)) | (0x7 << 76)
        return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))

    @contextmanager
    def at(self, when: dt.datetime) -> Iterator[None]:
        """A unit of work whose clock stands at an hour of the scenario."""
        with clock.frozen(when), unit_of_work(ESCENARIO):
            yield

    def point(self, municipio: str) -> tuple[float, float] | None:
        """A point inside the municipality, or None when no boundaries are built."""
        box = bounds_of(municipio)
        if box is None:
            return None
        west, south, east, north = box
        for _ in range(60):
            lat, lon = self.rng.uniform(south, north), self.rng.uniform(west, east)
            if municipio_at(lat, lon) == municipio:
                return round(lat, 5), round(lon, 5)
        return None

    def site(
        self,
        municipio: str,
        oficial: bool,
        capacidad: int | None,
        since: dt.datetime,
        clase: tuple[str, str] | None = None,
    ) -> UUID:
        """A site of the catalogue; official ones were evaluated and made official before.

        ``clase``: kind of building and name, else drawn.
        """
        kind, pattern = clase or self.rng.choice(nombres.SITIOS)
        place = self.rng.choice(nombres.LUGARES)
        point = self.point(municipio)
        site_id = self.uuid()
        albergue, _ = create_albergue(
            AlbergueNuevo(
                site_id,
                pattern.format(place),
                municipio,
                kind,
                point[0] if point else None,
                point[1] if point else None,
                oficial,
                False,
                CapacidadNueva(capacidad, "Punto de acta del Concejo", clock.local_day(since))
                if capacidad
                else None,
                lugar_poblado=place,
            )
        )
        if oficial:
            transition_sitio(albergue, "evaluado_apto", since)
            acta = f"{self.rng.randint(1, 60)}-{clock.local_day(since).year}"
            transition_sitio(albergue, "oficializado", since, acta_numero=acta)
        self.sites[site_id] = albergue
        return site_id

    def activate(self, site: UUID, emergencia: UUID, when: dt.datetime, modalidad: str = "continua") -> UUID:
        """Open the site for the emergency."""
        activation_id = self.uuid()
        create_activacion(
            ActivacionNueva(
                activation_id,
                site,
                emergencia,
                when,
                f"{nombres.nombre_persona(self.rng, 'mujer')} {nombres.apellidos(self.rng)}",
                f"{self.rng.randint(1, 200)}-{clock.local_day(when).year}",
                modalidad=modalidad,
            )
        )
        return activation_id

    def persona(self, sexo: str, edad: int, unidad: str, apellidos: str, parentesco: str) -> PersonaNueva:
        grupos = 0
        if sexo == "mujer" and unidad == "anios" and 15 <= edad <= 44 and self.rng.random() < 0.06:
            grupos |= 1
        if self.rng.random() < 0.04:
            grupos |= 4
        self.people += 1
        if unidad == "anios" and edad >= 55 and self.people % 3 == 0:
            grupos |= DIETA
        nombre = nombres.nombre_persona(self.rng, sexo)
        return PersonaNueva(
            self.uuid(), nombre, apellidos, sexo, edad, unidad, None, parentesco, None, grupos
        )

    def household(self, size: int) -> list[PersonaNueva]:
        """Head, often a partner, children and kin."""
        surname = nombres.apellidos(self.rng)
        age = self.rng.randint(19, 68)
        head_sex = "mujer" if self.rng.random() < 0.45 else "hombre"
        people = [self.persona(head_sex, age, "anios", surname, "jefe")]
        if size > 1 and self.rng.random() < 0.7:
            other = "hombre" if head_sex == "mujer" else "mujer"
            partner_age = max(18, age + self.rng.randint(-6, 6))
            people.append(self.persona(other, partner_age, "anios", nombres.apellidos(self.rng), "conyuge"))
        while len(people) < size:
            sex = "mujer" if self.rng.random() < 0.5 else "hombre"
            if self.rng.random() < 0.07:
                people.append(self.persona(sex, self.rng.randint(1, 11), "meses", surname, "hijo"))
                continue
            years = min(85, max(1, int(self.rng.expovariate(1 / 14))))
            people.append(self.persona(sex, years, "anios", surname, self.rng.choice(PARENTESCOS)))
        return people

    def family(self, activacion: UUID, when: dt.datetime, size: int, origin: str) -> IngresoNuevo:
        """A household that arrives, with its filled boleta."""
        people = self.household(size)
        needs = PIDEN[len(self.families) % len(PIDEN)] if when > self.fin - dt.timedelta(hours=12) else ()
        ingreso = IngresoNuevo(
            id=self.uuid(),
            activacion_id=activacion,
            ocurrido_en=when,
            capturado_en=when + dt.timedelta(minutes=self.rng.randint(2, 30)),
            familia_id=self.uuid(),
            municipio_procedencia=origin,
            declarados=len(people),
            personas=people,
            necesidades=needs,
            captura=CapturaNueva("boleta_ingreso", "1", boleta(people, when, origin, needs)),
        )
        self.families.append(ingreso)
        return ingreso


def boleta(
    people: Sequence[PersonaNueva], when: dt.datetime, origin: str, needs: Sequence[str] = ()
) -> dict[str, Any]:
    """The answers of the boleta as the desk would have typed them."""
    return {
        "ocurrido_en": clock.iso(when),
        "integrantes_declarados": len(people),
        "departamento_procedencia": origin[:2],
        "municipio_procedencia": origin,
        "motivo": "evacuacion_preventiva",
        **({"necesidades": list(needs)} if needs else {}),
        "personas": [
            {
                "nombres": p.nombres,
                "apellidos": p.apellidos,
                "sexo": p.sexo,
                "edad": p.edad,
                "edad_unidad": p.edad_unidad,
                "parentesco": p.parentesco,
                **({"necesidades": ["dieta"]} if p.grupos & DIETA else {}),
            }
            for p in people
        ],
    }


def municipios_of(departamento: str) -> list[str]:
    return [m.codigo for m in catalogo().municipios_de(departamento)]


def cut_before(when: dt.datetime) -> dt.datetime:
    """The last of the hours at which shelters report, 06:00 and 18:00."""
    local = clock.to_local(when)
    evening = local.replace(hour=18, minute=0, second=0, microsecond=0)
    cuts = (evening, evening.replace(hour=6), evening - dt.timedelta(days=1))
    return clock.as_utc(next(cut for cut in cuts if cut <= local))


def parte(taller: Taller, activacion: UUID, corte: dt.datetime, personas: int) -> ParteNuevo:
    """A head count by hand: sexes seldom add up to the last one."""
    women = round(personas * taller.rng.uniform(0.48, 0.56))
    families = max(1, round(personas / taller.rng.uniform(3.6, 5.2))) if personas else 0
    return ParteNuevo(
        taller.uuid(), activacion, corte, "conteo_fisico", personas, families, women, personas - women
    )


def move(
    taller: Taller, tipo: str, activacion: UUID, personas: Sequence[UUID], when: dt.datetime, **more: Any
) -> MovimientoNuevo:
    """A movement of a scenario."""
    return MovimientoNuevo(taller.uuid(), tipo, activacion, list(personas), when, **more)
