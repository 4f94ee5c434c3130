"""Let one record of a person speak for another, and keep who joined them, when and why.

Why: one human being registered twice was counted twice for ever; now the two records are joined, and parted again.
Old rows: none is joined.
Going back: the unions are forgotten and each record counts by itself again once its stays are derived anew
(«albergues base verificar» says which); movements written by a union stay in the ledger.
Safe while the old version runs: yes, the column is new and empty, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."
JOINED = sa.text("unida_a IS NOT NULL")


def upgrade() -> None:
    op.add_column("persona", sa.Column("unida_a", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_persona_unida_a", "persona", ["unida_a"], sqlite_where=JOINED, postgresql_where=JOINED
    )
    op.create_table(
        "union_personas",
        sa.Column("clase", sa.String(length=12), nullable=False),
        sa.Column("habla_id", sa.Uuid(), nullable=False),
        sa.Column("unida_id", sa.Uuid(), nullable=False),
        sa.Column("deshace_id", sa.Uuid(), nullable=True),
        sa.Column("cruce", sa.String(length=16), nullable=True),
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("motivo", sa.LargeBinary(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("albergue_codigo", sa.String(length=12), nullable=False),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deshace_id"], ["union_personas.id"], name="fk_union_personas_deshace_id_union_personas"
        ),
        sa.ForeignKeyConstraint(
            ["emergencia_id"], ["emergencia.id"], name="fk_union_personas_emergencia_id_emergencia"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_union_personas"),
        sa.UniqueConstraint("deshace_id", name="uq_union_personas_deshace_id"),
    )
    op.create_index("ix_union_personas_habla", "union_personas", ["habla_id"])
    op.create_index("ix_union_personas_unida", "union_personas", ["unida_id"])
    op.create_index("ix_union_personas_momento", "union_personas", ["registrado_en"])
    op.create_index("ix_union_personas_albergue_codigo", "union_personas", ["albergue_codigo"])
    op.create_index("ix_union_personas_municipio_codigo", "union_personas", ["municipio_codigo"])
    _freeze("union_personas")


def _freeze(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    for name, verbs, each in (
        ("solo_crece", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {verbs} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    op.drop_table("union_personas")
    op.drop_index("ix_persona_unida_a", "persona")
    op.drop_column("persona", "unida_a")
