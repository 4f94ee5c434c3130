"""Keep the files of entries of the COE's log, and whether an entry asks for something to be done.

Why: an entry of dominio.md 1.9 has photographs, PDF and «requiere acción», and all of it belongs to its hash.
Old rows: they keep their hashes; `sellado` tells them from the new ones, whose hash covers these columns too.
Going back: drops the files; the entries written since no longer agree with their hashes.
Safe while the old version runs: yes to read; its new entries are like the old rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MESSAGE = "El archivo de una entrada no se cambia ni se borra."


def upgrade() -> None:
    op.add_column(
        "coe_entrada", sa.Column("requiere_accion", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("coe_entrada", sa.Column("adjuntos", sa.Text(), nullable=True))
    op.add_column("coe_entrada", sa.Column("sellado", sa.String(length=64), nullable=True))
    op.create_table(
        "coe_adjunto",
        sa.Column("coe_id", sa.Uuid(), nullable=False),
        sa.Column("entrada_id", sa.Uuid(), nullable=True),
        sa.Column("tipo", sa.String(length=8), nullable=False),
        sa.Column("peso", sa.Integer(), nullable=False),
        sa.Column("huella", sa.String(length=64), nullable=False),
        sa.Column("nombre", sa.LargeBinary(), nullable=False),
        sa.Column("contenido", sa.LargeBinary(), nullable=False),
        sa.Column("cuenta_id", sa.Uuid(), nullable=False),
        sa.Column("adjuntado_en", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["coe_id"], ["coe.id"], name="fk_coe_adjunto_coe_id_coe"),
        sa.ForeignKeyConstraint(
            ["entrada_id"], ["coe_entrada.id"], name="fk_coe_adjunto_entrada_id_coe_entrada"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_coe_adjunto"),
    )
    op.create_index("ix_coe_adjunto_entrada_id", "coe_adjunto", ["entrada_id"])
    op.create_index("ix_coe_adjunto_cuenta_id", "coe_adjunto", ["cuenta_id"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER coe_adjunto_no_{verb.lower()} BEFORE {verb} ON coe_adjunto "
                f"WHEN OLD.entrada_id IS NOT NULL BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER coe_adjunto_solo_crece BEFORE UPDATE OR DELETE ON coe_adjunto "
        "FOR EACH ROW WHEN (OLD.entrada_id IS NOT NULL) EXECUTE FUNCTION solo_crece()"
    )
    op.execute(
        "CREATE TRIGGER coe_adjunto_no_truncate BEFORE TRUNCATE ON coe_adjunto "
        "FOR EACH STATEMENT EXECUTE FUNCTION solo_crece()"
    )


def downgrade() -> None:
    op.drop_table("coe_adjunto")
    for name in ("sellado", "adjuntos", "requiere_accion"):
        op.drop_column("coe_entrada", name)
