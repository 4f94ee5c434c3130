"""What every application of a run has in common is made once: its addresses, its templates, its SQL.

Each test has an application of its own, with hundreds of each; compiling them anew was a third of the suite's time.
Passphrases are hashed with little work: their strength is a setting that a test of its own reads.
"""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from albergues_app.accounts import passwords
from albergues_app.core import clock
from albergues_app.territorio import catalogo


def read_revisions_once() -> None:
    """Forty migrations were loaded anew for every step up or down."""
    found: list[ScriptDirectory] = []
    read = ScriptDirectory.from_config

    def remembered(config: Config) -> ScriptDirectory:
        if not found:
            found.append(read(config))
        return found[0]

    ScriptDirectory.from_config = remembered  # type: ignore[method-assign,assignment]


def compile_addresses_once() -> None:
    """Let werkzeug take what it compiled of a rule from an earlier application: it depends on the rule alone."""
    known: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    compile_rule = Rule.compile

    def remembered(rule: Rule) -> None:
        defaults = tuple(sorted((rule.defaults or {}).items()))
        key = (rule.rule, rule.host, rule.subdomain, rule.merge_slashes, defaults)
        if key not in known:
            compile_rule(rule)
            builders = rule._build.__func__, rule._build_unknown.__func__  # type: ignore[attr-defined]
            known[key] = (rule._parts, rule._trace, rule._converters, rule.arguments, *builders)
            return
        rule._parts, rule._trace, rule._converters, rule.arguments, build, build_unknown = known[key]
        rule._build, rule._build_unknown = build.__get__(rule), build_unknown.__get__(rule)

    Rule.compile = remembered  # type: ignore[method-assign]


_SQL: LRUCache[Any, Any] = LRUCache(2000)


def compile_sql_once(engine: Engine) -> None:
    """Let an engine take what another of its kind compiled: it depends on the statement and the kind of database."""
    engine._compiled_cache = _SQL


_CATALOGUES: dict[date, catalogo.Catalogo] = {}


def read_catalogue_once(app: Flask) -> None:
    """An application on a fresh copy of the template knows its territory; one that changes it reads it anew, as always."""
    today = clock.local_day(clock.now())
    if today not in _CATALOGUES:
        _CATALOGUES[today] = catalogo.catalogo()
    app.extensions["albergues_catalogo"] = replace(_CATALOGUES[today], leido=time.monotonic())


def collect_seldom() -> None:
    """What was loaded for the run is not looked through at each collection, and these are fewer: a seventh of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign,assignment]
DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign,assignment]


REAL_HASHER = passwords._hasher


def hash_with_little_work() -> None:
    """Argon2 all the same, with the least it takes: 10 ms instead of 60 for every account and every log-in."""
    passwords._hasher = lru_cache(maxsize=1)(
        lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )
