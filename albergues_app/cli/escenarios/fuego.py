"""Volcán de Fuego, June 2018, as a scale: 21 sites, 4,471 people in a week, three months until most live in ATU.

Shape of dominio.md 9.1 and 9.4: 1,689 people the first day, 4,471 on the seventh; sites empty and close one after the
other; at the end 6 shared shelters with 1,461 people and two ATU with 1,859. A list of 197 missing persons is crossed
with the register: most of it is spelled as somebody heard it, and a third of it is nowhere in the register.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from uuid import UUID

from albergues_app.cli.escenarios import nombres
from albergues_app.cli.escenarios.base import Taller, move, municipios_of, parte
from albergues_app.emergencias.services import (
    AlertaNueva,
    EmergenciaNueva,
    declare_alerta,
    declare_emergencia,
)
from albergues_app.identidad.services.busqueda import distribute, take_down
from albergues_app.ocupacion.services import register_movimiento, register_parte, transition_activacion
from albergues_app.ocupacion.services.lote import register_ingresos

NOMBRE = "Erupción del volcán de Fuego (práctica)"
MUNICIPIOS = ("0501", "0501", "0502", "0314", "0301", "0412", "0401")
"""Escuintla, Santa Lucía Cotzumalguapa, Alotenango, Antigua, Yepocapa, Chimaltenango."""
SITIOS, QUEDAN, PERSONAS = 21, 6, 4_471
COLECTIVAS, EN_ATU = 1_461, 1_859
ATU = (("0501", "ATU La Esperanza (práctica)", 1_200), ("0314", "ATU Santa Clara (práctica)", 800))
DIAS, SEMANAS, PRIMER_ATU = 90, 12, 5
OLEADA = (1_689, 2_600, 3_300, 3_800, 4_150, 4_350, PERSONAS)
"""People registered by the end of each of the first seven days."""
DESAPARECIDAS, SIN_REGISTRO = 197, 66

Familia = list[UUID]


def load(taller: Taller) -> dict[str, int]:
    """Ninety days that end now."""
    start = taller.fin - dt.timedelta(days=DIAS)
    emergencia = taller.uuid()
    with taller.at(start):
        declare_emergencia(
            EmergenciaNueva(
                emergencia, NOMBRE, "volcan", start, ["05", "03", "04"], "06-2018", "CONRED (práctica)"
            )
        )
        declare_alerta(
            AlertaNueva(
                taller.uuid(), emergencia, "poblacional", "departamental", "roja", "volcan", start, None,
                "CONRED (práctica)", None, ("05", "03", "04"),
            )
        )  # fmt: skip
        shared = [_open(taller, emergencia, MUNICIPIOS[n % len(MUNICIPIOS)], start) for n in range(SITIOS)]
    inside: dict[UUID, list[Familia]] = {a: [] for a in shared}
    staying, leaving = shared[:QUEDAN], shared[QUEDAN:]
    taller.say("La primera semana…")
    _first_week(taller, start, staying, leaving, inside)
    with taller.at(start + dt.timedelta(days=20)):
        notices = _missing(taller, emergencia)
    moved = gone = 0
    atus: list[UUID] = []
    for week in range(2, SEMANAS + 1):
        taller.say(f"Semana {week} de {SEMANAS}…")
        end = start + dt.timedelta(days=7 * week)
        if week == PRIMER_ATU:
            with taller.at(end - dt.timedelta(days=1)):
                atus = [_open_atu(taller, emergencia, *one, end) for one in ATU]
                inside |= {a: [] for a in atus}
        with taller.at(end):
            last = week == SEMANAS
            home = (PERSONAS - COLECTIVAS - EN_ATU) * (week - 1) // (SEMANAS - 1) - gone
            to_atu = EN_ATU * (week - PRIMER_ATU + 1) // (SEMANAS - PRIMER_ATU + 1) - moved if atus else 0
            moved += _to_atu(taller, leaving, atus, inside, to_atu, end) if atus else 0
            gone += _go_home(taller, leaving, inside, PERSONAS if last else home, end)
            leaving = _close_empty(taller, leaving, inside, end)
            for activacion, families in inside.items():
                if activacion in (*staying, *leaving, *atus):
                    count = sum(map(len, families))
                    register_parte(parte(taller, activacion, end - dt.timedelta(hours=1), count))
    with taller.at(taller.fin):
        for activacion in (*staying, *atus):
            count = sum(map(len, inside[activacion]))
            register_parte(parte(taller, activacion, taller.fin - dt.timedelta(hours=2), count))
    return {
        "albergues": SITIOS,
        "atu": len(atus),
        "cerrados": SITIOS - QUEDAN - len(leaving),
        "personas": taller.people,
        "familias": len(taller.families),
        "trasladadas_a_atu": moved,
        "egresadas": gone,
        "buscadas": DESAPARECIDAS,
        "avisos_a_sedes": notices,
    }


def _open(taller: Taller, emergencia: UUID, municipio: str, start: dt.datetime) -> UUID:
    official = taller.rng.random() < 0.7
    site = taller.site(municipio, official, taller.rng.randint(10, 35) * 10, start - dt.timedelta(days=120))
    return taller.activate(site, emergencia, start)


def _open_atu(
    taller: Taller, emergencia: UUID, municipio: str, nombre: str, capacidad: int, end: dt.datetime
) -> UUID:
    since = end - dt.timedelta(days=1, hours=2)
    site = taller.site(municipio, True, capacidad, since, ("modulos_atu", nombre))
    return taller.activate(site, emergencia, since)


def _first_week(
    taller: Taller,
    start: dt.datetime,
    staying: Sequence[UUID],
    leaving: Sequence[UUID],
    inside: dict[UUID, list[Familia]],
) -> None:
    made = kept = 0
    for day, until in enumerate(OLEADA):
        end, today = start + dt.timedelta(days=day + 1), []
        while made < until:
            size = min(10, max(1, int(taller.rng.gauss(4.4, 1.6))), until - made)
            stays = kept * PERSONAS <= made * COLECTIVAS
            activacion = taller.rng.choice(staying if stays else leaving)
            when = end - dt.timedelta(minutes=taller.rng.randint(10, 1_300))
            origin = taller.rng.choice(municipios_of(taller.rng.choice(("05", "05", "03", "04"))))
            ingreso = taller.family(activacion, when, size, origin)
            inside[activacion].append([p.id for p in ingreso.personas])
            today.append(ingreso)
            made += size
            kept += size if stays else 0
        with taller.at(end):
            register_ingresos(sorted(today, key=lambda i: i.ocurrido_en))
            for activacion, families in inside.items():
                count = sum(map(len, families))
                register_parte(parte(taller, activacion, end - dt.timedelta(minutes=5), count))


def _missing(taller: Taller, emergencia: UUID) -> int:
    """Somebody asks for each; the register is compared away from who asks. How many notices went to a sede."""
    people = [(p, i) for i in taller.families for p in i.personas if p.apellidos]
    asked = taller.rng.sample(people, DESAPARECIDAS - SIN_REGISTRO)
    wanted = [
        (nombres.con_error(taller.rng, p.nombres), p.apellidos or "", p.sexo, str(p.edad or ""))
        for p, _i in asked
    ]
    for _ in range(SIN_REGISTRO):
        sex = taller.rng.choice(("mujer", "hombre"))
        name = nombres.nombre_persona(taller.rng, sex)
        wanted.append((name, nombres.apellidos(taller.rng), sex, str(taller.rng.randint(1, 80))))
    notices = 0
    for given, surnames, sex, age in wanted:
        said = {
            "nombres": given, "apellidos": surnames, "sexo": sex, "edad": age,
            "pide_nombre": nombres.nombre_persona(taller.rng, "mujer"), "pide_telefono": "5555 0000",
            "pide_parentesco": "familiar", "motivo": "No sabemos de ella desde la erupción",
        }  # fmt: skip
        notices += distribute(UUID(take_down(emergencia, said)["id"]))
    return notices


def _taken(
    leaving: Sequence[UUID], inside: dict[UUID, list[Familia]], people: int
) -> list[tuple[UUID, Familia]]:
    """Families of the sites that empty first, until so many people."""
    found: list[tuple[UUID, Familia]] = []
    left = people
    for activacion in leaving:
        while inside[activacion] and left > 0:
            family = inside[activacion].pop()
            found.append((activacion, family))
            left -= len(family)
    return found


def _by_site(taken: list[tuple[UUID, Familia]], write: Callable[[UUID, list[UUID]], None]) -> int:
    """One operation for all that leave a site together."""
    together: dict[UUID, list[UUID]] = {}
    for activacion, family in taken:
        together.setdefault(activacion, []).extend(family)
    for activacion, people in together.items():
        write(activacion, people)
    return sum(map(len, together.values()))


def _to_atu(
    taller: Taller,
    leaving: Sequence[UUID],
    atus: Sequence[UUID],
    inside: dict[UUID, list[Familia]],
    people: int,
    end: dt.datetime,
) -> int:
    moved = 0
    shares = (people * ATU[0][2] // sum(a[2] for a in ATU), people)
    for atu, until in zip(atus, shares, strict=True):
        taken = _taken(leaving, inside, until - moved)
        when = end - dt.timedelta(hours=taller.rng.randint(3, 9))

        def write(activacion: UUID, ids: list[UUID], atu: UUID = atu, when: dt.datetime = when) -> None:
            register_movimiento(move(taller, "traslado", activacion, ids, when, activacion_destino=atu))

        moved += _by_site(taken, write)
        inside[atu] += [family for _site, family in taken]
    return moved


def _go_home(
    taller: Taller, leaving: Sequence[UUID], inside: dict[UUID, list[Familia]], people: int, end: dt.datetime
) -> int:
    when = end - dt.timedelta(hours=2)

    def write(activacion: UUID, ids: list[UUID]) -> None:
        destino = taller.rng.choice(("familiar", "familiar", "alquiler", "vivienda_propia", "desconocido"))
        register_movimiento(move(taller, "egreso", activacion, ids, when, destino=destino))

    return _by_site(_taken(leaving, inside, people), write)


def _close_empty(
    taller: Taller, leaving: Sequence[UUID], inside: dict[UUID, list[Familia]], end: dt.datetime
) -> list[UUID]:
    """The building goes back to who lent it; what is still open."""
    for activacion in leaving:
        if not inside[activacion]:
            transition_activacion(activacion, "en_cierre", end - dt.timedelta(minutes=40))
            acta = f"{taller.rng.randint(1, 200)}-{end.year}"
            transition_activacion(activacion, "cerrada", end - dt.timedelta(minutes=20), None, acta)
    return [a for a in leaving if inside[a]]
