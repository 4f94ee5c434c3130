"""Keep pairs of words of every current name, by how they sound: under them a person is found.

Why: names that were written otherwise were found only when the whole name sounded the same.
Old rows: their keys are computed, and their sound anew, as its rules grew.
Going back: drops the keys and indexes the sound of whole names again.
Safe while the old version runs: yes; persons it registers meanwhile have no keys until `base verificar` tells them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from albergues_app.core.text import phonetic
from albergues_app.ocupacion.claves import key_rows

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_BATCH = 2000
KEYS = sa.table("clave_persona", sa.column("clave"), sa.column("anio"), sa.column("persona_id", sa.Uuid()))
VERSIONS = sa.table(
    "persona_version",
    sa.column("id", sa.Uuid()),
    sa.column("persona_id", sa.Uuid()),
    sa.column("nombres"),
    sa.column("apellidos"),
    sa.column("fonetica"),
    sa.column("nacimiento", sa.Date()),
    sa.column("nacimiento_estimado", sa.Boolean()),
    sa.column("anio_nacimiento"),
    sa.column("actual", sa.Boolean()),
)


def upgrade() -> None:
    op.create_table(
        "clave_persona",
        sa.Column("clave", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("anio", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("persona_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("clave", "anio", "persona_id", name="pk_clave_persona"),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_persona_version_fonetica", "persona_version")
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    v = VERSIONS.c
    last = None
    while True:
        page = sa.select(VERSIONS).order_by(v.id).limit(_BATCH)
        rows = connection.execute(page if last is None else page.where(v.id > last)).all()
        if not rows:
            return
        last = rows[-1].id
        keys: list[dict[str, Any]] = []
        sounds = []
        for row in rows:
            sound = phonetic(f"{row.nombres} {row.apellidos or ''}")
            if sound != row.fonetica:
                sounds.append({"which": row.id, "sound": sound})
            if row.actual:
                keys.extend(key_rows(row._asdict()))
        if keys:
            connection.execute(sa.insert(KEYS), keys)
        if sounds:
            connection.execute(
                sa.update(VERSIONS)
                .where(v.id == sa.bindparam("which"))
                .values(fonetica=sa.bindparam("sound")),
                sounds,
            )


def downgrade() -> None:
    op.create_index("ix_persona_version_fonetica", "persona_version", ["fonetica", "anio_nacimiento"])
    op.drop_table("clave_persona")
