"""Keep the scan of each signed sheet, and what each sheet wrote to other tables.

Why: a filled format is signed when its signed paper is attached; acts take effect then, and both sides must show it.
Old rows: those that were «complete, to be signed» were called `firmado`; they are `completo` now, for nobody had
attached their paper.
Going back: drops the scans (download them before) and what was written; what is signed counts as complete again.
Safe while the old version runs: no, it does not know the state `completo`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."
TABLES = ("registro_escaneo", "registro_efecto")


def upgrade() -> None:
    op.create_table(
        "registro_escaneo",
        sa.Column("registro_id", sa.Uuid(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("reservado", sa.Boolean(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registro_id"], ["registro.id"], name="fk_registro_escaneo_registro_id_registro"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registro_escaneo"),
        sa.UniqueConstraint("registro_id", "serie", name="uq_registro_escaneo_registro_id"),
    )
    op.create_table(
        "registro_efecto",
        sa.Column("registro_id", sa.Uuid(), nullable=False),
        sa.Column("captura_id", sa.Uuid(), nullable=False),
        sa.Column("clase", sa.String(length=16), nullable=False),
        sa.Column("objeto_id", sa.Uuid(), nullable=False),
        sa.Column("dice", sa.Text(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("escrito_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registro_id"], ["registro.id"], name="fk_registro_efecto_registro_id_registro"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registro_efecto"),
        sa.UniqueConstraint("captura_id", name="uq_registro_efecto_captura_id"),
    )
    op.create_index("ix_registro_efecto_registro_id", "registro_efecto", ["registro_id"])
    op.create_index("ix_registro_efecto_objeto_id", "registro_efecto", ["objeto_id"])
    op.execute("UPDATE registro SET estado = 'completo' WHERE estado = 'firmado'")
    for table in TABLES:
        _only_grows(table)


def _only_grows(table: str) -> None:
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
    op.drop_table("registro_efecto")
    op.drop_table("registro_escaneo")
    op.execute("UPDATE registro SET estado = 'firmado' WHERE estado = 'completo'")
