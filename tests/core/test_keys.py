"""Keys of the instance: sealed values open with them only; the blind index finds and tells nothing."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from albergues_app.audit.sealing import keyring
from albergues_app.core.db import db
from albergues_app.core.keys import KeyMissing, Keyring, SealKey
from albergues_app.ocupacion.models import PersonaVersion
from tests.factories.albergues import ingreso, make_activacion, persona

CUI = "1587564440904"


def test_a_cui_opens_with_the_key_of_its_instance_only(app, tmp_path):
    ingreso(make_activacion(), persona(cui="1587 56444 0904"), persona(cui="1580352240101"))
    ring, stranger = keyring(), Keyring.load_or_create(tmp_path / "otra" / "claves.json")
    rows = db.session.scalars(select(PersonaVersion)).all()
    assert {ring.open(r.cui, "persona_version.cui").decode() for r in rows} == {CUI, "1580352240101"}
    for row in rows:
        assert CUI.encode() not in row.cui
        with pytest.raises(KeyMissing):
            stranger.open(row.cui, "persona_version.cui")
        with pytest.raises(KeyMissing):
            ring.open(row.cui, "otra.columna")
        with pytest.raises(KeyMissing):
            ring.open(row.cui[:-1] + bytes([row.cui[-1] ^ 1]), "persona_version.cui")


def test_the_index_finds_exactly_and_is_of_the_instance(app, tmp_path):
    ingreso(make_activacion(), persona(cui=CUI), persona(cui="1580352240101"))
    ring = keyring()

    def found(cui):
        stmt = select(PersonaVersion).where(PersonaVersion.cui_indice == ring.index(cui, "cui"))
        return len(db.session.scalars(stmt).all())

    assert (found(CUI), found("1580352240101"), found("1587564440905")) == (1, 1, 0)
    assert ring.index(CUI, "cui") != Keyring.load_or_create(tmp_path / "claves.json").index(CUI, "cui")
    assert ring.index(CUI, "cui") != ring.index(CUI, "otra")


def test_equal_values_are_sealed_differently(app):
    ring = keyring()
    assert ring.seal(b"igual", "x") != ring.seal(b"igual", "x")


def test_the_key_file_is_for_its_owner_and_two_starts_keep_one(tmp_path):
    path = tmp_path / "claves.json"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: Keyring.load_or_create(path), range(8)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len({r.index("x", "y") for r in rings}) == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_key_leaves_the_old_values_readable(tmp_path):
    path = tmp_path / "claves.json"
    sealed = Keyring.load_or_create(path).seal(b"antes", "x")
    data = json.loads(path.read_text())
    data["claves"]["k2"], data["actual"] = data["indice"], "k2"
    path.write_text(json.dumps(data))
    ring = Keyring.load_or_create(path)
    assert ring.open(sealed, "x") == b"antes"
    assert ring.open(ring.seal(b"hoy", "x"), "x") == b"hoy"


def test_the_key_of_an_emergency_refuses_changed_bytes():
    key = SealKey(bytes(32))
    sealed = key.seal(b"texto", "x")
    for n in range(len(sealed)):
        changed = sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :]
        with pytest.raises(KeyMissing):
            key.open(changed, "x")
