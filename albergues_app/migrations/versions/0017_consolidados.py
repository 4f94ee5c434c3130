"""Keep the frozen consolidated figures, their moves, and the totals that others gave.

Why: a consolidated that was validated must be the same for ever, and a rectification another version (2.4.22, F44, F98).
Old rows: none.
Going back: drops the three tables; the figures themselves are computed from the ledger and stay.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FROZEN = ("consolidado", "consolidado_transicion")
MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _place() -> list[sa.Column]:
    return [
        sa.Column("ambito", sa.String(length=4), nullable=False),
        sa.Column("departamento_codigo", sa.String(length=2), nullable=True),
        sa.Column("municipio_codigo", sa.String(length=4), nullable=True),
    ]


def upgrade() -> None:
    op.create_table(
        "consolidado",
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("corte", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conocido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rectifica_id", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("datos", sa.Text(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_place(),
        sa.CheckConstraint("version > 0", name="ck_consolidado_version_positiva"),
        _foreign("consolidado", "emergencia_id", "emergencia"),
        _foreign("consolidado", "rectifica_id", "consolidado"),
        sa.PrimaryKeyConstraint("id", name="pk_consolidado"),
        sa.UniqueConstraint(
            "emergencia_id", "ambito", "corte", "version", name="uq_consolidado_emergencia_id"
        ),
    )
    op.create_index("ix_consolidado_corte", "consolidado", ["corte", "ambito"])
    op.create_table(
        "consolidado_transicion",
        sa.Column("consolidado_id", sa.Uuid(), nullable=False),
        sa.Column("de", sa.String(length=16), nullable=False),
        sa.Column("a", sa.String(length=16), nullable=False),
        sa.Column("destinatario", sa.Text(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("consolidado_transicion", "consolidado_id", "consolidado"),
        sa.PrimaryKeyConstraint("id", name="pk_consolidado_transicion"),
        sa.UniqueConstraint("consolidado_id", "a", name="uq_consolidado_transicion_consolidado_id"),
    )
    op.create_table(
        "total_dado",
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("corte", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("fuente", sa.String(length=16), nullable=False),
        sa.Column("medio", sa.String(length=16), nullable=False),
        sa.Column("quien", sa.Text(), nullable=True),
        sa.Column("personas", sa.Integer(), nullable=False),
        sa.Column("familias", sa.Integer(), nullable=True),
        sa.Column("albergues", sa.Integer(), nullable=True),
        sa.Column("nota", sa.Text(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("anulado_en", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anulado_por", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_place(),
        sa.CheckConstraint("personas >= 0", name="ck_total_dado_personas_no_negativas"),
        sa.CheckConstraint("familias >= 0", name="ck_total_dado_familias_no_negativas"),
        sa.CheckConstraint("albergues >= 0", name="ck_total_dado_albergues_no_negativos"),
        _foreign("total_dado", "emergencia_id", "emergencia"),
        sa.PrimaryKeyConstraint("id", name="pk_total_dado"),
    )
    op.create_index("ix_total_dado_lugar", "total_dado", ["emergencia_id", "corte"])
    if op.get_bind().dialect.name == "sqlite":
        for table in FROZEN:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )
        return
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_solo_crece BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION solo_crece()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    for table in ("total_dado", "consolidado_transicion", "consolidado"):
        op.drop_table(table)
