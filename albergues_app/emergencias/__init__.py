"""Emergencies and their alerts."""
