"""Keep whether an activation works day and night, and what a night shelter gives and refuses.

Why: the cold season counts persons and nights, and a refusal is an event with referral and hour (2.4.23).
Old rows: every activation is «continua», as until now.
Going back: drops the services and refusals and which activations were of the night; the stays stay.
Safe while the old version runs: yes, the column has its default and the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "activacion",
        sa.Column("modalidad", sa.String(length=12), server_default="continua", nullable=False),
    )
    op.create_table(
        "servicio_nocturno",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.Column("noche", sa.Date(), nullable=False),
        sa.Column("servicio", sa.String(length=12), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_servicio_nocturno_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_servicio_nocturno"),
        sa.UniqueConstraint(
            "activacion_id", "persona_id", "noche", "servicio", name="uq_servicio_nocturno_activacion_id"
        ),
    )
    op.create_index("ix_servicio_nocturno_noche", "servicio_nocturno", ["activacion_id", "noche"])
    op.create_table(
        "rechazo_nocturno",
        sa.Column("activacion_id", sa.Uuid(), nullable=False),
        sa.Column("noche", sa.Date(), nullable=False),
        sa.Column("ocurrido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("motivo", sa.String(length=12), nullable=False),
        sa.Column("sexo", sa.String(length=16), nullable=False),
        sa.Column("referido_a", sa.String(length=16), nullable=False),
        sa.Column("referido_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.ForeignKeyConstraint(
            ["activacion_id"], ["activacion.id"], name="fk_rechazo_nocturno_activacion_id_activacion"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rechazo_nocturno"),
    )
    op.create_index("ix_rechazo_nocturno_noche", "rechazo_nocturno", ["activacion_id", "noche"])
    for table in ("servicio_nocturno", "rechazo_nocturno"):
        op.create_index(f"ix_{table}_albergue_codigo", table, ["albergue_codigo"])
        op.create_index(f"ix_{table}_municipio_codigo", table, ["municipio_codigo"])


def downgrade() -> None:
    op.drop_table("rechazo_nocturno")
    op.drop_table("servicio_nocturno")
    op.drop_column("activacion", "modalidad")
