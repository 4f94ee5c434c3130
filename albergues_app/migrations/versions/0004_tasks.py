"""Keep long work in a row one can come back to.

Why: anything over two seconds shows its progress, can be left, and says what came of it.
Old rows: none.
Going back: drops the table; what the tasks wrote stays.
Safe while the old version runs: yes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tarea",
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("via", sa.String(length=16), nullable=False),
        sa.Column("clase", sa.String(length=40), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("hecho", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("mensaje", sa.Text(), nullable=False),
        sa.Column("argumentos", sa.Text(), nullable=False),
        sa.Column("resultado", sa.Text(), nullable=True),
        sa.Column("creada_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terminada_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tarea"),
    )
    op.create_index("ix_tarea_cuenta", "tarea", ["cuenta_id", "creada_en"])


def downgrade() -> None:
    op.drop_index("ix_tarea_cuenta", "tarea")
    op.drop_table("tarea")
