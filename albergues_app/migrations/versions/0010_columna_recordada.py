"""Remember which field each column of somebody's files holds.

Why: who sends the same list every day should not say every day what its columns are.
Old rows: none; what is said is remembered from now on.
Going back: drops the table; the columns are proposed anew.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "columna_recordada",
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("formato", sa.String(length=40), nullable=False),
        sa.Column("lugar", sa.String(length=4), nullable=False),
        sa.Column("titulo", sa.String(length=80), nullable=False),
        sa.Column("campo", sa.String(length=120), nullable=False),
        sa.Column("usada_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["cuenta_id"], ["cuenta.id"], name="fk_columna_recordada_cuenta_id_cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_columna_recordada"),
        sa.UniqueConstraint("cuenta_id", "formato", "lugar", "titulo", name="uq_columna_recordada_cuenta_id"),
    )


def downgrade() -> None:
    op.drop_table("columna_recordada")
