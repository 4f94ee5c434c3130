"""Find what the files of an emergency weigh without reading them.

Why: they have a limit, asked before each file is kept.
Old rows: indexed as they stand.
Going back: drops the index.
Safe while the old version runs: yes.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_adjunto_emergencia_id", "adjunto", ["emergencia_id", "cuenta_id", "peso"])


def downgrade() -> None:
    op.drop_index("ix_adjunto_emergencia_id", "adjunto")
