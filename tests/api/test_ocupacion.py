"""contrato-api.md «Ocupación»: rows, sums, declared beside nominal, capacity."""

from __future__ import annotations

from datetime import timedelta

import pytest

from albergues_app.territorio.catalogo import catalogo
from tests.api.conftest import ABIERTA, ENTRARON, NOW, iso, new_id, persona

FILA = {
    "codigo", "id", "nombre", "albergues", "sin_reporte", "personas", "fuera", "en_transito", "familias",
    "mujeres", "hombres", "no_registrado", "declaradas", "solo_declaradas", "capacidad", "capacidad_sin_dato",
    "diferencia",
}  # fmt: skip
NIVELES = ("albergue", "municipio", "departamento", "sede", "pais")
SUMS = (
    "albergues", "sin_reporte", "personas", "fuera", "mujeres", "hombres", "no_registrado", "solo_declaradas",
    "capacidad_sin_dato",
)  # fmt: skip


def site(api, personas=None, fuente="acta", municipio="1401", fecha="2026-01-01", **changes):
    capacity = None if personas is None else {"personas": personas, "fuente": fuente, "fecha": fecha}
    return api.albergue(municipio, capacidad=capacity, **changes)


def test_the_answer_and_its_rows_have_the_fields_of_the_contract(api):
    activacion = api.activacion()
    for por in NIVELES:
        figures = api.figures(por=por)
        assert set(figures) == {"corte", "conocido_en", "filas", "total"}
        assert all(set(f) == FILA for f in (*figures["filas"], figures["total"]))
    row = next(iter(api.rows("albergue").values()))
    held = api.get(f"/activaciones/{activacion}").get_json()
    assert row["id"] == held["albergue"]
    assert row["codigo"] == api.get(f"/albergues/{held['albergue']}").get_json()["codigo"]


def test_rows_are_always_22_for_departamento_and_one_gt_for_pais(api):
    assert len(api.rows("departamento")) == 22
    assert set(api.rows("pais")) == {"GT"}
    for por in ("albergue", "municipio", "sede"):
        assert api.rows(por) == {}
    api.activacion(abierta_en=iso(NOW - timedelta(hours=2)))
    assert (len(api.rows("departamento")), set(api.rows("municipio"))) == (22, {"1401"})
    assert set(api.rows("sede")) == {catalogo().sede_de["1401"]}
    assert api.rows("municipio", corte=iso(NOW - timedelta(hours=3))) == {}
    assert set(api.rows("municipio", corte=iso(NOW - timedelta(hours=2)))) == {"1401"}


def test_by_default_pais_and_both_instants_now(api, reloj):
    figures = api.figures()
    assert [f["codigo"] for f in figures["filas"]] == ["GT"]
    assert figures["corte"] == figures["conocido_en"] == iso(reloj.now)


def test_personas_are_open_stays_with_salida_temporal_and_the_sexes_add_up(api):
    activacion = api.activacion()
    people = [persona(sexo=s) for s in ("mujer", "mujer", "hombre", "no_registrado")]
    api.ingreso(activacion, *people)
    api.movimiento(activacion, "salida_temporal", people[0]["id"])
    api.movimiento(activacion, "egreso", people[1]["id"])
    for por in NIVELES:
        row = next(f for f in api.rows(por).values() if f["albergues"])
        found = [row[k] for k in ("personas", "fuera", "mujeres", "hombres", "no_registrado", "familias")]
        assert found == [3, 1, 1, 1, 1, 1], por


def test_a_split_family_counts_once_in_each_scope(api):
    event = api.emergencia()
    here, near, far = (api.activacion(api.albergue(m), event) for m in ("1401", "1401", "1405"))
    family = {"id": new_id()}
    for place in (here, near, far):
        api.ingreso(place, familia=family)
    assert [f["familias"] for f in api.rows("albergue").values()] == [1, 1, 1]
    assert {c: f["familias"] for c, f in api.rows("municipio").items()} == {"1401": 1, "1405": 1}
    assert (api.rows("departamento")["14"]["familias"], api.total()["familias"]) == (1, 1)
    past = api.total(corte=iso(ENTRARON))
    assert (past["familias"], past["personas"]) == (1, 3)


@pytest.fixture
def country(api):
    """Shelters in five municipalities of three departments with people, partes, and some of neither."""
    event = api.emergencia(departamentos=["14", "16", "01"])
    for n, (municipio, capacity) in enumerate(
        (("1401", 5), ("1401", None), ("1405", 2), ("1610", 10), ("0101", None), ("0108", 50))
    ):
        activacion = api.activacion(site(api, capacity, municipio=municipio), event)
        if n % 3:
            people = [persona(sexo=("mujer", "hombre", "no_registrado")[i % 3]) for i in range(n + 1)]
            api.ingreso(activacion, *people)
            api.movimiento(activacion, "salida_temporal", people[0]["id"])
        if n % 2 == 0:
            api.parte(activacion, 7 + n)
    return event


