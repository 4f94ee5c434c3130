"""`python -m bench [--largo] [--solo NOMBRE]`: measure, print, and write docs/mediciones."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import bitacora, cases, exporting, importing, machine, papel, quien

CASES: dict[str, Callable[[Path, bool], dict[str, Any]]] = {
    "arranque": cases.cold_start,
    "ingreso": cases.check_in,
    "ocupacion": cases.occupancy,
    "mapa": cases.map_data,
    "lista": cases.list_page,
    "importacion": cases.import_persons,
    "formatos": importing.filled_formats,
    "papel": papel.paper,
    "exportacion": exporting.big_exports,
    "proyeccion": exporting.projection,
    "quien": quien.who_is_who,
    "bitacora": bitacora.log,
}
LONG: dict[str, Callable[[Path, bool], dict[str, Any]]] = {"mezcla": cases.mixed_surge}


def main() -> None:
    """Run the cases asked for."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--largo", action="store_true", help="also what needs minutes and volume")
    parser.add_argument("--solo", action="append", choices=[*CASES, *LONG], help="only these")
    options = parser.parse_args()
    chosen = {**CASES, **(LONG if options.largo else {})}
    if options.solo:
        chosen = {name: {**CASES, **LONG}[name] for name in options.solo}
    results: dict[str, Any] = {"maquina": machine.facts()}
    for name, case in chosen.items():
        with tempfile.TemporaryDirectory(prefix=f"albergues-{name}-") as folder:
            results[name] = case(Path(folder), options.largo)
        print(name, json.dumps(results[name], ensure_ascii=False, default=str), flush=True)
    suffix = "largo" if options.largo else "bench"
    if options.solo:
        suffix += "-" + "-".join(options.solo)
    print("escrito en", machine.save(suffix, results).relative_to(machine.ROOT))


if __name__ == "__main__":
    main()
