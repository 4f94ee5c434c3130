"""Index what the figures ask: transits, and facts dated ahead of the clock.

Why: occupancy now must cost the same after years of history (rendimiento.md part 6).
Old rows: indexed as they are.
Going back: drops the indexes.
Safe while the old version runs: yes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    transit = sa.text("clase = 'transito'")
    op.create_index("ix_tramo_transito", "tramo", ["hasta"], sqlite_where=transit, postgresql_where=transit)
    op.create_index("ix_albergue_version_vigente", "albergue_version", ["vigente_desde"])
    op.create_index("ix_activacion_transicion_ocurrida", "activacion_transicion", ["ocurrida_en"])


def downgrade() -> None:
    op.drop_index("ix_activacion_transicion_ocurrida", "activacion_transicion")
    op.drop_index("ix_albergue_version_vigente", "albergue_version")
    op.drop_index("ix_tramo_transito", "tramo")
