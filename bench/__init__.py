"""Measurements: `make bench`. Results go to docs/mediciones as dated JSON with the facts of the machine."""
