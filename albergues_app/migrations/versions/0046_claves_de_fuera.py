"""Write the keys of names of the persons registered outside shelters.

Why: they were registered without them, so nobody found them by how their name sounds, even once inside a shelter.
Old rows: their keys are computed anew; those of everybody else are not touched.
Going back: nothing; the keys are right for the old version too.
Safe while the old version runs: yes; whom it registers outside meanwhile has no keys until `base verificar` tells it.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from albergues_app.ocupacion.claves import key_rows

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

_CHUNK = 500
KEYS = sa.table("clave_persona", sa.column("clave"), sa.column("anio"), sa.column("persona_id", sa.Uuid()))
VERSIONS = sa.table(
    "persona_version",
    sa.column("persona_id", sa.Uuid()),
    sa.column("nombres"),
    sa.column("apellidos"),
    sa.column("nacimiento", sa.Date()),
    sa.column("nacimiento_estimado", sa.Boolean()),
    sa.column("anio_nacimiento"),
    sa.column("actual", sa.Boolean()),
)
MEMBERS = sa.table("pertenencia", sa.column("persona_id", sa.Uuid()), sa.column("familia_id", sa.Uuid()))
OUTSIDE = sa.table("familia_fuera", sa.column("familia_id", sa.Uuid()))


def upgrade() -> None:
    connection = op.get_bind()
    v = VERSIONS.c
    outside = (
        sa.select(MEMBERS.c.persona_id).join(OUTSIDE, OUTSIDE.c.familia_id == MEMBERS.c.familia_id).distinct()
    )
    rows = connection.execute(sa.select(VERSIONS).where(v.actual, v.persona_id.in_(outside))).all()
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        keys: list[dict[str, Any]] = [key for row in some for key in key_rows(row._asdict())]
        connection.execute(sa.delete(KEYS).where(KEYS.c.persona_id.in_([row.persona_id for row in some])))
        if keys:
            connection.execute(sa.insert(KEYS), keys)


def downgrade() -> None:
    """Nothing to take back."""
