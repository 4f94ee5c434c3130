"""The two coordinate reference systems of the project; no other module names one in metres."""

from __future__ import annotations

from typing import Final

from albergues_app.territorio.boundaries import CRS_EXCHANGE as CRS_EXCHANGE

CRS_METRIC: Final = "ESRI:103598"
"""GTM, Guatemala's transverse Mercator, in metres: within 0.05 % over the whole country (UTM 15N: up to
0.28 %). Only to measure lengths and areas; nothing is stored in it."""
