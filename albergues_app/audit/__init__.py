"""What nobody can take back: the chained trail of changes and readings, filled formats, conflicts, operations.

Importing this package registers the listener, so no audited model can exist without it.
"""

from albergues_app.audit import listener
from albergues_app.audit.models import Audited

__all__ = ["Audited", "listener"]
