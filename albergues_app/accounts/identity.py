"""Who is asking: a small frozen value, read from the database on every request, so that a change of role acts at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from albergues_app.accounts.models import (
    NATIONAL_WITHOUT_TERRITORY,
    Cuenta,
    CuentaTerritorio,
    FichaApi,
    Rol,
    Sesion,
)
from albergues_app.core.db import Question
from albergues_app.core.unit_of_work import Actor
from albergues_app.territorio.catalogo import municipios_of_sede


@dataclass(frozen=True)
class Identity:
    """An account as permissions see it."""

    id: UUID
    correo: str
    nombre: str
    rol: Rol
    nacional: bool
    departamentos: frozenset[str] = frozenset()
    municipios: frozenset[str] = frozenset()
    albergues: frozenset[str] = frozenset()
    departamentos_sede: frozenset[str] = frozenset()
    """Departments where its sedes work: a sede speaks for the department also when it serves a part of it."""
    sesion_id: UUID | None = None
    debe_cambiar: bool = False
    """Entered with a one-time code: until a password is chosen, no other page opens."""

    def as_actor(self, via: str) -> Actor:
        return Actor(self.correo, via, self.id)

    def covers_municipio(self, codigo: str | None) -> bool:
        """True when the municipality lies in the account's territory."""
        if self.nacional:
            return True
        return codigo is not None and (codigo[:2] in self.departamentos or codigo in self.municipios)

    def covers_departamento(self, codigo: str) -> bool:
        """True when the whole department lies in the account's territory."""
        return self.nacional or codigo in self.departamentos

    def works_in_departamento(self, codigo: str) -> bool:
        """Speaks for the department: who covers it, or a sede that serves a part of it."""
        return self.covers_departamento(codigo) or codigo in self.departamentos_sede

    @property
    def only_in_shelters(self) -> bool:
        """Works in some shelters and speaks for no municipality nor department."""
        return not (self.nacional or self.departamentos or self.departamentos_sede or self.municipios)

    @property
    def from_afar(self) -> bool:
        """Looks at figures without working in shelters: a reserved location has no name for them."""
        return self.rol in {Rol.MANDO, Rol.INSTITUCION}

    @property
    def without_territory(self) -> bool:
        """Neither national nor anywhere: sees no row at all."""
        return not (self.nacional or self.departamentos or self.municipios or self.albergues)

    @property
    def scope_key(self) -> tuple[bool, tuple[str, ...]]:
        """Equal for accounts that see the same rows; keys caches of figures."""
        return self.nacional, tuple(sorted((*self.departamentos, *self.municipios, *self.albergues)))

    @property
    def door_key(self) -> tuple[Any, ...]:
        """Equal for accounts to which the doors of a place and a department open alike; keys what is kept of a list."""
        return (
            self.rol,
            self.nacional,
            self.departamentos,
            self.municipios,
            self.albergues,
            self.departamentos_sede,
        )


def build_identity(
    cuenta: Any, territorios: Iterable[tuple[str, str]], sesion_id: UUID | None = None
) -> Identity:
    """Expand the stored territory: a sede is the municipalities it serves today."""
    departamentos: set[str] = set()
    municipios: set[str] = set()
    albergues: set[str] = set()
    sedes: set[str] = set()
    nothing = True
    for clase, codigo in territorios:
        nothing = False
        if clase == "departamento":
            departamentos.add(codigo)
        elif clase == "sede":
            served = municipios_of_sede(codigo)
            municipios.update(served)
            sedes.update(m[:2] for m in served)
        elif clase == "municipio":
            municipios.add(codigo)
        elif clase == "albergue":
            albergues.add(codigo)
    rol = Rol(cuenta.rol)
    return Identity(
        id=cuenta.id,
        correo=cuenta.correo,
        nombre=cuenta.nombre,
        rol=rol,
        nacional=nothing and rol in NATIONAL_WITHOUT_TERRITORY,
        departamentos=frozenset(departamentos),
        municipios=frozenset(municipios),
        albergues=frozenset(albergues),
        departamentos_sede=frozenset(sedes),
        sesion_id=sesion_id,
        debe_cambiar=cuenta.clave_hash is None,
    )


def load_identity(cuenta_id: UUID, sesion_id: UUID | None = None) -> Identity | None:
    """The identity of an active account, or None."""
    return _from_rows(_BY_ID.rows(cuenta=cuenta_id), sesion_id)


def identity_of_token(hashed: str) -> Identity | None:
    """The identity behind a program's token, by its hash; None when it is unknown, revoked, or its account inactive."""
    return _from_rows(_BY_TOKEN.rows(token=hashed), None)


def identity_of_session(hashed: str, now: datetime) -> tuple[Identity, datetime] | None:
    """Who browses with a token, by its hash, and when last seen; None when it ended or the account is inactive."""
    rows = _BY_SESSION.rows(token=hashed, now=now)
    identity = _from_rows(rows, rows[0].sesion_id if rows else None)
    return None if identity is None else (identity, rows[0].vista_en)


_C, _T, _K, _S = Cuenta.__table__, CuentaTerritorio.__table__, FichaApi.__table__, Sesion.__table__
_COLUMNS = (_C.c.id, _C.c.correo, _C.c.nombre, _C.c.rol, _C.c.clave_hash, _T.c.clase, _T.c.codigo)
_WITH_TERRITORY = _C.outerjoin(_T, _T.c.cuenta_id == _C.c.id)
_BY_ID = Question(
    select(*_COLUMNS).select_from(_WITH_TERRITORY).where(_C.c.id == bindparam("cuenta"), _C.c.activa)
)
_BY_TOKEN = Question(
    select(*_COLUMNS)
    .select_from(_WITH_TERRITORY.join(_K, _K.c.cuenta_id == _C.c.id))
    .where(_K.c.token_hash == bindparam("token"), _K.c.revocada_en.is_(None), _C.c.activa)
)
_BY_SESSION = Question(
    select(*_COLUMNS, _S.c.id.label("sesion_id"), _S.c.vista_en)
    .select_from(_WITH_TERRITORY.join(_S, _S.c.cuenta_id == _C.c.id))
    .where(
        _S.c.token_hash == bindparam("token"), _S.c.revocada_en.is_(None), _S.c.caduca_en > bindparam("now"),
        _C.c.activa,
    )
)  # fmt: skip


def _from_rows(rows: Sequence[Any], sesion_id: UUID | None) -> Identity | None:
    if not rows:
        return None
    return build_identity(rows[0], [(r.clase, r.codigo) for r in rows if r.clase is not None], sesion_id)
