"""Rooms of a site and who sleeps where: proposed, never forced."""
