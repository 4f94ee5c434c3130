"""Synthetic emergencies for training, demonstrations and measurements (dominio.md 9.4). No real person's data."""
