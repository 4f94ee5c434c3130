"""Keep the rooms of a site and the places people have in them.

Why: families are to sleep together and women alone apart, and who sleeps where must be known at night.
Old rows: none; nobody had a place before.
Going back: drops rooms and places; stays and figures stay as they are.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ambiente",
        sa.Column("albergue_id", sa.Uuid(), nullable=False),
        sa.Column("nombre", sa.Text(), nullable=False),
        sa.Column("tipo", sa.String(length=12), nullable=False),
        sa.Column("planta", sa.Integer(), nullable=False),
        sa.Column("lugares", sa.Integer(), nullable=False),
        sa.Column("para", sa.String(length=12), nullable=False),
        sa.Column("accesible", sa.Boolean(), nullable=False),
        sa.Column("bloqueado_motivo", sa.Text(), nullable=True),
        sa.Column("retirado", sa.Boolean(), nullable=False),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["albergue_id"], ["albergue.id"], name="fk_ambiente_albergue_id_albergue"),
        sa.PrimaryKeyConstraint("id", name="pk_ambiente"),
    )
    op.create_index("ix_ambiente_albergue_id", "ambiente", ["albergue_id"])
    op.create_table(
        "lugar_asignado",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("ambiente_id", sa.Uuid(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("ingreso_movimiento", sa.Uuid(), nullable=False),
        sa.Column("desde", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hasta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("excede", sa.Boolean(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_lugar_asignado_activacion_id_activacion"
        ),
        sa.ForeignKeyConstraint(
            ["ambiente_id"], ["ambiente.id"], name="fk_lugar_asignado_ambiente_id_ambiente"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lugar_asignado"),
    )
    still = sa.text("hasta IS NULL")
    op.create_index(
        "uq_lugar_asignado_persona",
        "lugar_asignado",
        ["persona_id"],
        unique=True,
        sqlite_where=still,
        postgresql_where=still,
    )
    op.create_index("ix_lugar_asignado_ambiente", "lugar_asignado", ["ambiente_id", "hasta"])
    op.create_index("ix_lugar_asignado_activacion", "lugar_asignado", ["activacion_id", "desde"])
    for table in ("ambiente", "lugar_asignado"):
        for column in ("albergue_codigo", "municipio_codigo"):
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    op.drop_table("lugar_asignado")
    op.drop_table("ambiente")
