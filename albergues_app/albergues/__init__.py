"""Albergue: the site that lives for years. Activacion: its work for one emergency. Two machines, never one."""
