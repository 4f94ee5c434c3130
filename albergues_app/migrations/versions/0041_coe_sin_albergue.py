"""Drop coe.albergue_codigo and coe_integrante.albergue_codigo.

Why: a COE and who sits in it are of a place, never of a shelter; the columns were always NULL.
Old rows: nothing is lost.
Going back: the columns return, empty as they were.
Safe while the old version runs: no, it names the columns; stop it first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

TABLES = ("coe", "coe_integrante")


def upgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "albergue_codigo")


def downgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("albergue_codigo", sa.String(length=12), nullable=True))