def test_shelters_municipalities_departments_sedes_and_country_have_the_same_sums(api, country):
    past, known = {"corte": iso(ENTRARON)}, {"conocido_en": iso(NOW + timedelta(seconds=12))}
    for when in ({}, past, known, {"emergencia": country}):
        tables = {por: api.figures(por=por, **when) for por in NIVELES}
        total = tables["pais"]["total"]
        for por, table in tables.items():
            assert table["total"] == total, por
            for name in SUMS:
                assert sum(f[name] for f in table["filas"]) == total[name], (por, name)
            for name in ("capacidad", "declaradas", "diferencia"):
                known = [f[name] for f in table["filas"] if f[name] is not None]
                assert (sum(known) if known else None) == total[name], (por, name)
        assert total["mujeres"] + total["hombres"] + total["no_registrado"] == total["personas"]


def test_now_and_now_by_the_intervals_are_the_same_figure(api, country, reloj):
    live = {por: api.figures(por=por) for por in NIVELES}
    moment = iso(reloj.now)
    reloj.advance(timedelta(seconds=30))
    for por in NIVELES:
        past = api.figures(por=por, corte=moment, conocido_en=moment)
        assert past == live[por]


def test_declaradas_is_the_last_parte_at_or_before_corte(api, reloj):
    activacion = api.activacion()
    assert api.total()["declaradas"] is None
    for hours, count in ((20, 30), (10, 12), (15, 20)):
        api.parte(activacion, count, corte=iso(NOW - timedelta(hours=hours)))
    assert api.total()["declaradas"] == 12
    seen = [api.total(corte=iso(NOW - timedelta(hours=h)))["declaradas"] for h in (21, 20, 16, 15, 14, 10)]
    assert seen == [None, 30, 30, 20, 20, 12]
    api.parte(activacion, 40, corte=iso(NOW + timedelta(hours=2)))
    assert api.total()["declaradas"] == 12
    assert api.total(corte=iso(NOW + timedelta(hours=2)))["declaradas"] == 40


def test_solo_declaradas_is_of_activations_without_a_nominal_ingreso(api):
    event = api.emergencia()
    counted, named = api.activacion(None, event), api.activacion(None, event)
    api.parte(counted, 25)
    api.parte(named, 9)
    people = [persona(), persona()]
    api.ingreso(named, *people)
    total = api.total()
    assert (total["personas"], total["declaradas"], total["solo_declaradas"]) == (2, 34, 25)
    api.movimiento(named, "egreso", *(p["id"] for p in people))  # it has a register, though nobody is left
    total = api.total()
    assert (total["personas"], total["declaradas"], total["solo_declaradas"]) == (0, 34, 25)


def test_an_annulled_ingreso_is_no_nominal_register(api):
    activacion = api.activacion()
    api.parte(activacion, 25)
    mistake = api.ingreso(activacion)
    assert api.total()["solo_declaradas"] == 0
    api.movimiento(activacion, "anulacion", anula=mistake["id"])
    assert api.total()["solo_declaradas"] == 25


def test_sin_reporte_are_open_activations_without_a_parte_in_12_hours(api):
    event = api.emergencia()
    silent, fresh, edge, stale = (api.activacion(None, event) for _ in range(4))
    assert silent
    api.parte(fresh, 1, corte=iso(NOW - timedelta(hours=1)))
    api.parte(edge, 1, corte=iso(NOW - timedelta(hours=12)))
    api.parte(stale, 1, corte=iso(NOW - timedelta(hours=12, seconds=1)))
    assert api.total(corte=iso(NOW))["sin_reporte"] == 2
    assert api.total(corte=iso(NOW - timedelta(hours=12)))["sin_reporte"] == 2


def test_capacidad_is_authorised_else_declared_else_computed(api):
    import datetime
    from uuid import UUID

    from albergues_app.albergues.services import CapacidadNueva, add_capacidad
    from albergues_app.core.unit_of_work import unit_of_work
    from tests.factories.cuentas import SISTEMA

    place = api.albergue()
    api.activacion(place)
    day = datetime.date(2026, 1, 1)
    seen = [api.total()["capacidad"]]
    for clase, personas in (
        ("calculada", 40),
        ("declarada", 90),
        ("autorizada", 60),
        ("calculada", 41),
        ("declarada", 91),
    ):
        with unit_of_work(SISTEMA):
            add_capacidad(UUID(place), CapacidadNueva(personas, "fuente", day, clase))
        seen.append(api.total()["capacidad"])
    assert seen == [None, 40, 90, 60, 60, 60]


def test_capacidad_sin_dato_counts_sites_and_diferencia_is_over_those_that_have_one(api):
    event = api.emergencia()
    roomy, full, unknown, counted = (
        api.activacion(site(api, capacity), event) for capacity in (10, 2, None, 20)
    )
    api.ingreso(roomy, persona(), persona(), persona())
    api.ingreso(full, *(persona() for _ in range(5)))
    api.ingreso(unknown, *(persona() for _ in range(100)))
    api.parte(counted, 15)
    rows = list(api.rows("albergue").values())
    assert [r["capacidad"] for r in rows] == [10, 2, None, 20]
    assert [r["capacidad_sin_dato"] for r in rows] == [0, 0, 1, 0]
    assert [r["diferencia"] for r in rows] == [7, -3, None, 5]
    total = api.total()
    assert [total[k] for k in ("capacidad", "capacidad_sin_dato", "diferencia")] == [32, 1, 9]


def test_without_any_capacity_there_is_none_never_zero(api):
    api.activacion()
    total = api.total()
    assert (total["capacidad"], total["diferencia"], total["capacidad_sin_dato"]) == (None, None, 1)
    assert api.rows("departamento")["01"]["capacidad"] is None


def test_a_site_that_works_for_two_emergencies_is_one_shelter_with_one_capacity(api):
    place, one, other = site(api, 10), api.emergencia(), api.emergencia()
    for event in (one, other):
        api.ingreso(api.activacion(place, event), persona(), persona())
    total = api.total()
    assert [total[k] for k in ("albergues", "personas", "capacidad", "diferencia")] == [1, 4, 10, 6]
    assert len(api.rows("albergue")) == 1
    filtered = api.total(emergencia=one)
    assert [filtered[k] for k in ("albergues", "personas", "capacidad", "diferencia")] == [1, 2, 10, 8]


def test_emergencia_bounds_every_part_of_the_figure(api):
    one, other = api.emergencia(), api.emergencia()
    here, there = api.activacion(site(api, 10), one), api.activacion(site(api, 20, municipio="1405"), other)
    people = [persona(), persona()]
    api.ingreso(here, *people)
    api.ingreso(there)
    api.parte(there, 4)
    api.movimiento(here, "traslado", people[0]["id"], activacion_destino=there, acuse=True)
    mine, theirs = api.total(emergencia=one), api.total(emergencia=other)
    assert [mine[k] for k in ("personas", "en_transito", "declaradas", "capacidad")] == [2, 1, None, 10]
    assert [theirs[k] for k in ("personas", "en_transito", "declaradas", "capacidad")] == [1, 0, 4, 20]
    assert set(api.rows("municipio", emergencia=other)) == {"1405"}
    assert api.get("/ocupacion", emergencia=new_id()).status_code == 404
    for wrong in ({"por": "planeta"}, {"emergencia": "x"}, {"corte": "ayer"}):
        assert api.get("/ocupacion", **wrong).status_code == 422


def test_closing_and_opening_dated_ahead_show_when_they_come(api, reloj):
    activacion = api.activacion()
    api.transicion(activacion, "en_cierre")
    api.transicion(activacion, "cerrada", ocurrida_en=iso(NOW + timedelta(hours=3)), acta={"numero": "1"})
    api.activacion(api.albergue("1405"), abierta_en=iso(NOW + timedelta(hours=2)))
    assert set(api.rows("municipio")) == {"1401"}
    reloj.set(NOW + timedelta(hours=2))
    assert set(api.rows("municipio")) == {"1401", "1405"}
    reloj.set(NOW + timedelta(hours=3))
    assert set(api.rows("municipio")) == {"1405"}


def test_facts_dated_ahead_count_when_they_come(api, reloj):
    activacion = api.activacion()
    people = [persona(), persona()]
    api.ingreso(activacion, people[0])
    api.ingreso(activacion, people[1], ocurrido_en=iso(NOW + timedelta(hours=2)))
    api.movimiento(activacion, "egreso", people[0]["id"], ocurrido_en=iso(NOW + timedelta(hours=4)))
    seen = {}
    for hours in (0, 2, 4):
        seen[hours] = api.total(corte=iso(NOW + timedelta(hours=hours)))["personas"]
    assert seen == {0: 1, 2: 2, 4: 1}
    assert api.total()["personas"] == 1
    reloj.set(NOW + timedelta(hours=5))
    assert api.total()["personas"] == 1
    assert api.total(corte=iso(ABIERTA))["personas"] == 0
