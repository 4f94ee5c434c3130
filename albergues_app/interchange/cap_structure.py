"""The structure of a CAP 1.2 message, as data: which elements, in which order, how often, with which closed lists."""

from __future__ import annotations

from typing import Final

Often = tuple[str, int, int | None]
"""Name of an element, and how often it stands at least and at most."""

ALERT: Final[tuple[Often, ...]] = (
    ("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1), ("msgType", 1, 1),
    ("source", 0, 1), ("scope", 1, 1), ("restriction", 0, 1), ("addresses", 0, 1), ("code", 0, None),
    ("note", 0, 1), ("references", 0, 1), ("incidents", 0, 1), ("info", 0, None),
)  # fmt: skip
INFO: Final[tuple[Often, ...]] = (
    ("language", 0, 1), ("category", 1, None), ("event", 1, 1), ("responseType", 0, None), ("urgency", 1, 1),
    ("severity", 1, 1), ("certainty", 1, 1), ("audience", 0, 1), ("eventCode", 0, None), ("effective", 0, 1),
    ("onset", 0, 1), ("expires", 0, 1), ("senderName", 0, 1), ("headline", 0, 1), ("description", 0, 1),
    ("instruction", 0, 1), ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, None), ("resource", 0, None),
    ("area", 0, None),
)  # fmt: skip
RESOURCE: Final[tuple[Often, ...]] = (
    ("resourceDesc", 1, 1), ("mimeType", 1, 1), ("size", 0, 1), ("uri", 0, 1), ("derefUri", 0, 1),
    ("digest", 0, 1),
)  # fmt: skip
AREA: Final[tuple[Often, ...]] = (
    ("areaDesc", 1, 1), ("polygon", 0, None), ("circle", 0, None), ("geocode", 0, None),
    ("altitude", 0, 1), ("ceiling", 0, 1),
)  # fmt: skip

CONTAINERS: Final = frozenset({"info", "area", "resource", "eventCode", "parameter", "geocode"})
"""Elements that hold elements; every other one holds text alone."""

STATUS: Final = ("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPE: Final = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPE: Final = ("Public", "Restricted", "Private")
CATEGORY: Final = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
)  # fmt: skip
RESPONSE: Final = (
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None",
)  # fmt: skip
URGENCY: Final = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITY: Final = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
"""The gravest first."""
CERTAINTY: Final = ("Observed", "Likely", "Possible", "Unlikely", "Unknown", "Very Likely")
"""The last one is of CAP 1.0, and 1.1 still lets it pass."""
CLOSED: Final[dict[str, tuple[str, ...]]] = {
    "status": STATUS, "msgType": MSG_TYPE, "scope": SCOPE, "category": CATEGORY, "responseType": RESPONSE,
    "urgency": URGENCY, "severity": SEVERITY, "certainty": CERTAINTY,
}  # fmt: skip
