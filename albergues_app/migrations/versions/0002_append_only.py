"""Refuse changes of what is append-only, and start the chain.

Why: the trail, the ledger, filled formats, readings and conflicts may grow but never change (confiabilidad.md T20).
Old rows: kept as they are.
Going back: removes the triggers and the head of the chain; the rows stay.
Safe while the old version runs: yes, it never changes these rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("auditoria", "lectura", "captura", "conflicto", "movimiento")
MESSAGE = "Esta tabla solo crece: no se cambia ni se borra."


def upgrade() -> None:
    head = sa.table("auditoria_cabeza", sa.column("id"), sa.column("seq"), sa.column("huella"))
    op.execute(head.insert().values(id=1, seq=0, huella="0" * 64))
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION solo_crece() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_solo_crece BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION solo_crece()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION solo_crece()"
        )


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in TABLES:
        if sqlite:
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        else:
            op.execute(f"DROP TRIGGER {table}_solo_crece ON {table}")
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    if not sqlite:
        op.execute("DROP FUNCTION solo_crece()")
    op.execute("DELETE FROM auditoria_cabeza WHERE id = 1")
