"""Keep bulletins: their drafts, what each person did with them, and the sealed copies.

Why: a situation report is numbered, signed by three persons and the same for ever; a correction is another (F86, 1.11).
Old rows: none.
Going back: drops the three tables; the PDFs that were handed out keep their data and verify by themselves.
Safe while the old version runs: yes, the tables are new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

FROZEN = ("boletin_paso", "boletin_sellado")
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
        "boletin",
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("corte", sa.DateTime(timezone=True), nullable=False),
        sa.Column("conocido_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("estado", sa.String(length=16), nullable=False),
        sa.Column("cifras", sa.Text(), nullable=False),
        sa.Column("textos", sa.Text(), nullable=False),
        sa.Column("redactores", sa.Text(), nullable=False),
        sa.Column("corrige_id", sa.Uuid(), nullable=True),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("creado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_place(),
        _foreign("boletin", "emergencia_id", "emergencia"),
        _foreign("boletin", "cuenta_id", "cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_boletin"),
    )
    op.create_index("ix_boletin_lugar", "boletin", ["emergencia_id", "ambito", "corte"])
    op.create_table(
        "boletin_paso",
        sa.Column("boletin_id", sa.Uuid(), nullable=False),
        sa.Column("de", sa.String(length=16), nullable=False),
        sa.Column("a", sa.String(length=16), nullable=False),
        sa.Column("contenido", sa.String(length=64), nullable=False),
        sa.Column("motivo", sa.Text(), nullable=True),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("registrado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _foreign("boletin_paso", "boletin_id", "boletin"),
        _foreign("boletin_paso", "cuenta_id", "cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_boletin_paso"),
    )
    op.create_index("ix_boletin_paso_boletin", "boletin_paso", ["boletin_id", "registrado_en"])
    op.create_table(
        "boletin_sellado",
        sa.Column("boletin_id", sa.Uuid(), nullable=False),
        sa.Column("emergencia_id", sa.Uuid(), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("corte", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sellado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("personas", sa.Integer(), nullable=False),
        sa.Column("solo_declaradas", sa.Integer(), nullable=False),
        sa.Column("albergues", sa.Integer(), nullable=False),
        sa.Column("corrige_id", sa.Uuid(), nullable=True),
        sa.Column("elaboro_id", sa.Uuid(), nullable=False),
        sa.Column("reviso_id", sa.Uuid(), nullable=False),
        sa.Column("autorizo_id", sa.Uuid(), nullable=False),
        sa.Column("datos", sa.Text(), nullable=False),
        sa.Column("anterior", sa.String(length=64), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_huella", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *_place(),
        sa.CheckConstraint("numero > 0", name="ck_boletin_sellado_numero_positivo"),
        sa.CheckConstraint(
            "elaboro_id <> reviso_id AND elaboro_id <> autorizo_id AND reviso_id <> autorizo_id",
            name="ck_boletin_sellado_tres_personas",
        ),
        _foreign("boletin_sellado", "boletin_id", "boletin"),
        _foreign("boletin_sellado", "emergencia_id", "emergencia"),
        _foreign("boletin_sellado", "corrige_id", "boletin_sellado"),
        _foreign("boletin_sellado", "elaboro_id", "cuenta"),
        _foreign("boletin_sellado", "reviso_id", "cuenta"),
        _foreign("boletin_sellado", "autorizo_id", "cuenta"),
        sa.PrimaryKeyConstraint("id", name="pk_boletin_sellado"),
        sa.UniqueConstraint("boletin_id", name="uq_boletin_sellado_boletin_id"),
        sa.UniqueConstraint("corrige_id", name="uq_boletin_sellado_corrige_id"),
        sa.UniqueConstraint("huella", name="uq_boletin_sellado_huella"),
        sa.UniqueConstraint("emergencia_id", "ambito", "numero", name="uq_boletin_sellado_emergencia_id"),
    )
    op.create_index("ix_boletin_sellado_corte", "boletin_sellado", ["emergencia_id", "corte"])
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
    for table in ("boletin_sellado", "boletin_paso", "boletin"):
        op.drop_table(table)
