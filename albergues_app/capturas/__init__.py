"""Filled formats that have no tables of their own: kept as they were given, found, corrected by a new version, printed."""
