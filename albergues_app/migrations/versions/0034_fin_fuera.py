"""Keep when it was written that a family is no longer outside shelters, and how many it was once it is forgotten.

Why: the consolidated of yesterday must count today who was known to be outside then (both times of every fact), and
go on counting after the personal data of the emergency were destroyed.
Old rows: stay without; the page wrote those at the very hour of their end, and so they are read.
Going back loses the hour of writing and those counts; the end itself is kept.
Safe while the old version runs: yes, the columns are new and nullable.
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


COUNTS = ("mujeres", "hombres", "no_registrado")


def upgrade() -> None:
    op.add_column("familia_fuera", sa.Column("fin_registrado_en", sa.DateTime(timezone=True), nullable=True))
    for name in COUNTS:
        op.add_column("familia_fuera", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in (*COUNTS, "fin_registrado_en"):
        op.drop_column("familia_fuera", name)
