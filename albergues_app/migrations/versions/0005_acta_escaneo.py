"""Keep the scans of signed acts.

Why: an act counts once it is signed on paper; its scan belongs beside it, sealed, and nobody may change it after.
Old rows: none; the acts already issued are «sin firmar» until their scan is attached.
Going back: drops the table with its scans; download them before.
Safe while the old version runs: yes, the table is new.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    op.create_table(
        "acta_escaneo",
        sa.Column("acta_id", sa.Uuid(), nullable=False),
        sa.Column("serie", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=True),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["acta_id"], ["acta.id"], name="fk_acta_escaneo_acta_id_acta"),
        sa.PrimaryKeyConstraint("id", name="pk_acta_escaneo"),
        sa.UniqueConstraint("acta_id", "serie", name="uq_acta_escaneo_acta_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER acta_escaneo_no_{verb.lower()} BEFORE {verb} ON acta_escaneo "
                f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    for name, verbs, each in (
        ("solo_crece", "UPDATE OR DELETE", "ROW"),
        ("no_truncate", "TRUNCATE", "STATEMENT"),
    ):
        op.execute(
            f"CREATE TRIGGER acta_escaneo_{name} BEFORE {verbs} ON acta_escaneo "
            f"FOR EACH {each} EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    op.drop_table("acta_escaneo")
