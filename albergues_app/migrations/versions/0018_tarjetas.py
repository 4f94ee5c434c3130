"""Keep family cards, printed before there are families, and how long each check-in took at the door.

Why: a card has its code before any data; a lost one is replaced and its code is known for good. The time at the
door is measured in operation and not only on a bench.
Old rows: none; the codes that families have stay theirs.
Going back: drops the three tables; families keep the code they have.
Safe while the old version runs: yes, the tables are new; the old version does not know reserved codes, so a lot
made meanwhile could meet a new family's code, which is refused when the card is handed out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lote_tarjetas",
        sa.Column("lote", sa.String(length=8), nullable=False),
        sa.Column("cantidad", sa.Integer(), nullable=False),
        sa.Column("albergue_id", sa.Uuid(), nullable=True),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=True),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["albergue_id"], ["albergue.id"], name="fk_lote_tarjetas_albergue_id_albergue"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_lote_tarjetas"),
        sa.UniqueConstraint("lote", name="uq_lote_tarjetas_lote"),
    )
    op.create_index("ix_lote_tarjetas_albergue_codigo", "lote_tarjetas", ["albergue_codigo"])
    op.create_index("ix_lote_tarjetas_municipio_codigo", "lote_tarjetas", ["municipio_codigo"])
    op.create_table(
        "tarjeta",
        sa.Column("codigo", sa.String(length=8), nullable=False),
        sa.Column("lote_id", sa.Uuid(), nullable=True),
        sa.Column("numero", sa.Integer(), nullable=True),
        sa.Column("estado", sa.String(length=12), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=True),
        sa.Column("familia_id", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("cambiada_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["lote_id"], ["lote_tarjetas.id"], name="fk_tarjeta_lote_id_lote_tarjetas"),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_tarjeta_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tarjeta"),
        sa.UniqueConstraint("emergencia_id", "codigo", name="uq_tarjeta_emergencia_codigo"),
        sa.UniqueConstraint("lote_id", "numero", name="uq_tarjeta_lote_numero"),
    )
    op.create_index("ix_tarjeta_codigo", "tarjeta", ["codigo"])
    op.create_index("ix_tarjeta_familia_id", "tarjeta", ["familia_id"])
    op.create_index(
        "uq_tarjeta_de_lote",
        "tarjeta",
        ["codigo"],
        unique=True,
        sqlite_where=sa.text("lote_id IS NOT NULL"),
        postgresql_where=sa.text("lote_id IS NOT NULL"),
    )
    op.create_table(
        "tiempo_puerta",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("dia", sa.Date(), nullable=False),
        sa.Column("segundos", sa.Integer(), nullable=False),
        sa.Column("personas", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_tiempo_puerta_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tiempo_puerta"),
    )
    op.create_index("ix_tiempo_puerta_activacion_dia", "tiempo_puerta", ["activacion_id", "dia"])


def downgrade() -> None:
    op.drop_table("tiempo_puerta")
    op.drop_table("tarjeta")
    op.drop_table("lote_tarjetas")
