"""What every application of a run has in common is made once: its addresses and its templates.

Each test has an application of its own, with hundreds of both; compiling them anew was a third of the suite's time.
"""

from __future__ import annotations

from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """What jinja2 made of each template."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = Templates()


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
