"""Where each family might sleep: together, women alone apart, reduced mobility and older people on the ground floor."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from albergues_app.alojamiento.propose import Cuarto, Quien, Unidad, propose
from albergues_app.core.ids import uuid7


def quien(sexo="mujer", edad=30, movilidad=False):
    return Quien(uuid7(), sexo, edad, movilidad)


def unidad(*people):
    return Unidad(uuid7(), people)


def cuarto(nombre, libres=10, planta=0, **more):
    return Cuarto(uuid7(), nombre, planta, libres, **more)


def names(unidades, rooms):
    by_id = {c.id: c.nombre for c in rooms}
    return [by_id.get(p.cuarto_id) for p in propose(unidades, rooms)]


def test_a_family_goes_whole_to_the_smallest_room_where_it_fits():
    family = unidad(quien(), quien("hombre"), quien(edad=4))
    assert names([family], [cuarto("grande", 20), cuarto("justo", 3), cuarto("chico", 2)]) == ["justo"]
    [p] = propose([family], [cuarto("a", 2), cuarto("b", 2)])
    assert (p.cuarto_id, p.razones) == (None, ("Ningún ambiente tiene 3 lugares juntos; el mayor tiene 2.",))
    assert propose([family], [])[0].razones == ("No quedan lugares.",)


def test_who_comes_later_goes_where_its_family_is():
    child = unidad(quien("hombre", 9))
    rooms = [cuarto("otro", 1), cuarto("suyo", 5, familias={child.familia_id})]
    [p] = propose([child], rooms)
    assert (p.cuarto_id, p.razones) == (rooms[1].id, ("con su familia, que ya está ahí",))


def test_women_alone_sleep_apart_from_men_where_it_can_be():
    mother, man = unidad(quien(), quien("hombre", 6)), unidad(quien("hombre"))
    pair = [cuarto("uno", 3), cuarto("dos", 3)]
    assert len(set(names([mother, man], pair))) == 2
    rooms = [cuarto("con hombres", 2, hombres=1), cuarto("sin hombres", 9)]
    assert names([mother], rooms) == ["sin hombres"]
    assert names([mother], [cuarto("mixto", 9), cuarto("mujeres", 9, para="mujeres")]) == ["mujeres"]
    assert names([man], [cuarto("mujeres", 9, para="mujeres")]) == [None]
    assert names([unidad(quien(), quien("hombre", 16))], [cuarto("mujeres", 9, para="mujeres")]) == [None]
    [p] = propose([mother], [cuarto("con hombres", 5, hombres=1)])  # proposed all the same, and said
    assert p.cuarto_id is not None
    assert "con hombres: no hay otro" in p.razones
    both = propose([mother, man], [cuarto("único", 9)])
    assert "con hombres: no hay otro" in both[0].razones
    assert "con mujeres solas: no hay otro" in both[1].razones


def test_reduced_mobility_and_age_go_to_the_ground_floor_first():
    rooms = [cuarto("arriba", 4, planta=1), cuarto("abajo", 4), cuarto("rampa", 9, accesible=True)]
    chair = unidad(quien(movilidad=True), quien("hombre"))
    assert names([chair], rooms) == ["rampa"]
    old = unidad(quien(edad=70), quien("hombre", 72))
    young = unidad(quien(), quien("hombre"), quien(edad=3), quien(edad=5))
    small = [cuarto("arriba", 4, planta=1), cuarto("abajo", 4)]
    assert names([young, old], small) == ["arriba", "abajo"]
    [p] = propose([old], small)
    assert "en planta baja, por la edad" in p.razones
    [p] = propose([chair], rooms)
    assert not any("baja" in r or "movilidad" in r for r in p.razones)  # a need is used, and never told


PEOPLE = st.builds(
    quien,
    st.sampled_from(["mujer", "hombre", "no_registrado"]),
    st.none() | st.integers(0, 95),
    st.booleans(),
)
UNITS = st.lists(st.lists(PEOPLE, min_size=1, max_size=6).map(lambda p: unidad(*p)), max_size=12)
ROOMS = st.lists(
    st.builds(
        cuarto, st.text(max_size=3), st.integers(-2, 12), st.integers(0, 2),
        para=st.sampled_from(["cualquiera", "familias", "mujeres", "hombres"]),
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(UNITS, ROOMS)
def test_no_room_is_proposed_beyond_its_places(units, rooms):
    found = propose(units, rooms)
    assert [p.familia_id for p in found] == [u.familia_id for u in units]
    taken = dict.fromkeys((c.id for c in rooms), 0)
    for u, p in zip(units, found, strict=True):
        if p.cuarto_id is not None:
            taken[p.cuarto_id] += len(u.personas)
    for c in rooms:
        assert taken[c.id] <= max(0, c.libres)
