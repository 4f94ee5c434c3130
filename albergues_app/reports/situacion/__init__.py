"""Situation reports: bulletins drafted by the system, signed by three persons, numbered and sealed (dominio.md 1.11)."""
