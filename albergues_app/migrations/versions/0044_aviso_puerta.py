"""Keep the advices for the gate: what to do when a person or a family passes, until when, and why.

Why: the gate needs the instruction («llame antes de dejarla salir») and not its reason, which few may read.
Old rows: none; advices are put from now on.
Going back: drops them; persons, stays and movements stay.
Safe while the old version runs: yes, the table is new; the old version shows no advice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
LIVING = sa.text("retirado_en IS NULL")


def upgrade() -> None:
    op.create_table(
        "aviso_puerta",
        sa.Column("persona_id", sa.Uuid(), nullable=True),
        sa.Column("familia_id", sa.Uuid(), nullable=True),
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("clase", sa.String(length=12), nullable=False),
        sa.Column("texto", sa.LargeBinary(), nullable=False),
        sa.Column("motivo", sa.LargeBinary(), nullable=False),
        sa.Column("desde", INSTANT, nullable=False),
        sa.Column("hasta", INSTANT, nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", INSTANT, nullable=False),
        sa.Column("retirado_en", INSTANT, nullable=True),
        sa.Column("retirado_por", sa.Uuid(), nullable=True),
        sa.Column("motivo_retiro", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.CheckConstraint(
            "(persona_id IS NULL) <> (familia_id IS NULL)", name="ck_aviso_puerta_de_una_o_de_la_familia"
        ),
        sa.CheckConstraint("hasta > desde", name="ck_aviso_puerta_vigencia"),
        sa.CheckConstraint(
            "(retirado_en IS NULL) = (motivo_retiro IS NULL)", name="ck_aviso_puerta_retiro_con_motivo"
        ),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_aviso_puerta_activacion_id_activacion"
        ),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_aviso_puerta_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_aviso_puerta"),
    )
    for name in ("persona", "familia"):
        op.create_index(
            f"ix_aviso_puerta_{name}",
            "aviso_puerta",
            [f"{name}_id"],
            sqlite_where=LIVING,
            postgresql_where=LIVING,
        )
    op.create_index("ix_aviso_puerta_activacion", "aviso_puerta", ["activacion_id", "hasta"])
    for name in ("albergue_codigo", "municipio_codigo"):
        op.create_index(f"ix_aviso_puerta_{name}", "aviso_puerta", [name])


def downgrade() -> None:
    op.drop_table("aviso_puerta")
